/*
 * recognise.c - whose node this is: the distribution or installer that laid out a kubelet's unit,
 * told by marks that nothing else leaves. Only a name for people: no verdict depends on it.
 */
#include "recognise.h"

static const struct mark {
	const char *needle; /* in some assignment, or in a drop-in's path */
	const char *name;
} marks[] = {
	{"kubenswrapper", "OpenShift"},
	{"/etc/eks/kubelet/environment", "EKS AL2023"},
	{"/etc/kubernetes/kubelet/kubelet-config.json", "EKS AL2"},
	{"/opt/azure/containers", "AKS"},
	{"10-kubeadm.conf", "kubeadm"},
	{"kubeadm-flags.env", "kubeadm"},
	{"/var/lib/minikube", "minikube"},
	{"/opt/kube/bin", "kubeasz"},
	{"/etc/kubernetes/kubelet.env", "kubespray"},
	{"rke2", "RKE2"},
	{"k3s", "K3s"},
	{"k0s", "k0s"},
	{"microk8s", "MicroK8s"},
	{"openshift", "OpenShift 3"},
};

static bool has_mark(const struct unit *u, struct str needle)
{
	for (size_t i = 0; i < u->dropins.n; i++)
		if (str_ends(u->dropins.at[i]->path, needle))
			return true;
	for (size_t i = 0; i < u->assignments.n; i++) {
		const struct assignment *x = &u->assignments.at[i];
		if (str_eq(x->section, S("Service")) && str_has(x->value.text, needle))
			return true;
	}
	return false;
}

struct str recognise_unit(struct rootfs *root, const struct unit *u)
{
	const struct os *os = os_read(root);
	if (str_eq(os->id, S("bottlerocket")))
		return S("Bottlerocket");
	for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
		if (has_mark(u, str_from(marks[i].needle)))
			return str_from(marks[i].name);
	return S("");
}
