/*
 * run.c - lists, pipes and compound commands, by POSIX XCU 2.9: which of them run, as far as values
 * and the image decide. Where they do not, every course is followed from the same start, and what
 * any of them changes is untold afterwards.
 */
#include "state.h"

enum { UNSURE_MAX = 40, ROUNDS_MAX = 1000 };

void status_set(struct run *r, int status)
{
	r->status = status;
	r->status_untold = (struct untold){0};
}

void status_untold(struct run *r, struct untold why)
{
	r->status = -1;
	r->status_untold = why;
}

/* ---- courses ---- */

struct courses {
	struct run *r;
	struct posture before;
	size_t mark;
	VEC(struct change) changed; /* `before` is here what came of it */
	bool args, workdir, out;
	size_t ends[EXIT + 1];
};

static void gather(struct courses *c)
{
	struct run *r = c->r;
	for (size_t i = c->mark; i < r->changes.n; i++) {
		struct slot *slot = r->changes.at[i].slot;
		if (run_spend(r, 0, sizeof(struct change)))
			*vec_push(r->a, &c->changed) = (struct change){slot, slot->now};
	}
	c->args |= r->posture.args.at != c->before.args.at || r->posture.args.n != c->before.args.n;
	c->workdir |= !str_eq(r->posture.workdir, c->before.workdir);
	c->out |= r->posture.out != c->before.out;
}

static bool same(const struct binding *a, const struct binding *b)
{
	return a && b && a->list == b->list && a->function == b->function &&
	       is_told(a->value.untold) && is_told(b->value.untold) &&
	       a->value.set == b->value.set && str_eq(a->value.text, b->value.text);
}

static void make_untold(struct courses *c)
{
	struct run *r = c->r;
	for (size_t i = 0; i < c->changed.n && !r->lost; i++) {
		struct slot *slot = c->changed.at[i].slot;
		const struct binding *came = c->changed.at[i].before, *now = slot->now;
		if (same(came, now) || (now && !is_told(now->value.untold)))
			continue;
		struct untold why = {str_fmt(r->a, "%s %" PRIstr ", which a condition sets",
					     came && came->function ? "function" : "variable",
					     ARG(slot->name)),
				     came ? came->from : r->sh->from};
		struct binding b = {.value = {.untold = why, .set = true},
				    .exported = came && came->exported,
				    .from = why.from};
		name_bind(r, slot->name, b);
	}
	if (c->args)
		r->posture.args_untold = (struct untold){
			S("positional parameters, which a condition sets"), r->sh->from};
	if (c->workdir)
		r->posture.workdir = S("");
	if (c->out)
		output_untold(r, (struct untold){S("output that a condition turns"), r->sh->from});
}

/* One of several courses, or none of them, is taken: what they change is not told afterwards. */
static enum flow run_either(struct run *r, const struct node *const *lists, size_t n, bool one,
			    struct untold why)
{
	struct courses c = {.r = r, .before = r->posture, .mark = r->changes.n};
	run_strange(r, why);
	if (r->unsure >= UNSURE_MAX) {
		run_lose(r, "more conditions inside one another than are followed");
		return EXIT;
	}
	for (size_t i = 0; i < n; i++) {
		r->unsure++;
		enum flow end = run_list(r, lists[i]);
		r->unsure--;
		c.ends[end]++;
		if (end != EXIT)
			gather(&c);
		names_rewind(r, c.mark);
		r->posture = c.before;
	}
	for (enum flow f = BREAK; one && f <= EXIT; f++)
		if (c.ends[f] == n) {
			make_untold(&c);
			return f;
		}
	make_untold(&c);
	r->ended |= c.ends[EXIT] > 0;
	r->left |= c.ends[BREAK] || c.ends[CONTINUE] || c.ends[RETURN];
	status_untold(r, why);
	return r->lost ? EXIT : GO;
}

/* ---- lists ---- */

static const struct node *chain_of(struct run *r, const struct node *first, enum node_kind kind)
{
	struct node *n = NEW(r->a, struct node), *copy = NEW(r->a, struct node);
	*copy = *first;
	copy->next = NULL;
	*n = (struct node){
		.kind = kind, .source = first->source, .text = first->text, .first = copy};
	return n;
}

