/*
 * program.c - the version of the kubelet in a program, by the program's own bytes: nothing is
 * executed. What is found becomes the file's gist (rootfs.h), lines of a word and a value:
 *
 *	go go1.21.8
 *	path k8s.io/kubernetes/cmd/kubelet
 *	kubelet v1.29.3
 *
 * In an archive that cannot be read in place, programs that may carry a kubelet are skimmed as they
 * go by. Not supported: programs that are packed, and kubelets not written in Go.
 */
#include "program.h"

#include <string.h>

#include "arena.h"
#include "out.h"
#include "sieve.h"

enum { SMALLEST = 64 << 10, WRITABLE_MAX = 128 << 20 };

/* ---- the gist ---- */

/* One printable word: what is in a program may be anything. */
static void write_line(struct out *o, const char *key, struct str value)
{
	if (value.n == 0 || value.n > 256)
		return;
	for (size_t i = 0; i < value.n; i++)
		if (value.p[i] <= ' ' || value.p[i] > '~')
			return;
	out_fmt(o, "%s %" PRIstr "\n", key, ARG(value));
}

static struct str gist_of(struct sieve *s)
{
	struct out *o = out_new(s->arena);
	struct gobuild build = sieve_build(s);
	bool contradicted;
	struct str version = sieve_version(s, &contradicted);
	write_line(o, "go", build.go);
	write_line(o, "path", gobuild_path(build.text));
	write_line(o, contradicted ? "contradicted" : "kubelet", version);
	return str_dup(s->arena, out_text(o));
}

/* ---- where the bytes are ---- */

static bool read_window(struct blob *b, uint64_t at, char *buf, size_t *n, struct error *e)
{
	size_t got = 1;
	for (*n = 0; *n < SIEVE_STEP + SIEVE_AHEAD && got; *n += got)
		if (!b->read(b, at + *n, buf + *n, SIEVE_STEP + SIEVE_AHEAD - *n, &got, e))
			return false;
	return true;
}

/* Writable segments alone are walked over, each window once. */
static bool walk(struct sieve *s, struct blob *b, char *buf, struct error *e)
{
	uint64_t next = 0, read = 0;
	size_t n = 0;
	for (size_t i = 0; i < s->elf.n; i++) {
		const struct segment *g = &s->elf.segments[i];
		uint64_t at = g->at / SIEVE_STEP * SIEVE_STEP;
		if (!g->writable || g->at >= b->size)
			continue;
		at = at < next ? next : at;
		for (; at < b->size && (at < g->at || at - g->at < g->n); at += SIEVE_STEP) {
			if ((read += SIEVE_STEP) > WRITABLE_MAX)
				return fail(e, ERR_LIMIT, "more than %d bytes of variables",
					    WRITABLE_MAX);
			if (!read_window(b, at, buf, &n, e))
				return false;
			sieve_window(s, at, (struct str){buf, n});
			next = at + SIEVE_STEP;
		}
	}
	return true;
}

bool program_gist(struct arena *a, struct blob *b, struct str *out, struct error *e)
{
	struct sieve s;
	char magic[4];
	size_t got = 0;
	*out = S("");
	if (b->size < SMALLEST || !b->read(b, 0, magic, sizeof magic, &got, e))
		return b->size < SMALLEST;
	if (got < sizeof magic || memcmp(magic,
					 "\x7f"
					 "ELF",
					 4) != 0)
		return true;
	char *buf = NEW_N(a, char, SIEVE_STEP + SIEVE_AHEAD);
	if (!read_window(b, 0, buf, &got, e))
		return false;
	if (!sieve_begin(&s, a, b, str_slice((struct str){buf, got}, 0, ELF_HEAD)))
		return true;
	if (!walk(&s, b, buf, e))
		return false;
	*out = gist_of(&s);
	if (s.error.kind != ERR_NONE)
		*e = s.error;
	return s.error.kind == ERR_NONE;
}

/* ---- where they go by ---- */

struct passing {
	struct skim skim;
	struct sieve sieve;
	struct arena *arena;
	bool begun, idle;
	uint64_t at;
	size_t n;
	char buf[SIEVE_STEP + SIEVE_AHEAD];
};

static void use_window(struct passing *p)
{
	struct str bytes = {p->buf, p->n};
	if (!p->begun)
		p->idle = !sieve_begin(&p->sieve, p->arena, NULL, str_slice(bytes, 0, ELF_HEAD));
	p->begun = true;
	if (!p->idle)
		sieve_window(&p->sieve, p->at, bytes);
}

static void take(struct skim *skim, struct str piece)
{
	struct passing *p = (struct passing *)skim;
	while (piece.n && !p->idle) {
		struct str part = str_slice(piece, 0, sizeof p->buf - p->n);
		memcpy(p->buf + p->n, part.p, part.n);
		p->n += part.n;
		piece = str_tail(piece, part.n);
		if (p->n < sizeof p->buf)
			return;
		use_window(p);
		memcpy(p->buf, p->buf + SIEVE_STEP, SIEVE_AHEAD);
		p->n = SIEVE_AHEAD;
		p->at += SIEVE_STEP;
	}
}

static struct str passed(struct skim *skim)
{
	struct passing *p = (struct passing *)skim;
	if (!p->idle && p->n)
		use_window(p);
	return p->idle || !p->begun ? S("") : gist_of(&p->sieve);
}

struct skim *program_skim(struct arena *a, struct str path, uint64_t size)
{
	static const char *const names[] = {"kubelet", "hyperkube", "k3s",       "rke2",
					    "k0s",     "kubelite",  "microshift"};
	struct str name = str_basename(path);
	if (size < SMALLEST)
		return NULL;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (!str_eq(name, str_from(names[i])))
			continue;
		struct passing *p = NEW(a, struct passing);
		p->skim = (struct skim){take, passed};
		p->arena = a;
		return &p->skim;
	}
	return NULL;
}

/* ---- the version ---- */

struct version inventory_program(struct rootfs *root, struct str path)
{
	struct str rest = rootfs_gist(root, path, program_gist), line, key, value;
	struct version v = {0};
	while (rest.n) {
		str_cut(rest, '\n', &line, &rest);
		str_cut(line, ' ', &key, &value);
		if (str_eq(key, S("contradicted")))
			note(rootfs_notes(root), NULL,
			     "%" PRIstr " says that it is two versions of Kubernetes at once",
			     ARG(path));
		if (str_eq(key, S("kubelet")) && linked_version(value) && version_parse(value, &v))
			v.source =
				str_fmt(rootfs_arena(root), "go build info of %" PRIstr, ARG(path));
	}
	return v;
}
