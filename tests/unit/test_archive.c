/*
 * test_archive.c - archives made by the real tools (tar, bsdtar, cpio, gzip, xz, …), read as
 * trees, compared with what was put into them.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "fs.h"

#include <cmocka.h>

static char work[64]; /* a directory of our own, and the working directory */

struct box {
	struct arena *arena;
	struct fs_options opts;
	struct fs *fs;
	struct error e;
};

static bool want_etc(struct str path, uint64_t size)
{
	return str_starts(path, S("etc/")) && size < 1 << 20;
}

static bool want_all(struct str path, uint64_t size)
{
	(void)path;
	(void)size;
	return true;
}

static struct box box_new(void)
{
	return (struct box){
		.arena = arena_new((size_t)1 << 30, NULL, NULL),
		.opts = {.wanted = want_etc,
			 .max.entries = 100000,
			 .max_kept = 16 << 20,
			 .max.file = 16 << 20,
			 .max.spill = 1 << 30},
	};
}

static void box_free(struct box *x)
{
	arena_free(x->arena);
}

static void run(const char *command)
{
	if (system(command) != 0)
		fail_msg("failed: %s", command);
}

static bool have(const char *tool)
{
	char command[100];
	snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", tool);
	bool found = system(command) == 0;
	if (!found)
		print_message("# no %s here\n", tool);
	return found;
}

static bool open_file(struct box *x, const char *name)
{
	struct blob *b = blob_open(x->arena, str_from(name), NULL, &x->e);
	if (!b)
		fail_msg("%s", x->e.text);
	x->fs = fs_open_archive(x->arena, b, &x->opts, &x->e);
	return x->fs != NULL;
}

static void must_open(struct box *x, const char *name)
{
	if (!open_file(x, name))
		fail_msg("%s: %s", name, x->e.text);
}

static void must_fail(const char *name, enum error_kind kind, const char *words)
{
	struct box x = box_new();
	if (open_file(&x, name))
		fail_msg("%s: was read", name);
	if (x.e.kind != kind || !strstr(x.e.text, words))
		fail_msg("%s: %d %s", name, x.e.kind, x.e.text);
	box_free(&x);
}

/* The path's inode, without following links; UINT64_MAX when it is not there. */
static uint64_t find(struct box *x, const char *path)
{
	struct str rest = str_from(path), part;
	uint64_t ino = x->fs->root;
	while (rest.n) {
		bool found;
		str_cut(rest, '/', &part, &rest);
		assert_true(fs_lookup(x->fs, ino, part, &found, &ino, &x->e));
		if (!found)
			return UINT64_MAX;
	}
	return ino;
}

static struct fs_stat stat_of(struct box *x, const char *path)
{
	struct fs_stat st;
	uint64_t ino = find(x, path);
	if (ino == UINT64_MAX)
		fail_msg("%s: not there", path);
	assert_true(fs_stat_at(x->fs, ino, &st, &x->e));
	return st;
}

static void check_text(struct box *x, const char *path, const char *text)
{
	struct str got;
	uint64_t ino = find(x, path);
	if (ino == UINT64_MAX)
		fail_msg("%s: not there", path);
	if (!fs_slurp(x->arena, x->fs, ino, 64 << 20, &got, &x->e))
		fail_msg("%s: %s", path, x->e.text);
	if (!str_eq(got, str_from(text)))
		fail_msg("%s: %zu bytes: %.100s", path, got.n, got.p);
}

/* The file on disk and the one in the archive, through read and as a blob. */
static void check_same(struct box *x, const char *path, const char *real)
{
	struct str want, got;
	struct blob *b = blob_open(x->arena, str_from(real), NULL, &x->e);
	assert_non_null(b);
	assert_true(blob_slurp(x->arena, b, 64 << 20, &want, &x->e));
	uint64_t ino = find(x, path);
	if (!fs_slurp(x->arena, x->fs, ino, 64 << 20, &got, &x->e))
		fail_msg("%s: %s", path, x->e.text);
	if (!str_eq(got, want))
		fail_msg("%s: differs by read", path);
	b = fs_blob(x->arena, x->fs, ino, S("blob"), &x->e);
	if (!b || !blob_slurp(x->arena, b, 64 << 20, &got, &x->e))
		fail_msg("%s: %s", path, x->e.text);
	if (!str_eq(got, want))
		fail_msg("%s: differs as a blob", path);
}

#define LONG "a-directory-with-quite-a-long-name-that-does-not-fit-into-a-ustar-header-by-itself"

