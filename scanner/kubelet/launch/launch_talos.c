/*
 * launch_talos.c - Talos has no systemd: machined runs the kubelet, with flags and a configuration
 * that it makes at each start out of the machine configuration in the STATE partition
 * (/system/state/config.yaml). extraArgs are flags, sorted by name, that may not be its own six;
 * extraConfig is a KubeletConfiguration without the fields that Talos keeps for itself, under
 * which Talos puts its own values. From siderolabs/talos: kubelet_spec.go, and its list of
 * protected fields. Not supported: patches that are applied at install time, and values that only
 * a running node knows (addresses, reserved memory).
 */
#include <stdlib.h>
#include <string.h>

#include "talos.h"

#include "arena.h"
#include "launch.h"
#include "made.h"

#define WRITTEN "/etc/kubernetes/kubelet.yaml"

enum { DOCUMENTS_MAX = 100, SPLIT_BYTES_MAX = 1 << 20 };

struct talos {
	struct rootfs *root;
	struct arena *a;
	struct launch *out;
	const struct file *file;
	const struct doc *machine, *kubelet; /* maps of the machine configuration; may be NULL */
	const struct origin *from;
};

static void doubt(struct talos *t, enum reason reason, struct str text, const struct origin *from)
{
	if (t->out->doubt.reason == REASON_NONE)
		t->out->doubt = (struct doubt){reason, text, from};
}

/* ---- the machine configuration ---- */

/* A document in a file of its own, on the lines on which it stands. */
static const struct file *alone(struct talos *t, size_t at, size_t end)
{
	struct file *f = NEW(t->a, struct file);
	size_t lines = 0;
	for (size_t i = 0; i < at; i++)
		lines += t->file->text.p[i] == '\n';
	char *text = arena_alloc(t->a, 1, lines + end - at + 1);
	memset(text, '\n', lines);
	memcpy(text + lines, t->file->text.p + at, end - at);
	*f = *t->file;
	f->text = (struct str){text, lines + end - at};
	return f;
}

/* The line after the next marker of a document, from `at` on; *end is where the marker stands. */
static size_t next_document(struct str text, size_t at, size_t *end)
{
	while (at < text.n) {
		struct str line, rest;
		str_cut(str_tail(text, at), '\n', &line, &rest);
		size_t next = text.n - rest.n;
		bool marker =
			str_starts(line, S("---")) && (line.n == 3 || strchr(" \t\r", line.p[3]));
		*end = at;
		if (marker)
			return next;
		at = next;
	}
	*end = text.n;
	return text.n;
}

/* Of several documents, the one of the old kind, which has `machine` and no apiVersion. */
static const struct doc *machine_document(struct talos *t)
{
	struct str text = t->file->text;
	size_t at = 0, end = 0, n = 0;
	struct doc_fault fault = {0};
	if (text.n > SPLIT_BYTES_MAX) {
		doubt(t, REASON_LIMIT, S("the machine configuration is too large"), t->from);
		return NULL;
	}
	while (at < text.n && n++ < DOCUMENTS_MAX) {
		size_t next = next_document(text, at, &end);
		bool blank = !str_trim(str_slice(text, at, end), " \t\r\n").n;
		const struct doc *d = blank ? NULL : doc_yaml(t->a, alone(t, at, end), &fault);
		if (d && d->kind == DOC_MAP && doc_get(d, S("machine")))
			return d;
		if (!d && !blank)
			doubt(t, REASON_KUBELET_WOULD_NOT_START,
			      str_fmt(t->a, "machine configuration: %" PRIstr, ARG(fault.text)),
			      fault.from);
		at = next;
	}
	doubt(t, REASON_GENERATED_AT_BOOT, S("the machine configuration says nothing of `machine`"),
	      t->from);
	return NULL;
}

static bool is_true(const struct doc *map, struct str key)
{
	const struct doc *d = doc_get(map, key);
	return d && d->kind == DOC_BOOL && str_eq(d->text, S("true"));
}

/* ---- flags ---- */

