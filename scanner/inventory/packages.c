/*
 * packages.c - the version of a package, from whichever database the image has. Not supported:
 * rpm's databases, whose packages have no known version here.
 */
#include "packages.h"

#include "arena.h"

bool paragraph_next(struct str *rest, struct str *out)
{
	struct str line, after;
	while (rest->n && (rest->p[0] == '\n' || rest->p[0] == '\r'))
		*rest = str_tail(*rest, 1);
	if (!rest->n)
		return false;
	struct str whole = *rest;
	do {
		str_cut(*rest, '\n', &line, &after);
		*rest = after;
	} while (after.n && str_trim(line, "\r").n);
	*out = str_slice(whole, 0, rest->n ? (size_t)(rest->p - whole.p) : whole.n);
	return true;
}

struct str paragraph_field(struct str paragraph, struct str key)
{
	struct str line;
	while (paragraph.n) {
		str_cut(paragraph, '\n', &line, &paragraph);
		if (str_starts(line, key))
			return str_trim(str_tail(line, key.n), " \t\r");
	}
	return (struct str){0};
}

/* systemd's packages have no minor number: "252-1". */
static struct version version_of(struct arena *a, struct str text, const char *source)
{
	struct version v = {.source = str_from(source)};
	struct str major = str_slice(text, 0, 9);
	for (size_t i = 0; i < major.n; i++)
		if (major.p[i] < '0' || major.p[i] > '9')
			major.n = i;
	uint64_t n;
	if (!version_parse(text, &v) && str_u64(major, &n))
		v.major = (unsigned)n;
	v.text = str_dup(a, text);
	return v;
}

struct version inventory_package(struct rootfs *root, struct str package)
{
	static const struct {
		const char *name;
		struct str (*find)(struct rootfs *root, struct str package);
	} databases[] = {
#define X(name) {#name, packages_##name},
		PACKAGES(X)
#undef X
	};
	for (size_t i = 0; i < sizeof databases / sizeof *databases; i++) {
		struct str text = databases[i].find(root, package);
		if (text.n)
			return version_of(rootfs_arena(root), text, databases[i].name);
	}
	return (struct version){0};
}
