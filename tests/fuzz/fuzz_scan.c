/*
 * fuzz_scan.c - any bytes as a text capture, scanned from end to end: operating system, package
 * databases, units, scripts, flags, configuration, rules. Beyond not crashing, what was captured
 * of the scan must give the same verdicts again, and a verdict that is none must say why.
 */
#include <stdint.h>
#include <stdlib.h>

#include "captured.h"
#include "fuzzed.h"
#include "rules.h"

enum { FINDINGS_MAX = 32 };

struct outcome {
	size_t n;
	enum verdict verdicts[FINDINGS_MAX];
	enum reason reasons[FINDINGS_MAX];
	struct str capture;
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void scan(struct arena *a, struct rootfs *root, struct outcome *out)
{
	struct systemd *sd = systemd_new(root, &(struct systemd_options){0});
	struct launches launches = kubelet_launches(root, sd, NULL);
	const struct settings **settings = NEW_N(a, const struct settings *, launches.n + 1);
	for (size_t i = 0; i < launches.n; i++)
		settings[i] = kubelet_settings(root, &launches.at[i], &(struct kubelet_options){0});
	inventory_package(root, S("kubelet"));
	os_read(root);
	struct rule_set rules = {0};
	rules_of_benchmark(a, S("cis-1.11"), &rules);
	struct findings f =
		rules_evaluate(root, sd, &launches, settings, &rules, S("cis-1.11"), false);
	for (size_t i = 0; i < f.n && i < FINDINGS_MAX; i++) {
		out->verdicts[out->n] = f.at[i].verdict;
		out->reasons[out->n++] = f.at[i].doubt.reason;
		bool told = f.at[i].doubt.reason != REASON_NONE && f.at[i].doubt.text.n > 0;
		if (f.at[i].verdict == VERDICT_UNKNOWN && !told)
			abort();
	}
	struct out *o = out_new(a);
	rootfs_capture(root, o);
	out->capture = out_text(o);
}

static void compare(const struct outcome *once, const struct outcome *again)
{
	if (once->n != again->n)
		abort();
	for (size_t i = 0; i < once->n; i++)
		if (once->verdicts[i] != again->verdicts[i] ||
		    once->reasons[i] != again->reasons[i])
			abort();
}

static void run(struct arena *a, const uint8_t *bytes, size_t size)
{
	struct outcome *once = NEW(a, struct outcome), *again = NEW(a, struct outcome);
	struct rootfs *root = captured_root_or_none(a, (struct str){(const char *)bytes, size});
	if (root)
		scan(a, root, once);
	struct rootfs *copy = root ? captured_root_or_none(a, once->capture) : NULL;
	if (copy) {
		scan(a, copy, again);
		compare(once, again);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	return fuzzed(256 << 20, run, bytes, size);
}
