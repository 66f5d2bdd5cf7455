/*
 * grammar.c - a shell text into a tree of its commands.
 *
 * POSIX XCU 2.4, 2.9 and 2.10, with [[ … ]], (( … )), `function` and &> of bash. Words stay as
 * they are written, to be expanded when their command is run. Not followed: coproc, select,
 * aliases, for ((…)); a line that is no shell text is skipped, and marks the whole as not followed.
 */
#include "grammar.h"

#include <string.h>

#include "tokens.h"

enum { DEPTH_MAX = 60, NODES_MAX = 200000, STRANGE_MAX = 20 };

static bool is_word(const struct reader *r, const char *word)
{
	return r->token.kind == WORD && str_eq(r->token.text, str_from(word));
}

static void expect(struct reader *r, const char *word)
{
	if (!is_word(r, word))
		r->failed = true;
	else
		token_next(r);
}

static void skip_newlines(struct reader *r)
{
	while (r->token.kind == NEWLINE)
		token_next(r);
}

static struct node *node_new(struct reader *r, enum node_kind kind)
{
	struct node *n = NEW(r->a, struct node);
	n->kind = kind;
	n->source = r->source;
	n->text = r->token.text;
	r->failed |= r->nodes++ > NODES_MAX;
	return n;
}

/* The text of a node runs up to the token that follows it. */
static struct node *closed(struct reader *r, struct node *n)
{
	const char *end = r->token.text.p ? r->token.text.p : r->text.p + r->at;
	n->text = str_trim((struct str){n->text.p, (size_t)(end - n->text.p)}, " \t\r\n;");
	return n;
}

/* ---- commands ---- */

static struct node *read_list(struct reader *r);

static void read_redirection(struct reader *r, struct node *n)
{
	struct token t = r->token;
	struct redirection *d = NEW(r->a, struct redirection), **last = &n->redirections;
	token_next(r);
	if (r->token.kind != WORD) {
		r->failed = true;
		return;
	}
	*d = (struct redirection){.direction = t.direction,
				  .number = t.number,
				  .word = r->token.text,
				  .tabs = t.tabs};
	if (d->direction == FROM_HERE && r->heres_n < TOKENS_HERES)
		r->heres[r->heres_n++] = d;
	while (*last)
		last = &(*last)->next;
	*last = d;
	token_next(r);
}

static struct node *read_simple(struct reader *r)
{
	struct node *n = node_new(r, NODE_SIMPLE);
	while (!r->failed && (r->token.kind == WORD || r->token.kind == REDIRECTION)) {
		if (r->token.kind == REDIRECTION) {
			read_redirection(r, n);
			continue;
		}
		*vec_push(r->a, &n->words) = r->token.text;
		token_next(r);
	}
	return closed(r, n);
}

static struct node *read_arm(struct reader *r, const char *then)
{
	struct node *arm = node_new(r, NODE_ARM);
	token_next(r);
	if (then) {
		arm->condition = read_list(r);
		expect(r, then);
	}
	arm->first = read_list(r);
	return closed(r, arm);
}

static struct node *read_if(struct reader *r)
{
	struct node *n = node_new(r, NODE_IF), **last = &n->first;
	do {
		*last = read_arm(r, "then");
		last = &(*last)->next;
	} while (!r->failed && is_word(r, "elif"));
	if (is_word(r, "else"))
		*last = read_arm(r, NULL);
	expect(r, "fi");
	return closed(r, n);
}

static void read_body(struct reader *r, struct node *n)
{
	bool braces = is_word(r, "{");
	expect(r, braces ? "{" : "do");
	n->first = read_list(r);
	expect(r, braces ? "}" : "done");
	closed(r, n);
}

static struct node *read_loop(struct reader *r)
{
	struct node *n = node_new(r, NODE_LOOP);
	n->until = is_word(r, "until");
	token_next(r);
	n->condition = read_list(r);
	read_body(r, n);
	return n;
}

static struct node *read_for(struct reader *r)
{
	struct node *n = node_new(r, NODE_FOR);
	token_next(r);
	n->name = r->token.text;
	if (r->token.kind != WORD || name_span(n->name) != n->name.n)
		r->failed = true;
	token_next(r);
	skip_newlines(r);
	if (is_word(r, "in")) {
		n->listed = true;
		for (token_next(r); r->token.kind == WORD; token_next(r))
			*vec_push(r->a, &n->words) = r->token.text;
	}
	if (r->token.kind == SEMICOLON)
		token_next(r);
	skip_newlines(r);
	read_body(r, n);
	return n;
}

