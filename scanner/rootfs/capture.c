/*
 * capture.c - what a scan saw of a root, as one readable text file that scans to the same
 * report. The format is fs/txtar.c's; text that it cannot carry is written as hexadecimal.
 */
#include <inttypes.h>

#include "fs.h"
#include "rootfs.h"

enum { HEX_A_LINE = 32 };

/* Blank, backslash, control characters and bytes that are not UTF-8 in a path need escapes, for
 * attributes are told from paths by blanks. */
static bool plain_path(struct str path)
{
	for (size_t i = 0; i < path.n; i++) {
		unsigned char c = (unsigned char)path.p[i];
		if (c <= ' ' || c == 0x7F || c == '\\')
			return false;
	}
	return str_utf8(path);
}

static void write_path(struct out *o, struct str path, bool plain)
{
	for (size_t i = 0; i < path.n; i++) {
		unsigned char c = (unsigned char)path.p[i];
		if (plain || (c > ' ' && c < 0x7F && c != '\\'))
			out_str(o, str_slice(path, i, i + 1));
		else
			out_fmt(o, "\\x%02x", c);
	}
}

/* Text that a person can read and that no reader takes for a section marker. */
static bool plain_body(struct str text)
{
	struct str line, rest = text;
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		if (c < ' ' && c != '\n' && c != '\t' && c != '\r')
			return false;
	}
	while (rest.n) {
		str_cut(rest, '\n', &line, &rest);
		if (str_starts(line, S("-- ")))
			return false;
	}
	return str_utf8(text);
}

static void write_hex(struct out *o, struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		out_fmt(o, "%02x%s", (unsigned char)text.p[i],
			(i + 1) % HEX_A_LINE == 0 || i + 1 == text.n ? "\n" : "");
}

static void write_attributes(struct out *o, const struct file *f)
{
	uint32_t usual = f->kind == FILE_DIRECTORY ? 0755 : 0644;
	if (f->mode != usual)
		out_fmt(o, " mode=%04" PRIo32, f->mode);
	if (f->uid)
		out_fmt(o, " uid=%" PRIu32, f->uid);
	if (f->gid)
		out_fmt(o, " gid=%" PRIu32, f->gid);
}

/* What was never read is told by a line: an empty file would mean something else. */
static void write_body(struct out *o, const struct file *f, struct str gist)
{
	bool ends = f->text.n == 0 || f->text.p[f->text.n - 1] == '\n';
	if (!f->text.p) {
		out_z(o, " --\n");
		if (f->size)
			out_fmt(o, "(%" PRIu64 " bytes, not captured)\n%" PRIstr, f->size,
				ARG(gist));
	} else if (!plain_body(f->text)) {
		out_z(o, " hex --\n");
		write_hex(o, f->text);
	} else {
		out_z(o, ends ? " --\n" : " noeol --\n");
		out_str(o, f->text);
		out_z(o, ends ? "" : "\n");
	}
}

static void write_unreadable(struct out *o, const struct file *f)
{
	static const char *const kinds[] = {
		[FAULT_NONE] = "io",
		[FAULT_IO] = "io",
		[FAULT_LOOP] = "io",
		[FAULT_CORRUPT] = "corrupt",
		[FAULT_LIMIT] = "limit",
		[FAULT_UNSUPPORTED] = "unsupported",
		[FAULT_ENCRYPTED] = "encrypted",
	};
	out_fmt(o, " unreadable=%s --\n", kinds[f->fault]);
	out_z(o, str_starts(f->why, S("-- ")) ? " " : ""); /* not a marker */
	out_str(o, f->why);
	out_z(o, "\n");
}

static void write_trace(struct out *o, const struct trace *t)
{
	const struct file *f = t->file;
	bool plain = plain_path(f->real) && plain_path(t->target);
	if (str_eq(f->real, S("/")))
		return;
	out_z(o, "-- ");
	write_path(o, f->real, plain);
	if (f->kind == FILE_SYMLINK && f->state == FILE_OK) {
		out_z(o, " -> ");
		write_path(o, t->target, plain);
	} else if (f->kind == FILE_DIRECTORY) {
		out_z(o, "/");
	}
	if (!plain)
		out_z(o, " escaped");
	if (f->state == FILE_UNREADABLE) {
		write_unreadable(o, f);
		return;
	}
	if (f->kind != FILE_SYMLINK)
		write_attributes(o, f);
	if (f->kind == FILE_REGULAR)
		write_body(o, f, t->gist);
	else
		out_z(o, f->kind == FILE_DEVICE  ? " device --\n"
			 : f->kind == FILE_OTHER ? " fifo --\n"
						 : " --\n");
}

void rootfs_capture(struct rootfs *root, struct out *o)
{
	struct traces traces = rootfs_trace(root);
	for (size_t i = 0; i < traces.n; i++)
		write_trace(o, &traces.at[i]);
}
