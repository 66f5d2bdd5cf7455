/*
 * condition.c - do the conditions and assertions of a unit hold on this image?
 *
 * systemd.unit(5) "CONDITIONS AND ASSERTS"; condition.c of systemd 252. Those that look at files
 * are answered from the image, those that look at the running machine (virtualization, kernel,
 * memory, …) are untold.
 */
#include <fnmatch.h>

#include "glob.h"
#include "state.h"

typedef enum holds condition_fn(struct systemd *sd, struct str arg);

static enum holds told(bool yes)
{
	return yes ? HOLDS : HOLDS_NOT;
}

static enum holds path_exists(struct systemd *sd, struct str arg)
{
	const struct file *f = rootfs_stat(sd->root, arg);
	if (f->state == FILE_UNREADABLE && !file_missing(f))
		return HOLDS_UNTOLD;
	return told(f->state == FILE_OK);
}

static enum holds path_exists_glob(struct systemd *sd, struct str arg)
{
	struct strs paths = {0};
	glob_paths(sd, arg, &paths);
	for (size_t i = 0; i < paths.n; i++)
		if (path_exists(sd, paths.at[i]) == HOLDS)
			return HOLDS;
	return HOLDS_NOT;
}

static enum holds is_directory(struct systemd *sd, struct str arg)
{
	const struct file *f = rootfs_stat(sd->root, arg);
	return told(f->state == FILE_OK && f->kind == FILE_DIRECTORY);
}

static enum holds is_link(struct systemd *sd, struct str arg)
{
	const struct file *f = rootfs_lstat(sd->root, arg);
	return told(f->state == FILE_OK && f->kind == FILE_SYMLINK);
}

static enum holds not_empty_directory(struct systemd *sd, struct str arg)
{
	const struct listing *list = rootfs_list(sd->root, arg);
	return list->state == FILE_UNREADABLE ? HOLDS_UNTOLD : told(list->n > 0);
}

static enum holds not_empty_file(struct systemd *sd, struct str arg)
{
	const struct file *f = rootfs_stat(sd->root, arg);
	return told(f->state == FILE_OK && f->kind == FILE_REGULAR && f->size > 0);
}

static enum holds is_executable(struct systemd *sd, struct str arg)
{
	const struct file *f = rootfs_stat(sd->root, arg);
	return told(f->state == FILE_OK && f->kind == FILE_REGULAR && (f->mode & 0111));
}

bool first_boot(struct systemd *sd)
{
	const struct file *f = rootfs_read(sd->root, S("/etc/machine-id"));
	return f->state == FILE_ABSENT ||
	       (sd->v >= 247 && str_eq(str_trim(f->text, BLANKS), S("uninitialized")));
}

static enum holds is_first_boot(struct systemd *sd, struct str arg)
{
	bool wanted = str_eq(arg, S("yes")) || str_eq(arg, S("true")) || str_eq(arg, S("1")) ||
		      str_eq(arg, S("on"));
	return told(first_boot(sd) == wanted);
}

static const struct {
	const char *name;
	condition_fn *test;
} tests[] = {
	{"PathExists", path_exists},
	{"PathExistsGlob", path_exists_glob},
	{"PathIsDirectory", is_directory},
	{"PathIsSymbolicLink", is_link},
	{"DirectoryNotEmpty", not_empty_directory},
	{"FileNotEmpty", not_empty_file},
	{"FileIsExecutable", is_executable},
};

static const struct {
	const char *name;
	unsigned since;
} runtime[] = {
	{"Virtualization", 0},
	{"KernelCommandLine", 0},
	{"KernelVersion", 237},
	{"Host", 0},
	{"ACPower", 0},
	{"Security", 0},
	{"Capability", 0},
	{"NeedsUpdate", 0},
	{"Memory", 244},
	{"CPUs", 244},
	{"Environment", 246},
	{"Credential", 252},
	{"Firmware", 249},
	{"PathIsMountPoint", 0},
	{"PathIsReadWrite", 0},
	{"Architecture", 0},
	{"CPUFeature", 248},
	{"ControlGroupController", 240},
	{"User", 0},
	{"Group", 0},
	{"MemoryPressure", 250},
	{"CPUPressure", 250},
	{"IOPressure", 250},
	{"OSRelease", 249},
	{"PathIsEncrypted", 246},
};

static const char *const operators[] = {"==", "!=", "<=", ">=", "=$", "!$", "=", "<", ">"};

