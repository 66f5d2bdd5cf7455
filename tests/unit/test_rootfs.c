/* rootfs/: layers as one tree, absent apart from unreadable, and captures that repeat a scan. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../../scanner/fs/tree.h"
#include "fixture.h"
#include "rootfs.h"

#include <cmocka.h>

/* ---- layers of two kinds: captures, and trees as a layer's archive makes them ---- */

static struct fs *capture_fs(struct str text)
{
	struct error e = {0};
	struct fs_options opts = {0};
	struct fs *fs = fs_open_txtar(arena, blob_memory(arena, S("t"), text), &opts, &e);
	if (!fs)
		fail_msg("%s", e.text);
	return fs;
}

struct tree_fs {
	struct fs fs;
	struct tree *tree;
};

static bool tree_fs_stat(struct fs *fs, uint64_t ino, struct fs_stat *out, struct error *e)
{
	(void)e;
	*out = tree_inode(((struct tree_fs *)fs)->tree, ino)->st;
	return true;
}

static bool tree_fs_list(struct fs *fs, uint64_t ino, fs_visit *visit, void *arg, struct error *e)
{
	(void)e;
	tree_each(((struct tree_fs *)fs)->tree, ino, visit, arg);
	return true;
}

static bool tree_fs_read(struct fs *fs, uint64_t ino, uint64_t at, void *buf, size_t n, size_t *got,
			 struct error *e)
{
	struct str text = str_tail(tree_inode(((struct tree_fs *)fs)->tree, ino)->text, at);
	(void)e;
	*got = text.n < n ? text.n : n;
	memcpy(buf, text.p ? text.p : "", *got);
	return true;
}

static const struct fs_ops tree_fs_ops = {
	.name = "tree", .stat = tree_fs_stat, .list = tree_fs_list, .read = tree_fs_read};

/* "path=text" is a file, "path" a mark, "path->target" a hard link; ends with NULL. */
static struct fs *layer_fs(const char *const *members)
{
	struct tree_fs *t = NEW(arena, struct tree_fs);
	struct error e = {0};
	*t = (struct tree_fs){{.ops = &tree_fs_ops, .root = TREE_ROOT}, tree_new(arena, 0, true)};
	for (; *members; members++) {
		struct str member = str_from(*members), path, text;
		struct fs_stat st = {.kind = FS_REGULAR, .mode = 0644};
		struct tree_inode *inode;
		const char *arrow = strstr(*members, "->");
		if (arrow) {
			path = str_slice(member, 0, (size_t)(arrow - *members));
			assert_true(tree_link(t->tree, path, str_from(arrow + 2), &e));
			continue;
		}
		str_cut(member, '=', &path, &text);
		st.size = text.n;
		assert_true(tree_add(t->tree, path, &st, &inode, &e));
		if (inode)
			inode->text = text;
	}
	return &t->fs;
}

static struct rootfs *root_of(struct fs *const *layers, size_t n)
{
	struct layers *l = NEW(arena, struct layers);
	struct notes *notes = NEW(arena, struct notes);
	notes->arena = arena;
	for (size_t i = 0; i < n; i++)
		*vec_push(arena, l) =
			(struct layer){.fs = layers[i], .label = str_fmt(arena, "layer %zu", i)};
	return rootfs_new(arena, l, notes);
}

static void assert_file(struct rootfs *root, const char *path, const char *text, const char *layer)
{
	const struct file *f = rootfs_read(root, str_from(path));
	if (f->state != FILE_OK || !str_eq(f->text, str_from(text)))
		fail_msg("%s: state %d, text '%.*s'", path, f->state, (int)f->text.n, f->text.p);
	assert_true(str_eq(f->layer, str_from(layer)));
}

static void assert_names(struct rootfs *root, const char *dir, const char *joined)
{
	const struct listing *l = rootfs_list(root, str_from(dir));
	struct str all = S("");
	assert_int_equal(l->state, FILE_OK);
	for (size_t i = 0; i < l->n; i++)
		all = str_cat(arena, str_cat(arena, all, l->names[i]), S(" "));
	if (!str_eq(all, str_from(joined)))
		fail_msg("%s: %.*s", dir, (int)all.n, all.p);
}

/* ---- merging ---- */

static void higher_layers_win(void **state)
{
	const char *low[] = {"etc/a=low", "etc/b=low", "etc/d/x=low", "etc/d/y=low", NULL};
	const char *high[] = {"etc/a=high", "etc/d/x=high", "etc/d/z=high", NULL};
	struct rootfs *root = root_of((struct fs *[]){layer_fs(low), layer_fs(high)}, 2);
	(void)state;
	assert_file(root, "/etc/a", "high", "layer 1");
	assert_file(root, "/etc/b", "low", "layer 0");
	assert_file(root, "/etc/d/y", "low", "layer 0");
	assert_names(root, "/etc/d", "x y z ");
	assert_ptr_equal(rootfs_read(root, S("/etc/a")), rootfs_read(root, S("/etc/a")));
}

