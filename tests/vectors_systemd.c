/*
 * vectors_systemd.c - the recorded boots of real systemd versions.
 *
 * "systemd" and "systemd-random" count the reference version: argv, load state, whether the
 * kubelet was executed. "systemd-versions" counts the same of other versions; the "-facts"
 * count what else was recorded: fragment, drop-ins, names, is-enabled, environment.
 * EXCEPTIONS calls them argv, fragment, dropins, names, is_enabled, env; v239/argv of another
 * version.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "out.h"
#include "systemd.h"
#include "vectors.h"

static struct str unit_name(struct str text)
{
	struct str line, rest = text;
	while (rest.n) {
		str_cut(rest, '\n', &line, &rest);
		if (str_starts(line, S("# unit: ")))
			return str_trim(str_tail(line, 8), " \r");
		if (!str_starts(line, S("#")))
			break;
	}
	return S("kubelet.service");
}

/* Each character of the recorded text is one byte. */
static struct str latin1(struct arena *a, struct str s)
{
	struct out *o = out_new(a);
	uint32_t cp;
	size_t n;
	while ((n = str_rune(s, &cp))) {
		char c = (char)cp;
		out_str(o, (struct str){&c, 1});
		s = str_tail(s, n);
	}
	return out_text(o);
}

static struct str joined(struct arena *a, const struct words *words)
{
	struct out *o = out_new(a);
	for (size_t i = 0; i < words->n; i++) {
		out_z(o, i ? " " : "");
		out_json(o, words->at[i].text);
	}
	return str_dup(a, out_text(o));
}

static struct words listed(struct arena *a, const struct doc *list, bool bytes)
{
	struct words out = {0};
	for (size_t i = 0; list && i < list->n; i++) {
		struct str s = doc_string(list->entries[i].value);
		*vec_push(a, &out) = (struct word){bytes ? latin1(a, s) : s, NULL};
	}
	return out;
}

static bool same(const struct words *x, const struct words *y)
{
	if (x->n != y->n)
		return false;
	for (size_t i = 0; i < x->n; i++)
		if (!str_eq(x->at[i].text, y->at[i].text))
			return false;
	return true;
}

static const char *started(const struct doc *want)
{
	const struct doc *d = doc_get(want, S("started"));
	return d && str_eq(d->text, S("true")) ? "started" : "not started";
}

static void look_at_argv(const struct vector *v, const struct unit *u, const struct doc *want,
			 const char *figure, const char *part)
{
	struct arena *a = v->arena;
	bool bytes = doc_get(want, S("argv_encoding")) != NULL;
	struct words none = {0}, argv = listed(a, doc_get(want, S("argv")), bytes);
	const struct words *got = &none;
	static const char *const starts[] = {"started", "not started", "untold"};
	if (u->starts != STARTS_NO && u->commands.n)
		got = &u->commands.at[0].argv;
	struct str have = str_fmt(a, "%s, %s, %" PRIstr "   %" PRIstr, unit_load_name(u->load),
				  starts[u->starts], ARG(joined(a, got)), ARG(u->starts_reason));
	struct str expected =
		str_fmt(a, "%" PRIstr ", %s, %" PRIstr, ARG(doc_string(doc_get(want, S("load")))),
			started(want), ARG(joined(a, &argv)));
	bool right =
		same(got, &argv) &&
		str_eq(str_from(unit_load_name(u->load)), doc_string(doc_get(want, S("load")))) &&
		!strcmp(starts[u->starts], started(want));
	vector_count(v, figure, right, part, have, expected);
}

static struct str usr_merged(struct str path)
{
	return str_starts(path, S("/usr/lib/")) ? str_tail(path, 4) : path;
}

static void look_at_list(const struct vector *v, const struct words *got, const struct doc *want,
			 const char *figure, const char *part)
{
	struct words expected = listed(v->arena, want, false), have = {0};
	for (size_t i = 0; i < expected.n; i++)
		expected.at[i].text = usr_merged(expected.at[i].text);
	for (size_t i = 0; i < got->n; i++)
		*vec_push(v->arena, &have) = (struct word){usr_merged(got->at[i].text), NULL};
	vector_count(v, figure, same(&have, &expected), part, joined(v->arena, &have),
		     joined(v->arena, &expected));
}

static int by_text(const void *x, const void *y)
{
	const struct word *a = x, *b = y;
	return str_cmp(a->text, b->text);
}

