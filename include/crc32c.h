/*
 * crc32c.h - the checksum that file systems put over their blocks: CRC-32C, Castagnoli
 * (RFC 3720, appendix B.4).
 */
#ifndef CRC32C_H
#define CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* The bare register: it goes in and comes out as it is, so that pieces can follow each other.
 * The checksum of RFC 3720 is ~crc32c(~0u, p, n). */
uint32_t crc32c(uint32_t crc, const void *p, size_t n);

#endif
