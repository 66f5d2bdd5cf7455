/*
 * launch_container.c - `docker run`, `podman run` and `nerdctl run` of a kubelet, and `create`
 * where another command of the unit starts the container: what stands behind the image is its argv,
 * its paths are those of its bind mounts. Options are those of docker 28, podman 5 and nerdctl 2,
 * and what earlier versions had; one that is not among them leaves a doubt. Not supported: `exec`,
 * `compose` and `kube play`, which name what is made elsewhere.
 */
#include "arguments.h"
#include "container.h"

static const struct engine {
	const char *name;
	bool local; /* mounts are made by the command itself, not by a service of the node */
	struct grammar grammar;
} engines[] = {
#define DOCKER \
	{ \
		ARGUMENTS_PFLAG, "", \
			"config: context:=c debug=D host:=H log-level:=l tls tlscacert: tlscert: tlskey: tlsverify " \
			"version=v help" \
	}
#define PODMAN \
	{ \
		ARGUMENTS_PFLAG, "", \
			"cdi-spec-dir: cgroup-manager: cni-config-dir: config: conmon: connection:=c " \
			"cpu-profile: default-mounts-file: events-backend: help=h hooks-dir: identity: " \
			"imagestore: log-level: memory-profile: module: namespace: network-cmd-path: " \
			"network-config-dir: noout out: pull-option: remote=r root: runroot: runtime: " \
			"runtime-flag: ssh: storage-driver: storage-opt: syslog tls-ca: tls-cert: tls-key: " \
			"tmpdir: trace transient-store url: version=v volumepath:" \
	}
	{"docker", false, DOCKER},
	{"docker-current", false, DOCKER},
	{"docker-latest", false, DOCKER},
	{"podman", true, PODMAN},
	{"podman-remote", false, PODMAN},
	{"nerdctl",
	 false,
	 {ARGUMENTS_PFLAG, "",
	  "address:=a host:=H namespace:=n storage-driver: snapshotter: cni-path: "
	  "cni-netconfpath: data-root: cgroup-manager: insecure-registry hosts-dir: experimental "
	  "host-gateway-ip: bridge-ip: kube-hide-dupe debug debug-full cdi-spec-dirs: global-dns: "
	  "userns-remap: help=h version=v"}},
#undef DOCKER
#undef PODMAN
};

static const struct grammar run_grammar = {
	ARGUMENTS_PFLAG, "",
	"add-host: annotation: arch: attach:=a authfile: blkio-weight: blkio-weight-device: "
	"cap-add: cap-drop: cert-dir: cgroup-conf: cgroup-parent: cgroupns: cgroups: chrootdirs: "
	"cidfile: conmon-pidfile: cosign-certificate-identity: "
	"cosign-certificate-identity-regexp: cosign-certificate-oidc-issuer: "
	"cosign-certificate-oidc-issuer-regexp: cosign-key: cpu-count: cpu-percent: cpu-period: "
	"cpu-quota: cpu-rt-period: cpu-rt-runtime: cpu-shares:=c cpus: cpuset: cpuset-cpus: "
	"cpuset-mems: creds: decryption-key: detach-keys: device: device-cgroup-rule: "
	"device-read-bps: device-read-iops: device-write-bps: device-write-iops: dns: dns-opt: "
	"dns-option: dns-search: domainname: entrypoint: env:=e env-file: env-merge: expose: "
	"gidmap: gpus: group-add: group-entry: health-cmd: health-interval: "
	"health-log-destination: health-max-log-count: health-max-log-size: health-on-failure: "
	"health-retries: health-start-interval: health-start-period: health-startup-cmd: "
	"health-startup-interval: health-startup-retries: health-startup-success: "
	"health-startup-timeout: health-timeout: healthcheck-command: healthcheck-interval: "
	"healthcheck-retries: healthcheck-start-period: healthcheck-timeout: hostname:=h "
	"hosts-file: hostuser: image-volume: init-binary: init-ctr: init-path: io-maxbandwidth: "
	"io-maxiops: ip: ip6: ipc: ipfs-address: isolation: kernel-memory: label:=l label-file: "
	"link: link-local-ip: log-driver: log-opt: mac-address: memory:=m memory-reservation: "
	"memory-swap: memory-swappiness: mount: name: net: net-alias: network: network-alias: "
	"oom-score-adj: os: passwd-entry: personality: pid: pidfile: pids-limit: platform: pod: "
	"pod-id-file: preserve-fd: preserve-fds: publish:=p pull: rdt-class: requires: restart: "
	"retry: retry-delay: runtime: sdnotify: seccomp-policy: secret: security-opt: shm-size: "
	"shm-size-systemd: stop-signal: stop-timeout: storage-opt: subgidname: subuidname: "
	"sysctl: systemd: timeout: tmpfs: tz: uidmap: ulimit: umask: unsetenv: user:=u userns: "
	"uts: variant: verify: volume:=v volume-driver: volumes-from: workdir:=w "
	"detach=d disable-content-trust env-host help http-proxy init interactive=i "
	"no-healthcheck no-hostname no-hosts oom-kill-disable passwd privileged publish-all=P "
	"quiet=q read-only read-only-tmpfs replace rm rmi rootfs sig-proxy tls-verify tty=t "
	"unsetenv-all use-api-socket"};

struct running {
	struct container k;
	bool rootfs; /* the image's word is a directory */
};

