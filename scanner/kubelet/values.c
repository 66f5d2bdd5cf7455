/*
 * values.c - single values as Go reads and writes them: strconv.ParseBool and ParseInt with base 0,
 * time.ParseDuration and Duration.String, pflag's CSV lists, and the key=value maps of
 * k8s.io/component-base/cli/flag. A value comes out in one canonical spelling, or refused with
 * Go's words. Not supported: durations beyond 292 years are refused as Go does, but fractions are
 * cut to the nanosecond without its rounding.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "options.h"

bool go_bool(struct str s, bool *out)
{
	static const char *const yes[] = {"1", "t", "T", "TRUE", "true", "True"};
	static const char *const no[] = {"0", "f", "F", "FALSE", "false", "False"};
	for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
		*out = str_eq(s, str_from(yes[i]));
		if (*out || str_eq(s, str_from(no[i])))
			return true;
	}
	return false;
}

static unsigned digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'z' ? (unsigned)(c - 'a' + 10) : 99;
}

/* Go allows '_' between digits and after a base prefix, when the base comes from the text. */
static bool underscores_ok(struct str s, bool prefixed)
{
	bool before = prefixed;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '_' && (!before || i + 1 == s.n || s.p[i + 1] == '_'))
			return false;
		before = s.p[i] != '_';
	}
	return true;
}

/* ParseInt(s, 0, bits), or ParseUint: what is refused for its form, what for its size. */
enum parsed { PARSED, BAD_SYNTAX, OUT_OF_RANGE };

static enum parsed parse_magnitude(struct str s, uint64_t *out)
{
	unsigned base = 10;
	bool prefixed = s.n > 1 && s.p[0] == '0';
	if (prefixed) {
		char c = (char)(s.p[1] | 0x20);
		base = c == 'x' ? 16 : c == 'b' ? 2 : 8;
		s = str_tail(s, c == 'x' || c == 'b' || c == 'o' ? 2 : 1);
	}
	if (!s.n || !underscores_ok(s, prefixed))
		return BAD_SYNTAX;
	uint64_t v = 0;
	bool over = false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '_')
			continue;
		if (digit(s.p[i]) >= base)
			return BAD_SYNTAX;
		over |= __builtin_mul_overflow(v, (uint64_t)base, &v) ||
			__builtin_add_overflow(v, (uint64_t)digit(s.p[i]), &v);
	}
	*out = v;
	return over ? OUT_OF_RANGE : PARSED;
}

static enum parsed parse_int(struct str s, unsigned bits, struct str *sign, uint64_t *v)
{
	bool negative = s.n && s.p[0] == '-';
	bool plus = s.n && s.p[0] == '+';
	enum parsed p = parse_magnitude(str_tail(s, negative || plus), v);
	uint64_t most = (uint64_t)1 << (bits - 1);
	if (p == PARSED && (negative ? *v > most : *v >= most))
		p = OUT_OF_RANGE;
	*sign = negative && *v ? S("-") : S("");
	return p;
}

static bool refuse_number(struct arena *a, const char *call, struct str in, enum parsed p,
			  struct str *problem)
{
	*problem = str_fmt(a, "strconv.%s: parsing \"%" PRIstr "\": %s", call, ARG(in),
			   p == BAD_SYNTAX ? "invalid syntax" : "value out of range");
	return false;
}

static bool signed_text(struct arena *a, unsigned bits, struct str in, struct str *out,
			struct str *problem)
{
	struct str sign;
	uint64_t v = 0;
	enum parsed p = parse_int(in, bits, &sign, &v);
	if (p != PARSED)
		return refuse_number(a, "ParseInt", in, p, problem);
	*out = str_fmt(a, "%" PRIstr "%llu", ARG(sign), (unsigned long long)v);
	return true;
}

static bool unsigned_text(struct arena *a, struct str in, struct str *out, struct str *problem)
{
	uint64_t v = 0;
	enum parsed p = parse_magnitude(in, &v);
	if (p != PARSED)
		return refuse_number(a, "ParseUint", in, p, problem);
	*out = str_fmt(a, "%llu", (unsigned long long)v);
	return true;
}

/* ---- durations ---- */

static size_t unit_of(struct str s, uint64_t *ns)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {
		{"ns", 1},       {"us", 1000},      {"\xC2\xB5s", 1000}, {"\xCE\xBCs", 1000},
		{"ms", 1000000}, {"s", 1000000000}, {"m", 60000000000},  {"h", 3600000000000},
	};
	size_t n = 0;
	while (n < s.n && s.p[n] != '.' && !(s.p[n] >= '0' && s.p[n] <= '9'))
		n++;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		if (str_eq(str_slice(s, 0, n), str_from(units[i].name))) {
			*ns = units[i].ns;
			return n;
		}
	}
	return 0;
}

