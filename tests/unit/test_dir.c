/*
 * test_dir.c - a real directory as a tree, and that no link leads out of it, not even one that
 * is swapped in while the tree is read.
 */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "arena.h"
#include "fs.h"

#include <cmocka.h>

static char work[64];

struct box {
	struct arena *arena;
	struct fs *fs;
	struct error e;
};

static void run(const char *command)
{
	if (system(command) != 0)
		fail_msg("failed: %s", command);
}

static struct box open_root(const struct fs_options *opts)
{
	struct box x = {.arena = arena_new(256 << 20, NULL, NULL)};
	x.fs = fs_open_dir(x.arena, S("root"), opts, &x.e);
	if (!x.fs)
		fail_msg("%s", x.e.text);
	return x;
}

static enum walk_end walk_read(struct box *x, const char *path, struct str *text)
{
	struct walk w;
	enum walk_end end = fs_walk(x->arena, x->fs, str_from(path), false, &w, &x->e);
	if (end == WALK_FOUND && !fs_slurp(x->arena, x->fs, w.ino, 1 << 20, text, &x->e))
		return WALK_FAILED;
	return end;
}

static void check(struct box *x, const char *path, enum walk_end end, const char *text)
{
	struct str got = {0};
	enum walk_end is = walk_read(x, path, &got);
	if (is != end || (end == WALK_FOUND && !str_eq(got, str_from(text))))
		fail_msg("%s: %d: %.*s: %s", path, is, (int)got.n, got.p, x->e.text);
}

static bool count_visit(void *arg, struct str name, uint64_t ino)
{
	(void)name;
	(void)ino;
	++*(size_t *)arg;
	return true;
}

static void plain_files(void **state)
{
	(void)state;
	static const struct fs_options opts = {.max.entries = 1000};
	struct box x = open_root(&opts);
	check(&x, "etc/os-release", WALK_FOUND, "ID=test\n");
	check(&x, "/etc/../etc/./os-release", WALK_FOUND, "ID=test\n");
	check(&x, "relative", WALK_FOUND, "ID=test\n");
	check(&x, "absolute", WALK_FOUND, "ID=test\n");
	check(&x, "etc/absent", WALK_ABSENT, "");
	check(&x, "no/such", WALK_ABSENT, "");
	check(&x, "escape", WALK_ABSENT, "");
	check(&x, "escape-absolute", WALK_ABSENT, "");
	check(&x, "etc/fifo", WALK_FOUND, "");
	struct walk w;
	assert_int_equal(fs_walk(x.arena, x.fs, S("etc"), false, &w, &x.e), WALK_FOUND);
	assert_int_equal(w.st.kind, FS_DIRECTORY);
	assert_int_equal(w.st.mode, 0750);
	size_t n = 0;
	assert_true(fs_list(x.fs, w.ino, count_visit, &n, &x.e));
	assert_int_equal(n, 3);
	assert_int_equal(fs_walk(x.arena, x.fs, S("relative"), true, &w, &x.e), WALK_FOUND);
	assert_int_equal(w.st.kind, FS_SYMLINK);
	assert_int_equal(w.st.size, strlen("etc/os-release"));
	struct str text;
	assert_int_equal(fs_walk(x.arena, x.fs, S("etc/os-release"), true, &w, &x.e), WALK_FOUND);
	struct blob *b = fs_blob(x.arena, x.fs, w.ino, S("it"), &x.e);
	assert_non_null(b);
	assert_true(b->shared && blob_slurp(x.arena, b, 100, &text, &x.e));
	assert_true(str_eq(text, S("ID=test\n")));
	assert_int_equal(fs_walk(x.arena, x.fs, S("etc/fifo"), true, &w, &x.e), WALK_FOUND);
	assert_null(fs_blob(x.arena, x.fs, w.ino, S("it"), &x.e));
	assert_non_null(strstr(x.e.text, "fifo: is not a regular file"));
	bool found;
	uint64_t ino;
	const struct str odd[] = {S(""), S("."), S(".."), S("etc/os-release"), S("/")};
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		assert_true(fs_lookup(x.fs, x.fs->root, odd[i], &found, &ino, &x.e));
		assert_false(found);
	}
	arena_free(x.arena);
}

