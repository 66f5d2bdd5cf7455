/*
 * launch_openshift.c - OpenShift 3: `openshift start node --config=FILE`, and from 3.10 on the
 * script openshift-node, which hands openshift-node-config's flags to a kubelet. Both turn a
 * NodeConfig into the kubelet's flags the same way (origin, ComputeKubeletFlags): kubeletArguments
 * is a map of lists of strings, names that it lacks get a value from other fields or a fixed one,
 * and all are sorted by name. Not supported: --tls-cipher-suites that nobody set (Go's own list),
 * and flags that no kubelet since 1.20 knows, which are left out unless the file names them.
 */
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "launch.h"

struct argument {
	struct str name;
	struct word value;
	size_t at; /* order among equal names */
};

struct node {
	const struct candidate *c;
	const struct file *file;
	const struct doc *config;
	const struct origin *from; /* the word that names the program */
	struct launch *out;
	VEC(struct argument) arguments;
	VEC(struct str) named; /* also those with an empty list */
};

static void add(struct node *n, struct str name, struct word value)
{
	*vec_push(n->c->a, &n->arguments) = (struct argument){name, value, n->arguments.n};
}

/* ---- kubeletArguments ---- */

static bool refuse(struct node *n, const struct doc *d, struct str name, const char *type)
{
	n->out->doubt = launch_doubt(n->c, REASON_KUBELET_WOULD_NOT_START,
				     str_fmt(n->c->a,
					     "kubeletArguments.%" PRIstr
					     ": json: cannot unmarshal %s into Go value of type %s",
					     ARG(name), doc_kind_name(d->kind), type),
				     d->from);
	return false;
}

static bool read_argument(struct node *n, const struct doc_entry *e)
{
	const struct doc *list = e->value;
	if (list->kind != DOC_LIST && list->kind != DOC_NULL)
		return refuse(n, list, e->key, "[]string");
	*vec_push(n->c->a, &n->named) = e->key;
	for (size_t i = 0; i < list->n; i++) {
		const struct doc *v = list->entries[i].value;
		if (v->kind != DOC_STRING && v->kind != DOC_NULL)
			return refuse(n, v, e->key, "string");
		add(n, e->key, (struct word){doc_string(v), v->from});
	}
	return true;
}

static bool read_arguments(struct node *n)
{
	const struct doc *d = doc_get(n->config, S("kubeletArguments"));
	if (!d || d->kind == DOC_NULL)
		return true;
	if (d->kind != DOC_MAP)
		return refuse(n, d, S(""), "map[string][]string");
	for (size_t i = 0; i < d->n; i++) {
		const struct doc_entry *e = &d->entries[i];
		if (doc_get(d, e->key) == e->value && !read_argument(n, e))
			return false;
	}
	return true;
}

/* ---- what is set unless the file names it ---- */

static bool is_named(const struct node *n, struct str name)
{
	for (size_t i = 0; i < n->named.n; i++)
		if (str_eq(n->named.at[i], name))
			return true;
	return false;
}

static const struct doc *field(const struct node *n, const char *path)
{
	const struct doc *d = n->config;
	struct str rest = str_from(path), key;
	while (rest.n) {
		str_cut(rest, '.', &key, &rest);
		d = doc_get(d, key);
	}
	return d;
}

static void set_fixed(struct node *n)
{
	static const char *const fixed[][2] = {
		{"register-node", "true"},    {"read-only-port", "0"},
		{"healthz-port", "0"},        {"http-check-frequency", "0s"},
		{"max-pods", "250"},          {"pods-per-core", "10"},
		{"cgroup-driver", "systemd"}, {"authentication-token-webhook", "true"},
		{"anonymous-auth", "true"},   {"authorization-mode", "Webhook"},
	};
	for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
		if (!is_named(n, str_from(fixed[i][0])))
			add(n, str_from(fixed[i][0]),
			    (struct word){str_from(fixed[i][1]), n->from});
}

/* Also where the field is empty: "--tls-cert-file=" is given then. */
static void set_fields(struct node *n)
{
	static const char *const fields[][2] = {
		{"kubeconfig", "masterKubeConfig"},
		{"pod-manifest-path", "podManifestConfig.path"},
		{"root-dir", "volumeDirectory"},
		{"node-ip", "nodeIP"},
		{"hostname-override", "nodeName"},
		{"cluster-dns", "dnsIP"},
		{"cluster-domain", "dnsDomain"},
		{"client-ca-file", "servingInfo.clientCA"},
		{"tls-cert-file", "servingInfo.certFile"},
		{"tls-private-key-file", "servingInfo.keyFile"},
	};
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
		const struct doc *d = field(n, fields[i][1]);
		if (!is_named(n, str_from(fields[i][0])))
			add(n, str_from(fields[i][0]),
			    (struct word){doc_string(d), d ? d->from : n->from});
	}
}

static void set_listening(struct node *n)
{
	const struct doc *d = field(n, "servingInfo.bindAddress");
	struct str text = doc_string(d).n ? doc_string(d) : S("0.0.0.0:10250");
	const struct origin *from = d ? d->from : n->from;
	size_t colon = str_rfind(text, ':');
	if (!is_named(n, S("address")))
		add(n, S("address"),
		    (struct word){str_trim(str_slice(text, 0, colon), "[]"), from});
	if (!is_named(n, S("port")))
		add(n, S("port"), (struct word){str_tail(text, colon + 1), from});
}

