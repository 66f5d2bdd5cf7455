/*
 * deciders.c - who will write what an image lacks: for each recognised product, the files that
 * decide its kubelet and the program that makes them at install, join or boot.
 *
 * From the products' own sources: kubeadm, amazon-eks-ami (bootstrap.sh, nodeadm), Bottlerocket,
 * AgentBaker (cse_config.sh, cse_main.sh), cluster/gce (configure-helper.sh), kOps (nodeup),
 * the Machine Config Operator, Gardener, kubespray. Files that are pending for another reason
 * keep the writer that they came with.
 */
#include "deciders.h"

#include "arena.h"

static const struct decider {
	const char *of; /* names of recognise.c, with '|' between them */
	const char *path;
	const char *writer;
	const char *variable; /* awaited where the command names it and nothing sets it; "" where
			       * no command is told; NULL: only when it is missed anyway */
	const char *done;     /* a file that the writer leaves: it has run */
} deciders[] = {
#define KUBEADM "kubeadm|image-builder|kind|Minikube"
	{KUBEADM, "/var/lib/kubelet/config.yaml", "kubeadm init or join", NULL, NULL},
	{KUBEADM, "/var/lib/kubelet/kubeadm-flags.env", "kubeadm init or join", NULL, NULL},
	{"image-builder", "/var/lib/kubelet/kubelet.conf.d", "kubelet-resource-sizing.sh", NULL,
	 NULL},
	{"image-builder", "/run/kubelet/extra-args.env", "kubelet-resource-sizing.sh", NULL, NULL},

#define AL2 "/etc/systemd/system/kubelet.service.d/10-kubelet-args.conf"
	{"EKS AL2", AL2, "/etc/eks/bootstrap.sh", "KUBELET_ARGS", AL2},
	{"EKS AL2", "/etc/systemd/system/kubelet.service.d/30-kubelet-extra-args.conf",
	 "/etc/eks/bootstrap.sh", "KUBELET_EXTRA_ARGS", AL2},
	{"EKS AL2", "/etc/kubernetes/kubelet/kubelet-config.json", "/etc/eks/bootstrap.sh", NULL,
	 NULL},
	{"EKS AL2023", "/etc/eks/kubelet/environment", "nodeadm", NULL, NULL},
	{"EKS AL2023", "/etc/kubernetes/kubelet/config.json", "nodeadm", "NODEADM_KUBELET_ARGS",
	 "/etc/eks/kubelet/environment"},
	{"EKS AL2023", "/etc/kubernetes/kubelet/config.json.d", "nodeadm", NULL, NULL},

#define BOTTLEROCKET "/etc/systemd/system/kubelet.service.d/exec-start.conf"
	{"Bottlerocket", BOTTLEROCKET, "the settings API", "", BOTTLEROCKET},
	{"Bottlerocket", "/etc/kubernetes/kubelet/config", "the settings API", "", BOTTLEROCKET},
	{"Bottlerocket", "/etc/kubernetes/kubelet/env", "the settings API", NULL, NULL},
	{"Bottlerocket", "/etc/network/proxy.env", "the settings API", NULL, NULL},

#define CSE "the custom script extension (CSE)"
#define AKS "/etc/default/kubelet"
#define AKS_DROPIN(name) "/etc/systemd/system/kubelet.service.d/" name
	{"AKS|AKS Engine", AKS, CSE, NULL, NULL},
	{"AKS|AKS Engine", "/etc/default/kubeletconfig.json", CSE, "KUBELET_CONFIG_FILE_FLAGS",
	 AKS},
	{"AKS", AKS_DROPIN("10-componentconfig.conf"), CSE, "KUBELET_CONFIG_FILE_FLAGS", AKS},
	{"AKS", AKS_DROPIN("10-containerd-base-flag.conf"), CSE, "KUBELET_CONTAINERD_FLAGS", AKS},
	{"AKS", AKS_DROPIN("10-container-runtime-flag.conf"), CSE, "KUBELET_CONTAINER_RUNTIME_FLAG",
	 AKS},
	{"AKS", AKS_DROPIN("10-cgroupv2.conf"), CSE, "KUBELET_CGROUP_FLAGS", AKS},
	{"AKS", AKS_DROPIN("10-tlsbootstrap.conf"), CSE, "KUBELET_TLS_BOOTSTRAP_FLAGS", AKS},

	{"GKE", "/etc/default/kubelet", "configure-helper.sh", NULL, NULL},
	{"GKE",
	 "/home"
	 "/kubernetes/kubelet-config.yaml",
	 "configure-helper.sh", NULL, NULL},
	{"kOps", "/etc/sysconfig/kubelet", "nodeup", NULL, NULL},
	{"kOps", "/var/lib/kubelet/kubelet.conf", "nodeup", NULL, NULL},
	{"Gardener", "/var/lib/kubelet/config/kubelet", "gardener-node-agent", NULL, NULL},
#define MCO "the Machine Config Operator"
	{"OpenShift", "/etc/kubernetes/kubelet.conf", MCO, NULL, NULL},
	{"OpenShift", "/etc/openshift/kubelet.conf.d", MCO, NULL, NULL},
	{"OpenShift", "/etc/mco/proxy.env", MCO, NULL, NULL},
	{"OpenShift", "/etc/kubernetes/node.env", "aws-kubelet-nodename.service", NULL, NULL},
	{"OpenShift", "/run/kubens/env", "kubens.service", NULL, NULL},
	{"kubespray", "/etc/kubernetes/kubelet.env", "kubespray", NULL, NULL},
	{"kubespray", "/etc/kubernetes/kubelet-config.yaml", "kubespray", NULL, NULL},
	{"kubeasz", "/var/lib/kubelet/config.yaml", "kubeasz", NULL, NULL},
	{"Typhoon", "/etc/kubernetes/kubelet.yaml", "Ignition", NULL, NULL},
	{"Typhoon|Lokomotive", "/etc/kubernetes/kubelet.env", "Ignition", NULL, NULL},
	{"Lokomotive", "/etc/kubernetes/kubelet.config", "configure-kubelet-cgroup-driver", NULL,
	 NULL},
	{"Giant Swarm", "/etc/network-environment", "k8s-setup-network-env.service", NULL, NULL},
	{"k0s", "/run/k0s/kubelet/config.yaml", "the k0s worker", NULL, NULL},
	{"k0s", "/var/lib/k0s/kubelet-config.yaml", "the k0s worker", NULL, NULL},
};

