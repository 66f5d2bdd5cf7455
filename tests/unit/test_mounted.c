/* rootfs/mounted.c, doubt.c: which volumes of a disk belong to a root, and what is doubtful about
 * it. The volumes are text captures, so that each case is a few lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "fixture.h"
#include "rootfs.h"

#include <cmocka.h>

static struct disk *disk;
static struct notes notes;
static struct layers layers;

static struct volume *add(const char *name, const char *files)
{
	static const struct fs_options none;
	struct volume *v = vec_push(arena, &disk->volumes);
	struct error e = {0};
	v->name = str_from(name);
	v->holds = S("ext4");
	if (!files)
		return v;
	v->fs = fs_open_txtar(arena, blob_memory(arena, v->name, str_from(files)), &none, &e);
	if (!v->fs)
		fail_msg("%s", e.text);
	return v;
}

/* Volumes lie in an array that grows: it is made large enough first. */
static void begin(void)
{
	disk = NEW(arena, struct disk);
	disk->table = "gpt";
	for (size_t i = 0; i < 16; i++)
		(void)vec_push(arena, &disk->volumes);
	disk->volumes.n = 0;
	notes = (struct notes){.arena = arena};
	layers = (struct layers){0};
}

static struct rootfs *root_on(struct volume *v)
{
	layers.disk = disk;
	layers.root = v;
	if (v)
		*vec_push(arena, &layers) = (struct layer){.fs = v->fs, .label = v->name};
	return rootfs_new(arena, &layers, &notes);
}

static const struct file *read_at(struct rootfs *root, const char *path)
{
	return rootfs_read(root, str_from(path));
}

static void expect_text(struct rootfs *root, const char *path, const char *text, const char *layer)
{
	const struct file *f = read_at(root, path);
	if (f->state != FILE_OK || !str_eq(f->text, str_from(text)) ||
	    !str_eq(f->layer, str_from(layer)))
		fail_msg("%s: state %d '%.*s' of '%.*s': %.*s", path, f->state, ARG(f->text),
			 ARG(f->layer), ARG(f->why));
}

#define ROOT(fstab) \
	"-- /etc/fstab --\n" fstab \
	"-- /x/ --\n-- /x/below --\nroot\n-- /y/ --\n-- /usr/lib/a --\nroot\n"

/* Every way in which a volume may be named. */
static void names(void **state)
{
	static const char *const specs[] = {
		"UUID=ABCD-12",
		"UUID=abcd-12",
		"LABEL=my\\040label",
		"PARTUUID=0001-02",
		"PARTLABEL=part",
		"/dev/disk/by-uuid/abcd-12",
		"/dev/disk/by-label/my\\134x20label",
		"/dev/disk/by-partuuid/0001-02",
		"/dev/disk/by-partlabel/part",
		"/dev/sda2",
		"/dev/vda2",
		"/dev/xvda2",
		"/dev/nvme0n1p2",
		"/dev/mmcblk0p2",
	};
	(void)state;
	for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
		char files[300];
		snprintf(files, sizeof files, ROOT("%s /x ext4 defaults 0 0\n"), specs[i]);
		begin();
		struct volume *root = add("p1", files), *v = add("p2", "-- /file --\nhere\n");
		v->uuid = S("abcd-12");
		v->label = S("my label");
		v->partuuid = S("0001-02");
		v->partlabel = S("part");
		struct rootfs *r = root_on(root);
		expect_text(r, "/x/file", "here\n", "p2");
		assert_int_equal(read_at(r, "/x/below")->state, FILE_ABSENT);
		expect_text(r, "/usr/lib/a", "root\n", "p1");
	}
}

static void logical_names(void **state)
{
	static const char *const specs[] = {"/dev/mapper/vg--a-l--v", "/dev/vg-a/l-v"};
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char files[300];
		snprintf(files, sizeof files, ROOT("%s /x ext4\n"), specs[i]);
		begin();
		struct volume *root = add("p1", files);
		add("vg-a/l-v", "-- /file --\nhere\n");
		expect_text(root_on(root), "/x/file", "here\n", "vg-a/l-v");
	}
}

static void not_mounted(void **state)
{
	(void)state;
	begin();
	struct volume *root = add("p1", ROOT("/dev/sda2 /x ext4 noauto 0 0\n"
					     "/dev/sda2 none swap sw 0 0\n"
					     "proc /x proc defaults 0 0\n"
					     "/dev/sda2 / ext4\n"));
	add("p2", "-- /file --\nhere\n");
	struct rootfs *r = root_on(root);
	expect_text(r, "/x/below", "root\n", "p1");
	assert_int_equal(rootfs_mounted(r)->n, 0);
	assert_int_equal(rootfs_doubt(r).reason, REASON_NONE);
}

