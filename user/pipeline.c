/* SPDX-License-Identifier: BSD-2-Clause */
#include "pipeline.h"

#include <netinet/in.h>
#include <stdlib.h>

#include "base/clock.h"
#include "conn.h"
#include "event/shares.h"

#define SHARES_MAX (16u << 20)		/* bytes of what events have in common */

static void make_room(struct pipeline *p)
{
	struct conn *c = TAILQ_FIRST(&p->reported);

	if (!c) {
		c = TAILQ_FIRST(&p->open);
		p->stats.flows_evicted++;
		conn_finish(c, EVENT_CAUSE_EVICTED);
	}
	conn_free(c);
}

static struct conn *admit(struct pipeline *p, const struct hs_tuple *tuple, uint64_t time_ns)
{
	while (table_count(p->conns) >= p->set.max_flows)
		make_room(p);
	return conn_new(p, tuple, time_ns);
}

/* Keeps an eighth of the budget for reassembly. Handshakes that are over have nothing to lose; then those go that were
 * silent longest. */
static void relieve(struct pipeline *p)
{
	const size_t limit = p->budget.limit - p->budget.limit / 8;
	struct conn *c;

	while (p->budget.used > limit && (c = TAILQ_FIRST(&p->lingering)))
		conn_finish(c, EVENT_CAUSE_SETTLED);
	while (p->budget.used > limit && (c = TAILQ_FIRST(&p->open))) {
		p->stats.flows_evicted++;
		conn_finish(c, EVENT_CAUSE_EVICTED);
	}
}

/* A connection that is not known is not followed from its middle: it was reported, or evicted, and this is what was still
 * under way, or its end. Only what begins a handshake is (an upgrade after a long silence). */
static bool begins_handshake(const struct segment *s)
{
	const struct hs_segment *rec = s->rec;

	if (rec->flags & HS_SEG_RETRANSMIT)
		return false;
	if (rec->tuple.proto == IPPROTO_UDP)
		return rec->cap_len >= 14 && (s->data[0] & 0x80 || (s->data[0] == 22 && s->data[13] == 1));
	return rec->cap_len >= 6 && s->data[0] == 22 && s->data[1] == 3 && s->data[5] == 1;
}

static void on_open(void *ctx, const struct hs_open *rec, uint64_t time_ns, int64_t offset_ns)
{
	struct pipeline *p = ctx;
	struct conn *c = conn_of(table_find(p->conns, &rec->tuple, sizeof(rec->tuple)));

	if (time_ns > p->now_ns)
		p->now_ns = time_ns;
	/* Its first bytes were faster, in fragments. */
	if (c && !c->flow.opened && !c->reported && rec->syn_ns + (uint64_t)offset_ns <= c->flow.first_ns) {
		flow_open(&c->flow, rec, time_ns, offset_ns);
		return;
	}
	if (c) {
		conn_finish(c, EVENT_CAUSE_REPLACED);
		conn_free(c);
	}
	c = admit(p, &rec->tuple, time_ns);
	if (c)
		flow_open(&c->flow, rec, time_ns, offset_ns);
}

static void on_segment(void *ctx, const struct segment *s)
{
	struct pipeline *p = ctx;
	const struct hs_segment *rec = s->rec;
	struct conn *c = conn_of(table_find(p->conns, &rec->tuple, sizeof(rec->tuple)));
	bool ended = false;

	if (s->time_ns > p->now_ns)
		p->now_ns = s->time_ns;
	if (!c && begins_handshake(s))
		c = admit(p, &rec->tuple, s->time_ns);
	if (!c)
		return;
	table_touch(p->conns, &c->flow.node);
	flow_add_interface(&c->flow, rec->ifindex);
	c->flow.last_ns = s->time_ns;
	if (c->reported) {
		if (flow_note_end(&c->flow, rec->dir, rec->tcp_flags, s->time_ns) || rec->flags & HS_SEG_LAST)
			conn_free(c);
		return;
	}
	TAILQ_REMOVE(&p->open, c, order);
	TAILQ_INSERT_TAIL(&p->open, c, order);
	if (rec->tuple.proto == IPPROTO_UDP) {
		conn_udp(c, s);
	} else {
		conn_tcp(c, s);
		ended = flow_note_end(&c->flow, rec->dir, rec->tcp_flags, s->time_ns) || c->flow.reset[0] || c->flow.reset[1];
		ended = ended && !conn_outlives_reset(c);
	}
	conn_charge(c);
	conn_join(c);
	if (!c->reported)
		conn_check(c, ended);
	if (ended && c->reported)
		conn_free(c);
	relieve(p);
}

