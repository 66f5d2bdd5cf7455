/*
 * test_saved.c - a layer that is opened from what was learnt of it is the layer: the same names in
 * the same order, the same attributes and bytes, and its blob is touched for what was not kept
 * alone. Layers are made by tar and cpio.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "fs.h"
#include "out.h"
#include "ustar.h"

#include <cmocka.h>

static char work[64];

static bool want_etc(struct str path, uint64_t size)
{
	return str_starts(path, S("etc/")) && size < 1 << 20;
}

/* A skim that tells how many bytes it saw. */
struct counted {
	struct skim skim;
	struct arena *arena;
	size_t n;
};

static void count_take(struct skim *s, struct str piece)
{
	((struct counted *)s)->n += piece.n;
}

static struct str count_gist(struct skim *s)
{
	struct counted *c = (struct counted *)s;
	return str_fmt(c->arena, "%zu bytes", c->n);
}

static struct skim *count_kubelets(struct arena *a, struct str path, uint64_t size)
{
	(void)size;
	if (!str_ends(path, S("/kubelet")))
		return NULL;
	struct counted *c = NEW(a, struct counted);
	*c = (struct counted){{count_take, count_gist}, a, 0};
	return &c->skim;
}

static const struct fs_options opts = {
	.whiteouts = true,
	.wanted = want_etc,
	.skim = count_kubelets,
	.kept_as = {"test", 4},
	.max.entries = 100000,
	.max_kept = 16 << 20,
	.max.file = 16 << 20,
	.max.spill = 1 << 30,
};

/* A blob that counts how often it is asked. */
struct asked {
	struct blob blob;
	struct blob *of;
	size_t times;
};

static bool asked_read(struct blob *b, uint64_t at, void *buf, size_t n, size_t *got,
		       struct error *e)
{
	struct asked *x = (struct asked *)b;
	x->times++;
	return x->of->read(x->of, at, buf, n, got, e);
}

static struct asked *asked_of(struct str bytes)
{
	struct asked *x = NEW(arena, struct asked);
	x->of = blob_memory(arena, S("layer"), bytes);
	x->blob = (struct blob){.name = x->of->name, .size = bytes.n, .read = asked_read};
	return x;
}

static struct fs *layer_of(struct str bytes)
{
	struct error e = {0};
	struct fs *fs = fs_open_layer(arena, blob_memory(arena, S("layer"), bytes),
				      digest_sha256(arena, bytes), bytes.n, &opts, &e);
	if (!fs)
		fail_msg("%s", e.text);
	return fs;
}

static struct str saved_of(const struct fs *fs)
{
	struct out *o = out_new(arena);
	fs_save_layer(fs, o);
	return out_text(o);
}

static struct fs *again(struct str saved, struct str bytes, struct blob *b)
{
	return fs_open_saved(arena, saved, b, digest_sha256(arena, bytes), bytes.n, &opts);
}

/* ---- two trees compared ---- */

struct listed {
	VEC(struct str) names;
	VEC(uint64_t) inos;
};

static bool note_entry(void *arg, struct str name, uint64_t ino)
{
	struct listed *l = arg;
	*vec_push(arena, &l->names) = name;
	*vec_push(arena, &l->inos) = ino;
	return true;
}

static void assert_same_file(struct fs *one, struct fs *two, uint64_t ino, struct str path)
{
	struct fs_stat a, b;
	struct str text[2], gist[2];
	struct error e = {0};
	assert_true(fs_stat_at(one, ino, &a, &e) && fs_stat_at(two, ino, &b, &e));
	if (a.kind != b.kind || a.opaque != b.opaque || a.mode != b.mode || a.uid != b.uid ||
	    a.gid != b.gid || a.size != b.size)
		fail_msg("%.*s: another stat", (int)path.n, path.p);
	assert_true(one->ops->gist(one, ino, &gist[0], &e) &&
		    two->ops->gist(two, ino, &gist[1], &e));
	assert_true(str_eq(gist[0], gist[1]) && !gist[0].p == !gist[1].p);
	if (a.kind != FS_REGULAR && a.kind != FS_SYMLINK && a.kind != FS_HARDLINK)
		return;
	for (unsigned i = 0; i < 2; i++)
		if (!fs_slurp(arena, i ? two : one, ino, 16 << 20, &text[i], &e))
			fail_msg("%.*s: %s", (int)path.n, path.p, e.text);
	if (!str_eq(text[0], text[1]))
		fail_msg("%.*s: other bytes", (int)path.n, path.p);
}

static size_t assert_same(struct fs *one, struct fs *two, uint64_t dir, struct str path)
{
	struct listed a = {0}, b = {0};
	struct fs_stat st;
	struct error e = {0};
	size_t n = 0;
	assert_true(fs_list(one, dir, note_entry, &a, &e) && fs_list(two, dir, note_entry, &b, &e));
	assert_int_equal(a.names.n, b.names.n);
	for (size_t i = 0; i < a.names.n; i++) {
		struct str name = a.names.at[i];
		struct str full =
			str_fmt(arena, "%.*s/%.*s", (int)path.n, path.p, (int)name.n, name.p);
		uint64_t ino = UINT64_MAX;
		bool found = false;
		assert_true(str_eq(name, b.names.at[i]));
		assert_int_equal(a.inos.at[i], b.inos.at[i]);
		assert_true(fs_lookup(two, dir, name, &found, &ino, &e) && found);
		assert_int_equal(ino, a.inos.at[i]);
		assert_same_file(one, two, ino, full);
		assert_true(fs_stat_at(one, ino, &st, &e));
		n += 1 + (st.kind == FS_DIRECTORY ? assert_same(one, two, ino, full) : 0);
	}
	return n;
}

