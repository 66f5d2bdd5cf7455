/*
 * yaml_scalar.c - a YAML scalar into null, boolean, number or string, by go-yaml v2 (resolve.go)
 * and the step to JSON of sigs.k8s.io/yaml: yes/no/on/off and y/n are booleans, integers take
 * Go's base prefixes and underscores, numbers come out as JSON writes them, infinities are refused.
 */
#include "yaml_scalar.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"

enum { NUMBER_MAX = 400 }; /* longer digits are text to us; go-yaml would call them infinite */

static bool one_of(struct str s, const char *const *words)
{
	for (; *words; words++)
		if (str_eq(s, str_from(*words)))
			return true;
	return false;
}

static const char *const TRUE_WORDS[] = {"y",    "Y",    "yes", "Yes", "YES", "true",
					 "True", "TRUE", "on",  "On",  "ON",  NULL};
static const char *const FALSE_WORDS[] = {"n",     "N",     "no",  "No",  "NO",  "false",
					  "False", "FALSE", "off", "Off", "OFF", NULL};
static const char *const NULL_WORDS[] = {"", "~", "null", "Null", "NULL", NULL};
static const char *const INFINITE_WORDS[] = {".nan",  ".NaN",  ".NAN",  ".inf",  ".Inf",
					     ".INF",  "+.inf", "+.Inf", "+.INF", "-.inf",
					     "-.Inf", "-.INF", NULL};

static unsigned digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : 99;
}

/* strconv.ParseInt and ParseUint with base 0, underscores already gone. */
static bool parse_int(struct str s, bool *negative, uint64_t *out)
{
	unsigned base = 10;
	*negative = s.n && s.p[0] == '-';
	bool sign = s.n && (s.p[0] == '-' || s.p[0] == '+');
	s = str_tail(s, sign);
	if (s.n > 1 && s.p[0] == '0') {
		char c = (char)(s.p[1] | 0x20);
		base = c == 'x' ? 16 : c == 'b' ? 2 : 8;
		s = str_tail(s, c == 'x' || c == 'b' || c == 'o' ? 2 : 1);
	}
	uint64_t v = 0;
	for (size_t i = 0; i < s.n; i++) {
		unsigned d = digit(s.p[i]);
		if (d >= base || __builtin_mul_overflow(v, (uint64_t)base, &v) ||
		    __builtin_add_overflow(v, (uint64_t)d, &v))
			return false;
	}
	*out = v;
	uint64_t most = (uint64_t)INT64_MAX;
	return s.n && v <= (*negative ? most + 1 : sign ? most : UINT64_MAX);
}

static size_t digits(struct str s, size_t at)
{
	size_t n = 0;
	while (at + n < s.n && s.p[at + n] >= '0' && s.p[at + n] <= '9')
		n++;
	return n;
}

/* ^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$ */
static bool float_shape(struct str s)
{
	size_t at = s.n && (s.p[0] == '-' || s.p[0] == '+');
	size_t whole = digits(s, at);
	at += whole;
	if (at < s.n && s.p[at] == '.') {
		size_t part = digits(s, at + 1);
		if (!whole && !part)
			return false;
		at += 1 + part;
	} else if (!whole) {
		return false;
	}
	if (at < s.n && (s.p[at] | 0x20) == 'e') {
		at++;
		at += at < s.n && (s.p[at] == '-' || s.p[at] == '+');
		size_t power = digits(s, at);
		if (!power)
			return false;
		at += power;
	}
	return at == s.n;
}

/* As encoding/json writes a float64: the shortest that reads back, exponents for the far ends. */
static struct str float_text(struct arena *a, double v)
{
	char buf[64];
	for (int precision = 1; precision <= 17; precision++) {
		snprintf(buf, sizeof buf, "%.*g", precision, v);
		if (strtod(buf, NULL) == v)
			break;
	}
	double size = fabs(v);
	if (size == 0 || (size >= 1e-6 && size < 1e21)) {
		for (int places = 0; places <= 25; places++) {
			snprintf(buf, sizeof buf, "%.*f", places, v);
			if (strtod(buf, NULL) == v)
				break;
		}
	}
	return str_dup(a, str_from(buf));
}

static struct str without_underscores(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, 1, s.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '_')
			p[n++] = s.p[i];
	return (struct str){p, n};
}

static bool number(struct arena *a, struct str in, struct str *out, bool *whole)
{
	if (in.n > NUMBER_MAX)
		return false;
	struct str plain = in.p[0] == '.' ? in : without_underscores(a, in);
	bool negative;
	uint64_t v;
	*whole = in.p[0] != '.' && parse_int(plain, &negative, &v);
	if (*whole) {
		*out = str_fmt(a, "%s%llu", negative && v ? "-" : "", (unsigned long long)v);
		return true;
	}
	if (!float_shape(plain))
		return false;
	double d = strtod(str_z(a, plain), NULL);
	if (isinf(d))
		return false;
	*out = float_text(a, d);
	return true;
}

