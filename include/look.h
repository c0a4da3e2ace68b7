/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The quick look at every packet: could it matter? It costs nothing for what does not, and decides nothing else; what it lets
 * through is parsed from the beginning. The includer provides, beyond gate_emit.h's,
 *   __u32 hs_peek(ctx, off, len, &p)	p points to off; are len bytes, a constant, there without a copy?
 */
#ifndef HSMON_LOOK_H
#define HSMON_LOOK_H

#include "gate_emit.h"

HS_FUNC __u32 hs_is_tunnel_port(__u16 port)
{
	return port == HS_PORT_VXLAN || port == HS_PORT_VXLAN_OLD || port == HS_PORT_GENEVE || port == HS_PORT_GTPU;
}

enum hs_looked {
	HS_LOOK_PARSE = 1,		/* to be parsed: hs_gate() */
	HS_LOOK_SELECTED = 2,		/* to be counted as on a selected port */
	HS_LOOK_FLOW = 4,		/* its flow decides */
};

/* What the quick look found in an IP packet without extensions and options. */
struct hs_glance {
	struct hs_tuple tuple;
	__u32 dir;
	__u32 matters;			/* also to a flow or direction that nothing more is wanted of */
	__u32 begins;			/* could begin a flow */
};

HS_FUNC void hs_glance_ports(struct hs_glance *g, __u16 from, __u16 to, __u8 family, __u8 proto)
{
	__u32 swap = g->dir;

	g->tuple.port[0] = swap ? to : from;
	g->tuple.port[1] = swap ? from : to;
	g->tuple.proto = proto;
	g->tuple.family = family;
	g->tuple.pad[0] = g->tuple.pad[1] = 0;
}

/* h: an IPv4 header of 20 bytes, and then ports. */
HS_FUNC void hs_glance_tuple4(struct hs_glance *g, const __u8 *h)
{
	__u32 s = hs_get32(h + 12), d = hs_get32(h + 16);
	__u16 from = hs_get16(h + 20), to = hs_get16(h + 22);
	__u32 swap = s == d ? from > to : s > d;

	for (int i = 0; i < 2; i++) {
		hs_put32(&g->tuple.addr[i][0], 0);
		hs_put32(&g->tuple.addr[i][4], 0);
		hs_put32(&g->tuple.addr[i][8], hs_be32(0xffff));
	}
	hs_put32(&g->tuple.addr[0][12], hs_be32(swap ? d : s));
	hs_put32(&g->tuple.addr[1][12], hs_be32(swap ? s : d));
	g->dir = swap;
	hs_glance_ports(g, from, to, 4, h[9]);
}

/* The order of two IPv6 addresses. */
HS_FUNC int hs_compare6(const __u8 *a, const __u8 *b)
{
	for (int i = 0; i < 16; i += 4)
		if (hs_raw32(a + i) != hs_raw32(b + i))
			return hs_get32(a + i) < hs_get32(b + i) ? -1 : 1;
	return 0;
}

HS_FUNC void hs_glance_tuple6(struct hs_glance *g, const __u8 *h)
{
	__u16 from = hs_get16(h + 40), to = hs_get16(h + 42);
	int order = hs_compare6(h + 8, h + 24);
	__u32 swap = order ? order > 0 : from > to;
	const __u8 *low = swap ? h + 24 : h + 8, *high = swap ? h + 8 : h + 24;

	for (int i = 0; i < 16; i += 4) {
		hs_put32(&g->tuple.addr[0][i], hs_raw32(low + i));
		hs_put32(&g->tuple.addr[1][i], hs_raw32(high + i));
	}
	g->dir = swap;
	hs_glance_ports(g, from, to, 6, h[6]);
}

/* A packet on a selected port: what its flow says. */
HS_FUNC __u32 hs_look_flow(HS_CTX *ctx, struct hs_glance *g)
{
	const struct hs_flow *flow = hs_env_flow_find(ctx, &g->tuple);
	__u32 wanted = g->begins;

	if (flow)
		wanted = flow->state == HS_FLOW_DONE ? g->begins & g->matters :
						       g->matters | (flow->dir[g->dir & 1].state != HS_DIR_DONE);
	return wanted ? HS_LOOK_PARSE | HS_LOOK_SELECTED : HS_LOOK_SELECTED;
}

/* A segment of len bytes from its header h on. Payload may begin a flow; FIN and RST are told although nothing more is
 * wanted of their direction; what is neither never matters. */
HS_FUNC __u32 hs_look_tcp(struct hs_glance *g, const __u8 *h, __u32 len)
{
	__u32 header = (h[12] >> 4) * 4, end = h[13] & (HS_TCP_FIN | HS_TCP_RST);

	if (h[13] & HS_TCP_SYN || len < header)
		return HS_LOOK_PARSE | HS_LOOK_SELECTED;
	if (len == header && !end)
		return HS_LOOK_SELECTED;
	g->matters = end;
	g->begins = len != header;
	return HS_LOOK_FLOW;
}

