/*
 * launch_k0s.c - k0s, whose worker runs a kubelet: `k0s worker`, and `k0s controller` that is told
 * to work too. Its arguments are a map from names to values, in which --kubelet-extra-args, split
 * at blanks and never unquoted, replaces what is there (pkg/component/worker/kubelet.go,
 * flags.Split); a name without "=" gets an empty value. The kubelet's configuration comes from the
 * cluster (a worker profile) and is written at each start. Not supported: what --logging, --labels
 * and
 * --taints add, which no rule asks for.
 */
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "launch.h"
#include "map.h"
#include "options.h"
#include "version.h"

struct k0s {
	const struct candidate *c;
	struct launch *out;
	struct words args; /* "--name=value", those that count last */
};

/* ---- the command line, by pflag ---- */

/* All other flags take a value. */
static bool is_boolean(struct str name)
{
	static const char *const names[] = {"--debug",
					    "--disable-telemetry",
					    "--enable-cloud-provider",
					    "--enable-dynamic-config",
					    "--enable-k0s-cloud-provider",
					    "--enable-metrics-scraper",
					    "--enable-worker",
					    "--force",
					    "--help",
					    "--ignore-pre-flight-checks",
					    "--init-only",
					    "--no-taints",
					    "--single",
					    "--verbose",
					    "-d",
					    "-h",
					    "-v"};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (str_eq(name, str_from(names[i])))
			return true;
	return false;
}

/* The value of a flag; the last one counts. */
static bool flag_value(struct words w, struct str flag, struct word *out)
{
	bool found = false;
	for (size_t i = 1; i < w.n && !str_eq(w.at[i].text, S("--")); i++) {
		struct str name, value;
		bool joined = str_cut(w.at[i].text, '=', &name, &value);
		struct word v = {value, w.at[i].from};
		if (!str_starts(name, S("-")))
			continue;
		if (!joined && is_boolean(name))
			v.text = S("true");
		else if (!joined && i + 1 < w.n)
			v = w.at[++i];
		if (!str_eq(name, flag))
			continue;
		*out = v;
		found = true;
	}
	return found;
}

static bool is_on(struct words w, struct str flag)
{
	struct word value;
	bool on = false;
	return flag_value(w, flag, &value) && go_bool(value.text, &on) && on;
}

/* The first word that is neither a flag nor a flag's value. */
static struct str verb_of(struct words w)
{
	size_t i = 1;
	while (i < w.n && str_starts(w.at[i].text, S("-"))) {
		struct str name, value;
		bool alone = str_cut(w.at[i].text, '=', &name, &value) || is_boolean(name);
		i += alone ? 1 : 2;
	}
	return i < w.n ? w.at[i].text : S("");
}

/* ---- the kubelet's arguments ---- */

static void give(struct k0s *k, struct str name, struct str value, const struct origin *from)
{
	words_add(k->c->a, &k->args,
		  str_fmt(k->c->a, "%" PRIstr "=%" PRIstr, ARG(name), ARG(value)), from);
}

static struct str name_of(const struct word *w)
{
	return str_slice(w->text, 0, str_find(w->text, '='));
}

struct placed {
	struct word word;
	size_t at;
};

static int by_name(const void *x, const void *y)
{
	const struct placed *a = x, *b = y;
	int c = str_cmp(name_of(&a->word), name_of(&b->word));
	return c ? c : a->at < b->at ? -1 : 1;
}

/* A map of Go has no order: names are sorted here. Of one name the last value stays. */
static void emit(struct k0s *k)
{
	struct placed *all = NEW_N(k->c->a, struct placed, k->args.n);
	for (size_t i = 0; i < k->args.n; i++)
		all[i] = (struct placed){k->args.at[i], i};
	qsort(all, k->args.n, sizeof all[0], by_name);
	words_add(k->c->a, &k->out->argv, S("kubelet"), k->c->words.at[0].from);
	for (size_t i = 0; i < k->args.n; i++)
		if (i + 1 == k->args.n || !str_eq(name_of(&all[i].word), name_of(&all[i + 1].word)))
			words_add(k->c->a, &k->out->argv, all[i].word.text, all[i].word.from);
}

static struct str with_hyphens(struct arena *a, struct str name)
{
	char *p = str_z(a, name);
	for (size_t i = 0; i < name.n; i++)
		if (p[i] == '_')
			p[i] = '-';
	return (struct str){p, name.n};
}

