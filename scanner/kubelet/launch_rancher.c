/*
 * launch_rancher.c - K3s, RKE2 and k0s, which run a kubelet of their own: its extra arguments stand
 * in their command line and in their configuration (config.yaml, config.yaml.d). Follows
 * pkg/configfilearg and pkg/daemons/agent of k3s. Arguments that they compute at start are left
 * out, but for those that decide whether the kubelet is open to all.
 */
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "launch.h"

struct rancher {
	const struct candidate *c;
	struct words args; /* as the user wrote them: "name=value" */
	struct launch *out;
};

static void take(struct rancher *r, struct str text, const struct origin *from)
{
	words_add(r->c->a, &r->args, text, from);
}

static void take_values(struct rancher *r, const struct doc *d)
{
	if (d->kind != DOC_LIST) {
		if (d->kind == DOC_STRING)
			take(r, d->text, d->from);
		return;
	}
	for (size_t i = 0; i < d->n; i++)
		if (d->entries[i].value->kind == DOC_STRING)
			take(r, d->entries[i].value->text, d->entries[i].value->from);
}

/* A later file's value replaces an earlier one's, unless its key ends in '+'. */
static void read_config(struct rancher *r, struct str path)
{
	struct doc_fault fault = {0};
	const struct file *f = rootfs_read(r->c->root, path);
	if (f->state == FILE_UNREADABLE)
		r->out->doubt = doubt_file(r->c->a, f, NULL);
	if (f->state != FILE_OK || f->kind != FILE_REGULAR)
		return;
	const struct doc *d = doc_yaml(r->c->a, f, &fault);
	if (!d) {
		r->out->doubt =
			launch_doubt(r->c, REASON_KUBELET_WOULD_NOT_START, fault.text, fault.from);
		return;
	}
	for (size_t i = 0; d->kind == DOC_MAP && i < d->n; i++) {
		struct str key = d->entries[i].key;
		bool append = str_ends(key, S("+"));
		if (append)
			key.n--;
		if (!str_eq(key, S("kubelet-arg")))
			continue;
		if (!append)
			r->args.n = 0;
		take_values(r, d->entries[i].value);
	}
}

static void read_configs(struct rancher *r, struct str product)
{
	struct arena *a = r->c->a;
	struct str path = str_fmt(a, "/etc/rancher/%" PRIstr "/config.yaml", ARG(product));
	bool k3s = str_eq(product, S("k3s"));
	struct word given;
	const struct variable *v = launch_variable(&r->c->environment, k3s ? S("K3S_CONFIG_FILE")
									   : S("RKE2_CONFIG_FILE"));
	if (v)
		path = v->value.text;
	if (words_option(r->c->words, S("--config"), &given) ||
	    words_option(r->c->words, S("-c"), &given))
		path = given.text;
	read_config(r, path);
	struct str dir = str_cat(a, path, S(".d"));
	const struct listing *l = rootfs_list(r->c->root, dir);
	for (size_t i = 0; l->state == FILE_OK && i < l->n; i++)
		if (str_ends(l->names[i], S(".yaml")) || str_ends(l->names[i], S(".yml")))
			read_config(r,
				    str_fmt(a, "%" PRIstr "/%" PRIstr, ARG(dir), ARG(l->names[i])));
}

struct argument {
	struct str name, value;
	const struct origin *from;
	size_t at;
};

static int by_name(const void *x, const void *y)
{
	const struct argument *a = x, *b = y;
	int c = str_cmp(a->name, b->name);
	return c ? c : a->at < b->at ? -1 : 1;
}

static struct argument split(const struct word *w, size_t at)
{
	struct argument arg = {.from = w->from, .at = at};
	struct str text = w->text;
	while (str_starts(text, S("-")))
		text = str_tail(text, 1);
	if (!str_cut(text, '=', &arg.name, &arg.value))
		arg.value = S("true");
	if (str_ends(arg.name, S("+")) || str_ends(arg.name, S("-")))
		arg.name.n--;
	return arg;
}

