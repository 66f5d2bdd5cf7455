/*
 * config_dir.c - the files of --config-dir, merged over what the config file or the flags made, by
 * the three rules that kubelets had: 1.28 lays each file, defaults and all, over the base and
 * forgets zeros (mergo); 1.29 merges JSON (RFC 7386) under keys that the base does not share; 1.30
 * on merges JSON as one would expect, and then reads keys without regard to case (server.go,
 * mergeKubeletConfigurations). Not supported: Unicode case folding of keys beyond ASCII.
 */
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "map.h"
#include "slots.h"

/* ---- 1.28 ---- */

/* A default of the drop-in counts as much as what it says, but zeros never do. */
static void lay_over(struct slots *s, const struct option_row *row, const struct doc *value,
		     const struct file *f)
{
	const struct setting *now = s->at[row_index(row)].setting;
	const char *fallback = row_default(row, s->minor, false);
	struct str text = value ? field_text(s->a, row->form, value) : S("");
	bool zero = !value || value->kind == DOC_NULL || text_is_zero(row->form, text);
	bool said = value && value->kind != DOC_NULL && (!zero || row->zero_counts);
	if (said && zero)
		return;
	if (said) {
		slot_field(s, row, value, LEVEL_CONFIG_DIR);
		return;
	}
	struct str preset = str_from(fallback);
	if (!fallback || text_is_zero(row->form, preset) || str_eq(now->value, preset))
		return;
	slot_win(s, row,
		 (struct setting){.value = preset,
				  .level = LEVEL_CONFIG_DIR,
				  .from = origin_new(s->a, f, 0, 0, NULL)},
		 NULL);
}

static bool merge_whole(struct slots *s, const struct file *f, struct notes *notes,
			struct config_fault *fault)
{
	struct fields fields = {0};
	if (!config_decode(s->a, f, s->minor, notes, &fields, fault))
		return false;
	const struct doc **value = NEW_N(s->a, const struct doc *, options_n);
	for (size_t i = 0; i < fields.n; i++)
		value[row_index(fields.at[i].row)] = fields.at[i].value;
	for (size_t i = 0; i < options_n; i++)
		if (options[i].pub.path && field_exists(&options[i], s->minor))
			lay_over(s, &options[i], value[i], f);
	return true;
}

/* ---- 1.29 and later: JSON merge patch ---- */

/* A JSON value under merging: a map of kids, or a leaf. */
struct branch {
	struct map *kids;        /* NULL for a leaf; a removed kid is NULL in it */
	const struct doc *leaf;  /* NULL for a leaf of the base that has no tree */
	const struct slot *base; /* what it was before any drop-in */
	bool touched;
	const struct origin *from; /* of what touched it */
};

static struct branch *grow(struct arena *a, struct branch *parent, struct str key)
{
	struct branch *b = NEW(a, struct branch);
	map_put(parent->kids, key, b);
	return b;
}

static struct branch *map_below(struct arena *a, struct branch *parent, struct str key)
{
	struct branch *b = map_get(parent->kids, key);
	if (!b || !b->kids) {
		b = grow(a, parent, key);
		b->kids = map_new(a);
	}
	return b;
}

/* On its way a number with a point or an exponent has been a float64. */
static const struct doc *as_carried(struct arena *a, const struct doc *d)
{
	bool plain = true;
	for (size_t i = 0; i < d->text.n; i++)
		plain = plain && !strchr(".eE", d->text.p[i]);
	if (d->kind != DOC_NUMBER || plain)
		return d;
	double v = strtod(str_z(a, d->text), NULL);
	if (!(v > -1e15 && v < 1e15) || v != (double)(int64_t)v)
		return d;
	struct doc *whole = NEW(a, struct doc);
	*whole = *d;
	whole->text = str_fmt(a, "%lld", (long long)v);
	return whole;
}

