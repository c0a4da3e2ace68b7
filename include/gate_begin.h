/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* How a TCP flow begins: its opening, its first payload, and whether it is worth following. */
#ifndef HSMON_GATE_BEGIN_H
#define HSMON_GATE_BEGIN_H

#include "gate_emit.h"

/* SYN and SYN-ACK touch the small map of openings only: a flood of them evicts no flow. */
HS_SUB int hs_syn_ack(HS_CTX *ctx, struct hs_scratch *s)
{
	struct hs_opening *op = hs_env_opening_find(ctx, &s->pkt.tuple), *new = &s->opening;
	__u32 dir = s->pkt.dir & 1;

	if (op) {
		if (!op->syn_ack_ns || op->isn[dir] != s->pkt.seq)
			op->syn_ack_ns = s->now;
		op->isn[dir] = s->pkt.seq;
		op->isn_known[dir] = 1;
		return 0;
	}
	__builtin_memset(new, 0, sizeof(*new));
	new->syn_ack_ns = s->now;
	new->isn[dir] = s->pkt.seq;
	new->isn[dir ^ 1] = s->pkt.ack;
	new->isn_known[0] = new->isn_known[1] = 1;
	new->initiator = dir ^ 1;
	hs_env_opening_put(ctx, &s->pkt.tuple, new);
	return 0;
}

HS_SUB int hs_syn(HS_CTX *ctx, struct hs_scratch *s)
{
	struct hs_flow *flow = hs_env_flow_find(ctx, &s->pkt.tuple);
	struct hs_opening *op, *new = &s->opening;
	__u32 dir = s->pkt.dir & 1;

	if (flow) {
		/* The SYN of this very connection, on another hook or once more (its data came with it: RFC 7413). */
		__u32 since = flow->dir[dir].next_seq - s->pkt.seq;

		if (flow->dir[dir].flags & HS_DIR_BASE && since <= HS_BUDGET_DEFAULT)
			return 0;
		hs_env_flow_delete(ctx, &s->pkt.tuple);
	}
	op = hs_env_opening_find(ctx, &s->pkt.tuple);
	if (op && op->isn_known[dir] && op->isn[dir] == s->pkt.seq && op->initiator == dir) {
		if (!op->syn_ns)
			op->syn_ns = s->now;
		return 0;
	}
	__builtin_memset(new, 0, sizeof(*new));
	new->syn_ns = s->now;
	new->isn[dir] = s->pkt.seq;
	new->isn_known[dir] = 1;
	new->initiator = dir;
	hs_env_opening_put(ctx, &s->pkt.tuple, new);
	return 0;
}

/* What the payload is from off on, into s->content. */
HS_SUB int hs_classify(HS_CTX *ctx, struct hs_scratch *s, __u32 off)
{
	hs_load_head(ctx, s, off);
	s->content = hs_content_tcp(s->head, s->head_len, s->pkt.wire_len - off);
	return 0;
}

/* Zeros, no more than Ethernet pads a short packet with, in what should be a plain ACK: some senders count the padding
 * as payload. TLS never begins with a zero. s->head holds the payload. */
HS_FUNC __u32 hs_is_padding(const struct hs_scratch *s)
{
	return s->pkt.wire_len <= HS_PADDING && s->pkt.tcp_flags == HS_TCP_ACK && !hs_raw32(s->head) &&
	       !hs_raw32(s->head + 4);
}

/* Does a flow begin here that is worth following? Without its opening only what it says itself counts; on a port
 * that is not selected always. */
HS_FUNC __u32 hs_is_wanted(HS_CTX *ctx, const struct hs_scratch *s, __u32 opened)
{
	switch (s->content) {
	case HS_CONTENT_HELLO:
	case HS_CONTENT_SSL2:
		return 1;
	case HS_CONTENT_CLEAR:
		return hs_env_config(ctx)->upgrades || (opened && s->selected);
	case HS_CONTENT_TEXT:
		return s->selected && (opened || hs_env_config(ctx)->upgrades);
	}
	return opened && s->selected;
}

HS_FUNC void hs_set_base(struct hs_dir *d, __u32 seq)
{
	d->next_seq = d->next_record = seq;
	d->flags |= HS_DIR_BASE;
}

