/*
 * test_http_session.c - who is let in where, what is sent, and what requests of one session share.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "shelf.h"

#include <cmocka.h>

static void read_at(struct stream *s, uint64_t at, uint64_t n, const char *want)
{
	struct error e = {0};
	const void *p;
	size_t got;
	if (!http_seek(s, at, n, &e) || !s->next(s, &p, &got, &e))
		fail_msg("%s", e.text);
	assert_int_equal(got, n);
	assert_memory_equal(p, want, n);
}

/* ---- redirects and logins ---- */

struct guard {
	struct http_login login;
	const char *value;     /* once there is a challenge */
	const char *before;    /* there is none */
	const char *challenge; /* the last one */
	unsigned calls;
};

static bool guard_authorize(struct http_login *l, struct str url, struct str challenge,
			    char value[HTTP_SECRET_MAX], struct error *e)
{
	struct guard *g = (struct guard *)l;
	(void)url;
	g->calls++;
	if (challenge.n)
		g->challenge = str_z(arena, challenge);
	if (!g->value)
		return (fail)(e, ERR_MISSING, "no login is known");
	snprintf(value, HTTP_SECRET_MAX, "%s", challenge.n ? g->value : g->before);
	return true;
}

static struct http_request guarded(struct guard *g)
{
	struct http_request r = asking();
	g->login.authorize = guard_authorize;
	g->before = g->before ? g->before : "";
	r.login = &g->login;
	return r;
}

static bool sent(struct server *s, unsigned nth, const char *text)
{
	return str_has(server_request(s, nth), str_from(text));
}

static void logins(void **state)
{
	static const char *const replies[] = {
		"HTTP/1.1 401 X\r\nWWW-Authenticate: Basic realm=\"x\"\r\n"
		"WWW-Authenticate: Bearer realm=\"y\"\r\nContent-Length: 3\r\n"
		"Connection: close\r\n\r\nno!",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nab",
	};
	struct script s = {.replies = replies, .n = 2}, loop = {.replies = replies, .n = 1};
	struct server *own = server_start(script_say, &s), *never = server_start(script_say, &loop);
	struct guard g = {.value = "Basic secret"}, early = {.value = "b", .before = "Basic early"};
	struct http_request r = guarded(&g), known = guarded(&early);
	(void)state;
	r.url = known.url = server_url(own, "/object");
	gives(&r, "ab");
	assert_string_equal(g.challenge, "Basic realm=\"x\", Bearer realm=\"y\"");
	assert_false(sent(own, 0, "Authorization"));
	assert_true(sent(own, 1, "\r\nAuthorization: Basic secret\r\n"));
	gives(&known, "ab");
	assert_true(sent(own, 2, "\r\nAuthorization: Basic early\r\n"));
	server_stop(own);
	r.url = server_url(never, "/object");
	refuses(&r, ERR_MISSING, "401 (login refused)");
	assert_int_equal(server_requests(never), 2);
	g.value = "Basic x\r\nX-Injected: y";
	refuses(&r, ERR_CORRUPT, "control characters");
	g.value = NULL;
	refuses(&r, ERR_MISSING, "no login is known");
	r.login = NULL;
	refuses(&r, ERR_MISSING, "401 (a login is needed)");
	server_stop(never);
}

/* Says "HTTP/1.1 302" to a place on the server of the first argument. */
static void point(void *arg, unsigned nth, struct str request, struct reply *out)
{
	(void)nth;
	(void)request;
	reply_print(out,
		    "HTTP/1.1 302 X\r\nLocation: %s\r\nContent-Length: 0\r\n"
		    "Connection: close\r\n\r\n",
		    (const char *)arg);
}

