/*
 * settings.c - the settings with which a kubelet would run, in the order of events of its own
 * start (cmd/kubelet/app/server.go): first parse, gates, config file, drop-ins, second parse,
 * gates again, validation. The first error ends that kubelet; what was known by then is kept.
 * A config file that is not there is an error too, but flags are still applied, because they
 * decide whatever the file may come to say.
 */
#include <string.h>

#include "arena.h"
#include "deciders.h"
#include "gates.h"
#include "intended.h"
#include "mounts.h"
#include "names.h"
#include "slots.h"
#include "validate.h"
#include "version.h"

struct start {
	struct arena *a;
	struct rootfs *root;
	const struct launch *launch;
	struct settings *out;
	struct slots slots;
	unsigned minor;
};

static bool stop(struct start *k, const char *code, struct str text, const struct origin *from)
{
	if (!k->out->error) {
		k->out->error = code;
		k->out->error_text = text;
		k->out->error_from = from;
	}
	return false;
}

static void doubt(struct start *k, struct doubt d)
{
	if (k->out->doubt.reason == REASON_NONE)
		k->out->doubt = d;
}

static void await(struct start *k, struct str path, const char *why, const struct origin *from)
{
	*vec_push(k->a, &k->out->pending) =
		(struct pending){.path = path, .why = str_from(why), .from = from};
}

/* ---- paths ---- */

/* KubeletConfigurationPathRefs. */
static const char *const refs[] = {"staticPodPath", "authentication.x509.clientCAFile",
				   "tlsCertFile",   "tlsPrivateKeyFile",
				   "resolvConf",    "volumePluginDir",
				   "podLogsDir"};

/* Paths in a config file are relative to it. */
static void anchor_paths(struct start *k, struct str config)
{
	for (size_t i = 0; i < sizeof refs / sizeof refs[0]; i++) {
		const struct option_row *row = row_of_path(str_from(refs[i]));
		const struct setting *x = k->slots.at[row_index(row)].setting;
		if (x->level != LEVEL_CONFIG || !x->value.n || x->value.p[0] == '/')
			continue;
		struct setting *full = NEW(k->a, struct setting);
		*full = *x;
		full->value = path_below(k->a, str_dirname(config), x->value);
		k->slots.at[row_index(row)].setting = full;
	}
}

/* ---- what the first parse decides ---- */

static bool is_true(const struct given *g)
{
	return g && str_eq(g->value, S("true"));
}

/* OpenShift's kubelet has gates of its own, other defaults, and a warning for those it does not
 * know. */
static struct slots fresh_slots(const struct start *k, bool legacy)
{
	struct slots s = slots_new(k->a, k->minor, legacy);
	s.own_gates = str_starts(k->launch->recognised, S("OpenShift")) ||
		      str_starts(k->launch->recognised, S("MicroShift"));
	return s;
}

static const struct doc *gates_set(const struct start *k)
{
	return k->slots.at[row_index(row_of_path(S("featureGates")))].doc;
}

static bool check_gates(struct start *k, const char *when)
{
	const struct doc *d = gates_set(k);
	unsigned minor = k->slots.own_gates ? 0 : k->minor;
	for (size_t i = 0; d && i < d->n; i++) {
		const struct doc_entry *e = &d->entries[i];
		struct str why;
		if (!gate_taken(k->a, e->key, str_eq(e->value->text, S("true")), minor, &why))
			return stop(k, "feature-gate", str_cat(k->a, str_from(when), why),
				    e->value->from);
		if (!k->minor)
			gate_remark(e->key, e->value->from, rootfs_notes(k->root));
	}
	return true;
}

/* Since 1.32 defaulting looks at the gates of a file before any flag is laid over them. */
static bool check_file_gates(struct start *k)
{
	return k->minor < 32 ||
	       check_gates(k, "failed to merge global and in-flight KubeletConfiguration while "
			      "setting defaults, error: ");
}

static const char SETTING_GATES[] = "failed to set feature gates from initial flags-based config: ";

