/*
 * generators.c - programs that write units and variables while the machine boots.
 *
 * systemd.generator(7), systemd.environment-generator(7); path-lookup.c and manager.c of systemd
 * 252. A generator that is a shell script of which every statement can be told is read instead of
 * run: its units, drop-ins and links lie in the search path, its variables in the environment of
 * every service. Any other is pending. Passed over are those of systemd itself and of common
 * packages, which know nothing of a kubelet.
 */
#include <stdlib.h>

#include "envfile.h"
#include "expand.h"
#include "shell.h"
#include "state.h"

enum { SCRIPT_MAX = 256 << 10, GENERATORS_MAX = 50 };

#define NORMAL "/run/systemd/generator"
#define EARLY "/run/systemd/generator.early"
#define LATE "/run/systemd/generator.late"

static bool known(struct str name)
{
	static const char *const packages[] = {
		"anaconda-generator",
		"autofs-generator",
		"cloud-init-generator",
		"coreos-boot-mount-generator",
		"coreos-installer-generator",
		"coreos-liveiso-autologin-generator",
		"coreos-live-generator",
		"coreos-platform-chrony",
		"coreos-platform-chrony-generator",
		"coreos-sulogin-force-generator",
		"ds-identify-generator",
		"friendly-recovery",
		"gpt-auto-generator",
		"ignition-generator",
		"kdump-dep-generator.sh",
		"live-generator",
		"live-overlay-generator",
		"lvm2-activation-generator",
		"netplan",
		"nfs-server-generator",
		"nfs-root-generator",
		"openvpn-generator",
		"ostree-system-generator",
		"postgresql-generator",
		"rpc-pipefs-generator",
		"selinux-autorelabel-generator.sh",
		"sshd-socket-generator",
		"sshd-keygen-generator",
		"snapd-generator",
		"snapd-env-generator",
		"flatpak-system-environment-generator",
		"lttng-generator",
		"zram-generator",
		"zfs-mount-generator",
	};
	if (str_starts(name, S("systemd-")))
		return true;
	for (size_t i = 0; i < sizeof packages / sizeof *packages; i++)
		if (str_eq(name, str_from(packages[i])) ||
		    (str_ends(name, str_from(packages[i])) && name.n > 2 && name.p[2] == '-'))
			return true;
	return false;
}

static const char *const roots[] = {"/etc", "/usr/local/lib", "/usr/lib", "/lib"};

/* What could not be read may write units and variables that nobody knows. */
static void miss(struct systemd *sd, const struct file *f)
{
	if (f->state == FILE_UNREADABLE && sd->doubt.reason == REASON_NONE)
		sd->doubt = doubt_file(sd->arena, f, NULL);
}

static bool runs(struct systemd *sd, struct str path)
{
	const struct file *f = rootfs_stat(sd->root, path);
	miss(sd, f);
	return f->state == FILE_OK && f->kind == FILE_REGULAR && (f->mode & 0111);
}

/* Of a name, only the first directory's is run; a link to /dev/null is none. They come out in order
 * of their names, as those for the environment are run. */
static struct strs find(struct systemd *sd, const char *kind)
{
	struct map *seen = map_new(sd->arena);
	struct strs names = {0}, paths = {0};
	for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
		struct str dir = str_fmt(sd->arena, "%s/systemd/%s", roots[i], kind);
		const struct listing *list = rootfs_list(sd->root, dir);
		doubt_listing(sd, list);
		for (size_t k = 0; k < list->n; k++) {
			struct str *path = NEW(sd->arena, struct str);
			if (map_get(seen, list->names[k]))
				continue;
			*path = path_join(sd->arena, dir, list->names[k]);
			map_put(seen, list->names[k], path);
			if ((i < 2 || !known(list->names[k])) && runs(sd, *path))
				*vec_push(sd->arena, &names) = list->names[k];
		}
	}
	if (names.n)
		qsort(names.at, names.n, sizeof *names.at, str_order);
	for (size_t i = 0; i < names.n; i++)
		*vec_push(sd->arena, &paths) = *(const struct str *)map_get(seen, names.at[i]);
	return paths;
}

/* ---- reading ---- */

/* False when the script, or what it does, is not told as a whole. */
static bool read_script(struct systemd *sd, struct str path, bool units, struct shell_outcome *out)
{
	static struct word dirs[] = {
		{{NORMAL, sizeof NORMAL - 1}, NULL},
		{{EARLY, sizeof EARLY - 1}, NULL},
		{{LATE, sizeof LATE - 1}, NULL},
	};
	const struct file *f = rootfs_stat(sd->root, path);
	struct shell sh = {.root = sd->root, .name = path, .workdir = S("/")};
	if (f->size > SCRIPT_MAX || sd->scripts++ >= GENERATORS_MAX)
		return false;
	f = rootfs_read(sd->root, path);
	miss(sd, f);
	sh.program = shell_interpreter(f->text, &sh.errexit);
	if (f->state != FILE_OK || !sh.program.n || !shell_known(sh.program))
		return false;
	sh.file = f;
	if (units)
		sh.args = sh.empty = (struct words){dirs, 3, 3};
	else
		sh.variables = *environment_manager(sd);
	size_t unread = rootfs_unreadable(sd->root).n;
	*out = shell_read(&sh, f->text);
	if (rootfs_unreadable(sd->root).n > unread && sd->doubt.reason == REASON_NONE)
		sd->doubt = (struct doubt){
			REASON_UNREADABLE,
			str_cat(sd->arena, path, S(" asks for a file that cannot be read")), NULL};
	return out->untold.text.n == 0 && out->unprinted.text.n == 0;
}