static void on_crossing(void *ctx, const struct hs_crossing *rec, uint64_t time_ns)
{
	struct pipeline *p = ctx;
	struct conn *c = conn_of(table_find(p->conns, &rec->tuple, sizeof(rec->tuple)));

	(void)time_ns;
	if (c)
		flow_add_interface(&c->flow, rec->ifindex);
}

struct pipeline *pipeline_new(const struct pipeline_settings *settings)
{
	struct pipeline *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->set = *settings;
	p->budget.limit = settings->max_memory;
	TAILQ_INIT(&p->open);
	TAILQ_INIT(&p->lingering);
	TAILQ_INIT(&p->waiting);
	TAILQ_INIT(&p->reported);
	p->conns = table_new();
	p->hellos = table_new();
	p->transcripts = table_new();
	p->certs = cert_store_new(settings->max_certs, settings->max_cert_memory);
	p->shares = event_shares_new(SHARES_MAX);
	if (!p->conns || !p->hellos || !p->transcripts || !p->certs || !p->shares) {
		pipeline_free(p);
		return NULL;
	}
	return p;
}

void pipeline_free(struct pipeline *p)
{
	struct table_node *n;

	if (!p)
		return;
	while (p->conns && (n = table_oldest(p->conns)))
		conn_free(conn_of(n));
	table_free(p->conns);
	table_free(p->hellos);
	table_free(p->transcripts);
	event_shares_free(p->shares);
	cert_store_free(p->certs);
	free(p);
}

struct segment_sink pipeline_sink(struct pipeline *p)
{
	return (struct segment_sink){ p, on_open, on_segment, on_crossing };
}

void pipeline_watch_losses(struct pipeline *p, uint64_t (*fn)(void *ctx), void *ctx)
{
	p->lost_fn = fn;
	p->lost_ctx = ctx;
	p->lost_caught_up = fn(ctx);
}

void pipeline_caught_up(struct pipeline *p, uint64_t lost)
{
	p->lost_caught_up = lost;
}

/* Reported, it is kept for once more so long: what comes late belongs to it, and is no connection of its own. */
static void conn_time_out(struct conn *c)
{
	if (c->reported) {
		conn_free(c);
		return;
	}
	conn_finish(c, EVENT_CAUSE_TIMEOUT);
	c->flow.last_ns = c->owner->now_ns;
	table_touch(c->owner->conns, &c->flow.node);
}

/* The clock was set back: nothing is due later than it would be if all had happened now. */
static void step_back(struct pipeline *p, uint64_t now_ns)
{
	struct conn *c;

	for (struct table_node *n = table_oldest(p->conns); n; n = n->newer)
		if (conn_of(n)->flow.last_ns > now_ns)
			conn_of(n)->flow.last_ns = now_ns;
	TAILQ_FOREACH(c, &p->lingering, linger)
		if (c->linger_until > now_ns + p->set.linger_ns)
			c->linger_until = now_ns + p->set.linger_ns;
	conn_wait_step_back(p, now_ns);
	p->now_ns = now_ns;
}

uint64_t pipeline_tick(struct pipeline *p, uint64_t now_ns)
{
	struct table_node *n;
	uint64_t next;
	struct conn *c;

	if (now_ns > p->now_ns)
		p->now_ns = now_ns;
	else if (now_ns && now_ns + NS_PER_S < p->now_ns)
		step_back(p, now_ns);
	next = conn_wait_tick(p);
	while ((c = TAILQ_FIRST(&p->lingering)) && c->linger_until <= p->now_ns)
		conn_finish(c, EVENT_CAUSE_SETTLED);
	if (c && c->linger_until < next)
		next = c->linger_until;
	while ((n = table_oldest(p->conns))) {
		uint64_t due;

		c = conn_of(n);
		due = c->flow.last_ns + p->set.handshake_timeout_ns;
		if (due > p->now_ns)
			return due < next ? due : next;
		conn_time_out(c);
	}
	return next;
}

void pipeline_finish(struct pipeline *p)
{
	struct table_node *n;

	while ((n = table_oldest(p->conns))) {
		struct conn *c = conn_of(n);

		conn_finish(c, EVENT_CAUSE_SHUTDOWN);
		conn_free(c);
	}
}

struct pipeline_stats pipeline_stats(const struct pipeline *p)
{
	struct pipeline_stats s = p->stats;

	s.reassembly_refused = p->budget.refused;
	s.flows_now = table_count(p->conns);
	s.memory_now = p->budget.used;
	s.certs = cert_store_stats(p->certs);
	return s;
}
