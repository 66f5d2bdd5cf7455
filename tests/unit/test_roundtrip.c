/*
 * test_roundtrip.c - `offnode config` prints a KubeletConfiguration that, given to that kubelet as
 * its only --config file, comes to the same settings: over the cases of testdata, and over the
 * recorded kubelets and node setups where a checkout has them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "captured.h"
#include "fixture.h"
#include "kubelet.h"
#include "offnode.h"
#include "out.h"

#include <cmocka.h>

enum { FILES_MOST = 3000 };

static char *paths[FILES_MOST];
static size_t paths_n, compared, failed;

static bool append(void *arg, const char *bytes, size_t n)
{
	out_str(arg, (struct str){bytes, n});
	return true;
}

static struct str file_text(const char *path)
{
	struct out *o = out_new(arena);
	char buf[65536];
	FILE *f = fopen(path, "re");
	for (size_t n; f && (n = fread(buf, 1, sizeof buf, f)) > 0;)
		out_str(o, (struct str){buf, n});
	if (f)
		fclose(f);
	return out_text(o);
}

/* A section of a capture that is no file of it. */
static struct str section(struct str text, const char *name)
{
	struct str line, head = str_fmt(arena, "-- %s --", name);
	while (text.n) {
		str_cut(text, '\n', &line, &text);
		if (!str_eq(line, head))
			continue;
		size_t end = 0;
		while (end < text.n && !str_starts(str_tail(text, end), S("\n-- ")))
			end++;
		return str_slice(text, 0, end);
	}
	return (struct str){0};
}

static const struct doc *json_of(struct str text)
{
	struct doc_fault fault;
	return doc_json(arena, captured_file(arena, S("json"), text), &fault);
}

/* A vector has an argv where a node has a unit. */
static void add_unit(struct out *o, const struct doc *argv, const struct doc *env)
{
	out_z(o, "\n-- /etc/systemd/system/kubelet.service --\n[Service]\n");
	for (size_t i = 0; env && i < env->n; i++)
		out_fmt(o, "Environment=\"%" PRIstr "=%" PRIstr "\"\n", ARG(env->entries[i].key),
			ARG(doc_string(env->entries[i].value)));
	out_z(o, "ExecStart=");
	for (size_t i = 0; i < argv->n; i++) {
		struct str word = doc_string(argv->entries[i].value);
		out_z(o, i ? " \"" : "\"");
		for (size_t k = 0; k < word.n; k++) {
			if (strchr("$%\\\"", word.p[k]))
				out_str(o, word.p[k] == '$'   ? S("$")
					   : word.p[k] == '%' ? S("%")
							      : S("\\"));
			out_str(o, str_slice(word, k, k + 1));
		}
		out_z(o, "\"");
	}
	out_z(o, "\n");
}

struct side {
	struct launches launches;
	const struct settings **settings;
};

/* `vendor`: whose kubelet it is, where the capture does not tell. */
static struct side side_of(struct str capture, struct version version, struct str vendor)
{
	struct side side = {0};
	struct rootfs *root = captured_root_or_none(arena, capture);
	struct kubelet_options opts = {.version = version};
	if (!root)
		return side;
	struct systemd *sd = systemd_new(root, &(struct systemd_options){.version = 252});
	side.launches = kubelet_launches(root, sd, &opts);
	side.settings = NEW_N(arena, const struct settings *, side.launches.n);
	for (size_t i = 0; i < side.launches.n; i++) {
		if (vendor.n)
			side.launches.at[i].recognised = vendor;
		side.settings[i] = kubelet_settings(root, &side.launches.at[i], &opts);
	}
	return side;
}

static struct str printed(struct str capture, struct version version)
{
	struct out *o = out_new(arena);
	char name[] = "/tmp/offnode-roundtrip-XXXXXX", why[300];
	int fd = mkstemp(name);
	assert_true(fd >= 0 && write(fd, capture.p, capture.n) == (ssize_t)capture.n);
	close(fd);
	struct offnode *off = offnode_new();
	if (version.major)
		offnode_set(off, "kubelet-version", str_z(arena, version.text), why, sizeof why);
	const char *words[] = {name};
	struct offnode_report *r = offnode_run(off, "config", words, 1);
	offnode_write(r, "text", false, append, o);
	offnode_report_free(r);
	offnode_free(off);
	unlink(name);
	return out_text(o);
}