static struct node *read_case_arm(struct reader *r)
{
	struct node *arm = node_new(r, NODE_ARM);
	if (r->token.kind == OPEN)
		token_next(r);
	while (r->token.kind == WORD) {
		*vec_push(r->a, &arm->words) = r->token.text;
		token_next(r);
		if (r->token.kind == PIPE)
			token_next(r);
	}
	r->failed |= r->token.kind != CLOSE || !arm->words.n;
	token_next(r);
	arm->first = read_list(r);
	arm->falls = r->token.kind == ARM_FALLS;
	if (r->token.kind == ARM_END || r->token.kind == ARM_FALLS)
		token_next(r);
	else if (!is_word(r, "esac"))
		r->failed = true;
	skip_newlines(r);
	return closed(r, arm);
}

static struct node *read_case(struct reader *r)
{
	struct node *n = node_new(r, NODE_CASE), **last = &n->first;
	token_next(r);
	r->failed |= r->token.kind != WORD;
	*vec_push(r->a, &n->words) = r->token.text;
	token_next(r);
	skip_newlines(r);
	expect(r, "in");
	skip_newlines(r);
	while (!r->failed && !is_word(r, "esac")) {
		*last = read_case_arm(r);
		last = &(*last)->next;
	}
	expect(r, "esac");
	return closed(r, n);
}

/* Inside [[ … ]] the operators of the shell are those of the test; a regular expression ends at
 * a blank. */
static size_t test_word_end(struct reader *r, bool expression)
{
	static const char *const alone[] = {"&&", "||", "(", ")", "<", ">"};
	struct str rest = str_tail(r->text, r->at);
	size_t at = r->at;
	for (size_t i = 0; !expression && i < sizeof alone / sizeof *alone; i++)
		if (str_starts(rest, str_from(alone[i])))
			return at + strlen(alone[i]);
	if (!expression)
		return skip_word(r->text, at);
	while (at < r->text.n && !strchr(" \t\n", r->text.p[at])) {
		size_t end = skip_word(r->text, at);
		at = end > at ? end : at + 1;
	}
	return at;
}

static struct node *read_test(struct reader *r)
{
	struct node *n = node_new(r, NODE_TEST);
	bool expression = false;
	for (;;) {
		while (r->at < r->text.n && strchr(" \t\n\r", r->text.p[r->at]))
			r->at++;
		token_skip_blanks(r);
		size_t end = test_word_end(r, expression);
		struct str word = str_slice(r->text, r->at, end);
		if (!word.n || end > r->text.n) {
			r->failed = true;
			return n;
		}
		r->at = end;
		if (str_eq(word, S("]]")))
			break;
		expression = str_eq(word, S("=~"));
		*vec_push(r->a, &n->words) = word;
	}
	token_next(r);
	return closed(r, n);
}

static struct node *read_arithmetic(struct reader *r)
{
	struct node *n = node_new(r, NODE_ARITHMETIC);
	size_t from = r->at + 1, end = skip_parens(r->text, r->at, 0);
	if (end > r->text.n || end < from + 1 || end >= r->text.n || r->text.p[end] != ')') {
		r->failed = true;
		return n;
	}
	*vec_push(r->a, &n->words) = str_slice(r->text, from, end - 1);
	r->at = end + 1;
	token_next(r);
	return closed(r, n);
}

static struct node *read_group(struct reader *r, enum node_kind kind)
{
	struct node *n = node_new(r, kind);
	token_next(r);
	n->first = read_list(r);
	if (kind == NODE_GROUP) {
		expect(r, "}");
	} else {
		r->failed |= r->token.kind != CLOSE;
		token_next(r);
	}
	return closed(r, n);
}

static struct node *read_command(struct reader *r);

/* NAME () command, function NAME command. */
static struct node *read_function(struct reader *r, struct str name)
{
	struct node *n = node_new(r, NODE_FUNCTION);
	n->name = name;
	if (r->token.kind == OPEN) {
		token_next(r);
		r->failed |= r->token.kind != CLOSE;
		token_next(r);
	}
	skip_newlines(r);
	n->first = read_command(r);
	if (n->first->kind == NODE_SIMPLE)
		r->failed = true;
	return n;
}

static bool function_follows(struct reader *r)
{
	size_t at = r->at;
	while (at < r->text.n && blank_is(r->text.p[at]))
		at++;
	if (at >= r->text.n || r->text.p[at] != '(')
		return false;
	for (at++; at < r->text.n && blank_is(r->text.p[at]);)
		at++;
	return at < r->text.n && r->text.p[at] == ')';
}

