/*
 * simple.c - simple commands: their assignments, their redirections, functions, and what becomes of
 * programs that only a running machine could run. POSIX XCU 2.7, 2.9.1 and 2.9.5; `exec`, `command`
 * and `builtin` are looked through.
 */
#include <string.h>

#include "state.h"

enum { COMMANDS_MAX = 20000 };

struct untold call_untold(const struct call *c, size_t i)
{
	for (; i < c->fields.n; i++)
		if (!is_told(c->fields.at[i].value.untold))
			return c->fields.at[i].value.untold;
	return (struct untold){0};
}

struct str call_word(const struct call *c, size_t i)
{
	return i < c->fields.n ? c->fields.at[i].value.text : S("");
}

/* ---- redirections ---- */

static struct sink *nowhere(struct run *r)
{
	return NEW(r->a, struct sink);
}

static struct sink *into_file(struct run *r, struct str path, bool append,
			      const struct origin *from)
{
	static const char *const discards[] = {"/dev/null", "/dev/stderr", "/dev/kmsg",
					       "/dev/console", "/dev/tty"};
	struct sink *sink = nowhere(r);
	for (size_t i = 0; i < sizeof discards / sizeof *discards; i++)
		if (str_eq(path, str_from(discards[i])))
			return sink;
	if (str_eq(path, S("/dev/stdout")))
		return r->posture.out;
	struct seen before = append ? path_read(r, path) : (struct seen){.there = NOT_THERE};
	struct shell_written *w = path_write(r, path, FILE_REGULAR, from);
	if (!w)
		return sink;
	*sink = (struct sink){.out = out_new(r->a), .path = w->path, .from = from};
	if (before.there == THERE && !is_told(before.text.untold))
		before = (struct seen){.there = PERHAPS, .untold = before.text.untold};
	if (before.there == PERHAPS) {
		sink->untold = before.untold;
		w->untold = before.untold;
	} else if (before.there == THERE && run_spend(r, 0, before.text.text.n)) {
		out_str(sink->out, before.text.text);
		w->text = before.text.text;
	}
	if (r->unsure && is_told(sink->untold))
		sink->untold = w->untold;
	/* Two that write to one file, each at a place of its own. */
	struct untold twice = {str_fmt(r->a, "%" PRIstr ", opened twice", ARG(path)), from};
	for (struct sink *up = r->posture.out; up; up = up->outer)
		if (str_eq(up->path, sink->path)) {
			run_strange(r, twice);
			up->untold = sink->untold = w->untold = twice;
		}
	sink->outer = r->posture.out;
	return sink;
}

static void read_from(struct run *r, struct value v)
{
	struct value *in = NEW(r->a, struct value);
	*in = v;
	in->set = true;
	r->posture.in = in;
}

static struct value here_text(struct run *r, const struct source *s, const struct redirection *d)
{
	struct str body = d->body;
	if (d->tabs) {
		struct out *o = out_new(r->a);
		bool start = true;
		for (size_t i = 0; i < body.n && run_spend(r, 0, 1); i++) {
			if (!(start && body.p[i] == '\t'))
				out_str(o, str_slice(body, i, i + 1));
			start = body.p[i] == '\n' || (start && body.p[i] == '\t');
		}
		body = str_dup(r->a, out_text(o));
	}
	if (!d->plain)
		return value_quoted(r, s, body, true);
	return value_plain(r, body, source_place(r, s, d->body));
}

static void redirect_in(struct run *r, const struct source *s, const struct redirection *d)
{
	if (d->number > 0)
		return;
	if (d->direction == FROM_HERE) {
		read_from(r, here_text(r, s, d));
		return;
	}
	struct field f = field_of_word(r, s, d->word);
	struct value v = f.value;
	if (d->direction == FROM_WORD) {
		struct out *o = out_new(r->a);
		out_str(o, v.text);
		out_z(o, "\n");
		v.text = str_dup(r->a, out_text(o));
		*vec_push(r->a, &v.pieces) = (struct piece){.n = 1};
	} else if (d->direction == FROM_FILE && is_told(v.untold)) {
		struct seen seen = path_read(r, v.text);
		v = seen.text;
		if (seen.there != THERE)
			v.untold = seen.there == PERHAPS
					   ? seen.untold
					   : untold_at(r, s, d->word, "a file that is not there");
	} else if (is_told(v.untold)) {
		v.untold = untold_at(r, s, d->word, "input by number");
	}
	read_from(r, v);
}

