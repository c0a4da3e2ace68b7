/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * How the gate hands on what it has taken. Beyond what packet.h and gate_state.h ask for, the includer defines
 * these, each for a packet ctx; s is its scratch:
 *   __u64 hs_env_now(ctx)
 *   const volatile struct hs_config *hs_env_config(ctx)
 *   __u32 hs_env_port(ctx, udp, port)				is the port selected?
 *   struct hs_flow *hs_env_flow_find(ctx, tuple)
 *   int hs_env_flow_create(ctx, tuple, flow)			0; -HS_EEXIST; else no room
 *   void hs_env_flow_delete(ctx, tuple)
 *   struct hs_opening *hs_env_opening_find(ctx, tuple), hs_env_opening_put(ctx, tuple, op), hs_env_opening_delete
 *   __u64 hs_env_waiting(ctx)					bytes in the ring that the reader has not had yet
 *   int hs_env_emit(ctx, rec, len)				a record that is complete; not 0: no room
 *   void hs_env_emit_data(ctx, s)				s->seg and seg.cap_len bytes of the packet from
 *								s->emit_off; s->records or what went wrong goes up
 *   int hs_env_emit_fragment(ctx, s)				s->fragment and the IP packet from s->emit_off
 *   __u8 *hs_env_fragment_find(ctx, key), void hs_env_fragment_put(ctx, key, value)	a small map of packets in fragments
 *   __u32 hs_env_socket(ctx)					of a packet that goes out, the lower half of its socket's cookie; 0: not known
 *   void hs_env_count(ctx, counter, n)
 */
#ifndef HSMON_GATE_EMIT_H
#define HSMON_GATE_EMIT_H

#include "gate_state.h"

HS_FUNC __u32 hs_budget(HS_CTX *ctx)
{
	__u32 budget = hs_env_config(ctx)->budget;

	return budget ? budget : HS_BUDGET_DEFAULT;
}

HS_FUNC void hs_take(struct hs_scratch *s, __u32 off, __u32 cap, __u32 wire, __u32 flags)
{
	struct hs_piece *piece = &s->piece[s->piece_cnt & (HS_MAX_PIECES - 1)];

	piece->off = off;
	piece->cap = cap;
	piece->wire = wire;
	piece->flags = flags;
	s->piece_cnt++;
}

/* Everything of the segment from off. */
HS_FUNC void hs_take_rest(struct hs_scratch *s, __u32 off, __u32 flags)
{
	hs_take(s, off, s->pkt.wire_len - off, s->pkt.wire_len - off, flags);
}

HS_FUNC void hs_not_tls(struct hs_scratch *s)
{
	if (!(s->flow_flags & HS_FLOW_NOT_TLS))
		s->not_tls = 1;
	s->flow_flags |= HS_FLOW_NOT_TLS;
}

/* So much clear text and no TLS: of an unknown protocol none will come in the other direction either. */
HS_FUNC void hs_give_up(struct hs_scratch *s)
{
	hs_not_tls(s);
	if (!(s->flow_flags & HS_FLOW_UNKNOWN))
		return;
	s->peer.state = HS_DIR_DONE;
	s->peer_changed |= HS_PEER_DONE;
}

/* Fewer bytes than wanted: those not in the capture, those over the direction's budget. */
HS_FUNC void hs_limit_piece(HS_CTX *ctx, struct hs_scratch *s, struct hs_piece *piece)
{
	__u32 have = s->pkt.cap_len > piece->off ? s->pkt.cap_len - piece->off : 0;
	__u32 clear = s->d.state == HS_DIR_CLEAR;
	__u32 budget = !clear ? hs_budget(ctx) : s->flow_flags & HS_FLOW_UNKNOWN ? HS_UNKNOWN_BUDGET : HS_CLEAR_BUDGET;
	__u32 left = budget > s->d.copied ? budget - s->d.copied : 0;

	if (piece->cap > have) {
		piece->cap = have;
		piece->flags |= HS_SEG_SNAPPED;
		s->snapped = 1;
	}
	if (piece->cap > left) {
		piece->cap = left;
		piece->flags |= clear ? HS_SEG_TRIMMED : HS_SEG_BUDGET;
		s->d.state = HS_DIR_DONE;
		if (clear)
			hs_give_up(s);
		else
			s->over_budget = 1;
	}
	s->d.copied += piece->cap;
}