/* Two spellings of one flag are two names of the map: which comes last is chance. */
static void doubt_spellings(struct k0s *k)
{
	struct map *met = map_new(k->c->a);
	for (size_t i = 1; i < k->out->argv.n; i++) {
		struct word *w = &k->out->argv.at[i];
		struct str name = with_hyphens(k->c->a, name_of(w));
		if (map_get(met, name))
			k->out->doubt =
				launch_doubt(k->c, REASON_RUNTIME_SPECIFIER,
					     str_fmt(k->c->a,
						     "k0s gives two spellings of %" PRIstr
						     " in an order that changes with each start",
						     ARG(name)),
					     w->from);
		map_put(met, name, w);
	}
}

/* strings.Fields, and no quotes. */
static void extra_args(struct k0s *k)
{
	struct word extra = {0};
	struct str rest, part;
	flag_value(k->c->words, S("--kubelet-extra-args"), &extra);
	rest = extra.text;
	while (rest.n) {
		size_t n = 0;
		while (n < rest.n && !memchr(" \t\n\v\f\r", rest.p[n], 6))
			n++;
		part = str_slice(rest, 0, n);
		rest = str_tail(rest, n + 1);
		struct str name, value;
		str_cut(part, '=', &name, &value);
		if (part.n)
			give(k, name, value, extra.from);
	}
}

/* ---- directories ---- */

static struct str data_dir_of(const struct k0s *k)
{
	struct word given = {0};
	struct str dir = S("/var/lib/k0s");
	if (flag_value(k->c->words, S("--data-dir"), &given) && given.text.n)
		dir = given.text;
	if (!str_starts(dir, S("/")))
		dir = str_fmt(k->c->a, "%" PRIstr "/%" PRIstr,
			      ARG(k->c->workdir.n > 1 ? k->c->workdir : S("")), ARG(dir));
	while (dir.n > 1 && str_ends(dir, S("/")))
		dir.n--;
	return dir;
}

/* Up to 1.30 the file lay in the data directory, where an image may hold one of an earlier start.
 */
static struct str config_of(const struct k0s *k, struct str data)
{
	struct str old = str_cat(k->c->a, data, S("/kubelet-config.yaml"));
	struct version v = kubelet_version(k->c->root, k->c->words, k->c->options);
	bool there = rootfs_stat(k->c->root, old)->state != FILE_ABSENT;
	bool early = v.major ? v.major == 1 && v.minor < 30 : there;
	return early ? old : S("/run/k0s/kubelet/config.yaml");
}

/* What an earlier start left is read for want of better. */
static void await_config(struct k0s *k, struct str path)
{
	*vec_push(k->c->a, &k->out->pending) = (struct pending){
		.path = path,
		.why = S("written anew at each start, from a worker profile of the cluster"),
		.writer = S("the k0s worker"),
		.from = k->c->words.at[0].from};
}

static bool is_worker(struct words w)
{
	struct str verb = verb_of(w);
	if (str_eq(verb, S("worker")))
		return true;
	return (str_eq(verb, S("controller")) || str_eq(verb, S("server"))) &&
	       (is_on(w, S("--enable-worker")) || is_on(w, S("--single")));
}

bool launch_k0s(const struct candidate *c, struct launch *out)
{
	struct str program = word_program(c->words, 0);
	bool mine = str_eq(program, S("k0s")) || str_starts(program, S("k0s-v"));
	if (!mine || !is_worker(c->words))
		return false;
	struct k0s k = {.c = c, .out = out};
	out->layout = "k0s";
	struct word root = {0}, own;
	struct str data = data_dir_of(&k), config = config_of(&k, data);
	if (!flag_value(c->words, S("--kubelet-root-dir"), &root) || !root.text.n)
		root.text = str_cat(c->a, data, S("/kubelet"));
	give(&k, S("--cert-dir"), str_cat(c->a, root.text, S("/pki")), NULL);
	give(&k, S("--config"), config, NULL);
	give(&k, S("--kubeconfig"), str_cat(c->a, data, S("/kubelet.conf")), NULL);
	give(&k, S("--root-dir"), root.text, root.from);
	extra_args(&k);
	emit(&k);
	doubt_spellings(&k);
	if (words_option(out->argv, S("--config"), &own) && str_eq(own.text, config) &&
	    rootfs_stat(c->root, config)->state != FILE_ABSENT)
		await_config(&k, config);
	return true;
}