/* In an environment of its own: names, arguments and streams are as before afterwards. */
static enum flow run_apart(struct run *r, enum flow (*fn)(struct run *, const struct node *),
			   const struct node *n)
{
	struct posture before = r->posture;
	size_t mark = r->changes.n;
	bool left = r->left, ended = r->ended;
	fn(r, n);
	r->left = left;
	r->ended = ended;
	r->posture = before;
	names_rewind(r, mark);
	return r->lost ? EXIT : GO;
}

static enum flow run_pipeline(struct run *r, const struct node *pipe)
{
	struct posture before = r->posture;
	int failed = 0;
	for (const struct node *n = pipe->first; n && !r->lost; n = n->next) {
		struct sink *sink = NEW(r->a, struct sink);
		sink->out = out_new(r->a);
		if (n->next)
			r->posture.out = sink;
		run_apart(r, run_command, n);
		r->posture = before;
		struct value *next = NEW(r->a, struct value);
		*next = (struct value){.text = out_text(sink->out),
				       .pieces = sink->pieces,
				       .untold = sink->untold,
				       .set = true};
		r->posture.in = next;
		failed = r->status < 0 || failed < 0 ? -1 : failed | r->status;
	}
	r->posture = before;
	if (before.pipefail && failed && r->status == 0)
		status_untold(r, untold_at(r, pipe->source, pipe->text, "exit status of a pipe"));
	return r->lost ? EXIT : GO;
}

static enum flow run_pipe(struct run *r, const struct node *pipe)
{
	enum flow flow;
	r->testing += pipe->negated;
	flow = pipe->first && pipe->first->next ? run_pipeline(r, pipe)
						: run_command(r, pipe->first);
	r->testing -= pipe->negated;
	if (pipe->negated && r->status >= 0)
		status_set(r, r->status == 0);
	return flow;
}

/* Once it cannot be told whether a pipe of the chain runs, it cannot be told of the others. */
static enum flow run_rest(struct run *r, const struct node *pipe)
{
	struct untold why = r->status_untold;
	for (; pipe && !r->lost; pipe = pipe->next) {
		const struct node *alone[] = {chain_of(r, pipe, NODE_CHAIN)};
		run_either(r, alone, 1, false, why);
	}
	status_untold(r, why);
	return r->lost ? EXIT : GO;
}

static enum flow run_pipes(struct run *r, const struct node *chain)
{
	for (const struct node *p = chain->first; p; p = p->next) {
		bool first = p == chain->first;
		if (!first && r->status < 0)
			return run_rest(r, p);
		if (!first && p->otherwise == (r->status == 0))
			continue;
		r->testing += p->next != NULL;
		enum flow flow = run_pipe(r, p);
		r->testing -= p->next != NULL;
		if (flow != GO)
			return flow;
		bool fails = r->status > 0 && !p->next && !p->negated && !r->testing;
		if (fails && r->posture.errexit)
			return EXIT;
		if (r->left && p->next)
			return run_rest(r, p->next);
	}
	return GO;
}

static enum flow run_chain(struct run *r, const struct node *n)
{
	if (n->kind == NODE_STRANGE) {
		if (is_told(r->garbled))
			r->garbled = untold_at(r, n->source, n->text,
					       "a line that is not read as shell");
		run_strange(r, r->garbled);
		return GO;
	}
	if (!n->background)
		return run_pipes(r, n);
	run_strange(r, untold_at(r, n->source, n->text, "a command in the background"));
	run_apart(r, run_pipes, n);
	status_set(r, 0);
	return r->lost ? EXIT : GO;
}

enum flow run_list(struct run *r, const struct node *list)
{
	for (const struct node *n = list; n; n = n->next) {
		enum flow flow = run_chain(r, n);
		if (r->lost || flow != GO)
			return r->lost ? EXIT : flow;
		if (!r->left || !n->next)
			continue;
		/* Whether the rest runs cannot be told any more. */
		const struct node *rest[] = {n->next};
		struct untold why = {S("a condition that may leave early"),
				     source_place(r, n->source, n->text)};
		r->left = false;
		run_either(r, rest, 1, false, why);
		r->left = true;
		return r->lost ? EXIT : GO;
	}
	return GO;
}

/* ---- compound commands ---- */

static enum flow run_condition(struct run *r, const struct node *list)
{
	r->testing++;
	status_set(r, 0);
	enum flow flow = run_list(r, list);
	r->testing--;
	return flow;
}

