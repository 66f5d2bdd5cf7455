/*
 * yaml.c - YAML text into a struct doc, through libyaml's events. What libyaml leaves open is done
 * as go-yaml v2 and sigs.k8s.io/yaml do it, because these are what a kubelet reads its files with:
 * YAML 1.1 scalars, merge keys that count at their position, keys made into strings, a budget
 * against alias bombs, the first document alone. Line ends, encodings (UTF-8, UTF-16 with a BOM)
 * and syntax errors are libyaml's, which go-yaml is a port of.
 *
 * Collections nest as deep as go-yaml lets them, 10000 levels; but libyaml's work for each token
 * grows with the depth, so that there is a limit on the sum. Not supported: !!timestamp is a string
 * without a look at it, as an implicit one is.
 */
#include <string.h>

#include <yaml.h>

#include "arena.h"
#include "doc.h"
#include "map.h"
#include "yaml_scalar.h"

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP, NODE_ALIAS };

/* A node as it is written. Aliases are kept as such until the budget has been looked at. */
struct node {
	enum node_kind kind;
	struct scalar scalar; /* NODE_SCALAR; the tag of others means nothing */
	size_t at, len;       /* bytes of the file */
	struct node **child;  /* maps: key, value, key, value, … */
	size_t n, cap;
	struct node *target; /* NODE_ALIAS */
	bool open;           /* its end has not been read yet: an alias to it contains itself */
	struct doc *doc;     /* what it became */
};

/* libyaml counts characters; origins count bytes. Every 64th character has its byte noted. */
struct marks {
	struct str text;
	size_t base;  /* bytes of the byte order mark */
	size_t width; /* 1: UTF-8, 2: UTF-16 */
	bool big;     /* UTF-16BE */
	VEC(size_t) table;
};

enum { MARK_STEP = 64, READ_STEP = 512, NESTING_MAX = 10000, WORK_MAX = 300000000 };

struct reading {
	struct arena *a;
	const struct file *file;
	struct doc_fault *fault;
	struct marks marks;
	struct map *anchors;
	bool aliased;
	unsigned depth;
	size_t work; /* depths of all events */
	/* Handed to the arena for the case that it is left by a long jump. */
	yaml_parser_t parser;
	yaml_event_t event;
	bool has_parser, has_event;
	size_t fed;
};

/* ---- places ---- */

static size_t character(const struct marks *m, size_t at)
{
	size_t left = m->text.n - at;
	if (m->width == 2) {
		size_t high = m->big ? at : at + 1;
		bool pair = left >= 4 && ((unsigned char)m->text.p[high] & 0xFC) == 0xD8;
		return pair ? 4 : left < 2 ? left : 2;
	}
	unsigned char c = (unsigned char)m->text.p[at];
	size_t n = c < 0xC0 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
	return n < left ? n : left;
}

static void marks_init(struct arena *a, struct marks *m, struct str text)
{
	*m = (struct marks){.text = text, .width = 1};
	if (str_starts(text, S("\xEF\xBB\xBF")))
		m->base = 3;
	else if (str_starts(text, S("\xFF\xFE")) || str_starts(text, S("\xFE\xFF")))
		m->base = m->width = 2;
	m->big = str_starts(text, S("\xFE\xFF"));
	size_t i = 0;
	for (size_t at = m->base; at < text.n; at += character(m, at))
		if (i++ % MARK_STEP == 0)
			*vec_push(a, &m->table) = at;
}

static size_t byte_of(const struct marks *m, size_t index)
{
	size_t step = index / MARK_STEP;
	if (step >= m->table.n)
		return m->text.n;
	size_t at = m->table.at[step];
	for (size_t i = step * MARK_STEP; i < index && at < m->text.n; i++)
		at += character(m, at);
	return at;
}

static const struct origin *origin_of(struct reading *r, const struct node *n)
{
	return origin_new(r->a, r->file, n->at, n->len, NULL);
}

/* ---- faults ---- */

static bool refuse(struct reading *r, const struct node *at, struct str text)
{
	r->fault->text = str_cat(r->a, S("yaml: "), text);
	r->fault->from = at ? origin_of(r, at) : NULL;
	return false;
}

