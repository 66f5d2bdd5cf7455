/*
 * txtar.c - a text capture as a tree. A line "-- NAME --" begins a section that runs to the next
 * such line; NAME begins with a slash for files of the image, and attributes follow it:
 *
 *	mode=0600 uid=0 gid=0   inode data
 *	noeol                   the last newline is not part of the file
 *	hex                     the body is hexadecimal
 *	expand                  {{c*N}} stands for c repeated N times
 *	absent                  hides this path of lower layers
 *	escaped                 \xHH in path and target is that byte
 *	device, fifo            a device node; a FIFO or socket
 *	unreadable=KIND         reading or listing fails (io, corrupt, limit, unsupported,
 *	                        encrypted); the body says why
 *	-> TARGET               a symbolic link
 *
 * Sections without a leading slash are not part of the image; fs_txtar_section gives them to
 * the tests and tools that keep expectations there. The specification is the project's own:
 * the manual page, "TEXT CAPTURES".
 */
#include <string.h>

#include "arena.h"
#include "backends.h"
#include "tree.h"

enum { TXTAR_MAX = 256 << 20, EXPAND_MAX = 64 << 20, NO_MODE = 0xFFFF };

/* The attributes of one section. */
struct section {
	struct str name, target;
	bool noeol, hex, expand, absent, escaped, device, fifo, link;
	struct fs_stat st;
	struct str unreadable;
};

struct txtar {
	struct fs fs;
	struct arena *arena;
	struct tree *tree;
};

/* ---- markers ---- */

/* Is this line (without its newline) a marker? *inner gets what stands between the dashes. */
static bool marker(struct str line, struct str *inner)
{
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	if (line.n < 7 || !str_starts(line, S("-- ")) || !str_ends(line, S(" --")))
		return false;
	*inner = str_slice(line, 3, line.n - 3);
	return inner->n > 0;
}

/* Cuts the next section off *text: its marker's inside and its body. */
static bool next_section(struct str *text, struct str *inner, struct str *body)
{
	struct str line;
	bool found = false;
	while (!found && text->n) {
		str_cut(*text, '\n', &line, text);
		found = marker(line, inner);
	}
	if (!found)
		return false;
	struct str rest = *text, next;
	const char *end = text->p;
	while (rest.n) {
		end = rest.p;
		str_cut(rest, '\n', &line, &rest);
		if (marker(line, &next))
			break;
		end = rest.n ? rest.p : text->p + text->n;
	}
	*body = (struct str){text->p, text->n ? (size_t)(end - text->p) : 0};
	*text = str_tail(*text, body->n);
	return true;
}

static bool octal(struct str s, uint32_t *out)
{
	uint32_t v = 0;
	if (s.n == 0 || s.n > 6)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '7')
			return false;
		v = v << 3 | (uint32_t)(s.p[i] - '0');
	}
	*out = v & 07777;
	return true;
}

static bool number32(struct str s, uint32_t *out)
{
	uint64_t v;
	if (!str_u64(s, &v) || v > UINT32_MAX)
		return false;
	*out = (uint32_t)v;
	return true;
}

static bool attribute(struct section *s, struct str word)
{
	const struct {
		struct str word;
		bool *is;
	} switches[] = {
		{S("noeol"), &s->noeol},   {S("hex"), &s->hex},         {S("expand"), &s->expand},
		{S("absent"), &s->absent}, {S("escaped"), &s->escaped}, {S("device"), &s->device},
		{S("fifo"), &s->fifo},
	};
	for (size_t i = 0; i < sizeof switches / sizeof *switches; i++)
		if (str_eq(word, switches[i].word))
			return *switches[i].is = true;
	struct str key, value;
	str_cut(word, '=', &key, &value);
	if (str_eq(key, S("mode")))
		return octal(value, &s->st.mode);
	if (str_eq(key, S("uid")))
		return number32(value, &s->st.uid);
	if (str_eq(key, S("gid")))
		return number32(value, &s->st.gid);
	if (str_eq(key, S("unreadable")) && value.n) {
		s->unreadable = value;
		return true;
	}
	return false;
}

/* Attributes are read from the end, so that a path may hold blanks. */
static struct section parse_marker(struct str inner)
{
	struct section s = {.st = {.mode = NO_MODE}};
	for (;;) {
		size_t blank = str_rfind(inner, ' ');
		if (blank == inner.n || !attribute(&s, str_tail(inner, blank + 1)))
			break;
		inner = str_slice(inner, 0, blank);
	}
	s.name = inner;
	const char *arrow = inner.n ? memmem(inner.p, inner.n, " -> ", 4) : NULL;
	if (arrow) {
		s.link = true;
		s.name = str_slice(inner, 0, (size_t)(arrow - inner.p));
		s.target = str_tail(inner, s.name.n + 4);
	}
	return s;
}

