/*
 * fix_edit.c - from a failed finding to the edit of the place that won: the flag inside of the
 * variable or unit that carries it, the value in the configuration file; where nothing was said, a
 * line more in the configuration file, or a drop-in that gives the flag.
 *
 * Texts that no edit of a file can reach (what a boot writes, a script's output) are left to
 * people, and so are directives of the unit: what a firewall may pass is not told by the image. The
 * finding's remedy says what to do.
 */
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "fix.h"

enum { PATH_PARTS_MAX = 8 };

static struct change *change_of(struct arena *a, struct changes *all, const struct file *file)
{
	bool there = file->state == FILE_OK;
	/* Of a file that is not there, `real` ends at the first directory that is missing. */
	struct str path = there ? file->real : file->path;
	for (size_t i = 0; i < all->n; i++)
		if (str_eq(all->at[i].path, path))
			return &all->at[i];
	struct change *c = vec_push(a, all);
	*c = (struct change){.path = path, .file = file, .mode = 0644};
	if (there) {
		c->mode = file->mode;
		c->uid = file->uid;
		c->gid = file->gid;
		c->text = file->text;
	}
	return c;
}

/* The same edit asked for by two findings is one. */
static void edit_add(struct arena *a, struct change *c, size_t at, size_t len, struct str text)
{
	for (size_t i = 0; i < c->edits.n; i++)
		if (c->edits.at[i].at == at && c->edits.at[i].len == len &&
		    str_eq(c->edits.at[i].text, text))
			return;
	struct edit *e = vec_push(a, &c->edits);
	*e = (struct edit){at, len, text};
}

static bool editable(const struct file *file)
{
	return file && !file->made && !file->quote && file->state == FILE_OK &&
	       file->kind == FILE_REGULAR;
}

/* ---- a value that stands somewhere ---- */

/* In the span of a flag: from behind "--name" to the end, quotes left out. */
static struct str flag_value(struct str span, const char *flag)
{
	size_t n = strlen(flag);
	for (size_t i = 0; i + n + 2 <= span.n; i++) {
		struct str rest = str_tail(span, i);
		if (str_starts(rest, S("--")) && str_starts(str_tail(rest, 2), str_from(flag)))
			return str_trim(str_tail(rest, n + 2), "\"'");
	}
	return span;
}

static bool replace_value(struct arena *a, const struct answer *x, struct changes *all)
{
	const struct origin *o = x->from;
	const char *flag = x->source == SOURCE_FLAG && x->option ? x->option->flag : NULL;
	struct str value = x->fix;
	bool gate = x->option && x->option->type == VALUE_MAP;
	if (!editable(o->file) || (gate && flag))
		return false;
	struct str span = str_slice(o->file->text, o->at, o->at + o->len), old = span;
	if (flag && value.n) {
		old = flag_value(span, flag);
		if (old.p != span.p)
			value = str_cat(a, S("="), value);
	}
	edit_add(a, change_of(a, all, o->file), (size_t)(old.p - o->file->text.p), old.n, value);
	return true;
}

/* ---- a value more in the configuration file ---- */

static struct words parts_of(struct arena *a, struct str path)
{
	struct words parts = {0};
	struct str rest = path, part;
	bool more = true;
	while (more && parts.n < PATH_PARTS_MAX) {
		more = str_cut(rest, '.', &part, &rest);
		*vec_push(a, &parts) = (struct word){part, NULL};
	}
	return parts;
}

/* "a: {b: v}" of the parts from `i` on: a block of lines for `column` >= 0, else one of braces. */
static struct str nested(struct arena *a, const struct words *parts, size_t i, struct str value,
			 int column)
{
	struct out *o = out_new(a);
	bool json = column < 0;
	for (size_t k = i; k < parts->n; k++) {
		bool last = k + 1 == parts->n;
		const char *quote = json ? "\"" : "";
		if (!json && k > i) {
			out_z(o, "\n");
			out_fill(o, ' ', (size_t)column + 2 * (k - i));
		}
		out_fmt(o, "%s%" PRIstr "%s:%s%s", quote, ARG(parts->at[k].text), quote,
			last || json ? " " : "", json && !last ? "{" : "");
	}
	out_str(o, value);
	for (size_t k = i + 1; json && k < parts->n; k++)
		out_z(o, "}");
	return str_dup(a, out_text(o));
}

