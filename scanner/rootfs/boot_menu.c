/*
 * boot_menu.c - the entries of a boot loader in the order in which it shows them, after the Boot
 * Loader Specification (UAPI group specification 1), type 1: files named .conf below
 * /boot/loader/entries, and below /loader/entries of the other volumes of a disk, which may be
 * /boot or the EFI system partition. The order is by sort-key, then the highest version, then the
 * last name; systems of images keep these in step with each other, so that GRUB, which knows the
 * names alone, shows the same. Not supported: what grubenv and loader.conf prefer, boot counting,
 * and menus written in GRUB's language.
 */
#include "boot_menu.h"

#include <stdlib.h>

#include "arena.h"
#include "root.h"
#include "version_order.h"

static struct str next_word(struct str *rest)
{
	*rest = str_trim(*rest, " \t\r");
	size_t n = 0;
	while (n < rest->n && rest->p[n] != ' ' && rest->p[n] != '\t')
		n++;
	struct str word = str_slice(*rest, 0, n);
	*rest = str_trim(str_tail(*rest, n), " \t\r");
	return word;
}

static void read_line(struct str line, struct boot_entry *e, struct out *options)
{
	struct str key = next_word(&line);
	if (str_eq(key, S("version")))
		e->version = line;
	else if (str_eq(key, S("sort-key")))
		e->sort_key = line;
	else if (str_eq(key, S("efi")) || str_eq(key, S("uki")))
		e->image = line;
	else if (str_eq(key, S("options")))
		out_fmt(options, "%" PRIstr " ", ARG(line));
}

static struct boot_entry read_entry(struct arena *a, struct str path, struct str text)
{
	struct boot_entry e = {.path = path};
	struct out *options = out_new(a);
	struct str line;
	while (text.n) {
		str_cut(text, '\n', &line, &text);
		read_line(line, &e, options);
	}
	e.options = out_text(options);
	return e;
}

/* Of the loader's directory on a volume that is called `volume`; the empty name is the root's. */
static void read_entries(struct rootfs *from, struct str dir, struct str volume, uint64_t *left,
			 struct boot_menu *out)
{
	struct arena *a = rootfs_arena(from);
	const struct listing *l = rootfs_list_within(from, dir, left);
	for (size_t i = 0; i < l->n; i++) {
		struct str path = str_fmt(a, "%" PRIstr "/%" PRIstr, ARG(dir), ARG(l->names[i]));
		if (str_ends(path, S(".conf")))
			*vec_push(a, out) = read_entry(a, str_cat(a, volume, path),
						       rootfs_read(from, path)->text);
	}
}

static int by_order(const void *a, const void *b)
{
	const struct boot_entry *x = a, *y = b;
	int order = x->sort_key.n && y->sort_key.n ? str_cmp(x->sort_key, y->sort_key) : 0;
	if (!order)
		order = version_order(y->version, x->version);
	return order ? order : version_order(y->path, x->path);
}

bool boot_menu_read(struct rootfs *top, uint64_t *left, struct boot_menu *out)
{
	const struct disk *disk = top->layers->disk;
	read_entries(top, S("/boot/loader/entries"), S(""), left, out);
	for (size_t i = 0; disk && i < disk->volumes.n; i++) {
		const struct volume *v = &disk->volumes.at[i];
		if (!v->fs || v == top->layers->root || v->spare)
			continue;
		struct rootfs *other = root_over(top->arena, top->layers, v->fs, top->notes);
		read_entries(other, S("/loader/entries"), v->name, left, out);
		doubt_inherit(top, other, v->name);
	}
	if (out->n)
		qsort(out->at, out->n, sizeof *out->at, by_order);
	return !top->unreadable.n;
}

struct str boot_option(const struct boot_entry *entry, struct str name)
{
	struct str rest = entry->options;
	while (rest.n) {
		struct str word = next_word(&rest);
		if (str_starts(word, name))
			return str_tail(word, name.n);
	}
	return S("");
}
