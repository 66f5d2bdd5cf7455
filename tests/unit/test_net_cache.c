/*
 * test_net_cache.c - the cache of what was fetched, in real directories under $TMPDIR: what is kept
 * and given back, what goes first, and that neither links, damage nor a killed run get anything in.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena.h"
#include "cache.h"

#include <cmocka.h>

enum { MIB = 1 << 20 };

static char work[256];
static struct arena *arena;
static struct cache *cache;

static int enter(void **state)
{
	const char *tmp = getenv("TMPDIR");
	(void)state;
	snprintf(work, sizeof work, "%s/offnode-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	return mkdtemp(work) ? chdir(work) : -1;
}

static int leave(void **state)
{
	char command[300];
	(void)state;
	snprintf(command, sizeof command, "rm -rf '%s'", work);
	return chdir("/") == 0 ? system(command) : -1;
}

static int set_up(void **state)
{
	(void)state;
	if (system("rm -rf d outside") != 0)
		return -1;
	arena = arena_new(512 << 20, NULL, NULL);
	cache = cache_open(arena, str_fmt(arena, "%s/d/offnode", work), 8 * MIB);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

/* Text with holes in it, which `seed` makes another one. */
static struct str some_bytes(size_t n, unsigned seed)
{
	char *p = NEW_N(arena, char, n);
	for (size_t i = 0; i < n; i++)
		p[i] = (i >> 14) % 3 == 1 ? 0 : (char)(i * 7 + seed + (i >> 8));
	return (struct str){p, n};
}

static struct stream *checked(struct str bytes, struct str digest)
{
	struct error e = {0};
	struct blob *m = blob_memory(arena, S("m"), bytes);
	struct stream *s = stream_verify(arena, stream_blob(arena, m), digest, bytes.n, &e);
	assert_non_null(s);
	return s;
}

static void assert_holds(struct blob *b, struct str want)
{
	struct error e = {0};
	struct str got;
	assert_non_null(b);
	if (!blob_slurp(arena, b, 64 * MIB, &got, &e))
		fail_msg("%s", e.text);
	assert_true(str_eq(got, want));
}

/* Fetches these bytes to their end. */
static struct str keep(struct str bytes)
{
	struct error e = {0};
	struct str digest = digest_sha256(arena, bytes);
	assert_holds(cache_spool(arena, cache, digest, checked(bytes, digest), 64 * MIB, &e),
		     bytes);
	return digest;
}

static bool kept(struct str digest)
{
	return cache_blob(arena, cache, digest, NULL) != NULL;
}

static const char *path_of(struct str digest)
{
	return str_z(arena, str_fmt(arena, "d/offnode/sha256-%" PRIstr,
				    ARG(str_tail(digest, strlen("sha256:")))));
}

static size_t names_in(const char *path)
{
	size_t n = 0;
	DIR *d = opendir(path);
	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

static void write_file(const char *path, struct str bytes)
{
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes.p, 1, bytes.n, f), bytes.n);
	fclose(f);
}

static void used_at(struct str digest, time_t t)
{
	const struct timespec times[2] = {{.tv_sec = t}, {.tv_sec = t}};
	assert_int_equal(utimensat(AT_FDCWD, path_of(digest), times, 0), 0);
}

static bool has_links(void)
{
	bool can = symlink("x", "link") == 0;
	unlink("link");
	if (!can)
		print_message("# no symbolic links on this file system\n");
	return can;
}

