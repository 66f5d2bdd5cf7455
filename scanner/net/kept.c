/*
 * kept.c - pieces of an object at their places in a file without a name. Which are there is a list
 * of stretches in their order, none of which touch: as many as there were jumps.
 */
#include "kept.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "vec.h"

struct stretch {
	uint64_t from, to;
};

struct kept {
	struct arena *arena;
	int fd;
	uint64_t bytes, max;
	VEC(struct stretch) all;
};

/* The first stretch that ends at `at` or later; the number of them where there is none. */
static size_t find(const struct kept *k, uint64_t at)
{
	size_t low = 0, high = k->all.n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (k->all.at[middle].to < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint64_t kept_from(const struct kept *k, uint64_t at, uint64_t *missing)
{
	size_t i = find(k, at);
	if (i < k->all.n && k->all.at[i].to == at)
		i++;
	if (i < k->all.n && k->all.at[i].from <= at)
		return k->all.at[i].to - at;
	*missing = i < k->all.n ? k->all.at[i].from - at : UINT64_MAX;
	return 0;
}

bool kept_make_room(struct kept *k, uint64_t n, struct error *e)
{
	if (k->bytes <= k->max && n <= k->max - k->bytes)
		return true;
	k->all.n = 0;
	k->bytes = 0;
	return ftruncate(k->fd, 0) == 0 || blob_temporary_failed(e);
}

/* One stretch more; those that it touches become one with it. */
static void add(struct kept *k, uint64_t from, uint64_t to)
{
	size_t first = find(k, from), last = first;
	for (; last < k->all.n && k->all.at[last].from <= to; last++) {
		const struct stretch *s = &k->all.at[last];
		k->bytes -= s->to - s->from;
		from = s->from < from ? s->from : from;
		to = s->to > to ? s->to : to;
	}
	if (first == last)
		vec_push(k->arena, &k->all);
	size_t behind = k->all.n - last - (first == last);
	memmove(k->all.at + first + 1, k->all.at + last, behind * sizeof *k->all.at);
	k->all.n = first + 1 + behind;
	k->all.at[first] = (struct stretch){from, to};
	k->bytes += to - from;
}

bool kept_put(struct kept *k, uint64_t at, struct str bytes, struct error *e)
{
	for (size_t n = 0; n < bytes.n;) {
		ssize_t w = pwrite(k->fd, bytes.p + n, bytes.n - n, (off_t)(at + n));
		if (w < 0 && errno != EINTR)
			return blob_temporary_failed(e);
		n += w > 0 ? (size_t)w : 0;
	}
	if (bytes.n)
		add(k, at, at + bytes.n);
	return true;
}

bool kept_read(struct kept *k, uint64_t at, void *buf, size_t n, struct error *e)
{
	for (size_t have = 0; have < n;) {
		ssize_t r = pread(k->fd, (char *)buf + have, n - have, (off_t)(at + have));
		if (r < 0 && errno != EINTR)
			return blob_temporary_failed(e);
		if (r == 0)
			return fail(e, ERR_IO, "temporary file: ends at byte %llu",
				    (unsigned long long)(at + have));
		have += r > 0 ? (size_t)r : 0;
	}
	return true;
}

struct kept *kept_new(struct arena *a, uint64_t max_bytes, struct error *e)
{
	int fd = blob_temporary(a, e);
	if (fd < 0)
		return NULL;
	struct kept *k = NEW(a, struct kept);
	k->arena = a;
	k->fd = fd;
	k->max = max_bytes;
	return k;
}
