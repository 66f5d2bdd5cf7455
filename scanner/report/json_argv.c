/*
 * json_argv.c - units and their command lines as JSON.
 */
#include "json.h"

/* true, false, or null: it depends on something the image does not hold. */
static void starts_member(struct json *j, const struct unit *u)
{
	json_key(&j->out, "starts");
	if (u->starts == STARTS_UNTOLD)
		json_null(&j->out);
	else
		json_bool(&j->out, u->starts == STARTS_YES);
	put_text(j, "startsReason", u->starts_reason);
}

static void commands_members(struct json *j, const struct unit *u)
{
	const struct command *first = unit_first(u);
	if (first && first->argv.n) {
		put_words(j, "argv", &first->argv);
	} else {
		json_key(&j->out, "argv");
		json_null(&j->out);
	}
	json_key(&j->out, "commands");
	json_open(&j->out, '[');
	for (size_t i = 0; i < u->commands.n; i++)
		put_words(j, NULL, &u->commands.at[i].argv);
	json_close(&j->out);
}

/* Later assignments of a name replace earlier ones: a JSON object has each once. */
static void environment_member(struct json *j, const struct variables *v)
{
	json_key(&j->out, "environment");
	json_open(&j->out, '{');
	for (size_t i = 0; i < v->n; i++) {
		struct str line = str_fmt(j->arena, "%" PRIstr "=%" PRIstr, ARG(v->at[i].name),
					  ARG(v->at[i].value.text));
		struct str shown = str_tail(report_mask(j->arena, line), v->at[i].name.n + 1);
		json_key_str(&j->out, v->at[i].name);
		json_open(&j->out, '{');
		json_key(&j->out, "text");
		json_str(&j->out, shown);
		put_origin(j, "origin", v->at[i].value.from);
		json_close(&j->out);
	}
	json_close(&j->out);
}

static void files_members(struct json *j, const struct unit *u)
{
	put_text(j, "fragment", u->fragment ? u->fragment->path : (struct str){0});
	json_key(&j->out, "dropins");
	json_open(&j->out, '[');
	for (size_t i = 0; i < u->dropins.n; i++)
		json_str(&j->out, u->dropins.at[i]->path);
	json_close(&j->out);
	put_texts(j, "names", &u->names);
}

static void unit(struct json *j, const struct unit *u)
{
	const struct doubt *d = u->trouble.reason != REASON_NONE ? &u->trouble : &u->doubt;
	json_open(&j->out, '{');
	put_text(j, "unit", u->id.n ? u->id : u->name);
	json_key(&j->out, "load");
	json_z(&j->out, unit_load_name(u->load));
	starts_member(j, u);
	commands_members(j, u);
	environment_member(j, &u->environment);
	files_members(j, u);
	put_text(j, "enabled", u->enabled);
	json_key(&j->out, "reason");
	json_z(&j->out, d->reason == REASON_NONE ? NULL : reason_name(d->reason));
	put_text(j, "reasonText", d->text);
	put_pendings(j, "pending", &u->pending);
	json_close(&j->out);
}

/* Without a UNIT: those that launch a kubelet, each once. */
static void launching_units(struct json *j, const struct target_report *target)
{
	for (size_t i = 0; i < target->launches.n; i++) {
		const struct unit *u = target->launches.at[i].unit;
		bool seen = !u;
		for (size_t k = 0; k < i; k++)
			seen |= target->launches.at[k].unit == u;
		if (!seen)
			unit(j, u);
	}
}

void json_units(struct json *j, const struct target_report *target)
{
	json_key(&j->out, "units");
	json_open(&j->out, '[');
	for (size_t i = 0; i < target->units.n; i++)
		unit(j, target->units.at[i]);
	if (!j->r->about.n)
		launching_units(j, target);
	json_close(&j->out);
}
