/*
 * json.h - the rooms of the JSON report. The shape is fixed by testdata/report.schema.json.
 */
#ifndef REPORT_JSON_H
#define REPORT_JSON_H

#include "parts.h"

struct json {
	const struct report *r;
	struct arena *arena;
	struct json_out out;
};

/* Members of the object that is open. An empty text is null. */
void put_text(struct json *j, const char *key, struct str text);
/* A string, even an empty one, and "bytes" beside it when it is not UTF-8. */
void put_exact(struct json *j, const char *key, struct str text);
void put_origin(struct json *j, const char *key, const struct origin *o);
void put_words(struct json *j, const char *key, const struct words *words);
void put_texts(struct json *j, const char *key, const struct words *words);
void put_pendings(struct json *j, const char *key, const struct pendings *p);
void put_intentions(struct json *j, const struct intentions *all);
void put_notes(struct json *j, const char *key, const struct notes *notes);
void put_settings(struct json *j, const struct settings *s, const struct option *only);

/* A value as its option's type has it: true, 5, "text", [], {}; null when unset. */
void put_value(struct json *j, const char *key, const struct option *opt, struct str value,
	       bool null);
void put_shadowed(struct json *j, const struct setting *lost);

const char *json_error_kind(enum error_kind kind); /* "io", "missing", …; "" for none */

/* Members of a target. */
void json_results(struct json *j, const struct target_report *target);
void json_units(struct json *j, const struct target_report *target);
void json_launches(struct json *j, const struct target_report *target);
void json_rules(struct json *j);

/* Members of what was read. */
void json_disk(struct json *j, const struct target_report *target);
void json_fetched(struct json *j, const struct target_report *target);

void json_cache(struct json *j);

/* A member of a unit. */
void json_story(struct json *j, const struct story *s, const struct unit *u);

#endif
