/*
 * recaptured.c - see recaptured.h.
 */
#include "recaptured.h"

#include <stdlib.h>
#include <string.h>

#include "captured.h"
#include "out.h"

static void check(bool holds)
{
	if (!holds)
		abort();
}

void recaptured_same(struct arena *a, struct rootfs *root, const struct launch *l,
		     const struct kubelet_options *opts, const struct settings *s)
{
	struct out *o = out_new(a);
	rootfs_capture(root, o);
	struct rootfs *copy = captured_root_or_none(a, out_text(o));
	check(copy);
	const struct settings *t = kubelet_settings(copy, l, opts);
	check(!s->error == !t->error && s->doubt.reason == t->doubt.reason);
	check(!s->error || strcmp(s->error, t->error) == 0);
	check(str_eq(s->error_text, t->error_text));
	for (size_t i = 0; i < s->n; i++) {
		check(s->at[i].level == t->at[i].level && s->at[i].null == t->at[i].null);
		check(str_eq(s->at[i].value, t->at[i].value));
	}
}