/* A small root with everything that archives can hold. */
static void make_tree(void)
{
	run("mkdir -p root/etc/kubernetes root/usr/bin root/" LONG "/" LONG
	    " && cd root && printf 'ID=test\\n' > etc/os-release"
	    " && printf 'one\\n' > etc/kubernetes/one && printf 'two\\n' > etc/kubernetes/two"
	    " && ln -s os-release etc/link && ln etc/os-release etc/hard"
	    " && ln -s ../" LONG "/" LONG "/" LONG " etc/longlink"
	    " && printf 'deep\\n' > " LONG "/" LONG "/" LONG " && : > etc/empty"
	    " && seq 200000 > usr/bin/kubelet && printf 'odd\\n' > usr/odd && mkfifo etc/fifo"
	    " && printf 'x' > etc/\"$(printf 'raw\\377\\376')\""
	    " && printf 'y' > etc/\"$(printf 'e\\314\\201')\""
	    " && chmod 0640 etc/os-release && chmod 4755 usr/bin/kubelet");
}

static void check_tree(struct box *x)
{
	check_text(x, "etc/os-release", "ID=test\n");
	check_text(x, "etc/hard", "ID=test\n");
	check_text(x, "etc/kubernetes/one", "one\n");
	check_text(x, "etc/link", "os-release");
	check_text(x, "etc/longlink", "../" LONG "/" LONG "/" LONG);
	check_text(x, LONG "/" LONG "/" LONG, "deep\n");
	check_text(x, "etc/empty", "");
	check_text(x, "usr/odd", "odd\n");
	check_text(x, "etc/raw\xff\xfe", "x");
	check_text(x, "etc/e\xcc\x81", "y");
	check_same(x, "usr/bin/kubelet", "root/usr/bin/kubelet");
	assert_int_equal(stat_of(x, "etc/link").kind, FS_SYMLINK);
	assert_int_equal(stat_of(x, "etc/fifo").kind, FS_OTHER);
	assert_int_equal(stat_of(x, "etc").kind, FS_DIRECTORY);
	assert_int_equal(stat_of(x, "etc/hard").kind, FS_REGULAR);
	assert_int_equal(stat_of(x, "etc/os-release").mode, 0640);
	assert_int_equal(stat_of(x, "usr/bin/kubelet").mode, 04755);
	assert_true(find(x, "etc/absent") == UINT64_MAX);
}

static const struct {
	const char *tool, *command;
} made[] = {
	{"tar", "tar --format=gnu -C root -cf plain ."},
	{"tar", "tar --format=pax -C root -cf plain ."},
	{"tar", "tar --format=oldgnu -C root -cf plain etc usr " LONG},
	{"bsdtar", "bsdtar --format=pax -C root -cf plain ."},
	{"bsdtar", "LC_ALL=C.UTF-8 bsdtar --format=gnutar -C root -cf plain ."},
	{"cpio", "(cd root && find . | cpio --quiet -o -H newc > ../plain)"},
	{"cpio", "(cd root && find . | cpio --quiet -o -H crc > ../plain)"},
	{"cpio", "(cd root && find . | cpio --quiet -o -H odc > ../plain)"},
	{"cpio", "(cd root && find . | cpio --quiet -o -H bin > ../plain) 2>/dev/null"},
};

static const struct {
	const char *tool, *command;
} packed[] = {
	{"gzip", "gzip -c"},
	{"gzip", "gzip -1c"},
	{"xz", "xz -0c"},
	{"zstd", "zstd -qc"},
	{"zstd", "zstd -q --no-check -c"},
	{"bzip2", "bzip2 -c"},
	{"lz4", "lz4 -qc"},
	{"lz4", "lz4 -q --content-size -BX -c"},
	{"xz", "xz --format=lzma -0c"},
};

static void make_archive(size_t i)
{
	run(made[i].command);
}

static void pack(size_t i, const char *from, const char *to)
{
	char command[200];
	snprintf(command, sizeof command, "%s < %s > %s", packed[i].command, from, to);
	run(command);
}

static void every_format(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
		if (!have(made[i].tool))
			continue;
		make_archive(i);
		struct box x = box_new();
		print_message("# %s\n", made[i].command);
		must_open(&x, "plain");
		check_tree(&x);
		box_free(&x);
	}
}

/* libarchive would convert and normalise names in a UTF-8 locale. */
static void other_locale(void **state)
{
	(void)state;
	if (!setlocale(LC_ALL, "C.UTF-8"))
		skip();
	every_format(state);
	setlocale(LC_ALL, "C");
}

