/*
 * launch_microshift.c - MicroShift, which makes the whole configuration when it starts, is a
 * launch that cannot be told.
 */
#include "arena.h"
#include "launch.h"

bool launch_microshift(const struct candidate *c, struct launch *out)
{
	if (!str_eq(word_program(c->words, 0), S("microshift")) ||
	    !str_eq(word_program(c->words, 1), S("run")))
		return false;
	out->layout = "microshift";
	words_add(c->a, &out->argv, S("kubelet"), c->words.at[0].from);
	out->doubt = launch_doubt(c, REASON_GENERATED_AT_BOOT,
				  S("MicroShift makes the kubelet's configuration"),
				  c->words.at[0].from);
	return true;
}