static void redirects(void **state)
{
	char to[300] = "/a/../elsewhere?signature";
	struct server *own = server_start(point, to);
	struct guard g = {.value = "Basic v", .before = "Basic v"};
	struct http_request r = guarded(&g);
	(void)state;
	r.url = server_url(own, "/object");
	refuses(&r, ERR_IO, "more than 10 redirects");
	assert_int_equal(server_requests(own), 11);
	assert_true(sent(own, 1, "GET /elsewhere?signature HTTP"));
	assert_true(sent(own, 1, "\r\nAuthorization: Basic v\r\n"));
	/* another port is another origin, and so is another name of the same host */
	shelf_put((struct shelf){0});
	snprintf(to, sizeof to, "http://127.0.0.1:%u/x", server_port(shelf_server));
	unsigned nth = server_requests(shelf_server);
	gives(&r, shelf_object);
	assert_true(sent(own, 11, "\r\nAuthorization: Basic v\r\n"));
	assert_false(sent(shelf_server, nth, "Authorization"));
	assert_false(sent(shelf_server, nth, "Basic"));
	snprintf(to, sizeof to, "http://localhost:%u/again", server_port(own));
	refuses(&r, ERR_IO, "more than 10 redirects");
	assert_true(sent(own, 12, "\r\nAuthorization: Basic v\r\n"));
	assert_false(sent(own, 13, "Authorization"));
	/* who asks for a login elsewhere gets none */
	shelf_put((struct shelf){
		.status = "401 X", .fields = "WWW-Authenticate: Basic\r\n", .bad = 9});
	snprintf(to, sizeof to, "//127.0.0.1:%u/x", server_port(shelf_server));
	refuses(&r, ERR_MISSING, "401");
	assert_int_equal(shelf_asked(), 1);
	server_stop(own);
}

/* Redirects once; where it leads to is no more after `left` requests. */
struct fleeting {
	struct server *own;
	atomic_uint left;
};

static void fleet(void *arg, unsigned nth, struct str request, struct reply *out)
{
	struct fleeting *f = arg;
	(void)nth;
	if (str_starts(request, S("GET /object ")))
		reply_print(out, "HTTP/1.1 307 X\r\nLocation: /signed?1\r\n");
	else if (atomic_load(&f->left) && atomic_fetch_sub(&f->left, 1))
		reply_print(out, "HTTP/1.1 206 X\r\nETag: \"a\"\r\nContent-Range: bytes 1-2/9\r\n"
				 "Content-Length: 2\r\nConnection: close\r\n\r\nab");
	else
		reply_print(out, "HTTP/1.1 403 X\r\n");
	if (!str_has((struct str){out->bytes, out->n}, S(" 206 ")))
		reply_print(out, "Content-Length: 0\r\nConnection: close\r\n\r\n");
}

/* Ranges of one object are asked for where the first came from, while that lasts. */
static void redirects_are_remembered(void **state)
{
	struct fleeting f = {.left = 3};
	struct http_request r = asking();
	struct error e = {0};
	(void)state;
	f.own = server_start(fleet, &f);
	r.url = server_url(f.own, "/object");
	r.at = 1;
	r.n = 2;
	struct stream *s = http_open(arena, shelf_net, &r, NULL, &e);
	assert_non_null(s);
	read_at(s, 1, 2, "ab");
	read_at(s, 1, 2, "ab");
	assert_int_equal(server_requests(f.own), 4);
	assert_false(http_seek(s, 1, 2, &e));
	assert_int_equal(e.kind, ERR_MISSING);
	assert_int_equal(server_requests(f.own), 7);
	atomic_store(&f.left, 1);
	read_at(s, 1, 2, "ab");
	assert_int_equal(server_requests(f.own), 9);
	http_close(s);
	server_stop(f.own);
}

