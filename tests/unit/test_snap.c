/*
 * test_snap.c - files of arguments as the programs in snaps read them, and the launches of snaps.
 * Variables follow Go's os.Expand, lines kubelite's reader, arrays what bash 5.2 makes of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "captured.h"
#include "fixture.h"
#include "kubelet/launch/snap.h"

#include <cmocka.h>

static struct variables environment(void)
{
	static struct variable all[] = {
		{.name = {"A", 1}, .value = {.text = {"x", 1}}},
		{.name = {"SNAP_DATA", 9}, .value = {.text = {"/data", 5}}},
		{.name = {"B", 1}, .value = {.text = {"b c", 3}}},
		{.name = {"lower_1", 7}, .value = {.text = {"l", 1}}},
	};
	return (struct variables){.at = all, .n = sizeof all / sizeof all[0]};
}

static void expands(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{"", ""},
		{"plain", "plain"},
		{"$A", "x"},
		{"${A}", "x"},
		{"$A$A-${A}b", "xx-xb"},
		{"${SNAP_DATA}/c", "/data/c"},
		{"$SNAP_DATA/c", "/data/c"},
		{"$SNAP_DATAc", ""},
		{"$lower_1.", "l."},
		{"$none|", "|"},
		{"a$", "a$"},
		{"$", "$"},
		{"$$", ""},   /* the process id: a variable named "$" */
		{"$1a", "a"}, /* a variable named "1" */
		{"$%A", "$%A"},
		{"$ A", "$ A"},
		{"${}", ""},
		{"${}A", "A"},
		{"${A", "A"},
		{"${", ""},
		{"${*}b", "b"},
		{"${A B}c", "c"},
		{"\\$A", "\\x"},
		{"$\xc3\xa9", "$\xc3\xa9"},
	};
	(void)state;
	struct variables env = environment();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct str got = go_expand(arena, str_from(rows[i].in), &env);
		if (!str_eq(got, str_from(rows[i].out)))
			fail_msg("'%s': '%.*s'", rows[i].in, ARG(got));
	}
}

static struct str joined(struct words w)
{
	struct str s = S("");
	for (size_t i = 0; i < w.n; i++)
		s = str_fmt(arena, "%" PRIstr "[%" PRIstr "]", ARG(s), ARG(w.at[i].text));
	return s;
}

struct row {
	const char *text, *words;
	enum reason reason;
};

static void reads(const struct row *rows, size_t n, bool lines)
{
	struct variables env = environment();
	for (size_t i = 0; i < n; i++) {
		struct words words = {0};
		struct doubt doubt = {0};
		struct rootfs *root = captured_root(arena, S("-- /x --\n"));
		const struct file *f = captured_file(arena, S("/args"), str_from(rows[i].text));
		if (lines)
			snap_read_lines(arena, f, &env, true, &words, &doubt);
		else
			snap_read_array(root, f, &env, &words, &doubt);
		if (!str_eq(joined(words), str_from(rows[i].words)) ||
		    doubt.reason != rows[i].reason)
			fail_msg("row %zu: %.*s, %s", i, ARG(joined(words)),
				 reason_name(doubt.reason));
		for (size_t k = 0; k < words.n; k++)
			assert_true(words.at[k].from && words.at[k].from->file == f);
	}
}