HS_FUNC void hs_fill_segment(HS_CTX *ctx, struct hs_scratch *s)
{
	s->seg.tag = HS_REC_SEGMENT;
	s->seg.time_ns = s->now;
	s->seg.tuple = s->pkt.tuple;
	s->seg.ifindex = s->ifindex;
	s->seg.ack = s->pkt.ack;
	s->seg.dir = s->pkt.dir;
	s->seg.hook = s->hook;
	s->seg.socket = s->pkt.tuple.proto == HS_PROTO_UDP && s->hook == HS_HOOK_EGRESS ? hs_env_socket(ctx) : 0;
}

/* The header of a record with up to HS_SEGMENT_MAX of the piece's bytes; the last one stands for what was left out. */
HS_FUNC void hs_fill_chunk(struct hs_scratch *s, const struct hs_piece *piece)
{
	const __u32 at_end = HS_TCP_FIN | HS_TCP_RST | HS_TCP_PSH;
	__u32 done = s->piece_done, left = piece->cap - done, n = HS_MIN(left, HS_SEGMENT_MAX);
	__u32 both_done = s->d.state == HS_DIR_DONE && s->peer.state == HS_DIR_DONE, last = n == left;
	__u32 wire = last ? piece->wire - done : n, off = piece->off + done;

	s->seg.cap_len = n;
	s->seg.wire_len = wire;
	s->seg.seq = s->pkt.tuple.proto == HS_PROTO_TCP ? s->pkt.seq + off : 0;
	s->seg.flags = piece->flags | (s->d.owner != s->owner ? HS_SEG_OFF_PATH : 0) |
		       (last && both_done && s->piece_emit + 1 == s->piece_cnt ? HS_SEG_LAST : 0);
	s->seg.tcp_flags = off + wire < s->pkt.wire_len ? s->pkt.tcp_flags & ~at_end : s->pkt.tcp_flags;
	s->emit_off = s->pkt.payload + off;
	s->piece_done = done + n;
	if (last) {
		s->piece_emit++;
		s->piece_done = 0;
	}
}

/* One record of the ring. Not 0: it was the last one. */
HS_SUB int hs_emit_chunk(HS_CTX *ctx, struct hs_scratch *s)
{
	struct hs_piece *piece = &s->piece[s->piece_emit & (HS_MAX_PIECES - 1)];

	if (!s->piece_done)
		hs_limit_piece(ctx, s, piece);
	hs_fill_chunk(s, piece);
	hs_env_emit_data(ctx, s);
	return s->piece_emit >= s->piece_cnt;
}

/* Hands on what was taken of this segment. */
HS_SUB int hs_emit_pieces(HS_CTX *ctx, struct hs_scratch *s)
{
	if (!s->piece_cnt)
		return 0;
	s->piece_emit = s->piece_done = 0;
	s->waiting = hs_env_waiting(ctx);
	hs_fill_segment(ctx, s);
	for (__u32 i = 0; i < HS_MAX_EMITS; i++)
		if (hs_emit_chunk(ctx, s))
			break;
	if (s->piece_emit < s->piece_cnt)
		s->over_budget = 1;
	if (s->ring_full | s->unread | s->over_budget)
		s->d.flags |= HS_DIR_DOUBT;
	return 0;
}

HS_FUNC void hs_count_if(HS_CTX *ctx, __u32 counter, __u32 n)
{
	if (n)
		hs_env_count(ctx, counter, n);
}

HS_FUNC void hs_count_results(HS_CTX *ctx, const struct hs_scratch *s)
{
	hs_count_if(ctx, HS_CNT_RECORDS, s->records);
	hs_count_if(ctx, HS_CNT_LOST_RING_FULL, s->ring_full);
	hs_count_if(ctx, HS_CNT_LOST_LOAD, s->unread);
	hs_count_if(ctx, HS_CNT_LOST_SNAPLEN, s->snapped);
	hs_count_if(ctx, HS_CNT_LOST_BUDGET, s->over_budget);
	hs_count_if(ctx, HS_CNT_NOT_TLS, s->not_tls);
}

