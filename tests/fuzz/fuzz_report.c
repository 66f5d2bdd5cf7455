/*
 * fuzz_report.c - any bytes as a saved JSON report (report_read), shown in every format. What holds
 * for every input: it is refused with words, or every format can be written of it; and what is
 * written of it as JSON is read again, and written again is the same document.
 */
#include <stdint.h>
#include <stdlib.h>

#include "arena.h"
#include "fuzzed.h"
#include "report.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static bool read_text(struct arena *a, struct str text, struct report *out)
{
	struct file *file = NEW(a, struct file);
	struct error e = {0};
	*file = (struct file){.path = S("/report.json"), .text = text, .size = text.n};
	file->real = file->path;
	out->arena = a;
	bool read = report_read(a, file, out, &e);
	if (read != (e.kind == ERR_NONE) || (!read && !e.text[0]))
		abort();
	return read;
}

static struct str written(struct arena *a, const struct report_format *f, const struct report *r)
{
	struct out *o = out_new(a);
	f->write(r, o);
	return out_text(o);
}

static void show(struct arena *a, struct report *r)
{
	size_t n;
	const struct report_format *all = report_formats(&n);
	r->verbosity = 1;
	for (size_t i = 0; i < n; i++)
		if (report_format_shows(&all[i], REPORT_SCAN))
			written(a, &all[i], r);
}

static void again(struct arena *a, const struct report *r)
{
	const struct report_format *json = report_format_find(S("json"));
	struct report copy = {.verbosity = r->verbosity};
	struct str once = written(a, json, r);
	if (!read_text(a, once, &copy) || !str_eq(written(a, json, &copy), once))
		abort();
}

static void run(struct arena *a, const uint8_t *bytes, size_t size)
{
	struct report *r = NEW(a, struct report);
	if (read_text(a, str_dup(a, (struct str){(const char *)bytes, size}), r)) {
		show(a, r);
		again(a, r);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	return fuzzed(256 << 20, run, bytes, size);
}
