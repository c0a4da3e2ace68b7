// SPDX-License-Identifier: BSD-2-Clause
/* Formats: the tcpdump group's link-layer header types, https://www.tcpdump.org/linktypes.html. */
#include "capture/link.h"

#include <stddef.h>

#define TYPE_IPV4 0x0800
#define TYPE_IPV6 0x86dd

static bool cut(struct gate_packet *p, uint32_t n)
{
	if (n > p->cap_len || n > p->wire_len)
		return false;
	p->data += n;
	p->cap_len -= n;
	p->wire_len -= n;
	return true;
}

static uint16_t be16(const uint8_t *b)
{
	return (uint16_t)(b[0] << 8 | b[1]);
}

static uint16_t le16(const uint8_t *b)
{
	return (uint16_t)(b[1] << 8 | b[0]);
}

static bool begin_type(struct gate_packet *p, uint32_t header, uint16_t type)
{
	p->start = GATE_START_TYPE;
	p->type = type;
	return cut(p, header);
}

static bool begin(struct gate_packet *p, uint32_t header, enum gate_start start)
{
	p->start = start;
	return cut(p, header);
}

static bool link_ethernet(struct gate_packet *p)
{
	return begin(p, 0, GATE_START_ETH);
}

static bool link_raw(struct gate_packet *p)
{
	return begin(p, 0, GATE_START_IP);
}

/* An address family of the system that wrote the file, in its byte order; which IPv6 is differs, IPv4 is 2 everywhere:
 * the packet's first bits tell better. LOOP is the same in network order. */
static bool link_null(struct gate_packet *p)
{
	return begin(p, 4, GATE_START_IP);
}

/* Packet types of Linux: 4 is sent by this host, 0 to 3 received. */
static uint8_t hook_of(uint16_t packet_type)
{
	return packet_type == 4 ? HS_HOOK_EGRESS : packet_type < 4 ? HS_HOOK_INGRESS : HS_HOOK_TAP;
}

/* LINUX_SLL ("any" of libpcap): packet type 2, ARPHRD 2, address length 2, address 8, protocol 2. */
static bool link_sll(struct gate_packet *p)
{
	if (p->cap_len < 16)
		return false;
	p->hook = hook_of(be16(p->data));
	return begin_type(p, 16, be16(p->data + 14));
}

/* LINUX_SLL2: protocol 2, reserved 2, interface index 4, ARPHRD 2, packet type 1, address length 1, address 8. */
static bool link_sll2(struct gate_packet *p)
{
	if (p->cap_len < 20)
		return false;
	p->hook = hook_of(p->data[10]);
	p->ifindex = (uint32_t)be16(p->data + 4) << 16 | be16(p->data + 6);
	return begin_type(p, 20, be16(p->data));
}

/* Address and control field may be left out (RFC 1662 section 3.2), and the direction instead (PPP with direction). */
static bool link_ppp(struct gate_packet *p)
{
	bool hdlc = p->cap_len >= 2 && (p->data[0] == 0xff || p->data[0] == 0x0f) && p->data[1] <= 3;

	return begin(p, hdlc ? 2 : 0, GATE_START_PPP);
}

static bool link_ppp_direction(struct gate_packet *p)
{
	return cut(p, 1) && link_ppp(p);
}

/* The PPPoE session header: version and type 1, code 1, session 2, length 2. */
static bool link_ppp_ether(struct gate_packet *p)
{
	return begin_type(p, 0, 0x8864);
}

/* Cisco HDLC: address 1, control 1, protocol as EtherType 2. */
static bool link_chdlc(struct gate_packet *p)
{
	return p->cap_len >= 4 && begin_type(p, 4, be16(p->data + 2));
}

/* Frame relay (RFC 2427): address 2, control 03, then NLPID: cc IPv4, 8e IPv6, 80 SNAP. */
static bool link_frelay(struct gate_packet *p)
{
	if (p->cap_len < 10 || p->data[2] != 3)
		return false;
	switch (p->data[3]) {
	case 0xcc:
		return begin_type(p, 4, TYPE_IPV4);
	case 0x8e:
		return begin_type(p, 4, TYPE_IPV6);
	case 0x00:
		if (p->data[4] == 0x80)
			return begin_type(p, 10, be16(p->data + 8));
	}
	return false;
}

/* 802.11 data frames that are not encrypted, with LLC and SNAP (IEEE 802.11 clause 9.2.4). */
static bool link_80211(struct gate_packet *p)
{
	uint32_t header = 24;
	uint8_t flags;

	if (p->cap_len < header || (p->data[0] & 0x0c) != 0x08 || p->data[0] & 0x40)
		return false;
	flags = p->data[1];
	if ((flags & 3) == 3)
		header += 6;			/* fourth address */
	if (p->data[0] & 0x80)
		header += 2 + (flags & 0x80 ? 4 : 0);	/* QoS, HT control */
	if (flags & 0x40 || p->cap_len < header + 8)
		return false;
	if (p->data[header] != 0xaa || p->data[header + 1] != 0xaa || p->data[header + 2] != 3)
		return false;
	return begin_type(p, header + 8, be16(p->data + header + 6));
}

/* Version 1, pad 1, length 2 (little-endian), fields. */
static bool link_radiotap(struct gate_packet *p)
{
	return p->cap_len >= 4 && cut(p, le16(p->data + 2)) && link_80211(p);
}

/* Family 1, version 1, resource 2, then attributes: length 2 and type 2 in the writer's byte order (little-endian
 * nearly always), padded to 4; type 9 is the packet, from its IP header on. */
static bool link_nflog(struct gate_packet *p)
{
	if (!cut(p, 4))
		return false;
	while (p->cap_len >= 4) {
		uint32_t len = le16(p->data), type = le16(p->data + 2);

		if (len < 4)
			return false;
		if (type == 9) {
			uint32_t rest = p->wire_len - 4 < len - 4 ? p->wire_len - 4 : len - 4;

			if (!begin(p, 4, GATE_START_IP))
				return false;
			p->wire_len = rest;
			p->cap_len = p->cap_len < rest ? p->cap_len : rest;
			return true;
		}
		if (!cut(p, (len + 3) & ~3u))
			return false;
	}
	return false;
}

static const struct {
	int linktype;
	link_fn fn;
} links[] = {
	{ 0, link_null },		/* NULL */
	{ 1, link_ethernet },
	{ 9, link_ppp },
	{ 12, link_raw },		/* DLT_RAW, as some wrote it into files */
	{ 14, link_raw },		/* ... OpenBSD */
	{ 50, link_ppp },		/* PPP_HDLC (DLT_PPP_SERIAL) */
	{ 51, link_ppp_ether },
	{ 101, link_raw },
	{ 104, link_chdlc },
	{ 105, link_80211 },
	{ 107, link_frelay },
	{ 108, link_null },		/* LOOP */
	{ 113, link_sll },
	{ 127, link_radiotap },
	{ 204, link_ppp_direction },
	{ 228, link_raw },		/* IPV4 */
	{ 229, link_raw },		/* IPV6 */
	{ 239, link_nflog },
	{ 276, link_sll2 },
};

link_fn link_by_type(int linktype)
{
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (links[i].linktype == linktype)
			return links[i].fn;
	return NULL;
}
