/*
 * server.h - a server on loopback, in a thread of its own, that says what a test tells it to, byte
 * by byte, with whatever is wrong about it.
 */
#ifndef SERVER_H
#define SERVER_H

#include <stdatomic.h>
#include <stdbool.h>

#include "str.h"

enum { SERVER_REPLY_MAX = 128 << 10, SERVER_REQUESTS_MAX = 64 };

/* What is sent for a request, before the connection is closed. */
struct reply {
	char bytes[SERVER_REPLY_MAX];
	size_t n;
	unsigned drip_ms; /* one byte each so many milliseconds */
	unsigned hang_ms; /* behind the last byte */
	bool repeat;      /* the same bytes again and again, until the client is gone */
};

/* `nth` counts requests from 0. */
typedef void server_answer(void *arg, unsigned nth, struct str request, struct reply *out);

struct server;

/* NULL when there is no loopback. */
struct server *server_start(server_answer *answer, void *arg);
void server_stop(struct server *s);

unsigned server_port(const struct server *s);
unsigned server_requests(struct server *s);

/* The nth request, as it came; of the first SERVER_REQUESTS_MAX. */
struct str server_request(struct server *s, unsigned nth);

void reply_print(struct reply *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
