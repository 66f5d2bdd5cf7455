/*
 * archive_skim.h - a file of an archive shown to a skim as it goes by; private to fs/archive/.
 */
#ifndef ARCHIVE_SKIM_H
#define ARCHIVE_SKIM_H

#include "fs.h"

struct pass;

/* Takes all of the current entry, which has `size` bytes. *head gets its first bytes, *gist what
 * the skim made of it, never with a NULL pointer. */
bool skim_entry(struct arena *a, struct pass *p, uint64_t size, struct skim *skim, struct str *head,
		struct str *gist, struct error *e);

#endif
