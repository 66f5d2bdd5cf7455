/*
 * doc.c - questions to a document tree, whichever parser made it.
 */
#include "doc.h"

const struct doc *doc_get(const struct doc *d, struct str key)
{
	if (!d || d->kind != DOC_MAP)
		return NULL;
	for (size_t i = d->n; i-- > 0;)
		if (str_eq(d->entries[i].key, key))
			return d->entries[i].value;
	return NULL;
}

struct str doc_string(const struct doc *d)
{
	return d && d->kind == DOC_STRING ? d->text : (struct str){0};
}

bool doc_u64(const struct doc *d, uint64_t *out)
{
	return d && d->kind == DOC_NUMBER && str_u64(d->text, out);
}

const char *doc_kind_name(enum doc_kind kind)
{
	static const char *const names[] = {
		[DOC_NULL] = "null",       [DOC_BOOL] = "a boolean", [DOC_NUMBER] = "a number",
		[DOC_STRING] = "a string", [DOC_LIST] = "a list",    [DOC_MAP] = "a map",
	};
	return names[kind];
}
