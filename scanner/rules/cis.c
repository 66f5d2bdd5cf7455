/*
 * cis.c - the numbers that our rules have in the CIS Kubernetes Benchmark.
 * Newest first; names as kube-bench has them. Versions named after a Kubernetes minor
 * (1.20, 1.23, 1.24) are older than 1.7: the numbering began anew there.
 */
#include "benchmarks.h"

static const struct control numbers[] = {
	{"cis-1.12", "4.2.6", "kubelet-make-iptables-util-chains"},
	{"cis-1.11", "4.2.6", "kubelet-make-iptables-util-chains"},
	{"cis-1.10", "4.2.6", "kubelet-make-iptables-util-chains"},
	{"cis-1.9", "4.2.6", "kubelet-make-iptables-util-chains"},
	{"cis-1.8", "4.2.6", "kubelet-make-iptables-util-chains"},
	{"cis-1.7", "4.2.6", "kubelet-make-iptables-util-chains"},
	{"cis-1.24", "4.2.7", "kubelet-make-iptables-util-chains"},
	{"cis-1.23", "4.2.7", "kubelet-make-iptables-util-chains"},
	{"cis-1.20", "4.2.7", "kubelet-make-iptables-util-chains"},
	{"cis-1.6", "4.2.7", "kubelet-make-iptables-util-chains"},
	{"cis-1.5", "4.2.7", "kubelet-make-iptables-util-chains"},
};

const struct controls controls_cis = {numbers, sizeof numbers / sizeof *numbers};
