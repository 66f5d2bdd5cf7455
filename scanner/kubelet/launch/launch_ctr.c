/*
 * launch_ctr.c - `ctr run` of containerd and systemd-nspawn(1): containers whose options are not
 * those of docker. What stands behind the image and the identifier, or behind the options, is the
 * command. Options are those of ctr 2.0 and systemd 257. Not supported: `ctr task`, nspawn's own
 * .nspawn files, images and overlays.
 */
#include "arguments.h"
#include "container.h"

static bool is(const struct argument *arg, const char *name)
{
	return str_eq(arg->name, str_from(name));
}

static void hide_all(struct container *k, const struct argument *arg, const char *what)
{
	mounts_hide(k->inner.a, k->mounts, S("/"), str_from(what), arg->word.from);
}

/* ---- ctr ---- */

static const struct grammar ctr_global = {
	ARGUMENTS_GOFLAG, "",
	"debug address:=a timeout: connect-timeout: namespace:=n help=h version=v"};

static const struct grammar ctr_run = {
	ARGUMENTS_GOFLAG, "",
	"rm null-io log-uri: detach=d fifo-dir: cgroup: platform: cni runc-binary: runc-root: "
	"runc-systemd-cgroup uidmap: gidmap: remap-labels privileged-without-host-devices cpus: "
	"cpu-shares: snapshotter: snapshotter-label: config:=c cwd: env: env-file: label: "
	"annotation: mount: net-host privileged read-only runtime: runtime-config-path: tty=t "
	"with-ns: pid-file: gpus: allow-new-privs memory-limit: cap-add: cap-drop: seccomp "
	"seccomp-profile: apparmor-default-profile: apparmor-profile: blockio-config-file: "
	"blockio-class: rdt-class: hostname: user: rootfs no-pivot cpu-quota: cpu-period: "
	"rootfs-propagation: device: sandbox: cpuset-cpus: cpuset-mems: help=h"};

static void on_ctr(struct container *k, const struct argument *arg, bool *rootfs)
{
	if (is(arg, "mount"))
		container_mount(k, arg->value);
	else if (is(arg, "env"))
		*vec_push(k->inner.a, &k->env) = arg->value;
	else if (is(arg, "env-file"))
		*vec_push(k->inner.a, &k->env_files) = arg->value;
	else if (is(arg, "cwd"))
		k->inner.workdir = path_below(k->inner.a, S("/"), arg->value.text);
	else if (is(arg, "config"))
		container_doubt(k, arg->value, "a runtime's specification is not read");
	else if (is(arg, "rootfs"))
		*rootfs = true;
	else if (is(arg, "with-ns") && str_starts(arg->value.text, S("pid:")))
		k->mounts->own_processes = !str_eq(arg->value.text, S("pid:/proc/1/ns/pid"));
	else if (is(arg, "with-ns") && str_starts(arg->value.text, S("mount:")))
		hide_all(k, arg, "the mount namespace of --with-ns");
}

static bool run_ctr(const struct candidate *c, struct words words, struct launch *out)
{
	struct container k;
	struct argument arg;
	struct arguments args = {.grammar = &ctr_run, .words = words};
	enum arguments_state state;
	bool rootfs = false;
	container_new(&k, c);
	while ((state = arguments_next(&args, &arg)) == ARGUMENTS_OPTION)
		on_ctr(&k, &arg, &rootfs);
	if (state == ARGUMENTS_UNKNOWN) {
		container_doubt(&k, arg.word, "this option is not known here");
		return container_guess(&k, words_from(words, args.i), out);
	}
	if (args.i + 1 >= words.n)
		return false;
	struct word image = words.at[args.i];
	k.name = words.at[args.i + 1];
	if (rootfs)
		container_bind(&k, S("/"), image.text, image.from);
	return container_run(&k, image, words_from(words, args.i + 2), out);
}

bool launch_ctr(const struct candidate *c, struct launch *out)
{
	struct argument arg;
	if (!str_eq(word_program(c->words, 0), S("ctr")))
		return false;
	struct arguments args = {.grammar = &ctr_global, .words = words_from(c->words, 1)};
	while (arguments_next(&args, &arg) == ARGUMENTS_OPTION)
		continue;
	struct words words = words_from(args.words, args.i);
	out->layout = "container";
	return words.n && str_eq(words.at[0].text, S("run")) &&
	       run_ctr(c, words_from(words, 1), out);
}

