/*
 * nearest.c - "did you mean": the name with the fewest edits (insert, drop, change, swap of
 * neighbours: optimal string alignment), when those are few enough to be a slip. Case is none.
 */
#include <ctype.h>
#include <string.h>

#include "session.h"

enum { LONGEST = 64 };

static bool same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;
	return m < c ? m : c;
}

static unsigned edits(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	unsigned row[LONGEST + 2][LONGEST + 2];
	if (n > LONGEST || m > LONGEST)
		return LONGEST;
	for (size_t i = 0; i <= n; i++)
		row[i][0] = (unsigned)i;
	for (size_t k = 0; k <= m; k++)
		row[0][k] = (unsigned)k;
	for (size_t i = 1; i <= n; i++)
		for (size_t k = 1; k <= m; k++) {
			unsigned change = row[i - 1][k - 1] + !same(a[i - 1], b[k - 1]);
			row[i][k] = least(row[i - 1][k] + 1, row[i][k - 1] + 1, change);
			bool swapped = i > 1 && k > 1 && same(a[i - 1], b[k - 2]) &&
				       same(a[i - 2], b[k - 1]);
			if (swapped && row[i - 2][k - 2] + 1 < row[i][k])
				row[i][k] = row[i - 2][k - 2] + 1;
		}
	return row[n][m];
}

const char *nearest(const char *word, const void *names, size_t stride, size_t n)
{
	const char *best = NULL;
	size_t length = strlen(word);
	unsigned fewest = length < 4 ? 2 : length < 8 ? 3 : 4;
	for (size_t i = 0; i < n; i++) {
		const char *name;
		memcpy(&name, (const char *)names + i * stride, sizeof name);
		unsigned distance = edits(word, name);
		if (distance < fewest) {
			fewest = distance;
			best = name;
		}
	}
	return best;
}
