/*
 * unpack.c - a compressed blob as the stream of its plain bytes, by the decoders of archives.
 */
#include "archive_source.h"

struct stream *fs_unpack(struct arena *a, struct blob *b, struct error *e)
{
	struct source *s = source_blob(a, b, 0, NULL);
	return source_decode(&s, e) ? &s->stream : NULL;
}
