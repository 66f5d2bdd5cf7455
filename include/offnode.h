/*
 * offnode.h - the library's one public header.
 *
 * offnode tells, from an image alone, what the kubelet of a switched-off node would run with,
 * and whether that meets a rule. Nothing of the image is executed, mounted or written, and no
 * second file that an image names is opened.
 *
 *	struct offnode *o = offnode_new();
 *	offnode_set(o, "strict", "true", why, sizeof why);
 *	struct offnode_report *r = offnode_run(o, "scan", targets, 1);
 *	offnode_write(r, "json", false, my_write, my_file);
 *	int status = offnode_status(r);
 *	offnode_report_free(r);
 *	offnode_free(o);
 *
 * Every function is usable from several threads at once as long as each has its own struct
 * offnode. Strings are UTF-8 or raw bytes, NUL-terminated. Nothing here prints or exits. Of the
 * environment only TMPDIR is read, and for targets that lie elsewhere what curl and container tools
 * read of it: proxies, where caches and logins are.
 */
#ifndef OFFNODE_H
#define OFFNODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __GNUC__
#pragma GCC visibility push(default)
#endif

#define OFFNODE_VERSION "0.1.0"

/* What the exit status of the command means. */
enum offnode_status {
	OFFNODE_OK = 0,      /* every rule passed or was not applicable */
	OFFNODE_FAILED = 1,  /* at least one fail */
	OFFNODE_UNKNOWN = 2, /* no fail, at least one unknown */
	OFFNODE_EMPTY = 3,   /* no kubelet found in any target */
	OFFNODE_USAGE = 64,
	OFFNODE_CORRUPT = 65,
	OFFNODE_MISSING = 66,
	OFFNODE_UNSUPPORTED = 69,
	OFFNODE_INTERNAL = 70, /* a bug, or a limit of the whole scan */
	OFFNODE_IO = 74,
	OFFNODE_TIMEOUT = 124,
};

struct offnode;
struct offnode_report;

struct offnode *offnode_new(void); /* NULL when there is no memory */
void offnode_free(struct offnode *o);

/* ---- commands and options: the tables that help, manual and completion are made from ---- */

struct offnode_command {
	const char *name, *args, *about;
	int least, most; /* how many words it takes; most < 0: any number */
};

struct offnode_option {
	const char *name;   /* long name without dashes: "fail-on" */
	char letter;        /* short form, or 0 */
	const char *arg;    /* what help calls its argument; NULL for a switch */
	const char *values; /* "auto|always|never", or NULL */
	const char *about;
	const char *group; /* heading in help */
	bool repeats;      /* every use adds, instead of replacing */
};

const struct offnode_command *offnode_command(size_t i); /* NULL past the last */
const struct offnode_option *offnode_options(size_t *n);

/* The nearest command's name to a mistyped word, or NULL. */
const char *offnode_nearest_command(const char *word);

/* Sets an option by its long name; a switch takes "true" or "false". False, with one line in
 * `why`, when there is no such option or the value is not one of its own. */
bool offnode_set(struct offnode *o, const char *name, const char *value, char *why, size_t size);

/* The i-th value that was set, or NULL; of an option that does not repeat, there is one at most. */
const char *offnode_get(const struct offnode *o, const char *name, size_t i);

/* ---- running ---- */

/* Called now and then, from any thread, while bytes are being read: how many of the target were so
 * far. Returning false makes that read fail, and the run ends with OFFNODE_TIMEOUT. */
typedef bool offnode_progress_fn(void *arg, const char *target, uint64_t done);

void offnode_on_progress(struct offnode *o, offnode_progress_fn *fn, void *arg);

/* Runs a command on its words. Never NULL but for lack of memory; what went wrong is told by
 * offnode_status and offnode_message. */
struct offnode_report *offnode_run(struct offnode *o, const char *command, const char *const *words,
				   size_t n);

/* Lines for standard error, one an input that could not be read or a limit that was hit.
 * NULL past the last. */
const char *offnode_message(const struct offnode_report *r, size_t i);

enum offnode_status offnode_status(const struct offnode_report *r);

/* ---- output ---- */

/* The name of the i-th format and, unless NULL, what it is; NULL past the last. */
const char *offnode_format(size_t i, const char **about);

/* Takes the bytes; false ends the writing. */
typedef bool offnode_write_fn(void *arg, const char *bytes, size_t n);

/* Writes the report in a format. False when there is no such format for this command, or when
 * `write` returned false. `colour` is for "text" alone. */
bool offnode_write(const struct offnode_report *r, const char *format, bool colour,
		   offnode_write_fn *write, void *arg);

void offnode_report_free(struct offnode_report *r);

const char *offnode_version(void);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif

#endif
