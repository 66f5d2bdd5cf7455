/* blob/pe.c: sections by hand-made headers, by the layout of "PE Format" (Microsoft). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "blob.h"
#include "fixture.h"

#include <cmocka.h>

enum { PE = 0x80, SECTIONS = PE + 24 + 16, FILE_SIZE = 2048 };

static unsigned char file[FILE_SIZE];

static void put(size_t at, uint64_t value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		file[at + i] = (unsigned char)(value >> 8 * i);
}

static void put_section(unsigned i, const char *name, uint32_t used, uint32_t place, uint32_t at)
{
	size_t p = SECTIONS + 40 * i;
	memcpy(file + p, name, strlen(name));
	put(p + 8, used, 4);
	put(p + 16, place, 4);
	put(p + 20, at, 4);
}

static void make(void)
{
	memset(file, 0, sizeof file);
	memcpy(file, "MZ", 2);
	put(0x3c, PE, 4);
	memcpy(file + PE, "PE\0\0", 4);
	put(PE + 6, 3, 2);
	put(PE + 20, 16, 2);
	put_section(0, ".text", 10, 512, 512);
	put_section(1, ".initrd", 6, 512, 1024);
	put_section(2, ".text.2", 0, 512, 1536);
	memcpy(file + 1024, "initrd and padding", 18);
}

static struct blob *section(const char *name, struct error *e)
{
	struct blob *out = NULL;
	struct str bytes = {(const char *)file, sizeof file};
	struct blob *b = blob_memory(arena, S("file"), bytes);
	return blob_pe_section(arena, b, str_from(name), &out, e) ? out : NULL;
}

static void sections(void **state)
{
	struct error e = {0};
	struct str text;
	(void)state;
	make();
	struct blob *b = section(".initrd", &e);
	assert_non_null(b);
	assert_true(blob_slurp(arena, b, 100, &text, &e) && str_eq(text, S("initrd")));
	assert_null(section(".text.", &e));
	/* a name of eight bytes has no NUL; no size in memory: that in the file */
	put_section(2, ".cmdline", 0, 512, 1536);
	assert_int_equal(section(".cmdline", &e)->size, 512);
	assert_null(section(".ucode", &e));
	assert_int_equal(e.kind, ERR_NONE);
}

static void not_a_program(void **state)
{
	static const struct {
		size_t at, n;
		uint64_t value;
	} lies[] = {
		{0, 1, 'm'},     {0x3c, 4, 0xfffffff0}, {0x3c, 4, FILE_SIZE - 2}, {PE, 1, 'p'},
		{PE + 6, 2, 97}, {PE + 6, 2, 0},        {PE + 20, 2, 0xffff},
	};
	struct error e = {0};
	(void)state;
	for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
		make();
		put(lies[i].at, lies[i].value, lies[i].n);
		if (section(".initrd", &e) || e.kind != ERR_NONE)
			fail_msg("lie %zu: %s", i, e.text);
	}
}

static void over_the_end(void **state)
{
	struct error e = {0};
	(void)state;
	make();
	put_section(1, ".initrd", 0xffffffff, 0xffffffff, 0xffffffff);
	assert_null(section(".initrd", &e));
	assert_int_equal(e.kind, ERR_CORRUPT);
	assert_string_equal(e.text, "section .initrd: runs over the end of its file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections),
		cmocka_unit_test(not_a_program),
		cmocka_unit_test(over_the_end),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
