/*
 * boot_written.c - files that are written before a unit runs: by cloud-init and Ignition, as
 * their configuration in the image says, and by the unit's own ExecStartPre= commands.
 *
 * cloud-init's "write_files" module (cloud-config YAML); Ignition specification 2 and 3
 * ("storage.files", "systemd.units"). Not looked at: user data that is no cloud-config, scripts
 * of bootcmd and runcmd, configuration that only the cloud's metadata service holds.
 */
#include <string.h>

#include "boot.h"
#include "doc.h"
#include "glob.h"
#include "out.h"

enum { WRITTEN_MAX = 1000, CONFIGS_MAX = 100, SCRIPT_MAX = 64 << 10 };

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
	if (f->state != FILE_OK || f->kind != FILE_REGULAR || !str_has(f->text, S("write_files")))
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

void boot_find_written(struct boot *b)
{
	find_cloud_init(b);
	find_ignition(b);
}

/* ---- ExecStartPre= ---- */

static bool path_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '/' || c == '.' || c == '_' || c == '-' || c == '$';
}

/* Does what stands before a path say that it is written: "> PATH", "tee PATH", "-o PATH"? */
static bool written_after(struct str before)
{
	static const char *const words[] = {"tee", "tee -a", "-o", "-O", "--output", "--out"};
	struct str s = str_trim(before, " \t\"'=");
	bool option = before.n && before.p[before.n - 1] == '=';
	if (option)
		return str_ends(s, S("--output")) || str_ends(s, S("--out")) ||
		       str_ends(s, S(" of"));
	if (str_ends(s, S(">")) || str_ends(s, S(">|")))
		return true;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct str word = str_from(words[i]);
		if (str_ends(s, word) && (s.n == word.n || !path_byte(s.p[s.n - word.n - 1]) ||
					  s.p[s.n - word.n - 1] == '/'))
			return true;
	}
	return false;
}

static bool text_writes(struct str text, struct str path)
{
	const char *hit;
	for (size_t i = 0; i < text.n; i++) {
		hit = path.n ? memmem(text.p + i, text.n - i, path.p, path.n) : NULL;
		if (!hit)
			return false;
		i = (size_t)(hit - text.p);
		bool begins = i == 0 || !path_byte(text.p[i - 1]);
		bool ends = i + path.n == text.n || !path_byte(text.p[i + path.n]);
		if (begins && ends && written_after(str_slice(text, i > 64 ? i - 64 : 0, i)))
			return true;
	}
	return false;
}

static bool copies(const struct command *c, struct str path)
{
	static const char *const programs[] = {"cp", "mv", "install", "ln", "envsubst"};
	struct str program = str_basename(c->path);
	if (c->words.n < 3 || !str_eq(c->words.at[c->words.n - 1].text, path))
		return false;
	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
		if (str_eq(program, str_from(programs[i])))
			return true;
	return false;
}

/* Scripts that somebody wrote for this machine; those of packages prepare no kubelet. */
static bool local(struct str path)
{
	return str_starts(path, S("/usr/local/")) || str_starts(path, S("/opt/")) ||
	       str_starts(path, S("/etc/"));
}

static bool command_writes(struct loading *l, const struct command *c, struct str path)
{
	struct out *line = out_new(l->sd->arena);
	size_t room = SCRIPT_MAX;
	if (copies(c, path))
		return true;
	for (size_t i = 0; i < c->words.n && c->words.at[i].text.n < room; i++) {
		room -= c->words.at[i].text.n;
		out_str(line, c->words.at[i].text);
		out_z(line, " ");
	}
	if (text_writes(out_text(line), path))
		return true;
	/* A script, perhaps behind its shell. */
	for (size_t i = 0; i < c->words.n && i < 2; i++) {
		struct str program = i ? c->words.at[i].text : c->path;
		const struct file *f = local(program) ? rootfs_stat(l->sd->root, program) : NULL;
		if (!f || f->state != FILE_OK || f->kind != FILE_REGULAR || f->size > SCRIPT_MAX)
			continue;
		f = rootfs_read(l->sd->root, program);
		if (str_starts(f->text, S("#!")) && text_writes(f->text, path))
			return true;
	}
	return false;
}

bool boot_prepared(struct loading *l, struct str path)
{
	const struct commands *list = map_get(l->commands, S("ExecStartPre"));
	for (size_t i = 0; list && i < list->n && i < BOOT_FILES_MAX; i++)
		if (command_writes(l, &list->at[i], path))
			return true;
	return false;
}
