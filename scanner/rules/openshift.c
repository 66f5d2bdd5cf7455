/*
 * openshift.c - the numbers that our rules have in the CIS Red Hat OpenShift Benchmark.
 * Newest first; names as kube-bench has them.
 */
#include "benchmarks.h"

static const struct control numbers[] = {
	{"rh-1.8", "4.2.7", "kubelet-make-iptables-util-chains"},
	{"rh-1.4", "4.2.7", "kubelet-make-iptables-util-chains"},
	{"rh-1.0", "4.2.7", "kubelet-make-iptables-util-chains"},
	{"rh-0.7", "7.8", "kubelet-make-iptables-util-chains"},
};

const struct controls controls_openshift = {numbers, sizeof numbers / sizeof *numbers};
