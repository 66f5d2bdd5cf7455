/*
 * ack.c - the numbers that our rules have in the CIS Alibaba Cloud Container Service Benchmark.
 * Newest first; names as kube-bench has them.
 */
#include "benchmarks.h"

static const struct control numbers[] = {
	{"ack-1.0", "4.1.1", "kubelet-unit-mode", AUTOMATED, "644"},
	{"ack-1.0", "4.1.2", "kubelet-unit-owner", AUTOMATED, NULL},
	{"ack-1.0", "4.1.3", "proxy-kubeconfig-mode", MANUAL, "644"},
	{"ack-1.0", "4.1.4", "proxy-kubeconfig-owner", MANUAL, NULL},
	{"ack-1.0", "4.1.5", "kubelet-kubeconfig-mode", AUTOMATED, "644"},
	{"ack-1.0", "4.1.6", "kubelet-kubeconfig-owner", MANUAL, NULL},
	{"ack-1.0", "4.1.7", "kubelet-client-ca-mode", MANUAL, "644"},
	{"ack-1.0", "4.1.8", "kubelet-client-ca-owner", MANUAL, NULL},
	{"ack-1.0", "4.1.9", "kubelet-config-mode", AUTOMATED, "644"},
	{"ack-1.0", "4.1.10", "kubelet-config-owner", AUTOMATED, NULL},
	{"ack-1.0", "4.2.1", "kubelet-anonymous-auth", AUTOMATED, NULL},
	{"ack-1.0", "4.2.2", "kubelet-authorization-mode", AUTOMATED, NULL},
	{"ack-1.0", "4.2.3", "kubelet-client-ca-file", AUTOMATED, NULL},
	{"ack-1.0", "4.2.4", "kubelet-read-only-port", MANUAL, NULL},
	{"ack-1.0", "4.2.5", "kubelet-streaming-idle-timeout", MANUAL, NULL},
	{"ack-1.0", "4.2.6", "kubelet-protect-kernel-defaults", MANUAL, NULL},
	{"ack-1.0", "4.2.7", "kubelet-make-iptables-util-chains", AUTOMATED, NULL},
	{"ack-1.0", "4.2.8", "kubelet-event-qps", MANUAL, NULL},
	{"ack-1.0", "4.2.9", "kubelet-tls-cert-and-key", MANUAL, NULL},
	{"ack-1.0", "4.2.10", "kubelet-strong-ciphers", MANUAL, NULL},
};

const struct controls controls_ack = {numbers, sizeof numbers / sizeof *numbers};