/* ID=debian VERSION_ID>=12: all terms must hold. Versions are compared as whole words here. */
static enum holds os_release(struct systemd *sd, struct str arg)
{
	const struct os *os = os_read(sd->root);
	struct str term, rest = arg;
	while (rest.n) {
		str_cut(rest, ' ', &term, &rest);
		size_t at = 0;
		while (at < term.n && term.p[at] != '=' && term.p[at] != '!' && term.p[at] != '<' &&
		       term.p[at] != '>')
			at++;
		if (term.n == 0)
			continue;
		struct str have = os_get(os, str_slice(term, 0, at)).text;
		struct str op = {0}, tail = str_tail(term, at);
		for (size_t i = 0; op.n == 0 && i < sizeof operators / sizeof *operators; i++)
			if (str_starts(tail, str_from(operators[i])))
				op = str_from(operators[i]);
		struct str want = str_trim(str_tail(tail, op.n), "\"");
		if (str_eq(op, S("=")) || str_eq(op, S("=="))) {
			if (!str_eq(have, want))
				return HOLDS_NOT;
		} else if (str_eq(op, S("!="))) {
			if (str_eq(have, want))
				return HOLDS_NOT;
		} else {
			return HOLDS_UNTOLD;
		}
	}
	return HOLDS;
}

/* Without prefix letters. *known is false for a key this version would ignore. */
static enum holds test_one(struct systemd *sd, struct str kind, struct str arg, bool *known)
{
	*known = true;
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
		if (!str_eq(kind, str_from(tests[i].name)))
			continue;
		*known = str_starts(arg, S("/"));
		return *known ? tests[i].test(sd, arg) : HOLDS;
	}
	if (str_eq(kind, S("FirstBoot")))
		return is_first_boot(sd, arg);
	if (str_eq(kind, S("OSRelease")) && sd->v >= 249)
		return os_release(sd, arg);
	for (size_t i = 0; i < sizeof runtime / sizeof *runtime; i++)
		if (str_eq(kind, str_from(runtime[i].name)) && sd->v >= runtime[i].since)
			return HOLDS_UNTOLD;
	*known = false;
	return HOLDS;
}

/* Does what an image has there outlast a boot? */
static bool lasting(struct str path)
{
	static const char *const filled[] = {"/run/", "/var/run/", "/proc/",
					     "/sys/", "/dev/",     "/mnt/"};
	for (size_t i = 0; i < sizeof filled / sizeof *filled; i++)
		if (str_starts(path, str_from(filled[i])))
			return false;
	return true;
}

struct sum {
	enum holds all, any;
	bool triggers; /* there are '|' conditions */
	struct str failed, untold, trigger;
	const struct assignment *culprit;
};

static void add_up(struct loading *l, const struct assignment *c, struct str kind, struct sum *sum)
{
	struct str arg = c->value.text;
	bool trigger = str_starts(arg, S("|")), known;
	arg = str_trim(str_tail(arg, trigger), BLANKS);
	bool negate = str_starts(arg, S("!"));
	arg = str_trim(str_tail(arg, negate), BLANKS);
	enum holds holds = test_one(l->sd, kind, arg, &known);
	if (!known)
		return;
	if (negate && holds != HOLDS_UNTOLD)
		holds = holds == HOLDS ? HOLDS_NOT : HOLDS;
	struct str text =
		str_fmt(l->sd->arena, "%" PRIstr "=%" PRIstr " %s", ARG(c->key), ARG(c->value.text),
			holds == HOLDS_NOT ? "does not hold on the image"
					   : "is known only to the running machine");
	if (trigger) {
		sum->triggers = true;
		sum->trigger = text;
		if (holds == HOLDS || sum->any == HOLDS_NOT)
			sum->any = holds;
	} else if (holds == HOLDS_NOT) {
		sum->all = HOLDS_NOT;
		sum->failed = text;
		sum->culprit = c;
	} else if (holds == HOLDS_UNTOLD && sum->all == HOLDS) {
		sum->all = HOLDS_UNTOLD;
		sum->untold = text;
	}
}

struct str condition_path(const struct assignment *c, bool *never)
{
	struct str kind = str_tail(c->key, str_starts(c->key, S("Assert")) ? 6 : 9);
	struct str arg = c->value.text;
	bool negate = str_starts(arg, S("!"));
	struct str path = str_trim(str_tail(arg, negate), BLANKS);
	*never = str_eq(kind, S("OSRelease"));
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
		if (!str_eq(kind, str_from(tests[i].name)))
			continue;
		*never = negate && lasting(path);
		return negate ? S("") : path;
	}
	return S("");
}

enum holds conditions_hold(struct loading *l, bool asserts, struct str *why,
			   const struct assignment **failed)
{
	struct str family = asserts ? S("Assert") : S("Condition");
	struct sum sum = {.all = HOLDS, .any = HOLDS_NOT};
	for (size_t i = 0; i < l->conditions.n; i++) {
		const struct assignment *c = &l->conditions.at[i];
		if (str_starts(c->key, family))
			add_up(l, c, str_tail(c->key, family.n), &sum);
	}
	if (!sum.triggers)
		sum.any = HOLDS;
	*failed = sum.culprit;
	*why = sum.all == HOLDS_NOT ? sum.failed : sum.any != HOLDS ? sum.trigger : sum.untold;
	if (sum.all == HOLDS_NOT || sum.any == HOLDS_NOT)
		return HOLDS_NOT;
	return sum.all == HOLDS && sum.any == HOLDS ? HOLDS : HOLDS_UNTOLD;
}
