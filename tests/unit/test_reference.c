/* net/reference.c: names of images, by the cases that the distribution project publishes for its
 * reference package. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "fixture.h"
#include "registry.h"

#include <cmocka.h>

#define F32 "ffffffffffffffffffffffffffffffff"
#define SHA256 "sha256:" F32 F32
#define SHA512 "sha512:" F32 F32 F32 F32
#define HEX64 "1a3f5e7d9c1b3a5f7e9d1c3b5a7f9e1d3c5b7a9f1e3d5d7c9b1a3f5e7d9c1b3a"
#define A16 "aaaaaaaaaaaaaaaa"
#define A128 A16 A16 A16 A16 A16 A16 A16 A16

static const struct good {
	const char *text, *host, *name, *tag, *digest;
} good[] = {
	{"test_com", "docker.io", "library/test_com", "latest", ""},
	{"test.com:tag", "docker.io", "library/test.com", "tag", ""},
	{"test.com:5000", "docker.io", "library/test.com", "5000", ""},
	{"test.com/repo:tag", "test.com", "repo", "tag", ""},
	{"test.com:5000/repo", "test.com:5000", "repo", "latest", ""},
	{"test:5000/repo:tag", "test:5000", "repo", "tag", ""},
	{"test:5000/repo@" SHA256, "test:5000", "repo", "", SHA256},
	{"test:5000/repo:tag@" SHA256, "test:5000", "repo", "tag", SHA256},
	{"xn--7o8h.com/myimage:xn--7o8h.com@" SHA512, "xn--7o8h.com", "myimage", "xn--7o8h.com",
	 SHA512},
	{"lowercase:Uppercase", "docker.io", "library/lowercase", "Uppercase", ""},
	{"sub-dom1.foo.com/bar/baz/quux:some-long-tag", "sub-dom1.foo.com", "bar/baz/quux",
	 "some-long-tag", ""},
	{"b.gcr.io/test.example.com/my-app:test.example.com", "b.gcr.io", "test.example.com/my-app",
	 "test.example.com", ""},
	{"xn--n3h.com:18080/foo", "xn--n3h.com:18080", "foo", "latest", ""},
	{"foo_bar.com:8080", "docker.io", "library/foo_bar.com", "8080", ""},
	{"foo/foo_bar.com:8080", "docker.io", "foo/foo_bar.com", "8080", ""},
	{"192.168.1.1", "docker.io", "library/192.168.1.1", "latest", ""},
	{"192.168.1.1:5000", "docker.io", "library/192.168.1.1", "5000", ""},
	{"192.168.1.1:5000/repo:5050", "192.168.1.1:5000", "repo", "5050", ""},
	{"[2001:db8::1]/repo", "[2001:db8::1]", "repo", "latest", ""},
	{"[2001:db8:1:2:3:4:5:6]/repo:tag", "[2001:db8:1:2:3:4:5:6]", "repo", "tag", ""},
	{"[2001:db8::1]:5000/repo:tag", "[2001:db8::1]:5000", "repo", "tag", ""},
	{"[::1]:5000/repo@" SHA256, "[::1]:5000", "repo", "", SHA256},
	{"docker/docker", "docker.io", "docker/docker", "latest", ""},
	{"debian", "docker.io", "library/debian", "latest", ""},
	{"docker.io/debian", "docker.io", "library/debian", "latest", ""},
	{"docker.io/library/foo/bar", "docker.io", "library/foo/bar", "latest", ""},
	{"index.docker.io/docker/docker", "docker.io", "docker/docker", "latest", ""},
	{"index.docker.io/debian", "docker.io", "library/debian", "latest", ""},
	{"127.0.0.1:5000/debian", "127.0.0.1:5000", "debian", "latest", ""},
	{"localhost/a", "localhost", "a", "latest", ""},
	{"localhosts/a", "docker.io", "localhosts/a", "latest", ""},
	{"thisisthesongthatneverendsitgoesonandonandonthisisthesongthatnev", "docker.io",
	 "library/thisisthesongthatneverendsitgoesonandonandonthisisthesongthatnev", "latest", ""},
	{"docker.io/" HEX64, "docker.io", "library/" HEX64, "latest", ""},
	{"test_com/foo", "docker.io", "test_com/foo", "latest", ""},
	{"test-com:8080/foo", "test-com:8080", "foo", "latest", ""},
	{"Foo/bar", "Foo", "bar", "latest", ""},
	{"docker---rules/docker", "docker.io", "docker---rules/docker", "latest", ""},
	{"dock__er/docker", "docker.io", "dock__er/docker", "latest", ""},
	{"jess/t", "docker.io", "jess/t", "latest", ""},
	{"a.io/b:" A128, "a.io", "b", A128, ""},
	{"a.io/" A128 A16 A16 A16 A16 A16 A16 A16 "aaaaaaaaaaaaaaa", "a.io",
	 A128 A16 A16 A16 A16 A16 A16 A16 "aaaaaaaaaaaaaaa", "latest", ""},
};

static const char *const bad[] = {
	"",
	":justtag",
	"@" SHA256,
	"repo@sha256:" F32 "ff",
	"repo@" SHA512 "ff",
	"validname@invaliddigest:" F32 F32 F32 F32,
	"repo@SHA256:" F32 F32,
	"repo@sha256:FF" F32 F32,
	"repo@",
	"repo:",
	"Uppercase:tag",
	"test:5000/Uppercase/lowercase:tag",
	"aa/asdf$$^/aa",
	"[2001:db8::1]",
	"[2001:db8::1]:5000",
	"[2001:db8::1]:tag",
	"[fe80::1%eth0]:5000/repo",
	"[fe80::1%@invalidzone]:5000/repo",
	"[2001:db8:3:4::192.0.2.33]:5000/debian",
	"[]/debian",
	"fc00::1:5000/debian",
	"https://github.com/docker/docker",
	"docker/Docker",
	"-docker",
	"-docker/docker",
	"docker-/docker",
	"-docker.io/docker/docker",
	"docker///docker",
	"docker.io/docker///docker",
	"docker.io/",
	"/docker",
	"docker/",
	"_docker/_docker",
	"____/____",
	"dock___er/docker",
	"dock..er/docker",
	"dock_.er/docker",
	"dock-.er/docker",
	HEX64,
	"a.io/b:-tag",
	"a.io/b:.tag",
	"a.io/b:" A128 "a",
	"a.io:99999/b",
	"a.io:0/b",
	"a.io:/b",
	"a.io:1a/b",
	"a..io/b",
	"user@a.io/b",
	"a.io/b c",
	"a.io/b\n",
	"a.io/../b",
	"a.io/b?c",
	"a.io/b#c",
	"a.io/%41",
	"a.io/" A128 A128,
};

static void good_names_have_their_parts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		const struct good *g = &good[i];
		struct reference r = {0};
		struct error e = {0};
		if (!reference_parse(arena, str_from(g->text), &r, &e))
			fail_msg("%s: %s", g->text, e.text);
		if (!str_eq(r.host, str_from(g->host)) || !str_eq(r.name, str_from(g->name)) ||
		    !str_eq(r.tag, str_from(g->tag)) || !str_eq(r.digest, str_from(g->digest)))
			fail_msg("%s: '%.*s' '%.*s' '%.*s' '%.*s'", g->text, ARG(r.host),
				 ARG(r.name), ARG(r.tag), ARG(r.digest));
	}
}

static void bad_names_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct reference r = {0};
		struct error e = {0};
		if (reference_parse(arena, str_from(bad[i]), &r, &e))
			fail_msg("'%s' is taken", bad[i]);
		assert_int_equal(e.kind, ERR_USAGE);
		assert_true(strncmp(e.text, "reference: ", 11) == 0);
		assert_null(r.host.p);
	}
}

static void no_byte_beyond_a_name_is_looked_at(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		for (size_t n = 0; n <= strlen(good[i].text); n++) {
			struct reference r;
			struct error e;
			struct str part = str_dup(arena, (struct str){good[i].text, n});
			(void)reference_parse(arena, part, &r, &e);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_names_have_their_parts),
		cmocka_unit_test(bad_names_are_refused),
		cmocka_unit_test(no_byte_beyond_a_name_is_looked_at),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
