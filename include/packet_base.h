/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* What the files of packet.h work with: numbers, bytes in network order, what is known of a packet, its next layer. */
#ifndef HSMON_PACKET_BASE_H
#define HSMON_PACKET_BASE_H

#include "abi.h"

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define hs_be16(x) __builtin_bswap16(x)
#define hs_be32(x) __builtin_bswap32(x)
#else
#define hs_be16(x) ((__u16)(x))
#define hs_be32(x) ((__u32)(x))
#endif

/* Words at any address of user space; BPF's are aligned (packets as far as the machine demands it, NET_IP_ALIGN). */
#ifdef __bpf__
#define HS_WORD __attribute__((may_alias))
#else
#define HS_WORD __attribute__((packed, may_alias))
#endif
struct hs_word16 {
	__u16 v;
} HS_WORD;
struct hs_word32 {
	__u32 v;
} HS_WORD;
#define hs_get16(p) hs_be16(((const struct hs_word16 *)(p))->v)
#define hs_get32(p) hs_be32(((const struct hs_word32 *)(p))->v)
#define hs_raw32(p) (((const struct hs_word32 *)(p))->v)
#define hs_put32(p, x) (((struct hs_word32 *)(p))->v = (x))

enum {
	HS_PROTO_HOPOPTS = 0,
	HS_PROTO_IPIP = 4,
	HS_PROTO_TCP = 6,
	HS_PROTO_UDP = 17,
	HS_PROTO_IPV6 = 41,
	HS_PROTO_ROUTING = 43,
	HS_PROTO_FRAGMENT = 44,
	HS_PROTO_GRE = 47,
	HS_PROTO_AH = 51,
	HS_PROTO_ICMPV6 = 58,
	HS_PROTO_DSTOPTS = 60,
	HS_PROTO_MOBILITY = 135,
	HS_PROTO_MPLS = 137,		/* RFC 4023 */
	HS_PROTO_HIP = 139,
	HS_PROTO_SHIM6 = 140,
};

enum {
	HS_TYPE_MIN = 0x0600,		/* less is a length: IEEE 802.3 */
	HS_TYPE_IPV4 = 0x0800,
	HS_TYPE_ARP = 0x0806,
	HS_TYPE_TEB = 0x6558,		/* Ethernet in GRE, RFC 1701; also in Geneve */
	HS_TYPE_VLAN = 0x8100,
	HS_TYPE_IPV6 = 0x86dd,
	HS_TYPE_MPLS = 0x8847,
	HS_TYPE_MPLS_MC = 0x8848,
	HS_TYPE_PPPOE = 0x8864,
	HS_TYPE_8021AD = 0x88a8,
	HS_TYPE_CMD = 0x8909,		/* Cisco MetaData: security group tags */
	HS_TYPE_VNTAG = 0x8926,
	HS_TYPE_ETAG = 0x893f,		/* IEEE 802.1BR */
	HS_TYPE_ERSPAN = 0x88be,
	HS_TYPE_QINQ_OLD = 0x9100,
};

enum {
	HS_PORT_GTPU = 2152,
	HS_PORT_VXLAN = 4789,
	HS_PORT_GENEVE = 6081,
	HS_PORT_VXLAN_OLD = 8472,
};

enum {
	HS_TCP_FIN = 0x01,
	HS_TCP_SYN = 0x02,
	HS_TCP_RST = 0x04,
	HS_TCP_PSH = 0x08,
	HS_TCP_ACK = 0x10,
};

/* The compiler is to forget what it knows of a variable, so that a check of it stays as it is written: the verifier wants
 * to see the check of a length right before its use, and Linux 5.10 learns nothing of n from a check of n - 1, nor from
 * one against 0 that is not signed. */
#define hs_opaque(x) __asm__ __volatile__("" : "+r"(x))

/* What the next header is. */
enum hs_next {
	HS_NEXT_ETH,
	HS_NEXT_TYPE,			/* as p->type says, at p->off */
	HS_NEXT_IP,			/* IPv4 or IPv6, as its first four bits say */
	HS_NEXT_PROTO,			/* as p->proto says */
	HS_NEXT_PPP,			/* PPP's protocol field */
};

