/*
 * signatures.c - what a volume holds, by the numbers that its format puts at fixed places: file
 * systems (of which the readers in fs/ look again, and closer), swap, members of arrays and pools,
 * encryption, and the containers and archives that a whole file may be. Labels and UUIDs are read
 * where they are plain to see, so that a volume which cannot be read can still be told from others.
 * RAID superblocks are those of "RAID superblock formats" (raid.wiki.kernel.org), versions 0.90
 * and 1.0 to 1.2.
 */
#include <string.h>

#include "arena.h"
#include "bytes.h"
#include "disk.h"

enum { HEAD = 512, ZEROS = 68 << 10 };

struct known {
	uint64_t at;
	const char *magic;
	size_t n;
	const char *name;
	enum role role;
	uint32_t label_at, label_n, uuid_at; /* 0: not looked for */
};

#define M(at, magic, name, role) at, magic, sizeof(magic) - 1, name, ROLE_##role

static const struct known known[] = {
	{M(0, "QFI\xfb", "qcow2", CONTAINER), 0, 0, 0},
	{M(0, "KDMV", "vmdk", CONTAINER), 0, 0, 0},
	{M(0, "COWD", "vmdk", CONTAINER), 0, 0, 0},
	{M(0, "# Disk DescriptorFile", "vmdk", CONTAINER), 0, 0, 0},
	{M(0, "conectix", "vhd", CONTAINER), 0, 0, 0},
	{M(0, "vhdxfile", "vhdx", CONTAINER), 0, 0, 0},
	{M(64, "\x7f\x10\xda\xbe", "vdi", CONTAINER), 0, 0, 0},
	{M(0, "QED\0", "qed", CONTAINER), 0, 0, 0},
	{M(0, "WithoutFreeSpace", "parallels", CONTAINER), 0, 0, 0},
	{M(0, "WithouFreSpacExt", "parallels", CONTAINER), 0, 0, 0},
	{M(0, "EVF\x09\x0d\x0a\xff\0", "ewf", CONTAINER), 0, 0, 0},
	{M(0, "7z\xbc\xaf\x27\x1c", "7z archive", ARCHIVE), 0, 0, 0},
	{M(0, "PK\x03\x04", "zip", ARCHIVE), 0, 0, 0},
	{M(0, "!<arch>\n", "ar archive", ARCHIVE), 0, 0, 0},
	{M(0, "\xed\xab\xee\xdb", "rpm package", ARCHIVE), 0, 0, 0},
	{M(0, "0707", "cpio", ARCHIVE), 0, 0, 0},
	{M(3, "-FVE-FS-", "bitlocker", ENCRYPTED), 0, 0, 0},
	{M(0, "LUKS\xba\xbe\0\1", "LUKS1", ENCRYPTED), 0, 0, 168},
	{M(0, "LUKS\xba\xbe\0\2", "LUKS2", ENCRYPTED), 24, 48, 168},
	{M(0, "hsqs", "squashfs", FILES), 0, 0, 0},
	{M(0, "XFSB", "xfs", FILES), 108, 12, 32},
	{M(1024, "\xe2\xe1\xf5\xe0", "erofs", FILES), 1088, 16, 1072},
	{M(65600, "_BHRfS_M", "btrfs", FILES), 65835, 256, 65568},
	{M(32769, "CD001", "iso9660", FILES), 32808, 32, 0},
	{M(1024, "\x10\x20\xf5\xf2", "f2fs", FILES), 0, 0, 1132},
	{M(32768, "JFS1", "jfs", FILES), 0, 0, 32904},
	{M(65588, "ReIsEr", "reiserfs", FILES), 65636, 16, 65620},
	{M(32, "NXSB", "apfs", FILES), 0, 0, 0},
	{M(3, "NTFS    ", "ntfs", FILES), 0, 0, 0},
	{M(3, "EXFAT   ", "exfat", HARMLESS), 0, 0, 0},
	{M(82, "FAT32   ", "vfat", HARMLESS), 71, 11, 67},
	{M(54, "FAT12   ", "vfat", HARMLESS), 43, 11, 39},
	{M(54, "FAT16   ", "vfat", HARMLESS), 43, 11, 39},
	{M(4086, "SWAPSPACE2", "swap", HARMLESS), 1052, 16, 1036},
	{M(8182, "SWAPSPACE2", "swap", HARMLESS), 1052, 16, 1036},
	{M(16374, "SWAPSPACE2", "swap", HARMLESS), 1052, 16, 1036},
	{M(65526, "SWAPSPACE2", "swap", HARMLESS), 1052, 16, 1036},
	{M(0, "verity\0\0", "dm-verity hashes", HARMLESS), 0, 0, 0},
	{M(4120, "\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81", "bcache",
	   MEMBER),
	 0, 0, 0},
	{M(4120, "\xc6\x85\x73\xf6\x66\xce\x90\xa9\xd9\x6a\x60\xcf\x80\x3d\xf7\xef", "bcachefs",
	   FILES),
	 0, 0, 0},
	{M(16408, "version", "zfs", MEMBER), 0, 0, 0},
	{M(512, "EFI PART", "gpt", TABLE), 0, 0, 0},
	{M(4096, "EFI PART", "gpt", TABLE), 0, 0, 0},
};

