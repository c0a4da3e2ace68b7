/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Headers that carry another network layer. */
#ifndef HSMON_PACKET_TUNNEL_H
#define HSMON_PACKET_TUNNEL_H

#include "packet_base.h"

/* RFC 3032 section 2.1. What follows the last label is not said: IP by its first four bits; zero there is a
 * control word and then Ethernet (RFC 4385 section 3). */
HS_FUNC int hs_step_mpls(HS_CTX *ctx, struct hs_packet *p)
{
	__u8 h[4] __attribute__((aligned(4)));
	__u8 first;

	if (hs_load(ctx, p->off, h, 4))
		return HS_CUT;
	p->off += 4;
	if (!(h[2] & 1))
		return HS_GO_ON;
	if (hs_load(ctx, p->off, &first, 1))
		return HS_CUT;
	if (first >> 4)
		return hs_enter(p, HS_TUNNEL_MPLS, HS_NEXT_IP);
	p->off += 4;
	return hs_enter(p, HS_TUNNEL_MPLS, HS_NEXT_ETH);
}

/* RFC 2516 section 4. */
HS_FUNC int hs_step_pppoe(HS_CTX *ctx, struct hs_packet *p)
{
	__u8 h[2] __attribute__((aligned(4)));

	if (hs_load(ctx, p->off, h, 2))
		return HS_CUT;
	if (h[0] != 0x11 || h[1])
		return HS_OTHER;
	p->off += 6;
	return hs_enter(p, HS_TUNNEL_PPPOE, HS_NEXT_PPP);
}

HS_FUNC int hs_step_ppp(HS_CTX *ctx, struct hs_packet *p)
{
	__u8 h[2] __attribute__((aligned(4)));
	__u16 proto;

	if (hs_load(ctx, p->off, h, 2))
		return HS_CUT;
	p->off += 2;
	proto = hs_get16(h);
	if (proto != 0x0021 && proto != 0x0057)
		return HS_OTHER;
	return hs_step_type(p, proto == 0x0021 ? HS_TYPE_IPV4 : HS_TYPE_IPV6);
}

/* RFC 2784, RFC 2890; ERSPAN is GRE with eight bytes more before the mirrored frame. */
HS_FUNC int hs_step_gre(HS_CTX *ctx, struct hs_packet *p)
{
	__u8 h[4] __attribute__((aligned(4)));
	__u16 type;

	if (hs_load(ctx, p->off, h, 4))
		return HS_CUT;
	/* Version 0 without routing (RFC 1701). */
	if ((h[0] & 0x40) || (h[1] & 7))
		return HS_ENCAP;
	p->off += 4 + (h[0] & 0x80 ? 4 : 0) + (h[0] & 0x20 ? 4 : 0) + (h[0] & 0x10 ? 4 : 0);
	type = hs_get16(h + 2);
	if (type == HS_TYPE_ERSPAN && h[0] & 0x10)
		p->off += 8;
	if (type == HS_TYPE_TEB || type == HS_TYPE_ERSPAN)
		return hs_enter(p, HS_TUNNEL_GRE, HS_NEXT_ETH);
	p->type = type;
	return hs_enter(p, HS_TUNNEL_GRE, HS_NEXT_TYPE);
}

/* RFC 7348 section 5. */
HS_FUNC int hs_step_vxlan(HS_CTX *ctx, struct hs_packet *p)
{
	__u8 flags;

	if (hs_load(ctx, p->off, &flags, 1))
		return HS_CUT;
	if (!(flags & 8))
		return HS_ENCAP;
	p->off += 8;
	return hs_enter(p, HS_TUNNEL_VXLAN, HS_NEXT_ETH);
}

/* RFC 8926 section 3.4. */
HS_FUNC int hs_step_geneve(HS_CTX *ctx, struct hs_packet *p)
{
	__u8 h[4] __attribute__((aligned(4)));

	if (hs_load(ctx, p->off, h, 4))
		return HS_CUT;
	if (h[0] >> 6)
		return HS_ENCAP;
	p->off += 8 + (h[0] & 0x3f) * 4;
	p->type = hs_get16(h + 2);
	return hs_enter(p, HS_TUNNEL_GENEVE, p->type == HS_TYPE_TEB ? HS_NEXT_ETH : HS_NEXT_TYPE);
}

/* 3GPP TS 29.281 section 5.1: version 1, G-PDU (255); extension headers in units of four bytes, the last one names
 * the next type. */
HS_FUNC int hs_step_gtpu(HS_CTX *ctx, struct hs_packet *p)
{
	__u8 h[2] __attribute__((aligned(4)));
	__u8 next, len;

	if (hs_load(ctx, p->off, h, 2))
		return HS_CUT;
	if (h[0] >> 4 != 3)
		return HS_ENCAP;
	if (h[1] != 255)
		return HS_OTHER;
	p->off += 8;
	if (!(h[0] & 7))
		return hs_enter(p, HS_TUNNEL_GTPU, HS_NEXT_IP);
	if (hs_load(ctx, p->off + 3, &next, 1))
		return HS_CUT;
	p->off += 4;
	for (int i = 0; i < 3 && next && h[0] & 4; i++) {
		if (hs_load(ctx, p->off, &len, 1) || !len || hs_load(ctx, p->off + len * 4 - 1, &next, 1))
			return HS_ENCAP;
		p->off += len * 4;
	}
	return hs_enter(p, HS_TUNNEL_GTPU, HS_NEXT_IP);
}

#endif
