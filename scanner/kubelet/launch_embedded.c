/*
 * launch_embedded.c - kubelets inside other programs that take their arguments from a file: snaps
 * (MicroK8s, k8s, kubelet), and OpenShift 3 with its node-config.yaml. MicroShift, which makes
 * the whole configuration when it starts, is a launch that cannot be told.
 */
#include <string.h>

#include "arena.h"
#include "launch.h"

/* ---- snaps ---- */

static const struct snap {
	const char *app, *name, *args; /* the argument file, below /var/snap */
} snaps[] = {
	{"microk8s.daemon-kubelite", "microk8s", "microk8s/current/args/kubelet"},
	{"microk8s.daemon-kubelet", "microk8s", "microk8s/current/args/kubelet"},
	{"k8s.kubelet", "k8s", "k8s/common/args/kubelet"},
	{"kubelet.daemon", "kubelet", "kubelet/current/args"},
	{"kubelet", "kubelet", "kubelet/current/args"},
};

/* $VAR and ${VAR} of the variables that snapd sets; others are empty. */
static struct str expand(const struct candidate *c, const struct snap *snap, struct str text)
{
	size_t at = str_find(text, '$');
	if (at == text.n)
		return text;
	struct str rest = str_tail(text, at + 1), name = rest, after = S("");
	if (str_starts(rest, S("{"))) {
		str_cut(str_tail(rest, 1), '}', &name, &after);
	} else {
		size_t n = 0;
		while (n < rest.n && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789", rest.p[n]))
			n++;
		name = str_slice(rest, 0, n);
		after = str_tail(rest, n);
	}
	struct str value = S("");
	const struct variable *v = launch_variable(&c->environment, name);
	if (v)
		value = v->value.text;
	else if (str_eq(name, S("SNAP")))
		value = str_fmt(c->a, "/snap/%s/current", snap->name);
	else if (str_eq(name, S("SNAP_DATA")))
		value = str_fmt(c->a, "/var/snap/%s/current", snap->name);
	else if (str_eq(name, S("SNAP_COMMON")))
		value = str_fmt(c->a, "/var/snap/%s/common", snap->name);
	return str_fmt(c->a, "%" PRIstr "%" PRIstr "%" PRIstr, ARG(str_slice(text, 0, at)),
		       ARG(value), ARG(after));
}

static struct str without_quotes(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, 1, s.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '"' && s.p[i] != '\'')
			p[n++] = s.p[i];
	return (struct str){p, n};
}

/* One or more flags a line; a double blank makes an empty word, as it does in kubelite. */
static void read_line(const struct candidate *c, const struct snap *snap, const struct file *f,
		      struct str line, struct words *argv)
{
	struct str trimmed = str_trim(line, " \t\r"), part;
	if (!trimmed.n || trimmed.p[0] == '#')
		return;
	const struct origin *from =
		origin_new(c->a, f, (size_t)(trimmed.p - f->text.p), trimmed.n, NULL);
	struct str rest = without_quotes(c->a, trimmed);
	bool more = true;
	while (more) {
		more = str_cut(rest, ' ', &part, &rest);
		words_add(c->a, argv, expand(c, snap, part), from);
	}
}

static bool run_snap(const struct candidate *c, const struct snap *snap, struct launch *out)
{
	struct str path = str_fmt(c->a, "/var/snap/%s", snap->args), line;
	const struct file *f = rootfs_read(c->root, path);
	/* Without the link `current`, the unit's working directory is the revision. */
	if (f->state == FILE_ABSENT && c->workdir.n > 1)
		f = rootfs_read(c->root, str_cat(c->a, c->workdir, S("/args/kubelet")));
	out->layout = "snap";
	words_add(c->a, &out->argv, S("kubelet"), c->words.at[0].from);
	if (f->state == FILE_UNREADABLE)
		out->doubt = doubt_file(c->a, f, c->words.at[0].from);
	else if (f->state == FILE_ABSENT)
		out->doubt = launch_doubt(c, REASON_GENERATED_AT_BOOT,
					  str_fmt(c->a, "%" PRIstr " is not there", ARG(path)),
					  c->words.at[0].from);
	struct str rest = f->text;
	while (f->state == FILE_OK && rest.n) {
		str_cut(rest, '\n', &line, &rest);
		read_line(c, snap, f, line, &out->argv);
	}
	return true;
}

bool launch_snap(const struct candidate *c, struct launch *out)
{
	if (!str_eq(word_program(c->words, 0), S("snap")) || c->words.n < 3 ||
	    !str_eq(c->words.at[1].text, S("run")))
		return false;
	for (size_t i = 0; i < sizeof snaps / sizeof snaps[0]; i++)
		if (str_eq(c->words.at[c->words.n - 1].text, str_from(snaps[i].app)))
			return run_snap(c, &snaps[i], out);
	return false;
}

/* ---- OpenShift 3, MicroShift ---- */

/* kubeletArguments: a map of lists; each element is one --key=value. */
static void read_node_config(const struct candidate *c, const struct file *f, struct launch *out)
{
	struct doc_fault fault = {0};
	const struct doc *d = doc_yaml(c->a, f, &fault);
	if (!d)
		out->doubt =
			launch_doubt(c, REASON_KUBELET_WOULD_NOT_START, fault.text, fault.from);
	const struct doc *args = doc_get(d, S("kubeletArguments"));
	for (size_t i = 0; args && args->kind == DOC_MAP && i < args->n; i++) {
		const struct doc_entry *e = &args->entries[i];
		for (size_t k = 0; k < e->value->n; k++) {
			const struct doc *v = e->value->entries[k].value;
			words_add(
				c->a, &out->argv,
				str_fmt(c->a, "--%" PRIstr "=%" PRIstr, ARG(e->key), ARG(v->text)),
				v->from);
		}
	}
}

bool launch_openshift(const struct candidate *c, struct launch *out)
{
	struct str program = word_program(c->words, 0);
	struct word config;
	if (str_eq(program, S("microshift")) && str_eq(word_program(c->words, 1), S("run"))) {
		out->layout = "microshift";
		words_add(c->a, &out->argv, S("kubelet"), c->words.at[0].from);
		out->doubt = launch_doubt(c, REASON_GENERATED_AT_BOOT,
					  S("MicroShift makes the kubelet's configuration"),
					  c->words.at[0].from);
		return true;
	}
	bool start = str_eq(word_program(c->words, 1), S("start")) &&
		     str_eq(word_program(c->words, 2), S("node"));
	if (!start || !words_option(c->words, S("--config"), &config))
		return false;
	out->layout = "openshift";
	words_add(c->a, &out->argv, S("kubelet"), c->words.at[0].from);
	const struct file *f = rootfs_read(c->root, config.text);
	if (f->state == FILE_UNREADABLE)
		out->doubt = doubt_file(c->a, f, config.from);
	else if (f->state == FILE_ABSENT)
		out->doubt = launch_doubt(c, REASON_CONFIG_ABSENT, config.text, config.from);
	else
		read_node_config(c, f, out);
	return true;
}
