/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/clock.h"
#include "conn.h"
#include "tls/conn.h"

#define TOGETHER_NS NS_PER_S		/* one packet on its way through this host */

static bool same_endpoint(const struct conn *a, const struct conn *b, bool client)
{
	int i = tls_conn_handshake(a->tls)->client_dir ^ !client, k = b->flow.client_dir ^ !client;

	return a->flow.tuple.port[i] == b->flow.tuple.port[k] &&
	       !memcmp(a->flow.tuple.addr[i], b->flow.tuple.addr[k], HS_ADDR_LEN);
}

/*
 * Address translation leaves one end as it was. What is told apart by that: the same packet at another interface, and
 * somebody else who sends a ClientHello with the random of one that he saw (his own would be hidden by it).
 */
static bool is_translated(const struct conn *c, const struct conn *first)
{
	uint64_t apart = c->flow.first_ns > first->flow.first_ns ? c->flow.first_ns - first->flow.first_ns :
								   first->flow.first_ns - c->flow.first_ns;

	return c->flow.interface_cnt && first->flow.interface_cnt && c->flow.interfaces[0] != first->flow.interfaces[0] &&
	       apart < TOGETHER_NS && (same_endpoint(c, first, true) || same_endpoint(c, first, false));
}

void conn_join(struct conn *c)
{
	const struct tls_handshake *h = tls_conn_handshake(c->tls);
	struct pipeline *p = c->owner;
	struct table_node *n;
	struct conn *first;

	if (c->has_hello || !h->client_hello.seen || h->client_dir == TLS_SIDE_UNKNOWN)
		return;
	memcpy(c->random, h->client_hello.random, HELLO_KEY_LEN);
	n = table_find(p->hellos, c->random, HELLO_KEY_LEN);
	if (!n) {
		c->has_hello = true;
		c->flow.client_dir = (uint8_t)h->client_dir;
		c->hello.key = c->random;
		c->hello.key_len = HELLO_KEY_LEN;
		table_insert(p->hellos, &c->hello);
		return;
	}
	first = container_of_node(n, struct conn, hello);
	if (first == c || !is_translated(c, first))
		return;
	for (int i = 0; i < c->flow.interface_cnt; i++)
		flow_add_interface(&first->flow, c->flow.interfaces[i]);
	first->flow.translated = c->flow.tuple;
	first->flow.translated_client_dir = (uint8_t)h->client_dir;
	first->flow.is_translated = true;
	p->stats.joined++;
	conn_set_reported(c);
}
