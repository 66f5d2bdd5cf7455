/*
 * options.c - the table of options, and the values a session was given: each is checked when
 * it is set, so that a run finds only good ones.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "session.h"

enum kind {
	KIND_SWITCH,
	KIND_TEXT,
	KIND_CHOICE,
	KIND_COUNT,
	KIND_SIZE,
	KIND_DURATION,
	KIND_VERSION,
	KIND_TIMESTAMP,
	KIND_FORMAT,
	KIND_BENCHMARK,
	KIND_STATUS,
	KIND_FILE,
};

static const struct offnode_option options[] = {
#define X(id, name, letter, arg, values, about, group, repeats, kind) \
	{name, letter, arg, values, about, group, repeats},
	OPTIONS(X)
#undef X
};

static const enum kind kinds[] = {
#define X(id, name, letter, arg, values, about, group, repeats, kind) KIND_##kind,
	OPTIONS(X)
#undef X
};

const struct offnode_option *offnode_options(size_t *n)
{
	*n = OPTIONS_N;
	return options;
}

static size_t option_index(const char *name)
{
	size_t i = 0;
	while (i < OPTIONS_N && strcmp(options[i].name, name) != 0)
		i++;
	return i;
}

/* ---- values ---- */

/* A number and perhaps a unit out of `units`, which stands for the factor of the same index; the
 * first is that of a number alone. */
static bool scaled(struct str s, const char *units, const uint64_t *factors, uint64_t *out)
{
	uint64_t factor = factors[0];
	const char *unit = s.n ? strchr(units, s.p[s.n - 1]) : NULL;
	if (unit && *unit) {
		factor = factors[unit - units];
		s.n--;
	}
	return str_u64(s, out) && !__builtin_mul_overflow(*out, factor, out);
}

static bool size_of(struct str s, uint64_t *out)
{
	static const uint64_t factors[] = {1, 1 << 10, 1 << 20, 1 << 30, 1ull << 40};
	return scaled(s, "bKMGT", factors, out) && *out > 0;
}

static bool duration_of(struct str s, uint64_t *out)
{
	static const uint64_t factors[] = {1000, 60000, 3600000};
	if (str_ends(s, S("ms")))
		return str_u64(str_slice(s, 0, s.n - 2), out);
	return scaled(s, "smh", factors, out);
}

static bool one_of(const char *values, struct str value)
{
	struct str head, rest = str_from(values);
	do {
		bool more = str_cut(rest, '|', &head, &rest);
		if (str_eq(head, value))
			return true;
		if (!more)
			break;
	} while (rest.n);
	return false;
}

static bool format_known(struct str value)
{
	struct str name, file;
	bool to_file = str_cut(value, '=', &name, &file);
	return report_format_find(name) && (!to_file || file.n);
}

static bool value_fits(struct offnode *o, size_t i, struct str v)
{
	struct version version;
	struct rule_set set;
	uint64_t n;
	switch (kinds[i]) {
	case KIND_SWITCH: return one_of("true|false", v);
	case KIND_TEXT: return v.n > 0;
	case KIND_CHOICE: return one_of(options[i].values, v);
	case KIND_COUNT: return str_u64(v, &n) && n <= 65535;
	case KIND_SIZE: return size_of(v, &n);
	case KIND_DURATION: return duration_of(v, &n) && n > 0;
	case KIND_VERSION: return version_parse(v, &version);
	case KIND_TIMESTAMP: return str_eq(v, S("now")) || (str_u64(v, &n) && n < 1ull << 40);
	case KIND_FORMAT: return format_known(v);
	case KIND_BENCHMARK: return rules_of_benchmark(o->arena, v, &set);
	case KIND_STATUS: return str_u64(v, &n) && n <= 255;
	case KIND_FILE: return v.n && access(v.p, R_OK) == 0;
	}
	return false;
}

