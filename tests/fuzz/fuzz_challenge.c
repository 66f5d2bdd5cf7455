/*
 * fuzz_challenge.c - any bytes as the value of WWW-Authenticate. What is read of it, written out
 * with every value in quotes, is read as the same again.
 */
#include <stdint.h>
#include <stdlib.h>

#include "arena.h"
#include "challenge.h"
#include "fuzzed.h"
#include "out.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void quote(struct out *o, struct str s)
{
	out_z(o, "\"");
	for (size_t i = 0; i < s.n; i++) {
		out_z(o, s.p[i] == '"' || s.p[i] == '\\' ? "\\" : "");
		out_str(o, str_slice(s, i, i + 1));
	}
	out_z(o, "\"");
}

static struct str written(struct arena *a, const struct challenges *all)
{
	struct out *o = out_new(a);
	for (size_t i = 0; i < all->n; i++) {
		const struct challenge *c = &all->at[i];
		out_z(o, i ? ", " : "");
		out_str(o, c->scheme);
		out_z(o, " ");
		out_str(o, c->token);
		for (size_t k = 0; k < c->parameters.n; k++) {
			out_fmt(o, "%s%" PRIstr "=", k ? "," : "", ARG(c->parameters.at[k].name));
			quote(o, c->parameters.at[k].value);
		}
	}
	return out_text(o);
}

static void run(struct arena *a, const uint8_t *bytes, size_t size)
{
	struct challenges all = challenges_parse(a, (struct str){(const char *)bytes, size});
	struct str text = written(a, &all);
	struct challenges again = challenges_parse(a, text);
	if (!str_eq(written(a, &again), text))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	return fuzzed(64 << 20, run, bytes, size);
}
