/*
 * elf.c - the header of a program to its loaded segments (System V ABI, ELF-32 and ELF-64, either
 * byte order). Only what is needed to follow a pointer; sections are found, not read. Not
 * supported: more than 32 loaded segments, program headers behind the first 4096 bytes.
 */
#include "elf.h"

#include "bytes.h"

enum { PT_LOAD = 1, PF_X = 1, PF_W = 2 };

/* Of n = 2, 4 or 8 bytes. */
static uint64_t number(const struct elf *elf, const char *p, size_t n)
{
	uint64_t v = 0;
	for (size_t i = 0; i < n; i++)
		v = v << 8 | (unsigned char)p[elf->big ? i : n - 1 - i];
	return v;
}

size_t elf_word_size(const struct elf *elf)
{
	return elf->wide ? 8 : 4;
}

uint64_t elf_word(const struct elf *elf, const char *p)
{
	return number(elf, p, elf_word_size(elf));
}

static void add_segment(struct elf *elf, const char *p)
{
	bool wide = elf->wide;
	uint64_t flags = number(elf, p + (wide ? 4 : 24), 4);
	if (number(elf, p, 4) != PT_LOAD || elf->n == ELF_SEGMENTS_MAX)
		return;
	elf->segments[elf->n++] = (struct segment){
		.at = elf_word(elf, p + (wide ? 8 : 4)),
		.address = elf_word(elf, p + (wide ? 16 : 8)),
		.n = elf_word(elf, p + (wide ? 32 : 16)),
		.writable = flags & PF_W,
		.executable = flags & PF_X,
	};
}

bool elf_parse(struct str head, struct elf *out)
{
	struct elf elf = {0};
	if (head.n < 64 || !str_starts(head, S("\x7f"
					       "ELF")))
		return false;
	elf.wide = head.p[4] == 2;
	elf.big = head.p[5] == 2;
	uint64_t at = elf_word(&elf, head.p + (elf.wide ? 32 : 28));
	const char *sizes = head.p + (elf.wide ? 54 : 42);
	uint64_t size = number(&elf, sizes, 2), n = number(&elf, sizes + 2, 2);
	if (size < (elf.wide ? 56u : 32u) || !within(at, size * n, head.n))
		return false;
	elf.sections_at = elf_word(&elf, head.p + (elf.wide ? 40 : 32));
	elf.section_size = (unsigned)number(&elf, sizes + 4, 2);
	elf.sections_n = (unsigned)number(&elf, sizes + 6, 2);
	for (uint64_t i = 0; i < n; i++)
		add_segment(&elf, head.p + at + i * size);
	*out = elf;
	return elf.n > 0;
}

bool elf_place(const struct elf *elf, uint64_t address, uint64_t n, uint64_t *at)
{
	for (size_t i = 0; i < elf->n; i++) {
		const struct segment *s = &elf->segments[i];
		if (address >= s->address && within(address - s->address, n, s->n))
			return add_u64(s->at, address - s->address, at);
	}
	return false;
}
