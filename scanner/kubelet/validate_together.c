/*
 * validate_together.c - the checks of ValidateKubeletConfiguration that weigh fields against each
 * other or against feature gates. A gate is what featureGates says, else its default in that
 * version; with AllAlpha or AllBeta on, an unknown version, or a vendor's own gates, nothing is
 * refused for a gate.
 */
#include "validate.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "gates.h"
#include "names.h"

typedef bool check_fn(const struct slots *s, struct config_fault *fault);

static const int64_t SECOND = 1000000000;

static const struct doc *tree_of(const struct slots *s, const char *path)
{
	return s->at[row_index(row_of_path(str_from(path)))].doc;
}

/* For certain off, or for certain on. */
static bool gate_is(const struct slots *s, const char *gate, bool on)
{
	const struct doc *set = tree_of(s, "featureGates");
	bool all = gate_on(set, "AllAlpha", s->minor) || gate_on(set, "AllBeta", s->minor);
	bool said = doc_get(set, str_from(gate)) != NULL;
	return s->minor && !s->own_gates && (said || !all) && gate_on(set, gate, s->minor) == on;
}

static int64_t nanoseconds(const struct slots *s, const char *path)
{
	int64_t ns = 0;
	go_duration(validate_setting(s, path)->value, &ns);
	return ns;
}

static bool given(const struct slots *s, const char *path)
{
	const struct setting *x = validate_setting(s, path);
	return !x->null && x->value.n && x->level != LEVEL_DEFAULT;
}

static bool empty(const struct slots *s, const char *path)
{
	const struct setting *x = validate_setting(s, path);
	return x->null || !x->value.n;
}

/* ---- images ---- */

static bool thresholds(const struct slots *s, struct config_fault *fault)
{
	const char *low = "imageGCLowThresholdPercent", *high = "imageGCHighThresholdPercent";
	if (validate_number(s, low) < validate_number(s, high))
		return true;
	const char *blamed = given(s, low) ? low : high;
	return validate_refuse(s, fault, blamed,
			       blamed == low ? "must be less than imageGCHighThresholdPercent"
					     : "must be greater than imageGCLowThresholdPercent");
}

static bool image_ages(const struct slots *s, struct config_fault *fault)
{
	const char *most = "imageMaximumGCAge", *least = "imageMinimumGCAge";
	if (!validate_since(s, 29))
		return true;
	int64_t oldest = nanoseconds(s, most), youngest = nanoseconds(s, least);
	if (oldest && gate_is(s, "ImageMaximumGCAge", false))
		return validate_refuse(s, fault, most, "requires feature gate ImageMaximumGCAge");
	if (youngest < 0)
		return validate_refuse(s, fault, least, "must not be negative");
	if (oldest < 0)
		return validate_refuse(s, fault, most, "must not be negative");
	return oldest == 0 || oldest > youngest ||
	       validate_refuse(s, fault, most, "must be greater than imageMinimumGCAge");
}

static bool pulls(const struct slots *s, struct config_fault *fault)
{
	const char *path = "maxParallelImagePulls";
	return !validate_since(s, 27) || !given(s, path) || validate_number(s, path) <= 1 ||
	       !validate_is(s, "serializeImagePulls", "true") ||
	       validate_refuse(s, fault, path,
			       "cannot be larger than 1 unless SerializeImagePulls "
			       "(--serialize-image-pulls) is set to false");
}

