/*
 * field.c - the fields of a reply's head: by name, Content-Range and Retry-After with the three
 * forms of a date (RFC 9110 sections 5, 5.6.7, 10.2.3 and 14.4). Lines that are folded, as RFC 7230
 * deprecated, end at their end of line.
 */
#include "field.h"

#include <string.h>

#include "arena.h"
#include "bytes.h"

enum { DATE_MAX = 64 };

static bool clean(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (((unsigned char)s.p[i] < ' ' && s.p[i] != '\t') || s.p[i] == 0x7F)
			return false;
	return true;
}

/* The next field of that name off the head of *fields. */
static bool next_field(struct str *fields, struct str name, struct str *value)
{
	struct str line, key, text;
	while (fields->n) {
		(void)str_cut(*fields, '\n', &line, fields);
		if (!str_cut(line, ':', &key, &text) || !str_eq_nocase(key, name))
			continue;
		*value = str_trim(text, " \t\r");
		if (clean(*value))
			return true;
	}
	return false;
}

struct str field_find(struct str fields, struct str name)
{
	struct str value = {0};
	(void)next_field(&fields, name, &value);
	return clean(value) ? value : S("");
}

struct str field_all(struct arena *a, struct str fields, struct str name)
{
	struct str all = {0}, value;
	while (next_field(&fields, name, &value))
		all = all.n ? str_fmt(a, "%" PRIstr ", %" PRIstr, ARG(all), ARG(value)) : value;
	return str_dup(a, all);
}

bool field_agrees(struct str fields, struct str name)
{
	struct str first, value;
	bool agrees = true;
	if (next_field(&fields, name, &first))
		while (next_field(&fields, name, &value))
			agrees &= str_eq(first, value);
	return agrees;
}

bool field_content_range(struct str value, struct content_range *out)
{
	struct content_range r = {.size = BLOB_UNSIZED};
	struct str unit, range, first, last, size;
	if (!str_cut(value, ' ', &unit, &range) || !str_eq_nocase(unit, S("bytes")) ||
	    !str_cut(str_trim(range, " "), '/', &range, &size) ||
	    !str_cut(range, '-', &first, &last))
		return false;
	if (!str_u64(first, &r.first) || !str_u64(last, &r.last) || r.last < r.first)
		return false;
	/* The greatest number stands for none, and behind it there is no length. */
	if (r.last == UINT64_MAX)
		return false;
	if (!str_eq(size, S("*")) &&
	    (!str_u64(size, &r.size) || r.last >= r.size || r.size == BLOB_UNSIZED))
		return false;
	*out = r;
	return true;
}

static bool date_of(struct str value, time_t *out)
{
	static const char *const forms[] = {
		"%a, %d %b %Y %H:%M:%S GMT",
		"%A, %d-%b-%y %H:%M:%S GMT",
		"%a %b %e %H:%M:%S %Y",
	};
	char text[DATE_MAX];
	if (value.n == 0 || value.n >= sizeof text)
		return false;
	memcpy(text, value.p, value.n);
	text[value.n] = 0;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		struct tm t = {0};
		const char *end = strptime(text, forms[i], &t);
		if (end && !*end) {
			*out = timegm(&t);
			return true;
		}
	}
	return false;
}

bool field_retry_after(struct str value, time_t now, uint64_t *ms)
{
	uint64_t seconds;
	time_t then;
	if (!str_u64(value, &seconds)) {
		if (!date_of(value, &then))
			return false;
		seconds = then > now ? (uint64_t)(then - now) : 0;
	}
	if (!mul_u64(seconds, 1000, ms) || *ms > UINT32_MAX)
		*ms = UINT32_MAX;
	return true;
}
