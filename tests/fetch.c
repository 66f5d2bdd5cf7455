/*
 * fetch.c - one request as scripts want it: the body to standard output.
 *
 *	fetch [OPTION=VALUE ...] URL
 *
 * Options: at, n (a range), max, validator, accept, method, form; user and password (basic, once a
 * server asks, or early); proved; cacert, cert, key; plain_http, offline; tries, stall, connect,
 *backoff; seek (a second range, "AT,N", once the first is through). The reply's head goes to
 *standard error. Exits 1 with the message when anything failed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "base64.h"
#include "net.h"

struct basic {
	struct http_login login;
	struct arena *arena;
	const char *user, *password;
	bool early;
};

struct asked {
	struct net_options net;
	struct http_request request;
	struct basic basic;
	const char *seek;
};

static bool authorize(struct http_login *l, struct str url, struct str challenge,
		      char value[HTTP_SECRET_MAX], struct error *e)
{
	const struct basic *b = (const struct basic *)l;
	(void)url;
	(void)e;
	value[0] = 0;
	if (challenge.n == 0 && !b->early)
		return true;
	struct str pair = str_fmt(b->arena, "%s:%s", b->user, b->password ? b->password : "");
	struct str coded = base64_encode(b->arena, pair);
	snprintf(value, HTTP_SECRET_MAX, "Basic %" PRIstr, ARG(coded));
	return true;
}

static bool texts(struct asked *q, struct str key, const char *value)
{
	const struct {
		struct str key;
		struct str *to;
	} all[] = {
		{S("validator"), &q->request.validator},
		{S("accept"), &q->request.accept},
		{S("step"), &q->request.step},
		{S("cacert"), &q->net.cacert},
		{S("cert"), &q->net.cert},
		{S("key"), &q->net.key},
	};
	const struct {
		struct str key;
		const char **to;
	} words[] = {
		{S("method"), &q->request.method},
		{S("form"), &q->request.form},
		{S("user"), &q->basic.user},
		{S("password"), &q->basic.password},
		{S("seek"), &q->seek},
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (str_eq(all[i].key, key)) {
			*all[i].to = str_from(value);
			return true;
		}
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (str_eq(words[i].key, key)) {
			*words[i].to = value;
			return true;
		}
	return false;
}

static bool numbers(struct asked *q, struct str key, const char *value)
{
	uint64_t n = strtoull(value, NULL, 10), tries = 0, offline = 0, plain = 0, proved = 0,
		 early = 0;
	const struct {
		struct str key;
		uint64_t *to;
	} all[] = {
		{S("at"), &q->request.at},
		{S("n"), &q->request.n},
		{S("max"), &q->request.max},
		{S("stall"), &q->net.stall_ms},
		{S("connect"), &q->net.connect_ms},
		{S("backoff"), &q->net.backoff_ms},
		{S("tries"), &tries},
		{S("offline"), &offline},
		{S("plain_http"), &plain},
		{S("proved"), &proved},
		{S("early"), &early},
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (str_eq(all[i].key, key)) {
			*all[i].to = n;
			q->net.tries += (unsigned)tries;
			q->net.offline |= offline;
			q->net.plain_http |= plain;
			q->request.proved |= proved;
			q->basic.early |= early;
			return true;
		}
	return false;
}

static bool copy(struct stream *s, struct error *e)
{
	const void *p;
	size_t n;
	do {
		if (!s->next(s, &p, &n, e))
			return false;
		fwrite(p, 1, n, stdout);
	} while (n);
	return true;
}

static bool fetch(struct arena *a, struct asked *q, struct error *e)
{
	struct http_reply reply;
	struct net *net = net_new(a, &q->net);
	unsigned long long at, n;
	struct stream *s = http_open(a, net, &q->request, &reply, e);
	if (!s)
		return false;
	fprintf(stderr,
		"%u %" PRIstr " size=%lld ranges=%d type=%" PRIstr " validator=%" PRIstr "\n",
		reply.status, ARG(reply.url), (long long)reply.size, reply.ranges, ARG(reply.type),
		ARG(reply.validator));
	bool good = copy(s, e);
	if (good && q->seek && sscanf(q->seek, "%llu,%llu", &at, &n) == 2)
		good = http_seek(s, at, n, e) && copy(s, e);
	struct net_use use = net_used(net);
	fprintf(stderr, "%llu requests, %llu bytes\n", (unsigned long long)use.requests,
		(unsigned long long)use.bytes);
	return good;
}

int main(int argc, char **argv)
{
	struct arena *a = arena_new(1 << 30, NULL, NULL);
	struct asked q = {.net = {.agent = "fetch/1"}};
	struct error e = {0};
	for (int i = 1; i < argc - 1; i++) {
		struct str key, value;
		(void)str_cut(str_from(argv[i]), '=', &key, &value);
		if (!texts(&q, key, value.p) && !numbers(&q, key, value.p)) {
			fprintf(stderr, "fetch: no option %s\n", argv[i]);
			return 2;
		}
	}
	q.request.url = str_from(argv[argc - 1]);
	q.basic.arena = a;
	q.basic.login.authorize = authorize;
	q.request.login = q.basic.user ? &q.basic.login : NULL;
	bool good = fetch(a, &q, &e);
	if (!good)
		fprintf(stderr, "%s\nkind %d\n", e.text, e.kind);
	arena_free(a);
	return !good;
}
