/*
 * volume.c - the door to libext2fs: a volume opened over a blob, without writing and without its
 * own journal replay.
 *
 * Specification: Linux, Documentation/filesystems/ext4/ (inodes, ifork, directory, inlinedata),
 * and the library's ext2fs.h. The library's input goes through an I/O manager of ours; a failure
 * of the blob is kept aside and reaches the caller with its own kind and words. Because one bad
 * number must not send the library far away, the depth of extent trees is checked before it is
 * asked. What it would leave out silently, a run outside of the volume, is an error here.
 */
#include "volume.h"

#include <errno.h>
#include <ext2fs/ext2_fs.h>
#include <ext2fs/ext2fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "bytes.h"

enum {
	EXTENT_DEPTH_MAX = 5,
	ROOT_EXTENTS = 4,    /* that fit an inode */
	MAPPED_AT_ONCE = 64, /* blocks that are asked for one by one */
	FAST_LINK_BYTES = 60,
	NUMBER_BASE_16 = 16,
};

struct volume {
	struct struct_io_manager manager;
	struct struct_io_channel channel;
	struct arena *arena;
	struct blob *blob;
	const struct ext_super *super;
	struct error failure; /* of the blob, beneath the library */
	ext2_filsys fs;
	char *block_buffer; /* what bmap works in: two blocks */
	char channel_name[8];
};

_Static_assert(sizeof(struct ext2_inode) == EXT_INODE_WORDS * sizeof(uint32_t),
	       "an inode's first 128 bytes");

/* ---- the I/O manager ---- */

/* The library copies the name that it opens and hands on nothing else, so that is where the
 * volume's address travels. */
static errcode_t channel_open(const char *name, int flags, io_channel *out)
{
	(void)flags;
	struct volume *v = NULL;
	uintptr_t address = strtoull(name, NULL, NUMBER_BASE_16);
	memcpy(&v, &address, sizeof v);
	v->channel.refcount = 1;
	*out = &v->channel;
	return 0;
}

static errcode_t channel_close(io_channel c)
{
	c->refcount--;
	return 0;
}

static errcode_t channel_block_size(io_channel c, int size)
{
	c->block_size = size;
	return 0;
}

/* A negative count is one of bytes. */
static errcode_t channel_read(io_channel c, unsigned long long block, int count, void *buf)
{
	struct volume *v = c->private_data;
	uint64_t at, n = count < 0 ? -(int64_t)count : (int64_t)count * c->block_size;
	if (!mul_u64(block, (uint64_t)c->block_size, &at))
		return EXT2_ET_BAD_BLOCK_NUM;
	struct error e = {0};
	if (blob_read(v->blob, at, buf, n, &e))
		return 0;
	v->failure = e;
	return EXT2_ET_SHORT_READ;
}

static errcode_t channel_read_32(io_channel c, unsigned long block, int count, void *buf)
{
	return channel_read(c, block, count, buf);
}

static errcode_t channel_write(io_channel c, unsigned long long block, int count, const void *buf)
{
	(void)c, (void)block, (void)count, (void)buf;
	return EROFS;
}

static errcode_t channel_write_32(io_channel c, unsigned long block, int count, const void *buf)
{
	return channel_write(c, block, count, buf);
}

static errcode_t channel_flush(io_channel c)
{
	(void)c;
	return 0;
}

static void set_channel(struct volume *v)
{
	v->manager = (struct struct_io_manager){
		.magic = EXT2_ET_MAGIC_IO_MANAGER,
		.name = "blob",
		.open = channel_open,
		.close = channel_close,
		.set_blksize = channel_block_size,
		.read_blk = channel_read_32,
		.read_blk64 = channel_read,
		.write_blk = channel_write_32,
		.write_blk64 = channel_write,
		.flush = channel_flush,
	};
	memcpy(v->channel_name, "volume", sizeof "volume");
	v->channel = (struct struct_io_channel){
		.magic = EXT2_ET_MAGIC_IO_CHANNEL,
		.manager = &v->manager,
		.name = v->channel_name,
		.block_size = EXT_SUPER_BYTES,
		.private_data = v,
	};
}

/* ---- what the library answers ---- */

