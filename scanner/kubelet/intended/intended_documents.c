/*
 * intended_documents.c - YAML and JSON inputs of a join, by their kind: kubeadm's Init- and
 * JoinConfiguration (v1beta1 to v1beta4) and the KubeletConfiguration beside them, kubeadm's
 * patches, the NodeConfig of nodeadm, MachineConfig and KubeletConfig of OpenShift, Ignition's
 * configuration, worker profiles of k0s. YAML files may hold several documents.
 */
#include <string.h>

#include "arena.h"
#include "intended.h"
#include "launch.h"

enum { DOCUMENTS_MAX = 32, ELEMENTS_MAX = 500 };

struct documents {
	const struct doc *at[DOCUMENTS_MAX];
	size_t n;
};

static bool is_marker(struct str line)
{
	return str_starts(line, S("---")) &&
	       (line.n == 3 || line.p[3] == ' ' || line.p[3] == '\r' || line.p[3] == '\t');
}

/* One document as a file of its own, on the lines on which it stands. */
static const struct doc *document_at(struct intents *in, const struct file *f, size_t lines,
				     struct str body)
{
	struct doc_fault fault;
	if (!str_trim(body, " \t\r\n").n)
		return NULL;
	char *text = arena_alloc(in->a, 1, lines + body.n + 1);
	for (size_t i = 0; i < lines; i++)
		text[i] = '\n';
	for (size_t i = 0; i < body.n; i++)
		text[lines + i] = body.p[i];
	struct str whole = {text, lines + body.n};
	return doc_yaml(in->a, file_made(in->a, f->path, whole, f), &fault);
}

static struct documents yaml_documents(struct intents *in, const struct file *f)
{
	struct documents docs = {.n = 0};
	struct str rest = f->text, line;
	size_t begin = 0, lines = 0, number = 0;
	for (bool more = true; more && docs.n < DOCUMENTS_MAX; number++) {
		size_t at = f->text.n - rest.n;
		more = rest.n > 0;
		str_cut(rest, '\n', &line, &rest);
		if (more && !is_marker(line))
			continue;
		/* What follows a marker on its line belongs to the document. */
		const struct doc *d = document_at(in, f, lines, str_slice(f->text, begin, at));
		if (d)
			docs.at[docs.n++] = d;
		begin = more && at + 3 <= f->text.n ? at + 3 : at;
		lines = number;
	}
	return docs;
}

static struct documents documents_of(struct intents *in, const struct file *f)
{
	struct doc_fault fault;
	struct documents docs = {.n = 0};
	struct str head = str_trim(f->text, " \t\r\n");
	if (!str_starts(head, S("{")) && !str_starts(head, S("[")))
		return yaml_documents(in, f);
	docs.at[0] = doc_json(in->a, f, &fault);
	docs.n = docs.at[0] != NULL;
	return docs;
}

/* ---- kinds ---- */

static struct str group_of(const struct doc *d)
{
	struct str group, version;
	str_cut(doc_string(doc_get(d, S("apiVersion"))), '/', &group, &version);
	return group;
}

static bool is_kind(const struct doc *d, struct str group, struct str kind)
{
	return str_eq(group_of(d), group) && str_eq(doc_string(doc_get(d, S("kind"))), kind);
}

static void extra_arg(struct intents *in, const struct input *t, struct str name,
		      const struct doc *value)
{
	if (!value || value->kind == DOC_LIST || value->kind == DOC_MAP)
		return;
	intended_flag(in, t, str_fmt(in->a, "--%" PRIstr "=%" PRIstr, ARG(name), ARG(value->text)),
		      value->from, "kubeadm configuration", false);
}

/* A map up to v1beta3, a list of names and values since. */
static void extra_args(struct intents *in, const struct input *t, const struct doc *args)
{
	for (size_t i = 0; args && i < args->n && i < ELEMENTS_MAX; i++) {
		const struct doc_entry *e = &args->entries[i];
		if (args->kind == DOC_MAP)
			extra_arg(in, t, e->key, e->value);
		else if (args->kind == DOC_LIST)
			extra_arg(in, t, doc_string(doc_get(e->value, S("name"))),
				  doc_get(e->value, S("value")));
	}
}

/* The patches of a directory that a configuration names. */
static void patches_in(struct intents *in, struct str dir)
{
	if (!str_starts(dir, S("/")))
		return;
	const struct listing *list = rootfs_list(in->root, dir);
	for (size_t i = 0; i < list->n && i < ELEMENTS_MAX; i++)
		if (str_starts(list->names[i], S("kubeletconfiguration")))
			intended_file(in, str_fmt(in->a, "%" PRIstr "/%" PRIstr, ARG(dir),
						  ARG(list->names[i])));
}

static void kubeadm(struct intents *in, const struct input *t, const struct doc *d)
{
	const struct doc *node = doc_get(d, S("nodeRegistration"));
	extra_args(in, t, doc_get(node, S("kubeletExtraArgs")));
	patches_in(in, doc_string(doc_get(doc_get(d, S("patches")), S("directory"))));
}

