/*
 * durations.c - Go's time.ParseDuration and Duration.String, to the nanosecond: a fraction goes
 * through a float64, as it does there.
 */
#include "arena.h"
#include "options.h"

static const uint64_t MOST = (uint64_t)1 << 63; /* only a negative one may be as long */

static bool is_digit(struct str s, size_t at)
{
	return at < s.n && s.p[at] >= '0' && s.p[at] <= '9';
}

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
	while (n < s.n && s.p[n] != '.' && !is_digit(s, n))
		n++;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		if (str_eq(str_slice(s, 0, n), str_from(units[i].name))) {
			*ns = units[i].ns;
			return n;
		}
	}
	return 0;
}

/* Digits that would make it overflow are read and do not count. */
static size_t fraction_of(struct str s, uint64_t *part, double *scale)
{
	size_t at = 0;
	bool full = false;
	for (; is_digit(s, at); at++) {
		uint64_t next = *part * 10 + (uint64_t)(s.p[at] - '0');
		full = full || *part > (MOST - 1) / 10 || next > MOST;
		if (full)
			continue;
		*part = next;
		*scale *= 10;
	}
	return at;
}

/* One "1.5h" of it: digits, a fraction, a unit. */
static size_t duration_part(struct str s, uint64_t *total)
{
	uint64_t v = 0, ns = 0, part = 0;
	double scale = 1;
	size_t at = 0, digits = 0;
	for (; is_digit(s, at); at++, digits++)
		if (__builtin_mul_overflow(v, (uint64_t)10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(s.p[at] - '0'), &v))
			return 0;
	if (at < s.n && s.p[at] == '.') {
		size_t n = fraction_of(str_tail(s, at + 1), &part, &scale);
		digits += n;
		at += n + 1;
	}
	size_t unit = digits ? unit_of(str_tail(s, at), &ns) : 0;
	if (!unit || __builtin_mul_overflow(v, ns, &v) || v > MOST)
		return 0;
	v += (uint64_t)((double)part * ((double)ns / scale));
	if (v > MOST || __builtin_add_overflow(*total, v, total) || *total > MOST)
		return 0;
	return at + unit;
}

bool go_duration(struct str s, int64_t *out)
{
	bool negative = s.n && s.p[0] == '-';
	struct str rest = str_tail(s, negative || (s.n && s.p[0] == '+'));
	uint64_t total = 0;
	*out = 0;
	if (str_eq(rest, S("0")))
		return true;
	if (!rest.n)
		return false;
	while (rest.n) {
		size_t n = duration_part(rest, &total);
		if (!n)
			return false;
		rest = str_tail(rest, n);
	}
	if (total == MOST && !negative)
		return false;
	*out = total == MOST ? INT64_MIN : negative ? -(int64_t)total : (int64_t)total;
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
