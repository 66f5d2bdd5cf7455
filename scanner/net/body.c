/*
 * body.c - the body of a reply as a stream that outlives its connections (RFC 9110 sections 8.8, 13
 * and 14): where one breaks, the rest is asked for by range, and what comes must be the same
 * object, by its validator and its size, from the very byte on. A server that answers with all of
 * it instead is read again up to there. Without a validator only who checks a digest may go on so.
 *
 * A body that only the end of its connection ends is refused, for a cut would not be noticed, but
 * where a digest is checked.
 */
#include <string.h>

#include "arena.h"
#include "field.h"
#include "http.h"
#include "out.h"

/* So many bytes after a break, the tries are counted anew. */
enum { PROGRESS = 1 << 20 };

struct body {
	struct stream stream;
	struct http_call call; /* its range moves on with what has come */
	struct http_reply reply;
	struct exchange *x;        /* NULL: none is under way */
	struct body *next, **link; /* in the list of those that have one */
	uint64_t base, n;          /* the range that is read, of the object; n 0: to its end */
	uint64_t want;             /* bytes that are to come in all; BLOB_UNSIZED: not known */
	uint64_t done;             /* that were given to the reader */
	uint64_t skip;             /* that come first and were given already */
	uint64_t calm;             /* since the last break */
	struct error failed;       /* a stream that failed once is not asked again */
	bool open;                 /* the first head was read: later ones must agree */
	bool part, ended;
};

static bool is_head(const struct body *b)
{
	return b->call.r.method && strcmp(b->call.r.method, "HEAD") == 0;
}

static void begin_exchange(struct body *b, struct exchange *x)
{
	struct net *n = b->call.net;
	b->x = x;
	pthread_mutex_lock(&n->lock);
	b->next = n->open;
	b->link = &n->open;
	if (b->next)
		b->next->link = &b->next;
	n->open = b;
	pthread_mutex_unlock(&n->lock);
}

static void end_exchange(struct body *b)
{
	struct net *n = b->call.net;
	if (!b->x)
		return;
	exchange_end(b->x);
	b->x = NULL;
	pthread_mutex_lock(&n->lock);
	*b->link = b->next;
	if (b->next)
		b->next->link = b->link;
	pthread_mutex_unlock(&n->lock);
}

/* ---- what a head says of the object ---- */

/* A strong ETag, or Last-Modified: what If-Range takes. */
static struct str validator_of(struct str fields)
{
	struct str tag = field_find(fields, S("etag"));
	if (tag.n > 1 && tag.n < 256 && tag.p[0] == '"')
		return tag;
	struct str date = field_find(fields, S("last-modified"));
	return date.n < 64 ? date : S("");
}

static bool same_object(struct body *b, struct str validator, uint64_t size, struct error *e)
{
	struct str before = b->call.r.validator;
	bool other = before.n && validator.n && !str_eq(before, validator);
	uint64_t known = b->open ? b->reply.size : BLOB_UNSIZED;
	other |= known != BLOB_UNSIZED && size != BLOB_UNSIZED && size != known;
	if (other)
		return fail(e, ERR_CORRUPT, "the object changed while it was read");
	if (before.n && !validator.n && !b->call.r.proved)
		return fail(e, ERR_CORRUPT,
			    "nothing tells whether it is the same object as before");
	return true;
}

/* A part: what was asked for, or a shorter piece of it. */
static bool take_part(struct body *b, uint64_t *size, struct error *e)
{
	const struct http_request *r = &b->call.r;
	struct content_range part;
	struct str value = field_find(exchange_fields(b->x), S("content-range"));
	uint64_t length = exchange_length(b->x);
	if (!field_content_range(value, &part))
		return fail(e, ERR_CORRUPT, "a part without a Content-Range that can be read");
	uint64_t n = part.last - part.first + 1;
	if (part.first != r->at || (r->n && n > r->n) || (r->at == 0 && r->n == 0))
		return fail(e, ERR_CORRUPT, "bytes %llu-%llu, which were not asked for",
			    (unsigned long long)part.first, (unsigned long long)part.last);
	if (length != BLOB_UNSIZED && length != n)
		return fail(e, ERR_CORRUPT, "%llu bytes of body where Content-Range says %llu",
			    (unsigned long long)length, (unsigned long long)n);
	*size = part.size;
	if (b->want != BLOB_UNSIZED)
		return true;
	uint64_t left = part.size == BLOB_UNSIZED ? b->done + n : part.size - b->base;
	b->want = b->n && b->n < left ? b->n : left;
	return true;
}

