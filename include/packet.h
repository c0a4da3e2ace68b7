/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * From the link layer to the first byte of TCP's or UDP's payload; the same text for BPF and for user space.
 * Goes round by round through the layers, whatever the order of headers, so tunnels need no recursion.
 *
 * The includer defines before:
 *   HS_CTX			the type of a packet
 *   HS_FUNC			how small functions are made (static __always_inline)
 *   HS_SUB			how large ones are made (static __noinline)
 *   hs_load(ctx, off, dst, len)	copies len bytes at offset off; 0, or not 0: the packet has not that many. len is a
 *				constant but in one place, where it is 1 to 16
 *   hs_captured(ctx)		bytes of the packet that are there
 *   hs_length(ctx)		bytes that it had on the wire, at least hs_captured()
 */
#ifndef HSMON_PACKET_H
#define HSMON_PACKET_H

#include "packet_tunnel.h"

/* IEEE 802.3 with a length instead of a type: only 802.2 LLC with SNAP carries IP (RFC 1042). */
HS_FUNC int hs_step_snap(HS_CTX *ctx, struct hs_packet *p)
{
	__u8 h[8] __attribute__((aligned(4)));

	if (hs_load(ctx, p->off, h, 8))
		return HS_OTHER;
	if (h[0] != 0xaa || h[1] != 0xaa || h[2] != 3)
		return HS_OTHER;
	p->off += 8;
	return hs_step_type(p, hs_get16(h + 6));
}

HS_FUNC int hs_step_eth(HS_CTX *ctx, struct hs_packet *p)
{
	__u8 h[2] __attribute__((aligned(4)));
	__u16 type;

	if (hs_load(ctx, p->off + 12, h, 2))
		return HS_CUT;
	p->off += 14;
	type = hs_get16(h);
	return type < HS_TYPE_MIN ? hs_step_snap(ctx, p) : hs_step_type(p, type);
}

HS_FUNC int hs_step_vlan(HS_CTX *ctx, struct hs_packet *p)
{
	__u8 h[4] __attribute__((aligned(4)));

	if (hs_load(ctx, p->off, h, 4))
		return HS_CUT;
	p->off += 4;
	hs_add_vlan(p, hs_get16(h));
	return hs_step_type(p, hs_get16(h + 2));
}

/* Tags that are passed over: len bytes, the last two of them the next type. */
HS_FUNC int hs_step_tag(HS_CTX *ctx, struct hs_packet *p, __u32 len)
{
	__u8 h[2] __attribute__((aligned(4)));

	if (hs_load(ctx, p->off + len - 2, h, 2))
		return HS_CUT;
	p->off += len;
	return hs_step_type(p, hs_get16(h));
}

/*
 * An IP fragment, the first one met. What the first piece holds is parsed on as if it were all: it tells whose the others
 * are. tuple: the addresses, not in order yet.
 */
HS_FUNC int hs_enter_fragment(struct hs_packet *p, __u32 id, __u32 off)
{
	if (p->fragment)
		return HS_OTHER;
	p->fragment = 1;
	p->fragment_l3 = p->l3;
	p->fragment_end = p->end;
	p->fragment_key = p->tuple;
	p->fragment_key.port[0] = id >> 16;
	p->fragment_key.port[1] = id;
	p->fragment_key.proto = p->proto;
	return off ? HS_FRAGMENT : HS_GO_ON;
}

HS_FUNC void hs_addresses4(struct hs_packet *p, const __u8 *h)
{
	for (int i = 0; i < 2; i++) {
		hs_put32(&p->tuple.addr[i][0], 0);
		hs_put32(&p->tuple.addr[i][4], 0);
		hs_put32(&p->tuple.addr[i][8], hs_be32(0xffff));
		hs_put32(&p->tuple.addr[i][12], hs_raw32(h + 12 + 4 * i));
	}
	p->tuple.family = 4;
}

/* RFC 791 section 3.1. A total length of 0 is a super packet's that has not been cut yet: BIG TCP (Linux 6.3), or
 * segmentation offload as captures of other systems show it. */
HS_FUNC int hs_step_ip4(HS_CTX *ctx, struct hs_packet *p)
{
	__u8 h[20] __attribute__((aligned(4)));
	__u32 len, total;

	if (hs_load(ctx, p->off, h, 20))
		return HS_CUT;
	len = (h[0] & 15) * 4;
	total = hs_get16(h + 2);
	if (h[0] >> 4 != 4 || len < 20)
		return HS_MALFORMED;
	if (!total)
		total = hs_length(ctx) - p->off;
	if (total < len)
		return HS_MALFORMED;
	p->l3 = p->off;
	p->end = p->off + total;
	hs_addresses4(p, h);
	p->proto = h[9];
	p->off += len;
	p->next = HS_NEXT_PROTO;
	/* More fragments, or an offset. */
	return hs_get16(h + 6) & 0x3fff ? hs_enter_fragment(p, hs_get16(h + 4), hs_get16(h + 6) & 0x1fff) : HS_GO_ON;
}