static const char *words_of(errcode_t code)
{
	static const struct {
		errcode_t code;
		const char *words;
	} known[] = {
		{EXT2_ET_INODE_CSUM_INVALID, "its checksum is wrong"},
		{EXT2_ET_DIR_CSUM_INVALID, "its checksum is wrong"},
		{EXT2_ET_DIR_NO_SPACE_FOR_CSUM, "there is no room for its checksum"},
		{EXT2_ET_EXTENT_CSUM_INVALID, "the checksum of an extent block is wrong"},
		{EXT2_ET_EXT_ATTR_CSUM_INVALID, "the checksum of its attributes is wrong"},
		{EXT2_ET_EXTENT_HEADER_BAD, "the header of an extent tree is damaged"},
		{EXT2_ET_BAD_INODE_NUM, "there is no such inode"},
		{EXT2_ET_GDESC_BAD_INODE_TABLE, "its inode table lies outside of the volume"},
		{EXT2_ET_MISSING_INODE_TABLE, "its group has no inode table"},
		{EXT2_ET_BAD_BLOCK_NUM, "a block number is out of range"},
		{EXT2_ET_CORRUPT_SUPERBLOCK, "the superblock's numbers do not fit each other"},
		{EXT2_ET_BAD_DESC_SIZE, "the group descriptors have an impossible size"},
		{EXT2_ET_NO_MEMORY, "there is no memory for it"},
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i].code == code)
			return known[i].words;
	return "libext2fs finds it damaged";
}

static enum error_kind kind_of(errcode_t code)
{
	if (code == EXT2_ET_NO_MEMORY || code == ENOMEM)
		return ERR_LIMIT;
	return code == EXT2_ET_UNSUPP_FEATURE ? ERR_UNSUPPORTED : ERR_CORRUPT;
}

/* Did the library succeed? A failure of the blob counts even where the library went on. */
static bool settle(struct volume *v, errcode_t code, struct error *e)
{
	if (v->failure.kind) {
		*e = v->failure;
		v->failure = (struct error){0};
		return false;
	}
	return code == 0 || fail(e, kind_of(code), "%s", words_of(code));
}

static bool settle_inode(struct volume *v, errcode_t code, uint64_t number, struct error *e)
{
	return settle(v, code, e) || fail_in(e, "inode %llu", (unsigned long long)number);
}

/* ---- opening ---- */

static void close_volume(void *arg)
{
	struct volume *v = arg;
	if (v->fs)
		ext2fs_free(v->fs);
	v->fs = NULL;
}

struct volume *volume_open(struct arena *a, struct blob *b, const struct ext_super *super,
			   struct error *e)
{
	struct volume *v = NEW(a, struct volume);
	char name[32];
	uintptr_t address = (uintptr_t)v;
	v->arena = a;
	v->blob = b;
	v->super = super;
	v->block_buffer = NEW_N(a, char, (size_t)super->block_size * 2);
	set_channel(v);
	arena_defer(a, close_volume, v);
	snprintf(name, sizeof name, "%llx", (unsigned long long)address);
	/* The superblock's checksum was looked at: the library does not know of the trick with the
	 * read-only features. */
	int flags = EXT2_FLAG_64BITS | EXT2_FLAG_SOFTSUPP_FEATURES | EXT2_FLAG_IGNORE_CSUM_ERRORS;
	errcode_t code = ext2fs_open2(name, NULL, flags, 0, 0, &v->manager, &v->fs);
	if (!settle(v, code, e)) {
		fail_in(e, "superblock");
		return NULL;
	}
	v->fs->flags &= ~EXT2_FLAG_IGNORE_CSUM_ERRORS;
	return v;
}

/* ---- inodes ---- */

static bool check_group(struct volume *v, uint64_t number, struct error *e)
{
	dgrp_t group = ext2fs_group_of_ino(v->fs, (ext2_ino_t)number);
	if (group >= v->fs->group_desc_count)
		return fail(e, ERR_CORRUPT, "there is no such inode");
	if (!ext2fs_group_desc_csum_verify(v->fs, group))
		return fail(e, ERR_CORRUPT, "the checksum of group %u is wrong", group);
	return true;
}

static bool check_number(struct volume *v, uint64_t number, struct error *e)
{
	if (number == 0 || number > v->super->inodes || number > v->fs->super->s_inodes_count)
		return fail(e, ERR_CORRUPT, "inode %llu: there is no such inode",
			    (unsigned long long)number);
	return check_group(v, number, e) || fail_in(e, "inode %llu", (unsigned long long)number);
}

static bool take_inode(const struct ext2_inode *raw, uint64_t number, struct ext_inode *out,
		       struct error *e)
{
	if (raw->i_links_count == 0)
		return fail(e, ERR_CORRUPT, "inode %llu: is deleted", (unsigned long long)number);
	*out = (struct ext_inode){
		.number = (uint32_t)number,
		.mode = raw->i_mode,
		.uid = inode_uid(*raw),
		.gid = inode_gid(*raw),
		.flags = raw->i_flags,
		.size = EXT2_I_SIZE(raw),
	};
	out->fast_link = LINUX_S_ISLNK(raw->i_mode) && out->size < FAST_LINK_BYTES &&
			 !(raw->i_flags & (EXT4_EXTENTS_FL | EXT4_INLINE_DATA_FL));
	memcpy(out->raw, raw, sizeof *raw);
	return true;
}

