/*
 * writers.c - which of the files that a launch was read from are written once more before it
 * starts: environment files, scripts, files of arguments, the configuration of products. What lies
 * there now is then not the last word. The kubelet's own config is looked after in settings.c.
 */
#include <string.h>

#include "arena.h"
#include "launch.h"

/* Paths that are asked for, and links of a trail. */
enum { PATHS_MAX = 40, TRAIL_MAX = 10, WORDS_MAX = 200 };

/* Directories in which a product's configuration may come to be. */
static const struct {
	const char *layout, *dir;
} products[] = {
	{"k3s", "/etc/rancher/k3s"},
	{"rke2", "/etc/rancher/rke2"},
	{"k0s", "/etc/k0s"},
	{"microshift", "/etc/microshift"},
	{"openshift", "/etc/origin/node"},
	{"snap", "/var/snap/microk8s/current/args"},
};

struct asking {
	struct arena *a;
	const struct unit *unit;
	struct launch *launch;
	struct words asked;
};

static bool is_pending(const struct launch *l, struct str path)
{
	for (size_t i = 0; i < l->pending.n; i++)
		if (str_eq(l->pending.at[i].path, path))
			return true;
	return false;
}

static void ask(struct asking *x, struct str path, bool below)
{
	for (size_t i = 0; i < x->asked.n; i++)
		if (str_eq(x->asked.at[i].text, path))
			return;
	if (x->asked.n == PATHS_MAX)
		return;
	words_add(x->a, &x->asked, path, NULL);
	struct pendings all = unit_written(x->unit, path, below);
	for (size_t i = 0; i < all.n; i++)
		if (!is_pending(x->launch, all.at[i].path))
			*vec_push(x->a, &x->launch->pending) = all.at[i];
}

static bool is_unit_file(const struct unit *u, const struct file *f)
{
	bool own = f == u->fragment;
	for (size_t i = 0; i < u->dropins.n; i++)
		own |= f == u->dropins.at[i];
	return own;
}

/* Files that gave the kubelet's words, or led to them. */
static void ask_origins(struct asking *x)
{
	for (size_t i = 0; i < x->launch->argv.n; i++) {
		const struct origin *o = x->launch->argv.at[i].from;
		for (size_t k = 0; o && k < TRAIL_MAX; k++, o = o->via)
			if (!is_unit_file(x->unit, o->file))
				ask(x, o->file->path, false);
	}
}

/* "/path", "--env-file=/path"; a program that is a kubelet is none of them, nor is its config. */
static struct str path_of(struct str word)
{
	size_t at = str_find(word, '/');
	bool path = at < word.n && (at == 0 || word.p[at - 1] == '=');
	if (!path || str_starts(word, S("--config")) || str_eq(str_basename(word), S("kubelet")))
		return S("");
	return str_tail(word, at);
}

/* Programs that are fetched at boot change no verdict; their scripts and lists of words do. */
static bool is_text(struct rootfs *root, struct str path)
{
	char head[4];
	size_t got;
	const struct file *f = rootfs_peek(root, path, 0, head, sizeof head, &got);
	return f->state == FILE_OK && f->kind == FILE_REGULAR && got &&
	       memcmp(head, "\177ELF", got) != 0;
}

static void ask_words(struct asking *x, struct rootfs *root)
{
	for (size_t i = 0; i < x->unit->commands.n; i++) {
		const struct words *w = &x->unit->commands.at[i].words;
		for (size_t k = 0; k < w->n && k < WORDS_MAX; k++) {
			struct str path = path_of(w->at[k].text);
			if (path.n && is_text(root, path))
				ask(x, path, false);
		}
	}
}

void launch_await_writers(struct rootfs *root, struct systemd *sd, const struct unit *u,
			  struct launch *l)
{
	struct asking x = {.a = rootfs_arena(root), .unit = u, .launch = l};
	if (u->load != UNIT_LOADED)
		return;
	const struct story *story = unit_story(sd, u);
	for (size_t i = 0; i < story->environment_files.n; i++)
		ask(&x, story->environment_files.at[i].path, false);
	if (strcmp(l->layout, "systemd") == 0)
		return;
	ask_origins(&x);
	ask_words(&x, root);
	for (size_t i = 0; i < sizeof products / sizeof products[0]; i++)
		if (strcmp(l->layout, products[i].layout) == 0)
			ask(&x, str_from(products[i].dir), true);
}