#undef M

/* Fewer than n bytes are followed by zeros. */
static bool read_at(struct blob *b, uint64_t at, unsigned char *p, size_t n, struct error *e)
{
	size_t have = 0, got = 1;
	memset(p, 0, n);
	while (have < n && got) {
		if (!b->read(b, at + have, p + have, n - have, &got, e))
			return false;
		have += got;
	}
	return true;
}

uint64_t blob_extent(struct blob *b)
{
	struct error ignored;
	char byte;
	size_t got;
	if (b->size == BLOB_UNSIZED && !b->read(b, UINT64_MAX - 1, &byte, 1, &got, &ignored))
		return BLOB_UNSIZED;
	return b->size;
}

/* ---- labels and UUIDs ---- */

static struct str text_of(struct arena *a, const unsigned char *p, size_t n)
{
	struct str s = {(const char *)p, 0};
	while (s.n < n && p[s.n])
		s.n++;
	return str_dup(a, str_trim(s, " "));
}

static bool name_volume(struct arena *a, struct blob *b, const struct known *k,
			struct signature *out, struct error *e)
{
	unsigned char p[256];
	if (k->label_n && !read_at(b, k->label_at, p, k->label_n, e))
		return false;
	if (k->label_n)
		out->label = text_of(a, p, k->label_n);
	if (str_eq(out->label, S("NO NAME")))
		out->label = (struct str){0};
	if (!k->uuid_at)
		return true;
	if (!read_at(b, k->uuid_at, p, 40, e))
		return false;
	if (str_starts(out->name, S("LUKS")))
		out->uuid = text_of(a, p, 40);
	else if (str_eq(out->name, S("vfat")))
		out->uuid = str_fmt(a, "%04X-%04X", load_le16(p + 2), load_le16(p));
	else
		out->uuid = str_uuid(a, p);
	return true;
}

/* ---- what needs more than a number at a place ---- */

/* The header of a tar bears the sum of its own bytes, the sum's place counted as blanks. */
static bool is_tar(const unsigned char *p)
{
	unsigned sum = 8 * ' ', told = 0, i = 148;
	for (unsigned k = 0; k < HEAD; k++)
		sum += k >= 148 && k < 156 ? 0 : p[k];
	while (i < 156 && p[i] == ' ')
		i++;
	for (; i < 156 && p[i] >= '0' && p[i] <= '7'; i++)
		told = told * 8 + (p[i] - '0');
	return p[0] && told == sum;
}

/* Two bytes are a weak sign, so other fields of the superblock must make sense (Linux
 * Documentation, filesystems/ext4: super.rst). */
