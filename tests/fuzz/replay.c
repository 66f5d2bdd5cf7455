/*
 * replay.c - runs a fuzz target over its seeds without a fuzzer, printing TAP.
 *
 * Each file of testdata/fuzz/NAME (NAME from the program's own, fuzz_NAME), or of the paths given,
 * is run whole, cut short at many places, and with single bytes changed in a fixed order: the
 * cheap part of what a fuzzer would do, under any compiler, the same on every machine. With
 * FUZZ_REPLAY=whole the seeds are run as they are. Not supported: seeds over 16 MiB.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SEED_MAX ((size_t)16 << 20)
#define CUTS 256  /* cut-short runs of one seed */
#define EDITS 256 /* changed-byte runs of one seed */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct replay {
	bool whole_only;
	unsigned done;
};

/* A copy of exactly the size, so that a memory checker sees the first byte past the end. */
static void run(const uint8_t *bytes, size_t n)
{
	uint8_t *exact = malloc(n ? n : 1);

	if (!exact)
		abort();
	memcpy(exact, bytes, n);
	LLVMFuzzerTestOneInput(exact, n);
	free(exact);
}

static void run_cut(const uint8_t *bytes, size_t n)
{
	size_t step = n / CUTS + 1;

	for (size_t i = 0; i < n; i += step)
		run(bytes, i);
}

static void run_edited(uint8_t *bytes, size_t n)
{
	static const uint8_t values[] = {0x00, 0xff, 0x7f, 0x80, '\n', '"', '\\', '-'};
	size_t step = n / EDITS + 1, turn = 0;

	for (size_t i = 0; i < n; i += step, turn++) {
		uint8_t was = bytes[i];
		bytes[i] = values[turn % sizeof(values)];
		run(bytes, n);
		bytes[i] = was;
	}
}

static uint8_t *read_seed(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	uint8_t *bytes = f ? malloc(SEED_MAX) : NULL;

	if (!bytes) {
		if (f)
			fclose(f);
		return NULL;
	}
	*n = fread(bytes, 1, SEED_MAX, f);
	bool whole = !ferror(f) && *n < SEED_MAX;
	fclose(f);
	if (whole)
		return bytes;
	free(bytes);
	return NULL;
}

static void replay_file(struct replay *r, const char *path)
{
	size_t n = 0;
	uint8_t *bytes = read_seed(path, &n);

	printf("# %s\n", path);
	fflush(stdout);
	if (bytes) {
		run(bytes, n);
		if (!r->whole_only) {
			run_cut(bytes, n);
			run_edited(bytes, n);
		}
	}
	printf("%s %u - %s\n", bytes ? "ok" : "not ok", ++r->done, path);
	fflush(stdout);
	free(bytes);
}

static int visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static void replay_path(struct replay *r, const char *path)
{
	struct dirent **names = NULL;
	struct stat st;

	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
		replay_file(r, path);
		return;
	}
	int n = scandir(path, &names, visible, alphasort);
	for (int i = 0; i < n; i++) {
		char file[4096];
		snprintf(file, sizeof(file), "%s/%s", path, names[i]->d_name);
		replay_file(r, file);
		free(names[i]);
	}
	free(names);
}

int main(int argc, char **argv)
{
	const char *how = getenv("FUZZ_REPLAY");
	struct replay r = {.whole_only = how && !strcmp(how, "whole")};

	for (int i = 1; i < argc; i++)
		replay_path(&r, argv[i]);
	if (argc < 2) {
		const char *name = strstr(argv[0], "fuzz_");
		char dir[4096];
		for (const char *next = name; next; next = strstr(next + 1, "fuzz_"))
			name = next;
		snprintf(dir, sizeof(dir), "testdata/fuzz/%s", name ? name + 5 : "");
		run((const uint8_t *)"", 0);
		replay_path(&r, dir);
	}
	printf("1..%u\n", r.done);
	return 0;
}
