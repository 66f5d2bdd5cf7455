/*
 * wire_curl.c - requests and replies over HTTP/1.1 and HTTP/2, TLS and proxies, by libcurl: the one
 * door to it.
 *
 * Each line is a pair of handles with connections of its own, driven by the thread that uses it,
 * and only while that thread waits for bytes: a reader that is slow stops the transfer by reading
 * no more. libcurl's own redirects, retries, decoding, cookies, .netrc and protocols other than
 * HTTP are off. Proxies are those that curl(1) takes from the environment.
 */
/* Its macros that check types know no functions but linked ones. */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "arena.h"
#include "field.h"
#include "late.h"
#include "wire.h"

#define CALLS(X) \
	X(curl_easy_cleanup) \
	X(curl_easy_getinfo) \
	X(curl_easy_init) \
	X(curl_easy_pause) \
	X(curl_easy_reset) \
	X(curl_easy_setopt) \
	X(curl_easy_strerror) \
	X(curl_global_init) \
	X(curl_multi_add_handle) \
	X(curl_multi_cleanup) \
	X(curl_multi_info_read) \
	X(curl_multi_init) \
	X(curl_multi_perform) \
	X(curl_multi_poll) \
	X(curl_multi_remove_handle) \
	X(curl_multi_setopt) \
	X(curl_slist_append) \
	X(curl_slist_free_all)
LATE_LIBRARY(lib, "libcurl.so.4", CALLS)
#undef CALLS

enum { PIECE = 256 << 10, RECEIVE = 64 << 10, ORIGIN_MAX = 300, TICK_MS = 100, KEPT = 2 };

struct exchange {
	struct wire *wire;
	CURLM *multi;
	CURL *easy;
	struct curl_slist *fields;
	struct watch *watch;
	char origin[ORIGIN_MAX]; /* its open connection leads there */
	bool busy;               /* guarded by the wire's lock; the rest is its user's */
	bool headed, done, paused, lent, too_long;
	CURLcode result;
	uint64_t waited, came; /* milliseconds and bytes since the trickle was last measured */
	size_t head_n, head_all, body_n;
	char error[CURL_ERROR_SIZE];
	char head[WIRE_HEAD_MAX];
	char body[PIECE];
};

struct wire {
	struct net_options opts;
	const char *cacert, *cert, *key; /* NULL: none */
	pthread_mutex_t lock;
	pthread_cond_t freed;
	atomic_uint_fast64_t came; /* bytes over all lines */
	struct exchange *lines;
};

static uint64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static bool failed(struct wire_failure *f, bool again, enum error_kind kind, const char *why)
{
	f->again = again;
	return fail(f->e, kind, "%s", why);
}

/* ---- what libcurl hands over ---- */

/* A line of a head. Each status line begins it anew: what stood before was a 1xx, or the answer of
 * a proxy. Trailers, behind the body, are not looked at. */
static size_t take_head(char *p, size_t size, size_t n, void *arg)
{
	struct exchange *x = arg;
	n *= size;
	x->came += n;
	x->head_all += n;
	if (x->head_all > WIRE_HEAD_MAX) {
		x->too_long = true;
		return 0;
	}
	if (x->headed)
		return n;
	if (n >= 5 && memcmp(p, "HTTP/", 5) == 0)
		x->head_n = 0;
	memcpy(x->head + x->head_n, p, n);
	x->head_n += n;
	x->headed = (p[0] == '\r' || p[0] == '\n') && exchange_status(x) >= 200;
	return n;
}

static size_t take_body(char *p, size_t size, size_t n, void *arg)
{
	struct exchange *x = arg;
	n *= size;
	if (n > PIECE - x->body_n) {
		x->paused = true;
		return CURL_WRITEFUNC_PAUSE;
	}
	memcpy(x->body + x->body_n, p, n);
	x->body_n += n;
	x->came += n;
	atomic_fetch_add(&x->wire->came, n);
	return n;
}

/* ---- driving ---- */

/* The kernel's answer to bytes written to a connection that is gone must not end a process that
 * only uses this library; libcurl leaves that to its caller where threads are. */
