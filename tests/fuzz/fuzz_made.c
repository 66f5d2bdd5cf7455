/*
 * fuzz_made.c - any bytes as the file out of which a launcher makes a kubelet's flags and
 * configuration: OpenShift's node-config.yaml, MicroShift's config.yaml with the same bytes as a
 * drop-in, Talos' machine configuration. There is one launch, and what is wrong has its place.
 */
#include <stdint.h>
#include <stdlib.h>

#include "captured.h"
#include "fuzzed.h"
#include "kubelet.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_place(const struct origin *o)
{
	for (; o; o = o->via)
		if (o->file && (o->at > o->file->text.n || o->len > o->file->text.n - o->at))
			abort();
}

static void check(struct arena *a, const char *head, struct str body, const char *tail)
{
	struct str text = str_fmt(a, "%s", head);
	text = str_cat(a, text, body);
	text = str_cat(a, text, str_from(tail));
	struct rootfs *root = captured_root_or_none(a, text);
	if (!root)
		return;
	struct systemd *sd = systemd_new(root, &(struct systemd_options){0});
	struct launches all = kubelet_launches(root, sd, NULL);
	for (size_t i = 0; i < all.n; i++) {
		const struct kubelet_options newest = {0};
		const struct settings *s = kubelet_settings(root, &all.at[i], &newest);
		for (size_t k = 0; k < all.at[i].argv.n; k++)
			check_place(all.at[i].argv.at[k].from);
		for (size_t k = 0; k < s->n; k++)
			check_place(s->at[k].from);
		check_place(s->error_from);
		check_place(s->doubt.from);
	}
}

static void run(struct arena *a, const uint8_t *bytes, size_t size)
{
	struct str body = str_dup(a, (struct str){(const char *)bytes, size});
	check(a,
	      "-- /etc/systemd/system/n.service --\n[Service]\n"
	      "ExecStart=/usr/bin/openshift start node --config=/n\n-- /n --\n",
	      body, "\n");
	check(a,
	      "-- /etc/systemd/system/m.service --\n[Service]\n"
	      "ExecStart=/usr/bin/microshift run\n-- /etc/microshift/config.yaml --\n"
	      "kubelet: {maxPods: 7}\n-- /etc/microshift/config.d/a.yaml --\n",
	      body, "\n-- /etc/microshift/config.d/b.yaml --\nkubelet: {maxPods: null}\n");
	check(a, "-- /etc/os-release --\nID=talos\n-- /system/state/config.yaml --\n", body, "\n");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	return size > 1 << 16 ? 0 : fuzzed(256 << 20, run, bytes, size);
}