static bool in_list(const char *const *list, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(name, str_from(list[i])))
			return true;
	return false;
}

struct flag {
	struct str name;
	struct word word;
	size_t at; /* order among equal names */
};

struct flags_made {
	struct flag *at;
	size_t n, cap;
};

static void put_flag(struct talos *t, struct flags_made *flags, struct str name, struct str value,
		     const struct origin *from)
{
	struct str text = str_fmt(t->a, "--%" PRIstr "=%" PRIstr, ARG(name), ARG(value));
	*vec_push(t->a, flags) = (struct flag){name, {text, from}, flags->n};
}

static void read_argument(struct talos *t, const struct doc_entry *e, struct flags_made *flags)
{
	static const char *const own[] = {
		"bootstrap-kubeconfig",       "kubeconfig", "container-runtime",
		"container-runtime-endpoint", "config",     "cert-dir"};
	const struct doc *v = e->value;
	if (in_list(own, sizeof own / sizeof own[0], e->key))
		doubt(t, REASON_KUBELET_WOULD_NOT_START,
		      str_fmt(t->a, "error merging arguments: %" PRIstr " is Talos' own",
			      ARG(e->key)),
		      e->key_from);
	else if (v->kind != DOC_LIST)
		put_flag(t, flags, e->key, v->text, v->from);
	else
		for (size_t i = 0; i < v->n; i++)
			put_flag(t, flags, e->key, v->entries[i].value->text,
				 v->entries[i].value->from);
}

static int by_name(const void *x, const void *y)
{
	const struct flag *a = x, *b = y;
	int order = str_cmp(a->name, b->name);
	return order ? order : (a->at > b->at) - (a->at < b->at);
}

static void make_flags(struct talos *t)
{
	const struct doc *extra = doc_get(t->kubelet, S("extraArgs"));
	const struct doc *host = doc_get(doc_get(t->machine, S("network")), S("hostname"));
	struct flags_made flags = {0};
	put_flag(t, &flags, S("bootstrap-kubeconfig"), S("/etc/kubernetes/bootstrap-kubeconfig"),
		 t->from);
	put_flag(t, &flags, S("cert-dir"), S("/var/lib/kubelet/pki"), t->from);
	put_flag(t, &flags, S("config"), S(WRITTEN), t->from);
	put_flag(t, &flags, S("kubeconfig"), S("/etc/kubernetes/kubeconfig-kubelet"), t->from);
	if (doc_string(host).n && !doc_get(extra, S("hostname-override")))
		put_flag(t, &flags, S("hostname-override"), host->text, host->from);
	for (size_t i = 0; extra && extra->kind == DOC_MAP && i < extra->n; i++)
		read_argument(t, &extra->entries[i], &flags);
	qsort(flags.at, flags.n, sizeof flags.at[0], by_name);
	words_add(t->a, &t->out->argv, S("kubelet"), t->from);
	for (size_t i = 0; i < flags.n; i++)
		*vec_push(t->a, &t->out->argv) = flags.at[i].word;
}

/* ---- the configuration ---- */

static void check_protected(struct talos *t, const struct doc *extra)
{
	static const char *const own[] = {
		"apiVersion",    "authentication",     "authorization", "cgroupRoot",
		"kind",          "kubeletCgroups",     "port",          "protectKernelDefaults",
		"resolvConf",    "rotateCertificates", "systemCgroups", "staticPodPath",
		"seccompDefault"};
	for (size_t i = 0; extra && extra->kind == DOC_MAP && i < extra->n; i++)
		if (in_list(own, sizeof own / sizeof own[0], extra->entries[i].key))
			doubt(t, REASON_KUBELET_WOULD_NOT_START,
			      str_fmt(t->a, "field \"%" PRIstr "\" can't be overridden",
				      ARG(extra->entries[i].key)),
			      extra->entries[i].key_from);
}

