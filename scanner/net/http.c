/*
 * http.c - one request to the head of its reply (RFC 9110): redirects, logging in, and trying again
 * what may go better.
 *
 * Redirects are followed by ours alone: few, never from https to http, and an Authorization goes to
 * the origin that was asked first and to no other. Tried again are broken connections and the
 * statuses 408, 429, 500, 502, 503 and 504, later each time, and as late as Retry-After says if
 * that is soon.
 */
#include "http.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "arena.h"
#include "field.h"

enum { REDIRECTS = 10, DRAIN_MAX = 64 << 10, TICK_MS = 100 };
enum { BACKOFF_MAX_MS = 10000, RETRY_AFTER_MAX_MS = 60000 };

/* A step of a call: what one exchange was asked, and what came of it. */
struct step {
	struct str url;
	bool challenged;
	struct str challenge;
	bool again;     /* after a failure: another try may go better */
	uint64_t after; /* the server said when */
};

/* The fields of a request; an Authorization is wiped. */
struct fields {
	char accept[1100], range[64], if_range[400];
	char authorization[HTTP_SECRET_MAX + 20];
};

bool call_failed(const struct http_call *c, struct error *e)
{
	struct url_shown shown = url_shown(c->r.url);
	return c->r.step.n ? fail_in(e, "%s: %" PRIstr, shown.text, ARG(c->r.step))
			   : fail_in(e, "%s", shown.text);
}

/* ---- may it be asked for? ---- */

static bool allowed(const struct net *n, const struct url *u, struct error *e)
{
	if (n->opts.offline)
		return fail(e, ERR_MISSING, "not asked for: --offline forbids it");
	if (!u->secure && !n->opts.plain_http)
		return fail(e, ERR_USAGE, "http:// is spoken with --plain-http alone");
	return true;
}

bool call_begin(struct http_call *c, struct arena *a, struct net *n, const struct http_request *r,
		struct error *e)
{
	*c = (struct http_call){.a = a, .net = n, .r = *r};
	c->r.url = str_from(str_z(a, r->url));
	c->r.accept = str_dup(a, r->accept);
	c->r.step = str_dup(a, r->step);
	c->r.validator = str_dup(a, r->validator);
	c->r.form = r->form ? str_z(a, str_from(r->form)) : NULL;
	c->r.max = r->max ? r->max : BLOB_UNSIZED;
	c->came_from = c->r.url;
	return (url_parse(c->r.url, &c->url, e) && allowed(n, &c->url, e)) || call_failed(c, e);
}

/* ---- waiting ---- */

static bool wait_ms(struct watch *w, uint64_t ms, struct error *e)
{
	while (ms) {
		uint64_t some = ms < TICK_MS ? ms : TICK_MS;
		struct timespec t = {.tv_nsec = (long)some * 1000000};
		nanosleep(&t, NULL);
		if (!watch_tick(w, 0, e))
			return false;
		ms -= some;
	}
	return true;
}

/* From half of it to all of it, so that those who failed together do not come back together. */
static uint64_t jittered(uint64_t ms)
{
	uint16_t random = 0;
	if (getrandom(&random, sizeof random, GRND_NONBLOCK) < 0)
		random = 0;
	return ms - ms * random / UINT16_MAX / 2;
}

bool call_again(struct http_call *c, uint64_t after, struct error *e)
{
	uint64_t ms = c->net->opts.backoff_ms << (c->tries < 16 ? c->tries : 16);
	ms = jittered(ms < BACKOFF_MAX_MS ? ms : BACKOFF_MAX_MS);
	if (++c->tries >= c->net->opts.tries)
		return c->tries > 1 && fail_in(e, "tried %u times", c->tries);
	if (after > RETRY_AFTER_MAX_MS)
		return fail_in(e, "asked to come back in %llu s",
			       (unsigned long long)(after / 1000));
	return wait_ms(c->r.watch, after > ms ? after : ms, e);
}

/* ---- one exchange ---- */

static bool printable(const char *z)
{
	for (; *z; z++)
		if ((unsigned char)*z < ' ' || *z == 0x7F)
			return false;
	return true;
}