/* Of two lines for one directory the first, whether it mounts or not. */
static void first_line_counts(void **state)
{
	static const struct {
		const char *fstab, *path, *text, *layer;
	} cases[] = {
		{"/dev/sda2 /x ext4\n/dev/sda3 /x/ ext4\n", "/x/file", "2\n", "p2"},
		{"/dev/sda2 /x ext4 noauto\n/dev/sda3 /x ext4\n", "/x/below", "root\n", "p1"},
		{"/dev/sda2 /x ext4 noauto,x-systemd.automount\n", "/x/file", "2\n", "p2"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char files[300];
		snprintf(files, sizeof files, ROOT("%s"), cases[i].fstab);
		begin();
		struct volume *root = add("p1", files);
		add("p2", "-- /file --\n2\n");
		add("p3", "-- /file --\n3\n");
		expect_text(root_on(root), cases[i].path, cases[i].text, cases[i].layer);
	}
}

/* What the image holds below a file system in memory is hidden. */
static void memory(void **state)
{
	(void)state;
	begin();
	struct volume *root = add("p1", ROOT("tmpfs /x tmpfs size=1M 0 0\n"
					     "/dev/sda2 /x/deep ext4\n"));
	add("p2", "-- /file --\nhere\n");
	struct rootfs *r = root_on(root);
	assert_int_equal(read_at(r, "/x/below")->state, FILE_ABSENT);
	assert_int_equal(rootfs_list(r, S("/x"))->state, FILE_OK);
	assert_int_equal(rootfs_doubt(r).reason, REASON_NONE);
	expect_text(r, "/usr/lib/a", "root\n", "p1");
}

/* MicroOS: the /etc of each snapshot lies over those before it; an initramfs mounts it. */
static void overlay_of_many(void **state)
{
	(void)state;
	begin();
	struct volume *root = add(
		"p1",
		ROOT("overlay /x overlay defaults,upperdir=/sysroot/var/3,"
		     "lowerdir=/sysroot/var/2:/sysroot/var/1:/sysroot/x,workdir=/sysroot/var/w,"
		     "x-initrd.mount\n") "-- /var/1/a --\n1\n-- /var/1/b --\n1\n-- /var/2/b --\n2\n"
					 "-- /var/2/c --\n2\n-- /var/3/c --\n3\n");
	struct rootfs *r = root_on(root);
	expect_text(r, "/x/below", "root\n", "p1");
	expect_text(r, "/x/a", "1\n", "p1");
	expect_text(r, "/x/b", "2\n", "p1");
	expect_text(r, "/x/c", "3\n", "p1");
}

#define UNITS "/etc/systemd/system/"
#define MOUNT(what, where) "[Mount]\nWhat=" what "\nWhere=" where "\nType=ext4\n"
#define WANTED(name) "-- " UNITS "local-fs.target.wants/" name " -> ../" name " --\n"

/* Units that mount p2 on /x, or do not. */
static void units(void **state)
{
	static const struct {
		const char *files;
		bool mounts;
	} cases[] = {
		{"-- " UNITS "x.mount --\n" MOUNT("/dev/sda2", "/x") WANTED("x.mount"), true},
		{"-- " UNITS "x.mount --\n" MOUNT("/dev/sda2", "/x"), false},
		{"-- /usr/lib/systemd/system/x.mount --\n" MOUNT("/dev/sda2", "/x")
			 WANTED("x.mount"),
		 true},
		{"-- /usr/lib/systemd/system/x.mount --\n" MOUNT("/dev/sda2", "/x")
			 WANTED("x.automount"),
		 true},
		{"-- /usr/lib/systemd/system/x.mount --\n" MOUNT(
			 "/dev/sda2", "/x") "-- " UNITS
					    "x.mount -> /dev/null --\n" WANTED("x.mount"),
		 false},
		{"-- /usr/lib/systemd/system/x.mount --\n" MOUNT(
			 "/dev/sda3", "/x") "-- " UNITS
					    "x.mount --\n# a\n[Unit]\nWhat=/dev/sda3\n" MOUNT(
						    "/dev/sda2", "/x") WANTED("x.mount"),
		 true},
		{"-- " UNITS "y.mount --\n" MOUNT("/dev/sda2", "/x") WANTED("y.mount"), false},
		{"-- " UNITS "x.mount --\n[Unit]\nConditionPathExists=/no\n" MOUNT(
			 "/dev/sda2", "/x") WANTED("x.mount"),
		 false},
		{"-- " UNITS "x.mount --\n[Unit]\nConditionPathExists=!/no\n" MOUNT(
			 "/dev/sda2", "/x") WANTED("x.mount"),
		 true},
		{"-- " UNITS "x.mount --\n[Mount]\nWhat=LABEL=two\nWhere=/x\n" WANTED("x.mount"),
		 true},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char files[1000];
		snprintf(files, sizeof files, ROOT("") "%s", cases[i].files);
		begin();
		struct volume *root = add("p1", files);
		add("p2", "-- /file --\n2\n")->label = S("two");
		add("p3", "-- /file --\n3\n");
		const struct file *f = read_at(root_on(root), "/x/file");
		if (!str_eq(f->text, cases[i].mounts ? S("2\n") : S("")))
			fail_msg("case %zu: '%.*s' %.*s", i, ARG(f->text), ARG(f->why));
	}
}

/* They lie in what was mounted before; fstab goes before them; names are escaped. */
static void units_elsewhere(void **state)
{
	(void)state;
	begin();
	struct volume *root =
		add("p1", ROOT("/dev/sda2 /usr ext4\n/dev/sda3 /y ext4\n") "-- /x/a-b/ --\n");
	add("p2",
	    "-- /lib/systemd/system/x-a\\x2db.mount --\n" MOUNT("/dev/sda3", "/x/a-b/") "-- /lib/systemd/system/y.mount --\n" MOUNT(
		    "/dev/sda2", "/y") "-- /lib/systemd/system/z.requires/y.mount --\n"
				       "-- /lib/systemd/system/z.requires/x-a\\x2db.mount --\n");
	add("p3", "-- /file --\n3\n");
	struct rootfs *r = root_on(root);
	expect_text(r, "/x/a-b/file", "3\n", "p3");
	expect_text(r, "/y/file", "3\n", "p3");
}

/* Nobody knows what it mounts. */
static void units_untold(void **state)
{
	static const char *const files[] = {
		"-- " UNITS "x.mount --\n" MOUNT("/dev/sda2", "/x")
			WANTED("x.mount") "-- " UNITS
					  "x.mount.d/a.conf --\n[Mount]\nWhat=/dev/sda3\n",
		"-- " UNITS "x.mount --\n" MOUNT("/dev/disk/by-label/%i", "/x") WANTED("x.mount"),
		"-- " UNITS "x.mount --\n" MOUNT("/not/there.img", "/x") WANTED("x.mount"),
		"-- " UNITS "x.mount --\n" MOUNT("/etc/fstab", "/x") WANTED("x.mount"),
	};
	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		char all[1000];
		snprintf(all, sizeof all, ROOT("") "%s", files[i]);
		begin();
		struct volume *root = add("p1", all);
		add("p2", "-- /file --\n2\n");
		if (read_at(root_on(root), "/x/below")->state != FILE_UNREADABLE)
			fail_msg("case %zu", i);
	}
}