static enum flow run_if(struct run *r, const struct node *n)
{
	for (const struct node *arm = n->first; arm; arm = arm->next) {
		if (!arm->condition)
			return run_list(r, arm->first);
		enum flow flow = run_condition(r, arm->condition);
		if (flow != GO)
			return flow;
		if (r->status == 0)
			return run_list(r, arm->first);
		if (r->status > 0)
			continue;
		struct node *rest = NEW(r->a, struct node);
		*rest = (struct node){
			.kind = NODE_IF, .source = n->source, .text = n->text, .first = arm->next};
		const struct node *pipe = chain_of(r, rest, NODE_PIPE);
		const struct node *courses[] = {arm->first, chain_of(r, pipe, NODE_CHAIN)};
		return run_either(r, courses, 2, true, r->status_untold);
	}
	status_set(r, 0);
	return GO;
}

/* After a round of a loop: is it over? *flow is then what the loop ends with. */
static bool loop_over(struct run *r, enum flow *flow)
{
	if (*flow == GO && !r->lost)
		return false;
	if (*flow == CONTINUE && r->levels <= 1) {
		*flow = GO;
		return false;
	}
	if (*flow == BREAK && r->levels <= 1)
		*flow = GO;
	else if (*flow == BREAK || *flow == CONTINUE)
		r->levels--;
	if (r->lost)
		*flow = EXIT;
	return true;
}

/* A round of which it cannot be told whether, or how often, it runs. */
static enum flow run_untold_round(struct run *r, const struct node *n, struct untold why)
{
	const struct node *body[] = {n->first};
	bool left = r->left;
	/* What is told of a command is what holds in every round, so the second one counts: it
	 * starts from what the first has changed. */
	r->inner++;
	run_either(r, body, 1, false, why);
	r->inner--;
	if (!r->lost)
		run_either(r, body, 1, false, why);
	r->left = left;
	return r->lost ? EXIT : GO;
}

static enum flow run_for(struct run *r, const struct node *n)
{
	struct fields list = n->listed ? fields_of_words(r, n->source, &n->words) : r->posture.args;
	const struct origin *from = source_place(r, n->source, n->name);
	struct untold why = n->listed ? (struct untold){0} : r->posture.args_untold;
	enum flow flow = GO;
	for (size_t i = 0; i < list.n && is_told(why); i++)
		why = list.at[i].value.untold;
	status_set(r, 0);
	if (!is_told(why)) {
		name_set(r, n->name, (struct value){.untold = why}, from);
		return run_untold_round(r, n, why);
	}
	for (size_t i = 0; i < list.n && run_spend(r, 1, 0); i++) {
		bool left = r->left;
		name_set(r, n->name, list.at[i].value, from);
		r->left = false;
		flow = run_list(r, n->first);
		if (loop_over(r, &flow)) {
			r->left = left;
			return flow;
		}
		if (r->left) {
			why = (struct untold){S("a loop that a condition leaves"), from};
			name_set(r, n->name, (struct value){.untold = why}, from);
			r->left = left;
			return run_untold_round(r, n, why);
		}
		r->left = left;
	}
	return r->lost ? EXIT : GO;
}

/* A loop whose condition holds for ever, and whose rounds change nothing, does not end. */
static enum flow run_loop(struct run *r, const struct node *n)
{
	struct untold why = {S("a loop of more rounds than are followed"),
			     source_place(r, n->source, n->text)};
	bool left = r->left;
	enum flow flow = GO;
	for (unsigned round = 0; run_spend(r, 1, 0); round++) {
		size_t version = r->version, bytes = r->posture.args.n;
		const struct value *in = r->posture.in;
		flow = run_condition(r, n->condition);
		if (flow != GO)
			return flow;
		if (r->status < 0 || round == ROUNDS_MAX)
			return run_untold_round(r, n, r->status < 0 ? r->status_untold : why);
		if ((r->status == 0) == n->until)
			break;
		r->left = false;
		flow = run_list(r, n->first);
		bool may_end = r->left;
		r->left = left;
		if (loop_over(r, &flow))
			return flow;
		if (may_end)
			return run_untold_round(r, n, why);
		if (version == r->version && bytes == r->posture.args.n && in == r->posture.in) {
			run_strange(r, (struct untold){S("a loop without an end"), why.from});
			return EXIT;
		}
	}
	status_set(r, 0);
	return r->lost ? EXIT : GO;
}

enum answer { NO, YES, MAYBE };

