/*
 * attributes.c - the two extended attributes by which overlayfs, and so composefs, says that a
 * file's bytes lie in another tree (Linux, Documentation/filesystems/overlayfs.rst, "Metadata only
 * copy up"). "Extended attributes" of erofs's on-disk format.
 */
#include "arena.h"
#include "bytes.h"
#include "erofs.h"

enum {
	HEAD = 12, /* of an inode's attributes, then the numbers of those it shares */
	ENTRY = 4, /* of an attribute, then its name and its value */
	UNIT = 4,
	NAME_MAX_BYTES = 255,
	VALUE_MAX = 4096,
	PREFIX_USER = 1,
	PREFIX_TRUSTED = 4,
	PREFIX_LONG = 0x80, /* the rest is a number in the image's own table */
	PREFIX_HEAD = 2,    /* of an entry of that: its length */
};

struct attribute {
	uint64_t at, end; /* end: where the next stands */
	unsigned prefix;
	char name[NAME_MAX_BYTES];
	unsigned name_n, value_n;
};

static bool damaged(const struct erofs_inode *inode, const char *why, struct error *e)
{
	return fail(e, ERR_CORRUPT, "erofs: inode %llu: %s", (unsigned long long)inode->nid, why);
}

static bool load(struct erofs *f, uint64_t at, struct attribute *out, struct error *e)
{
	unsigned char p[ENTRY];
	if (!erofs_load(f, at, p, sizeof p, e))
		return false;
	out->at = at;
	out->prefix = p[1];
	out->name_n = p[0];
	out->value_n = load_le16(p + 2);
	out->end = at + ((ENTRY + out->name_n + out->value_n + UNIT - 1) & ~(unsigned)(UNIT - 1));
	return erofs_load(f, at + ENTRY, out->name, out->name_n, e);
}

/* ---- the image's own prefixes ---- */

/* Where they are not said to be plain, they are where metadata or tails of files are compressed. */
static bool prefix_bytes(struct erofs *f, uint64_t at, void *buf, size_t n, struct error *e)
{
	struct erofs_inode packed;
	bool plain = f->hints & EROFS_PREFIXES_PLAIN;
	if (plain || f->box || !f->packed)
		return erofs_load(f, plain || !f->box ? at : at | EROFS_BOXED, buf, n, e);
	if (!erofs_inode(f, f->packed, &packed, e))
		return false;
	return within(at, n, packed.st.size)
		       ? erofs_content(f, &packed, at, buf, n, e)
		       : damaged(&packed, "ends before names that it holds", e);
}

static bool load_prefix(struct erofs *f, uint64_t *at, struct erofs_prefix *out, struct error *e)
{
	unsigned char head[PREFIX_HEAD], body[1 + NAME_MAX_BYTES];
	if (!prefix_bytes(f, *at, head, sizeof head, e))
		return false;
	size_t n = load_le16(head);
	if (n == 0 || n > sizeof body)
		return fail(e, ERR_CORRUPT, "erofs: a prefix of names of %zu bytes", n);
	if (!prefix_bytes(f, *at + PREFIX_HEAD, body, n, e))
		return false;
	out->base = body[0];
	out->rest = str_dup(f->arena, (struct str){(char *)body + 1, n - 1});
	*at += (PREFIX_HEAD + n + UNIT - 1) & ~(size_t)(UNIT - 1);
	return true;
}

static bool load_prefixes(struct erofs *f, struct error *e)
{
	uint64_t at = f->prefixes_at;
	struct erofs_prefix *all = f->prefixes;
	if (all)
		return true;
	all = NEW_N(f->arena, struct erofs_prefix, f->prefixes_n);
	for (unsigned i = 0; i < f->prefixes_n; i++)
		if (!load_prefix(f, &at, &all[i], e))
			return fail_in(e, "prefixes of names");
	f->prefixes = all;
	return true;
}

/* What a name begins with. */
static bool prefix_of(struct erofs *f, const struct attribute *x, struct erofs_prefix *out,
		      struct error *e)
{
	unsigned number = x->prefix & ~(unsigned)PREFIX_LONG;
	*out = (struct erofs_prefix){.base = x->prefix};
	if (number == x->prefix)
		return true;
	if (number >= f->prefixes_n)
		return fail(e, ERR_CORRUPT, "erofs: an attribute's prefix is number %u of %u",
			    number, f->prefixes_n);
	if (!load_prefixes(f, e))
		return false;
	*out = f->prefixes[number];
	return true;
}

/* ---- the search ---- */

/* Is it trusted.NAME or user.NAME? */
static bool is(const struct attribute *x, const struct erofs_prefix *prefix, struct str name)
{
	return (prefix->base == PREFIX_TRUSTED || prefix->base == PREFIX_USER) &&
	       str_starts(name, prefix->rest) &&
	       str_eq(str_tail(name, prefix->rest.n), (struct str){x->name, x->name_n});
}

struct search {
	struct erofs *f;
	const struct erofs_inode *inode;
	bool away;
	struct arena *arena; /* NULL: the path does not matter */
	struct str path;
};

static bool look(struct search *s, const struct attribute *x, struct error *e)
{
	struct erofs_prefix prefix;
	if (!prefix_of(s->f, x, &prefix, e))
		return false;
	bool redirect = is(x, &prefix, S("overlay.redirect"));
	s->away = s->away || redirect || is(x, &prefix, S("overlay.metacopy"));
	if (!redirect || !s->arena)
		return true;
	if (x->value_n > VALUE_MAX)
		return damaged(s->inode, "is redirected to too long a path", e);
	char *path = NEW_N(s->arena, char, x->value_n + 1u);
	s->path = (struct str){path, x->value_n};
	return erofs_load(s->f, x->at + ENTRY + x->name_n, path, x->value_n, e);
}

static bool look_at_shared(struct search *s, unsigned n, struct error *e)
{
	struct attribute x;
	unsigned char p[4];
	for (unsigned i = 0; i < n; i++) {
		if (!erofs_load(s->f, s->inode->attributes_at + HEAD + UINT64_C(4) * i, p, sizeof p,
				e) ||
		    !load(s->f, s->f->shared_at + (uint64_t)load_le32(p) * UNIT, &x, e) ||
		    !look(s, &x, e))
			return false;
	}
	return true;
}

static bool look_at_own(struct search *s, uint64_t at, uint64_t end, struct error *e)
{
	for (struct attribute x; at < end; at = x.end) {
		if (!load(s->f, at, &x, e))
			return false;
		if (x.end > end)
			return damaged(s->inode, "an attribute is cut short", e);
		if (!look(s, &x, e))
			return false;
	}
	return true;
}

bool erofs_away(struct erofs *f, struct arena *a, const struct erofs_inode *inode, bool *away,
		struct str *path, struct error *e)
{
	struct search s = {.f = f, .inode = inode, .arena = a};
	unsigned char head[HEAD] = {0};
	if (inode->attributes_n) {
		if (!erofs_load(f, inode->attributes_at, head, sizeof head, e))
			return false;
		unsigned shared = head[4], own = HEAD + 4 * shared;
		if (own > inode->attributes_n)
			return damaged(inode, "shares more attributes than it has", e);
		if (!look_at_shared(&s, shared, e) ||
		    !look_at_own(&s, inode->attributes_at + own, inode->body, e))
			return false;
	}
	*away = s.away;
	if (path)
		*path = s.path;
	return true;
}