static bool pulled_images(const struct slots *s, struct config_fault *fault)
{
	static const char *const policies[] = {"NeverVerify", "NeverVerifyPreloadedImages",
					       "NeverVerifyAllowlistedImages", "AlwaysVerify"};
	const char *policy = "imagePullCredentialsVerificationPolicy";
	const char *list = "preloadedImagesVerificationAllowlist";
	if (!validate_since(s, 33))
		return true;
	if (gate_is(s, "KubeletEnsureSecretPulledImages", false)) {
		const char *path = given(s, policy) ? policy : list;
		return !given(s, path) ||
		       validate_refuse(s, fault, path,
				       "must not be set if KubeletEnsureSecretPulledImages feature "
				       "gate is not enabled");
	}
	bool known = !given(s, policy);
	for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++)
		known |= validate_is(s, policy, policies[i]);
	if (!known)
		return validate_refuse(s, fault, policy, "is no policy");
	return !given(s, list) || validate_is(s, list, "[]") ||
	       validate_is(s, policy, "NeverVerifyAllowlistedImages") ||
	       validate_refuse(s, fault, list,
			       "can't be set if imagePullCredentialsVerificationPolicy is not "
			       "NeverVerifyAllowlistedImages");
}

/* ---- control groups ---- */

static bool system_cgroups(const struct slots *s, struct config_fault *fault)
{
	return empty(s, "systemCgroups") || !empty(s, "cgroupRoot") ||
	       validate_refuse(s, fault, "systemCgroups",
			       "was specified and cgroupRoot (--cgroup-root) was not specified");
}

static bool quota_period(const struct slots *s, struct config_fault *fault)
{
	const char *path = "cpuCFSQuotaPeriod", *gate = "CustomCPUCFSQuotaPeriod";
	int64_t ns = nanoseconds(s, path);
	if (gate_is(s, gate, false) && ns != SECOND / 10)
		return validate_refuse(s, fault, path,
				       "requires feature gate CustomCPUCFSQuotaPeriod");
	return !gate_is(s, gate, true) || (ns >= SECOND / 1000000 && ns <= SECOND) ||
	       validate_refuse(s, fault, path, "must be between 1ms and 1sec, inclusive");
}

/* What an item of enforceNodeAllocatable wants besides; NULL for an item that is unknown. */
static const char *item_wants(const struct slots *s, struct str item)
{
	bool compressible = validate_since(s, 32) || !s->minor;
	if (str_eq(item, S("pods")) || str_eq(item, S("none")))
		return "";
	if (str_eq(item, S("system-reserved")) ||
	    (compressible && str_eq(item, S("system-reserved-compressible"))))
		return "systemReservedCgroup";
	if (str_eq(item, S("kube-reserved")) ||
	    (compressible && str_eq(item, S("kube-reserved-compressible"))))
		return "kubeReservedCgroup";
	return NULL;
}

static bool enforced_item(const struct slots *s, const struct doc *list, size_t at,
			  struct config_fault *fault)
{
	const char *path = "enforceNodeAllocatable";
	struct str item = list ? doc_string(list->entries[at].value) : S("pods");
	const char *wants = item_wants(s, item);
	bool none = str_eq(item, S("none"));
	if (!wants)
		return validate_refuse(s, fault, path, "holds an option that is not valid");
	if (*wants && empty(s, wants))
		return validate_refuse(
			s, fault, path,
			str_z(s->a, str_fmt(s->a, "needs %s to be specified", wants)));
	if (none && list && list->n > 1)
		return validate_refuse(s, fault, path,
				       "may not contain additional enforcements when \"none\" is "
				       "specified");
	for (size_t i = 0; list && validate_since(s, 25) && i < at; i++)
		if (str_eq(doc_string(list->entries[i].value), item))
			return validate_refuse(s, fault, path, "holds duplicated enforcements");
	bool bound = !none || (s->minor && s->minor < 25);
	return !bound || !validate_is(s, "cgroupsPerQOS", "false") ||
	       validate_refuse(s, fault, path,
			       "needs cgroupsPerQOS (--cgroups-per-qos) to be true");
}

static bool holds(const struct doc *list, const char *item)
{
	for (size_t i = 0; list && i < list->n; i++)
		if (str_eq(doc_string(list->entries[i].value), str_from(item)))
			return true;
	return false;
}

/* What is compressible is part of the whole. */
static bool twofold(const struct doc *list)
{
	return (holds(list, "system-reserved") && holds(list, "system-reserved-compressible")) ||
	       (holds(list, "kube-reserved") && holds(list, "kube-reserved-compressible"));
}

