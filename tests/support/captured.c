/*
 * captured.c - roots and files out of text, for tests.
 */
#include "captured.h"

#include <stdlib.h>

static struct rootfs *captured(struct arena *a, struct str text, struct str deployment)
{
	static const struct fs_options none = {0};
	struct error e = {0};
	struct layers *layers = NEW(a, struct layers);
	struct notes *notes = NEW(a, struct notes);
	struct fs *fs = fs_open_txtar(a, blob_memory(a, S("capture"), text), &none, &e);
	notes->arena = a;
	if (!fs)
		return NULL;
	*vec_push(a, layers) = (struct layer){.fs = fs, .label = S("capture")};
	layers->deployment = deployment;
	return rootfs_new(a, layers, notes);
}

struct rootfs *captured_root_or_none(struct arena *a, struct str text)
{
	return captured(a, text, (struct str){0});
}

struct rootfs *captured_deployment(struct arena *a, struct str text, struct str number)
{
	struct rootfs *root = captured(a, text, number);
	if (!root)
		abort();
	return root;
}

struct rootfs *captured_root(struct arena *a, struct str text)
{
	return captured_deployment(a, text, (struct str){0});
}

const struct file *captured_file(struct arena *a, struct str path, struct str text)
{
	struct file *f = NEW(a, struct file);
	*f = (struct file){.path = path,
			   .real = path,
			   .state = FILE_OK,
			   .kind = FILE_REGULAR,
			   .size = text.n,
			   .text = text};
	return f;
}

struct str captured_hex(struct arena *a, struct str bytes)
{
	static const char digits[] = "0123456789abcdef";
	char *p = arena_alloc(a, 1, 2 * bytes.n + 1);
	for (size_t i = 0; i < bytes.n; i++) {
		p[2 * i] = digits[(uint8_t)bytes.p[i] >> 4];
		p[2 * i + 1] = digits[(uint8_t)bytes.p[i] & 15];
	}
	p[2 * bytes.n] = '\n';
	return (struct str){p, 2 * bytes.n + 1};
}

struct str captured_part(struct str *rest)
{
	struct str out = *rest;
	for (size_t i = 0; i + 2 < rest->n; i++)
		if (rest->p[i] == '\n' && rest->p[i + 1] == '%' && rest->p[i + 2] == '\n') {
			out = str_slice(*rest, 0, i);
			*rest = str_tail(*rest, i + 3);
			return out;
		}
	*rest = S("");
	return out;
}
