/*
 * joined.c - blobs one after another, as one: extents of a disk, pieces of a file that was split.
 */
#include <string.h>

#include "arena.h"
#include "blob.h"

struct joined {
	struct blob blob;
	const struct blob_part *parts;
	uint64_t *starts; /* of each part, ascending */
	size_t n;
};

/* The last part that starts at `at` or before; one without bytes is never the last such. */
static size_t part_of(const struct joined *j, uint64_t at)
{
	size_t low = 0, high = j->n;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (j->starts[middle] <= at)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static bool read_part(const struct blob_part *p, uint64_t skip, void *buf, size_t n,
		      struct error *e)
{
	if (p->of)
		return blob_read(p->of, p->at + skip, buf, n, e);
	memset(buf, 0, n);
	return true;
}

static bool joined_read(struct blob *b, uint64_t at, void *buf, size_t n, size_t *got,
			struct error *e)
{
	struct joined *j = (struct joined *)b;
	uint64_t left = at < b->size ? b->size - at : 0;
	n = left < n ? (size_t)left : n;
	for (size_t have = 0; have < n;) {
		size_t i = part_of(j, at + have);
		uint64_t skip = at + have - j->starts[i], rest = j->parts[i].n - skip;
		size_t some = rest < n - have ? (size_t)rest : n - have;
		if (!read_part(&j->parts[i], skip, (char *)buf + have, some, e))
			return false;
		have += some;
	}
	*got = n;
	return true;
}

struct blob *blob_joined(struct arena *a, struct str name, const struct blob_part *parts, size_t n)
{
	struct joined *j = NEW(a, struct joined);
	uint64_t size = 0;
	j->starts = NEW_N(a, uint64_t, n);
	for (size_t i = 0; i < n; i++) {
		j->starts[i] = size;
		size += parts[i].n;
	}
	j->blob = (struct blob){.name = name, .size = size, .read = joined_read};
	j->parts = parts;
	j->n = n;
	return &j->blob;
}
