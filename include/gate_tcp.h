/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The decision on a TCP segment: is it a handshake's, is it new, what of it is wanted.
 */
#ifndef HSMON_GATE_TCP_H
#define HSMON_GATE_TCP_H

#include "gate_begin.h"
#include "gate_records.h"

/* A direction's first bytes: what is it? */
HS_FUNC void hs_judge(HS_CTX *ctx, struct hs_scratch *s, __u32 pos)
{
	__u32 content, peer_clear = s->peer.state == HS_DIR_CLEAR;

	hs_classify(ctx, s, pos);
	content = s->content;
	if (content == HS_CONTENT_OTHER && hs_is_padding(s)) {
		s->unchanged = 1;
		return;
	}
	s->d.next_record = s->pkt.seq + pos;
	if (content == HS_CONTENT_HELLO || (content == HS_CONTENT_RECORD && !peer_clear)) {
		s->d.state = HS_DIR_RECORDS;
	} else if (content == HS_CONTENT_SSL2 || (s->peer.flags & HS_DIR_SSL2 && s->head[0] & 0x80)) {
		s->d.state = HS_DIR_RECORDS;
		s->d.flags |= HS_DIR_SSL2;
	} else if (hs_env_config(ctx)->upgrades) {
		s->d.state = HS_DIR_CLEAR;
		if (content != HS_CONTENT_CLEAR && !peer_clear)
			s->flow_flags |= HS_FLOW_UNKNOWN;
	} else {
		s->d.state = HS_DIR_DONE;
		hs_not_tls(s);
	}
}

/* Clear text: does TLS begin with this segment? */
HS_FUNC void hs_judge_clear(HS_CTX *ctx, struct hs_scratch *s, __u32 pos)
{
	hs_load_head(ctx, s, pos);
	if (!(s->head_len >= 6 && hs_is_hello(s->head, s->head_len)) &&
	    !(s->peer.state == HS_DIR_RECORDS && s->head_len >= 5 && hs_is_record(s->head)))
		return;
	s->d.state = HS_DIR_RECORDS;
	s->d.next_record = s->pkt.seq + pos;
}

/* Where records begin is not known: does one begin with this segment? */
HS_FUNC void hs_resync(HS_CTX *ctx, struct hs_scratch *s, __u32 pos)
{
	hs_load_head(ctx, s, pos);
	if (s->head_len < 5 || !hs_is_record(s->head))
		return;
	s->d.flags &= ~(HS_DIR_RESYNC | HS_DIR_BODY);
	s->d.next_record = s->pkt.seq + pos;
}

/* next_seq has moved: bytes ahead may be reached, and the walk may have lost its place among them. */
HS_FUNC void hs_advance(struct hs_dir *d, __u32 seq)
{
	d->next_seq = seq;
	if (!(d->flags & HS_DIR_AHEAD))
		return;
	if (!(d->flags & HS_DIR_DOUBT) && (__s32)(seq - d->ahead) >= 0 && (__s32)(d->ahead_end - seq) > 0) {
		d->next_seq = d->ahead_end;
		if ((__s32)(d->next_record - d->next_seq) < 0)
			d->flags |= HS_DIR_RESYNC;
	}
	if ((__s32)(d->next_seq - d->ahead_end) >= 0)
		d->flags &= ~HS_DIR_AHEAD;
}

/* The whole segment from off, unjudged. */
HS_FUNC void hs_take_unjudged(struct hs_scratch *s, __u32 off)
{
	hs_take_rest(s, off, s->d.state == HS_DIR_CLEAR ? HS_SEG_CLEAR : 0);
}

/* The segment has new bytes from pos on, next to those seen before. */
HS_SUB int hs_in_order(HS_CTX *ctx, struct hs_scratch *s, __u32 pos)
{
	if (s->d.state == HS_DIR_START)
		hs_judge(ctx, s, pos);
	else if (s->d.state == HS_DIR_CLEAR)
		hs_judge_clear(ctx, s, pos);
	else if (s->d.flags & HS_DIR_RESYNC)
		hs_resync(ctx, s, pos);
	if (s->unchanged)
		return 0;
	if (s->d.state == HS_DIR_RECORDS && !(s->d.flags & HS_DIR_RESYNC))
		hs_walk(ctx, s, pos);
	else
		hs_take_unjudged(s, pos);
	hs_advance(&s->d, s->pkt.seq + s->pkt.wire_len);
	return 0;
}

/* All of it was seen. Copied again only when in doubt. A keep-alive is one byte before what comes next, or none. */
HS_FUNC void hs_old(struct hs_scratch *s)
{
	if (s->d.flags & HS_DIR_DOUBT) {
		hs_take_unjudged(s, 0);
		return;
	}
	s->unchanged = 1;
	if (s->d.owner != s->owner) {
		s->duplicate = 1;
	} else if ((s->pkt.wire_len != 1 || s->d.next_seq - s->pkt.seq != 1) && s->d.retold < HS_RETOLD_MAX) {
		s->unchanged = 0;
		s->d.retold++;
		hs_take(s, 0, 0, s->pkt.wire_len, HS_SEG_RETRANSMIT);
	}
}

