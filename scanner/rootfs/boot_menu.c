/*
 * boot_menu.c - the entries of a boot loader in the order in which it shows them, after the Boot
 * Loader Specification (UAPI group specification 1), type 1: files named .conf below
 * /boot/loader/entries, and below /loader/entries of the other volumes of a disk, which may be
 * /boot or the EFI system partition. The order is that of the specification: those without tries
 * left are the last, then sort-key, machine-id and the highest version count, or the last name;
 * GRUB goes by names alone, and has entries in its configuration besides. In front
 * is what the boot loader starts.
 */
#include "boot_menu.h"

#include <stdlib.h>

#include "arena.h"
#include "boot_default.h"
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
	else if (str_eq(key, S("title")))
		e->title = line;
	else if (str_eq(key, S("sort-key")))
		e->sort_key = line;
	else if (str_eq(key, S("machine-id")))
		e->machine = line;
	else if (str_eq(key, S("efi")) || str_eq(key, S("uki")))
		e->image = line;
	else if (str_eq(key, S("options")))
		out_fmt(options, "%" PRIstr " ", ARG(line));
}

/* "NAME+3", "NAME+3-1": so many tries are left, and were made. */
static void read_name(struct str name, struct boot_entry *e)
{
	struct str left, done;
	size_t plus = str_rfind(name, '+');
	uint64_t tries, made = 0;
	bool both = str_cut(str_tail(name, plus + 1), '-', &left, &done);
	e->id = name;
	e->tries = UINT64_MAX;
	if (plus == name.n || !str_u64(left, &tries) || (both && !str_u64(done, &made)))
		return;
	e->id = str_slice(name, 0, plus);
	e->tries = tries;
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
	read_name(str_slice(str_basename(path), 0, str_basename(path).n - 5), &e);
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

static int by_name(const void *a, const void *b)
{
	const struct boot_entry *x = a, *y = b;
	int order = version_order(y->id, x->id);
	return order ? order : str_cmp(y->path, x->path);
}

static int by_keys(const struct boot_entry *x, const struct boot_entry *y)
{
	int order = str_cmp(x->sort_key, y->sort_key);
	if (!order)
		order = str_cmp(x->machine, y->machine);
	return order ? order : version_order(y->version, x->version);
}

static int by_order(const void *a, const void *b)
{
	const struct boot_entry *x = a, *y = b;
	int order = (x->tries == 0) - (y->tries == 0);
	if (!order)
		order = !x->sort_key.n - !y->sort_key.n;
	if (!order && x->sort_key.n)
		order = by_keys(x, y);
	return order ? order : by_name(a, b);
}

/* Where a boot loader's files are is no part of the root: what cannot be read of them only leaves
 * the default open. */
static void read_loader(const struct rootfs *top, struct fs *fs, struct str volume, uint64_t *left,
			struct boot_loader *l)
{
	static const char *const dirs[] = {"/boot", "/boot/efi", "/efi"};
	struct rootfs *from = root_over(top->arena, top->layers, fs, top->notes);
	if (volume.n)
		boot_loader_read(from, S(""), volume, left, l);
	for (size_t i = 0; !volume.n && i < sizeof dirs / sizeof *dirs; i++)
		boot_loader_read(from, str_from(dirs[i]), volume, left, l);
}

static void append(struct arena *a, struct boot_menu *to, const struct boot_menu *from)
{
	for (size_t i = 0; i < from->n; i++)
		*vec_push(a, to) = from->at[i];
}

static void order_menu(struct arena *a, const struct boot_loader *l, struct boot_menu *menu)
{
	struct boot_menu files = *menu;
	bool blscfg = boot_loader_blscfg(l);
	if (files.n)
		qsort(files.at, files.n, sizeof *files.at, blscfg ? by_name : by_order);
	*menu = (struct boot_menu){0};
	append(a, menu, &l->sourced);
	append(a, menu, blscfg ? &files : &l->entries);
	append(a, menu, blscfg ? &l->entries : &files);
	if (!menu->n)
		return;
	size_t first = boot_loader_default(l, menu, &menu->by, &menu->unsure);
	struct boot_entry started = menu->at[first];
	for (; first; first--)
		menu->at[first] = menu->at[first - 1];
	menu->at[0] = started;
}

bool boot_menu_read(struct rootfs *top, uint64_t *left, struct boot_menu *out)
{
	const struct disk *disk = top->layers->disk;
	struct boot_loader loader = {0};
	read_entries(top, S("/boot/loader/entries"), S(""), left, out);
	read_loader(top, top->fs, S(""), left, &loader);
	for (size_t i = 0; disk && i < disk->volumes.n; i++) {
		const struct volume *v = &disk->volumes.at[i];
		if (!v->fs || v == top->layers->root || v->spare)
			continue;
		struct rootfs *other = root_over(top->arena, top->layers, v->fs, top->notes);
		read_entries(other, S("/loader/entries"), v->name, left, out);
		doubt_inherit(top, other, v->name);
		read_loader(top, v->fs, v->name, left, &loader);
	}
	order_menu(top->arena, &loader, out);
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
