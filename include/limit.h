/*
 * limit.h - what reading a target may cost. One list: a number of 0 stands for the usual one that
 * is named here, and each has an option --max-NAME. Whoever reaches one fails with ERR_LIMIT and
 * names the option; what was asked for is then unknown, by reason `limit`.
 *
 * X(name, usual)
 */
#ifndef LIMIT_H
#define LIMIT_H

#include <stdint.h>

#define LIMITS(X) \
	X(memory, 1 << 30)        /* bytes of the heap */ \
	X(reads, 200 << 10)       /* of a disk, those that its cache answers not counted */ \
	X(read_bytes, 4ull << 30) /* the same in bytes */ \
	X(depth, 8)               /* wrappers, volumes and files inside each other */ \
	X(ratio, 1000)            /* bytes of an archive for each byte it is compressed to */ \
	X(spill, 16ull << 30)     /* bytes kept on disk of what has no random access */ \
	X(entries, 2 << 20)       /* files in a layer, or in an archive */ \
	X(file, 64 << 20)         /* bytes of one file out of a compressed archive */ \
	X(directory, 64 << 20)    /* bytes of one directory of a file system */ \
	X(extents, 1 << 20)       /* extents, blocks or parts that one file lies in */ \
	X(deployments, 4096)      /* names of systems on one volume and of boot entries */ \
	X(links, 40)              /* symbolic links in one path; past 40 Linux gives up itself */

struct limits {
#define X(name, usual) uint64_t name;
	LIMITS(X)
#undef X
};

#define X(name, usual) \
	static inline uint64_t limits_##name(const struct limits *max) \
	{ \
		return max->name ? max->name : (usual); \
	}
LIMITS(X)
#undef X

#endif
