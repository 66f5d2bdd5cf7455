/*
 * disk.c - a disk to its volumes: which table it has, what each partition and logical volume holds,
 * the file systems on them, and the roots among those, each of which is an image. A volume that
 * cannot be read stays among the volumes and says why.
 */
#include "disk.h"

#include <string.h>

#include "arena.h"

enum {
	FIRST_GAP = 64 << 10, /* a table leaves at least this much behind it alone */
	OFFERED_MAX = 1024
};

struct disk_opening {
	struct opening *o;
	struct arena *a;
	struct disk *disk;
	const struct peeled *from;
	struct picks picks;
	VEC(struct blob *) offered; /* what a file system of several devices finds its own among */
};

/* ---- what a volume holds ---- */

/* Partitions of these types hold no files: BIOS boot, PReP, Microsoft reserved, ChromeOS kernels
 * and reserved ones, Bottlerocket's hashes and reserved ones, hashes of /usr and / for x86-64 and
 * arm64, and their signatures (UAPI Discoverable Partitions Specification). */
static bool holds_no_files(struct str type)
{
	static const char *const types[] = {
		"21686148-6449-6e6f-744e-656564454649", "9e1a2d38-c612-4316-aa26-8b49521e5a8b",
		"e3c9e316-0b5c-4db8-817d-f92df00215ae", "fe3a2a5d-4f32-41a7-b725-accc3285a309",
		"2e0a753d-9e48-43b0-8337-b15192cb1b5e", "598f10af-c955-4456-6a99-7720068a6cea",
		"0c5d99a5-d331-4147-baef-08e2b855bdc9", "2c7357ed-ebd2-46d9-aec1-23d437ec2bf5",
		"77ff5f63-e7b6-4633-acf4-1565b864c0e6", "df3300ce-d69f-4c92-978c-9bfb0f38d820",
		"6e11a4e7-fbca-4ded-b9e9-e1a512bb664e", "41092b05-9fc8-4523-994f-2def0408b176",
		"e7bb33fb-06cf-4e81-8273-e543b413e2e2", "6db69de6-29f4-4758-a7a5-962190f00ce3",
		"c23ce4ff-44bd-4b00-b2d4-b41b3419e02a",
	};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (str_eq(type, str_from(types[i])))
			return true;
	return false;
}

/* Does it end, with the disk, before its table says so, or before it begins? */
static bool is_cut(const struct volume *v, struct error *e)
{
	char byte;
	size_t got = 0;
	if (v->blob->size < v->size)
		return true;
	return v->size && v->blob->read(v->blob, 0, &byte, 1, &got, e) && !got;
}

static void explain(struct volume *v, const struct signature *s)
{
	switch (s->role) {
	case ROLE_EMPTY:
		if (is_cut(v, &v->error))
			fail(&v->error, ERR_CORRUPT, "the disk ends before it does");
		return;
	case ROLE_HARMLESS: /* but kernels may lie on an EFI system partition */
		if (str_eq(s->name, S("vfat")))
			fail(&v->error, ERR_CORRUPT, "vfat: its files cannot be read");
		return;
	case ROLE_UNKNOWN:
	case ROLE_TABLE:
	case ROLE_COMPRESSED:
	case ROLE_ARCHIVE:
		if (!holds_no_files(v->type))
			fail(&v->error, ERR_UNSUPPORTED, "what it holds is not known");
		return;
	case ROLE_ENCRYPTED:
		fail(&v->error, ERR_ENCRYPTED, "%" PRIstr ": only its key opens it", ARG(s->name));
		return;
	case ROLE_MEMBER:
		if (!str_eq(s->name, S(LVM_MEMBER)))
			fail(&v->error, ERR_UNSUPPORTED, "%" PRIstr ": not supported",
			     ARG(s->name));
		return;
	case ROLE_FILES:
	case ROLE_CONTAINER:
		fail(&v->error, ERR_UNSUPPORTED, "%" PRIstr ": not supported by this version",
		     ARG(s->name));
		return;
	}
}