/* ---- bodies ---- */

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool from_hex(struct arena *a, struct str body, struct str *out)
{
	char *bytes = arena_alloc(a, 1, body.n / 2 + 1);
	size_t n = 0;
	int high = -1;
	for (size_t i = 0; i < body.n; i++) {
		if (strchr(" \t\r\n", body.p[i]) && body.p[i])
			continue;
		int d = digit(body.p[i]);
		if (d < 0)
			return false;
		if (high >= 0)
			bytes[n++] = (char)(high << 4 | d);
		high = high >= 0 ? -1 : d;
	}
	*out = (struct str){bytes, n};
	return high < 0;
}

static struct str unescaped(struct arena *a, struct str s)
{
	char *bytes = arena_alloc(a, 1, s.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		bool escape = s.n - i >= 4 && s.p[i] == '\\' && s.p[i + 1] == 'x' &&
			      digit(s.p[i + 2]) >= 0 && digit(s.p[i + 3]) >= 0;
		bytes[n++] = s.p[i];
		if (!escape)
			continue;
		bytes[n - 1] = (char)(digit(s.p[i + 2]) << 4 | digit(s.p[i + 3]));
		i += 3;
	}
	return (struct str){bytes, n};
}

/* "{{c*N}}" at the head of s: its length, or 0. */
static size_t repetition(struct str s, struct str *piece, uint64_t *times)
{
	if (!str_starts(s, S("{{")))
		return 0;
	const char *close = memmem(s.p, s.n < 64 ? s.n : 64, "}}", 2);
	if (!close)
		return 0;
	struct str inside = str_slice(s, 2, (size_t)(close - s.p));
	size_t star = str_rfind(inside, '*');
	*piece = str_slice(inside, 0, star);
	if (star == 0 || star == inside.n || !str_u64(str_tail(inside, star + 1), times))
		return 0;
	return inside.n + 4;
}

/* The length of the expanded body; with `to`, the body itself too. */
static bool expand_into(struct str body, char *to, size_t *n)
{
	*n = 0;
	while (body.n) {
		struct str piece = str_slice(body, 0, 1);
		uint64_t times = 1;
		size_t used = repetition(body, &piece, &times);
		if (times > EXPAND_MAX || *n + piece.n * times > EXPAND_MAX)
			return false;
		for (uint64_t i = 0; to && i < times; i++)
			memcpy(to + *n + i * piece.n, piece.p, piece.n);
		*n += piece.n * (size_t)times;
		body = str_tail(body, used ? used : 1);
	}
	return true;
}

static bool body_text(struct arena *a, const struct section *s, struct str body, struct str *out,
		      struct error *e)
{
	if (s->hex)
		return from_hex(a, body, out) ||
		       fail(e, ERR_CORRUPT, "%" PRIstr ": not hexadecimal", ARG(s->name));
	if (s->noeol && body.n && body.p[body.n - 1] == '\n')
		body.n--;
	*out = body;
	if (!s->expand)
		return true;
	size_t n;
	if (!expand_into(body, NULL, &n))
		return fail(e, ERR_LIMIT, "%" PRIstr ": expands to more than %d bytes",
			    ARG(s->name), EXPAND_MAX);
	char *text = arena_alloc(a, 1, n + 1);
	expand_into(body, text, &n);
	*out = (struct str){text, n};
	return true;
}

/* ---- the tree ---- */

static bool add_section(struct txtar *t, struct section *s, struct str body, struct error *e)
{
	struct tree_inode *inode;
	struct str text = {0};
	if (s->escaped) {
		s->name = unescaped(t->arena, s->name);
		s->target = unescaped(t->arena, s->target);
	}
	if (s->absent) {
		s->st.kind = FS_WHITEOUT;
	} else if (s->link) {
		s->st.kind = FS_SYMLINK;
		text = s->target;
	} else if (s->name.p[s->name.n - 1] == '/') {
		s->st.kind = FS_DIRECTORY;
	} else if (s->device) {
		s->st.kind = FS_DEVICE;
	} else if (s->fifo) {
		s->st.kind = FS_OTHER;
	} else if (!body_text(t->arena, s, body, &text, e)) {
		return false;
	}
	if (s->st.mode == NO_MODE)
		s->st.mode = s->st.kind == FS_DIRECTORY ? 0755 : 0644;
	s->st.size = text.n;
	if (!tree_add(t->tree, s->name, &s->st, &inode, e))
		return false;
	if (!inode)
		return true;
	inode->text = s->unreadable.n ? body : text;
	inode->kept = s->st.kind != FS_DIRECTORY;
	if (s->unreadable.n)
		inode->cookie = (uint64_t)(uintptr_t)str_z(t->arena, s->unreadable);
	return true;
}

static bool txtar_stat(struct fs *fs, uint64_t ino, struct fs_stat *out, struct error *e)
{
	const struct tree_inode *inode = tree_inode(((struct txtar *)fs)->tree, ino);
	if (!inode)
		return fail(e, ERR_CORRUPT, "no inode %llu", (unsigned long long)ino);
	*out = inode->st;
	return true;
}

