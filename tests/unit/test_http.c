/*
 * test_http.c - requests against a server that is wrong in one way each: what a reader gets is all
 * bytes in order, or an error of the right kind that names the URL and the step.
 */
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

/* ---- connections that break ---- */

/* At every byte: before the status, in the head, at the first, a middle and the last byte. */
static void breaks_anywhere(void **state)
{
	struct http_request r = asking();
	(void)state;
	shelf_put((struct shelf){0});
	for (unsigned cut = 1, size = shelf_size(); cut <= size; cut++) {
		shelf_put((struct shelf){.cut = cut});
		gives(&r, shelf_object);
		assert_int_equal(shelf_asked(), cut < size ? 2 : 1);
	}
}

static void breaks_in_a_range(void **state)
{
	struct http_request r = asking();
	(void)state;
	r.at = 10;
	r.n = 26;
	shelf_put((struct shelf){0});
	for (unsigned cut = 100, size = shelf_size(); cut < size; cut++) {
		shelf_put((struct shelf){.cut = cut});
		gives(&r, "abcdefghijklmnopqrstuvwxyz");
		assert_in_range(shelf_asked(), 1, 2);
	}
}

static void breaks_of_a_server_without_ranges(void **state)
{
	struct http_request r = asking();
	(void)state;
	shelf_put((struct shelf){.no_ranges = true});
	unsigned size = shelf_size();
	shelf_put((struct shelf){.no_ranges = true, .cut = size - 5});
	gives(&r, shelf_object);
	shelf_put((struct shelf){.no_ranges = true, .chunked = true, .cut = size - 5});
	gives(&r, shelf_object);
}

/* What comes after a break must be the same object. */
static void breaks_then(const char *tag, const char *then_tag)
{
	shelf_put((struct shelf){.tag = tag});
	shelf_put((struct shelf){.tag = tag, .then_tag = then_tag, .cut = shelf_size() - 7});
}

static void changes(void **state)
{
	static const char one[] = "ETag: \"one\"\r\n", two[] = "ETag: \"two\"\r\n";
	struct http_request r = asking(), proved = asking();
	(void)state;
	proved.proved = true;
	breaks_then(one, two);
	refuses(&r, ERR_CORRUPT, "changed while it was read");
	breaks_then(one, two);
	refuses(&proved, ERR_CORRUPT, "changed while it was read");
	breaks_then(one, "");
	refuses(&r, ERR_CORRUPT, "whether it is the same");
	breaks_then(one, "");
	gives(&proved, shelf_object);
	/* a date is a validator, a weak tag is none */
	breaks_then("Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n", NULL);
	gives(&r, shelf_object);
	breaks_then("ETag: W/\"one\"\r\n", NULL);
	refuses(&r, ERR_IO, "broke before the end");
	breaks_then("", NULL);
	refuses(&r, ERR_IO, "broke before the end");
	assert_int_equal(shelf_asked(), 1);
	breaks_then("", NULL);
	gives(&proved, shelf_object);
}

static void pinned(void **state)
{
	struct http_request r = asking();
	(void)state;
	r.validator = S("\"zero\"");
	r.at = 1;
	shelf_put((struct shelf){0});
	refuses(&r, ERR_CORRUPT, "changed while it was read");
	r.validator = S("\"one\"");
	gives(&r, shelf_object + 1);
}

static void breaks_for_ever(void **state)
{
	struct http_request r = asking();
	(void)state;
	shelf_put((struct shelf){.status = "", .bad = 99});
	refuses(&r, ERR_IO, "");
	struct server *closed = server_start(script_say, NULL);
	r.url = server_url(closed, "/object");
	server_stop(closed);
	refuses(&r, ERR_IO, "tried 3 times: ");
}

