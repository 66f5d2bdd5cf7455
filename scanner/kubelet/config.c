/*
 * config.c - one KubeletConfiguration file into the fields it sets, as the kubelet's loader does it
 * (kubeletconfig/util/codec, apimachinery's json serializer): JSON is told from YAML by its first
 * byte, apiVersion and kind are looked for first, then every field must have its Go type. The
 * strict pass and its lenient retry together come to this: unknown and repeated keys are notes,
 * all else is an error. Not supported: protobuf, which is refused.
 */
#include "config.h"

#include "arena.h"

static const char VERSION[] = "kubelet.config.k8s.io/v1beta1";
static const char KIND[] = "KubeletConfiguration";

const char *config_code(enum config_error e, bool dropin)
{
	static const char *const codes[][2] = {
		[CONFIG_OK] = {NULL, NULL},
		[CONFIG_READ] = {"config-read", "config-dir-read"},
		[CONFIG_EMPTY] = {"config-empty", "config-dir-empty"},
		[CONFIG_KIND] = {"config-kind", "config-dir-kind"},
		[CONFIG_DECODE] = {"config-decode", "config-dir-decode"},
		[CONFIG_LIMIT] = {NULL, NULL},
	};
	return codes[e][dropin];
}

static bool refuse(struct config_fault *fault, enum config_error error, const struct origin *from,
		   struct str text)
{
	*fault = (struct config_fault){error, text, from};
	return false;
}