static bool on(const struct argument *arg)
{
	return !arg->has_value || str_eq(arg->value.text, S("true")) ||
	       str_eq(arg->value.text, S("1"));
}

/* What changes what the program sees; false when it is none of these. */
static bool on_tree(struct container *k, const struct argument *arg)
{
	struct str target, options;
	if (str_eq(arg->name, S("volume"))) {
		container_volume(k, arg->value);
	} else if (str_eq(arg->name, S("mount"))) {
		container_mount(k, arg->value);
	} else if (str_eq(arg->name, S("tmpfs"))) {
		str_cut(arg->value.text, ':', &target, &options);
		mounts_hide(k->inner.a, k->mounts, target, S("a tmpfs"), arg->value.from);
	} else if (str_eq(arg->name, S("volumes-from"))) {
		k->mounts->doubt = launch_doubt(
			&k->inner, REASON_WRAPPER_UNRESOLVED,
			str_fmt(k->inner.a, "--volumes-from %" PRIstr ": its mounts are not told",
				ARG(arg->value.text)),
			arg->value.from);
	} else if (str_eq(arg->name, S("pid"))) {
		k->mounts->own_processes = !str_eq(arg->value.text, S("host"));
	} else {
		return false;
	}
	return true;
}

static void on_option(struct running *r, const struct argument *arg)
{
	struct container *k = &r->k;
	if (on_tree(k, arg))
		return;
	if (str_eq(arg->name, S("env")))
		*vec_push(k->inner.a, &k->env) = arg->value;
	else if (str_eq(arg->name, S("env-file")))
		*vec_push(k->inner.a, &k->env_files) = arg->value;
	else if (str_eq(arg->name, S("env-host")))
		k->env_host = on(arg);
	else if (str_eq(arg->name, S("env-merge")))
		container_doubt(k, arg->value, "a variable of the image is not told");
	else if (str_eq(arg->name, S("workdir")))
		k->inner.workdir = path_below(k->inner.a, S("/"), arg->value.text);
	else if (str_eq(arg->name, S("entrypoint")))
		k->entrypoint = arg->value;
	else if (str_eq(arg->name, S("name")))
		k->name = arg->value;
	else if (str_eq(arg->name, S("rootfs")))
		r->rootfs = on(arg);
}

static bool run(const struct engine *engine, const struct candidate *c, struct words words,
		struct launch *out, struct str *name)
{
	struct running r = {0};
	struct argument arg;
	struct arguments args = {.grammar = &run_grammar, .words = words};
	enum arguments_state state;
	container_new(&r.k, c);
	r.k.local = engine->local;
	while ((state = arguments_next(&args, &arg)) == ARGUMENTS_OPTION)
		on_option(&r, &arg);
	*name = r.k.name.text;
	if (state == ARGUMENTS_UNKNOWN) {
		container_doubt(&r.k, arg.word, "this option is not known here");
		return container_guess(&r.k, words_from(words, args.i), out);
	}
	if (args.i >= words.n)
		return false;
	struct word image = words.at[args.i];
	if (r.rootfs)
		container_bind(&r.k, S("/"), image.text, image.from);
	return container_run(&r.k, image, words_from(words, args.i + 1), out);
}

/* Does a command of the unit start the container? One without a name may be the one. */
static bool is_started(const struct candidate *c, struct str name)
{
	for (size_t i = 0; c->unit && i < c->unit->commands.n; i++) {
		const struct command *cmd = &c->unit->commands.at[i];
		struct words w = cmd->argv.n ? cmd->argv : cmd->words;
		bool start = false;
		for (size_t k = 1; k < w.n; k++) {
			if (start && (!name.n || str_eq(w.at[k].text, name)))
				return true;
			start |= str_eq(w.at[k].text, S("start"));
		}
	}
	return false;
}

static const struct engine *engine_of(struct str program)
{
	for (size_t i = 0; i < sizeof engines / sizeof engines[0]; i++)
		if (str_eq(program, str_from(engines[i].name)))
			return &engines[i];
	return NULL;
}

/* In a container that this unit does not make. */
static bool run_elsewhere(const struct candidate *c, struct words words, struct launch *out)
{
	struct container k;
	container_new(&k, c);
	k.mounts->rest = S("a container that is made elsewhere");
	container_doubt(&k, c->words.at[0], "runs it in a container that is made elsewhere");
	return container_guess(&k, words, out);
}

bool launch_container(const struct candidate *c, struct launch *out)
{
	const struct engine *engine = engine_of(word_program(c->words, 0));
	struct argument arg;
	struct str name;
	if (!engine)
		return false;
	struct arguments args = {.grammar = &engine->grammar, .words = words_from(c->words, 1)};
	enum arguments_state state;
	while ((state = arguments_next(&args, &arg)) == ARGUMENTS_OPTION)
		continue;
	struct words words = words_from(args.words, args.i);
	if (words.n && str_eq(words.at[0].text, S("container")))
		words = words_from(words, 1);
	struct str verb = words.n ? words.at[0].text : S("");
	out->layout = "container";
	if (state == ARGUMENTS_UNKNOWN || str_eq(verb, S("exec")))
		return run_elsewhere(c, words, out);
	if (str_eq(verb, S("run")))
		return run(engine, c, words_from(words, 1), out, &name);
	return str_eq(verb, S("create")) && run(engine, c, words_from(words, 1), out, &name) &&
	       is_started(c, name);
}
