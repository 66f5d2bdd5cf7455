/*
 * ovf.c - the files that an appliance's disks lie in, after the Open Virtualization Format
 * (DMTF DSP0243 2.1, sections 7.1 and 9.1): <Disk fileRef="id"> names a <File id="…" href="…">.
 * Only the attributes of these two elements are looked at, whatever their prefix. Not supported:
 * names with character references.
 */
#include "arena.h"
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

static bool find_file(struct str text, struct str id, struct ovf_disk *out)
{
	struct tag tag;
	while (next_tag(&text, &tag)) {
		struct str href = attribute(tag.rest, S("href"));
		if (!str_eq(tag.name, S("File")) || !href.n ||
		    !str_eq(attribute(tag.rest, S("id")), id))
			continue;
		*out = (struct ovf_disk){href, attribute(tag.rest, S("chunkSize")).n > 0};
		return true;
	}
	return false;
}

bool ovf_disks(struct arena *a, struct str text, struct ovf_disks *out, struct error *e)
{
	struct ovf_disks disks = {0};
	struct str rest = text;
	struct tag tag;
	while (next_tag(&rest, &tag)) {
		struct ovf_disk disk;
		struct str id = attribute(tag.rest, S("fileRef"));
		if (!str_eq(tag.name, S("Disk")) || !id.n)
			continue;
		if (disks.n == OVF_DISKS_MAX)
			return fail(e, ERR_LIMIT, "ovf: more than %d disks", OVF_DISKS_MAX);
		if (!find_file(text, id, &disk))
			return fail(e, ERR_CORRUPT, "ovf: a disk in no file, '%" PRIstr "'",
				    ARG(id));
		*vec_push(a, &disks) = disk;
	}
	if (!disks.n)
		return fail(e, ERR_CORRUPT, "ovf: names no file of a disk");
	*out = disks;
	return true;
}