/* The streams begin where the opening says, else here. */
HS_FUNC void hs_new_flow(struct hs_scratch *s, const struct hs_opening *op)
{
	struct hs_flow *flow = &s->flow;
	__u32 dir = s->pkt.dir & 1;

	__builtin_memset(flow, 0, sizeof(*flow));
	if (op) {
		for (int i = 0; i < 2; i++)
			if (op->isn_known[i])
				hs_set_base(&flow->dir[i], op->isn[i]);
		return;
	}
	flow->flags = HS_FLOW_MIDWAY;
	hs_set_base(&flow->dir[dir], s->pkt.seq);
	if (s->pkt.tcp_flags & HS_TCP_ACK)
		hs_set_base(&flow->dir[dir ^ 1], s->pkt.ack);
}

/* The first payload of a flow that is not known. NULL: it is not followed. */
HS_FUNC struct hs_flow *hs_begin(HS_CTX *ctx, struct hs_scratch *s)
{
	struct hs_opening *op = hs_env_opening_find(ctx, &s->pkt.tuple);
	struct hs_flow *flow;
	__u32 wanted;
	int ret;

	hs_classify(ctx, s, 0);
	if (!s->head_len || hs_is_padding(s))
		return 0;
	/* Not its first bytes (they come later): nothing can be said of it yet. */
	wanted = hs_is_wanted(ctx, s, op != 0) ||
		 (op && op->isn_known[s->pkt.dir & 1] && op->isn[s->pkt.dir & 1] != s->pkt.seq);
	hs_new_flow(s, op);
	/* In the middle of TLS, nothing but data can follow. */
	if (!wanted)
		s->flow.state = s->content == HS_CONTENT_RECORD && !op ? HS_FLOW_DONE : HS_FLOW_WATCH;
	if (s->flow.state == HS_FLOW_DONE)
		hs_env_count(ctx, HS_CNT_MIDSTREAM, 1);
	ret = hs_env_flow_create(ctx, &s->pkt.tuple, &s->flow);
	flow = ret && ret != -HS_EEXIST ? 0 : hs_env_flow_find(ctx, &s->pkt.tuple);
	/* Not if another CPU was faster. */
	if (wanted && !ret && flow && hs_emit_open(ctx, s, op))
		flow->state = HS_FLOW_DONE;
	if (wanted && !flow) {
		hs_env_count(ctx, HS_CNT_LOST_FLOW_TABLE, 1);
		hs_env_count(ctx, HS_CNT_LOST_FLOWS, 1);
	}
	if (op && wanted)
		hs_env_opening_delete(ctx, &s->pkt.tuple);
	return flow;
}

/* An unwanted flow's next segment. NULL: it stays unwanted. */
HS_FUNC struct hs_flow *hs_watch(HS_CTX *ctx, struct hs_scratch *s, struct hs_flow *flow)
{
	struct hs_opening *op = hs_env_opening_find(ctx, &s->pkt.tuple), *here = &s->opening;
	__u32 dir = s->pkt.dir & 1;

	hs_classify(ctx, s, 0);
	if (s->content != HS_CONTENT_SSL2 && (s->content != HS_CONTENT_HELLO || s->head_len < 6)) {
		if (++flow->watched >= HS_WATCH_SEGMENTS || s->content == HS_CONTENT_RECORD) {
			hs_env_count(ctx, flow->flags & HS_FLOW_MIDWAY ? HS_CNT_MIDSTREAM : HS_CNT_NOT_TLS, 1);
			flow->state = HS_FLOW_DONE;
		}
		return 0;
	}
	/* What was before is of no interest: the streams begin here. */
	__builtin_memset(here, 0, sizeof(*here));
	here->initiator = HS_DIR_UNKNOWN;
	if (op) {
		here->syn_ns = op->syn_ns;
		here->syn_ack_ns = op->syn_ack_ns;
		here->initiator = op->initiator;
		hs_env_opening_delete(ctx, &s->pkt.tuple);
	}
	here->isn[dir] = s->pkt.seq;
	here->isn[dir ^ 1] = s->pkt.ack;
	here->isn_known[0] = here->isn_known[1] = 1;
	for (int i = 0; i < 2; i++)
		hs_set_base(&flow->dir[i], here->isn[i]);
	flow->state = hs_emit_open(ctx, s, here) ? HS_FLOW_DONE : HS_FLOW_LIVE;
	return flow;
}

#endif
