/* SPDX-License-Identifier: BSD-2-Clause */
#include "conn.h"

#include <stdlib.h>

#include "tls/conn.h"

#define CONN_ARENA_MAX (512 * 1024)	/* what one connection may cost besides reassembly */
#define CERT_BYTES 1536			/* of a parsed certificate, beside twice its DER */

static void on_certificate(void *ctx, enum tls_side side, uint32_t index, const uint8_t *der, size_t len)
{
	struct conn *c = ctx;
	const struct cert *cert;

	if (!c->chain[side])
		c->chain[side] = arena_alloc(&c->arena, sizeof(*c->chain[side]));
	if (!c->chain[side])
		return;
	/* A renegotiation sends its chain again: the first one stays. */
	if (index != c->chain[side]->n || index >= CHAIN_MAX)
		return;
	cert = cert_store_get(c->owner->certs, der, len);
	if (!cert) {
		c->owner->stats.out_of_memory++;
		return;
	}
	c->cert_bytes += CERT_BYTES + 2 * len;
	c->chain[side]->v[c->chain[side]->n++] = cert;
}

static void on_ocsp(void *ctx, uint32_t index, const uint8_t *der, size_t len)
{
	struct conn *c = ctx;

	if (index || c->has_ocsp)
		return;
	if (!ocsp_parse(der, len, &c->ocsp))
		c->ocsp = (struct ocsp_info){ .status = OCSP_ERROR };
	c->has_ocsp = true;
	c->ocsp_der = arena_dup(&c->arena, der, len);
	c->ocsp_len = len;
}

void conn_charge(struct conn *c)
{
	size_t cost = c->arena.used + c->cert_bytes;

	c->owner->budget.used += cost - c->charged;
	c->charged = cost;
}

static void conn_drop_parser(struct conn *c)
{
	for (int side = 0; side < 2; side++)
		for (size_t i = 0; c->chain[side] && i < c->chain[side]->n; i++)
			cert_put(c->chain[side]->v[i]);
	c->chain[0] = c->chain[1] = NULL;
	conn_stop_waiting(c);
	tls_conn_free(c->tls);
	c->tls = NULL;
	arena_free(&c->arena);
	c->cert_bytes = 0;
	conn_charge(c);
	for (int d = 0; d < 2; d++)
		reasm_free(&c->flow.stream[d]);
	if (c->lingering) {
		TAILQ_REMOVE(&c->owner->lingering, c, linger);
		c->lingering = false;
	}
}

void conn_set_reported(struct conn *c)
{
	c->reported = true;
	TAILQ_REMOVE(&c->owner->open, c, order);
	TAILQ_INSERT_TAIL(&c->owner->reported, c, order);
	conn_drop_parser(c);
}

void conn_free(struct conn *c)
{
	table_remove(c->owner->conns, &c->flow.node);
	if (c->has_hello)
		table_remove(c->owner->hellos, &c->hello);
	conn_drop_parser(c);
	if (c->reported)
		TAILQ_REMOVE(&c->owner->reported, c, order);
	else
		TAILQ_REMOVE(&c->owner->open, c, order);
	flow_free(&c->flow);
	free(c);
}

static struct reasm_used feed(void *ctx, int dir, const uint8_t *p, size_t len, uint64_t time_ns, uint32_t segments)
{
	struct conn *c = ctx;
	struct tls_fed fed = tls_conn_feed(c->tls, dir, p, len, time_ns, segments);

	return (struct reasm_used){ .consumed = fed.done ? len : fed.consumed, .skip = fed.skip, .optional = fed.optional };
}

static struct reasm_used feed_0(void *ctx, const uint8_t *p, size_t len, uint64_t time_ns, uint32_t segments)
{
	return feed(ctx, 0, p, len, time_ns, segments);
}

static struct reasm_used feed_1(void *ctx, const uint8_t *p, size_t len, uint64_t time_ns, uint32_t segments)
{
	return feed(ctx, 1, p, len, time_ns, segments);
}

static void gap_0(void *ctx, uint64_t len, uint64_t time_ns)
{
	tls_conn_gap(((struct conn *)ctx)->tls, 0, len, time_ns);
}

static void gap_1(void *ctx, uint64_t len, uint64_t time_ns)
{
	tls_conn_gap(((struct conn *)ctx)->tls, 1, len, time_ns);
}

static struct reasm_reader reader_for(struct conn *c, int dir)
{
	return (struct reasm_reader){ c, dir ? feed_1 : feed_0, dir ? gap_1 : gap_0 };
}

