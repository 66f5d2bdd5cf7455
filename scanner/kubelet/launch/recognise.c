/*
 * recognise.c - whose node this is: the distribution or installer that laid out a kubelet's unit,
 * told by marks that nothing else leaves; and images without a kubelet that are known to get one
 * when they boot. A name alone decides no verdict; it tells who will write what is missing.
 *
 * Marks are paths and names that the product itself fixes (its unit, its directories), never
 * words that an administrator would choose. Where one product builds on another (kind on kubeadm),
 * the special one stands first. Not supported: products whose units look like anybody's.
 */
#include "recognise.h"

#include <string.h>

#include "arena.h"

/* All that a row names must be there. */
struct mark {
	const char *name;
	const char *layout;   /* of the launch */
	const char *unit;     /* the unit's name */
	const char *texts[3]; /* in [Service], in a variable, or at the end of a drop-in's path */
	const char *file;
	const char *os; /* ID= of os-release(5) */
};

static const struct mark marks[] = {
	/* What runs a kubelet inside of itself is told by its layout. */
	{.name = "K3s", .layout = "k3s"},
	{.name = "RKE2", .layout = "rke2"},
	{.name = "k0s", .layout = "k0s"},
	{.name = "MicroShift", .layout = "microshift"},
	{.name = "OpenShift 3", .layout = "openshift"},
	{.name = "K3s", .unit = "k3s.service"},
	{.name = "K3s", .unit = "k3s-agent.service"},
	{.name = "RKE2", .unit = "rke2-server.service"},
	{.name = "RKE2", .unit = "rke2-agent.service"},
	{.name = "k0s", .unit = "k0sworker.service"},
	{.name = "k0s", .unit = "k0scontroller.service"},
	{.name = "MicroShift", .unit = "microshift.service"},
	{.name = "OpenShift 3", .unit = "origin-node.service"},
	{.name = "OpenShift 3", .unit = "atomic-openshift-node.service"},
	{.name = "MicroK8s", .unit = "snap.microk8s.daemon-kubelite.service"},
	{.name = "MicroK8s", .unit = "snap.microk8s.daemon-kubelet.service"},
	{.name = "Charmed Kubernetes", .unit = "snap.kubelet.daemon.service"},
	{.name = "Canonical Kubernetes", .unit = "snap.k8s.kubelet.service"},
	{.name = "EKS Ubuntu", .unit = "snap.kubelet-eks.daemon.service"},
	/* Its whole /etc is written at boot, by templates that are in the image. */
	{.name = "Bottlerocket", .os = "bottlerocket"},
	{.name = "Bottlerocket",
	 .texts = {"/etc/kubernetes/kubelet/env", "/etc/network/proxy.env"}},
	/* Templates of the Machine Config Operator, since 4.11 and before. */
	{.name = "OpenShift", .texts = {"/usr/local/bin/kubenswrapper"}},
	{.name = "OpenShift", .texts = {"/etc/kubernetes/kubelet-workaround"}},
	{.name = "EKS AL2023", .texts = {"/etc/eks/kubelet/environment"}},
	{.name = "EKS AL2", .texts = {"/etc/kubernetes/kubelet/kubelet-config.json"}},
	{.name = "EKS AL2", .texts = {"/etc/eks/image-credential-provider/"}},
	/* Both lay their scripts into the same directory; the older has $KUBELET_OPTS. */
	{.name = "AKS Engine", .texts = {"/opt/azure/containers/", "$KUBELET_OPTS"}},
	{.name = "AKS", .texts = {"/opt/azure/containers/"}},
	{.name = "GKE",
	 .texts = {"kubernetes/bin/kubelet", "/etc/default/kubelet", "$KUBELET_OPTS"}},
	{.name = "kOps", .texts = {"/etc/sysconfig/kubelet", "$DAEMON_ARGS"}},
	{.name = "Gardener", .texts = {"/var/lib/kubelet/config/kubelet"}},
	{.name = "Minikube", .texts = {"/var/lib/minikube/"}},
	{.name = "kind", .texts = {"/11-kind.conf"}},
	{.name = "kind", .texts = {"10-kubeadm.conf"}, .file = "/kind/version"},
	/* Its drop-in names the files of both families; those of the packages name one. */
	{.name = "image-builder",
	 .texts = {"/10-kubeadm.conf", "/etc/sysconfig/kubelet", "/etc/default/kubelet"}},
	{.name = "image-builder", .texts = {"/10-kubeadm.conf", "/run/kubelet/extra-args.env"}},
	{.name = "kubeadm", .texts = {"/10-kubeadm.conf"}},
	{.name = "kubeadm", .texts = {"/var/lib/kubelet/kubeadm-flags.env"}},
	{.name = "kubeasz", .texts = {"/opt/kube/bin/kubelet"}},
	{.name = "kubeasz", .texts = {"/etc/kubeasz/"}},
	{.name = "kubespray", .texts = {"/etc/kubernetes/kubelet.env", "$KUBELET_ADDRESS"}},
	{.name = "Typhoon", .texts = {"quay.io/poseidon/kubelet"}},
	{.name = "Lokomotive", .texts = {"quay.io/kinvolk/kubelet"}},
	{.name = "Magnum", .texts = {"/etc/sysconfig/heat-params"}},
	{.name = "Kubermatic", .texts = {"/opt/bin/setup_net_env.sh"}},
	{.name = "Giant Swarm",
	 .unit = "k8s-kubelet.service",
	 .texts = {"/etc/network-environment"}},
	{.name = "Container Linux", .texts = {"/usr/lib/coreos/kubelet-wrapper"}},
};