bool volume_inode(struct volume *v, uint64_t number, struct ext_inode *out, struct error *e)
{
	struct ext2_inode raw;
	if (!check_number(v, number, e))
		return false;
	errcode_t code = ext2fs_read_inode(v->fs, (ext2_ino_t)number, &raw);
	return settle_inode(v, code, number, e) && take_inode(&raw, number, out, e);
}

/* Whatever lies there: it may be an inode that was deleted, or none yet. */
static bool read_unchecked(struct volume *v, uint64_t number, struct ext2_inode *out,
			   struct error *e)
{
	if (!check_number(v, number, e))
		return false;
	errcode_t code =
		ext2fs_read_inode2(v->fs, (ext2_ino_t)number, out, sizeof *out, READ_INODE_NOCSUM);
	return settle_inode(v, code, number, e);
}

bool volume_linked(struct volume *v, uint64_t number, bool *out, struct error *e)
{
	struct ext2_inode raw;
	if (!read_unchecked(v, number, &raw, e))
		return false;
	*out = raw.i_links_count > 0;
	return true;
}

/* An inode that never had extents gets an empty tree of them. */
static void keep_map(struct ext2_inode *raw, const struct ext2_inode *old)
{
	struct ext3_extent_header head;
	memcpy(raw->i_block, old->i_block, sizeof raw->i_block);
	memcpy(&head, raw->i_block, sizeof head);
	if (!(raw->i_flags & EXT4_EXTENTS_FL) ||
	    head.eh_magic == ext2fs_cpu_to_le16(EXT3_EXT_MAGIC))
		return;
	head = (struct ext3_extent_header){.eh_magic = ext2fs_cpu_to_le16(EXT3_EXT_MAGIC),
					   .eh_max = ext2fs_cpu_to_le16(ROOT_EXTENTS)};
	memset(raw->i_block, 0, sizeof raw->i_block);
	memcpy(raw->i_block, &head, sizeof head);
}

bool volume_inode_with(struct volume *v, uint64_t number, struct str bytes, struct ext_inode *out,
		       struct error *e)
{
	struct ext2_inode raw = {0}, old;
	if (!read_unchecked(v, number, &old, e))
		return false;
	memcpy(&raw, bytes.p, sizeof raw);
#ifdef WORDS_BIGENDIAN
	ext2fs_swap_inode(v->fs, &raw, &raw, 1);
#endif
	keep_map(&raw, &old);
	if (!take_inode(&raw, number, out, e))
		return false;
	out->elsewhere = true;
	return true;
}

bool volume_attribute(struct volume *v, const struct ext_inode *of, const char *name, void *buf,
		      size_t n, size_t *got, struct error *e)
{
	struct ext2_xattr_handle *all = NULL;
	void *value = NULL;
	size_t size = 0;
	errcode_t code = ext2fs_xattrs_open(v->fs, of->number, &all);
	if (!code)
		code = ext2fs_xattrs_read(all);
	if (!code)
		code = ext2fs_xattr_get(all, name, &value, &size);
	*got = code ? 0 : size < n ? size : n;
	if (*got)
		memcpy(buf, value, *got);
	ext2fs_free_mem(&value);
	if (all)
		ext2fs_xattrs_close(&all);
	return settle_inode(v, code == EXT2_ET_EA_KEY_NOT_FOUND ? 0 : code, of->number, e);
}

struct str volume_fast_link(const struct ext_inode *of)
{
	size_t at = offsetof(struct ext2_inode, i_block);
	return (struct str){(const char *)of->raw + at, (size_t)of->size};
}

bool volume_inline(struct volume *v, const struct ext_inode *of, void *buf, size_t *n,
		   struct error *e)
{
	size_t size = 0;
	struct ext2_inode raw;
	memcpy(&raw, of->raw, sizeof raw);
	errcode_t code = ext2fs_inline_data_size(v->fs, of->number, &size);
	if (!settle_inode(v, code, of->number, e))
		return false;
	if (size > v->super->block_size)
		return fail(e, ERR_CORRUPT, "inode %u: holds more than it has room for",
			    of->number);
	code = ext2fs_inline_data_get(v->fs, of->number, &raw, buf, &size);
	if (!settle_inode(v, code, of->number, e))
		return false;
	*n = size;
	return true;
}

/* ---- runs ---- */

/* What comes after the current extent, or the index entry over it: no extent begins between the
 * two. The library's own way to the next leaf begins with this one again after a search. */
