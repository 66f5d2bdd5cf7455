/*
 * eks.c - the numbers that our rules have in the CIS Amazon EKS Benchmark.
 * Newest first; names as kube-bench has them.
 */
#include "benchmarks.h"

static const struct control numbers[] = {
	{"eks-1.8.0", "3.2.6", "kubelet-make-iptables-util-chains"},
	{"eks-1.7.0", "3.2.6", "kubelet-make-iptables-util-chains"},
	{"eks-1.5.0", "3.2.6", "kubelet-make-iptables-util-chains"},
	{"eks-1.2.0", "3.2.7", "kubelet-make-iptables-util-chains"},
	{"eks-1.1.0", "3.2.7", "kubelet-make-iptables-util-chains"},
	{"eks-1.0.1", "3.2.7", "kubelet-make-iptables-util-chains"},
};

const struct controls controls_eks = {numbers, sizeof numbers / sizeof *numbers};
