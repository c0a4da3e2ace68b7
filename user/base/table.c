/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/table.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define BUCKETS_MIN 64

struct table {
	struct table_node **buckets;
	size_t bucket_cnt;		/* a power of two */
	size_t count;
	struct table_node *oldest, *newest;
};

static unsigned char hash_secret[XXH3_SECRET_SIZE_MIN];
static bool hash_secret_set;

/* Without randomness there is no defence against chosen collisions: better none at all. */
static void secret_init(void)
{
	size_t got = 0;

	while (got < sizeof(hash_secret)) {
		ssize_t n = getrandom(hash_secret + got, sizeof(hash_secret) - got, 0);

		if (n < 0 && errno != EINTR)
			abort();
		if (n > 0)
			got += (size_t)n;
	}
	hash_secret_set = true;
}

uint64_t table_hash(const void *p, size_t len)
{
	if (!hash_secret_set)
		secret_init();
	return XXH3_64bits_withSecret(p, len, hash_secret, sizeof(hash_secret));
}

struct table *table_new(void)
{
	struct table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->bucket_cnt = BUCKETS_MIN;
	t->buckets = calloc(t->bucket_cnt, sizeof(*t->buckets));
	if (!t->buckets) {
		free(t);
		return NULL;
	}
	return t;
}

void table_free(struct table *t)
{
	if (!t)
		return;
	free(t->buckets);
	free(t);
}

size_t table_count(const struct table *t)
{
	return t->count;
}

static struct table_node **bucket_of(const struct table *t, uint64_t hash)
{
	return &t->buckets[hash & (t->bucket_cnt - 1)];
}

struct table_node *table_find(const struct table *t, const void *key, size_t key_len)
{
	uint64_t hash = table_hash(key, key_len);

	for (struct table_node *n = *bucket_of(t, hash); n; n = n->next)
		if (n->hash == hash && n->key_len == key_len && !memcmp(n->key, key, key_len))
			return n;
	return NULL;
}

static void grow(struct table *t)
{
	size_t old_cnt = t->bucket_cnt;
	struct table_node **old = t->buckets;
	struct table_node **bigger = calloc(old_cnt * 2, sizeof(*bigger));

	if (!bigger)
		return;			/* slower, but still right */
	t->buckets = bigger;
	t->bucket_cnt = old_cnt * 2;
	for (size_t i = 0; i < old_cnt; i++) {
		for (struct table_node *n = old[i], *next; n; n = next) {
			struct table_node **b = bucket_of(t, n->hash);

			next = n->next;
			n->next = *b;
			*b = n;
		}
	}
	free(old);
}

static void order_add(struct table *t, struct table_node *n)
{
	n->newer = NULL;
	n->older = t->newest;
	if (t->newest)
		t->newest->newer = n;
	else
		t->oldest = n;
	t->newest = n;
}

static void order_del(struct table *t, struct table_node *n)
{
	if (n->older)
		n->older->newer = n->newer;
	else
		t->oldest = n->newer;
	if (n->newer)
		n->newer->older = n->older;
	else
		t->newest = n->older;
}

void table_insert(struct table *t, struct table_node *node)
{
	struct table_node **b;

	if (t->count >= t->bucket_cnt)
		grow(t);
	node->hash = table_hash(node->key, node->key_len);
	b = bucket_of(t, node->hash);
	node->next = *b;
	*b = node;
	order_add(t, node);
	t->count++;
}

void table_remove(struct table *t, struct table_node *node)
{
	for (struct table_node **p = bucket_of(t, node->hash); *p; p = &(*p)->next) {
		if (*p != node)
			continue;
		*p = node->next;
		order_del(t, node);
		t->count--;
		return;
	}
}

void table_touch(struct table *t, struct table_node *node)
{
	if (t->newest == node)
		return;
	order_del(t, node);
	order_add(t, node);
}

struct table_node *table_oldest(const struct table *t)
{
	return t->oldest;
}
