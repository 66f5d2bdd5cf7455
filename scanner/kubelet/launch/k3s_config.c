/*
 * k3s_config.c - config.yaml and config.yaml.d of K3s and RKE2 into flags, as pkg/configfilearg of
 * k3s makes them: each key is a flag, each element of a list an occurrence of it; a later file's
 * key replaces an earlier one's, or adds to it when it ends in "+". YAML is go-yaml v2's. Keys
 * that are no flags are skipped there, so here. Not supported: configuration from the network.
 */
#include <string.h>

#include "arena.h"
#include "k3s.h"
#include "map.h"

enum { TEXT_MAX = 4096, DEPTH_MAX = 16 };

/* What a key has come to: Go's interface{} holding a list, a string, or another scalar. */
struct entry {
	struct str key;
	struct words values;
	bool list;
	bool string;
};

struct entries {
	struct k3s *k;
	struct map *index;
	VEC(struct entry *) at;
};

/* ---- values as text ---- */

struct printed {
	char *at;
	size_t n, cap;
};

static void print_text(struct arena *a, struct printed *p, struct str s)
{
	for (size_t i = 0; i < s.n && p->n < TEXT_MAX; i++)
		*vec_push(a, p) = s.p[i];
}

/* fmt.Sprint; a map is a yaml.MapSlice. */
static void print_value(struct arena *a, struct printed *p, const struct doc *d, unsigned depth)
{
	bool map = d->kind == DOC_MAP;
	if (d->kind == DOC_NULL || depth > DEPTH_MAX) {
		print_text(a, p, S("<nil>"));
		return;
	}
	if (!map && d->kind != DOC_LIST) {
		print_text(a, p, d->text);
		return;
	}
	print_text(a, p, S("["));
	for (size_t i = 0; i < d->n && p->n < TEXT_MAX; i++) {
		print_text(a, p, i ? S(" ") : S(""));
		if (map) {
			print_text(a, p, S("{"));
			print_text(a, p, d->entries[i].key);
			print_text(a, p, S(" "));
		}
		print_value(a, p, d->entries[i].value, depth + 1);
		print_text(a, p, map ? S("}") : S(""));
	}
	print_text(a, p, S("]"));
}

/* convert.ToString: of a list, its first element. */
static struct str text_of(struct arena *a, const struct doc *d)
{
	struct printed p = {0};
	if (d->kind == DOC_LIST)
		d = d->n ? d->entries[0].value : NULL;
	if (!d || d->kind == DOC_NULL)
		return S("");
	if (d->kind == DOC_STRING)
		return str_trim(d->text, " \t\n\v\f\r");
	print_value(a, &p, d, 0);
	return str_trim((struct str){p.at, p.n}, " \t\n\v\f\r");
}

/* ---- keys ---- */

static struct entry *entry_of(struct entries *all, struct str key)
{
	struct entry *e = map_get(all->index, key);
	if (e)
		return e;
	e = NEW(all->k->c->a, struct entry);
	e->key = key;
	map_put(all->index, key, e);
	*vec_push(all->k->c->a, &all->at) = e;
	return e;
}

static void add_values(struct entries *all, struct entry *e, const struct doc *d)
{
	struct arena *a = all->k->c->a;
	if (d->kind != DOC_LIST) {
		words_add(a, &e->values, text_of(a, d), d->from);
		return;
	}
	for (size_t i = 0; i < d->n; i++)
		words_add(a, &e->values, text_of(a, d->entries[i].value),
			  d->entries[i].value->from);
}

static void set(struct entries *all, struct entry *e, const struct doc *d)
{
	e->values = (struct words){0};
	e->list = d->kind == DOC_LIST;
	e->string = d->kind == DOC_STRING;
	add_values(all, e, d);
}

/* Both sides become lists; what is empty without being a string is none. */
static void append(struct entries *all, struct entry *e, const struct doc *d)
{
	bool scalar = d->kind != DOC_LIST;
	if (!e->list && !e->string && e->values.n == 1 && !e->values.at[0].text.n)
		e->values.n = 0;
	e->list = true;
	if (!scalar || d->kind == DOC_STRING || text_of(all->k->c->a, d).n)
		add_values(all, e, d);
}

/* People write kubelet_arg, kubelet-args and the like. */
static void remark_key(struct entries *all, const struct doc_entry *d, struct str key)
{
	bool flag =
		str_eq(key, S("kubelet-arg")) || (all->k->rke2 && str_eq(key, S("kubelet-path")));
	if (!flag && key.n >= 7 && str_eq_nocase(str_slice(key, 0, 7), S("kubelet")))
		note(rootfs_notes(all->k->c->root), d->key_from,
		     "%" PRIstr " is no option of %" PRIstr ", which skips it: kubelet-arg is one",
		     ARG(key), ARG(all->k->title));
}

static void take_document(struct entries *all, const struct doc *d)
{
	for (size_t i = 0; i < d->n; i++) {
		struct str key = str_trim(d->entries[i].key, " \t\n\v\f\r");
		bool more = str_ends(key, S("+"));
		if (more)
			key.n--;
		remark_key(all, &d->entries[i], key);
		bool known = map_get(all->index, key);
		struct entry *e = entry_of(all, key);
		if (more && known)
			append(all, e, d->entries[i].value);
		else
			set(all, e, d->entries[i].value);
	}
}

/* ---- files ---- */

