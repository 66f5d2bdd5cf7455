/*
 * condition.c - test, [ and [[ as far as words and the image decide; otherwise their status is not
 * told, and says why.
 *
 * POSIX XCU test, by the number of its arguments; bash(1) "Conditional Expressions". Not told: =~,
 * times and owners of files, what a terminal is.
 */
#include <string.h>

#include "state.h"

enum answer { NO, YES, MAYBE };

struct test {
	struct run *r;
	const struct source *source; /* of [[: its words are expanded when they are met */
	const struct texts *raw;
	const struct fields *fields; /* of [ */
	size_t at, end;
	unsigned depth;
	struct untold why;
	const struct origin *from;
};

static enum answer maybe(struct test *t, struct untold why)
{
	if (is_told(t->why))
		t->why = why;
	return MAYBE;
}

static enum answer yes_if(bool holds)
{
	return holds ? YES : NO;
}

static enum answer not(enum answer a) { return a == MAYBE ? MAYBE : yes_if(a == NO); }

/* As an operator, a word counts as it is written in [[, as it is expanded in [. */
static struct str operator_at(const struct test *t, size_t i)
{
	if (i >= t->end)
		return S("");
	return t->raw ? t->raw->at[i] : t->fields->at[i].value.text;
}

static struct field operand_at(struct test *t, size_t i)
{
	if (i >= t->end)
		return (struct field){.value = {.set = true}};
	return t->raw ? field_of_word(t->r, t->source, t->raw->at[i]) : t->fields->at[i];
}

static bool is(const struct test *t, size_t i, const char *word)
{
	return i < t->end && str_eq(operator_at(t, i), str_from(word));
}

/* ---- one word ---- */

static enum answer of_file(struct test *t, char letter, struct str path)
{
	struct seen s;
	if (!path.n)
		return NO;
	s = path_look(t->r, path, letter != 'L' && letter != 'h');
	if (s.there == PERHAPS)
		return maybe(t, s.untold);
	bool there = s.there == THERE;
	switch (letter) {
	case 'e':
	case 'a': return yes_if(there);
	case 'r':
	case 'w': return yes_if(there); /* units run as root */
	case 'f': return yes_if(there && s.kind == FILE_REGULAR);
	case 'd': return yes_if(there && s.kind == FILE_DIRECTORY);
	case 's': return yes_if(there && (s.size > 0 || s.kind == FILE_DIRECTORY));
	case 'x': return yes_if(there && (s.executable || s.kind == FILE_DIRECTORY));
	case 'L':
	case 'h': return yes_if(there && s.link);
	default: return MAYBE;
	}
}

static bool unary_operator(struct str op)
{
	return op.n == 2 && op.p[0] == '-' && strchr("abcdefghknoprstuvwxzGLNOSR", op.p[1]);
}

static enum answer unary(struct test *t, struct str op, struct field f)
{
	struct untold odd = {str_fmt(t->r->a, "test %" PRIstr, ARG(op)), t->from};
	if (!is_told(f.value.untold))
		return maybe(t, f.value.untold);
	switch (op.p[1]) {
	case 'n': return yes_if(f.value.text.n > 0);
	case 'z': return yes_if(f.value.text.n == 0);
	case 'v': {
		struct value v = parameter_value(t->r, f.value.text);
		return is_told(v.untold) ? yes_if(v.set) : maybe(t, v.untold);
	}
	default: break;
	}
	enum answer a = strchr("earwfdsxLh", op.p[1]) ? of_file(t, op.p[1], f.value.text) : MAYBE;
	return a == MAYBE ? maybe(t, odd) : a;
}

/* ---- two words ---- */

static bool integer(struct str s, int64_t *out)
{
	bool minus = str_starts(s, S("-"));
	uint64_t n;
	if (!str_u64(str_tail(s, minus), &n) || n > INT64_MAX)
		return false;
	*out = minus ? -(int64_t)n : (int64_t)n;
	return true;
}