static bool authorize(struct http_call *c, struct step *s, struct fields *f, struct error *e)
{
	static const char head[] = "Authorization: ";
	struct url now;
	struct http_login *l = c->r.login;
	f->authorization[0] = 0;
	if (!l || !url_parse(s->url, &now, e) || !url_same_origin(&now, &c->url))
		return true;
	memcpy(f->authorization, head, sizeof head);
	if (!l->authorize(l, s->url, s->challenge, f->authorization + sizeof head - 1, e))
		return false;
	if (!printable(f->authorization))
		return fail(e, ERR_CORRUPT, "a login that holds control characters");
	if (f->authorization[sizeof head - 1] == 0)
		f->authorization[0] = 0;
	return true;
}

static void describe(const struct http_call *c, const struct step *s, struct fields *f,
		     struct wire_request *w)
{
	size_t n = 0;
	*w = (struct wire_request){.url = s->url.p,
				   .method = c->r.method ? c->r.method : "GET",
				   .form = c->r.form,
				   .watch = c->r.watch};
	snprintf(f->accept, sizeof f->accept, "Accept: %" PRIstr,
		 ARG(c->r.accept.n ? c->r.accept : S("*/*")));
	w->fields[n++] = f->accept;
	w->fields[n++] = "Accept-Encoding: identity";
	if (f->authorization[0])
		w->fields[n++] = f->authorization;
	if (c->r.at == 0 && c->r.n == 0)
		return;
	if (c->r.n)
		snprintf(f->range, sizeof f->range, "Range: bytes=%llu-%llu",
			 (unsigned long long)c->r.at, (unsigned long long)(c->r.at + c->r.n - 1));
	else
		snprintf(f->range, sizeof f->range, "Range: bytes=%llu-",
			 (unsigned long long)c->r.at);
	w->fields[n++] = f->range;
	if (c->r.validator.n == 0)
		return;
	snprintf(f->if_range, sizeof f->if_range, "If-Range: %" PRIstr, ARG(c->r.validator));
	w->fields[n++] = f->if_range;
}

static struct exchange *ask(struct http_call *c, struct step *s, struct error *e)
{
	struct fields f;
	struct wire_request w;
	struct wire_failure failure = {.e = e};
	struct exchange *x = NULL;
	struct url u = {0};
	if (url_parse(s->url, &u, e) && allowed(c->net, &u, e) && authorize(c, s, &f, e)) {
		describe(c, s, &f, &w);
		w.origin = str_slice(s->url, 0, (size_t)(u.rest.p - s->url.p));
		atomic_fetch_add(&c->net->requests, 1);
		x = wire_send(c->net->wire, &w, &failure);
		s->again = failure.again;
	}
	explicit_bzero(f.authorization, sizeof f.authorization);
	return x;
}

/* Reads a short body that nobody wants, so that its connection can be used again. */
static void dismiss(struct exchange *x)
{
	struct error e;
	struct wire_failure f = {.e = &e};
	const void *p;
	size_t n = 1;
	uint64_t length = exchange_length(x);
	while (n && length <= DRAIN_MAX && exchange_next(x, &p, &n, &f))
		continue;
	exchange_end(x);
}

/* ---- statuses ---- */

static const char *status_name(unsigned status)
{
	switch (status) {
	case 400: return "bad request";
	case 401: return "login refused";
	case 403: return "forbidden";
	case 404: return "not found";
	case 407: return "the proxy wants a login";
	case 410: return "gone";
	case 416: return "range not satisfiable";
	case 429: return "too many requests";
	case 500: return "internal server error";
	case 502: return "bad gateway";
	case 503: return "service unavailable";
	case 504: return "gateway timeout";
	default: return "unexpected";
	}
}

static bool status_failed(const struct http_call *c, struct exchange *x, struct step *s,
			  struct error *e)
{
	unsigned status = exchange_status(x);
	bool missing = status == 401 || status == 403 || status == 404 || status == 410;
	struct str retry = field_find(exchange_fields(x), S("retry-after"));
	s->again =
		status == 408 || status == 429 || status == 500 || (status >= 502 && status <= 504);
	if (!field_retry_after(retry, time(NULL), &s->after))
		s->after = 0;
	const char *name = status == 401 && !c->r.login ? "a login is needed" : status_name(status);
	return fail(e,
		    missing         ? ERR_MISSING
		    : status == 416 ? ERR_CORRUPT
				    : ERR_IO,
		    "the server answers %u (%s)", status, name);
}

