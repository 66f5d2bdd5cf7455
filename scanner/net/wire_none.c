/*
 * wire_none.c - no network: what stands in for wire_curl.c in a program that was built without
 * libcurl. Every request fails before it is sent, so that there is never an exchange.
 */
#include "arena.h"
#include "wire.h"

struct wire {
	char nothing;
};

struct wire *wire_new(struct arena *a, const struct net_options *opts)
{
	(void)opts;
	return NEW(a, struct wire);
}

struct exchange *wire_send(struct wire *w, const struct wire_request *r, struct wire_failure *f)
{
	(void)w;
	(void)r;
	f->again = false;
	fail(f->e, ERR_UNSUPPORTED, "this program was built without libcurl");
	return NULL;
}

unsigned exchange_status(const struct exchange *x)
{
	(void)x;
	return 0;
}

struct str exchange_fields(const struct exchange *x)
{
	(void)x;
	return S("");
}

uint64_t exchange_length(const struct exchange *x)
{
	(void)x;
	return BLOB_UNSIZED;
}

bool exchange_framed(const struct exchange *x)
{
	(void)x;
	return false;
}

bool exchange_next(struct exchange *x, const void **buf, size_t *n, struct wire_failure *f)
{
	(void)x;
	(void)buf;
	(void)n;
	(void)f;
	return false;
}

void exchange_end(struct exchange *x)
{
	(void)x;
}
