/*
 * boot_written.c - files that are written before a unit runs: by cloud-init and Ignition, as
 * their configuration in the image says, and by systemd-tmpfiles.
 *
 * cloud-init's "write_files" module (cloud-config YAML), and its user data as a text, in which
 * commands may write; Ignition specification 2 and 3 ("storage.files", "systemd.units");
 * tmpfiles.d(5). Not looked at: configuration that only the cloud's metadata service holds,
 * specifiers and quotes in the paths of tmpfiles.d.
 */
#include <string.h>

#include "boot.h"
#include "doc.h"
#include "glob.h"
#include "out.h"

enum { WRITTEN_MAX = 1000, CONFIGS_MAX = 100 };

static void add(struct boot *b, struct str path, const char *tool, const struct origin *from)
{
	struct arena *a = b->sd->arena;
	if (!str_starts(path, S("/")) || b->written.n == WRITTEN_MAX || !from)
		return;
	struct str why =
		str_fmt(a, "written by %s, as %" PRIstr " says", tool, ARG(from->file->path));
	*vec_push(a, &b->written) = (struct pending){
		.path = path_normal(a, path), .why = why, .writer = str_from(tool), .from = from};
}

/* ---- cloud-init ---- */

static void read_cloud_config(struct boot *b, struct str path)
{
	const struct file *f = rootfs_read(b->sd->root, path);
	struct doc_fault fault;
	if (f->state != FILE_OK || f->kind != FILE_REGULAR)
		return;
	*vec_push(b->sd->arena, &b->texts) = f;
	if (!str_has(f->text, S("write_files")))
		return;
	const struct doc *list = doc_get(doc_yaml(b->sd->arena, f, &fault), S("write_files"));
	for (size_t i = 0; list && list->kind == DOC_LIST && i < list->n; i++) {
		const struct doc *to = doc_get(list->entries[i].value, S("path"));
		if (to)
			add(b, doc_string(to), "cloud-init", to->from);
	}
}

/* Files are written once a machine; this one has had its first boot with these data. */
static bool cloud_init_done(struct systemd *sd)
{
	return rootfs_stat(sd->root, S("/var/lib/cloud/instance/boot-finished"))->state == FILE_OK;
}

static void find_cloud_init(struct boot *b)
{
	static const char *const seeds[] = {
		"/etc/cloud/cloud.cfg",
		"/var/lib/cloud/seed/nocloud/user-data",
		"/var/lib/cloud/seed/nocloud/vendor-data",
		"/var/lib/cloud/seed/nocloud-net/user-data",
		"/var/lib/cloud/seed/nocloud-net/vendor-data",
	};
	const struct listing *list = rootfs_list(b->sd->root, S("/etc/cloud/cloud.cfg.d"));
	if (cloud_init_done(b->sd))
		return;
	for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++)
		read_cloud_config(b, str_from(seeds[i]));
	for (size_t i = 0; i < list->n && i < CONFIGS_MAX; i++)
		if (str_ends(list->names[i], S(".cfg")))
			read_cloud_config(b, path_join(b->sd->arena, S("/etc/cloud/cloud.cfg.d"),
						       list->names[i]));
}

/* ---- Ignition ---- */

static void read_ignition_unit(struct boot *b, const struct doc *unit)
{
	struct arena *a = b->sd->arena;
	const struct doc *name = doc_get(unit, S("name")), *dropins = doc_get(unit, S("dropins"));
	const struct doc *text = doc_get(unit, S("contents"));
	if (!name || name->kind != DOC_STRING)
		return;
	struct str path = path_join(a, S("/etc/systemd/system"), name->text);
	if (text && text->kind == DOC_STRING && text->text.n)
		add(b, path, "Ignition", name->from);
	for (size_t i = 0; dropins && dropins->kind == DOC_LIST && i < dropins->n; i++) {
		const struct doc *part = doc_get(dropins->entries[i].value, S("name"));
		if (part)
			add(b,
			    str_fmt(a, "%" PRIstr ".d/%" PRIstr, ARG(path), ARG(doc_string(part))),
			    "Ignition", part->from);
	}
}

