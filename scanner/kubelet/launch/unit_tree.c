/*
 * unit_tree.c - the tree that systemd makes for a service: RootDirectory=, BindPaths=,
 * BindReadOnlyPaths=, TemporaryFileSystem=, InaccessiblePaths= and those that lay an image or an
 * empty directory over a part of it (systemd.exec(5), "Paths" and "Sandboxing"). Not supported:
 * quotes, escapes and specifiers in these values, which leave a doubt about files alone.
 */
#include <string.h>

#include "arena.h"
#include "launch.h"

struct tree {
	struct arena *a;
	struct rootfs *root;
	const struct unit *unit;
	struct mounts *mounts;
	bool any;
	bool changed_root;
};

static void doubt(struct tree *t, const char *key, struct word value)
{
	t->any = true;
	t->mounts->doubt =
		(struct doubt){REASON_WRAPPER_UNRESOLVED,
			       str_fmt(t->a, "%s=%" PRIstr ": the tree that it makes is not told",
				       key, ARG(value.text)),
			       value.from};
}

static bool is_plain(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (strchr("%\"'\\", s.p[i]))
			return false;
	return true;
}

/* Where the node has a link on the way, the mount lies where it leads. */
static struct str settled(const struct tree *t, struct str target)
{
	const struct file *f = t->changed_root ? NULL : rootfs_stat(t->root, target);
	return f && f->state == FILE_OK && f->real.n ? f->real : target;
}

static void hide(struct tree *t, const char *key, struct str path, const struct origin *from)
{
	t->any = true;
	mounts_hide(t->a, t->mounts, settled(t, path), str_fmt(t->a, "what %s= lays there", key),
		    from);
}

static void bind(struct tree *t, struct str source, struct str target, const struct origin *from)
{
	t->any = true;
	mounts_bind(t->a, t->mounts, settled(t, target), source, from);
}

/* "SOURCE[:TARGET[:OPTIONS]]" */
static void on_bind(struct tree *t, const char *key, struct str spec, const struct origin *from)
{
	(void)key;
	struct str source, target, options;
	if (str_starts(spec, S("-")))
		spec = str_tail(spec, 1);
	str_cut(spec, ':', &source, &target);
	str_cut(target, ':', &target, &options);
	bind(t, source, target.n ? target : source, from);
}

static void on_image(struct tree *t, const char *key, struct str spec, const struct origin *from)
{
	struct str source, target, options;
	str_cut(spec, ':', &source, &target);
	str_cut(target, ':', &target, &options);
	hide(t, key, target.n ? target : S("/"), from);
}

static void on_hidden(struct tree *t, const char *key, struct str spec, const struct origin *from)
{
	struct str path, options;
	while (str_starts(spec, S("-")) || str_starts(spec, S("+")))
		spec = str_tail(spec, 1);
	str_cut(spec, ':', &path, &options);
	hide(t, key, path, from);
}

static void on_extension(struct tree *t, const char *key, struct str spec,
			 const struct origin *from)
{
	(void)spec;
	hide(t, key, S("/usr"), from);
	hide(t, key, S("/opt"), from);
	hide(t, key, S("/etc"), from);
}

typedef void path_fn(struct tree *t, const char *key, struct str spec, const struct origin *from);

/* The words of every assignment behind the last empty one. */
static void each_path(struct tree *t, const char *key, path_fn *apply)
{
	const struct assignments *all = &t->unit->assignments;
	size_t first = 0;
	for (size_t pass = 0; pass < 2; pass++) {
		for (size_t i = first; i < all->n; i++) {
			const struct assignment *x = &all->at[i];
			struct str rest = x->value.text, part;
			if (!str_eq(x->section, S("Service")) || !str_eq(x->key, str_from(key)))
				continue;
			if (!pass && !rest.n)
				first = i + 1;
			if (pass && !is_plain(rest))
				doubt(t, key, x->value);
			while (pass && rest.n) {
				str_cut(rest, ' ', &part, &rest);
				part = str_trim(part, "\t");
				if (part.n)
					apply(t, key, part, x->value.from);
			}
		}
	}
}

static bool is_yes(struct str s)
{
	static const char *const words[] = {"yes", "true", "on", "1", "y", "t", "disconnected"};
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (str_eq_nocase(s, str_from(words[i])))
			return true;
	return false;
}

static void take_private(struct tree *t)
{
	struct word tmp = unit_value(t->unit, S("Service"), S("PrivateTmp"));
	struct word home = unit_value(t->unit, S("Service"), S("ProtectHome"));
	if (is_yes(tmp.text)) {
		hide(t, "PrivateTmp", S("/tmp"), tmp.from);
		hide(t, "PrivateTmp", S("/var/tmp"), tmp.from);
	}
	if (is_yes(home.text) || str_eq(home.text, S("tmpfs"))) {
		hide(t, "ProtectHome", S("/home"), home.from);
		hide(t, "ProtectHome", S("/root"), home.from);
		hide(t, "ProtectHome", S("/run/user"), home.from);
	}
}

static void take_root(struct tree *t)
{
	struct word image = unit_value(t->unit, S("Service"), S("RootImage"));
	struct word dir = unit_value(t->unit, S("Service"), S("RootDirectory"));
	t->changed_root = image.text.n || dir.text.n;
	if (image.text.n)
		hide(t, "RootImage", S("/"), image.from);
	else if (dir.text.n && !is_plain(dir.text))
		doubt(t, "RootDirectory", dir);
	else if (dir.text.n)
		bind(t, dir.text, S("/"), dir.from);
}

bool unit_privileged(const struct command *cmd)
{
	const struct origin *o = cmd->from;
	for (size_t i = 0; o && o->file && i < o->len && o->at + i < o->file->text.n; i++) {
		char c = o->file->text.p[o->at + i];
		if (c == '+')
			return true;
		if (!strchr("@-:!|", c))
			return false;
	}
	return false;
}

/* '+' leaves a command out of all but a changed root. */
const struct mounts *unit_tree(struct rootfs *root, const struct unit *u, bool privileged)
{
	static const struct {
		const char *key;
		path_fn *apply;
	} paths[] = {{"ExtensionImages", on_extension}, {"ExtensionDirectories", on_extension},
		     {"MountImages", on_image},         {"TemporaryFileSystem", on_hidden},
		     {"InaccessiblePaths", on_hidden},  {"InaccessibleDirectories", on_hidden},
		     {"BindReadOnlyPaths", on_bind},    {"BindPaths", on_bind}};
	struct tree t = {.a = rootfs_arena(root), .root = root, .unit = u};
	t.mounts = NEW(t.a, struct mounts);
	take_root(&t);
	if (!privileged) {
		take_private(&t);
		for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
			each_path(&t, paths[i].key, paths[i].apply);
	}
	return t.any ? t.mounts : NULL;
}
