/*
 * ack.c - the numbers that our rules have in the CIS Alibaba Cloud Container Service Benchmark.
 * Newest first; names as kube-bench has them.
 */
#include "benchmarks.h"

static const struct control numbers[] = {
	{"ack-1.0", "4.2.7", "kubelet-make-iptables-util-chains"},
};

const struct controls controls_ack = {numbers, sizeof numbers / sizeof *numbers};
