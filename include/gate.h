/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The capture decision, from a packet's first byte to the records of the ring: the same text in BPF and in user
 * space, so that reading a capture tests the kernel's decision. First hs_look(), then, for what that lets through,
 * hs_gate(). What the includer provides: packet.h, gate_emit.h, look.h.
 */
#ifndef HSMON_GATE_H
#define HSMON_GATE_H

#include "gate_tcp.h"
#include "gate_udp.h"
#include "look.h"

HS_FUNC void hs_emit_fragment(HS_CTX *ctx, struct hs_scratch *s)
{
	struct hs_fragment *f = &s->fragment;
	__u32 captured = hs_captured(ctx), end = s->pkt.fragment_end, l3 = s->pkt.fragment_l3;

	__builtin_memset(f, 0, sizeof(*f));
	f->tag = HS_REC_FRAGMENT;
	f->time_ns = s->now;
	f->ifindex = s->ifindex;
	f->wire_len = end - l3;
	f->cap_len = HS_MIN(end, captured) - l3;
	f->hook = s->hook;
	f->family = s->pkt.fragment_key.family;
	for (int i = 0; i < HS_MAX_VLANS; i++)
		f->vlan[i] = i < s->pkt.vlan_cnt ? s->pkt.vlan[i] : HS_NO_VLAN;
	s->emit_off = l3;
	if (hs_env_emit_fragment(ctx, s))
		hs_env_count(ctx, HS_CNT_LOST_FRAGMENT, 1);
	else
		hs_env_count(ctx, HS_CNT_RECORDS, 1);
}

HS_FUNC __u32 hs_on_selected_port(HS_CTX *ctx, const struct hs_scratch *s)
{
	const struct hs_tuple *t = &s->pkt.tuple;
	__u32 udp = t->proto == HS_PROTO_UDP;

	return hs_env_port(ctx, udp, t->port[0]) || hs_env_port(ctx, udp, t->port[1]);
}

/* The first fragment of a packet of something that is not looked for, or of a flow that nothing is wanted of. */
HS_FUNC __u32 hs_is_unwanted_fragment(HS_CTX *ctx, const struct hs_scratch *s, int parsed)
{
	const struct hs_flow *flow;

	if (parsed != HS_PARSED)
		return 1;
	if (!hs_on_selected_port(ctx, s) && !hs_env_config(ctx)->any_port)
		return 1;
	flow = hs_env_flow_find(ctx, &s->pkt.tuple);
	return flow && (flow->state == HS_FLOW_DONE || flow->dir[s->pkt.dir & 1].state == HS_DIR_DONE);
}

/* Fragments are handed on whole, to be put together in user space. The first one decides on all; those that come before it
 * are handed on to be sure. */
HS_SUB int hs_gate_fragment(HS_CTX *ctx, struct hs_scratch *s, int parsed)
{
	const __u8 *unwanted;

	if (parsed == HS_FRAGMENT) {
		unwanted = hs_env_fragment_find(ctx, &s->pkt.fragment_key);
		if (unwanted && *unwanted)
			return 0;
	} else {
		s->unwanted = hs_is_unwanted_fragment(ctx, s, parsed);
		hs_env_fragment_put(ctx, &s->pkt.fragment_key, &s->unwanted);
		if (s->unwanted)
			return 0;
	}
	if (parsed == HS_PARSED || s->pkt.proto == HS_PROTO_TCP || s->pkt.proto == HS_PROTO_UDP)
		hs_emit_fragment(ctx, s);
	return 0;
}

HS_FUNC void hs_count_unparsed(HS_CTX *ctx, const struct hs_scratch *s, int parsed)
{
	if (parsed == HS_ENCAP || (s->pkt.tunnel_cnt && (parsed == HS_MALFORMED || parsed == HS_CUT)))
		hs_env_count(ctx, HS_CNT_ENCAP, 1);
	else if (parsed == HS_MALFORMED)
		hs_env_count(ctx, HS_CNT_MALFORMED, 1);
	else if (parsed == HS_CUT)
		hs_env_count(ctx, hs_captured(ctx) < hs_length(ctx) ? HS_CNT_LOST_SNAPLEN : HS_CNT_MALFORMED, 1);
}

HS_FUNC void hs_gate_flow(HS_CTX *ctx, struct hs_scratch *s, __u32 udp)
{
	struct hs_flow *flow = udp ? hs_flow_udp(ctx, s) : hs_flow_tcp(ctx, s);

	if (!flow || flow->state != HS_FLOW_LIVE)
		return;
	hs_flow_load(s, flow);
	if (udp)
		hs_data_udp(ctx, s);
	else
		hs_data_tcp(ctx, s);
	hs_emit_pieces(ctx, s);
	if (s->duplicate)
		hs_duplicate(ctx, s, flow);
	hs_flow_store(s, flow);
}

/* The whole decision. The caller has zeroed s->pkt and set where parsing begins (packet.h), and s->ifindex, s->hook. */
HS_FUNC void hs_gate(HS_CTX *ctx, struct hs_scratch *s)
{
	int parsed = hs_parse(ctx, &s->pkt);

	s->selected = parsed == HS_PARSED && hs_on_selected_port(ctx, s);
	if (parsed == HS_PARSED && !s->pkt.fragment && !s->selected && !hs_env_config(ctx)->any_port)
		return;
	if (parsed == HS_PARSED && !(s->looked & HS_LOOK_SELECTED))
		hs_env_count(ctx, HS_CNT_SELECTED, 1);
	s->now = hs_env_now(ctx);
	s->owner = s->ifindex << 2 | s->hook;
	s->piece_cnt = 0;
	s->records = s->ring_full = s->unread = s->snapped = s->over_budget = s->not_tls = 0;
	if (s->pkt.fragment) {
		hs_gate_fragment(ctx, s, parsed);
		return;
	}
	if (parsed != HS_PARSED) {
		hs_count_unparsed(ctx, s, parsed);
		return;
	}
	hs_gate_flow(ctx, s, s->pkt.tuple.proto == HS_PROTO_UDP);
	hs_count_results(ctx, s);
}

#endif