/* An "unreadable=KIND" section fails as the original did. */
static bool recorded_failure(const struct tree_inode *inode, struct error *e)
{
	struct str kind = str_from((const char *)(uintptr_t)inode->cookie);
	struct str why, rest;
	str_cut(inode->text, '\n', &why, &rest);
	if (str_starts(why, S(" -- "))) /* the blank keeps it from being a marker */
		why = str_tail(why, 1);
	enum error_kind as = str_eq(kind, S("corrupt"))       ? ERR_CORRUPT
			     : str_eq(kind, S("limit"))       ? ERR_LIMIT
			     : str_eq(kind, S("unsupported")) ? ERR_UNSUPPORTED
			     : str_eq(kind, S("encrypted"))   ? ERR_ENCRYPTED
							      : ERR_IO;
	return fail(e, as, "%" PRIstr, ARG(why));
}

static bool txtar_list(struct fs *fs, uint64_t ino, fs_visit *visit, void *arg, struct error *e)
{
	struct tree *tree = ((struct txtar *)fs)->tree;
	const struct tree_inode *inode = tree_inode(tree, ino);
	if (inode && inode->cookie)
		return recorded_failure(inode, e);
	tree_each(tree, ino, visit, arg);
	return true;
}

static bool txtar_lookup(struct fs *fs, uint64_t dir, struct str name, bool *found, uint64_t *ino,
			 struct error *e)
{
	struct tree *tree = ((struct txtar *)fs)->tree;
	const struct tree_inode *inode = tree_inode(tree, dir);
	if (inode && inode->cookie)
		return recorded_failure(inode, e);
	*found = tree_find(tree, dir, name, ino);
	return true;
}

static bool txtar_read(struct fs *fs, uint64_t ino, uint64_t at, void *buf, size_t n, size_t *got,
		       struct error *e)
{
	const struct tree_inode *inode = tree_inode(((struct txtar *)fs)->tree, ino);
	if (!inode || !inode->kept)
		return fail(e, ERR_CORRUPT, "not a file");
	if (inode->cookie)
		return recorded_failure(inode, e);
	struct str rest = at < inode->text.n ? str_tail(inode->text, (size_t)at) : S("");
	*got = rest.n < n ? rest.n : n;
	if (*got)
		memcpy(buf, rest.p, *got);
	return true;
}

/* A line that tells the size of a file that was only seen; its gist may follow. */
static bool txtar_gist(struct fs *fs, uint64_t ino, struct str *out, struct error *e)
{
	const struct tree_inode *inode = tree_inode(((struct txtar *)fs)->tree, ino);
	struct str line, rest;
	(void)e;
	*out = (struct str){0};
	if (!inode || inode->cookie || !str_starts(inode->text, S("(")))
		return true;
	str_cut(inode->text, '\n', &line, &rest);
	if (str_ends(line, S(" bytes, not captured)")))
		*out = rest.p ? rest : S("");
	return true;
}

/* Do these leading bytes look like a text capture? Text, and a section marker among its lines. */
static bool looks_like_capture(struct str head)
{
	struct str inner, line;
	if (memchr(head.p ? head.p : "", 0, head.n))
		return false;
	while (head.n) {
		str_cut(head, '\n', &line, &head);
		if (marker(line, &inner))
			return true;
	}
	return false;
}

bool fs_probe_txtar(struct blob *b, bool *mine, struct error *e)
{
	char head[16384];
	size_t got = 0;
	if (!b->read(b, 0, head, sizeof head, &got, e))
		return false;
	*mine = looks_like_capture((struct str){head, got});
	return true;
}

bool fs_txtar_section(struct str text, struct str name, struct str *body)
{
	struct str inner;
	while (next_section(&text, &inner, body))
		if (str_eq(inner, name))
			return true;
	return false;
}

static const struct fs_ops txtar_ops = {
	.name = "txtar",
	.stat = txtar_stat,
	.list = txtar_list,
	.read = txtar_read,
	.lookup = txtar_lookup,
	.gist = txtar_gist,
};

struct fs *fs_open_txtar(struct arena *a, struct blob *b, const struct fs_options *opts,
			 struct error *e)
{
	struct txtar *t = NEW(a, struct txtar);
	struct str text, inner, body;
	if (!blob_slurp(a, b, TXTAR_MAX, &text, e))
		return NULL;
	*t = (struct txtar){{.ops = &txtar_ops, .root = TREE_ROOT, .max = opts->max},
			    a,
			    tree_new(a, limits_entries(&opts->max), false)};
	while (next_section(&text, &inner, &body)) {
		struct section s = parse_marker(inner);
		if (s.name.n == 0 || s.name.p[0] != '/')
			continue;
		if (!add_section(t, &s, body, e)) {
			fail_in(e, "txtar");
			return NULL;
		}
	}
	return &t->fs;
}
