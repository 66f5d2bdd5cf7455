/*
 * fuzz_k3s.c - any bytes as the configuration of K3s, its drop-in, the kubelet's own file that it
 * names, and its command line. What holds for every input: an error in words or a value for every
 * option, in each age of K3s.
 */
#include <stdint.h>
#include <stdlib.h>

#include "captured.h"
#include "fuzzed.h"
#include "kubelet.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void look_at(struct rootfs *root, unsigned minor)
{
	struct kubelet_options o = {.version = {.major = minor ? 1 : 0, .minor = minor}};
	struct launches l =
		kubelet_launches(root, systemd_new(root, &(struct systemd_options){0}), &o);
	for (size_t i = 0; i < l.n; i++) {
		const struct settings *s = kubelet_settings(root, &l.at[i], &o);
		if ((s->error && !s->error_text.n) || !setting_get(s, S("makeIPTablesUtilChains")))
			abort();
	}
}

static void look(struct arena *a, const uint8_t *bytes, size_t size)
{
	static const unsigned minors[] = {0, 20, 29, 34};
	struct str rest = {(const char *)bytes, size};
	struct str line = captured_part(&rest), config = captured_part(&rest),
		   more = captured_part(&rest);
	struct str unit = str_cat(a, S("[Service]\nExecStart=/bin/"), line);
	struct str text = str_fmt(a,
				  "-- /etc/systemd/system/k3s.service hex --\n%" PRIstr
				  "-- /etc/rancher/k3s/config.yaml hex --\n%" PRIstr
				  "-- /etc/rancher/k3s/config.yaml.d/a.yaml hex --\n%" PRIstr
				  "-- /f hex --\n%" PRIstr,
				  ARG(captured_hex(a, unit)), ARG(captured_hex(a, config)),
				  ARG(captured_hex(a, more)), ARG(captured_hex(a, rest)));
	look_at(captured_root(a, text), minors[size % 4]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	return size > 1 << 16 ? 0 : fuzzed(256 << 20, look, bytes, size);
}
