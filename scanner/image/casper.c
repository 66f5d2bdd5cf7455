/*
 * casper.c - the live system of an Ubuntu medium to the files that it is stacked of, after
 * casper(7) and its initramfs script: "minimal.standard.live.squashfs" lies over
 * "minimal.standard.squashfs", that over "minimal.squashfs". The kernel's command line names the
 * last of them (layerfs-path=), else /conf/conf.d/default-layer.conf of the initial RAM disk; where
 * nothing does, all that there are lie over each other in the order of their names. Of the boot
 * menu the first entry that names one counts.
 */
#include <stdlib.h>

#include "arena.h"
#include "disk.h"

enum { MENU_BYTES_MAX = 1 << 20, CONF_BYTES_MAX = 4096, LAYERS_MAX = 16 };

struct casper {
	struct opening *o;
	struct arena *a;
	struct fs *fs;
	struct words squashes; /* names of the files, in their order */
};

static bool gather(void *arg, struct str name, uint64_t ino)
{
	struct casper *c = arg;
	(void)ino;
	if (str_ends(name, S(".squashfs")))
		*vec_push(c->a, &c->squashes) = (struct word){str_dup(c->a, name), NULL};
	return true;
}

static int by_name(const void *a, const void *b)
{
	return str_cmp(((const struct word *)a)->text, ((const struct word *)b)->text);
}

static bool list_squashes(struct casper *c, struct error *e)
{
	struct walk walk;
	enum walk_end end = fs_walk(c->a, c->fs, S("casper"), false, &walk, e);
	if (end == WALK_ABSENT || (end == WALK_FOUND && walk.st.kind != FS_DIRECTORY))
		return true;
	if (end == WALK_FAILED || !fs_list(c->fs, walk.ino, gather, c, e))
		return fail_in(e, "/casper");
	if (c->squashes.n)
		qsort(c->squashes.at, c->squashes.n, sizeof *c->squashes.at, by_name);
	return true;
}

/* What stands behind `key` in a line that begins with `head`, up to a blank. */
static struct str value_behind(struct str text, struct str head, struct str key)
{
	struct str line;
	while (text.n) {
		str_cut(text, '\n', &line, &text);
		line = str_trim(line, " \t\r");
		for (size_t i = 0; str_starts(line, head) && i + key.n <= line.n; i++) {
			struct str value = str_tail(line, i);
			if (!str_starts(value, key))
				continue;
			str_cut(str_tail(value, key.n), ' ', &value, &line);
			return str_trim(value, "\"'");
		}
	}
	return S("");
}

/* *text is empty where there is no such file. */
static bool read_text(struct casper *c, struct fs *fs, struct str path, size_t most,
		      struct str *text, struct error *e)
{
	struct walk walk;
	enum walk_end end = fs_walk(c->a, fs, path, false, &walk, e);
	*text = S("");
	return end == WALK_ABSENT ||
	       (end == WALK_FOUND && fs_slurp(c->a, fs, walk.ino, most, text, e)) ||
	       fail_in(e, "/%" PRIstr, ARG(path));
}

static bool ask_initrd(struct casper *c, struct str *last, struct error *e)
{
	static const char *const names[] = {"casper/initrd", "casper/initrd.gz",
					    "casper/initrd.lz"};
	struct walk walk;
	struct str text;
	*last = S("");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct str path = str_from(names[i]);
		enum walk_end end = fs_walk(c->a, c->fs, path, false, &walk, e);
		if (end == WALK_ABSENT)
			continue;
		struct blob *b = end == WALK_FOUND ? fs_blob(c->a, c->fs, walk.ino, path, e) : NULL;
		struct fs *inner = b ? target_archive(c->o, b, e) : NULL;
		if (!inner || !read_text(c, inner, S("conf/conf.d/default-layer.conf"),
					 CONF_BYTES_MAX, &text, e))
			return fail_in(e, "/%" PRIstr, ARG(path));
		*last = value_behind(text, S("LAYERFS_PATH="), S("LAYERFS_PATH="));
		return true;
	}
	return true;
}

/* The layer on top, where something names it. */
static bool find_last(struct casper *c, struct str *last, struct error *e)
{
	struct str menu;
	if (!read_text(c, c->fs, S("boot/grub/grub.cfg"), MENU_BYTES_MAX, &menu, e))
		return false;
	*last = value_behind(menu, S("linux"), S("layerfs-path="));
	return last->n || ask_initrd(c, last, e);
}

static bool has_squash(const struct casper *c, struct str name)
{
	for (size_t i = 0; i < c->squashes.n; i++)
		if (str_eq(c->squashes.at[i].text, name))
			return true;
	return false;
}

/* "a.b.c.squashfs" to those of "a", "a.b" and "a.b.c". */
static bool stack_of(struct casper *c, struct str last, struct words *out, struct error *e)
{
	size_t end = last.n - S(".squashfs").n;
	for (size_t i = 0; i <= end; i++) {
		if (i < end && last.p[i] != '.')
			continue;
		struct str name = str_cat(c->a, str_slice(last, 0, i), S(".squashfs"));
		if (!has_squash(c, name))
			return fail(e, ERR_MISSING, "/casper/%" PRIstr ": is not there", ARG(name));
		if (out->n == LAYERS_MAX)
			return fail(e, ERR_LIMIT, "/casper: more than %d layers", LAYERS_MAX);
		*vec_push(c->a, out) = (struct word){str_cat(c->a, S("casper/"), name), NULL};
	}
	return true;
}

bool casper_layers(struct opening *o, struct fs *fs, struct words *out, struct error *e)
{
	struct casper c = {.o = o, .a = o->a, .fs = fs};
	struct str last = {0};
	if (!list_squashes(&c, e))
		return false;
	if (c.squashes.n > 1 && !find_last(&c, &last, e))
		return false;
	if (str_ends(last, S(".squashfs")))
		return stack_of(&c, str_basename(last), out, e);
	if (last.n)
		return fail(e, ERR_UNSUPPORTED, "/casper: '%" PRIstr "' is no squashfs", ARG(last));
	if (c.squashes.n > LAYERS_MAX)
		return fail(e, ERR_LIMIT, "/casper: more than %d layers", LAYERS_MAX);
	for (size_t i = 0; i < c.squashes.n; i++)
		*vec_push(o->a, out) =
			(struct word){str_cat(o->a, S("casper/"), c.squashes.at[i].text), NULL};
	return true;
}