/* One "1.5h" of it: digits, a fraction, a unit. */
static size_t duration_part(struct str s, uint64_t *total)
{
	uint64_t whole = 0, ns = 0, part = 0, scale = 1;
	size_t at = 0, digits = 0;
	for (; at < s.n && s.p[at] >= '0' && s.p[at] <= '9'; at++, digits++)
		if (__builtin_mul_overflow(whole, (uint64_t)10, &whole) ||
		    __builtin_add_overflow(whole, (uint64_t)(s.p[at] - '0'), &whole))
			return 0;
	if (at < s.n && s.p[at] == '.') {
		for (at++; at < s.n && s.p[at] >= '0' && s.p[at] <= '9'; at++, digits++) {
			if (scale >= 1000000)
				continue; /* further digits are below a nanosecond of an hour */
			part = part * 10 + (uint64_t)(s.p[at] - '0');
			scale *= 10;
		}
	}
	size_t unit = digits ? unit_of(str_tail(s, at), &ns) : 0;
	if (!unit || __builtin_mul_overflow(whole, ns, &whole) ||
	    __builtin_add_overflow(*total, whole, total) ||
	    __builtin_add_overflow(*total, part * ns / scale, total))
		return 0;
	return at + unit;
}

bool go_duration(struct str s, int64_t *out)
{
	bool negative = s.n && s.p[0] == '-';
	struct str rest = str_tail(s, negative || (s.n && s.p[0] == '+'));
	uint64_t total = 0;
	if (str_eq(rest, S("0"))) {
		*out = 0;
		return true;
	}
	if (!rest.n)
		return false;
	while (rest.n) {
		size_t n = duration_part(rest, &total);
		if (!n || total > (uint64_t)INT64_MAX)
			return false;
		rest = str_tail(rest, n);
	}
	*out = negative ? -(int64_t)total : (int64_t)total;
	return true;
}

/* A number of `places` decimal places without its trailing zeros. */
static struct str fraction(struct arena *a, uint64_t v, uint64_t scale, const char *unit)
{
	struct str s = str_fmt(a, "%llu", (unsigned long long)(v / scale));
	if (v % scale) {
		struct str part = str_fmt(a, "%llu", (unsigned long long)(v % scale + scale));
		s = str_fmt(a, "%" PRIstr ".%" PRIstr, ARG(s), ARG(str_tail(part, 1)));
		while (str_ends(s, S("0")))
			s.n--;
	}
	return str_cat(a, s, str_from(unit));
}

struct str go_duration_text(struct arena *a, int64_t ns)
{
	uint64_t v = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
	const uint64_t second = 1000000000;
	struct str text;
	if (!v)
		return S("0s");
	if (v < second) {
		uint64_t scale = v < 1000 ? 1 : v < 1000000 ? 1000 : 1000000;
		text = fraction(a, v, scale, v < 1000 ? "ns" : v < 1000000 ? "\xC2\xB5s" : "ms");
	} else {
		uint64_t minutes = v / (60 * second);
		text = fraction(a, v % (60 * second), second, "s");
		if (minutes)
			text = str_fmt(a, "%um%" PRIstr, (unsigned)(minutes % 60), ARG(text));
		if (minutes >= 60)
			text = str_fmt(a, "%lluh%" PRIstr, (unsigned long long)(minutes / 60),
				       ARG(text));
	}
	return ns < 0 ? str_cat(a, S("-"), text) : text;
}

static bool duration_text(struct arena *a, struct str in, struct str *out, struct str *problem)
{
	int64_t ns;
	if (!go_duration(in, &ns)) {
		*problem = str_fmt(a, "time: invalid duration \"%" PRIstr "\"", ARG(in));
		return false;
	}
	*out = go_duration_text(a, ns);
	return true;
}

/* ---- flags ---- */

static bool bool_text(struct arena *a, struct str in, struct str *out, struct str *problem)
{
	bool v;
	if (!go_bool(in, &v))
		return refuse_number(a, "ParseBool", in, BAD_SYNTAX, problem);
	*out = v ? S("true") : S("false");
	return true;
}

static bool float_text(struct arena *a, struct str in, struct str *out, struct str *problem)
{
	char *z = str_z(a, in), *end;
	strtod(z, &end);
	if (!in.n || *end || end != z + in.n)
		return refuse_number(a, "ParseFloat", in, BAD_SYNTAX, problem);
	*out = in;
	return true;
}

static bool address_text(struct arena *a, struct str in, struct str *out, struct str *problem)
{
	unsigned char room[16];
	char *z = str_z(a, str_trim(in, " "));
	if (inet_pton(AF_INET, z, room) != 1 && inet_pton(AF_INET6, z, room) != 1) {
		*problem = str_fmt(a, "failed to parse IP: \"%" PRIstr "\"", ARG(in));
		return false;
	}
	*out = str_trim(in, " ");
	return true;
}

static bool version_text(struct arena *a, struct str in, struct str *out, struct str *problem)
{
	if (str_eq(in, S("raw")) || str_starts(in, S("v"))) {
		*out = in;
		return true;
	}
	return bool_text(a, in, out, problem);
}