/* The logs of what the disk comes in count for all that is on it. */
static void add_log(struct disk_opening *d, struct fs *fs)
{
	const struct words *logs = &d->from->found->replayed;
	struct str own = fs->replayed, log = logs->n ? logs->at[0].text : (struct str){0};
	if (!own.n)
		fs->replayed = log;
	else if (log.n)
		fs->replayed = str_fmt(d->a, "%" PRIstr " and %" PRIstr, ARG(own), ARG(log));
}

static void take_tree(struct disk_opening *d, struct volume *v, struct fs *fs)
{
	v->fs = fs;
	v->holds = str_from(fs->ops->name);
	if (fs->label.n)
		v->label = fs->label;
	if (fs->uuid.n)
		v->uuid = fs->uuid;
	if (!fs->stale.n && d->from->found->stale.n)
		fs->stale = d->from->found->stale.at[0].text;
	if (!fs->stale.n && v->nested)
		fs->stale = d->disk->volumes.at[v->in].fs->stale;
}

static void offer_volumes(struct disk_opening *d)
{
	d->offered.n = 0;
	for (size_t i = 0; i < d->disk->volumes.n && i < OFFERED_MAX; i++) {
		const struct volume *v = &d->disk->volumes.at[i];
		if (v->blob && !v->nested)
			*vec_push(d->a, &d->offered) = v->blob;
	}
}

static bool lies_on(const struct fs *fs, const struct blob *b)
{
	for (size_t i = 0; i < fs->n_devices; i++)
		if (fs->devices[i] == b)
			return true;
	return false;
}

/* Its other devices show the same tree, but for a seed, which has one of its own. */
static void share_tree(struct disk_opening *d, const struct volume *v)
{
	for (size_t i = 0; i < d->disk->volumes.n; i++) {
		struct volume *other = &d->disk->volumes.at[i];
		if (other == v || !other->blob || !lies_on(v->fs, other->blob))
			continue;
		other->spare = true;
		other->through = str_cat(d->a, S("device of "), v->name);
		if (other->fs && !str_eq(other->fs->uuid, v->fs->uuid))
			continue;
		other->error = (struct error){0};
		take_tree(d, other, v->fs);
	}
}

/* The type says that it is a member of an array. */
static bool is_raid(const struct volume *v)
{
	return str_eq(v->type, S("0xfd")) ||
	       str_eq(v->type, S("a19d880f-05fc-4d3b-a006-743f0f84911e"));
}

/* The volume that one half of a mirror shows. */
static bool unmirror(struct disk_opening *d, struct volume *v, struct signature *s, struct error *e)
{
	if (!s->n)
		return true;
	v->through = s->name;
	v->blob = blob_window(d->a, v->blob, v->name, s->at, s->n);
	return signature_of(d->a, v->blob, false, s, e);
}

static bool identify(struct disk_opening *d, struct volume *v, struct error *e)
{
	struct fs_options opts = d->o->opts->fs;
	struct signature s = {0};
	struct fs *fs = NULL;
	opts.whiteouts = false;
	if (!signature_of(d->a, v->blob, is_raid(v), &s, e) || !unmirror(d, v, &s, e))
		return false;
	if (!v->nested) {
		opts.volumes = d->offered.at;
		opts.n_volumes = d->offered.n;
	}
	v->holds = s.name;
	v->label = s.label;
	v->uuid = s.uuid;
	if (s.role != ROLE_MEMBER && s.role != ROLE_ENCRYPTED &&
	    !fs_open_volume(d->a, v->blob, NULL, &opts, &fs, e))
		return false;
	bool packed = s.role == ROLE_ARCHIVE || s.role == ROLE_COMPRESSED;
	if (!fs && v->nested && packed && !(fs = target_archive(d->o, v->blob, e)))
		return false;
	if (!fs) {
		explain(v, &s);
		return true;
	}
	add_log(d, fs);
	take_tree(d, v, fs);
	share_tree(d, v);
	return true;
}

static void identify_from(struct disk_opening *d, size_t first)
{
	offer_volumes(d);
	for (size_t i = first; i < d->disk->volumes.n; i++) {
		struct volume *v = &d->disk->volumes.at[i];
		struct error why = {0};
		if (!v->holds.n)
			v->holds = S("unknown");
		if (v->error.kind == ERR_NONE && v->blob && !v->fs && !identify(d, v, &why))
			v->error = why;
	}
}

