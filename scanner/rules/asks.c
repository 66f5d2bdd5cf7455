/*
 * asks.c - a value held against what is asked of it. Values are in the canonical spelling of
 * settings (4h0m0s, not 240m), so that equality is that of bytes; what compares is a number, or a
 * duration in nanoseconds.
 *
 * Not supported: regular expressions beyond POSIX ERE; \d, \w and (?i) of RE2 are refused.
 */
#include <regex.h>
#include <string.h>

#include "arena.h"
#include "checks.h"

enum { PATTERN_MOST = 256 };

/* ---- lists ---- */

static struct str next_word(struct str *rest)
{
	struct str word;
	*rest = str_trim(*rest, " ,");
	size_t end = 0;
	while (end < rest->n && rest->p[end] != ' ' && rest->p[end] != ',')
		end++;
	word = str_slice(*rest, 0, end);
	*rest = str_tail(*rest, end);
	return word;
}

static bool among(struct str words, struct str item)
{
	for (struct str w = next_word(&words); w.n; w = next_word(&words))
		if (str_eq(w, item))
			return true;
	return false;
}

/* The items of a list: of a setting they are JSON, elsewhere words. */
static struct words items_of(struct arena *a, const struct held *held)
{
	struct words items = {0};
	struct file text = {.text = held->text};
	struct doc_fault fault;
	const struct doc *d = held->option && held->option->type == VALUE_LIST
				      ? doc_json(a, &text, &fault)
				      : NULL;
	for (size_t i = 0; d && i < d->n; i++)
		*vec_push(a, &items) = (struct word){d->entries[i].value->text, NULL};
	struct str rest = held->text;
	for (struct str w = d ? S("") : next_word(&rest); w.n; w = next_word(&rest))
		*vec_push(a, &items) = (struct word){w, NULL};
	return items;
}

static bool all_within(struct arena *a, const struct held *held, struct str wanted)
{
	struct words items = items_of(a, held);
	for (size_t i = 0; i < items.n; i++)
		if (!among(wanted, items.at[i].text))
			return false;
	return items.n > 0;
}

/* ---- numbers ---- */

static bool compared(const struct held *held, struct str wanted, int *order)
{
	int64_t x, y;
	if (!option_measure(held->option, held->text, &x) ||
	    !option_measure(held->option, wanted, &y))
		return false;
	*order = (x > y) - (x < y);
	return true;
}

static bool ordered(enum ask ask, const struct held *held, struct str wanted)
{
	int order;
	if (!compared(held, wanted, &order))
		return false;
	return ask == ASK_ABOVE      ? order > 0
	       : ask == ASK_AT_LEAST ? order >= 0
	       : ask == ASK_BELOW    ? order < 0
				     : order <= 0;
}

/* ---- patterns ---- */

/* Repetitions cost memory: one in a pattern, of two digits, is bounded. */
static bool pattern_modest(struct str pattern)
{
	size_t brace = str_find(pattern, '{'), digits = 0;
	for (size_t i = brace; i < pattern.n && pattern.p[i] != '}'; i++) {
		digits = pattern.p[i] >= '0' && pattern.p[i] <= '9' ? digits + 1 : 0;
		if (digits > 2)
			return false;
	}
	return pattern.n <= PATTERN_MOST && str_rfind(pattern, '{') == brace &&
	       str_find(pattern, 0) == pattern.n;
}

