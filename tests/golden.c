/*
 * golden.c - the cases of testdata/cases: each is a text capture that is scanned as it stands, and
 * holds what must come out. Cases are about how a setting comes to be, not about all rules: the
 * founding rule alone is evaluated, with its newest number, unless their options choose. A section
 *says what is compared:
 *
 *	args                  options for every command of the case
 *	expect.text           scan, as text
 *	expect.json           scan, as JSON
 *	expect.argv           another command, as text; expect.argv.json as JSON
 *	expect.explain-unit   explain kubelet.service
 *	expect.status         the exit status of scan
 *
 * Every case is also captured, and the capture must scan to the same text. With --update the
 * sections are rewritten from what comes out.
 */
#include <ftw.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "offnode.h"

enum { CASES_MOST = 2000, KEYS_MOST = 64 };

struct text {
	char *p;
	size_t n;
};

static char *cases[CASES_MOST];
static size_t cases_n;
static unsigned tests, failures;

static bool append(void *arg, const char *bytes, size_t n)
{
	struct text *t = arg;
	char *more = realloc(t->p, t->n + n + 1);
	if (!more)
		abort();
	memcpy(more + t->n, bytes, n);
	more[t->n + n] = 0;
	*t = (struct text){more, t->n + n};
	return true;
}

static struct text read_file(const char *path)
{
	struct text t = {0};
	char buf[65536];
	FILE *f = fopen(path, "re");
	if (!f)
		abort();
	append(&t, "", 0);
	for (size_t n; (n = fread(buf, 1, sizeof buf, f)) > 0;)
		append(&t, buf, n);
	fclose(f);
	return t;
}

static void write_whole(const char *path, struct text t)
{
	FILE *f = fopen(path, "we");
	if (!f || fwrite(t.p, 1, t.n, f) != t.n || fclose(f) != 0)
		abort();
}

static void tell(bool ok, const char *path, const char *what)
{
	tests++;
	failures += !ok;
	printf("%sok %u - %s %s\n", ok ? "" : "not ", tests, path, what);
}

/* ---- differences ---- */

static void tell_difference(const char *got, const char *want)
{
	size_t line = 1;
	const char *g = got, *w = want;
	while (*g && *w) {
		size_t n = strcspn(g, "\n"), m = strcspn(w, "\n");
		if (n != m || memcmp(g, w, n) != 0)
			break;
		g += n + (g[n] == '\n');
		w += m + (w[m] == '\n');
		line++;
	}
	printf("# line %zu\n#   want: %.*s\n#   got:  %.*s\n", line, (int)strcspn(w, "\n"), w,
	       (int)strcspn(g, "\n"), g);
}

/* ---- sections ---- */

/* The name of a section marker at the head of a line, its length in *n; NULL if it is none. */
static const char *marker(const char *line, size_t *n)
{
	size_t length = strcspn(line, "\n");
	if (length < 7 || memcmp(line, "-- ", 3) != 0 || memcmp(line + length - 3, " --", 3) != 0)
		return NULL;
	*n = length - 6;
	return line + 3;
}

static const char *next_line(const char *p)
{
	p += strcspn(p, "\n");
	return *p ? p + 1 : p;
}

/* The body of a section, NULL when there is none. */
static const char *section(struct text t, const char *name, size_t *size)
{
	for (const char *p = t.p; *p; p = next_line(p)) {
		size_t n;
		const char *found = marker(p, &n);
		if (!found || n != strlen(name) || memcmp(found, name, n) != 0)
			continue;
		const char *body = next_line(p), *end = body;
		while (*end && !marker(end, &n))
			end = next_line(end);
		*size = (size_t)(end - body);
		return body;
	}
	return NULL;
}

static struct text replaced(struct text t, const char *body, size_t size, struct text with)
{
	struct text out = {0};
	append(&out, t.p, (size_t)(body - t.p));
	append(&out, with.p, with.n);
	append(&out, body + size, t.n - (size_t)(body - t.p) - size);
	return out;
}

/* ---- running ---- */

static void set_founding(struct offnode *o)
{
	char why[300];
	offnode_set(o, "benchmark", "cis-1.12", why, sizeof why);
	offnode_set(o, "check", "kubelet-make-iptables-util-chains", why, sizeof why);
}

static bool chooses_rules(const char *args)
{
	static const char *const options[] = {"--check", "--benchmark", "--severity", "--rules"};
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		if (strstr(args, options[i]))
			return true;
	return false;
}

static void set_args(struct offnode *o, struct text file)
{
	size_t size;
	const char *body = section(file, "args", &size);
	char why[300], words[1000] = "";
	if (body)
		snprintf(words, sizeof words, "%.*s", (int)size, body);
	if (!chooses_rules(words))
		set_founding(o);
	char *rest = words;
	for (char *word; (word = strsep(&rest, " \n"));) {
		if (strncmp(word, "--", 2) != 0)
			continue;
		char *value = strchr(word, '=');
		if (value)
			*value++ = 0;
		if (!offnode_set(o, word + 2, value ? value : "true", why, sizeof why))
			printf("# %s\n", why);
	}
}