static void reads_lines(void **state)
{
	static const struct row rows[] = {
		{"", "", REASON_NONE},
		{"--v=2\n--w\n", "[--v=2][--w]", REASON_NONE},
		{"--v=2", "[--v=2]", REASON_NONE},
		{"  --v=2\t \r\n", "[--v=2]", REASON_NONE},
		{"# a\n\n   # b\n--v=2 # c\n", "[--v=2][#][c]", REASON_NONE},
		{"--a 1 --b\n", "[--a][1][--b]", REASON_NONE},
		{"--a  1\n", "[--a][][1]", REASON_NONE},
		{"--a\t1\n", "[--a\t1]", REASON_NONE},
		{"--a=\"1 2\"\n", "[--a=1][2]", REASON_NONE},
		{"--a='1\"2'\n", "[--a=12]", REASON_NONE},
		{"\"\"\n", "[]", REASON_NONE},
		{"--a=\"${SNAP_DATA}/c\" --b=$B\n", "[--a=/data/c][--b=b c]", REASON_NONE},
		{"--a='$A'\n", "[--a=x]", REASON_NONE},
		{"--a=${A'}'\n", "[--a=x]", REASON_NONE},
		{"\xc2\xa0--v=2\xe2\x80\x83\n", "[--v=2]", REASON_NONE},
		{"\xff--v=2\n", "[\xff--v=2]", REASON_NONE},
		/* What MicroK8s takes out of the file before kubelite reads it. */
		{"--network-plugin=cni\n--v=2\n", "[--v=2]", REASON_NONE},
		{"--container-runtime remote\n--v=2\n", "[--v=2]", REASON_NONE},
		{"--container-runtime-endpoint=x\n", "[--container-runtime-endpoint=x]",
		 REASON_NONE},
		{"--logtostderr\n", "[--logtostderr]", REASON_NONE},
		{"--network-plugin=cni --v=2\n", "", REASON_WRAPPER_UNRESOLVED},
	};
	(void)state;
	reads(rows, sizeof rows / sizeof rows[0], true);
}

static void reads_arrays(void **state)
{
	static const struct row rows[] = {
		{"", "", REASON_NONE},
		{"--v=2\n--w\n", "[--v=2][--w]", REASON_NONE},
		{"--a=\"x y\" # comment --no\n# whole\n--b=$SNAP_DATA/x   --c='q $A'\n--d=a\\ b\n",
		 "[--a=x y][--b=/data/x][--c=q $A][--d=a b]", REASON_NONE},
		{"--a=${A}\"$B\"\n", "[--a=xb c]", REASON_NONE},
		{"--a=$(hostname)\n", "[--a=]", REASON_WRAPPER_UNRESOLVED},
	};
	(void)state;
	reads(rows, sizeof rows / sizeof rows[0], false);
}

/* bufio.Scanner gives up at 64 KiB, and kubelite with it. */
static void long_lines_end_it(void **state)
{
	enum { MOST = 65535 };
	char *text = arena_alloc(arena, 1, MOST + 3);
	(void)state;
	for (size_t n = MOST; n <= MOST + 1; n++) {
		struct words words = {0};
		struct doubt doubt = {0};
		memset(text, 'a', n);
		text[n] = '\n';
		snap_read_lines(arena, captured_file(arena, S("/args"), (struct str){text, n + 1}),
				&(struct variables){0}, true, &words, &doubt);
		assert_int_equal(words.n, n == MOST);
		assert_int_equal(doubt.reason,
				 n == MOST ? REASON_NONE : REASON_KUBELET_WOULD_NOT_START);
	}
}

/* ---- launches ---- */

#define UNIT(app, more) \
	"-- /etc/systemd/system/snap." app \
	".service --\n[Service]\nExecStart=/usr/bin/snap run " app "\n" more
#define KUBELITE UNIT("microk8s.daemon-kubelite", "WorkingDirectory=/var/snap/microk8s/x1\n")
#define PLAIN UNIT("microk8s.daemon-kubelite", "")
#define ARGS "--data=$SNAP_DATA --common=$SNAP_COMMON --snap=$SNAP --rev=$SNAP_REVISION\n"

