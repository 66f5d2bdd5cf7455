/*
 * vhdx_log.h - what the log of a VHDX holds for its file; private to blob/.
 */
#ifndef VHDX_LOG_H
#define VHDX_LOG_H

#include "blob.h"

struct vhdx_log {
	uint64_t at;               /* in the file, */
	uint32_t n;                /* as many bytes */
	const unsigned char *guid; /* 16 bytes, which an entry must bear to count */
};

/* The file as it is once the writes of the log are in place, by MS-VHDX 2.3.3; nothing is written.
 * ERR_CORRUPT where the log is none, has no whole sequence of entries, or tells that the file was
 * cut; ERR_LIMIT past 64 MiB of log, of writes, or of zeros. */
struct blob *vhdx_log_replay(struct arena *a, struct blob *file, const struct vhdx_log *log,
			     struct error *e);

#endif
