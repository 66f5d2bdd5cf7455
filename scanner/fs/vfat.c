/*
 * vfat.c - FAT12, FAT16 and FAT32 with long names as a tree: "FAT: General Overview of On-Disk
 * Format" (Microsoft, version 1.03). What an EFI system partition holds: boot entries, kernels.
 *
 * An inode's number is the place of its (short) directory entry, and 0 for the root. Names are
 * looked up whatever their case, and short ones shown as Linux shows them by default. Everything
 * belongs to root, and may be read by all. Not supported: exFAT, which is another format.
 */
#include <string.h>

#include "arena.h"
#include "backends.h"
#include "bytes.h"

enum {
	BOOT = 512,
	ENTRY = 32,
	ENTRIES_MAX = 65536, /* of a directory, in the specification */
	FAT12_CLUSTERS = 4085,
	FAT16_CLUSTERS = 65525,

	ATTRIBUTE_LABEL = 0x08,
	ATTRIBUTE_DIRECTORY = 0x10,
	ATTRIBUTE_LONG = 0x0f,
	ATTRIBUTE_BITS = 0x3f,
	LOWER_BASE = 0x08,
	LOWER_EXTENSION = 0x10,

	LONG_UNITS = 13, /* of UTF-16, in an entry */
	LONG_ENTRIES = 20,
	LONG_LAST = 0x40,
};

struct vfat {
	struct fs fs;
	struct blob *blob;
	unsigned bits; /* of an entry of the table: 12, 16, 32 */
	uint64_t table_at, root_at, clusters_at, cluster;
	uint32_t root_entries; /* of the fixed root of FAT12 and FAT16 */
	uint32_t root_cluster; /* of FAT32's */
	uint32_t clusters;
	/* Where the last read ended: the chain can only be followed forward. */
	uint64_t run_ino, run_index;
	uint32_t run_cluster;
};

struct node {
	struct fs_stat st;
	uint32_t cluster; /* the first; 0: there is none, or the fixed root */
	bool fixed;
};

static bool damaged(const char *why, struct error *e)
{
	return fail(e, ERR_CORRUPT, "vfat: %s", why);
}

/* ---- the table ---- */

static bool is_cluster(const struct vfat *f, uint32_t c)
{
	return c >= 2 && c - 2 < f->clusters;
}

/* The cluster after c; 0 at the end of the chain. */
static bool next_cluster(const struct vfat *f, uint32_t c, uint32_t *out, struct error *e)
{
	unsigned char p[4] = {0};
	uint64_t at = f->table_at + (f->bits == 12 ? c + c / 2 : (uint64_t)c * (f->bits / 8));
	if (!blob_read(f->blob, at, p, f->bits == 32 ? 4 : 2, e))
		return false;
	uint32_t v = load_le32(p) & 0x0fffffff, most = 0x0fffffff;
	if (f->bits == 12)
		v = c % 2 ? v >> 4 : v & 0xfff;
	if (f->bits != 32)
		most = f->bits == 12 ? 0xfff : 0xffff;
	if (v < most - 7 && !is_cluster(f, v))
		return damaged("a chain of clusters leads nowhere", e);
	*out = v < most - 7 ? v : 0;
	return true;
}

static uint64_t cluster_at(const struct vfat *f, uint32_t c)
{
	return f->clusters_at + (uint64_t)(c - 2) * f->cluster;
}

/* ---- entries ---- */

static uint32_t first_cluster(const struct vfat *f, const unsigned char *p)
{
	return load_le16(p + 26) | (f->bits == 32 ? (uint32_t)load_le16(p + 20) << 16 : 0);
}

static bool read_node(const struct vfat *f, uint64_t ino, struct node *out, struct error *e)
{
	unsigned char p[ENTRY];
	struct node n = {.st = {.kind = FS_DIRECTORY, .mode = 0755}};
	if (ino == 0) {
		n.cluster = f->root_cluster;
		n.fixed = f->bits != 32;
	} else {
		if (!blob_read(f->blob, ino, p, sizeof p, e))
			return false;
		n.cluster = first_cluster(f, p);
		if (!(p[11] & ATTRIBUTE_DIRECTORY)) {
			n.st.kind = FS_REGULAR;
			n.st.size = load_le32(p + 28);
		}
	}
	if (n.st.size > (uint64_t)f->clusters * f->cluster)
		return damaged("a file larger than its volume", e);
	bool none = n.fixed || (n.cluster == 0 && n.st.size == 0);
	if (!none && !is_cluster(f, n.cluster))
		return damaged("an entry without a first cluster", e);
	*out = n;
	return true;
}

