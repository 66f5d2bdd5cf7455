/*
 * crc32.h - the checksum of partition tables, LVM and the frames of compressors: CRC-32 with the
 * polynomial of ISO 3309.
 */
#ifndef CRC32_H
#define CRC32_H

#include <stddef.h>
#include <stdint.h>

/* The bare register, so that pieces can follow each other and each user can invert as it does: the
 * checksum of zip and zlib is ~crc32_bare(~0u, p, n). */
uint32_t crc32_bare(uint32_t crc, const void *p, size_t n);

#endif