static void set_tls(struct node *n)
{
	const struct doc *suites = field(n, "servingInfo.cipherSuites");
	const struct doc *least = field(n, "servingInfo.minTLSVersion");
	if (!is_named(n, S("tls-min-version")))
		add(n, S("tls-min-version"),
		    (struct word){doc_string(least).n ? doc_string(least) : S("VersionTLS12"),
				  least ? least->from : n->from});
	if (is_named(n, S("tls-cipher-suites")) || !suites || suites->kind != DOC_LIST)
		return;
	for (size_t i = 0; i < suites->n; i++)
		add(n, S("tls-cipher-suites"),
		    (struct word){doc_string(suites->entries[i].value),
				  suites->entries[i].value->from});
}

/* ---- the flags ---- */

static int by_name(const void *x, const void *y)
{
	const struct argument *a = x, *b = y;
	int order = str_cmp(a->name, b->name);
	return order ? order : (a->at > b->at) - (a->at < b->at);
}

static void put_flags(struct node *n)
{
	qsort(n->arguments.at, n->arguments.n, sizeof n->arguments.at[0], by_name);
	for (size_t i = 0; i < n->arguments.n; i++) {
		const struct argument *x = &n->arguments.at[i];
		words_add(n->c->a, &n->out->argv,
			  str_fmt(n->c->a, "--%" PRIstr "=%" PRIstr, ARG(x->name),
				  ARG(x->value.text)),
			  x->value.from);
	}
}

static void read_node(struct node *n)
{
	struct doc_fault fault = {0};
	n->config = doc_yaml(n->c->a, n->file, &fault);
	if (!n->config || n->config->kind != DOC_MAP) {
		struct str why = n->config ? S("is no NodeConfig") : fault.text;
		n->out->doubt = launch_doubt(
			n->c, REASON_KUBELET_WOULD_NOT_START,
			str_fmt(n->c->a, "%" PRIstr ": %" PRIstr, ARG(n->file->path), ARG(why)),
			n->config ? n->config->from : fault.from);
		return;
	}
	if (!read_arguments(n))
		return;
	set_fixed(n);
	set_fields(n);
	set_listening(n);
	set_tls(n);
	put_flags(n);
}

static bool run_node(const struct candidate *c, struct word path, struct launch *out)
{
	struct node n = {.c = c, .out = out, .from = c->words.at[0].from};
	out->layout = "openshift";
	words_add(c->a, &out->argv, S("kubelet"), n.from);
	if (!str_starts(path.text, S("/")))
		path.text = str_fmt(c->a, "%" PRIstr "/%" PRIstr, ARG(c->workdir), ARG(path.text));
	n.file = rootfs_read(c->root, path.text);
	if (n.file->state == FILE_UNREADABLE) {
		out->doubt = doubt_file(c->a, n.file, path.from);
	} else if (n.file->state == FILE_ABSENT || n.file->kind != FILE_REGULAR) {
		out->doubt = launch_doubt(c, REASON_CONFIG_ABSENT, path.text, path.from);
		*vec_push(c->a, &out->pending) =
			(struct pending){.path = path.text,
					 .why = S("node configuration of OpenShift, absent"),
					 .from = path.from};
	} else {
		read_node(&n);
	}
	return true;
}

/* The script takes the file that the cluster's sync pod writes, and until then that of the
 * installation. */
static bool run_script(const struct candidate *c, struct launch *out)
{
	const struct origin *from = c->words.at[0].from;
	struct word node = {S("/etc/origin/node/node-config.yaml"), from};
	struct word bootstrap = {S("/etc/origin/node/bootstrap-node-config.yaml"), from};
	bool absent = rootfs_stat(c->root, node.text)->state == FILE_ABSENT;
	bool first = absent && rootfs_stat(c->root, bootstrap.text)->state != FILE_ABSENT;
	run_node(c, first ? bootstrap : node, out);
	if (first)
		*vec_push(c->a, &out->pending) =
			(struct pending){.path = node.text,
					 .why = S("written once the node has joined"),
					 .from = from};
	return true;
}

bool launch_openshift(const struct candidate *c, struct launch *out)
{
	struct word config = {0};
	if (str_eq(word_program(c->words, 0), S("openshift-node")))
		return run_script(c, out);
	if (!str_eq(word_program(c->words, 1), S("start")))
		return false;
	if (!str_eq(word_program(c->words, 2), S("node")))
		return words_option(c->words, S("--node-config"), &config) &&
		       run_node(c, config, out);
	if (words_option(c->words, S("--config"), &config))
		return run_node(c, config, out);
	if (!str_eq(word_program(c->words, 0), S("openshift")))
		return false;
	out->layout = "openshift";
	words_add(c->a, &out->argv, S("kubelet"), c->words.at[0].from);
	out->doubt = launch_doubt(c, REASON_GENERATED_AT_BOOT,
				  S("without --config OpenShift makes the node's configuration"),
				  c->words.at[0].from);
	return true;
}
