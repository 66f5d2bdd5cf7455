/*
 * test_recognise.c - whose node an image is, by the marks that each product leaves, and which
 * images get their kubelet at boot. What each product writes is told by its own sources; plain
 * systems must stay nobody's.
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

#define SYSTEM "-- /etc/systemd/system/"
#define UNIT(text) SYSTEM "kubelet.service --\n[Service]\n" text "\n"
#define KUBEADM(path) \
	UNIT("ExecStart=/usr/bin/kubelet") \
	"-- " path "/kubelet.service.d/10-kubeadm.conf --\n[Service]\n" \
	"EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env\n"
#define OS(id) "-- /etc/os-release --\nID=" id "\n"

struct row {
	const char *capture;
	const char *name;   /* NULL: no launch; "" : of nobody */
	const char *writer; /* of the first pending file; NULL: not looked at */
};

static const struct row rows[] = {
	{UNIT("ExecStart=/usr/bin/kubelet --v=2"), "", NULL},
	{UNIT("ExecStart=/usr/bin/kubelet --config=/etc/kubernetes/kubelet.yaml"), "", NULL},
	{KUBEADM("/usr/lib/systemd/system"), "kubeadm", NULL},
	{KUBEADM("/etc/systemd/system"), "kubeadm", NULL},
	{UNIT("EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env\n"
	      "ExecStart=/usr/bin/kubelet $KUBELET_KUBEADM_ARGS"),
	 "kubeadm", "kubeadm init or join"},
	{KUBEADM("/etc/systemd/system") SYSTEM
	 "kubelet.service.d/11-kind.conf --\n[Service]\nExecStartPre=/bin/true\n",
	 "kind", NULL},
	{KUBEADM("/etc/systemd/system") "-- /kind/version --\nv1.30.0\n", "kind", NULL},
	{KUBEADM("/usr/lib/systemd/system") "EnvironmentFile=-/etc/sysconfig/kubelet\nEnvironmentFile=-/etc/default/kubelet\n",
	 "image-builder", NULL},
	{KUBEADM("/usr/lib/systemd/system") "EnvironmentFile=-/etc/default/kubelet\n", "kubeadm",
	 NULL},
	{UNIT("ExecStart=/var/lib/minikube/binaries/v1.30.0/kubelet --v=2"), "Minikube", NULL},
	{UNIT("ExecStart=/usr/bin/kubelet --config /etc/kubernetes/kubelet/kubelet-config.json "
	      "$KUBELET_ARGS"),
	 "EKS AL2", "/etc/eks/bootstrap.sh"},
	{UNIT("EnvironmentFile=/etc/eks/kubelet/environment\n"
	      "ExecStart=/usr/bin/kubelet $NODEADM_KUBELET_ARGS"),
	 "EKS AL2023", "nodeadm"},
	{OS("bottlerocket") UNIT("ExecStart=/usr/bin/false"), "Bottlerocket", "the settings API"},
	{UNIT("EnvironmentFile=/etc/default/kubelet\n"
	      "ExecStartPre=/bin/bash /opt/azure/containers/kubelet.sh\n"
	      "ExecStart=/opt/bin/kubelet $KUBELET_FLAGS"),
	 "AKS", "the custom script extension (CSE)"},
	{UNIT("ExecStartPre=/bin/bash /opt/azure/containers/kubelet.sh\n"
	      "ExecStart=/opt/bin/kubelet $KUBELET_CONFIG $KUBELET_OPTS"),
	 "AKS Engine", NULL},
	{UNIT("EnvironmentFile=/etc/default/kubelet\n"
	      "ExecStart=/home/kubernetes/bin/kubelet $KUBELET_OPTS"),
	 "GKE", "configure-helper.sh"},
	{UNIT("EnvironmentFile=/home/kubernetes/cfg/kubelet.conf\n"
	      "ExecStart=/home/kubernetes/bin/kubelet $KUBELET_OPTS"),
	 "", NULL},
	{UNIT("EnvironmentFile=/etc/sysconfig/kubelet\n"
	      "ExecStart=/usr/local/bin/kubelet \"$DAEMON_ARGS\""),
	 "kOps", "nodeup"},
	{UNIT("ExecStart=/opt/bin/kubelet --config=/var/lib/kubelet/config/kubelet"), "Gardener",
	 NULL},
	{UNIT("EnvironmentFile=-/etc/kubernetes/kubelet.env\n"
	      "ExecStart=/usr/local/bin/kubelet $KUBELET_ADDRESS $KUBELET_ARGS"),
	 "kubespray", "kubespray"},
	{UNIT("EnvironmentFile=/etc/kubernetes/kubelet.env\n"
	      "ExecStart=/usr/local/bin/kubelet $ARGS"),
	 "", NULL},
	{UNIT("ExecStart=/usr/local/bin/kubenswrapper /usr/bin/kubelet --v=2"), "OpenShift", NULL},
	{UNIT("ExecStart=/opt/kube/bin/kubelet --v=2"), "kubeasz", NULL},
	{UNIT("Environment=KUBELET_IMAGE=quay.io/poseidon/kubelet:v1.30.0\n"
	      "ExecStart=/usr/bin/kubelet"),
	 "Typhoon", NULL},
	{UNIT("ExecStart=/usr/lib/coreos/kubelet-wrapper --v=2"), "Container Linux", NULL},
	{UNIT("ExecStart=/srv/k3s-images/kubelet --v=2"), "", NULL},
	{SYSTEM "k3s.service --\n[Service]\nExecStart=/usr/local/bin/k3s server\n", "K3s", NULL},
	{SYSTEM "rke2-agent.service --\n[Service]\nExecStart=/usr/local/bin/rke2 agent\n", "RKE2",
	 NULL},

	/* Images without a kubelet. */
	{OS("ubuntu"), NULL, NULL},
	{OS("debian") "-- /etc/kubernetes/ --\n", NULL, NULL},
	{OS("flatcar"), NULL, NULL},
	{OS("fedora") "VARIANT_ID=coreos\n", NULL, NULL},
	{OS("amzn") "-- /etc/eks/ --\n", NULL, NULL},
	{OS("cos"), "GKE (Container-Optimized OS)", "configure-helper.sh"},
	{OS("rhcos"), "OpenShift", "Ignition (Machine Config Operator)"},
	{OS("amzn") "-- /usr/bin/nodeadm mode=0755 --\nx\n", "EKS AL2023", "nodeadm"},
	{OS("amzn") "-- /etc/eks/bootstrap.sh mode=0755 --\n#!/bin/bash\n", "EKS AL2",
	 "/etc/eks/bootstrap.sh"},
	{OS("ubuntu") "-- /opt/azure/vhd-install.complete --\nx\n", "AKS",
	 "the custom script extension (CSE)"},
	{OS("ubuntu") "-- /kic.txt --\nkic!\n", "Minikube", "minikube start"},
	{OS("ubuntu") "-- /opt/kops/bin/nodeup mode=0755 --\nx\n", "kOps", "nodeup"},
	{OS("ubuntu") "-- /var/lib/gardener-node-agent/ --\n", "Gardener", "gardener-node-agent"},
	{OS("bottlerocket") "VARIANT_ID=aws-ecs-2\n", NULL, NULL},
	{OS("bottlerocket") "VARIANT_ID=aws-k8s-1.31\n", "Bottlerocket", "the settings API"},

	/* A unit that an input of the image will write. */
	{OS("flatcar") "-- /usr/share/oem/config.ign --\n"
		       "{\"ignition\": {\"version\": \"3.3.0\"}, \"systemd\": {\"units\": "
		       "[{\"name\": \"kubelet.service\", \"contents\": \"[Service]\\n\"}]}}\n",
	 "", "Ignition"},
	{OS("flatcar") "-- /usr/share/oem/config.ign --\n"
		       "{\"ignition\": {\"version\": \"3.3.0\"}, \"systemd\": {\"units\": "
		       "[{\"name\": \"other.service\", \"contents\": \"[Service]\\n\"}]}}\n",
	 NULL, NULL},
};

static struct launches launches_of(const char *capture)
{
	struct rootfs *root = captured_root(arena, str_from(capture));
	return kubelet_launches(root, systemd_new(root, &(struct systemd_options){0}), NULL);
}

static void recognised(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *r = &rows[i];
		struct launches all = launches_of(r->capture);
		const struct launch *l = all.n ? &all.at[0] : NULL;
		struct str writer = l && l->pending.n ? l->pending.at[0].writer : S("");
		bool right = r->name ? l && str_eq(l->recognised, str_from(r->name)) : !l;
		if (!right || (r->writer && !str_eq(writer, str_from(r->writer)))) {
			print_error("row %zu: %" PRIstr " by %" PRIstr "\n%s", i,
				    ARG(l ? l->recognised : S("no launch")), ARG(writer),
				    r->capture);
			fail();
		}
		if (l && !l->unit)
			assert_int_equal(l->doubt.reason, REASON_GENERATED_AT_BOOT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(recognised)};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