static void every_compression(void **state)
{
	(void)state;
	for (size_t f = 1; f < 6; f += 4) {
		make_archive(f);
		for (size_t i = 0; i < sizeof packed / sizeof *packed; i++) {
			if (!have(packed[i].tool))
				continue;
			pack(i, "plain", "packed");
			struct box x = box_new();
			print_message("# %s of %s\n", packed[i].command, made[f].command);
			must_open(&x, "packed");
			check_tree(&x);
			box_free(&x);
		}
	}
}

/* Cut anywhere, an archive is an error: never a part of a tree. */
static void truncated(void **state)
{
	(void)state;
	run("rm -rf small && mkdir -p small/etc && printf 'v\\n' > small/etc/v"
	    " && seq 3000 > small/etc/w && tar -C small -cf s.tar ."
	    " && (cd small && find . | cpio --quiet -o -H newc) > s.cpio");
	const char *const from[] = {"s.tar", "s.cpio"};
	for (size_t f = 0; f < 2; f++) {
		for (size_t i = 0; i <= sizeof packed / sizeof *packed; i++) {
			bool plain = i == sizeof packed / sizeof *packed;
			if (!plain && !have(packed[i].tool))
				continue;
			if (!plain)
				pack(i, from[f], "packed");
			struct arena *all = arena_new(1 << 24, NULL, NULL);
			struct error e = {0};
			struct str text;
			struct blob *b =
				blob_open(all, str_from(plain ? from[f] : "packed"), NULL, &e);
			assert_true(blob_slurp(all, b, 1 << 22, &text, &e));
			/* what follows the end mark of a plain archive may be missing */
			size_t whole = plain ? text.n - 9000 : text.n;
			for (size_t n = 0; n < whole; n += n < 2000 ? 37 : n < 14000 ? 97 : 512) {
				struct box x = box_new();
				b = blob_memory(x.arena, S("cut"), str_slice(text, 0, n));
				x.fs = fs_open_archive(x.arena, b, &x.opts, &x.e);
				if (x.fs)
					fail_msg("%s, %s: %zu of %zu bytes were read", from[f],
						 plain ? "plain" : packed[i].command, n, text.n);
				box_free(&x);
			}
			arena_free(all);
		}
	}
}

static void lies_and_limits(void **state)
{
	(void)state;
	run("printf 'hello, world, this is no archive' > text");
	must_fail("text", ERR_UNSUPPORTED, "not a tar or cpio archive");
	run("(printf 'PK\\3\\4'; seq 1000) > zip");
	must_fail("zip", ERR_UNSUPPORTED, "not a tar or cpio archive but a zip archive");
	run("(printf '\\211LZO\\000\\r\\n\\032\\n'; seq 1000) > lzop");
	must_fail("lzop", ERR_UNSUPPORTED, "compressed with lzop");
	run(": > nothing");
	must_fail("nothing", ERR_UNSUPPORTED, "not a tar or cpio archive");
	run("head -c 20000000 /dev/zero > zeros");
	must_fail("zeros", ERR_CORRUPT, "empty archive");
	run("xz -0c zeros > zeros.xz && gzip -c zeros > zeros.gz");
	must_fail("zeros.xz", ERR_CORRUPT, "empty archive");
	must_fail("zeros.gz", ERR_CORRUPT, "empty archive");
	run("(head -c 1024 /dev/zero; echo superblock; head -c 2000000 /dev/zero) > disk");
	must_fail("disk", ERR_UNSUPPORTED, "not a tar or cpio archive");
	run("(tar -C root -cf - etc; head -c 500000000 /dev/zero) | gzip -c > bomb");
	must_fail("bomb", ERR_LIMIT, "1000 times");
	run("tar -C root -cf whole etc && head -c 3072 whole > broken"
	    " && printf 'XX' | dd of=broken bs=1 seek=600 conv=notrunc status=none");
	must_fail("broken", ERR_CORRUPT, "tar: ");
	/* a cpio header that promises a name of 4 GiB, and has half of one */
	run("(printf '070701%08d000081A4%072dFFFFFFFF%08d' 0 0 0; head -c 30000000 /dev/zero) > name");
	struct box x = box_new();
	assert_false(open_file(&x, "name"));
	x.opts.max.entries = 5;
	assert_false(open_file(&x, "whole"));
	assert_int_equal(x.e.kind, ERR_LIMIT);
	box_free(&x);
	run("tar -cf empty -T /dev/null && gzip -c empty > empty.gz");
	x = box_new();
	must_open(&x, "empty");
	must_open(&x, "empty.gz");
	box_free(&x);
}

