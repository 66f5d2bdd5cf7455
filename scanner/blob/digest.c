/*
 * digest.c - content that must match its digest (OCI image spec, descriptor.md "Digests"); the
 * one door to OpenSSL. sha256 and sha512 are known; other registered algorithms are refused.
 */
#include <openssl/evp.h>
#include <string.h>

#include "arena.h"
#include "blob.h"

struct verify {
	struct stream stream;
	struct stream *of;
	EVP_MD_CTX *hash;
	struct str hex; /* as the descriptor has it */
	uint64_t size, n;
	bool ended;
};

static void free_hash(void *arg)
{
	EVP_MD_CTX_free(arg);
}

static struct str hex_of(struct arena *a, const unsigned char *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	char *z = NEW_N(a, char, 2 * n + 1);
	for (size_t i = 0; i < n; i++) {
		z[2 * i] = digits[p[i] >> 4];
		z[2 * i + 1] = digits[p[i] & 15];
	}
	return (struct str){z, 2 * n};
}

static bool is_hex(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
			return false;
	return true;
}

/* A digest is ASCII by its grammar, so that its beginning can be shown. */
static struct str shown(struct str digest)
{
	return str_slice(digest, 0, 140);
}

static const EVP_MD *parse_digest(struct str digest, struct str *hex, struct error *e)
{
	struct str algorithm;
	if (!str_cut(digest, ':', &algorithm, hex) || algorithm.n == 0 || hex->n == 0) {
		fail(e, ERR_USAGE, "digest %" PRIstr ": is not ALGORITHM:HEX", ARG(shown(digest)));
		return NULL;
	}
	bool sha512 = str_eq(algorithm, S("sha512"));
	if (!sha512 && !str_eq(algorithm, S("sha256"))) {
		fail(e, ERR_UNSUPPORTED, "digest %" PRIstr ": unknown algorithm",
		     ARG(shown(digest)));
		return NULL;
	}
	if (hex->n != (sha512 ? 128u : 64u) || !is_hex(*hex)) {
		fail(e, ERR_USAGE, "digest %" PRIstr ": is not %d lower-case hexadecimal digits",
		     ARG(shown(digest)), sha512 ? 128 : 64);
		return NULL;
	}
	return sha512 ? EVP_sha512() : EVP_sha256();
}

static bool verify_end(struct verify *v, struct error *e)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	char hex[2 * EVP_MAX_MD_SIZE + 1];
	unsigned len = 0;
	if (v->n != v->size)
		return fail(e, ERR_CORRUPT,
			    "%" PRIstr ": size mismatch: %llu bytes where %llu were promised",
			    ARG(v->stream.name), (unsigned long long)v->n,
			    (unsigned long long)v->size);
	if (!v->ended && EVP_DigestFinal_ex(v->hash, sum, &len) != 1)
		return fail(e, ERR_UNSUPPORTED, "digest: the crypto library refused to hash");
	if (v->ended)
		return true;
	for (unsigned i = 0; i < len; i++)
		snprintf(hex + 2 * (size_t)i, 3, "%02x", sum[i]);
	if (!str_eq(v->hex, (struct str){hex, 2 * (size_t)len}))
		return fail(e, ERR_CORRUPT,
			    "%" PRIstr ": digest mismatch: hashes to %s where %" PRIstr
			    " was promised",
			    ARG(v->stream.name), hex, ARG(v->hex));
	v->ended = true;
	return true;
}

static bool verify_next(struct stream *s, const void **buf, size_t *n, struct error *e)
{
	struct verify *v = (struct verify *)s;
	const void *p = NULL;
	size_t got = 0;
	if (!v->ended && !v->of->next(v->of, &p, &got, e))
		return false;
	v->n += got;
	if (v->n > v->size || got == 0) {
		if (!verify_end(v, e))
			return false;
	} else if (EVP_DigestUpdate(v->hash, p, got) != 1) {
		return fail(e, ERR_UNSUPPORTED, "digest: the crypto library refused to hash");
	}
	*buf = p;
	*n = got;
	return true;
}

struct stream *stream_verify(struct arena *a, struct stream *of, struct str digest, uint64_t size,
			     struct error *e)
{
	struct str hex;
	const EVP_MD *algorithm = parse_digest(digest, &hex, e);
	if (!algorithm)
		return NULL;
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	if (hash)
		arena_defer(a, free_hash, hash);
	if (!hash || EVP_DigestInit_ex(hash, algorithm, NULL) != 1) {
		fail(e, ERR_UNSUPPORTED, "digest: the crypto library refused to hash");
		return NULL;
	}
	struct verify *v = NEW(a, struct verify);
	*v = (struct verify){
		.stream = {.name = of->name, .next = verify_next},
		.of = of,
		.hash = hash,
		.hex = str_dup(a, hex),
		.size = size,
	};
	return &v->stream;
}

bool digest_valid(struct str digest)
{
	struct str hex;
	struct error ignored;
	return parse_digest(digest, &hex, &ignored);
}

void digest_sha256_raw(struct str bytes, unsigned char sum[32])
{
	unsigned len = 0;
	memset(sum, 0, 32);
	EVP_Digest(bytes.p, bytes.n, sum, &len, EVP_sha256(), NULL);
}

struct str digest_sha256(struct arena *a, struct str bytes)
{
	unsigned char sum[32];
	digest_sha256_raw(bytes, sum);
	return str_cat(a, S("sha256:"), hex_of(a, sum, sizeof sum));
}