static void sort(struct words *words)
{
	if (words->n)
		qsort(words->at, words->n, sizeof *words->at, by_text);
}

static void look_at_environment(const struct vector *v, const struct unit *u,
				const struct doc *want, const char *figure, const char *part)
{
	struct words got = {0}, expected = {0};
	for (size_t i = 0; i < u->environment.n; i++)
		*vec_push(v->arena, &got) = (struct word){
			str_fmt(v->arena, "%" PRIstr "=%" PRIstr, ARG(u->environment.at[i].name),
				ARG(u->environment.at[i].value.text)),
			NULL};
	for (size_t i = 0; i < want->n; i++)
		*vec_push(v->arena, &expected) = (struct word){
			str_fmt(v->arena, "%" PRIstr "=%" PRIstr, ARG(want->entries[i].key),
				ARG(doc_string(want->entries[i].value))),
			NULL};
	sort(&got);
	sort(&expected);
	vector_count(v, figure, same(&got, &expected), part, joined(v->arena, &got),
		     joined(v->arena, &expected));
}

/* "dropins" for the reference version, "v239/dropins" for another: what EXCEPTIONS calls it. */
static const char *part_of(struct arena *a, unsigned version, const char *field)
{
	return version ? str_z(a, str_fmt(a, "v%u/%s", version, field)) : field;
}

static void look_at_facts(const struct vector *v, const struct unit *u, const struct doc *want,
			  unsigned version)
{
	const char *figure = version ? "systemd-versions-facts" : "systemd-facts";
	struct arena *a = v->arena;
	struct words dropins = {0}, names = {0};
	struct str fragment = usr_merged(doc_string(doc_get(want, S("fragment"))));
	struct str have = u->fragment ? usr_merged(u->fragment->path) : S("");
	vector_count(v, figure, str_eq(have, fragment), part_of(a, version, "fragment"), have,
		     fragment);
	for (size_t i = 0; i < u->dropins.n; i++)
		*vec_push(a, &dropins) = (struct word){u->dropins.at[i]->path, NULL};
	look_at_list(v, &dropins, doc_get(want, S("dropins")), figure,
		     part_of(a, version, "dropins"));
	if (doc_get(want, S("names"))) {
		names = u->names;
		sort(&names);
		look_at_list(v, &names, doc_get(want, S("names")), figure,
			     part_of(a, version, "names"));
	}
	struct str enabled = doc_string(doc_get(want, S("is_enabled")));
	if (str_starts(enabled, S("error:")))
		enabled = S("");
	vector_count(v, figure, str_eq(u->enabled, enabled), part_of(a, version, "is_enabled"),
		     u->enabled, enabled);
	if (doc_get(want, S("env")) && doc_get(want, S("env"))->kind == DOC_MAP)
		look_at_environment(v, u, doc_get(want, S("env")), figure,
				    part_of(a, version, "env"));
}

static void look_at_version(const struct vector *v, unsigned version, const struct doc *want)
{
	struct systemd_options opts = {.version = version, .live_run = true};
	struct systemd *sd = systemd_new(vector_root(v), &opts);
	const struct unit *u = unit_load(sd, unit_name(v->text));
	look_at_argv(v, u, want,
		     version                        ? "systemd-versions"
		     : str_eq(v->set, S("systemd")) ? "systemd"
						    : "systemd-random",
		     part_of(v->arena, version, "argv"));
	look_at_facts(v, u, want, version);
}

/* A version that has no record of its own did what the reference did. Files and environment were
 * not compared then. */
static void look_at_same(const struct vector *v, unsigned version, const struct doc *want)
{
	struct systemd_options opts = {.version = version, .live_run = true};
	struct systemd *sd = systemd_new(vector_root(v), &opts);
	look_at_argv(v, unit_load(sd, unit_name(v->text)), want, "systemd-same",
		     part_of(v->arena, version, "argv"));
}

void vector_systemd(const struct vector *v)
{
	static const unsigned others[] = {239, 245, 247, 249, 255, 257, 262};
	const struct doc *want = vector_json(v, S("want.argv.json"));
	bool every = str_eq(v->set, S("systemd")); /* random cases were not run on every version */
	if (want)
		look_at_version(v, 0, want);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		char name[32];
		snprintf(name, sizeof name, "want.v%u.argv.json", others[i]);
		const struct doc *other = vector_json(v, str_from(name));
		if (other)
			look_at_version(v, others[i], other);
		else if (want && every)
			look_at_same(v, others[i], want);
	}
}