/* A name that is being put together from the entries in front of its own. */
struct long_name {
	unsigned left; /* entries to come; 0: it is whole, when n */
	unsigned n;    /* entries that it has */
	unsigned char sum;
	uint16_t units[LONG_ENTRIES * LONG_UNITS];
};

static void take_long(struct long_name *l, const unsigned char *p)
{
	static const unsigned char places[LONG_UNITS] = {1,  3,  5,  7,  9,  14, 16,
							 18, 20, 22, 24, 28, 30};
	unsigned number = p[0] & ~LONG_LAST;
	if (p[0] & LONG_LAST)
		*l = (struct long_name){.left = number, .n = number, .sum = p[13]};
	if (number == 0 || number > LONG_ENTRIES || number != l->left || p[13] != l->sum) {
		l->n = 0;
		return;
	}
	l->left--;
	for (unsigned i = 0; i < LONG_UNITS; i++)
		l->units[l->left * LONG_UNITS + i] = load_le16(p + places[i]);
}

static unsigned char sum_of(const unsigned char *name)
{
	unsigned char sum = 0;
	for (unsigned i = 0; i < 11; i++)
		sum = (unsigned char)((sum << 7 | sum >> 1) + name[i]);
	return sum;
}

static size_t put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = n; --i; c >>= 6)
		to[i] = (char)(0x80 | (c & 63));
	to[0] = (char)(c | (n == 2 ? 0xc0 : n == 3 ? 0xe0 : 0xf0));
	return n;
}

/* UTF-16 to UTF-8, halves of pairs that stand alone as they are; 0: it does not fit. */
static size_t long_text(const struct long_name *l, char *to)
{
	size_t n = 0;
	for (unsigned i = 0; i < l->n * LONG_UNITS && l->units[i]; i++) {
		uint32_t c = l->units[i], low = i + 1 < l->n * LONG_UNITS ? l->units[i + 1] : 0;
		if (c >> 10 == 0x36 && low >> 10 == 0x37) {
			c = 0x10000 + ((c & 0x3ff) << 10 | (low & 0x3ff));
			i++;
		}
		if (n + 4 > FS_NAME_MAX + 4)
			return 0;
		n += put_utf8(to + n, c);
	}
	return n <= FS_NAME_MAX ? n : 0;
}

static size_t put_part(char *to, const unsigned char *from, size_t n, bool lower)
{
	while (n && from[n - 1] == ' ')
		n--;
	for (size_t i = 0; i < n; i++)
		to[i] = (char)(lower && from[i] >= 'A' && from[i] <= 'Z' ? from[i] | 0x20
									 : from[i]);
	return n;
}

static size_t short_text(const unsigned char *p, char *to)
{
	size_t n = put_part(to, p, 8, p[12] & LOWER_BASE);
	if (n && (unsigned char)to[0] == 0x05)
		to[0] = (char)0xe5;
	to[n] = '.';
	size_t extension = put_part(to + n + 1, p + 8, 3, p[12] & LOWER_EXTENSION);
	return extension ? n + 1 + extension : n;
}

/* ---- directories ---- */

struct listing {
	const struct fs *fs;
	fs_visit *visit;
	void *arg;
	unsigned entries;
	struct long_name name;
	bool ended;
};

static bool list_entry(struct listing *l, const unsigned char *p, uint64_t at, struct error *e)
{
	char text[FS_NAME_MAX + 5];
	size_t n = 0;
	l->ended = p[0] == 0;
	if (l->ended)
		return true;
	if (++l->entries > ENTRIES_MAX)
		return damaged("a directory has more entries than one may have", e);
	if (!fs_directory_fits(l->fs, (uint64_t)l->entries * ENTRY, e))
		return fail_in(e, "vfat: a directory");
	if (p[0] != 0xe5 && (p[11] & ATTRIBUTE_BITS) == ATTRIBUTE_LONG) {
		take_long(&l->name, p);
		return true;
	}
	bool whole = l->name.n && l->name.left == 0 && l->name.sum == sum_of(p);
	bool named = p[0] != 0xe5 && !(p[11] & ATTRIBUTE_LABEL) && p[0] != '.';
	if (named && whole)
		n = long_text(&l->name, text);
	if (named && n == 0)
		n = short_text(p, text);
	l->name.n = 0;
	if (!named)
		return true;
	struct str name = {text, n};
	if (!fs_name_valid(name))
		return damaged("a directory holds something that is not a name", e);
	l->ended = !l->visit(l->arg, name, at);
	return true;
}

