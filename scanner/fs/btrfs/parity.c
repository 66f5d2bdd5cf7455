/*
 * parity.c - a stripe of a raid5 or raid6 row out of the others. P is the sum of the row's data
 * stripes and Q the sum of g^i times the ith of them, in the field of 2^8 elements with the
 * polynomial 0x11d and g = 2 (H. P. Anvin, "The mathematics of RAID-6"). Whichever two stripes are
 * not to be had, a data stripe is a weighted sum of the rest.
 */
#include "btrfs.h"

static unsigned char times(unsigned char a, unsigned char b)
{
	unsigned char product = 0;
	for (; b; b >>= 1) {
		if (b & 1)
			product ^= a;
		a = (unsigned char)(a << 1 ^ (a & 0x80 ? 0x1d : 0));
	}
	return product;
}

static unsigned char power(unsigned char a, unsigned n)
{
	unsigned char product = 1;
	while (n--)
		product = times(product, a);
	return product;
}

static unsigned char inverse(unsigned char a)
{
	return power(a, 254);
}

unsigned char btrfs_parity_weight(unsigned n_data, unsigned lost, unsigned other, unsigned i)
{
	unsigned p_stripe = n_data, q_stripe = n_data + 1;
	unsigned char of_p = 1, of_q = 0;
	if (other == p_stripe) {
		of_p = 0;
		of_q = inverse(power(2, lost));
	} else if (other < n_data) {
		of_q = inverse(power(2, lost) ^ power(2, other));
		of_p = times(of_q, power(2, other));
	}
	if (i == p_stripe)
		return of_p;
	return i == q_stripe ? of_q : of_p ^ times(of_q, power(2, i));
}

void btrfs_parity_add(unsigned char *sum, const unsigned char *stripe, size_t n,
		      unsigned char weight)
{
	unsigned char weighted[256];
	for (unsigned i = 0; i < sizeof weighted; i++)
		weighted[i] = times((unsigned char)i, weight);
	for (size_t i = 0; i < n; i++)
		sum[i] ^= weighted[stripe[i]];
}
