/*
 * inject.c - every sample again with its nth read failing, for every n. Whatever fails, the
 * program must not crash, must not pass what did not pass before, and must not overlook a
 * kubelet that it found before: a byte that was not read ends as unknown.
 *
 * Samples are the bundled images, and the golden cases laid out as directories, for there every
 * file is a read of its own.
 */
#include <dirent.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "rules.h"

enum { RUNS_MAX = 300, FINDINGS_MAX = 16, MEMORY = 512 << 20 };

/* Fails the nth tick and all ticks of its kind after it: a broken disk stays broken. */
struct breaking {
	struct watch watch;
	atomic_long ticks;
	long breaks_at; /* < 0: never */
	bool once;
};

struct outcome {
	bool opened;
	size_t n;
	enum verdict verdicts[FINDINGS_MAX];
	long ticks;
};

static bool breaking_tick(struct watch *w, uint64_t bytes, struct error *e)
{
	struct breaking *b = (struct breaking *)w;
	long tick = atomic_fetch_add(&b->ticks, 1);
	(void)bytes;
	if (b->breaks_at < 0 || tick < b->breaks_at || (b->once && tick > b->breaks_at))
		return true;
	return fail(e, ERR_IO, "injected");
}

static void full(void *arg)
{
	longjmp(*(jmp_buf *)arg, 1);
}

static bool keep_small(struct str path, uint64_t size)
{
	(void)path;
	return size < 4096;
}

static void judge(struct arena *a, const struct layers *layers, struct outcome *out)
{
	struct notes notes = {.arena = a};
	struct rootfs *root = rootfs_new(a, layers, &notes);
	struct systemd *sd = systemd_new(root, &(struct systemd_options){0});
	struct launches launches = kubelet_launches(root, sd, NULL);
	const struct settings **settings = NEW_N(a, const struct settings *, launches.n + 1);
	for (size_t i = 0; i < launches.n; i++)
		settings[i] = kubelet_settings(root, &launches.at[i], &(struct kubelet_options){0});
	struct rule_set rules = {0};
	rules_of_benchmark(a, S("cis-1.11"), &rules);
	struct findings f =
		rules_evaluate(root, sd, &launches, settings, &rules, S("cis-1.11"), false);
	for (size_t i = 0; i < f.n && i < FINDINGS_MAX; i++)
		out->verdicts[out->n++] = f.at[i].verdict;
}

static struct outcome scan(const char *target, long breaks_at, bool once)
{
	struct breaking b = {{breaking_tick}, 0, breaks_at, once};
	struct outcome *out = calloc(1, sizeof *out);
	jmp_buf out_of_memory;
	struct arena *a = arena_new(MEMORY, full, &out_of_memory);
	if (setjmp(out_of_memory) == 0) {
		struct image image;
		struct error e = {0};
		struct image_options opts = {
			.fs = {.wanted = keep_small,
			       .max.entries = 100000,
			       .max_kept = 8 << 20,
			       .max.file = 8 << 20,
			       .max.spill = 1 << 30,
			       .watch = &b.watch},
			.jobs = 1,
		};
		out->opened = image_open(a, str_from(target), &opts, &image, &e);
		if (out->opened)
			judge(a, &image.layers, out);
	}
	arena_free(a);
	struct outcome result = *out;
	result.ticks = atomic_load(&b.ticks);
	free(out);
	return result;
}

/* What must not be: the words, or NULL. */
static const char *wrong(const struct outcome *before, const struct outcome *now)
{
	bool told = false;
	for (size_t i = 0; i < now->n; i++) {
		bool passed_before = false;
		for (size_t k = 0; k < before->n; k++)
			passed_before |= before->verdicts[k] == VERDICT_PASS;
		if (now->verdicts[i] == VERDICT_PASS && !passed_before)
			return "a pass that was none before";
		told |= now->verdicts[i] != VERDICT_NOT_APPLICABLE;
	}
	for (size_t k = 0; k < before->n && now->opened; k++)
		if (before->verdicts[k] != VERDICT_NOT_APPLICABLE && !told)
			return "a kubelet that was overlooked";
	return NULL;
}

static unsigned number, failed;

static void sample(const char *target, const char *name)
{
	struct outcome before = scan(target, -1, false);
	const char *bad = before.opened ? NULL : "cannot be opened";
	long step = before.ticks / RUNS_MAX + 1, at = 0;
	for (int once = 0; once < 2; once++)
		for (at = 0; !bad && at < before.ticks; at += step) {
			struct outcome now = scan(target, at, once);
			bad = wrong(&before, &now);
			if (bad)
				break;
		}
	failed += bad != NULL;
	printf("%s %u - inject %s (%ld reads)%s%s", bad ? "not ok" : "ok", ++number, name,
	       before.ticks, bad ? ": " : "", bad ? bad : "");
	printf(bad ? " when read %ld fails\n" : "\n", at);
	fflush(stdout);
}

/* ---- captures as directories ---- */

static void lay_out(struct arena *a, struct rootfs *root, struct str dir, const char *to)
{
	const struct listing *l = rootfs_list(root, dir);
	for (size_t i = 0; i < l->n; i++) {
		struct str path = str_cat(a, str_cat(a, dir, S("/")), l->names[i]);
		char *dest = str_z(a, str_fmt(a, "%s/%" PRIstr, to, ARG(l->names[i])));
		const struct file *f = rootfs_lstat(root, path);
		if (f->kind == FILE_DIRECTORY) {
			mkdir(dest, 0755);
			lay_out(a, root, path, dest);
		} else if (f->kind == FILE_SYMLINK) {
			if (symlink(str_z(a, rootfs_link(root, path)), dest) != 0)
				perror(dest);
		} else if (f->kind == FILE_REGULAR) {
			struct str text = rootfs_read(root, path)->text;
			FILE *file = fopen(dest, "wb");
			if (!file)
				continue;
			if (text.n)
				fwrite(text.p, 1, text.n, file);
			fclose(file);
			chmod(dest, f->mode);
		}
	}
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static void case_as_directory(const char *path)
{
	char dir[] = "/tmp/offnode-inject-XXXXXX";
	struct arena *a = arena_new(MEMORY, NULL, NULL);
	struct image image;
	struct error e = {0};
	struct image_options opts = {.fs = {.max.entries = 100000}, .jobs = 1};
	struct notes notes = {.arena = a};
	if (!mkdtemp(dir))
		abort();
	if (image_open(a, str_fmt(a, "txtar:%s", path), &opts, &image, &e)) {
		lay_out(a, rootfs_new(a, &image.layers, &notes), S(""), dir);
		sample(str_z(a, str_fmt(a, "dir:%s", dir)), path);
	}
	arena_free(a);
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int each(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	if (kind == FTW_F && str_ends(str_from(path), S(".txtar")))
		case_as_directory(path);
	else if (kind == FTW_F && str_has(str_from(path), S("/images/")))
		sample(path, path);
	return 0;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		each(argv[i], NULL, FTW_F, NULL);
	if (argc == 1) {
		nftw("testdata/images", each, 16, FTW_PHYS);
		nftw("testdata/cases", each, 16, FTW_PHYS);
	}
	printf("1..%u\n", number);
	return failed > 0 || number == 0;
}
