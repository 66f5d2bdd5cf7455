/*
 * map.c - an open-addressing hash table over an array in order of insertion.
 *
 * The seed differs from run to run: an image cannot be made to fill one bucket.
 */
#include "map.h"

#include <stdlib.h>
#include <sys/random.h>

#include "arena.h"
#include "vec.h"

struct entry {
	struct str key;
	void *value;
	uint64_t hash;
};

struct map {
	struct arena *arena;
	uint64_t seed;
	VEC(struct entry) entries;
	uint32_t *slots; /* index + 1 into entries; 0 is free */
	size_t mask;     /* slots - 1, a power of two less one */
};

static uint64_t mix(uint64_t h)
{
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93u;
	h ^= h >> 32;
	return h;
}

/* Multiply-and-mix over 8-byte pieces; the secret seed enters every step. */
static uint64_t hash_of(const struct map *m, struct str key)
{
	uint64_t h = m->seed ^ key.n;
	size_t i = 0;
	for (; i + 8 <= key.n; i += 8) {
		uint64_t piece;
		__builtin_memcpy(&piece, key.p + i, 8);
		h = mix(h ^ piece) * (m->seed | 1);
	}
	uint64_t rest = 0;
	for (; i < key.n; i++)
		rest = rest << 8 | (unsigned char)key.p[i];
	return mix(mix(h ^ rest) * (m->seed | 1));
}

struct map *map_new(struct arena *a)
{
	struct map *m = NEW(a, struct map);
	m->arena = a;
	if (getrandom(&m->seed, sizeof m->seed, GRND_NONBLOCK) != sizeof m->seed)
		m->seed = (uint64_t)(uintptr_t)m * 0x9e3779b97f4a7c15u;
	m->mask = 15;
	m->slots = NEW_N(a, uint32_t, m->mask + 1);
	return m;
}

/* The slot of `key`, or the free slot where it would go. */
static size_t slot_of(const struct map *m, struct str key, uint64_t hash)
{
	size_t i = hash & m->mask;
	while (m->slots[i]) {
		const struct entry *e = &m->entries.at[m->slots[i] - 1];
		if (e->hash == hash && str_eq(e->key, key))
			break;
		i = (i + 1) & m->mask;
	}
	return i;
}

void *map_get(const struct map *m, struct str key)
{
	size_t i = slot_of(m, key, hash_of(m, key));
	return m->slots[i] ? m->entries.at[m->slots[i] - 1].value : NULL;
}

static void map_rehash(struct map *m)
{
	m->mask = m->mask * 2 + 1;
	m->slots = NEW_N(m->arena, uint32_t, m->mask + 1);
	for (size_t k = 0; k < m->entries.n; k++) {
		size_t i = m->entries.at[k].hash & m->mask;
		while (m->slots[i])
			i = (i + 1) & m->mask;
		m->slots[i] = (uint32_t)k + 1;
	}
}

void map_put(struct map *m, struct str key, void *value)
{
	uint64_t hash = hash_of(m, key);
	size_t i = slot_of(m, key, hash);
	if (m->slots[i]) {
		m->entries.at[m->slots[i] - 1].value = value;
		return;
	}
	struct entry *e = vec_push(m->arena, &m->entries);
	*e = (struct entry){key, value, hash};
	m->slots[i] = (uint32_t)m->entries.n;
	if (m->entries.n * 3 > m->mask * 2)
		map_rehash(m);
}

size_t map_count(const struct map *m)
{
	return m->entries.n;
}

void *map_at(const struct map *m, size_t i, struct str *key)
{
	if (key)
		*key = m->entries.at[i].key;
	return m->entries.at[i].value;
}
