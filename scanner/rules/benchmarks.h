/*
 * benchmarks.h - the list of benchmark families: one table file each. The first is the one whose
 * newest number a finding shows when no benchmark was asked for.
 */
#ifndef RULES_BENCHMARKS_H
#define RULES_BENCHMARKS_H

#include "rules.h"

#define BENCHMARKS(X) \
	X(cis) \
	X(eks) \
	X(gke) \
	X(aks) \
	X(ack) \
	X(k3s) \
	X(rke) \
	X(rke2) \
	X(microk8s) \
	X(openshift) \
	X(tkgi) \
	X(datadog)

#define X(family) extern const struct controls controls_##family;
BENCHMARKS(X)
#undef X

#endif