static void wrong_parts(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{"HTTP/1.1 206 X\r\nContent-Length: 2\r\n\r\nab", "Content-Range"},
		{"HTTP/1.1 206 X\r\nContent-Range: bytes 5-6/9\r\nContent-Length: 2\r\n\r\nab",
		 "not asked for"},
		{"HTTP/1.1 206 X\r\nContent-Range: bytes 4-7/9\r\nContent-Length: 4\r\n\r\nabcd",
		 "not asked for"},
		{"HTTP/1.1 206 X\r\nContent-Range: bytes 4-5/9\r\nContent-Length: 3\r\n\r\nabc",
		 "3 bytes of body"},
		{"HTTP/1.1 206 X\r\nContent-Range: bytes 4-5/5\r\nContent-Length: 2\r\n\r\nab",
		 "Content-Range"},
		{"HTTP/1.1 206 X\r\nContent-Type: multipart/byteranges; boundary=x\r\n"
		 "Content-Length: 2\r\n\r\nab",
		 "Content-Range"},
		{"HTTP/1.1 206 X\r\nContent-Range: bytes 4-5/9\r\nTransfer-Encoding: chunked\r\n\r\n"
		 "3\r\nabc\r\n0\r\n\r\n",
		 "more than 2 bytes"},
		{"HTTP/1.1 416 X\r\nContent-Range: bytes */3\r\nContent-Length: 0\r\n\r\n", "416"},
	};
	struct http_request r = asking();
	(void)state;
	r.at = 4;
	r.n = 2;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(says(rows[i].text, r, ERR_CORRUPT, rows[i].why), 1);
	says("HTTP/1.1 206 X\r\nContent-Range: bytes 4-5/*\r\nContent-Length: 2\r\n\r\nab", r,
	     ERR_NONE, "ab");
	r.at = r.n = 0;
	says("HTTP/1.1 206 X\r\nContent-Range: bytes 0-1/2\r\nContent-Length: 2\r\n\r\nab", r,
	     ERR_CORRUPT, "not asked for");
}

/* A part that is shorter than what was asked for is no failure: the rest is asked for. */
static void short_parts(void **state)
{
	static const char *const replies[] = {
		"HTTP/1.1 206 X\r\nETag: \"a\"\r\nContent-Range: bytes 4-5/9\r\n"
		"Content-Length: 2\r\n\r\nab",
		"HTTP/1.1 206 X\r\nETag: \"a\"\r\nContent-Range: bytes 6-8/9\r\n"
		"Content-Length: 3\r\n\r\ncde",
		"HTTP/1.1 206 X\r\nETag: \"a\"\r\nContent-Range: bytes 6-6/10\r\n"
		"Content-Length: 1\r\n\r\nc",
	};
	struct script good = {.replies = replies, .n = 2};
	const char *const grown[] = {replies[0], replies[2]};
	struct script bad = {.replies = grown, .n = 2};
	struct server *own = server_start(script_say, &good),
		      *other = server_start(script_say, &bad);
	struct http_request r = asking();
	(void)state;
	r.at = 4;
	r.n = 5;
	r.url = server_url(own, "/object");
	gives(&r, "abcde");
	assert_true(str_has(server_request(own, 0), S("\r\nRange: bytes=4-8\r\n")));
	assert_true(str_has(server_request(own, 1), S("\r\nRange: bytes=6-8\r\n")));
	assert_true(str_has(server_request(own, 1), S("\r\nIf-Range: \"a\"\r\n")));
	r.url = server_url(other, "/object");
	refuses(&r, ERR_CORRUPT, "changed while it was read");
	server_stop(own);
	server_stop(other);
}

static void odd_replies(void **state)
{
	struct http_request r = asking(), proved = asking();
	char *big = NULL;
	(void)state;
	proved.proved = true;
	says("SSH-2.0-x\r\n", r, ERR_IO, "no HTTP");
	says("HTTP/1.0 200 OK\r\n\r\nab", r, ERR_UNSUPPORTED, "tells no length");
	says("HTTP/1.0 200 OK\r\n\r\nab", proved, ERR_NONE, "ab");
	says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", r,
	     ERR_NONE, "ab");
	says("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLocation: /x\r\n\r\n"
	     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab",
	     r, ERR_NONE, "ab");
	says("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", r, ERR_NONE, "");
	/* decompression is left to the reader */
	says("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nab", r,
	     ERR_NONE, "ab");
	says("HTTP/1.1 200 OK\r\nContent-Length: 9\r\nContent-Length: 2\r\n\r\nab", r, ERR_CORRUPT,
	     "more than one Content-Length");
	says("HTTP/1.1 204 No Content\r\n\r\n", r, ERR_IO, "204");
	big = malloc(80 << 10);
	memset(big, 'x', 80 << 10);
	memcpy(big, "HTTP/1.1 200 OK\r\nX: ", 20);
	for (size_t i = 1000; i < 80 << 10; i += 1000)
		memcpy(big + i, "\r\nX: ", 5);
	big[(80 << 10) - 1] = 0;
	assert_int_equal(says(big, r, ERR_LIMIT, "header"), 1);
	free(big);
}

/* ---- limits ---- */

static void endless(const char *text, enum error_kind kind, const char *why, struct http_request r)
{
	const char *const replies[] = {text};
	struct script s = {.replies = replies, .n = 1, .repeat = true};
	struct server *own = server_start(script_say, &s);
	r.url = server_url(own, "/object");
	refuses(&r, kind, why);
	assert_int_equal(server_requests(own), 1);
	server_stop(own);
}

