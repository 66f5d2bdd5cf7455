/*
 * login.c - a registry's challenge to what is said in Authorization: a token of its token server
 * (the distribution project's "Token Authentication Specification" and "OAuth2 Token
 * Authentication"), else user and password (RFC 7617).
 *
 * A token is asked for to pull from the one repository that was typed, whatever scope the challenge
 * names. The realm may be on another host, as with Docker Hub, but what a registry named over HTTPS
 * is asked over HTTPS. When a token ends is not looked at: the next challenge brings a new one. Not
 * supported: other schemes than Bearer and Basic.
 */
#include "login.h"

#include <pthread.h>
#include <setjmp.h>
#include <string.h>
#include <time.h>

#include "arena.h"
#include "base64.h"
#include "challenge.h"
#include "credentials.h"
#include "doc.h"
#include "http.h"
#include "out.h"
#include "url.h"

enum { MEMORY = 32 << 20, TOKEN_BYTES = 1 << 20, FRESH_MS = 2000 };

struct login {
	struct http_login http;
	struct net *net;
	struct watch *watch;
	const struct reference *ref;
	struct str origin;
	bool no_tokens;              /* nobody else is asked for one */
	pthread_mutex_t lock;        /* of all that follows */
	char value[HTTP_SECRET_MAX]; /* of Authorization; empty: not known */
	int64_t made;                /* when, in milliseconds */
};

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Puts "SCHEME SECRET" into an Authorization's value. */
static bool say(char value[HTTP_SECRET_MAX], struct str scheme, struct str secret, struct error *e)
{
	if (scheme.n + secret.n + 2 > HTTP_SECRET_MAX)
		return fail(e, ERR_LIMIT, "a secret of more than %d bytes", HTTP_SECRET_MAX);
	memcpy(value, scheme.p, scheme.n);
	value[scheme.n] = ' ';
	memcpy(value + scheme.n + 1, secret.p, secret.n);
	value[scheme.n + 1 + secret.n] = '\0';
	return true;
}

/* ---- Basic ---- */

static bool say_basic(struct arena *a, const struct credentials *c, char value[HTTP_SECRET_MAX],
		      struct error *e)
{
	struct str pair = str_fmt(a, "%" PRIstr ":%" PRIstr, ARG(c->user), ARG(c->secret));
	return say(value, S("Basic"), base64_encode(a, pair), e);
}

static bool basic(struct arena *a, const struct credentials *c, char value[HTTP_SECRET_MAX],
		  struct error *e)
{
	if (!c->secret.n || c->identity)
		return fail(e, ERR_MISSING,
			    "a user and a password are asked for, and none are known");
	return say_basic(a, c, value, e);
}

/* ---- Bearer ---- */

/* Tells the token server at once who is asking: it would otherwise give a token to nobody. */
struct asker {
	struct http_login http;
	struct arena *a;
	const struct credentials *credentials;
};

static bool asker_authorize(struct http_login *l, struct str url, struct str challenge,
			    char value[HTTP_SECRET_MAX], struct error *e)
{
	struct asker *k = (struct asker *)l;
	(void)url;
	if (challenge.n)
		return fail(e, ERR_MISSING, "the user or the password is refused");
	return say_basic(k->a, k->credentials, value, e);
}

/* NAME=VALUE of a query or a form (RFC 3986 section 2.3). */
static void add_pair(struct out *o, const char *before, const char *name, struct str value)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	out_fmt(o, "%s%s=", before, name);
	for (size_t i = 0; i < value.n; i++)
		if (value.p[i] && strchr(plain, value.p[i]))
			out_str(o, str_slice(value, i, i + 1));
		else
			out_fmt(o, "%%%02X", (unsigned char)value.p[i]);
}

static struct str scope_of(const struct login *l, struct arena *a)
{
	return str_fmt(a, "repository:%" PRIstr ":pull", ARG(l->ref->name));
}

static struct str refresh_form(const struct login *l, struct arena *a, struct str service,
			       struct str token)
{
	struct out *o = out_new(a);
	add_pair(o, "", "grant_type", S("refresh_token"));
	add_pair(o, "&", "service", service);
	add_pair(o, "&", "client_id", S("offnode"));
	add_pair(o, "&", "scope", scope_of(l, a));
	add_pair(o, "&", "refresh_token", token);
	return out_text(o);
}

static struct str token_url(const struct login *l, struct arena *a, struct str realm,
			    struct str service)
{
	struct out *o = out_new(a);
	out_str(o, realm);
	const char *before = str_find(realm, '?') < realm.n ? "&" : "?";
	if (service.n)
		add_pair(o, before, "service", service);
	add_pair(o, service.n ? "&" : before, "scope", scope_of(l, a));
	return out_text(o);
}

static bool check_realm(const struct login *l, struct str realm, struct error *e)
{
	struct url u;
	if (!url_parse(realm, &u, e)) {
		e->kind = ERR_CORRUPT;
		return fail_in(e, "realm");
	}
	if (!u.secure && str_starts(l->origin, S("https:")))
		return fail(e, ERR_CORRUPT, "realm %s: it would be asked without TLS",
			    url_shown(realm).text);
	return true;
}

