/*
 * volume.h - what libext2fs knows of a volume: inodes, which blocks a file has, blocks of
 * directories, and what is stored inside an inode. Metadata is believed only when its checksum
 * is right.
 */
#ifndef EXT_VOLUME_H
#define EXT_VOLUME_H

#include "super.h"

struct volume;

enum { EXT_INODE_WORDS = 32 };

enum ext_flags {
	EXT_ENCRYPTED = 0x800,
	EXT_EXTENTS = 0x80000,
	EXT_INLINE = 0x10000000,
};

struct ext_inode {
	uint32_t number;
	uint32_t mode; /* with the type bits */
	uint32_t uid, gid, flags;
	uint64_t size;
	bool fast_link;                /* a symbolic link that lies in its inode */
	bool elsewhere;                /* it is not the one on the volume */
	uint32_t raw[EXT_INODE_WORDS]; /* the first 128 bytes, in this machine's byte order */
};

/* Blocks of a file in a row. */
struct ext_run {
	uint64_t first, n; /* of the file */
	uint64_t at;       /* of the volume; 0 where they are zeros that are not stored */
};

/* `super` is that of `b`, and both must live as long as the arena. */
struct volume *volume_open(struct arena *a, struct blob *b, const struct ext_super *super,
			   struct error *e);

bool volume_inode(struct volume *v, uint64_t number, struct ext_inode *out, struct error *e);

/* Has the inode a link, whatever else it is? Its checksum is not looked at. */
bool volume_linked(struct volume *v, uint64_t number, bool *out, struct error *e);

/* The same as volume_inode once `raw`, 128 bytes or more as they would be stored, is put there: all
 * of it but the block map, which stays what it is on the volume. */
bool volume_inode_with(struct volume *v, uint64_t number, struct str raw, struct ext_inode *out,
		       struct error *e);

/* The longest run from `block` on that can be told at once, at least that block. Not for what is
 * stored inside an inode. */
bool volume_run(struct volume *v, const struct ext_inode *of, uint64_t block, struct ext_run *out,
		struct error *e);

/* One block of a directory, into `buf` of a block's size. */
bool volume_directory_block(struct volume *v, const struct ext_inode *dir, uint64_t at, void *buf,
			    struct error *e);

/* The content of an inode with EXT_INLINE, as long as it is stored, into `buf` of a block's size.
 */
bool volume_inline(struct volume *v, const struct ext_inode *of, void *buf, size_t *n,
		   struct error *e);

/* The value of an extended attribute, which is empty where the inode has none of that name; up to
 * `n` bytes of it, into `buf`. */
bool volume_attribute(struct volume *v, const struct ext_inode *of, const char *name, void *buf,
		      size_t n, size_t *got, struct error *e);

/* The target of a fast_link, borrowed from the inode. */
struct str volume_fast_link(const struct ext_inode *of);

#endif
