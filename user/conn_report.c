/* SPDX-License-Identifier: BSD-2-Clause */
#include "assess.h"
#include "base/clock.h"
#include "conn.h"
#include "event/event.h"
#include "ports.h"
#include "tls/conn.h"

/* Records were lost since it began: with one of its own at the end, nothing but this tells. */
static bool is_lossy(const struct conn *c)
{
	const struct pipeline *p = c->owner;

	return p->lost_fn && p->lost_fn(p->lost_ctx) != c->lost_before;
}

/* Something else than TLS on a port that is one of TLS, from its first byte on. */
static bool is_odd(const struct conn *c, const struct tls_handshake *h)
{
	const struct hs_tuple *t = &c->flow.tuple;
	int server = c->flow.initiator == 0 ? 1 : 0;

	return h->not_tls && !c->owner->set.any_port && c->flow.initiator != HS_DIR_UNKNOWN &&
	       !ports_begin_clear(t->port[server]);
}

/* Is there anything to say about it? Also of a connection whose bytes were lost on the way, if it was on a port where TLS
 * is expected. What was not opened is the rest of one that was reported, unless it begins anew. */
static bool worth_an_event(const struct conn *c, const struct tls_handshake *h, bool lossy)
{
	const struct reasm *stream = c->flow.stream;
	bool seen = h->protocol != TLS_PROTO_NONE || h->client_hello.seen || h->server_hello.seen || is_odd(c, h);
	bool lost = lossy || stream[0].gaps || stream[1].gaps || h->side[0].truncated || h->side[1].truncated ||
		    (!stream[0].bytes && !stream[1].bytes);

	return c->flow.opened ? seen || (lost && !c->owner->set.any_port) : h->client_hello.seen;
}

static void count_losses(struct pipeline *p, const struct conn *c, const struct tls_handshake *h)
{
	p->stats.gaps += c->flow.stream[0].gaps + c->flow.stream[1].gaps;
	if (h->steps_truncated || h->side[0].truncated || h->side[1].truncated)
		p->stats.handshake_truncated++;
	p->stats.opened += h->opened[0] || h->opened[1];
	p->stats.open_failed += h->open_failed;
}

/* Of what is known now: known chains cost a look-up (verify.h). */
static void conn_assess(struct conn *c, struct event_source *src, struct assessment *a)
{
	struct assess_request r = {
		.tls = src->tls,
		.ocsp = c->ocsp_der,
		.ocsp_len = c->ocsp_len,
		.at = (int64_t)((src->tls->first_ns ? src->tls->first_ns : c->flow.first_ns) / NS_PER_S),
	};

	if (!c->owner->set.assessor)
		return;
	for (int side = 0; side < 2; side++) {
		r.chain[side].v = src->chain[side].v;
		r.chain[side].n = src->chain[side].n;
	}
	assess(c->owner->set.assessor, &r, a);
	src->judged_at = a->at;
	for (int side = 0; side < 2; side++) {
		src->chain[side].verdict = &a->side[side].verdict;
		src->chain[side].findings = a->side[side].findings;
	}
}

void conn_report(struct conn *c, enum event_cause cause)
{
	struct pipeline *p = c->owner;
	const struct tls_handshake *h;
	struct handshake_event e;
	struct assessment assessment;
	bool lossy;

	tls_conn_end(c->tls, p->now_ns);
	h = tls_conn_handshake(c->tls);
	count_losses(p, c, h);
	lossy = !h->established && is_lossy(c);
	if (worth_an_event(c, h, lossy)) {
		struct event_source src = {
			.flow = &c->flow,
			.tls = h,
			.ocsp = c->has_ocsp ? &c->ocsp : NULL,
			.cause = cause,
			.now_ns = p->now_ns,
			.interface_name = p->set.interface_name,
			.interface_ctx = p->set.interface_ctx,
			.host_name = p->set.host_name,
			.der = p->set.der,
			.ja3_text = p->set.ja3_text,
			.lossy = lossy,
			.shares = p->shares,
		};

		for (int side = 0; side < 2; side++) {
			src.chain[side].v = c->chain[side] ? c->chain[side]->v : NULL;
			src.chain[side].n = c->chain[side] ? c->chain[side]->n : 0;
		}
		conn_assess(c, &src, &assessment);
		if (event_build(&e, &src)) {
			p->stats.out_of_memory++;
		} else {
			p->set.emit(p->set.emit_ctx, &e);
			handshake_event_free(&e);
		}
	} else {
		p->stats.no_handshake++;
	}
}
