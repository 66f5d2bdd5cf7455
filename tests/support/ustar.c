/*
 * ustar.c - small tar archives for tests.
 */
#include "ustar.h"

#include <stdio.h>
#include <string.h>

void ustar_add(struct out *o, const char *name, struct str body)
{
	char header[512] = {0};
	unsigned sum = 0;
	snprintf(header, 100, "%s", name);
	memcpy(header + 100, "0000644\0000000000\0000000000\000", 24);
	snprintf(header + 124, 12, "%011o", (unsigned)body.n & 0xFFFFFF);
	memcpy(header + 136, "00000000000\000        0", 21);
	memcpy(header + 257, "ustar\00000", 8);
	for (size_t i = 0; i < sizeof header; i++)
		sum += (unsigned char)header[i];
	snprintf(header + 148, 8, "%06o", sum & 0x3FFFF);
	out_str(o, (struct str){header, sizeof header});
	out_str(o, body);
	out_fill(o, '\0', (512 - body.n % 512) % 512);
}

void ustar_end(struct out *o)
{
	out_fill(o, '\0', 1024);
}

struct str ustar_of(struct arena *a, const char *name, struct str body)
{
	struct out *o = out_new(a);
	ustar_add(o, name, body);
	ustar_end(o);
	return str_dup(a, out_text(o));
}