static void second_pass(void **state)
{
	(void)state;
	run("mkdir -p many/odd && cd many && for i in $(seq 100); do echo $i > odd/$i; done"
	    " && head -c 3000000 /dev/urandom > odd/large && tar -czf ../many.tgz .");
	struct box x = box_new();
	x.opts.max.file = 1 << 20;
	must_open(&x, "many.tgz");
	for (int i = 1; i <= 100; i++) {
		char path[30], text[30];
		snprintf(path, sizeof path, "odd/%d", i);
		snprintf(text, sizeof text, "%d\n", i);
		check_text(&x, path, text);
	}
	struct str got;
	assert_false(fs_slurp(x.arena, x.fs, find(&x, "odd/large"), 64 << 20, &got, &x.e));
	assert_int_equal(x.e.kind, ERR_LIMIT);
	box_free(&x);
	x = box_new();
	must_open(&x, "many.tgz");
	check_same(&x, "odd/large", "many/odd/large");
	box_free(&x);
}

static void sparse_files(void **state)
{
	(void)state;
	run("rm -rf sp && mkdir sp && truncate -s 1T sp/hole && truncate -s 3M sp/disk"
	    " && printf head | dd of=sp/disk conv=notrunc status=none"
	    " && printf middle | dd of=sp/disk bs=1 seek=1500001 conv=notrunc status=none"
	    " && printf tail | dd of=sp/disk bs=1 seek=3145724 conv=notrunc status=none");
	const char *const kinds[] = {"--format=oldgnu -S", "--format=pax -S",
				     "--format=pax --sparse-version=0.0",
				     "--format=pax --sparse-version=0.1", "--format=gnu -S"};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		char command[200];
		snprintf(command, sizeof command,
			 "tar %s -C sp -cf sp.tar . && gzip -c sp.tar > sp.tgz", kinds[i]);
		run(command);
		struct box x = box_new();
		must_open(&x, "sp.tar");
		check_same(&x, "disk", "sp/disk");
		check_same(&x, "disk", "sp/disk");
		assert_true(stat_of(&x, "hole").size == (uint64_t)1 << 40);
		char buf[8] = "dirtydi";
		size_t got;
		assert_true(x.fs->ops->read(x.fs, find(&x, "hole"), (uint64_t)1 << 39, buf, 8, &got,
					    &x.e));
		assert_int_equal(got, 8);
		assert_memory_equal(buf, "\0\0\0\0\0\0\0\0", 8);
		must_open(&x, "sp.tgz");
		check_same(&x, "disk", "sp/disk");
		box_free(&x);
	}
}

/* Layers: the digest and the size must be right, on the first pass and on every other. */
static void layers(void **state)
{
	(void)state;
	struct box x = box_new();
	struct str text, digest, got;
	run("tar -C root -czf layer.tgz .");
	struct blob *b = blob_open(x.arena, S("layer.tgz"), NULL, &x.e);
	assert_true(blob_slurp(x.arena, b, 16 << 20, &text, &x.e));
	digest = digest_sha256(x.arena, text);
	x.fs = fs_open_layer(x.arena, b, digest, text.n, &x.opts, &x.e);
	assert_non_null(x.fs);
	check_tree(&x);
	assert_null(fs_open_layer(x.arena, b, digest, text.n + 1, &x.opts, &x.e));
	assert_true(x.e.kind == ERR_CORRUPT && strstr(x.e.text, "size mismatch"));
	assert_null(
		fs_open_layer(x.arena, b, digest_sha256(x.arena, S("")), text.n, &x.opts, &x.e));
	assert_true(x.e.kind == ERR_CORRUPT && strstr(x.e.text, "digest mismatch"));
	run("printf x >> layer.tgz");
	b = blob_open(x.arena, S("layer.tgz"), NULL, &x.e);
	assert_null(fs_open_layer(x.arena, b, digest, text.n, &x.opts, &x.e));
	assert_true(x.e.kind == ERR_CORRUPT);
	/* a plain layer is not read in place, as its bytes could change after the first pass */
	run("tar -C root -cf layer.tar . && cp layer.tar later.tar");
	b = blob_open(x.arena, S("layer.tar"), NULL, &x.e);
	assert_true(blob_slurp(x.arena, b, 16 << 20, &text, &x.e));
	x.fs = fs_open_layer(x.arena, b, digest_sha256(x.arena, text), text.n, &x.opts, &x.e);
	assert_non_null(x.fs);
	run("printf X | dd of=layer.tar bs=1 seek=$(($(stat -c %s layer.tar) - 2)) conv=notrunc status=none");
	assert_false(fs_slurp(x.arena, x.fs, find(&x, "usr/odd"), 100, &got, &x.e));
	assert_true(x.e.kind == ERR_CORRUPT && strstr(x.e.text, "digest mismatch"));
	assert_false(fs_slurp(x.arena, x.fs, find(&x, "usr/odd"), 100, &got, &x.e));
	check_text(&x, "etc/os-release", "ID=test\n");
	box_free(&x);
}

