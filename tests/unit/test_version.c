/*
 * test_version.c - where the version of a kubelet is found: one node a row, and what must tell it.
 * What programs and packages say is for their own tests; here stands which of them is believed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "captured.h"
#include "fixture.h"
#include "kubelet.h"

#include <cmocka.h>

#define UNIT(command) \
	"-- /etc/systemd/system/kubelet.service --\n[Service]\n" command "\n" \
	"[Install]\nWantedBy=multi-user.target\n"
#define RUNS(command) UNIT("ExecStart=" command)
#define PROGRAM(path, version) \
	"-- " path " mode=0755 --\n(100000000 bytes, not captured)\nkubelet " version "\n"
#define DPKG(name, version) \
	"-- /var/lib/dpkg/status --\nPackage: " name "\nStatus: install ok installed\n" \
	"Version: " version "\n"

static void says(struct version v, const char *want, const char *label)
{
	struct str got =
		v.major ? str_fmt(arena, "%" PRIstr " by %" PRIstr, ARG(v.text), ARG(v.source))
			: S("");
	if (!str_eq(got, str_from(want)))
		fail_msg("%s: got '%.*s', want '%s'", label, ARG(got), want);
}

static struct version launched(const char *capture, const struct kubelet_options *opts)
{
	struct rootfs *root = captured_root(arena, str_from(capture));
	struct systemd *sd = systemd_new(root, &(struct systemd_options){0});
	struct launches all = kubelet_launches(root, sd, opts);
	assert_true(all.n > 0);
	return kubelet_settings(root, &all.at[0], opts)->version;
}

static void what_is_executed_tells_first(void **state)
{
	(void)state;
	static const struct {
		const char *label, *capture, *want;
	} table[] = {
		{"the program",
		 RUNS("/opt/bin/kubelet") PROGRAM("/opt/bin/kubelet", "v1.29.3")
			 PROGRAM("/usr/bin/kubelet", "v1.20.1"),
		 "v1.29.3 by go build info of /opt/bin/kubelet"},
		{"the program before the package",
		 RUNS("/usr/bin/kubelet") PROGRAM("/usr/bin/kubelet", "v1.29.3")
			 DPKG("kubelet", "1.28.0-1"),
		 "v1.29.3 by go build info of /usr/bin/kubelet"},
		{"behind a wrapper",
		 RUNS("/usr/bin/nice -n 5 /usr/bin/kubelet") PROGRAM("/usr/bin/kubelet", "v1.29.3"),
		 "v1.29.3 by go build info of /usr/bin/kubelet"},
		{"a path before the package",
		 RUNS("/opt/kube/v1.27.1/kubelet") DPKG("kubelet", "1.28.0-1"),
		 "v1.27.1 by path /opt/kube/v1.27.1/kubelet"},
		{"the program before its path",
		 RUNS("/opt/kube/v1.27.1/kubelet") PROGRAM("/opt/kube/v1.27.1/kubelet", "v1.27.9"),
		 "v1.27.9 by go build info of /opt/kube/v1.27.1/kubelet"},
		{"the package", RUNS("/usr/bin/kubelet") DPKG("kubelet", "1.28.0-1"),
		 "1.28.0-1 by dpkg"},
		{"no version of Kubernetes", RUNS("/usr/bin/kubelet") DPKG("kubelet", "28.0-1"),
		 ""},
		{"a container before the node's own",
		 RUNS("/usr/bin/docker run --name kubelet x/hyperkube:v1.21.5 kubelet")
			 DPKG("kubelet", "1.28.0-1"),
		 "v1.21.5 by image tag"},
		{"a container's digest",
		 RUNS("/usr/bin/podman run --name kubelet x:5000/kubelet:v1.21.5@sha256:00 --v=2"),
		 "v1.21.5 by image tag"},
		{"a port is no tag",
		 RUNS("/usr/bin/podman run --name kubelet x:5000/kubelet --v=2"), ""},
		{"CoreOS's variable",
		 UNIT("Environment=KUBELET_IMAGE_TAG=v1.21.6_coreos.2\n"
		      "ExecStart=/usr/lib/coreos/kubelet-wrapper --v=2"),
		 "v1.21.6_coreos.2 by KUBELET_IMAGE_TAG"},
		{"nothing", RUNS("/usr/bin/kubelet"), ""},
	};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		says(launched(table[i].capture, NULL), table[i].want, table[i].label);
}

static void the_option_is_believed_before_all(void **state)
{
	(void)state;
	struct kubelet_options opts = {.version = {1, 30, S("1.30"), S("option")}};
	says(launched(RUNS("/usr/bin/kubelet") PROGRAM("/usr/bin/kubelet", "v1.29.3"), &opts),
	     "1.30 by option", "option");
}

static void labels_are_believed_last(void **state)
{
	(void)state;
	static const struct {
		const char *title, *version, *capture, *want;
	} table[] = {
		{"kubelet", "v1.29.3", RUNS("/usr/bin/kubelet"), "v1.29.3 by image label"},
		{"k3s", "v1.29.3-k3s1", RUNS("/usr/bin/kubelet"), "v1.29.3-k3s1 by image label"},
		{"ubuntu", "v1.29.3", RUNS("/usr/bin/kubelet"), ""},
		{"kubelet", "24.04", RUNS("/usr/bin/kubelet"), ""},
		{"kubelet", "v1.29.3", RUNS("/usr/bin/kubelet") "-- /kind/version --\nv1.28.0\n",
		 "v1.28.0 by /kind/version"},
	};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct image image = {0};
		struct kubelet_options opts = {.image = &image};
		*vec_push(arena, &image.labels) = (struct image_label){
			S("org.opencontainers.image.title"), str_from(table[i].title)};
		*vec_push(arena, &image.labels) = (struct image_label){
			S("org.opencontainers.image.version"), str_from(table[i].version)};
		says(launched(table[i].capture, &opts), table[i].want, table[i].title);
	}
}

static void one_that_nobody_launches_is_found(void **state)
{
	(void)state;
	struct rootfs *root = captured_root(arena, S(PROGRAM("/usr/bin/kubelet", "v1.29.3")));
	says(kubelet_installed(root, NULL), "v1.29.3 by go build info of /usr/bin/kubelet",
	     "there");
	root = captured_root(arena, S("-- /etc/hostname --\nx\n"));
	says(kubelet_installed(root, NULL), "", "not there");
}

static size_t notes_of(const char *capture)
{
	struct rootfs *root = captured_root(arena, str_from(capture));
	kubelet_installed(root, NULL);
	return rootfs_notes(root)->n;
}

static void a_disagreement_is_told(void **state)
{
	(void)state;
#define BOTH(a, b) PROGRAM("/usr/bin/kubelet", a) DPKG("kubelet", b)
	assert_int_equal(notes_of(BOTH("v1.29.3", "1.29.3-1.1")), 0);
	assert_int_equal(notes_of(BOTH("v1.29.3", "1.29-1")), 0);
	assert_int_equal(notes_of(BOTH("v1.29.3", "1.29.30-1.1")), 1);
	assert_int_equal(notes_of(BOTH("v1.29.3", "1.28.3-1.1")), 1);
	assert_int_equal(notes_of(BOTH("v1.20.5", "1.20.5+really1.20.2-1.1")), 0);
	assert_int_equal(notes_of(BOTH("v1.19.16", "1.19.16-00")), 1);
	assert_int_equal(notes_of(BOTH("v1.37.0", "1.37.0-1")), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_executed_tells_first),
		cmocka_unit_test(the_option_is_believed_before_all),
		cmocka_unit_test(labels_are_believed_last),
		cmocka_unit_test(one_that_nobody_launches_is_found),
		cmocka_unit_test(a_disagreement_is_told),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
