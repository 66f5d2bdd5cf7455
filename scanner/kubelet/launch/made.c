/*
 * made.c - KubeletConfigurations that a launcher makes itself: its own values, the user's over
 * them, and JSON merge patches (RFC 7386) of one file over another.
 */
#include "made.h"

#include "arena.h"
#include "map.h"

struct entries {
	struct doc_entry *at;
	size_t n, cap;
};

static const struct doc *map_of(struct arena *a, const struct entries *e, const struct origin *from)
{
	struct doc *d = NEW(a, struct doc);
	*d = (struct doc){.kind = DOC_MAP, .from = from, .entries = e->at, .n = e->n};
	return d;
}

void made_set(struct arena *a, struct doc *map, const char *path, enum doc_kind kind,
	      struct str text, const struct origin *from)
{
	struct str rest = str_from(path), key;
	struct doc *d = map;
	while (rest.n) {
		str_cut(rest, '.', &key, &rest);
		const struct doc *old = doc_get(d, key);
		struct doc *kid = NEW(a, struct doc);
		struct entries grown = {0};
		*kid = old ? *old : (struct doc){.kind = DOC_MAP, .from = from};
		for (size_t i = 0; i < d->n; i++)
			if (!str_eq(d->entries[i].key, key))
				*vec_push(a, &grown) = d->entries[i];
		*vec_push(a, &grown) = (struct doc_entry){key, from, kid};
		d->entries = grown.at;
		d->n = grown.n;
		d = kid;
	}
	*d = (struct doc){.kind = kind, .text = text, .from = from};
}

const struct doc *made_config(struct arena *a, const struct doc *base, const struct doc *own)
{
	struct entries all = {0};
	bool is_map = own && own->kind == DOC_MAP;
	for (size_t i = 0; is_map && i < own->n; i++)
		*vec_push(a, &all) = own->entries[i];
	for (size_t i = 0; i < base->n; i++)
		if (!doc_get(own, base->entries[i].key))
			*vec_push(a, &all) = base->entries[i];
	return map_of(a, &all, is_map ? own->from : base->from);
}

/* Entries of a map, each key once, with their places; the last of equal keys counts. */
static void take(struct arena *a, const struct doc *d, struct entries *all, struct map *places)
{
	for (size_t i = 0; d && d->kind == DOC_MAP && i < d->n; i++) {
		uintptr_t at = (uintptr_t)map_get(places, d->entries[i].key);
		if (at) {
			all->at[at - 1] = d->entries[i];
			continue;
		}
		*vec_push(a, all) = d->entries[i];
		map_put(places, d->entries[i].key, (void *)(uintptr_t)all->n);
	}
}

const struct doc *made_patched(struct arena *a, const struct doc *base, const struct doc *patch)
{
	struct entries all = {0}, changes = {0}, left = {0};
	struct map *places = map_new(a);
	if (!patch)
		return base;
	if (patch->kind != DOC_MAP)
		return patch;
	take(a, base, &all, places);
	take(a, patch, &changes, map_new(a));
	for (size_t i = 0; i < changes.n; i++) {
		struct doc_entry e = changes.at[i];
		uintptr_t at = (uintptr_t)map_get(places, e.key);
		const struct doc *old = at ? all.at[at - 1].value : NULL;
		e.value = e.value->kind == DOC_NULL ? NULL : made_patched(a, old, e.value);
		if (at)
			all.at[at - 1] = e;
		else
			*vec_push(a, &all) = e;
	}
	for (size_t i = 0; i < all.n; i++)
		if (all.at[i].value)
			*vec_push(a, &left) = all.at[i];
	return map_of(a, &left, patch->from);
}