static void what_was_proved_is_kept(void **state)
{
	static const size_t sizes[] = {0, 1, 4096, 40000, 3 * MIB + 5, 16384 * 2};
	struct stat st;
	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct str bytes = some_bytes(sizes[i], (unsigned)i);
		struct str digest = keep(bytes);
		assert_holds(cache_blob(arena, cache, digest, NULL), bytes);
		assert_int_equal(stat(path_of(digest), &st), 0);
		assert_int_equal(st.st_size, sizes[i]);
		assert_int_equal(st.st_mode & 077, 0);
	}
	assert_int_equal(stat("d/offnode", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(access("d/offnode/CACHEDIR.TAG", F_OK), 0);
	assert_false(kept(digest_sha256(arena, S("another"))));
}

static void what_was_not_proved_is_not_kept(void **state)
{
	struct error e = {0};
	struct str bytes = some_bytes(MIB, 1), got;
	struct str digest = digest_sha256(arena, bytes), other = digest_sha256(arena, S("x"));
	char head[10];
	(void)state;
	struct blob *b = cache_spool(arena, cache, digest, checked(bytes, digest), 64 * MIB, &e);
	assert_true(blob_read(b, 0, head, sizeof head, &e));
	assert_false(kept(digest));
	b = cache_spool(arena, cache, other, checked(bytes, other), 64 * MIB, &e);
	assert_false(blob_slurp(arena, b, 64 * MIB, &got, &e));
	assert_int_equal(e.kind, ERR_CORRUPT);
	assert_false(kept(other));
	tear_down(NULL);
	assert_int_equal(names_in("d/offnode"), 3); /* ., .. and the tag */
	arena = arena_new(MIB, NULL, NULL);
}

static void malformed_names_are_none(void **state)
{
	static const char *const digests[] = {"", "sha256:", "sha256:../../../etc/passwd",
					      "md5:0123", "sha256:ABCD"};
	static const char *const notes[] = {"",    "../x", "A",
					    "a.b", "a/b",  "abcdefghijklmnopqrstuvwxyz0123456"};
	struct error e = {0};
	struct str out, digest = keep(S("text"));
	(void)state;
	for (size_t i = 0; i < sizeof digests / sizeof *digests; i++) {
		struct str name = str_from(digests[i]);
		struct stream *s = stream_blob(arena, blob_memory(arena, S("m"), S("text")));
		assert_holds(cache_spool(arena, cache, name, s, MIB, &e), S("text"));
		assert_false(kept(name));
		cache_keep_note(cache, name, S("n"), S("text"));
		cache_forget(cache, name);
	}
	for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
		cache_keep_note(cache, digest, str_from(notes[i]), S("text"));
		assert_false(cache_note(arena, cache, digest, str_from(notes[i]), &out));
	}
	assert_true(kept(digest));
	assert_int_equal(names_in("d/offnode"), 4);
}

static void damage_is_forgotten(void **state)
{
	struct str bytes = some_bytes(MIB, 1), digest = keep(bytes), out;
	(void)state;
	cache_keep_note(cache, digest, S("n"), S("text"));
	for (unsigned way = 0; way < 3; way++) {
		FILE *f = fopen(path_of(digest), "r+");
		assert_non_null(f);
		assert_int_equal(fseek(f, 500000, SEEK_SET), 0);
		if (way == 0)
			fputc('x', f);
		fclose(f);
		if (way == 1)
			assert_int_equal(truncate(path_of(digest), 70000), 0);
		if (way == 2)
			assert_int_equal(truncate(path_of(digest), MIB + 1), 0);
		assert_false(kept(digest));
		assert_int_equal(access(path_of(digest), F_OK), -1);
		assert_false(cache_note(arena, cache, digest, S("n"), &out));
		assert_true(str_eq(keep(bytes), digest));
		assert_true(kept(digest));
	}
}

static bool stop(struct watch *w, uint64_t bytes, struct error *e)
{
	(void)w;
	(void)bytes;
	return (fail)(e, ERR_LIMIT, "the time is up");
}

static void a_read_that_is_stopped_forgets_nothing(void **state)
{
	struct watch w = {stop};
	struct str digest = keep(some_bytes(MIB, 1));
	(void)state;
	assert_null(cache_blob(arena, cache, digest, &w));
	assert_true(kept(digest));
}

