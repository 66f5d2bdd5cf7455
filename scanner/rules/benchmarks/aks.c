/*
 * aks.c - the numbers that our rules have in the CIS Azure Kubernetes Service Benchmark.
 * Newest first; names as kube-bench has them.
 */
#include "benchmarks.h"

static const struct control numbers[] = {
	{"aks-1.8", "3.1.1", "kubelet-kubeconfig-mode", AUTOMATED, "644"},
	{"aks-1.8", "3.1.2", "kubelet-kubeconfig-owner", AUTOMATED, NULL},
	{"aks-1.8", "3.1.3", "aks-azure-json-mode", AUTOMATED, "644"},
	{"aks-1.8", "3.1.4", "aks-azure-json-owner", AUTOMATED, NULL},
	{"aks-1.8", "3.2.1", "kubelet-anonymous-auth", AUTOMATED, NULL},
	{"aks-1.8", "3.2.2", "kubelet-authorization-mode", AUTOMATED, NULL},
	{"aks-1.8", "3.2.3", "kubelet-client-ca-file", AUTOMATED, NULL},
	{"aks-1.8", "3.2.4", "kubelet-read-only-port", AUTOMATED, NULL},
	{"aks-1.8", "3.2.5", "kubelet-streaming-idle-timeout", AUTOMATED, NULL},
	{"aks-1.8", "3.2.6", "kubelet-make-iptables-util-chains", AUTOMATED, NULL},
	{"aks-1.8", "3.2.7", "kubelet-event-qps", AUTOMATED, NULL},
	{"aks-1.8", "3.2.8", "kubelet-rotate-certificates", AUTOMATED, NULL},
	{"aks-1.8", "3.2.9", "kubelet-rotate-server-certificate", AUTOMATED, NULL},
	{"aks-1.7", "3.1.1", "kubelet-kubeconfig-mode", AUTOMATED, "644"},
	{"aks-1.7", "3.1.2", "kubelet-kubeconfig-owner", AUTOMATED, NULL},
	{"aks-1.7", "3.1.3", "aks-azure-json-mode", AUTOMATED, "644"},
	{"aks-1.7", "3.1.4", "aks-azure-json-owner", AUTOMATED, NULL},
	{"aks-1.7", "3.2.1", "kubelet-anonymous-auth", AUTOMATED, NULL},
	{"aks-1.7", "3.2.2", "kubelet-authorization-mode", AUTOMATED, NULL},
	{"aks-1.7", "3.2.3", "kubelet-client-ca-file", AUTOMATED, NULL},
	{"aks-1.7", "3.2.4", "kubelet-read-only-port", AUTOMATED, NULL},
	{"aks-1.7", "3.2.5", "kubelet-streaming-idle-timeout", AUTOMATED, NULL},
	{"aks-1.7", "3.2.6", "kubelet-make-iptables-util-chains", AUTOMATED, NULL},
	{"aks-1.7", "3.2.7", "kubelet-event-qps", AUTOMATED, NULL},
	{"aks-1.7", "3.2.8", "kubelet-rotate-certificates", AUTOMATED, NULL},
	{"aks-1.7", "3.2.9", "kubelet-rotate-server-certificate", AUTOMATED, NULL},
	{"aks-1.0", "3.1.1", "kubelet-kubeconfig-mode", MANUAL, "644"},
	{"aks-1.0", "3.1.2", "kubelet-kubeconfig-owner", MANUAL, NULL},
	{"aks-1.0", "3.1.3", "aks-azure-json-mode", MANUAL, "644"},
	{"aks-1.0", "3.1.4", "aks-azure-json-owner", MANUAL, NULL},
	{"aks-1.0", "3.2.1", "kubelet-anonymous-auth", MANUAL, NULL},
	{"aks-1.0", "3.2.2", "kubelet-authorization-mode", MANUAL, NULL},
	{"aks-1.0", "3.2.3", "kubelet-client-ca-file", MANUAL, NULL},
	{"aks-1.0", "3.2.4", "kubelet-read-only-port", MANUAL, NULL},
	{"aks-1.0", "3.2.5", "kubelet-streaming-idle-timeout", MANUAL, NULL},
	{"aks-1.0", "3.2.6", "kubelet-protect-kernel-defaults", MANUAL, NULL},
	{"aks-1.0", "3.2.7", "kubelet-make-iptables-util-chains", MANUAL, NULL},
	{"aks-1.0", "3.2.8", "kubelet-hostname-override", MANUAL, NULL},
	{"aks-1.0", "3.2.9", "kubelet-event-qps", MANUAL, NULL},
	{"aks-1.0", "3.2.10", "kubelet-rotate-certificates", MANUAL, NULL},
	{"aks-1.0", "3.2.11", "kubelet-rotate-server-certificate", MANUAL, NULL},
};

const struct controls controls_aks = {numbers, sizeof numbers / sizeof *numbers};