static const struct {
	const char *capture, *argv; /* words joined by a blank; NULL: no launch */
	enum reason reason;
} launches[] = {
	/* `snap run` takes what /snap/NAME/current names, whatever the unit says. */
	{KUBELITE
	 "-- /snap/microk8s/current -> 7 --\n-- /var/snap/microk8s/7/args/kubelet --\n" ARGS
	 "-- /var/snap/microk8s/x1/args/kubelet --\n--no\n",
	 "kubelet --data=/var/snap/microk8s/7 --common=/var/snap/microk8s/common "
	 "--snap=/snap/microk8s/7 --rev=7",
	 REASON_NONE},
	{PLAIN "-- /var/snap/microk8s/current -> 8 --\n-- /var/snap/microk8s/8/args/kubelet "
	       "--\n--v=8\n",
	 "kubelet --v=8", REASON_NONE},
	{KUBELITE "-- /var/snap/microk8s/x1/args/kubelet --\n--v=1\n", "kubelet --v=1",
	 REASON_NONE},
	{PLAIN "-- /var/snap/microk8s/current/args/kubelet --\n--v=c\n", "kubelet --v=c",
	 REASON_NONE},
	/* kubelite is told which file is the kubelet's. */
	{PLAIN "-- /var/snap/microk8s/current -> 7 --\n-- /var/snap/microk8s/7/args/kubelite "
	       "--\n--kubelet-args-file=$SNAP_COMMON/k\n-- /var/snap/microk8s/common/k "
	       "--\n--v=3\n-- /var/snap/microk8s/7/args/kubelet --\n--v=2\n",
	 "kubelet --v=3", REASON_NONE},
	{KUBELITE, "kubelet", REASON_GENERATED_AT_BOOT},
	{KUBELITE "-- /var/snap/microk8s/x1/args/kubelet unreadable=corrupt --\nbad\n", "kubelet",
	 REASON_CORRUPT},
	{KUBELITE "-- /var/snap/microk8s/x1/args/kubelet --\n--network-plugin=cni --v=2\n"
		  "-- /var/snap/microk8s/x1/var/lock/no-arg-sanitisation --\n",
	 "kubelet --network-plugin=cni --v=2", REASON_NONE},
	/* Before 1.20, and elsewhere, the file is a bash array. */
	{UNIT("microk8s.daemon-kubelet", "") "-- /var/snap/microk8s/current/args/kubelet "
					     "--\n--a=\"1 2\" --b\n",
	 "kubelet --a=1 2 --b", REASON_NONE},
	{UNIT("k8s.kubelet", "") "-- /var/snap/k8s/common/args/kubelet --\n--v=\"2\"\n",
	 "kubelet --v=2", REASON_NONE},
	{UNIT("kubelet.daemon", "") "-- /var/snap/kubelet/current -> 12 --\n"
				    "-- /var/snap/kubelet/12/args --\n--v=\"$SNAP_REVISION\"\n",
	 "kubelet --v=12", REASON_NONE},
	{UNIT("kubelet-eks.daemon", "") "-- /var/snap/kubelet-eks/current/args --\n--v=2\n",
	 "kubelet --v=2", REASON_NONE},
	/* A second instance has directories of its own. */
	{UNIT("microk8s_two.daemon-kubelite", "") "-- /var/snap/microk8s_two/current/args/kubelet "
						  "--\n--v=$SNAP_NAME.$SNAP_INSTANCE_KEY\n",
	 "kubelet --v=microk8s.two", REASON_NONE},
	{UNIT("microk8s.daemon-containerd", ""), NULL, REASON_NONE},
	{UNIT("other.daemon-kubelite", ""), NULL, REASON_NONE},
};

static void launches_snaps(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof launches / sizeof launches[0]; i++) {
		struct rootfs *root = captured_root(arena, str_from(launches[i].capture));
		struct launches all = kubelet_launches(
			root, systemd_new(root, &(struct systemd_options){0}), NULL);
		struct str argv = S("");
		if (all.n != (launches[i].argv != NULL))
			fail_msg("row %zu: %zu launches", i, all.n);
		if (!all.n)
			continue;
		for (size_t k = 0; k < all.at[0].argv.n; k++)
			argv = str_fmt(arena, "%" PRIstr "%s%" PRIstr, ARG(argv), k ? " " : "",
				       ARG(all.at[0].argv.at[k].text));
		if (!str_eq(argv, str_from(launches[i].argv)) ||
		    all.at[0].doubt.reason != launches[i].reason ||
		    strcmp(all.at[0].layout, "snap") != 0)
			fail_msg("row %zu: %.*s, %s", i, ARG(argv),
				 reason_name(all.at[0].doubt.reason));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expands),        cmocka_unit_test(reads_lines),
		cmocka_unit_test(reads_arrays),   cmocka_unit_test(long_lines_end_it),
		cmocka_unit_test(launches_snaps),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
