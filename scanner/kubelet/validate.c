/*
 * validate.c - the checks of ValidateKubeletConfiguration (pkg/kubelet/apis/config/validation) that
 * look at one value alone: ranges of numbers, words of a fixed set, and serverTLSBootstrap with its
 * gate. Not supported: checks that weigh fields against each other beyond these, taints, CPU lists.
 */
#include "validate.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"

static const struct range {
	const char *path;
	long long least, most;
	bool zero; /* is allowed beside the range */
	const char *rule;
} ranges[] = {
	{"maxPods", 0, INT32_MAX, false, "must not be a negative number"},
	{"podsPerCore", 0, INT32_MAX, false, "must not be a negative number"},
	{"eventRecordQPS", 0, INT32_MAX, false, "must not be a negative number"},
	{"eventBurst", 0, INT32_MAX, false, "must not be a negative number"},
	{"kubeAPIQPS", 0, INT32_MAX, false, "must not be a negative number"},
	{"kubeAPIBurst", 0, INT32_MAX, false, "must not be a negative number"},
	{"registryPullQPS", 0, INT32_MAX, false, "must not be a negative number"},
	{"registryBurst", 0, INT32_MAX, false, "must not be a negative number"},
	{"maxOpenFiles", 0, INT64_MAX, false, "must not be a negative number"},
	{"port", 1, 65535, false, "must be between 1 and 65535, inclusive"},
	{"readOnlyPort", 1, 65535, true, "must be between 0 and 65535, inclusive"},
	{"healthzPort", 1, 65535, true, "must be between 1 and 65535, inclusive"},
	{"imageGCHighThresholdPercent", 0, 100, false, "must be between 0 and 100, inclusive"},
	{"imageGCLowThresholdPercent", 0, 100, false, "must be between 0 and 100, inclusive"},
	{"oomScoreAdj", -1000, 1000, false, "must be between -1000 and 1000, inclusive"},
	{"nodeLeaseDurationSeconds", 1, INT32_MAX, false, "must be greater than 0"},
};

static const struct choice {
	const char *path;
	const char *words[8];
} choices[] = {
	{"hairpinMode", {"none", "hairpin-veth", "promiscuous-bridge", NULL}},
	{"topologyManagerPolicy", {"none", "best-effort", "restricted", "single-numa-node", NULL}},
	{"topologyManagerScope", {"container", "pod", NULL}},
	{"logging.format", {"text", "json", "", NULL}},
};

static const struct setting *value_of(const struct slots *s, const char *path)
{
	return s->at[row_index(row_of_path(str_from(path)))].setting;
}

static bool refuse(const struct slots *s, struct config_fault *fault, const char *path,
		   const struct setting *x, const char *rule)
{
	fault->text = str_fmt(s->a, "invalid configuration: %s: \"%" PRIstr "\" %s", path,
			      ARG(x->value), rule);
	fault->from = x->from;
	return false;
}

static bool in_range(const struct slots *s, const struct range *r, struct config_fault *fault)
{
	const struct setting *x = value_of(s, r->path);
	if (x->null || x->level == LEVEL_DEFAULT)
		return true;
	long long v = strtoll(str_z(s->a, x->value), NULL, 10);
	if ((v >= r->least && v <= r->most) || (r->zero && v == 0))
		return true;
	return refuse(s, fault, r->path, x, r->rule);
}

static bool among(const struct slots *s, const struct choice *c, struct config_fault *fault)
{
	const struct setting *x = value_of(s, c->path);
	if (x->null || x->level == LEVEL_DEFAULT)
		return true;
	for (size_t i = 0; c->words[i]; i++)
		if (str_eq(x->value, str_from(c->words[i])))
			return true;
	return refuse(s, fault, c->path, x, "is not a known choice");
}

static bool bootstrap_gated(const struct slots *s, struct config_fault *fault)
{
	const struct setting *x = value_of(s, "serverTLSBootstrap");
	const struct option_row *gates = row_of_path(S("featureGates"));
	const struct doc *gate =
		doc_get(s->at[row_index(gates)].doc, S("RotateKubeletServerCertificate"));
	if (!gate || !str_eq(gate->text, S("false")) || !str_eq(x->value, S("true")))
		return true;
	return refuse(s, fault, "serverTLSBootstrap", x,
		      "requires feature gate RotateKubeletServerCertificate");
}

bool settings_valid(const struct slots *s, struct config_fault *fault)
{
	for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
		if (!in_range(s, &ranges[i], fault))
			return false;
	for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++)
		if (!among(s, &choices[i], fault))
			return false;
	return bootstrap_gated(s, fault);
}
