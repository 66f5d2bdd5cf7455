/*
 * test_validate.c - values that decode and do not let a kubelet start, by version: the checks of
 * ValidateKubeletConfiguration (pkg/kubelet/apis/config/validation), and the defaults that hang on
 * other fields (pkg/kubelet/apis/config/v1beta1/defaults.go).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "captured.h"
#include "fixture.h"
#include "kubelet.h"

#include <cmocka.h>

static const struct settings *settings_with(const char *flag, const char *body, unsigned minor)
{
	struct launch l = {.workdir = S("/")};
	struct kubelet_options opts = {.version = {.major = minor ? 1 : 0, .minor = minor}};
	struct str text = str_fmt(arena,
				  "-- /c --\napiVersion: kubelet.config.k8s.io/v1beta1\n"
				  "kind: KubeletConfiguration\n%s\n",
				  body);
	*vec_push(arena, &l.argv) = (struct word){S("kubelet"), NULL};
	*vec_push(arena, &l.argv) = (struct word){S("--config=/c"), NULL};
	if (flag)
		*vec_push(arena, &l.argv) = (struct word){str_from(flag), NULL};
	return kubelet_settings(captured_root(arena, text), &l, &opts);
}

static const struct settings *settings_of(const char *body, unsigned minor)
{
	return settings_with(NULL, body, minor);
}

struct row {
	const char *body;
	unsigned minor;
	const char *why; /* in the error's text; NULL: valid */
};

