/*
 * aks.c - the numbers that our rules have in the CIS Azure Kubernetes Service Benchmark.
 * Newest first; names as kube-bench has them.
 */
#include "benchmarks.h"

static const struct control numbers[] = {
	{"aks-1.8", "3.2.6", "kubelet-make-iptables-util-chains"},
	{"aks-1.7", "3.2.6", "kubelet-make-iptables-util-chains"},
	{"aks-1.0", "3.2.7", "kubelet-make-iptables-util-chains"},
};

const struct controls controls_aks = {numbers, sizeof numbers / sizeof *numbers};