enum { DECIDERS = sizeof deciders / sizeof *deciders };

static bool among(const char *names, struct str name)
{
	struct str part, rest = str_from(names);
	while (rest.n) {
		str_cut(rest, '|', &part, &rest);
		if (str_eq(part, name))
			return true;
	}
	return false;
}

static struct pending *find(const struct pendings *all, struct str path)
{
	for (size_t i = 0; i < all->n; i++)
		if (str_eq(all->at[i].path, path))
			return &all->at[i];
	return NULL;
}

/* ---- what a launch waits for ---- */

/* The word that names a variable which nothing sets: at boot, somebody will. */
static const struct word *unset(const struct unit *u, struct str name)
{
	const struct command *cmd = u->commands.n ? &u->commands.at[0] : NULL;
	for (size_t i = 0; i < u->environment.n; i++)
		if (str_eq(u->environment.at[i].name, name))
			return NULL;
	for (size_t i = 0; cmd && i < cmd->words.n; i++) {
		struct str w = cmd->words.at[i].text;
		if (str_starts(w, S("$")) && str_eq(str_trim(str_tail(w, 1), "{}"), name))
			return &cmd->words.at[i];
	}
	return NULL;
}

static bool absent(struct rootfs *root, const char *path)
{
	return path && rootfs_stat(root, str_from(path))->state == FILE_ABSENT;
}

static void await(struct rootfs *root, const struct decider *d, struct launch *l)
{
	struct str path = str_from(d->path);
	bool told = l->argv.n > 0;
	const struct word *w =
		d->variable && d->variable[0] ? unset(l->unit, str_from(d->variable)) : NULL;
	if (!d->variable || (d->variable[0] ? !w : told))
		return;
	if (!absent(root, d->path) || !absent(root, d->done) || find(&l->pending, path))
		return;
	*vec_push(rootfs_arena(root), &l->pending) = (struct pending){
		.path = path,
		.why = w ? str_fmt(rootfs_arena(root), "decides $%s, absent", d->variable)
			 : S("decides the command, absent"),
		.writer = str_from(d->writer),
		.from = w ? w->from : l->doubt.from};
}

static void await_mandatory(struct rootfs *root, struct systemd *sd, struct launch *l)
{
	const struct story *s = unit_story(sd, l->unit);
	for (size_t i = 0; i < s->environment_files.n; i++) {
		const struct environment_file *e = &s->environment_files.at[i];
		if (e->optional || e->state != FILE_ABSENT || find(&l->pending, e->path))
			continue;
		*vec_push(rootfs_arena(root), &l->pending) = (struct pending){
			.path = e->path, .why = S("EnvironmentFile, absent"), .from = e->from};
	}
}

void deciders_await(struct rootfs *root, struct systemd *sd, struct launch *l)
{
	if (!l->unit || l->unit->load != UNIT_LOADED)
		return;
	await_mandatory(root, sd, l);
	for (size_t i = 0; i < DECIDERS; i++)
		if (among(deciders[i].of, l->recognised))
			await(root, &deciders[i], l);
}

/* ---- names ---- */

static const char *writer_of(struct str recognised, struct str path)
{
	for (size_t i = 0; i < DECIDERS; i++)
		if (str_eq(path, str_from(deciders[i].path)) && among(deciders[i].of, recognised))
			return deciders[i].writer;
	return NULL;
}

/* The pending file that a doubt speaks of: it is named in front, or it is what makes the unit. */
static const struct pending *missed(const struct pendings *all, const struct doubt *d)
{
	for (size_t i = 0; i < all->n; i++)
		if (str_starts(d->text, all->at[i].path) &&
		    str_starts(str_tail(d->text, all->at[i].path.n), S(":")))
			return &all->at[i];
	for (size_t i = 0; d->reason == REASON_GENERATED_AT_BOOT && i < all->n; i++)
		if (all->at[i].writer.n && str_starts(all->at[i].why, S("decides the command")))
			return &all->at[i];
	return NULL;
}

void deciders_name(struct arena *a, struct str recognised, struct pendings *pending,
		   struct doubt *doubt)
{
	for (size_t i = 0; i < pending->n; i++)
		if (!pending->at[i].writer.n)
			pending->at[i].writer =
				str_from(writer_of(recognised, pending->at[i].path));
	const struct pending *p = missed(pending, doubt);
	if (!p || !p->writer.n || str_has(doubt->text, p->writer))
		return;
	bool named = str_starts(doubt->text, p->path);
	doubt->text = str_fmt(a, "%" PRIstr "; %" PRIstr " writes %" PRIstr, ARG(doubt->text),
			      ARG(p->writer), ARG(named ? S("it") : p->path));
}
