/*
 * archive_skim.c - a file of an archive, too large to be kept, shown to a skim (fs.h) piece by
 * piece on the one pass; what stays of it is its gist and its first bytes.
 */
#include "archive_skim.h"

#include "archive_pass.h"
#include "arena.h"

enum { PIECE = 64 << 10, HEAD = 64 };

bool skim_entry(struct arena *a, struct pass *p, uint64_t size, struct skim *skim, struct str *head,
		struct str *gist, struct error *e)
{
	char *piece = NEW_N(a, char, PIECE);
	struct str first = {0};
	for (uint64_t at = 0; at < size; at += PIECE) {
		size_t n = size - at < PIECE ? (size_t)(size - at) : PIECE;
		if (!pass_read(p, at, piece, n, e))
			return false;
		if (at == 0)
			first = str_dup(a, str_slice((struct str){piece, n}, 0, HEAD));
		skim->take(skim, (struct str){piece, n});
	}
	struct str made = skim->gist(skim);
	*head = first;
	*gist = made.p ? made : S("");
	return true;
}
