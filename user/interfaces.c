/* SPDX-License-Identifier: BSD-2-Clause */
#include "interfaces.h"

#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/table.h"

#define INTERFACES_MAX 16384		/* containers come and go */

struct interface_name {
	struct table_node node;
	uint32_t ifindex;
	char name[IF_NAMESIZE];
};

struct interfaces {
	struct table *table;
};

static struct interface_name *name_of(struct table_node *n)
{
	return n ? container_of_node(n, struct interface_name, node) : NULL;
}

static void forget_oldest(struct interfaces *i)
{
	struct table_node *n = table_oldest(i->table);

	table_remove(i->table, n);
	free(name_of(n));
}

struct interfaces *interfaces_new(void)
{
	struct interfaces *i = calloc(1, sizeof(*i));

	if (!i)
		return NULL;
	i->table = table_new();
	if (i->table)
		return i;
	free(i);
	return NULL;
}

void interfaces_free(struct interfaces *i)
{
	if (!i)
		return;
	while (table_oldest(i->table))
		forget_oldest(i);
	table_free(i->table);
	free(i);
}

void interfaces_add(struct interfaces *i, uint32_t ifindex, const char *name)
{
	struct interface_name *n = name_of(table_find(i->table, &ifindex, sizeof(ifindex)));

	if (!n) {
		if (table_count(i->table) >= INTERFACES_MAX)
			forget_oldest(i);
		n = calloc(1, sizeof(*n));
		if (!n)
			return;
		n->ifindex = ifindex;
		n->node.key = &n->ifindex;
		n->node.key_len = sizeof(n->ifindex);
		table_insert(i->table, &n->node);
	}
	snprintf(n->name, sizeof(n->name), "%s", name);
}

const char *interfaces_name(const struct interfaces *i, uint32_t ifindex)
{
	const struct interface_name *n = name_of(table_find(i->table, &ifindex, sizeof(ifindex)));

	return n ? n->name : NULL;
}
