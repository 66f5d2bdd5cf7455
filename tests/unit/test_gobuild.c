/*
 * test_gobuild.c - the version of a Go program: small programs made here, of each word size and
 * byte order, read in place and as they go by. That real programs are so is for tests/programs.sh.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "fixture.h"
#include "inventory/program.h"

#include <cmocka.h>

enum { TEXT_AT = 0x1000, DATA_AT = 0x20000, SIZE = 0x40000, BASE = 0x400000 };

/* A program under construction: strings in a segment that is only read, variables in another. */
struct made {
	bool wide, big;
	char bytes[SIZE];
	size_t text, data; /* how far they are filled */
};

static void put(struct made *m, size_t at, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		m->bytes[at + (m->big ? n - 1 - i : i)] = (char)(v >> 8 * i);
}

static size_t word(const struct made *m)
{
	return m->wide ? 8 : 4;
}

static void segment(struct made *m, unsigned i, uint64_t at, uint64_t n, unsigned flags)
{
	size_t p = m->wide ? 64 + i * 56 : 52 + i * 32;
	put(m, p, 1, 4);
	put(m, p + (m->wide ? 4 : 24), flags, 4);
	put(m, p + (m->wide ? 8 : 4), at, word(m));
	put(m, p + (m->wide ? 16 : 8), BASE + at, word(m));
	put(m, p + (m->wide ? 32 : 16), n, word(m));
}

static struct made *program(bool wide, bool big)
{
	struct made *m = NEW(arena, struct made);
	*m = (struct made){.wide = wide, .big = big, .text = TEXT_AT, .data = DATA_AT};
	memcpy(m->bytes,
	       "\x7f"
	       "ELF",
	       4);
	m->bytes[4] = wide ? 2 : 1;
	m->bytes[5] = big ? 2 : 1;
	put(m, wide ? 32 : 28, wide ? 64 : 52, word(m));
	put(m, wide ? 54 : 42, wide ? 56 : 32, 2);
	put(m, wide ? 56 : 44, 2, 2);
	segment(m, 0, TEXT_AT, DATA_AT - TEXT_AT, 4);
	segment(m, 1, DATA_AT, SIZE - DATA_AT, 6);
	return m;
}

/* A string variable; its text ends with a NUL, as the linker's own do. */
static void variable(struct made *m, const char *text)
{
	size_t n = strlen(text);
	put(m, m->data, BASE + m->text, word(m));
	put(m, m->data + word(m), n, word(m));
	memcpy(m->bytes + m->text, text, n + 1);
	m->text += n + 1;
	m->data += 2 * word(m);
}

static void row(struct made *m, const char *const *texts)
{
	for (; *texts; texts++)
		variable(m, *texts);
	m->data += 64;
}

static size_t string(struct made *m, size_t at, struct str s)
{
	do
		m->bytes[at++] = (char)((s.n & 0x7F) | (s.n > 0x7F ? 0x80 : 0));
	while (s.n > 0x7F && ((m->bytes[at++] = (char)(s.n >> 7)), false));
	memcpy(m->bytes + at, s.p, s.n);
	return at + s.n;
}

static void mark(struct made *m, unsigned flags)
{
	m->data = (m->data + 15) / 16 * 16;
	memcpy(m->bytes + m->data, "\xff Go buildinf:", 14);
	m->bytes[m->data + 14] = (char)word(m);
	m->bytes[m->data + 15] = (char)flags;
}

static struct str marked(const char *text)
{
	return str_fmt(arena, "0123456789abcdef%s\nfedcba9876543210", text);
}

/* Go 1.18 and later. */
static void build_info(struct made *m, const char *text)
{
	mark(m, 2);
	size_t at = string(m, m->data + 32, S("go1.21.8"));
	m->data = string(m, at, marked(text));
}

/* Before that, the strings are pointed at. */
static void old_build_info(struct made *m, const char *text)
{
	size_t go, mod;
	m->data = (m->data + 15) / 16 * 16;
	go = m->data;
	variable(m, "go1.15.6");
	mod = m->data;
	variable(m, str_z(arena, marked(text)));
	mark(m, m->big);
	put(m, m->data + 16, BASE + go, word(m));
	put(m, m->data + 16 + word(m), BASE + mod, word(m));
	m->data += 64;
}

/* ---- reading ---- */

static struct str in_place(struct str bytes)
{
	struct error e = {0};
	struct str gist;
	if (!program_gist(arena, blob_memory(arena, S("p"), bytes), &gist, &e))
		return S("failed");
	return gist;
}