static void whiteouts_and_opaque_directories(void **state)
{
	const char *low[] = {"etc/gone=1", "etc/tree/deep/x=1", "opq/old=1", "opq/sub/old=1", NULL};
	const char *mid[] = {"etc/.wh.gone", "etc/.wh.tree", "opq/.wh..wh..opq", "opq/new=1", NULL};
	const char *high[] = {"etc/tree/fresh=1", "opq/sub/top=1", NULL};
	struct rootfs *root =
		root_of((struct fs *[]){layer_fs(low), layer_fs(mid), layer_fs(high)}, 3);
	(void)state;
	assert_int_equal(rootfs_read(root, S("/etc/gone"))->state, FILE_ABSENT);
	assert_int_equal(rootfs_read(root, S("/etc/tree/deep/x"))->state, FILE_ABSENT);
	assert_names(root, "/etc", "tree ");
	assert_names(root, "/etc/tree", "fresh ");
	assert_names(root, "/opq", "new sub ");
	assert_names(root, "/opq/sub", "top ");
}

static void file_over_directory_between_layers(void **state)
{
	const char *low[] = {"d/x=1", NULL};
	const char *mid[] = {"d=file", NULL};
	const char *high[] = {"d/y=1", NULL};
	struct fs *fs[] = {layer_fs(low), layer_fs(mid), layer_fs(high)};
	(void)state;
	assert_file(root_of(fs, 2), "/d", "file", "layer 1");
	assert_int_equal(rootfs_read(root_of(fs, 2), S("/d/x"))->state, FILE_ABSENT);
	assert_names(root_of(fs, 3), "/d", "y ");
}

static void hard_links_across_layers(void **state)
{
	const char *low[] = {"a=low", NULL};
	const char *mid[] = {"b->a", "c->none", NULL};
	const char *high[] = {"a=high", "d->b", NULL};
	struct rootfs *root =
		root_of((struct fs *[]){layer_fs(low), layer_fs(mid), layer_fs(high)}, 3);
	(void)state;
	assert_file(root, "/b", "low", "layer 0");
	assert_file(root, "/d", "low", "layer 0");
	assert_file(root, "/a", "high", "layer 2");
	const struct file *f = rootfs_read(root, S("/c"));
	assert_int_equal(f->state, FILE_UNREADABLE);
	assert_int_equal(f->fault, FAULT_CORRUPT);
}

/* ---- absent is not unreadable ---- */

static void unreadable_is_never_absent(void **state)
{
	struct str low = S("-- /etc/ok --\nx\n-- /etc/dir/hidden --\nx\n");
	struct str high = S("-- /etc/dir/ unreadable=io --\nno permission\n"
			    "-- /etc/bad unreadable=corrupt --\ntorn block\n"
			    "-- /loop -> loop --\n");
	struct rootfs *root = root_of((struct fs *[]){capture_fs(low), capture_fs(high)}, 2);
	(void)state;
	assert_int_equal(rootfs_read(root, S("/etc/none"))->state, FILE_ABSENT);
	assert_int_equal(rootfs_read(root, S("/etc/ok/below"))->state, FILE_ABSENT);
	assert_int_equal(rootfs_read(root, S("/etc/dir/hidden"))->state, FILE_UNREADABLE);
	assert_int_equal(rootfs_stat(root, S("/etc/dir/none"))->state, FILE_UNREADABLE);
	assert_int_equal(rootfs_list(root, S("/etc/dir"))->state, FILE_UNREADABLE);
	assert_int_equal(rootfs_read(root, S("/loop/x"))->state, FILE_UNREADABLE);
	const struct file *bad = rootfs_read(root, S("/etc/bad"));
	assert_int_equal(bad->state, FILE_UNREADABLE);
	assert_int_equal(bad->fault, FAULT_CORRUPT);
	assert_true(str_eq(bad->why, S("torn block")));
	assert_true(rootfs_unreadable(root).n >= 3);
}

static void large_files_are_a_limit(void **state)
{
	struct str text = str_fmt(arena, "-- /big expand --\n{{x*%d}}\n", ROOTFS_FILE_MAX);
	struct fs *fs[] = {capture_fs(text)};
	struct rootfs *root = root_of(fs, 1);
	(void)state;
	assert_int_equal(rootfs_stat(root, S("/big"))->state, FILE_OK);
	const struct file *f = rootfs_read(root, S("/big"));
	assert_int_equal(f->state, FILE_UNREADABLE);
	assert_int_equal(f->fault, FAULT_LIMIT);
}

