/*
 * vectors.c - how many of the recorded answers of systemd and the kubelet are ours, too.
 *
 *	vectors [--report] [-v] [SET|FILE…]
 *
 * Without --report it speaks TAP: one line a figure, which fails when fewer agree than
 * testdata/vectors/PASSED says ("systemd 464" a line), so that the number can only rise. -v shows
 * every answer that differs. What no image can tell is listed in testdata/vectors/EXCEPTIONS
 * ("SET CASE PART why" a line) and counted apart; an exception that agrees is a failure, too.
 */
#include "vectors.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vec.h"

struct figure {
	const char *name;
	size_t right, excepted, stale, total;
};

struct counts {
	struct figure figures[32];
	size_t n;
	bool verbose;
	struct str exceptions; /* the file's text */
};

struct set {
	const char *name, *dir, *base;
	const char *variable; /* the environment's word on where `dir` is */
	vector_fn *look;
};

static const struct set sets[] = {
	{"systemd", "testdata/vectors/systemd", "testdata/vectors/systemd-base.txtar", NULL,
	 vector_systemd},
	{"systemd-random", "testdata/vectors/systemd-random", "testdata/vectors/systemd-base.txtar",
	 NULL, vector_systemd},
	{"kubelet", "testdata/vectors/kubelet", NULL, NULL, vector_kubelet},
	{"corpus", "../shared/corpus", NULL, "CORPUS", vector_corpus},
};

static struct figure *figure(struct counts *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (!strcmp(c->figures[i].name, name))
			return &c->figures[i];
	if (c->n == sizeof c->figures / sizeof *c->figures)
		abort();
	c->figures[c->n] = (struct figure){.name = name};
	return &c->figures[c->n++];
}

static bool excepted(const struct vector *v, const char *part)
{
	struct str stem = v->file, line, rest = v->counts->exceptions;
	stem.n -= str_ends(stem, S(".txtar")) ? 6 : 0;
	while (rest.n) {
		struct str word[3];
		str_cut(rest, '\n', &line, &rest);
		for (size_t i = 0; i < 3; i++)
			str_cut(line, ' ', &word[i], &line);
		if (str_eq(word[0], v->set) && str_eq(word[1], stem) &&
		    str_eq(word[2], str_from(part)))
			return true;
	}
	return false;
}

void vector_count(const struct vector *v, const char *name, bool right, const char *part,
		  struct str got, struct str want)
{
	struct figure *f = figure(v->counts, name);
	bool except = excepted(v, part);
	f->total++;
	f->right += right && !except;
	f->excepted += except;
	f->stale += right && except;
	if (right && except)
		printf("# %" PRIstr "/%" PRIstr " %s agrees: no exception any more\n", ARG(v->set),
		       ARG(v->file), part);
	if (!right && !except && v->counts->verbose)
		printf("# %" PRIstr "/%" PRIstr " [%s] %s\n#   got  %" PRIstr "\n#   want %" PRIstr
		       "\n",
		       ARG(v->set), ARG(v->file), name, part, ARG(got), ARG(want));
}

static _Noreturn void die(const struct vector *v, const char *why)
{
	printf("Bail out! %" PRIstr "/%" PRIstr ": %s\n", ARG(v->set), ARG(v->file), why);
	exit(1);
}

static void add_layer(const struct vector *v, struct layers *layers, struct str text)
{
	struct error e;
	static const struct fs_options none = {0};
	struct blob *blob = blob_memory(v->arena, v->file, text);
	struct fs *fs = fs_open_txtar(v->arena, blob, &none, &e);
	if (!fs)
		die(v, e.text);
	*vec_push(v->arena, layers) = (struct layer){.fs = fs, .label = v->file};
}

struct rootfs *vector_root(const struct vector *v)
{
	struct layers *layers = NEW(v->arena, struct layers);
	struct notes *notes = NEW(v->arena, struct notes);
	notes->arena = v->arena;
	if (v->base.n)
		add_layer(v, layers, v->base);
	add_layer(v, layers, v->text);
	return rootfs_new(v->arena, layers, notes);
}

bool vector_section(const struct vector *v, struct str name, struct str *body)
{
	return fs_txtar_section(v->text, name, body);
}

