/*
 * launch_k3s.c - K3s and RKE2, which run a kubelet of their own: `k3s server` and `k3s agent` into
 * what they are told, by configuration, command line and environment (urfave/cli, pkg/cli/cmds of
 * k3s and rke2). A server may run without a kubelet (--disable-agent). Nothing about the kubelet's
 * arguments comes from the cluster but its DNS.
 */
#include "arena.h"
#include "k3s.h"
#include "options.h"

void k3s_doubt(struct k3s *k, enum reason reason, struct str text, const struct origin *from)
{
	if (k->out->doubt.reason == REASON_NONE)
		k->out->doubt = (struct doubt){reason, text, from};
}

struct str k3s_path(const struct k3s *k, struct str path)
{
	struct str dir = k->c->workdir.n ? k->c->workdir : S("/");
	if (str_starts(path, S("/")))
		return path;
	return str_fmt(k->c->a, "%" PRIstr "%s%" PRIstr, ARG(dir), str_ends(dir, S("/")) ? "" : "/",
		       ARG(path));
}

bool k3s_locate(struct k3s *k, struct word *path)
{
	struct location at = mounts_locate(k->c->root, k->c->mounts, path->text, true, path->from);
	if (at.on_node)
		path->text = at.path;
	else
		k3s_doubt(k, at.doubt.reason, at.doubt.text, at.doubt.from);
	return at.on_node;
}

/* ---- the command line ---- */

/* All other flags take a value. */
static bool is_boolean(struct str name)
{
	static const char *const names[] = {"alsologtostderr",
					    "cluster-init",
					    "cluster-reset",
					    "debug",
					    "disable-agent",
					    "disable-apiserver",
					    "disable-apiserver-lb",
					    "disable-cloud-controller",
					    "disable-controller-manager",
					    "disable-default-registry-endpoint",
					    "disable-etcd",
					    "disable-helm-controller",
					    "disable-kube-proxy",
					    "disable-network-policy",
					    "disable-scheduler",
					    "disable-selinux",
					    "docker",
					    "embedded-registry",
					    "enable-pprof",
					    "enable-servicelb",
					    "etcd-disable-snapshots",
					    "etcd-expose-metrics",
					    "etcd-s3",
					    "etcd-s3-insecure",
					    "etcd-s3-skip-ssl-verify",
					    "etcd-snapshot-compress",
					    "flannel-external-ip",
					    "flannel-ipv6-masq",
					    "h",
					    "help",
					    "kine-tls",
					    "multi-cluster-cidr",
					    "no-flannel",
					    "node-name-from-cloud-provider-metadata",
					    "nonroot-devices",
					    "prefer-bundled-bin",
					    "protect-kernel-defaults",
					    "rootless",
					    "secrets-encryption",
					    "selinux",
					    "supervisor-metrics",
					    "with-node-id"};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (str_eq(name, str_from(names[i])))
			return true;
	return false;
}

/* Go's flag package: one hyphen or two, and the value behind "=" or in the next word. */
static void command_line(struct k3s *k, struct words w)
{
	for (size_t i = 0; i < w.n && !str_eq(w.at[i].text, S("--")); i++) {
		struct told t = {.value = {.from = w.at[i].from}};
		struct str text = w.at[i].text;
		if (text.n < 2 || text.p[0] != '-')
			continue;
		text = str_tail(text, str_starts(text, S("--")) ? 2 : 1);
		if (!str_cut(text, '=', &t.name, &t.value.text)) {
			if (is_boolean(t.name))
				t.value.text = S("true");
			else if (i + 1 < w.n)
				t.value = w.at[++i];
		}
		*vec_push(k->c->a, &k->told) = t;
	}
}

static const struct word *last_of(const struct k3s *k, struct str name, struct str alias)
{
	for (size_t i = k->told.n; i-- > 0;)
		if (str_eq(k->told.at[i].name, name) || str_eq(k->told.at[i].name, alias))
			return &k->told.at[i].value;
	return NULL;
}