static void note_read(struct systemd *sd, struct str path)
{
	const struct file *f = rootfs_read(sd->root, path);
	note(rootfs_notes(sd->root), origin_new(sd->arena, f, 0, str_find(f->text, '\n'), NULL),
	     "a generator that is read, not run: what it writes counts as written");
}

/* ---- units ---- */

static bool below(struct str path, struct str dir)
{
	return str_starts(path, dir) && path.n > dir.n && path.p[dir.n] == '/';
}

/* Only below its three directories, and only what was not there before. */
static bool writes_units_alone(const struct shell_outcome *o)
{
	for (size_t i = 0; i < o->written.n; i++) {
		const struct shell_written *w = &o->written.at[i];
		if (w->removed || w->untold.text.n ||
		    (!below(w->path, S(NORMAL)) && !below(w->path, S(EARLY)) &&
		     !below(w->path, S(LATE))))
			return false;
	}
	return true;
}

static void make_files(struct systemd *sd, const struct shell_outcome *o, bool links)
{
	for (size_t i = 0; i < o->written.n; i++) {
		const struct shell_written *w = &o->written.at[i];
		struct file f = {.path = w->path,
				 .state = FILE_OK,
				 .kind = w->kind,
				 .mode = w->mode,
				 .size = w->text.n,
				 .text = w->text,
				 .made = w->from};
		if ((w->kind == FILE_SYMLINK) == links)
			rootfs_make(sd->root, &f);
	}
}

static void begin_empty(struct systemd *sd)
{
	static const char *const dirs[] = {NORMAL, EARLY, LATE};
	for (size_t i = 0; i < sizeof dirs / sizeof *dirs && !sd->generated && !sd->live_run; i++)
		rootfs_empty(sd->root, str_from(dirs[i]));
	sd->generated = true;
}

static void leave(struct systemd *sd, struct str path, const char *why)
{
	*vec_push(sd->arena, &sd->generators) =
		(struct pending){.path = path, .why = str_from(why)};
}

void generators_read_units(struct systemd *sd)
{
	struct strs paths = find(sd, "system-generators");
	for (size_t i = 0; i < paths.n; i++) {
		struct shell_outcome o;
		if (!read_script(sd, paths.at[i], true, &o) || !writes_units_alone(&o)) {
			leave(sd, paths.at[i], "generator, may add units at boot");
			continue;
		}
		begin_empty(sd);
		/* Links are followed when they are made: first what they may lead to. */
		make_files(sd, &o, false);
		make_files(sd, &o, true);
		note_read(sd, paths.at[i]);
	}
}

/* ---- variables ---- */

/* The value's place in the script. A text that is put together from several has the place of the
 * script's own part. */
static struct variable variable_of(struct systemd *sd, const struct shell_outcome *o,
				   const struct env_pair *p, const struct file *script)
{
	size_t n = p->value.text.n, first = traced_offset(&p->value, 0);
	size_t last = n ? traced_offset(&p->value, n - 1) + 1 : first;
	bool exact;
	const struct origin *from = shell_printed_from(sd->arena, o, first, last, &exact), *own;
	for (own = from; own && own->file != script;)
		own = own->via;
	struct variable v = {.name = p->name.text, .value = {p->value.text, own ? own : from}};
	if (!v.value.from || (exact && own == from && last - first == n))
		return v;
	uint32_t *at = NEW_N(sd->arena, uint32_t, n + 1);
	for (size_t i = 0; i <= n; i++)
		at[i] = (uint32_t)(v.value.from->at + (n ? i * v.value.from->len / n : 0));
	v.at = at;
	return v;
}

static void set_variables(struct systemd *sd, const struct shell_outcome *o, struct str path,
			  struct variables *vars)
{
	struct file *f = NEW(sd->arena, struct file);
	*f = (struct file){.path = path, .real = path, .text = o->printed, .size = o->printed.n};
	struct env_pairs pairs = envfile_parse(sd->arena, f, sd->v);
	for (size_t i = 0; pairs.fault.n == 0 && i < pairs.n; i++) {
		const struct env_pair *p = &pairs.at[i];
		if (env_name_valid(p->name.text) && env_value_valid(p->value.text, sd->v))
			variables_set(sd->arena, vars,
				      variable_of(sd, o, p, rootfs_read(sd->root, path)));
	}
}

void generators_read_variables(struct systemd *sd, struct variables *vars)
{
	struct strs paths = find(sd, "system-environment-generators");
	for (size_t i = 0; i < paths.n; i++) {
		struct shell_outcome o;
		if (!read_script(sd, paths.at[i], false, &o) || o.written.n) {
			leave(sd, paths.at[i], "generator, may add variables at boot");
			continue;
		}
		set_variables(sd, &o, paths.at[i], vars);
		note_read(sd, paths.at[i]);
	}
}
