/*
 * ovf.c - the file that an appliance's first disk lies in, after the Open Virtualization Format
 * (DMTF DSP0243 2.1, sections 7.1 and 9.1): <Disk fileRef="id"> names a <File id="…" href="…">.
 * Only the attributes of these two elements are looked at, whatever their prefix. Not supported:
 * disks in chunks, and names with character references.
 */
#include "disk.h"

struct tag {
	struct str name, rest; /* the element's name without a prefix; its attributes */
};

static struct str after_prefix(struct str name)
{
	size_t colon = str_find(name, ':');
	return colon < name.n ? str_tail(name, colon + 1) : name;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The next start tag. Comments that hold tags are not told from them. */
static bool next_tag(struct str *text, struct tag *out)
{
	struct str before, inside;
	if (!str_cut(*text, '<', &before, text))
		return false;
	str_cut(*text, '>', &inside, text);
	size_t n = 0;
	while (n < inside.n && !is_blank(inside.p[n]) && inside.p[n] != '/')
		n++;
	*out = (struct tag){after_prefix(str_slice(inside, 0, n)), str_tail(inside, n)};
	return true;
}

static struct str attribute(struct str rest, struct str name)
{
	struct str key, value;
	while (str_cut(rest, '=', &key, &rest)) {
		rest = str_trim(rest, " \t\r\n");
		char quote = rest.n ? rest.p[0] : '\0';
		if (quote != '"' && quote != '\'')
			break;
		str_cut(str_tail(rest, 1), quote, &value, &rest);
		if (str_eq(after_prefix(str_trim(key, " \t\r\n/")), name))
			return value;
	}
	return (struct str){0};
}

static struct str first_of(struct str text, struct str element, struct str key, struct str want,
			   struct str value)
{
	struct tag tag;
	while (next_tag(&text, &tag)) {
		struct str found = attribute(tag.rest, value);
		if (str_eq(tag.name, element) && found.n &&
		    (!want.n || str_eq(attribute(tag.rest, key), want)))
			return found;
	}
	return (struct str){0};
}

bool ovf_disk(struct str text, struct str *out, struct error *e)
{
	struct str ref = first_of(text, S("Disk"), S(""), S(""), S("fileRef"));
	struct str href = first_of(text, S("File"), S("id"), ref, S("href"));
	if (!href.n)
		return fail(e, ERR_CORRUPT, "ovf: names no file of a disk");
	*out = href;
	return true;
}