static bool binary_operator(const struct test *t, struct str op)
{
	static const char *const names[] = {"=",   "==",  "!=",  "-eq", "-ne", "-lt", "-le",
					    "-gt", "-ge", "-nt", "-ot", "-ef", "<",   ">"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (str_eq(op, str_from(names[i])))
			return true;
	return t->raw && str_eq(op, S("=~"));
}

static enum answer by_number(struct str op, int64_t a, int64_t b)
{
	if (str_eq(op, S("-eq")))
		return yes_if(a == b);
	if (str_eq(op, S("-ne")))
		return yes_if(a != b);
	if (str_eq(op, S("-lt")))
		return yes_if(a < b);
	if (str_eq(op, S("-le")))
		return yes_if(a <= b);
	if (str_eq(op, S("-gt")))
		return yes_if(a > b);
	return str_eq(op, S("-ge")) ? yes_if(a >= b) : MAYBE;
}

static enum answer equal(struct test *t, const struct field *a, const struct field *b)
{
	if (!t->raw)
		return yes_if(str_eq(a->value.text, b->value.text));
	if (!pattern_plain(b->pattern))
		return maybe(
			t, (struct untold){str_fmt(t->r->a, "pattern %" PRIstr, ARG(b->value.text)),
					   t->from});
	return yes_if(pattern_match(t->r, b->pattern, a->value.text));
}

static enum answer binary(struct test *t, struct field a, struct str op, struct field b)
{
	int64_t x, y;
	bool eq = str_eq(op, S("=")) || str_eq(op, S("=="));
	if (!is_told(a.value.untold) || !is_told(b.value.untold))
		return maybe(t, is_told(a.value.untold) ? b.value.untold : a.value.untold);
	if (eq)
		return equal(t, &a, &b);
	if (str_eq(op, S("!=")))
		return not(equal(t, &a, &b));
	if (integer(a.value.text, &x) && integer(b.value.text, &y)) {
		enum answer answer = by_number(op, x, y);
		if (answer != MAYBE)
			return answer;
	}
	return maybe(t, (struct untold){str_fmt(t->r->a, "test %" PRIstr, ARG(op)), t->from});
}

/* ---- together ---- */

static enum answer either(struct test *t);

static enum answer primary(struct test *t)
{
	struct str op = operator_at(t, t->at);
	size_t left = t->end - t->at;
	if (t->at >= t->end || t->depth > 40)
		return maybe(t, (struct untold){S("a test that is not followed"), t->from});
	if (left > 2 && binary_operator(t, operator_at(t, t->at + 1))) {
		size_t at = t->at;
		t->at += 3;
		return binary(t, operand_at(t, at), operator_at(t, at + 1), operand_at(t, at + 2));
	}
	if (left > 1 && str_eq(op, S("!"))) {
		t->at++;
		t->depth++;
		enum answer a = not(primary(t));
		t->depth--;
		return a;
	}
	if (left > 2 && str_eq(op, S("("))) {
		t->at++;
		t->depth++;
		enum answer a = either(t);
		t->depth--;
		if (!is(t, t->at, ")"))
			return maybe(t, (struct untold){S("a test that is not followed"), t->from});
		t->at++;
		return a;
	}
	if (left > 1 && unary_operator(op)) {
		t->at += 2;
		return unary(t, op, operand_at(t, t->at - 1));
	}
	struct field f = operand_at(t, t->at++);
	return is_told(f.value.untold) ? yes_if(f.value.text.n > 0) : maybe(t, f.value.untold);
}

/* What a word that is not reached holds does not matter: NO && … is NO. */
static enum answer both(struct test *t)
{
	enum answer a = primary(t);
	while (is(t, t->at, t->raw ? "&&" : "-a") && !t->r->lost) {
		t->at++;
		enum answer b = primary(t);
		a = a == NO || b == NO ? NO : a == MAYBE || b == MAYBE ? MAYBE : YES;
	}
	return a;
}

static enum answer either(struct test *t)
{
	enum answer a = both(t);
	while (is(t, t->at, t->raw ? "||" : "-o") && !t->r->lost) {
		t->at++;
		enum answer b = both(t);
		a = a == YES || b == YES ? YES : a == MAYBE || b == MAYBE ? MAYBE : NO;
	}
	return a;
}

static void judge(struct test *t)
{
	enum answer a = t->at == t->end ? NO : either(t);
	if (t->at < t->end)
		a = maybe(t, (struct untold){S("a test that is not followed"), t->from});
	if (a == MAYBE)
		status_untold(t->r, t->why);
	else
		status_set(t->r, a == NO);
}

void run_test(struct run *r, const struct call *c)
{
	struct test t = {
		.r = r, .fields = &c->fields, .at = 1, .end = c->fields.n, .from = c->from};
	struct untold why = {0};
	/* A bare word that cannot be told may be none or several. */
	for (size_t i = 1; i < c->fields.n && is_told(why); i++)
		if (c->fields.at[i].open)
			why = c->fields.at[i].value.untold;
	if (str_eq(call_word(c, 0), S("["))) {
		if (!str_eq(call_word(c, c->fields.n - 1), S("]"))) {
			status_set(r, 2);
			return;
		}
		t.end--;
	}
	if (is_told(why))
		judge(&t);
	else
		status_untold(r, why);
}

void run_double_test(struct run *r, const struct node *n)
{
	struct test t = {.r = r,
			 .source = n->source,
			 .raw = &n->words,
			 .end = n->words.n,
			 .from = source_place(r, n->source, n->text)};
	judge(&t);
}
