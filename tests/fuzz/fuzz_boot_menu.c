/*
 * fuzz_boot_menu.c - any bytes as the name and text of a boot entry, GRUB's configuration and
 * environment, loader.conf, and the file that says how /etc is mounted, beside an entry that is
 * whole. What holds for every input: one of the two deployments is the root, another number is
 * another deployment, and the name in its /etc is there or cannot be told; it never is absent.
 */
#include <stdint.h>
#include <stdlib.h>

#include "captured.h"
#include "fuzzed.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static struct str file_name(struct arena *a, struct str text)
{
	struct str name = str_dup(a, str_slice(text, 0, text.n < 40 ? text.n : 40));
	char *p = NEW_N(a, char, name.n + 1);
	for (size_t i = 0; i < name.n; i++)
		p[i] = name.p[i] > ' ' && name.p[i] < 127 && name.p[i] != '/' ? name.p[i] : '_';
	return (struct str){p, name.n};
}

static struct str capture_of(struct arena *a, struct str rest)
{
	struct str name = file_name(a, captured_part(&rest)), entry = captured_part(&rest),
		   grub = captured_part(&rest);
	struct str env = captured_part(&rest), conf = captured_part(&rest);
	return str_fmt(
		a,
		"-- /ostree/deploy/os/deploy/aa.0/etc/name --\nA\n"
		"-- /ostree/deploy/os/deploy/bb.0/etc/name --\nB\n"
		"-- /ostree/boot.1/os/cc/0 -> ../../../deploy/os/deploy/aa.0 --\n"
		"-- /ostree/boot.1/os/cc/1 -> ../../../deploy/os/deploy/bb.0 --\n"
		"-- /boot/loader/entries/whole-1.conf --\ntitle Whole\nversion 1\n"
		"options ostree=/ostree/boot.1/os/cc/0\n"
		"-- /boot/loader/entries/e%" PRIstr ".conf hex --\n%" PRIstr
		"-- /boot/grub2/grub.cfg hex --\n%" PRIstr "-- /boot/grub2/grubenv hex --\n%" PRIstr
		"-- /boot/efi/loader/loader.conf hex --\n%" PRIstr
		"-- /ostree/deploy/os/deploy/aa.0/usr/lib/ostree/prepare-root.conf hex --\n"
		"%" PRIstr,
		ARG(name), ARG(captured_hex(a, entry)), ARG(captured_hex(a, grub)),
		ARG(captured_hex(a, env)), ARG(captured_hex(a, conf)), ARG(captured_hex(a, rest)));
}

/* 'A', 'B', or 0 where it cannot be read. */
static char name_of(struct rootfs *root)
{
	const struct file *f = rootfs_read(root, S("/etc/name"));
	if (f->state == FILE_ABSENT || !rootfs_deployment(root).n)
		abort();
	return f->state == FILE_OK ? f->text.p[0] : 0;
}

static void look(struct arena *a, struct str bytes)
{
	struct str text = capture_of(a, bytes);
	struct rootfs *first = captured_root_or_none(a, text);
	if (!first)
		return;
	size_t offered = rootfs_deployments(first);
	char name = name_of(first), other = name_of(captured_deployment(a, text, S("1")));
	if (offered < 1 || offered > 2 || (name && name == other) ||
	    name != name_of(captured_deployment(a, text, S("0"))))
		abort();
}

static void run(struct arena *a, const uint8_t *bytes, size_t size)
{
	look(a, (struct str){(const char *)bytes, size});
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	return size > 1 << 16 ? 0 : fuzzed(256 << 20, run, bytes, size);
}
