/*
 * mutate.c - an image, changed at random COUNT times from a SEED, or cut short at COUNT places: no
 * crash, no broken promise, none that takes more than two seconds of processor time. It is toured
 * as a file system, or, of a node that FAILS 4.2.6, scanned as a target: then no change may make it
 * pass, and no cut may make it a node without a kubelet. Changes, more often few than many, hit
 * bytes, numbers and whole sectors, mostly such as are not zero, since most of an image is. Prints
 * TAP, one line a file.
 *
 *	mutate COUNT SEED FILE...
 *	mutate -s COUNT SEED FILE...: scans what is changed
 *	mutate -c COUNT SEED FILE...: scans what is cut
 *	mutate -w SEED-OF-ONE FILE OUT: writes the changed image that a failure named
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "arena.h"
#include "offnode.h"
#include "tour.h"

enum {
	EDITS_MAX = 24,
	SECTOR = 512,
	PIECE = 1 << 20,
	SECONDS = 2,
	MEMORY = 256 << 20,
};

#ifdef __SANITIZE_ADDRESS__
#define SANITIZED true
#else
#define SANITIZED false
#endif

/* The bytes of a file in memory that has a descriptor, so that a scan can open it. */
struct image {
	unsigned char *bytes;
	size_t n;
	int fd;
	char path[32];
	uint32_t *used; /* the sectors that are not all zeros */
	size_t n_used;
};

struct edit {
	size_t at, n;
	unsigned char was[SECTOR];
};

/* What the signal handler tells of the run that crashed or did not end. */
static char running[256];

static void say_running(int signal_number)
{
	if (write(STDOUT_FILENO, running, strlen(running)) > 0)
		_exit(signal_number == SIGPROF ? 99 : 98);
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

/* ---- changes ---- */

static size_t sector(const struct image *m, uint64_t *state)
{
	uint64_t r = next(state);
	return (r % 8 ? m->used[next(state) % m->n_used] : next(state) % (m->n / SECTOR)) *
	       (size_t)SECTOR;
}

/* Of a sector a byte that is not zero, where it has one behind the place that is tried. */
static size_t place(const struct image *m, uint64_t *state)
{
	size_t from = sector(m, state), at = next(state) % SECTOR;
	bool any = next(state) % 8 == 0;
	for (unsigned i = 0; i < SECTOR && !any && !m->bytes[from + at]; i++)
		at = (at + 1) % SECTOR;
	return from + at;
}

static void change(const struct image *m, struct edit *e, uint64_t *state)
{
	static const unsigned char values[] = {0x00, 0x01, 0x7F, 0x80, 0xFF, 0xFE};
	uint64_t r = next(state);
	unsigned char value = r & 1 ? values[(r >> 8) % sizeof values] : (unsigned char)(r >> 8);
	bool whole = r >> 16 & 15, number = r >> 20 & 3;
	size_t from = sector(m, state), at = place(m, state);
	e->n = !whole ? SECTOR : number ? 1 : (size_t)2 << (r >> 24) % 3;
	e->at = at & ~(e->n - 1);
	memcpy(e->was, m->bytes + e->at, e->n);
	if (whole)
		memset(m->bytes + e->at, value, e->n);
	else if (r >> 32 & 1)
		memmove(m->bytes + e->at, m->bytes + from, SECTOR);
	else
		memset(m->bytes + e->at, 0, SECTOR);
}

static unsigned change_all(const struct image *m, uint64_t seed, struct edit *edits)
{
	uint64_t state = seed;
	unsigned n = 1 + (unsigned)(next(&state) % EDITS_MAX) % (1u << next(&state) % 6);
	for (unsigned i = 0; i < n; i++)
		change(m, &edits[i], &state);
	return n;
}

static void change_back(const struct image *m, const struct edit *edits, unsigned n)
{
	while (n--)
		memcpy(m->bytes + edits[n].at, edits[n].was, edits[n].n);
}

/* ---- what is done with an image ---- */

/* OFFNODE_OK when it did not open, so that no tour has passed anything. */
static enum offnode_status tour(const struct image *m)
{
	static const struct fs_options opts = {
		.max = {.entries = 100000, .file = 1 << 20, .spill = 64 << 20},
		.max_kept = 1 << 20,
	};
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
	return fs ? OFFNODE_FAILED : OFFNODE_UNSUPPORTED;
}

static bool forget(void *arg, const char *bytes, size_t n)
{
	(void)arg;
	(void)bytes;
	(void)n;
	return true;
}

static enum offnode_status scan(const struct image *m)
{
	static const char *const options[][2] = {
		{"check", "4.2.6"}, {"max-memory", "256M"}, {"max-spill", "64M"}, {"jobs", "1"}};
	const char *target = m->path;
	char why[256];
	struct offnode *o = offnode_new();
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		if (!offnode_set(o, options[i][0], options[i][1], why, sizeof why))
			abort();
	struct offnode_report *r = offnode_run(o, "scan", &target, 1);
	enum offnode_status status = offnode_status(r);
	offnode_write(r, "json", false, forget, NULL);
	offnode_report_free(r);
	offnode_free(o);
	return status;
}

/* ---- runs ---- */

typedef enum offnode_status judge(const struct image *m);

struct run {
	const char *path;
	judge *judge;
	bool cut;
	unsigned count, failures;
	uint64_t seed;
	unsigned seen[256]; /* by status */
};

static void watch_time(unsigned seconds)
{
	setitimer(ITIMER_PROF, &(struct itimerval){.it_value.tv_sec = seconds}, NULL);
}

static void try_one(struct run *run, const struct image *m, const char *how,
		    unsigned long long which)
{
	snprintf(running, sizeof running, "not ok - %.200s %s %llu\n", run->path, how, which);
	watch_time(SECONDS);
	enum offnode_status status = run->judge(m);
	watch_time(0);
	run->seen[status & 255]++;
	if (status != OFFNODE_OK && !(run->cut && status == OFFNODE_EMPTY))
		return;
	run->failures++;
	fputs(running, stdout);
	printf("# it is said to %s\n", status ? "have no kubelet" : "pass");
}

static void run_changes(struct run *run, const struct image *m)
{
	struct edit edits[EDITS_MAX];
	for (unsigned i = 0; i < run->count; i++) {
		unsigned n = change_all(m, run->seed + i, edits);
		try_one(run, m, "mutated by seed", run->seed + i);
		change_back(m, edits, n);
	}
}

/* From its end down, at places of every kind: any byte, and the bounds of sectors and blocks. */
static void run_cuts(struct run *run, const struct image *m)
{
	uint64_t state = run->seed;
	struct image cut = *m;
	size_t step = m->n / run->count + 1;
	while (cut.n) {
		size_t by = 1 + next(&state) % (2 * step), unit = (size_t)1 << next(&state) % 17;
		while (unit > step)
			unit /= 2;
		cut.n = cut.n > by ? (cut.n - by) & ~(unit - 1) : 0;
		if (ftruncate(cut.fd, (off_t)cut.n) != 0)
			abort();
		try_one(run, &cut, "cut to a length of", cut.n);
	}
}

static void run_all(struct run *run, const struct image *m)
{
	struct rusage use;
	if (run->judge == scan && scan(m) != OFFNODE_FAILED) {
		printf("not ok - %s: is no node that fails\n", run->path);
		return;
	}
	if (run->cut)
		run_cuts(run, m);
	else
		run_changes(run, m);
	getrusage(RUSAGE_SELF, &use);
	size_t heap = (size_t)use.ru_maxrss * 1024 - m->n;
	bool fits = SANITIZED || heap / 2 < MEMORY;
	printf("%s - %s:", run->failures || !fits ? "not ok" : "ok", run->path);
	for (unsigned i = 0; i < 256; i++)
		if (run->seen[i])
			printf(" %u of status %u,", run->seen[i], i);
	printf(" %zu MiB of memory\n", heap >> 20);
	fflush(stdout);
}

/* ---- files ---- */

static bool is_zero(const unsigned char *p, size_t n)
{
	return !p[0] && !memcmp(p, p + 1, n - 1);
}

static void find_used(struct image *m)
{
	m->used = calloc(m->n / SECTOR + 1, sizeof *m->used);
	for (size_t i = 0; i < m->n / SECTOR; i++)
		if (!is_zero(m->bytes + i * SECTOR, SECTOR))
			m->used[m->n_used++] = (uint32_t)i;
}

/* Zeros stay holes. A tail of less than a sector is kept, and not changed. */
static bool load(const char *path, struct image *m)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	bool ok = f && fstat(fileno(f), &st) == 0 && st.st_size >= SECTOR;
	m->n = ok ? (size_t)st.st_size : 0;
	m->fd = memfd_create("image", 0);
	ok = ok && m->fd >= 0 && ftruncate(m->fd, (off_t)m->n) == 0;
	m->bytes = ok ? mmap(NULL, m->n, PROT_READ | PROT_WRITE, MAP_SHARED, m->fd, 0) : MAP_FAILED;
	ok = ok && m->bytes != MAP_FAILED;
	static unsigned char piece[PIECE];
	for (size_t at = 0, n; ok && (n = fread(piece, 1, sizeof piece, f)) > 0; at += n)
		if (!is_zero(piece, n))
			memcpy(m->bytes + at, piece, n);
	if (f)
		fclose(f);
	if (ok)
		find_used(m);
	snprintf(m->path, sizeof m->path, "/proc/self/fd/%d", m->fd);
	return ok && m->n_used;
}

