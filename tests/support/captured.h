/*
 * captured.h - a root made of a capture's text, for tests of the stages above rootfs.
 */
#ifndef CAPTURED_H
#define CAPTURED_H

#include "arena.h"
#include "rootfs.h"

struct rootfs *captured_root(struct arena *a, struct str text);

/* The deployment of that number is the root; empty: the one that boots. */
struct rootfs *captured_deployment(struct arena *a, struct str text, struct str number);

/* NULL when the text is no capture. */
struct rootfs *captured_root_or_none(struct arena *a, struct str text);

/* A file that is nothing but a text: what the parsers take. */
const struct file *captured_file(struct arena *a, struct str path, struct str text);

/* The body of a section that is marked hex. */
struct str captured_hex(struct arena *a, struct str bytes);

/* The head of *rest, up to a line with nothing but "%"; *rest is what follows that line. */
struct str captured_part(struct str *rest);

#endif