/* Columns of spaces before the byte at `at`; -1 when something else stands there. */
static int indentation(struct str text, size_t at)
{
	size_t n = 0;
	while (n < at && text.p[at - n - 1] == ' ')
		n++;
	return n == at || text.p[at - n - 1] == '\n' ? (int)n : -1;
}

/* No other document and no end mark follows: a line more belongs to the top map. */
static bool ends_with_its_map(struct str text)
{
	return str_ends(text, S("\n")) && !str_has(text, S("\n---")) && !str_has(text, S("\n..."));
}

/* A place in the deepest map that is there: behind the last line of the file or before the first
 * key of a block, and behind the brace of a flow. */
static bool insert_at(struct arena *a, const struct file *file, const struct doc *map,
		      const struct words *parts, size_t i, struct str value, struct changes *all)
{
	struct change *c = change_of(a, all, file);
	size_t at = map->from ? map->from->at : 0;
	if (at < file->text.n && file->text.p[at] == '{') {
		struct str text = nested(a, parts, i, value, -1);
		edit_add(a, c, at + 1, 0, str_cat(a, text, map->n ? S(", ") : S("")));
		return true;
	}
	if (!map->n || !map->entries[0].key_from)
		return false;
	at = map->entries[0].key_from->at;
	int column = indentation(file->text, at);
	if (column < 0)
		return false;
	struct str block = str_cat(a, nested(a, parts, i, value, column), S("\n"));
	if (column == 0 && ends_with_its_map(file->text)) {
		edit_add(a, c, file->text.n, 0, block);
		return true;
	}
	struct out *o = out_new(a);
	out_str(o, block);
	out_fill(o, ' ', (size_t)column);
	edit_add(a, c, at, 0, str_dup(a, out_text(o)));
	return true;
}

static bool add_to_config(struct rootfs *root, const struct answer *x, const struct settings *s,
			  struct changes *all)
{
	struct arena *a = rootfs_arena(root);
	const struct file *file = rootfs_read(root, s->config_on_node);
	struct doc_fault fault;
	if (!editable(file) || !x->option->path)
		return false;
	const struct doc *map = doc_yaml(a, file, &fault);
	struct words parts = parts_of(a, x->name);
	size_t i = 0;
	if (!map || map->kind != DOC_MAP)
		return false;
	for (const struct doc *next; i + 1 < parts.n; i++, map = next) {
		next = doc_get(map, parts.at[i].text);
		if (!next)
			break;
		if (next->kind != DOC_MAP)
			return false;
	}
	return insert_at(a, file, map, &parts, i, x->fix, all);
}

/* ---- a drop-in ---- */

/* The drop-in that the fix makes for a unit; NULL where the image has one of that name. */
static struct change *drop_in_of(struct rootfs *root, const struct unit *u, struct changes *all)
{
	struct arena *a = rootfs_arena(root);
	struct str path =
		str_fmt(a, "/etc/systemd/system/%" PRIstr ".d/99-offnode.conf", ARG(u->id));
	const struct file *file = rootfs_stat(root, path);
	struct change *c = file->state == FILE_ABSENT ? change_of(a, all, file) : NULL;
	if (c && !c->text.n) {
		c->text = S("[Service]\n");
		c->mode = u->fragment ? u->fragment->mode : c->mode;
	}
	return c;
}

/* The command once more, with the flag: it stays the last line of the drop-in, so that one flag can
 * follow another. */
