/*
 * fix.c - the story of a fix: judge the image, edit what failed, judge it again with the edited
 * files laid on top, and write only what turned its verdict. The image itself is never written to.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "fix.h"

enum { ROUNDS_MAX = 4 };

struct attempt {
	const struct finding *finding;
	struct str why; /* it is not among those that are tried; empty: it is */
};

struct fixing {
	struct scan *scan;
	VEC(struct attempt) attempts;
	struct changes changes;
	struct str layer;
};

/* ---- trying ---- */

static const struct settings *settings_of(const struct target_report *t, const struct launch *l)
{
	for (size_t i = 0; i < t->launches.n; i++)
		if (&t->launches.at[i] == l)
			return t->settings[i];
	return NULL;
}

static void gather(struct fixing *x)
{
	const struct target_report *t = x->scan->out;
	for (size_t i = 0; i < t->findings.n; i++)
		if (t->findings.at[i].verdict == VERDICT_FAIL)
			vec_push(x->scan->arena, &x->attempts)->finding = &t->findings.at[i];
}

/* A copy that goes on when the original is given up. */
static struct changes changes_copy(struct arena *a, const struct changes *all)
{
	struct changes copy = {0};
	for (size_t i = 0; i < all->n; i++) {
		struct change *c = vec_push(a, &copy);
		*c = all->at[i];
		c->edits.at = NULL;
		c->edits.n = c->edits.cap = 0;
		for (size_t k = 0; k < all->at[i].edits.n; k++)
			*vec_push(a, &c->edits) = all->at[i].edits.at[k];
	}
	return copy;
}

/* All edits that are still tried, as one layer. */
static bool edit(struct fixing *x)
{
	struct arena *a = x->scan->arena;
	x->changes = (struct changes){0};
	for (size_t i = 0; i < x->attempts.n; i++) {
		struct attempt *at = &x->attempts.at[i];
		const struct settings *s = settings_of(x->scan->out, at->finding->launch);
		if (at->why.n)
			continue;
		struct changes before = changes_copy(a, &x->changes);
		if (!fix_finding(x->scan->root, at->finding, s, &x->changes, &at->why))
			x->changes = before;
	}
	return fix_apply(a, &x->changes) && fix_layer(a, &x->changes, &x->layer);
}

/* The image with the layer on top, judged by the same rules. */
static bool scan_again(struct fixing *x, struct target_report *out)
{
	struct scan again = *x->scan;
	struct layers *layers = NEW(again.arena, struct layers);
	struct blob *b = blob_memory(again.arena, S("the fix"), x->layer);
	const struct fs_options *opts = &again.run->image_options.fs;
	struct error e = {0};
	*out = (struct target_report){.target = x->scan->out->target, .image = x->scan->out->image};
	out->notes.arena = again.arena;
	again.out = out;
	struct fs *fs = fs_open_archive(again.arena, b, opts, &e);
	if (!fs)
		return false;
	layers->disk = out->image.layers.disk;
	layers->root = out->image.layers.root;
	for (size_t i = 0; i < out->image.layers.n; i++)
		*vec_push(again.arena, layers) = out->image.layers.at[i];
	*vec_push(again.arena, layers) = (struct layer){.fs = fs, .label = S("the fix")};
	again.root = rootfs_new(again.arena, layers, &out->notes);
	visit_scan(&again);
	return true;
}

/* Launches of two scans are the same when the same unit makes them. */
static bool same_launch(const struct launch *x, const struct launch *y)
{
	return x && y && x->unit && y->unit && str_eq(x->unit->id, y->unit->id) &&
	       x->depth == y->depth;
}

static const struct finding *same_finding(const struct target_report *t, const struct finding *f)
{
	for (size_t i = 0; i < t->findings.n; i++) {
		const struct finding *other = &t->findings.at[i];
		if (other->rule == f->rule && same_launch(other->launch, f->launch))
			return other;
	}
	return NULL;
}

/* True when every attempt turned; one that did not is tried no more. */
static bool all_turned(struct fixing *x, const struct target_report *after)
{
	bool all = true;
	for (size_t i = 0; i < x->attempts.n; i++) {
		struct attempt *at = &x->attempts.at[i];
		const struct finding *now = same_finding(after, at->finding);
		if (at->why.n || (now && now->verdict == VERDICT_PASS))
			continue;
		at->why = S("the edit would not turn its verdict");
		all = false;
	}
	return all;
}

