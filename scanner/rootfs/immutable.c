/*
 * immutable.c - the root of a cOS, Elemental or Kairos system, an image in a file or a snapshot, to
 * the root that its initramfs makes of it (cos-toolkit, "Immutable rootfs"; immucore;
 * elemental-toolkit 2, "elemental mount"): the volumes and the persistent paths of the layout,
 * which is an environment that the files below /system/oem and of the partition COS_OEM give in
 * their stages "rootfs.before", "rootfs" and "rootfs.after", in this order; of Elemental, see
 * elemental.c, files of its configuration too. A persistent path lies in a directory of the
 * persistent partition, into which the image's own files are copied before it is mounted, or which
 * is the upper part of an overlay. Paths that are only writable keep nothing over a boot. Not
 * supported: what the kernel's command line adds, the layout of a recovery system, and paths that
 * are writable on a partition.
 */
#include "immutable.h"

#include <stdlib.h>

#include "arena.h"
#include "composed.h"
#include "doc.h"
#include "elemental.h"
#include "mounted.h"
#include "overlayfs.h"

enum { FILES_MAX = 200, PATHS_MAX = 200 };

struct immutable {
	struct rootfs *top;
	struct str
		mode; /* the file in /run/cos or /run/elemental that tells which image was booted */
	bool elemental; /* it is mounted by `elemental mount` */
	struct arena *a;
	struct fs *composed;
	struct layers *layers;
	struct mounted_list *out;
	VEC(const struct doc *) files;
	struct layout layout;
	struct written_list written;
};

/* ---- conditions ---- */

static struct str next_word(struct str *rest)
{
	struct str word;
	*rest = str_trim(*rest, " \t\r\n");
	size_t n = 0;
	while (n < rest->n && rest->p[n] != ' ' && rest->p[n] != '\t' && rest->p[n] != '\n')
		n++;
	word = str_slice(*rest, 0, n);
	*rest = str_tail(*rest, n);
	return word;
}

enum truth { TRUE, FALSE, UNTOLD };

/* "[ ! -f /run/cos/recovery_mode ]" */
static enum truth test_truth(struct str *rest, struct str mode)
{
	bool negated = false;
	struct str word = next_word(rest);
	if (!str_eq(word, S("[")))
		return UNTOLD;
	word = next_word(rest);
	if (str_eq(word, S("!"))) {
		negated = true;
		word = next_word(rest);
	}
	if (!str_eq(word, S("-f")) && !str_eq(word, S("-e")))
		return UNTOLD;
	struct str path = str_trim(next_word(rest), "\"'"), dir = str_dirname(path);
	if ((!str_eq(dir, S("/run/cos")) && !str_eq(dir, S("/run/elemental"))) ||
	    !str_eq(next_word(rest), S("]")))
		return UNTOLD;
	return str_eq(str_basename(path), mode) != negated ? TRUE : FALSE;
}

static enum truth condition_truth(struct str condition, struct str mode)
{
	struct str rest = condition;
	if (str_has(condition, S("boot_live_mode")) && !str_has(condition, S("!")))
		return FALSE;
	while (str_trim(rest, " \t\r\n").n) {
		enum truth truth = test_truth(&rest, mode);
		struct str joined = next_word(&rest);
		if (truth != TRUE || (joined.n && !str_eq(joined, S("&&"))))
			return joined.n && !str_eq(joined, S("&&")) ? UNTOLD : truth;
	}
	return TRUE;
}

static enum truth step_truth(const struct doc *step, struct str mode)
{
	const struct doc *condition = doc_get(step, S("if"));
	for (size_t i = 0; i < step->n; i++)
		if (str_starts(step->entries[i].key, S("only_")))
			return UNTOLD;
	return condition ? condition_truth(doc_string(condition), mode) : TRUE;
}

/* ---- the layout ---- */

static void close_path(struct immutable *m, struct mounted mount)
{
	struct error e;
	struct str dir = mount.dir; /* what is not there would be made */
	while (!composed_close(m->composed, dir, &mount.error, &e) && dir.n > 1)
		dir = str_dirname(dir);
	note(rootfs_notes(m->top), mount.from, "not mounted: %s", mount.error.text);
	*vec_push(m->a, m->out) = mount;
}

/* Nobody can tell what the layout is. */
static void close_all(struct immutable *m, struct str path, struct str why)
{
	static const char *const dirs[] = {"/etc", "/var"};
	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
		struct mounted mount = {.dir = str_from(dirs[i]), .what = path};
		fail(&mount.error, ERR_UNSUPPORTED,
		     "%" PRIstr ": the layout in it cannot be read: %" PRIstr, ARG(path), ARG(why));
		close_path(m, mount);
	}
}

