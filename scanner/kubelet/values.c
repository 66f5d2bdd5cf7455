/*
 * values.c - single values as Go reads and writes them: strconv.ParseBool and ParseInt with base 0,
 * klog's levels and severities, pflag's CSV lists, and the key=value maps of
 * k8s.io/component-base/cli/flag. A value comes out in one canonical spelling, or refused with
 * Go's words. Not supported: floats keep the spelling they came in.
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

/* klog's numbers: ParseInt(s, 10, 32). */
static bool decimal_text(struct arena *a, struct str in, struct str *out, struct str *problem)
{
	bool negative = str_starts(in, S("-"));
	struct str digits = str_tail(in, negative || str_starts(in, S("+")));
	uint64_t v;
	bool fits = str_u64(digits, &v) && v <= (uint64_t)INT32_MAX + negative;
	if (!fits)
		return refuse_number(a, "ParseInt", in, BAD_SYNTAX, problem);
	*out = str_fmt(a, "%s%llu", negative && v ? "-" : "", (unsigned long long)v);
	return true;
}

/* A name in any case, or a number. */
static bool severity_text(struct arena *a, struct str in, struct str *out, struct str *problem)
{
	static const char *const names[] = {"INFO", "WARNING", "ERROR", "FATAL"};
	for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (str_eq_nocase(in, str_from(names[i]))) {
			*out = str_fmt(a, "%u", i);
			return true;
		}
	}
	return decimal_text(a, in, out, problem);
}

/* "file.go:234", or nothing. */
static bool trace_text(struct str in, struct str *out, struct str *problem)
{
	struct str file, line;
	uint64_t v = 0;
	bool two = str_cut(in, ':', &file, &line) && str_find(file, '.') < file.n;
	bool negative = str_starts(line, S("-"));
	bool number = str_u64(str_tail(line, negative || str_starts(line, S("+"))), &v);
	*out = in;
	if (!in.n || (two && number && v && !negative))
		return true;
	*problem = two && number ? S("negative or zero value for level")
				 : S("syntax error: expect file.go:234");
	return false;
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

/* Leading zeros are decimal here, as in ParseIPSloppy. */
static bool is_ipv4(struct str s)
{
	struct str part;
	for (size_t i = 0; i < 4; i++) {
		uint64_t v;
		bool more = str_cut(s, '.', &part, &s);
		if (more != (i < 3) || !str_u64(part, &v) || v > 255)
			return false;
	}
	return true;
}

static bool address_text(struct arena *a, struct str in, struct str *out, struct str *problem)
{
	unsigned char room[16];
	*out = in;
	if (is_ipv4(in) || inet_pton(AF_INET6, str_z(a, in), room) == 1)
		return true;
	*problem = str_fmt(a, "\"%" PRIstr "\" is not a valid IP address", ARG(in));
	return false;
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
	case FORM_INT32: return signed_text(a, 32, in, out, problem);
	case FORM_LEVEL: return decimal_text(a, in, out, problem);
	case FORM_SEVERITY: return severity_text(a, in, out, problem);
	case FORM_TRACE: return trace_text(in, out, problem);
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

/* ---- one record of Go's encoding/csv ---- */

/* Without the carriage returns that stand before a line feed or at the end, and without the empty
 * lines before the record. */
static struct str csv_lines(struct arena *a, struct str in)
{
	char *p = arena_alloc(a, 1, in.n + 1);
	size_t n = 0, blank = 0;
	for (size_t i = 0; i < in.n; i++)
		if (in.p[i] != '\r' || (i + 1 < in.n && in.p[i + 1] != '\n'))
			p[n++] = in.p[i];
	while (blank < n && p[blank] == '\n')
		blank++;
	return (struct str){p + blank, n - blank};
}

/* Where the quote is that closes it; "" stands for one. */
static size_t csv_close(struct str s)
{
	size_t at = 0;
	while (at < s.n && (s.p[at] != '"' || (at + 1 < s.n && s.p[at + 1] == '"')))
		at += s.p[at] == '"' ? 2 : 1;
	return at < s.n ? at : s.n;
}

static bool csv_quoted(struct arena *a, struct str *rest, struct str *out)
{
	struct str s = str_tail(*rest, 1);
	size_t end = csv_close(s), n = 0;
	char *p = arena_alloc(a, 1, end + 1);
	for (size_t at = 0; at < end; at++) {
		at += s.p[at] == '"';
		p[n++] = s.p[at];
	}
	*out = (struct str){p, n};
	*rest = str_tail(s, end + 1);
	return end < s.n && (!rest->n || rest->p[0] == ',' || rest->p[0] == '\n');
}

static bool csv_field(struct arena *a, struct str *rest, struct str *out, struct str *problem)
{
	size_t n = 0;
	if (rest->n && rest->p[0] == '"') {
		*problem = S("parse error on line 1: extraneous or missing \" in quoted-field");
		return csv_quoted(a, rest, out);
	}
	while (n < rest->n && rest->p[n] != ',' && rest->p[n] != '\n')
		n++;
	*out = str_slice(*rest, 0, n);
	*rest = str_tail(*rest, n);
	*problem = S("parse error on line 1: bare \" in non-quoted-field");
	return str_find(*out, '"') == n;
}

static bool split_csv(struct arena *a, struct str in, struct flag_items *out, struct str *problem)
{
	struct str rest = csv_lines(a, in);
	if (!in.n)
		return true;
	*problem = S("EOF");
	bool more = rest.n > 0, right = more;
	while (more && right) {
		struct flag_item item = {0};
		right = csv_field(a, &rest, &item.value, problem);
		*vec_push(a, out) = item;
		more = rest.n && rest.p[0] == ',';
		rest = str_tail(rest, 1);
	}
	return right;
}

/* ---- key=value ---- */

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
