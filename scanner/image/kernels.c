/*
 * kernels.c - the unified kernel images on an EFI system partition: EFI programs in the directories
 * below /EFI, since vendors have their own beside EFI/Linux (Boot Loader Specification, type 2),
 * and what the stub in them adds at boot from files beside them (systemd-stub(7), "Companion
 * Files"): add-ons, extensions of the initrd, credentials. None of that is laid over the initrd
 * here; it is told, and a kernel to which an add-on brings another initrd is not read at all.
 */
#include "arena.h"
#include "disk.h"

enum { NAMES_MAX = 64, COMMAND_MAX = 64 << 10 };

struct names {
	struct arena *a;
	struct words all;
	bool more;
};

static bool gather(void *arg, struct str name, uint64_t ino)
{
	struct names *n = arg;
	(void)ino;
	n->more = n->all.n == NAMES_MAX;
	if (!n->more)
		*vec_push(n->a, &n->all) = (struct word){str_dup(n->a, name), NULL};
	return !n->more;
}

/* What is in a directory, which need not be there. */
static bool list(struct arena *a, struct fs *fs, struct str dir, struct words *out, struct error *e)
{
	struct names names = {.a = a};
	struct walk walk;
	enum walk_end end = fs_walk(a, fs, dir, false, &walk, e);
	if (end == WALK_FOUND && walk.st.kind == FS_DIRECTORY) {
		if (!fs_list(fs, walk.ino, gather, &names, e))
			return fail_in(e, "/%" PRIstr, ARG(dir));
		if (names.more)
			return fail(e, ERR_LIMIT, "/%" PRIstr ": more than %d files", ARG(dir),
				    NAMES_MAX);
	}
	*out = names.all;
	return end != WALK_FAILED || fail_in(e, "/%" PRIstr, ARG(dir));
}

static bool is_program(struct str name)
{
	return name.n > 4 && str_eq_nocase(str_tail(name, name.n - 4), S(".efi"));
}

bool kernels_list(struct arena *a, struct fs *fs, struct words *out, struct error *e)
{
	struct words vendors, names;
	if (!list(a, fs, S("EFI"), &vendors, e))
		return false;
	for (size_t i = 0; i < vendors.n; i++) {
		struct str dir = str_cat(a, S("EFI/"), vendors.at[i].text);
		if (!list(a, fs, dir, &names, e))
			return false;
		for (size_t k = 0; k < names.n; k++)
			if (is_program(names.at[k].text))
				*vec_push(a, out) =
					(struct word){str_fmt(a, "%" PRIstr "/%" PRIstr, ARG(dir),
							      ARG(names.at[k].text)),
						      NULL};
	}
	return true;
}

/* ---- what is added at boot ---- */

static void add(struct arena *a, struct str *to, struct str what)
{
	*to = str_fmt(a, "%" PRIstr "%s%" PRIstr, ARG(*to), to->n ? ", " : "", ARG(what));
}

/* An add-on's initrd may bring any file. */
static bool refuse_initrd(struct arena *a, struct fs *fs, struct str addon, struct error *e)
{
	struct walk walk;
	struct blob *b, *initrd = NULL;
	enum walk_end end = fs_walk(a, fs, addon, false, &walk, e);
	if (end != WALK_FOUND || walk.st.kind != FS_REGULAR)
		return end != WALK_FAILED;
	b = fs_blob(a, fs, walk.ino, addon, e);
	if (!b || !blob_pe_section(a, b, S(".initrd"), &initrd, e))
		return false;
	return !initrd ||
	       fail(e, ERR_UNSUPPORTED, "%" PRIstr ": it adds to the initrd", ARG(addon));
}

static bool add_files(struct arena *a, struct fs *fs, struct str dir, struct str *out,
		      struct error *e)
{
	struct words names;
	if (!list(a, fs, dir, &names, e))
		return false;
	for (size_t i = 0; i < names.n; i++) {
		struct str name = names.at[i].text;
		struct str path = str_fmt(a, "%" PRIstr "/%" PRIstr, ARG(dir), ARG(name));
		bool addon = str_ends(name, S(".addon.efi"));
		if (addon && !refuse_initrd(a, fs, path, e))
			return false;
		if (addon || str_ends(name, S(".cred")) || str_ends(name, S(".raw")))
			add(a, out, path);
	}
	return true;
}

/* Words of the kernel's command line by which systemd runs other units, or these in another way
 * (systemd(1), "Kernel Command Line"), and which are not followed. */
static bool changes_units(struct str word)
{
	static const char *const begin[] = {
		"systemd.mask=",          "systemd.wants=", "systemd.unit=", "systemd.setenv=",
		"systemd.set_credential", "init=",          "rdinit="};
	for (size_t i = 0; i < sizeof begin / sizeof *begin; i++)
		if (str_starts(word, str_from(begin[i])))
			return true;
	return false;
}

static bool add_command(struct arena *a, struct blob *kernel, struct str *out, struct error *e)
{
	struct blob *section = NULL;
	struct str rest, word;
	if (!blob_pe_section(a, kernel, S(".cmdline"), &section, e))
		return false;
	if (!section)
		return true;
	if (!blob_slurp(a, section, COMMAND_MAX, &rest, e))
		return fail_in(e, "its command line");
	while (rest.n) {
		str_cut(rest, ' ', &word, &rest);
		word = str_trim(word, "\t\r\n");
		if (changes_units(word))
			add(a, out, word);
	}
	return true;
}

bool kernel_additions(struct arena *a, struct fs *fs, struct str path, struct blob *kernel,
		      struct str *out, struct error *e)
{
	const struct str dirs[] = {str_cat(a, path, S(".extra.d")), S("loader/addons"),
				   S("loader/extensions"), S("loader/credentials")};
	struct str all = {0};
	if (!add_command(a, kernel, &all, e))
		return false;
	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
		if (!add_files(a, fs, dirs[i], &all, e))
			return false;
	*out = all;
	return true;
}
