/*
 * builtin.c - the rules that are built in: those of the worker node sections of the CIS Kubernetes
 * Benchmarks and of what was made of them for products, in our own words. What is asked is asked
 * of what the kubelet does, defaults included; where the benchmarks' own tests, which look at a
 * command line and a file, come to another answer, a note says so.
 */
#include "benchmarks.h"

#define WANTS(list) .wants = (list), .n = sizeof(list) / sizeof *(list)

static const struct want chains[] = {
	{SUBJECT_SETTING, "makeIPTablesUtilChains", ASK_IS, "true", NULL, NULL}};
static const struct want anonymous[] = {
	{SUBJECT_SETTING, "authentication.anonymous.enabled", ASK_IS, "false", NULL, NULL}};
static const struct want authorization[] = {
	{SUBJECT_SETTING, "authorization.mode", ASK_IS_NOT, "AlwaysAllow", "Webhook", NULL}};
static const struct want client_ca[] = {
	{SUBJECT_SETTING, "authentication.x509.clientCAFile", ASK_GIVEN, "", NULL, NULL}};
static const struct want read_only_port[] = {
	{SUBJECT_SETTING, "readOnlyPort", ASK_IS, "0", NULL, NULL}};
static const struct want idle_timeout[] = {
	{SUBJECT_SETTING, "streamingConnectionIdleTimeout", ASK_IS_NOT, "0s", "4h0m0s", NULL}};
static const struct want kernel_defaults[] = {
	{SUBJECT_SETTING, "protectKernelDefaults", ASK_IS, "true", NULL, NULL}};
static const struct want hostname[] = {
	{SUBJECT_SETTING, "--hostname-override", ASK_NOT_GIVEN, "", NULL, NULL}};
static const struct want event_qps[] = {
	{SUBJECT_SETTING, "eventRecordQPS", ASK_AT_LEAST, "0", "50", NULL}};
static const struct want server_bootstrap = {
	SUBJECT_SETTING, "serverTLSBootstrap", ASK_IS, "true", NULL, NULL};
static const struct want cert_and_key[] = {
	{SUBJECT_SETTING, "tlsCertFile", ASK_GIVEN, "", NULL, &server_bootstrap},
	{SUBJECT_SETTING, "tlsPrivateKeyFile", ASK_GIVEN, "", NULL, &server_bootstrap}};
static const struct want rotate_client[] = {
	{SUBJECT_SETTING, "rotateCertificates", ASK_IS, "true", NULL, NULL}};
static const struct want rotate_server[] = {{SUBJECT_SETTING,
					     "featureGates.RotateKubeletServerCertificate",
					     ASK_IS_NOT, "false", "true", NULL}};
static const struct want tls13 = {
	SUBJECT_SETTING, "tlsMinVersion", ASK_IS, "VersionTLS13", NULL, NULL};
static const struct want ciphers[] = {
	{SUBJECT_SETTING, "tlsCipherSuites", ASK_WITHIN, STRONG_CIPHERS RSA_CIPHERS,
	 "[TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]",
	 &tls13}};
static const struct want pids_limit[] = {
	{SUBJECT_SETTING, "podPidsLimit", ASK_ABOVE, "0", "4096", NULL}};
static const struct want seccomp[] = {
	{SUBJECT_SETTING, "seccompDefault", ASK_IS, "true", NULL, NULL}};
static const struct want address_deny[] = {
	{SUBJECT_UNIT, "Service.IPAddressDeny", ASK_HAS, "any", "any", NULL}};
static const struct want proxy_metrics[] = {
	{SUBJECT_PROXY, "metricsBindAddress", ASK_LOOPBACK, "", "127.0.0.1:10249", NULL}};
static const struct want unit_mode[] = {{SUBJECT_FILES, "unit", ASK_MODE, "600", NULL, NULL}};
static const struct want unit_owner[] = {
	{SUBJECT_FILES, "unit", ASK_OWNER, "root:root", NULL, NULL}};
static const struct want proxy_config_mode[] = {
	{SUBJECT_FILES, "proxy-kubeconfig", ASK_MODE, "600", NULL, NULL}};
static const struct want proxy_config_owner[] = {
	{SUBJECT_FILES, "proxy-kubeconfig", ASK_OWNER, "root:root", NULL, NULL}};
static const struct want kubeconfig_mode[] = {
	{SUBJECT_FILES, "kubeconfig", ASK_MODE, "600", NULL, NULL}};
static const struct want kubeconfig_owner[] = {
	{SUBJECT_FILES, "kubeconfig", ASK_OWNER, "root:root", NULL, NULL}};
