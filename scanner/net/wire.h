/*
 * wire.h - one request and its reply on the wire, by libcurl; private to net/.
 *
 * Here nothing is followed, retried, logged in to or decoded, and a status is a number: http.c
 * gives replies their meaning. wire_curl.c and wire_none.c bring the same functions, and the
 * Makefile builds one of them.
 *
 * A session has a fixed number of lines. A request takes one, with the connection that is open on
 * it already if there is one, and keeps it until its exchange has ended. Lines may be used by
 * threads beside each other, one thread each.
 */
#ifndef WIRE_H
#define WIRE_H

#include "net.h"

struct wire;
struct exchange;

enum { WIRE_HEAD_MAX = 64 << 10, WIRE_FIELDS_MAX = 8 };

struct wire_request {
	const char *url;                     /* https: or http:, without userinfo */
	struct str origin;                   /* of it: requests of one origin share a line */
	const char *method;                  /* "GET" or "HEAD"; ignored with a form */
	const char *form;                    /* what is POSTed, or NULL */
	const char *fields[WIRE_FIELDS_MAX]; /* "Accept: …", NULL behind the last */
	struct watch *watch;
};

/* Why there is no reply, or no more of it. */
struct wire_failure {
	struct error *e; /* the message is the reason alone */
	bool again;      /* another try may go better */
};

struct wire *wire_new(struct arena *a, const struct net_options *opts);

/* Sends a request and reads the head of its reply. NULL: *f tells. */
struct exchange *wire_send(struct wire *w, const struct wire_request *r, struct wire_failure *f);

unsigned exchange_status(const struct exchange *x);
struct str exchange_fields(const struct exchange *x); /* as received, one a line */

/* Bytes of the body to come; BLOB_UNSIZED when not told. */
uint64_t exchange_length(const struct exchange *x);

/* Would a body that is cut short be noticed? Not one that only the end of a connection ends. */
bool exchange_framed(const struct exchange *x);

/* The next piece of the body, borrowed until the next call; *n == 0 at its end. */
bool exchange_next(struct exchange *x, const void **buf, size_t *n, struct wire_failure *f);

/* Gives the line back, at any time. NULL is fine. */
void exchange_end(struct exchange *x);

#endif