/* The words of go-yaml, which says a line of its own counting: scanner errors one more. */
static bool refuse_syntax(struct reading *r)
{
	const yaml_parser_t *p = &r->parser;
	struct str text =
		str_from(p->problem ? p->problem : "unknown problem parsing YAML content");
	size_t line = 0;
	if (p->problem_mark.line)
		line = p->problem_mark.line + (p->error == YAML_SCANNER_ERROR);
	else if (p->context_mark.line)
		line = p->context_mark.line;
	if (line)
		text = str_fmt(r->a, "line %zu: %" PRIstr, line, ARG(text));
	size_t at = p->error == YAML_READER_ERROR ? p->problem_offset
						  : byte_of(&r->marks, p->problem_mark.index);
	if (at > r->marks.text.n)
		at = r->marks.text.n;
	r->fault->text = str_cat(r->a, S("yaml: "), text);
	r->fault->from = origin_new(r->a, r->file, at, at < r->marks.text.n, NULL);
	return false;
}

/* ---- events ---- */

static void reading_close(void *arg)
{
	struct reading *r = arg;
	if (r->has_event)
		yaml_event_delete(&r->event);
	if (r->has_parser)
		yaml_parser_delete(&r->parser);
	r->has_event = r->has_parser = false;
}

/* In steps of 512 bytes, as go-yaml reads: bytes that are no text stop a file only when they
 * are met, so garbage far behind the first document does no harm. */
static int feed(void *arg, unsigned char *buf, size_t size, size_t *got)
{
	struct reading *r = arg;
	size_t left = r->marks.text.n - r->fed;
	size_t n = size < READ_STEP ? size : READ_STEP;
	if (n > left)
		n = left;
	if (n)
		memcpy(buf, r->marks.text.p + r->fed, n);
	r->fed += n;
	*got = n;
	return 1;
}

static struct node *node_new(struct reading *r, enum node_kind kind)
{
	struct node *n = NEW(r->a, struct node);
	n->kind = kind;
	n->at = byte_of(&r->marks, r->event.start_mark.index);
	n->len = byte_of(&r->marks, r->event.end_mark.index) - n->at;
	return n;
}

static bool next(struct reading *r)
{
	if (r->has_event)
		yaml_event_delete(&r->event);
	r->has_event = false;
	if (!yaml_parser_parse(&r->parser, &r->event))
		return refuse_syntax(r);
	r->has_event = true;
	r->work += r->depth;
	if (r->work <= WORK_MAX)
		return true;
	r->fault->limit = true;
	return refuse(r, node_new(r, NODE_SCALAR), S("too much nesting for its length"));
}

/* ---- events into nodes ---- */

static void name_anchor(struct reading *r, struct node *n, const yaml_char_t *anchor)
{
	if (anchor)
		map_put(r->anchors, str_dup(r->a, str_from((const char *)anchor)), n);
}

/* libyaml drops the tag "!", which to go-yaml is a tag like any other it does not know. */
static bool has_bare_tag(const struct reading *r, const struct node *n)
{
	struct str s = str_slice(r->marks.text, n->at, n->at + n->len);
	if (str_starts(s, S("&"))) {
		size_t end = 0;
		while (end < s.n && !strchr(" \t\r\n", s.p[end]))
			end++;
		s = str_trim(str_tail(s, end), " \t\r\n");
	}
	return s.n && s.p[0] == '!' && (s.n == 1 || strchr(" \t\r\n", s.p[1]));
}

/* libyaml takes "\/" for a slash; go-yaml v2 does not know it. */
static bool has_slash_escape(const struct reading *r, const struct node *n)
{
	struct str s = str_slice(r->marks.text, n->at, n->at + n->len);
	for (size_t i = 0; i + 1 < s.n; i++)
		if (s.p[i] == '\\' && s.p[++i] == '/')
			return true;
	return false;
}

static struct node *read_scalar(struct reading *r)
{
	struct node *n = node_new(r, NODE_SCALAR);
	bool quoted = r->event.data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;
	const char *tag = (const char *)r->event.data.scalar.tag;
	if (quoted && has_slash_escape(r, n)) {
		refuse(r, n, S("found unknown escape character"));
		return NULL;
	}
	n->scalar.text = str_dup(r->a, (struct str){(const char *)r->event.data.scalar.value,
						    r->event.data.scalar.length});
	n->scalar.plain = r->event.data.scalar.plain_implicit;
	if (tag)
		n->scalar.tag = str_dup(r->a, str_from(tag));
	else if (n->scalar.plain && has_bare_tag(r, n))
		n->scalar.tag = S("!");
	name_anchor(r, n, r->event.data.scalar.anchor);
	return n;
}

