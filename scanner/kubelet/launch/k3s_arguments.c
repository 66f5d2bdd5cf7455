/*
 * k3s_arguments.c - the kubelet's argv as K3s and RKE2 make it: their own arguments, with those of
 * --kubelet-arg in their place (GetArgs in pkg/util of k3s), sorted by name. From 1.32.1 on most of
 * their own stand in a drop-in that is written at each start (00-k3s-defaults.conf), and the files
 * that --kubelet-arg=config=, config-dir= name are copied beside it (pkg/daemons/agent). RKE2
 * puts three flags in front and takes those of klog out (pkg/podexecutor). Left out is what only
 * the running host tells: addresses, names, cgroups, resolv.conf, the cluster's DNS. Not supported:
 * rootless K3s; releases that did not know "name+" and "name-".
 */
#include <stdlib.h>

#include "arena.h"
#include "k3s.h"
#include "map.h"
#include "version.h"

enum age {
	AGE_FLAGS,     /* up to 1.32.0: everything is a flag */
	AGE_OPEN_PORT, /* 1.32.1 to 1.32.3: drop-ins, and the read-only port was forgotten */
	AGE_DROP_INS,
};

struct argument {
	struct str name;
	struct words before; /* put in front, the last first */
	struct words after;
	bool own; /* K3s's value: nobody has named the argument yet */
};

struct arguments {
	struct k3s *k;
	struct map *index;
	VEC(struct argument *) at;
};

/* ---- the release ---- */

static unsigned patch_of(struct str version)
{
	struct str head, rest;
	uint64_t patch = 0;
	size_t n = 0;
	str_cut(version, '.', &head, &rest);
	str_cut(rest, '.', &head, &rest);
	while (n < rest.n && rest.p[n] >= '0' && rest.p[n] <= '9')
		n++;
	return n && n < 6 && str_u64(str_slice(rest, 0, n), &patch) ? (unsigned)patch : 99;
}

static enum age age_of(const struct k3s *k, bool *known)
{
	struct version v = kubelet_version(k->c->root, k->c->words, k->c->options);
	*known = v.major != 0;
	if (v.major != 1 || v.minor > 32)
		return AGE_DROP_INS;
	unsigned patch = v.minor == 32 ? patch_of(v.text) : 0;
	return patch > 3 ? AGE_DROP_INS : patch ? AGE_OPEN_PORT : AGE_FLAGS;
}

/* ---- names and their values ---- */

static struct argument *argument_of(struct arguments *all, struct str name)
{
	struct argument *x = map_get(all->index, name);
	if (x)
		return x;
	x = NEW(all->k->c->a, struct argument);
	x->name = name;
	map_put(all->index, name, x);
	*vec_push(all->k->c->a, &all->at) = x;
	return x;
}

static void own(struct arguments *all, struct str name, struct str value)
{
	struct argument *x = argument_of(all, name);
	words_add(all->k->c->a, &x->after, value, NULL);
	x->own = true;
}

static struct str without_hyphens(struct str s)
{
	return str_starts(s, S("--")) ? str_tail(s, 2) : s;
}

/* "name=value" replaces K3s's own value, "name+=" and "name-=" keep it. */
static void user(struct arguments *all, struct word w)
{
	struct arena *a = all->k->c->a;
	struct str name, value, text = without_hyphens(w.text);
	if (!str_cut(text, '=', &name, &value))
		value = S("true");
	bool more = str_ends(name, S("+")), front = str_ends(name, S("-"));
	while (name.n && (name.p[name.n - 1] == '-' || name.p[name.n - 1] == '+'))
		name.n--;
	struct argument *x = argument_of(all, name);
	if (x->own && !more && !front)
		x->after.n = 0;
	x->own = false;
	words_add(a, front ? &x->before : &x->after, value, w.from);
}

static int by_name(const void *x, const void *y)
{
	return str_cmp((*(struct argument *const *)x)->name, (*(struct argument *const *)y)->name);
}