static bool unit_says(const struct unit *u, const char *needle)
{
	struct str want = str_from(needle);
	for (size_t i = 0; i < u->dropins.n; i++)
		if (str_ends(u->dropins.at[i]->path, want))
			return true;
	for (size_t i = 0; i < u->assignments.n; i++) {
		const struct assignment *x = &u->assignments.at[i];
		if (str_eq(x->section, S("Service")) && str_has(x->value.text, want))
			return true;
	}
	for (size_t i = 0; i < u->environment.n; i++)
		if (str_has(u->environment.at[i].value.text, want))
			return true;
	return false;
}

static bool there(struct rootfs *root, const char *path)
{
	return rootfs_stat(root, str_from(path))->state == FILE_OK;
}

static bool fits(struct rootfs *root, const struct launch *l, const struct mark *m)
{
	const struct unit *u = l->unit;
	if (m->layout && strcmp(m->layout, l->layout) != 0)
		return false;
	if (m->os && !str_eq(os_read(root)->id, str_from(m->os)))
		return false;
	if ((m->unit || m->texts[0]) && !u)
		return false;
	if (m->unit && !str_eq(u->id, str_from(m->unit)))
		return false;
	for (size_t i = 0; i < sizeof m->texts / sizeof *m->texts; i++)
		if (m->texts[i] && !unit_says(u, m->texts[i]))
			return false;
	return !m->file || there(root, m->file);
}

struct str recognise_launch(struct rootfs *root, const struct launch *l)
{
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
		if (fits(root, l, &marks[i]))
			return str_from(marks[i].name);
	return (struct str){0};
}

/* ---- images without a kubelet ---- */

/* Who makes this image a node when it boots, and the unit that will be written. */
struct promise {
	const char *name;
	const char *os, *variant; /* ID= and VARIANT_ID= of os-release(5), where they tell */
	const char *file;         /* otherwise: what only this kind of image has */
	const char *unit;
	const char *writer;
};

static const char kubelet_unit[] = "/etc/systemd/system/kubelet.service";

static const struct promise promises[] = {
	{"GKE (Container-Optimized OS)", "cos", NULL, NULL, kubelet_unit, "configure-helper.sh"},
	{"OpenShift", "rhcos", NULL, NULL, kubelet_unit, "Ignition (Machine Config Operator)"},
	{"OpenShift", "scos", NULL, NULL, kubelet_unit, "Ignition (Machine Config Operator)"},
	{"OpenShift", NULL, NULL, "/usr/libexec/machine-config-daemon", kubelet_unit,
	 "Ignition (Machine Config Operator)"},
	{"EKS AL2023", NULL, NULL, "/usr/bin/nodeadm", kubelet_unit, "nodeadm"},
	{"EKS Hybrid", NULL, NULL, "/opt/nodeadm/tracker", kubelet_unit, "nodeadm"},
	{"EKS AL2", NULL, NULL, "/etc/eks/bootstrap.sh", kubelet_unit, "/etc/eks/bootstrap.sh"},
	{"AKS", NULL, NULL, "/opt/azure/vhd-install.complete", kubelet_unit,
	 "the custom script extension (CSE)"},
	{"kOps", NULL, NULL, "/opt/kops/bin/nodeup", kubelet_unit, "nodeup"},
	{"Gardener", NULL, NULL, "/var/lib/gardener-node-agent", kubelet_unit,
	 "gardener-node-agent"},
	{"Gardener", NULL, NULL, "/var/lib/cloud-config-downloader", kubelet_unit,
	 "the cloud-config executor"},
	{"Minikube", NULL, NULL, "/kic.txt", kubelet_unit, "minikube start"},
	{"Minikube", NULL, NULL, "/usr/lib/systemd/system/minikube-automount.service", kubelet_unit,
	 "minikube start"},
	{"Bottlerocket", "bottlerocket", "k8s", NULL, kubelet_unit, "the settings API"},
};

static bool keeps(struct rootfs *root, const struct os *os, const struct promise *p)
{
	if (p->os && !str_eq(os->id, str_from(p->os)))
		return false;
	if (p->variant && !str_has(os_get(os, S("VARIANT_ID")).text, str_from(p->variant)))
		return false;
	return !p->file || there(root, p->file);
}

static const struct origin *evidence(struct rootfs *root, const struct os *os,
				     const struct promise *p)
{
	if (p->os)
		return os_get(os, S("ID")).from;
	return origin_new(rootfs_arena(root), rootfs_stat(root, str_from(p->file)), 0, 0, NULL);
}

static struct launch promised(struct rootfs *root, const struct os *os, const struct promise *p)
{
	struct arena *a = rootfs_arena(root);
	const struct origin *from = evidence(root, os, p);
	struct launch l = {.layout = "at-boot", .recognised = str_from(p->name), .workdir = S("/")};
	l.doubt = (struct doubt){
		REASON_GENERATED_AT_BOOT,
		str_fmt(a, "%s: an image of %s gets its kubelet at boot; %s writes it", p->unit,
			p->name, p->writer),
		from};
	*vec_push(a, &l.pending) = (struct pending){.path = str_from(p->unit),
						    .why = S("unit of the kubelet, absent"),
						    .writer = str_from(p->writer),
						    .from = from};
	return l;
}

bool recognise_image(struct rootfs *root, struct systemd *sd, struct launch *out)
{
	const struct os *os = os_read(root);
	/* Masked, or there and used by nobody: then somebody decided so. */
	if (unit_load(sd, S("kubelet.service"))->load != UNIT_NOT_FOUND)
		return false;
	for (size_t i = 0; i < sizeof promises / sizeof *promises; i++)
		if (keeps(root, os, &promises[i])) {
			*out = promised(root, os, &promises[i]);
			return true;
		}
	return false;
}
