/*
 * proxy.c - a kube-proxy that a unit of the image runs: its metrics address and its kubeconfig.
 * Follows cmd/kube-proxy/app/options.go: a file given by --config replaces what flags say.
 *
 * Not supported: a kube-proxy that runs as a pod, or inside of K3s and its kin: what it is told
 * lies in the cluster, or in a program.
 */
#include "arena.h"
#include "checks.h"

/* The words after the program; false when none of them runs a kube-proxy. */
static bool proxy_words(const struct words *argv, struct words *out)
{
	for (size_t i = 0; i < argv->n; i++) {
		struct str program = str_basename(argv->at[i].text);
		bool hyper = i && str_eq(program, S("proxy")) &&
			     str_eq(str_basename(argv->at[i - 1].text), S("hyperkube"));
		if (!str_eq(program, S("kube-proxy")) && !hyper)
			continue;
		*out = (struct words){.at = argv->at + i + 1, .n = argv->n - i - 1};
		return true;
	}
	return false;
}

struct proxy {
	const struct unit *unit; /* NULL: none */
	struct words flags;
};

static struct proxy proxy_find(const struct node *node)
{
	struct proxy p = {0};
	struct words names = node->sd ? systemd_services(node->sd) : (struct words){0};
	for (size_t i = 0; i < names.n; i++) {
		const struct unit *u = unit_load(node->sd, names.at[i].text);
		if (u->load != UNIT_LOADED)
			continue;
		for (size_t k = 0; k < u->commands.n; k++)
			if (proxy_words(&u->commands.at[k].argv, &p.flags)) {
				p.unit = u;
				return p;
			}
	}
	return p;
}

/* The last "--name=value" or "--name value". */
static struct word flag(const struct words *w, struct str name)
{
	struct word found = {0};
	for (size_t i = 0; i < w->n; i++) {
		struct str head, value, word = w->at[i].text;
		if (!str_starts(word, S("--")))
			continue;
		bool joined = str_cut(str_tail(word, 2), '=', &head, &value);
		if (!str_eq(head, name))
			continue;
		if (joined)
			found = (struct word){value, w->at[i].from};
		else if (i + 1 < w->n)
			found = w->at[i + 1];
	}
	return found;
}

static struct str below_workdir(const struct node *node, const struct proxy *p, struct str path)
{
	struct arena *a = rootfs_arena(node->root);
	struct str dir = p->unit->workdir.n ? p->unit->workdir : S("/");
	if (str_starts(path, S("/")))
		return path;
	return str_fmt(a, "%" PRIstr "/%" PRIstr, ARG(dir), ARG(path));
}

/* The file of --config as a tree; NULL with or without a doubt. */
static const struct doc *config_of(const struct node *node, const struct proxy *p, struct word path,
				   struct doubt *doubt)
{
	struct arena *a = rootfs_arena(node->root);
	struct doc_fault fault = {0};
	const struct file *f = rootfs_read(node->root, below_workdir(node, p, path.text));
	if (f->state == FILE_UNREADABLE) {
		*doubt = doubt_file(a, f, path.from);
		return NULL;
	}
	const struct doc *d = f->state == FILE_OK ? doc_yaml(a, f, &fault) : NULL;
	if (d)
		return d;
	struct str why =
		f->state == FILE_OK ? fault.text : S("file of kube-proxy's --config, absent");
	enum reason reason = f->state == FILE_OK ? REASON_CORRUPT : REASON_CONFIG_ABSENT;
	*doubt = (struct doubt){reason, str_fmt(a, "%" PRIstr ": %" PRIstr, ARG(f->path), ARG(why)),
				path.from};
	return NULL;
}

/* What kube-proxy is told: by the field of its file, where it is given one, else by the flag. */
static struct word told(const struct node *node, const struct proxy *p, const char *name,
			const char *group, const char *field, enum source *source,
			struct doubt *doubt)
{
	struct word config = flag(&p->flags, S("config"));
	*source = SOURCE_FLAG;
	if (!config.text.n)
		return flag(&p->flags, str_from(name));
	const struct doc *d = config_of(node, p, config, doubt);
	const struct doc *inner = group ? doc_get(d, str_from(group)) : d;
	const struct doc *value = doc_get(inner, str_from(field));
	*source = SOURCE_CONFIG;
	return (struct word){doc_string(value), value ? value->from : NULL};
}

struct word proxy_kubeconfig(const struct node *node)
{
	struct proxy p = proxy_find(node);
	enum source source;
	struct doubt doubt = {0};
	struct word path = p.unit ? told(node, &p, "kubeconfig", "clientConnection", "kubeconfig",
					 &source, &doubt)
				  : (struct word){0};
	if (path.text.n)
		path.text = below_workdir(node, &p, path.text);
	return path;
}

void answer_proxy(const struct question *q, struct answers *out)
{
	struct proxy p = proxy_find(q->node);
	struct str name = str_from(q->want->name);
	struct answer answer = answer_unknown(q, name, (struct doubt){0});
	if (!p.unit) {
		*vec_push(q->a, out) = answer_none(
			q, name,
			S("no unit runs kube-proxy: a pod's configuration is the cluster's"));
		return;
	}
	struct word address = told(q->node, &p, "metrics-bind-address", NULL, q->want->name,
				   &answer.source, &answer.doubt);
	if (answer.doubt.reason == REASON_NONE && p.unit->doubt.reason != REASON_NONE)
		answer.doubt = p.unit->doubt;
	if (answer.doubt.reason == REASON_NONE) {
		struct held held = {NULL, address.text, address.text.n > 0};
		bool met = ask_met(q->a, q->want->ask, &held, str_from(q->value));
		answer.value = address.text.n ? address.text : S("127.0.0.1:10249");
		answer.from = address.from;
		if (!address.text.n)
			answer.source = SOURCE_DEFAULT;
		answer.verdict = met ? VERDICT_PASS : VERDICT_FAIL;
		if (!met)
			answer.remedy = str_from(q->rule->remedy);
	}
	*vec_push(q->a, out) = answer;
}