static void add(struct arguments *all, struct str name, struct word value)
{
	struct arena *a = all->k->c->a;
	words_add(a, &all->k->out->argv,
		  str_fmt(a, "--%" PRIstr "=%" PRIstr, ARG(without_hyphens(name)), ARG(value.text)),
		  value.from);
}

/* ---- files ---- */

static struct str config_dir(const struct k3s *k)
{
	return str_cat(k->c->a, k->data_dir, S("/agent/etc/kubelet.conf.d"));
}

/* A path in that directory, on the node; empty where the node does not have the directory. */
static struct str drop_in(struct k3s *k, const char *name)
{
	struct word dir = {config_dir(k), k->c->words.at[0].from};
	if (!k3s_locate(k, &dir))
		return S("");
	return str_fmt(k->c->a, "%" PRIstr "/%s", ARG(dir.text), name);
}

static void make_copy(struct k3s *k, struct word value, const char *name)
{
	struct word at = {k3s_path(k, value.text), value.from};
	if (str_starts(value.text, config_dir(k)) || !k3s_locate(k, &at))
		return;
	struct str source = at.text;
	*vec_push(k->c->a, &k->out->made) =
		(struct made){.path = drop_in(k, name), .source = source};
	if (rootfs_stat(k->c->root, source)->state != FILE_ABSENT)
		return;
	struct str why = S("named by --kubelet-arg, absent");
	k3s_doubt(k, REASON_CONFIG_ABSENT,
		  str_fmt(k->c->a, "%" PRIstr ": %" PRIstr, ARG(source), ARG(why)), value.from);
	*vec_push(k->c->a, &k->out->pending) =
		(struct pending){.path = source, .why = why, .from = value.from};
}

/* What an earlier start has left in the directory, and what becomes of it. */
static void remark_left(struct k3s *k, const char *name, const char *fate)
{
	struct str path = drop_in(k, name);
	if (path.n && rootfs_lstat(k->c->root, path)->state == FILE_OK)
		note(rootfs_notes(k->c->root), NULL, "%" PRIstr ": %s", ARG(path), fate);
}

/* extractConfigArgs: a name without a value takes the next argument for it, whatever the name. */
static struct words extract_config(struct k3s *k, struct words extra)
{
	struct words rest = {0};
	struct word config = {0}, dir = {0};
	for (size_t i = 0; i < extra.n; i++) {
		struct word w = extra.at[i];
		struct str name, value;
		bool bare = !str_cut(without_hyphens(w.text), '=', &name, &value);
		struct word v = {value, w.from};
		if (bare && i + 1 < extra.n)
			v = extra.at[++i];
		bool file = str_eq(name, S("config"));
		if (!file && !str_eq(name, S("config-dir"))) {
			words_add(k->c->a, &rest, w.text, w.from);
			if (bare && v.text.n)
				note(rootfs_notes(k->c->root), v.from,
				     "lost: %" PRIstr " takes the argument after %" PRIstr
				     " for its value",
				     ARG(k->title), ARG(name));
			continue;
		}
		if (!v.text.n)
			k3s_doubt(k, REASON_KUBELET_WOULD_NOT_START,
				  str_fmt(k->c->a, "value required for kubelet-arg --%" PRIstr,
					  ARG(name)),
				  w.from);
		*(file ? &config : &dir) = v;
	}
	if (config.text.n)
		make_copy(k, config, "10-cli-config.conf");
	else
		remark_left(k, "10-cli-config.conf", "left by an earlier start, and read");
	if (dir.text.n)
		make_copy(k, dir, "20-cli-config-dir");
	else
		remark_left(k, "20-cli-config-dir", "left by an earlier start, and read");
	return rest;
}

/* ---- 00-k3s-defaults.conf ---- */

static struct doc *kid_of(struct arena *a, struct doc *d, struct str key)
{
	enum { KEYS_MAX = 16 };
	for (size_t i = 0; i < d->n; i++)
		if (str_eq(d->entries[i].key, key)) {
			struct doc *kid = NEW(a, struct doc);
			*kid = *d->entries[i].value;
			d->entries[i].value = kid;
			return kid;
		}
	if (!d->entries)
		d->entries = NEW_N(a, struct doc_entry, KEYS_MAX);
	struct doc *kid = NEW(a, struct doc);
	kid->kind = DOC_MAP;
	d->kind = DOC_MAP;
	d->entries[d->n++] = (struct doc_entry){.key = key, .value = kid};
	return kid;
}