/* RFC 8200 section 3. A payload length of 0 is that of a jumbogram (RFC 2675) or of BIG TCP. */
HS_FUNC int hs_step_ip6(HS_CTX *ctx, struct hs_packet *p)
{
	__u8 h[40] __attribute__((aligned(4)));
	__u32 len;

	if (hs_load(ctx, p->off, h, 40))
		return HS_CUT;
	if (h[0] >> 4 != 6)
		return HS_MALFORMED;
	len = hs_get16(h + 4);
	p->l3 = p->off;
	p->end = len ? p->off + 40 + len : hs_length(ctx);
	for (int i = 0; i < 4; i++) {
		hs_put32(&p->tuple.addr[0][4 * i], hs_raw32(h + 8 + 4 * i));
		hs_put32(&p->tuple.addr[1][4 * i], hs_raw32(h + 24 + 4 * i));
	}
	p->tuple.family = 6;
	p->off += 40;
	return hs_step_proto(p, h[6]);
}

HS_FUNC int hs_step_ip(HS_CTX *ctx, struct hs_packet *p)
{
	__u8 first;

	if (hs_load(ctx, p->off, &first, 1))
		return HS_CUT;
	if (first >> 4 == 4)
		return hs_step_type(p, HS_TYPE_IPV4);
	if (first >> 4 == 6)
		return hs_step_type(p, HS_TYPE_IPV6);
	return HS_MALFORMED;
}

/* RFC 8200 section 4.5; an atomic fragment (RFC 6946) is no fragment. */
HS_FUNC int hs_step_fragment6(struct hs_packet *p, const __u8 *h)
{
	__u16 field = hs_get16(h + 2);

	p->off += 8;
	hs_step_proto(p, h[0]);
	return field & 0xfff9 ? hs_enter_fragment(p, hs_get32(h + 4), field >> 3) : HS_GO_ON;
}

/* RFC 8200 section 4; AH counts in other units (RFC 4302 section 2.2). */
HS_FUNC int hs_step_extension(HS_CTX *ctx, struct hs_packet *p)
{
	__u8 h[8] __attribute__((aligned(4)));

	if (hs_load(ctx, p->off, h, 8))
		return HS_CUT;
	if (p->proto == HS_PROTO_FRAGMENT)
		return hs_step_fragment6(p, h);
	p->off += p->proto == HS_PROTO_AH ? (h[1] + 2) * 4 : (h[1] + 1) * 8;
	if (p->off > p->end)
		return HS_MALFORMED;
	return hs_step_proto(p, h[0]);
}

/* At TCP's or UDP's payload; ports as in their headers. */
HS_FUNC int hs_at_payload(struct hs_packet *p, const __u8 *ports)
{
	p->payload = p->off;
	p->tuple.port[0] = hs_get16(ports);
	p->tuple.port[1] = hs_get16(ports + 2);
	p->tuple.proto = p->proto;
	return p->off > p->end ? HS_MALFORMED : HS_PARSED;
}

/* RFC 9293 section 3.1. */
HS_FUNC int hs_step_tcp(HS_CTX *ctx, struct hs_packet *p)
{
	__u8 h[16] __attribute__((aligned(4)));

	if (hs_load(ctx, p->off, h, 16))
		return HS_CUT;
	if (h[12] >> 4 < 5)
		return HS_MALFORMED;
	p->off += (h[12] >> 4) * 4;
	p->tcp_flags = h[13];
	p->seq = hs_get32(h + 4) + (h[13] & HS_TCP_SYN ? 1 : 0);
	p->ack = hs_get32(h + 8);
	return hs_at_payload(p, h);
}

HS_FUNC int hs_step_udp(HS_CTX *ctx, struct hs_packet *p)
{
	__u8 h[8] __attribute__((aligned(4)));
	__u32 len, to;

	if (hs_load(ctx, p->off, h, 8))
		return HS_CUT;
	len = hs_get16(h + 4);
	/* A first fragment has less than it says. */
	if ((len && len < 8) || (p->off + len > p->end && !p->fragment))
		return HS_MALFORMED;
	if (len && p->off + len < p->end)
		p->end = p->off + len;
	p->off += 8;
	to = hs_get16(h + 2);
	if (to == HS_PORT_VXLAN || to == HS_PORT_VXLAN_OLD)
		return hs_step_vxlan(ctx, p);
	if (to == HS_PORT_GENEVE)
		return hs_step_geneve(ctx, p);
	if (to == HS_PORT_GTPU)
		return hs_step_gtpu(ctx, p);
	return hs_at_payload(p, h);
}