/* ---- layers ---- */

static struct str made_by(const char *command)
{
	struct error e = {0};
	struct str bytes;
	char line[1500];
	snprintf(
		line, sizeof line,
		"rm -rf t && mkdir -p t/etc/systemd/system t/usr/bin t/opt/deep/er && cd t && echo a > etc/a && "
		": > etc/empty && ln -sf a etc/link && ln -f etc/a etc/hard && mkfifo etc/fifo; "
		"seq 30000 > usr/bin/kubelet && seq 5000 > usr/bin/tool && chmod 755 usr/bin/* && "
		"seq 9 > opt/deep/er/x && : > opt/deep/.wh.gone && : > opt/.wh..wh..opq && "
		"chmod 600 etc/a && touch -d @0 etc/a && %s",
		command);
	if (system(line) != 0)
		fail_msg("failed: %s", line);
	struct blob *b = blob_open(arena, S("layer"), NULL, &e);
	assert_true(b && blob_slurp(arena, b, 64 << 20, &bytes, &e));
	return bytes;
}

static const char *const makers[] = {
	"tar --owner=7 --group=4000000 -cf ../layer etc usr opt",
	"tar --sort=name -c . | gzip > ../layer",
	"tar -c --format=pax usr opt etc | zstd -q > ../layer",
	"find . | cpio -o --quiet -H newc | gzip > ../layer",
	/* Members that come again, under themselves and under others. */
	"(tar -c etc usr; tar -c opt etc/a) > ../layer",
	"mv etc/a x && mkdir etc/a && tar -c etc usr opt > ../layer; rmdir etc/a; mv x etc/a",
};

static void a_saved_layer_is_the_layer(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof makers / sizeof *makers; i++) {
		struct str bytes = made_by(makers[i]);
		struct fs *fs = layer_of(bytes);
		struct fs *two = again(saved_of(fs), bytes, blob_memory(arena, S("b"), bytes));
		if (!two)
			fail_msg("%s: not opened again", makers[i]);
		assert_string_equal(two->ops->name, fs->ops->name);
		assert_int_equal(two->root, fs->root);
		assert_true(assert_same(fs, two, fs->root, S("")) > 10);
		/* What is opened again can be saved again. */
		struct fs *fresh = layer_of(bytes);
		struct fs *three = again(saved_of(fresh), bytes, NULL);
		assert_true(str_eq(saved_of(fresh), saved_of(three)));
	}
}

static struct fs_stat walk_to(struct fs *fs, const char *path, uint64_t *ino)
{
	struct walk w;
	struct error e = {0};
	assert_int_equal(fs_walk(arena, fs, str_from(path), true, &w, &e), WALK_FOUND);
	*ino = w.ino;
	return w.st;
}

static void the_blob_is_read_when_it_must_be(void **state)
{
	struct str bytes = made_by(makers[1]), text, gist;
	struct str saved = saved_of(layer_of(bytes));
	struct asked *b = asked_of(bytes);
	struct fs *fs = again(saved, bytes, &b->blob);
	struct error e = {0};
	struct fs_stat st;
	uint64_t ino;
	bool found;
	char head[5];
	size_t got;
	(void)state;
	assert_non_null(fs);
	assert_int_equal(walk_to(fs, "/etc/a", &ino).mode, 0600);
	assert_true(fs_slurp(arena, fs, ino, 100, &text, &e));
	assert_true(str_eq(text, S("a\n")));
	walk_to(fs, "/opt/deep", &ino);
	assert_true(fs_lookup(fs, ino, S("gone"), &found, &ino, &e) && found);
	assert_true(fs_stat_at(fs, ino, &st, &e));
	assert_int_equal(st.kind, FS_WHITEOUT);
	assert_true(walk_to(fs, "/opt", &ino).opaque);
	walk_to(fs, "/usr/bin/kubelet", &ino);
	assert_true(fs->ops->gist(fs, ino, &gist, &e));
	assert_true(str_eq(gist, S("168894 bytes"))); /* seq 30000 | wc -c */
	assert_true(fs->ops->read(fs, ino, 0, head, sizeof head, &got, &e));
	assert_memory_equal(head, "1\n2\n3", 5);
	walk_to(fs, "/usr/bin/tool", &ino);
	assert_true(fs->ops->read(fs, ino, 0, head, sizeof head, &got, &e));
	assert_memory_equal(head, "1\n2\n3", 5);
	assert_int_equal(b->times, 0);
	assert_true(fs_slurp(arena, fs, ino, 1 << 20, &text, &e));
	assert_int_equal(text.n, 23893); /* seq 5000 | wc -c */
	assert_true(b->times > 0);
}

