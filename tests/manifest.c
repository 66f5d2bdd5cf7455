/*
 * manifest.c - prints what a file system in a file holds, in the lines of tests/support/tour.h,
 * for a diff with what tests/stress_tree.py prints of the source. On standard error: the kind of
 * tree, label, UUID, and why it may be stale. Ends with 1 when something could not be read.
 *
 *	manifest FILE
 */
#include <stdio.h>

#include "arena.h"
#include "tour.h"

enum { ENTRIES_MAX = 2000000, DEPTH_MAX = 300 };

static const size_t memory = (size_t)4 << 30, file_max = (size_t)1 << 30;

static int print(struct arena *a, struct fs *fs)
{
	struct tour t = {.max_file = file_max, .max_entries = ENTRIES_MAX, .max_depth = DEPTH_MAX};
	fprintf(stderr, "%s label=%" PRIstr " uuid=%" PRIstr "\n", fs->ops->name, ARG(fs->label),
		ARG(fs->uuid));
	if (fs->stale.n)
		fprintf(stderr, "stale: %" PRIstr "\n", ARG(fs->stale));
	tour_tree(a, fs, &t);
	for (size_t i = 0; i < t.lines.n; i++)
		printf("%" PRIstr "\n", ARG(t.lines.at[i].text));
	return t.failures || t.entries >= t.max_entries;
}

int main(int argc, char **argv)
{
	static const struct fs_options opts = {.max_entries = ENTRIES_MAX,
					       .max_kept = 1 << 20,
					       .max_file = (size_t)1 << 30,
					       .max_spill = (uint64_t)4 << 30};
	struct error e = {0};
	if (argc != 2) {
		fputs("usage: manifest FILE\n", stderr);
		return 64;
	}
	struct arena *a = arena_new(memory, NULL, NULL);
	struct blob *b = blob_open(a, str_from(argv[1]), NULL, &e);
	struct fs *fs = b ? fs_open(a, b, &opts, &e) : NULL;
	int status = 1;
	if (fs)
		status = print(a, fs);
	else
		fprintf(stderr, "%s: %s\n", argv[1], e.text);
	arena_free(a);
	return status;
}