/* What a token may consist of (RFC 6750 section 2.1), and so that it is one field of a request. */
static bool token_valid(struct str token)
{
	for (size_t i = 0; i < token.n; i++)
		if (token.p[i] <= ' ' || token.p[i] > '~')
			return false;
	return token.n > 0;
}

static bool token_read(struct arena *a, struct str body, struct str *out, struct error *e)
{
	struct file *file = NEW(a, struct file);
	struct doc_fault fault;
	*file = (struct file){.text = body, .size = body.n};
	const struct doc *d = doc_json(a, file, &fault);
	struct str token = doc_string(doc_get(d, S("token")));
	if (!token.n)
		token = doc_string(doc_get(d, S("access_token")));
	if (!token_valid(token))
		return fail(e, ERR_CORRUPT, "the reply holds no token");
	*out = token;
	return true;
}

static bool bearer(struct login *l, struct arena *a, const struct challenge *c,
		   const struct credentials *k, char value[HTTP_SECRET_MAX], struct error *e)
{
	struct str realm = challenge_value(c, S("realm"));
	struct str service = challenge_value(c, S("service"));
	struct asker asker = {.http = {asker_authorize}, .a = a, .credentials = k};
	struct http_request r = {
		.step = S("token"), .max = TOKEN_BYTES, .watch = l->watch, .url = realm};
	struct http_reply reply;
	struct str body, token;
	if (!check_realm(l, realm, e))
		return false;
	if (k->identity)
		r.form = str_z(a, refresh_form(l, a, service, k->secret));
	else
		r.url = token_url(l, a, realm, service);
	if (k->secret.n && !k->identity)
		r.login = &asker.http;
	if (!http_slurp(a, l->net, &r, &reply, &body, e))
		return false;
	if (!token_read(a, body, &token, e))
		return fail_in(e, "%s: token", url_shown(realm).text);
	return say(value, S("Bearer"), token, e);
}

/* ---- the answer ---- */

static bool answer(struct login *l, struct arena *a, struct str challenge, struct error *e)
{
	struct challenges all = challenges_parse(a, challenge);
	const struct challenge *tokens = l->no_tokens ? NULL : challenge_find(&all, S("Bearer"));
	struct credentials c;
	if (!tokens && !challenge_find(&all, S("Basic")))
		return fail(e, ERR_UNSUPPORTED, "'%" PRIstr "' is asked for: not supported",
			    ARG(str_slice(challenge, 0, 60)));
	if (!credentials_find(a, l->ref, l->net->opts.authfile, &c, e))
		return false;
	return tokens ? bearer(l, a, tokens, &c, l->value, e) : basic(a, &c, l->value, e);
}

static void answer_full(void *arg)
{
	longjmp(*(jmp_buf *)arg, 1);
}

/* What is read to answer lies in memory of its own, and goes away with it. */
static bool answer_guarded(struct login *l, struct str challenge, struct error *e)
{
	jmp_buf full;
	struct arena *a = arena_new(MEMORY, answer_full, &full);
	bool good = setjmp(full) == 0 ? answer(l, a, challenge, e)
				      : fail(e, ERR_LIMIT, "more than %d bytes of replies", MEMORY);
	arena_free(a);
	return good;
}

/* Threads that were challenged together are told the same: what one of them has just got is not got
 * again. */
static bool login_authorize(struct http_login *h, struct str url, struct str challenge,
			    char value[HTTP_SECRET_MAX], struct error *e)
{
	struct login *l = (struct login *)h;
	bool good = true;
	(void)url;
	pthread_mutex_lock(&l->lock);
	bool fresh = l->value[0] && now_ms() - l->made < FRESH_MS;
	if (challenge.n && !fresh) {
		good = answer_guarded(l, challenge, e) ||
		       fail_in(e, "login to %" PRIstr, ARG(l->ref->host));
		l->made = now_ms();
	}
	if (good)
		memcpy(value, l->value, strlen(l->value) + 1);
	pthread_mutex_unlock(&l->lock);
	return good;
}

static void login_end(void *arg)
{
	struct login *l = arg;
	explicit_bzero(l->value, sizeof l->value);
	pthread_mutex_destroy(&l->lock);
}

struct http_login *login_new(struct arena *a, struct net *n, const struct reference *ref,
			     struct str origin, struct watch *w)
{
	struct login *l = NEW(a, struct login);
	*l = (struct login){
		.http = {login_authorize}, .net = n, .watch = w, .ref = ref, .origin = origin};
	pthread_mutex_init(&l->lock, NULL);
	arena_defer(a, login_end, l);
	return &l->http;
}

struct http_login *net_login(struct arena *a, struct net *n, struct str url, struct watch *w)
{
	struct reference *ref = NEW(a, struct reference);
	struct error ignored;
	struct url u;
	if (url_parse(url, &u, &ignored))
		ref->host = str_slice(url, (size_t)(u.host.p - url.p), (size_t)(u.rest.p - url.p));
	struct login *l = (struct login *)login_new(a, n, ref, S(""), w);
	l->no_tokens = true;
	return &l->http;
}