static errcode_t next_over(ext2_extent_handle_t tree, struct ext2fs_extent *x)
{
	errcode_t code = ext2fs_extent_get(tree, EXT2_EXTENT_NEXT_SIB, x);
	while (code == EXT2_ET_EXTENT_NO_NEXT) {
		code = ext2fs_extent_get(tree, EXT2_EXTENT_UP, x);
		if (code == EXT2_ET_EXTENT_NO_UP)
			return EXT2_ET_EXTENT_NO_NEXT;
		if (code == 0)
			code = ext2fs_extent_get(tree, EXT2_EXTENT_NEXT_SIB, x);
	}
	return code;
}

/* A hole, up to where the next extent may begin. */
static bool hole_run(struct volume *v, ext2_extent_handle_t tree, uint64_t block,
		     struct ext_run *out, struct error *e)
{
	struct ext2fs_extent x;
	uint64_t end = UINT64_MAX;
	errcode_t code = ext2fs_extent_get(tree, EXT2_EXTENT_CURRENT, &x);
	if (code == 0 && x.e_lblk <= block)
		code = next_over(tree, &x);
	if (code == 0)
		end = x.e_lblk;
	else if (code != EXT2_ET_EXTENT_NO_NEXT && code != EXT2_ET_NO_CURRENT_NODE)
		return settle(v, code, e);
	if (!settle(v, 0, e))
		return false;
	if (end <= block)
		return fail(e, ERR_CORRUPT, "its extents are out of order");
	*out = (struct ext_run){.first = block, .n = end - block};
	return true;
}

static bool tree_run(struct volume *v, ext2_extent_handle_t tree, uint64_t block,
		     struct ext_run *out, struct error *e)
{
	struct ext2fs_extent x;
	errcode_t code = ext2fs_extent_goto(tree, block);
	if (code == EXT2_ET_EXTENT_NOT_FOUND)
		return hole_run(v, tree, block, out, e);
	if (code == 0)
		code = ext2fs_extent_get(tree, EXT2_EXTENT_CURRENT, &x);
	if (!settle(v, code, e))
		return false;
	if (block < x.e_lblk || block - x.e_lblk >= x.e_len)
		return fail(e, ERR_CORRUPT, "its extents are out of order");
	*out = (struct ext_run){.first = x.e_lblk, .n = x.e_len};
	if (!(x.e_flags & EXT2_EXTENT_FLAGS_UNINIT))
		out->at = x.e_pblk;
	return true;
}

static bool extent_run(struct volume *v, struct ext2_inode *raw, uint32_t number, uint64_t block,
		       struct ext_run *out, struct error *e)
{
	ext2_extent_handle_t tree = NULL;
	struct ext3_extent_header head;
	memcpy(&head, raw->i_block, sizeof head);
	if (ext2fs_le16_to_cpu(head.eh_depth) > EXTENT_DEPTH_MAX)
		return fail(e, ERR_CORRUPT, "its extent tree is too deep");
	if (!settle(v, ext2fs_extent_open2(v->fs, number, raw, &tree), e))
		return false;
	bool ok = tree_run(v, tree, block, out, e);
	ext2fs_extent_free(tree);
	return ok;
}

/* Blocks one by one, as long as they follow each other. */
static bool mapped_run(struct volume *v, struct ext2_inode *raw, uint32_t number, uint64_t block,
		       struct ext_run *out, struct error *e)
{
	struct ext_run run = {.first = block};
	for (; run.n < MAPPED_AT_ONCE; run.n++) {
		blk64_t at = 0;
		errcode_t code = ext2fs_bmap2(v->fs, number, raw, v->block_buffer, 0, block + run.n,
					      NULL, &at);
		if (code == EXT2_ET_FILE_TOO_BIG && run.n)
			break;
		if (!settle(v, code, e))
			return false;
		if (run.n == 0)
			run.at = at;
		else if (at != (run.at ? run.at + run.n : 0))
			break;
	}
	*out = run;
	return true;
}

bool volume_run(struct volume *v, const struct ext_inode *of, uint64_t block, struct ext_run *out,
		struct error *e)
{
	struct ext2_inode raw;
	struct ext_run run;
	memcpy(&raw, of->raw, sizeof raw);
	bool ok = of->flags & EXT_EXTENTS ? extent_run(v, &raw, of->number, block, &run, e)
					  : mapped_run(v, &raw, of->number, block, &run, e);
	if (ok && run.at && !within(run.at, run.n, v->super->blocks))
		ok = fail(e, ERR_CORRUPT, "a block of it lies outside of the volume");
	if (!ok)
		return fail_in(e, "inode %u", of->number);
	*out = run;
	return true;
}

bool volume_directory_block(struct volume *v, const struct ext_inode *dir, uint64_t at, void *buf,
			    struct error *e)
{
	errcode_t code = ext2fs_read_dir_block4(v->fs, at, buf, 0, dir->number);
	return settle_inode(v, code, dir->number, e);
}
