/*
 * learnt.c - what was learnt of a layer that lies elsewhere, kept as a note of its digest: the
 * next image with that layer is read without its bytes, which stay where they are unless a file is
 * asked for that was not kept.
 */
#include <setjmp.h>

#include "arena.h"
#include "out.h"
#include "store.h"

enum { SAVING_MEMORY = 512 << 20 };

#define NOTE "layer-1"

/* A layer's bytes, fetched when one of them is read. */
struct late {
	struct blob blob;
	struct arena *arena;
	const struct layer_job *job;
	struct blob *fetched;
	struct error failed; /* what failed once is not tried again */
};

static bool late_read(struct blob *b, uint64_t at, void *buf, size_t n, size_t *got,
		      struct error *e)
{
	struct late *l = (struct late *)b;
	const struct layer_job *job = l->job;
	if (!l->fetched && l->failed.kind == ERR_NONE)
		l->fetched =
			job->store->blob(job->store, l->arena, job->digest, job->size, &l->failed);
	if (l->fetched)
		return l->fetched->read(l->fetched, at, buf, n, got, e);
	*e = l->failed;
	return false;
}

/* A layer that was opened, and whose note holds what was known by then. */
struct learning {
	struct cache *cache;
	const struct layer_job *job;
	const struct fs *fs;
};

static void saving_full(void *arg)
{
	longjmp(*(jmp_buf *)arg, 1);
}

void layer_note(struct cache *c, struct str digest, struct str name,
		void (*put)(const void *arg, struct out *o), const void *arg)
{
	jmp_buf full;
	struct arena *volatile a = NULL;
	if (setjmp(full) == 0) {
		a = arena_new(SAVING_MEMORY, saving_full, &full);
		struct out *o = out_new(a);
		put(arg, o);
		cache_keep_note(c, digest, name, out_text(o));
	}
	arena_free(a);
}

static void put_layer(const void *fs, struct out *o)
{
	fs_save_layer(fs, o);
}

static void write_note(const struct learning *l)
{
	layer_note(l->cache, l->job->digest, S(NOTE), put_layer, l->fs);
}

static void learn_late(void *arg)
{
	const struct learning *l = arg;
	if (fs_layer_read_late(l->fs))
		write_note(l);
}

static struct learning *learning_new(struct cache *c, struct arena *a, const struct layer_job *job,
				     const struct fs *fs)
{
	struct learning *l = NEW(a, struct learning);
	*l = (struct learning){c, job, fs};
	arena_defer(a, learn_late, l);
	return l;
}

void layer_learn(struct cache *c, struct arena *a, const struct layer_job *job, const struct fs *fs)
{
	write_note(learning_new(c, a, job, fs));
}

struct fs *layer_learnt(struct cache *c, struct arena *a, const struct layer_job *job,
			const struct fs_options *opts)
{
	struct str saved;
	if (!cache_note(a, c, job->digest, S(NOTE), &saved))
		return NULL;
	struct late *l = NEW(a, struct late);
	l->blob = (struct blob){.name = str_fmt(a, "blob %" PRIstr, ARG(job->digest)),
				.size = job->size,
				.read = late_read};
	l->arena = a;
	l->job = job;
	struct fs *fs = fs_open_saved(a, saved, &l->blob, job->digest, job->size, opts);
	if (fs)
		learning_new(c, a, job, fs);
	return fs;
}
