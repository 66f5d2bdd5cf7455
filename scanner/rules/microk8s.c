/*
 * microk8s.c - the numbers that our rules have in the CIS benchmarks as adapted to MicroK8s.
 * Newest first; names as kube-bench has them.
 */
#include "benchmarks.h"

static const struct control numbers[] = {
	{"cis-1.24-microk8s", "4.2.7", "kubelet-make-iptables-util-chains"},
};

const struct controls controls_microk8s = {numbers, sizeof numbers / sizeof *numbers};