/* --dynamic-config-dir came with a gate that was off from 1.22 on. */
static bool check_dynamic(struct start *k, const struct flags *f)
{
	const struct given *g = flags_last(f, "dynamic-config-dir");
	if (!g || !g->value.n || !k->minor ||
	    gate_on(gates_set(k), "DynamicKubeletConfig", k->minor))
		return true;
	return stop(k, "feature-gate",
		    S("the DynamicKubeletConfig feature gate must be enabled in order to use the "
		      "--dynamic-config-dir flag"),
		    g->from);
}

/* OpenShift's kubelet lets its own labels pass. */
static bool check_labels(struct start *k, const struct flags *f)
{
	enum { FIRST = 16 };
	struct str why;
	const struct origin *from = NULL;
	if (k->slots.own_gates || (k->minor && k->minor < FIRST) ||
	    labels_taken(k->a, f, k->minor ? k->minor : FIRST, &why, &from))
		return true;
	if (k->minor)
		return stop(k, "node-labels", why, from);
	note(rootfs_notes(k->root), from, "a kubelet since 1.%u ends here: %" PRIstr, FIRST,
	     ARG(why));
	return true;
}

static bool first_parse(struct start *k, struct flags *f)
{
	*f = flags_parse(k->a, k->launch->argv, k->minor, false, rootfs_notes(k->root));
	const struct given *config = flags_last(f, "config");
	const struct given *dir = flags_last(f, "config-dir");
	if (config && config->value.n)
		k->out->config = (struct word){path_below(k->a, k->launch->workdir, config->value),
					       config->from};
	if (dir && dir->value.n)
		k->out->config_dir =
			(struct word){path_joined(k->a, k->launch->workdir, dir->value), dir->from};
	k->slots = fresh_slots(k, true);
	if (!f->error)
		slots_flags(&k->slots, f);
	if (f->error)
		return stop(k, f->error, f->error_text, f->error_from);
	if (f->rest.n)
		return stop(k, "positional",
			    str_cat(k->a, S("unknown command "), f->rest.at[0].text),
			    f->rest.at[0].from);
	const struct given *help = flags_last(f, "help");
	const struct given *version = flags_last(f, "version");
	if (is_true(help))
		return stop(k, "help", S("prints its usage and exits"), help->from);
	if (is_true(version) || (version && str_eq(version->value, S("raw"))))
		return stop(k, "version", S("prints its version and exits"), version->from);
	return check_gates(k, SETTING_GATES) && check_dynamic(k, f) && check_labels(k, f);
}

/* ---- files ---- */

/* Who writes it before the kubelet starts; what lies there now is then not the last word. */
static void await_writers(struct start *k, struct str path, bool below)
{
	const struct unit *u = k->launch->unit;
	struct pendings all = u && u->loading ? unit_written(u, path, below) : (struct pendings){0};
	for (size_t i = 0; i < all.n; i++)
		*vec_push(k->a, &k->out->pending) = all.at[i];
}

static bool hidden(const struct start *k, const struct file *f)
{
	const struct unit *u = k->launch->unit;
	return u && u->loading && !f->made && unit_hidden(u, f->real);
}

/* The file is not there: an error, and the doubt that a join will put it there. */
static bool miss_config(struct start *k, const struct file *f, struct str path, bool directory)
{
	struct word w = directory ? k->out->config_dir : k->out->config;
	const char *why =
		directory ? "directory of --config-dir, absent" : "file of --config, absent";
	bool absent = f->state == FILE_ABSENT;
	stop(k, config_code(CONFIG_READ, directory),
	     str_fmt(k->a, "failed to read kubelet config %s \"%" PRIstr "\": %s",
		     directory ? "directory" : "file", ARG(w.text),
		     absent ? "no such file or directory" : "is not a regular file"),
	     w.from);
	if (!absent)
		return false;
	doubt(k, (struct doubt){REASON_CONFIG_ABSENT,
				str_fmt(k->a, "%" PRIstr ": %s", ARG(path), why), w.from});
	await(k, path, why, w.from);
	return true;
}