static void bad_redirects(void **state)
{
	static const struct {
		const char *to, *why;
	} rows[] = {
		{"file:///etc/passwd", "neither https"},
		{"ftp://127.0.0.1/", "neither https"},
		{"gopher://127.0.0.1/", "neither https"},
		{"http://user:pass@127.0.0.1/", "user name"},
		{"http://127.0.0.1:99999/", "not a host"},
		{"", "leads nowhere"},
	};
	char to[300];
	struct server *own = server_start(point, to);
	struct http_request r = asking();
	(void)state;
	r.url = server_url(own, "/object");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		snprintf(to, sizeof to, "%s", rows[i].to);
		refuses(&r, ERR_CORRUPT, rows[i].why);
	}
	/* a form holds a secret */
	snprintf(to, sizeof to, "/other");
	r.form = "password=secret";
	unsigned before = server_requests(own);
	refuses(&r, ERR_IO, "not sent elsewhere");
	assert_int_equal(server_requests(own), before + 1);
	server_stop(own);
}

/* ---- the rest ---- */

static void what_is_sent(void **state)
{
	struct http_request r = asking();
	(void)state;
	r.accept = S("application/vnd.oci.image.manifest.v1+json, */*;q=0.1");
	shelf_put((struct shelf){0});
	unsigned nth = server_requests(shelf_server);
	gives(&r, shelf_object);
	assert_true(sent(shelf_server, nth, "GET /object?secret HTTP/1.1\r\n"));
	assert_true(sent(shelf_server, nth, "\r\nUser-Agent: test/1\r\n"));
	assert_true(sent(shelf_server, nth, "\r\nAccept-Encoding: identity\r\n"));
	assert_true(sent(shelf_server, nth,
			 "\r\nAccept: application/vnd.oci.image.manifest.v1+json, */*;q=0.1\r\n"));
	assert_false(sent(shelf_server, nth, "Range"));
	assert_false(sent(shelf_server, nth, "Cookie"));
	r.form = "a=b&c=d";
	gives(&r, shelf_object);
	assert_true(sent(shelf_server, nth + 1, "POST /object?secret HTTP/1.1\r\n"));
	assert_true(sent(shelf_server, nth + 1, "application/x-www-form-urlencoded\r\n"));
	assert_true(sent(shelf_server, nth + 1, "\r\n\r\na=b&c=d"));
}

static void heads(void **state)
{
	struct http_request r = asking();
	struct http_reply reply;
	struct error e = {0};
	struct str text;
	(void)state;
	r.method = "HEAD";
	const char *const replies[] = {"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n"
				       "Docker-Content-Digest: sha256:12\r\nETag: \"a\"\r\n"
				       "Content-Type: application/x; charset=y\r\n\r\n"};
	struct script s = {.replies = replies, .n = 1};
	struct server *own = server_start(script_say, &s);
	r.url = server_url(own, "/object");
	assert_true(http_slurp(arena, shelf_net, &r, &reply, &text, &e));
	assert_int_equal(text.n, 0);
	assert_true(reply.size == 10737418240);
	assert_true(str_eq(reply.digest, S("sha256:12")));
	assert_true(str_eq(reply.validator, S("\"a\"")));
	assert_true(str_eq(reply.type, S("application/x")));
	assert_int_equal(reply.status, 200);
	assert_true(sent(own, 0, "HEAD /object HTTP"));
	server_stop(own);
}

static void forbidden(void **state)
{
	struct http_request r = asking();
	struct net *usual = shelf_net;
	struct net_options opts = shelf_quick;
	(void)state;
	shelf_put((struct shelf){0});
	opts.plain_http = false;
	shelf_net = net_new(arena, &opts);
	refuses(&r, ERR_USAGE, "--plain-http");
	opts = shelf_quick;
	opts.offline = true;
	shelf_net = net_new(arena, &opts);
	refuses(&r, ERR_MISSING, "--offline");
	assert_int_equal(net_used(shelf_net).requests, 0);
	assert_int_equal(shelf_asked(), 0);
	shelf_net = usual;
}