/* By depth whatever the order of lines; a bind mount shows what is mounted at its source. */
static void order_and_binds(void **state)
{
	(void)state;
	begin();
	struct volume *root = add("p1", ROOT("/x/deep/b /y none bind 0 0\n"
					     "/dev/sda3 /x/deep/ ext4\n"
					     "/dev/sda2 /x ext4\n"));
	add("p2", "-- /deep/ --\n-- /two --\n2\n");
	add("p3", "-- /b/three --\n3\n");
	struct rootfs *r = root_on(root);
	expect_text(r, "/x/two", "2\n", "p2");
	expect_text(r, "/x/deep/b/three", "3\n", "p3");
	expect_text(r, "/y/three", "3\n", "p3");
}

static void binds(void **state)
{
	(void)state;
	begin();
	struct volume *root = add("p1", ROOT("/dev/sda2 /x ext4\n/x/sub /usr/lib none bind\n"));
	add("p2", "-- /sub/two --\n2\n");
	struct rootfs *r = root_on(root);
	expect_text(r, "/usr/lib/two", "2\n", "p2");
	assert_int_equal(read_at(r, "/usr/lib/a")->state, FILE_ABSENT);
}

static void closed(void **state)
{
	static const struct {
		const char *fstab;
		enum error_kind error; /* of p2 */
		enum file_fault fault;
	} cases[] = {
		{"/dev/sda2 /x ext4\n", ERR_ENCRYPTED, FAULT_ENCRYPTED},
		{"/dev/sda2 /x ext4\n", ERR_CORRUPT, FAULT_CORRUPT},
		{"/dev/sda2 /x ext4\n", ERR_UNSUPPORTED, FAULT_UNSUPPORTED},
		{"/dev/sda2 /x ext4\n", ERR_LIMIT, FAULT_LIMIT},
		{"/dev/sda2 /x vfat\n", ERR_NONE, FAULT_UNSUPPORTED}, /* no reader for it */
		{"UUID=other /x ext4 nofail\n", ERR_CORRUPT, FAULT_IO},
		{"UUID=other /x ext4\n", ERR_ENCRYPTED, FAULT_ENCRYPTED},
		{"host:/export /x nfs\n", ERR_NONE, FAULT_IO},
		{"overlay /x overlay lowerdir=/a\n", ERR_NONE, FAULT_IO}, /* it is not there */
		{"/nowhere /x none bind\n", ERR_NONE, FAULT_IO},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char files[300];
		snprintf(files, sizeof files, ROOT("%s"), cases[i].fstab);
		begin();
		struct volume *root = add("p1", files), *v = add("p2", NULL);
		if (cases[i].error != ERR_NONE)
			(void)(fail)(&v->error, cases[i].error, "so it is");
		struct rootfs *r = root_on(root);
		static const char *const paths[] = {"/x/below", "/x/not/there"};
		for (size_t k = 0; k < 2; k++) {
			const struct file *f = read_at(r, paths[k]);
			if (f->state != FILE_UNREADABLE || f->fault != cases[i].fault)
				fail_msg("case %zu, %s: state %d, fault %d", i, paths[k], f->state,
					 f->fault);
		}
		assert_int_equal(rootfs_list(r, S("/x"))->state, FILE_UNREADABLE);
		expect_text(r, "/usr/lib/a", "root\n", "p1");
		assert_int_not_equal(rootfs_doubt(r).reason, REASON_NONE);
	}
}