/* All of it: what came before a break, or stands before the range, is read again. */
static bool take_whole(struct body *b, uint64_t *size, struct error *e)
{
	*size = exchange_length(b->x);
	if (!exchange_framed(b->x) && !b->call.r.proved)
		return fail(e, ERR_UNSUPPORTED,
			    "the server tells no length: a cut would not be noticed");
	if (!b->open)
		b->base = b->n = 0;
	b->skip = b->base + b->done;
	if (b->want == BLOB_UNSIZED && *size != BLOB_UNSIZED && !b->n)
		b->want = *size >= b->base ? *size - b->base : 0;
	return true;
}

/* Reads what the head of b->x says. */
static bool take_head(struct body *b, struct error *e)
{
	uint64_t size;
	struct str fields = exchange_fields(b->x);
	b->part = exchange_status(b->x) == 206;
	b->skip = 0;
	if (!field_agrees(fields, S("content-length")))
		return fail(e, ERR_CORRUPT, "more than one Content-Length");
	if (!(b->part ? take_part(b, &size, e) : take_whole(b, &size, e)) ||
	    !same_object(b, validator_of(fields), size, e))
		return false;
	if (is_head(b))
		b->want = 0;
	if (b->want != BLOB_UNSIZED && b->want > b->call.r.max)
		return fail(e, ERR_LIMIT, "%llu bytes where at most %llu are taken",
			    (unsigned long long)b->want, (unsigned long long)b->call.r.max);
	if (!b->open)
		b->reply.size = size;
	return true;
}

/* What the caller is told, once: later replies must agree. */
static void take_reply(struct body *b)
{
	struct arena *a = b->call.a;
	struct str fields = exchange_fields(b->x), type;
	(void)str_cut(field_find(fields, S("content-type")), ';', &type, &(struct str){0});
	b->reply.status = exchange_status(b->x);
	b->reply.ranges = b->part;
	b->reply.url = b->call.came_from;
	b->reply.type = str_dup(a, str_trim(type, " \t"));
	b->reply.digest = str_dup(a, field_find(fields, S("docker-content-digest")));
	b->reply.validator = str_dup(a, validator_of(fields));
	if (b->reply.validator.n)
		b->call.r.validator = b->reply.validator;
	b->open = true;
}

static bool ask(struct body *b, struct error *e)
{
	struct exchange *x = call_send(&b->call, e);
	if (!x)
		return false;
	begin_exchange(b, x);
	if (!take_head(b, e)) {
		end_exchange(b);
		return call_failed(&b->call, e);
	}
	if (!b->open)
		take_reply(b);
	return true;
}

/* ---- breaks ---- */

static bool may_resume(const struct body *b)
{
	return (b->call.r.validator.n || b->call.r.proved) && !b->call.r.form;
}

/* After a break, for which *e is the reason: the rest. */
static bool resume(struct body *b, struct error *e)
{
	struct http_call *c = &b->call;
	end_exchange(b);
	if (b->calm >= PROGRESS)
		c->tries = 0;
	b->calm = 0;
	if (!may_resume(b) || !call_again(c, 0, e))
		return call_failed(c, e);
	c->r.at = b->base + b->done;
	c->r.n = b->n ? b->n - b->done : 0;
	return ask(b, e);
}

/* ---- reading ---- */

static bool complete(const struct body *b)
{
	return b->want == BLOB_UNSIZED ? b->skip == 0 : b->done == b->want;
}

static bool finish(struct body *b)
{
	end_exchange(b);
	b->ended = true;
	return true;
}

/* The exchange gives no more. */
static bool at_end(struct body *b, bool failed, const struct wire_failure *f)
{
	if (complete(b) && (!failed || b->want != BLOB_UNSIZED))
		return finish(b);
	if (!failed)
		fail(f->e, ERR_IO, "the body ends at byte %llu of %llu",
		     (unsigned long long)b->done, (unsigned long long)b->want);
	else if (!f->again)
		return call_failed(&b->call, f->e);
	return resume(b, f->e);
}

