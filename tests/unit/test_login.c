/* net/: challenges of servers, and credentials in the files where container tools keep them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base64.h"
#include "challenge.h"
#include "credentials.h"
#include "fixture.h"
#include "out.h"

#include <cmocka.h>

/* ---- challenges: RFC 9110 section 11, its examples among them ---- */

static const struct row {
	const char *field, *want; /* "SCHEME(name=value;…)", "SCHEME[token]" */
} rows[] = {
	{"", ""},
	{"Basic", "Basic()"},
	{"Basic realm=\"simple\"", "Basic(realm=simple;)"},
	{"Newauth realm=\"apps\", type=1,\n\ttitle=\"Login to \\\"apps\\\"\", Basic realm=\"simple\"",
	 "Newauth(realm=apps;type=1;)"}, /* no control character is blank space */
	{"Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\", Basic realm=\"simple\"",
	 "Newauth(realm=apps;type=1;title=Login to \"apps\";)Basic(realm=simple;)"},
	{"Basic realm=\"simple\", Newauth realm=\"apps\"",
	 "Basic(realm=simple;)Newauth(realm=apps;)"},
	{"Basic , , Newauth", "Basic()Newauth()"},
	{", , Basic realm=x ,", "Basic(realm=x;)"},
	{"Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\","
	 "scope=\"repository:library/debian:pull\"",
	 "Bearer(realm=https://auth.docker.io/token;service=registry.docker.io;"
	 "scope=repository:library/debian:pull;)"},
	{"bearer REALM = \"a\\\\b\" , error=insufficient_scope",
	 "bearer(REALM=a\\b;error=insufficient_scope;)"},
	{"Negotiate", "Negotiate()"},
	{"Negotiate oRQwEqADCgEBoQ==, Basic realm=\"a, b=c\"",
	 "Negotiate[oRQwEqADCgEBoQ==]Basic(realm=a, b=c;)"},
	{"NTLM a", "NTLM[a]"},
	{"Basic realm=\"\"", "Basic(realm=;)"},
	/* What follows a mistake is left out. */
	{"Basic realm=\"open", "Basic()"},
	{"Basic realm=\"open\\", "Basic()"},
	{"Basic realm=", "Basic[realm=]"},
	{"Basic realm=\"a\" Bearer realm=\"b\"", "Basic(realm=a;)"},
	{"Basic a=1, (x) Bearer b=2", "Basic(a=1;)"},
	{"=, Basic", ""},
	{"Basic\trealm=a", ""},
};

static struct str shown(struct challenges all)
{
	struct out *o = out_new(arena);
	for (size_t i = 0; i < all.n; i++) {
		const struct challenge *c = &all.at[i];
		out_str(o, c->scheme);
		out_fmt(o, c->token.n ? "[%" PRIstr : "(%" PRIstr, ARG(c->token));
		for (size_t k = 0; k < c->parameters.n; k++)
			out_fmt(o, "%" PRIstr "=%" PRIstr ";", ARG(c->parameters.at[k].name),
				ARG(c->parameters.at[k].value));
		out_z(o, c->token.n ? "]" : ")");
	}
	return out_text(o);
}

static void challenges_are_taken_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct str field = str_dup(arena, str_from(rows[i].field));
		struct str got = shown(challenges_parse(arena, field));
		if (!str_eq(got, str_from(rows[i].want)))
			fail_msg("'%s': got '%.*s', want '%s'", rows[i].field, ARG(got),
				 rows[i].want);
		for (size_t n = 0; n < field.n; n++)
			(void)challenges_parse(arena, str_dup(arena, str_slice(field, 0, n)));
	}
}

static void parameters_are_found_by_name(void **state)
{
	(void)state;
	struct challenges all =
		challenges_parse(arena, S("Basic realm=a, BEARER Realm=\"b\", scope=c"));
	const struct challenge *c = challenge_find(&all, S("Bearer"));
	assert_non_null(c);
	assert_true(str_eq(challenge_value(c, S("realm")), S("b")));
	assert_true(str_eq(challenge_value(c, S("SCOPE")), S("c")));
	assert_int_equal(challenge_value(c, S("service")).n, 0);
	assert_null(challenge_find(&all, S("Digest")));
}

/* ---- credentials: containers-auth.json(5), and Docker's documentation of config.json ---- */

/* A home of its own, and no other place to look. */
static char home[] = "/tmp/offnode-login-XXXXXX";

static struct str in_home(const char *path)
{
	return str_fmt(arena, "%s/%s", home, path);
}

