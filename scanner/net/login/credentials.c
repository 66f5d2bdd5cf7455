/*
 * credentials.c - the user's credentials for a repository, out of the files in which container
 * tools keep them: containers-auth.json(5), and Docker's config.json and .dockercfg, in the order
 * in which those tools look. The first file that has any for the repository is the one; in it a
 * program for this registry goes before the program for all, and that before what the file holds
 * itself. Keys are taken from the most specific on; those of registries also as URLs, as Docker
 * writes them. Not supported: `registrytoken`, and a registries.conf that names programs.
 */
#include "credentials.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "base64.h"
#include "doc.h"

enum { FILE_BYTES = 4 << 20, FILES_MAX = 4 };

#define HUB_SERVER "https://index.docker.io/v1/" /* what Docker's programs know it by */

struct keeping {
	const char *path; /* NULL: none */
	bool legacy;      /* .dockercfg: the whole file is what `auths` is elsewhere */
	bool needed;      /* that it is not there is an error */
};

/* ---- where ---- */

/* The value of a variable with a path behind it; NULL where it is not set. */
static const char *below(struct arena *a, const char *variable, const char *path)
{
	const char *dir = getenv(variable);
	return dir && *dir ? str_z(a, str_fmt(a, "%s%s", dir, path)) : NULL;
}

static const char *either(const char *x, const char *y)
{
	return x ? x : y;
}

static void files(struct arena *a, struct str authfile, struct keeping out[FILES_MAX])
{
	memset(out, 0, FILES_MAX * sizeof *out);
	if (authfile.n) {
		out[0] = (struct keeping){.path = str_z(a, authfile), .needed = true};
		return;
	}
	out[0].path = below(a, "REGISTRY_AUTH_FILE", "");
	if (out[0].path)
		return;
	out[0].path = below(a, "XDG_RUNTIME_DIR", "/containers/auth.json");
	out[1].path = either(below(a, "XDG_CONFIG_HOME", "/containers/auth.json"),
			     below(a, "HOME", "/.config/containers/auth.json"));
	out[2].path = either(below(a, "DOCKER_CONFIG", "/config.json"),
			     below(a, "HOME", "/.docker/config.json"));
	out[3] = (struct keeping){.path = below(a, "HOME", "/.dockercfg"), .legacy = true};
}

/* NULL, without a failure, for a file that need not be there. What is wrong with it is not quoted:
 * it holds secrets. */
static bool load(struct arena *a, const struct keeping *k, const struct doc **out, struct error *e)
{
	*out = NULL;
	if (!k->path || (!k->needed && access(k->path, F_OK) != 0))
		return true;
	struct str path = str_from(k->path);
	struct blob *b = blob_open(a, path, NULL, e);
	struct file *file = NEW(a, struct file);
	*file = (struct file){.path = path, .real = path};
	if (!b || !blob_slurp(a, b, FILE_BYTES, &file->text, e))
		return false;
	file->size = file->text.n;
	struct doc_fault fault = {0};
	*out = doc_json(a, file, &fault);
	if (*out)
		return true;
	size_t line = fault.from ? origin_place(fault.from).line : 1;
	return fail(e, ERR_USAGE, "%s: line %zu: not JSON", k->path, line);
}

/* ---- keys ---- */

/* The registry that a key names; empty for one that names a part of a registry. */
static struct str host_of(struct str key, bool legacy)
{
	static const char *const schemes[] = {"https://", "http://"};
	static const char *const hub[] = {"index.docker.io", "registry-1.docker.io"};
	struct str host, path;
	bool url = legacy;
	for (size_t i = 0; i < 2; i++)
		if (str_starts(key, str_from(schemes[i]))) {
			key = str_tail(key, strlen(schemes[i]));
			url = true;
		}
	if (str_cut(key, '/', &host, &path) && !url)
		return (struct str){0};
	for (size_t i = 0; i < 2; i++)
		if (str_eq(host, str_from(hub[i])))
			return S("docker.io");
	return host;
}

/* The value in a map whose key fits a repository best; NULL where none does. */
static const struct doc *best(struct arena *a, const struct doc *map, const struct reference *ref,
			      bool legacy)
{
	struct str key = str_fmt(a, "%" PRIstr "/%" PRIstr, ARG(ref->host), ARG(ref->name));
	if (!map || map->kind != DOC_MAP)
		return NULL;
	for (size_t slash; (slash = str_rfind(key, '/')) < key.n; key = str_slice(key, 0, slash))
		if (doc_get(map, key))
			return doc_get(map, key);
	if (doc_get(map, key))
		return doc_get(map, key);
	for (size_t i = 0; i < map->n; i++)
		if (str_eq(host_of(map->entries[i].key, legacy), ref->host))
			return map->entries[i].value;
	return NULL;
}

/* ---- what a file has ---- */

/* `auth` is NAME:PASSWORD in base64, which some programs fill up with zeros. */
static bool entry_read(struct arena *a, const struct doc *entry, struct credentials *out,
		       struct error *e)
{
	struct str identity = doc_string(doc_get(entry, S("identitytoken"))), plain;
	struct str auth = doc_string(doc_get(entry, S("auth")));
	if (identity.n) {
		*out = (struct credentials){.secret = identity, .identity = true};
		return true;
	}
	if (!auth.n)
		return true;
	struct credentials c = {0};
	if (!base64_decode(a, auth, &plain) || !str_cut(plain, ':', &c.user, &c.secret))
		return fail(e, ERR_USAGE, "its `auth` is not NAME:PASSWORD in base64");
	while (c.secret.n && c.secret.p[c.secret.n - 1] == '\0')
		c.secret.n--;
	*out = c;
	return true;
}

static bool file_read(struct arena *a, const struct doc *d, const struct reference *ref,
		      bool legacy, struct credentials *out, struct error *e)
{
	bool hub = str_eq(ref->host, S("docker.io"));
	struct str server = hub ? S(HUB_SERVER) : ref->host;
	const struct doc *auths = legacy ? d : doc_get(d, S("auths"));
	struct str program = doc_string(best(a, doc_get(d, S("credHelpers")), ref, false));
	if (!program.n)
		program = doc_string(doc_get(d, S("credsStore")));
	if (program.n && !credentials_ask(a, program, server, out, e))
		return false;
	return out->secret.n || entry_read(a, best(a, auths, ref, legacy), out, e) ||
	       fail_in(e, "the entry of %" PRIstr, ARG(ref->host));
}

bool credentials_find(struct arena *a, const struct reference *ref, struct str authfile,
		      struct credentials *out, struct error *e)
{
	struct keeping keepings[FILES_MAX];
	struct credentials found = {0};
	files(a, authfile, keepings);
	for (size_t i = 0; i < FILES_MAX && !found.secret.n; i++) {
		const struct doc *d;
		if (!load(a, &keepings[i], &d, e))
			return false;
		if (d && !file_read(a, d, ref, keepings[i].legacy, &found, e))
			return fail_in(e, "%s", keepings[i].path);
	}
	*out = found;
	return true;
}