static void take_file(struct entries *all, const struct file *f, const struct origin *from)
{
	struct k3s *k = all->k;
	struct doc_fault fault = {0};
	if (f->state == FILE_UNREADABLE) {
		struct doubt d = doubt_file(k->c->a, f, from);
		k3s_doubt(k, d.reason, d.text, d.from);
		return;
	}
	if (f->state != FILE_OK || f->kind != FILE_REGULAR) {
		const char *why = f->state == FILE_OK ? "is a directory" : "is not there";
		k3s_doubt(k, REASON_KUBELET_WOULD_NOT_START,
			  str_fmt(k->c->a, "%" PRIstr " cannot read %" PRIstr ": it %s",
				  ARG(k->title), ARG(f->path), why),
			  from);
		return;
	}
	const struct doc *d = doc_yaml(k->c->a, f, &fault);
	if (d && d->kind == DOC_MAP)
		take_document(all, d);
	else if (!d || d->kind != DOC_NULL)
		k3s_doubt(k, REASON_KUBELET_WOULD_NOT_START,
			  str_fmt(k->c->a, "%" PRIstr " cannot read %" PRIstr ": %" PRIstr,
				  ARG(k->title), ARG(f->path),
				  ARG(d ? S("it is no mapping") : fault.text)),
			  d ? d->from : fault.from);
}

static bool is_yaml(struct str name)
{
	struct str last5 = str_tail(name, name.n > 5 ? name.n - 5 : 0);
	struct str last4 = str_tail(name, name.n > 4 ? name.n - 4 : 0);
	return str_eq_nocase(last5, S(".yaml")) || str_eq_nocase(last4, S(".yml"));
}

/* Every name in the directory that counts, in order of names; directories do not. */
static struct words drop_ins(struct k3s *k, struct str dir, const struct origin *from)
{
	struct words out = {0};
	const struct listing *l = rootfs_list(k->c->root, dir);
	if (l->unread) {
		struct doubt d = doubt_file(k->c->a, l->unread, from);
		k3s_doubt(k, d.reason, d.text, d.from);
	}
	for (size_t i = 0; l->state == FILE_OK && i < l->n; i++) {
		struct str path =
			str_fmt(k->c->a, "%" PRIstr "/%" PRIstr, ARG(dir), ARG(l->names[i]));
		if (is_yaml(l->names[i]) && rootfs_lstat(k->c->root, path)->kind != FILE_DIRECTORY)
			words_add(k->c->a, &out, path, from);
	}
	return out;
}

/* ---- which file ---- */

/* The variable, then the first of --config and -c anywhere in the command; *named then. */
static struct word config_path(const struct k3s *k, bool *named)
{
	struct str name = str_cat(k->c->a, k->prefix, S("CONFIG_FILE"));
	const struct variable *v = launch_variable(&k->c->environment, name);
	*named = true;
	if (v && v->value.text.n)
		return v->value;
	for (size_t i = 1; i < k->c->words.n; i++) {
		struct word w = k->c->words.at[i];
		if (str_eq(w.text, S("--config")) || str_eq(w.text, S("-c")))
			return i + 1 < k->c->words.n ? k->c->words.at[i + 1] : (struct word){0};
		if (str_starts(w.text, S("--config=")))
			return (struct word){str_tail(w.text, 9), w.from};
		if (str_starts(w.text, S("-c=")))
			return (struct word){str_tail(w.text, 3), w.from};
	}
	*named = false;
	return (struct word){
		str_fmt(k->c->a, "/etc/rancher/%" PRIstr "/config.yaml", ARG(k->product)),
		k->c->words.at[0].from};
}

/* Later releases go on without the file that somebody named, earlier ones end. */
static void miss_config(struct k3s *k, struct word path, bool named)
{
	if (named)
		k3s_doubt(k, REASON_GENERATED_AT_BOOT,
			  str_fmt(k->c->a, "%" PRIstr ": configuration of %" PRIstr ", absent",
				  ARG(path.text), ARG(k->title)),
			  path.from);
	struct str why =
		str_fmt(k->c->a, "optional configuration of %" PRIstr ", absent", ARG(k->title));
	*vec_push(k->c->a, &k->out->pending) =
		(struct pending){.path = path.text, .why = why, .from = path.from};
}

static void emit(struct entries *all)
{
	for (size_t i = 0; i < all->at.n; i++) {
		const struct entry *e = all->at.at[i];
		for (size_t j = 0; j < e->values.n; j++)
			*vec_push(all->k->c->a, &all->k->told) =
				(struct told){e->key, e->values.at[j]};
	}
}

void k3s_configuration(struct k3s *k)
{
	bool named;
	struct word path = config_path(k, &named);
	struct entries all = {.k = k, .index = map_new(k->c->a)};
	if (!path.text.n)
		return;
	if (str_starts(path.text, S("http://")) || str_starts(path.text, S("https://"))) {
		k3s_doubt(k, REASON_GENERATED_AT_BOOT,
			  str_fmt(k->c->a, "%" PRIstr " is fetched at each start", ARG(path.text)),
			  path.from);
		return;
	}
	path.text = k3s_path(k, path.text);
	struct word dir = {str_cat(k->c->a, path.text, S(".d")), path.from};
	if (!k3s_locate(k, &path) || !k3s_locate(k, &dir))
		return;
	struct words more = drop_ins(k, dir.text, dir.from);
	const struct file *f = rootfs_read(k->c->root, path.text);
	if (f->state != FILE_ABSENT)
		take_file(&all, f, path.from);
	else if (!more.n)
		miss_config(k, path, named);
	for (size_t i = 0; i < more.n; i++)
		take_file(&all, rootfs_read(k->c->root, more.at[i].text), path.from);
	emit(&all);
}