/* What of a piece the reader has not seen. */
static bool take_piece(struct body *b, struct str *piece, struct error *e)
{
	uint64_t max = b->call.r.max, left = b->want - b->done;
	size_t skip = b->skip < piece->n ? (size_t)b->skip : piece->n;
	atomic_fetch_add(&b->call.net->bytes, piece->n);
	if (!watch_tick(b->call.r.watch, piece->n, e))
		return call_failed(&b->call, e);
	b->skip -= skip;
	*piece = str_tail(*piece, skip);
	/* Of all, a range may be wanted. */
	if (!b->part && b->n && piece->n > left)
		piece->n = (size_t)left;
	if (piece->n > left || piece->n > max - b->done) {
		fail(e, left < max ? ERR_CORRUPT : ERR_LIMIT, "more than %llu bytes",
		     (unsigned long long)(left < max ? b->want : max));
		return call_failed(&b->call, e);
	}
	b->done += piece->n;
	b->calm += piece->n;
	return true;
}

/* The next piece that is not empty, or the end. */
static bool pull(struct body *b, struct str *piece, struct error *e)
{
	*piece = S("");
	while (!b->ended && piece->n == 0) {
		struct error why = {0};
		struct wire_failure f = {.e = &why};
		const void *p;
		/* What comes behind the range, of all, is nobody's. */
		if (!b->part && b->n && complete(b))
			return finish(b);
		size_t n = 0;
		bool good = exchange_next(b->x, &p, &n, &f);
		*piece = (struct str){p, n};
		if (n ? !take_piece(b, piece, &why) : !at_end(b, !good, &f)) {
			*e = why;
			return false;
		}
	}
	return true;
}

static bool body_next(struct stream *s, const void **buf, size_t *n, struct error *e)
{
	struct body *b = (struct body *)s;
	struct str piece = {0};
	if (b->failed.kind == ERR_NONE && !pull(b, &piece, &b->failed))
		end_exchange(b);
	if (b->failed.kind != ERR_NONE) {
		*e = b->failed;
		return false;
	}
	*buf = piece.p;
	*n = piece.n;
	return true;
}

static void close_body(void *arg)
{
	end_exchange(arg);
}

struct stream *http_open(struct arena *a, struct net *n, const struct http_request *r,
			 struct http_reply *out, struct error *e)
{
	struct body *b = NEW(a, struct body);
	*b = (struct body){.base = r->at, .n = r->n, .want = BLOB_UNSIZED};
	arena_defer(a, close_body, b);
	if (!call_begin(&b->call, a, n, r, e) || !ask(b, e))
		return NULL;
	struct url_shown shown = url_shown(r->url);
	b->stream.name = r->step.n ? str_fmt(a, "%s: %" PRIstr, shown.text, ARG(r->step))
				   : str_fmt(a, "%s", shown.text);
	b->stream.next = body_next;
	if (out)
		*out = b->reply;
	return &b->stream;
}

bool http_seek(struct stream *s, uint64_t at, uint64_t n, struct error *e)
{
	struct body *b = (struct body *)s;
	end_exchange(b);
	b->base = b->call.r.at = at;
	b->n = b->call.r.n = n;
	b->want = BLOB_UNSIZED;
	b->done = b->calm = 0;
	b->call.tries = 0;
	b->ended = false;
	b->failed = (struct error){0};
	if (!ask(b, e))
		return false;
	if (b->part || (at == 0 && n == 0))
		return true;
	end_exchange(b);
	fail(e, ERR_UNSUPPORTED, "the server gives no ranges");
	return call_failed(&b->call, e);
}

void http_close(struct stream *s)
{
	struct body *b = (struct body *)s;
	end_exchange(b);
	b->ended = true;
}

void net_settle(struct net *n)
{
	while (n->open) {
		struct body *b = n->open;
		end_exchange(b);
		fail(&b->failed, ERR_IO, "%" PRIstr ": is not read any more", ARG(b->stream.name));
	}
}

bool http_slurp(struct arena *a, struct net *n, const struct http_request *r,
		struct http_reply *reply, struct str *out, struct error *e)
{
	struct http_reply told;
	struct stream *s = http_open(a, n, r, &told, e);
	struct out *text = out_new(a);
	const void *p;
	size_t got = 1;
	while (s && got) {
		if (!s->next(s, &p, &got, e))
			return false;
		out_str(text, (struct str){p, got});
	}
	if (!s)
		return false;
	if (reply)
		*reply = told;
	*out = out_text(text);
	return true;
}
