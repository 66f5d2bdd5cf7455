/*
 * test_url.c - URLs and the fields of replies: references as RFC 3986 section 5.4 resolves them,
 * dates as RFC 9110 section 5.6.7 writes one day in three ways, and what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "field.h"
#include "fixture.h"
#include "url.h"

#include <cmocka.h>

static void assert_str(struct str got, const char *want)
{
	if (!str_eq(got, str_from(want)))
		fail_msg("'%" PRIstr "' where '%s' is right", ARG(got), want);
}

/* ---- parts ---- */

static void parts(void **state)
{
	static const struct {
		const char *text, *host;
		unsigned port;
		const char *rest;
	} rows[] = {
		{"https://example.org", "example.org", 443, ""},
		{"HTTPS://Example.ORG/a?b", "Example.ORG", 443, "/a?b"},
		{"http://a.b:8080/x", "a.b", 8080, "/x"},
		{"http://a:/x", "a", 80, "/x"},
		{"https://[2001:db8::1]:5000/v2/", "[2001:db8::1]", 5000, "/v2/"},
		{"https://[::1]?q", "[::1]", 443, "?q"},
		{"https://h?q=http://x@y/", "h", 443, "?q=http://x@y/"},
		{"https://my_host-1/%2F..", "my_host-1", 443, "/%2F.."},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct url u;
		struct error e = {0};
		assert_true(url_parse(str_from(rows[i].text), &u, &e));
		assert_str(u.host, rows[i].host);
		assert_int_equal(u.port, rows[i].port);
		assert_str(u.rest, rows[i].rest);
	}
}

/* What libcurl and we could read in two ways, or would show a secret, is nothing to connect to. */
static void refused(void **state)
{
	static const char *const rows[] = {
		"",
		"example.org/x",
		"ftp://example.org/",
		"file:///etc/passwd",
		"https:/example.org",
		"https:///x",
		"https://:443/",
		"https://user@example.org/",
		"https://user:pass@example.org/",
		"https://good.example\\@evil.example/",
		"https://a b/",
		"https://a/b c",
		"https://a/\xc3\xa4",
		"https://a/x#fragment",
		"https://a/x\r\nHost: b",
		"https://a:0/",
		"https://a:65536/",
		"https://a:123456789/",
		"https://a:80x/",
		"https://a:-1/",
		"https://[::1/",
		"https://[]/",
		"https://[::1]x/",
		"https://[fe80::1%25eth0]/",
		"https://a[::1]/",
		"https://a%2eb/",
		"https://a,b/",
		"https://a;b/",
		"https://\xc3\xa4.example/",
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct url u;
		struct error e = {0};
		if (url_parse(str_from(rows[i]), &u, &e))
			fail_msg("%s is taken", rows[i]);
		assert_int_equal(e.kind, ERR_USAGE);
		assert_null(strstr(e.text, "pass"));
	}
}

static void origins(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{"https://a/x", "https://A:443/y?z", true}, {"http://a", "http://a:80/", true},
		{"https://a/", "http://a/", false},         {"https://a/", "https://a:444/", false},
		{"https://a/", "https://a.b/", false},      {"https://a/", "https://b/", false},
		{"http://a:443/", "https://a/", false},     {"https://a/", "https://a./", false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct url a, b;
		struct error e;
		assert_true(url_parse(str_from(rows[i].a), &a, &e));
		assert_true(url_parse(str_from(rows[i].b), &b, &e));
		assert_int_equal(url_same_origin(&a, &b), rows[i].same);
	}
}

/* ---- references ---- */

/* RFC 3986 sections 5.4.1 and 5.4.2, on https, without fragments; the base has a ";" parameter and
 * a query as there. */
