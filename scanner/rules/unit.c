/*
 * unit.c - a directive of the unit that launches the kubelet, as systemd.unit(5) puts it together:
 * lists add up, and an empty assignment takes back what stood before it.
 */
#include "arena.h"
#include "checks.h"

static bool is_unread(struct doubt d)
{
	return d.reason == REASON_UNREADABLE || d.reason == REASON_CORRUPT ||
	       d.reason == REASON_LIMIT || d.reason == REASON_ENCRYPTED ||
	       d.reason == REASON_UNSUPPORTED_FORMAT;
}

struct doubt unit_unread(const struct launch *l)
{
	if (is_unread(l->doubt))
		return l->doubt;
	return is_unread(l->unit->trouble) ? l->unit->trouble : (struct doubt){0};
}

/* The value of a list directive, and the line that made it so. */
static struct word joined(const struct question *q, struct str section, struct str key)
{
	const struct unit *u = q->node->launch->unit;
	struct word all = {0};
	for (size_t i = 0; i < u->assignments.n; i++) {
		const struct assignment *x = &u->assignments.at[i];
		if (!str_eq(x->section, section) || !str_eq(x->key, key))
			continue;
		all.text = all.text.n && x->value.text.n
				   ? str_fmt(q->a, "%" PRIstr " %" PRIstr, ARG(all.text),
					     ARG(x->value.text))
				   : x->value.text;
		all.from = x->value.from;
	}
	return all;
}

void answer_unit(const struct question *q, struct answers *out)
{
	const struct launch *l = q->node->launch;
	struct str name = str_from(q->want->name), section, key;
	str_cut(name, '.', &section, &key);
	if (!l->unit) {
		*vec_push(q->a, out) =
			l->doubt.reason == REASON_NONE
				? answer_none(q, name, S("no unit launches the kubelet"))
				: answer_unknown(q, name, l->doubt);
		return;
	}
	struct answer answer = answer_unknown(q, name, (struct doubt){0});
	struct word value = joined(q, section, key);
	struct held held = {NULL, value.text, value.text.n > 0};
	answer.value = value.text;
	answer.from = value.from;
	answer.source = value.from ? SOURCE_UNIT : SOURCE_DEFAULT;
	answer.verdict = ask_met(q->a, q->want->ask, &held, str_from(q->value)) ? VERDICT_PASS
										: VERDICT_FAIL;
	answer.doubt = unit_unread(l);
	if (answer.doubt.reason != REASON_NONE)
		answer.verdict = VERDICT_UNKNOWN;
	if (answer.verdict == VERDICT_FAIL) {
		answer.remedy = str_from(q->rule->remedy);
		answer.fix = want_fix(q->want, q->value);
	}
	*vec_push(q->a, out) = answer;
}
