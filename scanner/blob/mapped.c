/*
 * mapped.c - see mapped.h.
 */
#include "mapped.h"

#include <string.h>

#include "arena.h"
#include "bytes.h"

enum { UNITS_MIN = 2, UNITS_MAX = 16, UNITS_BYTES = 8 << 20 };

struct unit {
	const struct blob *of; /* NULL: never filled */
	uint64_t at, used;
	char *plain;
};

struct units {
	struct arena *arena;
	uint64_t clock;
	size_t max_packed, max_plain, n;
	char *packed;
	struct unit at[UNITS_MAX];
};

/* Up to n bytes; those that the end of the file cuts off its last unit are zeros. */
static bool read_stored(const struct piece *p, char *buf, size_t n, struct error *e)
{
	uint64_t at;
	size_t got = 0;
	if (add_u64(p->at, p->skip, &at) && !p->of->read(p->of, at, buf, n, &got, e))
		return false;
	if (got < n && p->at >= p->of->size)
		return fail(e, ERR_CORRUPT, "ends at byte %llu, before the block at %llu",
			    (unsigned long long)p->of->size, (unsigned long long)p->at);
	memset(buf + got, 0, n - got);
	return true;
}

static bool read_packed(struct mapped *m, const struct piece *p, char *out, struct error *e)
{
	struct units *u = m->units;
	size_t got;
	if (!u || p->packed > u->max_packed || p->plain > u->max_plain)
		return fail(e, ERR_CORRUPT, "the block at %llu has %zu bytes for %zu",
			    (unsigned long long)p->at, p->packed, p->plain);
	if (!u->packed)
		u->packed = NEW_N(u->arena, char, u->max_packed);
	if (!p->of->read(p->of, p->at, u->packed, p->packed, &got, e))
		return false;
	if (!m->unpack(m, p, (struct str){u->packed, got}, out, e))
		return fail_in(e, "the block at %llu", (unsigned long long)p->at);
	return true;
}

/* The plain bytes of a unit, which stay until another takes their place. */
static const char *unpacked(struct mapped *m, const struct piece *p, struct error *e)
{
	struct units *u = m->units;
	struct unit *oldest = u->at;
	for (size_t i = 0; i < u->n; i++) {
		struct unit *unit = &u->at[i];
		if (unit->of == p->of && unit->at == p->at) {
			unit->used = ++u->clock;
			return unit->plain;
		}
		if (unit->used < oldest->used)
			oldest = unit;
	}
	if (!oldest->plain)
		oldest->plain = NEW_N(u->arena, char, u->max_plain);
	oldest->of = NULL;
	if (!read_packed(m, p, oldest->plain, e))
		return NULL;
	oldest->of = p->of;
	oldest->at = p->at;
	oldest->used = ++u->clock;
	return oldest->plain;
}

static bool read_piece(struct mapped *m, const struct piece *p, char *buf, size_t n,
		       struct error *e)
{
	const char *plain;
	switch (p->kind) {
	case PIECE_ZEROS: memset(buf, 0, n); return true;
	case PIECE_STORED: return read_stored(p, buf, n, e);
	case PIECE_PACKED:
		plain = unpacked(m, p, e);
		if (plain)
			memcpy(buf, plain + p->skip, n);
		return plain != NULL;
	}
	return false;
}

static bool mapped_read(struct blob *b, uint64_t at, void *buf, size_t n, size_t *got,
			struct error *e)
{
	struct mapped *m = (struct mapped *)b;
	uint64_t left = at < b->size ? b->size - at : 0;
	n = left < n ? (size_t)left : n;
	for (size_t have = 0; have < n;) {
		struct piece p = {0};
		if (!m->map(m, at + have, &p, e))
			return fail_in(e, "%s", m->container);
		size_t some = p.n < n - have ? (size_t)p.n : n - have;
		if (!read_piece(m, &p, (char *)buf + have, some, e))
			return fail_in(e, "%s", m->container);
		have += some;
	}
	*got = n;
	return true;
}

void mapped_init(struct mapped *m, const char *container, struct blob *of, uint64_t size)
{
	m->blob = (struct blob){.name = of->name, .size = size, .read = mapped_read};
	m->container = container;
}

void mapped_packs(struct mapped *m, struct arena *a, size_t max_packed, size_t max_plain)
{
	struct units *u = NEW(a, struct units);
	size_t n = UNITS_BYTES / max_plain;
	u->arena = a;
	u->max_packed = max_packed;
	u->max_plain = max_plain;
	u->n = n < UNITS_MIN ? UNITS_MIN : n > UNITS_MAX ? UNITS_MAX : n;
	m->units = u;
}
