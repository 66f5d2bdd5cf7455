/*
 * roots.c - which of a disk's volumes are roots of systems, by what is in them and not by what the
 * table says of them. Initial RAM disks and recovery systems are none.
 */
#include "arena.h"
#include "disk.h"

/* Is there something of that name? Links that lead to another volume count. */
static bool there(struct arena *a, struct volume *v, const char *path)
{
	struct walk walk;
	struct error e;
	switch (fs_walk(a, v->fs, str_from(path), true, &walk, &e)) {
	case WALK_FOUND: return true;
	case WALK_ABSENT: return false;
	case WALK_FAILED: break;
	}
	if (v->error.kind == ERR_NONE) {
		v->error = e;
		fail_in(&v->error, "/%s", path);
	}
	return false;
}

static bool any_there(struct arena *a, struct volume *v, const char *const *paths)
{
	while (*paths)
		if (there(a, v, *paths++))
			return true;
	return false;
}

static bool looks_like_root(struct arena *a, struct volume *v)
{
	static const char *const programs[] = {"usr", "bin", "sbin", NULL};
	static const char *const configured[] = {"etc/os-release", "usr/lib/os-release",
						 "etc/fstab",      "etc/systemd",
						 "etc/passwd",     NULL};
	if (!v->fs || there(a, v, "etc/initrd-release"))
		return false;
	return there(a, v, "ostree/deploy") || there(a, v, "state/deploy") ||
	       (any_there(a, v, programs) && any_there(a, v, configured));
}

/* Distributions that leave the top level for subvolumes mount one of these as the root; the kernel
 * is told which (rootflags=). */
static bool has_root_below(struct arena *a, struct volume *v)
{
	static const char *const names[] = {"@", "@rootfs", "root"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct error none;
		struct volume tried = *v;
		tried.fs = fs_subvolume(a, v->fs, str_from(names[i]), &none);
		if (!tried.fs || !looks_like_root(a, &tried))
			continue;
		v->fs = tried.fs;
		v->through = str_fmt(a, "subvolume %s", names[i]);
		return true;
	}
	return false;
}

/* A root may be in any of the layers that make it up. */
static bool is_root(struct arena *a, struct disk *disk, size_t i)
{
	struct volume *v = &disk->volumes.at[i];
	bool root = looks_like_root(a, v) || has_root_below(a, v);
	for (size_t k = i + 1; k < disk->volumes.n && !root; k++) {
		struct volume *upper = &disk->volumes.at[k];
		root = upper->upper && upper->over == i && looks_like_root(a, upper);
	}
	return root;
}

static bool has_nocase(struct str s, struct str part)
{
	for (size_t i = 0; i + part.n <= s.n; i++)
		if (str_eq_nocase(str_slice(s, i, i + part.n), part))
			return true;
	return false;
}

static bool is_recovery(const struct volume *v)
{
	return has_nocase(v->label, S("recovery")) || has_nocase(v->partlabel, S("recovery")) ||
	       has_nocase(v->label, S("rescue")) || has_nocase(v->partlabel, S("rescue"));
}

/* Flatcar's root, which is empty until its first boot fills it from the partition that is /usr. */
static void find_bare(struct arena *a, struct disk *disk, struct roots *all)
{
	const struct volume *root = NULL;
	bool usr = false;
	for (size_t i = 0; i < disk->volumes.n; i++) {
		struct volume *v = &disk->volumes.at[i];
		usr |= v->fs && !v->spare && str_eq(v->type, S(FLATCAR_USR));
		if (v->fs && str_eq(v->partlabel, S("ROOT")))
			root = v;
	}
	if (usr && root)
		*vec_push(a, all) = root;
}

struct roots roots_find(struct arena *a, struct disk *disk)
{
	struct roots all = {0}, kept = {0};
	for (size_t i = 0; i < disk->volumes.n; i++) {
		struct volume *v = &disk->volumes.at[i];
		if (v->fs && !v->spare && !v->upper && is_root(a, disk, i))
			*vec_push(a, &all) = v;
	}
	if (!all.n)
		find_bare(a, disk, &all);
	for (size_t i = 0; i < all.n; i++)
		if (!is_recovery(all.at[i]))
			*vec_push(a, &kept) = all.at[i];
	return kept.n ? kept : all;
}

void roots_miss(struct arena *a, struct disk *disk)
{
	static const char *const types[] = {"8484680c-9521-48c6-9c11-b0720656f69e", /* x86-64 */
					    "b0e01050-ee5f-4390-949a-9101b17104e9", /* arm64 */
					    FLATCAR_USR};
	for (size_t i = 0; i < disk->volumes.n; i++) {
		struct volume *v = &disk->volumes.at[i];
		bool usr = false;
		for (size_t k = 0; k < sizeof types / sizeof *types; k++)
			usr |= str_eq(v->type, str_from(types[k]));
		if (usr && v->fs && !v->spare && there(a, v, "lib/os-release") &&
		    v->error.kind == ERR_NONE)
			fail(&v->error, ERR_UNSUPPORTED,
			     "a /usr whose root is made at the first boot: not supported");
	}
}
