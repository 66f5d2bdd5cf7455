/*
 * version.c - MAJOR.MINOR out of the many ways to write a version.
 */
#include "inventory.h"

/* Digits at the head of s; false when there are none or too many to mean anything. */
static bool leading_number(struct str s, size_t *end, unsigned *out)
{
	size_t n = 0;
	while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
		n++;
	uint64_t v;
	if (n > 9 || !str_u64(str_slice(s, 0, n), &v))
		return false;
	*end = n;
	*out = (unsigned)v;
	return true;
}

bool version_parse(struct str text, struct version *out)
{
	struct str s = str_trim(text, " \t\r\n");
	struct version v = {.text = s, .source = out->source};
	size_t end;
	if (s.n && s.p[0] == 'v')
		s = str_tail(s, 1);
	if (!leading_number(s, &end, &v.major) || end == s.n || s.p[end] != '.' ||
	    !leading_number(str_tail(s, end + 1), &end, &v.minor))
		return false;
	*out = v;
	return true;
}
