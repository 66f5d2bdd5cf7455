/*
 * fuzz_intended.c - any bytes as the inputs of a join: kubeadm's configuration and patch, user
 * data, Ignition's configuration, a template. What holds for every input: the kubelet's effective
 * values are those that it has without them, and every intended value has its option and its
 * place.
 */
#include <stdint.h>
#include <stdlib.h>

#include "captured.h"
#include "fuzzed.h"
#include "kubelet.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const char node[] =
	"-- /etc/systemd/system/kubelet.service --\n[Service]\n"
	"ExecStart=/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml $KUBELET_EXTRA_ARGS\n";

static const struct settings *settings_of(struct arena *a, struct str capture)
{
	struct rootfs *root = captured_root(a, capture);
	struct launches l =
		kubelet_launches(root, systemd_new(root, &(struct systemd_options){0}), NULL);
	if (l.n != 1)
		abort();
	return kubelet_settings(root, &l.at[0], NULL);
}

static void look(struct arena *a, const uint8_t *bytes, size_t size)
{
	static const char *const places[] = {
		"/etc/kubernetes/kubeadm.yaml",
		"/etc/kubernetes/patches/kubeletconfiguration+json.json",
		"/var/lib/cloud/seed/nocloud/user-data",
		"/usr/lib/ignition/user.ign",
		"/usr/share/templates/kubelet-config",
	};
	struct str body = captured_hex(a, (struct str){(const char *)bytes, size});
	struct str capture = str_from(node);
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		capture = str_fmt(a, "%" PRIstr "-- %s hex --\n%" PRIstr, ARG(capture), places[i],
				  ARG(body));
	const struct settings *with = settings_of(a, capture);
	const struct settings *without = settings_of(a, str_from(node));
	if (with->doubt.reason != without->doubt.reason || with->error != without->error)
		abort();
	for (size_t i = 0; i < with->n; i++)
		if (!str_eq(with->at[i].value, without->at[i].value))
			abort();
	for (size_t i = 0; i < with->intended.n; i++) {
		const struct intended *x = &with->intended.at[i];
		if (!x->option || !x->by.n || !x->from || !x->from->file)
			abort();
		origin_place(x->from);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	return size > 1 << 16 ? 0 : fuzzed(256 << 20, look, bytes, size);
}