static void crypttab(void **state)
{
	(void)state;
	begin();
	struct volume *root = add(
		"p1",
		ROOT("/dev/mapper/secret /x ext4\n") "-- /etc/crypttab --\nsecret /dev/sda3 none luks\n");
	add("p2", "-- /file --\nhere\n");
	struct volume *v = add("p3", NULL);
	(void)(fail)(&v->error, ERR_ENCRYPTED, "LUKS2");
	const struct file *f = read_at(root_on(root), "/x/file");
	assert_int_equal(f->fault, FAULT_ENCRYPTED);
	assert_true(str_has(f->why, S("p3")));
}

static void by_type(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		begin();
		struct volume *root =
			add("p1", i == 1   ? "-- /etc/fstab --\n/dev/sda3 /var ext4\n-- /var/ --\n"
				  : i == 2 ? "-- /var/here --\nroot\n-- /etc/ --\n"
					   : "-- /var/ --\n-- /etc/ --\n");
		struct volume *v = add("p2", "-- /here --\nvolume\n");
		add("p3", "-- /here --\nfstab\n");
		v->type = S("4d21b016-b534-45c2-a9fb-5c16e091fd2d");
		v->attributes = i == 3 ? 1ull << 63 : 0;
		const struct file *f = read_at(root_on(root), "/var/here");
		assert_true(str_eq(f->text, i == 0   ? S("volume\n")
					    : i == 1 ? S("fstab\n")
					    : i == 2 ? S("root\n")
						     : S("")));
	}
}

static void by_architecture(void **state)
{
	(void)state;
	begin();
	struct volume *root = add("p1", "-- /usr/ --\n-- /etc/ --\n");
	struct volume *x86 = add("p2", "-- /here --\nx86-64\n");
	struct volume *arm = add("p3", "-- /here --\narm64\n");
	root->type = S("b921b045-1df0-41c3-af44-4c6f280d3fae");
	x86->type = S("8484680c-9521-48c6-9c11-b0720656f69e");
	arm->type = S("b0e01050-ee5f-4390-949a-9101b17104e9");
	expect_text(root_on(root), "/usr/here", "arm64\n", "p3");
	root->type = S("4f68bce3-e8cd-4db1-96e7-fbcaf984b709");
	layers = (struct layers){0};
	expect_text(root_on(root), "/usr/here", "x86-64\n", "p2");
}