static void read_file(struct immutable *m, struct str path)
{
	const struct file *f = rootfs_read(m->top, path);
	struct doc_fault fault = {0};
	if (f->state == FILE_ABSENT || (f->state == FILE_OK && f->kind != FILE_REGULAR))
		return;
	if (f->state != FILE_OK || m->files.n == FILES_MAX) {
		close_all(m, path, f->state != FILE_OK ? f->why : S("too many files"));
		return;
	}
	/* A text that is no YAML for us may be a template, and have a layout in it. */
	const struct doc *doc = doc_yaml(m->a, f, &fault);
	if (doc)
		*vec_push(m->a, &m->files) = doc;
	else if (str_has(f->text, S("cos-layout.env")))
		close_all(m, path, fault.text);
}

static void read_files(struct immutable *m, struct str dir)
{
	const struct listing *l = rootfs_list(m->top, dir);
	if (l->unread)
		close_all(m, dir, l->unread->why);
	for (size_t i = 0; i < l->n; i++)
		if (str_ends(l->names[i], S(".yaml")) || str_ends(l->names[i], S(".yml")))
			read_file(m, str_fmt(m->a, "%" PRIstr "/%" PRIstr, ARG(dir),
					     ARG(l->names[i])));
}

static void take(struct setting *s, const struct doc *environment, struct str key)
{
	const struct doc *value = doc_get(environment, key);
	if (value)
		*s = (struct setting){value->text, value->from};
}

/* Nobody can tell what is at these paths. */
static void close_paths(struct immutable *m, const struct doc *value)
{
	struct str rest, path;
	if (!value)
		return;
	rest = value->text;
	while ((path = next_word(&rest)).n) {
		struct mounted mount = {.dir = path, .what = S("the layout"), .from = value->from};
		fail(&mount.error, ERR_UNSUPPORTED,
		     "%" PRIstr ": whether the layout has it hangs on a condition", ARG(path));
		if (str_starts(path, S("/")))
			close_path(m, mount);
	}
}

static bool is_layout(const struct immutable *m, struct str file)
{
	return str_eq(file, S("/run/cos/cos-layout.env")) ||
	       (m->elemental && (str_eq(file, S("/run/elemental/layout.env")) ||
				 str_eq(file, S("/run/elemental/mount-layout.env"))));
}

static void take_environment(struct immutable *m, const struct doc *step)
{
	const struct doc *environment = doc_get(step, S("environment"));
	struct layout *l = &m->layout;
	if (!environment || !is_layout(m, doc_string(doc_get(step, S("environment_file")))))
		return;
	switch (step_truth(step, m->mode)) {
	case FALSE: return;
	case UNTOLD:
		close_paths(m, doc_get(environment, S("PERSISTENT_STATE_PATHS")));
		close_paths(m, doc_get(environment, S("CUSTOM_BIND_MOUNTS")));
		return;
	case TRUE: break;
	}
	take(&l->paths, environment, S("PERSISTENT_STATE_PATHS"));
	take(&l->bind, environment, S("PERSISTENT_STATE_BIND"));
	take(&l->writable, environment, S("RW_PATHS"));
	take(&l->overlay, environment, S("OVERLAY"));
	if (m->elemental)
		return;
	take(&l->volumes, environment, S("VOLUMES"));
	take(&l->bound, environment, S("CUSTOM_BIND_MOUNTS"));
	take(&l->target, environment, S("PERSISTENT_STATE_TARGET"));
}

/* Files that Elemental reads when it mounts. */
static void take_files(struct immutable *m, const struct doc *step)
{
	const struct doc *files = doc_get(step, S("files"));
	for (size_t i = 0; files && files->kind == DOC_LIST && i < files->n; i++) {
		const struct doc *file = files->entries[i].value;
		const struct doc *content = doc_get(file, S("content"));
		struct str path = doc_string(doc_get(file, S("path")));
		if (!str_starts(path, S("/etc/elemental/")) || !str_ends(path, S(".yaml")))
			continue;
		enum truth truth = step_truth(step, m->mode);
		if (truth == UNTOLD || (truth == TRUE && doc_get(file, S("encoding"))))
			close_all(m, path, S("whether and how it is written cannot be told"));
		else if (truth == TRUE)
			*vec_push(m->a, &m->written) = (struct written){
				path, doc_string(content), content ? content->from : NULL};
	}
}

