/*
 * layers.c - the layers of an image, read by several threads at once. Each layer has an arena of
 * its own, a share of the scan's budget; a layer that spends it ends as ERR_LIMIT.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "arena.h"
#include "store.h"

enum { FETCHED_AT_ONCE = 4 };

struct work {
	const struct layer_job *job;
	const struct fs_options *opts;
	struct cache *cache;
	struct arena *a, *parent;
	jmp_buf full;
	bool running, lazy;
	struct fs *fs;
	struct error e;
};

struct pool {
	struct work *work;
	size_t n;
	atomic_size_t next;
	atomic_size_t failed; /* the lowest number that failed; n while none did */
};

/* Once its layer is open, an arena is used by the scan's own thread: what happens then when
 * memory runs out is for the parent to say, and asking it for the impossible makes it say so. */
static void layer_full(void *arg)
{
	struct work *w = arg;
	if (w->running)
		longjmp(w->full, 1);
	arena_alloc(w->parent, SIZE_MAX / 2, 1);
	abort();
}

/* By its table of contents, from what can be had of it in parts. *out is NULL, without a failure,
 * where there is no such way: then the whole layer, which proves itself, says what is in it. */
static bool layer_open_lazily(struct work *w, struct fs **out, struct error *e)
{
	const struct layer_job *job = w->job;
	struct store *store = job->store;
	struct blob *b = NULL;
	struct error why = {0};
	*out = NULL;
	if (!job->bound.digest.n || !store || !store->ranges)
		return true;
	if (!(w->cache ? layer_parts(w->cache, w->a, job, &b, e)
		       : store->ranges(store, w->a, job->digest, job->size, &b, e)))
		return false;
	*out = b ? fs_open_toc(w->a, b, &job->bound, w->opts, &why) : NULL;
	w->lazy = *out != NULL;
	if (why.kind != ERR_IO && why.kind != ERR_MISSING)
		return true;
	*e = why;
	return false;
}

/* One that lies elsewhere: from what is known of it, in parts, or whole. */
static struct fs *layer_open_remote(struct work *w, struct error *e)
{
	const struct layer_job *job = w->job;
	struct fs *fs = w->cache ? layer_learnt(w->cache, w->a, job, w->opts) : NULL;
	if (fs || !layer_open_lazily(w, &fs, e) || fs)
		return fs;
	struct blob *b = job->store->blob(job->store, w->a, job->digest, job->size, e);
	fs = b ? fs_open_layer(w->a, b, job->digest, job->size, w->opts, e) : NULL;
	if (fs && w->cache)
		layer_learn(w->cache, w->a, job, fs);
	return fs;
}

static struct fs *layer_open(struct work *w, struct error *e)
{
	const struct layer_job *job = w->job;
	if (!job->blob)
		return layer_open_remote(w, e);
	return fs_open_layer(w->a, job->blob, job->digest, job->size, w->opts, e);
}

static void layer_read(struct work *w)
{
	w->running = true;
	if (setjmp(w->full))
		fail(&w->e, ERR_LIMIT, "more memory is needed than the limit allows");
	else
		w->fs = layer_open(w, &w->e);
	w->running = false;
}

static void pool_failed(struct pool *p, size_t i)
{
	size_t lowest = atomic_load(&p->failed);
	while (i < lowest && !atomic_compare_exchange_weak(&p->failed, &lowest, i))
		;
}

/* Numbers are handed out in order, so everything below a failure is read to its end: which
 * failure is told does not depend on the threads. */
static void *pool_work(void *arg)
{
	struct pool *p = arg;
	for (;;) {
		size_t i = atomic_fetch_add(&p->next, 1);
		if (i >= p->n || i > atomic_load(&p->failed))
			return NULL;
		layer_read(&p->work[i]);
		if (!p->work[i].fs)
			pool_failed(p, i);
	}
}

static void pool_run(struct pool *p, struct arena *a, size_t threads)
{
	pthread_t *helper = NEW_N(a, pthread_t, threads);
	size_t started = 0;
	while (started + 1 < threads && pthread_create(&helper[started], NULL, pool_work, p) == 0)
		started++;
	pool_work(p);
	for (size_t i = 0; i < started; i++)
		pthread_join(helper[i], NULL);
}

/* How many threads: a blob that may not be shared ties all of them to this one, and who waits for a
 * network uses no processor. */
static size_t thread_count(const struct opening *o, const struct layer_job *jobs, size_t n)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t most = cpus > 0 ? (size_t)cpus : 1;
	for (size_t i = 0; i < n; i++) {
		if (jobs[i].blob && !jobs[i].blob->shared)
			return 1;
		if (!jobs[i].blob && most < FETCHED_AT_ONCE)
			most = FETCHED_AT_ONCE;
	}
	if (o->opts->jobs)
		most = o->opts->jobs;
	return most < n ? most : n;
}

size_t layers_same(const struct layer_job *jobs, size_t i)
{
	size_t first = 0;
	while (!str_eq(jobs[first].digest, jobs[i].digest))
		first++;
	return first;
}

static struct pool *pool_new(struct opening *o, const struct layer_job *jobs, size_t n,
			     const struct fs_options *opts)
{
	struct pool *p = NEW(o->a, struct pool);
	p->work = NEW_N(o->a, struct work, n);
	for (size_t i = 0; i < n; i++) {
		if (layers_same(jobs, i) != i)
			continue;
		struct work *w = &p->work[p->n++];
		w->job = &jobs[i];
		w->opts = opts;
		w->cache = o->opts->cache;
		w->parent = o->a;
		w->a = arena_child(o->a, layer_full, w);
	}
	atomic_store(&p->failed, p->n);
	return p;
}

static const struct work *work_of(const struct pool *p, const struct layer_job *job)
{
	size_t i = 0;
	while (!str_eq(p->work[i].job->digest, job->digest))
		i++;
	return &p->work[i];
}

bool layers_read(struct opening *o, struct layer_job *jobs, size_t n, struct error *e)
{
	struct fs_options *opts = NEW(o->a, struct fs_options);
	*opts = o->opts->fs;
	opts->whiteouts = true;
	struct pool *p = pool_new(o, jobs, n, opts);
	if (p->n)
		pool_run(p, o->a, thread_count(o, jobs, n));
	size_t failed = atomic_load(&p->failed);
	if (failed < p->n) {
		const struct layer_job *job = p->work[failed].job;
		*e = p->work[failed].e;
		return fail_in(e, "layer %zu of %zu, %" PRIstr, (size_t)(job - jobs) + 1, n,
			       ARG(job->label));
	}
	for (size_t i = 0; i < n; i++) {
		const struct work *w = work_of(p, &jobs[i]);
		jobs[i].lazy = w->lazy;
		*vec_push(o->a, &o->image->layers) =
			(struct layer){.fs = w->fs, .label = jobs[i].label};
	}
	return true;
}