static struct sink *numbered(struct run *r, struct str word)
{
	if (str_eq(word, S("1")))
		return r->posture.out;
	return str_eq(word, S("2")) ? r->posture.err : nowhere(r);
}

static void redirect_out(struct run *r, const struct source *s, const struct redirection *d)
{
	struct field f = field_of_word(r, s, d->word);
	struct str path = f.value.text;
	uint64_t number;
	bool both = d->direction == TO_BOTH || d->direction == TO_BOTH_END;
	bool digits = str_u64(path, &number) || str_eq(path, S("-"));
	struct sink *to;
	if (d->direction == TO_NUMBER && digits) {
		to = numbered(r, path);
	} else if (!is_told(f.value.untold)) {
		run_strange(r, (struct untold){S("a file that is written, whose name is not told"),
					       f.from});
		to = nowhere(r);
	} else {
		both |= d->direction == TO_NUMBER && d->number < 0;
		to = into_file(r, path, d->direction == TO_END || d->direction == TO_BOTH_END,
			       source_place(r, s, d->word));
	}
	if (both || d->number < 0 || d->number == 1)
		r->posture.out = to;
	if (both || d->number == 2)
		r->posture.err = to;
}

void run_redirections(struct run *r, const struct node *n)
{
	for (const struct redirection *d = n->redirections; d && !r->lost; d = d->next) {
		if (d->direction == BOTH_WAYS)
			run_strange(r, untold_at(r, n->source, d->word, "a file opened both ways"));
		else if (d->direction <= FROM_NUMBER)
			redirect_in(r, n->source, d);
		else
			redirect_out(r, n->source, d);
	}
}

/* ---- functions, other texts ---- */

static enum flow run_function(struct run *r, const struct call *c, const struct node *body)
{
	struct frame *frame = NEW(r->a, struct frame), *outer = r->frame;
	struct fields args = r->posture.args;
	struct untold args_untold = r->posture.args_untold;
	bool left = r->left;
	r->frame = frame;
	r->posture.args = (struct fields){c->fields.at + 1, c->fields.n - 1, c->fields.n - 1};
	r->posture.args_untold = call_untold(c, 1);
	r->left = false;
	enum flow flow = run_command(r, body);
	for (size_t i = frame->hidden.n; i-- > 0;) {
		const struct change *x = &frame->hidden.at[i];
		name_bind(r, x->slot->name, x->before ? *x->before : (struct binding){0});
	}
	r->frame = outer;
	r->posture.args = args;
	r->posture.args_untold = args_untold;
	r->left = left;
	return flow == RETURN ? GO : flow;
}

enum flow run_source(struct run *r, const struct source *s)
{
	bool left = r->left;
	if (!run_spend(r, 1, s->text.n) || !run_enter(r))
		return EXIT;
	r->left = false;
	enum flow flow = run_list(r, grammar_read(r->a, s));
	r->left = left;
	r->depth--;
	return flow == RETURN ? GO : flow;
}

/* ---- programs ---- */

static struct variables environment(struct run *r)
{
	if (r->environment_version == r->version + 1)
		return r->environment;
	struct variables all = {0};
	for (size_t i = 0; i < map_count(r->names); i++) {
		const struct slot *slot = map_at(r->names, i, NULL);
		const struct binding *b = slot->now;
		if (!b || !b->exported || b->function || b->list || !b->value.set ||
		    !is_told(b->value.untold))
			continue;
		if (!run_spend(r, 0, sizeof(struct variable)))
			break;
		*vec_push(r->a, &all) = (struct variable){
			.name = slot->name,
			.value = {b->value.text, value_origin(r, &b->value, b->from)}};
	}
	r->environment = all;
	r->environment_version = r->version + 1;
	return all;
}

/* A command is kept with its words; those of a substitution are none that the text runs. */
static void keep(struct run *r, const struct call *c)
{
	struct shell_command command = {.conditional = r->unsure > 0 || r->ended};
	if (r->inner)
		return;
	if (r->out.commands.n >= COMMANDS_MAX) {
		run_lose(r, "a text of more commands than are followed");
		return;
	}
	for (size_t i = 0; i < c->fields.n && run_spend(r, 0, sizeof(struct word)); i++)
		*vec_push(r->a, &command.words) =
			(struct word){c->fields.at[i].value.text, c->fields.at[i].from};
	command.untold = call_untold(c, 0);
	command.environment = environment(r);
	*vec_push(r->a, &r->out.commands) = command;
}