static const struct row rows[] = {
	{"maxPods: -1", 34,
	 "invalid configuration: maxPods (--max-pods) -1 must not be a negative number"},
	{"maxPods: -1", 0, "must not be a negative number"},
	{"eventRecordQPS: -1", 20, "eventRecordQPS (--event-qps) -1"},
	{"healthzPort: 0", 34, NULL},
	{"healthzPort: 65536", 34, "healthzPort"},
	{"readOnlyPort: 65536", 34, "must be between 0 and 65535"},
	{"iptablesMasqueradeBit: 31", 28, NULL},
	{"iptablesMasqueradeBit: 32", 28, "must be between 0 and 31"},
	{"oomScoreAdj: -1001", 28, "oomScoreAdj"},
	{"nodeLeaseDurationSeconds: -1", 28, "nodeLeaseDurationSeconds -1 must be greater than 0"},
	{"maxParallelImagePulls: 0", 26, NULL}, /* no such field yet */
	{"maxParallelImagePulls: 0", 27, "must be a positive number"},
	{"maxParallelImagePulls: 2", 27, NULL},
	{"maxParallelImagePulls: 2\nserializeImagePulls: true", 27, "cannot be larger than 1"},
	{"containerLogMaxFiles: 1", 32, NULL},
	{"containerLogMaxFiles: 1", 33, "must be greater than 1"},
	{"containerLogMaxWorkers: 0", 30, "containerLogMaxWorkers 0"},
	{"containerLogMonitorInterval: 2s", 30, "containerLogMonitorInterval 2s"},
	{"tracing: {samplingRatePerMillion: 1000001}", 28, "samplingRatePerMillion"},
	{"hairpinMode: bridge", 28, "hairpinMode (--hairpin-mode) bridge must be one of"},
	{"topologyManagerPolicy: best", 28, "topologyManagerPolicy"},
	{"imageGCHighThresholdPercent: 80", 28, "must be greater than imageGCLowThresholdPercent"},
	{"imageGCLowThresholdPercent: 85", 28, "must be less than imageGCHighThresholdPercent"},
	{"imageGCLowThresholdPercent: 84", 28, NULL},
	{"systemCgroups: /system", 28, "cgroupRoot"},
	{"systemCgroups: /system\ncgroupRoot: /", 28, NULL},
	{"cpuCFSQuotaPeriod: 10ms", 20, "requires feature gate CustomCPUCFSQuotaPeriod"},
	{"cpuCFSQuotaPeriod: 100ms", 34, NULL},
	{"cpuCFSQuotaPeriod: 10ms\nfeatureGates: {CustomCPUCFSQuotaPeriod: true}", 34, NULL},
	{"cpuCFSQuotaPeriod: 2s\nfeatureGates: {CustomCPUCFSQuotaPeriod: true}", 34,
	 "must be between 1ms and 1sec"},
	{"cpuCFSQuotaPeriod: 10ms\nfeatureGates: {AllAlpha: true}", 34, NULL},
	{"cpuCFSQuotaPeriod: 10ms", 0, NULL}, /* nothing is refused for a gate */
	{"imageMaximumGCAge: 1h", 29, "requires feature gate ImageMaximumGCAge"},
	{"imageMaximumGCAge: 1h", 30, NULL},
	{"imageMaximumGCAge: 1m", 30, "must be greater than imageMinimumGCAge"},
	{"imageMinimumGCAge: -1s", 30, "must not be negative"},
	{"serverTLSBootstrap: true\nfeatureGates: {RotateKubeletServerCertificate: false}", 34,
	 "requires feature gate RotateKubeletServerCertificate"},
	{"serverTLSBootstrap: true", 34, NULL},
	{"cgroupsPerQOS: false", 28, "enforceNodeAllocatable"},
	{"cgroupsPerQOS: false\nenforceNodeAllocatable: []", 28, NULL},
	{"cgroupsPerQOS: false\nenforceNodeAllocatable: [none]", 28, NULL},
	{"cgroupsPerQOS: false\nenforceNodeAllocatable: [none]", 20, "cgroupsPerQOS"},
	{"enforceNodeAllocatable: [pods, none]", 28, "may not contain additional"},
	{"enforceNodeAllocatable: [pods, pods]", 34, "duplicated"},
	{"enforceNodeAllocatable: [pods, kube-reserved]", 28, "needs kubeReservedCgroup"},
	{"enforceNodeAllocatable: [pods, kube-reserved]\nkubeReservedCgroup: /k", 28, NULL},
	{"enforceNodeAllocatable: [system-reserved-compressible]\nsystemReservedCgroup: /s", 31,
	 "not valid"},
	{"enforceNodeAllocatable: [system-reserved-compressible]\nsystemReservedCgroup: /s", 32,
	 NULL},
	{"enforceNodeAllocatable: [cpu]", 28, "not valid"},
	{"reservedSystemCPUs: 0-1", 28, NULL},
	{"reservedSystemCPUs: 3-1", 28, "cannot be parsed"},
	{"reservedSystemCPUs: 0,x", 28, "cannot be parsed"},
	{"reservedSystemCPUs: 0-1\nkubeReservedCgroup: /k", 28, "can't be used with"},
	{"shutdownGracePeriod: 10s", 20, "requires feature gate GracefulNodeShutdown"},
	{"shutdownGracePeriod: 10s\nfeatureGates: {GracefulNodeShutdown: true}", 20, NULL},
	{"nodeStatusMaxImages: -2", 20, "nodeStatusMaxImages (--node-status-max-images) -2"},
	{"registerWithTaints: [{key: a, effect: NoSchedule}]", 34, NULL},
	{"registerWithTaints: [{key: a}]", 34, NULL},
	{"registerWithTaints: [{key: a, effect: Sometimes}]", 34, "holds an invalid taint"},
	{"registerWithTaints: [{key: a, effect: Sometimes}]", 22, NULL}, /* no such field */
	{"registerWithTaints: [{key: -a}]", 34, "holds an invalid taint"},
	{"registerWithTaints: [{key: a, value: b c}]", 34, "holds an invalid taint"},
	{"registerWithTaints: [{key: a, timeAdded: '2020-01-01T00:00:00Z'}]", 34,
	 "holds an invalid taint"},
	{"systemReservedCgroup: /s\nenforceNodeAllocatable: [system-reserved, "
	 "system-reserved-compressible]",
	 34, "compressible part"},
	{"reservedSystemCPUs: 3-1", 20, NULL},
	{"reservedSystemCPUs: 3-1", 34, "cannot be parsed"},
	{"reservedSystemCPUs: 1-2-x", 20, NULL},
	{"reservedSystemCPUs: 0-", 20, "cannot be parsed"},
	{"reservedSystemCPUs: '0,'", 20, "cannot be parsed"},
	{"shutdownGracePeriod: 10s", 21, NULL},
	{"shutdownGracePeriod: 10ms", 21, "must be either zero or otherwise >= 1 sec"},
	{"shutdownGracePeriod: 10s\nshutdownGracePeriodCriticalPods: 20s", 34,
	 "must be <= shutdownGracePeriod"},
	{"shutdownGracePeriod: 10s\nfeatureGates: {GracefulNodeShutdown: false}", 34,
	 "requires feature gate GracefulNodeShutdown"},
	{"shutdownGracePeriodByPodPriority: [{priority: 0, shutdownGracePeriodSeconds: 1}]", 23,
	 "GracefulNodeShutdownBasedOnPodPriority"},
	{"shutdownGracePeriodByPodPriority: [{priority: 0, shutdownGracePeriodSeconds: 1}]", 24,
	 NULL},
	{"shutdownGracePeriodByPodPriority: [{priority: 0}]\nshutdownGracePeriod: 10s", 24,
	 "together"},
	{"memorySwap: {swapBehavior: LimitedSwap}", 27, "NodeSwap"},
	{"memorySwap: {swapBehavior: UnlimitedSwap}\nfeatureGates: {NodeSwap: true}", 28, NULL},
	{"memorySwap: {swapBehavior: UnlimitedSwap}", 30, "is no behaviour"},
	{"memorySwap: {swapBehavior: NoSwap}", 30, NULL},
	{"memoryThrottlingFactor: 0.5", 28, NULL},
	{"memoryThrottlingFactor: 1.5", 28, "memoryThrottlingFactor"},
	{"crashLoopBackOff: {maxContainerRestartPeriod: 10s}", 34, "KubeletCrashLoopBackOffMax"},
	{"crashLoopBackOff: {maxContainerRestartPeriod: 10s}", 35, NULL},
	{"crashLoopBackOff: {maxContainerRestartPeriod: 10m}", 35, "between 1s and 300s"},
	{"imagePullCredentialsVerificationPolicy: AlwaysVerify", 34,
	 "KubeletEnsureSecretPulledImages"},
	{"imagePullCredentialsVerificationPolicy: AlwaysVerify", 35, NULL},
	{"imagePullCredentialsVerificationPolicy: Always", 35, "is no policy"},
	{"showHiddenMetricsForVersion: \"1.33\"", 34, NULL},
	{"showHiddenMetricsForVersion: \"1.30\"", 34, "previous minor version"},
	{"enableSystemLogQuery: true", 34, "requires feature gate NodeLogQuery"},
	{"enableSystemLogQuery: true\nenableSystemLogHandler: false\n"
	 "featureGates: {NodeLogQuery: true}",
	 34, "requires enableSystemLogHandler"},
	{"podLogsDir: logs", 31, NULL}, /* no such field yet */
	{"podLogsDir: /var//log", 32, "must be normalized"},
	{"podLogsDir: /var/log/p\xC3\xB6"
	 "ds",
	 32, "ASCII"},
	{"logging: {format: xml}", 28, "logging.format"},
	{"logging: {format: json, vmodule: [{filePattern: a, verbosity: 1}]}", 28,
	 "text log format"},
	/* The type of a field that this version does not have does not matter. */
	{"failCgroupV1: 7", 30, NULL},
};