/* The UUID is what systemd-id128 --app-specific= gives for this machine and type. */
static void by_machine(void **state)
{
	static const struct {
		const char *id, *uuid;
		bool mounts;
	} cases[] = {
		{"3d1219c7c4c5404aaa1f6d2a48adfda4", "24e43059-9734-49cd-a32e-bcae30d648ed", true},
		{"3d1219c7c4c5404aaa1f6d2a48adfda4", "24E43059-9734-49CD-A32E-BCAE30D648ED", true},
		{"3d1219c7c4c5404aaa1f6d2a48adfda5", "24e43059-9734-49cd-a32e-bcae30d648ed", false},
		{"3d1219c7c4c5404aaa1f6d2a48adfda4", "24e43059-9734-49cd-a32e-bcae30d648ee", false},
		{"uninitialized", "24e43059-9734-49cd-a32e-bcae30d648ee", true},
		{"", "24e43059-9734-49cd-a32e-bcae30d648ee", true},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char files[200];
		snprintf(files, sizeof files, "-- /var/ --\n-- /etc/machine-id --\n%s\n",
			 cases[i].id);
		begin();
		struct volume *root = add("p1", files), *v = add("p2", "-- /here --\nvolume\n");
		v->type = S("4d21b016-b534-45c2-a9fb-5c16e091fd2d");
		v->partuuid = str_from(cases[i].uuid);
		const struct file *f = read_at(root_on(root), "/var/here");
		if ((f->state == FILE_OK) != cases[i].mounts)
			fail_msg("case %zu", i);
	}
}

static void overlays_on_top(void **state)
{
	static const struct fs_options none;
	struct error e = {0};
	(void)state;
	begin();
	struct volume *root = add("p1", ROOT("/dev/sda2 /x ext4\n"));
	add("p2", "-- /file --\nhere\n-- /other --\nother\n");
	layers.disk = disk;
	layers.root = root;
	*vec_push(arena, &layers) = (struct layer){.fs = root->fs, .label = root->name};
	struct str text = S("-- /x/file --\nover\n-- /x/gone absent --\n");
	*vec_push(arena, &layers) = (struct layer){
		.fs = fs_open_txtar(arena, blob_memory(arena, S("o"), text), &none, &e),
		.label = S("over")};
	struct rootfs *r = rootfs_new(arena, &layers, &notes);
	expect_text(r, "/x/file", "over\n", "over");
	expect_text(r, "/x/other", "other\n", "p2");
	expect_text(r, "/usr/lib/a", "root\n", "p1");
}

static void stale_trees(void **state)
{
	(void)state;
	begin();
	struct volume *root = add("p1", ROOT("/dev/sda2 /x ext4\n"));
	struct volume *v = add("p2", "-- /file --\nhere\n");
	v->fs->stale = S("its log is dirty");
	struct rootfs *r = root_on(root);
	(void)read_at(r, "/usr/lib/a");
	assert_int_equal(rootfs_stale(r).reason, REASON_NONE); /* nobody looked there */
	(void)read_at(r, "/x/not/there");
	assert_int_equal(rootfs_stale(r).reason, REASON_UNREADABLE);
	assert_true(str_eq(rootfs_stale(r).text, S("p2: its log is dirty")));
	begin();
	root = add("p1", ROOT(""));
	root->fs->stale = S("its log is dirty");
	r = root_on(root);
	(void)read_at(r, "/anything");
	assert_int_equal(rootfs_stale(r).reason, REASON_UNREADABLE);
}

/* What is on the disk and cannot be read counts although nothing is mounted of it. */
static void unread_volumes(void **state)
{
	(void)state;
	begin();
	struct volume *root = add("p1", ROOT(""));
	struct rootfs *r = root_on(root);
	assert_int_equal(rootfs_doubt(r).reason, REASON_NONE);
	begin();
	root = add("p1", ROOT(""));
	(void)(fail)(&add("p2", NULL)->error, ERR_ENCRYPTED, "LUKS2");
	r = root_on(root);
	assert_int_equal(rootfs_doubt(r).reason, REASON_ENCRYPTED);
	assert_int_equal(rootfs_stale(r).reason, REASON_NONE);
	begin();
	(void)(fail)(&add("p1", NULL)->error, ERR_CORRUPT, "no");
	r = root_on(NULL);
	assert_int_equal(read_at(r, "/etc/fstab")->state, FILE_ABSENT);
	assert_int_equal(rootfs_doubt(r).reason, REASON_CORRUPT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),           cmocka_unit_test(logical_names),
		cmocka_unit_test(not_mounted),     cmocka_unit_test(first_line_counts),
		cmocka_unit_test(memory),          cmocka_unit_test(overlay_of_many),
		cmocka_unit_test(units),           cmocka_unit_test(units_elsewhere),
		cmocka_unit_test(units_untold),    cmocka_unit_test(by_machine),
		cmocka_unit_test(by_architecture), cmocka_unit_test(order_and_binds),
		cmocka_unit_test(binds),           cmocka_unit_test(closed),
		cmocka_unit_test(crypttab),        cmocka_unit_test(by_type),
		cmocka_unit_test(overlays_on_top), cmocka_unit_test(stale_trees),
		cmocka_unit_test(unread_volumes),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
