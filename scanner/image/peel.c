/*
 * peel.c - from the file that was typed to the disk in it: containers, compression, and archives
 * that hold one disk, inside each other to a bounded depth. A (compressed) archive of anything else
 * is left to the readers of archives. A disk that an archive stores in one piece is read in place;
 * otherwise, and behind compression, it is decoded to a temporary file as far as it is asked for.
 */
#include <string.h>

#include "arena.h"
#include "disk.h"

enum { MEMBERS_MAX = 64, OVF_MAX = 1 << 20, CHUNKS_MAX = 1024 };

void trail_add(struct trail *t, struct str step)
{
	t->text = t->text.n ? str_fmt(t->arena, "%" PRIstr " > %" PRIstr, ARG(t->text), ARG(step))
			    : step;
}

bool trail_fail(const struct trail *t, struct error *e)
{
	size_t gap = str_rfind(t->text, ' ');
	struct str last = gap < t->text.n ? str_tail(t->text, gap + 1) : t->text;
	struct str said = str_from(e->text);
	if (!last.n)
		return false;
	if (str_starts(said, last) && str_starts(str_tail(said, last.n), S(": ")))
		memmove(e->text, e->text + last.n + 2, said.n - last.n - 1);
	return fail_in(e, "%" PRIstr, ARG(t->text));
}

/* Peeling in progress. */
struct peeling {
	struct opening *o;
	struct arena *a;
	struct blob *blob;
	struct blob *quick; /* the same through a cache, its own or one beneath it */
	bool cached;        /* the blob is, or something beneath it */
	const char *only;   /* the container that must be met next */
	struct blob_opening opening;
	struct peeled out;
};

/* ---- one file out of an archive ---- */

struct member {
	struct str name;
	uint64_t ino;
	bool directory;
};

struct members {
	struct peeling *p;
	struct fs *fs;
	struct str under; /* the directory that they lie in: "", or "/name" */
	VEC(struct member) all;
	size_t directories;
	struct error failed;
};

static bool gather(void *arg, struct str name, uint64_t ino)
{
	struct members *m = arg;
	struct fs_stat st;
	if (!fs_stat_at(m->fs, ino, &st, &m->failed))
		return false;
	bool directory = st.kind == FS_DIRECTORY;
	m->directories += directory;
	if (directory || st.kind == FS_REGULAR)
		*vec_push(m->p->a, &m->all) =
			(struct member){str_dup(m->p->a, name), ino, directory};
	return m->all.n <= MEMBERS_MAX;
}

/* The files of an archive that is flat but for one directory that may hold all of it. *flat is
 * false for all others, roots and stores of images among them. */
static bool gather_flat(struct members *m, bool *flat, struct error *e)
{
	uint64_t dir = m->fs->root;
	for (unsigned depth = 0; depth < 2; depth++) {
		m->all.n = m->directories = 0;
		if (!fs_list(m->fs, dir, gather, m, e))
			return false;
		if (m->failed.kind != ERR_NONE) {
			*e = m->failed;
			return false;
		}
		*flat = !m->directories && m->all.n && m->all.n <= MEMBERS_MAX;
		if (*flat || m->all.n != 1)
			return true;
		dir = m->all.at[0].ino;
		m->under = str_cat(m->p->a, S("/"), m->all.at[0].name);
	}
	return true;
}

/* In place where that can be; otherwise its bytes are kept as they go by. */
static struct blob *member_blob(struct peeling *p, struct fs *fs, const struct member *m,
				struct error *e)
{
	struct fs_stat st;
	struct blob *b = NULL;
	if (fs->ops->blob && !fs->ops->blob(fs, p->a, m->ino, &b, e))
		return NULL;
	if (b)
		return b;
	b = fs_stat_at(fs, m->ino, &st, e) ? fs_blob(p->a, fs, m->ino, m->name, e) : NULL;
	if (b)
		b = blob_spool(p->a, stream_blob(p->a, b), limits_spill(&p->o->opts->fs.max), e);
	return b ? blob_window(p->a, b, m->name, 0, st.size) : NULL;
}

