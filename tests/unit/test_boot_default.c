/*
 * test_boot_default.c - what boot loaders keep beside their menu: which of two deployments starts.
 * The texts are as grub-mkconfig (00_header), greenboot (08_fallback_counting), bootupd and
 * systemd-boot have them; what follows from them is by the GRUB manual, "Environment block" and
 * "default", and loader.conf(5).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "captured.h"
#include "fixture.h"

#include <cmocka.h>

#define DEPLOY "/ostree/deploy/os/deploy/"
#define ENTRY(file, title, link, more) \
	"-- /boot/loader/entries/" file ".conf --\ntitle " title \
	"\nversion 1\noptions ostree=/ostree/boot.1/os/cc/" link "\n" more
/* A is the first by its name. */
#define MENU(more_a, more_b) \
	"-- " DEPLOY "aa.0/etc/name --\nA\n-- " DEPLOY "bb.0/etc/name --\nB\n" \
	"-- /ostree/boot.1/os/cc/0 -> ../../../deploy/os/deploy/aa.0 --\n" \
	"-- /ostree/boot.1/os/cc/1 -> ../../../deploy/os/deploy/bb.0 --\n" ENTRY( \
		"ostree-2", "New (1)", "0", more_a) ENTRY("ostree-1", "Old", "1", more_b)
#define TWO MENU("", "")
#define GRUB "-- /boot/grub2/"
#define MKCONFIG(usual) \
	GRUB "grub.cfg --\nif [ -s $prefix/grubenv ]; then\n  load_env\nfi\n" \
	     "if [ \"${next_entry}\" ] ; then\n   set default=\"${next_entry}\"\n" \
	     "   set next_entry=\n   save_env next_entry\n   set boot_once=true\nelse\n" \
	     "   set default=\"" usual "\"\nfi\n"
#define COUNTING \
	"if [ -n \"${boot_counter}\" -a \"${boot_success}\" = \"0\" ]; then\n" \
	"  if  [ \"${boot_counter}\" = \"0\" -o \"${boot_counter}\" = \"-1\" ]; then\n" \
	"    set default=1\n    set boot_counter=-1\n  else\n    decrement boot_counter\n  fi\n" \
	"  save_env boot_counter\nfi\n"
#define BLS "blscfg\n"
#define OWN(title, link) \
	"menuentry '" title "' --class gnu-linux $menuentry_id_option 'id-" link \
	"' {\n\tload_video\n\tlinux /ostree/os-cc/vmlinuz quiet ostree=/ostree/boot.1/os/cc/" link \
	"\n\tinitrd /x\n}\n"
#define BOOTUPD GRUB "grub.cfg --\nload_env\nset default=\"${saved_entry}\"\n" BLS
#define ENV(text) GRUB "grubenv --\n# GRUB Environment Block\n" text "##########\n"
#define CONF(text) "-- /boot/efi/loader/loader.conf --\ntimeout 3\n" text

struct row {
	const char *capture;
	const char *starts; /* "A" or "B", "?" behind it where that is a guess */
	const char *by;     /* the file that tells */
};

