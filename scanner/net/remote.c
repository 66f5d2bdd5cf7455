/*
 * remote.c - an object behind a URL as a blob: ranges of it (RFC 9110 section 14) under a
 * read-ahead, or, of a server that gives none, its bytes as they come. That it stays the same
 * object is for http_seek to see.
 */
#include "ahead.h"
#include "arena.h"
#include "net.h"

struct remote {
	struct ranges ranges;
	struct stream *body;
};

static struct stream *remote_open(struct ranges *r, uint64_t at, uint64_t n, struct error *e)
{
	struct stream *body = ((struct remote *)r)->body;
	return http_seek(body, at, n, e) ? body : NULL;
}

static void remote_close(struct ranges *r, struct stream *s)
{
	(void)r;
	http_close(s);
}

/* Begins with the bytes at `at`. */
static struct remote *remote_new(struct arena *a, struct net *n, const struct http_request *r,
				 uint64_t at, struct http_reply *first, struct error *e)
{
	struct http_request request = *r;
	struct remote *m = NEW(a, struct remote);
	request.at = at;
	request.n = AHEAD_FIRST;
	m->ranges = (struct ranges){.open = remote_open, .close = remote_close};
	m->body = http_open(a, n, &request, first, e);
	return m->body ? m : NULL;
}

struct blob *net_blob(struct arena *a, struct net *n, const struct http_request *r,
		      uint64_t max_spill, struct http_reply *reply, struct error *e)
{
	struct http_reply first;
	struct remote *m = remote_new(a, n, r, 0, &first, e);
	if (!m)
		return NULL;
	/* A range of nobody knows how much is of no use. */
	if (first.ranges && first.size == BLOB_UNSIZED) {
		first.ranges = false;
		if (!http_seek(m->body, 0, 0, e))
			return NULL;
	}
	struct blob *b = first.ranges ? ahead_blob(a, &m->ranges, m->body->name, first.size,
						   m->body, 0, max_spill, e)
				      : blob_spool(a, m->body, max_spill, e);
	if (b && reply)
		*reply = first;
	return b;
}

bool net_ranges(struct arena *a, struct net *n, const struct http_request *r, uint64_t size,
		uint64_t max_spill, struct blob **out, struct error *e)
{
	struct http_reply first;
	uint64_t at = size > AHEAD_FIRST ? size - AHEAD_FIRST : 0;
	struct remote *m = remote_new(a, n, r, at, &first, e);
	if (!m)
		return false;
	m->ranges.bounded = true;
	if (first.ranges && first.size == size) {
		struct blob *b =
			ahead_blob(a, &m->ranges, m->body->name, size, m->body, at, max_spill, e);
		if (b)
			*out = b;
		return b != NULL;
	}
	http_close(m->body);
	if (first.ranges)
		return fail(e, ERR_CORRUPT,
			    "%" PRIstr ": is not the %llu bytes long that it should be",
			    ARG(m->body->name), (unsigned long long)size);
	*out = NULL;
	return true;
}
