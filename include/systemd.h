/*
 * systemd.h - from unit files to the argv that systemd would execute.
 *
 * Follows systemd.unit(5), systemd.service(5), systemd.exec(5), systemd.syntax(7) and, where
 * they are silent, the behaviour of a real PID 1 (v252 unless a version is given). Nothing
 * fails: a unit that systemd would refuse has the load state it would have there, what cannot
 * be read becomes a doubt.
 */
#ifndef SYSTEMD_H
#define SYSTEMD_H

#include "inventory.h"
#include "reason.h"
#include "variables.h"

struct systemd;
struct loading;

struct systemd_options {
	unsigned version; /* 0: found in the image, else 252 */
	bool live_run;    /* what lies under /run counts */
};

struct systemd *systemd_new(struct rootfs *root, const struct systemd_options *opts);

/* Its number in `major`; `source` tells how it was found ("assumed" when it was not). */
struct version systemd_version(const struct systemd *sd);

enum unit_load { UNIT_LOADED, UNIT_MASKED, UNIT_NOT_FOUND, UNIT_ERROR, UNIT_BAD_SETTING };

const char *unit_load_name(enum unit_load load); /* "loaded", "masked", "not-found", … */

enum starts { STARTS_YES, STARTS_NO, STARTS_UNTOLD };

/* One command of an Exec…= key. */
struct command {
	struct str path;     /* what is executed: specifiers expanded, simplified */
	struct words words;  /* unquoted, specifiers expanded, before $ expansion; [0] is argv[0] */
	struct words argv;   /* after $ expansion: what execve gets */
	bool ignore_failure; /* prefix '-' */
	bool literal;        /* prefix ':': no $ expansion */
	const struct origin *from; /* the value of the assignment */
};

struct commands {
	struct command *at;
	size_t n, cap;
};

/* An assignment as it stands in a fragment or drop-in, in order of application. */
struct assignment {
	struct str section, key;
	struct word value; /* continuation lines joined, trimmed */
};

struct assignments {
	struct assignment *at;
	size_t n, cap;
};

struct files {
	const struct file **at;
	size_t n, cap;
};

struct unit {
	struct str name; /* as it was asked for */
	struct str id;   /* its primary name */
	enum unit_load load;
	struct doubt trouble;        /* why it is not loaded, or what could not be read */
	const struct file *fragment; /* NULL when there is none; of a masked unit, the mask */
	struct files dropins;        /* in order of application */
	struct words names;          /* all names, the id first */
	struct assignments assignments;
	struct commands commands;     /* ExecStart; argv is empty words when it cannot be told */
	struct variables environment; /* what the command gets and files of the image decide */
	enum starts starts;
	struct str starts_reason; /* empty for STARTS_YES */
	struct doubt obstacle;    /* what in the image keeps it from starting, whatever a boot may
				   * still bring: KUBELET_WOULD_NOT_START */
	struct doubt doubt;       /* why argv cannot be told: REASON_NONE when it can */
	struct pendings pending;  /* optional environment files that are absent, … */
	size_t deciding;          /* of them: the rest decides whether it starts, not with what */
	struct str enabled;       /* as `systemctl is-enabled` says */
	struct str workdir;       /* WorkingDirectory=, or "/" */
	const struct loading *loading; /* for systemd/ alone */
};

/* Never NULL; the same name gives the same pointer. NAME may lack ".service". */
const struct unit *unit_load(struct systemd *sd, struct str name);

/* Commands of another key, S("ExecStartPre"), expanded with the unit's environment. */
struct commands unit_commands(struct systemd *sd, const struct unit *u, struct str key);

/* The last value of a key, or an empty word. */
struct word unit_value(const struct unit *u, struct str section, struct str key);

/* Tells, in the root's notes, what in a unit is likely a mistake: what was ignored while it was
 * read, lines, words and variables that come to nothing, files that hide others. Once a unit. */
void unit_remarks(struct systemd *sd, const struct unit *u);

/* Who writes `path`, or with `below` something in that directory, before the unit's command runs:
 * tools of the first boot, its own ExecStartPre=, other services. */
struct pendings unit_written(const struct unit *u, struct str path, bool below);

/* Does a command write it, as its own words show? */
bool words_write(struct arena *a, const struct words *w, struct str path, bool below);

/* Is that place empty when the machine has booted, whatever the image holds there? */
bool unit_hidden(const struct unit *u, struct str real);

/* ---- the story of a unit's commands ---- */

struct step {
	const struct assignment *line;
	const struct origin *undone; /* the later assignment that took it back; NULL: it counts */
};

/* A file of the unit, in order of application, and its lines that have a say. */
struct chapter {
	const struct file *file;
	const char *role; /* "fragment", "drop-in", "included" */
	VEC(struct step) steps;
};

struct environment_file {
	struct str path;
	bool optional;
	enum file_state state;
	const struct origin *from; /* the line that names it */
};

struct command_list {
	struct str key; /* "ExecStartPre" */
	struct commands commands;
};

struct story {
	VEC(struct chapter) chapters;
	VEC(struct environment_file) environment_files;
	VEC(struct command_list) commands;
};

const struct story *unit_story(struct systemd *sd, const struct unit *u);

/* Names of every service that the image's search path holds, and of the instances that links
 * enable, sorted; templates left out. */
struct words systemd_services(struct systemd *sd);

#endif