/* It lies where the node's image has nothing: only flags can be told. */
static bool miss_place(struct start *k, struct word w, struct doubt why, bool directory)
{
	doubt(k, why);
	await(k, w.text,
	      directory ? "directory of --config-dir, not on the node"
			: "file of --config, not on the node",
	      w.from);
	return true;
}

static bool refuse_config(struct start *k, struct str path, const struct config_fault *fault)
{
	return stop(k, config_code(fault->error, false),
		    str_fmt(k->a,
			    "failed to load kubelet config file, path: %" PRIstr
			    ", error: %" PRIstr,
			    ARG(path), ARG(fault->text)),
		    fault->from);
}

static bool take_config(struct start *k, const struct fields *fields)
{
	for (size_t i = 0; i < fields->n; i++)
		slot_field(&k->slots, fields->at[i].row, fields->at[i].value, LEVEL_CONFIG);
	slots_settle(&k->slots);
	anchor_paths(k, k->out->config.text);
	return check_file_gates(k);
}

/* A file that is written before each start, by values that are known: what lies there now is not
 * read. */
static const struct doc *made_there(const struct launch *l, struct str path)
{
	for (size_t i = 0; i < l->made.n; i++)
		if (str_eq(l->made.at[i].path, path))
			return l->made.at[i].doc;
	return NULL;
}

/* The kubelet may well read what is too much here. */
static bool too_much(struct start *k, struct str path, const struct config_fault *fault)
{
	doubt(k, (struct doubt){REASON_LIMIT,
				str_fmt(k->a, "%" PRIstr ": %" PRIstr, ARG(path), ARG(fault->text)),
				fault->from});
	return true;
}

static bool load_config(struct start *k)
{
	struct word config = k->out->config;
	struct fields fields = {0};
	struct config_fault fault = {0};
	k->slots = fresh_slots(k, false);
	const struct doc *made = made_there(k->launch, config.text);
	if (made)
		return config_fields(k->a, made, k->minor, rootfs_notes(k->root), &fields, &fault)
			       ? take_config(k, &fields)
			       : refuse_config(k, config.text, &fault);
	struct location at =
		mounts_locate(k->root, k->launch->mounts, config.text, true, config.from);
	if (!at.on_node)
		return miss_place(k, config, at.doubt, false);
	k->out->config_on_node = at.path;
	const struct file *f = rootfs_read(k->root, at.path);
	if (f->state == FILE_UNREADABLE) {
		doubt(k, doubt_file(k->a, f, k->out->config.from));
		return true;
	}
	if (f->state == FILE_ABSENT || hidden(k, f))
		return miss_config(k, &(struct file){.state = FILE_ABSENT}, at.path, false);
	if (f->kind != FILE_REGULAR)
		return miss_config(k, f, at.path, false);
	await_writers(k, at.path, false);
	*vec_push(k->a, &k->out->config_files) = f;
	bool decoded = config_decode(k->a, f, k->minor, rootfs_notes(k->root), &fields, &fault);
	if (fault.error == CONFIG_LIMIT)
		return too_much(k, f->path, &fault);
	if (!decoded)
		return refuse_config(k, f->path, &fault);
	return take_config(k, &fields);
}

static bool has_variable(const struct launch *l, struct str name)
{
	for (size_t i = 0; i < l->environment.n; i++)
		if (str_eq(l->environment.at[i].name, name))
			return true;
	return false;
}

/* A directory that ExecStartPre makes is there, empty, when the kubelet starts. */
static bool made_before(struct start *k, struct str dir)
{
	for (size_t i = 0; i < k->launch->pending.n; i++)
		if (str_eq(k->launch->pending.at[i].path, dir) &&
		    str_has(k->launch->pending.at[i].why, S("ExecStartPre")))
			return true;
	return false;
}

