/*
 * report.c - what all formats share: the table of formats, counts of verdicts, and the rule by
 * which secrets are masked.
 */
#include "report.h"

#include <string.h>

#include "arena.h"
#include "formats.h"

static void count(const struct target_report *t, struct report_counts *n)
{
	size_t *const by_verdict[] = {&n->pass, &n->fail, &n->unknown, &n->not_applicable};
	n->errors += t->error.kind != ERR_NONE;
	for (size_t i = 0; i < t->findings.n; i++) {
		++*by_verdict[t->findings.at[i].verdict];
		n->provisional += t->findings.at[i].provisional;
		n->waived += t->findings.at[i].waiver != NULL;
		n->known += !t->findings.at[i].waiver && t->findings.at[i].known;
	}
}

struct report_counts target_count(const struct target_report *t)
{
	struct report_counts n = {0};
	count(t, &n);
	return n;
}

struct report_counts report_count(const struct report *r)
{
	struct report_counts n = {0};
	for (size_t i = 0; i < r->targets.n; i++)
		count(&r->targets.at[i], &n);
	return n;
}

const char *difference_name(enum difference_kind kind)
{
	static const char *const names[] = {"launch", "verdict", "setting", "word"};
	return names[kind];
}

const struct report_format *report_formats(size_t *n)
{
	static const struct report_format formats[] = {
#define X(id, name, kinds, about) {name, kinds, about, write_##id},
		FORMATS(X)
#undef X
	};
	*n = sizeof formats / sizeof *formats;
	return formats;
}

const struct report_format *report_format_find(struct str name)
{
	size_t n;
	const struct report_format *all = report_formats(&n);
	for (size_t i = 0; i < n; i++)
		if (str_eq(str_from(all[i].name), name))
			return &all[i];
	return NULL;
}

bool report_format_shows(const struct report_format *f, enum report_kind kind)
{
	return f->kinds >> kind & 1;
}

/* ---- secrets ---- */

static bool name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-' || c == '.';
}

static bool has_nocase(struct str s, struct str part)
{
	for (size_t i = 0; i + part.n <= s.n; i++)
		if (str_eq_nocase(str_slice(s, i, i + part.n), part))
			return true;
	return false;
}

/* Headers of --manifest-url-header carry credentials; a ...SecretChangeDetectionStrategy is none.
 */
static bool secret_name(struct str name)
{
	static const char *const words[] = {"token",  "password",  "passwd",
					    "secret", "bootstrap", "url-header"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (has_nocase(name, str_from(words[i])) && !has_nocase(name, S("strategy")))
			return true;
	return has_nocase(name, S("URLHeader"));
}

/* A path, a number or duration, a truth value, a variable: nothing that opens a door. */
static bool harmless(struct str value)
{
	if (value.n == 0 || value.p[0] == '/' || value.p[0] == '$' || value.p[0] == '-' ||
	    value.p[0] == '{' || value.p[0] == '[')
		return true;
	if (str_eq_nocase(value, S("true")) || str_eq_nocase(value, S("false")))
		return true;
	bool number = value.p[0] >= '0' && value.p[0] <= '9';
	return number && str_trim(value, "0123456789.hmsu").n == 0;
}

/* Where the value of a name that ends at `at` lies; an empty slice when none follows. */
static struct str value_after(struct str line, size_t at, bool flag)
{
	if (at < line.n && strchr("\"'", line.p[at]))
		at++;
	size_t sign = at;
	while (sign < line.n && strchr(" \t", line.p[sign]))
		sign++;
	bool given = sign < line.n && strchr("=:", line.p[sign]);
	if (given)
		sign++;
	else if (!flag || sign == at)
		return (struct str){0};
	while (sign < line.n && strchr(" \t", line.p[sign]))
		sign++;
	bool quoted = sign < line.n && strchr("\"'", line.p[sign]);
	const char stop = quoted ? line.p[sign++] : ' ';
	size_t end = sign;
	while (end < line.n && line.p[end] != stop && (quoted || !strchr("\t\"',", line.p[end])))
		end++;
	return str_slice(line, sign, end);
}

struct str report_mask(struct arena *a, struct str line)
{
	char *masked = NULL;
	for (size_t i = 0; i < line.n;) {
		size_t end = i;
		while (end < line.n && name_byte(line.p[end]))
			end++;
		if (end == i) {
			i++;
			continue;
		}
		struct str name = str_slice(line, i, end), value = {0};
		if (secret_name(name))
			value = value_after(line, end, str_starts(name, S("--")));
		i = end;
		if (harmless(value))
			continue;
		if (!masked)
			masked = str_z(a, line);
		memset(masked + (value.p - line.p), '*', value.n);
		i = (size_t)(value.p - line.p) + value.n;
	}
	return masked ? (struct str){masked, line.n} : line;
}

struct str report_mask_word(struct arena *a, const struct words *words, size_t i)
{
	struct str word = words->at[i].text, before = i ? words->at[i - 1].text : (struct str){0};
	bool value = str_starts(before, S("--")) && str_find(before, '=') == before.n &&
		     secret_name(before) && !harmless(word);
	if (!value)
		return report_mask(a, word);
	char *stars = arena_alloc(a, 1, word.n + 1);
	memset(stars, '*', word.n);
	return (struct str){stars, word.n};
}
