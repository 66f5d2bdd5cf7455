/*
 * shelf.c - see shelf.h.
 */
#include "shelf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fixture.h"

#include <cmocka.h>

/* ---- a server of one object ---- */

const char shelf_object[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
struct server *shelf_server;
struct net *shelf_net;
static struct shelf shelf;

static void put_body(struct reply *r, size_t at, size_t n)
{
	if (shelf.chunked)
		reply_print(r, "Transfer-Encoding: chunked\r\n\r\n%zx\r\n%.*s\r\n0\r\n\r\n", n,
			    (int)n, shelf_object + at);
	else if (shelf.no_length)
		reply_print(r, "\r\n%.*s", (int)n, shelf_object + at);
	else
		reply_print(r, "Content-Length: %zu\r\n\r\n%.*s", n, (int)n, shelf_object + at);
}

/* RFC 9110 section 14: one range, of which the end may be missing; If-Range by section 13.1.5. */
static void put_object(struct reply *r, struct str request, const char *tag)
{
	char text[2000];
	unsigned at = 0, last = SHELF_ALL - 1;
	snprintf(text, sizeof text, "%" PRIstr, ARG(request));
	const char *range = strstr(text, "Range: bytes="), *same = strstr(text, "If-Range: ");
	bool part =
		range && !shelf.no_ranges && sscanf(range, "Range: bytes=%u-%u", &at, &last) > 0;
	if (same && *tag &&
	    strncmp(same + 10, strchr(tag, ' ') + 1, strlen(strchr(tag, ' ') + 1)) != 0)
		part = false;
	if (last >= SHELF_ALL)
		last = SHELF_ALL - 1;
	if (part)
		reply_print(r, "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes %u-%u/%d\r\n",
			    at, last, SHELF_ALL);
	else
		reply_print(r, "HTTP/1.1 200 OK\r\n");
	reply_print(r, "%sContent-Type: text/plain; charset=x\r\nConnection: close\r\n", tag);
	put_body(r, part ? at : 0, part ? last - at + 1 : SHELF_ALL);
}

static void answer(void *arg, unsigned nth, struct str request, struct reply *out)
{
	(void)arg;
	nth -= atomic_load(&shelf.base);
	if (nth < shelf.bad) {
		reply_print(out, "HTTP/1.1 %s\r\n%sConnection: close\r\nContent-Length: 0\r\n\r\n",
			    shelf.status, shelf.fields ? shelf.fields : "");
		return;
	}
	put_object(out, request, nth > shelf.bad && shelf.then_tag ? shelf.then_tag : shelf.tag);
	if (nth == shelf.bad && shelf.cut < out->n)
		out->n = shelf.cut;
}

/* ---- asking ---- */

const struct net_options shelf_quick = {
	.agent = "test/1",
	.plain_http = true,
	.tries = 3,
	.connections = 2,
	.stall_ms = 100,
	.connect_ms = 2000,
	.backoff_ms = 1,
};

int shelf_up(void **state)
{
	arena_up(state);
	shelf_server = server_start(answer, NULL);
	shelf_net = net_new(arena, &shelf_quick);
	return shelf_server ? 0 : -1;
}

int shelf_down(void **state)
{
	int r = arena_down(state);
	server_stop(shelf_server);
	return r;
}

void shelf_put(struct shelf next)
{
	shelf = next;
	shelf.tag = next.tag ? next.tag : "ETag: \"one\"\r\n";
	shelf.cut = next.cut ? next.cut : SIZE_MAX;
	atomic_store(&shelf.base, server_requests(shelf_server));
}

unsigned shelf_asked(void)
{
	return server_requests(shelf_server) - atomic_load(&shelf.base);
}

struct str server_url(const struct server *s, const char *rest)
{
	return str_fmt(arena, "http://127.0.0.1:%u%s", server_port(s), rest);
}

struct http_request asking(void)
{
	return (struct http_request){.url = server_url(shelf_server, "/object?secret"),
				     .step = S("layer 1 of 2"),
				     .max = 1 << 20};
}

void gives(const struct http_request *r, const char *want)
{
	struct error e = {0};
	struct str text;
	if (!http_slurp(arena, shelf_net, r, NULL, &text, &e))
		fail_msg("%s", e.text);
	if (!str_eq(text, str_from(want)))
		fail_msg("'%" PRIstr "' where '%s' is right", ARG(text), want);
	assert_int_equal(e.kind, ERR_NONE);
}

void refuses(const struct http_request *r, enum error_kind kind, const char *why)
{
	struct error e = {0};
	struct str text = S("untouched");
	if (http_slurp(arena, shelf_net, r, NULL, &text, &e))
		fail_msg("'%" PRIstr "' was taken", ARG(text));
	assert_true(str_eq(text, S("untouched")));
	if (e.kind != kind || !strstr(e.text, why))
		fail_msg("kind %d, %s", e.kind, e.text);
	assert_null(strstr(e.text, "secret"));
	assert_non_null(strstr(e.text, "http://127.0.0.1:"));
	assert_non_null(strstr(e.text, "/object: layer 1 of 2: "));
}

unsigned shelf_size(void)
{
	struct reply *r = calloc(1, sizeof *r);
	put_object(r, S(""), shelf.tag);
	unsigned n = (unsigned)r->n;
	free(r);
	return n;
}

/* ---- replies that are fixed ---- */

void script_say(void *arg, unsigned nth, struct str request, struct reply *out)
{
	const struct script *s = arg;
	(void)request;
	reply_print(out, "%s", s->replies[nth < s->n ? nth : s->n - 1]);
	out->repeat = s->repeat;
	out->drip_ms = s->drip_ms;
	out->hang_ms = s->hang_ms;
}

/* Asks a server that says `text` to everything. */
unsigned says(const char *text, struct http_request r, enum error_kind kind, const char *why)
{
	const char *const replies[] = {text};
	struct script s = {.replies = replies, .n = 1};
	struct server *own = server_start(script_say, &s);
	r.url = server_url(own, "/object?secret");
	if (kind == ERR_NONE)
		gives(&r, why);
	else
		refuses(&r, kind, why);
	unsigned n = server_requests(own);
	server_stop(own);
	return n;
}

uint64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}
