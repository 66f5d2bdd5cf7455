/*
 * magic.c - which compression the first bytes speak of. Compressed tars and cpios are told
 * by these alone, never by a file's name.
 */
#include "blob.h"

struct magic {
	struct str bytes;
	enum codec codec;
};

enum codec codec_of(struct str head)
{
	static const struct magic known[] = {
		{{"\x1f\x8b", 2}, CODEC_GZIP},
		{{"\x28\xb5\x2f\xfd", 4}, CODEC_ZSTD},
		{{"\xfd"
		  "7zXZ\0",
		  6},
		 CODEC_XZ},
		{{"BZh", 3}, CODEC_BZIP2},
		{{"\x04\x22\x4d\x18", 4}, CODEC_LZ4},
		{{"\x02\x21\x4c\x18", 4}, CODEC_LZ4}, /* the legacy frame of kernel images */
		{{"\x1f\x9d", 2}, CODEC_OTHER},       /* compress */
		{{"LZIP", 4}, CODEC_OTHER},
		{{"\x5d\0\0", 3}, CODEC_OTHER}, /* lzma, with the usual properties */
		{{"\x89LZO\0\r\n\x1a\n", 9}, CODEC_OTHER},
		{{"\xed\xab\xee\xdb", 4}, CODEC_OTHER}, /* rpm's lead */
	};
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (str_starts(head, known[i].bytes))
			return known[i].codec;
	/* A skippable zstd frame may stand first, as pzstd writes it. */
	if (head.n >= 4 && (head.p[0] & 0xF0) == 0x50 &&
	    str_eq(str_slice(head, 1, 4), S("\x2a\x4d\x18")))
		return CODEC_ZSTD;
	return CODEC_NONE;
}
