/*
 * manifest.c - prints what a file system in a file holds, in the lines of tests/support/tour.h,
 * for a diff with what tests/stress_tree.py prints of the source. On standard error: the kind of
 * tree, label, UUID, and why it may be stale. Ends with 1 when something could not be read.
 *
 *	manifest [-s SUBVOLUME] FILE [VOLUME…]: with the other volumes that it lies on
 *	manifest -t DIGEST[@AT:PACKED:PLAIN] FILE: a layer by its table of contents
 */
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "tour.h"

enum { ENTRIES_MAX = 2000000, DEPTH_MAX = 300 };

static const size_t memory = (size_t)4 << 30, file_max = (size_t)1 << 30;

static int print(struct arena *a, struct fs *fs)
{
	struct tour t = {.max_file = file_max, .max_entries = ENTRIES_MAX, .max_depth = DEPTH_MAX};
	fprintf(stderr, "%s label=%" PRIstr " uuid=%" PRIstr "\n", fs->ops->name, ARG(fs->label),
		ARG(fs->uuid));
	tour_tree(a, fs, &t);
	if (fs->stale.n)
		fprintf(stderr, "stale: %" PRIstr "\n", ARG(fs->stale));
	for (size_t i = 0; i < t.lines.n; i++)
		printf("%" PRIstr "\n", ARG(t.lines.at[i].text));
	return t.failures || t.entries >= t.max_entries;
}

static struct fs *open_first(struct arena *a, char **files, size_t n, struct error *e)
{
	struct blob **volumes = NEW_N(a, struct blob *, n);
	struct fs_options opts = {.max.entries = ENTRIES_MAX,
				  .max_kept = 1 << 20,
				  .max.file = (size_t)1 << 30,
				  .max.spill = (uint64_t)4 << 30,
				  .volumes = volumes,
				  .n_volumes = n};
	for (size_t i = 0; i < n; i++) {
		volumes[i] = blob_open(a, str_from(files[i]), NULL, e);
		if (!volumes[i])
			return NULL;
	}
	return fs_open(a, volumes[0], &opts, e);
}

static struct fs *open_by_table(struct arena *a, struct str words, const char *file,
				struct error *e)
{
	struct toc_bound bound = {0};
	struct str place, at, packed, plain;
	struct fs_options opts = {.max.entries = ENTRIES_MAX};
	str_cut(words, '@', &bound.digest, &place);
	str_cut(place, ':', &at, &place);
	str_cut(place, ':', &packed, &plain);
	str_u64(at, &bound.at);
	str_u64(packed, &bound.packed);
	str_u64(plain, &bound.plain);
	struct blob *b = blob_open(a, str_from(file), NULL, e);
	return b ? fs_open_toc(a, b, &bound, &opts, e) : NULL;
}

int main(int argc, char **argv)
{
	const char *table = argc > 3 && strcmp(argv[1], "-t") == 0 ? argv[2] : NULL;
	const char *subvolume = argc > 2 && strcmp(argv[1], "-s") == 0 ? argv[2] : NULL;
	int first = subvolume || table ? 3 : 1, status = 1;
	struct error e = {0};
	if (argc <= first) {
		fputs("usage: manifest [-s SUBVOLUME | -t TABLE] FILE [VOLUME...]\n", stderr);
		return 64;
	}
	struct arena *a = arena_new(memory, NULL, NULL);
	struct fs *fs = table ? open_by_table(a, str_from(table), argv[first], &e)
			      : open_first(a, argv + first, (size_t)(argc - first), &e);
	if (fs && subvolume)
		fs = fs_subvolume(a, fs, str_from(subvolume), &e);
	if (fs)
		status = print(a, fs);
	else
		fprintf(stderr, "%s: %s\n", argv[first], e.text);
	arena_free(a);
	return status;
}