static struct node *read_alias(struct reading *r)
{
	struct node *n = node_new(r, NODE_ALIAS);
	struct str name = str_from((const char *)r->event.data.alias.anchor);
	n->target = map_get(r->anchors, name);
	r->aliased = true;
	if (!n->target) {
		refuse(r, n, str_fmt(r->a, "unknown anchor '%" PRIstr "' referenced", ARG(name)));
		return NULL;
	}
	if (n->target->open) {
		refuse(r, n,
		       str_fmt(r->a, "anchor '%" PRIstr "' value contains itself", ARG(name)));
		return NULL;
	}
	return n;
}

static struct node *read_node(struct reading *r);

static struct node *read_collection(struct reading *r, enum node_kind kind)
{
	bool map = kind == NODE_MAP;
	struct node *n = node_new(r, kind);
	name_anchor(r, n,
		    map ? r->event.data.mapping_start.anchor : r->event.data.sequence_start.anchor);
	yaml_event_type_t end = map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;
	n->open = true;
	if (++r->depth > NESTING_MAX) {
		refuse(r, n, S("exceeded max depth of 10000"));
		return NULL;
	}
	for (;;) {
		if (!next(r))
			return NULL;
		if (r->event.type == end)
			break;
		struct node *child = read_node(r);
		if (!child)
			return NULL;
		if (n->n == n->cap)
			n->child = vec_grow(r->a, n->child, sizeof(struct node *), n->n, &n->cap);
		n->child[n->n++] = child;
	}
	n->open = false;
	r->depth--;
	n->len = byte_of(&r->marks, r->event.end_mark.index) - n->at;
	return n;
}

static struct node *read_node(struct reading *r)
{
	if (r->event.type == YAML_ALIAS_EVENT)
		return read_alias(r);
	if (r->event.type == YAML_SCALAR_EVENT)
		return read_scalar(r);
	return read_collection(r, r->event.type == YAML_MAPPING_START_EVENT ? NODE_MAP : NODE_LIST);
}

static bool read_document(struct reading *r, struct node **out)
{
	if (!next(r)) /* the start of the stream */
		return false;
	if (!next(r))
		return false;
	if (r->event.type != YAML_DOCUMENT_START_EVENT)
		return true;
	const yaml_version_directive_t *v = r->event.data.document_start.version_directive;
	if (v && (v->major != 1 || v->minor != 1))
		return refuse(r, node_new(r, NODE_SCALAR), S("found incompatible YAML document"));
	if (!next(r))
		return false;
	*out = read_node(r);
	return *out && next(r);
}

/* ---- the alias budget ---- */

/* go-yaml's decode.go: shares of the work that aliases may have. Aliases of aliases can nest
 * deeper than any text does; 10000 levels are go-yaml's limit for text. */
struct budget {
	size_t steps, aliased;
	unsigned through; /* aliases being followed */
	unsigned depth;
};

enum { DEPTH_MAX = 10000 };

static double allowed_share(size_t steps)
{
	const double low = 400000, high = 4000000;
	if ((double)steps <= low)
		return 0.99;
	if ((double)steps >= high)
		return 0.10;
	return 0.99 - 0.89 * ((double)steps - low) / (high - low);
}

static bool is_merge(const struct node *n)
{
	return n->kind == NODE_SCALAR && str_eq(n->scalar.text, S("<<")) &&
	       ((n->scalar.plain && !str_eq(n->scalar.tag, S("!"))) ||
		str_eq(n->scalar.tag, S(YAML_TAG "merge")));
}

static bool spend(struct budget *b, const struct node *n)
{
	b->steps++;
	b->aliased += b->through > 0;
	if (b->aliased > 100 && b->steps > 1000 &&
	    (double)b->aliased / (double)b->steps > allowed_share(b->steps))
		return false;
	if (++b->depth > DEPTH_MAX)
		return false;
	bool ok = true;
	if (n->kind == NODE_ALIAS) {
		b->through++;
		ok = spend(b, n->target);
		b->through--;
	}
	for (size_t i = 0; ok && i < n->n; i++)
		if (n->kind != NODE_MAP || i % 2 || !is_merge(n->child[i]))
			ok = spend(b, n->child[i]);
	b->depth--;
	return ok;
}

/* ---- nodes into the tree ---- */

static const struct doc *build(struct reading *r, struct node *n);

static const struct node *followed(const struct node *n)
{
	return n->kind == NODE_ALIAS ? n->target : n;
}

static void add_entry(struct reading *r, struct doc *d, size_t *cap, struct doc_entry e)
{
	if (d->n == *cap)
		d->entries = vec_grow(r->a, d->entries, sizeof(struct doc_entry), d->n, cap);
	d->entries[d->n++] = e;
}

