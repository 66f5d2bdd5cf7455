/*
 * map.h - names to pointers, in an arena; seeded, so that hostile names cannot collide by design.
 *
 * Keys are borrowed slices. Nothing is ever removed; map_put replaces. map_at walks the
 * entries in order of insertion, which makes every output that follows it stable.
 */
#ifndef MAP_H
#define MAP_H

#include "str.h"

struct arena;
struct map;

struct map *map_new(struct arena *a);
void *map_get(const struct map *m, struct str key); /* NULL when absent */
void map_put(struct map *m, struct str key, void *value);
size_t map_count(const struct map *m);
void *map_at(const struct map *m, size_t i, struct str *key); /* i < map_count; key may be NULL */

#endif