/* lstat(2) of "link/" is that of what it leads to. */
static bool follows(struct str dir)
{
	return dir.n > 1 && str_ends(dir, S("/"));
}

/* Links in a directory that is mounted may lead elsewhere than on the node. */
static bool same_dropins(struct start *k, const struct config_dir *d, struct str dir)
{
	struct doubt why;
	const struct mounts *m = k->launch->mounts;
	struct str seen = path_clean(k->a, k->out->config_dir.text);
	const struct mount *below = mounts_below(m, seen);
	if (below) {
		why = (struct doubt){REASON_WRAPPER_UNRESOLVED,
				     str_cat(k->a, below->target,
					     S(": a mount inside the directory of --config-dir")),
				     below->from};
		doubt(k, why);
		return false;
	}
	for (size_t i = 0; m && i < d->files.n; i++) {
		const struct file *f = d->files.at[i].file;
		/* What is made before the start lies where it was found. */
		if (!f || !str_starts(f->path, dir))
			continue;
		struct str path = str_cat(k->a, seen, str_tail(f->path, dir.n));
		if (mounts_same(k->root, m, path, f, &why))
			continue;
		doubt(k, why);
		return false;
	}
	return true;
}

static bool load_dropins(struct start *k)
{
	struct str dir = k->out->config_dir.text;
	const struct origin *from = k->out->config_dir.from;
	static const char variable[] = "KUBELET_CONFIG_DROPIN_DIR_ALPHA";
	bool guarded = k->minor == 28 || k->minor == 29;
	if (guarded && !has_variable(k->launch, str_from(variable)))
		return stop(k, "config-dir-env",
			    str_fmt(k->a, "environment variable %s must be set to use --config-dir",
				    variable),
			    from);
	struct location at = mounts_locate(k->root, k->launch->mounts, dir, follows(dir), from);
	if (!at.on_node)
		return miss_place(k, k->out->config_dir, at.doubt, true);
	struct config_dir d = config_dir_find(k->root, at.path, &k->launch->made);
	if (d.unreadable) {
		doubt(k, doubt_file(k->a, d.unreadable, from));
		return true;
	}
	if (!same_dropins(k, &d, at.path))
		return true;
	for (size_t i = 0; i < d.files.n; i++)
		if (d.files.at[i].file)
			*vec_push(k->a, &k->out->config_files) = d.files.at[i].file;
	const struct file *top = rootfs_stat(k->root, at.path);
	if (top->state == FILE_OK && hidden(k, top))
		return miss_config(k, &(struct file){.state = FILE_ABSENT}, at.path, true);
	if (top->state == FILE_OK || made_before(k, at.path))
		await_writers(k, at.path, true);
	if (d.fault.error == CONFIG_READ && top->state == FILE_ABSENT)
		return made_before(k, at.path) || miss_config(k, top, at.path, true);
	if (d.fault.error == CONFIG_OK && config_dir_merge(&k->slots, &d, rootfs_notes(k->root)))
		return check_file_gates(k);
	if (d.fault.error == CONFIG_LIMIT)
		return too_much(k, at.path, &d.fault);
	return stop(k, config_code(d.fault.error, true),
		    str_fmt(k->a, "failed to merge kubelet configs: %" PRIstr, ARG(d.fault.text)),
		    d.fault.from ? d.fault.from : from);
}

static bool second_parse(struct start *k, const struct flags *first)
{
	struct flags f = flags_parse(k->a, k->launch->argv, k->minor, true, NULL);
	if (f.error)
		return stop(k, f.error, f.error_text, f.error_from);
	slots_libraries(&k->slots, first);
	slots_flags(&k->slots, &f);
	return check_gates(k, SETTING_GATES);
}

static void run(struct start *k)
{
	struct flags first = {0};
	struct config_fault fault = {0};
	if (!first_parse(k, &first))
		return;
	bool file = k->out->config.text.n, dir = k->out->config_dir.text.n;
	if ((file && !load_config(k)) || (dir && !load_dropins(k)))
		return;
	if ((file || dir) && !second_parse(k, &first))
		return;
	if (!settings_valid(&k->slots, &fault))
		stop(k, "validation", fault.text, fault.from);
}