/* What was asked for late is in the next note; what was kept beside it on that pass is not. */
static void what_was_read_late_is_learnt(void **state)
{
	struct str bytes = made_by(makers[1]), text;
	struct fs *fs = again(saved_of(layer_of(bytes)), bytes, blob_memory(arena, S("b"), bytes));
	struct error e = {0};
	uint64_t ino;
	(void)state;
	walk_to(fs, "/etc/a", &ino);
	assert_true(fs_slurp(arena, fs, ino, 100, &text, &e));
	assert_false(fs_layer_read_late(fs));
	size_t before = saved_of(fs).n;
	walk_to(fs, "/usr/bin/tool", &ino);
	assert_true(fs_slurp(arena, fs, ino, 1 << 20, &text, &e));
	assert_true(fs_layer_read_late(fs));
	size_t after = saved_of(fs).n;
	assert_true(after > before + 23000 && after < before + 24000); /* not the kubelet too */
	struct asked *b = asked_of(bytes);
	fs = again(saved_of(fs), bytes, &b->blob);
	assert_true(fs_slurp(arena, fs, ino, 1 << 20, &text, &e));
	assert_int_equal(text.n, 23893);
	assert_int_equal(b->times, 0);
	assert_false(fs_layer_read_late(fs));
}

/* Bytes that are asked for late prove themselves as on the first pass. */
static void a_late_blob_is_proved(void **state)
{
	struct str bytes = made_by(makers[0]), text;
	struct str other = str_dup(arena, bytes);
	struct str saved = saved_of(layer_of(bytes));
	struct error e = {0};
	uint64_t ino;
	(void)state;
	((char *)(uintptr_t)other.p)[other.n - 1] ^= 1;
	struct fs *fs = again(saved, bytes, blob_memory(arena, S("b"), other));
	walk_to(fs, "/usr/bin/tool", &ino);
	assert_false(fs_slurp(arena, fs, ino, 1 << 20, &text, &e));
	assert_int_equal(e.kind, ERR_CORRUPT);
	assert_non_null(strstr(e.text, "digest mismatch"));
}

static void another_choice_is_another_layer(void **state)
{
	struct str bytes = made_by(makers[0]), digest = digest_sha256(arena, bytes);
	struct str saved = saved_of(layer_of(bytes));
	struct fs_options other = opts;
	(void)state;
	assert_non_null(fs_open_saved(arena, saved, NULL, digest, bytes.n, &opts));
	assert_null(fs_open_saved(arena, saved, NULL, digest, bytes.n + 1, &opts));
	other.kept_as = S("tests");
	assert_null(fs_open_saved(arena, saved, NULL, digest, bytes.n, &other));
	other = opts;
	other.whiteouts = false;
	assert_null(fs_open_saved(arena, saved, NULL, digest, bytes.n, &other));
	other = opts;
	other.max.entries = 5;
	assert_null(fs_open_saved(arena, saved, NULL, digest, bytes.n, &other));
}

/* Any part of it, and any byte changed: none, or a tree that can be walked. */
static void damage_is_no_layer(void **state)
{
	struct out *o = out_new(arena);
	(void)state;
	ustar_add(o, "etc/a", S("text"));
	ustar_entry(o, '2', 0777, "etc/l", "a", S(""));
	ustar_add(o, "usr/b", S("not kept"));
	ustar_add(o, "usr/.wh.c", S(""));
	ustar_end(o);
	struct str bytes = out_text(o), saved = saved_of(layer_of(bytes));
	struct blob *b = blob_memory(arena, S("b"), bytes);
	assert_non_null(again(saved, bytes, b));
	for (size_t n = 0; n < saved.n; n++)
		assert_null(again(str_slice(saved, 0, n), bytes, b));
	assert_null(again(str_cat(arena, saved, S("x")), bytes, b));
	for (size_t i = 0; i < saved.n; i++)
		for (unsigned v = 0; v < 256; v++) {
			struct str changed = str_dup(arena, saved);
			struct listed l = {0};
			struct error e;
			((char *)(uintptr_t)changed.p)[i] = (char)v;
			struct fs *fs = again(changed, bytes, b);
			if (fs)
				fs_list(fs, fs->root, note_entry, &l, &e);
		}
}

static int enter(void **state)
{
	snprintf(work, sizeof work, "%s", "/tmp/offnode-saved-XXXXXX");
	return mkdtemp(work) && chdir(work) == 0 ? arena_up(state) : -1;
}

static int leave(void **state)
{
	char command[100];
	snprintf(command, sizeof command, "rm -rf %s", work);
	return chdir("/") == 0 && system(command) == 0 ? arena_down(state) : -1;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_saved_layer_is_the_layer),
		cmocka_unit_test(the_blob_is_read_when_it_must_be),
		cmocka_unit_test(what_was_read_late_is_learnt),
		cmocka_unit_test(a_late_blob_is_proved),
		cmocka_unit_test(another_choice_is_another_layer),
		cmocka_unit_test(damage_is_no_layer),
	};
	return cmocka_run_group_tests(tests, enter, leave);
}