static void perform(struct exchange *x)
{
	sigset_t pipe, before, pending;
	struct timespec none = {0};
	int running, left;
	CURLMsg *m;
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	sigpending(&pending);
	bool was_pending = sigismember(&pending, SIGPIPE) == 1;
	pthread_sigmask(SIG_BLOCK, &pipe, &before);
	if (lib.curl_multi_perform(x->multi, &running) != CURLM_OK) {
		x->done = true;
		x->result = CURLE_OUT_OF_MEMORY;
	}
	while ((m = lib.curl_multi_info_read(x->multi, &left)) != NULL) {
		x->done = true;
		x->result = m->data.result;
	}
	if (!was_pending)
		while (sigtimedwait(&pipe, NULL, &none) == SIGPIPE)
			continue;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Waits for the network, a little. Time counts only here: what a slow reader takes is its own. */
static bool wait_some(struct exchange *x, struct wire_failure *f)
{
	uint64_t stall = x->wire->opts.stall_ms, before = now_ms();
	lib.curl_multi_poll(x->multi, NULL, 0, TICK_MS, NULL);
	x->waited += now_ms() - before;
	f->again = false;
	if (!watch_tick(x->watch, 0, f->e))
		return false;
	if (x->waited < stall)
		return true;
	if (x->came < stall) {
		f->again = true;
		return fail(f->e, ERR_IO, "less than 1000 bytes a second for %.1f s",
			    (double)stall / 1000);
	}
	x->waited = x->came = 0;
	return true;
}

static bool drive(struct exchange *x, const bool *until, struct wire_failure *f)
{
	perform(x);
	while (!x->done && !*until && x->body_n == 0) {
		if (!wait_some(x, f))
			return false;
		perform(x);
	}
	return true;
}

/* ---- failures ---- */

static bool again_of(CURLcode c)
{
	switch ((int)c) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM: return true;
	default: return false;
	}
}

static bool exchange_failed(struct exchange *x, struct wire_failure *f)
{
	if (x->too_long)
		return failed(f, false, ERR_LIMIT, "more than 64 KiB of header fields");
	switch ((int)x->result) {
	case CURLE_OK:
		return failed(f, true, ERR_IO, "the connection broke in the head of the reply");
	case CURLE_PARTIAL_FILE:
		return failed(f, true, ERR_IO, "the connection broke before the end of the body");
	case CURLE_GOT_NOTHING:
		return failed(f, true, ERR_IO, "the connection broke before there was a reply");
	case CURLE_SSL_CACERT_BADFILE:
		return failed(f, false, ERR_USAGE, "the file of --cacert cannot be used");
	case CURLE_SSL_CERTPROBLEM:
		return failed(f, false, ERR_USAGE, "the files of --cert and --key cannot be used");
	case CURLE_SSL_CONNECT_ERROR:
		if (!strstr(x->error, "wrong version number"))
			break;
		return failed(f, false, ERR_IO,
			      "the server speaks no TLS there; --plain-http does without");
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY: return failed(f, false, ERR_IO, "the reply is no HTTP");
	default: break;
	}
	return failed(f, again_of(x->result), ERR_IO,
		      x->error[0] ? x->error : lib.curl_easy_strerror(x->result));
}

/* ---- lines ---- */

static void start_libcurl(void)
{
	lib.curl_global_init(CURL_GLOBAL_DEFAULT);
}

static bool line_open(struct exchange *x, struct wire_failure *f)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	if (!lib_load(f->e))
		return false;
	pthread_once(&once, start_libcurl);
	if (!x->multi)
		x->multi = lib.curl_multi_init();
	if (!x->easy)
		x->easy = lib.curl_easy_init();
	if (!x->multi || !x->easy)
		return failed(f, false, ERR_LIMIT, "no memory left");
	lib.curl_multi_setopt(x->multi, CURLMOPT_MAXCONNECTS, (long)KEPT);
	return true;
}

static bool is_origin(const struct exchange *x, struct str origin)
{
	return str_eq(str_from(x->origin), origin);
}

/* A line that is free, best one with a connection to the origin. */
static struct exchange *line_free(struct wire *w, struct str origin)
{
	struct exchange *best = NULL;
	for (unsigned i = 0; i < w->opts.connections; i++) {
		struct exchange *x = &w->lines[i];
		if (x->busy)
			continue;
		if (is_origin(x, origin))
			return x;
		if (!best || (best->origin[0] && !x->origin[0]))
			best = x;
	}
	return best;
}

