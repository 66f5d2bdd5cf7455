/*
 * patched.c - see patched.h.
 */
#include "patched.h"

#include <string.h>

#include "bytes.h"

enum { SIZE_BYTES = 2, HEAD_BYTES = 6 };

struct str patched_image(struct arena *a, const uint8_t *bytes, size_t n, size_t max_kib)
{
	size_t kib = n < SIZE_BYTES ? 1 : load_le16(bytes), at = SIZE_BYTES;
	size_t size = (kib < max_kib ? kib : max_kib) << 10;
	char *image = arena_alloc(a, 1, size);
	while (at + HEAD_BYTES <= n) {
		size_t to = load_le32(bytes + at), length = load_le16(bytes + at + 4);
		at += HEAD_BYTES;
		length = length < n - at ? length : n - at;
		size_t room = to < size ? size - to : 0;
		if (length && room)
			memcpy(image + to, bytes + at, length < room ? length : room);
		at += length;
	}
	return (struct str){image, size};
}
