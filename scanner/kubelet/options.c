/*
 * options.c - the table made of options.def, and finding rows in it.
 */

#include "options.h"

#include <string.h>

#define VALUE_NO VALUE_STRING
#define VALUE_INT32 VALUE_INT
#define VALUE_INT64 VALUE_INT
#define VALUE_UINT32 VALUE_INT
#define VALUE_UINT64 VALUE_INT
#define VALUE_LEVEL VALUE_INT
#define VALUE_FLOAT VALUE_INT
#define VALUE_ADDRESS VALUE_STRING
#define VALUE_VERSION VALUE_STRING
#define VALUE_SEVERITY VALUE_INT
#define VALUE_TRACE VALUE_STRING
#define VALUE_ANY VALUE_STRING
#define VALUE_TAINTS VALUE_LIST
#define VALUE_MEMORY VALUE_LIST
#define VALUE_PATTERNS VALUE_LIST
#define VALUE_OBJECTS VALUE_LIST
#define VALUE_PAIRS VALUE_MAP
#define VALUE_LABELS VALUE_MAP
#define VALUE_LANGLE VALUE_MAP
#define VALUE_GATES VALUE_MAP
#define VALUE_HEADERS VALUE_MAP

/* The type people see: the field's where there is one. */
#define TYPE_OF(path, arg, form) ((const void *)(path) != NULL ? VALUE_##form : VALUE_##arg)

#define PTR true
#define VAL false
#define NONE \
	{ \
		NULL, NULL, NULL, 0 \
	}
#define IS(v) \
	{ \
		v, v, NULL, 0 \
	}
#define LEGACY(with, without) \
	{ \
		with, without, NULL, 0 \
	}
#define SINCE(early, minor, late) \
	{ \
		early, early, late, minor \
	}

const struct option_row options[] = {
#define OPTION(flag, arg, scope, first, last, path, form, zero, preset) \
	{{path, flag, TYPE_OF(path, arg, form)}, \
	 FORM_##arg, \
	 FORM_##form, \
	 SCOPE_##scope, \
	 first, \
	 last, \
	 zero, \
	 preset},
#include "options.def"
#undef OPTION
};

const size_t options_n = sizeof options / sizeof options[0];

static bool is(const char *z, struct str s)
{
	return z && strlen(z) == s.n && memcmp(z, s.p, s.n) == 0;
}

const struct option_row *row_of_flag(struct str name)
{
	for (size_t i = 0; name.n && i < options_n; i++)
		if (is(options[i].pub.flag, name))
			return &options[i];
	return NULL;
}

const struct option_row *row_of_path(struct str path)
{
	for (size_t i = 0; path.n && i < options_n; i++)
		if (is(options[i].pub.path, path))
			return &options[i];
	return NULL;
}

size_t row_index(const struct option_row *row)
{
	return (size_t)(row - options);
}

const char *row_default(const struct option_row *row, unsigned minor, bool legacy)
{
	/* An unknown version is judged as a new one. */
	if (row->preset.since && (!minor || minor >= row->preset.since))
		return row->preset.later;
	return legacy ? row->preset.legacy : row->preset.config;
}

bool row_exists(const struct option_row *row, unsigned minor)
{
	return !minor || (row->first <= minor && minor <= row->last);
}

bool field_exists(const struct option_row *row, unsigned minor)
{
	/* Fields that came after their flags. */
	static const struct {
		const char *path;
		unsigned first;
	} younger[] = {
		{"registerNode", 23},
		{"registerWithTaints", 23},
		{"logging.verbosity", 23},
		{"logging.flushFrequency", 23},
		{"logging.vmodule", 23},
		{"logging.options.json.splitStream", 23},
		{"logging.options.json.infoBufferSize", 23},
		{"containerRuntimeEndpoint", 27},
		{"imageServiceEndpoint", 27},
	};
	if (!minor || !row->pub.path)
		return !minor;
	for (size_t i = 0; i < sizeof younger / sizeof younger[0]; i++)
		if (strcmp(row->pub.path, younger[i].path) == 0)
			return minor >= younger[i].first;
	return minor >= row->first;
}

bool field_takes_zero(const struct option_row *row, unsigned minor)
{
	/* A pointer since 1.23, so that "" can be said. */
	bool early = minor && minor < 23 && strcmp(row->pub.path, "resolvConf") == 0;
	return row->zero_counts && !early;
}

const struct option *option_at(size_t i)
{
	return i < options_n ? &options[i].pub : NULL;
}

const struct option *option_find(struct str name)
{
	const struct option_row *row =
		str_starts(name, S("--")) ? row_of_flag(str_tail(name, 2)) : row_of_path(name);
	return row ? &row->pub : NULL;
}

bool option_spell(struct arena *a, const struct option *option, struct str text, struct str *out)
{
	const struct option_row *row = (const struct option_row *)option;
	struct str problem;
	return flag_scalar(a, row->arg == FORM_NO ? row->form : row->arg, text, out, &problem);
}

bool option_measure(const struct option *option, struct str text, int64_t *out)
{
	bool minus = str_starts(text, S("-"));
	uint64_t n;
	if (option && option->type == VALUE_DURATION)
		return go_duration(text, out);
	if (!str_u64(minus ? str_tail(text, 1) : text, &n) || n > INT64_MAX)
		return false;
	*out = minus ? -(int64_t)n : (int64_t)n;
	return true;
}