/* While its handshake lasts nothing of it is left out, unless it is none. */
static bool all_wanted(const struct conn *c)
{
	const struct tls_handshake *h = tls_conn_handshake(c->tls);

	return !h->established && !h->not_tls && !h->upgraded_from &&
	       (h->protocol != TLS_PROTO_NONE || (!c->flow.stream[0].bytes && !c->flow.stream[1].bytes));
}

/* Ends the connection for the parser: holes in the streams are final. */
void conn_finish(struct conn *c, enum event_cause cause)
{
	bool all;

	if (c->reported)
		return;
	tls_conn_give_up_secrets(c->tls);
	if (c->over)
		cause = EVENT_CAUSE_CLOSED;
	all = all_wanted(c);
	for (int d = 0; d < 2; d++) {
		struct reasm_reader reader = reader_for(c, d);

		if (all)
			reasm_expect_all(&c->flow.stream[d]);
		reasm_end(&c->flow.stream[d], c->owner->now_ns, &reader);
	}
	conn_report(c, cause);
	conn_set_reported(c);
}

struct conn *conn_new(struct pipeline *p, const struct hs_tuple *tuple, uint64_t time_ns)
{
	struct tls_events events = { .certificate = on_certificate, .ocsp = on_ocsp };
	struct tls_options opt = {
		.upgrades = true,
		.secrets = p->set.secrets,
		.secrets_later = p->set.secrets_wait_ns,
		.transcripts = p->set.transcripts,
	};
	struct conn *c;

	c = calloc(1, sizeof(*c));
	if (!c) {
		p->stats.out_of_memory++;
		return NULL;
	}
	c->owner = p;
	c->lost_before = p->lost_caught_up;
	arena_init(&c->arena, CONN_ARENA_MAX);
	flow_init(&c->flow, tuple, &p->budget, time_ns);
	events.ctx = c;
	c->tls = tls_conn_new(&c->arena, &opt, &events);
	if (!c->tls) {
		arena_free(&c->arena);
		free(c);
		p->stats.out_of_memory++;
		return NULL;
	}
	p->stats.flows++;
	table_insert(p->conns, &c->flow.node);
	TAILQ_INSERT_TAIL(&p->open, c, order);
	conn_charge(c);
	return c;
}

static void linger(struct conn *c)
{
	c->lingering = true;
	c->linger_until = c->owner->now_ns + c->owner->set.linger_ns;
	TAILQ_INSERT_TAIL(&c->owner->lingering, c, linger);
}

bool conn_outlives_reset(const struct conn *c)
{
	const struct tls_handshake *h = tls_conn_handshake(c->tls);

	return h->client_dir != TLS_SIDE_UNKNOWN && c->flow.reset[h->client_dir] && !c->flow.reset[!h->client_dir] &&
	       !c->flow.fin[!h->client_dir] && tls_conn_in_server_flight(c->tls);
}

void conn_check(struct conn *c, bool ended)
{
	c->over |= ended;
	if (tls_conn_waits(c->tls))
		conn_wait(c);
	else if (c->over)
		conn_finish(c, EVENT_CAUSE_CLOSED);
	else if (tls_conn_settled(c->tls))
		conn_finish(c, EVENT_CAUSE_SETTLED);
	else if (!c->lingering && (tls_conn_handshake(c->tls)->established || conn_outlives_reset(c)))
		linger(c);
}

void conn_tcp(struct conn *c, const struct segment *s)
{
	const struct hs_segment *rec = s->rec;
	struct reasm_reader reader = reader_for(c, rec->dir), other = reader_for(c, !rec->dir);
	struct reasm_segment seg = {
		.seq = rec->seq,
		.data = s->data,
		.len = rec->cap_len,
		.wire_len = rec->wire_len,
		.lost_tail = rec->flags & (HS_SEG_SNAPPED | HS_SEG_BUDGET),
		.retransmit = rec->flags & HS_SEG_RETRANSMIT,
		.trimmed = rec->flags & HS_SEG_TRIMMED,
		.time_ns = s->time_ns,
	};

	c->flow.lost_segments += seg.lost_tail;
	if (rec->tcp_flags & FLOW_TCP_ACK)
		reasm_ack(&c->flow.stream[!rec->dir], rec->ack, s->time_ns, &other);
	if (rec->wire_len)
		reasm_segment(&c->flow.stream[rec->dir], &seg, &reader);
	if (rec->tcp_flags & (FLOW_TCP_FIN | FLOW_TCP_RST))
		reasm_last(&c->flow.stream[rec->dir], rec->seq + rec->wire_len);
}

void conn_udp(struct conn *c, const struct segment *s)
{
	struct reasm *stream = &c->flow.stream[s->rec->dir];

	stream->segments++;
	stream->bytes += s->rec->cap_len;
	tls_conn_datagram(c->tls, s->rec->dir, s->data, s->rec->cap_len, s->time_ns);
}