static bool list_entries(struct vfat *f, struct listing *l, uint64_t at, uint64_t n,
			 struct error *e)
{
	unsigned char p[BOOT];
	for (size_t i = 0; n && !l->ended; i++, n--, at += ENTRY) {
		if (i % (BOOT / ENTRY) == 0) {
			size_t some = n < BOOT / ENTRY ? (size_t)n * ENTRY : BOOT;
			if (!blob_read(f->blob, at, p, some, e))
				return false;
		}
		if (!list_entry(l, p + i % (BOOT / ENTRY) * ENTRY, at, e))
			return false;
	}
	return true;
}

static bool vfat_list(struct fs *fs, uint64_t ino, fs_visit *visit, void *arg, struct error *e)
{
	struct vfat *f = (struct vfat *)fs;
	struct listing l = {.fs = fs, .visit = visit, .arg = arg};
	struct node dir;
	if (!read_node(f, ino, &dir, e))
		return false;
	if (dir.st.kind != FS_DIRECTORY)
		return damaged("not a directory", e);
	if (dir.fixed)
		return list_entries(f, &l, f->root_at, f->root_entries, e);
	for (uint32_t c = dir.cluster; c && !l.ended;)
		if (!list_entries(f, &l, cluster_at(f, c), f->cluster / ENTRY, e) ||
		    !next_cluster(f, c, &c, e))
			return false;
	/* All but the root begin with an entry for themselves. */
	return l.entries || ino == fs->root || damaged("a directory has lost its entries", e);
}

struct search {
	struct str name;
	bool found;
	uint64_t ino;
};

static bool search_visit(void *arg, struct str name, uint64_t ino)
{
	struct search *s = arg;
	s->found = str_eq_nocase(name, s->name);
	s->ino = ino;
	return !s->found;
}

static bool vfat_lookup(struct fs *fs, uint64_t dir, struct str name, bool *found, uint64_t *ino,
			struct error *e)
{
	struct search s = {.name = name};
	if (!vfat_list(fs, dir, search_visit, &s, e))
		return false;
	*found = s.found;
	*ino = s.ino;
	return true;
}

/* ---- files ---- */

static bool find_cluster(struct vfat *f, uint64_t ino, uint32_t first, uint64_t index,
			 uint32_t *out, struct error *e)
{
	if (f->run_ino != ino || f->run_index > index) {
		f->run_ino = ino;
		f->run_index = 0;
		f->run_cluster = first;
	}
	if (!fs_pieces_fit(&f->fs, index + 1, e))
		return fail_in(e, "vfat: a file");
	while (f->run_index < index) {
		uint32_t next;
		if (!next_cluster(f, f->run_cluster, &next, e))
			return false;
		if (!next)
			return damaged("a chain of clusters is shorter than its file", e);
		f->run_cluster = next;
		f->run_index++;
	}
	*out = f->run_cluster;
	return true;
}

static bool vfat_read(struct fs *fs, uint64_t ino, uint64_t at, void *buf, size_t n, size_t *got,
		      struct error *e)
{
	struct vfat *f = (struct vfat *)fs;
	struct node file;
	char *to = buf;
	if (!read_node(f, ino, &file, e))
		return false;
	if (file.st.kind != FS_REGULAR)
		return damaged("not a file", e);
	uint64_t left = at < file.st.size ? file.st.size - at : 0;
	n = left < n ? (size_t)left : n;
	for (size_t done = 0, some; done < n; done += some) {
		uint64_t into = (at + done) % f->cluster, room = f->cluster - into;
		uint32_t c;
		some = room < n - done ? (size_t)room : n - done;
		if (!find_cluster(f, ino, file.cluster, (at + done) / f->cluster, &c, e) ||
		    !blob_read(f->blob, cluster_at(f, c) + into, to + done, some, e))
			return false;
	}
	*got = n;
	return true;
}

/* A file whose clusters follow each other is a window onto the volume: large ones mostly are. */
static bool vfat_blob(struct fs *fs, struct arena *a, uint64_t ino, struct blob **out,
		      struct error *e)
{
	struct vfat *f = (struct vfat *)fs;
	struct node file;
	*out = NULL;
	if (!read_node(f, ino, &file, e))
		return false;
	if (file.st.kind != FS_REGULAR || !file.st.size)
		return true;
	uint64_t last = (file.st.size - 1) / f->cluster;
	for (uint64_t i = 1; i <= last; i++) {
		uint32_t c;
		if (!find_cluster(f, ino, file.cluster, i, &c, e))
			return false;
		if (c != file.cluster + i)
			return true;
	}
	*out = blob_window(a, f->blob, f->blob->name, cluster_at(f, file.cluster), file.st.size);
	return true;
}

static bool vfat_stat(struct fs *fs, uint64_t ino, struct fs_stat *out, struct error *e)
{
	struct node n;
	if (!read_node((struct vfat *)fs, ino, &n, e))
		return false;
	*out = n.st;
	return true;
}

