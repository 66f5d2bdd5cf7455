/* fs/tree.c: archive members become the tree that extracting them would leave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "../../scanner/fs/tree.h"
#include "fixture.h"

#include <cmocka.h>

static bool add(struct tree *t, const char *path, enum fs_kind kind, const char *text)
{
	struct fs_stat st = {.kind = kind, .mode = 0644};
	struct tree_inode *inode = NULL;
	struct error e = {0};
	if (!tree_add(t, str_from(path), &st, &inode, &e))
		return false;
	if (inode)
		inode->text = str_from(text);
	return true;
}

static uint64_t find(struct tree *t, const char *path)
{
	struct str rest = str_from(path), part;
	uint64_t ino = TREE_ROOT;
	while (rest.n) {
		str_cut(rest, '/', &part, &rest);
		if (!tree_find(t, ino, part, &ino))
			return UINT64_MAX;
	}
	return ino;
}

static void assert_text(struct tree *t, const char *path, const char *text)
{
	uint64_t ino = find(t, path);
	assert_true(ino != UINT64_MAX);
	assert_true(str_eq(tree_inode(t, ino)->text, str_from(text)));
}

static void paths_are_cleaned(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"./a", "a"},         {"/a/b", "a/b"},  {"a//b/", "a/b"}, {"x/../a", "a"},
		{"../../a", "a"},     {"a/./b", "a/b"}, {".", ""},        {"/", ""},
		{"a/b/../../c", "c"}, {"..", ""},       {"a/..", ""},     {"...", "..."},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct str got = tree_clean_path(arena, str_from(cases[i].in));
		if (!str_eq(got, str_from(cases[i].out)))
			fail_msg("%s: got '%.*s'", cases[i].in, (int)got.n, got.p);
	}
}

static void last_member_wins(void **state)
{
	struct tree *t = tree_new(arena, 0, false);
	(void)state;
	assert_true(add(t, "./etc/a", FS_REGULAR, "one"));
	assert_true(add(t, "/etc/a", FS_REGULAR, "two"));
	assert_text(t, "etc/a", "two");
	assert_int_equal(tree_count(t), 2);
}

static void file_over_directory_and_back(void **state)
{
	struct tree *t = tree_new(arena, 0, false);
	(void)state;
	assert_true(add(t, "d/x", FS_REGULAR, "x"));
	assert_true(add(t, "d", FS_REGULAR, "file"));
	assert_true(find(t, "d/x") == UINT64_MAX);
	assert_true(add(t, "d/y", FS_REGULAR, "y"));
	assert_true(find(t, "d/x") == UINT64_MAX);
	assert_text(t, "d/y", "y");
	/* The directory came over a file of its own layer, which removed what was below. */
	assert_true(tree_inode(t, find(t, "d"))->st.opaque);
}

static void hard_link_keeps_the_inode_it_was_made_to(void **state)
{
	struct tree *t = tree_new(arena, 0, false);
	struct error e = {0};
	(void)state;
	assert_true(add(t, "a", FS_REGULAR, "first"));
	assert_true(tree_link(t, S("b"), S("./a"), &e));
	assert_true(add(t, "a", FS_REGULAR, "second"));
	assert_text(t, "b", "first");
	assert_text(t, "a", "second");
}

static void hard_link_out_of_the_archive_keeps_its_target(void **state)
{
	struct tree *t = tree_new(arena, 0, true);
	struct error e = {0};
	(void)state;
	assert_true(tree_link(t, S("b"), S("/usr/../lower/file"), &e));
	assert_int_equal(tree_inode(t, find(t, "b"))->st.kind, FS_HARDLINK);
	assert_text(t, "b", "lower/file");
}

static void whiteouts_hide_lower_layers_only(void **state)
{
	struct tree *t = tree_new(arena, 0, true);
	(void)state;
	assert_true(add(t, "etc/.wh.gone", FS_REGULAR, ""));
	assert_int_equal(tree_inode(t, find(t, "etc/gone"))->st.kind, FS_WHITEOUT);
	assert_true(add(t, "etc/.wh.kept", FS_REGULAR, ""));
	assert_true(add(t, "etc/kept", FS_REGULAR, "new"));
	assert_text(t, "etc/kept", "new");
	assert_true(add(t, "etc/also", FS_REGULAR, "own"));
	assert_true(add(t, "etc/.wh.also", FS_REGULAR, ""));
	assert_text(t, "etc/also", "own");
	assert_true(add(t, "opt/d/x", FS_REGULAR, "x"));
	assert_true(add(t, "opt/.wh.d", FS_REGULAR, ""));
	assert_true(tree_inode(t, find(t, "opt/d"))->st.opaque);
	assert_text(t, "opt/d/x", "x");
	assert_true(add(t, "var/.wh..wh..opq", FS_REGULAR, ""));
	assert_true(tree_inode(t, find(t, "var"))->st.opaque);
	assert_true(add(t, "var/.wh..wh.plnk", FS_REGULAR, ""));
	assert_true(add(t, "var/.wh.", FS_REGULAR, ""));
	assert_true(add(t, "var/.wh...", FS_REGULAR, ""));
	assert_true(find(t, "var/..") == UINT64_MAX);
}

static void marks_are_names_outside_of_layers(void **state)
{
	struct tree *t = tree_new(arena, 0, false);
	(void)state;
	assert_true(add(t, "etc/.wh.x", FS_REGULAR, "t"));
	assert_text(t, "etc/.wh.x", "t");
}

static void limits_are_errors(void **state)
{
	struct tree *t = tree_new(arena, 3, false);
	(void)state;
	assert_true(add(t, "a/b/c", FS_REGULAR, ""));
	assert_false(add(t, "d", FS_REGULAR, ""));
	char deep[4 * TREE_DEPTH_MAX];
	for (size_t i = 0; i + 2 < sizeof deep; i += 2) {
		deep[i] = 'x';
		deep[i + 1] = '/';
	}
	deep[sizeof deep - 2] = 'x';
	deep[sizeof deep - 1] = 0;
	assert_false(add(tree_new(arena, 0, false), deep, FS_REGULAR, ""));
}

static void names_no_file_system_can_hold_are_left_out(void **state)
{
	struct tree *t = tree_new(arena, 0, false);
	char name[300] = {0};
	(void)state;
	for (size_t i = 0; i < 256; i++)
		name[i] = 'n';
	assert_true(add(t, name, FS_REGULAR, ""));
	assert_int_equal(tree_count(t), 0);
	name[255] = 0;
	assert_true(add(t, name, FS_REGULAR, ""));
	assert_int_equal(tree_count(t), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_cleaned),
		cmocka_unit_test(last_member_wins),
		cmocka_unit_test(file_over_directory_and_back),
		cmocka_unit_test(hard_link_keeps_the_inode_it_was_made_to),
		cmocka_unit_test(hard_link_out_of_the_archive_keeps_its_target),
		cmocka_unit_test(whiteouts_hide_lower_layers_only),
		cmocka_unit_test(marks_are_names_outside_of_layers),
		cmocka_unit_test(limits_are_errors),
		cmocka_unit_test(names_no_file_system_can_hold_are_left_out),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