static bool may_be_disk(enum role role)
{
	switch (role) {
	case ROLE_FILES:
	case ROLE_ENCRYPTED:
	case ROLE_MEMBER:
	case ROLE_TABLE:
	case ROLE_CONTAINER:
	case ROLE_COMPRESSED: return true;
	case ROLE_UNKNOWN:
	case ROLE_EMPTY:
	case ROLE_HARMLESS:
	case ROLE_ARCHIVE: break;
	}
	return false;
}

/* An EFI system partition alone is a disk too: kernels lie on it. */
static bool is_disk(const struct signature *s)
{
	return may_be_disk(s->role) || str_eq(s->name, S("vfat"));
}

/* A file beside the description of an appliance; *out stays NULL where there is none. */
static bool find_beside(struct members *m, struct str name, struct blob **out, struct error *e)
{
	struct walk walk;
	struct str path = str_fmt(m->p->a, "%" PRIstr "/%" PRIstr, ARG(m->under), ARG(name));
	switch (fs_walk(m->p->a, m->fs, path, true, &walk, e)) {
	case WALK_FAILED: return false;
	case WALK_ABSENT: return true;
	case WALK_FOUND: break;
	}
	if (walk.st.kind == FS_REGULAR) {
		*out = member_blob(m->p, m->fs, &(struct member){name, walk.ino, false}, e);
		return *out != NULL;
	}
	return true;
}

static bool find_chunks(struct members *m, struct str name, struct blob **out, struct error *e)
{
	VEC(struct blob_part) parts = {0};
	for (;;) {
		struct blob *b = NULL;
		struct str chunk = str_fmt(m->p->a, "%" PRIstr ".%09zu", ARG(name), parts.n);
		if (!find_beside(m, chunk, &b, e))
			return false;
		if (!b)
			break;
		if (parts.n == CHUNKS_MAX)
			return fail(e, ERR_LIMIT, "ovf: more than %d chunks", CHUNKS_MAX);
		*vec_push(m->p->a, &parts) = (struct blob_part){b, 0, b->size};
	}
	if (parts.n)
		*out = blob_joined(m->p->a, name, parts.at, parts.n);
	return true;
}

static bool find_named(struct members *m, const struct ovf_disk *disk, struct blob **out,
		       struct error *e)
{
	if (!find_beside(m, disk->href, out, e) ||
	    (!*out && disk->chunked && !find_chunks(m, disk->href, out, e)))
		return false;
	return *out || fail(e, ERR_CORRUPT, "ovf: its disk '%" PRIstr "' is not in the archive",
			    ARG(disk->href));
}

static bool find_first(struct members *m, struct str text, struct blob **out, struct error *e)
{
	struct ovf_disks disks;
	if (!ovf_disks(m->p->a, text, &disks, e) || !find_named(m, &disks.at[0], out, e))
		return false;
	for (size_t i = 1; i < disks.n; i++)
		vec_push(m->p->a, &m->p->out.others)->text = disks.at[i].href;
	return true;
}

/* The disk that the description of an appliance names; *out stays NULL where there is none. */
static bool find_described(struct members *m, struct blob **out, struct error *e)
{
	for (size_t i = 0; i < m->all.n; i++) {
		const struct member *file = &m->all.at[i];
		struct str text;
		if (file->directory || !str_ends(file->name, S(".ovf")))
			continue;
		if (!fs_slurp(m->p->a, m->fs, file->ino, OVF_MAX, &text, e))
			return fail_in(e, "%" PRIstr, ARG(file->name));
		return find_first(m, text, out, e);
	}
	return true;
}

/* Of an archive with directories, a root or the sources of something, only what is plainly a disk
 * counts; of one with a single file, an archive in it too. */
static bool counts(const struct members *m, const struct signature *s)
{
	if (m->directories)
		return s->role == ROLE_FILES || s->role == ROLE_TABLE || s->role == ROLE_CONTAINER;
	return may_be_disk(s->role) || (s->role == ROLE_ARCHIVE && m->all.n == 1);
}

