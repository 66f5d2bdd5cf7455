/*
 * slots.c - who wins a setting: defaults, then files, then flags (server.go, defaults.go). Keeps
 * what lost below the winner.
 */
#include "slots.h"

#include <string.h>

#include "arena.h"
#include "gates.h"
#include "map.h"

static struct setting preset(const struct slots *s, const struct option_row *row, bool legacy)
{
	const char *value = row_default(row, s->minor, legacy);
	/* What this kubelet has neither a flag nor a field for has no default. */
	bool flag = row->pub.flag && row_exists(row, s->minor);
	if (!flag && !field_exists(row, s->minor))
		value = NULL;
	return (struct setting){.option = &row->pub,
				.value = str_from(value),
				.null = !value,
				.level = LEVEL_DEFAULT};
}

struct slots slots_new(struct arena *a, unsigned minor, bool legacy)
{
	struct slots s = {.a = a, .minor = minor, .at = NEW_N(a, struct slot, options_n)};
	struct setting *all = NEW_N(a, struct setting, options_n);
	for (size_t i = 0; i < options_n; i++) {
		all[i] = preset(&s, &options[i], legacy);
		s.at[i].setting = &all[i];
	}
	return s;
}

void slot_win(struct slots *s, const struct option_row *row, struct setting won,
	      const struct doc *doc)
{
	struct slot *slot = &s->at[row_index(row)];
	const struct setting *below = slot->setting;
	/* The second parse sets flags anew that the first one has set already. */
	while (below && below->level == LEVEL_FLAG && won.level == LEVEL_FLAG &&
	       below->from == won.from)
		below = below->shadowed;
	struct setting *kept = NEW(s->a, struct setting);
	*kept = won;
	kept->option = &row->pub;
	kept->shadowed = below;
	*slot = (struct slot){kept, doc};
}

void slot_reset(struct slots *s, const struct option_row *row)
{
	slot_win(s, row, preset(s, row, false), NULL);
}

void slot_field(struct slots *s, const struct option_row *row, const struct doc *given,
		enum level level)
{
	const struct doc *value = field_filled(s->a, row->form, given);
	const char *fallback = row_default(row, s->minor, false);
	struct str text = field_text(s->a, row->form, value);
	bool zero = value->kind == DOC_NULL || text_is_zero(row->form, text);
	bool unset =
		value->kind == DOC_NULL || (zero && !field_takes_zero(row, s->minor) && fallback &&
					    !text_is_zero(row->form, str_from(fallback)));
	if (unset) {
		if (s->at[row_index(row)].setting->level != LEVEL_DEFAULT)
			slot_reset(s, row);
		return;
	}
	if (strcmp(row->pub.path, "podPidsLimit") == 0 && str_starts(text, S("-")))
		text = S("-1");
	struct setting won = {.value = text, .level = level, .from = value->from};
	slot_win(s, row, won, value);
}

/* ---- defaults of defaults.go that hang on other fields ---- */

static const struct setting *at_path(const struct slots *s, const char *path)
{
	return s->at[row_index(row_of_path(str_from(path)))].setting;
}

static void preset_to(struct slots *s, const char *path, struct str value)
{
	struct slot *slot = &s->at[row_index(row_of_path(str_from(path)))];
	if (slot->setting->level != LEVEL_DEFAULT)
		return;
	struct setting *x = NEW(s->a, struct setting);
	*x = *slot->setting;
	x->value = value;
	x->null = false;
	slot->setting = x;
}

static void preset_by_gate(struct slots *s, const char *path, const char *gate, unsigned since,
			   const char *value)
{
	const struct doc *set = s->at[row_index(row_of_path(S("featureGates")))].doc;
	if (s->minor >= since && gate_on(set, gate, s->minor))
		preset_to(s, path, str_from(value));
}

void slots_settle(struct slots *s)
{
	const struct setting *update = at_path(s, "nodeStatusUpdateFrequency");
	const struct setting *pulls = at_path(s, "maxParallelImagePulls");
	if (update->level != LEVEL_DEFAULT)
		preset_to(s, "nodeStatusReportFrequency", update->value);
	if (!pulls->null && (!s->minor || s->minor >= 27) && pulls->value.n &&
	    pulls->value.p[0] != '-' && !str_eq(pulls->value, S("0")) &&
	    !str_eq(pulls->value, S("1")))
		preset_to(s, "serializeImagePulls", S("false"));
	preset_by_gate(s, "crashLoopBackOff.maxContainerRestartPeriod",
		       "KubeletCrashLoopBackOffMax", 32, "5m0s");
	preset_by_gate(s, "imagePullCredentialsVerificationPolicy",
		       "KubeletEnsureSecretPulledImages", 33, "NeverVerifyPreloadedImages");
}

/* ---- flags ---- */

static const struct doc *scalar_doc(struct arena *a, enum doc_kind kind, struct str text,
				    const struct origin *from)
{
	struct doc *d = NEW(a, struct doc);
	*d = (struct doc){.kind = kind, .text = text, .from = from};
	return d;
}

/* Items of all occurrences of one flag, as the tree its field would have. */
struct gathered {
	struct doc doc;
	size_t cap;
	const struct origin *from;
};

