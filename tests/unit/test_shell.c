/*
 * test_shell.c - shell_read: one text a row, and what it runs and prints. Each row is also run by
 * the real shells where they are installed, with a kubelet that writes down its words: the table
 * must say what they do, and the reader what the table says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "captured.h"
#include "fixture.h"
#include "out.h"
#include "shell.h"

#include <cmocka.h>

/* The directory in which every text runs. */
static const struct {
	const char *name, *text;
} files[] = {
	{"env", "A=1\nB=\"two words\"\nexport C=3\n"},
	{"flags", "--v=2 --x=y\n"},
	{"list", "one 1\ntwo 2\n"},
	{"empty", ""},
	{"conf/b.conf", "B\n"},
	{"conf/a.conf", "A\n"},
	{"conf/c.txt", "C\n"},
};

#define CAPTURE \
	"-- /w/env --\nA=1\nB=\"two words\"\nexport C=3\n" \
	"-- /w/flags --\n--v=2 --x=y\n" \
	"-- /w/list --\none 1\ntwo 2\n" \
	"-- /w/empty --\n" \
	"-- /w/conf/b.conf --\nB\n" \
	"-- /w/conf/a.conf --\nA\n" \
	"-- /w/conf/c.txt --\nC\n"

enum { BASH = 1, DASH = 2, BOTH = 3 };

/* `want`: each kubelet's words, joined by "|", a line each; then "> " and what is printed. "?"
 * stands for what the reader must not claim to know. */
static const struct row {
	int shells;
	const char *text, *want;
} rows[] = {
#include "shell_rows.h"
};

/* ---- the reader ---- */

static struct shell_outcome outcome_of(const char *shell, const char *text)
{
	struct shell sh = {.root = captured_root(arena, S(CAPTURE)),
			   .program = str_from(shell),
			   .name = S("script"),
			   .workdir = S("/w")};
	static struct word args[] = {{{"a 1", 3}, NULL}, {{"b", 1}, NULL}};
	sh.args = (struct words){args, 2, 2};
	sh.variables = (struct variables){0};
	*vec_push(arena, &sh.variables) =
		(struct variable){.name = S("FROM_UNIT"), .value = {S("--from --unit"), NULL}};
	struct str s = str_dup(arena, str_from(text));
	sh.file = captured_file(arena, S("/script"), s);
	return shell_read(&sh, s);
}

static struct str told_by_reader(const char *shell, const char *text)
{
	struct shell_outcome o = outcome_of(shell, text);
	struct out *all = out_new(arena);
	for (size_t i = 0; i < o.commands.n; i++) {
		const struct shell_command *c = &o.commands.at[i];
		if (c->untold.text.n || c->conditional) {
			out_z(all, str_eq(c->words.at[0].text, S("kubelet")) ? "?\n" : "");
			continue;
		}
		if (!str_eq(c->words.at[0].text, S("kubelet")))
			continue;
		for (size_t k = 1; k < c->words.n; k++)
			out_fmt(all, "%s%.*s", k > 1 ? "|" : "", ARG(c->words.at[k].text));
		out_z(all, "\n");
	}
	if (o.printed.n)
		out_fmt(all, "> %.*s", ARG(o.printed));
	return str_dup(arena, out_text(all));
}

/* ---- the real one ---- */

static int bad;
static char directory[] = "/tmp/offnode-shell-XXXXXX";

static void write_file(const char *name, const char *text, mode_t mode)
{
	char path[300];
	snprintf(path, sizeof path, "%s/%s", directory, name);
	FILE *f = fopen(path, "we");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	chmod(path, mode);
}

static void set_up_directory(void)
{
	char command[600];
	snprintf(command, sizeof command, "rm -rf '%s'/w; mkdir -p '%s'/w/conf '%s'/bin", directory,
		 directory, directory);
	assert_int_equal(system(command), 0);
	write_file("bin/kubelet",
		   "#!/bin/sh\nfirst=1\nfor a; do\n\t[ $first ] || printf '|'\n\tfirst=\n"
		   "\tprintf '%s' \"$a\"\ndone >> \"$SAID\"\necho >> \"$SAID\"\n",
		   0755);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		char name[100];
		snprintf(name, sizeof name, "w/%s", files[i].name);
		write_file(name, files[i].text, 0644);
	}
}

static struct str slurp(const char *name)
{
	char path[300];
	struct out *o = out_new(arena);
	snprintf(path, sizeof path, "%s/%s", directory, name);
	FILE *f = fopen(path, "re");
	for (int c; f && (c = getc(f)) != EOF;) {
		char byte = (char)c;
		out_str(o, (struct str){&byte, 1});
	}
	if (f)
		fclose(f);
	return str_dup(arena, out_text(o));
}

static struct str done_by_shell(const char *shell, const char *text)
{
	char command[1000];
	set_up_directory();
	write_file("script", text, 0644);
	write_file("said", "", 0644);
	snprintf(
		command, sizeof command,
		"cd '%s/w' && env -i PATH='%s/bin:/usr/bin:/bin' SAID='%s/said' "
		"FROM_UNIT='--from --unit' timeout 10 %s ../script 'a 1' b >../printed 2>/dev/null "
		"</dev/null",
		directory, directory, directory, shell);
	int status = system(command);
	(void)status;
	struct str said = slurp("said"), printed = slurp("printed");
	struct str mark = printed.n ? S("> ") : S("");
	return str_cat(arena, said, str_cat(arena, mark, printed));
}

static bool installed(const char *shell)
{
	char command[100];
	snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", shell);
	return system(command) == 0;
}

/* Does what the reader says agree, line by line, with what happened? "?" agrees with anything. */
static void check_row(const struct row *row, const char *shell)
{
	struct str said = told_by_reader(shell, row->text);
	if (!str_eq(said, str_from(row->want)))
		print_error("%s: %s\nreader: %.*s\nwant:   %s\n", shell, row->text, ARG(said),
			    row->want);
	bad += !str_eq(said, str_from(row->want));
	if (strchr(row->want, '?') || !installed(shell))
		return;
	struct str real = done_by_shell(shell, row->text);
	if (!str_eq(real, str_from(row->want)))
		print_error("%s: %s\nreal: %.*s\nwant: %s\n", shell, row->text, ARG(real),
			    row->want);
	bad += !str_eq(real, str_from(row->want));
}

static void reads_as_shells_run(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(directory));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (rows[i].shells & BASH)
			check_row(&rows[i], "bash");
		if (rows[i].shells & DASH)
			check_row(&rows[i], "dash");
	}
	char command[100];
	snprintf(command, sizeof command, "rm -rf '%s'", directory);
	assert_int_equal(system(command), 0);
	assert_int_equal(bad, 0);
}

/* What a prefix of a text says is bounded, and each origin lies in its file. */
static void survives_every_prefix(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *text = str_z(arena, str_from(rows[i].text));
		for (size_t n = strlen(text); n > 0; n--) {
			text[n - 1] = 0;
			struct shell_outcome o = outcome_of("bash", text);
			for (size_t k = 0; k < o.commands.n; k++)
				assert_true(o.commands.at[k].words.n > 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_as_shells_run),
		cmocka_unit_test(survives_every_prefix),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