/* What the user names replaces what is built in; the result is sorted by name. */
static struct words arguments(struct rancher *r)
{
	static const char *const built_in[] = {"anonymous-auth=false",
					       "authentication-token-webhook=true",
					       "authorization-mode=Webhook", "read-only-port=0"};
	enum { BUILT_IN = sizeof built_in / sizeof built_in[0] };
	struct argument *all = NEW_N(r->c->a, struct argument, r->args.n + BUILT_IN);
	struct words argv = {0};
	size_t n = 0;
	for (size_t i = 0; i < r->args.n; i++, n++)
		all[n] = split(&r->args.at[i], i);
	for (size_t i = 0; i < BUILT_IN; i++) {
		struct word w = {str_from(built_in[i]), NULL};
		struct argument mine = split(&w, 0);
		bool replaced = false;
		for (size_t k = 0; k < r->args.n; k++)
			replaced |= str_eq(all[k].name, mine.name);
		if (!replaced)
			all[n++] = mine;
	}
	qsort(all, n, sizeof all[0], by_name);
	words_add(r->c->a, &argv, S("kubelet"), r->c->words.at[0].from);
	for (size_t i = 0; i < n; i++)
		words_add(r->c->a, &argv,
			  str_fmt(r->c->a, "--%" PRIstr "=%" PRIstr, ARG(all[i].name),
				  ARG(all[i].value)),
			  all[i].from);
	return argv;
}

bool launch_k3s(const struct candidate *c, struct launch *out)
{
	struct str product = word_program(c->words, 0), verb = word_program(c->words, 1);
	bool k3s = str_eq(product, S("k3s"));
	if ((!k3s && !str_eq(product, S("rke2"))) ||
	    (!str_eq(verb, S("server")) && !str_eq(verb, S("agent"))))
		return false;
	struct rancher r = {.c = c, .out = out};
	out->layout = k3s ? "k3s" : "rke2";
	read_configs(&r, product);
	for (size_t i = 2; i < c->words.n; i++) {
		struct word value;
		struct words one = {c->words.at + i, 1, 1};
		if (i + 1 < c->words.n && str_eq(one.at->text, S("--kubelet-arg")))
			one.n = 2;
		if (words_option(one, S("--kubelet-arg"), &value)) {
			take(&r, value.text, value.from);
			i += one.n - 1;
		}
	}
	out->argv = arguments(&r);
	struct str dir = str_fmt(c->a, "/var/lib/rancher/%" PRIstr "/agent/etc/kubelet.conf.d",
				 ARG(product));
	if (rootfs_stat(c->root, dir)->state == FILE_OK)
		words_add(c->a, &out->argv, str_cat(c->a, S("--config-dir="), dir), NULL);
	return true;
}

bool launch_k0s(const struct candidate *c, struct launch *out)
{
	struct str verb = word_program(c->words, 1), part;
	struct word extra = {0}, unused;
	if (!str_eq(word_program(c->words, 0), S("k0s")))
		return false;
	bool works = str_eq(verb, S("worker"));
	for (size_t i = 2; str_eq(verb, S("controller")) && i < c->words.n; i++)
		works |= str_starts(c->words.at[i].text, S("--enable-worker")) ||
			 str_starts(c->words.at[i].text, S("--single"));
	if (!works)
		return false;
	out->layout = "k0s";
	struct str dir = S("/run/k0s");
	if (words_option(c->words, S("--status-socket"), &unused))
		dir = str_dirname(unused.text);
	words_add(c->a, &out->argv, S("kubelet"), c->words.at[0].from);
	words_add(c->a, &out->argv,
		  str_fmt(c->a, "--config=%" PRIstr "/kubelet/config.yaml", ARG(dir)),
		  c->words.at[0].from);
	words_option(c->words, S("--kubelet-extra-args"), &extra);
	struct str rest = str_trim(extra.text, "\"'");
	while (rest.n) {
		str_cut(rest, ' ', &part, &rest);
		if (part.n)
			words_add(c->a, &out->argv, part, extra.from);
	}
	return true;
}