static void until_ms(struct timespec *t, long ms)
{
	clock_gettime(CLOCK_REALTIME, t);
	t->tv_nsec += ms * 1000000;
	t->tv_sec += t->tv_nsec / 1000000000;
	t->tv_nsec %= 1000000000;
}

/* Waits for a line as long as something comes over the others, but not for ever: whoever has them
 * may be the one that waits. */
static struct exchange *line_take(struct wire *w, const struct wire_request *r,
				  struct wire_failure *f)
{
	uint64_t since = now_ms(), came = atomic_load(&w->came);
	struct exchange *x = NULL;
	struct timespec t;
	bool good = true;
	pthread_mutex_lock(&w->lock);
	while (good && !(x = line_free(w, r->origin))) {
		until_ms(&t, TICK_MS);
		pthread_cond_timedwait(&w->freed, &w->lock, &t);
		f->again = false;
		good = watch_tick(r->watch, 0, f->e);
		if (came != atomic_load(&w->came)) {
			came = atomic_load(&w->came);
			since = now_ms();
		} else if (good && now_ms() - since > w->opts.stall_ms) {
			good = failed(f, false, ERR_LIMIT, "all connections are in use");
		}
	}
	if (good)
		x->busy = true;
	pthread_mutex_unlock(&w->lock);
	return good ? x : NULL;
}

static void close_lines(void *arg)
{
	struct wire *w = arg;
	for (unsigned i = 0; i < w->opts.connections; i++) {
		struct exchange *x = &w->lines[i];
		if (x->busy)
			exchange_end(x);
		if (x->easy)
			lib.curl_easy_cleanup(x->easy);
		if (x->multi)
			lib.curl_multi_cleanup(x->multi);
	}
	pthread_cond_destroy(&w->freed);
	pthread_mutex_destroy(&w->lock);
}

static const char *path_of(struct arena *a, struct str s)
{
	return s.n ? str_z(a, s) : NULL;
}

struct wire *wire_new(struct arena *a, const struct net_options *opts)
{
	struct wire *w = NEW(a, struct wire);
	w->opts = *opts;
	w->cacert = path_of(a, opts->cacert);
	w->cert = path_of(a, opts->cert);
	w->key = path_of(a, opts->key);
	w->lines = NEW_N(a, struct exchange, opts->connections);
	for (unsigned i = 0; i < opts->connections; i++)
		w->lines[i].wire = w;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->freed, NULL);
	arena_defer(a, close_lines, w);
	return w;
}

/* ---- one exchange ---- */

static void set_protocol(CURL *c)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	lib.curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	lib.curl_easy_setopt(c, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
	lib.curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	lib.curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	lib.curl_easy_setopt(c, CURLOPT_HTTP_CONTENT_DECODING, 0L);
	lib.curl_easy_setopt(c, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	lib.curl_easy_setopt(c, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	lib.curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
	lib.curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	lib.curl_easy_setopt(c, CURLOPT_TCP_KEEPALIVE, 1L);
	lib.curl_easy_setopt(c, CURLOPT_BUFFERSIZE, (long)RECEIVE);
}

/* A file of certificates that was named replaces those of the system, which may lie in a file and
 * in a directory. */
static void set_session(CURL *c, const struct wire *w)
{
	lib.curl_easy_setopt(c, CURLOPT_USERAGENT, w->opts.agent);
	lib.curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)w->opts.connect_ms);
	lib.curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (w->cacert) {
		lib.curl_easy_setopt(c, CURLOPT_CAINFO, w->cacert);
		lib.curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
	}
	if (w->cert)
		lib.curl_easy_setopt(c, CURLOPT_SSLCERT, w->cert);
	if (w->key)
		lib.curl_easy_setopt(c, CURLOPT_SSLKEY, w->key);
	/* Else a key that is locked would ask at the terminal. */
	lib.curl_easy_setopt(c, CURLOPT_KEYPASSWD, "");
}

