/*
 * launch_snap.c - `snap run NAME.APP`, which units that snapd writes execute, into the kubelet
 * inside that snap: MicroK8s (kubelite, and kubelet before 1.20), Canonical Kubernetes (k8s), and
 * the charmed kubelet. Their arguments come from files below /var/snap, which are copied there when
 * the snap is installed. `snap run` takes the revision of the link `current`; without one it is
 * told from the unit. Not supported: the snaps' own programs, which lie in a squashfs, and
 * settings in snapd's state.
 */
#include "arena.h"
#include "snap.h"

/* ---- the snap ---- */

static void set(struct arena *a, struct variables *v, const char *name, struct str value)
{
	*vec_push(a, v) = (struct variable){.name = str_from(name), .value = {value, NULL}};
}

/* The revision that a link `current` names: one path component. */
static struct str linked(const struct candidate *c, const char *dir, struct str name)
{
	struct str target =
		rootfs_link(c->root, str_fmt(c->a, "%s/%" PRIstr "/current", dir, ARG(name)));
	target = str_basename(str_trim(target, "/"));
	bool usable = target.n && !str_eq(target, S(".")) && !str_eq(target, S(".."));
	return usable ? target : S("");
}

/* snapd writes WorkingDirectory=/var/snap/NAME/REVISION into its units. */
static struct str of_unit(const struct candidate *c, struct str name)
{
	struct str dir = str_fmt(c->a, "/var/snap/%" PRIstr "/", ARG(name));
	struct str rest = str_starts(c->workdir, dir) ? str_tail(c->workdir, dir.n) : S("");
	return str_find(rest, '/') == rest.n ? rest : S("");
}

static struct str revision_of(const struct candidate *c, struct str name)
{
	static const char *const dirs[] = {"/snap", "/var/lib/snapd/snap", "/var/snap"};
	struct str data = str_fmt(c->a, "/var/snap/%" PRIstr "/current", ARG(name));
	for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++) {
		struct str revision = linked(c, dirs[i], name);
		if (revision.n)
			return revision;
	}
	if (rootfs_stat(c->root, data)->state == FILE_ABSENT && of_unit(c, name).n)
		return of_unit(c, name);
	return S("current");
}

static struct snap find(const struct candidate *c, struct str name)
{
	struct snap s = {.name = name, .revision = revision_of(c, name)};
	struct str key, plain;
	str_cut(name, '_', &plain, &key);
	s.data = str_fmt(c->a, "/var/snap/%" PRIstr "/%" PRIstr, ARG(name), ARG(s.revision));
	s.common = str_fmt(c->a, "/var/snap/%" PRIstr "/common", ARG(name));
	for (size_t i = 0; i < c->environment.n; i++)
		*vec_push(c->a, &s.environment) = c->environment.at[i];
	set(c->a, &s.environment, "SNAP",
	    str_fmt(c->a, "/snap/%" PRIstr "/%" PRIstr, ARG(plain), ARG(s.revision)));
	set(c->a, &s.environment, "SNAP_DATA", s.data);
	set(c->a, &s.environment, "SNAP_COMMON", s.common);
	set(c->a, &s.environment, "SNAP_NAME", plain);
	set(c->a, &s.environment, "SNAP_INSTANCE_NAME", name);
	set(c->a, &s.environment, "SNAP_INSTANCE_KEY", key);
	set(c->a, &s.environment, "SNAP_REVISION", s.revision);
	return s;
}

/* ---- the kubelet in it ---- */

enum reader { READER_ARRAY, READER_LINES };

static const struct app {
	const char *snap, *app;
	bool common;           /* the file is below $SNAP_COMMON, not $SNAP_DATA */
	const char *arguments; /* the file */
	const char *initial;   /* what installation copies there, below $SNAP; NULL */
	enum reader reader;
} apps[] = {
	{"microk8s", "daemon-kubelite", false, "args/kubelet", "default-args/kubelet",
	 READER_LINES},
	{"microk8s", "daemon-kubelet", false, "args/kubelet", "default-args/kubelet", READER_ARRAY},
	{"k8s", "kubelet", true, "args/kubelet", NULL, READER_ARRAY},
	{"kubelet", "daemon", false, "args", NULL, READER_ARRAY},
	{"kubelet", "kubelet", false, "args", NULL, READER_ARRAY},
	{"kubelet-eks", "daemon", false, "args", NULL, READER_ARRAY},
};

struct run {
	const struct candidate *c;
	const struct app *app;
	struct snap snap;
	const struct origin *from; /* the word that names the app */
	struct launch *out;
};