HS_FUNC int hs_by_type(HS_CTX *ctx, struct hs_packet *p)
{
	switch (p->type) {
	case HS_TYPE_IPV4:
		return hs_step_ip4(ctx, p);
	case HS_TYPE_IPV6:
		return hs_step_ip6(ctx, p);
	case HS_TYPE_VLAN:
	case HS_TYPE_8021AD:
	case HS_TYPE_QINQ_OLD:
		return hs_step_vlan(ctx, p);
	case HS_TYPE_MPLS:
	case HS_TYPE_MPLS_MC:
		return hs_step_mpls(ctx, p);
	case HS_TYPE_PPPOE:
		return hs_step_pppoe(ctx, p);
	case HS_TYPE_VNTAG:
		return hs_step_tag(ctx, p, 6);
	case HS_TYPE_CMD:
	case HS_TYPE_ETAG:
		return hs_step_tag(ctx, p, 8);
	}
	return HS_OTHER;
}

HS_FUNC int hs_by_proto(HS_CTX *ctx, struct hs_packet *p)
{
	switch (p->proto) {
	case HS_PROTO_TCP:
		return hs_step_tcp(ctx, p);
	case HS_PROTO_UDP:
		return hs_step_udp(ctx, p);
	case HS_PROTO_IPIP:
		return hs_enter(p, p->tuple.family == 4 ? HS_TUNNEL_IPIP : HS_TUNNEL_IP6TNL, HS_NEXT_IP);
	case HS_PROTO_IPV6:
		return hs_enter(p, p->tuple.family == 4 ? HS_TUNNEL_SIT : HS_TUNNEL_IP6TNL, HS_NEXT_IP);
	case HS_PROTO_GRE:
		return hs_step_gre(ctx, p);
	case HS_PROTO_MPLS:
		return hs_step_type(p, HS_TYPE_MPLS);
	case HS_PROTO_HOPOPTS:
	case HS_PROTO_ROUTING:
	case HS_PROTO_FRAGMENT:
	case HS_PROTO_DSTOPTS:
	case HS_PROTO_MOBILITY:
	case HS_PROTO_HIP:
	case HS_PROTO_SHIM6:
		return p->tuple.family == 6 ? hs_step_extension(ctx, p) : HS_OTHER;
	case HS_PROTO_AH:
		return hs_step_extension(ctx, p);
	}
	return HS_OTHER;
}

/* Up to the network layer's header: p->type. */
HS_FUNC int hs_link(HS_CTX *ctx, struct hs_packet *p)
{
	switch (p->next) {
	case HS_NEXT_ETH:
		return hs_step_eth(ctx, p);
	case HS_NEXT_IP:
		return hs_step_ip(ctx, p);
	case HS_NEXT_PPP:
		return hs_step_ppp(ctx, p);
	}
	return HS_GO_ON;
}

/* One header of each layer, as far as they follow each other: all of a plain packet. */
HS_SUB int hs_step(HS_CTX *ctx, struct hs_packet *p)
{
	int ret = hs_link(ctx, p);

	if (ret == HS_GO_ON && p->next == HS_NEXT_TYPE)
		ret = hs_by_type(ctx, p);
	if (ret == HS_GO_ON && p->next == HS_NEXT_PROTO)
		ret = hs_by_proto(ctx, p);
	return ret;
}

/* Outside of the loop, so that the verifier sees it once. */
HS_FUNC void hs_finish(HS_CTX *ctx, struct hs_packet *p)
{
	__u32 captured = hs_captured(ctx);

	p->wire_len = p->end - p->payload;
	if (captured > p->end)
		captured = p->end;
	p->cap_len = captured > p->payload ? captured - p->payload : 0;
	p->dir = hs_order_tuple(&p->tuple);
}

/* The caller has zeroed *p and set where to begin: off, next, type, and VLANs that are not in the packet's bytes. */
HS_SUB int hs_parse(HS_CTX *ctx, struct hs_packet *p)
{
	int ret = HS_GO_ON;

	for (int i = 0; i < HS_MAX_ROUNDS && ret == HS_GO_ON; i++)
		ret = hs_step(ctx, p);
	if (ret == HS_PARSED)
		hs_finish(ctx, p);
	return ret == HS_GO_ON ? HS_ENCAP : ret;
}

#endif