static void take_step(struct immutable *m, const struct doc *step)
{
	take_environment(m, step);
	if (m->elemental)
		take_files(m, step);
}

/* Its configuration comes first, then the environment. */
static void take_configuration(struct immutable *m)
{
	struct layout environment = m->layout;
	struct error why;
	if (!elemental_layout(m->top, &m->written, &m->layout, &why)) {
		close_all(m, S("the layout"), str_from(why.text));
		m->layout = (struct layout){0};
		return;
	}
	if (environment.paths.value.n)
		m->layout.paths = environment.paths;
	if (environment.bind.value.n)
		m->layout.bind = (struct setting){S("true"), environment.bind.from};
	if (environment.writable.value.n)
		m->layout.writable = environment.writable;
	if (environment.overlay.value.n)
		m->layout.overlay = environment.overlay;
}

static void take_stage(struct immutable *m, struct str stage)
{
	for (size_t i = 0; i < m->files.n; i++) {
		const struct doc *steps = doc_get(doc_get(m->files.at[i], S("stages")), stage);
		for (size_t k = 0; steps && steps->kind == DOC_LIST && k < steps->n; k++)
			if (steps->entries[k].value->kind == DOC_MAP)
				take_step(m, steps->entries[k].value);
	}
}

/* ---- mounting ---- */

static bool is_mounted(const struct immutable *m, struct str dir)
{
	for (size_t i = 0; i < m->out->n; i++)
		if (str_eq(m->out->at[i].dir, dir))
			return true;
	return false;
}

static void mount_volume(struct immutable *m, struct str spec, struct str dir,
			 const struct origin *from)
{
	struct mounted mount = {.dir = dir, .what = spec, .from = from};
	if (composed_make(m->composed, str_dirname(dir), &mount.error))
		mounted_add(m->top, m->composed, m->layers, m->out, spec, dir, from);
	else
		close_path(m, mount);
}

/* "LABEL=COS_PERSISTENT:/usr/local" */
static void mount_volumes(struct immutable *m)
{
	struct setting s = m->layout.volumes;
	struct str rest = s.value, volume, spec, dir;
	while ((volume = next_word(&rest)).n)
		if (str_cut(volume, ':', &spec, &dir) && str_starts(dir, S("/")) &&
		    !is_mounted(m, dir))
			mount_volume(m, spec, dir, s.from);
}

static enum walk_end find(struct immutable *m, struct str dir, struct error *e)
{
	struct walk walk;
	enum walk_end end = fs_walk(m->a, m->composed, dir, false, &walk, e);
	if (end == WALK_FAILED)
		fail_in(e, "%" PRIstr, ARG(dir));
	return end == WALK_FOUND && walk.st.kind != FS_DIRECTORY ? WALK_ABSENT : end;
}

/* "/etc/systemd" to TARGET/etc-systemd.bind. */
static struct str state_of(struct immutable *m, struct str path, const char *kind)
{
	struct str target =
		m->layout.target.value.n ? m->layout.target.value : S("/usr/local/.state");
	struct str name = str_trim(path, "/");
	char *text = NEW_N(m->a, char, name.n + 1);
	for (size_t i = 0; i < name.n; i++)
		text[i] = name.p[i] == '/' ? '-' : name.p[i];
	return str_fmt(m->a, "%" PRIstr "/%" PRIstr ".%s", ARG(target),
		       ARG(((struct str){text, name.n})), kind);
}

/* Of what is in both, the image's own file counts: it was copied over the other. */
static bool lay_bound(struct immutable *m, struct mounted *mount)
{
	switch (find(m, mount->what, &mount->error)) {
	case WALK_FAILED: return false;
	case WALK_ABSENT: return true;
	case WALK_FOUND: break;
	}
	return overlayfs_lay(m->composed, m->layers, mount->dir, mount->what, mount->dir,
			     &mount->error);
}

static bool lay_upper(struct immutable *m, struct mounted *mount)
{
	struct str lower = mount->dir;
	switch (find(m, lower, &mount->error)) {
	case WALK_FAILED: return false;
	case WALK_ABSENT: lower = mount->what; break;
	case WALK_FOUND: break;
	}
	switch (find(m, mount->what, &mount->error)) {
	case WALK_FAILED: return false;
	case WALK_ABSENT: return true;
	case WALK_FOUND: break;
	}
	return overlayfs_lay(m->composed, m->layers, mount->dir, lower, mount->what, &mount->error);
}