static const char *ext_name(const unsigned char *p)
{
	uint32_t compat = load_le32(p + 92), incompat = load_le32(p + 96),
		 readonly = load_le32(p + 100);
	if (load_le16(p + 56) != 0xEF53 || load_le32(p + 24) > 6 || load_le32(p + 76) > 1 ||
	    !load_le32(p) || !load_le32(p + 40))
		return NULL;
	if ((incompat & ~0x16u) || (readonly & ~7u))
		return "ext4";
	return compat & 4 ? "ext3" : "ext2";
}

static bool look_for_ext(struct arena *a, struct blob *b, struct signature *out, struct error *e)
{
	static const struct known ext = {.label_at = 1144, .label_n = 16, .uuid_at = 1128};
	unsigned char p[264];
	if (!read_at(b, 1024, p, sizeof p, e))
		return false;
	const char *name = ext_name(p);
	if (!name)
		return true;
	*out = (struct signature){.role = ROLE_FILES, .name = str_from(name)};
	return name_volume(a, b, &ext, out, e);
}

/* 32 letters and digits, which LVM shows in groups. */
static struct str lvm_uuid(struct arena *a, const unsigned char *p)
{
	static const unsigned char groups[] = {6, 4, 4, 4, 4, 4, 6};
	struct str all = {0};
	for (size_t i = 0; i < sizeof groups; p += groups[i++])
		all = str_fmt(a, "%" PRIstr "%s%" PRIstr, ARG(all), i ? "-" : "",
			      ARG(((struct str){(const char *)p, groups[i]})));
	return all;
}

/* "LABELONE" in one of the first four sectors, and where it says, the header of the volume. */
static bool look_for_lvm(struct arena *a, struct blob *b, struct signature *out, struct error *e)
{
	unsigned char p[HEAD], uuid[32];
	for (uint64_t sector = 0; sector < 4 && out->role == ROLE_UNKNOWN; sector++) {
		if (!read_at(b, sector * HEAD, p, HEAD, e))
			return false;
		if (memcmp(p, "LABELONE", 8) != 0 || memcmp(p + 24, "LVM2 001", 8) != 0)
			continue;
		if (!read_at(b, sector * HEAD + load_le32(p + 20), uuid, sizeof uuid, e))
			return false;
		*out = (struct signature){ROLE_MEMBER, .name = S(LVM_MEMBER)};
		out->uuid = lvm_uuid(a, uuid);
	}
	return true;
}

/* ---- members of software RAID ---- */

#define MD_MAGIC 0xA92B4EFCu

enum { MD_90_BYTES = 64 << 10, MD_12_AT = 4096, MD_10_FROM_END = 8192 };

static void md_member(struct arena *a, uint32_t level, uint64_t at, uint64_t n,
		      const unsigned char *uuid, struct signature *out)
{
	*out = (struct signature){.role = ROLE_MEMBER, .uuid = str_uuid(a, uuid)};
	out->name = level == UINT32_MAX ? S("md linear") : str_fmt(a, "md raid%u", level);
	if (level == 1) {
		out->at = at;
		out->n = n;
	}
}

/* Version 1: `at` is where this superblock lies, which it must say itself. */
static bool look_for_md1(struct arena *a, struct blob *b, uint64_t at, struct signature *out,
			 struct error *e)
{
	unsigned char p[256];
	uint64_t from, n;
	if (!read_at(b, at, p, sizeof p, e))
		return false;
	if (load_le32(p) == MD_MAGIC && load_le32(p + 4) == 1 && load_le64(p + 144) == at / 512 &&
	    mul_u64(load_le64(p + 128), 512, &from) && mul_u64(load_le64(p + 136), 512, &n))
		md_member(a, load_le32(p + 72), from, n, p + 16, out);
	return true;
}