static bool is_on(struct k3s *k, struct str name)
{
	bool on = false;
	const struct word *w = last_of(k, name, name);
	if (w && !go_bool(w->text, &on))
		k3s_doubt(k, REASON_KUBELET_WOULD_NOT_START,
			  str_fmt(k->c->a, "invalid boolean value \"%" PRIstr "\" for -%" PRIstr,
				  ARG(w->text), ARG(name)),
			  w->from);
	return on;
}

/* A flag, or else a variable. */
static struct word value_of(const struct k3s *k, struct str name, struct str alias,
			    const char *variable)
{
	const struct word *w = last_of(k, name, alias);
	if (w)
		return *w;
	const struct variable *v = launch_variable(&k->c->environment,
						   str_cat(k->c->a, k->prefix, str_from(variable)));
	return v ? v->value : (struct word){0};
}

/* ---- what follows from it ---- */

/* The profiles of the CIS benchmark turn --protect-kernel-defaults on, and do not suffer it off. */
static void read_profile(struct k3s *k)
{
	struct word profile = value_of(k, S("profile"), S("profile"), "CIS_PROFILE");
	bool cis = str_eq(profile.text, S("cis")) || str_starts(profile.text, S("cis-"));
	k->protect_kernel = is_on(k, S("protect-kernel-defaults"));
	if (!k->rke2 || !profile.text.n || str_eq(profile.text, S("etcd")))
		return;
	if (!cis)
		k3s_doubt(k, REASON_KUBELET_WOULD_NOT_START,
			  S("invalid value provided for --profile flag"), profile.from);
	else if (!k->protect_kernel && last_of(k, S("protect-kernel-defaults"), S("")))
		k3s_doubt(k, REASON_KUBELET_WOULD_NOT_START,
			  str_fmt(k->c->a,
				  "--protect-kernel-defaults must be true when using "
				  "--profile=%" PRIstr,
				  ARG(profile.text)),
			  profile.from);
	else
		k->protect_kernel = true;
}

static void read_data_dir(struct k3s *k)
{
	struct word w = value_of(k, S("data-dir"), S("d"), "DATA_DIR");
	k->data_dir = str_cat(k->c->a, S("/var/lib/rancher/"), k->product);
	if (!w.text.n)
		return;
	k->data_dir = k3s_path(k, w.text);
	while (k->data_dir.n > 1 && str_ends(k->data_dir, S("/")))
		k->data_dir.n--;
}

/* ---- whose command it is ---- */

/* "k3s", "k3s-arm64", "k3s-agent", "rke2.linux-amd64". */
static bool is_program(struct str program, struct str name)
{
	return str_starts(program, name) &&
	       (program.n == name.n || program.p[name.n] == '-' || program.p[name.n] == '.');
}

/* The first word that is no flag; few flags may stand before it. */
static size_t find_verb(struct words w)
{
	size_t i = 1;
	while (i < w.n && str_starts(w.at[i].text, S("-")))
		i += str_eq(w.at[i].text, S("--debug")) ||
				     str_find(w.at[i].text, '=') < w.at[i].text.n
			     ? 1
			     : 2;
	return i;
}

bool launch_k3s(const struct candidate *c, struct launch *out)
{
	struct str program = word_program(c->words, 0);
	size_t at = find_verb(c->words);
	struct str verb = at < c->words.n ? c->words.at[at].text : S("");
	bool rke2 = is_program(program, S("rke2"));
	if ((!rke2 && !is_program(program, S("k3s"))) ||
	    (!str_eq(verb, S("server")) && !str_eq(verb, S("agent"))))
		return false;
	struct k3s k = {.c = c,
			.out = out,
			.rke2 = rke2,
			.product = rke2 ? S("rke2") : S("k3s"),
			.title = rke2 ? S("RKE2") : S("K3s"),
			.prefix = rke2 ? S("RKE2_") : S("K3S_")};
	k3s_configuration(&k);
	command_line(&k, words_from(c->words, at + 1));
	if (is_on(&k, S("disable-agent")) && str_eq(verb, S("server")))
		return false;
	out->layout = rke2 ? "rke2" : "k3s";
	read_profile(&k);
	read_data_dir(&k);
	k3s_arguments(&k);
	return true;
}
