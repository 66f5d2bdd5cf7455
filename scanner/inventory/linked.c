/*
 * linked.c - the version of Kubernetes in a Go program's variables, with or without a symbol table.
 *
 * Kubernetes and all that embeds it set variables of k8s.io/component-base/version with the
 * linker's -X: gitVersion, gitCommit, buildDate and others. A string variable is a pointer and a
 * length. The linker lays the variables of a package down in a row, sorted by name, those left
 * empty apart, so that a row of buildDate, gitCommit, up to three others and gitVersion is
 * looked for, each known by what it points at. No other package is known to have such a row with
 * a version v1.N.N; where two rows disagree, neither is believed.
 */
#include "linked.h"

#include <string.h>

enum { DATE_SIZE = 20, HEX_COMMIT = 40, BETWEEN_MAX = 8, ROW = 6 };

struct variable_text {
	uint64_t address, n;
};

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

bool linked_date(struct str s)
{
	static const char form[] = "dddd-dd-ddTdd:dd:ddZ";
	for (size_t i = 0; i < DATE_SIZE; i++)
		if (s.n != DATE_SIZE || !(form[i] == 'd' ? digit(s.p[i]) : s.p[i] == form[i]))
			return false;
	return true;
}

/* 40 hexadecimal digits, or what k0s writes for none. */
static bool is_commit(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!digit(s.p[i]) && (s.p[i] < 'a' || s.p[i] > 'f'))
			return str_eq(s, S("not_available"));
	return s.n == HEX_COMMIT;
}

static size_t digits(struct str s, size_t at, size_t most)
{
	size_t n = 0;
	while (n < most && at + n < s.n && digit(s.p[at + n]))
		n++;
	return n;
}

bool linked_version(struct str s)
{
	static const char more[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789.-+_~";
	if (!str_starts(s, S("v1.")) || s.n > LINKED_TEXT_MAX)
		return false;
	size_t minor = digits(s, 3, 3), at = 3 + minor;
	if (!minor || at >= s.n || s.p[at] != '.' || !digits(s, at + 1, 4))
		return false;
	at += 1 + digits(s, at + 1, 4);
	if (at < s.n && s.p[at] != '-' && s.p[at] != '+')
		return false;
	for (; at < s.n; at++)
		if (!s.p[at] || !strchr(more, s.p[at]))
			return false;
	return true;
}

static struct variable_text variable(const struct linked *l, const char *p)
{
	size_t word = elf_word_size(l->elf);
	return (struct variable_text){elf_word(l->elf, p), elf_word(l->elf, p + word)};
}

static bool text_of(const struct linked *l, struct variable_text v, char buf[LINKED_TEXT_MAX],
		    struct str *out)
{
	if (v.n == 0 || v.n > LINKED_TEXT_MAX || !l->text(l->arg, v.address, (size_t)v.n, buf))
		return false;
	*out = (struct str){buf, (size_t)v.n};
	return true;
}

static void found(struct linked *l, struct str version)
{
	if (l->version[0] && !str_eq(version, str_from(l->version)))
		l->contradicted = true;
	memcpy(l->version, version.p, version.n);
	l->version[version.n] = 0;
}

/* Is there a row at `p`, whose first length is right already? */
static void look(struct linked *l, const char *p, size_t n)
{
	char buf[LINKED_TEXT_MAX];
	size_t size = 2 * elf_word_size(l->elf);
	struct str text;
	if (n < 3 * size || variable(l, p + size).n > LINKED_TEXT_MAX ||
	    !text_of(l, variable(l, p), buf, &text) || !linked_date(text) ||
	    !text_of(l, variable(l, p + size), buf, &text) || !is_commit(text))
		return;
	for (size_t i = 2; i < ROW && (i + 1) * size <= n; i++) {
		struct variable_text v = variable(l, p + i * size);
		if (text_of(l, v, buf, &text) && linked_version(text)) {
			found(l, text);
			return;
		}
		if (v.n == 0 || v.n > BETWEEN_MAX)
			return;
	}
}

void linked_scan(struct linked *l, struct str bytes, size_t n)
{
	size_t word = elf_word_size(l->elf);
	for (size_t at = 0; at < n && at + 2 * word <= bytes.n; at += word)
		if (elf_word(l->elf, bytes.p + at + word) == DATE_SIZE)
			look(l, bytes.p + at, bytes.n - at);
}