bool flag_scalar(struct arena *a, enum form form, struct str in, struct str *out,
		 struct str *problem)
{
	switch (form) {
	case FORM_BOOL: return bool_text(a, in, out, problem);
	case FORM_INT32:
	case FORM_LEVEL: return signed_text(a, 32, in, out, problem);
	case FORM_INT64: return signed_text(a, 64, in, out, problem);
	case FORM_UINT32:
	case FORM_UINT64: return unsigned_text(a, in, out, problem);
	case FORM_FLOAT: return float_text(a, in, out, problem);
	case FORM_ADDRESS: return address_text(a, in, out, problem);
	case FORM_DURATION: return duration_text(a, in, out, problem);
	case FORM_VERSION: return version_text(a, in, out, problem);
	case FORM_NO:
	case FORM_STRING:
	case FORM_LIST:
	case FORM_TAINTS:
	case FORM_MEMORY:
	case FORM_PATTERNS:
	case FORM_PAIRS:
	case FORM_LABELS:
	case FORM_LANGLE:
	case FORM_GATES:
	case FORM_HEADERS:
	case FORM_OBJECTS:
	case FORM_ANY: break;
	}
	*out = in;
	return true;
}

bool form_is_list(enum form form)
{
	return form == FORM_LIST || form == FORM_OBJECTS || form_is_objects(form);
}

bool form_is_objects(enum form form)
{
	return form == FORM_TAINTS || form == FORM_MEMORY || form == FORM_PATTERNS;
}

bool form_is_map(enum form form)
{
	return form == FORM_PAIRS || form == FORM_LABELS || form == FORM_LANGLE ||
	       form == FORM_GATES || form == FORM_HEADERS;
}

/* One field of Go's encoding/csv: bare, or in quotes with "" for a quote. */
static bool csv_field(struct arena *a, struct str *rest, struct str *out, struct str *problem)
{
	struct str s = *rest;
	size_t at = 0, n = 0;
	char *p = arena_alloc(a, 1, s.n + 1);
	bool quoted = s.n && s.p[0] == '"';
	for (at = quoted; at < s.n; at++) {
		if (quoted && s.p[at] == '"') {
			if (at + 1 >= s.n || s.p[at + 1] != '"')
				break;
			at++;
		} else if (!quoted && s.p[at] == ',') {
			break;
		} else if (!quoted && s.p[at] == '"') {
			*problem = S("parse error on line 1: bare \" in non-quoted-field");
			return false;
		}
		p[n++] = s.p[at];
	}
	if (quoted && (at == s.n || (at + 1 < s.n && s.p[at + 1] != ','))) {
		*problem = S("parse error on line 1: extraneous or missing \" in quoted-field");
		return false;
	}
	*out = (struct str){p, n};
	*rest = str_tail(s, at + quoted);
	return true;
}

static bool split_csv(struct arena *a, struct str in, struct flag_items *out, struct str *problem)
{
	struct str rest = in;
	if (!in.n)
		return true;
	for (;;) {
		struct flag_item item = {0};
		if (!csv_field(a, &rest, &item.value, problem))
			return false;
		*vec_push(a, out) = item;
		if (!rest.n)
			return true;
		rest = str_tail(rest, 1);
	}
}

static bool split_pair(struct arena *a, enum form form, struct str part, struct flag_item *item,
		       struct str *problem)
{
	char between = form == FORM_LANGLE ? '<' : form == FORM_HEADERS ? ':' : '=';
	if (!str_cut(part, between, &item->key, &item->value) && form != FORM_LABELS) {
		*problem = str_fmt(a, "malformed pair, expect %s",
				   form == FORM_LANGLE    ? "string<string"
				   : form == FORM_HEADERS ? "string:string"
				   : form == FORM_GATES   ? "string=bool"
							  : "string=string");
		return false;
	}
	item->key = str_trim(item->key, " \t\r\n");
	item->value = str_trim(item->value, " \t\r\n");
	bool v = false;
	if (form != FORM_GATES)
		return true;
	if (!go_bool(item->value, &v)) {
		*problem =
			str_fmt(a,
				"invalid value of %" PRIstr ": %" PRIstr
				", err: strconv.ParseBool: parsing \"%" PRIstr "\": invalid syntax",
				ARG(item->key), ARG(item->value), ARG(item->value));
		return false;
	}
	item->value = v ? S("true") : S("false");
	return true;
}

bool flag_split(struct arena *a, enum form form, struct str in, struct flag_items *out,
		struct str *problem)
{
	if (form == FORM_LIST)
		return split_csv(a, in, out, problem);
	if (form_is_objects(form))
		return objects_split(a, form, in, out, problem);
	struct str rest = in, part;
	while (rest.n) {
		struct flag_item item = {0};
		str_cut(rest, ',', &part, &rest);
		if (!part.n)
			continue;
		if (!split_pair(a, form, part, &item, problem))
			return false;
		*vec_push(a, out) = item;
	}
	return true;
}
