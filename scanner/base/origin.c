/*
 * origin.c - spans, their lines and columns, and notes about them.
 */
#include "origin.h"

#include <stdarg.h>

#include "arena.h"
#include "reason.h"

struct origin *origin_new(struct arena *a, const struct file *file, size_t at, size_t len,
			  const struct origin *via)
{
	struct origin *o = NEW(a, struct origin);
	*o = (struct origin){file, at, len, via || !file ? via : file->made};
	return o;
}

const struct origin *origin_through(struct arena *a, const struct origin *o,
				    const struct origin *via)
{
	if (!o)
		return via;
	return origin_new(a, o->file, o->at, o->len, origin_through(a, o->via, via));
}

/* A line ends at LF, at CR LF, or at a CR alone, as the readers of these files have it. */
static size_t line_end(struct str text, size_t at)
{
	while (at < text.n && text.p[at] != '\n' && text.p[at] != '\r')
		at++;
	return at;
}

static size_t columns(struct str before)
{
	size_t n = 0;
	bool valid = str_utf8(before);
	for (size_t i = 0; i < before.n; i++)
		n += !valid || ((unsigned char)before.p[i] & 0xC0) != 0x80;
	return n + 1;
}

struct place origin_place(const struct origin *o)
{
	struct str text = o->file->text;
	const struct quote *quote = o->file->quote;
	if (quote)
		return (struct place){quote->line, quote->column, text, o->at, o->len};
	size_t at = o->at < text.n ? o->at : text.n;
	size_t start = 0, line = 1;
	for (size_t i = 0; i < at; i++) {
		bool crlf = text.p[i] == '\r' && i + 1 < text.n && text.p[i + 1] == '\n';
		if (text.p[i] != '\n' && (text.p[i] != '\r' || crlf))
			continue;
		line++;
		start = i + 1;
	}
	struct str whole = str_slice(text, start, line_end(text, start));
	size_t from = at - start < whole.n ? at - start : whole.n;
	size_t room = whole.n - from;
	return (struct place){.line = line,
			      .column = columns(str_slice(whole, 0, from)),
			      .text = whole,
			      .from = from,
			      .len = o->len < room ? o->len : room};
}

static bool same_place(const struct origin *a, const struct origin *b)
{
	if (!a || !b)
		return a == b;
	return a->file == b->file && a->at == b->at && a->len == b->len;
}

void note(struct notes *notes, const struct origin *from, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	struct str text = str_vfmt(notes->arena, fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < notes->n; i++)
		if (same_place(notes->at[i].from, from) && str_eq(notes->at[i].text, text))
			return;
	if (notes->n == NOTES_MAX) {
		notes->dropped++;
		return;
	}
	*vec_push(notes->arena, notes) = (struct note){text, from};
}

const char *reason_name(enum reason r)
{
	static const char *const names[] = {"",
#define X(id, name) name,
					    REASONS(X)
#undef X
	};
	return names[r];
}

struct doubt doubt_file(struct arena *a, const struct file *f, const struct origin *from)
{
	static const enum reason by_fault[] = {
		[FAULT_NONE] = REASON_UNREADABLE,
		[FAULT_IO] = REASON_UNREADABLE,
		[FAULT_LOOP] = REASON_UNREADABLE,
		[FAULT_CORRUPT] = REASON_CORRUPT,
		[FAULT_LIMIT] = REASON_LIMIT,
		[FAULT_UNSUPPORTED] = REASON_UNSUPPORTED_FORMAT,
		[FAULT_ENCRYPTED] = REASON_ENCRYPTED,
	};
	return (struct doubt){by_fault[f->fault],
			      str_fmt(a, "%" PRIstr ": %" PRIstr, ARG(f->path), ARG(f->why)), from};
}
