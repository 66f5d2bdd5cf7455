/*
 * version_order.c - two version strings to their order, by the Version Format Specification (UAPI
 * group specification 10), which systemd follows for images, extensions and boot entries: numbers
 * by their value and above letters, letters by their bytes, '~' below everything, the end of the
 * string too, then '-', '^' and '.'; whatever else is there only separates.
 */
#include "version_order.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_separator(char c)
{
	return !is_digit(c) && !is_letter(c) && c != '~' && c != '-' && c != '^' && c != '.';
}

static struct str take(struct str *s, bool (*of)(char c))
{
	size_t n = 0;
	while (n < s->n && of(s->p[n]))
		n++;
	struct str taken = str_slice(*s, 0, n);
	*s = str_tail(*s, n);
	return taken;
}

static int order_numbers(struct str a, struct str b)
{
	while (a.n && a.p[0] == '0')
		a = str_tail(a, 1);
	while (b.n && b.p[0] == '0')
		b = str_tail(b, 1);
	return a.n != b.n ? (a.n < b.n ? -1 : 1) : str_cmp(a, b);
}

/* The one that begins with a mark is the older; a mark of both is taken off. */
static int order_marks(struct str *a, struct str *b, const char *marks)
{
	for (; *marks; marks++) {
		bool in_a = a->n && a->p[0] == *marks, in_b = b->n && b->p[0] == *marks;
		if (in_a != in_b)
			return in_a ? -1 : 1;
		*a = str_tail(*a, in_a);
		*b = str_tail(*b, in_b);
	}
	return 0;
}

int version_order(struct str a, struct str b)
{
	for (;;) {
		(void)take(&a, is_separator);
		(void)take(&b, is_separator);
		int order = order_marks(&a, &b, "~");
		if (order || !a.n || !b.n)
			return order ? order : (a.n > 0) - (b.n > 0);
		order = order_marks(&a, &b, "-^.");
		if (order)
			return order;
		bool numbers = (a.n && is_digit(a.p[0])) || (b.n && is_digit(b.p[0]));
		struct str x = take(&a, numbers ? is_digit : is_letter);
		struct str y = take(&b, numbers ? is_digit : is_letter);
		if (numbers && (!x.n || !y.n))
			return (x.n > 0) - (y.n > 0);
		order = numbers ? order_numbers(x, y) : str_cmp(x, y);
		if (order)
			return order;
	}
}
