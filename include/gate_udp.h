/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The decision on datagrams: DTLS and QUIC are found by content, on selected ports too, and copied whole as long as
 * their handshake can last. What is neither leaves no trace.
 */
#ifndef HSMON_GATE_UDP_H
#define HSMON_GATE_UDP_H

#include "gate_emit.h"

HS_FUNC __u32 hs_begins(const struct hs_scratch *s)
{
	return s->content == HS_CONTENT_DTLS_HELLO || s->content == HS_CONTENT_QUIC_INITIAL;
}

/* On a port that was not asked for: as RFC 9000 section 14.1 demands of a first packet, and a connection id that is
 * one (section 7.2). */
HS_FUNC __u32 hs_is_wanted_udp(const struct hs_scratch *s)
{
	if (s->content == HS_CONTENT_DTLS_HELLO)
		return 1;
	return s->content == HS_CONTENT_QUIC_INITIAL && (s->selected || s->pkt.wire_len >= 1200);
}

HS_FUNC struct hs_flow *hs_begin_udp(HS_CTX *ctx, struct hs_scratch *s)
{
	struct hs_flow *flow;
	int ret;

	__builtin_memset(&s->flow, 0, sizeof(s->flow));
	if (s->content == HS_CONTENT_QUIC_INITIAL)
		s->flow.flags = HS_FLOW_QUIC;
	ret = hs_env_flow_create(ctx, &s->pkt.tuple, &s->flow);
	flow = ret && ret != -HS_EEXIST ? 0 : hs_env_flow_find(ctx, &s->pkt.tuple);
	if (!flow) {
		hs_env_count(ctx, HS_CNT_LOST_FLOW_TABLE, 1);
		hs_env_count(ctx, HS_CNT_LOST_FLOWS, 1);
	} else if (!ret && hs_emit_open(ctx, s, 0)) {
		flow->state = HS_FLOW_DONE;
	}
	return flow;
}

/* Sent under application keys: QUIC's short header (RFC 9000 section 17.3), DTLS's records of application data (RFC 6347
 * section 4.1). */
HS_FUNC __u32 hs_is_app_datagram(const struct hs_scratch *s, __u8 first)
{
	return s->flow_flags & HS_FLOW_QUIC ? (first & 0xc0) == 0x40 : first == 23;
}

/* The next datagram, from s->from. Not 0: there is none, or it is not wanted. */
HS_SUB int hs_take_datagram(HS_CTX *ctx, struct hs_scratch *s)
{
	__u32 left = s->pkt.wire_len - s->from, n = left, cap;
	struct hs_dir *d = &s->d;
	__u8 first = 0;

	if (s->pkt.datagram && s->pkt.datagram < left)
		n = s->pkt.datagram;
	if (!left || d->state == HS_DIR_DONE)
		return 1;
	hs_load(ctx, s->pkt.payload + s->from, &first, 1);
	d->records++;
	cap = n;
	/* Of those only the headers. */
	if (hs_is_app_datagram(s, first)) {
		d->app_records++;
		cap = HS_MIN(n, HS_TRIMMED_DATAGRAM);
	}
	if (d->records >= HS_DATAGRAMS || d->app_records >= HS_APP_DATAGRAMS)
		d->state = HS_DIR_DONE;
	hs_take(s, s->from, cap, n, cap < n ? HS_SEG_TRIMMED : 0);
	s->from += n;
	return 0;
}

/* The flow that this datagram is of, once it is one. */
HS_SUB struct hs_flow *hs_flow_udp(HS_CTX *ctx, struct hs_scratch *s)
{
	struct hs_flow *flow;

	if (!s->pkt.wire_len)
		return 0;
	hs_load_head(ctx, s, 0);
	s->content = hs_content_udp(s->head, s->head_len, s->pkt.wire_len);
	flow = hs_env_flow_find(ctx, &s->pkt.tuple);
	/* The same ports again: UDP has no SYN that would tell. */
	if (flow && flow->state == HS_FLOW_DONE && hs_begins(s)) {
		hs_env_flow_delete(ctx, &s->pkt.tuple);
		flow = 0;
	}
	return flow || !hs_is_wanted_udp(s) ? flow : hs_begin_udp(ctx, s);
}

HS_SUB int hs_data_udp(HS_CTX *ctx, struct hs_scratch *s)
{
	if (!s->d.owner)
		s->d.owner = s->owner;
	s->duplicate = s->unchanged = s->d.owner != s->owner;
	if (s->duplicate)
		return 0;
	s->from = 0;
	/* Several may have come as one (UDP GSO). */
	for (int i = 0; i < HS_MAX_WALK; i++)
		if (hs_take_datagram(ctx, s))
			break;
	if (s->from < s->pkt.wire_len && s->d.state != HS_DIR_DONE)
		s->over_budget = 1;
	return 0;
}

#endif