static bool enforcement(const struct slots *s, struct config_fault *fault)
{
	const struct doc *list = tree_of(s, "enforceNodeAllocatable");
	size_t n = list ? list->n : 1; /* the default is pods */
	if (validate_since(s, 32) && twofold(list))
		return validate_refuse(s, fault, "enforceNodeAllocatable",
				       "holds both a reservation and its compressible part");
	/* Each is compared with those before it: a handful makes sense. */
	for (size_t i = 0; i < n && i < 64; i++)
		if (!enforced_item(s, list, i, fault))
			return false;
	return true;
}

/* cpuset.Parse: "0-3,7". That of 1.20 lets ranges pass that are backwards or have a third end. */
static bool cpu_list(struct str text, bool lax)
{
	struct str part, low, high;
	bool more = text.n > 0;
	while (more) {
		uint64_t from, to;
		more = str_cut(text, ',', &part, &text);
		bool range = str_cut(part, '-', &low, &high);
		if (lax && range && str_find(high, '-') < high.n)
			continue;
		if (!str_u64(low, &from) || (range && !str_u64(high, &to)) ||
		    (range && from > to && !lax))
			return false;
	}
	return true;
}

static bool reserved_cpus(const struct slots *s, struct config_fault *fault)
{
	const char *path = "reservedSystemCPUs";
	if (empty(s, path))
		return true;
	if (!empty(s, "systemReservedCgroup") || !empty(s, "kubeReservedCgroup"))
		return validate_refuse(s, fault, path,
				       "can't be used with systemReservedCgroup "
				       "(--system-reserved-cgroup) or kubeReservedCgroup "
				       "(--kube-reserved-cgroup)");
	return cpu_list(validate_setting(s, path)->value, s->minor == 20) ||
	       validate_refuse(s, fault, path, "cannot be parsed");
}

/* ---- shutdown, memory, restarts ---- */

static bool grace_period(const struct slots *s, const char *path, struct config_fault *fault)
{
	int64_t ns = nanoseconds(s, path);
	return ns == 0 || ns >= SECOND ||
	       validate_refuse(s, fault, path, "must be either zero or otherwise >= 1 sec");
}

static bool shutdown_periods(const struct slots *s, struct config_fault *fault)
{
	const char *all = "shutdownGracePeriod", *critical = "shutdownGracePeriodCriticalPods";
	int64_t period = nanoseconds(s, all), last = nanoseconds(s, critical);
	if (gate_is(s, "GracefulNodeShutdown", false))
		return (period <= 0 && last <= 0) ||
		       validate_refuse(s, fault, period > 0 ? all : critical,
				       "requires feature gate GracefulNodeShutdown");
	if (last > period)
		return validate_refuse(s, fault, critical, "must be <= shutdownGracePeriod");
	return grace_period(s, all, fault) && grace_period(s, critical, fault);
}

static bool shutdown_by_priority(const struct slots *s, struct config_fault *fault)
{
	const char *path = "shutdownGracePeriodByPodPriority";
	if (!validate_since(s, 23) || !given(s, path) || validate_is(s, path, "[]"))
		return true;
	if (gate_is(s, "GracefulNodeShutdownBasedOnPodPriority", false))
		return validate_refuse(
			s, fault, path,
			"requires feature gate GracefulNodeShutdownBasedOnPodPriority");
	return (nanoseconds(s, "shutdownGracePeriod") <= 0 &&
		nanoseconds(s, "shutdownGracePeriodCriticalPods") <= 0) ||
	       validate_refuse(s, fault, path,
			       "cannot be specified together with shutdownGracePeriod");
}

static bool swap(const struct slots *s, struct config_fault *fault)
{
	const char *path = "memorySwap.swapBehavior";
	if (!validate_since(s, 22) || !given(s, path))
		return true;
	if (gate_is(s, "NodeSwap", false))
		return validate_refuse(s, fault, path,
				       "cannot be set when NodeSwap feature flag is disabled");
	bool unlimited = s->minor < 30 && validate_is(s, path, "UnlimitedSwap");
	bool none = s->minor >= 30 && validate_is(s, path, "NoSwap");
	return unlimited || none || validate_is(s, path, "LimitedSwap") ||
	       validate_refuse(s, fault, path, "is no behaviour");
}

