/*
 * machine.c - the machine ID of a root, and the type of a partition, to the UUID that the partition
 * has where it belongs to the machine: HMAC-SHA256 of the one over the other, as a UUID of version
 * 4 (Discoverable Partitions Specification, on /var;
 * sd_id128_get_machine_app_specific(3)).
 */
#include "machine.h"

#include <string.h>

#include "arena.h"
#include "blob.h"

enum { ID_BYTES = 16, ID_DIGITS = 32, SUM_BYTES = 32, HMAC_BLOCK = 64 };

static int digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c | 0x20) : NULL;
	return at ? (int)(at - digits) : -1;
}

/* 32 digits, with or without the dashes of a UUID. */
static bool read_id(struct str text, unsigned char id[ID_BYTES])
{
	size_t n = 0;
	for (size_t i = 0; i < text.n; i++) {
		int value = digit(text.p[i]);
		if (text.p[i] == '-')
			continue;
		if (value < 0 || n == ID_DIGITS)
			return false;
		id[n / 2] = (unsigned char)(n % 2 ? id[n / 2] | value : value << 4);
		n++;
	}
	return n == ID_DIGITS;
}

/* The key padded to a block, with `mask` over it, and `text` behind it. */
static void hash_behind(const unsigned char key[ID_BYTES], unsigned char mask,
			const unsigned char *text, size_t n, unsigned char sum[SUM_BYTES])
{
	unsigned char bytes[HMAC_BLOCK + SUM_BYTES] = {0};
	memcpy(bytes, key, ID_BYTES);
	for (size_t i = 0; i < HMAC_BLOCK; i++)
		bytes[i] ^= mask;
	memcpy(bytes + HMAC_BLOCK, text, n);
	digest_sha256_raw((struct str){(char *)bytes, HMAC_BLOCK + n}, sum);
}

bool machine_disowns(struct rootfs *root, struct str type, struct str partuuid)
{
	struct str id = str_trim(rootfs_read(root, S("/etc/machine-id"))->text, " \t\r\n");
	unsigned char key[ID_BYTES], text[ID_BYTES], sum[SUM_BYTES];
	if (!read_id(id, key) || !read_id(type, text))
		return false;
	hash_behind(key, 0x36, text, sizeof text, sum);
	hash_behind(key, 0x5c, sum, sizeof sum, sum);
	sum[6] = (sum[6] & 0x0f) | 0x40;
	sum[8] = (sum[8] & 0x3f) | 0x80;
	return !str_eq_nocase(partuuid, str_uuid(rootfs_arena(root), sum));
}