/* ---- the table ---- */

/* A file system on the whole disk may have left its mark before a table was written, where tables
 * do not reach; an ISO image has a table besides, for firmware. */
static bool find_table(struct disk_opening *d, struct blob *b, struct error *e)
{
	struct signature s = {0};
	bool found = false;
	if (!signature_of(d->a, b, false, &s, e))
		return false;
	if (str_eq(s.name, S("iso9660")))
		return true;
	if (!gpt_read(d->a, b, d->disk, &found, e))
		return false;
	bool maybe = s.role == ROLE_UNKNOWN || s.role == ROLE_TABLE || s.place >= FIRST_GAP;
	return found || !maybe || mbr_read(d->a, b, d->disk, &found, e);
}

static void add_whole(struct disk_opening *d, struct blob *b)
{
	*vec_push(d->a, &d->disk->volumes) =
		(struct volume){.name = S(WHOLE_DISK), .blob = b, .size = b->size};
}

/* What stands on the further disks of an appliance is not known. */
static void add_others(struct disk_opening *d)
{
	for (size_t i = 0; i < d->from->others.n; i++) {
		struct volume *v = vec_push(d->a, &d->disk->volumes);
		*v = (struct volume){.name = d->from->others.at[i].text,
				     .holds = S("disk"),
				     .size = BLOB_UNSIZED};
		fail(&v->error, ERR_UNSUPPORTED, "a further disk of the appliance is not read");
	}
}

static bool find_volumes(struct disk_opening *d, struct blob *b, struct error *e)
{
	if (!find_table(d, b, e))
		return false;
	if (!d->disk->table)
		add_whole(d, b);
	identify_from(d, 0);
	size_t n = d->disk->volumes.n;
	lvm_read(d->a, d->disk);
	identify_from(d, n);
	add_others(d);
	return true;
}

/* The whole as one file system, with no look for a table. */
static bool force_volume(struct disk_opening *d, struct blob *b, const char *only, struct error *e)
{
	struct fs_options opts = d->o->opts->fs;
	struct fs *fs = NULL;
	opts.whiteouts = false;
	if (!fs_open_volume(d->a, b, only, &opts, &fs, e))
		return false;
	if (!fs)
		return fail(e, ERR_UNSUPPORTED, "not a file system of kind %s", only);
	add_whole(d, b);
	add_log(d, fs);
	take_tree(d, &d->disk->volumes.at[0], fs);
	return true;
}

/* ---- images ---- */

struct str volume_step(struct arena *a, const struct volume *v)
{
	struct str before = v->nested                        ? str_cat(a, v->through, S(" > "))
			    : str_eq(v->name, S(WHOLE_DISK)) ? S("")
							     : str_cat(a, v->name, S(" "));
	if (!v->label.n)
		return str_cat(a, before, v->holds);
	return str_fmt(a, "%" PRIstr "%" PRIstr " \"%" PRIstr "\"", ARG(before), ARG(v->holds),
		       ARG(v->label));
}

/* The layers of a live system: without one of them nothing is known of the others' files. */
static void join_layers(struct disk *disk)
{
	for (size_t i = 0; i < disk->volumes.n; i++) {
		const struct volume *v = &disk->volumes.at[i];
		struct volume *lowest = &disk->volumes.at[v->over];
		if (!v->upper || v->fs || !lowest->fs)
			continue;
		lowest->fs = NULL;
		lowest->error = v->error;
		if (v->error.kind == ERR_NONE)
			fail(&lowest->error, ERR_UNSUPPORTED, "no file system but %" PRIstr,
			     ARG(v->holds));
		fail_in(&lowest->error, "%" PRIstr, ARG(v->name));
	}
}

static void push_layers(struct disk_opening *d, struct image *image, const struct volume *lowest)
{
	for (size_t i = 0; i < d->disk->volumes.n; i++) {
		const struct volume *v = &d->disk->volumes.at[i];
		if (!v->upper || &d->disk->volumes.at[v->over] != lowest)
			continue;
		*vec_push(d->a, &image->layers) =
			(struct layer){.fs = v->fs, .label = v->name, .upper = true};
		image->trail = str_fmt(d->a, "%" PRIstr " + %" PRIstr, ARG(image->trail),
				       ARG(str_basename(v->name)));
	}
}