struct meaning {
	enum doc_kind kind;
	struct str text;
	const char *tag; /* what it is, in YAML's word */
	bool infinite;
};

static struct meaning meaning_of(struct arena *a, struct str in)
{
	static const char hints[] = "+-0123456789yYnNtTfFoO~.";
	struct meaning string = {.kind = DOC_STRING, .text = in, .tag = "str"};
	if (in.n && !memchr(hints, in.p[0], sizeof hints - 1))
		return string;
	if (one_of(in, TRUE_WORDS))
		return (struct meaning){.kind = DOC_BOOL, .text = S("true"), .tag = "bool"};
	if (one_of(in, FALSE_WORDS))
		return (struct meaning){.kind = DOC_BOOL, .text = S("false"), .tag = "bool"};
	if (one_of(in, NULL_WORDS))
		return (struct meaning){.kind = DOC_NULL, .tag = "null"};
	struct meaning m = {.kind = DOC_NUMBER, .text = in, .tag = "float"};
	m.infinite = one_of(in, INFINITE_WORDS);
	bool whole;
	if (m.infinite)
		return m;
	if (!strchr("+-.0123456789", in.p[0]) || !number(a, in, &m.text, &whole))
		return string;
	m.tag = whole ? "int" : "float";
	return m;
}

static int sextet(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

/* base64.StdEncoding: padded, line ends anywhere. */
static bool from_base64(struct arena *a, struct str in, struct str *out)
{
	char *p = arena_alloc(a, 1, in.n + 1);
	size_t n = 0, digits = 0, pads = 0;
	uint32_t bits = 0;
	for (size_t i = 0; i < in.n; i++) {
		char c = in.p[i];
		if (c == '\r' || c == '\n')
			continue;
		if ((c != '=' && (pads || sextet(c) < 0)) || (c == '=' && ++pads > 2))
			return false;
		bits = bits << 6 | (uint32_t)(c == '=' ? 0 : sextet(c));
		if (++digits % 4 == 0)
			for (unsigned k = 0; k < 3; k++)
				p[n++] = (char)(bits >> (16 - 8 * k) & 255);
	}
	*out = (struct str){p, n - pads};
	return digits % 4 == 0;
}

/* json.Marshal puts U+FFFD for each byte that is no UTF-8. */
static struct str to_utf8(struct arena *a, struct str s)
{
	if (str_utf8(s))
		return s;
	char *p = arena_alloc(a, 3, s.n);
	size_t n = 0;
	while (s.n) {
		uint32_t c;
		size_t k = str_rune(s, &c);
		memcpy(p + n, k ? s.p : "\xEF\xBF\xBD", k ? k : 3);
		n += k ? k : 3;
		s = str_tail(s, k ? k : 1);
	}
	return (struct str){p, n};
}

static bool binary_resolve(struct arena *a, struct str in, enum doc_kind *kind, struct str *text,
			   struct str *problem)
{
	struct str bytes;
	if (!from_base64(a, in, &bytes)) {
		*problem = S("!!binary value contains invalid base64 data");
		return false;
	}
	*kind = DOC_STRING;
	*text = to_utf8(a, bytes);
	return true;
}

bool scalar_resolve(struct arena *a, const struct scalar *s, enum doc_kind *kind, struct str *text,
		    struct str *problem)
{
	struct str tag = s->tag;
	bool standard = str_starts(tag, S(YAML_TAG));
	struct str name = standard ? str_tail(tag, sizeof YAML_TAG - 1) : tag;
	static const char *const typed[] = {"bool", "int", "float", "null", NULL};
	struct meaning m = {.kind = DOC_STRING, .text = s->text, .tag = "str"};
	bool asked = standard && one_of(name, typed);
	if (standard && str_eq(name, S("binary")))
		return binary_resolve(a, s->text, kind, text, problem);
	if (asked || (!tag.n && s->plain))
		m = meaning_of(a, s->text);
	bool widened = str_eq(name, S("float")) && str_eq(str_from(m.tag), S("int"));
	if (asked && !widened && !str_eq(name, str_from(m.tag))) {
		*problem = str_fmt(a, "cannot decode !!%s `%" PRIstr "` as a !!%" PRIstr, m.tag,
				   ARG(s->text), ARG(name));
		return false;
	}
	if (m.infinite) {
		*problem = str_fmt(a, "json: unsupported value: %" PRIstr, ARG(s->text));
		return false;
	}
	*kind = m.kind;
	*text = m.text;
	return true;
}
