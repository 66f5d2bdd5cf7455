/*
 * state.c - what a shell text has done so far: names with their values, output, limits. Every
 * change of a name is remembered, so that a branch can be left as if it had not been taken.
 */
#include "state.h"

#include <string.h>

enum {
	STEPS_MAX = 50000,   /* commands that are run */
	BYTES_MAX = 8 << 20, /* text that is made */
	PIECES_MAX = 500,    /* stretches of one value */
	NAMES_MAX = 4000,
	DEPTH_MAX = 150,
};

bool is_told(struct untold u)
{
	return u.text.n == 0;
}

void run_strange(struct run *r, struct untold what)
{
	if (is_told(r->out.untold))
		r->out.untold = what;
}

void run_lose(struct run *r, const char *why)
{
	if (!r->lost) {
		r->lost = true;
		r->out.untold = (struct untold){str_from(why), r->sh->from};
	}
}

bool run_enter(struct run *r)
{
	if (r->depth >= DEPTH_MAX) {
		run_lose(r, "a text nested deeper than is followed");
		return false;
	}
	r->depth++;
	return !r->lost;
}

bool run_spend(struct run *r, size_t steps, size_t bytes)
{
	if (steps > STEPS_MAX - r->steps || bytes > BYTES_MAX - r->bytes) {
		run_lose(r, "a text that does more than is followed");
		return false;
	}
	r->steps += steps;
	r->bytes += bytes;
	return !r->lost;
}

/* ---- places ---- */

const struct origin *source_place(struct run *r, const struct source *s, struct str text)
{
	const struct file *f = s->file;
	if (!f || text.p < f->text.p || text.p > f->text.p + f->text.n)
		return s->from;
	return origin_new(r->a, f, (size_t)(text.p - f->text.p), text.n, s->from);
}

struct untold untold_at(struct run *r, const struct source *s, struct str text, const char *fmt,
			...)
{
	va_list ap;
	va_start(ap, fmt);
	struct untold u = {str_vfmt(r->a, fmt, ap), source_place(r, s, text)};
	va_end(ap);
	return u;
}

/* ---- values ---- */

struct value value_plain(struct run *r, struct str text, const struct origin *from)
{
	struct value v = {.text = text, .set = true};
	bool exact = from && from->file && from->len == text.n &&
		     from->at + from->len <= from->file->text.n &&
		     (text.n == 0 || !memcmp(from->file->text.p + from->at, text.p, text.n));
	if (from)
		*vec_push(r->a, &v.pieces) =
			(struct piece){.n = text.n, .from = from, .exact = exact, .value = true};
	return v;
}

void value_append(struct run *r, struct pieces *to, const struct pieces *more)
{
	for (size_t i = 0; i < more->n && to->n < PIECES_MAX; i++)
		if (run_spend(r, 0, sizeof(struct piece)))
			*vec_push(r->a, to) = more->at[i];
}

struct value value_through(struct run *r, const struct value *v, const struct origin *place)
{
	struct value out = *v;
	out.pieces = (struct pieces){0};
	value_append(r, &out.pieces, &v->pieces);
	for (size_t i = 0; i < out.pieces.n; i++) {
		struct piece *p = &out.pieces.at[i];
		p->value = true;
		/* Places on the way are left out: what counts is where it stands, and where it
		 * ends up. */
		if (p->from && place && p->from->file)
			p->from = origin_new(r->a, p->from->file, p->from->at, p->from->len, place);
	}
	return out;
}

static const struct origin *piece_origin(struct run *r, const struct piece *p, size_t from,
					 size_t n)
{
	if (!p->from || !p->exact || (from == 0 && n == p->from->len))
		return p->from;
	return origin_new(r->a, p->from->file, p->from->at + from, n, p->from->via);
}