static struct str going_by(struct str bytes, size_t step)
{
	struct skim *skim = program_skim(arena, S("usr/bin/kubelet"), bytes.n);
	for (size_t at = 0; at < bytes.n; at += step)
		skim->take(skim, str_slice(bytes, at, at + step));
	return skim->gist(skim);
}

static void same(struct str got, const char *want, const char *label)
{
	if (!str_eq(got, str_from(want)))
		fail_msg("%s: got '%.*s', want '%s'", label, ARG(got), want);
}

static void says(const struct made *m, const char *want, const char *label)
{
	static const size_t steps[] = {1000, 65536, 65664, 7, SIZE};
	struct str bytes = {m->bytes, SIZE};
	same(in_place(bytes), want, label);
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
		same(going_by(bytes, steps[i]), want, label);
}

/* ---- tests ---- */

#define DATE "2024-03-15T00:06:16Z"
#define COMMIT "6813625b7cd706db5bc7388921be03071e1a492d"
#define MASTER "v0.0.0-master+$Format:%H$"

static void a_row_of_variables_tells_it(void **state)
{
	(void)state;
	static const struct {
		const char *label, *row[8], *want;
	} table[] = {
		{"kubernetes", {DATE, COMMIT, "1", "29", "clean", "v1.29.3"}, "kubelet v1.29.3\n"},
		{"k3s", {DATE, COMMIT, "clean", "v1.29.3+k3s1"}, "kubelet v1.29.3+k3s1\n"},
		{"k0s", {DATE, "not_available", "1", "29", "v1.29.3"}, "kubelet v1.29.3\n"},
		{"archive", {DATE, COMMIT, "1", "20", "archive", "v1.20.2"}, "kubelet v1.20.2\n"},
		{"gke",
		 {DATE, COMMIT, "1", "27+", "clean", "v1.27.3-gke.100"},
		 "kubelet v1.27.3-gke.100\n"},
		{"not set", {"1970-01-01T00:00:00Z", "$Format:%H$", MASTER}, ""},
		{"no commit", {DATE, "abc", "1", "29", "clean", "v1.29.3"}, ""},
		{"no date", {"20240315T000616+0000", COMMIT, "1", "29", "clean", "v1.29.3"}, ""},
		{"another's", {DATE, COMMIT, "clean", "v4.5.7"}, ""},
		{"a longer one between", {DATE, COMMIT, "something", "v1.29.3"}, ""},
		{"too far", {DATE, COMMIT, "1", "2", "3", "4", "v1.29.3"}, ""},
		{"not in full", {DATE, COMMIT, "1", "29", "clean", "v1.29"}, ""},
	};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		for (unsigned kind = 0; kind < 4; kind++) {
			struct made *m = program(kind & 1, kind & 2);
			row(m, table[i].row);
			says(m, table[i].want, table[i].label);
		}
}

static void two_rows_must_agree(void **state)
{
	(void)state;
	static const char *const one[] = {DATE, COMMIT, "1", "29", "clean", "v1.29.3", NULL};
	static const char *const two[] = {DATE, COMMIT, "1", "28", "clean", "v1.28.3", NULL};
	struct made *m = program(true, false);
	row(m, one);
	row(m, one);
	says(m, "kubelet v1.29.3\n", "twice the same");
	row(m, two);
	says(m, "contradicted v1.28.3\n", "two versions");
}

static void a_row_may_lie_over_the_edge_of_a_window(void **state)
{
	(void)state;
	static const char *const one[] = {DATE, COMMIT, "1", "29", "clean", "v1.29.3", NULL};
	for (size_t at = 0x30000 - 160; at <= 0x30000 + 16; at += 8) {
		struct made *m = program(true, false);
		m->data = at;
		m->text = at - 0x30000 + 0x10000;
		row(m, one);
		says(m, "kubelet v1.29.3\n", "at an edge");
	}
	struct made *m = program(true, false);
	m->data = SIZE - 6 * 16;
	for (size_t i = 0; one[i]; i++)
		variable(m, one[i]);
	says(m, "kubelet v1.29.3\n", "at the end");
}

