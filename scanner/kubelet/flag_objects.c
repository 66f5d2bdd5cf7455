/*
 * flag_objects.c - flags whose items are objects in a config file: --register-with-taints
 * (pkg/util/taints), --reserved-memory (pkg/util/flag) and --vmodule (component-base/logs), read
 * into the trees that their fields have. Not supported: quantities are not looked at.
 */
#include <string.h>

#include "arena.h"
#include "names.h"
#include "options.h"

static struct doc *leaf(struct arena *a, enum doc_kind kind, struct str text,
			const struct origin *from)
{
	struct doc *d = NEW(a, struct doc);
	*d = (struct doc){.kind = kind, .text = text, .from = from};
	return d;
}

static void put(struct doc *map, struct str key, struct doc *value)
{
	map->entries[map->n++] =
		(struct doc_entry){.key = key, .key_from = value->from, .value = value};
}

static struct doc *map_of(struct arena *a, size_t most, const struct origin *from)
{
	struct doc *d = leaf(a, DOC_MAP, S(""), from);
	d->entries = NEW_N(a, struct doc_entry, most);
	return d;
}

/* ---- KEY[=VALUE]:EFFECT, or KEY ---- */

struct taint {
	struct str key, value, effect;
};

static bool taint_read(struct str spec, struct taint *t)
{
	struct str pair;
	*t = (struct taint){.key = spec};
	if (!str_cut(spec, ':', &pair, &t->effect))
		return name_qualified(t->key);
	str_cut(pair, '=', &t->key, &t->value);
	return name_effect(t->effect) && name_qualified(t->key) && name_value(t->value);
}

static struct doc *taint_doc(struct arena *a, struct str spec, const struct origin *from)
{
	struct taint t;
	taint_read(spec, &t);
	struct doc *d = map_of(a, 3, from);
	put(d, S("key"), leaf(a, DOC_STRING, t.key, from));
	if (t.value.n)
		put(d, S("value"), leaf(a, DOC_STRING, t.value, from));
	put(d, S("effect"), leaf(a, DOC_STRING, t.effect, from));
	return d;
}

/* ---- NUMANODE:TYPE=QUANTITY[,TYPE=QUANTITY...] ---- */

static bool memory_read(struct str spec)
{
	struct str node, rest, part, type, quantity;
	uint64_t id;
	if (!str_cut(spec, ':', &node, &rest) || !str_u64(node, &id) || !rest.n)
		return false;
	while (rest.n) {
		str_cut(rest, ',', &part, &rest);
		if (!str_cut(part, '=', &type, &quantity) || !quantity.n ||
		    !(str_eq(type, S("memory")) || str_starts(type, S("hugepages-"))))
			return false;
	}
	return true;
}

static size_t parts(struct str s, char between)
{
	size_t n = 1;
	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == between;
	return n;
}

static struct doc *memory_doc(struct arena *a, struct str spec, const struct origin *from)
{
	struct str node, rest, part, type, quantity;
	str_cut(spec, ':', &node, &rest);
	struct doc *limits = map_of(a, parts(rest, ','), from);
	while (rest.n) {
		str_cut(rest, ',', &part, &rest);
		str_cut(part, '=', &type, &quantity);
		put(limits, type, leaf(a, DOC_STRING, quantity, from));
	}
	struct doc *d = map_of(a, 2, from);
	put(d, S("numaNode"), leaf(a, DOC_NUMBER, node, from));
	put(d, S("limits"), limits);
	return d;
}

/* ---- PATTERN=N ---- */

static bool pattern_read(struct str spec)
{
	struct str pattern, level;
	uint64_t v;
	return str_cut(spec, '=', &pattern, &level) && pattern.n && str_u64(level, &v) &&
	       v <= INT32_MAX;
}

static struct doc *pattern_doc(struct arena *a, struct str spec, const struct origin *from)
{
	struct str pattern, level;
	str_cut(spec, '=', &pattern, &level);
	struct doc *d = map_of(a, 2, from);
	put(d, S("filePattern"), leaf(a, DOC_STRING, pattern, from));
	put(d, S("verbosity"), leaf(a, DOC_NUMBER, level, from));
	return d;
}

/* ---- all of them ---- */

static bool fits(enum form form, struct str spec)
{
	struct taint t;
	if (form == FORM_TAINTS)
		return taint_read(spec, &t);
	return form == FORM_MEMORY ? memory_read(spec) : pattern_read(spec);
}

bool objects_split(struct arena *a, enum form form, struct str in, struct flag_items *out,
		   struct str *problem)
{
	char between = form == FORM_MEMORY ? ';' : ',';
	struct str rest = in, spec;
	bool more = in.n > 0;
	while (more) {
		more = str_cut(rest, between, &spec, &rest);
		if (!spec.n && form == FORM_PATTERNS)
			continue;
		if (!fits(form, spec)) {
			*problem = str_cat(a,
					   form == FORM_TAINTS   ? S("invalid taint spec: ")
					   : form == FORM_MEMORY ? S("incorrect format: ")
								 : S("invalid vmodule item: "),
					   spec);
			return false;
		}
		*vec_push(a, out) = (struct flag_item){.value = spec};
	}
	return true;
}

const struct doc *objects_item(struct arena *a, enum form form, struct str spec,
			       const struct origin *from)
{
	if (form == FORM_TAINTS)
		return taint_doc(a, spec, from);
	return form == FORM_MEMORY ? memory_doc(a, spec, from) : pattern_doc(a, spec, from);
}
