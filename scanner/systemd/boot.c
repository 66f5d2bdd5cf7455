/*
 * boot.c - what can change a unit between the image and the running machine: the exact paths.
 *
 * systemd-sysext(8) where rootfs did not lay it, and what generators.c leaves. Files that
 * first-boot tools write are in boot_written.c, those that commands write in boot_commands.c.
 */
#include "boot.h"

#include "glob.h"

static void add(struct boot *b, struct str path, const char *why)
{
	*vec_push(b->sd->arena, &b->everywhere) =
		(struct pending){.path = path, .why = str_from(why)};
}

/* A directory can be looked into; an image cannot, nor one of several versions. */
static bool may_hold_units(struct systemd *sd, struct str path, const char *units)
{
	const struct file *f = rootfs_stat(sd->root, path);
	if (f->state != FILE_OK)
		return false;
	if (f->kind == FILE_REGULAR)
		return str_ends(path, S(".raw")) && f->size > 0;
	if (f->kind == FILE_DIRECTORY && str_ends(path, S(".v"))) {
		const struct listing *versions = rootfs_list(sd->root, path);
		return versions->state == FILE_UNREADABLE || versions->n > 0;
	}
	struct str inside = str_fmt(sd->arena, "%" PRIstr "%s", ARG(path), units);
	return f->kind == FILE_DIRECTORY && rootfs_stat(sd->root, inside)->state != FILE_ABSENT;
}

static void find_extensions(struct boot *b)
{
	static const struct {
		const char *dir, *units, *why;
		unsigned since;
	} all[] = {
		{"/etc/extensions", "/usr/lib/systemd/system", "extension, laid over /usr", 248},
		{"/var/lib/extensions", "/usr/lib/systemd/system", "extension, laid over /usr",
		 248},
		{"/var/lib/confexts", "/etc", "extension, laid over /etc", 254},
		{"/usr/lib/confexts", "/etc", "extension, laid over /etc", 254},
		{"/usr/local/lib/confexts", "/etc", "extension, laid over /etc", 254},
	};
	struct systemd *sd = b->sd;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct str dir = str_from(all[i].dir);
		const struct listing *list = rootfs_list(sd->root, dir);
		for (size_t k = 0; sd->v >= all[i].since && k < list->n; k++) {
			struct str path = path_join(sd->arena, dir, list->names[k]);
			if (!rootfs_extended(sd->root, path) &&
			    may_hold_units(sd, path, all[i].units))
				add(b, path, all[i].why);
		}
	}
}

struct boot *boot_of(struct systemd *sd)
{
	if (sd->boot)
		return sd->boot;
	sd->boot = NEW(sd->arena, struct boot);
	sd->boot->sd = sd;
	sd->boot->services = map_new(sd->arena);
	sd->boot->scripts = map_new(sd->arena);
	for (size_t i = 0; i < sd->generators.n; i++)
		*vec_push(sd->arena, &sd->boot->everywhere) = sd->generators.at[i];
	find_extensions(sd->boot);
	boot_find_written(sd->boot);
	return sd->boot;
}

/* "/…/systemd/system/NAME", "…/NAME.d/x.conf", "…/service.d/x.conf" or an environment file. */
static bool concerns(const struct loading *l, struct str path)
{
	struct str dir = str_dirname(path), base = str_basename(path);
	struct str above = str_basename(dir);
	bool dropin = str_ends(base, S(".conf")) && str_ends(above, S(".d"));
	struct str of = dropin ? str_slice(above, 0, above.n - 2) : base;
	for (size_t i = 0; i < l->env_files.n && i < BOOT_FILES_MAX; i++)
		if (str_eq(l->env_files.at[i].path, path))
			return true;
	if (!str_ends(dropin ? str_dirname(dir) : dir, S("/systemd/system")))
		return false;
	for (size_t i = 0; i < l->unit->names.n; i++)
		if (str_eq(l->unit->names.at[i].text, of))
			return true;
	return dropin && str_eq(of, S("service"));
}

/* A path is told once, with the reason that says most. */
static void add_pending(struct loading *l, struct pending p)
{
	struct pendings *all = &l->unit->pending;
	for (size_t i = 0; i < all->n; i++)
		if (str_eq(all->at[i].path, p.path)) {
			all->at[i].why = p.why;
			all->at[i].writer = p.writer;
			return;
		}
	*vec_push(l->sd->arena, all) = p;
}

void boot_pendings(struct loading *l)
{
	const struct boot *b = boot_of(l->sd);
	for (size_t i = 0; i < b->everywhere.n; i++)
		*vec_push(l->sd->arena, &l->unit->pending) = b->everywhere.at[i];
	for (size_t i = 0; i < b->written.n; i++)
		if (concerns(l, b->written.at[i].path))
			add_pending(l, b->written.at[i]);
	for (size_t i = 0; i < l->env_files.n && i < BOOT_FILES_MAX; i++)
		if (boot_prepared(l, l->env_files.at[i].path))
			add_pending(l, (struct pending){.path = l->env_files.at[i].path,
							.why = S("written by ExecStartPre"),
							.writer = S("ExecStartPre"),
							.from = l->env_files.at[i].from});
}

/* What lies under /run in an image is gone when the machine boots. */
bool unit_hidden(const struct unit *u, struct str real)
{
	return !u->loading->sd->live_run && str_starts(real, S("/run/"));
}