static void patch(struct arena *a, struct branch *b, const struct doc *d)
{
	b->touched = true;
	b->from = d->from;
	for (size_t i = 0; i < d->n; i++) {
		struct str key = d->entries[i].key;
		const struct doc *v = d->entries[i].value;
		if (v->kind == DOC_NULL) {
			map_put(b->kids, key, NULL);
		} else if (v->kind == DOC_MAP) {
			patch(a, map_below(a, b, key), v);
		} else {
			struct branch *leaf = grow(a, b, key);
			leaf->leaf = as_carried(a, v);
			leaf->touched = true;
		}
	}
}

/* The base of 1.29 was written with Go's names: each begins with a capital. */
static struct str base_key(struct arena *a, struct str key, unsigned minor)
{
	if (minor != 29)
		return key;
	char *p = str_z(a, key);
	if (p[0] >= 'a' && p[0] <= 'z')
		p[0] = (char)(p[0] - 'a' + 'A');
	return (struct str){p, key.n};
}

static const struct doc *preset_doc(struct arena *a, struct str json)
{
	struct file *f = NEW(a, struct file);
	struct doc_fault fault;
	f->text = json;
	return doc_json(a, f, &fault);
}

/* A list or map that was emptied: pointers keep a zero, these do not. */
static bool is_empty(const struct slots *s, const struct option_row *row)
{
	const struct setting *x = s->at[row_index(row)].setting;
	return (form_is_list(row->form) || form_is_map(row->form)) && !x->null && s->minor != 29 &&
	       text_is_zero(row->form, x->value);
}

/* Is it left out of the base because it is empty ("omitempty")? */
static bool left_out(const struct slots *s, const struct option_row *row)
{
	const struct setting *x = s->at[row_index(row)].setting;
	if (s->minor == 29)
		return false;
	bool zero = text_is_zero(row->form, x->value);
	return x->null || (zero && (!row->zero_counts || is_empty(s, row)));
}

static void plant(struct slots *s, struct branch *root, const struct option_row *row)
{
	const struct slot *slot = &s->at[row_index(row)];
	struct str rest = str_from(row->pub.path), key;
	struct branch *b = root;
	while (str_cut(rest, '.', &key, &rest))
		b = map_below(s->a, b, base_key(s->a, key, s->minor));
	b = grow(s->a, b, base_key(s->a, key, s->minor));
	b->base = slot;
	b->leaf = slot->doc;
	if (!form_is_map(row->form))
		return;
	b->kids = map_new(s->a);
	const struct doc *d = slot->doc;
	if (!d && slot->setting->value.n)
		d = preset_doc(s->a, slot->setting->value);
	for (size_t i = 0; d && i < d->n; i++)
		grow(s->a, b, d->entries[i].key)->leaf = d->entries[i].value;
}

struct kid {
	struct str key;
	struct branch *b;
};

static int by_key(const void *x, const void *y)
{
	return str_cmp(((const struct kid *)x)->key, ((const struct kid *)y)->key);
}

static struct kid *kids_sorted(struct arena *a, const struct branch *b, size_t *n)
{
	size_t count = map_count(b->kids);
	struct kid *kids = NEW_N(a, struct kid, count);
	*n = 0;
	for (size_t i = 0; i < count; i++) {
		kids[*n].b = map_at(b->kids, i, &kids[*n].key);
		*n += kids[*n].b != NULL;
	}
	if (*n)
		qsort(kids, *n, sizeof kids[0], by_key);
	return kids;
}

static const struct doc *branch_doc(struct arena *a, const struct branch *b)
{
	if (!b->kids)
		return b->leaf;
	struct doc *d = NEW(a, struct doc);
	struct kid *kids = kids_sorted(a, b, &d->n);
	*d = (struct doc){.kind = DOC_MAP, .from = b->from, .n = d->n};
	d->entries = NEW_N(a, struct doc_entry, d->n);
	for (size_t i = 0; i < d->n; i++)
		d->entries[i] =
			(struct doc_entry){.key = kids[i].key, .value = branch_doc(a, kids[i].b)};
	return d;
}

