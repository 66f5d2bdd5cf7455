/*
 * datadog.c - the names that our rules have in Datadog's workload protection.
 */
#include "benchmarks.h"

static const struct control numbers[] = {
	{"datadog", "jeq-xry-fa2", "kubelet-make-iptables-util-chains", AUTOMATED, NULL},
};

const struct controls controls_datadog = {numbers, sizeof numbers / sizeof *numbers};