static void set_request(struct exchange *x, const struct wire_request *r)
{
	CURL *c = x->easy;
	lib.curl_easy_setopt(c, CURLOPT_URL, r->url);
	lib.curl_easy_setopt(c, CURLOPT_ERRORBUFFER, x->error);
	lib.curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_head);
	lib.curl_easy_setopt(c, CURLOPT_HEADERDATA, x);
	lib.curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body);
	lib.curl_easy_setopt(c, CURLOPT_WRITEDATA, x);
	lib.curl_easy_setopt(c, CURLOPT_HTTPHEADER, x->fields);
	if (r->form)
		lib.curl_easy_setopt(c, CURLOPT_COPYPOSTFIELDS, r->form);
	else if (strcmp(r->method, "HEAD") == 0)
		lib.curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
}

static bool set_fields(struct exchange *x, const struct wire_request *r, struct wire_failure *f)
{
	for (size_t i = 0; i < WIRE_FIELDS_MAX && r->fields[i]; i++) {
		struct curl_slist *more = lib.curl_slist_append(x->fields, r->fields[i]);
		if (!more)
			return failed(f, false, ERR_LIMIT, "no memory left");
		x->fields = more;
	}
	return true;
}

static void reset(struct exchange *x)
{
	x->headed = x->done = x->paused = x->lent = x->too_long = false;
	x->result = CURLE_OK;
	x->waited = x->came = 0;
	x->head_n = x->head_all = x->body_n = 0;
	x->error[0] = 0;
}

static bool exchange_begin(struct exchange *x, const struct wire_request *r, struct wire_failure *f)
{
	reset(x);
	if (!line_open(x, f) || !set_fields(x, r, f))
		return false;
	x->watch = r->watch;
	snprintf(x->origin, sizeof x->origin, "%" PRIstr, ARG(r->origin));
	lib.curl_easy_reset(x->easy);
	set_protocol(x->easy);
	set_session(x->easy, x->wire);
	set_request(x, r);
	if (lib.curl_multi_add_handle(x->multi, x->easy) != CURLM_OK)
		return failed(f, false, ERR_LIMIT, "no memory left");
	if (!drive(x, &x->headed, f))
		return false;
	return x->headed || exchange_failed(x, f);
}

struct exchange *wire_send(struct wire *w, const struct wire_request *r, struct wire_failure *f)
{
	struct exchange *x = line_take(w, r, f);
	if (x && !exchange_begin(x, r, f)) {
		exchange_end(x);
		return NULL;
	}
	return x;
}

unsigned exchange_status(const struct exchange *x)
{
	long status = 0;
	lib.curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
	return (unsigned)status;
}

struct str exchange_fields(const struct exchange *x)
{
	return (struct str){x->head, x->head_n};
}

uint64_t exchange_length(const struct exchange *x)
{
	curl_off_t n = -1;
	lib.curl_easy_getinfo(x->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &n);
	return n < 0 ? BLOB_UNSIZED : (uint64_t)n;
}

bool exchange_framed(const struct exchange *x)
{
	long version = 0;
	lib.curl_easy_getinfo(x->easy, CURLINFO_HTTP_VERSION, &version);
	return version > CURL_HTTP_VERSION_1_1 || exchange_length(x) != BLOB_UNSIZED ||
	       field_find(exchange_fields(x), S("transfer-encoding")).n > 0;
}

bool exchange_next(struct exchange *x, const void **buf, size_t *n, struct wire_failure *f)
{
	static const bool never = false;
	if (x->lent)
		x->body_n = 0;
	x->lent = true;
	if (x->paused && x->body_n == 0) {
		x->paused = false;
		lib.curl_easy_pause(x->easy, CURLPAUSE_CONT);
	}
	if (x->body_n == 0 && !x->done && !drive(x, &never, f))
		return false;
	if (x->body_n == 0 && x->result != CURLE_OK)
		return exchange_failed(x, f);
	*buf = x->body;
	*n = x->body_n;
	return true;
}

void exchange_end(struct exchange *x)
{
	if (!x)
		return;
	if (x->multi && x->easy)
		lib.curl_multi_remove_handle(x->multi, x->easy);
	if (x->fields)
		lib.curl_slist_free_all(x->fields);
	x->fields = NULL;
	pthread_mutex_lock(&x->wire->lock);
	x->busy = false;
	pthread_cond_signal(&x->wire->freed);
	pthread_mutex_unlock(&x->wire->lock);
}
