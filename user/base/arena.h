/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory with one owner and one end: everything that is learnt about a connection is allocated in its
 * arena and freed at once. An arena has a limit; past it allocations return NULL, so that a hostile peer
 * costs at most that much.
 */
#ifndef HSMON_BASE_ARENA_H
#define HSMON_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *head;
	size_t used;		/* bytes of chunks held, all told */
	size_t limit;
};

void arena_init(struct arena *a, size_t limit);
/* Room for len bytes in one piece, and no more for now: for what is small and kept. False as alloc's NULL. */
bool arena_reserve(struct arena *a, size_t len);
/* Frees everything; the arena can be used again. */
void arena_free(struct arena *a);
/* Zeroed, aligned for any type. NULL: over the limit, or out of memory. */
void *arena_alloc(struct arena *a, size_t len);
/* A copy of len bytes. NULL as above; also for len 0 a valid pointer is returned. */
void *arena_dup(struct arena *a, const void *p, size_t len);
/* A NUL-terminated copy. */
char *arena_strndup(struct arena *a, const char *s, size_t len);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