static const struct row rows[] = {
	{TWO, "A", ""},
	{TWO BOOTUPD, "A", ""},
	{TWO BOOTUPD ENV("saved_entry=ostree-1\n"), "B", "/boot/grub2/grubenv"},
	{TWO BOOTUPD ENV("saved_entry=ostree-2\n"), "A", ""},
	{TWO BOOTUPD ENV("saved_entry=Old\n"), "B", "/boot/grub2/grubenv"},
	{TWO BOOTUPD ENV("saved_entry=1\n"), "B", "/boot/grub2/grubenv"},
	{TWO BOOTUPD ENV("saved_entry=0\n"), "A", ""},
	{TWO BOOTUPD ENV("saved_entry=\n"), "A", ""},
	{TWO BOOTUPD ENV("saved_entry=gone\n"), "A", ""},
	{TWO BOOTUPD ENV("saved_entry=7\n"), "A", ""},
	/* It does not ask for this one. */
	{TWO BOOTUPD ENV("next_entry=ostree-1\n"), "A", ""},
	{TWO MKCONFIG("${saved_entry}") BLS ENV("next_entry=ostree-1\nsaved_entry=ostree-2\n"), "B",
	 "/boot/grub2/grubenv"},
	{TWO MKCONFIG("${saved_entry}") BLS ENV("next_entry=\nsaved_entry=ostree-1\n"), "B",
	 "/boot/grub2/grubenv"},
	{TWO MKCONFIG("0") BLS ENV("saved_entry=ostree-1\n"), "A", ""},
	{TWO MKCONFIG("0") BLS ENV("next_entry=1\n"), "B", "/boot/grub2/grubenv"},
	{TWO MKCONFIG("1") BLS, "B", ""},
	/* Counted boots. */
	{TWO MKCONFIG("${saved_entry}") COUNTING BLS ENV("boot_counter=0\nboot_success=0\n"), "B",
	 "/boot/grub2/grubenv"},
	{TWO MKCONFIG("${saved_entry}") COUNTING BLS ENV("boot_counter=-1\nboot_success=0\n"), "B",
	 "/boot/grub2/grubenv"},
	{TWO MKCONFIG("${saved_entry}") COUNTING BLS ENV("boot_counter=2\nboot_success=0\n"), "A",
	 ""},
	{TWO MKCONFIG("${saved_entry}") COUNTING BLS ENV("boot_counter=0\nboot_success=1\n"), "A",
	 ""},
	{TWO MKCONFIG("${saved_entry}") COUNTING BLS ENV("boot_counter=0\n"), "A", ""},
	{TWO MKCONFIG("${saved_entry}") BLS ENV("boot_counter=0\nboot_success=0\n"), "A", ""},
	/* GRUB does not know sort-key and tries. */
	{MENU("", "sort-key a\n"), "B", ""},
	{MENU("", "sort-key a\n") BOOTUPD, "A", ""},
	/* Entries that stand in the configuration: another system's, then those that ostree lists
	 * for a GRUB without blscfg. */
	{TWO MKCONFIG("2") BLS "menuentry 'Windows' {\n}\n", "A", ""},
	{TWO MKCONFIG("Windows") BLS "menuentry 'Windows' {\n}\n", "A", ""},
	{TWO MKCONFIG("1") BLS "menuentry 'UEFI Firmware Settings' {\n}\n", "B", ""},
	{TWO MKCONFIG("2") "menuentry 'Windows' {\n}\n" BLS, "A", ""},
	{TWO MKCONFIG("0") OWN("Old", "1") OWN("New", "0"), "B", ""},
	{TWO MKCONFIG("1") OWN("Old", "1") OWN("New", "0"), "A", ""},
	{TWO MKCONFIG("id-0") OWN("Old", "1") OWN("New", "0"), "A", ""},
	{TWO MKCONFIG("0") "submenu 'More' {\n" OWN("Old", "1") "}\n" OWN("New", "0"), "A", ""},
	{TWO MKCONFIG("1") "submenu 'More' {\n" OWN("New", "0") "}\n" OWN("Old", "1"), "B", ""},
	{TWO MKCONFIG("0") GRUB "custom.cfg --\n" OWN("Old", "1"), "B", ""},
	{TWO MKCONFIG("Sub>Old") BLS, "A?", ""},
	{TWO MKCONFIG("${mine}") BLS, "A?", ""},
	/* No configuration is at hand. */
	{TWO ENV("saved_entry=ostree-1\n"), "B?", "/boot/grub2/grubenv"},
	{TWO ENV("kernelopts=x\n"), "A", ""},
	{TWO "-- /boot/efi/EFI/fedora/grub.cfg --\nset default=\"${saved_entry}\"\n" BLS
	     "-- /boot/efi/EFI/fedora/grubenv --\nsaved_entry=ostree-1\n",
	 "B", "/boot/efi/EFI/fedora/grubenv"},
	/* systemd-boot */
	{TWO CONF("default ostree-1.conf\n"), "B", "/boot/efi/loader/loader.conf"},
	{TWO CONF("default OSTREE-1*\n"), "B", "/boot/efi/loader/loader.conf"},
	{TWO CONF("default\t *-1.c?nf \n"), "B", "/boot/efi/loader/loader.conf"},
	{TWO CONF("default ostree-*\n"), "A", ""},
	{TWO CONF("default ostree-1\n"), "A", ""},
	{TWO CONF("#default ostree-1.conf\n"), "A", ""},
	{TWO CONF("default ostree-[1].conf\n"), "A?", ""},
	{TWO CONF("default @saved\n"), "A?", ""},
	{TWO "-- /efi/loader/loader.conf --\ndefault *-1.conf\n", "B", "/efi/loader/loader.conf"},
	/* Both loaders are there, and nothing tells which of them the firmware starts. */
	{TWO CONF("default ostree-1.conf\n") BOOTUPD, "B?", "/boot/efi/loader/loader.conf"},
	{TWO CONF("default ostree-1.conf\n") BOOTUPD ENV("saved_entry=1\n"), "B",
	 "/boot/efi/loader/loader.conf"},
	{TWO GRUB "grubenv unreadable=io --\nInput/output error\n", "A?", ""},
};