/* ---- systemd-nspawn ---- */

static const struct grammar nspawn = {
	ARGUMENTS_GETOPT, "jU",
	"help=h version quiet=q no-pager no-ask-password settings: directory:=D template: "
	"ephemeral=x image:=i image-policy: oci-bundle: read-only volatile:: root-hash: "
	"root-hash-sig: verity-data: pivot-root: as-pid2=a boot=b chdir: setenv:=E user:=u uuid: "
	"kill-signal: notify-ready: suppress-sync: machine:=M hostname: slice:=S property: "
	"register: keep-unit private-users:: private-users-ownership: private-users-chown "
	"private-users-delegate: private-network network-interface: network-macvlan: "
	"network-ipvlan: network-veth=n network-veth-extra: network-bridge: network-zone: "
	"network-namespace-path: port:=p capability: drop-capability: ambient-capability: "
	"no-new-privileges: restrict-address-families: system-call-filter: rlimit: "
	"oom-score-adjust: cpu-affinity: personality: selinux-context:=Z selinux-apifs-context:=L "
	"resolv-conf: timezone: link-journal: bind: bind-ro: inaccessible: tmpfs: overlay: "
	"overlay-ro: bind-user: bind-user-shell: console: pipe=P background: load-credential: "
	"set-credential: share-system"};

/* "SOURCE[:TARGET[:OPTIONS]]"; a '+' is the container's own tree. */
static void on_bind(struct container *k, struct word spec)
{
	struct str source, target, options;
	str_cut(spec.text, ':', &source, &target);
	str_cut(target, ':', &target, &options);
	if (str_starts(source, S("/")))
		container_bind(k, target.n ? target : source, source, spec.from);
	else
		mounts_hide(k->inner.a, k->mounts, target.n ? target : S("/"),
			    S("a mount of the container's own tree"), spec.from);
}

static void on_cover(struct container *k, const struct argument *arg)
{
	struct str path, options;
	str_cut(arg->value.text, ':', &path, &options);
	mounts_hide(k->inner.a, k->mounts, path,
		    str_fmt(k->inner.a, "what --%" PRIstr " lays there", ARG(arg->name)),
		    arg->value.from);
}

static void on_nspawn(struct container *k, const struct argument *arg)
{
	if (is(arg, "directory"))
		container_bind(k, S("/"), arg->value.text, arg->value.from);
	else if (is(arg, "image") || is(arg, "oci-bundle") || is(arg, "template") ||
		 is(arg, "volatile") || is(arg, "pivot-root"))
		hide_all(k, arg, "an image of systemd-nspawn");
	else if (is(arg, "bind") || is(arg, "bind-ro"))
		on_bind(k, arg->value);
	else if (is(arg, "tmpfs") || is(arg, "inaccessible"))
		on_cover(k, arg);
	else if (is(arg, "overlay") || is(arg, "overlay-ro"))
		hide_all(k, arg, "an overlay of systemd-nspawn");
	else if (is(arg, "setenv"))
		*vec_push(k->inner.a, &k->env) = arg->value;
	else if (is(arg, "chdir"))
		k->inner.workdir = path_below(k->inner.a, S("/"), arg->value.text);
	else if (is(arg, "settings"))
		container_doubt(k, arg->value, "its settings are not read");
}

bool launch_nspawn(const struct candidate *c, struct launch *out)
{
	struct container k;
	struct argument arg;
	enum arguments_state state;
	struct arguments args = {.grammar = &nspawn, .words = words_from(c->words, 1)};
	bool boots = false;
	if (!str_eq(word_program(c->words, 0), S("systemd-nspawn")))
		return false;
	container_new(&k, c);
	k.local = true;
	k.mounts->rest = S("the tree of a container that its name alone tells");
	out->layout = "container";
	while ((state = arguments_next(&args, &arg)) == ARGUMENTS_OPTION) {
		on_nspawn(&k, &arg);
		boots |= is(&arg, "boot");
	}
	struct words words = words_from(args.words, args.i);
	if (state == ARGUMENTS_UNKNOWN)
		container_doubt(&k, arg.word, "this option is not known here");
	if (boots)
		return false;
	return state == ARGUMENTS_UNKNOWN
		       ? container_guess(&k, words, out)
		       : words.n && container_run(&k, (struct word){0}, words, out);
}