struct harvest {
	struct slots *s;
	const struct slot *base; /* all slots as they were */
	bool *met;
	struct config_fault *fault;
};

static bool refuse(struct harvest *h, const struct origin *from, struct str text)
{
	*h->fault = (struct config_fault){CONFIG_DECODE, text, from};
	return false;
}

static bool harvest_field(struct harvest *h, const struct option_row *row, const struct branch *b)
{
	struct str problem;
	size_t i = row_index(row);
	h->met[i] = true;
	if (b->base && !b->touched) {
		h->s->at[i] = h->base[i];
		return true;
	}
	const struct doc *d = branch_doc(h->s->a, b);
	if (!d)
		return true;
	if (!field_fits(h->s->a, row, d, &problem))
		return refuse(h, d->from, problem);
	slot_field(h->s, row, d, LEVEL_CONFIG_DIR);
	return true;
}

/* encoding/json: keys in byte order, whatever their case, and the later one wins. */
static bool harvest_map(struct harvest *h, const struct branch *b, struct str prefix)
{
	size_t n;
	struct kid *kids = kids_sorted(h->s->a, b, &n);
	for (size_t i = 0; i < n; i++) {
		const struct option_row *row;
		struct str deeper;
		const struct branch *kid = kids[i].b;
		if (!config_key(h->s->a, prefix, kids[i].key, true, h->s->minor, &row, &deeper))
			continue;
		if (row ? !harvest_field(h, row, kid) : kid->kids && !harvest_map(h, kid, deeper))
			return false;
		if (!row && !kid->kids)
			return refuse(h, kid->leaf->from,
				      str_fmt(h->s->a, "json: cannot unmarshal %s into %" PRIstr,
					      doc_kind_name(kid->leaf->kind), ARG(kids[i].key)));
	}
	return true;
}

/* Since 1.25 the default thresholds are put in before the drop-ins, and never after. */
static void take_out(struct slots *s, const struct option_row *row)
{
	if (strcmp(row->pub.path, "evictionHard") == 0 && (!s->minor || s->minor >= 25))
		slot_win(s, row, (struct setting){.null = true, .level = LEVEL_DEFAULT}, NULL);
	else
		slot_reset(s, row);
}

static bool merge_json(struct slots *s, struct config_dir *d)
{
	struct branch root = {.kids = map_new(s->a)};
	struct harvest h = {.s = s,
			    .base = memcpy(NEW_N(s->a, struct slot, options_n), s->at,
					   options_n * sizeof s->at[0]),
			    .met = NEW_N(s->a, bool, options_n),
			    .fault = &d->fault};
	for (size_t i = 0; i < options_n; i++)
		if (options[i].pub.path && !left_out(s, &options[i]))
			plant(s, &root, &options[i]);
	for (size_t i = 0; i < d->files.n; i++) {
		const struct drop_in *f = &d->files.at[i];
		const struct doc *doc =
			f->doc ? f->doc : config_dropin(s->a, f->file, s->minor, &d->fault);
		if (!doc)
			return false;
		patch(s->a, &root, doc);
	}
	if (!harvest_map(&h, &root, S("")))
		return false;
	/* What a null has taken out is at its default again, and what was not written. */
	for (size_t i = 0; i < options_n; i++)
		if (options[i].pub.path && !h.met[i] &&
		    (!left_out(s, &options[i]) || is_empty(s, &options[i])))
			take_out(s, &options[i]);
	return true;
}

bool config_dir_merge(struct slots *s, struct config_dir *d, struct notes *notes)
{
	if (s->minor != 28)
		return merge_json(s, d);
	for (size_t i = 0; i < d->files.n; i++)
		if (d->files.at[i].file && !merge_whole(s, d->files.at[i].file, notes, &d->fault))
			return false;
	return true;
}