static void defaults(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct rootfs *root = captured_root(arena, str_from(rows[i].capture));
		struct str name = rootfs_read(root, S("/etc/name"))->text;
		struct str why = rootfs_deployment(root), head, by;
		str_cut(why, ',', &head, &by);
		bool guess = strlen(rows[i].starts) > 1, told = false;
		for (size_t k = 0; k < rootfs_notes(root)->n; k++)
			told |= str_has(rootfs_notes(root)->at[k].text, S("is a guess"));
		bool right = strlen(rows[i].by)
				     ? str_ends(why, str_fmt(arena, ", by %s", rows[i].by))
				     : !str_has(why, S(", by "));
		if (name.n < 1 || name.p[0] != rows[i].starts[0] || told != guess || !right)
			fail_msg("row %zu: '%.*s', %.*s, guess %d", i, ARG(name), ARG(why), told);
		assert_int_equal(rootfs_deployments(root), 2);
	}
}

/* What bootc lays on a disk with either loader; its own tests have the same menus. */
#define DIGEST_A "7e11ac46e3e022053e7226a20104ac657e11ac46e3e022053e7226a20104ac65"
#define DIGEST_B "febdf62805de2ae7b6b597f2a9775d9cfebdf62805de2ae7b6b597f2a9775d9c"
#define BOOTC "-- /state/deploy/" DIGEST_A "/etc/ --\n-- /state/deploy/" DIGEST_B "/etc/ --\n"
#define CHAIN(title, digest) \
	"menuentry \"bootc: (" title ")\" {\n    insmod fat\n    insmod chain\n    chainloader " \
	"/EFI/Linux/bootc/bootc_composefs-" digest ".efi\n}\n"
#define TYPE1(file, version, key, digest) \
	"-- /boot/loader/" file ".conf --\ntitle bootc\nversion " version "\nsort-key " key \
	"\noptions rw composefs=" digest "\n"

static void bootc_menus(void **state)
{
	static const struct {
		const char *capture, *first;
		size_t offered;
	} menus[] = {
		{BOOTC GRUB "grub.cfg --\n" BLS TYPE1("entries/bootc_os-1-0", "1", "0", DIGEST_A)
			 TYPE1("entries/bootc_os-2-1", "2", "9", DIGEST_B),
		 DIGEST_B, 2},
		{BOOTC GRUB "user.cfg --\n" CHAIN("1", DIGEST_A) CHAIN("2", DIGEST_B), DIGEST_A, 2},
		{BOOTC TYPE1("entries/a", "1", "2", DIGEST_A) TYPE1("entries/b", "2", "1", DIGEST_B)
			 TYPE1("entries.staged/c", "3", "0", DIGEST_A),
		 DIGEST_B, 2},
		{BOOTC TYPE1("entries/b", "1", "2", DIGEST_A), DIGEST_A, 1},
		/* A system that came from ostree has both for a while. */
		{BOOTC TWO TYPE1("entries/bootc_os-1-0", "1", "0", DIGEST_B), DIGEST_B, 3},
		{BOOTC TWO GRUB
		 "grub.cfg --\n" BLS TYPE1("entries/bootc_os-1-0", "1", "0", DIGEST_B),
		 "/aa.0", 3},
	};
	(void)state;
	for (size_t i = 0; i < sizeof menus / sizeof *menus; i++) {
		struct rootfs *root = captured_root(arena, str_from(menus[i].capture));
		struct str path, rest;
		str_cut(rootfs_deployment(root), ',', &path, &rest);
		if (!str_ends(path, str_from(menus[i].first)) ||
		    rootfs_deployments(root) != menus[i].offered)
			fail_msg("menu %zu: %.*s, %zu", i, ARG(rootfs_deployment(root)),
				 rootfs_deployments(root));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(defaults),
					   cmocka_unit_test(bootc_menus)};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