/* `v` is NULL where there is no root. */
static void fill_image(struct disk_opening *d, struct image *image, const struct volume *v,
		       struct str path)
{
	struct trail trail = d->from->trail;
	if (d->disk->table)
		trail_add(&trail, str_from(d->disk->table));
	image->kind = S("disk");
	image->layers.disk = d->disk;
	if (v) {
		bool whole = !d->disk->table && d->disk->volumes.n == 1;
		image->kind = whole ? v->holds : image->kind;
		trail_add(&trail, volume_step(d->a, v));
		image->layers.root = v;
		*vec_push(d->a, &image->layers) =
			(struct layer){.fs = v->fs, .label = whole ? target_name(path) : v->name};
	}
	image->trail = trail.text;
	image->layers.deployment = d->picks.deployment;
	if (v)
		push_layers(d, image, v);
}

static struct str names_of(struct arena *a, const struct disk *disk)
{
	struct str all = {0};
	for (size_t i = 0; i < disk->volumes.n; i++)
		all = str_fmt(a, "%" PRIstr "%s%" PRIstr, ARG(all), i ? ", " : "",
			      ARG(disk->volumes.at[i].name));
	return all;
}

/* The one that was asked for, whether it looks like a root or not. */
static bool choose(struct disk_opening *d, struct str path, struct error *e)
{
	struct str name = d->picks.volume;
	for (size_t i = 0; i < d->disk->volumes.n; i++) {
		const struct volume *v = &d->disk->volumes.at[i];
		if (!str_eq(v->name, name))
			continue;
		if (v->error.kind != ERR_NONE)
			*e = v->error;
		else if (!v->fs)
			fail(e, ERR_UNSUPPORTED, "no file system but %" PRIstr, ARG(v->holds));
		if (!v->fs)
			return fail_in(e, "%" PRIstr, ARG(name));
		fill_image(d, d->o->image, v, path);
		return true;
	}
	return fail(e, ERR_USAGE, "no volume is named '%" PRIstr "', choose one of %" PRIstr,
		    ARG(name), ARG(names_of(d->a, d->disk)));
}

/* Shows another subvolume of each root, which is then a volume of its own name. */
static bool choose_subvolume(struct disk_opening *d, struct error *e)
{
	struct str which = d->picks.subvol;
	for (struct image *image = d->o->image; image && which.n; image = image->next) {
		const struct volume *root = image->layers.root;
		struct fs *fs = root ? fs_subvolume(d->a, root->fs, which, e) : NULL;
		if (!root)
			return fail(e, ERR_USAGE,
				    "no volume holds a root, choose one before subvol=");
		if (!fs && e->kind == ERR_MISSING)
			e->kind = ERR_USAGE;
		if (!fs)
			return false;
		struct volume *shown = NEW(d->a, struct volume);
		*shown = *root;
		shown->fs = fs;
		image->layers.root = shown;
		image->layers.at[0].fs = fs;
		image->trail =
			str_fmt(d->a, "%" PRIstr " > %" PRIstr, ARG(image->trail), ARG(which));
	}
	return true;
}

static bool all_read(const struct disk *disk)
{
	for (size_t i = 0; i < disk->volumes.n; i++)
		if (disk->volumes.at[i].error.kind != ERR_NONE)
			return false;
	return true;
}

static bool is_named(const struct disk *disk, struct str name)
{
	for (size_t i = 0; i < disk->volumes.n; i++)
		if (str_eq(disk->volumes.at[i].name, name))
			return true;
	return false;
}

/* Files of volumes count when no volume holds a root by itself, or when one of them is asked for.
 * A disk that is one file system is a root when there is nothing else, whatever it holds. */
