/*
 * tkgi.c - the numbers that our rules have in the CIS benchmarks as adapted to VMware TKGI.
 * Newest first; names as kube-bench has them.
 */
#include "benchmarks.h"

static const struct control numbers[] = {
	{"tkgi-1.2.53", "4.2.7", "kubelet-make-iptables-util-chains"},
};

const struct controls controls_tkgi = {numbers, sizeof numbers / sizeof *numbers};
