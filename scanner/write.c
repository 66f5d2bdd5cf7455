/*
 * write.c - a finished report in a format, handed to the caller.
 */
#include "session.h"

/* The writers' own memory: a report is written from one that nobody changes. */
struct writing {
	struct arena *arena;
	jmp_buf full;
};

enum { WRITING_MEMORY = 1 << 30 };

static void writing_full(void *arg)
{
	struct writing *w = arg;
	longjmp(w->full, 1);
}

const char *offnode_format(size_t i, const char **about)
{
	size_t n;
	const struct report_format *all = report_formats(&n);
	if (i >= n)
		return NULL;
	if (about)
		*about = all[i].about;
	return all[i].name;
}

static bool write_report(struct writing *w, struct report *r, const struct report_format *f,
			 offnode_write_fn *write, void *arg)
{
	if (setjmp(w->full))
		return false;
	w->arena = r->arena = arena_new(WRITING_MEMORY, writing_full, w);
	struct out *o = out_new(w->arena);
	f->write(r, o);
	struct str text = out_text(o);
	return write(arg, text.n ? text.p : "", text.n);
}

bool offnode_write(const struct offnode_report *r, const char *format, bool colour,
		   offnode_write_fn *write, void *arg)
{
	const struct report_format *f = report_format_find(str_from(format));
	if (!f || !r->command || !report_format_shows(f, r->report.kind))
		return false;
	struct report copy = r->report;
	struct writing w = {0};
	copy.colour = colour;
	bool good = write_report(&w, &copy, f, write, arg);
	arena_free(w.arena);
	return good;
}
