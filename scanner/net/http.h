/*
 * http.h - requests until the head of a reply that has a body for us; private to net/.
 */
#ifndef HTTP_H
#define HTTP_H

#include <pthread.h>
#include <stdatomic.h>

#include "net.h"
#include "url.h"
#include "wire.h"

struct body;

struct net {
	struct net_options opts;
	struct wire *wire;
	atomic_uint_fast64_t requests, bytes;
	pthread_mutex_t lock;
	struct body *open; /* guarded by the lock: whose requests are under way */
};

/* One request, with the range and the validator that are asked for this time. */
struct http_call {
	struct arena *a;
	struct net *net;
	struct http_request r; /* its url is NUL-terminated */
	struct url url;        /* that was asked for */
	struct str came_from;  /* that answered in the end */
	unsigned tries;        /* that failed so far */
};

/* Copies what the request points to. */
bool call_begin(struct http_call *c, struct arena *a, struct net *n, const struct http_request *r,
		struct error *e);

/* Follows redirects, logs in, and tries again, until there is a reply of status 200 or 206. */
struct exchange *call_send(struct http_call *c, struct error *e);

/* Counts a failure and waits; false when there is to be no other try, or the waiting was ended.
 * `after` is what the server asks to wait in milliseconds, 0: nothing. */
bool call_again(struct http_call *c, uint64_t after, struct error *e);

/* Puts the URL and the step in front. */
bool call_failed(const struct http_call *c, struct error *e);

#endif
