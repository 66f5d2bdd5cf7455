/*
 * vec.h - arrays that grow in an arena.
 *
 * VEC(type) declares the three members; a zeroed one is an empty array. vec_push returns a
 * pointer to a new zeroed element. Pointers to elements hold until the next push.
 */
#ifndef VEC_H
#define VEC_H

#include <stddef.h>

struct arena;

#define VEC(type) \
	struct { \
		type *at; \
		size_t n, cap; \
	}

#define vec_push(a, v) \
	((v)->n == (v)->cap \
		 ? (void)((v)->at = vec_grow((a), (v)->at, sizeof *(v)->at, (v)->n, &(v)->cap)) \
		 : (void)0, \
	 &(v)->at[(v)->n++])

/* For vec_push alone: a copy of `n` elements with room for more; *cap is the new room. */
void *vec_grow(struct arena *a, const void *at, size_t size, size_t n, size_t *cap);

#endif
