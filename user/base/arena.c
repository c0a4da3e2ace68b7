/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_LEN 4000		/* with malloc's header just below a page */
#ifdef HSMON_SANITIZED
#define SPARE_MAX 0		/* what is used after it was freed is to be found */
#else
#define SPARE_MAX 32
#endif
#define ALIGN(n) (((n) + 15) & ~(size_t)15)

struct arena_chunk {
	struct arena_chunk *next;
	size_t len, used;
	_Alignas(16) unsigned char bytes[];
};

void arena_init(struct arena *a, size_t limit)
{
	*a = (struct arena){ .limit = limit };
}

/* Chunks of the usual length are used again: an arena a connection and one an event are two pages a handshake for malloc to
 * split and join. */
static _Thread_local struct arena_chunk *spare;
static _Thread_local unsigned int spare_cnt;

static void chunk_free(struct arena_chunk *c)
{
	if (c->len != CHUNK_LEN || spare_cnt + 1 > SPARE_MAX) {
		free(c);
		return;
	}
	c->next = spare;
	spare = c;
	spare_cnt++;
}

static struct arena_chunk *chunk_new(size_t len)
{
	struct arena_chunk *c = len == CHUNK_LEN ? spare : NULL;

	if (c) {
		spare = c->next;
		spare_cnt--;
	} else {
		c = malloc(sizeof(*c) + len);
		if (!c)
			return NULL;
	}
	c->len = len;
	c->used = 0;
	return c;
}

void arena_free(struct arena *a)
{
	struct arena_chunk *c = a->head;

	while (c) {
		struct arena_chunk *next = c->next;

		chunk_free(c);
		c = next;
	}
	arena_init(a, a->limit);
}

static struct arena_chunk *chunk_add(struct arena *a, size_t len)
{
	struct arena_chunk *c;

	if (a->used + len > a->limit || !(c = chunk_new(len)))
		return NULL;
	a->used += len;
	/* One that will be full at once goes behind the one that still has room. */
	if (a->head && len > CHUNK_LEN) {
		c->next = a->head->next;
		a->head->next = c;
	} else {
		c->next = a->head;
		a->head = c;
	}
	return c;
}

bool arena_reserve(struct arena *a, size_t len)
{
	return len <= a->limit && chunk_add(a, ALIGN(len));
}

static void *alloc_raw(struct arena *a, size_t len)
{
	struct arena_chunk *c = a->head;
	void *p;

	if (len > a->limit)
		return NULL;
	len = ALIGN(len ? len : 1);
	if (!c || c->len - c->used < len) {
		c = chunk_add(a, len > CHUNK_LEN ? len : CHUNK_LEN);
		if (!c)
			return NULL;
	}
	p = c->bytes + c->used;
	c->used += len;
	return p;
}

void *arena_alloc(struct arena *a, size_t len)
{
	void *p = alloc_raw(a, len);

	return p ? memset(p, 0, len) : NULL;
}

void *arena_dup(struct arena *a, const void *p, size_t len)
{
	void *copy = alloc_raw(a, len);

	return copy && len ? memcpy(copy, p, len) : copy;
}

char *arena_strndup(struct arena *a, const char *s, size_t len)
{
	char *copy = alloc_raw(a, len + 1);

	if (!copy)
		return NULL;
	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	char buf[512], *s;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (n < 0)
		return NULL;
	if ((size_t)n < sizeof(buf))
		return arena_strndup(a, buf, (size_t)n);
	s = alloc_raw(a, (size_t)n + 1);
	if (!s)
		return NULL;
	va_start(ap, fmt);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return s;
}