static void references(void **state)
{
	static const char *const rows[][2] = {
		{"https:h", "https:h"},
		{"g", "https://a/b/c/g"},
		{"./g", "https://a/b/c/g"},
		{"g/", "https://a/b/c/g/"},
		{"/g", "https://a/g"},
		{"//g", "https://g"},
		{"?y", "https://a/b/c/d;p?y"},
		{"g?y", "https://a/b/c/g?y"},
		{"#s", "https://a/b/c/d;p?q"},
		{"g#s", "https://a/b/c/g"},
		{"g?y#s", "https://a/b/c/g?y"},
		{";x", "https://a/b/c/;x"},
		{"g;x", "https://a/b/c/g;x"},
		{"g;x?y#s", "https://a/b/c/g;x?y"},
		{"", "https://a/b/c/d;p?q"},
		{".", "https://a/b/c/"},
		{"./", "https://a/b/c/"},
		{"..", "https://a/b/"},
		{"../", "https://a/b/"},
		{"../g", "https://a/b/g"},
		{"../..", "https://a/"},
		{"../../", "https://a/"},
		{"../../g", "https://a/g"},
		{"../../../g", "https://a/g"},
		{"../../../../g", "https://a/g"},
		{"/./g", "https://a/g"},
		{"/../g", "https://a/g"},
		{"g.", "https://a/b/c/g."},
		{".g", "https://a/b/c/.g"},
		{"g..", "https://a/b/c/g.."},
		{"..g", "https://a/b/c/..g"},
		{"./../g", "https://a/b/g"},
		{"./g/.", "https://a/b/c/g/"},
		{"g/./h", "https://a/b/c/g/h"},
		{"g/../h", "https://a/b/c/h"},
		{"g;x=1/./y", "https://a/b/c/g;x=1/y"},
		{"g;x=1/../y", "https://a/b/c/y"},
		{"g?y/./x", "https://a/b/c/g?y/./x"},
		{"g?y/../x", "https://a/b/c/g?y/../x"},
		{"http://b/x", "http://b/x"},
		{"ftp://b/x", "ftp://b/x"},
		/* bytes that are no part of a URL */
		{" /a b\xc3\xa4\r\n", "https://a/a%20b%C3%A4%0D%0A"},
		{"javascript:alert(1)", "javascript:alert(1)"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_str(url_join(arena, S("https://a/b/c/d;p?q"), str_from(rows[i][0])),
			   rows[i][1]);
	assert_str(url_join(arena, S("https://a:1?q"), S("x")), "https://a:1/x");
	assert_str(url_join(arena, S("https://a"), S("?x")), "https://a?x");
}

static void shown(void **state)
{
	static const char *const rows[][2] = {
		{"https://a/x?token=secret", "https://a/x"},
		{"https://user:secret@a:1/x#secret", "https://a:1/x"},
		{"HTTP://a?secret", "http://a"},
		{"user:secret@a/x?secret", "a/x"},
		{"", ""},
	};
	char deep[600] = "https://a/";
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_string_equal(url_shown(str_from(rows[i][0])).text, rows[i][1]);
	memset(deep + strlen(deep), 'x', 500);
	struct url_shown s = url_shown(str_from(deep));
	assert_int_equal(strlen(s.text), sizeof s.text - 1);
	assert_string_equal(s.text + sizeof s.text - 4, "...");
}

/* ---- fields ---- */

static const struct str head = {
	"HTTP/1.1 401 Unauthorized\r\nETag: \"a\"\r\nWWW-Authenticate: Basic realm=\"x\"\r\n"
	"www-authenticate:Bearer realm=\"y\"  \r\nX-Bad: a\001b\r\nX-Bad: good\r\nEmpty:\r\n\r\n",
	0};

static void fields(void **state)
{
	struct str h = {head.p, strlen(head.p)};
	(void)state;
	assert_str(field_find(h, S("etag")), "\"a\"");
	assert_str(field_find(h, S("x-bad")), "good");
	assert_str(field_find(h, S("empty")), "");
	assert_str(field_find(h, S("missing")), "");
	assert_str(field_find(h, S("http/1.1 401 unauthorized")), "");
	assert_str(field_find(S("X: a\001"), S("x")), "");
	assert_str(field_all(arena, h, S("WWW-Authenticate")),
		   "Basic realm=\"x\", Bearer realm=\"y\"");
}

static void content_ranges(void **state)
{
	static const struct {
		const char *text;
		uint64_t first, last, size;
	} rows[] = {
		{"bytes 0-499/1234", 0, 499, 1234},
		{"BYTES 734-1233/1234", 734, 1233, 1234},
		{"bytes 42-1233/*", 42, 1233, BLOB_UNSIZED},
		{"bytes 0-0/1", 0, 0, 1},
	};
	static const char *const bad[] = {
		"",
		"bytes */1234",
		"bytes 0-499",
		"bytes 500-499/1234",
		"bytes 0-1234/1234",
		"items 0-1/2",
		"bytes -5/10",
		"bytes 0-/10",
		"bytes 0--1/10",
		"bytes +0-1/10",
		"bytes 0-1/10x",
		"bytes 0-18446744073709551615/*",
		"bytes 0-18446744073709551616/*",
		"bytes 0-1/18446744073709551615",
		"multipart/byteranges",
	};
	struct content_range r;
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_true(field_content_range(str_from(rows[i].text), &r));
		assert_true(r.first == rows[i].first && r.last == rows[i].last &&
			    r.size == rows[i].size);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (field_content_range(str_from(bad[i]), &r))
			fail_msg("%s is taken", bad[i]);
}

/* The day of RFC 9110 is second 784111777. */
static void retry_after(void **state)
{
	static const struct {
		const char *text;
		uint64_t ms;
	} rows[] = {
		{"0", 0},
		{"120", 120000},
		{"18446744073709551615", UINT32_MAX},
		{"Sun, 06 Nov 1994 08:49:37 GMT", 37000},
		{"Sunday, 06-Nov-94 08:49:37 GMT", 37000},
		{"Sun Nov  6 08:49:37 1994", 37000},
		{"Sun, 06 Nov 1994 08:48:00 GMT", 0},
		{"Fri, 31 Dec 9999 23:59:59 GMT", UINT32_MAX},
	};
	static const char *const bad[] = {
		"", "-1", "soon", "1.5", "Sun, 06 Nov 1994", "99999999999999999999"};
	uint64_t ms;
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		ms = 1;
		assert_true(field_retry_after(str_from(rows[i].text), 784111740, &ms));
		assert_int_equal(ms, rows[i].ms);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(field_retry_after(str_from(bad[i]), 784111740, &ms));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts),          cmocka_unit_test(refused),
		cmocka_unit_test(origins),        cmocka_unit_test(references),
		cmocka_unit_test(shown),          cmocka_unit_test(fields),
		cmocka_unit_test(content_ranges), cmocka_unit_test(retry_after),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