static void limits(void **state)
{
	struct http_request r = asking();
	(void)state;
	r.max = 4 << 20;
	assert_int_equal(says("HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\nab", r,
			      ERR_LIMIT, "10737418240 bytes where at most 4194304"),
			 1);
	r.max = 1000;
	endless("HTTP/1.1 103 Early\r\nX: y\r\n\r\n", ERR_LIMIT, "header", r);
	r.proved = true;
	endless("HTTP/1.0 200 OK\r\n\r\n0123456789", ERR_LIMIT, "more than 1000 bytes", r);
}

static void slow(unsigned drip_ms, unsigned hang_ms, const char *text, const char *why)
{
	const char *const replies[] = {text};
	struct script s = {.replies = replies, .n = 1, .drip_ms = drip_ms, .hang_ms = hang_ms};
	struct server *own = server_start(script_say, &s);
	struct http_request r = asking();
	r.url = server_url(own, "/object");
	refuses(&r, ERR_IO, why);
	server_stop(own);
}

static void slow_servers(void **state)
{
	(void)state;
	slow(0, 300, "", "less than 1000 bytes a second for 0.1 s");
	slow(0, 300, "HTTP/1.1 200 OK\r\n", "less than 1000 bytes a second for 0.1 s");
	slow(10, 0, "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n0123456789",
	     "less than 1000 bytes a second for 0.1 s");
	slow(10, 0, "HTTP/1.1 200 OK\r\nX: 0123456789012345678901234567890123456789\r\n",
	     "less than 1000 bytes a second for 0.1 s");
}

/* ---- statuses ---- */

static void statuses(void **state)
{
	static const struct {
		const char *status;
		enum error_kind kind;
		bool again;
	} rows[] = {
		{"400 X", ERR_IO, false},      {"401 X", ERR_MISSING, false},
		{"403 X", ERR_MISSING, false}, {"404 X", ERR_MISSING, false},
		{"407 X", ERR_IO, false},      {"408 X", ERR_IO, true},
		{"410 X", ERR_MISSING, false}, {"418 X", ERR_IO, false},
		{"429 X", ERR_IO, true},       {"500 X", ERR_IO, true},
		{"501 X", ERR_IO, false},      {"502 X", ERR_IO, true},
		{"503 X", ERR_IO, true},       {"504 X", ERR_IO, true},
		{"304 X", ERR_IO, false},      {"300 X", ERR_IO, false},
	};
	struct http_request r = asking();
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char number[4] = {rows[i].status[0], rows[i].status[1], rows[i].status[2], 0};
		shelf_put((struct shelf){.status = rows[i].status, .bad = 99});
		refuses(&r, rows[i].kind, number);
		assert_int_equal(shelf_asked(), rows[i].again ? shelf_quick.tries : 1);
		shelf_put((struct shelf){.status = rows[i].status, .bad = 2});
		if (rows[i].again)
			gives(&r, shelf_object);
	}
}

static void retry_after(void **state)
{
	struct http_request r = asking();
	uint64_t before = now_ms();
	(void)state;
	shelf_put((struct shelf){.status = "429 X", .fields = "Retry-After: 1\r\n", .bad = 1});
	gives(&r, shelf_object);
	assert_in_range(now_ms() - before, 1000, 3000);
	before = now_ms();
	shelf_put((struct shelf){.status = "503 X", .fields = "Retry-After: 3600\r\n", .bad = 1});
	refuses(&r, ERR_IO, "asked to come back in 3600 s");
	shelf_put((struct shelf){.status = "503 X",
				 .fields = "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n",
				 .bad = 1});
	refuses(&r, ERR_IO, "asked to come back in");
	shelf_put((struct shelf){.status = "503 X",
				 .fields = "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
				 .bad = 1});
	gives(&r, shelf_object);
	assert_in_range(now_ms() - before, 0, 900);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(breaks_anywhere),
		cmocka_unit_test(breaks_in_a_range),
		cmocka_unit_test(breaks_of_a_server_without_ranges),
		cmocka_unit_test(changes),
		cmocka_unit_test(pinned),
		cmocka_unit_test(breaks_for_ever),
		cmocka_unit_test(wrong_parts),
		cmocka_unit_test(short_parts),
		cmocka_unit_test(odd_replies),
		cmocka_unit_test(limits),
		cmocka_unit_test(slow_servers),
		cmocka_unit_test(statuses),
		cmocka_unit_test(retry_after),
	};
	return cmocka_run_group_tests(tests, shelf_up, shelf_down);
}
