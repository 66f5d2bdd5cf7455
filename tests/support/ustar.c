/*
 * ustar.c - small tar archives for tests.
 */
#include "ustar.h"

#include <stdio.h>
#include <string.h>

static void add_header(struct out *o, char type, unsigned mode, const char *name,
		       const char *target, size_t size)
{
	char header[512] = {0};
	unsigned sum = 0;
	snprintf(header, 100, "%s", name);
	snprintf(header + 100, 8, "%07o", mode & 07777);
	memcpy(header + 108, "0000000\0000000000", 16);
	snprintf(header + 124, 12, "%011o", (unsigned)size & 0xFFFFFF);
	memcpy(header + 136, "00000000000\000        ", 20);
	header[156] = type;
	snprintf(header + 157, 100, "%s", target);
	memcpy(header + 257, "ustar\00000", 8);
	for (size_t i = 0; i < sizeof header; i++)
		sum += (unsigned char)header[i];
	snprintf(header + 148, 8, "%06o", sum & 0x3FFFF);
	out_str(o, (struct str){header, sizeof header});
}

static void add_body(struct out *o, struct str body)
{
	out_str(o, body);
	out_fill(o, '\0', (512 - body.n % 512) % 512);
}

/* What does not fit in a header goes before it, as GNU tar does. */
static void add_long(struct out *o, char type, const char *text)
{
	if (strlen(text) < 100)
		return;
	add_header(o, type, 0, "././@LongLink", "", strlen(text) + 1);
	add_body(o, (struct str){text, strlen(text) + 1});
}

void ustar_entry(struct out *o, char type, unsigned mode, const char *name, const char *target,
		 struct str body)
{
	add_long(o, 'K', target);
	add_long(o, 'L', name);
	add_header(o, type, mode, name, target, body.n);
	add_body(o, body);
}

void ustar_add(struct out *o, const char *name, struct str body)
{
	ustar_entry(o, '0', 0644, name, "", body);
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
