/*
 * fields.c - JSON values of KubeletConfiguration fields: which kinds of value a Go type takes, by
 * encoding/json (sigs.k8s.io/json) and metav1.Duration, and their canonical text. The elements of
 * lists of objects are not looked into.
 */
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "options.h"
#include "out.h"

static const char *go_type(enum form form)
{
	switch (form) {
	case FORM_BOOL: return "bool";
	case FORM_INT32: return "int32";
	case FORM_INT64: return "int64";
	case FORM_UINT32: return "uint32";
	case FORM_FLOAT: return "float64";
	case FORM_LIST:
	case FORM_OBJECTS: return "[]string";
	case FORM_PAIRS:
	case FORM_LANGLE:
	case FORM_HEADERS: return "map[string]string";
	case FORM_GATES: return "map[string]bool";
	case FORM_NO:
	case FORM_LABELS:
	case FORM_UINT64:
	case FORM_STRING:
	case FORM_ADDRESS:
	case FORM_DURATION:
	case FORM_TAINTS:
	case FORM_MEMORY:
	case FORM_PATTERNS:
	case FORM_LEVEL:
	case FORM_SEVERITY:
	case FORM_TRACE:
	case FORM_VERSION:
	case FORM_ANY: break;
	}
	return "string";
}

static const char *json_kind(enum doc_kind kind)
{
	static const char *const names[] = {
		[DOC_NULL] = "null",     [DOC_BOOL] = "bool",  [DOC_NUMBER] = "number",
		[DOC_STRING] = "string", [DOC_LIST] = "array", [DOC_MAP] = "object",
	};
	return names[kind];
}

static bool misfit(struct arena *a, const struct option_row *row, const struct doc *d,
		   enum form form, struct str *problem)
{
	*problem =
		str_fmt(a,
			"json: cannot unmarshal %s%s%" PRIstr
			" into Go struct field KubeletConfiguration.%s of type %s",
			json_kind(d->kind), d->kind == DOC_NUMBER ? " " : "",
			ARG(d->kind == DOC_NUMBER ? d->text : S("")), row->pub.path, go_type(form));
	return false;
}

static bool integer_fits(enum form form, struct str text)
{
	bool negative = str_starts(text, S("-"));
	uint64_t v;
	if (!str_u64(str_tail(text, negative), &v))
		return false;
	if (form == FORM_UINT32)
		return !negative && v <= UINT32_MAX;
	uint64_t most = form == FORM_INT32 ? (uint64_t)INT32_MAX : (uint64_t)INT64_MAX;
	return v <= most + negative;
}

static bool strings_fit(struct arena *a, const struct option_row *row, const struct doc *list,
			struct str *problem)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct doc *e = list->entries[i].value;
		if (e->kind != DOC_STRING && e->kind != DOC_NULL)
			return misfit(a, row, e, FORM_STRING, problem);
	}
	return true;
}

static bool elements_fit(struct arena *a, const struct option_row *row, const struct doc *d,
			 enum form element, struct str *problem)
{
	enum doc_kind want = element == FORM_BOOL     ? DOC_BOOL
			     : element == FORM_STRING ? DOC_STRING
			     : element == FORM_LIST   ? DOC_LIST
						      : DOC_MAP;
	for (size_t i = 0; i < d->n; i++) {
		const struct doc *e = d->entries[i].value;
		if (e->kind != want && e->kind != DOC_NULL)
			return misfit(a, row, e, element, problem);
		if (element == FORM_LIST && !strings_fit(a, row, e, problem))
			return false;
	}
	return true;
}

/* metav1.Duration reads null as an empty text, which is no duration. */
static bool duration_fits(struct arena *a, const struct option_row *row, const struct doc *d,
			  struct str *problem)
{
	int64_t ns;
	struct str text = d->kind == DOC_NULL ? S("") : d->text;
	if (d->kind == DOC_NULL && row->zero_counts)
		return true;
	if (d->kind != DOC_STRING && d->kind != DOC_NULL) {
		*problem = str_fmt(a, "json: cannot unmarshal %s into Go value of type string",
				   json_kind(d->kind));
		return false;
	}
	if (go_duration(text, &ns))
		return true;
	*problem = str_fmt(a, "time: invalid duration \"%" PRIstr "\"", ARG(text));
	return false;
}

static bool number_fits(struct arena *a, const struct option_row *row, const struct doc *d,
			struct str *problem)
{
	if (d->kind != DOC_NUMBER || (row->form != FORM_FLOAT && !integer_fits(row->form, d->text)))
		return misfit(a, row, d, row->form, problem);
	return true;
}

static bool collection_fits(struct arena *a, const struct option_row *row, const struct doc *d,
			    struct str *problem)
{
	bool list = form_is_list(row->form);
	if (d->kind != (list ? DOC_LIST : DOC_MAP))
		return misfit(a, row, d, row->form, problem);
	enum form element = row->form == FORM_GATES     ? FORM_BOOL
			    : row->form == FORM_HEADERS ? FORM_LIST
			    : row->form == FORM_OBJECTS ? FORM_PAIRS
							: FORM_STRING;
	return elements_fit(a, row, d, element, problem);
}