static void build_info_tells_it(void **state)
{
	(void)state;
#define KUBELET "path\tk8s.io/kubernetes/cmd/kubelet\n"
#define SAYS "go go1.21.8\npath k8s.io/kubernetes/cmd/kubelet\n"
	static const struct {
		const char *label, *text, *want;
	} table[] = {
		{"nothing", KUBELET "mod\tk8s.io/kubernetes\t(devel)\t", SAYS},
		{"flags of the linker",
		 KUBELET "build\t-ldflags=\"-X 'k8s.io/component-base/version.gitVersion=v1.28.4' "
			 "-s -w\"",
		 SAYS "kubelet v1.28.4\n"},
		{"flags of k3s, a line each",
		 KUBELET
		 "build\t-ldflags=\"\\n -X github.com/k3s-io/k3s/pkg/version.Version=v1.29.3"
		 "+k3s1\\n -X x.y=z\"",
		 SAYS "kubelet v1.29.3+k3s1\n"},
		{"flags of another",
		 KUBELET "build\t-ldflags=\"-X example.org/version.gitVersion=v1.2.3\"", SAYS},
		{"not the linker's",
		 KUBELET "build\t-tags=k8s.io/component-base/version.gitVersion=v1.2.3", SAYS},
		{"the module",
		 KUBELET "mod\tk8s.io/kubernetes\tv1.33.1\th1:x=", SAYS "kubelet v1.33.1\n"},
		{"a commit between",
		 KUBELET "mod\tk8s.io/kubernetes\tv1.34.0-0.20240315000616-6813625b7cd7", SAYS},
		{"a dependency",
		 KUBELET "mod\tgithub.com/k3s-io/k3s\t(devel)\t\n"
			 "dep\tk8s.io/kubernetes\tv1.29.3\t\n"
			 "=>\tgithub.com/k3s-io/kubernetes\tv1.29.3-k3s1\th1:x=",
		 SAYS "kubelet v1.29.3\n"},
		{"another dependency", KUBELET "dep\tk8s.io/kubernetes-more\tv1.29.3\t", SAYS},
	};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		for (unsigned kind = 0; kind < 4; kind++) {
			struct made *m = program(kind & 1, kind & 2);
			build_info(m, table[i].text);
			says(m, table[i].want, table[i].label);
		}
}

static void build_info_of_old_is_read_in_place(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < 4; kind++) {
		struct made *m = program(kind & 1, kind & 2);
		old_build_info(m, KUBELET "dep\tk8s.io/kubernetes\tv1.20.2\t");
		same(in_place((struct str){m->bytes, SIZE}),
		     "go go1.15.6\npath k8s.io/kubernetes/cmd/kubelet\nkubelet v1.20.2\n", "old");
	}
}

static void the_row_comes_before_the_build_info(void **state)
{
	(void)state;
	static const char *const one[] = {DATE, COMMIT, "1", "29", "clean", "v1.29.3", NULL};
	struct made *m = program(true, false);
	build_info(m, KUBELET "dep\tk8s.io/kubernetes\tv1.28.1\t");
	m->data = (m->data + 15) / 16 * 16;
	row(m, one);
	says(m, SAYS "kubelet v1.29.3\n", "both");
}

static void what_is_no_program_says_nothing(void **state)
{
	(void)state;
	char *zeros = NEW_N(arena, char, SIZE);
	same(in_place((struct str){zeros, SIZE}), "", "zeros");
	same(going_by((struct str){zeros, SIZE}, 4096), "", "zeros");
	same(in_place(S("#!/bin/sh\nexec kubelet\n")), "", "a script");
	assert_null(program_skim(arena, S("usr/bin/kubelet"), 100));
	assert_null(program_skim(arena, S("usr/bin/kubectl"), 1 << 20));
}

/* However much of it is missing, it is no other version. */
static void every_length_is_survived(void **state)
{
	(void)state;
	static const char *const one[] = {DATE, COMMIT, "1", "29", "clean", "v1.29.3", NULL};
	struct made *m = program(true, false);
	row(m, one);
	build_info(m, KUBELET "dep\tk8s.io/kubernetes\tv1.29.3\t");
	for (size_t n = 0; n <= SIZE; n += n < 300                            ? 1
					   : n > DATA_AT && n < DATA_AT + 600 ? 3
									      : 997) {
		char *cut = NEW_N(arena, char, n + 1);
		memcpy(cut, m->bytes, n);
		struct str bytes = {cut, n}, gist = in_place(bytes);
		if (str_has(gist, S("kubelet ")) && !str_has(gist, S("kubelet v1.29.3")))
			fail_msg("%zu bytes: %.*s", n, ARG(gist));
		if (n >= 64 << 10)
			going_by(bytes, 4096);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_of_variables_tells_it),
		cmocka_unit_test(two_rows_must_agree),
		cmocka_unit_test(a_row_may_lie_over_the_edge_of_a_window),
		cmocka_unit_test(build_info_tells_it),
		cmocka_unit_test(build_info_of_old_is_read_in_place),
		cmocka_unit_test(the_row_comes_before_the_build_info),
		cmocka_unit_test(what_is_no_program_says_nothing),
		cmocka_unit_test(every_length_is_survived),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