/* ---- steps ---- */

static bool is_redirect(unsigned status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* Where to go on. A form holds a secret: it goes where it was sent, and nowhere else. */
static bool redirect(struct http_call *c, struct exchange *x, struct step *s, struct error *e)
{
	struct str location = field_find(exchange_fields(x), S("location"));
	struct url from, to;
	if (c->r.form)
		return fail(e, ERR_IO, "a login is not sent elsewhere: the server redirects it");
	if (location.n == 0)
		return fail(e, ERR_CORRUPT, "a redirect that leads nowhere");
	struct str url = url_join(c->a, s->url, location);
	if (!url_parse(url, &to, e) || !url_parse(s->url, &from, e)) {
		e->kind = ERR_CORRUPT;
		return fail_in(e, "redirect to %s", url_shown(url).text);
	}
	if (from.secure && !to.secure)
		return fail(e, ERR_CORRUPT, "a redirect from https to %s", url_shown(url).text);
	*s = (struct step){.url = str_from(str_z(c->a, url))};
	return true;
}

/* Is there something to say that was not said yet? */
static bool may_log_in(const struct http_call *c, const struct step *s)
{
	struct url now;
	struct error e;
	return c->r.login && !s->challenged && url_parse(s->url, &now, &e) &&
	       url_same_origin(&now, &c->url);
}

static bool log_in(struct http_call *c, struct exchange *x, struct step *s)
{
	s->challenge = field_all(c->a, exchange_fields(x), S("www-authenticate"));
	s->challenged = true;
	return s->challenge.n > 0;
}

/* One go, from the URL that was asked for to a reply with a body for us. */
static struct exchange *one_try(struct http_call *c, struct step *s, struct error *e)
{
	for (unsigned hops = 0; hops <= REDIRECTS;) {
		s->again = false;
		struct exchange *x = ask(c, s, e);
		if (!x)
			return NULL;
		unsigned status = exchange_status(x);
		if (status == 200 || status == 206) {
			c->came_from = s->url;
			return x;
		}
		bool on;
		if (is_redirect(status)) {
			on = redirect(c, x, s, e);
			hops++;
		} else {
			on = status == 401 && may_log_in(c, s) && log_in(c, x, s);
			if (!on)
				status_failed(c, x, s, e);
		}
		dismiss(x);
		if (!on)
			return NULL;
	}
	fail(e, ERR_IO, "more than %d redirects", REDIRECTS);
	return NULL;
}

/* Where a redirect led the last time, that is asked first: it may hold for a while only. */
struct exchange *call_send(struct http_call *c, struct error *e)
{
	for (;;) {
		struct error why = {0};
		bool moved = c->came_from.p != c->r.url.p;
		struct step s = {.url = c->came_from};
		struct exchange *x = one_try(c, &s, &why);
		if (x)
			return x;
		c->came_from = c->r.url;
		if (moved && !s.again && (why.kind == ERR_MISSING || why.kind == ERR_IO))
			continue;
		if (s.again && call_again(c, s.after, &why))
			continue;
		*e = why;
		call_failed(c, e);
		return NULL;
	}
}

/* ---- sessions ---- */

static uint64_t or_else(uint64_t n, uint64_t otherwise)
{
	return n ? n : otherwise;
}

static void destroy_lock(void *arg)
{
	pthread_mutex_destroy(arg);
}

struct net *net_new(struct arena *a, const struct net_options *opts)
{
	struct net *n = NEW(a, struct net);
	n->opts = *opts;
	n->opts.agent = opts->agent ? opts->agent : "offnode";
	n->opts.tries = (unsigned)or_else(opts->tries, 5);
	n->opts.connections = (unsigned)or_else(opts->connections, 8);
	n->opts.connect_ms = or_else(opts->connect_ms, 15000);
	n->opts.stall_ms = or_else(opts->stall_ms, 30000);
	n->opts.backoff_ms = or_else(opts->backoff_ms, 250);
	n->wire = wire_new(a, &n->opts);
	pthread_mutex_init(&n->lock, NULL);
	arena_defer(a, destroy_lock, &n->lock);
	return n;
}

struct net_use net_used(const struct net *n)
{
	return (struct net_use){.requests = atomic_load(&n->requests),
				.bytes = atomic_load(&n->bytes)};
}
