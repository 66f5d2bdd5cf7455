/*
 * preset.c - would `systemctl preset` enable a unit?
 *
 * systemd.preset(5); read_presets and query_presets (install.c) of systemd 252. On the first boot
 * of a machine every unit is preset before any is loaded. The first line that matches counts,
 * over all files sorted by name; a unit that none matches is enabled.
 */
#include <fnmatch.h>
#include <stdlib.h>

#include "state.h"

static int by_basename(const void *a, const void *b)
{
	const struct file *const *x = a, *const *y = b;
	return str_cmp(str_basename((*x)->path), str_basename((*y)->path));
}

static struct files preset_files(struct systemd *sd)
{
	static const char *const dirs[] = {
		"/etc/systemd/system-preset", "/run/systemd/system-preset",
		"/usr/local/lib/systemd/system-preset", "/usr/lib/systemd/system-preset",
		"/lib/systemd/system-preset"};
	struct files out = {0};
	struct map *seen = map_new(sd->arena);
	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
		struct str dir = str_from(dirs[i]);
		if (!sd->live_run && str_starts(dir, S("/run/")))
			continue;
		const struct listing *list = rootfs_list(sd->root, dir);
		for (size_t k = 0; k < list->n; k++) {
			struct str name = list->names[k];
			if (!str_ends(name, S(".preset")) || map_get(seen, name))
				continue;
			map_put(seen, name, sd);
			*vec_push(sd->arena, &out) =
				rootfs_read(sd->root, path_join(sd->arena, dir, name));
		}
	}
	if (out.n)
		qsort(out.at, out.n, sizeof *out.at, by_basename);
	return out;
}

/* "enable GLOB": 1 for enable, 0 for anything else that matches, -1 for no match. */
static int line_says(struct systemd *sd, struct str line, struct str name)
{
	line = str_trim(line, BLANKS);
	if (line.n == 0 || line.p[0] == '#' || line.p[0] == ';')
		return -1;
	size_t end = 0;
	while (end < line.n && !blank(line.p[end]))
		end++;
	struct str verb = str_slice(line, 0, end), rest = str_trim(str_tail(line, end), BLANKS);
	struct str glob, instances;
	/* "enable getty@.service tty1 tty2": the instances are of no matter here. */
	str_cut(rest, ' ', &glob, &instances);
	bool enable = str_eq(verb, S("enable"));
	if (!enable && !str_eq(verb, S("disable")) && !(str_eq(verb, S("ignore")) && sd->v >= 254))
		return -1;
	if (fnmatch(str_z(sd->arena, glob), str_z(sd->arena, name), FNM_NOESCAPE))
		return -1;
	return enable;
}

/* The line that decides, and its file; nothing when none does. */
static struct str deciding_line(struct systemd *sd, struct str name, const struct files *files,
				const struct file **in, bool *enable)
{
	*enable = true;
	for (size_t i = 0; i < files->n; i++) {
		struct str line, rest = files->at[i]->text;
		while (rest.n) {
			str_cut(rest, '\n', &line, &rest);
			int says = line_says(sd, line, name);
			if (says < 0)
				continue;
			*in = files->at[i];
			*enable = says;
			return line;
		}
	}
	return (struct str){0};
}

bool preset_enables(struct systemd *sd, struct str name)
{
	struct files files = preset_files(sd);
	const struct file *in;
	bool enable;
	deciding_line(sd, name, &files, &in, &enable);
	return enable;
}

void preset_pending(struct loading *l)
{
	struct systemd *sd = l->sd;
	struct files files = preset_files(sd);
	const struct file *in = NULL;
	bool enable;
	struct str line = deciding_line(sd, l->unit->name, &files, &in, &enable);
	if (!in)
		return;
	const struct origin *from =
		origin_new(sd->arena, in, (size_t)(line.p - in->text.p), line.n, NULL);
	*vec_push(sd->arena, &l->unit->pending) =
		(struct pending){.path = in->path,
				 .why = str_fmt(sd->arena,
						"enables %" PRIstr
						" on the first boot: /etc/machine-id is absent or "
						"uninitialized",
						ARG(l->unit->name)),
				 .from = from};
}