static int run(struct text file, const char *command, const char *path, const char *format,
	       struct text *out)
{
	bool unit = strcmp(command, "explain-unit") == 0;
	const char *words[] = {path, unit ? "kubelet.service" : "makeIPTablesUtilChains"};
	struct offnode *o = offnode_new();
	set_args(o, file);
	bool explain = unit || strcmp(command, "explain") == 0;
	struct offnode_report *r =
		offnode_run(o, explain ? "explain" : command, words, explain ? 2 : 1);
	append(out, "", 0);
	if (!offnode_write(r, format, false, append, out))
		printf("# %s: no format %s\n", command, format);
	int status = (int)offnode_status(r);
	for (size_t i = 0; offnode_message(r, i); i++)
		printf("# %s\n", offnode_message(r, i));
	offnode_report_free(r);
	offnode_free(o);
	return status;
}

/* "expect.argv.json": the command argv as JSON; "expect.json": a scan. */
static struct text wanted_of(struct text file, const char *path, const char *name)
{
	char key[KEYS_MOST];
	struct text out = {0};
	snprintf(key, sizeof key, "%s", name + strlen("expect."));
	bool json = strcmp(key, "json") == 0, text = strcmp(key, "text") == 0;
	char *dot = strchr(key, '.');
	if (dot) {
		*dot = 0;
		json = strcmp(dot + 1, "json") == 0;
	}
	if (strcmp(key, "status") == 0) {
		char number[16];
		struct text report = {0};
		snprintf(number, sizeof number, "%d\n", run(file, "scan", path, "text", &report));
		free(report.p);
		append(&out, number, strlen(number));
		return out;
	}
	bool scan = !dot && (json || text);
	run(file, scan ? "scan" : key, path, json ? "json" : "text", &out);
	return out;
}

static void check_section(struct text *file, const char *path, const char *name, bool update)
{
	size_t size;
	const char *body = section(*file, name, &size);
	struct text got = wanted_of(*file, path, name);
	bool same = got.n == size && memcmp(got.p, body, size) == 0;
	if (!same && update) {
		struct text changed = replaced(*file, body, size, got);
		free(file->p);
		*file = changed;
		write_whole(path, changed);
		same = true;
	}
	tell(same, path, name);
	if (!same) {
		char *want = strndup(body, size);
		tell_difference(got.p, want);
		free(want);
	}
	free(got.p);
}

/* What the capture of a target must tell: of several deployments it holds the first. */
static int scan_captured(struct text file, const char *path, struct text *out)
{
	char first[PATH_MAX];
	snprintf(first, sizeof first, "%s#deploy=0", path);
	int status = run(file, "scan", path, "text", out);
	if (strncmp(out->p, first, strlen(first)) != 0)
		return status;
	free(out->p);
	*out = (struct text){0};
	return run(file, "scan", first, "text", out);
}

/* The first line names the target. */
static void check_capture(struct text file, const char *path)
{
	struct text capture = {0}, before = {0}, after = {0};
	char copy[] = "/tmp/offnode-golden-XXXXXX";
	int fd = mkstemp(copy);
	if (fd < 0)
		abort();
	close(fd);
	run(file, "capture", path, "text", &capture);
	write_whole(copy, capture);
	int status = scan_captured(file, path, &before);
	int again = run(file, "scan", copy, "text", &after);
	unlink(copy);
	bool same = status == again && strcmp(next_line(before.p), next_line(after.p)) == 0;
	tell(same, path, "captured");
	if (!same)
		tell_difference(next_line(after.p), next_line(before.p));
	free(capture.p);
	free(before.p);
	free(after.p);
}

static void check_case(const char *path, bool update)
{
	struct text file = read_file(path);
	char names[32][KEYS_MOST];
	size_t names_n = 0;
	for (const char *p = file.p; *p && names_n < 32; p = next_line(p)) {
		size_t n;
		const char *name = marker(p, &n);
		if (name && n < KEYS_MOST && strncmp(name, "expect.", 7) == 0)
			snprintf(names[names_n++], KEYS_MOST, "%.*s", (int)n, name);
	}
	for (size_t i = 0; i < names_n; i++)
		check_section(&file, path, names[i], update);
	check_capture(file, path);
	free(file.p);
}

static int find_case(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	const char *dot = strrchr(path, '.');
	if (type == FTW_F && dot && strcmp(dot, ".txtar") == 0 && cases_n < CASES_MOST)
		cases[cases_n++] = strdup(path);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int main(int argc, char **argv)
{
	bool update = argc > 1 && strcmp(argv[1], "--update") == 0;
	nftw("testdata/cases", find_case, 8, FTW_PHYS);
	qsort(cases, cases_n, sizeof *cases, by_name);
	for (size_t i = 0; i < cases_n; i++) {
		check_case(cases[i], update);
		free(cases[i]);
	}
	printf("1..%u\n", tests);
	return failures > 0;
}