/* POSIX leaves a backslash before a letter undefined, and "(?" too. */
static bool pattern_posix(struct str pattern)
{
	for (size_t i = 0; i + 1 < pattern.n; i++) {
		char next = pattern.p[i + 1];
		bool letter = (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z') ||
			      (next >= '0' && next <= '9');
		if (pattern.p[i] == '\\' && letter)
			return false;
		if (pattern.p[i] == '(' && next == '?')
			return false;
		i += pattern.p[i] == '\\';
	}
	return true;
}

static bool pattern_compiles(struct str pattern, regex_t *out)
{
	char text[PATTERN_MOST + 1];
	if (!pattern.n || !pattern_modest(pattern) || !pattern_posix(pattern))
		return false;
	memcpy(text, pattern.p, pattern.n);
	text[pattern.n] = 0;
	return regcomp(out, text, REG_EXTENDED | REG_NOSUB) == 0;
}

static bool matches(struct arena *a, struct str text, struct str pattern)
{
	regex_t regex;
	if (!pattern_compiles(pattern, &regex))
		return false;
	bool found = regexec(&regex, str_z(a, text), 0, NULL, 0) == 0;
	regfree(&regex);
	return found;
}

/* ---- addresses ---- */

/* "127.0.0.1:10249", "[::1]:10249", "localhost", "10249" (a port alone is any address). */
static bool loopback(struct str text)
{
	struct str host = text;
	if (str_starts(text, S("[")))
		host = str_slice(text, 1, str_find(text, ']'));
	else if (str_find(text, ':') == str_rfind(text, ':'))
		host = str_slice(text, 0, str_find(text, ':'));
	return text.n == 0 || str_starts(host, S("127.")) || str_eq(host, S("::1")) ||
	       str_eq(host, S("localhost"));
}

/* ---- asks ---- */

static bool has(struct arena *a, const struct held *held, struct str wanted)
{
	if (!held->option || held->option->type != VALUE_LIST)
		return str_has(held->text, wanted);
	struct words items = items_of(a, held);
	for (size_t i = 0; i < items.n; i++)
		if (str_eq(items.at[i].text, wanted))
			return true;
	return false;
}

/* Nothing, or a list without items. */
static bool hollow(const struct held *held)
{
	return held->text.n == 0 || str_eq(held->text, S("[]")) || str_eq(held->text, S("{}"));
}

bool ask_met(struct arena *a, enum ask ask, const struct held *held, struct str wanted)
{
	switch (ask) {
	case ASK_IS: return str_eq(held->text, wanted);
	case ASK_IS_NOT: return !str_eq(held->text, wanted);
	case ASK_GIVEN: return held->given && !hollow(held);
	case ASK_NOT_GIVEN: return !held->given || hollow(held);
	case ASK_ABOVE:
	case ASK_AT_LEAST:
	case ASK_BELOW:
	case ASK_AT_MOST: return ordered(ask, held, wanted);
	case ASK_HAS: return has(a, held, wanted);
	case ASK_HAS_NOT: return !has(a, held, wanted);
	case ASK_WITHIN: return all_within(a, held, wanted);
	case ASK_MATCHES: return matches(a, held->text, wanted);
	case ASK_LOOPBACK: return loopback(held->text);
	case ASK_MODE:
	case ASK_OWNER: break; /* of inodes, not of texts */
	}
	return false;
}

struct str ask_words(struct arena *a, enum ask ask, struct str wanted)
{
	static const struct {
		const char *before, *after;
		bool bare; /* says it all */
	} words[] = {
		[ASK_IS] = {"", "", false},
		[ASK_IS_NOT] = {"not ", "", false},
		[ASK_GIVEN] = {"given", "", true},
		[ASK_NOT_GIVEN] = {"not given", "", true},
		[ASK_ABOVE] = {"above ", "", false},
		[ASK_AT_LEAST] = {"at least ", "", false},
		[ASK_BELOW] = {"below ", "", false},
		[ASK_AT_MOST] = {"at most ", "", false},
		[ASK_HAS] = {"has ", "", false},
		[ASK_HAS_NOT] = {"without ", "", false},
		[ASK_WITHIN] = {"some of ", " and no other", false},
		[ASK_MATCHES] = {"matches ", "", false},
		[ASK_LOOPBACK] = {"an address of the machine itself, or none", "", true},
		[ASK_MODE] = {"0", " or tighter", false},
		[ASK_OWNER] = {"", "", false},
	};
	if (words[ask].bare)
		return str_from(words[ask].before);
	return str_fmt(a, "%s%" PRIstr "%s", words[ask].before, ARG(wanted), words[ask].after);
}

static bool octal(struct str s)
{
	return s.n && s.n <= 4 && str_trim(s, "01234567").n == 0;
}

bool ask_fits(enum subject subject, enum ask ask, struct str value, struct str *why)
{
	bool files = subject == SUBJECT_FILES, inode = ask == ASK_MODE || ask == ASK_OWNER;
	regex_t regex;
	*why = (struct str){0};
	if (inode && !files)
		*why = S("mode and owner are asked of files");
	else if (files && !inode && ask != ASK_NOT_GIVEN && ask != ASK_IS)
		*why = S("files are asked for their mode or owner");
	else if ((ask == ASK_MODE || (files && ask == ASK_IS)) && !octal(value))
		*why = S("a mode is up to four octal digits");
	else if (ask == ASK_OWNER && str_find(value, ':') == value.n)
		*why = S("an owner is USER:GROUP");
	else if (ask == ASK_MATCHES && !pattern_compiles(value, &regex))
		*why = S("no POSIX extended regular expression of modest size");
	else if (ask == ASK_MATCHES)
		regfree(&regex);
	return why->n == 0;
}

struct str want_fix(const struct want *want, const char *value)
{
	if (want->fix)
		return str_from(want->fix);
	return want->ask == ASK_IS ? str_from(value) : (struct str){0};
}

static struct str want_words(struct arena *a, const struct want *want, struct str value)
{
	struct str asked = ask_words(a, want->ask, value), name = str_from(want->name);
	if (want->subject == SUBJECT_LIVE || want->subject == SUBJECT_NONE)
		return name;
	if (want->subject == SUBJECT_FILES && !str_starts(name, S("/")))
		return str_fmt(a, "%s files: %" PRIstr, want->name, ARG(asked));
	return str_fmt(a, "%s: %" PRIstr, want->name, ARG(asked));
}

struct str rule_wants(struct arena *a, const struct rule *rule, const char *instead)
{
	struct str all = {0};
	for (size_t i = 0; i < rule->n; i++) {
		const struct want *w = &rule->wants[i];
		struct str value = str_from(instead ? instead : w->value);
		struct str one = want_words(a, w, value);
		for (w = w->otherwise; w; w = w->otherwise)
			one = str_fmt(a, "%" PRIstr " or %" PRIstr, ARG(one),
				      ARG(want_words(a, w, str_from(w->value))));
		all = i ? str_fmt(a, "%" PRIstr "; %s%" PRIstr, ARG(all), rule->any ? "or " : "",
				  ARG(one))
			: one;
	}
	return all;
}