static struct str below(const struct run *r, struct str dir, const char *path)
{
	return str_fmt(r->c->a, "%" PRIstr "/%s", ARG(dir), path);
}

static bool there(const struct run *r, const char *path)
{
	return rootfs_stat(r->c->root, below(r, r->snap.data, path))->state == FILE_OK;
}

/* The launcher hands kubelite its own arguments, which name the kubelet's file. */
static struct word arguments_file(const struct run *r)
{
	struct str dir = r->app->common ? r->snap.common : r->snap.data;
	struct word path = {below(r, dir, r->app->arguments), r->from}, named;
	struct words own = {0};
	struct doubt doubt = {0};
	if (r->app->reader != READER_LINES)
		return path;
	const struct file *f = rootfs_read(r->c->root, below(r, r->snap.data, "args/kubelite"));
	if (f->state != FILE_OK)
		return path;
	snap_read_array(r->c->root, f, &r->snap.environment, &own, &doubt);
	return words_option(own, S("--kubelet-args-file"), &named) && named.text.n ? named : path;
}

/* MicroK8s' launcher leaves without starting anything while these say so. */
static void note_locks(const struct run *r)
{
	struct notes *notes = rootfs_notes(r->c->root);
	bool clustered = there(r, "var/lock/clustered.lock");
	if (!there(r, "var/lock/lite.lock"))
		note(notes, r->from,
		     "kubelite does not run until %" PRIstr "/var/lock/lite.lock is there",
		     ARG(r->snap.data));
	else if (!clustered && there(r, "var/lock/low-memory-guard.lock"))
		note(notes, r->from,
		     "kubelite does not run while %" PRIstr
		     "/var/lock/low-memory-guard.lock is there",
		     ARG(r->snap.data));
}

static void miss(const struct run *r, struct word path)
{
	struct str snap = launch_variable(&r->snap.environment, S("SNAP"))->value.text;
	struct str text = str_fmt(r->c->a, "%" PRIstr " is not there", ARG(path.text));
	r->out->doubt = launch_doubt(r->c, REASON_GENERATED_AT_BOOT, text, path.from);
	*vec_push(r->c->a, &r->out->pending) = (struct pending){
		.path = path.text, .why = S("arguments of a snap, absent"), .from = path.from};
	if (!r->app->initial)
		return;
	struct str initial = below(r, snap, r->app->initial);
	if (rootfs_stat(r->c->root, initial)->state == FILE_OK)
		note(rootfs_notes(r->c->root), path.from,
		     "installing the snap copies %" PRIstr " to %" PRIstr, ARG(initial),
		     ARG(path.text));
}

static bool run_app(const struct run *r)
{
	struct launch *out = r->out;
	out->layout = "snap";
	words_add(r->c->a, &out->argv, S("kubelet"), r->from);
	struct word path = arguments_file(r);
	const struct file *f = rootfs_read(r->c->root, path.text);
	bool lines = r->app->reader == READER_LINES;
	if (f->state == FILE_UNREADABLE)
		out->doubt = doubt_file(r->c->a, f, path.from);
	else if (f->state == FILE_ABSENT || f->kind != FILE_REGULAR)
		miss(r, path);
	else if (lines)
		snap_read_lines(r->c->a, f, &r->snap.environment,
				!there(r, "var/lock/no-arg-sanitisation"), &out->argv, &out->doubt);
	else
		snap_read_array(r->c->root, f, &r->snap.environment, &out->argv, &out->doubt);
	if (lines)
		note_locks(r);
	return true;
}

bool launch_snap(const struct candidate *c, struct launch *out)
{
	size_t at = 2;
	struct str snap, app, plain, key;
	if (!str_eq(word_program(c->words, 0), S("snap")) || c->words.n < 3 ||
	    !str_eq(c->words.at[1].text, S("run")))
		return false;
	while (at < c->words.n && str_starts(c->words.at[at].text, S("-")))
		at++;
	if (at == c->words.n)
		return false;
	if (!str_cut(c->words.at[at].text, '.', &snap, &app))
		app = snap;
	str_cut(snap, '_', &plain, &key);
	for (size_t i = 0; i < sizeof apps / sizeof apps[0]; i++)
		if (str_eq(plain, str_from(apps[i].snap)) && str_eq(app, str_from(apps[i].app)))
			return run_app(&(struct run){c, &apps[i], find(c, snap),
						     c->words.at[at].from, out});
	return false;
}