static void seeks(void **state)
{
	struct http_request r = asking();
	struct http_reply reply;
	struct error e = {0};
	(void)state;
	r.at = 3;
	r.n = 4;
	shelf_put((struct shelf){0});
	struct stream *s = http_open(arena, shelf_net, &r, &reply, &e);
	assert_non_null(s);
	assert_true(reply.ranges);
	assert_int_equal(reply.size, SHELF_ALL);
	read_at(s, 10, 3, "abc");
	http_close(s);
	read_at(s, 0, 2, "01");
	read_at(s, 0, SHELF_ALL, shelf_object);
	size_t before = arena_used(arena);
	for (unsigned i = 0; i < 50; i++)
		read_at(s, i, 5, shelf_object + i);
	assert_int_equal(arena_used(arena), before);
	/* another object */
	shelf_put((struct shelf){.tag = "ETag: \"two\"\r\n"});
	assert_false(http_seek(s, 1, 2, &e));
	assert_int_equal(e.kind, ERR_CORRUPT);
	shelf_put((struct shelf){.no_ranges = true});
	assert_false(http_seek(s, 1, 2, &e));
	assert_int_equal(e.kind, ERR_UNSUPPORTED);
	shelf_put((struct shelf){0});
	read_at(s, 1, 2, "12");
	http_close(s);
}

/* A range of a server that gives none is the whole, and *reply says so. */
static void no_ranges(void **state)
{
	struct http_request r = asking();
	struct http_reply reply;
	struct error e = {0};
	struct str text;
	(void)state;
	r.at = 3;
	r.n = 4;
	shelf_put((struct shelf){.no_ranges = true});
	assert_true(http_slurp(arena, shelf_net, &r, &reply, &text, &e));
	assert_false(reply.ranges);
	assert_true(str_eq(text, str_from(shelf_object)));
}

/* An object of which parts are read, or of which nothing more is asked. */
static void parts_where_there_are_ranges(void **state)
{
	struct http_request r = asking();
	struct error e = {0};
	struct blob *b = NULL;
	char bytes[4];
	(void)state;
	shelf_put((struct shelf){0});
	assert_true(net_ranges(arena, shelf_net, &r, SHELF_ALL, 1 << 20, &b, &e));
	assert_non_null(b);
	assert_true(blob_read(b, 50, bytes, sizeof bytes, &e));
	assert_memory_equal(bytes, shelf_object + 50, sizeof bytes);
	assert_int_equal(shelf_asked(), 1);
	assert_false(net_ranges(arena, shelf_net, &r, SHELF_ALL + 1, 1 << 20, &b, &e));
	assert_int_equal(e.kind, ERR_CORRUPT);
	shelf_put((struct shelf){.no_ranges = true});
	assert_true(net_ranges(arena, shelf_net, &r, SHELF_ALL, 1 << 20, &b, &e));
	assert_null(b);
	assert_int_equal(shelf_asked(), 1);
}

struct alarm {
	struct watch watch;
	unsigned left;
};

static bool alarm_tick(struct watch *w, uint64_t bytes, struct error *e)
{
	struct alarm *a = (struct alarm *)w;
	(void)bytes;
	return a->left-- || (fail)(e, ERR_LIMIT, "the time is up");
}

/* A watch ends what waits: for a server, or for the next try. */
static void watched(void **state)
{
	static const char *const replies[] = {"HTTP/1.1 200 OK\r\n"};
	struct script s = {.replies = replies, .n = 1, .hang_ms = 150};
	struct server *own = server_start(script_say, &s);
	struct alarm a = {{alarm_tick}, 0};
	struct http_request r = asking();
	(void)state;
	r.watch = &a.watch;
	r.url = server_url(own, "/object");
	refuses(&r, ERR_LIMIT, "the time is up");
	server_stop(own);
	a.left = 1;
	uint64_t before = now_ms();
	r.url = server_url(shelf_server, "/object");
	shelf_put((struct shelf){.status = "503 X", .fields = "Retry-After: 50\r\n", .bad = 9});
	refuses(&r, ERR_LIMIT, "the time is up");
	assert_in_range(now_ms() - before, 0, 1000);
}

/* More streams than connections, by threads of their own, with time to wait for each other. */
static struct net *patient;

