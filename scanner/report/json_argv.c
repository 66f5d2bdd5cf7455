/*
 * json_argv.c - units and their command lines as JSON.
 */
#include "json.h"
#include "map.h"

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
	json_key(&j->out, "words");
	json_open(&j->out, '[');
	for (size_t i = 0; i < u->commands.n; i++)
		put_words(j, NULL, &u->commands.at[i].words);
	json_close(&j->out);
}

/* A JSON object has each name once: the last assignment, which is the one that counts. */
static void environment_member(struct json *j, const struct variables *v)
{
	struct map *last = map_new(j->arena);
	for (size_t i = 0; i < v->n; i++)
		map_put(last, v->at[i].name, &v->at[i]);
	json_key(&j->out, "environment");
	json_open(&j->out, '{');
	for (size_t i = 0; i < map_count(last); i++) {
		struct str name;
		const struct variable *x = map_at(last, i, &name);
		struct str line =
			str_fmt(j->arena, "%" PRIstr "=%" PRIstr, ARG(name), ARG(x->value.text));
		json_key_str(&j->out, name);
		json_open(&j->out, '{');
		put_exact(j, "text", str_tail(report_mask(j->arena, line), name.n + 1));
		put_origin(j, "origin", x->value.from);
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

static bool part_of(const struct unit *u, const struct file *f)
{
	bool part = f == u->fragment;
	for (size_t i = 0; i < u->dropins.n; i++)
		part |= f == u->dropins.at[i];
	return part;
}

/* The target's notes that speak of this unit's files. */
static void notes_member(struct json *j, const struct target_report *target, const struct unit *u)
{
	struct notes mine = {.arena = j->arena};
	for (size_t i = 0; i < target->notes.n; i++) {
		const struct note *n = &target->notes.at[i];
		if (origin_placed(n->from) && part_of(u, n->from->file))
			*vec_push(j->arena, &mine) = *n;
	}
	put_notes(j, "notes", &mine);
}

static void unit(struct json *j, const struct target_report *target, const struct unit *u)
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
	notes_member(j, target, u);
	if (target->story)
		json_story(j, target->story, u);
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
			unit(j, target, u);
	}
}

void json_units(struct json *j, const struct target_report *target)
{
	json_key(&j->out, "units");
	json_open(&j->out, '[');
	for (size_t i = 0; i < target->units.n; i++)
		unit(j, target, target->units.at[i]);
	if (!j->r->about.n)
		launching_units(j, target);
	json_close(&j->out);
}
