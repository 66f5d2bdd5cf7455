/* image/: schemes, detection by content, lists, and what a target that is no image is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "image.h"
#include "ustar.h"

#include <cmocka.h>

static struct arena *arena;
static char folder[] = "/tmp/offnode-test-XXXXXX";

static int setup(void **state)
{
	(void)state;
	arena = arena_new(256 << 20, NULL, NULL);
	return mkdtemp(folder) ? chdir(folder) : -1;
}

static int teardown(void **state)
{
	char command[100];
	(void)state;
	arena_free(arena);
	snprintf(command, sizeof command, "rm -rf '%s'", folder);
	return system(command);
}

static void write_file(const char *name, struct str bytes)
{
	FILE *f = fopen(name, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes.p, 1, bytes.n, f), bytes.n);
	assert_int_equal(fclose(f), 0);
}

static const struct image_options options = {
	.fs = {.max.entries = 1000, .max_kept = 1 << 20, .max.file = 1 << 20, .max.spill = 1 << 30},
};

static struct image opened(const char *target)
{
	struct error e = {0};
	struct image image = {0};
	if (!image_open(arena, str_from(target), &options, &image, &e))
		fail_msg("%s: %s", target, e.text);
	return image;
}

static void refused(const char *target, enum error_kind kind, const char *part)
{
	struct error e = {0};
	struct image image = {0};
	if (image_open(arena, str_from(target), &options, &image, &e))
		fail_msg("%s: opened, but should fail with '%s'", target, part);
	if (e.kind != kind || !strstr(e.text, part))
		fail_msg("%s: got %d '%s', want %d '%s'", target, e.kind, e.text, kind, part);
	assert_int_equal(image.layers.n, 0);
}

static void is_kind(const char *target, const char *kind, const char *label)
{
	struct image image = opened(target);
	if (!str_eq(image.kind, str_from(kind)))
		fail_msg("%s: is %.*s, want %s", target, ARG(image.kind), kind);
	assert_int_equal(image.layers.n, 1);
	if (!str_eq(image.layers.at[0].label, str_from(label)))
		fail_msg("%s: layer is %.*s", target, ARG(image.layers.at[0].label));
}

static void the_scheme_or_the_bytes_tell_the_kind(void **state)
{
	(void)state;
	write_file("a.bin", ustar_of(arena, "etc/x", S("y")));
	write_file("capture.tar", S("A comment.\n-- /etc/x --\ny\n"));
	is_kind("a.bin", "tar", "a.bin");
	is_kind("./a.bin", "tar", "a.bin");
	is_kind("tar:a.bin", "tar", "a.bin");
	is_kind("layer:a.bin", "layer", "a.bin");
	is_kind("capture.tar", "txtar", "capture.tar");
	is_kind("txtar:capture.tar", "txtar", "capture.tar");
	is_kind(".", "directory", ".");
	is_kind("dir:.", "directory", ".");
}

static void an_existing_path_wins_over_a_scheme(void **state)
{
	(void)state;
	write_file("qcow2:x", ustar_of(arena, "etc/x", S("y")));
	write_file("list:x", ustar_of(arena, "etc/x", S("y")));
	is_kind("qcow2:x", "tar", "qcow2:x");
	is_kind("list:x", "tar", "list:x");
	struct words targets = {0};
	struct error e = {0};
	assert_true(image_targets(arena, S("list:x"), NULL, &targets, &e));
	assert_int_equal(targets.n, 1);
}

static void what_is_no_image_is_named(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t n, at;
		enum error_kind kind;
		const char *part;
	} table[] = {
		{"", 0, 0, ERR_UNSUPPORTED, "not an image: it is empty"},
		{"hello", 5, 0, ERR_UNSUPPORTED,
		 "not an image: no known format (first bytes: 68 65 6c 6c 6f)"},
		{"QED\0", 4, 0, ERR_UNSUPPORTED, "qed: not supported by this version"},
		{"NTFS    ", 8, 3, ERR_UNSUPPORTED, "ntfs: not supported by this version"},
		{"LUKS\xba\xbe\0\1", 8, 0, ERR_ENCRYPTED, "LUKS1: only its key opens it"},
		{"LUKS\xba\xbe\0\2", 8, 0, ERR_ENCRYPTED, "LUKS2: only its key opens it"},
		{"-FVE-FS-", 8, 3, ERR_ENCRYPTED, "bitlocker: only its key opens it"},
		{"version", 7, 16408, ERR_UNSUPPORTED, "zfs: not supported"},
		{"EFI PART", 8, 512, ERR_CORRUPT, "gpt: neither of its two copies is whole"},
		{"EFI PART", 8, 4096, ERR_CORRUPT, "gpt: neither of its two copies is whole"},
		{"\x55\xaa", 2, 510, ERR_UNSUPPORTED, "what it holds is not known"},
		{"PK\x03\x04", 4, 0, ERR_CORRUPT, "zip"},
		{"7z\xbc\xaf\x27\x1c", 6, 0, ERR_UNSUPPORTED, "7-Zip archive"},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		size_t n = table[i].at ? table[i].at + 4096 : table[i].n;
		char *bytes = arena_alloc(arena, 1, n + 1);
		memcpy(bytes + table[i].at, table[i].bytes, table[i].n);
		write_file("foreign", (struct str){bytes, n});
		refused("foreign", table[i].kind, table[i].part);
	}
}

static void words_that_name_nothing(void **state)
{
	(void)state;
	write_file("a.bin", ustar_of(arena, "etc/x", S("y")));
	refused("nowhere", ERR_MISSING, "nowhere: No such file or directory");
	refused("", ERR_MISSING, "No such file or directory");
	refused("dir:nowhere", ERR_MISSING, "nowhere: No such file or directory");
	refused("tar:nowhere", ERR_MISSING, "nowhere: No such file or directory");
	refused("oci:nowhere:tag", ERR_MISSING, "nowhere: No such file or directory");
	refused("example.com/a:1", ERR_MISSING,
		"(an image in a registry is docker://example.com/a:1)");
	refused("docker:a.bin", ERR_USAGE, "docker:a.bin: docker://REFERENCE is expected");
	refused("docker://A", ERR_USAGE, "no capital letters");
	refused("registry:A", ERR_USAGE, "no capital letters");
	refused("tarr:a.bin", ERR_USAGE, "'tarr' is not a scheme");
	refused("list:a.bin", ERR_USAGE, "a list does not name lists");
	refused("docker-archive:a.bin", ERR_CORRUPT, "manifest.json is missing");
	refused("oci-archive:a.bin", ERR_CORRUPT, "index.json is missing");
	refused("https:a.bin", ERR_USAGE, "https:a.bin: a URL begins with https://");
	refused("qcow2:http:/a.bin", ERR_MISSING, "http:/a.bin: No such file");
}

static void urls_are_told_without_secrets(void **state)
{
	(void)state;
	static const struct {
		const char *target, *shown;
	} table[] = {
		{"a.bin", "a.bin"},
		{"a.bin?key=1#p2", "a.bin?key=1#p2"},
		{"tar:a?b", "tar:a?b"},
		{"https://h.example/d/node.raw", "https://h.example/d/node.raw"},
		{"https://h.example/node.raw?key=1", "https://h.example/node.raw"},
		{"https://h.example:8443/node.raw?key=1#p2", "https://h.example:8443/node.raw#p2"},
		{"https://me:secret@h.example/a#vg0/root", "https://h.example/a#vg0/root"},
		{"qcow2:https://me:secret@h.example/a?b", "qcow2:https://h.example/a"},
		{"http://h.example/?key=1", "http://h.example/"},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		assert_string_equal(str_z(arena, image_shown(arena, str_from(table[i].target))),
				    table[i].shown);
	/* nothing was given to fetch with */
	refused("https://h.example/node.raw?key=1", ERR_UNSUPPORTED,
		"https://h.example/node.raw: nothing is fetched here");
}