static bool throttling(const struct slots *s, struct config_fault *fault)
{
	const char *path = "memoryThrottlingFactor";
	if (!validate_since(s, 22) || !given(s, path))
		return true;
	double factor = strtod(str_z(s->a, validate_setting(s, path)->value), NULL);
	return (factor > 0 && factor <= 1) ||
	       validate_refuse(s, fault, path,
			       "must be greater than 0 and less than or equal to 1.0");
}

static bool back_off(const struct slots *s, struct config_fault *fault)
{
	const char *path = "crashLoopBackOff.maxContainerRestartPeriod";
	if (!validate_since(s, 32) || !given(s, path))
		return true;
	if (gate_is(s, "KubeletCrashLoopBackOffMax", false))
		return validate_refuse(s, fault, path,
				       "requires feature gate KubeletCrashLoopBackOffMax");
	int64_t ns = nanoseconds(s, path);
	return (ns >= SECOND && ns <= 300 * SECOND) ||
	       validate_refuse(s, fault, path, "must be set between 1s and 300s");
}

/* ---- taints ---- */

/* CheckTaintValidation. */
static bool taint_valid(const struct doc *taint)
{
	struct str value = doc_string(doc_get(taint, S("value")));
	struct str effect = doc_string(doc_get(taint, S("effect")));
	const struct doc *added = doc_get(taint, S("timeAdded"));
	return name_qualified(doc_string(doc_get(taint, S("key")))) && name_value(value) &&
	       (!effect.n || name_effect(effect)) && (!added || added->kind == DOC_NULL);
}

static bool taints(const struct slots *s, struct config_fault *fault)
{
	const char *path = "registerWithTaints";
	const struct doc *list = tree_of(s, path);
	for (size_t i = 0; validate_since(s, 23) && list && i < list->n; i++)
		if (!taint_valid(list->entries[i].value))
			return validate_refuse(s, fault, path, "holds an invalid taint");
	return true;
}

/* ---- logs, metrics, the runtime ---- */

static bool log_query(const struct slots *s, struct config_fault *fault)
{
	const char *path = "enableSystemLogQuery";
	if (!validate_since(s, 27) || !validate_is(s, path, "true"))
		return true;
	if (gate_is(s, "NodeLogQuery", false))
		return validate_refuse(s, fault, path, "requires feature gate NodeLogQuery");
	return validate_is(s, "enableSystemLogHandler", "true") ||
	       validate_refuse(s, fault, path, "requires enableSystemLogHandler");
}

static bool log_files(const struct slots *s, struct config_fault *fault)
{
	const char *interval = "containerLogMonitorInterval", *dir = "podLogsDir";
	if (validate_since(s, 30) && given(s, interval) && nanoseconds(s, interval) < 3 * SECOND)
		return validate_refuse(s, fault, interval,
				       "must be a positive time duration greater than or equal "
				       "to 3s");
	if (!validate_since(s, 32) || !given(s, dir))
		return true;
	struct str path = validate_setting(s, dir)->value;
	if (!str_starts(path, S("/")))
		return validate_refuse(s, fault, dir, "must be absolute path");
	bool unclean = (path.n > 1 && str_ends(path, S("/"))) || str_has(path, S("//")) ||
		       str_has(path, S("/./")) || str_has(path, S("/../")) ||
		       str_ends(path, S("/.")) || str_ends(path, S("/.."));
	if (unclean)
		return validate_refuse(s, fault, dir, "must be normalized");
	for (size_t i = 0; i < path.n; i++)
		if ((unsigned char)path.p[i] >= 0x80)
			return validate_refuse(s, fault, dir, "must contain ASCII characters only");
	return true;
}

