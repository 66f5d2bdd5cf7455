/*
 * microk8s.c - the numbers that our rules have in the CIS benchmarks as adapted to MicroK8s.
 * Newest first; names as kube-bench has them.
 */
#include "benchmarks.h"

static const struct control numbers[] = {
	{"cis-1.24-microk8s", "4.1.1", "kubelet-unit-mode", AUTOMATED, "600"},
	{"cis-1.24-microk8s", "4.1.2", "kubelet-unit-owner", AUTOMATED, NULL},
	{"cis-1.24-microk8s", "4.1.3", "proxy-kubeconfig-mode", MANUAL, "600"},
	{"cis-1.24-microk8s", "4.1.4", "proxy-kubeconfig-owner", MANUAL, NULL},
	{"cis-1.24-microk8s", "4.1.5", "kubelet-kubeconfig-mode", AUTOMATED, "600"},
	{"cis-1.24-microk8s", "4.1.6", "kubelet-kubeconfig-owner", AUTOMATED, NULL},
	{"cis-1.24-microk8s", "4.1.7", "kubelet-client-ca-mode", MANUAL, "600"},
	{"cis-1.24-microk8s", "4.1.8", "kubelet-client-ca-owner", MANUAL, NULL},
	{"cis-1.24-microk8s", "4.1.9", "kubelet-config-mode", MANUAL, "600"},
	{"cis-1.24-microk8s", "4.1.10", "kubelet-config-owner", MANUAL, NULL},
	{"cis-1.24-microk8s", "4.2.1", "kubelet-anonymous-auth", AUTOMATED, NULL},
	{"cis-1.24-microk8s", "4.2.2", "kubelet-authorization-mode", AUTOMATED, NULL},
	{"cis-1.24-microk8s", "4.2.3", "kubelet-client-ca-file", AUTOMATED, NULL},
	{"cis-1.24-microk8s", "4.2.4", "kubelet-read-only-port", MANUAL, NULL},
	{"cis-1.24-microk8s", "4.2.5", "kubelet-streaming-idle-timeout", MANUAL, NULL},
	{"cis-1.24-microk8s", "4.2.6", "kubelet-protect-kernel-defaults", AUTOMATED, NULL},
	{"cis-1.24-microk8s", "4.2.7", "kubelet-make-iptables-util-chains", AUTOMATED, NULL},
	{"cis-1.24-microk8s", "4.2.8", "kubelet-hostname-override", MANUAL, NULL},
	{"cis-1.24-microk8s", "4.2.9", "kubelet-event-qps", MANUAL, NULL},
	{"cis-1.24-microk8s", "4.2.10", "kubelet-tls-cert-and-key", MANUAL, NULL},
	{"cis-1.24-microk8s", "4.2.11", "kubelet-rotate-certificates", AUTOMATED, NULL},
	{"cis-1.24-microk8s", "4.2.12", "kubelet-rotate-server-certificate", MANUAL, NULL},
	{"cis-1.24-microk8s", "4.2.13", "kubelet-strong-ciphers", MANUAL, NULL},
};

const struct controls controls_microk8s = {numbers, sizeof numbers / sizeof *numbers};
