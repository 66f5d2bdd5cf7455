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

/* For the rows of the tables. */
#define AUTOMATED CONTROL_AUTOMATED
#define MANUAL CONTROL_MANUAL
#define SKIPPED CONTROL_SKIPPED

/* What the newest benchmark calls strong; names with a hash are the same suites, as kubelets since
 * 1.20 also spell them. */
#define STRONG_CIPHERS \
	"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 " \
	"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305 TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 " \
	"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305 TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 " \
	"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"

/* Older ones also take these. */
#define RSA_CIPHERS " TLS_RSA_WITH_AES_256_GCM_SHA384 TLS_RSA_WITH_AES_128_GCM_SHA256"

#endif