static const struct fs_ops vfat_ops = {
	.name = "vfat",
	.stat = vfat_stat,
	.list = vfat_list,
	.read = vfat_read,
	.lookup = vfat_lookup,
	.blob = vfat_blob,
};

/* ---- the boot sector ---- */

static bool is_power(unsigned n)
{
	return n && !(n & (n - 1));
}

/* There is no magic number but the one that every boot sector has: the numbers must fit. */
static bool is_fat(const unsigned char *p)
{
	unsigned sector = load_le16(p + 11), tables = p[16];
	return p[510] == 0x55 && p[511] == 0xaa && (p[0] == 0xeb || p[0] == 0xe9) &&
	       is_power(sector) && sector >= 512 && sector <= 4096 && is_power(p[13]) &&
	       load_le16(p + 14) && (tables == 1 || tables == 2) && p[21] >= 0xf0 &&
	       (load_le16(p + 22) || load_le32(p + 36)) && (load_le16(p + 19) || load_le32(p + 32));
}

bool fs_probe_vfat(struct blob *b, bool *mine, struct error *e)
{
	unsigned char p[BOOT];
	size_t got = 0;
	if (!b->read(b, 0, p, sizeof p, &got, e))
		return false;
	*mine = got == sizeof p && is_fat(p);
	return true;
}

static bool open_boot(struct vfat *f, const unsigned char *p, struct error *e)
{
	uint64_t sector = load_le16(p + 11), table = load_le16(p + 22);
	bool fat32 = table == 0;
	table = fat32 ? load_le32(p + 36) : table;
	uint64_t total = load_le16(p + 19) ? load_le16(p + 19) : load_le32(p + 32);
	f->cluster = sector * p[13];
	f->table_at = sector * load_le16(p + 14);
	f->root_at = f->table_at + sector * table * p[16];
	f->root_entries = load_le16(p + 17);
	f->clusters_at =
		f->root_at + ((uint64_t)f->root_entries * ENTRY + sector - 1) / sector * sector;
	if (total * sector < f->clusters_at)
		return damaged("its tables are larger than the volume", e);
	uint64_t clusters = (total * sector - f->clusters_at) / f->cluster;
	f->bits = fat32 ? 32 : clusters < FAT12_CLUSTERS ? 12 : 16;
	if (clusters >= (fat32 ? 0x0ffffff5 : FAT16_CLUSTERS) ||
	    table * sector * 8 / f->bits < clusters + 2)
		return damaged("more clusters than its tables are for", e);
	f->clusters = (uint32_t)clusters;
	f->root_cluster = fat32 ? load_le32(p + 44) & 0x0fffffff : 0;
	return true;
}

/* The root's label entry is what counts; the boot sector has a copy, often stale. */
static bool find_label(struct vfat *f, struct arena *a, struct error *e)
{
	unsigned char p[ENTRY];
	uint64_t at = f->bits == 32 ? cluster_at(f, f->root_cluster) : f->root_at;
	uint64_t n = f->bits == 32 ? f->cluster / ENTRY : f->root_entries;
	if (f->bits == 32 && !is_cluster(f, f->root_cluster))
		return damaged("its root is nowhere", e);
	for (; n; n--, at += ENTRY) {
		if (!blob_read(f->blob, at, p, sizeof p, e))
			return false;
		if (p[0] == 0)
			break;
		bool long_name = (p[11] & ATTRIBUTE_BITS) == ATTRIBUTE_LONG;
		if (p[0] == 0xe5 || long_name || !(p[11] & ATTRIBUTE_LABEL))
			continue;
		struct str label = {(const char *)p, 11};
		f->fs.label = str_dup(a, str_trim(label, " "));
		break;
	}
	return true;
}

struct fs *fs_open_vfat(struct arena *a, struct blob *b, const struct fs_options *opts,
			struct error *e)
{
	struct vfat *f = NEW(a, struct vfat);
	unsigned char p[BOOT];
	*f = (struct vfat){.fs = {.ops = &vfat_ops, .max = opts->max}, .blob = b};
	if (!blob_read(b, 0, p, sizeof p, e))
		return NULL;
	if (!is_fat(p)) {
		damaged("its boot sector is not one", e);
		return NULL;
	}
	if (!open_boot(f, p, e) || !find_label(f, a, e))
		return NULL;
	unsigned id = f->bits == 32 ? 67 : 39;
	if (p[id - 1] == 0x29)
		f->fs.uuid = str_fmt(a, "%04X-%04X", load_le16(p + id + 2), load_le16(p + id));
	return &f->fs;
}