static void read_ignition(struct boot *b, struct str path)
{
	const struct file *f = rootfs_read(b->sd->root, path);
	struct doc_fault fault;
	if (f->state != FILE_OK || f->kind != FILE_REGULAR)
		return;
	const struct doc *config = doc_json(b->sd->arena, f, &fault);
	const struct doc *files = doc_get(doc_get(config, S("storage")), S("files"));
	const struct doc *units = doc_get(doc_get(config, S("systemd")), S("units"));
	for (size_t i = 0; files && files->kind == DOC_LIST && i < files->n; i++) {
		const struct doc *to = doc_get(files->entries[i].value, S("path"));
		if (to)
			add(b, doc_string(to), "Ignition", to->from);
	}
	for (size_t i = 0; units && units->kind == DOC_LIST && i < units->n; i++)
		read_ignition_unit(b, units->entries[i].value);
}

static void find_ignition(struct boot *b)
{
	static const char *const patterns[] = {
		"/usr/lib/ignition/*.ign", "/usr/lib/ignition/base.d/*.ign",
		"/boot/ignition/config.ign", "/usr/share/oem/*.ign", "/oem/*.ign"};
	struct systemd *sd = b->sd;
	if (rootfs_stat(sd->root, S("/etc/.ignition-result.json"))->state == FILE_OK)
		return;
	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
		struct strs paths = {0};
		glob_paths(sd, str_from(patterns[i]), &paths);
		for (size_t k = 0; k < paths.n && k < CONFIGS_MAX; k++)
			read_ignition(b, paths.at[k]);
	}
}

/* ---- tmpfiles.d ---- */

/* Types that write over what is there, and those that only make what is not. */
static bool writes(struct boot *b, struct str type, struct str path)
{
	static const char *const over[] = {"f+", "F", "w", "w+", "L+", "C+"};
	type = str_slice(type, 0, type.n && type.p[type.n - 1] == '!' ? type.n - 1 : type.n);
	for (size_t i = 0; i < sizeof over / sizeof *over; i++)
		if (str_eq(type, str_from(over[i])))
			return true;
	if (!str_eq(type, S("f")) && !str_eq(type, S("L")) && !str_eq(type, S("C")))
		return false;
	/* Most of them have nothing to do with it. */
	return str_has(path, S("kube")) && rootfs_stat(b->sd->root, path)->state == FILE_ABSENT;
}

static struct str first_word(struct str *line)
{
	struct str word;
	while (line->n && (line->p[0] == ' ' || line->p[0] == '\t'))
		*line = str_tail(*line, 1);
	size_t n = 0;
	while (n < line->n && line->p[n] != ' ' && line->p[n] != '\t')
		n++;
	word = str_slice(*line, 0, n);
	*line = str_tail(*line, n);
	return word;
}

static void read_tmpfiles(struct boot *b, const struct file *f)
{
	struct str rest = f->text, line;
	while (f->state == FILE_OK && rest.n) {
		str_cut(rest, '\n', &line, &rest);
		struct str type = first_word(&line), path = first_word(&line);
		if (!str_starts(type, S("#")) && writes(b, type, path))
			add(b, path, "systemd-tmpfiles",
			    origin_new(b->sd->arena, f, (size_t)(path.p - f->text.p), path.n,
				       NULL));
	}
}

static void find_tmpfiles(struct boot *b)
{
	static const char *const dirs[] = {"/etc/tmpfiles.d", "/usr/local/lib/tmpfiles.d",
					   "/usr/lib/tmpfiles.d"};
	struct strs all = {0};
	struct doubt unlisted = {0};
	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
		*vec_push(b->sd->arena, &all) = str_from(dirs[i]);
	struct files files = conf_files(b->sd, &all, &unlisted);
	for (size_t i = 0; i < files.n && i < CONFIGS_MAX; i++)
		read_tmpfiles(b, files.at[i]);
}

void boot_find_written(struct boot *b)
{
	find_cloud_init(b);
	find_ignition(b);
	find_tmpfiles(b);
}