struct value value_slice(struct run *r, const struct value *v, size_t from, size_t to)
{
	struct value out = {
		.text = str_slice(v->text, from, to), .set = v->set, .untold = v->untold};
	size_t at = 0;
	for (size_t i = 0; i < v->pieces.n && at < to; at += v->pieces.at[i++].n) {
		struct piece p = v->pieces.at[i];
		size_t head = from > at ? from - at : 0, tail = to - at < p.n ? to - at : p.n;
		if (head >= tail && p.n)
			continue;
		p.from = piece_origin(r, &p, head, tail - head);
		p.n = tail - head;
		*vec_push(r->a, &out.pieces) = p;
	}
	return out;
}

const struct origin *value_origin(struct run *r, const struct value *v,
				  const struct origin *fallback)
{
	const struct piece *best = NULL;
	(void)r;
	for (size_t i = 0; i < v->pieces.n; i++)
		if (v->pieces.at[i].value && v->pieces.at[i].from && (v->pieces.at[i].n || !best))
			best = &v->pieces.at[i];
	return best ? best->from : fallback;
}

/* ---- names ---- */

static struct slot *slot_of(struct run *r, struct str name)
{
	struct slot *s = map_get(r->names, name);
	if (s)
		return s;
	if (map_count(r->names) >= NAMES_MAX)
		run_lose(r, "a text of more variables than are followed");
	s = NEW(r->a, struct slot);
	s->name = str_dup(r->a, name);
	map_put(r->names, s->name, s);
	return s;
}

const struct binding *name_binding(struct run *r, struct str name)
{
	const struct slot *s = map_get(r->names, name);
	return s ? s->now : NULL;
}

void name_bind(struct run *r, struct str name, struct binding b)
{
	struct slot *s = slot_of(r, name);
	struct binding *kept = NEW(r->a, struct binding);
	if (!run_spend(r, 0, sizeof b))
		return;
	*kept = b;
	*vec_push(r->a, &r->changes) = (struct change){s, s->now};
	s->now = kept;
	r->version++;
}

void name_set(struct run *r, struct str name, struct value v, const struct origin *from)
{
	const struct binding *old = name_binding(r, name);
	v.set = true;
	name_bind(r, name,
		  (struct binding){.value = v,
				   .exported = r->posture.allexport || (old && old->exported),
				   .from = from});
}

void names_rewind(struct run *r, size_t mark)
{
	while (r->changes.n > mark) {
		struct change *c = &r->changes.at[--r->changes.n];
		c->slot->now = c->before;
		r->version++;
	}
}

void names_forget(struct run *r, struct untold why)
{
	run_strange(r, why);
	r->everything = why;
	for (size_t i = 0; i < map_count(r->names); i++) {
		struct str name;
		struct slot *s = (struct slot *)map_at(r->names, i, &name);
		if (!s->now || s->now->function)
			continue;
		struct binding b = *s->now;
		b.value = (struct value){.untold = why, .set = true};
		b.list = NULL;
		name_bind(r, name, b);
	}
}

/* ---- output ---- */

static void commit(struct run *r, struct sink *to)
{
	if (!to->path.n)
		return;
	struct shell_written *w = path_write(r, to->path, FILE_REGULAR, to->from);
	if (!w)
		return;
	w->text = out_text(to->out);
	if (!is_told(to->untold))
		w->untold = to->untold;
}

void output_put(struct run *r, const struct value *v)
{
	struct sink *to = r->posture.out;
	if (!is_told(v->untold))
		output_untold(r, v->untold);
	if (!to->out || !run_spend(r, 0, v->text.n))
		return;
	out_str(to->out, v->text);
	value_append(r, &to->pieces, &v->pieces);
	if (r->unsure && is_told(to->untold) && v->text.n)
		to->untold =
			(struct untold){S("output of a command that may not run"), r->sh->from};
	commit(r, to);
}

void output_text(struct run *r, struct str text)
{
	struct value v = {.text = text};
	*vec_push(r->a, &v.pieces) = (struct piece){.n = text.n};
	output_put(r, &v);
}

void output_untold(struct run *r, struct untold why)
{
	struct sink *to = r->posture.out;
	if (to->out && is_told(to->untold))
		to->untold = why;
	commit(r, to);
}