/* unicode.IsSpace. */
static bool is_space(uint32_t c)
{
	return (c >= 9 && c <= 13) || c == ' ' || c == 0x85 || c == 0xA0 || c == 0x1680 ||
	       (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
	       c == 0x205F || c == 0x3000;
}

static bool looks_like_json(struct str s)
{
	uint32_t c;
	size_t n;
	while ((n = str_rune(s, &c)) && is_space(c))
		s = str_tail(s, n);
	return str_starts(s, S("{"));
}

/* The document of a file: JSON when it begins with a brace, else YAML. NULL with *fault. */
static const struct doc *document(struct arena *a, const struct file *f, bool *json,
				  struct config_fault *fault)
{
	struct doc_fault why = {0};
	*json = looks_like_json(f->text);
	const struct origin *top = origin_new(a, f, 0, 0, NULL);
	if (!f->text.n) {
		refuse(fault, CONFIG_EMPTY, top,
		       str_fmt(a, "kubelet config file %" PRIstr " was empty", ARG(f->path)));
		return NULL;
	}
	if (str_starts(f->text, S("k8s\0"))) {
		refuse(fault, CONFIG_DECODE, top, S("protobuf is no format of this file"));
		return NULL;
	}
	const struct doc *d = *json ? doc_json(a, f, &why) : doc_yaml(a, f, &why);
	if (!d)
		refuse(fault, why.limit ? CONFIG_LIMIT : CONFIG_DECODE, why.from ? why.from : top,
		       *json ? why.text
			     : str_cat(a, S("error converting YAML to JSON: "), why.text));
	return d;
}

/* ---- apiVersion and kind ---- */

struct identity {
	const struct doc *version, *kind;
};

/* encoding/json into two string fields: any case of the key, null changes nothing, the later
 * wins. YAML has been through a Go map, whose keys come sorted. */
static bool identify(struct arena *a, const struct doc *d, bool json, struct identity *id,
		     struct config_fault *fault)
{
	if (d->kind == DOC_NULL)
		return true;
	if (d->kind != DOC_MAP)
		return refuse(fault, CONFIG_DECODE, d->from,
			      str_fmt(a,
				      "couldn't get version/kind; json parse error: the top is %s",
				      doc_kind_name(d->kind)));
	size_t n = d->n;
	struct doc_entry *e = json ? d->entries : entries_sorted(a, d, &n);
	for (size_t i = 0; i < n; i++) {
		bool version = str_eq_nocase(e[i].key, S("apiVersion"));
		if (!version && !str_eq_nocase(e[i].key, S("kind")))
			continue;
		if (e[i].value->kind == DOC_NULL)
			continue;
		if (e[i].value->kind != DOC_STRING)
			return refuse(fault, CONFIG_DECODE, e[i].value->from,
				      str_fmt(a,
					      "couldn't get version/kind; json parse error: "
					      "%" PRIstr " is %s",
					      ARG(e[i].key), doc_kind_name(e[i].value->kind)));
		*(version ? &id->version : &id->kind) = e[i].value;
	}
	return true;
}

static bool check_identity(struct arena *a, const struct doc *d, const struct identity *id,
			   struct config_fault *fault)
{
	struct str version = doc_string(id->version), kind = doc_string(id->kind);
	if (!kind.n)
		return refuse(fault, CONFIG_KIND, id->kind ? id->kind->from : d->from,
			      S("Object 'Kind' is missing"));
	if (!version.n)
		return refuse(fault, CONFIG_KIND, id->version ? id->version->from : d->from,
			      S("Object 'apiVersion' is missing"));
	if (str_eq(version, str_from(VERSION)) && str_eq(kind, str_from(KIND)))
		return true;
	bool ours = str_eq(kind, str_from(KIND));
	return refuse(fault, CONFIG_KIND, (ours ? id->version : id->kind)->from,
		      str_fmt(a,
			      "no kind \"%" PRIstr "\" of version \"%" PRIstr
			      "\" can be a kubelet's configuration",
			      ARG(kind), ARG(version)));
}

/* ---- fields ---- */

static bool segment_is(struct str path, struct str prefix, struct str key, bool fold, size_t *end)
{
	if (!str_starts(path, prefix) || path.n < prefix.n + key.n)
		return false;
	struct str part = str_slice(path, prefix.n, prefix.n + key.n);
	*end = prefix.n + key.n;
	bool whole = path.n == *end || path.p[*end] == '.';
	return whole && (fold ? str_eq_nocase(part, key) : str_eq(part, key));
}

static bool find_key(struct arena *a, struct str prefix, struct str key, bool fold, unsigned minor,
		     const struct option_row **row, struct str *deeper)
{
	for (size_t i = 0; i < options_n; i++) {
		struct str path = str_from(options[i].pub.path);
		size_t end;
		if (!path.n || !segment_is(path, prefix, key, fold, &end) ||
		    !field_exists(&options[i], minor))
			continue;
		*row = end == path.n ? &options[i] : NULL;
		*deeper = *row ? path : str_dup(a, str_slice(path, 0, end + 1));
		return true;
	}
	return false;
}

bool config_key(struct arena *a, struct str prefix, struct str key, bool fold, unsigned minor,
		const struct option_row **row, struct str *deeper)
{
	if (!key.n || str_find(key, '.') < key.n)
		return false;
	return find_key(a, prefix, key, false, minor, row, deeper) ||
	       (fold && find_key(a, prefix, key, true, minor, row, deeper));
}

/* A map that is written more than once grows. */
struct grown {
	struct doc *doc;
	size_t cap;
};

struct pass {
	struct arena *a;
	struct grown *grown; /* by row, for JSON */
	unsigned minor;
	bool json;
	struct notes *notes;
	struct fields *out;
	struct config_fault *fault;
};

static void note_unknown(struct pass *w, struct str prefix, const struct doc_entry *e)
{
	bool meta = !prefix.n && (str_eq(e->key, S("apiVersion")) || str_eq(e->key, S("kind")));
	if (!meta && w->notes)
		note(w->notes, e->key_from, "unknown field \"%" PRIstr "%" PRIstr "\" is ignored",
		     ARG(prefix), ARG(e->key));
}

static void note_repeated(struct pass *w, const struct doc *map)
{
	size_t n;
	entries_sorted(w->a, map, &n);
	if (n != map->n && w->notes)
		note(w->notes, map->from, "a key is set more than once; the last one counts");
}

/* JSON is decoded into the map that is there already, unless a null has taken it away. False when
 * it is the first. */
static bool grow(struct pass *w, const struct option_row *row, const struct doc *v)
{
	struct grown *g = &w->grown[row_index(row)];
	for (size_t i = 0; g->doc && i < v->n; i++) {
		struct doc *d = g->doc;
		if (d->n == g->cap)
			d->entries =
				vec_grow(w->a, d->entries, sizeof(struct doc_entry), d->n, &g->cap);
		d->entries[d->n++] = v->entries[i];
	}
	return g->doc != NULL;
}

static void take_json(struct pass *w, const struct option_row *row, const struct doc *v)
{
	if (!w->grown)
		w->grown = NEW_N(w->a, struct grown, options_n);
	struct grown *g = &w->grown[row_index(row)];
	if (v->kind == DOC_MAP && grow(w, row, v))
		return;
	struct doc *d = NEW(w->a, struct doc);
	*d = *v;
	*g = (struct grown){v->kind == DOC_MAP ? d : NULL, v->n};
	*vec_push(w->a, w->out) = (struct field){row, d};
}

/* On its way to JSON a YAML map has lost all but the last of equal keys. */
static const struct doc *lasting(const struct pass *w, const struct doc *v)
{
	if (w->json || v->kind != DOC_MAP)
		return v;
	struct doc *last = NEW(w->a, struct doc);
	*last = *v;
	last->entries = entries_sorted(w->a, v, &last->n);
	return last;
}

static bool take_field(struct pass *w, const struct option_row *row, const struct doc *v)
{
	struct str problem;
	const struct doc *last = lasting(w, v);
	if (!field_fits(w->a, row, last, &problem))
		return refuse(w->fault, CONFIG_DECODE, v->from, problem);
	if (w->json && form_is_map(row->form))
		take_json(w, row, v);
	else
		*vec_push(w->a, w->out) = (struct field){row, last};
	return true;
}

static bool walk_map(struct pass *w, const struct doc *map, struct str prefix)
{
	size_t n = map->n;
	struct doc_entry *e = w->json ? map->entries : entries_sorted(w->a, map, &n);
	note_repeated(w, map);
	for (size_t i = 0; i < n; i++) {
		const struct option_row *row;
		struct str deeper;
		const struct doc *v = e[i].value;
		if (!config_key(w->a, prefix, e[i].key, false, w->minor, &row, &deeper)) {
			note_unknown(w, prefix, &e[i]);
		} else if (row) {
			if (!take_field(w, row, v))
				return false;
		} else if (v->kind == DOC_MAP) {
			if (!walk_map(w, v, deeper))
				return false;
		} else if (v->kind != DOC_NULL) {
			return refuse(w->fault, CONFIG_DECODE, v->from,
				      str_fmt(w->a, "json: cannot unmarshal %s into %" PRIstr,
					      doc_kind_name(v->kind),
					      ARG(str_slice(deeper, 0, deeper.n - 1))));
		}
	}
	return true;
}

bool config_decode(struct arena *a, const struct file *f, unsigned minor, struct notes *notes,
		   struct fields *out, struct config_fault *fault)
{
	bool json;
	struct identity id = {0};
	const struct doc *d = document(a, f, &json, fault);
	if (!d || !identify(a, d, json, &id, fault) || !check_identity(a, d, &id, fault))
		return false;
	struct pass w = {a, NULL, minor, json, notes, out, fault};
	return walk_map(&w, d, S(""));
}

bool config_fields(struct arena *a, const struct doc *d, unsigned minor, struct notes *notes,
		   struct fields *out, struct config_fault *fault)
{
	struct pass w = {a, NULL, minor, false, notes, out, fault};
	return walk_map(&w, d, S(""));
}

/* ---- drop-ins ---- */

static const struct doc *repeated_key(struct arena *a, const struct doc *d)
{
	size_t n = d->n;
	if (d->kind == DOC_MAP)
		entries_sorted(a, d, &n);
	if (n != d->n)
		return d;
	const struct doc *found = NULL;
	for (size_t i = 0; !found && i < d->n; i++)
		if (d->entries[i].value->n)
			found = repeated_key(a, d->entries[i].value);
	return found;
}

const struct doc *config_dropin(struct arena *a, const struct file *f, unsigned minor,
				struct config_fault *fault)
{
	bool json;
	struct identity any = {0}, exact = {0};
	const struct doc *d = document(a, f, &json, fault);
	if (!d || !identify(a, d, json, &any, fault))
		return NULL;
	exact.version = doc_get(d, S("apiVersion"));
	exact.kind = doc_get(d, S("kind"));
	if (!doc_string(exact.kind).n) {
		refuse(fault, CONFIG_KIND, d->from, S("Object 'Kind' is missing"));
		return NULL;
	}
	const struct doc *twice = repeated_key(a, d);
	if (twice) {
		refuse(fault, CONFIG_DECODE, twice->from,
		       S("strict decoding error: a key is set more than once"));
		return NULL;
	}
	bool free_version = minor && minor < 30;
	return free_version || check_identity(a, d, &exact, fault) ? d : NULL;
}