static void node_config(struct intents *in, const struct input *t, const struct doc *d)
{
	const struct doc *kubelet = doc_get(doc_get(d, S("spec")), S("kubelet"));
	const struct doc *flags = doc_get(kubelet, S("flags"));
	intended_fields(in, t, doc_get(kubelet, S("config")), "NodeConfig");
	for (size_t i = 0; flags && flags->kind == DOC_LIST && i < flags->n && i < ELEMENTS_MAX;
	     i++)
		intended_flag(in, t, doc_string(flags->entries[i].value),
			      flags->entries[i].value->from, "NodeConfig", false);
}

/* A controller hands each worker the profile that the worker's command names. */
static void k0s_config(struct intents *in, const struct input *t, const struct doc *d)
{
	const struct doc *profiles = doc_get(doc_get(d, S("spec")), S("workerProfiles"));
	const struct unit *u = in->launch->unit;
	struct word mine = {0};
	if (strcmp(in->launch->layout, "k0s") != 0 || !profiles || profiles->kind != DOC_LIST)
		return;
	if (!u || !u->commands.n || !words_option(u->commands.at[0].argv, S("--profile"), &mine))
		mine.text = S("default");
	for (size_t i = 0; i < profiles->n && i < ELEMENTS_MAX; i++) {
		const struct doc *p = profiles->entries[i].value;
		if (str_eq(doc_string(doc_get(p, S("name"))), mine.text))
			intended_fields(in, t, doc_get(p, S("values")), "k0s worker profile");
	}
}

/* A file beside its effective one says nothing: what the launch reads is read already. Of others,
 * those count that a join hands on. */
static bool hands_on(struct intents *in, const struct input *t, bool beside_kubeadm)
{
	struct str path = t->file->path;
	if (!t->writer && str_eq(path, in->settings->config.text))
		return false;
	return t->writer || beside_kubeadm || str_has(path, S("kubeadm")) ||
	       str_eq(str_basename(path), S("instance-config.yaml"));
}

static const char *label(const struct input *t, bool beside_kubeadm)
{
	bool kubeadm = beside_kubeadm || str_has(t->file->path, S("kubeadm"));
	return kubeadm ? "kubeadm configuration" : "KubeletConfiguration";
}

static void document(struct intents *in, const struct input *t, const struct doc *d,
		     bool beside_kubeadm)
{
	if (str_eq(group_of(d), S("kubeadm.k8s.io")))
		kubeadm(in, t, d);
	else if (is_kind(d, S("kubelet.config.k8s.io"), S("KubeletConfiguration"))) {
		if (hands_on(in, t, beside_kubeadm))
			intended_fields(in, t, d, label(t, beside_kubeadm));
	} else if (is_kind(d, S("node.eks.aws"), S("NodeConfig")))
		node_config(in, t, d);
	else if (str_eq(group_of(d), S("k0s.k0sproject.io")))
		k0s_config(in, t, d);
	else if (is_kind(d, S("machineconfiguration.openshift.io"), S("KubeletConfig")))
		intended_fields(in, t, doc_get(doc_get(d, S("spec")), S("kubeletConfig")),
				"KubeletConfig");
	else if (is_kind(d, S("machineconfiguration.openshift.io"), S("MachineConfig")))
		intended_ignition(in, t, doc_get(doc_get(d, S("spec")), S("config")));
	else if (doc_get(d, S("ignition")))
		intended_ignition(in, t, d);
}

void intended_documents(struct intents *in, const struct input *t)
{
	bool beside_kubeadm = false;
	/* Certificates, kubeconfigs and the like are not worth a parser's time. */
	if (!str_has(t->file->text, S("kubeadm")) && !str_has(t->file->text, S("kubelet")) &&
	    !str_has(t->file->text, S("ignition")) && !str_has(t->file->text, S("k0sproject")))
		return;
	struct documents docs = documents_of(in, t->file);
	for (size_t i = 0; i < docs.n; i++)
		beside_kubeadm |= str_eq(group_of(docs.at[i]), S("kubeadm.k8s.io"));
	for (size_t i = 0; i < docs.n; i++)
		document(in, t, docs.at[i], beside_kubeadm);
}

/* ---- patches of kubeadm ---- */

/* An operation of RFC 6902 that leaves a value: "/authentication/anonymous/enabled". */
static void operation(struct intents *in, const struct input *t, const struct doc *op)
{
	struct str verb = doc_string(doc_get(op, S("op")));
	struct str path = doc_string(doc_get(op, S("path")));
	const struct doc *value = doc_get(op, S("value"));
	if (!value || !str_starts(path, S("/")) ||
	    !(str_eq(verb, S("add")) || str_eq(verb, S("replace"))))
		return;
	char *dotted = str_z(in->a, str_tail(path, 1));
	for (size_t i = 0; i + 1 < path.n; i++)
		if (dotted[i] == '/')
			dotted[i] = '.';
	intended_field(in, t, (struct str){dotted, path.n - 1}, value, "kubeadm patch");
}

void intended_patch(struct intents *in, const struct input *t)
{
	struct documents docs = documents_of(in, t->file);
	for (size_t k = 0; k < docs.n; k++) {
		const struct doc *d = docs.at[k];
		for (size_t i = 0; d->kind == DOC_LIST && i < d->n && i < ELEMENTS_MAX; i++)
			operation(in, t, d->entries[i].value);
		intended_fields(in, t, d, "kubeadm patch");
	}
}
