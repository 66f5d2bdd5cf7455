/*
 * rke2.c - the numbers that our rules have in the CIS benchmarks as adapted to RKE2.
 * Newest first; names as kube-bench has them.
 */
#include "benchmarks.h"

static const struct control numbers[] = {
	{"rke2-cis-1.8", "4.2.6", "kubelet-make-iptables-util-chains"},
	{"rke2-cis-1.7", "4.2.6", "kubelet-make-iptables-util-chains"},
	{"rke2-cis-1.24", "4.2.7", "kubelet-make-iptables-util-chains"},
	{"rke2-cis-1.23", "4.2.7", "kubelet-make-iptables-util-chains"},
};

const struct controls controls_rke2 = {numbers, sizeof numbers / sizeof *numbers};
