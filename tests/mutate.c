/*
 * mutate.c - changes bytes of a file-system image at random, COUNT times from a SEED, and tours
 *what then opens: no crash, no broken promise, and none that takes longer than two seconds. Half of
 *the changes hit bytes that are not zero, since most of an image is. Prints TAP, one line a file.
 *
 *	mutate COUNT SEED FILE...
 *	mutate -w SEED-OF-ONE FILE OUT: writes the mutated image that a failure named
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "arena.h"
#include "tour.h"

enum {
	FLIPS_MAX = 24,
	REACH = 2 << 20, /* the bytes from the start that are changed */
	SECONDS = 2,
	TRIES = 64,
	MEMORY = 256 << 20,
};

struct image {
	unsigned char *bytes;
	size_t n;
};

struct flip {
	size_t at;
	unsigned char was;
};

/* What the signal handler tells of the run that crashed or did not end. */
static char running[256];

static void say_running(int signal_number)
{
	if (write(STDOUT_FILENO, running, strlen(running)) > 0)
		_exit(signal_number == SIGALRM ? 99 : 98);
	_exit(97);
}

/* splitmix64, by Steele, Lea and Flood (2014) */
static uint64_t next(uint64_t *state)
{
	uint64_t z = *state += 0x9E3779B97F4A7C15u;
	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
	z = (z ^ z >> 27) * 0x94D049BB133111EBu;
	return z ^ z >> 31;
}

static size_t place(const struct image *m, uint64_t *state)
{
	size_t reach = m->n < REACH ? m->n : REACH, at = next(state) % reach;
	if (next(state) % 8 == 0)
		return at;
	for (unsigned i = 0; i < TRIES && !m->bytes[at]; i++)
		at = next(state) % reach;
	for (unsigned i = 0; i < 4096 && at + 1 < reach && !m->bytes[at]; i++)
		at++;
	return at;
}

static unsigned flip(const struct image *m, uint64_t seed, struct flip *flips)
{
	static const unsigned char values[] = {0x00, 0x01, 0x7F, 0x80, 0xFF, 0xFE};
	uint64_t state = seed;
	unsigned n = 1 + (unsigned)(next(&state) % FLIPS_MAX);
	for (unsigned i = 0; i < n; i++) {
		size_t at = place(m, &state);
		uint64_t r = next(&state);
		flips[i] = (struct flip){at, m->bytes[at]};
		m->bytes[at] = r % 2 ? values[(r >> 8) % sizeof values] : (unsigned char)(r >> 8);
	}
	return n;
}

static void flip_back(const struct image *m, const struct flip *flips, unsigned n)
{
	while (n--)
		m->bytes[flips[n].at] = flips[n].was;
}

/* Did it open? */
static bool tour(const struct image *m)
{
	static const struct fs_options opts = {.max.entries = 100000,
					       .max_kept = 1 << 20,
					       .max.file = 1 << 20,
					       .max.spill = 64 << 20};
	struct tour t = {.max_file = 1 << 20, .max_entries = 10000, .max_depth = 64};
	struct arena *a = arena_new(MEMORY, NULL, NULL);
	struct error e = {0};
	struct str bytes = {(const char *)m->bytes, m->n};
	struct fs *fs = fs_open(a, blob_memory(a, S("image"), bytes), &opts, &e);
	if (fs)
		tour_tree(a, fs, &t);
	else if (e.kind == ERR_NONE || !e.text[0])
		abort();
	arena_free(a);
	return fs != NULL;
}

static void watch_time(unsigned seconds)
{
	setitimer(ITIMER_REAL, &(struct itimerval){.it_value.tv_sec = seconds}, NULL);
}

static bool load(const char *path, struct image *m)
{
	FILE *f = fopen(path, "rb");
	bool ok = f && fseek(f, 0, SEEK_END) == 0 && ftell(f) > 0;
	if (ok) {
		m->n = (size_t)ftell(f);
		m->bytes = malloc(m->n);
		rewind(f);
		ok = m->bytes && fread(m->bytes, 1, m->n, f) == m->n;
	}
	if (f)
		fclose(f);
	return ok;
}

static int write_one(uint64_t seed, const char *from, const char *to)
{
	struct flip flips[FLIPS_MAX];
	struct image m = {0};
	FILE *f = load(from, &m) ? fopen(to, "wb") : NULL;
	if (!f)
		return 1;
	flip(&m, seed, flips);
	bool ok = fwrite(m.bytes, 1, m.n, f) == m.n;
	return fclose(f) != 0 || !ok;
}

static void mutate(const char *path, struct image *m, unsigned count, uint64_t seed)
{
	struct flip flips[FLIPS_MAX];
	unsigned opened = 0;
	for (unsigned i = 0; i < count; i++) {
		uint64_t one = seed + i;
		unsigned n = flip(m, one, flips);
		snprintf(running, sizeof running, "not ok - %.200s mutated by seed %llu\n", path,
			 (unsigned long long)one);
		watch_time(SECONDS);
		opened += tour(m);
		watch_time(0);
		flip_back(m, flips, n);
	}
	printf("ok - %s: %u mutations, %u opened\n", path, count, opened);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "-w") == 0)
		return write_one(strtoull(argv[2], NULL, 0), argv[3], argv[4]);
	if (argc < 4) {
		fputs("usage: mutate COUNT SEED FILE...\n", stderr);
		return 64;
	}
	signal(SIGALRM, say_running);
	signal(SIGABRT, say_running);
	signal(SIGSEGV, say_running);
	signal(SIGBUS, say_running);
	signal(SIGFPE, say_running);
	for (int i = 3; i < argc; i++) {
		struct image m = {0};
		if (load(argv[i], &m))
			mutate(argv[i], &m, (unsigned)strtoul(argv[1], NULL, 0),
			       strtoull(argv[2], NULL, 0));
		else
			printf("not ok - %s: cannot be read\n", argv[i]);
		free(m.bytes);
	}
	return 0;
}