/* A rule that passed and would not any more: its name, or NULL. */
static const char *worse(const struct target_report *before, const struct target_report *after)
{
	for (size_t i = 0; i < before->findings.n; i++) {
		const struct finding *f = &before->findings.at[i];
		const struct finding *now = same_finding(after, f);
		if (f->verdict == VERDICT_PASS && f->launch && (!now || now->verdict != f->verdict))
			return f->rule->id;
	}
	return NULL;
}

static bool settle(struct fixing *x)
{
	for (unsigned i = 0; i < ROUNDS_MAX; i++) {
		struct target_report after;
		if (!edit(x))
			break;
		if (!x->changes.n)
			return true;
		if (!scan_again(x, &after))
			break;
		const char *rule = worse(x->scan->out, &after);
		if (rule)
			return run_fail(x->scan->run, OFFNODE_FAILED,
					"nothing is written: %s would pass no more", rule);
		if (all_turned(x, &after))
			return true;
	}
	return run_fail(x->scan->run, OFFNODE_FAILED,
			"nothing is written: no edit of the image's files turns a verdict");
}

/* ---- writing ---- */

/* Makes the directories of `path` below `dir` and gives the descriptor of the last. */
static int open_parents(struct arena *a, int dir, struct str path)
{
	int at = dup(dir);
	struct str rest = str_trim(str_dirname(path), "/"), part;
	while (at >= 0 && rest.n) {
		str_cut(rest, '/', &part, &rest);
		const char *name = str_z(a, part);
		if (mkdirat(at, name, 0755) < 0 && errno != EEXIST) {
			close(at);
			return -1;
		}
		int next = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(at);
		at = next;
	}
	return at;
}

static bool write_whole(int fd, struct str text)
{
	while (text.n) {
		ssize_t n = write(fd, text.p, text.n);
		if (n < 0 && errno != EINTR)
			return false;
		text = str_tail(text, n < 0 ? 0 : (size_t)n);
	}
	return true;
}

/* Only new files are made: the input can be no directory that is written over. */
static bool write_one(struct arena *a, int dir, const struct change *c)
{
	mode_t mode = c->mode & 0777;
	int parent = open_parents(a, dir, c->path);
	int fd = parent < 0 ? -1
			    : openat(parent, str_z(a, str_basename(c->path)),
				     O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	bool good = fd >= 0 && write_whole(fd, c->text);
	int number = errno;
	if (fd >= 0 && close(fd) < 0)
		good = false;
	if (parent >= 0)
		close(parent);
	errno = number;
	return good;
}

static bool write_directory(struct fixing *x, struct str path)
{
	int dir = open(str_z(x->scan->arena, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; dir >= 0 && i < x->changes.n; i++) {
		const struct change *c = &x->changes.at[i];
		if (write_one(x->scan->arena, dir, c))
			continue;
		run_fail(x->scan->run, OFFNODE_IO, "%" PRIstr "%" PRIstr ": %s", ARG(path),
			 ARG(c->path), strerror(errno));
		close(dir);
		return false;
	}
	if (dir < 0)
		return run_fail(x->scan->run, OFFNODE_IO, "%" PRIstr ": %s", ARG(path),
				strerror(errno));
	close(dir);
	return true;
}

static bool is_directory(struct arena *a, struct str path)
{
	struct stat st;
	return path.n && stat(str_z(a, path), &st) == 0 && S_ISDIR(st.st_mode);
}

static void write_out(struct fixing *x)
{
	struct arena *a = x->scan->arena;
	struct str output = option_text(x->scan->run->session, OPTION_output);
	if (is_directory(a, output) && !write_directory(x, output))
		return;
	if (str_ends(output, S(".tar")))
		out_str(x->scan->run->raw, x->layer);
	else
		out_str(x->scan->run->raw, fix_patch(a, &x->changes));
}

/* Each rule that fails as it did, with what a person can do. */
static void tell_rest(struct fixing *x)
{
	for (size_t i = 0; i < x->attempts.n; i++) {
		const struct attempt *at = &x->attempts.at[i];
		if (at->why.n)
			run_fail(x->scan->run, OFFNODE_FAILED,
				 "%s is not fixed: %" PRIstr "; by hand: %" PRIstr,
				 at->finding->rule->id, ARG(at->why), ARG(at->finding->remedy));
	}
}

void visit_fix(struct scan *s)
{
	struct fixing x = {.scan = s};
	visit_scan(s);
	gather(&x);
	if (!settle(&x))
		return;
	if (x.changes.n)
		write_out(&x);
	tell_rest(&x);
}