static void put(const char *path, mode_t mode, const char *text)
{
	char *z = str_z(arena, in_home(path));
	for (char *slash = strchr(z + strlen(home) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(z, 0700);
		*slash = '/';
	}
	FILE *f = fopen(z, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(z, mode), 0);
}

static const char *auth(const char *plain)
{
	return str_z(arena, base64_encode(arena, str_from(plain)));
}

static void put_auth(const char *path, const char *key, const char *plain)
{
	put(path, 0600,
	    str_z(arena,
		  str_fmt(arena, "{\"auths\": {\"%s\": {\"auth\": \"%s\"}}}", key, auth(plain))));
}

static bool find(const char *ref, const char *authfile, struct credentials *out, struct error *e)
{
	struct reference r;
	assert_true(reference_parse(arena, str_from(ref), &r, e));
	return credentials_find(arena, &r, str_from(authfile), out, e);
}

/* "USER SECRET", "* SECRET" for an identity, or "-" */
static void finds(const char *ref, const char *authfile, const char *want)
{
	struct credentials c = {0};
	struct error e = {0};
	if (!find(ref, authfile, &c, &e))
		fail_msg("%s: %s", ref, e.text);
	struct str got =
		!c.secret.n  ? S("-")
		: c.identity ? str_cat(arena, S("* "), c.secret)
			     : str_fmt(arena, "%" PRIstr " %" PRIstr, ARG(c.user), ARG(c.secret));
	if (!str_eq(got, str_from(want)))
		fail_msg("%s: got '%.*s', want '%s'", ref, ARG(got), want);
}

static void refuses(const char *authfile, enum error_kind kind, const char *part)
{
	struct credentials c = {0};
	struct error e = {0};
	if (find("r.example/a", authfile, &c, &e))
		fail_msg("taken, but should fail with '%s'", part);
	if (e.kind != kind || !strstr(e.text, part) || strstr(e.text, "geheim"))
		fail_msg("got %d '%s', want %d '%s'", e.kind, e.text, kind, part);
}

static int home_up(void **state)
{
	static const char *const variables[] = {"REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR",
						"XDG_CONFIG_HOME", "DOCKER_CONFIG"};
	for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
		unsetenv(variables[i]);
	return arena_up(state) || !mkdtemp(home) || setenv("HOME", home, 1) ||
	       setenv("PATH", str_z(arena, str_fmt(arena, "%s/bin:/usr/bin:/bin", home)), 1);
}

static int home_down(void **state)
{
	char command[100];
	snprintf(command, sizeof command, "rm -rf %s", home);
	return system(command) | arena_down(state);
}

static void files_are_looked_into_in_their_order(void **state)
{
	(void)state;
	const char *ref = "r.example/a";
	finds(ref, "", "-");
	put(".dockercfg", 0600,
	    str_z(arena, str_fmt(arena, "{\"https://r.example/v1/\": {\"auth\": \"%s\"}}",
				 auth("five:geheim"))));
	finds(ref, "", "five geheim");
	put_auth(".docker/config.json", "r.example", "four:geheim");
	finds(ref, "", "four geheim");
	put_auth("docker/config.json", "r.example", "docker:geheim");
	setenv("DOCKER_CONFIG", str_z(arena, in_home("docker")), 1);
	finds(ref, "", "docker geheim");
	put_auth(".config/containers/auth.json", "r.example", "three:geheim");
	finds(ref, "", "three geheim");
	put_auth("config/containers/auth.json", "r.example", "config:geheim");
	setenv("XDG_CONFIG_HOME", str_z(arena, in_home("config")), 1);
	finds(ref, "", "config geheim");
	put_auth("run/containers/auth.json", "r.example", "two:geheim");
	setenv("XDG_RUNTIME_DIR", str_z(arena, in_home("run")), 1);
	finds(ref, "", "two geheim");
	finds("other.example/a", "", "-");
	put_auth("run/containers/auth.json", "other.example", "other:geheim");
	finds(ref, "", "config geheim");
	put_auth("named", "r.example", "one:geheim");
	setenv("REGISTRY_AUTH_FILE", str_z(arena, in_home("named")), 1);
	finds(ref, "", "one geheim");
	finds("other.example/a", "", "-");
	put_auth("option", "r.example", "zero:geheim");
	finds(ref, str_z(arena, in_home("option")), "zero geheim");
	finds("other.example/a", str_z(arena, in_home("option")), "-");
	setenv("REGISTRY_AUTH_FILE", str_z(arena, in_home("nowhere")), 1);
	finds(ref, "", "-");
	refuses(str_z(arena, in_home("nowhere")), ERR_MISSING, "nowhere: No such file");
}

static void the_most_specific_key_counts(void **state)
{
	(void)state;
	const char *file = str_z(arena, in_home("keys"));
	put("keys", 0600,
	    str_z(arena,
		  str_fmt(arena,
			  "{\"auths\": {\"r.example\": {\"auth\": \"%s\"}, \"r.example/foo\": "
			  "{\"auth\": \"%s\"}, \"r.example/foo/bar/image\": {\"auth\": \"%s\"},"
			  "\"https://url.example:5000/v2/\": {\"auth\": \"%s\"},"
			  "\"https://index.docker.io/v1/\": {\"auth\": \"%s\"},"
			  "\"id.example\": {\"auth\": \"%s\", \"identitytoken\": \"token\"},"
			  "\"padded.example\": {\"auth\": \"%s\"}, \"empty.example\": {}}}",
			  auth("all:p"), auth("foo:p"), auth("image:p"), auth("url:p:q"),
			  auth("hub:p"), auth("00000000-0000-0000-0000-000000000000:"),
			  "cGFkOnNlY3JldAAAAA")));
	finds("r.example/foo/bar/image:latest", file, "image p");
	finds("r.example/foo/bar/other", file, "foo p");
	finds("r.example/foo/x", file, "foo p");
	finds("r.example/foobar/x", file, "all p");
	finds("r.example/foo", file, "foo p");
	finds("r.example:443/foo", file, "-");
	finds("url.example:5000/a/b", file, "url p:q");
	finds("debian", file, "hub p");
	finds("docker.io/a/b", file, "hub p");
	finds("id.example/a", file, "* token");
	finds("padded.example/a", file, "pad secret");
	finds("empty.example/a", file, "-");
}

static void programs_are_asked(void **state)
{
	(void)state;
	const char *file = str_z(arena, in_home("programs"));
	put("bin/docker-credential-one", 0700,
	    "#!/bin/sh\n[ $# = 1 ] && [ \"$1\" = get ] || exit 9\nread -r server || [ \"$server\" ]\n"
	    "printf '{\"ServerURL\":\"x\",\"Username\":\"one\",\"Secret\":\"%s\"}' \"$server\"\n");
	put("bin/docker-credential-all", 0700,
	    "#!/bin/sh\nprintf '{\"Username\":\"<token>\",\"Secret\":\"refresh\"}'\n");
	put("bin/docker-credential-none", 0700,
	    "#!/bin/sh\necho 'credentials not found in native keychain'; exit 1\n");
	put("bin/docker-credential-bad", 0700, "#!/bin/sh\necho geheim; exit 3\n");
	put("bin/docker-credential-odd", 0700, "#!/bin/sh\necho '{geheim'\n");
	put("bin/docker-credential-flood", 0700, "#!/bin/sh\nexec cat /dev/zero\n");
	put("programs", 0600,
	    str_z(arena,
		  str_fmt(arena,
			  "{\"auths\": {\"own.example\": {\"auth\": \"%s\"}},"
			  "\"credHelpers\": {\"r.example:5000\": \"one\","
			  "\"https://index.docker.io/v1/\": \"one\", \"own.example\": \"none\"},"
			  "\"credsStore\": \"all\"}",
			  auth("own:p"))));
	finds("r.example:5000/a", file, "one r.example:5000");
	finds("debian", file, "one https://index.docker.io/v1/");
	finds("other.example/a", file, "* refresh");
	finds("own.example/a", file, "own p");
	put("programs", 0600, "{\"credsStore\": \"bad\"}");
	refuses(file, ERR_USAGE, "docker-credential-bad: failed with status 3");
	put("programs", 0600, "{\"credsStore\": \"odd\"}");
	refuses(file, ERR_USAGE, "docker-credential-odd: its answer holds no Secret");
	put("programs", 0600, "{\"credsStore\": \"flood\"}");
	refuses(file, ERR_USAGE, "docker-credential-flood: stopped");
	put("programs", 0600, "{\"credsStore\": \"nowhere\"}");
	refuses(file, ERR_MISSING, "docker-credential-nowhere: No such file");
	put("programs", 0600, "{\"credsStore\": \"../bin/docker-credential-one\"}");
	refuses(file, ERR_USAGE, "no name of a program");
	put("programs", 0600, "{\"credsStore\": \"one;id\"}");
	refuses(file, ERR_USAGE, "no name of a program");
}

static void bad_files_are_told_and_not_quoted(void **state)
{
	(void)state;
	const char *file = str_z(arena, in_home("bad"));
	put("bad", 0600, "{\n\"auths\": geheim");
	refuses(file, ERR_USAGE, "bad: line 2: not JSON");
	put("bad", 0600, "{\"auths\": {\"r.example\": {\"auth\": \"geheim!\"}}}");
	refuses(file, ERR_USAGE, "bad: the entry of r.example: its `auth` is not");
	put("bad", 0600, "{\"auths\": {\"r.example\": {\"auth\": \"Z2VoZWlt\"}}}");
	refuses(file, ERR_USAGE, "its `auth` is not NAME:PASSWORD in base64");
	put("bad", 0600, "[]");
	finds("r.example/a", file, "-");
	put("bad", 0600, "{\"auths\": [], \"credHelpers\": 1}");
	finds("r.example/a", file, "-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(challenges_are_taken_apart),
		cmocka_unit_test(parameters_are_found_by_name),
		cmocka_unit_test(files_are_looked_into_in_their_order),
		cmocka_unit_test(the_most_specific_key_counts),
		cmocka_unit_test(programs_are_asked),
		cmocka_unit_test(bad_files_are_told_and_not_quoted),
	};
	return cmocka_run_group_tests(tests, home_up, home_down);
}