const struct settings *kubelet_settings(struct rootfs *root, const struct launch *l,
					const struct kubelet_options *opts)
{
	struct arena *a = rootfs_arena(root);
	struct settings *s = NEW(a, struct settings);
	struct start k = {.a = a, .root = root, .launch = l, .out = s};
	s->version = launch_version(root, l, opts);
	k.minor = s->version.major == 1 ? s->version.minor : 0;
	s->doubt = l->doubt;
	s->pending = (struct pendings){0};
	for (size_t i = 0; i < l->pending.n; i++)
		*vec_push(a, &s->pending) = l->pending.at[i];
	run(&k);
	intended_find(root, l, s);
	deciders_name(a, l->recognised, &s->pending, &s->doubt);
	struct setting *all = NEW_N(a, struct setting, options_n);
	for (size_t i = 0; i < options_n; i++)
		all[i] = *k.slots.at[i].setting;
	s->at = all;
	s->n = options_n;
	s->gates = gates_set(&k);
	return s;
}

const struct setting *setting_get(const struct settings *s, struct str name)
{
	const struct option_row *row =
		str_starts(name, S("--")) ? row_of_flag(str_tail(name, 2)) : row_of_path(name);
	return row ? &s->at[row_index(row)] : NULL;
}

/* Files set a gate when one of them holds the word that says so, else a flag does. */
static enum level gate_level(const struct settings *s, const struct origin *from)
{
	for (size_t i = 0; from && i < s->config_files.n; i++)
		if (s->config_files.at[i] == from->file)
			return s->config_on_node.n && i == 0 ? LEVEL_CONFIG : LEVEL_CONFIG_DIR;
	return LEVEL_FLAG;
}

bool gate_known(struct str gate)
{
	return gate_find(gate) != NULL;
}

struct setting setting_gate(const struct settings *s, struct str name)
{
	const struct doc *said = doc_get(s->gates, name);
	const struct gate *known = gate_find(name);
	struct setting x = {.option = &row_of_path(S("featureGates"))->pub, .null = true};
	if (!said && !known)
		return x;
	x.null = false;
	if (said) {
		x.value = said->text;
		x.from = said->from;
		x.level = gate_level(s, said->from);
	} else {
		x.value = gate_preset(known, s->version.minor) ? S("true") : S("false");
	}
	return x;
}

bool setting_decided(const struct settings *s, const struct setting *x)
{
	bool only_absent = s->doubt.reason == REASON_CONFIG_ABSENT &&
			   (!s->error || str_ends(str_from(s->error), S("-read")));
	bool certain = s->doubt.reason == REASON_NONE && !s->error;
	/* A file may still turn it on: either is enough. */
	if (str_eq(str_from(x->option->flag), S("seccomp-default")) && str_eq(x->value, S("false")))
		return false;
	return x->level == LEVEL_FLAG && (only_absent || certain);
}

bool setting_sayable(const struct settings *s, const struct setting *x)
{
	const struct option_row *row = &options[x - s->at];
	const char *preset = row_default(row, s->version.minor, false);
	bool zero = text_is_zero(row->form, x->value);
	/* A flag's path is relative to where the kubelet runs, a file's to the file. */
	for (size_t i = 0; row->pub.path && i < sizeof refs / sizeof refs[0]; i++)
		if (strcmp(refs[i], row->pub.path) == 0 && x->value.n && x->value.p[0] != '/')
			return false;
	return row->pub.path && !x->null && field_exists(row, s->version.minor) &&
	       (!zero || field_takes_zero(row, s->version.minor) || !preset ||
		text_is_zero(row->form, str_from(preset)));
}

const char *level_name(enum level l)
{
	static const char *const names[] = {"default", "config", "config-dir", "flag"};
	return names[l];
}
