/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connections whose encrypted records wait for the secrets that may open them: a key log is written, and the kernel's
 * tap read, a little later than the packets. Meanwhile nothing is concluded, not even from the connection's end.
 */
#include "conn.h"
#include "tls/conn.h"

void conn_wait(struct conn *c)
{
	struct pipeline *p = c->owner;
	size_t len;
	const uint8_t *hash;

	if (c->waiting)
		return;
	c->waiting = true;
	c->wait_until = p->now_ns + p->set.secrets_wait_ns;
	TAILQ_INSERT_TAIL(&p->waiting, c, wait);
	hash = tls_conn_transcript(c->tls, &len);
	if (!len || table_find(p->transcripts, hash, len))
		return;
	c->transcript.key = hash;
	c->transcript.key_len = (uint32_t)len;
	table_insert(p->transcripts, &c->transcript);
	c->has_transcript = true;
}

void conn_stop_waiting(struct conn *c)
{
	if (!c->waiting)
		return;
	c->waiting = false;
	TAILQ_REMOVE(&c->owner->waiting, c, wait);
	if (c->has_transcript)
		table_remove(c->owner->transcripts, &c->transcript);
	c->has_transcript = false;
}

bool conn_go_on(struct conn *c)
{
	if (tls_conn_waits(c->tls))
		return false;
	conn_stop_waiting(c);
	conn_charge(c);
	conn_check(c, c->over);
	if (!c->over)
		return false;
	conn_free(c);
	return true;
}

void pipeline_expect_secrets(struct pipeline *p, uint64_t wait_ns)
{
	p->set.secrets_wait_ns = wait_ns;
}

static void came(struct conn *c)
{
	if (c->reported)
		return;
	tls_conn_secrets_came(c->tls);
	(void)conn_go_on(c);
}

void pipeline_secret_came(struct pipeline *p, const uint8_t *key, size_t key_len, bool is_random)
{
	struct table_node *n = table_find(is_random ? p->hellos : p->transcripts, key, key_len);

	if (n && is_random)
		came(container_of_node(n, struct conn, hello));
	else if (n)
		came(container_of_node(n, struct conn, transcript));
}

uint64_t conn_wait_tick(struct pipeline *p)
{
	struct conn *c;

	while ((c = TAILQ_FIRST(&p->waiting)) && c->wait_until <= p->now_ns) {
		tls_conn_give_up_secrets(c->tls);
		(void)conn_go_on(c);
	}
	return c ? c->wait_until : UINT64_MAX;
}

void conn_wait_step_back(struct pipeline *p, uint64_t now_ns)
{
	struct conn *c;

	TAILQ_FOREACH(c, &p->waiting, wait)
		if (c->wait_until > now_ns + p->set.secrets_wait_ns)
			c->wait_until = now_ns + p->set.secrets_wait_ns;
}