static bool add_merged(struct reading *r, struct doc *d, size_t *cap, struct node *value)
{
	if (followed(value)->kind != NODE_MAP)
		return refuse(r, value,
			      S("map merge requires map or sequence of maps as the value"));
	const struct doc *from = build(r, value);
	for (size_t i = 0; from && i < from->n; i++)
		add_entry(r, d, cap, from->entries[i]);
	return from;
}

/* Of a list of maps the earlier ones win, so the last is laid down first. */
static bool add_merge(struct reading *r, struct doc *d, size_t *cap, struct node *value)
{
	if (value->kind != NODE_LIST)
		return add_merged(r, d, cap, value);
	for (size_t i = value->n; i-- > 0;)
		if (!add_merged(r, d, cap, value->child[i]))
			return false;
	return true;
}

static bool key_text(struct reading *r, struct node *key, struct str *out)
{
	const struct node *n = followed(key);
	const struct doc *d = build(r, key);
	if (!d)
		return false;
	if (n->kind == NODE_MAP || n->kind == NODE_LIST)
		return refuse(r, key, S("invalid map key: a map or a list"));
	if (d->kind == DOC_NULL)
		return refuse(r, key, S("unsupported map key of type: null"));
	*out = d->text;
	return true;
}

static bool build_map(struct reading *r, struct doc *d, struct node *n)
{
	size_t cap = 0;
	for (size_t i = 0; i + 1 < n->n; i += 2) {
		if (is_merge(n->child[i])) {
			if (!add_merge(r, d, &cap, n->child[i + 1]))
				return false;
			continue;
		}
		struct doc_entry e = {.key_from = origin_of(r, n->child[i])};
		if (!key_text(r, n->child[i], &e.key))
			return false;
		e.value = build(r, n->child[i + 1]);
		if (!e.value)
			return false;
		add_entry(r, d, &cap, e);
	}
	return true;
}

static bool build_list(struct reading *r, struct doc *d, struct node *n)
{
	d->entries = NEW_N(r->a, struct doc_entry, n->n);
	d->n = n->n;
	for (size_t i = 0; i < n->n; i++) {
		d->entries[i].value = build(r, n->child[i]);
		if (!d->entries[i].value)
			return false;
	}
	return true;
}

static bool build_scalar(struct reading *r, struct doc *d, const struct node *n)
{
	struct str problem;
	if (scalar_resolve(r->a, &n->scalar, &d->kind, &d->text, &problem))
		return true;
	return refuse(r, n, problem);
}

/* A node that aliases share is built once and shared. The span of an alias is that of what
 * it stands for: there the value is written. */
static const struct doc *build(struct reading *r, struct node *n)
{
	if (n->kind == NODE_ALIAS)
		return build(r, n->target);
	if (n->doc)
		return n->doc;
	struct doc *d = NEW(r->a, struct doc);
	d->from = origin_of(r, n);
	bool ok;
	if (n->kind == NODE_SCALAR) {
		ok = build_scalar(r, d, n);
	} else {
		d->kind = n->kind == NODE_MAP ? DOC_MAP : DOC_LIST;
		ok = n->kind == NODE_MAP ? build_map(r, d, n) : build_list(r, d, n);
	}
	if (!ok)
		return NULL;
	n->doc = d;
	return d;
}

static const struct doc *build_document(struct reading *r, struct node *n)
{
	if (!n) {
		struct doc *empty = NEW(r->a, struct doc);
		empty->from = origin_new(r->a, r->file, 0, 0, NULL);
		return empty;
	}
	if (r->aliased && !spend(&(struct budget){.steps = 1}, n)) {
		refuse(r, n, S("document contains excessive aliasing"));
		return NULL;
	}
	return build(r, n);
}

const struct doc *doc_yaml(struct arena *a, const struct file *file, struct doc_fault *fault)
{
	struct reading *r = NEW(a, struct reading);
	r->a = a;
	r->file = file;
	r->fault = fault;
	r->anchors = map_new(a);
	marks_init(a, &r->marks, file->text);
	arena_defer(a, reading_close, r);
	r->has_parser = yaml_parser_initialize(&r->parser);
	if (!r->has_parser) {
		refuse(r, NULL, S("no memory"));
		return NULL;
	}
	yaml_parser_set_input(&r->parser, feed, r);
	struct node *root = NULL;
	bool ok = read_document(r, &root);
	reading_close(r);
	return ok ? build_document(r, root) : NULL;
}