static bool find_by_bytes(struct members *m, struct blob **out, struct error *e)
{
	struct str first = {0};
	for (size_t i = 0; i < m->all.n; i++) {
		const struct member *file = &m->all.at[i];
		struct signature s = {0};
		if (file->directory)
			continue;
		struct blob *b = member_blob(m->p, m->fs, file, e);
		if (!b || !signature_of(m->p->a, b, false, &s, e))
			return fail_in(e, "%" PRIstr, ARG(file->name));
		if (!counts(m, &s))
			continue;
		if (*out)
			return fail(e, ERR_UNSUPPORTED,
				    "more disks than one in an archive: %" PRIstr ", %" PRIstr,
				    ARG(first), ARG(file->name));
		first = file->name;
		*out = b;
	}
	return true;
}

/* Could a disk lie among the files, beside directories? Not where those are a root's. */
static bool may_hold_disk(const struct members *m)
{
	for (size_t i = 0; i < m->all.n; i++)
		if (m->all.at[i].directory &&
		    (str_eq(m->all.at[i].name, S("etc")) || str_eq(m->all.at[i].name, S("usr"))))
			return false;
	return m->all.n && m->all.n <= MEMBERS_MAX;
}

/* The name that a cloud gives the only file of its archives: it is a disk, whatever is in it. */
static bool refuse_unknown_disk(const struct members *m, struct error *e)
{
	for (size_t i = 0; i < m->all.n; i++)
		if (str_eq(m->all.at[i].name, S("disk.raw")))
			return fail(e, ERR_UNSUPPORTED, "disk.raw: what it holds is not known");
	return true;
}

/* ---- layers of wrapping ---- */

enum peel { PEEL_ON, PEEL_DONE, PEEL_FAILED };

static enum peel is_archive(struct peeling *p, struct blob *b, struct fs *tree)
{
	p->out.archive = b;
	p->out.tree = tree;
	return PEEL_DONE;
}

/* A zip or a tar, which can be read at any place. */
static enum peel peel_archive(struct peeling *p, struct str name, struct error *e)
{
	struct fs *tree = fs_open(p->a, p->blob, &p->o->opts->fs, e);
	struct members m = {.p = p, .fs = tree};
	struct blob *disk = NULL;
	bool flat = false;
	if (!tree || !gather_flat(&m, &flat, e))
		return PEEL_FAILED;
	if (!find_described(&m, &disk, e))
		return PEEL_FAILED;
	if (disk)
		name = S("ova");
	else if (may_hold_disk(&m) && !find_by_bytes(&m, &disk, e))
		return PEEL_FAILED;
	if (flat && !disk && !refuse_unknown_disk(&m, e))
		return PEEL_FAILED;
	if (!disk)
		return is_archive(p, p->blob, tree);
	trail_add(&p->out.trail, name);
	p->blob = disk;
	return PEEL_ON;
}

/* Does a tar begin with a file that lies in no directory? Those of roots begin with directories
 * or hidden files, and must not be decoded to a file. */
static bool begins_with_file(struct blob *b)
{
	char head[160];
	size_t got;
	struct error ignored;
	if (!b->read(b, 0, head, sizeof head, &got, &ignored) || got < sizeof head)
		return false;
	struct str name = {head, strnlen(head, 100)};
	bool regular = head[156] == '0' || head[156] == '\0' || head[156] == 'S';
	return regular && name.p[0] != '.' && str_find(name, '/') == name.n;
}

static const char *codec_name(struct blob *b)
{
	static const char *const names[] = {
		[CODEC_NONE] = "compressed",  [CODEC_GZIP] = "gzip",
		[CODEC_ZSTD] = "zstd",        [CODEC_XZ] = "xz",
		[CODEC_BZIP2] = "bzip2",      [CODEC_LZ4] = "lz4",
		[CODEC_OTHER] = "compressed",
	};
	char head[64];
	size_t got = 0;
	struct error ignored;
	bool good = b->read(b, 0, head, sizeof head, &got, &ignored);
	return names[good ? codec_of((struct str){head, got}) : CODEC_OTHER];
}