static void put(struct arena *a, struct doc *d, const char *path, enum doc_kind kind,
		struct str text)
{
	struct str rest = str_from(path), key;
	do {
		str_cut(rest, '/', &key, &rest);
		d = kid_of(a, d, key);
	} while (rest.n);
	d->kind = kind;
	d->text = text;
}

/* Their own containerd, unless they are told of another socket. */
static struct str runtime_endpoint(const struct k3s *k)
{
	struct str socket = S("/run/k3s/containerd/containerd.sock");
	for (size_t i = 0; i < k->told.n; i++)
		if (str_eq(k->told.at[i].name, S("container-runtime-endpoint")) &&
		    k->told.at[i].value.text.n)
			socket = k->told.at[i].value.text;
	return str_starts(socket, S("unix://")) ? socket : str_cat(k->c->a, S("unix://"), socket);
}

static const struct doc *defaults(struct k3s *k)
{
	struct arena *a = k->c->a;
	struct doc *d = NEW(a, struct doc);
	struct str agent = str_cat(a, k->data_dir, S("/agent"));
	put(a, d, "authentication/anonymous/enabled", DOC_BOOL, S("false"));
	put(a, d, "authentication/webhook/enabled", DOC_BOOL, S("true"));
	put(a, d, "authentication/x509/clientCAFile", DOC_STRING,
	    str_cat(a, agent, S("/client-ca.crt")));
	put(a, d, "authorization/mode", DOC_STRING, S("Webhook"));
	put(a, d, "containerRuntimeEndpoint", DOC_STRING, runtime_endpoint(k));
	put(a, d, "evictionHard/imagefs.available", DOC_STRING, S("5%"));
	put(a, d, "evictionHard/nodefs.available", DOC_STRING, S("5%"));
	put(a, d, "evictionMinimumReclaim/imagefs.available", DOC_STRING, S("10%"));
	put(a, d, "evictionMinimumReclaim/nodefs.available", DOC_STRING, S("10%"));
	put(a, d, "failSwapOn", DOC_BOOL, S("false"));
	put(a, d, "serializeImagePulls", DOC_BOOL, S("false"));
	put(a, d, "staticPodPath", DOC_STRING, str_cat(a, agent, S("/pod-manifests")));
	put(a, d, "streamingConnectionIdleTimeout", DOC_STRING, S("4h0m0s"));
	put(a, d, "tlsCertFile", DOC_STRING, str_cat(a, agent, S("/serving-kubelet.crt")));
	put(a, d, "tlsPrivateKeyFile", DOC_STRING, str_cat(a, agent, S("/serving-kubelet.key")));
	if (k->protect_kernel)
		put(a, d, "protectKernelDefaults", DOC_BOOL, S("true"));
	return d;
}

static void make_defaults(struct k3s *k)
{
	char *name =
		str_z(k->c->a, str_fmt(k->c->a, "00-%" PRIstr "-defaults.conf", ARG(k->product)));
	*vec_push(k->c->a, &k->out->made) =
		(struct made){.path = drop_in(k, name), .doc = defaults(k)};
	remark_left(k, name, "written anew at each start: what it says now is not what counts");
}

/* ---- what is their own ---- */

