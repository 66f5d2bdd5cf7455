/*
 * main.c - the command line: words, environment, help, colours, progress, output files and the
 * exit status. It is the first customer of offnode.h and includes nothing else of ours.
 *
 * Words follow the GNU conventions: options anywhere, --name=VALUE or --name VALUE, short ones
 * grouped, "--" ends them.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "offnode.h"

enum { OPTIONS_MOST = 64 };

#define WAIVERS ".offnodeignore.yaml"

struct line {
	struct offnode *o;
	const char **words; /* what is no option, in order */
	size_t n;
	bool given[OPTIONS_MOST]; /* on the command line: the environment stays silent */
};

static int usage(const char *why)
{
	fprintf(stderr, "offnode: %s\nTry 'offnode help'.\n", why);
	return OFFNODE_USAGE;
}

/* ---- help ---- */

static void help_option(const struct offnode_option *x)
{
	char left[64];
	const char *arg = x->values ? x->values : x->arg;
	snprintf(left, sizeof left, "%c%c%s --%s%s%s", x->letter ? '-' : ' ',
		 x->letter ? x->letter : ' ', x->letter ? "," : " ", x->name, arg ? " " : "",
		 arg ? arg : "");
	if (strlen(left) > 32)
		printf("  %s\n  %-32s %s\n", left, "", x->about);
	else
		printf("  %-32s %s\n", left, x->about);
}

static void help_options(void)
{
	size_t n;
	const struct offnode_option *all = offnode_options(&n);
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || strcmp(all[i].group, all[i - 1].group) != 0)
			printf("\n%s\n", all[i].group);
		help_option(&all[i]);
	}
}