/* A datagram, by its payload's first byte: a long header of QUIC or a handshake record of DTLS begins a flow, also of ports
 * that had one before. */
HS_FUNC void hs_look_udp(struct hs_glance *g, __u8 first)
{
	g->begins = (first & 0xc0) == 0xc0 || first == 22;
	g->matters = g->begins;
}

HS_FUNC __u32 hs_is_selected(HS_CTX *ctx, const __u8 *ports, __u32 udp)
{
	return hs_env_config(ctx)->any_port || hs_env_port(ctx, udp, hs_get16(ports)) ||
	       hs_env_port(ctx, udp, hs_get16(ports + 2));
}

/* off: offset of an IPv4 header. */
HS_FUNC __u32 hs_look_ip4(HS_CTX *ctx, __u32 off)
{
	__u32 udp, looked = HS_LOOK_FLOW;
	struct hs_glance g;
	const __u8 *h;

	if (!hs_peek(ctx, off, 28, &h) || h[0] != 0x45 || hs_get16(h + 6) & 0x3fff)
		return HS_LOOK_PARSE;
	udp = h[9] == HS_PROTO_UDP;
	if (!udp && h[9] != HS_PROTO_TCP)
		return h[9] == HS_PROTO_GRE || h[9] == HS_PROTO_IPIP || h[9] == HS_PROTO_IPV6 || h[9] == HS_PROTO_AH ||
		       h[9] == HS_PROTO_MPLS;
	if (udp && hs_is_tunnel_port(hs_get16(h + 22)))
		return HS_LOOK_PARSE;
	if (!hs_is_selected(ctx, h + 20, udp))
		return 0;
	if (!hs_peek(ctx, off, 40, &h) || !hs_get16(h + 2))
		return HS_LOOK_PARSE;
	if (udp)
		hs_look_udp(&g, h[28]);
	else
		looked = hs_look_tcp(&g, h + 20, hs_get16(h + 2) - 20);
	if (looked != HS_LOOK_FLOW)
		return looked;
	hs_glance_tuple4(&g, h);
	return hs_look_flow(ctx, &g);
}

HS_FUNC __u32 hs_look_ip6(HS_CTX *ctx, __u32 off)
{
	__u32 udp, looked = HS_LOOK_FLOW;
	struct hs_glance g;
	const __u8 *h;

	if (!hs_peek(ctx, off, 48, &h))
		return HS_LOOK_PARSE;
	udp = h[6] == HS_PROTO_UDP;
	/* ICMPv6 is all over the place; whatever else is rare. */
	if (!udp && h[6] != HS_PROTO_TCP)
		return h[6] != HS_PROTO_ICMPV6;
	if (udp && hs_is_tunnel_port(hs_get16(h + 42)))
		return HS_LOOK_PARSE;
	if (!hs_is_selected(ctx, h + 40, udp))
		return 0;
	if (!hs_peek(ctx, off, 60, &h) || !hs_get16(h + 4))
		return HS_LOOK_PARSE;
	if (udp)
		hs_look_udp(&g, h[48]);
	else
		looked = hs_look_tcp(&g, h + 40, hs_get16(h + 4));
	if (looked != HS_LOOK_FLOW)
		return looked;
	hs_glance_tuple6(&g, h);
	return hs_look_flow(ctx, &g);
}

HS_FUNC __u32 hs_look_type(HS_CTX *ctx, __u16 type, __u32 off)
{
	switch (type) {
	case HS_TYPE_IPV4:
		return hs_look_ip4(ctx, off);
	case HS_TYPE_IPV6:
		return hs_look_ip6(ctx, off);
	case HS_TYPE_ARP:
		return 0;
	}
	return HS_LOOK_PARSE;
}

/* What to do with a packet: bits of enum hs_looked. next: HS_NEXT_ETH or HS_NEXT_IP, at offset 0. */
HS_FUNC __u32 hs_look(HS_CTX *ctx, __u32 next)
{
	const __u8 *h;

	if (!hs_peek(ctx, 0, 18, &h))
		return HS_LOOK_PARSE;
	if (next == HS_NEXT_IP)
		return hs_look_type(ctx, h[0] >> 4 == 4 ? HS_TYPE_IPV4 : HS_TYPE_IPV6, 0);
	if (hs_get16(h + 12) != HS_TYPE_VLAN)
		return hs_look_type(ctx, hs_get16(h + 12), 14);
	return hs_look_type(ctx, hs_get16(h + 16), 18);
}

#endif
