/*
 * fuzz_partitions.c - any bytes as a disk: GPT, MBR, LVM, El Torito and signatures. Checksums are
 * made right first, so that what they protect is met too. Beyond not crashing: volumes have names,
 * bytes or an error, and what is read of them lies inside of them.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../scanner/image/disk.h"
#include "arena.h"
#include "bytes.h"
#include "crc32.h"
#include "fuzzed.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void put_le32(unsigned char *p, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> 8 * i);
}

static void sign_gpt(unsigned char *p, size_t n, size_t block)
{
	unsigned char *h = p + block;
	if (n < 2 * block || memcmp(h, "EFI PART", 8) != 0)
		return;
	uint64_t at = load_le64(h + 72), all = (uint64_t)load_le32(h + 80) * load_le32(h + 84);
	uint32_t header = load_le32(h + 12);
	if (mul_u64(at, block, &at) && within(at, all, n))
		put_le32(h + 88, ~crc32_bare(~0u, p + at, (size_t)all));
	put_le32(h + 16, 0);
	if (header <= block)
		put_le32(h + 16, ~crc32_bare(~0u, h, header));
}

static void sign_area(unsigned char *p, size_t n, uint64_t at)
{
	if (!within(at, 512, n))
		return;
	unsigned char *h = p + at;
	uint64_t text = load_le64(h + 40), length = load_le64(h + 48);
	if (within(text, length, n - at))
		put_le32(h + 56, crc32_bare(0xF597A6CF, h + text, (size_t)length));
	put_le32(h, crc32_bare(0xF597A6CF, h + 4, 508));
}

static void sign_lvm(unsigned char *p, size_t n)
{
	if (n < 1024 || memcmp(p + 512, "LABELONE", 8) != 0)
		return;
	for (size_t at = 512 + 72; at + 8 <= 1024; at += 16)
		sign_area(p, n, load_le64(p + at));
	put_le32(p + 512 + 16, crc32_bare(0xF597A6CF, p + 512 + 20, 492));
}

static void look_at(struct arena *a, const struct volume *v)
{
	struct signature s;
	struct error e = {0};
	char piece[64];
	size_t got = 0;
	if (!v->name.n || (!v->blob && v->error.kind == ERR_NONE))
		abort();
	if (!v->blob)
		return;
	(void)signature_of(a, v->blob, true, &s, &e);
	for (uint64_t at = 0; at < 4; at++) {
		uint64_t from = v->blob->size / 4 * at;
		if (v->blob->read(v->blob, from, piece, sizeof piece, &got, &e) &&
		    (got > sizeof piece || !within(from, got, v->blob->size)))
			abort();
	}
}

static void read_disk(struct arena *a, unsigned char *p, size_t n)
{
	struct blob *b = blob_memory(a, S("disk"), (struct str){(char *)p, n});
	struct boot_images images = {0};
	struct disk disk = {0};
	struct error e = {0};
	bool found;
	(void)eltorito_read(a, b, &images, &e);
	for (size_t i = 0; i < images.n; i++)
		if (images.at[i]->size > n)
			abort();
	(void)gpt_read(a, b, &disk, &found, &e);
	(void)mbr_read(a, b, &disk, &found, &e);
	*vec_push(a, &disk.volumes) = (struct volume){.name = S("disk"), .blob = b, .size = n};
	for (size_t i = 0; i < disk.volumes.n; i++)
		disk.volumes.at[i].holds = S(LVM_MEMBER);
	for (size_t i = 0; i < disk.volumes.n; i++)
		if (!disk.volumes.at[i].blob)
			disk.volumes.at[i].holds = S("unknown");
	lvm_read(a, &disk);
	for (size_t i = 0; i < disk.volumes.n; i++)
		look_at(a, &disk.volumes.at[i]);
}

static void run(struct arena *a, const uint8_t *bytes, size_t size)
{
	unsigned char *p = NEW_N(a, unsigned char, size + 1);
	memcpy(p, bytes, size);
	sign_gpt(p, size, 512);
	sign_gpt(p, size, 4096);
	sign_lvm(p, size);
	read_disk(a, p, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	return size > 1 << 16 ? 0 : fuzzed(256 << 20, run, bytes, size);
}
