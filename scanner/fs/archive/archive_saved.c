/*
 * archive_saved.c - what was learnt of a layer, as bytes and back: names, attributes, link targets,
 * and of bodies what was kept on the first pass or asked for later. The format is our own and knows
 * no age: any other version of it, and any other choice of bodies, is no saved layer.
 *
 * The layer's blob stays where it is until a body is asked for that was not kept; then all of it is
 * read and proved, as fs_open_layer would.
 */
#include "archive.h"
#include "arena.h"
#include "packed.h"

#define SAVED_VERSION "offnode layer 1"

enum { LATE_MAX = 8 << 20 }; /* bytes of a body that was kept on a later pass */

static void save_body(const struct body *b, struct out *o)
{
	bool whole = b->kept && (!b->late || (b->asked && b->size <= LATE_MAX));
	pack_number(o, b->number);
	pack_number(o, b->size);
	pack_number(o, b->directory);
	pack_number(o, whole);
	pack_text(o, whole ? b->text : b->head);
	pack_number(o, b->gist.p != NULL);
	pack_text(o, b->gist);
}

void fs_save_layer(const struct fs *fs, struct out *o)
{
	const struct archive_fs *f = (const struct archive_fs *)fs;
	out_z(o, SAVED_VERSION "\n");
	pack_text(o, f->opts.kept_as);
	pack_number(o, f->opts.whiteouts);
	pack_number(o, f->digest_size);
	pack_number(o, fs->ops == &archive_cpio);
	pack_number(o, f->bodies.n);
	for (size_t i = 0; i < f->bodies.n; i++)
		save_body(f->bodies.at[i], o);
	tree_save(f->tree, o);
}

static struct body *restore_body(struct arena *a, struct packed *s)
{
	struct body *b = NEW(a, struct body);
	b->number = packed_number(s, UINT64_MAX);
	b->size = packed_number(s, UINT64_MAX);
	b->directory = (uint32_t)packed_number(s, UINT32_MAX);
	b->kept = packed_number(s, true);
	struct str text = packed_text(s);
	bool skimmed = packed_number(s, true);
	struct str gist = packed_text(s);
	if (b->kept)
		b->text = text;
	else
		b->head = text;
	if (skimmed)
		b->gist = gist.n ? gist : S("");
	return b;
}

/* In the order of the archive, which a later pass relies on. */
static bool restore_bodies(struct archive_fs *f, struct packed *s)
{
	size_t n = packed_count(s);
	uint64_t before = 0;
	for (size_t i = 0; i < n; i++) {
		struct body *b = restore_body(f->arena, s);
		struct str text = b->kept ? b->text : b->head;
		if (s->bad || b->number <= before || text.n > b->size ||
		    (b->kept && text.n < b->size))
			return false;
		before = b->number;
		*vec_push(f->arena, &f->bodies) = b;
	}
	return !s->bad;
}

static bool sizes_agree(const struct archive_fs *f)
{
	const struct tree_inode *inode;
	for (uint64_t i = 0; (inode = tree_inode(f->tree, i)); i++)
		if (inode->cookie && f->bodies.at[inode->cookie - 1]->size != inode->st.size)
			return false;
	return true;
}

bool fs_layer_read_late(const struct fs *fs)
{
	return ((const struct archive_fs *)fs)->passes > 0;
}

struct fs *fs_open_saved(struct arena *a, struct str saved, struct blob *b, struct str digest,
			 uint64_t size, const struct fs_options *opts)
{
	struct packed s = {.rest = str_tail(saved, S(SAVED_VERSION "\n").n)};
	if (!str_starts(saved, S(SAVED_VERSION "\n")) || !str_eq(packed_text(&s), opts->kept_as) ||
	    packed_number(&s, true) != opts->whiteouts || packed_number(&s, UINT64_MAX) != size)
		return NULL;
	struct archive_fs *f = archive_new(a, b, opts);
	f->digest = digest;
	f->digest_size = size;
	f->fs.ops = packed_number(&s, true) ? &archive_cpio : &archive_tar;
	if (!restore_bodies(f, &s) || !tree_restore(f->tree, &s, f->bodies.n) || s.rest.n ||
	    !sizes_agree(f))
		return NULL;
	return &f->fs;
}