static void run_elsewhere(struct run *r, const struct call *c)
{
	struct untold why = call_untold(c, 0);
	struct str name = call_word(c, 0);
	if (is_told(c->fields.at[0].value.untold))
		why = (struct untold){str_fmt(r->a, "program %" PRIstr, ARG(name)), c->from};
	run_strange(r, why);
	status_untold(r, why);
	output_untold(r, why);
}

/* ---- the command ---- */

/* How many words `exec`, `command` and `builtin` take with their options; *last: nothing follows.
 */
static size_t prefixes(const struct call *c, bool *last)
{
	size_t i = 0;
	for (;;) {
		struct str word = call_word(c, i);
		bool exec = str_eq(word, S("exec"));
		bool asks = str_eq(word, S("command")) && str_starts(call_word(c, i + 1), S("-"));
		if ((!exec && !str_eq(word, S("command")) && !str_eq(word, S("builtin"))) || asks)
			return i;
		*last |= exec;
		for (i++; exec && str_starts(call_word(c, i), S("-")); i++)
			i += str_eq(call_word(c, i), S("-a"));
		if (i > c->fields.n)
			return c->fields.n;
	}
}

/* With `plain` neither functions nor aliases count: behind `exec` and `command`. */
static enum flow dispatch(struct run *r, const struct call *c, bool plain)
{
	enum flow flow = GO;
	struct str name = call_word(c, 0);
	const struct binding *function = !plain && is_told(c->fields.at[0].value.untold)
						 ? name_binding(r, str_cat(r->a, name, S("()")))
						 : NULL;
	if (function && function->function)
		return run_function(r, c, function->function);
	if (function) {
		run_strange(r, function->value.untold);
		status_untold(r, function->value.untold);
		return GO;
	}
	keep(r, c);
	if (!is_told(c->fields.at[0].value.untold) || !run_builtin(r, c, &flow))
		if (!is_told(c->fields.at[0].value.untold) ||
		    (!run_print(r, c) && !run_program(r, c)))
			run_elsewhere(r, c);
	return flow;
}

static enum flow run_fields(struct run *r, const struct call *whole)
{
	bool last = false;
	size_t skip = prefixes(whole, &last);
	struct call c = *whole;
	enum flow flow = GO;
	c.fields = (struct fields){c.fields.at + skip, c.fields.n - skip, c.fields.n - skip};
	if (c.fields.n)
		flow = dispatch(r, &c, skip > 0);
	return last && c.fields.n ? EXIT : flow;
}

/* Assignments before a command hold for it alone. */
static enum flow run_with(struct run *r, const struct node *n, size_t first)
{
	VEC(struct change) before = {0};
	struct texts words = {n->words.at + first, n->words.n - first, n->words.n - first};
	struct call c = {.node = n,
			 .fields = fields_of_words(r, n->source, &words),
			 .from = source_place(r, n->source, n->text)};
	for (size_t i = 0; i < first && !r->lost; i++) {
		struct str name = str_slice(n->words.at[i], 0, name_span(n->words.at[i]));
		if (!name_binding(r, name))
			name_bind(r, name, (struct binding){0});
		struct slot *slot = map_get(r->names, name);
		*vec_push(r->a, &before) = (struct change){slot, slot ? slot->now : NULL};
		assignment_run(r, n->source, n->words.at[i], (struct assigning){.exported = true});
	}
	run_redirections(r, n);
	enum flow flow = c.fields.n && !r->lost ? run_fields(r, &c) : GO;
	for (size_t i = before.n; i-- > 0 && !r->lost;)
		if (before.at[i].slot)
			name_bind(r, before.at[i].slot->name, *before.at[i].before);
	return flow;
}

enum flow run_simple(struct run *r, const struct node *n)
{
	struct posture before = r->posture;
	size_t first = 0;
	enum flow flow = GO;
	while (first < n->words.n && assignment_is(n->words.at[first]))
		first++;
	r->substituted = false;
	if (first == n->words.n) {
		for (size_t i = 0; i < first && !r->lost; i++)
			assignment_run(r, n->source, n->words.at[i], (struct assigning){0});
		run_redirections(r, n);
		if (!r->substituted)
			status_set(r, 0);
	} else if (!run_declaration(r, n, first)) {
		flow = run_with(r, n, first);
	}
	/* `exec` alone turns the streams for good. */
	bool stays = n->words.n == first + 1 && str_eq(n->words.at[first], S("exec"));
	if (!stays) {
		r->posture.out = before.out;
		r->posture.err = before.err;
		if (n->redirections)
			r->posture.in = before.in;
	}
	return r->lost ? EXIT : flow;
}
