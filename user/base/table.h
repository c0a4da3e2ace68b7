/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bounded hash table of entries that embed a struct table_node, hashed with a random secret (XXH3), and
 * kept in order of use: what is oldest is known at once. The table owns no entry.
 */
#ifndef HSMON_BASE_TABLE_H
#define HSMON_BASE_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct table_node {
	struct table_node *next;		/* in its bucket */
	struct table_node *older, *newer;	/* in order of use */
	const void *key;			/* key_len bytes inside the entry */
	uint32_t key_len;
	uint64_t hash;
};

struct table;

/* Grows as it fills. NULL: out of memory. */
struct table *table_new(void);
/* Does not touch the entries. */
void table_free(struct table *t);
size_t table_count(const struct table *t);
/* NULL: not there. Does not change the order. */
struct table_node *table_find(const struct table *t, const void *key, size_t key_len);
/* node->key and key_len are set by the caller and stay valid and unchanged while it is in. It must not be there
 * yet. It becomes the newest.
 * A table that cannot grow gets slower, never wrong. */
void table_insert(struct table *t, struct table_node *node);
void table_remove(struct table *t, struct table_node *node);
/* Becomes the newest. */
void table_touch(struct table *t, struct table_node *node);
struct table_node *table_oldest(const struct table *t);

/* The keyed hash itself: the same secret for the life of the process, unknown to peers. */
uint64_t table_hash(const void *p, size_t len);

#define container_of_node(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))

#endif
