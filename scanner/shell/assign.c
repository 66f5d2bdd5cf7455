/*
 * assign.c - NAME=word, NAME+=word, NAME=(words), NAME[n]=word, and the declarations that take
 * them: export, readonly, local, and bash's declare and typeset. Not told: associative and integer
 * variables, references.
 */
#include <string.h>

#include "state.h"

struct target {
	struct str name, subscript, word;
	bool subscripted, more; /* NAME[…]; += */
};

static bool read_target(struct str word, struct target *t)
{
	size_t n = name_span(word);
	struct str rest = str_tail(word, n);
	*t = (struct target){.name = str_slice(word, 0, n)};
	size_t end = str_find(rest, ']');
	if (n && str_starts(rest, S("[")) && end < rest.n) {
		t->subscripted = true;
		t->subscript = str_slice(rest, 1, end);
		rest = str_tail(rest, end + 1);
	}
	t->more = str_starts(rest, S("+="));
	t->word = str_tail(rest, t->more ? 2 : 1);
	return n && (t->more || str_starts(rest, S("=")));
}

bool assignment_is(struct str word)
{
	struct target t;
	return read_target(word, &t);
}

static struct value joined(struct run *r, const struct value *a, const struct value *b)
{
	struct value v = {.set = true};
	v.untold = is_told(a->untold) ? b->untold : a->untold;
	if (!is_told(v.untold) || !run_spend(r, 0, a->text.n + b->text.n))
		return v;
	v.text = str_cat(r->a, a->text, b->text);
	value_append(r, &v.pieces, &a->pieces);
	value_append(r, &v.pieces, &b->pieces);
	return v;
}

static struct fields *list_copy(struct run *r, const struct fields *old)
{
	struct fields *list = NEW(r->a, struct fields);
	for (size_t i = 0; old && i < old->n && run_spend(r, 0, sizeof *old->at); i++)
		*vec_push(r->a, list) = old->at[i];
	return list;
}

static struct untold list_untold(const struct fields *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (!is_told(list->at[i].value.untold))
			return list->at[i].value.untold;
	return (struct untold){0};
}

/* NAME=(…): a word that cannot be told may be any number of elements. */
static void assign_list(struct run *r, const struct source *s, const struct target *t,
			struct binding b)
{
	const struct binding *old = name_binding(r, t->name);
	struct str inner = str_slice(t->word, 1, t->word.n - 1);
	struct fields more = fields_of_list(r, s, inner);
	struct fields *list = list_copy(r, t->more && old ? old->list : NULL);
	if (t->more && old && !old->list && old->value.set)
		*vec_push(r->a, list) = (struct field){.value = old->value};
	for (size_t i = 0; i < more.n && run_spend(r, 0, sizeof *more.at); i++)
		*vec_push(r->a, list) = more.at[i];
	struct untold why = list_untold(list);
	size_t first = 0;
	while (first < inner.n && strchr(" \t\n", inner.p[first]))
		first++;
	if (first < inner.n && inner.p[first] == '[')
		why = untold_at(r, s, t->word, "elements by subscript of %" PRIstr, ARG(t->name));
	b.list = is_told(why) ? list : NULL;
	b.value = (struct value){.set = true, .untold = why};
	name_bind(r, t->name, b);
}

static void assign_element(struct run *r, const struct source *s, const struct target *t,
			   struct binding b)
{
	const struct binding *old = name_binding(r, t->name);
	struct value at = value_quoted(r, s, t->subscript, false);
	struct field f = field_of_word(r, s, t->word);
	struct fields *list = list_copy(r, old ? old->list : NULL);
	int64_t i = -1;
	bool known = is_told(at.untold) && arithmetic_value(r, at.text, &i) && i >= 0 &&
		     (size_t)i <= list->n && is_told(f.value.untold) && !t->more &&
		     (!old || old->list);
	if (!known) {
		b.value = (struct value){
			.set = true,
			.untold = untold_at(r, s, t->name, "element of %" PRIstr, ARG(t->name))};
	} else {
		if ((size_t)i == list->n)
			vec_push(r->a, list);
		list->at[i] = f;
		b.list = list;
		b.value.set = true;
	}
	name_bind(r, t->name, b);
}

