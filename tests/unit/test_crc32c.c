/*
 * test_crc32c.c - the vectors of RFC 3720, appendix B.4, whole and in pieces.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crc32c.h"

enum { N = 32 };

static uint32_t by_pieces(const unsigned char *p, size_t cut)
{
	return ~crc32c(crc32c(~0u, p, cut), p + cut, N - cut);
}

static void checks(const unsigned char *p, uint32_t expected)
{
	for (size_t cut = 0; cut <= N; cut++)
		assert_int_equal(by_pieces(p, cut), expected);
}

static void vectors_of_the_rfc(void **state)
{
	(void)state;
	unsigned char zeros[N] = {0}, ones[N], up[N], down[N];
	for (size_t i = 0; i < N; i++) {
		ones[i] = 0xff;
		up[i] = (unsigned char)i;
		down[i] = (unsigned char)(N - 1 - i);
	}
	checks(zeros, 0x8a9136aa);
	checks(ones, 0x62a8ab43);
	checks(up, 0x46dd794e);
	checks(down, 0x113fdb5c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_of_the_rfc),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