enum hs_parsed {
	HS_GO_ON = 0,			/* one header done */
	HS_PARSED,			/* TCP or UDP: all of struct hs_packet is set */
	HS_FRAGMENT,			/* an IP fragment that is not the first: l3 and end tell where */
	HS_OTHER,			/* something else */
	HS_CUT,				/* the bytes end within the headers */
	HS_MALFORMED,
	HS_ENCAP,			/* encapsulation that is not understood or too deep */
};

#define HS_MAX_ROUNDS 10		/* through the layers of one packet: tags, extension headers and tunnels take one each */

struct hs_packet {
	struct hs_tuple tuple;
	__u32 seq;			/* of the first payload byte: a SYN is counted already */
	__u32 ack;
	__u32 payload;			/* offset of the first payload byte */
	__u32 wire_len;			/* payload bytes by the headers, not by the frame: padding is not payload */
	__u32 cap_len;			/* ... of them in the packet */
	__u32 datagram;			/* UDP: bytes of each datagram when several came as one (UDP GSO), else 0 */
	__u32 off;			/* the cursor: offset of the next header */
	__u32 l3;			/* offset of the innermost IP header */
	__u32 end;			/* offset of its end */
	__u16 type, proto;		/* of the next header */
	__u16 vlan[HS_MAX_VLANS];
	__u8 tunnel[HS_MAX_TUNNELS];
	__u8 next;			/* enum hs_next */
	__u8 tunnel_cnt, vlan_cnt;
	__u8 dir;			/* 0: sent by tuple.addr[0] */
	__u8 tcp_flags;
	__u8 fragment;			/* within an IP fragment, */
	__u8 pad[6];
	__u32 fragment_l3, fragment_end;	/* whose offsets these are */
	struct hs_tuple fragment_key;	/* sender, receiver, identification, protocol */
};

/* The endpoint with the smaller (address, port) first; tells whether they changed places. */
HS_FUNC __u32 hs_order_tuple(struct hs_tuple *t)
{
	__u32 swap = t->port[0] > t->port[1];
	__u16 port;

	for (int i = 3; i >= 0; i--) {
		__u32 a = hs_get32(&t->addr[0][4 * i]), b = hs_get32(&t->addr[1][4 * i]);

		swap = a == b ? swap : a > b;
	}
	if (!swap)
		return 0;
	for (int i = 0; i < 4; i++) {
		__u32 a = hs_raw32(&t->addr[0][4 * i]);

		hs_put32(&t->addr[0][4 * i], hs_raw32(&t->addr[1][4 * i]));
		hs_put32(&t->addr[1][4 * i], a);
	}
	port = t->port[0];
	t->port[0] = t->port[1];
	t->port[1] = port;
	return 1;
}

HS_FUNC int hs_enter(struct hs_packet *p, __u8 tunnel, __u8 next)
{
	if (p->tunnel_cnt >= HS_MAX_TUNNELS)
		return HS_ENCAP;
	p->tunnel[p->tunnel_cnt++ & (HS_MAX_TUNNELS - 1)] = tunnel;
	p->next = next;
	return HS_GO_ON;
}

HS_FUNC void hs_add_vlan(struct hs_packet *p, __u16 tci)
{
	if (p->vlan_cnt >= HS_MAX_VLANS)
		return;
	p->vlan[p->vlan_cnt++ & (HS_MAX_VLANS - 1)] = tci & 0xfff;
}

HS_FUNC int hs_step_type(struct hs_packet *p, __u16 type)
{
	p->type = type;
	p->next = HS_NEXT_TYPE;
	return HS_GO_ON;
}

HS_FUNC int hs_step_proto(struct hs_packet *p, __u8 proto)
{
	p->proto = proto;
	p->next = HS_NEXT_PROTO;
	return HS_GO_ON;
}

#endif