static const struct want ca_mode[] = {{SUBJECT_FILES, "client-ca", ASK_MODE, "644", NULL, NULL}};
static const struct want ca_owner[] = {
	{SUBJECT_FILES, "client-ca", ASK_OWNER, "root:root", NULL, NULL}};
static const struct want config_mode[] = {{SUBJECT_FILES, "config", ASK_MODE, "600", NULL, NULL}};
static const struct want config_owner[] = {
	{SUBJECT_FILES, "config", ASK_OWNER, "root:root", NULL, NULL}};
static const struct want azure_mode[] = {
	{SUBJECT_FILES, "/etc/kubernetes/azure.json", ASK_MODE, "644", NULL, NULL}};
static const struct want azure_owner[] = {
	{SUBJECT_FILES, "/etc/kubernetes/azure.json", ASK_OWNER, "root:root", NULL, NULL}};

static const struct rule rules[] = {
	{
		.id = "kubelet-make-iptables-util-chains",
		.title = "make-iptables-util-chains must be true",
		.severity = "low",
		.about =
			"The kubelet keeps a few iptables chains of its own (KUBE-MARK-DROP, "
			"KUBE-FIREWALL and their like) that kube-proxy and network plugins lean on. "
			"When it is told not to, packets that should be dropped or masqueraded may "
			"pass, and the node's rules drift away from its services and pods.",
		.remedy =
			"set makeIPTablesUtilChains: true in the file given by --config and give no "
			"--make-iptables-util-chains flag, then restart the kubelet",
		WANTS(chains),
	},
	{
		.id = "kubelet-unit-mode",
		.title = "the kubelet's unit files must be writable by root alone",
		.severity = "medium",
		.about =
			"Who can write the unit or one of its drop-ins runs commands as root at the "
			"next start.",
		.remedy = "chmod the unit and its drop-ins",
		WANTS(unit_mode),
	},
	{
		.id = "kubelet-unit-owner",
		.title = "the kubelet's unit files must belong to root",
		.severity = "medium",
		.about =
			"Who owns the unit or one of its drop-ins can write it, and runs commands as "
			"root at the next start.",
		.remedy = "chown the unit and its drop-ins to root:root",
		WANTS(unit_owner),
	},
	{
		.id = "proxy-kubeconfig-mode",
		.title = "kube-proxy's kubeconfig must be private",
		.severity = "medium",
		.about = "The kubeconfig holds, or names, the credentials of kube-proxy.",
		.remedy = "chmod the kubeconfig of kube-proxy",
		WANTS(proxy_config_mode),
	},
	{
		.id = "proxy-kubeconfig-owner",
		.title = "kube-proxy's kubeconfig must belong to root",
		.severity = "medium",
		.about = "Who owns the kubeconfig can point kube-proxy at another API server.",
		.remedy = "chown the kubeconfig of kube-proxy to root:root",
		WANTS(proxy_config_owner),
	},
	{
		.id = "kubelet-kubeconfig-mode",
		.title = "the kubelet's kubeconfig must be private",
		.severity = "high",
		.about = "The kubeconfig holds, or names, the credentials of the node.",
		.remedy = "chmod the file given by --kubeconfig",
		WANTS(kubeconfig_mode),
	},
	{
		.id = "kubelet-kubeconfig-owner",
		.title = "the kubelet's kubeconfig must belong to root",
		.severity = "high",
		.about = "Who owns the kubeconfig can point the kubelet at another API server.",
		.remedy = "chown the file given by --kubeconfig to root:root",
		WANTS(kubeconfig_owner),
	},
	{
		.id = "kubelet-client-ca-mode",
		.title = "the client CA file must be writable by root alone",
		.severity = "medium",
		.about = "Who can write the client CA decides who is let in.",
		.remedy = "chmod the file of authentication.x509.clientCAFile",
		WANTS(ca_mode),
	},
	{
		.id = "kubelet-client-ca-owner",
		.title = "the client CA file must belong to root",
		.severity = "medium",
		.about = "Who owns the client CA decides who is let in.",
		.remedy = "chown the file of authentication.x509.clientCAFile to root:root",
		WANTS(ca_owner),
	},
	{
		.id = "kubelet-config-mode",
		.title = "the kubelet's configuration must be writable by root alone",
		.severity = "high",
		.about =
			"Who can write the configuration decides what the kubelet does at its next "
			"start.",
		.remedy = "chmod the file given by --config and what lies in --config-dir",
		WANTS(config_mode),
	},
	{
		.id = "kubelet-config-owner",
		.title = "the kubelet's configuration must belong to root",
		.severity = "high",
		.about =
			"Who owns the configuration decides what the kubelet does at its next start.",
		.remedy =
			"chown the file given by --config and what lies in --config-dir to root:root",
		WANTS(config_owner),
	},
	{
		.id = "kubelet-anonymous-auth",
		.title = "anonymous requests to the kubelet must be refused",
		.severity = "high",
		.about =
			"Requests that no authenticator takes are served as system:anonymous. With a "
			"kubelet that also authorizes everything, anyone who reaches its port runs "
			"commands in its pods.",
		.remedy =
			"set authentication.anonymous.enabled: false in the file given by --config "
			"and give no --anonymous-auth flag",
		.unset_note =
			"benchmarks' own tests fail what nobody sets; the default of a kubelet with a"
			" config file is false, without one true",
		WANTS(anonymous),
	},
	{
		.id = "kubelet-authorization-mode",
		.title = "authorization must not be AlwaysAllow",
		.severity = "high",
		.about =
			"With AlwaysAllow every authenticated request to the kubelet may do anything."
			" Webhook asks the API server.",
		.remedy =
			"set authorization.mode: Webhook in the file given by --config and give no "
			"--authorization-mode flag",
		.unset_note =
			"benchmarks' own tests fail what nobody sets; the default of a kubelet with a"
			" config file is Webhook, without one AlwaysAllow",
		WANTS(authorization),
	},
	{
		.id = "kubelet-client-ca-file",
		.title = "a client CA must be configured",
		.severity = "high",
		.about =
			"Without a CA for client certificates the kubelet cannot tell the API server "
			"from anybody else by its certificate.",
		.remedy =
			"set authentication.x509.clientCAFile in the file given by --config to the "
			"file of the cluster's CA",
		WANTS(client_ca),
	},
	{
		.id = "kubelet-read-only-port",
		.title = "the read-only port must be closed",
		.severity = "high",
		.about =
			"The read-only port serves pods, specifications and metrics of the node to "
			"anyone, without authentication.",
		.remedy = "set readOnlyPort: 0 in the file given by --config and give no "
			  "--read-only-port flag",
		.unset_note =
			"some benchmarks' own tests pass what nobody sets, some fail it; the default "
			"of a kubelet with a config file is 0, without one 10255",
		WANTS(read_only_port),
	},
	{
		.id = "kubelet-streaming-idle-timeout",
		.title = "idle streaming connections must be closed at last",
		.severity = "low",
		.about =
			"A timeout of zero keeps exec, attach and port-forward connections for ever.",
		.remedy =
			"set streamingConnectionIdleTimeout: 4h0m0s in the file given by --config and"
			" give no --streaming-connection-idle-timeout flag",
		.given_note =
			"benchmarks' own tests compare text: 0s and 0m pass there; in a config file a"
			" zero is replaced by four hours",
		WANTS(idle_timeout),
	},
	{
		.id = "kubelet-protect-kernel-defaults",
		.title = "the kubelet must not change kernel tunables",
		.severity = "medium",
		.about =
			"With protectKernelDefaults the kubelet ends when kernel tunables differ from"
			" what it expects, instead of changing them behind the back of whoever set "
			"them.",
		.remedy = "set protectKernelDefaults: true in the file given by --config",
		WANTS(kernel_defaults),
	},
	{
		.id = "kubelet-hostname-override",
		.title = "the node name must not be overridden",
		.severity = "low",
		.about =
			"A name given by hand may not be the one that the node's certificates and the"
			" cloud know it by. Many installers set it on purpose.",
		.remedy = "remove --hostname-override from the kubelet's command line",
		WANTS(hostname),
	},
	{
		.id = "kubelet-event-qps",
		.title = "the rate of events must be limited sensibly",
		.severity = "low",
		.about =
			"Too low a limit loses events that an investigation needs, no limit at all "
			"lets a node flood the API server.",
		.remedy =
			"set eventRecordQPS in the file given by --config to a rate that fits the "
			"cluster",
		.unset_note =
			"older benchmarks ask for exactly 0, newer ones for any value: no kubelet "
			"runs with a negative one",
		.given_note =
			"older benchmarks ask for exactly 0, newer ones for any value: no kubelet "
			"runs with a negative one",
		WANTS(event_qps),
	},
	{
		.id = "kubelet-tls-cert-and-key",
		.title = "the kubelet must serve with a certificate of its own",
		.severity = "medium",
		.about =
			"Without a certificate and key, and without serverTLSBootstrap, the kubelet "
			"makes a self-signed pair that no client can verify.",
		.remedy =
			"set tlsCertFile and tlsPrivateKeyFile, or serverTLSBootstrap: true, in the "
			"file given by --config",
		.given_note =
			"serverTLSBootstrap: true is taken as well: the cluster then signs the "
			"serving certificate",
		WANTS(cert_and_key),
	},
	{
		.id = "kubelet-rotate-certificates",
		.title = "client certificates must be rotated",
		.severity = "medium",
		.about = "Without rotation the node falls out of the cluster when its client "
			 "certificate ends, and a stolen one stays good until then.",
		.remedy = "set rotateCertificates: true in the file given by --config",
		.unset_note =
			"benchmarks' own tests pass what nobody sets; the kubelet's default is false",
		WANTS(rotate_client),
	},
	{
		.id = "kubelet-rotate-server-certificate",
		.title = "serving certificate rotation must not be gated off",
		.severity = "medium",
		.about =
			"With the gate RotateKubeletServerCertificate off, serving certificates that "
			"the cluster signed are never renewed. It is on by default since 1.12, and "
			"matters when serverTLSBootstrap is true.",
		.remedy =
			"set featureGates.RotateKubeletServerCertificate: true, or leave it out, in "
			"the file given by --config",
		.unset_note =
			"the gate is on by default since 1.12, which some benchmarks' own tests fail;"
			" it does nothing unless serverTLSBootstrap is true",
		.given_note =
			"the gate alone does nothing unless serverTLSBootstrap is true, which "
			"benchmarks' own tests do not look at",
		WANTS(rotate_server),
	},
	{
		.id = "kubelet-strong-ciphers",
		.title = "only strong cipher suites may be offered",
		.severity = "medium",
		.about =
			"Without a list the defaults of Go are offered, some of which have no forward"
			" secrecy in old versions. TLS 1.3 suites are not configurable: a minimum of "
			"VersionTLS13 is enough.",
		.remedy =
			"set tlsCipherSuites in the file given by --config to strong suites alone",
		.given_note =
			"names of the ChaCha20 suites that end in _SHA256 are the same suites, which "
			"benchmarks' own tests do not know",
		WANTS(ciphers),
	},
	{
		.id = "kubelet-pod-pids-limit",
		.title = "pods must have a limit of processes",
		.severity = "medium",
		.about = "Without a limit one pod can use up the process ids of the whole node.",
		.remedy = "set podPidsLimit in the file given by --config to a limit above 0",
		.given_note =
			"benchmarks' own tests pass any value that is set; a negative one is no limit",
		WANTS(pids_limit),
	},
	{
		.id = "kubelet-seccomp-default",
		.title = "pods must get the default seccomp profile",
		.severity = "medium",
		.about =
			"Unless seccompDefault is on, containers that ask for no profile run without "
			"one.",
		.remedy = "set seccompDefault: true in the file given by --config",
		.given_note =
			"benchmarks' own tests pass any value that is set; the kubelet turns it on "
			"when either the flag or the file says true",
		WANTS(seccomp),
	},
	{
		.id = "kubelet-unit-ip-address-deny",
		.title = "the kubelet's unit must restrict its peers",
		.severity = "low",
		.about =
			"With IPAddressDeny=any and a list in IPAddressAllow= the kernel drops what "
			"others send to the kubelet.",
		.remedy =
			"add IPAddressDeny=any and IPAddressAllow= with the peers to [Service] of the"
			" kubelet's unit",
		.unset_note =
			"IPAddressDeny= is a directive of the unit; the benchmark's own test looks "
			"for a flag of that name and never passes",
		.given_note =
			"IPAddressDeny= is a directive of the unit; the benchmark's own test looks "
			"for a flag of that name and never passes",
		WANTS(address_deny),
	},
	{
		.id = "kube-proxy-metrics-localhost",
		.title = "kube-proxy's metrics must stay on the machine",
		.severity = "medium",
		.about = "Metrics of kube-proxy tell about the cluster's services to anyone who "
			 "reaches the port.",
		.remedy = "set metricsBindAddress: 127.0.0.1:10249 in kube-proxy's configuration",
		WANTS(proxy_metrics),
	},
	{
		.id = "aks-azure-json-mode",
		.title = "the AKS cloud provider file must be writable by root alone",
		.severity = "high",
		.about = "azure.json may hold the credentials of the cluster's service principal.",
		.remedy = "chmod /etc/kubernetes/azure.json",
		WANTS(azure_mode),
	},
	{
		.id = "aks-azure-json-owner",
		.title = "the AKS cloud provider file must belong to root",
		.severity = "high",
		.about = "azure.json may hold the credentials of the cluster's service principal.",
		.remedy = "chown /etc/kubernetes/azure.json to root:root",
		WANTS(azure_owner),
	},
};

const struct rule *rules_all(size_t *n)
{
	*n = sizeof rules / sizeof *rules;
	return rules;
}

const struct option *rule_option(const struct rule *rule)
{
	bool setting = rule->n == 1 && rule->wants[0].subject == SUBJECT_SETTING;
	return setting ? option_find(str_from(rule->wants[0].name)) : NULL;
}
