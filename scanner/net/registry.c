/*
 * registry.c - manifests and blobs of one repository (OCI distribution specification v1.1, "Pulling
 * manifests" and "Pulling blobs"; Docker's registry API v2, which it comes from). What is asked for
 * by its digest comes from the cache where it is there. Not supported: mirrors, and Docker Hub
 * under any other name than its own.
 */
#include "registry.h"

#include "arena.h"
#include "http.h"
#include "login.h"

enum { MANIFEST_BYTES = 4 << 20 };

struct registry {
	struct net *net;
	struct cache *cache;
	struct watch *watch;
	struct http_login *login;
	struct str base; /* "https://HOST/v2/NAME" */
	uint64_t max_spill;
};

struct registry *registry_new(struct arena *a, struct net *n, struct cache *cache,
			      const struct reference *ref, uint64_t max_spill, struct watch *w)
{
	struct registry *r = NEW(a, struct registry);
	bool hub = str_eq(ref->host, S("docker.io"));
	struct str host = hub ? S("registry-1.docker.io") : ref->host;
	struct str origin =
		str_fmt(a, "%s://%" PRIstr, n->opts.plain_http ? "http" : "https", ARG(host));
	*r = (struct registry){
		.net = n,
		.cache = cache,
		.watch = w,
		.login = login_new(a, n, ref, origin, w),
		.base = str_fmt(a, "%" PRIstr "/v2/%" PRIstr, ARG(origin), ARG(ref->name)),
		.max_spill = max_spill,
	};
	return r;
}

static struct http_request request(struct registry *r, struct arena *a, const char *kind,
				   struct str which)
{
	return (struct http_request){
		.url = str_fmt(a, "%" PRIstr "/%s/%" PRIstr, ARG(r->base), kind, ARG(which)),
		.login = r->login,
		.watch = r->watch,
	};
}

/* ---- manifests ---- */

/* Types that servers give to what they know nothing about. */
static struct str telling(struct str type)
{
	static const char *const vague[] = {"application/json", "application/octet-stream",
					    "text/plain"};
	for (size_t i = 0; i < sizeof vague / sizeof *vague; i++)
		if (str_eq_nocase(type, str_from(vague[i])))
			return (struct str){0};
	return type;
}

static bool prove(struct arena *a, struct str bytes, struct str digest, struct error *e)
{
	struct blob *b = blob_memory(a, S("manifest"), bytes);
	struct stream *s = stream_verify(a, stream_blob(a, b), digest, bytes.n, e);
	return s && stream_drain(s, e);
}

static bool cached(struct registry *r, struct arena *a, struct str digest, struct str *out)
{
	struct error ignored;
	struct blob *b = r->cache ? cache_blob(a, r->cache, digest, r->watch) : NULL;
	return b && blob_slurp(a, b, MANIFEST_BYTES, out, &ignored);
}

/* A cache that does not work is none. */
static void keep(struct registry *r, struct arena *a, struct str digest, struct str bytes)
{
	struct error ignored;
	struct stream *s = stream_blob(a, blob_memory(a, S("manifest"), bytes));
	struct blob *b =
		r->cache ? cache_spool(a, r->cache, digest, s, r->max_spill, &ignored) : NULL;
	if (b)
		(void)stream_drain(stream_blob(a, b), &ignored);
}

static bool fetch_manifest(struct registry *r, struct arena *a, struct str which,
			   struct registry_manifest *out, struct error *e)
{
	bool by_digest = digest_valid(which);
	struct http_request q = request(r, a, "manifests", which);
	struct http_reply reply;
	struct registry_manifest m;
	q.step = S("manifest");
	q.max = MANIFEST_BYTES;
	q.accept = S("application/vnd.oci.image.index.v1+json, "
		     "application/vnd.oci.image.manifest.v1+json, "
		     "application/vnd.docker.distribution.manifest.list.v2+json, "
		     "application/vnd.docker.distribution.manifest.v2+json");
	if (!http_slurp(a, r->net, &q, &reply, &m.bytes, e))
		return false;
	m.type = telling(reply.type);
	m.digest = by_digest ? which : digest_sha256(a, m.bytes);
	if ((by_digest && !prove(a, m.bytes, which, e)) ||
	    (reply.digest.n && !prove(a, m.bytes, reply.digest, e))) {
		e->kind = ERR_CORRUPT;
		return fail_in(e, "%s", url_shown(q.url).text);
	}
	keep(r, a, m.digest, m.bytes);
	*out = m;
	return true;
}

bool registry_manifest(struct registry *r, struct arena *a, struct str which,
		       struct registry_manifest *out, struct error *e)
{
	struct str bytes;
	if (!digest_valid(which) || !cached(r, a, which, &bytes))
		return fetch_manifest(r, a, which, out, e);
	*out = (struct registry_manifest){.bytes = bytes, .digest = which};
	return true;
}

/* ---- blobs ---- */

static bool size_fits(const struct http_request *q, uint64_t size, uint64_t promised,
		      struct error *e)
{
	if (size == BLOB_UNSIZED || size == promised)
		return true;
	return fail(e, ERR_CORRUPT, "%s: %llu bytes long, its descriptor says %llu",
		    url_shown(q->url).text, (unsigned long long)size, (unsigned long long)promised);
}

struct blob *registry_blob(struct registry *r, struct arena *a, struct str digest, uint64_t size,
			   struct error *e)
{
	struct http_request q = request(r, a, "blobs", digest);
	struct http_reply reply;
	struct blob *b = r->cache ? cache_blob(a, r->cache, digest, r->watch) : NULL;
	if (b)
		return size_fits(&q, b->size, size, e) ? b : NULL;
	q.proved = true;
	struct stream *s = http_open(a, r->net, &q, &reply, e);
	if (!s || !size_fits(&q, reply.size, size, e))
		return NULL;
	s = stream_verify(a, s, digest, size, e);
	if (!s)
		return NULL;
	return r->cache ? cache_spool(a, r->cache, digest, s, r->max_spill, e)
			: blob_spool(a, s, r->max_spill, e);
}

bool registry_ranges(struct registry *r, struct arena *a, struct str digest, uint64_t size,
		     struct blob **out, struct error *e)
{
	struct http_request *q = NEW(a, struct http_request);
	*q = request(r, a, "blobs", digest);
	q->step = S("part of a blob");
	*out = NULL;
	return r->net->opts.offline || net_ranges(a, r->net, q, size, r->max_spill, out, e);
}
