/*
 * vmdk_descriptor.c - the text that describes a VMDK to its extents, by VMware's "Virtual Disk
 * Format 5.0", chapter "The Descriptor File".
 */
#include "arena.h"
#include "vec.h"
#include "vmdk.h"

enum { EXTENTS_MAX = 4096 };

#define NO_PARENT "ffffffff"

/* The next word of a line, or what stands between double quotes. */
static struct str word(struct str *line)
{
	struct str w;
	*line = str_trim(*line, " \t");
	bool quoted = str_starts(*line, S("\""));
	if (quoted)
		*line = str_tail(*line, 1);
	str_cut(*line, quoted ? '"' : ' ', &w, line);
	return w;
}

static bool take_extent(struct arena *a, struct str line, struct vmdk_descriptor *out,
			struct error *e)
{
	struct vmdk_extent x = {0};
	struct str sectors = word(&line), offset;
	if (out->n == EXTENTS_MAX)
		return fail(e, ERR_LIMIT, "descriptor: more than %d extents", EXTENTS_MAX);
	x.kind = word(&line);
	x.file = word(&line);
	offset = word(&line);
	if (!str_u64(sectors, &x.sectors) || (offset.n && !str_u64(offset, &x.offset)) ||
	    x.sectors > INT64_MAX / VMDK_SECTOR / EXTENTS_MAX ||
	    x.offset > INT64_MAX / VMDK_SECTOR / 2)
		return fail(e, ERR_CORRUPT, "descriptor: an extent of \"%" PRIstr "\" sectors",
			    ARG(sectors));
	*vec_push(a, out) = x;
	return true;
}

static bool check_setting(struct str name, struct str value, struct error *e)
{
	if (str_eq_nocase(name, S("parentCID")) && !str_eq_nocase(value, S(NO_PARENT)))
		return fail(e, ERR_UNSUPPORTED, "holds only what differs from another disk");
	if (str_eq_nocase(name, S("encryption.keySafe")))
		return fail(e, ERR_UNSUPPORTED, "encrypted");
	return true;
}

bool vmdk_describe(struct arena *a, struct str text, struct vmdk_descriptor *out, struct error *e)
{
	struct vmdk_descriptor d = {0};
	struct str line, name, value;
	/* An embedded one is padded with NULs. */
	str_cut(text, 0, &text, &line);
	while (text.n) {
		str_cut(text, '\n', &line, &text);
		line = str_trim(line, " \t\r");
		struct str rest = line, access = word(&rest);
		if (str_eq(access, S("RW")) || str_eq(access, S("RDONLY"))) {
			if (!take_extent(a, rest, &d, e))
				return false;
		} else if (str_eq(access, S("NOACCESS"))) {
			return fail(e, ERR_UNSUPPORTED, "descriptor: an extent without access");
		} else if (!str_starts(line, S("#")) && str_cut(line, '=', &name, &value)) {
			if (!check_setting(str_trim(name, " \t"), str_trim(value, " \t\""), e))
				return false;
		}
	}
	*out = d;
	return true;
}