static struct node *read_compound(struct reader *r)
{
	if (r->token.kind == OPEN)
		return token_peek(r, 0) == '(' ? read_arithmetic(r) : read_group(r, NODE_SUBSHELL);
	if (is_word(r, "{"))
		return read_group(r, NODE_GROUP);
	if (is_word(r, "if"))
		return read_if(r);
	if (is_word(r, "for"))
		return read_for(r);
	if (is_word(r, "while") || is_word(r, "until"))
		return read_loop(r);
	if (is_word(r, "case"))
		return read_case(r);
	if (is_word(r, "[["))
		return read_test(r);
	return NULL;
}

static struct node *read_command(struct reader *r)
{
	if (r->depth >= DEPTH_MAX || r->token.kind == END)
		r->failed = true;
	if (r->failed || is_word(r, "select") || is_word(r, "coproc")) {
		r->failed = true;
		return node_new(r, NODE_STRANGE);
	}
	r->depth++;
	bool keyword = is_word(r, "function");
	if (keyword)
		token_next(r);
	struct node *n = NULL;
	if (keyword || (r->token.kind == WORD && function_follows(r))) {
		struct str name = r->token.text;
		token_next(r);
		n = read_function(r, name);
	} else {
		n = read_compound(r);
	}
	while (n && !r->failed && r->token.kind == REDIRECTION)
		read_redirection(r, n);
	if (!n)
		n = read_simple(r);
	r->depth--;
	return n;
}

static bool closes_list(const struct reader *r)
{
	static const char *const words[] = {"then", "else", "elif", "fi",
					    "do",   "done", "esac", "}"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (is_word(r, words[i]))
			return true;
	return r->token.kind == END || r->token.kind == CLOSE || r->token.kind == ARM_END ||
	       r->token.kind == ARM_FALLS;
}

static struct node *read_pipe(struct reader *r)
{
	struct node *n = node_new(r, NODE_PIPE), **last = &n->first;
	for (; is_word(r, "!") || is_word(r, "time"); token_next(r))
		n->negated ^= is_word(r, "!");
	for (;;) {
		*last = read_command(r);
		if (r->failed)
			return n;
		if ((*last)->kind == NODE_SIMPLE && !(*last)->words.n && !(*last)->redirections)
			r->failed = true;
		last = &(*last)->next;
		if (r->token.kind != PIPE)
			return closed(r, n);
		token_next(r);
		skip_newlines(r);
	}
}

static struct node *read_chain(struct reader *r)
{
	struct node *n = node_new(r, NODE_CHAIN), **last = &n->first;
	bool otherwise = false;
	for (;;) {
		*last = read_pipe(r);
		(*last)->otherwise = otherwise;
		last = &(*last)->next;
		if (r->failed || (r->token.kind != AND && r->token.kind != OR))
			break;
		otherwise = r->token.kind == OR;
		token_next(r);
		skip_newlines(r);
	}
	closed(r, n);
	n->background = r->token.kind == AMPERSAND;
	if (r->token.kind == AMPERSAND || r->token.kind == SEMICOLON)
		token_next(r);
	else if (r->token.kind != NEWLINE && !closes_list(r))
		r->failed = true;
	return n;
}

/* Up to a word or sign that closes it. */
static struct node *read_list(struct reader *r)
{
	struct node *first = NULL, **last = &first;
	for (;;) {
		skip_newlines(r);
		if (r->failed || closes_list(r))
			return first;
		*last = read_chain(r);
		last = &(*last)->next;
	}
}

/* A line that is no shell text as far as this reader knows it. */
static struct node *read_strange(struct reader *r, size_t start)
{
	size_t from = r->at < r->text.n ? r->at : r->text.n;
	size_t end = from + str_find(str_tail(r->text, from), '\n');
	struct str line = str_slice(r->text, start, end);
	struct node *n = node_new(r, NODE_STRANGE);
	n->text = str_trim(str_slice(line, 0, str_find(line, '\n')), " \t\r");
	r->failed = false;
	r->depth = 0;
	r->heres_n = 0;
	r->at = end;
	token_next(r);
	return n;
}

struct node *grammar_read(struct arena *a, const struct source *source)
{
	struct reader r = {.a = a, .source = source, .text = source->text};
	struct node *first = NULL, **last = &first;
	size_t strange = 0, start = 0;
	token_next(&r);
	while (r.token.kind != END || r.failed) {
		skip_newlines(&r);
		start = r.token.text.p ? (size_t)(r.token.text.p - r.text.p) : r.at;
		if (r.token.kind == END && !r.failed)
			break;
		struct node *chain = r.failed || closes_list(&r) ? NULL : read_chain(&r);
		if (!chain || r.failed) {
			chain = read_strange(&r, start);
			/* Texts of another language are not read to their end. */
			if (++strange > STRANGE_MAX || r.nodes > NODES_MAX)
				r.at = r.text.n, r.token.kind = END;
		}
		*last = chain;
		last = &chain->next;
	}
	return first;
}
