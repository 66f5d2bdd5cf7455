/*
 * state.h - what is known about an image while its units are loaded; private to systemd/.
 */
#ifndef STATE_H
#define STATE_H

#include "map.h"
#include "names.h"
#include "syntax.h"
#include "systemd.h"

struct strs {
	struct str *at;
	size_t n, cap;
};

struct systemd {
	struct rootfs *root;
	struct arena *arena;
	struct notes *notes; /* of the unit that is being read */
	struct version version;
	unsigned v; /* version.major */
	bool live_run;
	struct strs search;         /* unit directories, highest priority first */
	struct strs resolved;       /* the same without links, where that differs */
	struct map *entries;        /* name -> struct entry, built when first needed */
	struct map *rejected;       /* names of links that may not be aliases -> their path */
	struct map *aliases;        /* basename of a fragment -> struct strs of other names */
	struct link_index *links;   /* see enable.c */
	struct map *units;          /* name -> struct unit */
	struct pendings generators; /* those that are not read as a whole */
	bool generated;             /* units of generators lie in the search path */
	size_t scripts;             /* generators that were read */
	struct boot *boot;          /* see boot.h */
	struct doubt doubt;         /* a unit directory that could not be read */
	struct variables *manager;  /* the environment every service starts from */
	struct variables own;       /* the manager's own, for PassEnvironment= */
};

/* ---- search.c ---- */

/* A name in the search path: a fragment, or an alias of another name. */
struct entry {
	struct str path;  /* where it stands: "/etc/systemd/system/x.service" */
	struct str alias; /* the name it stands for; empty for a fragment */
};

/* What a name means. */
struct found {
	bool any;
	struct str fragment; /* path of the file, perhaps through a link that leaves the path */
	struct str id;
	struct strs names; /* the id first */
};

void search_init(struct systemd *sd);
/* A directory that could not be listed may hold what counts: a doubt about every unit. */
void doubt_listing(struct systemd *sd, const struct listing *list);
struct map *search_entries(struct systemd *sd);
struct found search_find(struct systemd *sd, struct str name);
bool search_has_dir(const struct systemd *sd, struct str path); /* does it lie in the path? */
void strs_add(struct arena *a, struct strs *set, struct str s); /* each once */

/* May a link of this name be an alias of that one? */
bool alias_valid(struct str name, struct str target);

/* Where a link leads by its text, its last part not followed; empty when it leads nowhere. */
struct str link_target(struct systemd *sd, struct str path);

/* Do links lead from `path` to /dev/null? An image seldom holds that itself. */
bool leads_to_null(struct systemd *sd, struct str path);

/* ---- search_old.c: up to v242 ---- */

struct found search_find_by_opening(struct systemd *sd, struct str name);

/* ---- dropins.c ---- */

struct files dropins_find(struct systemd *sd, const struct strs *names, struct doubt *doubt);
/* *.conf of several directories: one of a name, the first directory's, sorted by name. */
struct files conf_files(struct systemd *sd, const struct strs *dirs, struct doubt *doubt);

/* ---- load.c: a unit while it is being read ---- */

struct env_file {
	struct str path; /* may hold wildcards */
	bool optional;
	const struct origin *from;
};

struct loading {
	struct systemd *sd;
	struct unit *unit;
	struct str spec_name;         /* %n */
	struct map *commands;         /* key -> struct commands */
	struct variables environment; /* Environment= */
	VEC(struct env_file) env_files;
	struct words unset, pass; /* UnsetEnvironment=, PassEnvironment= */
	struct str type, restart, bus_name;
	struct word user, workdir, root_directory, exec_search_path;
	bool workdir_optional;
	struct assignments conditions; /* ConditionX=, AssertX= */
	VEC(struct word) needs;        /* Requires=, BindsTo= */
	bool success_action;
	struct pendings starting; /* paths without which it does not start yet */
	struct notes notes;       /* for unit_remarks */
	struct doubt specifier_doubt;
};

/* False with *why when the assignment ends the file (ENOEXEC). */
bool load_line(struct loading *l, const struct line *line, struct str *why);

/* ---- exec.c ---- */

bool exec_line(struct loading *l, const struct line *line, struct str *why);
const char *default_path(const struct systemd *sd);
/* Is it Debian's or Ubuntu's build? */
bool debian_build(const struct systemd *sd);

/* ---- environment.c ---- */

/* Environment= and DefaultEnvironment=. `name` is %n; empty: the manager's configuration. */
void environment_line(struct systemd *sd, struct variables *vars, struct str name,
		      struct traced value, struct doubt *doubt);
/* What the unit's commands get; false when a mandatory file is not there. */
bool environment_build(struct loading *l, struct variables *out);
const struct variables *environment_manager(struct systemd *sd);

/* ---- condition.c ---- */

enum holds { HOLDS, HOLDS_NOT, HOLDS_UNTOLD };

/* Would systemd take the next boot for the machine's first? */
bool first_boot(struct systemd *sd);

/* Conditions (or, with `asserts`, assertions) together; *why names what failed or is unknown,
 * *failed is the one that alone makes them fail, or NULL. */
enum holds conditions_hold(struct loading *l, bool asserts, struct str *why,
			   const struct assignment **failed);

/* The path whose coming would make a failed condition hold; empty for a condition that only what
 * goes away, or nothing, could mend: *never tells these apart from what a machine decides. */
struct str condition_path(const struct assignment *c, bool *never);

/* ---- start.c ---- */

void start_judge(struct loading *l);

/* ---- enable.c ---- */

/* As `systemctl is-enabled` says; *preset when it is a preset of the first boot that enables. */
struct str enabled_state(struct systemd *sd, struct str name, bool *preset);

/* Names of links in directories of dependencies: what they are to start, instances among them. */
struct strs enabled_names(struct systemd *sd);

/* ---- preset.c ---- */

bool preset_enables(struct systemd *sd, struct str name);
/* The preset that enables the unit on the first boot, where a line of the image says so. */
void preset_pending(struct loading *l);

/* ---- verify.c ---- */

/* Empty when service_verify would accept the unit. */
struct str verify_service(const struct loading *l);

/* ---- remarks_variables.c ---- */

void remark_variables(struct systemd *sd, const struct unit *u);

/* ---- generators.c ---- */

/* Before anything is asked of the search path. */
void generators_read_units(struct systemd *sd);
/* Since v233; they win over DefaultEnvironment=. */
void generators_read_variables(struct systemd *sd, struct variables *vars);

/* ---- boot.c ---- */

/* What can change the unit while the machine boots. */
void boot_pendings(struct loading *l);
/* Does an ExecStartPre= command of the unit write that file? */
bool boot_prepared(struct loading *l, struct str path);

/* ---- version.c ---- */

struct version version_find(struct rootfs *root, unsigned asked);

#endif