static void own_flags(struct arguments *all)
{
	struct k3s *k = all->k;
	struct str agent = str_cat(k->c->a, k->data_dir, S("/agent"));
	own(all, S("anonymous-auth"), S("false"));
	own(all, S("authentication-token-webhook"), S("true"));
	own(all, S("authorization-mode"), S("Webhook"));
	own(all, S("client-ca-file"), str_cat(k->c->a, agent, S("/client-ca.crt")));
	own(all, S("container-runtime-endpoint"), runtime_endpoint(k));
	own(all, S("eviction-hard"), S("imagefs.available<5%,nodefs.available<5%"));
	own(all, S("eviction-minimum-reclaim"), S("imagefs.available=10%,nodefs.available=10%"));
	own(all, S("fail-swap-on"), S("false"));
	own(all, S("pod-manifest-path"), str_cat(k->c->a, agent, S("/pod-manifests")));
	own(all, S("serialize-image-pulls"), S("false"));
	own(all, S("tls-cert-file"), str_cat(k->c->a, agent, S("/serving-kubelet.crt")));
	own(all, S("tls-private-key-file"), str_cat(k->c->a, agent, S("/serving-kubelet.key")));
	if (k->protect_kernel)
		own(all, S("protect-kernel-defaults"), S("true"));
}

static void own_arguments(struct arguments *all, enum age age)
{
	struct k3s *k = all->k;
	if (age != AGE_OPEN_PORT)
		own(all, S("read-only-port"), S("0"));
	own(all, S("kubeconfig"), str_cat(k->c->a, k->data_dir, S("/agent/kubelet.kubeconfig")));
	if (age == AGE_FLAGS) {
		own_flags(all);
		return;
	}
	own(all, S("config-dir"), config_dir(k));
	make_defaults(k);
}

static bool is_klog(struct str name)
{
	static const char *const names[] = {
		"add_dir_header",    "alsologtostderr",  "legacy_stderr_threshold_behavior",
		"log_backtrace_at",  "log_dir",          "log_file",
		"log_file_max_size", "logtostderr",      "one_output",
		"skip_headers",      "skip_log_headers", "stderrthreshold"};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct str known = str_from(names[i]);
		size_t at = 0;
		while (at < known.n && at < name.n &&
		       (name.p[at] == known.p[at] || (name.p[at] == '-' && known.p[at] == '_')))
			at++;
		if (at == known.n && at == name.n)
			return true;
	}
	return false;
}

static struct words kubelet_args(const struct k3s *k)
{
	struct words out = {0};
	for (size_t i = 0; i < k->told.n; i++)
		if (str_eq(k->told.at[i].name, S("kubelet-arg")))
			words_add(k->c->a, &out, k->told.at[i].value.text,
				  k->told.at[i].value.from);
	return out;
}

static void emit(struct arguments *all)
{
	struct k3s *k = all->k;
	words_add(k->c->a, &k->out->argv, S("kubelet"), k->c->words.at[0].from);
	if (k->rke2) {
		add(all, S("volume-plugin-dir"),
		    (struct word){S("/var/lib/kubelet/volumeplugins"), NULL});
		add(all, S("file-check-frequency"), (struct word){S("5s"), NULL});
		add(all, S("sync-frequency"), (struct word){S("30s"), NULL});
	}
	qsort(all->at.at, all->at.n, sizeof all->at.at[0], by_name);
	for (size_t i = 0; i < all->at.n; i++) {
		const struct argument *x = all->at.at[i];
		if (k->rke2 && is_klog(without_hyphens(x->name)))
			continue;
		for (size_t j = x->before.n; j-- > 0;)
			add(all, x->name, x->before.at[j]);
		for (size_t j = 0; j < x->after.n; j++)
			add(all, x->name, x->after.at[j]);
	}
}

void k3s_arguments(struct k3s *k)
{
	bool known;
	enum age age = age_of(k, &known);
	struct arguments all = {.k = k, .index = map_new(k->c->a)};
	struct words extra = kubelet_args(k);
	own_arguments(&all, age);
	size_t made = k->out->made.n;
	if (age != AGE_FLAGS)
		extra = extract_config(k, extra);
	if (!known && k->out->made.n > made)
		note(rootfs_notes(k->c->root), k->c->words.at[0].from,
		     "which release of %" PRIstr
		     " this is cannot be told: files of --kubelet-arg are taken as drop-ins, as "
		     "from 1.32.1 on",
		     ARG(k->title));
	for (size_t i = 0; i < extra.n; i++)
		user(&all, extra.at[i]);
	emit(&all);
}
