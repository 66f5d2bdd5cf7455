/*
 * json_story.c - the story of a unit's commands as JSON: a member of its unit.
 */
#include "json.h"

static void masked(struct json *j, const char *key, struct str name, struct str value)
{
	struct str line = str_fmt(j->arena, "%" PRIstr "=%" PRIstr, ARG(name), ARG(value));
	put_exact(j, key, str_tail(report_mask(j->arena, line), name.n + 1));
}

static void chapter(struct json *j, const struct chapter *c)
{
	json_open(&j->out, '{');
	put_exact(j, "path", c->file->path);
	json_key(&j->out, "role");
	json_z(&j->out, c->role);
	json_key(&j->out, "assignments");
	json_open(&j->out, '[');
	for (size_t i = 0; i < c->steps.n; i++) {
		const struct assignment *line = c->steps.at[i].line;
		json_open(&j->out, '{');
		json_key(&j->out, "section");
		json_str(&j->out, line->section);
		json_key(&j->out, "key");
		json_str(&j->out, line->key);
		masked(j, "text", line->key, line->value.text);
		put_origin(j, "origin", line->value.from);
		put_origin(j, "takenBackBy", c->steps.at[i].undone);
		json_close(&j->out);
	}
	json_close(&j->out);
	json_close(&j->out);
}

static void environment_file(struct json *j, const struct environment_file *e)
{
	static const char *const states[] = {
		[FILE_OK] = "read", [FILE_ABSENT] = "absent", [FILE_UNREADABLE] = "unreadable"};
	json_open(&j->out, '{');
	put_exact(j, "path", e->path);
	json_key(&j->out, "optional");
	json_bool(&j->out, e->optional);
	json_key(&j->out, "state");
	json_z(&j->out, states[e->state]);
	put_origin(j, "origin", e->from);
	json_close(&j->out);
}

static void variable(struct json *j, const struct variable *v)
{
	struct str name = v->name;
	json_open(&j->out, '{');
	json_key(&j->out, "name");
	json_str(&j->out, name);
	masked(j, "text", name, v->value.text);
	put_origin(j, "origin", v->value.from);
	json_key(&j->out, "over");
	json_open(&j->out, '[');
	for (v = v->over; v; v = v->over) {
		json_open(&j->out, '{');
		masked(j, "text", name, v->value.text);
		put_origin(j, "origin", v->value.from);
		json_close(&j->out);
	}
	json_close(&j->out);
	json_close(&j->out);
}

static void command(struct json *j, struct str key, const struct command *c)
{
	json_open(&j->out, '{');
	json_key(&j->out, "key");
	json_str(&j->out, key);
	json_key(&j->out, "path");
	json_str(&j->out, c->path);
	json_key(&j->out, "ignoreFailure");
	json_bool(&j->out, c->ignore_failure);
	json_key(&j->out, "literal");
	json_bool(&j->out, c->literal);
	put_words(j, "before", &c->words);
	put_words(j, "after", &c->argv);
	json_close(&j->out);
}

void json_story(struct json *j, const struct story *s, const struct unit *u)
{
	json_key(&j->out, "story");
	json_open(&j->out, '{');
	json_key(&j->out, "files");
	json_open(&j->out, '[');
	for (size_t i = 0; i < s->chapters.n; i++)
		chapter(j, &s->chapters.at[i]);
	json_close(&j->out);
	json_key(&j->out, "environmentFiles");
	json_open(&j->out, '[');
	for (size_t i = 0; i < s->environment_files.n; i++)
		environment_file(j, &s->environment_files.at[i]);
	json_close(&j->out);
	json_key(&j->out, "variables");
	json_open(&j->out, '[');
	for (size_t i = 0; i < u->environment.n; i++)
		variable(j, &u->environment.at[i]);
	json_close(&j->out);
	json_key(&j->out, "commands");
	json_open(&j->out, '[');
	for (size_t i = 0; i < s->commands.n; i++)
		for (size_t k = 0; k < s->commands.at[i].commands.n; k++)
			command(j, s->commands.at[i].key, &s->commands.at[i].commands.at[k]);
	json_close(&j->out);
	json_close(&j->out);
}