static void unload(struct image *m)
{
	if (m->n)
		munmap(m->bytes, m->n);
	close(m->fd);
	free(m->used);
}

static int write_one(uint64_t seed, const char *from, const char *to)
{
	struct edit edits[EDITS_MAX];
	struct image m = {0};
	FILE *f = load(from, &m) ? fopen(to, "wb") : NULL;
	if (!f)
		return 1;
	change_all(&m, seed, edits);
	bool ok = fwrite(m.bytes, 1, m.n, f) == m.n;
	return fclose(f) != 0 || !ok;
}

int main(int argc, char **argv)
{
	static const int signals[] = {SIGPROF, SIGABRT, SIGSEGV, SIGBUS, SIGFPE};
	bool cut = argc > 1 && strcmp(argv[1], "-c") == 0;
	bool scans = cut || (argc > 1 && strcmp(argv[1], "-s") == 0);
	if (argc == 5 && strcmp(argv[1], "-w") == 0)
		return write_one(strtoull(argv[2], NULL, 0), argv[3], argv[4]);
	argv += scans;
	if (argc - scans < 4) {
		fputs("usage: mutate [-s | -c] COUNT SEED FILE...\n", stderr);
		return 64;
	}
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		signal(signals[i], say_running);
	for (char **file = argv + 3; *file; file++) {
		struct image m = {0};
		struct run run = {.path = *file,
				  .judge = scans ? scan : tour,
				  .cut = cut,
				  .count = (unsigned)strtoul(argv[1], NULL, 0),
				  .seed = strtoull(argv[2], NULL, 0)};
		if (load(*file, &m))
			run_all(&run, &m);
		else
			printf("not ok - %s: cannot be read\n", *file);
		unload(&m);
	}
	return 0;
}
