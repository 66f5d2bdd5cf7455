/*
 * net.h - bytes that lie elsewhere, over HTTP(S): RFC 9110 (semantics), RFC 9111 (validators),
 * RFC 9112, RFC 9113.
 *
 * One session serves a whole run: connections, what was logged in to, the limits, the account of
 * what was fetched. It may be used by several threads at once; each stream and blob of it by one.
 * Nothing is asked for that nobody asked for: no request is sent before a stream or a blob is
 * opened. Redirects never leave HTTPS once it is spoken, and an Authorization is sent to the origin
 * it was made for only. Messages name the URL without its query, and the step; they never hold a
 * secret.
 *
 * Retries, back-off, Retry-After, resuming in mid-body and time limits are in here: who reads a
 * stream sees all bytes in order, once, or an error. Content is never decoded on the way.
 *
 * Errors: ERR_MISSING for 401, 403, 404 and 410, ERR_IO for what the network or the server did
 * wrong, ERR_CORRUPT for replies that contradict themselves and objects that change while they are
 * read, ERR_LIMIT, ERR_UNSUPPORTED when this program was built without libcurl, and ERR_USAGE.
 */
#ifndef NET_H
#define NET_H

#include "blob.h"

struct net;

struct net_options {
	const char *agent;    /* the User-Agent, "offnode/1.0" */
	bool offline;         /* every request fails before it is sent */
	bool plain_http;      /* http:// may be spoken; else only https:// */
	struct str cacert;    /* PEM files; empty: those of the system, */
	struct str cert, key; /* or none */
	struct str authfile;  /* empty: where container tools look, see login.c */
	unsigned tries;       /* of each request; 0: 5 */
	unsigned connections; /* at once; 0: 8 */
	uint64_t connect_ms;  /* 0: 15 s */
	uint64_t stall_ms;    /* so long without a byte, or below 1000 bytes a second; 0: 30 s */
	uint64_t backoff_ms;  /* before the second try, then twice as long each; 0: 250 ms */
};

/* What was fetched so far; "3 of 1200 MB in 12 requests". */
struct net_use {
	uint64_t requests, bytes; /* bodies, as they came */
};

/* Never NULL; lives as long as the arena. */
struct net *net_new(struct arena *a, const struct net_options *opts);
struct net_use net_used(const struct net *n);

/* Ends all requests that are under way, and with them their connections: of a target that has been
 * read, nobody reads on. Not while other threads use the session. */
void net_settle(struct net *n);

/* A URL as messages and reports show it: without user, query and fragment, and not too long. */
struct url_shown {
	char text[200];
};

struct url_shown url_shown(struct str url);

/* ---- one request ---- */

/* Who answers a 401. `challenge` is the value of WWW-Authenticate, and empty before the first
 * request: what is known by then. Writes the value of an Authorization for the origin of `url` into
 * `value`, or an empty one when there is nothing to say. Called from any thread. */
enum { HTTP_SECRET_MAX = 32 << 10 };
struct http_login {
	bool (*authorize)(struct http_login *l, struct str url, struct str challenge,
			  char value[HTTP_SECRET_MAX], struct error *e);
};

/* Who answers the server of `url`, if it asks for a user and a password (RFC 7617), with what the
 * user's authfile has for its host. Nobody else is asked for anything. Lives as long as the arena,
 * and `url` no less. */
struct http_login *net_login(struct arena *a, struct net *n, struct str url, struct watch *w);

struct http_request {
	struct str url;           /* absolute, https: or http: */
	struct str accept;        /* media types; empty: any */
	struct str step;          /* what it is for, in messages: "manifest", "layer 2 of 8" */
	const char *method;       /* "GET" where NULL, or "HEAD" */
	const char *form;         /* application/x-www-form-urlencoded, which is POSTed; or NULL */
	uint64_t at, n;           /* a range; n == 0: all there is from `at` on */
	struct str validator;     /* of an earlier reply: another object is ERR_CORRUPT */
	bool proved;              /* the caller checks a digest: no validator is needed to go on */
	uint64_t max;             /* bytes of the body; ERR_LIMIT past them. 0: BLOB_UNSIZED */
	struct http_login *login; /* or NULL */
	struct watch *watch;      /* ticks also while nothing comes */
};

struct http_reply {
	unsigned status;      /* 200 or 206 */
	struct str url;       /* where it came from in the end */
	uint64_t size;        /* of the whole object; BLOB_UNSIZED when not told */
	bool ranges;          /* a range was asked for and given; else the body is all of it */
	struct str validator; /* a strong ETag, or Last-Modified; empty: none */
	struct str type;      /* Content-Type without its parameters */
	struct str digest;    /* Docker-Content-Digest */
};

/* Sends the request and reads the head of the reply; the body follows as a stream, which is resumed
 * where a connection breaks if there is a validator or the caller checks a digest. NULL, with an
 * error, for every status but 200 and 206. The login lasts as long as the stream. */
struct stream *http_open(struct arena *a, struct net *n, const struct http_request *r,
			 struct http_reply *out, struct error *e);

/* The same stream at another range of the same object, at the cost of a request and of no memory;
 * ERR_UNSUPPORTED when the server gives none. After a failure it may be tried again. */
bool http_seek(struct stream *s, uint64_t at, uint64_t n, struct error *e);

/* Ends a request whose body is not wanted to its end: a stream holds one of the connections until
 * its end, a failure, or this. The arena does it otherwise. http_seek may follow. */
void http_close(struct stream *s);

/* The whole body in memory, of at most r->max bytes, which must be set. */
bool http_slurp(struct arena *a, struct net *n, const struct http_request *r,
		struct http_reply *reply, struct str *out, struct error *e);

/* ---- an object as a blob ---- */

/* Random access by range requests with a read-ahead that adapts; bytes read in a row come through
 * one request, of which there is one at a time. What came is kept in a temporary file, so that
 * nothing is fetched twice, but past max_spill bytes it is forgotten. The object is pinned: when it
 * changes, reading fails. A server without ranges is read once, front to back, as far as it is
 * asked for: blob_spool; *reply, which may be NULL, tells. What *r points to lasts as long as the
 * blob. */
struct blob *net_blob(struct arena *a, struct net *n, const struct http_request *r,
		      uint64_t max_spill, struct http_reply *reply, struct error *e);

/* The same of an object that must be `size` bytes long, the last of which are asked for first. *out
 * is NULL, without a failure, where the server gives no ranges: then nothing more is asked of it.
 */
bool net_ranges(struct arena *a, struct net *n, const struct http_request *r, uint64_t size,
		uint64_t max_spill, struct blob **out, struct error *e);

#endif