static void *reader(void *arg)
{
	struct arena *a = arg;
	struct http_request r = {.url = S(""), .max = 1 << 20};
	char url[100];
	snprintf(url, sizeof url, "http://127.0.0.1:%u/x", server_port(shelf_server));
	r.url = str_from(url);
	for (unsigned i = 0; i < 20; i++) {
		struct error e = {0};
		struct str text;
		if (!http_slurp(a, patient, &r, NULL, &text, &e) ||
		    !str_eq(text, str_from(shelf_object)))
			return arg;
	}
	return NULL;
}

static void threads(void **state)
{
	pthread_t t[6];
	struct net_options options = shelf_quick;
	struct net_use after;
	(void)state;
	options.stall_ms = 30000;
	patient = net_new(arena, &options);
	shelf_put((struct shelf){0});
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(
			pthread_create(&t[i], NULL, reader, arena_child(arena, NULL, NULL)), 0);
	for (size_t i = 0; i < 6; i++) {
		void *wrong;
		pthread_join(t[i], &wrong);
		assert_null(wrong);
	}
	after = net_used(patient);
	assert_int_equal(after.requests, 120);
	assert_int_equal(after.bytes, 120 * SHELF_ALL);
}

/* Who holds all connections and wants one more is told so, and does not wait for ever. */
static void all_in_use(void **state)
{
	struct stream *held[2];
	struct http_request r = asking();
	struct error e = {0};
	(void)state;
	shelf_put((struct shelf){0});
	for (size_t i = 0; i < 2; i++) {
		held[i] = http_open(arena, shelf_net, &r, NULL, &e);
		assert_non_null(held[i]);
	}
	refuses(&r, ERR_LIMIT, "all connections are in use");
	http_close(held[1]);
	gives(&r, shelf_object);
	http_close(held[0]);
}

static void *hold(void *arg)
{
	struct stream **held = arg;
	struct error e = {0};
	const void *p;
	size_t n;
	bool good = true;
	uint64_t end = now_ms() + 500;
	while (good && now_ms() < end)
		good = held[0]->next(held[0], &p, &n, &e) && held[1]->next(held[1], &p, &n, &e);
	http_close(held[0]);
	http_close(held[1]);
	return good ? NULL : arg;
}

/* But while something comes it pays to wait, however long. */
static void waits_for_others(void **state)
{
	static const char *const replies[] = {"HTTP/1.0 200 OK\r\n\r\n0123456789"};
	struct script s = {.replies = replies, .n = 1, .repeat = true};
	struct server *own = server_start(script_say, &s);
	struct http_request r = asking(), endless = asking();
	struct error e = {0};
	struct stream *held[2];
	pthread_t t;
	void *wrong;
	(void)state;
	shelf_put((struct shelf){0});
	endless.url = server_url(own, "/object");
	endless.proved = true;
	endless.max = 0;
	for (size_t i = 0; i < 2; i++) {
		held[i] = http_open(arena, shelf_net, &endless, NULL, &e);
		assert_non_null(held[i]);
	}
	assert_int_equal(pthread_create(&t, NULL, hold, held), 0);
	gives(&r, shelf_object);
	pthread_join(t, &wrong);
	assert_null(wrong);
	server_stop(own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(logins),
		cmocka_unit_test(redirects),
		cmocka_unit_test(redirects_are_remembered),
		cmocka_unit_test(bad_redirects),
		cmocka_unit_test(what_is_sent),
		cmocka_unit_test(heads),
		cmocka_unit_test(forbidden),
		cmocka_unit_test(seeks),
		cmocka_unit_test(no_ranges),
		cmocka_unit_test(parts_where_there_are_ranges),
		cmocka_unit_test(watched),
		cmocka_unit_test(threads),
		cmocka_unit_test(all_in_use),
		cmocka_unit_test(waits_for_others),
	};
	return cmocka_run_group_tests(tests, shelf_up, shelf_down);
}