static const struct doc *fixed(struct talos *t)
{
	static const struct {
		const char *path, *text;
		enum doc_kind kind;
	} values[] = {
		{"address", "0.0.0.0", DOC_STRING},
		{"port", "10250", DOC_NUMBER},
		{"authentication.anonymous.enabled", "false", DOC_BOOL},
		{"authentication.x509.clientCAFile", "/etc/kubernetes/pki/ca.crt", DOC_STRING},
		{"cgroupRoot", "/", DOC_STRING},
		{"containerRuntimeEndpoint", "unix:///run/containerd/containerd.sock", DOC_STRING},
		{"failSwapOn", "false", DOC_BOOL},
		{"protectKernelDefaults", "true", DOC_BOOL},
		{"rotateCertificates", "true", DOC_BOOL},
		{"serializeImagePulls", "false", DOC_BOOL},
		{"streamingConnectionIdleTimeout", "5m", DOC_STRING},
		{"tlsMinVersion", "VersionTLS13", DOC_STRING},
	};
	struct doc *base = NEW(t->a, struct doc);
	bool apart = is_true(t->kubelet, S("skipNodeRegistration"));
	*base = (struct doc){.kind = DOC_MAP, .from = t->from};
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
		made_set(t->a, base, values[i].path, values[i].kind, str_from(values[i].text),
			 t->from);
	made_set(t->a, base, "authentication.webhook.enabled", DOC_BOOL,
		 apart ? S("false") : S("true"), t->from);
	made_set(t->a, base, "authorization.mode", DOC_STRING,
		 apart ? S("AlwaysAllow") : S("Webhook"), t->from);
	if (!is_true(t->kubelet, S("disableManifestsDirectory")))
		made_set(t->a, base, "staticPodPath", DOC_STRING, S("/etc/kubernetes/manifests"),
			 t->from);
	if (is_true(t->kubelet, S("defaultRuntimeSeccompProfileEnabled")))
		made_set(t->a, base, "seccompDefault", DOC_BOOL, S("true"), t->from);
	return base;
}

static void make_config(struct talos *t)
{
	const struct doc *extra = doc_get(t->kubelet, S("extraConfig"));
	check_protected(t, extra);
	*vec_push(t->a, &t->out->made) =
		(struct made){.path = S(WRITTEN), .doc = made_config(t->a, fixed(t), extra)};
}

/* ---- the launch ---- */

static void read_machine(struct talos *t)
{
	const struct doc *d = machine_document(t);
	if (!d)
		return;
	t->machine = doc_get(d, S("machine"));
	t->kubelet = doc_get(t->machine, S("kubelet"));
	t->from = t->kubelet ? t->kubelet->from : t->machine->from;
	const struct doc *image = doc_get(t->kubelet, S("image"));
	if (doc_string(image).n)
		*vec_push(t->a, &t->out->environment) = (struct variable){
			.name = S("KUBELET_IMAGE"), .value = {image->text, image->from}};
	make_flags(t);
	make_config(t);
}

bool launch_talos(struct rootfs *root, struct launch *out)
{
	const struct os *os = os_read(root);
	struct talos t = {.root = root, .a = rootfs_arena(root), .out = out};
	struct str path = S("/system/state/config.yaml");
	if (!str_eq(os->id, S("talos")))
		return false;
	*out = (struct launch){.layout = "talos", .recognised = S("Talos"), .workdir = S("/")};
	t.from = os_get(os, S("ID")).from;
	t.file = rootfs_read(root, path);
	if (t.file->state == FILE_UNREADABLE) {
		out->doubt = doubt_file(t.a, t.file, t.from);
	} else if (t.file->state == FILE_ABSENT || t.file->kind != FILE_REGULAR) {
		doubt(&t, REASON_GENERATED_AT_BOOT,
		      str_fmt(t.a,
			      "%" PRIstr ": Talos makes the kubelet's configuration out of its "
			      "machine configuration, which is not there",
			      ARG(path)),
		      t.from);
		*vec_push(t.a, &out->pending) =
			(struct pending){.path = path,
					 .why = S("machine configuration, absent"),
					 .writer = S("talosctl apply-config, or the platform"),
					 .from = t.from};
	} else {
		read_machine(&t);
	}
	return true;
}
