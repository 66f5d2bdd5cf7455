/*
 * test_gates.c - feature gates by version: what kube_features.go of some minors says of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "fixture.h"
#include "kubelet/gates.h"

#include <cmocka.h>

static const char *const names[] = {
#define GATE(name, first, last, on, off, locked) name,
#include "kubelet/gates.def"
#undef GATE
};

/* bsearch finds what is in order, and only that. */
static void are_in_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const struct gate *g = gate_find(str_from(names[i]));
		assert_non_null(g);
		assert_string_equal(g->name, names[i]);
		assert_true(g->first <= g->last && g->on <= g->off);
		/* What is locked was known, and locked to something. */
		assert_true(g->locked == 99 || (g->first <= g->locked && g->locked <= g->last));
	}
	assert_null(gate_find(S("")));
	assert_null(gate_find(S("memoryqos")));
}

struct row {
	const char *name;
	bool value;
	unsigned minor;
	const char *why; /* NULL: taken */
};

static const struct row rows[] = {
	{"IPTablesOwnershipCleanup", true, 24,
	 "unrecognized feature gate: IPTablesOwnershipCleanup"},
	{"IPTablesOwnershipCleanup", true, 25, NULL},
	{"IPTablesOwnershipCleanup", false, 27, NULL},
	{"IPTablesOwnershipCleanup", true, 28, NULL},
	{"IPTablesOwnershipCleanup", false, 29,
	 "cannot set feature gate IPTablesOwnershipCleanup to false, feature is locked to true"},
	{"IPTablesOwnershipCleanup", true, 30,
	 "unrecognized feature gate: IPTablesOwnershipCleanup"},
	{"SeccompDefault", true, 22, NULL},
	{"SeccompDefault", false, 27,
	 "cannot set feature gate SeccompDefault to false, feature is locked to true"},
	{"SeccompDefault", true, 29, "unrecognized feature gate: SeccompDefault"},
	/* The constant is CPUCFSQuotaPeriod, the gate is not. */
	{"CustomCPUCFSQuotaPeriod", true, 20, NULL},
	{"CustomCPUCFSQuotaPeriod", true, 36, NULL},
	{"CPUCFSQuotaPeriod", true, 28, "unrecognized feature gate: CPUCFSQuotaPeriod"},
	{"ExpandedDNSConfig", true, 22, NULL},
	{"ExpandedDNSConfig", false, 27, NULL},
	{"ExpandedDNSConfig", true, 30, "unrecognized feature gate: ExpandedDNSConfig"},
	{"ExpandCSIVolumes", false, 25, NULL}, /* GA, but never locked */
	{"LegacyNodeRoleBehavior", true, 20, NULL},
	{"LegacyNodeRoleBehavior", true, 21,
	 "cannot set feature gate LegacyNodeRoleBehavior to true, feature is locked to false"},
	{"KubeletTracing", false, 33, NULL},
	{"KubeletTracing", false, 34,
	 "cannot set feature gate KubeletTracing to false, feature is locked to true"},
	{"MemoryManager", true, 20, "unrecognized feature gate: MemoryManager"},
	{"RotateKubeletServerCertificate", false, 20, NULL},
	{"RotateKubeletServerCertificate", false, 36, NULL},
	{"AllAlpha", true, 20, NULL},
	{"AllBeta", false, 36, NULL},
	{"NoSuchGate", true, 34, "unrecognized feature gate: NoSuchGate"},
	{"NoSuchGate", true, 0, NULL},
};

static void are_taken(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *r = &rows[i];
		struct str why = S("");
		bool taken = gate_taken(arena, str_from(r->name), r->value, r->minor, &why);
		if (taken != !r->why || (r->why && !str_eq(why, str_from(r->why))))
			fail_msg("%s=%d in 1.%u: %.*s", r->name, r->value, r->minor, ARG(why));
	}
}

static void have_defaults(void **state)
{
	(void)state;
	assert_true(gate_on(NULL, "DynamicKubeletConfig", 21));
	assert_false(gate_on(NULL, "DynamicKubeletConfig", 22));
	assert_false(gate_on(NULL, "NodeSwap", 29));
	assert_true(gate_on(NULL, "NodeSwap", 30));
	assert_true(gate_on(NULL, "NodeSwap", 0));
	assert_false(gate_on(NULL, "MemoryQoS", 0));
	assert_false(gate_on(NULL, "GracefulNodeShutdown", 20));
	assert_true(gate_on(NULL, "GracefulNodeShutdown", 21));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(are_in_order),
		cmocka_unit_test(are_taken),
		cmocka_unit_test(have_defaults),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
