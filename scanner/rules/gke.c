/*
 * gke.c - the numbers that our rules have in the CIS Google Kubernetes Engine Benchmark.
 * Newest first; names as kube-bench has them.
 */
#include "benchmarks.h"

static const struct control numbers[] = {
	{"gke-1.6.0", "3.2.6", "kubelet-make-iptables-util-chains"},
	{"gke-1.2.0", "3.2.7", "kubelet-make-iptables-util-chains"},
	{"gke-1.0", "4.2.7", "kubelet-make-iptables-util-chains"},
};

const struct controls controls_gke = {numbers, sizeof numbers / sizeof *numbers};