static void notes_come_back_whole_or_not_at_all(void **state)
{
	struct str digest = digest_sha256(arena, S("a layer")), out;
	const char *path = str_z(arena, str_fmt(arena, "%s.index-1", path_of(digest)));
	struct stat st;
	(void)state;
	assert_false(cache_note(arena, cache, digest, S("index-1"), &out));
	cache_keep_note(cache, digest, S("index-1"), S("first"));
	cache_keep_note(cache, digest, S("index-2"), S(""));
	cache_keep_note(cache, digest, S("index-1"), S("what was learnt"));
	assert_true(cache_note(arena, cache, digest, S("index-1"), &out));
	assert_true(str_eq(out, S("what was learnt")));
	assert_true(cache_note(arena, cache, digest, S("index-2"), &out));
	assert_int_equal(out.n, 0);
	assert_int_equal(stat(path, &st), 0);
	for (off_t i = 0; i < st.st_size; i++) {
		int fd = open(path, O_RDWR);
		char was, other;
		assert_int_equal(pread(fd, &was, 1, i), 1);
		other = (char)~was;
		assert_int_equal(pwrite(fd, &other, 1, i), 1);
		assert_false(cache_note(arena, cache, digest, S("index-1"), &out));
		assert_int_equal(pwrite(fd, &was, 1, i), 1);
		close(fd);
	}
	for (off_t n = st.st_size - 1; n >= 0; n--) {
		assert_int_equal(truncate(path, n), 0);
		assert_false(cache_note(arena, cache, digest, S("index-1"), &out));
	}
	cache_keep_note(cache, digest, S("index-1"), S("again"));
	assert_true(cache_note(arena, cache, digest, S("index-1"), &out));
	cache_forget(cache, digest);
	assert_false(cache_note(arena, cache, digest, S("index-1"), &out));
	assert_false(cache_note(arena, cache, digest, S("index-2"), &out));
}

static void the_oldest_use_goes_first(void **state)
{
	struct cache_use use;
	struct error e = {0};
	struct str a = keep(some_bytes(3 * MIB, 1)), b = keep(some_bytes(3 * MIB, 2)), out;
	(void)state;
	used_at(a, 1000);
	used_at(b, 2000);
	assert_true(kept(a)); /* a use of now */
	struct str c = keep(some_bytes(3 * MIB, 3));
	assert_true(kept(a) && kept(c));
	assert_false(kept(b));
	keep(some_bytes(9 * MIB, 4)); /* more than the whole cache */
	assert_true(kept(a) && kept(c));
	assert_true(cache_used(cache, &use, &e));
	assert_int_equal(use.blobs, 2);
	assert_int_equal(use.bytes, 6 * MIB);
	cache_keep_note(cache, a, S("n"), some_bytes(3 * MIB, 5));
	assert_true(cache_note(arena, cache, a, S("n"), &out));
	assert_true(cache_used(cache, &use, &e));
	assert_true(use.bytes <= 8 * MIB);
	assert_int_equal(use.notes, 1);
}

/* More files than are looked at in one go. */
static void many_small_files_are_bounded(void **state)
{
	struct cache_use use;
	struct error e = {0};
	(void)state;
	for (unsigned i = 0; i < 300; i++)
		cache_keep_note(cache, digest_sha256(arena, some_bytes(i + 1, 0)), S("n"),
				S("0123456789"));
	assert_true(cache_used(cache, &use, &e));
	assert_int_equal(use.notes, 300);
	uint64_t each = use.bytes / 300;
	cache = cache_open(arena, str_fmt(arena, "%s/d/offnode", work), 20 * each);
	cache_keep_note(cache, digest_sha256(arena, S("x")), S("n"), S("0123456789"));
	assert_true(cache_used(cache, &use, &e));
	assert_int_equal(use.notes, 20);
}

static void links_are_not_followed(void **state)
{
	struct str bytes = some_bytes(10000, 1), digest, out;
	struct cache_use use;
	struct error e = {0};
	char target[100];
	(void)state;
	if (!has_links())
		return;
	/* A link in the place of a blob is replaced, and what it leads to left alone. */
	digest = keep(bytes);
	write_file("outside", bytes);
	assert_int_equal(unlink(path_of(digest)), 0);
	assert_int_equal(symlink("../../outside", path_of(digest)), 0);
	assert_false(kept(digest));
	keep(bytes);
	assert_true(readlink(path_of(digest), target, sizeof target) < 0);
	assert_true(kept(digest));
	/* So are those in the place of notes and of files under construction. */
	assert_int_equal(
		symlink("../../outside", str_z(arena, str_fmt(arena, "%s.n", path_of(digest)))), 0);
	assert_int_equal(symlink("../../outside", "d/offnode/new-1-1"), 0);
	assert_false(cache_note(arena, cache, digest, S("n"), &out));
	cache_keep_note(cache, digest, S("n"), S("text"));
	assert_true(cache_note(arena, cache, digest, S("n"), &out));
	assert_true(cache_clear(cache, &use, &e));
	assert_int_equal(use.blobs, 1);
	assert_int_equal(use.notes, 1);
	struct stat st;
	assert_int_equal(stat("outside", &st), 0);
	assert_int_equal(st.st_size, 10000);
	/* A directory that is a link is none. */
	assert_int_equal(rename("d/offnode", "d/real"), 0);
	assert_int_equal(symlink("real", "d/offnode"), 0);
	keep(bytes);
	assert_false(kept(digest));
	assert_false(cache_used(cache, &use, &e));
	assert_false(cache_clear(cache, &use, &e));
}

