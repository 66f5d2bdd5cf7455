/*
 * arithmetic.c - $((…)) and (( … )): the integers of POSIX XCU 2.6.4, signed 64 bits. Not told are
 * assignments inside an expression, and whatever would overflow.
 */
#include "state.h"

enum { DEPTH_MAX = 30 };

struct sum {
	struct run *r;
	struct str text;
	size_t at;
	unsigned depth;
	bool bad;
};

static const struct level {
	const char *text;
	int level; /* the higher, the tighter */
} operators[] = {
	{"||", 1}, {"&&", 2}, {"==", 6}, {"!=", 6}, {"<=", 7}, {">=", 7},
	{"<<", 8}, {">>", 8}, {"<", 7},  {">", 7},  {"|", 3},  {"^", 4},
	{"&", 5},  {"+", 9},  {"-", 9},  {"*", 10}, {"/", 10}, {"%", 10},
};

static void skip_blanks(struct sum *s)
{
	while (s->at < s->text.n && (blank_is(s->text.p[s->at]) || s->text.p[s->at] == '\n'))
		s->at++;
}

static bool take(struct sum *s, char c)
{
	skip_blanks(s);
	if (s->at >= s->text.n || s->text.p[s->at] != c)
		return false;
	s->at++;
	return true;
}

static int64_t expression(struct sum *s, int level);

static int64_t number(struct sum *s)
{
	struct str rest = str_tail(s->text, s->at);
	size_t n = 0;
	uint64_t value = 0;
	while (n < rest.n && rest.p[n] >= '0' && rest.p[n] <= '9')
		n++;
	/* A leading 0 is octal, which nobody means. */
	s->bad |= !str_u64(str_slice(rest, 0, n), &value) || value > INT64_MAX ||
		  (n > 1 && rest.p[0] == '0');
	s->at += n;
	return (int64_t)value;
}

static int64_t variable(struct sum *s, struct str name)
{
	struct value v = parameter_value(s->r, name);
	int64_t out = 0;
	s->at += name.n;
	if (!is_told(v.untold))
		s->bad = true;
	else if (v.text.n && ++s->depth < DEPTH_MAX && s->r->depth < DEPTH_MAX) {
		struct sum inner = {.r = s->r, .text = v.text, .depth = s->depth};
		out = expression(&inner, 0);
		skip_blanks(&inner);
		s->bad |= inner.bad || inner.at < inner.text.n;
	}
	return out;
}

static int64_t primary(struct sum *s)
{
	int64_t v = 0;
	skip_blanks(s);
	struct str name = str_slice(s->text, s->at, s->at + name_span(str_tail(s->text, s->at)));
	if (++s->depth > DEPTH_MAX || !run_spend(s->r, 1, 0))
		s->bad = true;
	if (s->bad)
		return 0;
	if (take(s, '(')) {
		v = expression(s, 0);
		s->bad |= !take(s, ')');
	} else if (take(s, '!')) {
		v = !primary(s);
	} else if (take(s, '-')) {
		v = -primary(s);
	} else if (take(s, '+')) {
		v = primary(s);
	} else {
		v = name.n ? variable(s, name) : number(s);
	}
	s->depth--;
	return v;
}

static const struct level *operator_at(struct sum *s)
{
	skip_blanks(s);
	struct str rest = str_tail(s->text, s->at);
	for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
		if (str_starts(rest, str_from(operators[i].text)))
			return &operators[i];
	return NULL;
}

static int64_t compare(struct str op, int64_t a, int64_t b)
{
	if (str_eq(op, S("==")))
		return a == b;
	if (str_eq(op, S("!=")))
		return a != b;
	if (str_eq(op, S("<=")))
		return a <= b;
	if (str_eq(op, S(">=")))
		return a >= b;
	if (str_eq(op, S("<")))
		return a < b;
	return a > b;
}

static int64_t apply(struct sum *s, struct str op, int64_t a, int64_t b)
{
	int64_t out = 0;
	char c = op.p[0];
	if (op.n == 2 && (c == '|' || c == '&'))
		return c == '|' ? a || b : a && b;
	if (op.n == 2 && (str_eq(op, S("<<")) || str_eq(op, S(">>")))) {
		s->bad |= a < 0 || b < 0 || b > 62 || (c == '<' && a > (INT64_MAX >> b));
		return s->bad ? 0 : c == '<' ? a << b : a >> b;
	}
	switch (op.n == 1 ? c : 0) {
	case '+': s->bad |= __builtin_add_overflow(a, b, &out); return out;
	case '-': s->bad |= __builtin_sub_overflow(a, b, &out); return out;
	case '*': s->bad |= __builtin_mul_overflow(a, b, &out); return out;
	case '/':
	case '%': s->bad |= b == 0 || b == -1; return s->bad ? 0 : c == '/' ? a / b : a % b;
	case '|': return a | b;
	case '^': return a ^ b;
	case '&': return a & b;
	default: return compare(op, a, b);
	}
}

static int64_t expression(struct sum *s, int level)
{
	int64_t left = primary(s);
	const struct level *op;
	while (!s->bad && (op = operator_at(s)) && op->level > level) {
		struct str text = str_from(op->text);
		s->at += text.n;
		/* += and its like */
		s->bad |= s->at < s->text.n && s->text.p[s->at] == '=';
		int64_t right = expression(s, op->level);
		left = apply(s, text, left, right);
	}
	return left;
}

bool arithmetic_value(struct run *r, struct str text, int64_t *out)
{
	struct sum s = {.r = r, .text = text};
	*out = expression(&s, 0);
	skip_blanks(&s);
	return !s.bad && s.at == text.n;
}