/* Bytes are missing before it: copied whole, not judged. */
HS_FUNC void hs_ahead(struct hs_scratch *s)
{
	__u32 seq = s->pkt.seq, end = seq + s->pkt.wire_len;
	struct hs_dir *d = &s->d;

	if (!(d->flags & HS_DIR_AHEAD)) {
		d->flags |= HS_DIR_AHEAD;
		d->ahead = seq;
		d->ahead_end = end;
		hs_take_unjudged(s, 0);
		return;
	}
	if ((__s32)(seq - d->ahead) >= 0 && (__s32)(d->ahead_end - end) >= 0) {
		hs_old(s);
		return;
	}
	/* A second hole. */
	if ((__s32)(seq - d->ahead_end) > 0 || (__s32)(d->ahead - end) > 0)
		d->flags |= HS_DIR_DOUBT;
	if ((__s32)(d->ahead - seq) > 0)
		d->ahead = seq;
	if ((__s32)(end - d->ahead_end) > 0)
		d->ahead_end = end;
	hs_take_unjudged(s, 0);
}

/* What the receiver has confirmed will not be sent again: holes before it stay. */
HS_FUNC void hs_confirmed(struct hs_scratch *s)
{
	struct hs_dir *peer = &s->peer;
	__s32 beyond = s->pkt.ack - peer->next_seq;

	if (!(s->pkt.tcp_flags & HS_TCP_ACK) || !(peer->flags & HS_DIR_AHEAD) || beyond <= 0 || beyond > HS_WINDOW)
		return;
	peer->flags |= HS_DIR_DOUBT;
	if ((__s32)(peer->next_record - s->pkt.ack) < 0)
		peer->flags |= HS_DIR_RESYNC;
	hs_advance(peer, s->pkt.ack);
	s->peer_changed |= HS_PEER_CONFIRMED;
}

HS_FUNC void hs_new_data(HS_CTX *ctx, struct hs_scratch *s)
{
	struct hs_dir *d = &s->d;
	__s32 rel;

	if (!(d->flags & HS_DIR_BASE))
		hs_set_base(d, s->pkt.seq);
	if (!d->owner)
		d->owner = s->owner;
	rel = s->pkt.seq - d->next_seq;
	/* Of another place in the stream: begin there. */
	if (rel > HS_WINDOW || (rel < -HS_WINDOW && d->state == HS_DIR_START)) {
		if (d->state != HS_DIR_START)
			d->flags |= HS_DIR_RESYNC | HS_DIR_DOUBT;
		d->flags &= ~HS_DIR_AHEAD;
		hs_set_base(d, s->pkt.seq);
		rel = 0;
	}
	if (rel + (__s32)s->pkt.wire_len <= 0)
		hs_old(s);
	else if (rel > 0)
		hs_ahead(s);
	else
		hs_in_order(ctx, s, -rel);
}

/* FIN and RST are told once, with the segment's last byte or on their own; RST also after FIN, for it ends both
 * directions: who closes with bytes of the other side still to come sends one. */
HS_FUNC void hs_close(struct hs_scratch *s)
{
	const struct hs_piece *piece = &s->piece[(s->piece_cnt - 1) & (HS_MAX_PIECES - 1)];
	__u32 news = HS_DIR_CLOSED | (s->pkt.tcp_flags & HS_TCP_RST ? HS_DIR_RESET : 0);

	if ((s->d.flags & news) == news) {
		s->duplicate |= !s->pkt.wire_len && s->d.owner != s->owner;
		return;
	}
	s->d.flags |= news;
	s->unchanged = 0;
	if (!s->d.owner)
		s->d.owner = s->owner;
	if (!s->piece_cnt || piece->off + piece->wire < s->pkt.wire_len)
		hs_take(s, s->pkt.wire_len, 0, 0, 0);
}

/* The flow that this packet is of, once it is one. */
HS_SUB struct hs_flow *hs_flow_tcp(HS_CTX *ctx, struct hs_scratch *s)
{
	struct hs_flow *flow;

	if (s->pkt.tcp_flags & HS_TCP_SYN) {
		if (s->pkt.tcp_flags & HS_TCP_ACK)
			hs_syn_ack(ctx, s);
		else
			hs_syn(ctx, s);
	}
	if (!s->pkt.wire_len && !(s->pkt.tcp_flags & (HS_TCP_FIN | HS_TCP_RST)))
		return 0;
	flow = hs_env_flow_find(ctx, &s->pkt.tuple);
	if (flow && flow->state != HS_FLOW_WATCH)
		return flow;
	if (!s->pkt.wire_len)
		return 0;
	return flow ? hs_watch(ctx, s, flow) : hs_begin(ctx, s);
}

HS_SUB int hs_data_tcp(HS_CTX *ctx, struct hs_scratch *s)
{
	hs_confirmed(s);
	if (s->pkt.wire_len && s->d.state != HS_DIR_DONE)
		hs_new_data(ctx, s);
	if (s->pkt.tcp_flags & (HS_TCP_FIN | HS_TCP_RST))
		hs_close(s);
	return 0;
}

#endif