static void limits_and_errors(void **state)
{
	(void)state;
	static const struct fs_options opts = {.max.entries = 50};
	struct box x = open_root(&opts);
	struct walk w;
	size_t n = 0;
	assert_int_equal(fs_walk(x.arena, x.fs, S("many"), false, &w, &x.e), WALK_FOUND);
	assert_false(fs_list(x.fs, w.ino, count_visit, &n, &x.e));
	assert_int_equal(x.e.kind, ERR_LIMIT);
	assert_null(fs_open_dir(x.arena, S("absent"), &opts, &x.e));
	assert_int_equal(x.e.kind, ERR_MISSING);
	assert_null(fs_open_dir(x.arena, S("root/etc/os-release"), &opts, &x.e));
	assert_int_equal(x.e.kind, ERR_MISSING);
	arena_free(x.arena);
}

static void unreadable(void **state)
{
	(void)state;
	static const struct fs_options opts = {0};
	uid_t uid = geteuid();
	run("chmod 0 root/locked/file root/shut && chmod 755 . root root/locked");
	if (uid == 0) /* root reads everything: be somebody else for a while */
		assert_int_equal(seteuid(65534), 0);
	struct box x = open_root(&opts);
	struct str text;
	assert_int_equal(walk_read(&x, "locked/file", &text), WALK_FAILED);
	assert_non_null(strstr(x.e.text, "/locked/file: Permission denied"));
	assert_int_equal(walk_read(&x, "shut/file", &text), WALK_FAILED);
	arena_free(x.arena);
	assert_int_equal(seteuid(uid), 0);
	run("chmod 700 root/locked/file root/shut");
}

/* Swaps a directory, and a file, with links to what lies outside, as fast as it can. */
static void *swap(void *arg)
{
	atomic_bool *stop = arg;
	while (!atomic_load(stop)) {
		syscall(SYS_renameat2, AT_FDCWD, "root/a", AT_FDCWD, "root/evil", 2);
		syscall(SYS_renameat2, AT_FDCWD, "root/b/file", AT_FDCWD, "root/b/evil", 2);
		syscall(SYS_renameat2, AT_FDCWD, "root/c/file", AT_FDCWD, "root/c/fifo", 2);
	}
	return NULL;
}

static void swapped_links(void **state)
{
	(void)state;
	static const struct fs_options opts = {.max.entries = 1000};
	atomic_bool stop = false;
	pthread_t thread;
	unsigned inside = 0;
	struct timespec start, now;
	assert_int_equal(pthread_create(&thread, NULL, swap, &stop), 0);
	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		struct box x = open_root(&opts);
		static const char *const paths[] = {"a/file", "b/file", "c/file"};
		bool found;
		uint64_t dir, ino;
		for (size_t i = 0; i < 3; i++) {
			struct str text = {0};
			char name[2] = {paths[i][0]};
			assert_true(
				fs_lookup(x.fs, x.fs->root, str_from(name), &found, &dir, &x.e));
			if (!found || !fs_lookup(x.fs, dir, S("file"), &found, &ino, &x.e) ||
			    !found || !fs_slurp(x.arena, x.fs, ino, 1 << 20, &text, &x.e))
				continue;
			if (str_eq(text, S("secret\n")))
				fail_msg("%s: left the tree", paths[i]);
			inside += str_eq(text, S("inside\n"));
		}
		arena_free(x.arena);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec - start.tv_sec < 2);
	atomic_store(&stop, true);
	pthread_join(thread, NULL);
	assert_true(inside > 0);
}

static int set_up(void **state)
{
	(void)state;
	snprintf(work, sizeof work, "%s", "/tmp/offnode-dir-XXXXXX");
	if (!mkdtemp(work) || chdir(work) != 0)
		return -1;
	run("mkdir -p out root/etc root/many root/a root/b root/c root/locked root/shut"
	    " && echo secret > out/file && echo secret > secret"
	    " && echo ID=test > root/etc/os-release && ln -s /etc/os-release root/absolute"
	    " && ln -s etc/os-release root/relative && ln -s ../../secret root/escape"
	    " && ln -s \"$PWD/secret\" root/escape-absolute && mkfifo root/etc/fifo"
	    " && ln -s ../../../../proc/self/environ root/etc/proc && chmod 750 root/etc"
	    " && (cd root/many && touch $(seq 200))"
	    " && echo inside > root/a/file && ln -s ../out root/evil"
	    " && echo inside > root/b/file && ln -s ../../secret root/b/evil"
	    " && echo inside > root/c/file && mkfifo root/c/fifo"
	    " && echo x > root/locked/file && echo x > root/shut/file");
	return 0;
}

static int tear_down(void **state)
{
	char command[100];
	(void)state;
	if (chdir("/") != 0)
		return -1;
	snprintf(command, sizeof command, "rm -rf %s", work);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_files),
		cmocka_unit_test(limits_and_errors),
		cmocka_unit_test(unreadable),
		cmocka_unit_test(swapped_links),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