/* initramfs: cpio archives in a row, zeros between, each with its own compression. */
static void cpio_in_a_row(void **state)
{
	(void)state;
	run("rm -rf c1 c2 && mkdir c1 c2 && echo early > c1/early && ln c1/early c1/again"
	    " && echo late > c2/late && seq 9000 > c2/big"
	    " && (cd c1 && find . | cpio --quiet -o -H newc) > 1.cpio"
	    " && (cd c2 && find . | cpio --quiet -o -H newc) > 2.cpio"
	    " && printf '' | cpio --quiet -o -H newc > 0.cpio");
	const char *const rows[] = {
		"cat 1.cpio 2.cpio > row",
		"(cat 0.cpio 1.cpio; head -c 100000 /dev/zero; cat 2.cpio) > row",
		"(cat 1.cpio; gzip -c 2.cpio) > row",
		"(cat 1.cpio; head -c 5000 /dev/zero; zstd -qc 2.cpio) > row",
		"(head -c 124 0.cpio; cat 1.cpio; xz -c 2.cpio; head -c 512 /dev/zero) > row",
		"cat 1.cpio 2.cpio | xz -c > row",
		"(gzip -c 1.cpio; gzip -c 2.cpio) > row",
		"cat 1.cpio 0.cpio 2.cpio | zstd -qc > row",
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		run(rows[i]);
		struct box x = box_new();
		print_message("# %s\n", rows[i]);
		must_open(&x, "row");
		check_text(&x, "early", "early\n");
		check_text(&x, "again", "early\n");
		check_text(&x, "late", "late\n");
		check_same(&x, "big", "c2/big");
		assert_string_equal(x.fs->ops->name, "cpio");
		box_free(&x);
	}
	run("(cat 1.cpio; echo junk) > row");
	must_fail("row", ERR_UNSUPPORTED, "not another cpio");
	run("(cat 1.cpio; gzip -c 2.cpio | head -c 200) > row");
	must_fail("row", ERR_CORRUPT, "gzip: ends in the middle");
}

static void names_and_links(void **state)
{
	(void)state;
	run("rm -rf n && mkdir -p n/d && cd n && echo 1 > a && echo 2 > b"
	    " && tar -cf ../n.tar ./a && echo 3 > a && tar -rf ../n.tar --transform 's,^,/abs/,' -P b"
	    " && tar -rf ../n.tar ./a && tar -rf ../n.tar -P --transform 's,^b,../../up,' b"
	    " && tar -rf ../n.tar --transform 's,^,d//x/../,' b");
	struct box x = box_new();
	x.opts.wanted = want_all;
	must_open(&x, "n.tar");
	check_text(&x, "a", "3\n");
	check_text(&x, "abs/b", "2\n");
	check_text(&x, "up", "2\n");
	check_text(&x, "d/b", "2\n");
	box_free(&x);
	/* a hard link whose target is in another layer */
	run("cd n && ln a c && tar -cf ../m.tar a c && tar --delete -f ../m.tar a");
	x = box_new();
	must_open(&x, "m.tar");
	assert_int_equal(stat_of(&x, "c").kind, FS_HARDLINK);
	check_text(&x, "c", "a");
	box_free(&x);
	/* GNU tar stops at the first end mark, and so do we */
	run("cat n.tar m.tar > both.tar");
	x = box_new();
	must_open(&x, "both.tar");
	assert_true(find(&x, "c") == UINT64_MAX);
	box_free(&x);
	/* one block of zeros is none, but a header that is lost */
	run("tar -cf lost.tar -C n a b && dd if=/dev/zero of=lost.tar bs=512 seek=2 count=1"
	    " conv=notrunc status=none");
	must_fail("lost.tar", ERR_CORRUPT, "a block is zeros");
}

static int set_up(void **state)
{
	(void)state;
	snprintf(work, sizeof work, "%s", "/tmp/offnode-archive-XXXXXX");
	if (!mkdtemp(work) || chdir(work) != 0)
		return -1;
	make_tree();
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
		cmocka_unit_test(every_format),      cmocka_unit_test(other_locale),
		cmocka_unit_test(every_compression), cmocka_unit_test(truncated),
		cmocka_unit_test(lies_and_limits),   cmocka_unit_test(second_pass),
		cmocka_unit_test(sparse_files),      cmocka_unit_test(layers),
		cmocka_unit_test(cpio_in_a_row),     cmocka_unit_test(names_and_links),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
