/*
 * choose.c - the benchmark that fits a node, when nobody named one: the family of the distribution
 * that was recognised, and in it the newest that was made for the version of the kubelet or for an
 * older one. Versions as kube-bench maps them; OpenShift 4.1 is Kubernetes 1.13, 4.11 is 1.24,
 * 4.16 is 1.29.
 */
#include "arena.h"
#include "rules.h"

/* Newest first in each family; the last is taken for kubelets that are older still. */
static const struct {
	const char *family, *benchmark;
	unsigned since; /* minor version of the kubelet */
} fits[] = {
	{"CIS", "cis-1.12", 32},
	{"CIS", "cis-1.11", 29},
	{"CIS", "cis-1.10", 28},
	{"CIS", "cis-1.9", 27},
	{"CIS", "cis-1.8", 26},
	{"CIS", "cis-1.7", 25},
	{"CIS", "cis-1.24", 24},
	{"CIS", "cis-1.23", 22},
	{"CIS", "cis-1.20", 19},
	{"CIS", "cis-1.6", 16},
	{"CIS", "cis-1.5", 0},
	{"EKS", "eks-1.8.0", 0},
	{"GKE", "gke-1.9.0", 0},
	{"AKS", "aks-1.8", 0},
	{"K3s", "k3s-cis-1.9", 27},
	{"K3s", "k3s-cis-1.8", 26},
	{"K3s", "k3s-cis-1.7", 25},
	{"K3s", "k3s-cis-1.24", 24},
	{"K3s", "k3s-cis-1.23", 22},
	{"K3s", "cis-1.6-k3s", 0},
	{"RKE2", "rke2-cis-1.8", 26},
	{"RKE2", "rke2-cis-1.7", 25},
	{"RKE2", "rke2-cis-1.24", 24},
	{"RKE2", "rke2-cis-1.23", 0},
	{"MicroK8s", "cis-1.24-microk8s", 0},
	{"OpenShift", "rh-1.8", 29},
	{"OpenShift", "rh-1.4", 24},
	{"OpenShift", "rh-1.0", 13},
	{"OpenShift", "rh-0.7", 0},
	{"OpenShift 3", "rh-0.7", 0},
};

/* By the beginning of what was recognised; AKS Engine is no AKS. */
static const struct {
	const char *recognised, *family;
} families[] = {
	{"OpenShift 3", "OpenShift 3"},
	{"AKS Engine", "CIS"},
	{"AKS", "AKS"},
	{"EKS", "EKS"},
	{"GKE", "GKE"},
	{"K3s", "K3s"},
	{"RKE2", "RKE2"},
	{"MicroK8s", "MicroK8s"},
	{"OpenShift", "OpenShift"},
};

static struct str family_of(struct str recognised)
{
	for (size_t i = 0; i < sizeof families / sizeof *families; i++)
		if (str_starts(recognised, str_from(families[i].recognised)))
			return str_from(families[i].family);
	return S("CIS");
}

struct str benchmark_choose(struct arena *a, const struct launches *launches,
			    const struct version *kubelet, struct str *why)
{
	struct str recognised = launches->n ? launches->at[0].recognised : (struct str){0};
	struct str family = family_of(recognised), last = {0};
	bool known = kubelet->major == 1;
	for (size_t i = 0; i < sizeof fits / sizeof *fits; i++) {
		if (!str_eq(str_from(fits[i].family), family))
			continue;
		last = str_from(fits[i].benchmark);
		if (!known || kubelet->minor >= fits[i].since)
			break;
	}
	struct str node = recognised.n ? recognised : S("no product was recognised");
	*why = known ? str_fmt(a, "%" PRIstr ", kubelet 1.%u", ARG(node), kubelet->minor)
		     : str_fmt(a, "%" PRIstr ", kubelet of unknown version", ARG(node));
	return last;
}