bool field_fits(struct arena *a, const struct option_row *row, const struct doc *d,
		struct str *problem)
{
	if (row->form == FORM_DURATION)
		return duration_fits(a, row, d, problem);
	if (d->kind == DOC_NULL)
		return true;
	/* Durations and quantities that take numbers as well. */
	if (row->form == FORM_ANY)
		return d->kind == DOC_STRING || d->kind == DOC_NUMBER ||
		       misfit(a, row, d, FORM_STRING, problem);
	if (form_is_list(row->form) || form_is_map(row->form))
		return collection_fits(a, row, d, problem);
	if (row->form == FORM_BOOL || row->form == FORM_STRING || row->form == FORM_ADDRESS)
		return d->kind == (row->form == FORM_BOOL ? DOC_BOOL : DOC_STRING) ||
		       misfit(a, row, d, row->form, problem);
	return number_fits(a, row, d, problem);
}

struct sortable {
	struct doc_entry entry;
	size_t at;
};

static int by_key(const void *x, const void *y)
{
	const struct sortable *a = x, *b = y;
	int c = str_cmp(a->entry.key, b->entry.key);
	return c ? c : a->at < b->at ? -1 : 1;
}

struct doc_entry *entries_sorted(struct arena *a, const struct doc *map, size_t *n)
{
	struct sortable *all = NEW_N(a, struct sortable, map->n);
	struct doc_entry *out = NEW_N(a, struct doc_entry, map->n);
	for (size_t i = 0; i < map->n; i++)
		all[i] = (struct sortable){map->entries[i], i};
	if (map->n)
		qsort(all, map->n, sizeof all[0], by_key);
	*n = 0;
	for (size_t i = 0; i < map->n; i++)
		if (i + 1 == map->n || !str_eq(all[i].entry.key, all[i + 1].entry.key))
			out[(*n)++] = all[i].entry;
	return out;
}

static void write_json(struct arena *a, struct out *o, const struct doc *d)
{
	size_t n = d->n;
	struct doc_entry *entries = d->entries;
	switch (d->kind) {
	case DOC_NULL: out_str(o, S("null")); return;
	case DOC_BOOL:
	case DOC_NUMBER: out_str(o, d->text); return;
	case DOC_STRING: out_json(o, d->text); return;
	case DOC_MAP: entries = entries_sorted(a, d, &n); break;
	case DOC_LIST: break;
	}
	bool map = d->kind == DOC_MAP;
	out_str(o, map ? S("{") : S("["));
	for (size_t i = 0; i < n; i++) {
		if (i)
			out_str(o, S(","));
		if (map) {
			out_json(o, entries[i].key);
			out_str(o, S(":"));
		}
		write_json(a, o, entries[i].value);
	}
	out_str(o, map ? S("}") : S("]"));
}

/* Go's zero of an element that is null. */
static const struct doc *zero_of(struct arena *a, enum form form, const struct doc *d)
{
	struct doc *zero = NEW(a, struct doc);
	*zero = *d;
	zero->kind = form == FORM_GATES ? DOC_BOOL : DOC_STRING;
	zero->text = form == FORM_GATES ? S("false") : S("");
	return zero;
}

const struct doc *field_filled(struct arena *a, enum form form, const struct doc *d)
{
	bool flat = form == FORM_LIST || form == FORM_PAIRS || form == FORM_LANGLE ||
		    form == FORM_GATES;
	struct doc *full = NULL;
	for (size_t i = 0; flat && i < d->n; i++) {
		if (d->entries[i].value->kind != DOC_NULL)
			continue;
		if (!full) {
			full = NEW(a, struct doc);
			*full = *d;
			full->entries = NEW_N(a, struct doc_entry, d->n);
			for (size_t k = 0; k < d->n; k++)
				full->entries[k] = d->entries[k];
		}
		full->entries[i].value = zero_of(a, form, d->entries[i].value);
	}
	return full ? full : d;
}

struct str field_text(struct arena *a, enum form form, const struct doc *d)
{
	int64_t ns;
	if (form != FORM_FLOAT && d->kind == DOC_NUMBER && str_eq(d->text, S("-0")))
		return S("0");
	if (form == FORM_DURATION && go_duration(d->text, &ns))
		return go_duration_text(a, ns);
	if (d->kind != DOC_LIST && d->kind != DOC_MAP)
		return d->text;
	struct out *o = out_new(a);
	write_json(a, o, d);
	return out_text(o);
}

bool text_is_zero(enum form form, struct str text)
{
	if (form == FORM_DURATION)
		return str_eq(text, S("0s"));
	if (form == FORM_BOOL)
		return str_eq(text, S("false"));
	if (form == FORM_LIST || form == FORM_OBJECTS)
		return !text.n || str_eq(text, S("[]"));
	if (form_is_map(form))
		return !text.n || str_eq(text, S("{}"));
	if (form == FORM_STRING || form == FORM_ADDRESS)
		return !text.n;
	return !text.n || str_eq(text, S("0")) || str_eq(text, S("-0"));
}
