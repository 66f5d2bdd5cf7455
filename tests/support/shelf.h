/*
 * shelf.h - asking over HTTP, in tests: a server with one object on it that can be made wrong in
 * many ways, servers that say the same to everybody, and what a request must give or be refused
 * with.
 */
#ifndef SHELF_H
#define SHELF_H

#include "net.h"
#include "server.h"

/* ---- a server of one object ---- */

extern const char shelf_object[];
enum { SHELF_ALL = 62 }; /* its bytes */

struct shelf {
	size_t cut;           /* bytes of the first reply that are sent */
	const char *tag;      /* a field line, "ETag: …\r\n" */
	const char *then_tag; /* from the second reply on; NULL: the same */
	bool no_ranges, chunked, no_length;
	const char *status; /* of the first `bad` replies */
	const char *fields;
	unsigned bad;
	atomic_uint base; /* where the count of requests begins */
};

extern struct server *shelf_server;
extern struct net *shelf_net; /* with limits that tests need not wait for */
extern const struct net_options shelf_quick;

/* For cmocka. */
int shelf_up(void **state);
int shelf_down(void **state);

/* Makes the server so from now on; members that are 0 mean nothing wrong. */
void shelf_put(struct shelf next);
unsigned shelf_asked(void); /* since then */
unsigned shelf_size(void);  /* bytes of a whole reply */

/* ---- servers that say the same to everybody ---- */

struct script {
	struct server *shelf_server;
	const char *const *replies; /* the last one is said again and again */
	unsigned n;
	bool repeat;
	unsigned drip_ms, hang_ms;
};

server_answer script_say; /* its argument is a struct script */

struct str server_url(const struct server *s, const char *rest);
uint64_t now_ms(void);

/* ---- what comes of a request ---- */

/* For the object, with a secret in its URL. */
struct http_request asking(void);

void gives(const struct http_request *r, const char *want);
void refuses(const struct http_request *r, enum error_kind kind, const char *why);

/* Asks a server that says `text` to everything; ERR_NONE: it gives `why`. How often it was asked.
 */
unsigned says(const char *text, struct http_request r, enum error_kind kind, const char *why);

#endif