/* Only the version before one's own may be shown. */
static bool hidden_metrics(const struct slots *s, struct config_fault *fault)
{
	const char *path = "showHiddenMetricsForVersion";
	struct str before = str_fmt(s->a, "1.%u", s->minor - 1);
	return !s->minor || empty(s, path) || str_eq(validate_setting(s, path)->value, before) ||
	       validate_refuse(s, fault, path,
			       "must be omitted or have the value of the previous minor version");
}

/* klog's own flags go with no other format than text, as long as a kubelet had them. */
static bool log_flags(const struct slots *s, struct config_fault *fault)
{
	static const struct {
		const char *flag, *preset;
		unsigned last;
	} flags[] = {
		{"add-dir-header", "false", 25},
		{"alsologtostderr", "false", 25},
		{"log-backtrace-at", "", 25},
		{"log-dir", "", 25},
		{"log-file", "", 25},
		{"log-file-max-size", "1800", 25},
		{"log-flush-frequency", "5s", 21},
		{"logtostderr", "true", 25},
		{"one-output", "false", 25},
		{"skip-headers", "false", 25},
		{"skip-log-headers", "false", 25},
		{"stderrthreshold", "2", 25},
	};
	if (empty(s, "logging.format") || validate_is(s, "logging.format", "text"))
		return true;
	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
		const struct option_row *row = row_of_flag(str_from(flags[i].flag));
		const struct setting *x = s->at[row_index(row)].setting;
		if (!s->minor || s->minor > flags[i].last || x->level != LEVEL_FLAG ||
		    str_eq(x->value, str_from(flags[i].preset)))
			continue;
		fault->text =
			str_fmt(s->a, "Non-default format doesn't honor flag: %s", flags[i].flag);
		fault->error = CONFIG_DECODE;
		fault->from = x->from;
		return false;
	}
	return true;
}

static bool log_format(const struct slots *s, struct config_fault *fault)
{
	return !validate_is(s, "logging.format", "json") || !given(s, "logging.vmodule") ||
	       validate_is(s, "logging.vmodule", "[]") ||
	       validate_refuse(s, fault, "logging.vmodule",
			       "is only supported for text log format");
}

static bool runtime(const struct slots *s, struct config_fault *fault)
{
	const char *path = "containerRuntimeEndpoint";
	return !validate_since(s, 27) || !empty(s, path) ||
	       validate_refuse(s, fault, path, "was not specified or empty");
}

static bool run_once(const struct slots *s, struct config_fault *fault)
{
	return !validate_since(s, 33) || !validate_is(s, "runOnce", "true") ||
	       validate_refuse(s, fault, "runOnce",
			       "Runonce mode has been deprecated and should not be set");
}

static bool server_bootstrap(const struct slots *s, struct config_fault *fault)
{
	const struct doc *set = tree_of(s, "featureGates");
	return !validate_is(s, "serverTLSBootstrap", "true") ||
	       gate_on(set, "RotateKubeletServerCertificate", s->minor) ||
	       validate_refuse(s, fault, "serverTLSBootstrap",
			       "requires feature gate RotateKubeletServerCertificate");
}

/* Up to the release that had the gate no more. */
static bool topology(const struct slots *s, struct config_fault *fault)
{
	return validate_is(s, "topologyManagerPolicy", "none") || s->minor > 26 ||
	       !gate_is(s, "TopologyManager", false) ||
	       validate_refuse(s, fault, "topologyManagerPolicy",
			       "requires feature gate TopologyManager");
}

bool validate_together(const struct slots *s, struct config_fault *fault)
{
	static check_fn *const checks[] = {
		system_cgroups,
		quota_period,
		thresholds,
		image_ages,
		pulls,
		server_bootstrap,
		run_once,
		taints,
		topology,
		shutdown_periods,
		shutdown_by_priority,
		swap,
		back_off,
		enforcement,
		pulled_images,
		reserved_cpus,
		hidden_metrics,
		log_flags,
		log_format,
		throttling,
		runtime,
		log_query,
		log_files,
	};
	for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++)
		if (!checks[i](s, fault))
			return false;
	return true;
}
