/*
 * packages.c - the version of a package, from whichever databases the image has: dpkg, apk, rpm in
 * its three formats. A database that is there but cannot be read is told by a note: its packages
 * are then unknown, not absent.
 */
#include "packages.h"

#include "arena.h"
#include "out.h"

/* Where the first empty line of a text ends, or the text: databases have a million lines. */
static size_t paragraph_end(struct str text)
{
	size_t at = 0, line;
	while ((line = at + str_find(str_tail(text, at), '\n') + 1) < text.n) {
		at = line;
		while (at < text.n && text.p[at] == '\r')
			at++;
		if (at < text.n && text.p[at] == '\n')
			return at + 1;
	}
	return text.n;
}

bool paragraph_next(struct str *rest, struct str *out)
{
	while (rest->n && (rest->p[0] == '\n' || rest->p[0] == '\r'))
		*rest = str_tail(*rest, 1);
	size_t end = paragraph_end(*rest);
	*out = str_slice(*rest, 0, end);
	*rest = str_tail(*rest, end);
	return out->n > 0;
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

bool package_asked_for(struct str name)
{
	static const char *const names[] = {
#define X(name) name,
		PACKAGE_NAMES(X)
#undef X
	};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (str_eq(name, str_from(names[i])))
			return true;
	return false;
}

void package_put(struct packages *p, struct str name, struct str version)
{
	if (!package_asked_for(name) || version.n == 0 || version.n > 200)
		return;
	for (size_t i = 0; i < version.n; i++)
		if (version.p[i] <= ' ' || version.p[i] > '~')
			return;
	out_fmt(p->gist, "package %" PRIstr " %" PRIstr "\n", ARG(name), ARG(version));
}

/* ---- databases ---- */

static bool gist_of(struct arena *a, struct blob *b, packages_fn *read, struct str *out,
		    struct error *e)
{
	struct packages p = {a, out_new(a)};
	if (!read(&p, b, e))
		return false;
	*out = str_dup(a, out_text(p.gist));
	return true;
}

#define DATABASES(X) X(dpkg) X(apk) X(rpm_sqlite) X(rpm_ndb) X(rpm_bdb)

#define X(name) \
	static bool gist_##name(struct arena *a, struct blob *b, struct str *out, struct error *e) \
	{ \
		return gist_of(a, b, packages_##name, out, e); \
	}
DATABASES(X)
#undef X

static const struct database {
	const char *name, *path;
	rootfs_gist_fn *gist;
	const char *journal; /* beside it, with changes that are not in it; NULL: none */
} databases[] = {
	{"dpkg", "/var/lib/dpkg/status", gist_dpkg, NULL},
	{"apk", "/lib/apk/db/installed", gist_apk, NULL},
	{"apk", "/usr/lib/apk/db/installed", gist_apk, NULL},
	{"rpm", "/usr/lib/sysimage/rpm/rpmdb.sqlite", gist_rpm_sqlite, "-wal"},
	{"rpm", "/var/lib/rpm/rpmdb.sqlite", gist_rpm_sqlite, "-wal"},
	{"rpm", "/usr/lib/sysimage/rpm/Packages.db", gist_rpm_ndb, NULL},
	{"rpm", "/var/lib/rpm/Packages.db", gist_rpm_ndb, NULL},
	{"rpm", "/usr/lib/sysimage/rpm/Packages", gist_rpm_bdb, NULL},
	{"rpm", "/var/lib/rpm/Packages", gist_rpm_bdb, NULL},
	{"rpm", "/usr/share/rpm/rpmdb.sqlite", gist_rpm_sqlite, "-wal"},
	{"rpm", "/usr/share/rpm/Packages.db", gist_rpm_ndb, NULL},
	{"rpm", "/usr/share/rpm/Packages", gist_rpm_bdb, NULL},
};

/* The last one of that name: what was installed last. */
static struct str version_in(struct str gist, struct str package)
{
	struct str line, word, name, version, found = {0};
	while (gist.n) {
		str_cut(gist, '\n', &line, &gist);
		str_cut(line, ' ', &word, &line);
		str_cut(line, ' ', &name, &version);
		if (str_eq(word, S("package")) && str_eq(name, package))
			found = version;
	}
	return found;
}

/* What a journal holds would count: then nothing is known of the database. */
static bool is_current(struct rootfs *root, const struct database *d)
{
	struct str path = str_from(d->path);
	if (!d->journal || rootfs_stat(root, path)->state == FILE_ABSENT)
		return true;
	struct str journal = str_cat(rootfs_arena(root), path, str_from(d->journal));
	const struct file *f = rootfs_stat(root, journal);
	if (f->state == FILE_ABSENT || (f->state == FILE_OK && f->size == 0))
		return true;
	note(rootfs_notes(root), NULL,
	     "%" PRIstr " holds changes to the package database that are not read: versions of "
	     "packages are unknown",
	     ARG(journal));
	return false;
}

static struct str find_in(struct rootfs *root, const struct database *d, struct str package)
{
	struct str gist = rootfs_gist(root, str_from(d->path), d->gist);
	struct str found = version_in(gist, package);
	return gist.n && is_current(root, d) ? found : (struct str){0};
}

/* Images without a shell have a file for each package. */
static struct str find_in_status_d(struct rootfs *root, struct str package)
{
	struct str path = str_cat(rootfs_arena(root), S("/var/lib/dpkg/status.d/"), package);
	return version_in(rootfs_gist(root, path, gist_dpkg), package);
}

/* ---- versions ---- */

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
	struct arena *a = rootfs_arena(root);
	for (size_t i = 0; i < sizeof databases / sizeof databases[0]; i++) {
		struct str text = find_in(root, &databases[i], package);
		if (text.n)
			return version_of(a, text, databases[i].name);
	}
	struct str text = find_in_status_d(root, package);
	return text.n ? version_of(a, text, "dpkg") : (struct version){0};
}