static void lay_path(struct immutable *m, struct str path, const struct origin *from, bool bound)
{
	struct mounted mount = {.dir = path, .from = from};
	if (bound)
		mount.what = state_of(m, path, "bind");
	else
		mount.what = state_of(m, path, "overlay/upper");
	if (bound ? lay_bound(m, &mount) : lay_upper(m, &mount))
		*vec_push(m->a, m->out) = mount;
	else
		close_path(m, mount);
}

struct path {
	struct str path;
	const struct origin *from;
	bool bound;
};

static int by_path(const void *a, const void *b)
{
	return str_cmp(((const struct path *)a)->path, ((const struct path *)b)->path);
}

static void lay_paths(struct immutable *m)
{
	const struct setting all[] = {m->layout.paths, m->layout.bound};
	bool kairos = rootfs_stat(m->top, S("/etc/kairos-release"))->state != FILE_ABSENT;
	bool bound = kairos || str_eq(m->layout.bind.value, S("true"));
	VEC(struct path) paths = {0};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct str rest = all[i].value, path;
		while (paths.n < PATHS_MAX && (path = next_word(&rest)).n)
			*vec_push(m->a, &paths) = (struct path){path, all[i].from, bound || i};
		if (next_word(&rest).n)
			close_all(m, S("the layout"), S("too many paths"));
	}
	if (paths.n)
		qsort(paths.at, paths.n, sizeof *paths.at, by_path);
	for (size_t i = 0; i < paths.n; i++)
		if (str_starts(paths.at[i].path, S("/")) && !is_mounted(m, paths.at[i].path))
			lay_path(m, paths.at[i].path, paths.at[i].from, paths.at[i].bound);
}

/* What is written there is kept, and nobody can tell it here. */
static void close_writable(struct immutable *m)
{
	struct setting paths = m->layout.writable, overlay = m->layout.overlay;
	struct str rest = paths.value, path;
	if (!overlay.value.n || str_starts(overlay.value, S("tmpfs")))
		return;
	while ((path = next_word(&rest)).n) {
		struct mounted mount = {.dir = path, .what = overlay.value, .from = overlay.from};
		fail(&mount.error, ERR_UNSUPPORTED,
		     "%" PRIstr ": is written to '%" PRIstr "': not supported", ARG(path),
		     ARG(overlay.value));
		if (str_starts(path, S("/")))
			close_path(m, mount);
	}
}

static bool has_oem(const struct disk *disk)
{
	for (size_t i = 0; i < disk->volumes.n; i++)
		if (str_eq(disk->volumes.at[i].label, S("COS_OEM")))
			return true;
	return false;
}

/* An image in a file, of which there may be snapshots, or a snapshot of btrfs, with what mounts it
 * in its initramfs. */
static bool is_elemental(const struct immutable *m)
{
	const struct volume *root = m->layers->root;
	struct str modules = S("/usr/lib/dracut/modules.d/30elemental-rootfs");
	if (str_ends(root->name, S(".snapshots/active")))
		return true;
	return (str_eq(root->label, S("COS_STATE")) || str_ends(root->name, S("cOS/active.img")) ||
		str_ends(root->name, S("cOS/passive.img"))) &&
	       rootfs_stat(m->top, modules)->state != FILE_ABSENT;
}

void immutable_lay(struct rootfs *top, struct fs *composed, struct layers *layers,
		   struct mounted_list *out)
{
	struct immutable m = {.top = top,
			      .a = rootfs_arena(top),
			      .composed = composed,
			      .layers = layers,
			      .out = out};
	struct str name = layers->root->name;
	bool passive = str_ends(name, S("cOS/passive.img"));
	bool image = passive || str_ends(name, S("cOS/active.img"));
	m.mode = passive ? S("passive_mode") : S("active_mode");
	m.elemental = is_elemental(&m);
	if (!m.elemental && !image)
		return;
	if (has_oem(layers->disk) && !is_mounted(&m, S("/oem")))
		mounted_add(top, composed, layers, out, S("LABEL=COS_OEM"), S("/oem"), NULL);
	read_files(&m, S("/system/oem"));
	read_files(&m, S("/oem"));
	take_stage(&m, S("rootfs.before"));
	take_stage(&m, S("rootfs"));
	take_stage(&m, S("rootfs.after"));
	if (m.elemental)
		take_configuration(&m);
	mount_volumes(&m);
	close_writable(&m);
	lay_paths(&m);
}