void assignment_run(struct run *r, const struct source *s, struct str word, struct assigning how)
{
	struct target t;
	if (!read_target(word, &t))
		return;
	const struct binding *old = name_binding(r, t.name);
	struct binding b = {.exported = how.exported || r->posture.allexport ||
					(old && old->exported && !how.local),
			    .from = source_place(r, s, word)};
	if (str_starts(t.word, S("(")) && str_ends(t.word, S(")"))) {
		assign_list(r, s, &t, b);
	} else if (t.subscripted) {
		assign_element(r, s, &t, b);
	} else {
		struct value v = field_of_word(r, s, t.word).value;
		struct value before = parameter_value(r, t.name);
		b.value = t.more ? joined(r, &before, &v) : v;
		if (how.untellable)
			b.value.untold =
				untold_at(r, s, word, "declaration of %" PRIstr, ARG(t.name));
		b.value.set = true;
		name_bind(r, t.name, b);
	}
}

/* ---- declarations ---- */

/* The old value comes back when the function ends. */
static void hide(struct run *r, struct str name)
{
	if (!r->frame)
		return;
	for (size_t i = 0; i < r->frame->hidden.n; i++)
		if (str_eq(r->frame->hidden.at[i].slot->name, name))
			return;
	if (!name_binding(r, name))
		name_bind(r, name, (struct binding){0});
	struct slot *slot = map_get(r->names, name);
	if (slot && run_spend(r, 0, sizeof(struct change)))
		*vec_push(r->a, &r->frame->hidden) = (struct change){slot, slot->now};
}

static void declare_name(struct run *r, const struct source *s, struct str word,
			 struct assigning how)
{
	const struct binding *old = name_binding(r, word);
	struct binding b = old ? *old : (struct binding){.from = source_place(r, s, word)};
	if (how.local)
		b = (struct binding){.from = source_place(r, s, word)};
	if (how.untellable)
		b.value = (struct value){
			.set = true,
			.untold = untold_at(r, s, word, "declaration of %" PRIstr, ARG(word))};
	b.exported |= how.exported;
	name_bind(r, word, b);
}

static void declare_word(struct run *r, const struct source *s, struct str word,
			 struct assigning how)
{
	struct target t;
	if (read_target(word, &t)) {
		if (how.local)
			hide(r, t.name);
		assignment_run(r, s, word, how);
		return;
	}
	/* A word that is made, as in `export $(…)`, may be any assignments. */
	struct texts one = {&word, 1, 1};
	struct fields fields = fields_of_words(r, s, &one);
	for (size_t i = 0; i < fields.n; i++) {
		struct field *f = &fields.at[i];
		size_t n = name_span(f->value.text);
		if (!is_told(f->value.untold)) {
			names_forget(r, f->value.untold);
		} else if (n && n == f->value.text.n) {
			if (how.local)
				hide(r, f->value.text);
			declare_name(r, s, f->value.text, how);
		} else if (n && f->value.text.p[n] == '=') {
			struct value v = value_slice(r, &f->value, n + 1, f->value.text.n);
			name_set(r, str_slice(f->value.text, 0, n), v, f->from);
			if (how.exported)
				declare_name(r, s, str_slice(f->value.text, 0, n), how);
		}
	}
}

static void read_options(struct str word, struct assigning *how)
{
	for (size_t i = 1; i < word.n; i++) {
		how->exported |= word.p[i] == 'x';
		how->untellable |= strchr("Ainulc", word.p[i]) != NULL;
		how->local &= word.p[i] != 'g';
	}
}

bool run_declaration(struct run *r, const struct node *n, size_t first)
{
	static const char *const names[] = {"export", "readonly", "local", "declare", "typeset"};
	struct str name = n->words.at[first];
	size_t which = 0;
	while (which < sizeof names / sizeof *names && !str_eq(name, str_from(names[which])))
		which++;
	if (which == sizeof names / sizeof *names)
		return false;
	struct assigning how = {.exported = which == 0, .local = which >= 2 && r->frame};
	bool options = which >= 3;
	for (size_t i = first + 1; i < n->words.n && !r->lost; i++) {
		struct str word = n->words.at[i];
		if (!str_starts(word, S("-")) && !str_starts(word, S("+"))) {
			declare_word(r, n->source, word, how);
			continue;
		}
		if (options)
			read_options(word, &how);
		else if (str_eq(word, S("-n")))
			how.exported = false;
	}
	status_set(r, 0);
	return true;
}