static void are_weighed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *r = &rows[i];
		const struct settings *s = settings_of(r->body, r->minor);
		bool valid = !s->error;
		bool worded = valid || (strcmp(s->error, "validation") == 0 && r->why &&
					str_has(s->error_text, str_from(r->why)));
		if (valid != !r->why || !worded)
			fail_msg("%s in 1.%u: %s, %.*s", r->body, r->minor,
				 s->error ? s->error : "valid", ARG(s->error_text));
		if (!valid)
			assert_true(s->error_text.n > 0);
	}
}

struct hanging {
	const char *body;
	unsigned minor;
	const char *path, *value; /* NULL: unset */
};

static const struct hanging hanging[] = {
	{"maxParallelImagePulls: 2", 34, "serializeImagePulls", "false"},
	{"maxParallelImagePulls: 1", 34, "serializeImagePulls", "true"},
	{"maxParallelImagePulls: 2", 26, "serializeImagePulls", "true"},
	{"nodeStatusUpdateFrequency: 4s", 20, "nodeStatusReportFrequency", "4s"},
	{"nodeStatusUpdateFrequency: 0s", 20, "nodeStatusReportFrequency", "5m0s"},
	{"nodeStatusUpdateFrequency: 4s\nnodeStatusReportFrequency: 1m", 34,
	 "nodeStatusReportFrequency", "1m0s"},
	{"", 34, "crashLoopBackOff.maxContainerRestartPeriod", NULL},
	{"", 35, "crashLoopBackOff.maxContainerRestartPeriod", "5m0s"},
	{"featureGates: {KubeletCrashLoopBackOffMax: true}", 34,
	 "crashLoopBackOff.maxContainerRestartPeriod", "5m0s"},
	{"containerRuntimeEndpoint: unix:///x", 26, "containerRuntimeEndpoint", NULL},
	{"containerRuntimeEndpoint: unix:///x", 27, "containerRuntimeEndpoint", "unix:///x"},
	{"enforceNodeAllocatable: []", 34, "enforceNodeAllocatable", "[]"},
	{"podPidsLimit: -7", 34, "podPidsLimit", "-1"},
	{"resolvConf: ''", 22, "resolvConf", "/etc/resolv.conf"},
	{"resolvConf: ''", 23, "resolvConf", ""},
	{"kubeReserved: {cpu: null}", 34, "kubeReserved", "{\"cpu\":\"\"}"},
	{"featureGates: {AllAlpha: null}", 34, "featureGates", "{\"AllAlpha\":false}"},
	{"featureGates: {AllAlpha: 'x', AllAlpha: true}", 34, "featureGates",
	 "{\"AllAlpha\":true}"},
	{"clusterDNS: [a, null]", 34, "clusterDNS", "[\"a\",\"\"]"},
	{"eventRecordQPS: -0", 34, "eventRecordQPS", "0"},
	{"", 20, "memoryManagerPolicy", NULL},
	{"", 21, "memoryManagerPolicy", "None"},
	{"", 20, "enableProfilingHandler", NULL},
};