static void what_cannot_be_used_is_none(void **state)
{
	struct cache_use use = {.bytes = 7};
	struct error e = {0};
	struct str bytes = some_bytes(10000, 1), digest = keep(bytes);
	struct stat st;
	(void)state;
	/* Others may write there. */
	assert_int_equal(chmod("d/offnode", 0770), 0);
	assert_int_equal(stat("d/offnode", &st), 0);
	if (st.st_mode & 020) {
		assert_false(kept(digest));
		keep(bytes);
		assert_false(cache_used(cache, &use, &e));
		assert_non_null(strstr(e.text, "others"));
		assert_int_equal(use.bytes, 7);
	}
	assert_int_equal(system("rm -rf d"), 0);
	write_file("d", S("a file"));
	keep(bytes);
	assert_false(kept(digest));
	assert_int_equal(unlink("d"), 0);
	/* Nothing there: an empty cache, and nothing is made of asking. */
	assert_true(cache_used(cache, &use, &e));
	assert_int_equal(use.blobs + use.notes + use.bytes, 0);
	assert_true(cache_clear(cache, &use, &e));
	assert_int_equal(access("d", F_OK), -1);
	/* A home is not made. */
	cache = cache_open(arena, str_fmt(arena, "%s/d/e/f/offnode", work), MIB);
	keep(bytes);
	assert_int_equal(access("d", F_OK), -1);
}

static void clearing_leaves_what_is_not_ours(void **state)
{
	struct cache_use use;
	struct error e = {0};
	char byte;
	struct str bytes = some_bytes(MIB, 1), digest = keep(bytes);
	struct blob *open_still = cache_blob(arena, cache, digest, NULL);
	(void)state;
	cache_keep_note(cache, digest, S("n"), S("text"));
	write_file("d/offnode/notes.txt", S("mine"));
	write_file("d/offnode/new-7-0", S("of a run that was killed"));
	write_file("d/offnode/new-7-1", S("of one that goes on"));
	assert_int_equal(mkdir("d/offnode/new-9-9", 0700), 0);
	int fd = open("d/offnode/new-7-1", O_RDWR);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_true(cache_clear(cache, &use, &e));
	assert_int_equal(use.blobs, 1);
	assert_int_equal(use.notes, 1);
	assert_true(use.bytes > MIB && use.bytes < MIB + 100);
	assert_int_equal(access("d/offnode/notes.txt", F_OK), 0);
	assert_int_equal(access("d/offnode/new-7-0", F_OK), -1);
	assert_int_equal(access("d/offnode/new-7-1", F_OK), 0);
	close(fd);
	assert_true(cache_used(cache, &use, &e));
	assert_int_equal(use.blobs + use.notes, 0);
	/* What is open stays readable. */
	assert_true(blob_read(open_still, MIB - 1, &byte, 1, &e));
	assert_int_equal(byte, bytes.p[MIB - 1]);
}

/* A file system that is full, as far as writing is concerned. */
static void a_full_disk_is_left(void **state)
{
	struct error e = {0};
	struct str bytes = some_bytes(200000, 1);
	struct spool_home home = {.fd = open("/dev/full", O_RDWR)};
	(void)state;
	memset((char *)(uintptr_t)bytes.p, 0, 3 * 4096);
	struct stream *s = stream_blob(arena, blob_memory(arena, S("m"), bytes));
	assert_true(home.fd >= 0);
	assert_holds(blob_spool_home(arena, s, &home, MIB, &e), bytes);
}

static void child_fetches(unsigned seed, bool halfway)
{
	struct str bytes = some_bytes(2 * MIB, seed), digest = digest_sha256(arena, bytes);
	struct error e = {0};
	char byte;
	struct blob *b = cache_blob(arena, cache, digest, NULL);
	if (!b)
		b = cache_spool(arena, cache, digest, checked(bytes, digest), 64 * MIB, &e);
	if (halfway && blob_read(b, MIB, &byte, 1, &e))
		kill(getpid(), SIGKILL);
	struct str got;
	if (!blob_slurp(arena, b, 64 * MIB, &got, &e) || !str_eq(got, bytes))
		_exit(1);
}

