/* SPDX-License-Identifier: BSD-2-Clause */
#include "sink/known.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/table.h"
#include "event/event.h"

#define KNOWN_MAX 16384
#define KNOWN_NS (86400 * NS_PER_S)

struct entry {
	struct table_node node;
	uint64_t told_ns;
	char sha256[64];
};

struct known {
	struct table *table;
};

struct known *known_new(void)
{
	struct known *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->table = table_new();
	if (k->table)
		return k;
	free(k);
	return NULL;
}

static void forget_oldest(struct known *k)
{
	struct table_node *n = table_oldest(k->table);

	table_remove(k->table, n);
	free(container_of_node(n, struct entry, node));
}

void known_free(struct known *k)
{
	if (!k)
		return;
	while (table_count(k->table))
		forget_oldest(k);
	table_free(k->table);
	free(k);
}

static void remember(struct known *k, const struct event_str *sha256, uint64_t now_ns)
{
	struct entry *e;

	while (table_count(k->table) >= KNOWN_MAX)
		forget_oldest(k);
	e = malloc(sizeof(*e));
	if (!e)
		return;
	memcpy(e->sha256, sha256->s, sizeof(e->sha256));
	e->told_ns = now_ns;
	e->node.key = e->sha256;
	e->node.key_len = sizeof(e->sha256);
	table_insert(k->table, &e->node);
}

bool known_add(struct known *k, const struct event_str *sha256, uint64_t now_ns)
{
	struct table_node *n;
	struct entry *e;

	if (!sha256->s || sha256->len != sizeof(e->sha256))
		return false;
	n = table_find(k->table, sha256->s, sizeof(e->sha256));
	if (!n) {
		remember(k, sha256, now_ns);
		return false;
	}
	table_touch(k->table, n);
	e = container_of_node(n, struct entry, node);
	if (now_ns < e->told_ns + KNOWN_NS)
		return true;
	e->told_ns = now_ns;
	return false;
}
