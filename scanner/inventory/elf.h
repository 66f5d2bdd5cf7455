/*
 * elf.h - where the bytes of a program lie in its file and in memory; private to inventory/.
 */
#ifndef ELF_H
#define ELF_H

#include "str.h"

enum { ELF_SEGMENTS_MAX = 32, ELF_HEAD = 4096 };

struct segment {
	uint64_t at, address, n; /* in the file, in memory, bytes in the file */
	bool writable, executable;
};

struct elf {
	bool wide, big; /* 64 bits; the highest byte first */
	struct segment segments[ELF_SEGMENTS_MAX];
	size_t n;
	uint64_t sections_at; /* the table of sections; 0: none */
	unsigned sections_n, section_size;
};

/* Of the first bytes of a file, which must hold the program headers. */
bool elf_parse(struct str head, struct elf *out);

size_t elf_word_size(const struct elf *elf);
uint64_t elf_word(const struct elf *elf, const char *p);

/* Where `n` bytes in memory lie in the file; false where they do not. */
bool elf_place(const struct elf *elf, uint64_t address, uint64_t n, uint64_t *at);

#endif