static const struct offnode_command *command_named(const char *name)
{
	const struct offnode_command *c;
	for (size_t i = 0; (c = offnode_command(i)); i++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

static void help_all(void)
{
	const struct offnode_command *c;
	const char *format, *about;
	printf("offnode tells, from a node image alone, what its kubelet would run with,\n"
	       "and whether that meets a rule. Nothing of the image is executed.\n\n"
	       "Usage: offnode [COMMAND] [OPTION...] TARGET...\n\nCommands\n");
	for (size_t i = 0; (c = offnode_command(i)); i++) {
		char left[64];
		snprintf(left, sizeof left, "%s %s", c->name, c->args);
		printf("  %-32s %s\n", left, c->about);
	}
	printf("\nTargets\n"
	       "  PATH or SCHEME:PATH; schemes: dir tar oci oci-archive docker-archive\n"
	       "  docker registry layer raw qcow2 vmdk vhd vhdx vdi ova ext4 xfs btrfs squashfs\n"
	       "  erofs iso txtar list; docker://REFERENCE is an image in a registry.\n"
	       "  '-' is standard input, https://URL a PATH. Without a scheme the bytes tell.\n"
	       "  Behind PATH, #p2, #vg0/root, #slot=B, #subvol=@ and #deploy=1 choose a root\n"
	       "  of a disk.\n");
	help_options();
	printf("\nFormats\n");
	for (size_t i = 0; (format = offnode_format(i, &about)); i++)
		printf("  %-32s %s\n", format, about);
	printf("\nEvery option is also read from the environment: OFFNODE_FAIL_ON=fail.\n"
	       "Exit status: 0 passed, 1 failed, 2 unknown, 3 no kubelet, 64 usage, 65 corrupt,\n"
	       "66 missing, 69 unsupported, 70 internal or limit, 74 output, 124 timeout.\n");
}

static int help(const char *command)
{
	const struct offnode_command *c = command ? command_named(command) : NULL;
	char why[160];
	if (command && !c) {
		snprintf(why, sizeof why, "help: no command '%.64s'", command);
		return usage(why);
	}
	if (!c) {
		help_all();
		return OFFNODE_OK;
	}
	printf("Usage: offnode %s%s%s [OPTION...]\n\n%s\n", c->name, c->args[0] ? " " : "", c->args,
	       c->about);
	help_options();
	return OFFNODE_OK;
}

/* ---- words ---- */

static const struct offnode_option *option_of_letter(char letter, size_t *index)
{
	size_t n;
	const struct offnode_option *all = offnode_options(&n);
	for (size_t i = 0; i < n; i++)
		if (all[i].letter == letter) {
			*index = i;
			return &all[i];
		}
	return NULL;
}

static const struct offnode_option *option_of_name(const char *name, size_t length, size_t *index)
{
	size_t n;
	const struct offnode_option *all = offnode_options(&n);
	for (size_t i = 0; i < n; i++)
		if (strlen(all[i].name) == length && memcmp(all[i].name, name, length) == 0) {
			*index = i;
			return &all[i];
		}
	return NULL;
}

static bool give(struct line *l, const struct offnode_option *x, size_t index, const char *value,
		 char *why, size_t size)
{
	l->given[index] = true;
	return offnode_set(l->o, x->name, value, why, size);
}

/* --name, --name=VALUE, --name VALUE; *next is the index of the next word. */
static bool long_option(struct line *l, char **argv, int *next, char *why, size_t size)
{
	const char *name = argv[*next - 1] + 2, *equals = strchr(name, '=');
	size_t length = equals ? (size_t)(equals - name) : strlen(name), index = 0;
	const struct offnode_option *x = option_of_name(name, length, &index);
	if (!x) {
		char wrong[64];
		snprintf(wrong, sizeof wrong, "%.*s", (int)(length > 60 ? 60 : length), name);
		return offnode_set(l->o, wrong, "", why, size);
	}
	if (!x->arg && !x->values)
		return give(l, x, index, equals ? equals + 1 : "true", why, size);
	const char *value = equals ? equals + 1 : argv[*next];
	if (!value) {
		snprintf(why, size, "--%s: needs %s", x->name, x->arg);
		return false;
	}
	*next += !equals;
	return give(l, x, index, value, why, size);
}

/* -qv, -fjson, -f json. */
static bool short_options(struct line *l, char **argv, int *next, char *why, size_t size)
{
	for (const char *c = argv[*next - 1] + 1; *c; c++) {
		size_t index = 0;
		const struct offnode_option *x = option_of_letter(*c, &index);
		if (!x) {
			snprintf(why, size, "unknown option '-%c'", *c);
			return false;
		}
		if (!x->arg && !x->values) {
			if (!give(l, x, index, "true", why, size))
				return false;
			continue;
		}
		const char *value = c[1] ? c + 1 : argv[*next];
		if (!value) {
			snprintf(why, size, "-%c: needs %s", *c, x->arg);
			return false;
		}
		*next += !c[1];
		return give(l, x, index, value, why, size);
	}
	return true;
}

/* `explain TARGET --flag`: a flag of the kubelet, which is no option of ours. */
static bool explained(const struct line *l, const char *word)
{
	size_t index;
	bool key = l->n == 2 && strcmp(l->words[0], "explain") == 0 && strncmp(word, "--", 2) == 0;
	return key && !option_of_name(word + 2, strcspn(word + 2, "="), &index);
}

static bool parse_words(struct line *l, char **argv, char *why, size_t size)
{
	bool ended = false;
	for (int next = 1; argv[next];) {
		const char *word = argv[next++];
		if (ended || word[0] != '-' || !word[1] || explained(l, word)) {
			l->words[l->n++] = word;
		} else if (strcmp(word, "--") == 0) {
			ended = true;
		} else if (word[1] == '-') {
			if (!long_option(l, argv, &next, why, size))
				return false;
		} else if (!short_options(l, argv, &next, why, size)) {
			return false;
		}
	}
	return true;
}

/* ---- environment ---- */

/* "fail-on" is OFFNODE_FAIL_ON. */
static const char *environment_of(const struct offnode_option *x)
{
	char name[64];
	snprintf(name, sizeof name, "OFFNODE_%s", x->name);
	for (char *c = name; *c; c++)
		*c = *c == '-' ? '_' : *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
	const char *value = getenv(name);
	return value && *value ? value : NULL;
}

static const char *truth(const char *value)
{
	static const char *const no[] = {"0", "no", "off"}, *const yes[] = {"1", "yes", "on"};
	for (size_t i = 0; i < 3; i++) {
		if (strcmp(value, no[i]) == 0)
			return "false";
		if (strcmp(value, yes[i]) == 0)
			return "true";
	}
	return value;
}

/* An option that repeats takes several values, with commas between them. */
static bool set_each(struct line *l, const struct offnode_option *x, const char *values, char *why,
		     size_t size)
{
	char *copy = strdup(values), *rest = copy;
	bool good = copy != NULL;
	for (char *value; good && (value = strsep(&rest, ","));)
		if (*value)
			good = offnode_set(l->o, x->name, value, why, size);
	free(copy);
	return good;
}

static bool parse_environment(struct line *l, char *why, size_t size)
{
	size_t n;
	const struct offnode_option *all = offnode_options(&n);
	for (size_t i = 0; i < n; i++) {
		const char *value = l->given[i] ? NULL : environment_of(&all[i]);
		bool asks = strcmp(all[i].group, "Help") == 0;
		if (!value || asks)
			continue;
		if (!all[i].arg && !all[i].values)
			value = truth(value);
		bool good = all[i].repeats ? set_each(l, &all[i], value, why, size)
					   : offnode_set(l->o, all[i].name, value, why, size);
		if (!good)
			return false;
	}
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	if (epoch && *epoch && !offnode_get(l->o, "timestamp", 0) &&
	    !offnode_set(l->o, "timestamp", epoch, why, size))
		return false;
	if (!offnode_get(l->o, "ignorefile", 0) && access(WAIVERS, F_OK) == 0)
		return offnode_set(l->o, "ignorefile", WAIVERS, why, size);
	return true;
}

static bool on(const struct line *l, const char *option)
{
	const char *value = offnode_get(l->o, option, 0);
	return value && strcmp(value, "true") == 0;
}

/* ---- terminal ---- */

static bool set(const char *variable)
{
	const char *value = getenv(variable);
	return value && *value;
}

static bool zero(const char *variable)
{
	const char *value = getenv(variable);
	return value && strcmp(value, "0") == 0;
}

static bool dumb(void)
{
	const char *term = getenv("TERM");
	return term && strcmp(term, "dumb") == 0;
}

/* no-color.org and bixense.com/clicolors, in the order that both agree on. */
static bool coloured(const struct line *l)
{
	const char *color = offnode_get(l->o, "color", 0);
	if (color && strcmp(color, "auto") != 0)
		return strcmp(color, "always") == 0;
	if (set("NO_COLOR"))
		return false;
	if (set("CLICOLOR_FORCE") && !zero("CLICOLOR_FORCE"))
		return true;
	return isatty(STDOUT_FILENO) && !dumb() && !zero("CLICOLOR");
}

/* ---- progress ---- */

struct progress {
	_Atomic int64_t next; /* when the line is drawn again */
	_Atomic bool shown;
};

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool progress_draw(void *arg, const char *target, uint64_t done)
{
	struct progress *p = arg;
	int64_t now = now_ms(), due = p->next;
	if (now < due || !atomic_compare_exchange_strong(&p->next, &due, now + 100))
		return true;
	p->shown = true;
	const char *slash = strrchr(target, '/');
	const char *name = slash && slash[1] ? slash + 1 : target;
	fputs("\r\033[Kreading ", stderr);
	for (size_t i = 0; i < 40 && name[i]; i++)
		fputc((unsigned char)name[i] < 0x20 || name[i] == 0x7F ? '?' : name[i], stderr);
	fprintf(stderr, "  %.1f MiB", (double)done / (1 << 20));
	fflush(stderr);
	return true;
}

static void progress_begin(struct line *l, struct progress *p)
{
	bool wanted = isatty(STDERR_FILENO) && !dumb() && !set("CI") && !on(l, "no-progress") &&
		      !on(l, "quiet");
	p->next = now_ms() + 500;
	if (wanted)
		offnode_on_progress(l->o, progress_draw, p);
}

static void progress_end(const struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
}

/* ---- output ---- */

static bool write_to(void *arg, const char *bytes, size_t n)
{
	FILE *f = arg;
	return fwrite(bytes, 1, n, f) == n;
}

static int output_failed(const char *file)
{
	fprintf(stderr, "offnode: %s: %s\n", file ? file : "standard output", strerror(errno));
	return OFFNODE_IO;
}

/* Writes one format to a file, or to standard output for NULL. */
static int write_file(const struct offnode_report *r, const char *format, const char *file,
		      bool colour)
{
	FILE *f = file ? fopen(file, "we") : stdout;
	if (!f)
		return output_failed(file);
	errno = 0;
	bool good = offnode_write(r, format, colour && !file, write_to, f);
	if (!good && errno == 0) {
		fprintf(stderr, "offnode: this command has no format '%s'\n", format);
		if (file)
			fclose(f);
		return OFFNODE_USAGE;
	}
	good &= fflush(f) == 0;
	if (file)
		good &= fclose(f) == 0;
	return good ? OFFNODE_OK : output_failed(file);
}

/* `fix` has written its files into the directory that -o names, and the patch is for eyes. */
static const char *output_of(const struct line *l)
{
	const char *output = offnode_get(l->o, "output", 0);
	struct stat st;
	bool fix = strcmp(l->words[0], "fix") == 0;
	return fix && output && stat(output, &st) == 0 && S_ISDIR(st.st_mode) ? NULL : output;
}

static int write_all(const struct line *l, const struct offnode_report *r)
{
	const char *output = output_of(l), *value;
	int status = OFFNODE_OK;
	bool placed = false;
	for (size_t i = 0; (value = offnode_get(l->o, "format", i)) || (i == 0 && !value); i++) {
		char format[32];
		const char *equals = value ? strchr(value, '=') : NULL;
		size_t length = equals ? (size_t)(equals - value) : value ? strlen(value) : 0;
		snprintf(format, sizeof format, "%.*s", value ? (int)length : 4,
			 value ? value : "text");
		const char *file = equals ? equals + 1 : placed ? NULL : output;
		placed |= !equals;
		int one = write_file(r, format, file, coloured(l));
		status = status ? status : one;
		if (!value)
			break;
	}
	return status;
}

/* ---- running ---- */

static int run(struct line *l, const char *command, const char *const *words, size_t n)
{
	struct progress p = {0};
	progress_begin(l, &p);
	struct offnode_report *r = offnode_run(l->o, command, words, n);
	progress_end(&p);
	if (!r) {
		fputs("offnode: no memory left\n", stderr);
		return OFFNODE_INTERNAL;
	}
	int status = (int)offnode_status(r);
	const char *message;
	for (size_t i = 0; (message = offnode_message(r, i)); i++)
		fprintf(stderr, "offnode: %s\n", message);
	if (status == OFFNODE_INTERNAL && !offnode_message(r, 0))
		fputs("offnode: the report needs more memory than there is\n", stderr);
	if (status != OFFNODE_USAGE || !offnode_message(r, 0)) {
		int written = write_all(l, r);
		status = written ? written : status;
	}
	offnode_report_free(r);
	return status;
}

/* A word that can only be a mistyped command: no path has this name, and it looks like none. */
static bool mistyped(const char *word)
{
	return word[0] != '-' && !strpbrk(word, "/.:") && access(word, F_OK) != 0;
}

static int dispatch(struct line *l)
{
	char why[200];
	bool named = l->n && command_named(l->words[0]);
	if (on(l, "help"))
		return help(named ? l->words[0] : NULL);
	if (on(l, "version") || (named && strcmp(l->words[0], "version") == 0)) {
		printf("offnode %s\n", offnode_version());
		return OFFNODE_OK;
	}
	if (!l->n)
		return usage("a TARGET is missing");
	if (named && strcmp(l->words[0], "help") == 0)
		return help(l->n > 1 ? l->words[1] : NULL);
	if (named)
		return run(l, l->words[0], l->words + 1, l->n - 1);
	if (!mistyped(l->words[0]))
		return run(l, "scan", l->words, l->n);
	const char *near = offnode_nearest_command(l->words[0]);
	snprintf(why, sizeof why, "'%.60s' is neither a command nor a file%s%s%s", l->words[0],
		 near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	return near ? usage(why) : run(l, "scan", l->words, l->n);
}

int main(int argc, char **argv)
{
	char why[400] = "no memory left";
	struct line l = {.o = offnode_new(), .words = calloc((size_t)argc + 1, sizeof(char *))};
	int status = OFFNODE_INTERNAL;
	if (!l.o || !l.words)
		fputs("offnode: no memory left\n", stderr);
	else if (!parse_words(&l, argv, why, sizeof why) || !parse_environment(&l, why, sizeof why))
		status = usage(why);
	else
		status = dispatch(&l);
	if (fflush(stdout) != 0 && status < OFFNODE_USAGE)
		status = output_failed(NULL);
	offnode_free(l.o);
	free(l.words);
	return status;
}