static void a_killed_run_leaves_nothing(void **state)
{
	struct cache_use use;
	struct error e = {0};
	int status;
	(void)state;
	keep(S("so that it is there"));
	pid_t pid = fork();
	if (pid == 0) {
		child_fetches(1, true);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_false(kept(digest_sha256(arena, some_bytes(2 * MIB, 1))));
	assert_true(kept(keep(some_bytes(2 * MIB, 1)))); /* and sweeps, where there are names */
	assert_int_equal(names_in("d/offnode"), 5);
	assert_true(cache_used(cache, &use, &e));
	assert_int_equal(use.blobs, 2);
}

/* Many at once, on more than fits: each finds right bytes or none. */
static void runs_beside_each_other(void **state)
{
	enum { RUNS = 6, ROUNDS = 12, BLOBS = 5 };
	pid_t pid[RUNS];
	struct cache_use use;
	struct error e = {0};
	(void)state;
	for (unsigned i = 0; i < RUNS; i++) {
		pid[i] = fork();
		if (pid[i])
			continue;
		arena = arena_new((size_t)1 << 30, NULL, NULL);
		for (unsigned round = 0; round < ROUNDS; round++)
			child_fetches((i * 3 + round) % BLOBS, false);
		_exit(0);
	}
	for (unsigned i = 0; i < RUNS; i++) {
		int status = -1;
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_int_equal(status, 0);
	}
	keep(S("bounds it"));
	assert_true(cache_used(cache, &use, &e));
	assert_true(use.bytes <= 8 * MIB);
	assert_true(use.blobs >= 4);
}

static void the_default_is_where_users_expect_it(void **state)
{
	static const struct {
		const char *cache, *home, *want;
	} cases[] = {
		{"/c", "/h", "/c/offnode"},
		{NULL, "/h", "/h/.cache/offnode"},
		{"", "/h", "/h/.cache/offnode"},
		{"relative", "/h", "/h/.cache/offnode"},
		{NULL, NULL, ""},
		{NULL, "relative", ""},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		unsetenv("XDG_CACHE_HOME");
		unsetenv("HOME");
		if (cases[i].cache)
			setenv("XDG_CACHE_HOME", cases[i].cache, 1);
		if (cases[i].home)
			setenv("HOME", cases[i].home, 1);
		assert_true(str_eq(cache_default(arena), str_from(cases[i].want)));
	}
}

/* What follows runs as on a file system without files that have no name. */
static void from_here_on_files_have_names(void **state)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_TMPFILE & ~O_DIRECTORY, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EOPNOTSUPP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof code / sizeof *code, code};
	(void)state;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		skip();
	assert_int_equal(open(work, O_TMPFILE | O_RDWR, 0600), -1);
	assert_int_equal(errno, EOPNOTSUPP);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
		T(what_was_proved_is_kept),
		T(what_was_not_proved_is_not_kept),
		T(malformed_names_are_none),
		T(damage_is_forgotten),
		T(a_read_that_is_stopped_forgets_nothing),
		T(notes_come_back_whole_or_not_at_all),
		T(the_oldest_use_goes_first),
		T(many_small_files_are_bounded),
		T(links_are_not_followed),
		T(what_cannot_be_used_is_none),
		T(clearing_leaves_what_is_not_ours),
		T(a_full_disk_is_left),
		T(a_killed_run_leaves_nothing),
		T(runs_beside_each_other),
		T(the_default_is_where_users_expect_it),
		T(from_here_on_files_have_names),
		T(what_was_proved_is_kept),
		T(what_was_not_proved_is_not_kept),
		T(damage_is_forgotten),
		T(notes_come_back_whole_or_not_at_all),
		T(the_oldest_use_goes_first),
		T(links_are_not_followed),
		T(clearing_leaves_what_is_not_ours),
		T(a_killed_run_leaves_nothing),
		T(runs_beside_each_other),
	};
#undef T
	return cmocka_run_group_tests(tests, enter, leave);
}
