/*
 * attribute.c - an extended attribute of an inode: "XFS Algorithms & Data Structures", chapter
 * "Extended Attributes". Not supported: attributes in blocks of their own, which few inodes have.
 */
#include "bytes.h"
#include "xfs.h"

enum {
	FORK_OFFSET_AT = 82, /* of the attribute fork, in words of 8 bytes behind the core */
	FORMAT_AT = 83,
	EXTENTS_AT = 80,
	HEAD_SIZE = 4, /* of the short form: its size, how many there are */
	ENTRY_HEAD = 3,
	TRUSTED = 1 << 1, /* among an entry's flags */
};

/* The attributes in the short form, entries in a row. */
static bool find(struct str fork, uint64_t ino, struct str name, struct str value, bool *out,
		 struct error *e)
{
	const unsigned char *p = (const unsigned char *)fork.p;
	size_t at = HEAD_SIZE, count = fork.n > 2 ? p[2] : 0;
	*out = false;
	for (size_t i = 0; i < count; i++) {
		size_t n = at + ENTRY_HEAD <= fork.n ? (size_t)p[at] + p[at + 1] : fork.n;
		if (n > fork.n || at + ENTRY_HEAD > fork.n - n)
			return fail(e, ERR_CORRUPT, "inode %llu: its attributes run past its end",
				    (unsigned long long)ino);
		struct str rest = str_slice(fork, at + ENTRY_HEAD, at + ENTRY_HEAD + n);
		*out |= p[at + 2] & TRUSTED && str_eq(str_slice(rest, 0, p[at]), name) &&
			str_eq(str_tail(rest, p[at]), value);
		at += ENTRY_HEAD + n;
	}
	return true;
}

bool xfs_is_marked(struct xfs *x, uint64_t ino, struct str name, struct str value, bool *out,
		   struct error *e)
{
	unsigned char p[XFS_INODE_MAX];
	size_t core = x->sb.v5 ? XFS_CORE_V5 : XFS_CORE_V4;
	if (!xfs_inode_bytes(x, ino, p, e))
		return false;
	size_t fork = core + (size_t)p[FORK_OFFSET_AT] * 8;
	*out = false;
	if (!p[FORK_OFFSET_AT] || (p[FORMAT_AT] == XFS_EXTENTS && !load_be16(p + EXTENTS_AT)))
		return true;
	if (fork > x->sb.inode)
		return fail(e, ERR_CORRUPT, "inode %llu: attributes begin past its end",
			    (unsigned long long)ino);
	if (p[FORMAT_AT] != XFS_LOCAL)
		return fail(e, ERR_UNSUPPORTED, "inode %llu: its attributes are not in it",
			    (unsigned long long)ino);
	return find((struct str){(char *)p + fork, x->sb.inode - fork}, ino, name, value, out, e);
}
