/*
 * tkgi.c - the numbers that our rules have in the CIS benchmarks as adapted to VMware TKGI.
 * Newest first; names as kube-bench has them.
 */
#include "benchmarks.h"

static const struct control numbers[] = {
	{"tkgi-1.2.53", "4.1.1", "kubelet-unit-mode", AUTOMATED, "644"},
	{"tkgi-1.2.53", "4.1.2", "kubelet-unit-owner", AUTOMATED, NULL},
	{"tkgi-1.2.53", "4.1.3", "proxy-kubeconfig-mode", AUTOMATED, "644"},
	{"tkgi-1.2.53", "4.1.4", "proxy-kubeconfig-owner", MANUAL, NULL},
	{"tkgi-1.2.53", "4.1.5", "kubelet-kubeconfig-mode", MANUAL, "644"},
	{"tkgi-1.2.53", "4.1.6", "kubelet-kubeconfig-owner", MANUAL, NULL},
	{"tkgi-1.2.53", "4.1.7", "kubelet-client-ca-mode", AUTOMATED, "644"},
	{"tkgi-1.2.53", "4.1.8", "kubelet-client-ca-owner", MANUAL, NULL},
	{"tkgi-1.2.53", "4.1.9", "kubelet-config-mode", AUTOMATED, "644"},
	{"tkgi-1.2.53", "4.1.10", "kubelet-config-owner", MANUAL, NULL},
	{"tkgi-1.2.53", "4.2.1", "kubelet-anonymous-auth", AUTOMATED, NULL},
	{"tkgi-1.2.53", "4.2.2", "kubelet-authorization-mode", AUTOMATED, NULL},
	{"tkgi-1.2.53", "4.2.3", "kubelet-client-ca-file", AUTOMATED, NULL},
	{"tkgi-1.2.53", "4.2.4", "kubelet-read-only-port", AUTOMATED, NULL},
	{"tkgi-1.2.53", "4.2.5", "kubelet-streaming-idle-timeout", AUTOMATED, NULL},
	{"tkgi-1.2.53", "4.2.6", "kubelet-protect-kernel-defaults", AUTOMATED, NULL},
	{"tkgi-1.2.53", "4.2.7", "kubelet-make-iptables-util-chains", AUTOMATED, NULL},
	{"tkgi-1.2.53", "4.2.8", "kubelet-hostname-override", MANUAL, NULL},
	{"tkgi-1.2.53", "4.2.9", "kubelet-event-qps", MANUAL, NULL},
	{"tkgi-1.2.53", "4.2.10", "kubelet-tls-cert-and-key", AUTOMATED, NULL},
	{"tkgi-1.2.53", "4.2.11", "kubelet-rotate-certificates", MANUAL, NULL},
	{"tkgi-1.2.53", "4.2.12", "kubelet-rotate-server-certificate", MANUAL, NULL},
	{"tkgi-1.2.53", "4.2.13", "kubelet-strong-ciphers", MANUAL, NULL},
};

const struct controls controls_tkgi = {numbers, sizeof numbers / sizeof *numbers};