static struct roots find_roots(struct disk_opening *d)
{
	struct roots roots = roots_find(d->a, d->disk);
	struct str wanted = d->picks.volume;
	for (unsigned rank = 0; rank < NESTED_RANKS; rank++) {
		size_t n = d->disk->volumes.n;
		if (wanted.n ? is_named(d->disk, wanted) : roots.n > 0)
			break;
		for (; nested_add(d->o, d->disk, rank); n = d->disk->volumes.n)
			identify_from(d, n);
		join_layers(d->disk);
		roots = roots_find(d->a, d->disk);
	}
	struct volume *whole = &d->disk->volumes.at[0];
	if (!roots.n && !d->disk->table && whole->fs &&
	    (d->disk->volumes.n == 1 || all_read(d->disk)))
		*vec_push(d->a, &roots) = whole;
	return roots;
}

/* A disk without a table that is not one file system either. */
static bool refuse_whole(const struct volume *v, struct error *e)
{
	if (v->error.kind == ERR_NONE)
		return fail(e, ERR_UNSUPPORTED, "no file system but %" PRIstr, ARG(v->holds));
	*e = v->error;
	return false;
}

static bool fill_images(struct disk_opening *d, struct str path, struct error *e)
{
	struct roots roots = find_roots(d);
	struct image *image = d->o->image;
	struct str target = image->target;
	if (d->picks.volume.n)
		return choose(d, path, e);
	if (!roots.n)
		roots_miss(d->a, d->disk);
	if (!roots.n && !d->disk->table && d->disk->volumes.n == 1)
		return refuse_whole(&d->disk->volumes.at[0], e);
	if (!roots.n)
		fill_image(d, image, NULL, path);
	for (size_t i = 0; i < roots.n; i++) {
		if (i)
			image = image->next = NEW(d->a, struct image);
		fill_image(d, image, roots.at[i], path);
		image->target = roots.n == 1 ? target
					     : str_fmt(d->a, "%" PRIstr "#%" PRIstr, ARG(target),
						       ARG(roots.at[i]->name));
	}
	return true;
}

bool disk_open(struct opening *o, const struct peeled *p, const char *only, struct str path,
	       struct error *e)
{
	struct disk_opening d = {.o = o, .a = o->a, .disk = NEW(o->a, struct disk), .from = p};
	d.disk->budget = p->budget;
	d.disk->bytes = p->disk;
	if (!choice_parse(o->choice, &d.picks, e))
		return false;
	bool good = only ? force_volume(&d, p->disk, only, e) : find_volumes(&d, p->disk, e);
	if (!good || !slots_mark(d.disk, d.picks.slot, e) || !fill_images(&d, path, e) ||
	    !choose_subvolume(&d, e))
		return trail_fail(&p->trail, e);
	return true;
}

struct blob_budget *disk_budget(struct opening *o)
{
	struct blob_budget *budget = NEW(o->a, struct blob_budget);
	budget->max_reads = limits_reads(&o->opts->fs.max);
	budget->max_bytes = limits_read_bytes(&o->opts->fs.max);
	return budget;
}

bool disk_of_volumes(struct opening *o, struct disk *disk, struct blob_budget *budget,
		     struct str path, struct error *e)
{
	struct peeled from = {.found = NEW(o->a, struct blob_findings), .budget = budget};
	struct disk_opening d = {.o = o, .a = o->a, .disk = disk, .from = &from};
	from.trail.arena = o->a;
	disk->budget = budget;
	if (!choice_parse(o->choice, &d.picks, e))
		return false;
	identify_from(&d, 0);
	return slots_mark(disk, d.picks.slot, e) && fill_images(&d, path, e) &&
	       choose_subvolume(&d, e);
}

struct disk *image_disk(struct arena *a, struct blob *b, struct error *e)
{
	static const struct image_options none;
	struct blob_budget *budget = NEW(a, struct blob_budget);
	struct peeled from = {.found = NEW(a, struct blob_findings), .budget = budget};
	struct opening o = {.a = a, .opts = &none};
	struct disk_opening d = {.o = &o, .a = a, .disk = NEW(a, struct disk), .from = &from};
	*budget = (struct blob_budget){.max_reads = UINT64_MAX, .max_bytes = UINT64_MAX};
	d.disk->budget = budget;
	return find_volumes(&d, blob_cached(a, b, budget), e) ? d.disk : NULL;
}