static void value_refused(size_t i, const char *value, char *why, size_t size)
{
	static const char *const wanted[] = {
		[KIND_SWITCH] = "true or false",
		[KIND_TEXT] = "a word",
		[KIND_COUNT] = "a number up to 65535",
		[KIND_SIZE] = "a number, with K, M, G or T",
		[KIND_DURATION] = "a time as 30s, 5m or 1h",
		[KIND_VERSION] = "a version as 1.29",
		[KIND_TIMESTAMP] = "\"now\" or seconds since 1970",
		[KIND_FORMAT] = "a format that `offnode help` lists, alone or with =FILE",
		[KIND_BENCHMARK] = "a benchmark that `offnode rules` lists",
		[KIND_STATUS] = "a number up to 255",
		[KIND_FILE] = "a file that can be read",
	};
	if (kinds[i] == KIND_CHOICE)
		snprintf(why, size, "--%s: '%s' is none of %s", options[i].name, value,
			 options[i].values);
	else
		snprintf(why, size, "--%s: '%s' is not %s", options[i].name, value,
			 wanted[kinds[i]]);
}

static bool set_option(struct offnode *o, const size_t i, const char *value, char *why, size_t size)
{
	if (setjmp(o->full)) {
		snprintf(why, size, "--%s: no memory left", options[i].name);
		return false;
	}
	if (!value_fits(o, i, str_from(value))) {
		value_refused(i, value, why, size);
		return false;
	}
	if (!options[i].repeats)
		o->values[i].n = 0;
	*vec_push(o->arena, &o->values[i]) =
		(struct str){str_z(o->arena, str_from(value)), strlen(value)};
	return true;
}

bool offnode_set(struct offnode *o, const char *name, const char *value, char *why, size_t size)
{
	size_t i = option_index(name);
	if (i < OPTIONS_N)
		return set_option(o, i, value, why, size);
	const char *near = nearest(name, options, sizeof *options, OPTIONS_N);
	snprintf(why, size, "unknown option '--%s'%s%s%s", name, near ? "; did you mean '--" : "",
		 near ? near : "", near ? "'?" : "");
	return false;
}

const char *offnode_get(const struct offnode *o, const char *name, size_t i)
{
	size_t option = option_index(name);
	return option < OPTIONS_N && i < o->values[option].n ? o->values[option].at[i].p : NULL;
}

struct str option_text(const struct offnode *o, enum option_id id)
{
	size_t n = o->values[id].n;
	return n ? o->values[id].at[n - 1] : (struct str){0};
}

bool option_on(const struct offnode *o, enum option_id id)
{
	return str_eq(option_text(o, id), S("true"));
}

uint64_t option_number(const struct offnode *o, enum option_id id, uint64_t otherwise)
{
	struct str text = option_text(o, id);
	uint64_t n = otherwise;
	if (text.n == 0)
		return otherwise;
	bool plain = kinds[id] == KIND_COUNT || kinds[id] == KIND_STATUS;
	bool good = plain                        ? str_u64(text, &n)
		    : kinds[id] == KIND_DURATION ? duration_of(text, &n)
						 : size_of(text, &n);
	return good ? n : otherwise;
}

/* ---- sessions ---- */

static void session_full(void *arg)
{
	struct offnode *o = arg;
	longjmp(o->full, 1);
}

static bool session_begin(struct offnode *o)
{
	if (setjmp(o->full))
		return false;
	o->arena = arena_new(16 << 20, session_full, o);
	return true;
}

struct offnode *offnode_new(void)
{
	struct offnode *o = calloc(1, sizeof *o);
	if (o && !session_begin(o)) {
		free(o);
		return NULL;
	}
	return o;
}

void offnode_free(struct offnode *o)
{
	if (o)
		arena_free(o->arena);
	free(o);
}

void offnode_on_progress(struct offnode *o, offnode_progress_fn *fn, void *arg)
{
	o->progress = fn;
	o->progress_arg = arg;
}

const char *offnode_version(void)
{
	return OFFNODE_VERSION;
}