const struct doc *vector_json(const struct vector *v, struct str name)
{
	struct file *f = NEW(v->arena, struct file);
	struct doc_fault fault;
	if (!vector_section(v, name, &f->text))
		return NULL;
	f->path = name;
	const struct doc *d = doc_json(v->arena, f, &fault);
	if (!d)
		die(v, str_z(v->arena, fault.text));
	return d;
}

static struct str slurp(struct arena *a, const char *path)
{
	struct str s = {0};
	FILE *f = fopen(path, "rb");
	long size;
	if (!f)
		return s;
	if (!fseek(f, 0, SEEK_END) && (size = ftell(f)) > 0) {
		char *p = arena_alloc(a, 1, (size_t)size);
		rewind(f);
		s = (struct str){p, fread(p, 1, (size_t)size, f)};
	}
	fclose(f);
	return s;
}

static void look_at(const struct set *set, const char *dir, const char *name, struct counts *counts)
{
	char path[4096];
	struct arena *a = arena_new((size_t)1 << 30, NULL, NULL);
	snprintf(path, sizeof path, "%s/%s", dir, name);
	struct vector v = {.arena = a,
			   .set = str_from(set->name),
			   .file = str_from(name),
			   .text = slurp(a, path),
			   .base = set->base ? slurp(a, set->base) : S(""),
			   .counts = counts};
	set->look(&v);
	arena_free(a);
}

static int capture(const struct dirent *d)
{
	size_t n = strlen(d->d_name);
	return n > 6 && !strcmp(d->d_name + n - 6, ".txtar");
}

/* Has the user asked for this set or file? Everything, when nothing was asked for. */
static bool asked(char **words, const char *set, const char *file)
{
	bool any = false;
	for (; *words; words++) {
		if (**words == '-')
			continue;
		any = true;
		if (!strcmp(*words, set) || strstr(file, *words))
			return true;
	}
	return !any;
}

/* False when the set is not here. */
static bool look_at_set(const struct set *set, char **words, struct counts *counts)
{
	struct dirent **names;
	const char *dir = set->variable ? getenv(set->variable) : NULL;
	if (!dir)
		dir = set->dir;
	int n = set->look ? scandir(dir, &names, capture, alphasort) : -1;
	if (n < 0)
		return false;
	for (int i = 0; i < n; i++) {
		if (asked(words, set->name, names[i]->d_name))
			look_at(set, dir, names[i]->d_name, counts);
		free(names[i]);
	}
	free(names);
	return true;
}

/* The number that must be reached. */
static size_t recorded(const char *name)
{
	char line[128], word[64];
	size_t n = 0, found = 0;
	FILE *f = fopen("testdata/vectors/PASSED", "r");
	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "%63s %zu", word, &n) == 2 && !strcmp(word, name))
			found = n;
	if (f)
		fclose(f);
	return found;
}

static int tell(const struct counts *c, bool report)
{
	int failed = 0;
	for (size_t i = 0; i < c->n; i++) {
		const struct figure *f = &c->figures[i];
		bool enough = f->right >= recorded(f->name) && !f->stale;
		failed |= !enough;
		fputs(report ? "" : enough ? "ok - vectors " : "not ok - vectors ", stdout);
		printf("%s %zu/%zu", f->name, f->right, f->total);
		if (f->excepted)
			printf(", %zu excepted", f->excepted);
		printf("\n");
	}
	return report ? 0 : failed;
}

int main(int argc, char **argv)
{
	struct arena *a = arena_new((size_t)16 << 20, NULL, NULL);
	struct counts counts = {.exceptions = slurp(a, "testdata/vectors/EXCEPTIONS")};
	bool report = false;
	for (int i = 1; i < argc; i++) {
		report |= !strcmp(argv[i], "--report");
		counts.verbose |= !strcmp(argv[i], "-v");
	}
	for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
		if (!look_at_set(&sets[i], argv + 1, &counts))
			printf("%s - vectors %s # SKIP %s\n", report ? "#" : "ok", sets[i].name,
			       "they are not in this checkout");
	int failed = tell(&counts, report);
	arena_free(a);
	return failed;
}
