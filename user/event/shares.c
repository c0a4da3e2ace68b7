/* SPDX-License-Identifier: BSD-2-Clause */
#include "event/shares.h"

#include <stdlib.h>
#include <string.h>

#define ARENA_MAX (1u << 20)		/* of one value */

struct event_shares {
	struct table *table;
	size_t bytes, max_bytes;
};

struct event_shares *event_shares_new(size_t max_bytes)
{
	struct event_shares *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->max_bytes = max_bytes;
	s->table = table_new();
	if (s->table)
		return s;
	free(s);
	return NULL;
}

static size_t bytes_of(const struct event_share *share)
{
	size_t bytes = sizeof(*share) + share->arena.used;

	for (const struct event_memo *m = share->memos; m; m = m->next)
		bytes += m->len;
	return bytes;
}

static void forget(struct event_share *share)
{
	struct event_shares *s = share->owner;

	s->bytes -= bytes_of(share);
	table_remove(s->table, &share->node);
	share->owner = NULL;
	event_share_put(share);
}

static struct event_share *share_of(struct table_node *n)
{
	return n ? container_of_node(n, struct event_share, node) : NULL;
}

void event_shares_free(struct event_shares *s)
{
	struct event_share *share;

	if (!s)
		return;
	while ((share = share_of(table_oldest(s->table))))
		forget(share);
	table_free(s->table);
	free(s);
}

struct event_share *event_shares_find(struct event_shares *s, const void *key, size_t len)
{
	struct event_share *share = share_of(table_find(s->table, key, len));

	if (!share)
		return NULL;
	table_touch(s->table, &share->node);
	share->refs++;
	return share;
}

struct event_share *event_share_new(const void *key, size_t len, size_t value_len, size_t arena_len)
{
	struct event_share *share = calloc(1, sizeof(*share));

	if (!share)
		return NULL;
	share->refs = 1;
	arena_init(&share->arena, ARENA_MAX);
	if (arena_len)
		(void)arena_reserve(&share->arena, arena_len);
	share->node.key = arena_dup(&share->arena, key, len);
	share->node.key_len = (uint32_t)len;
	share->value = arena_alloc(&share->arena, value_len);
	if (share->node.key && share->value)
		return share;
	event_share_put(share);
	return NULL;
}

void event_shares_keep(struct event_shares *s, struct event_share *share)
{
	struct event_share *oldest;

	share->owner = s;
	share->refs++;
	s->bytes += bytes_of(share);
	table_insert(s->table, &share->node);
	while (s->bytes > s->max_bytes && (oldest = share_of(table_oldest(s->table))))
		forget(oldest);
}

void event_share_put(struct event_share *share)
{
	if (--share->refs)
		return;
	if (share->drop)
		share->drop(share->value);
	for (struct event_memo *m = share->memos; m; m = m->next)
		free(m->text);
	arena_free(&share->arena);
	free(share);
}

struct event_memo *event_memo_new(struct event_share *share)
{
	struct event_memo *m = arena_alloc(&share->arena, sizeof(*m));

	if (!m)
		return NULL;
	m->share = share;
	m->next = share->memos;
	share->memos = m;
	return m;
}

void event_memo_set(struct event_memo *m, const char *text, size_t len)
{
	if (m->text || !(m->text = malloc(len)))
		return;
	memcpy(m->text, text, len);
	m->len = len;
	if (m->share->owner)
		m->share->owner->bytes += len;
}
