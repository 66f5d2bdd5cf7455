/*
 * k3s.c - the numbers that our rules have in the CIS benchmarks as adapted to K3s.
 * Newest first; names as kube-bench has them.
 */
#include "benchmarks.h"

static const struct control numbers[] = {
	{"k3s-cis-1.9", "4.2.6", "kubelet-make-iptables-util-chains"},
	{"k3s-cis-1.8", "4.2.6", "kubelet-make-iptables-util-chains"},
	{"k3s-cis-1.7", "4.2.6", "kubelet-make-iptables-util-chains"},
	{"k3s-cis-1.24", "4.2.7", "kubelet-make-iptables-util-chains"},
	{"k3s-cis-1.23", "4.2.7", "kubelet-make-iptables-util-chains"},
	{"cis-1.6-k3s", "4.2.7", "kubelet-make-iptables-util-chains"},
};

const struct controls controls_k3s = {numbers, sizeof numbers / sizeof *numbers};