/* The k-th document of what was printed. */
static struct str document(struct str yaml, size_t k)
{
	for (;;) {
		size_t end = 0;
		while (end < yaml.n && !str_starts(str_tail(yaml, end), S("\n---\n")))
			end++;
		if (!k--)
			return str_slice(yaml, 0, end < yaml.n ? end + 1 : end);
		yaml = str_tail(yaml, end + 5);
	}
}

static bool same(const struct settings *s, const struct setting *x, const struct setting *y)
{
	if (!x->option->path || !setting_sayable(s, x) ||
	    str_eq(str_from(x->option->path), S("staticPodURLHeader")))
		return true;
	return x->null ? y->null || !y->value.n : !y->null && str_eq(x->value, y->value);
}

static void compare(const char *path, const struct settings *s, struct str vendor, struct str yaml)
{
	struct str text =
		str_fmt(arena,
			"-- /x --\n%" PRIstr "\n-- /etc/systemd/system/kubelet.service --\n"
			"[Service]\nExecStart=/usr/bin/kubelet --config=/x\n",
			ARG(yaml));
	struct side again = side_of(text, s->version, vendor);
	if (again.launches.n != 1 || again.settings[0]->error) {
		printf("# %s: %.*s\n", path,
		       ARG(again.launches.n ? again.settings[0]->error_text : S("no launch")));
		failed++;
		return;
	}
	compared++;
	for (size_t i = 0; i < s->n; i++)
		if (!same(s, &s->at[i], &again.settings[0]->at[i])) {
			printf("# %s: %s was %.*s, is %.*s\n", path, s->at[i].option->path,
			       ARG(s->at[i].value), ARG(again.settings[0]->at[i].value));
			failed++;
		}
}

static void look_at(const char *path)
{
	struct version version = {0};
	struct str text = file_text(path), args = section(text, "args");
	struct out *o = out_new(arena);
	out_str(o, text);
	const struct doc *argv = json_of(section(text, "argv.json"));
	version_parse(doc_string(doc_get(json_of(section(text, "want.json")), S("k8s"))), &version);
	if (argv && argv->kind == DOC_LIST)
		add_unit(o, argv, json_of(section(text, "env.json")));
	struct str word, rest = args;
	while (rest.n) {
		str_cut(rest, '\n', &word, &rest);
		if (str_starts(word, S("--kubelet-version=")))
			version_parse(str_tail(word, sizeof "--kubelet-version=" - 1), &version);
	}
	struct str capture = out_text(o);
	struct side side = side_of(capture, version, S(""));
	struct str yaml = printed(capture, version);
	for (size_t i = 0; i < side.launches.n; i++)
		if (!side.settings[i]->error && side.settings[i]->doubt.reason == REASON_NONE)
			compare(path, side.settings[i], side.launches.at[i].recognised,
				document(yaml, i));
}

static int find(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	const char *dot = strrchr(path, '.');
	if (type == FTW_F && dot && strcmp(dot, ".txtar") == 0 && paths_n < FILES_MOST)
		paths[paths_n++] = strdup(path);
	return 0;
}

static void comes_to_the_same(void **state)
{
	(void)state;
	const char *vectors = getenv("VECTORS"), *corpus = getenv("CORPUS");
	nftw("testdata/cases", find, 8, FTW_PHYS);
	if (vectors)
		nftw(str_z(arena, str_fmt(arena, "%s/kubelet", vectors)), find, 8, FTW_PHYS);
	if (corpus)
		nftw(corpus, find, 8, FTW_PHYS);
	for (size_t i = 0; i < paths_n; i++) {
		arena_down(NULL);
		arena_up(NULL);
		look_at(paths[i]);
		free(paths[i]);
	}
	printf("# %zu files, %zu kubelets compared\n", paths_n, compared);
	assert_true(compared > 20);
	assert_int_equal(failed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(comes_to_the_same)};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