/* ---- captures ---- */

static const char everything[] = "-- /etc/plain --\ntext\n"
				 "-- /etc/empty --\n"
				 "-- /etc/noeol noeol --\nlast line\n"
				 "-- /etc/private mode=0600 uid=7 gid=8 --\nsecret\n"
				 "-- /etc/binary hex --\n00ff0a\n"
				 "-- /etc/marker hex --\n2d2d202f78202d2d0a\n"
				 "-- /etc/with blank --\nx\n"
				 "-- /etc/link -> ../usr/target --\n"
				 "-- /usr/target --\nt\n"
				 "-- /etc/null device --\n"
				 "-- /etc/pipe fifo --\n"
				 "-- /etc/dir/ mode=0700 --\n"
				 "-- /etc/bad unreadable=limit --\ntoo large\n"
				 "-- /never/asked --\nx\n";

static void look_at_everything(struct rootfs *root)
{
	const struct listing *l = rootfs_list(root, S("/etc"));
	for (size_t i = 0; i < l->n; i++)
		rootfs_read(root, str_cat(arena, S("/etc/"), l->names[i]));
	rootfs_stat(root, S("/usr/target/none"));
}

static struct str capture_of(struct rootfs *root)
{
	struct out *o = out_new(arena);
	look_at_everything(root);
	rootfs_capture(root, o);
	return out_text(o);
}

static void captures_repeat_themselves(void **state)
{
	struct fs *fs[] = {capture_fs(str_from(everything))};
	struct str once = capture_of(root_of(fs, 1));
	(void)state;
	fs[0] = capture_fs(once);
	struct rootfs *again = root_of(fs, 1);
	struct str twice = capture_of(again);
	if (!str_eq(once, twice))
		fail_msg("%.*s\n----\n%.*s", (int)once.n, once.p, (int)twice.n, twice.p);
	assert_file(again, "/etc/noeol", "last line", "layer 0");
	assert_file(again, "/etc/marker", "-- /x --\n", "layer 0");
	assert_file(again, "/etc/link", "t\n", "layer 0");
	assert_file(again, "/etc/with blank", "x\n", "layer 0");
	assert_int_equal(rootfs_read(again, S("/etc/binary"))->text.n, 3);
	assert_int_equal(rootfs_stat(again, S("/etc/private"))->mode, 0600);
	assert_int_equal(rootfs_stat(again, S("/etc/private"))->gid, 8);
	assert_int_equal(rootfs_stat(again, S("/etc/dir"))->mode, 0700);
	assert_int_equal(rootfs_stat(again, S("/etc/null"))->kind, FILE_DEVICE);
	assert_int_equal(rootfs_stat(again, S("/etc/pipe"))->kind, FILE_OTHER);
	assert_int_equal(rootfs_read(again, S("/etc/bad"))->fault, FAULT_LIMIT);
	assert_int_equal(rootfs_stat(again, S("/never/asked"))->state, FILE_ABSENT);
}

static void names_that_need_escapes(void **state)
{
	const char *members[] = {"etc/a\nb=x", "etc/\xff=y", "etc/-- =z", NULL};
	struct fs *fs[] = {layer_fs(members)};
	struct str once = capture_of(root_of(fs, 1));
	(void)state;
	fs[0] = capture_fs(once);
	struct rootfs *again = root_of(fs, 1);
	assert_file(again, "/etc/a\nb", "x", "layer 0");
	assert_file(again, "/etc/\xff", "y", "layer 0");
	assert_file(again, "/etc/-- ", "z", "layer 0");
}

static void unread_files_are_told_by_their_size(void **state)
{
	struct fs *fs[] = {capture_fs(S("-- /usr/bin/kubelet mode=0755 --\nELF\n"))};
	struct rootfs *root = root_of(fs, 1);
	struct out *o = out_new(arena);
	(void)state;
	rootfs_stat(root, S("/usr/bin/kubelet"));
	rootfs_capture(root, o);
	assert_true(str_eq(out_text(o), S("-- /usr/bin/kubelet mode=0755 --\n"
					  "(4 bytes, not captured)\n")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(higher_layers_win),
		cmocka_unit_test(whiteouts_and_opaque_directories),
		cmocka_unit_test(file_over_directory_between_layers),
		cmocka_unit_test(hard_links_across_layers),
		cmocka_unit_test(unreadable_is_never_absent),
		cmocka_unit_test(large_files_are_a_limit),
		cmocka_unit_test(captures_repeat_themselves),
		cmocka_unit_test(names_that_need_escapes),
		cmocka_unit_test(unread_files_are_told_by_their_size),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