static bool look_for_md90(struct arena *a, struct blob *b, struct signature *out, struct error *e)
{
	unsigned char p[64];
	uint64_t at = (b->size & ~(uint64_t)(MD_90_BYTES - 1)) - MD_90_BYTES;
	if (!read_at(b, at, p, sizeof p, e))
		return false;
	if (load_le32(p) == MD_MAGIC && load_le32(p + 4) == 0) {
		unsigned char uuid[16];
		memcpy(uuid, p + 20, 4);
		memcpy(uuid + 4, p + 52, 12);
		md_member(a, load_le32(p + 28), 0, (uint64_t)load_le32(p + 32) * 1024, uuid, out);
	}
	return true;
}

/* Superblocks at the end: of versions 1.0 and 0.90. The data before them looks like a volume. */
static bool look_at_end(struct arena *a, struct blob *b, struct signature *out, struct error *e)
{
	if (b->size == BLOB_UNSIZED || b->size < 2 * (uint64_t)MD_90_BYTES)
		return true;
	uint64_t at = ((b->size & ~511ull) - MD_10_FROM_END) & ~4095ull;
	struct signature end = {0};
	if (!look_for_md1(a, b, at, &end, e) ||
	    (end.role == ROLE_UNKNOWN && !look_for_md90(a, b, &end, e)))
		return false;
	if (end.role != ROLE_UNKNOWN)
		*out = end;
	return true;
}

/* ---- all of it ---- */

typedef bool look_fn(struct arena *a, struct blob *b, struct signature *out, struct error *e);

static bool look_at_head(struct arena *a, struct blob *b, struct signature *out, struct error *e)
{
	unsigned char head[HEAD];
	if (!read_at(b, 0, head, HEAD, e))
		return false;
	if (is_tar(head))
		*out = (struct signature){.role = ROLE_ARCHIVE, .name = S("tar")};
	return out->role != ROLE_UNKNOWN ||
	       (look_for_md1(a, b, 0, out, e) &&
		(out->role != ROLE_UNKNOWN || look_for_md1(a, b, MD_12_AT, out, e)));
}

static bool look_for_known(struct arena *a, struct blob *b, struct signature *out, struct error *e)
{
	unsigned char p[32];
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		const struct known *k = &known[i];
		if (!read_at(b, k->at, p, k->n, e))
			return false;
		if (memcmp(p, k->magic, k->n) != 0)
			continue;
		*out = (struct signature){
			.role = k->role, .name = str_from(k->name), .place = k->at};
		return name_volume(a, b, k, out, e);
	}
	return true;
}

static bool look_for_zeros(struct arena *a, struct blob *b, struct signature *out, struct error *e)
{
	unsigned char *p = NEW_N(a, unsigned char, ZEROS);
	if (!read_at(b, 0, p, ZEROS, e))
		return false;
	if (p[0] == 0 && memcmp(p, p + 1, ZEROS - 1) == 0)
		*out = (struct signature){.role = ROLE_EMPTY, .name = S("empty")};
	else if (load_le16(p + 510) == 0xAA55)
		*out = (struct signature){.role = ROLE_TABLE, .name = S("mbr")};
	else if (codec_of((struct str){(char *)p, 64}) != CODEC_NONE)
		*out = (struct signature){.role = ROLE_COMPRESSED, .name = S("compressed")};
	return true;
}

bool signature_of(struct arena *a, struct blob *b, bool end, struct signature *out, struct error *e)
{
	/* Arrays first: what their members held before may still be there. */
	static look_fn *const looks[] = {look_at_head, look_for_lvm, look_for_known, look_for_ext,
					 look_for_zeros};
	struct signature s = {0};
	s.name = S("unknown");
	for (size_t i = 0; s.role == ROLE_UNKNOWN && i < sizeof looks / sizeof *looks; i++)
		if (!looks[i](a, b, &s, e))
			return false;
	if (end && s.role != ROLE_ARCHIVE && !look_at_end(a, b, &s, e))
		return false;
	*out = s;
	return true;
}