/* The flow's first record. 0, or not 0: it did not get through, and the flow is given up. */
HS_SUB int hs_emit_open(HS_CTX *ctx, struct hs_scratch *s, const struct hs_opening *op)
{
	struct hs_open *o = &s->open;

	__builtin_memset(o, 0, sizeof(*o));
	o->tag = HS_REC_OPEN;
	o->ifindex = s->ifindex;
	o->time_ns = s->now;
	o->tuple = s->pkt.tuple;
	o->initiator = HS_DIR_UNKNOWN;
	if (op) {
		o->syn_ns = op->syn_ns;
		o->syn_ack_ns = op->syn_ack_ns;
		o->initiator = op->initiator;
		for (int i = 0; i < 2; i++) {
			o->isn[i] = op->isn[i];
			o->isn_known[i] = op->isn_known[i];
		}
	}
	o->hook = s->hook;
	o->dir = s->pkt.dir;
	o->ip_family = s->pkt.tuple.family;
	for (int i = 0; i < HS_MAX_TUNNELS; i++)
		o->tunnel[i] = s->pkt.tunnel[i];
	for (int i = 0; i < HS_MAX_VLANS; i++)
		o->vlan[i] = i < s->pkt.vlan_cnt ? s->pkt.vlan[i] : HS_NO_VLAN;
	if (hs_env_emit(ctx, o, sizeof(*o))) {
		s->ring_full++;
		hs_env_count(ctx, HS_CNT_LOST_FLOWS, 1);
		return 1;
	}
	s->records++;
	hs_env_count(ctx, HS_CNT_FLOWS, 1);
	return 0;
}

/* This packet was seen before, on another hook: an interface that is new is told once. */
HS_SUB int hs_duplicate(HS_CTX *ctx, struct hs_scratch *s, struct hs_flow *flow)
{
	struct hs_crossing *c = &s->crossing;

	hs_env_count(ctx, HS_CNT_DUPLICATE, 1);
	if (s->d.owner >> 2 == s->ifindex || flow->crossed_cnt >= 4)
		return 0;
	for (int i = 0; i < 4; i++)
		if (flow->crossed[i] == s->ifindex)
			return 0;
	flow->crossed[flow->crossed_cnt & 3] = s->ifindex;
	flow->crossed_cnt++;
	__builtin_memset(c, 0, sizeof(*c));
	c->tag = HS_REC_CROSSING;
	c->ifindex = s->ifindex;
	c->time_ns = s->now;
	c->tuple = s->pkt.tuple;
	c->dir = s->pkt.dir;
	c->hook = s->hook;
	if (hs_env_emit(ctx, c, sizeof(*c)))
		s->ring_full++;
	else
		s->records++;
	return 0;
}

/* The flow as it is, in working copies; back again what the packet has changed. */
HS_FUNC void hs_flow_load(struct hs_scratch *s, const struct hs_flow *flow)
{
	__u32 dir = s->pkt.dir & 1;

	s->d = flow->dir[dir];
	s->peer = flow->dir[dir ^ 1];
	s->flow_flags = flow->flags;
	s->unchanged = s->duplicate = s->peer_changed = 0;
}

/* A packet of the other direction may be under way on another CPU, and must not be forgotten: of its half no more is written
 * than was to be told. */
HS_FUNC void hs_store_peer(const struct hs_scratch *s, struct hs_dir *peer)
{
	if (s->peer_changed & HS_PEER_CONFIRMED)
		*peer = s->peer;
	if (s->peer_changed & HS_PEER_DONE)
		peer->state = HS_DIR_DONE;
	if (s->peer_changed & HS_PEER_APP)
		peer->app_records = 0;
}

HS_FUNC void hs_flow_store(const struct hs_scratch *s, struct hs_flow *flow)
{
	__u32 dir = s->pkt.dir & 1;

	if (!s->unchanged)
		flow->dir[dir] = s->d;
	if (s->peer_changed)
		hs_store_peer(s, &flow->dir[dir ^ 1]);
	flow->flags |= s->flow_flags;
	if (s->d.state == HS_DIR_DONE && s->peer.state == HS_DIR_DONE)
		flow->state = HS_FLOW_DONE;
}

/* The payload's bytes from off into s->head. */
HS_SUB int hs_load_head(HS_CTX *ctx, struct hs_scratch *s, __u32 off)
{
	__u32 have = s->pkt.cap_len > off ? s->pkt.cap_len - off : 0;

	__builtin_memset(s->head, 0, HS_HEAD_LEN);
	s->head_len = 0;
	if (have > HS_HEAD_LEN)
		have = HS_HEAD_LEN;
	hs_opaque(have);
	if ((__s32)have <= 0)
		return 0;
	hs_opaque(have);
	if (have <= HS_HEAD_LEN && !hs_load(ctx, s->pkt.payload + off, s->head, have))
		s->head_len = have;
	return 0;
}

#endif
