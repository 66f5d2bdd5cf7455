/* rootfs/fstab.c: lines as fstab(5) has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "../../scanner/rootfs/fstab.h"
#include "arena.h"
#include "fixture.h"
#include "reason.h"

#include <cmocka.h>

static struct fstab parsed(struct str text)
{
	struct file *f = NEW(arena, struct file);
	*f = (struct file){.path = S("/etc/fstab"), .text = text, .size = text.n};
	return fstab_parse(arena, f);
}

static void lines(void **state)
{
	static const struct {
		const char *text;
		const char *spec, *dir, *type, *options; /* spec NULL: no line */
	} cases[] = {
		{"/dev/sda1 / ext4 defaults 0 1", "/dev/sda1", "/", "ext4", "defaults"},
		{"\t UUID=1\t/x \text4\n", "UUID=1", "/x", "ext4", ""},
		{"LABEL=a\\040b /with\\040blank\\011tab ext4 rw", "LABEL=a b", "/with blank\ttab",
		 "ext4", "rw"},
		{"UUID=\"1-2\" /x vfat", "UUID=1-2", "/x", "vfat", ""},
		{"LABEL='a' /x vfat", "LABEL=a", "/x", "vfat", ""},
		{"/a\\134b /x\\ \\04 ext4", "/a\\b", "/x\\", "\\04", "ext4"},
		{"/dev/a /b ext4 rw 0 0\r\n", "/dev/a", "/b", "ext4", "rw"},
		{"# /dev/a /b ext4", NULL, NULL, NULL, NULL},
		{"   # /dev/a /b ext4", NULL, NULL, NULL, NULL},
		{"/dev/a /b", NULL, NULL, NULL, NULL},
		{"", NULL, NULL, NULL, NULL},
		{"\n\n \n", NULL, NULL, NULL, NULL},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fstab f = parsed(str_from(cases[i].text));
		if (f.n != (cases[i].spec ? 1 : 0))
			fail_msg("'%s': %zu lines", cases[i].text, f.n);
		if (!f.n)
			continue;
		const struct fstab_line *l = f.at;
		if (!str_eq(l->spec, str_from(cases[i].spec)) ||
		    !str_eq(l->dir, str_from(cases[i].dir)) ||
		    !str_eq(l->type, str_from(cases[i].type)) ||
		    !str_eq(l->options, str_from(cases[i].options)))
			fail_msg("'%s': %.*s|%.*s|%.*s|%.*s", cases[i].text, (int)l->spec.n,
				 l->spec.p, (int)l->dir.n, l->dir.p, (int)l->type.n, l->type.p,
				 (int)l->options.n, l->options.p);
	}
}

static void options(void **state)
{
	struct fstab f = parsed(S("a /b btrfs rw,subvol=@/x=y,noauto,compress="));
	struct str value;
	(void)state;
	assert_true(fstab_option(f.at, S("subvol"), &value) && str_eq(value, S("@/x=y")));
	assert_true(fstab_option(f.at, S("noauto"), &value) && value.n == 0);
	assert_true(fstab_option(f.at, S("compress"), &value) && value.n == 0);
	assert_false(fstab_option(f.at, S("auto"), &value));
	assert_false(fstab_option(f.at, S("sub"), &value));
}

/* As systemd-fstab-generator links the units that it makes of such lines, or does not. */
static void mounting(void **state)
{
	static const struct {
		const char *options;
		bool mounts;
	} cases[] = {
		{"defaults", true},
		{"", true},
		{"noauto", false},
		{"nofail,x-systemd.growfs", true},
		{"noauto,x-systemd.automount", true},
		{"x-systemd.automount,noauto", true},
		{"noauto,auto", true},
		{"auto,noauto", false},
		{"noauto,x-systemd.wanted-by=a.service", false}, /* nobody knows when */
		{"notauto", true},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fstab_line line = {.options = str_from(cases[i].options)};
		if (fstab_mounts(&line) != cases[i].mounts)
			fail_msg("%s", cases[i].options);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(options),
		cmocka_unit_test(mounting),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