static enum answer arm_matches(struct run *r, const struct node *arm, struct str subject,
			       struct untold *why)
{
	enum answer answer = NO;
	for (size_t i = 0; i < arm->words.n && answer == NO && !r->lost; i++) {
		struct field f = field_of_word(r, arm->source, arm->words.at[i]);
		if (!is_told(f.value.untold))
			*why = f.value.untold;
		else if (!pattern_plain(f.pattern))
			*why = untold_at(r, arm->source, arm->words.at[i], "pattern %" PRIstr,
					 ARG(arm->words.at[i]));
		else if (pattern_match(r, f.pattern, subject))
			return YES;
		answer = is_told(*why) ? NO : MAYBE;
	}
	return answer;
}

static bool matches_all(const struct node *arm)
{
	for (size_t i = 0; i < arm->words.n; i++)
		if (str_eq(arm->words.at[i], S("*")))
			return true;
	return false;
}

/* This arm, or one after it. */
static enum flow run_some_arm(struct run *r, const struct node *arm, struct untold why)
{
	VEC(const struct node *) lists = {0};
	bool one = false;
	for (; arm && !one; arm = arm->next) {
		*vec_push(r->a, &lists) = arm->first;
		one = matches_all(arm);
		if (arm->falls)
			run_lose(r, "a case that falls through");
	}
	return run_either(r, lists.at, lists.n, one, why);
}

static enum flow run_case(struct run *r, const struct node *n)
{
	struct field subject = field_of_word(r, n->source, n->words.at[0]);
	struct untold why = subject.value.untold;
	status_set(r, 0);
	for (const struct node *arm = n->first; arm && !r->lost; arm = arm->next) {
		enum answer answer =
			is_told(why) ? arm_matches(r, arm, subject.value.text, &why) : MAYBE;
		if (answer == MAYBE)
			return run_some_arm(r, arm, why);
		if (answer == NO)
			continue;
		enum flow flow = run_list(r, arm->first);
		if (arm->falls)
			run_lose(r, "a case that falls through");
		return r->lost ? EXIT : flow;
	}
	return r->lost ? EXIT : GO;
}

static void run_arithmetic(struct run *r, const struct node *n)
{
	struct value text = value_quoted(r, n->source, n->words.at[0], false);
	struct untold why = untold_at(r, n->source, n->text, "arithmetic %" PRIstr, ARG(n->text));
	int64_t number;
	if (is_told(text.untold) && arithmetic_value(r, text.text, &number)) {
		status_set(r, number == 0);
		return;
	}
	/* It may set any name that stands in it. */
	run_strange(r, why);
	status_untold(r, why);
	for (struct str s = n->words.at[0]; s.n && run_spend(r, 0, 1);) {
		size_t name = name_span(s);
		if (name)
			name_set(r, str_slice(s, 0, name), (struct value){.untold = why}, why.from);
		s = str_tail(s, name ? name : 1);
	}
}

static enum flow run_group(struct run *r, const struct node *n)
{
	return run_list(r, n->first);
}

static enum flow run_kind(struct run *r, const struct node *n)
{
	switch (n->kind) {
	case NODE_SIMPLE: return run_simple(r, n);
	case NODE_GROUP: return run_group(r, n);
	case NODE_SUBSHELL: return run_apart(r, run_group, n);
	case NODE_IF: return run_if(r, n);
	case NODE_FOR: return run_for(r, n);
	case NODE_LOOP: return run_loop(r, n);
	case NODE_CASE: return run_case(r, n);
	case NODE_TEST: run_double_test(r, n); break;
	case NODE_ARITHMETIC: run_arithmetic(r, n); break;
	case NODE_FUNCTION:
		name_bind(r, str_cat(r->a, n->name, S("()")),
			  (struct binding){.function = n->first,
					   .from = source_place(r, n->source, n->name)});
		status_set(r, 0);
		break;
	case NODE_PIPE: return run_pipe(r, n);
	case NODE_CHAIN:
	case NODE_ARM:
	case NODE_STRANGE: return run_chain(r, n);
	}
	return GO;
}

enum flow run_command(struct run *r, const struct node *n)
{
	struct posture before = r->posture;
	if (!n || !run_spend(r, 1, 0) || !run_enter(r))
		return r->lost ? EXIT : GO;
	bool turned = n->redirections && n->kind != NODE_SIMPLE;
	if (turned)
		run_redirections(r, n);
	enum flow flow = run_kind(r, n);
	if (turned) {
		r->posture.out = before.out;
		r->posture.err = before.err;
		r->posture.in = before.in;
	}
	r->depth--;
	return r->lost ? EXIT : flow;
}
