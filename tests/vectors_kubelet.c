/*
 * vectors_kubelet.c - the recorded answers of Kubernetes' own code: an argv, files, and what came
 * of makeIPTablesUtilChains ("kubelet"), of the other values that were recorded ("kubelet-also").
 */
#include <string.h>

#include "kubelet.h"
#include "vectors.h"

static struct launch launch_of(const struct vector *v)
{
	struct launch l = {.layout = "argv.json", .workdir = S("/")};
	const struct doc *argv = vector_json(v, S("argv.json"));
	const struct doc *env = vector_json(v, S("env.json"));
	for (size_t i = 0; argv && i < argv->n; i++)
		*vec_push(v->arena, &l.argv) =
			(struct word){doc_string(argv->entries[i].value), NULL};
	for (size_t i = 0; env && i < env->n; i++)
		*vec_push(v->arena, &l.environment) =
			(struct variable){.name = env->entries[i].key,
					  .value = {doc_string(env->entries[i].value), NULL}};
	return l;
}

/* The value as our settings would have it; null stands for the zero of any type. */
static bool agrees(const struct vector *v, const struct setting *x, const struct doc *want,
		   struct str *shown)
{
	if (!x) {
		*shown = S("no such setting");
		return false;
	}
	*shown = x->null ? S("null") : x->value;
	if (want->kind == DOC_LIST) {
		struct doc_fault fault;
		struct file *f = NEW(v->arena, struct file);
		f->text = x->value;
		const struct doc *got = doc_json(v->arena, f, &fault);
		bool same = got && got->n == want->n;
		for (size_t i = 0; same && i < want->n; i++)
			same = str_eq(doc_string(got->entries[i].value),
				      doc_string(want->entries[i].value));
		return same;
	}
	if (want->kind == DOC_NULL)
		return x->null || !x->value.n || str_eq(x->value, S("0")) ||
		       str_eq(x->value, S("false")) || str_eq(x->value, S("[]"));
	return !x->null && str_eq(x->value, want->text);
}

static struct str told(const struct vector *v, const char *error, struct str value,
		       struct str source)
{
	if (error)
		return str_fmt(v->arena, "error %s", error);
	return str_fmt(v->arena, "%" PRIstr " from %" PRIstr, ARG(value), ARG(source));
}

static void look_at_also(const struct vector *v, const struct settings *s, const struct doc *also)
{
	for (size_t i = 0; also && i < also->n; i++) {
		struct str shown, path = also->entries[i].key;
		const struct doc *want = also->entries[i].value;
		bool right = agrees(v, setting_get(s, path), want, &shown) && !s->error;
		vector_count(v, "kubelet-also", right, str_z(v->arena, path), shown, want->text);
	}
}

void vector_kubelet(const struct vector *v)
{
	struct launch l = launch_of(v);
	const struct doc *want = vector_json(v, S("want.json"));
	struct kubelet_options opts = {0};
	version_parse(doc_string(doc_get(want, S("k8s"))), &opts.version);
	const struct settings *s = kubelet_settings(vector_root(v), &l, &opts);
	const struct setting *x = setting_get(s, S("makeIPTablesUtilChains"));
	const struct doc *error = doc_get(want, S("error"));
	const struct doc *value = doc_get(want, S("makeIPTablesUtilChains"));
	const char *code = error->kind == DOC_STRING ? str_z(v->arena, error->text) : NULL;
	struct str have = told(v, s->error, x->value, str_from(level_name(x->level)));
	struct str expected = told(v, code, value->text, doc_string(doc_get(want, S("source"))));
	vector_count(v, "kubelet", str_eq(have, expected), "", have, expected);
	look_at_also(v, s, doc_get(want, S("also")));
}
