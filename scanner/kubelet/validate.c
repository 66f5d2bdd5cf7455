/*
 * validate.c - the checks of ValidateKubeletConfiguration (pkg/kubelet/apis/config/validation) that
 * look at one value alone: ranges of numbers, words of a fixed set. Each with the minor version
 * that brought it; where the version is unknown, those that all versions make. Not supported:
 * reservedMemory, patterns of images, and what fails later than here (TLS names, devices).
 */
#include "validate.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"

static const struct range {
	const char *path;
	long long least, most;
	bool zero; /* is allowed beside the range */
	unsigned since;
	const char *rule;
} ranges[] = {
	{"nodeLeaseDurationSeconds", 1, INT32_MAX, false, 0, "must be greater than 0"},
	{"eventBurst", 0, INT32_MAX, false, 0, "must not be a negative number"},
	{"eventRecordQPS", 0, INT32_MAX, false, 0, "must not be a negative number"},
	{"healthzPort", 1, 65535, true, 0, "must be between 1 and 65535, inclusive"},
	{"imageGCHighThresholdPercent", 0, 100, false, 0, "must be between 0 and 100, inclusive"},
	{"imageGCLowThresholdPercent", 0, 100, false, 0, "must be between 0 and 100, inclusive"},
	{"iptablesDropBit", 0, 31, false, 0, "must be between 0 and 31, inclusive"},
	{"iptablesMasqueradeBit", 0, 31, false, 0, "must be between 0 and 31, inclusive"},
	{"kubeAPIBurst", 0, INT32_MAX, false, 0, "must not be a negative number"},
	{"kubeAPIQPS", 0, INT32_MAX, false, 0, "must not be a negative number"},
	{"nodeStatusMaxImages", -1, INT32_MAX, false, 0, "must be -1 or greater"},
	{"maxOpenFiles", 0, INT64_MAX, false, 0, "must not be a negative number"},
	{"maxPods", 0, INT32_MAX, false, 0, "must not be a negative number"},
	{"oomScoreAdj", -1000, 1000, false, 0, "must be between -1000 and 1000, inclusive"},
	{"podsPerCore", 0, INT32_MAX, false, 0, "must not be a negative number"},
	{"port", 1, 65535, false, 0, "must be between 1 and 65535, inclusive"},
	{"readOnlyPort", 1, 65535, true, 0, "must be between 0 and 65535, inclusive"},
	{"registryBurst", 0, INT32_MAX, false, 0, "must not be a negative number"},
	{"registryPullQPS", 0, INT32_MAX, false, 0, "must not be a negative number"},
	{"maxParallelImagePulls", 1, INT32_MAX, false, 27, "must be a positive number"},
	{"tracing.samplingRatePerMillion", 0, 1000000, false, 25,
	 "must be between 0 and 1000000, inclusive"},
	{"containerLogMaxWorkers", 1, INT32_MAX, false, 30, "must be greater than or equal to 1"},
	{"containerLogMaxFiles", 2, INT32_MAX, false, 33, "must be greater than 1"},
};

static const struct choice {
	const char *path;
	const char *words[8];
} choices[] = {
	{"topologyManagerPolicy", {"none", "best-effort", "restricted", "single-numa-node", NULL}},
	{"topologyManagerScope", {"container", "pod", NULL}},
	{"hairpinMode", {"none", "hairpin-veth", "promiscuous-bridge", NULL}},
	{"logging.format", {"text", "json", "", NULL}},
};

const struct setting *validate_setting(const struct slots *s, const char *path)
{
	return s->at[row_index(row_of_path(str_from(path)))].setting;
}

long long validate_number(const struct slots *s, const char *path)
{
	return strtoll(str_z(s->a, validate_setting(s, path)->value), NULL, 10);
}

bool validate_is(const struct slots *s, const char *path, const char *text)
{
	const struct setting *x = validate_setting(s, path);
	return !x->null && str_eq(x->value, str_from(text));
}

bool validate_since(const struct slots *s, unsigned minor)
{
	return !minor || (s->minor && s->minor >= minor);
}

bool validate_refuse(const struct slots *s, struct config_fault *fault, const char *path,
		     const char *rule)
{
	const struct setting *x = validate_setting(s, path);
	const char *flag = x->option->flag;
	fault->error = CONFIG_DECODE;
	fault->text = str_fmt(s->a, "invalid configuration: %s%s%s%s %" PRIstr "%s%s", path,
			      flag ? " (--" : "", flag ? flag : "", flag ? ")" : "", ARG(x->value),
			      x->value.n ? " " : "", rule);
	fault->from = x->from;
	return false;
}

static bool in_range(const struct slots *s, const struct range *r, struct config_fault *fault)
{
	const struct setting *x = validate_setting(s, r->path);
	if (x->null || x->level == LEVEL_DEFAULT || !validate_since(s, r->since))
		return true;
	long long v = validate_number(s, r->path);
	return (v >= r->least && v <= r->most) || (r->zero && v == 0) ||
	       validate_refuse(s, fault, r->path, r->rule);
}

static bool among(const struct slots *s, const struct choice *c, struct config_fault *fault)
{
	const struct setting *x = validate_setting(s, c->path);
	if (x->null || x->level == LEVEL_DEFAULT)
		return true;
	for (size_t i = 0; c->words[i]; i++)
		if (str_eq(x->value, str_from(c->words[i])))
			return true;
	struct str rule = S("must be one of:");
	for (size_t i = 0; c->words[i]; i++)
		rule = str_fmt(s->a, "%" PRIstr " \"%s\"", ARG(rule), c->words[i]);
	return validate_refuse(s, fault, c->path, str_z(s->a, rule));
}

bool settings_valid(const struct slots *s, struct config_fault *fault)
{
	for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
		if (!in_range(s, &ranges[i], fault))
			return false;
	for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++)
		if (!among(s, &choices[i], fault))
			return false;
	return validate_together(s, fault);
}