/* At any place where it is compressed in blocks; else as far as it is asked for. */
static struct blob *unpacked(struct peeling *p, struct error *e)
{
	struct blob *inside = NULL;
	const char *name;
	if (!blob_unwrap(p->a, p->quick, NULL, &p->opening, &inside, &name, e))
		return NULL;
	p->cached = inside != NULL;
	if (inside)
		return inside;
	struct stream *plain = fs_unpack(p->a, p->blob, e);
	return plain ? blob_spool(p->a, plain, limits_spill(&p->o->opts->fs.max), e) : NULL;
}

static enum peel peel_compressed(struct peeling *p, struct error *e)
{
	struct signature s = {0};
	struct blob *b = unpacked(p, e);
	if (!b || !signature_of(p->a, b, false, &s, e))
		return PEEL_FAILED;
	bool disk = s.role == ROLE_ARCHIVE ? !str_eq(s.name, S("cpio")) && begins_with_file(b)
					   : is_disk(&s);
	if (!disk)
		return is_archive(p, p->blob, NULL);
	trail_add(&p->out.trail, str_from(codec_name(p->blob)));
	p->blob = b;
	return PEEL_ON;
}

static enum peel peel_container(struct peeling *p, const struct signature *s, struct error *e)
{
	struct blob *inside = NULL;
	const char *name;
	bool bare = p->only && !*p->only;
	if (!bare && !blob_unwrap(p->a, p->quick, p->only, &p->opening, &inside, &name, e))
		return PEEL_FAILED;
	p->only = NULL;
	if (inside) {
		trail_add(&p->out.trail, str_from(name));
		p->blob = inside;
		p->cached = true;
		return PEEL_ON;
	}
	if (!is_disk(s) && !bare)
		return is_archive(p, p->blob, NULL);
	p->out.disk = p->quick;
	return PEEL_DONE;
}

static enum peel peel_once(struct peeling *p, struct error *e)
{
	struct signature s = {0};
	p->quick = p->cached ? p->blob : blob_cached(p->a, p->blob, p->out.budget);
	if (!signature_of(p->a, p->quick, false, &s, e))
		return PEEL_FAILED;
	switch (s.role) {
	case ROLE_ARCHIVE: return peel_archive(p, s.name, e);
	case ROLE_COMPRESSED: return peel_compressed(p, e);
	case ROLE_UNKNOWN:
	case ROLE_EMPTY:
	case ROLE_FILES:
	case ROLE_HARMLESS:
	case ROLE_ENCRYPTED:
	case ROLE_MEMBER:
	case ROLE_TABLE:
	case ROLE_CONTAINER: break;
	}
	return peel_container(p, &s, e);
}

/* What the reading of one target shares: its budget, and what is found out about its bytes. */
static bool begin(struct peeling *p, struct str path, struct error *e)
{
	p->out.trail.arena = p->a;
	p->out.found = NEW(p->a, struct blob_findings);
	p->out.budget = disk_budget(p->o);
	p->opening.found = p->out.found;
	p->opening.max = p->o->opts->fs.max;
	return target_beside(p->o, path, p->out.budget, &p->opening.siblings, e);
}

bool peel(struct opening *o, struct blob *b, struct str path, const char *only, struct peeled *out,
	  struct error *e)
{
	struct peeling p = {.o = o, .a = o->a, .blob = b, .only = only};
	enum peel end = PEEL_ON;
	if (!begin(&p, path, e))
		return false;
	for (unsigned depth = 0; end == PEEL_ON; depth++) {
		if (depth > limits_depth(&o->opts->fs.max))
			return fail(e, ERR_LIMIT,
				    "wrapped more than %u times over, see --max-depth", depth - 1);
		end = peel_once(&p, e);
	}
	if (end == PEEL_DONE)
		*out = p.out;
	else
		trail_fail(&p.out.trail, e);
	return end == PEEL_DONE;
}
