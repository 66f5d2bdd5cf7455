/*
 * fuzz_shell.c - any bytes as a script, as a one-liner, and as a generator, read by each shell.
 * What holds for every input: an origin lies inside its file, a command has a word, a path that is
 * written is absolute and has no ".." in it, and text past the limits is untold.
 */
#include <stdint.h>
#include <stdlib.h>

#include "captured.h"
#include "fuzzed.h"
#include "shell.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_origin(const struct origin *o)
{
	for (; o; o = o->via)
		if (o->at > o->file->text.n || o->len > o->file->text.n - o->at)
			abort();
}

static void check_path(struct str path)
{
	if (!str_starts(path, S("/")) || str_has(path, S("/../")) || str_ends(path, S("/..")))
		abort();
}

static void check(struct arena *a, const struct shell_outcome *o)
{
	bool exact;
	for (size_t i = 0; i < o->commands.n; i++) {
		const struct shell_command *c = &o->commands.at[i];
		if (!c->words.n)
			abort();
		for (size_t k = 0; k < c->words.n; k++)
			check_origin(c->words.at[k].from);
		check_origin(c->untold.from);
	}
	for (size_t i = 0; i < o->written.n; i++) {
		check_path(o->written.at[i].path);
		check_origin(o->written.at[i].from);
	}
	for (size_t i = 0; i < o->absent.n; i++)
		check_path(o->absent.at[i].path);
	check_origin(o->untold.from);
	check_origin(shell_printed_from(a, o, 0, o->printed.n, &exact));
}

static void read_as(struct arena *a, struct str text, struct str program, bool line)
{
	static struct word args[] = {{{"/run/systemd/generator", 22}, NULL}, {{"a b", 3}, NULL}};
	const struct file *f = captured_file(a, S("/script"), text);
	struct shell sh = {
		.root = captured_root(a, S("-- /etc/default/kubelet --\nA=\"--x --y\"\n"
					   "-- /etc/a.conf --\n1\n-- /etc/b.conf --\n2\n"
					   "-- /bin/sh -> dash --\n-- /bin/dash mode=0755 --\n")),
		.program = program,
		.file = line ? NULL : f,
		.from = line ? origin_new(a, f, 0, text.n, NULL) : NULL,
		.args = {args, 2, 2},
		.empty = {args, 1, 1},
		.name = S("/script"),
		.workdir = S("/etc"),
	};
	struct shell_outcome o = shell_read(&sh, text);
	check(a, &o);
}

static void run(struct arena *a, const uint8_t *bytes, size_t size)
{
	static const struct str programs[] = {{"/bin/bash", 9}, {"sh", 2}, {"ksh", 3}};
	struct str text = str_dup(a, (struct str){(const char *)bytes, size});
	read_as(a, text, programs[size % 3], size % 2 != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	return size > 1 << 16 ? 0 : fuzzed(512 << 20, run, bytes, size);
}