static bool add_flag(struct rootfs *root, const struct launch *l, const struct answer *x,
		     struct changes *all)
{
	struct arena *a = rootfs_arena(root);
	const struct unit *u = l->unit;
	const struct origin *line = u && u->commands.n == 1 ? u->commands.at[0].from : NULL;
	if (!line || !x->option->flag || strcmp(l->layout, "systemd") != 0)
		return false;
	struct change *c = drop_in_of(root, u, all);
	if (!c)
		return false;
	struct str command = str_slice(line->file->text, line->at, line->at + line->len);
	if (!str_has(c->text, S("ExecStart=")))
		c->text = str_fmt(a, "%" PRIstr "ExecStart=\nExecStart=%" PRIstr "\n", ARG(c->text),
				  ARG(command));
	c->text = str_fmt(a, "%" PRIstr " --%s=%" PRIstr "\n", ARG(str_trim(c->text, "\n")),
			  x->option->flag, ARG(x->fix));
	return true;
}

/* ---- modes and owners ---- */

static bool change_inode(struct rootfs *root, const struct answer *x, struct changes *all)
{
	const struct file *file = rootfs_read(root, x->name);
	struct str user, group;
	uint64_t uid = 0, gid = 0;
	if (!editable(file))
		return false;
	struct change *c = change_of(rootfs_arena(root), all, file);
	if (x->want->ask == ASK_MODE) {
		c->mode = (uint32_t)strtoul(str_z(rootfs_arena(root), x->fix), NULL, 8);
		return true;
	}
	str_cut(x->fix, ':', &user, &group);
	if (!str_u64(user, &uid) || !str_u64(group, &gid))
		return false;
	c->uid = (uint32_t)uid;
	c->gid = (uint32_t)gid;
	return true;
}

/* ---- a finding ---- */

static bool fix_answer(struct rootfs *root, const struct launch *l, const struct settings *s,
		       const struct answer *x, struct changes *all)
{
	struct arena *a = rootfs_arena(root);
	bool removable = x->want->ask == ASK_NOT_GIVEN && x->source == SOURCE_FLAG;
	if (!x->fix.n && !removable)
		return false;
	if (x->source == SOURCE_INODE)
		return change_inode(root, x, all);
	if (x->want->subject != SUBJECT_SETTING || !x->option)
		return false;
	if (x->from)
		return replace_value(a, x, all);
	return s && (s->config_on_node.n ? add_to_config(root, x, s, all)
					 : l && add_flag(root, l, x, all));
}

bool fix_finding(struct rootfs *root, const struct finding *f, const struct settings *s,
		 struct changes *all, struct str *why)
{
	for (size_t i = 0; i < f->answers.n; i++)
		if (f->answers.at[i].verdict == VERDICT_FAIL &&
		    !fix_answer(root, f->launch, s, &f->answers.at[i], all)) {
			*why = S("no file of the image has a place for it");
			return false;
		}
	return true;
}

/* ---- edits to texts ---- */

static int by_place(const void *x, const void *y)
{
	const struct edit *a = x, *b = y;
	return a->at < b->at ? -1 : a->at > b->at;
}

static bool apply_one(struct arena *a, struct change *c)
{
	struct str old = c->file->text;
	struct out *o = out_new(a);
	size_t done = 0;
	if (!c->edits.n)
		return true;
	qsort(c->edits.at, c->edits.n, sizeof *c->edits.at, by_place);
	for (size_t i = 0; i < c->edits.n; i++) {
		const struct edit *e = &c->edits.at[i];
		if (e->at < done)
			return false;
		out_str(o, str_slice(old, done, e->at));
		out_str(o, e->text);
		done = e->at + e->len;
	}
	out_str(o, str_tail(old, done));
	c->text = str_dup(a, out_text(o));
	return true;
}

bool fix_apply(struct arena *a, struct changes *all)
{
	for (size_t i = 0; i < all->n; i++)
		if (!apply_one(a, &all->at[i]))
			return false;
	return true;
}