static void platforms_are_checked(void **state)
{
	(void)state;
	static const struct {
		const char *platform;
		bool good;
	} table[] = {
		{"linux/amd64", true}, {"linux/arm/v7", true}, {"linux", false}, {"linux/", false},
		{"/amd64", false},     {"a/b/c/d", false},     {"a/b/", false},
	};
	write_file("a.bin", ustar_of(arena, "etc/x", S("y")));
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct image_options opts = options;
		struct error e = {0};
		struct image image = {0};
		opts.platform = str_from(table[i].platform);
		if (image_open(arena, S("a.bin"), &opts, &image, &e) != table[i].good)
			fail_msg("%s: %s", table[i].platform, e.text);
	}
}

static void archives_that_wrap_a_disk_are_no_root(void **state)
{
	(void)state;
	write_file("x", ustar_of(arena, "node.ovf", S("<Envelope/>")));
	refused("x", ERR_CORRUPT, "ovf: names no file of a disk");
	struct str ovf = S("<Envelope><File ovf:id='f' ovf:href='gone.vmdk'/>"
			   "<Disk ovf:fileRef='f'/></Envelope>");
	write_file("x", ustar_of(arena, "node.ovf", ovf));
	refused("x", ERR_CORRUPT, "ovf: its disk 'gone.vmdk' is not in the archive");
	write_file("x", ustar_of(arena, "disk.raw", S("bytes")));
	refused("x", ERR_UNSUPPORTED, "disk.raw: what it holds is not known");
	write_file("x", ustar_of(arena, "manifest.json", S("[{\"other\":1}]")));
	is_kind("x", "tar", "x");
}

static void lists_give_their_targets(void **state)
{
	(void)state;
	struct words targets = {0};
	struct error e = {0};
	write_file("all", S("# nodes\n\n a.tar \r\noci:x:y\n\t\nlast"));
	assert_true(image_targets(arena, S("list:all"), NULL, &targets, &e));
	assert_int_equal(targets.n, 3);
	assert_true(str_eq(targets.at[0].text, S("a.tar")));
	assert_true(str_eq(targets.at[1].text, S("oci:x:y")));
	assert_true(str_eq(targets.at[2].text, S("last")));
	assert_int_equal(origin_place(targets.at[1].from).line, 4);
	write_file("all", S("a\nlist:all2\n"));
	assert_false(image_targets(arena, S("list:all"), NULL, &targets, &e));
	assert_int_equal(e.kind, ERR_USAGE);
	assert_string_equal(e.text, "all:2: a list does not name lists");
	assert_false(image_targets(arena, S("list:nowhere"), NULL, &targets, &e));
	assert_int_equal(e.kind, ERR_MISSING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_scheme_or_the_bytes_tell_the_kind),
		cmocka_unit_test(an_existing_path_wins_over_a_scheme),
		cmocka_unit_test(what_is_no_image_is_named),
		cmocka_unit_test(words_that_name_nothing),
		cmocka_unit_test(urls_are_told_without_secrets),
		cmocka_unit_test(platforms_are_checked),
		cmocka_unit_test(archives_that_wrap_a_disk_are_no_root),
		cmocka_unit_test(lists_give_their_targets),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