static const struct doc *item_doc(struct arena *a, enum form form, const struct flag_item *item,
				  const struct origin *from)
{
	if (form_is_objects(form))
		return objects_item(a, form, item->value, from);
	return scalar_doc(a, form == FORM_GATES ? DOC_BOOL : DOC_STRING, item->value, from);
}

static void gather(struct arena *a, struct gathered *g, enum form form,
		   const struct flag_item *item, const struct origin *from)
{
	if (g->doc.n == g->cap)
		g->doc.entries =
			vec_grow(a, g->doc.entries, sizeof(struct doc_entry), g->doc.n, &g->cap);
	g->doc.entries[g->doc.n++] = (struct doc_entry){
		.key = item->key, .key_from = from, .value = item_doc(a, form, item, from)};
}

/* --feature-gates is laid over the gates of the files, gate by gate. */
static void gather_below(struct slots *s, struct gathered *g, const struct option_row *row)
{
	const struct doc *below = s->at[row_index(row)].doc;
	for (size_t i = 0; row->arg == FORM_GATES && below && i < below->n; i++) {
		const struct doc_entry *e = &below->entries[i];
		struct flag_item item = {e->key, e->value->text};
		gather(s->a, g, FORM_GATES, &item, e->value->from);
	}
}

/* Each header has a list of values. */
static void gather_lists(struct arena *a, struct doc *map)
{
	struct header {
		struct doc doc;
		size_t cap;
	};
	size_t n = 0;
	struct map *seen = map_new(a);
	for (size_t i = 0; i < map->n; i++) {
		const struct doc_entry e = map->entries[i];
		struct header *h = map_get(seen, e.key);
		if (!h) {
			h = NEW(a, struct header);
			h->doc = (struct doc){.kind = DOC_LIST, .from = e.value->from};
			map_put(seen, e.key, h);
			map->entries[n] = e;
			map->entries[n++].value = &h->doc;
		}
		if (h->doc.n == h->cap)
			h->doc.entries = vec_grow(a, h->doc.entries, sizeof(struct doc_entry),
						  h->doc.n, &h->cap);
		h->doc.entries[h->doc.n++] = (struct doc_entry){.value = e.value};
	}
	map->n = n;
}

static void win_gathered(struct slots *s, const struct option_row *row, struct gathered *g)
{
	struct doc *d = NEW(s->a, struct doc);
	*d = g->doc;
	if (row->arg == FORM_HEADERS)
		gather_lists(s->a, d);
	d->kind = form_is_list(row->arg) ? DOC_LIST : DOC_MAP;
	d->from = g->from;
	struct setting won = {
		.value = field_text(s->a, FORM_ANY, d), .level = LEVEL_FLAG, .from = g->from};
	slot_win(s, row, won, d);
}

/* Some flags have an older name that sets the same variable. */
static const struct option_row *row_set_by(const struct option_row *row)
{
	static const char *const older[][2] = {
		{"experimental-kernel-memcg-notification", "kernel-memcg-notification"},
		{"experimental-bootstrap-kubeconfig", "bootstrap-kubeconfig"},
	};
	for (size_t i = 0; i < sizeof older / sizeof older[0]; i++)
		if (strcmp(row->pub.flag, older[i][0]) == 0)
			return row_of_flag(str_from(older[i][1]));
	return NULL;
}

static void win_scalar(struct slots *s, const struct given *g)
{
	const struct option_row *row = g->row, *other = row_set_by(row);
	struct str below = s->at[row_index(row)].setting->value;
	/* seccompDefault is on when either the file or the flag says so. */
	if (strcmp(row->pub.flag, "seccomp-default") == 0 && str_eq(below, S("true")) &&
	    str_eq(g->value, S("false")))
		return;
	struct setting won = {.value = g->value, .level = LEVEL_FLAG, .from = g->from};
	slot_win(s, row, won, NULL);
	if (other)
		slot_win(s, other, won, NULL);
}

void slots_libraries(struct slots *s, const struct flags *first)
{
	for (size_t i = 0; i < first->n; i++)
		if (first->at[i].row->scope == SCOPE_GLOBAL)
			win_scalar(s, &first->at[i]);
}

void slots_flags(struct slots *s, const struct flags *f)
{
	struct gathered **many = NEW_N(s->a, struct gathered *, options_n);
	for (size_t i = 0; i < f->n; i++) {
		const struct given *g = &f->at[i];
		if (!form_is_list(g->row->arg) && !form_is_map(g->row->arg)) {
			win_scalar(s, g);
			continue;
		}
		struct gathered **at = &many[row_index(g->row)];
		if (!*at) {
			*at = NEW(s->a, struct gathered);
			gather_below(s, *at, g->row);
		}
		if (g->row->arg == FORM_TAINTS)
			(*at)->doc.n = 0;
		for (size_t k = 0; k < g->items.n; k++)
			gather(s->a, *at, g->row->arg, &g->items.at[k], g->from);
		(*at)->from = g->from;
	}
	for (size_t i = 0; i < options_n; i++)
		if (many[i])
			win_gathered(s, &options[i], many[i]);
}
