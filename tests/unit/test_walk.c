/* fs/walk.c: paths resolve as path_resolution(7) says, and never leave the tree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "arena.h"
#include "fs.h"

#include <cmocka.h>

static struct arena *arena;

static const char capture[] = "-- /etc/os-release -> ../usr/lib/os-release --\n"
			      "-- /usr/lib/os-release --\n"
			      "ID=x\n"
			      "-- /abs -> /etc --\n"
			      "-- /out -> ../../../../etc --\n"
			      "-- /rel -> usr/lib/ --\n"
			      "-- /dangling -> /nowhere/at/all --\n"
			      "-- /loop -> loop --\n"
			      "-- /two -> abs/os-release --\n"
			      "-- /empty/ --\n"
			      "-- /up -> .. --\n";

static struct fs *open_text(const char *text)
{
	struct error e = {0};
	struct fs_options opts = {0};
	struct blob *b = blob_memory(arena, S("capture"), str_from(text));
	struct fs *fs = fs_open_txtar(arena, b, &opts, &e);
	assert_non_null(fs);
	return fs;
}

static int setup(void **state)
{
	arena = arena_new(64 << 20, NULL, NULL);
	*state = open_text(capture);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static void paths_resolve(void **state)
{
	static const struct {
		const char *path;
		bool nofollow;
		enum walk_end end;
		enum fs_kind kind;
		const char *real;
	} cases[] = {
		{"/", false, WALK_FOUND, FS_DIRECTORY, "/"},
		{"", false, WALK_FOUND, FS_DIRECTORY, "/"},
		{"/..", false, WALK_FOUND, FS_DIRECTORY, "/"},
		{"/../../usr", false, WALK_FOUND, FS_DIRECTORY, "/usr"},
		{"usr/lib", false, WALK_FOUND, FS_DIRECTORY, "/usr/lib"},
		{"/etc/os-release", false, WALK_FOUND, FS_REGULAR, "/usr/lib/os-release"},
		{"/etc/os-release", true, WALK_FOUND, FS_SYMLINK, "/etc/os-release"},
		{"/etc/os-release/", true, WALK_ABSENT, 0, "/usr/lib/os-release/"},
		{"/etc/os-release/.", false, WALK_ABSENT, 0, "/usr/lib/os-release/"},
		{"/abs/os-release", false, WALK_FOUND, FS_REGULAR, "/usr/lib/os-release"},
		{"/abs", true, WALK_FOUND, FS_SYMLINK, "/abs"},
		{"/abs/", true, WALK_FOUND, FS_DIRECTORY, "/etc"},
		{"/out", false, WALK_FOUND, FS_DIRECTORY, "/etc"},
		{"/rel/os-release", true, WALK_FOUND, FS_REGULAR, "/usr/lib/os-release"},
		{"/two", false, WALK_FOUND, FS_REGULAR, "/usr/lib/os-release"},
		{"/up/up/up/etc", false, WALK_FOUND, FS_DIRECTORY, "/etc"},
		{"/dangling", true, WALK_FOUND, FS_SYMLINK, "/dangling"},
		{"/dangling", false, WALK_ABSENT, 0, "/nowhere"},
		{"/none/x/y", false, WALK_ABSENT, 0, "/none"},
		{"/usr/lib/os-release/x", false, WALK_ABSENT, 0, "/usr/lib/os-release/x"},
		{"/loop", false, WALK_FAILED, 0, NULL},
		{"/loop", true, WALK_FOUND, FS_SYMLINK, "/loop"},
		{"/loop/x", true, WALK_FAILED, 0, NULL},
		{"/usr/./lib//os-release", false, WALK_FOUND, FS_REGULAR, "/usr/lib/os-release"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct walk walk;
		struct error e = {0};
		enum walk_end end = fs_walk(arena, *state, str_from(cases[i].path),
					    cases[i].nofollow, &walk, &e);
		if (end != cases[i].end || (end == WALK_FOUND && walk.st.kind != cases[i].kind))
			fail_msg("%s: end %d, kind %d", cases[i].path, end, walk.st.kind);
		if (end != WALK_FAILED && !str_eq(walk.real, str_from(cases[i].real)))
			fail_msg("%s: real %.*s", cases[i].path, (int)walk.real.n, walk.real.p);
		if (end == WALK_FAILED)
			assert_int_equal(e.kind, ERR_LOOP);
	}
}

/* A chain of n links to one file: Linux follows 40 and refuses 41. */
static enum walk_end chain(unsigned n)
{
	struct str text = S("-- /0 --\nend\n");
	struct walk walk;
	struct error e = {0};
	for (unsigned i = 1; i <= n; i++)
		text = str_cat(arena, text, str_fmt(arena, "-- /%u -> %u --\n", i, i - 1));
	return fs_walk(arena, open_text(str_z(arena, text)), str_fmt(arena, "/%u", n), false, &walk,
		       &e);
}

static void forty_links_are_followed(void **state)
{
	(void)state;
	assert_int_equal(chain(40), WALK_FOUND);
	assert_int_equal(chain(41), WALK_FAILED);
}

static void depth_is_bounded(void **state)
{
	struct walk walk;
	struct error e = {0};
	struct str path = S("");
	struct fs *fs = open_text("-- /d/ --\n-- /d/d -> . --\n");
	(void)state;
	for (int i = 0; i < 39; i++)
		path = str_cat(arena, path, S("/d"));
	assert_int_equal(fs_walk(arena, fs, path, false, &walk, &e), WALK_FOUND);
	/* A link that doubles what is left to walk ends at the limit of links. */
	fs = open_text("-- /b -> b/b --\n");
	assert_int_equal(fs_walk(arena, fs, S("/b/x"), false, &walk, &e), WALK_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_resolve),
		cmocka_unit_test(forty_links_are_followed),
		cmocka_unit_test(depth_is_bounded),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