static void hang_on_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof hanging / sizeof hanging[0]; i++) {
		const struct hanging *h = &hanging[i];
		const struct settings *s = settings_of(h->body, h->minor);
		const struct setting *x = setting_get(s, str_from(h->path));
		bool right = h->value ? !x->null && str_eq(x->value, str_from(h->value)) : x->null;
		if (!right || s->error)
			fail_msg("%s in 1.%u: %s is %.*s (%.*s)", h->body, h->minor, h->path,
				 ARG(x->value), ARG(s->error_text));
	}
}

struct flagged {
	const char *flag, *body;
	unsigned minor;
	const char *error; /* NULL: starts */
};

static const struct flagged flagged[] = {
	/* pkg/kubelet/apis/well_known_labels.go; since 1.25 labels must be labels. */
	{"--node-labels=node-role.kubernetes.io/worker=", "", 20, "node-labels"},
	{"--node-labels=node-role.kubernetes.io/worker=", "", 0, NULL},
	{"--node-labels=node-role.kubernetes.io/worker=", "", 15, NULL},
	{"--node-labels=node-role.kubernetes.io/worker=", "", 16, "node-labels"},
	{"--node-labels=kubernetes.io/role=node", "", 34, "node-labels"},
	{"--node-labels=x.k8s.io/a=b", "", 34, "node-labels"},
	{"--node-labels=k8s.io/", "", 20, "node-labels"},
	{"--node-labels=a=b,kubernetes.io/os=linux", "", 34, NULL},
	{"--node-labels=node.kubernetes.io/a=b,x.kubelet.kubernetes.io/y=", "", 34, NULL},
	{"--node-labels=topology.kubernetes.io/zone=a", "", 34, NULL},
	{"--node-labels=xk8s.io/a=b,k8s.io", "", 34, NULL},
	{"--node-labels=a=b/c", "", 24, NULL},
	{"--node-labels=a=b/c", "", 25, "node-labels"},
	{"--node-labels=-a=b", "", 25, "node-labels"},
	{"--node-labels=a=b/c,a=d", "", 25, NULL},
	{"--node-labels=Example.com/a=b", "", 25, "node-labels"},
	{"--node-labels=example.com/a=b", "", 25, NULL},
	/* component-base/logs: what klog alone honours. */
	{"--log-dir=/x", "logging: {format: json}", 25, "validation"},
	{"--log-dir=/x", "logging: {format: text}", 25, NULL},
	{"--log-dir=", "logging: {format: json}", 25, NULL},
	{"--logtostderr", "logging: {format: json}", 25, "reparse-needs-argument"},
	{"--stderrthreshold=error", "logging: {format: json}", 25, NULL},
	{"--stderrthreshold=info", "logging: {format: json}", 25, "validation"},
	{"--log-flush-frequency=1s", "logging: {format: json}", 20, "validation"},
	{"--log-flush-frequency=1s", "logging: {format: json}", 25, NULL},
	/* Two flags, one variable. */
	{"--experimental-kernel-memcg-notification=true", "", 24, NULL},
};

static void stop_flags(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof flagged / sizeof flagged[0]; i++) {
		const struct flagged *f = &flagged[i];
		const struct settings *s = settings_with(f->flag, f->body, f->minor);
		const char *error = s->error ? s->error : "none";
		if (strcmp(error, f->error ? f->error : "none") != 0)
			fail_msg("%s in 1.%u: %s, %.*s", f->flag, f->minor, error,
				 ARG(s->error_text));
	}
	const struct settings *s =
		settings_with("--experimental-kernel-memcg-notification", "", 24);
	assert_true(str_eq(setting_get(s, S("kernelMemcgNotification"))->value, S("true")));
	s = settings_with("--cluster-dns=\r\na,\"b\nc\",\nd", "", 34);
	assert_true(str_eq(setting_get(s, S("clusterDNS"))->value, S("[\"a\",\"b\\nc\",\"\"]")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stop_flags),
		cmocka_unit_test(are_weighed),
		cmocka_unit_test(hang_on_others),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
