/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets made by tests, layer by layer from the inside: TCP or UDP in IP in Ethernet, then wrapped further. */
#ifndef HSMON_TESTS_PACKETS_H
#define HSMON_TESTS_PACKETS_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "abi.h"

#define PACKET_FIN 0x01
#define PACKET_SYN 0x02
#define PACKET_RST 0x04
#define PACKET_PSH 0x08
#define PACKET_ACK 0x10

#define PACKET_ETH 14
#define PACKET_UNUSED __attribute__((unused))

struct packet {
	uint8_t data[70000];
	uint32_t len;
	uint32_t l3;			/* offset of the outermost IP header */
};

static inline void packet_put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void packet_put32(uint8_t *p, uint32_t v)
{
	packet_put16(p, v >> 16);
	packet_put16(p + 2, v);
}

/* n zeroed bytes at offset at. */
static inline uint8_t *packet_insert(struct packet *p, uint32_t at, uint32_t n)
{
	memmove(p->data + at + n, p->data + at, p->len - at);
	memset(p->data + at, 0, n);
	p->len += n;
	return p->data + at;
}

static inline void packet_ethernet(struct packet *p, uint16_t type)
{
	uint8_t *h = packet_insert(p, 0, PACKET_ETH);

	memset(h, 2, 12);
	packet_put16(h + 12, type);
	p->l3 = PACKET_ETH;
}

/* Around what is there; proto: what that is. */
static inline void packet_ip4(struct packet *p, const char *src, const char *dst, uint8_t proto)
{
	uint8_t *h = packet_insert(p, 0, 20);

	h[0] = 0x45;
	packet_put16(h + 2, p->len);
	h[8] = 64;
	h[9] = proto;
	inet_pton(AF_INET, src, h + 12);
	inet_pton(AF_INET, dst, h + 16);
	p->l3 = 0;
}

static inline void packet_ip6(struct packet *p, const char *src, const char *dst, uint8_t proto)
{
	uint8_t *h = packet_insert(p, 0, 40);

	h[0] = 0x60;
	packet_put16(h + 4, p->len - 40);
	h[6] = proto;
	h[7] = 64;
	inet_pton(AF_INET6, src, h + 8);
	inet_pton(AF_INET6, dst, h + 24);
	p->l3 = 0;
}

static inline void packet_tcp(struct packet *p, uint16_t sport, uint16_t dport, uint32_t seq, uint32_t ack, uint8_t flags,
			      const void *payload, uint32_t len)
{
	uint8_t *h = p->data;

	memset(h, 0, 20 + len);
	packet_put16(h, sport);
	packet_put16(h + 2, dport);
	packet_put32(h + 4, seq);
	packet_put32(h + 8, ack);
	h[12] = 5 << 4;
	h[13] = flags;
	if (payload)
		memcpy(h + 20, payload, len);
	p->len = 20 + len;
}

static inline void packet_udp(struct packet *p, uint16_t sport, uint16_t dport, const void *payload, uint32_t len)
{
	uint8_t *h = p->data;

	memset(h, 0, 8 + len);
	packet_put16(h, sport);
	packet_put16(h + 2, dport);
	packet_put16(h + 4, 8 + len);
	if (payload)
		memcpy(h + 8, payload, len);
	p->len = 8 + len;
}

static inline void packet_tcp4(struct packet *p, const char *src, uint16_t sport, const char *dst, uint16_t dport,
			       uint32_t seq, uint8_t flags, const void *payload, uint32_t len)
{
	packet_tcp(p, sport, dport, seq, 0, flags, payload, len);
	packet_ip4(p, src, dst, 6);
	packet_ethernet(p, 0x0800);
}

static inline void packet_tcp6(struct packet *p, const char *src, uint16_t sport, const char *dst, uint16_t dport,
			       uint32_t seq, uint8_t flags, const void *payload, uint32_t len)
{
	packet_tcp(p, sport, dport, seq, 0, flags, payload, len);
	packet_ip6(p, src, dst, 6);
	packet_ethernet(p, 0x86dd);
}

static inline void packet_udp4(struct packet *p, const char *src, uint16_t sport, const char *dst, uint16_t dport,
			       const void *payload, uint32_t len)
{
	packet_udp(p, sport, dport, payload, len);
	packet_ip4(p, src, dst, 17);
	packet_ethernet(p, 0x0800);
}

/* A tag behind the Ethernet addresses. */
static inline void packet_insert_vlan(struct packet *p, uint16_t type, uint16_t id)
{
	uint8_t *h = packet_insert(p, 12, 4);

	packet_put16(h, type);
	packet_put16(h + 2, id);
	p->l3 += 4;
}

/* IPv4 options: n bytes, a multiple of 4. */
static inline void packet_insert_options(struct packet *p, uint32_t n)
{
	uint8_t *h;

	memset(packet_insert(p, p->l3 + 20, n), 1, n);
	h = p->data + p->l3;
	h[0] = (uint8_t)(0x45 + n / 4);
	packet_put16(h + 2, (uint32_t)(h[2] << 8 | h[3]) + n);
}

/* An IPv6 extension header of n bytes, a multiple of 8, before what follows the fixed header. */
static inline uint8_t *packet_insert_extension(struct packet *p, uint8_t type, uint32_t n)
{
	uint8_t *e = packet_insert(p, p->l3 + 40, n), *h = p->data + p->l3;

	e[0] = h[6];
	e[1] = (uint8_t)(n / 8 - 1);
	h[6] = type;
	packet_put16(h + 4, (uint32_t)(h[4] << 8 | h[5]) + n);
	return e;
}

/* TCP options: n bytes, a multiple of 4, of a packet without IP options. */
static inline void packet_insert_tcp_options(struct packet *p, uint32_t n)
{
	bool v6 = p->data[p->l3] >> 4 == 6;
	uint8_t *h = p->data + p->l3, *len = h + (v6 ? 4 : 2), *tcp = h + (v6 ? 40 : 20);

	memset(packet_insert(p, p->l3 + (v6 ? 40 : 20) + 20, n), 1, n);
	tcp[12] = (uint8_t)((5 + n / 4) << 4);
	packet_put16(len, (uint32_t)(len[0] << 8 | len[1]) + n);
}

/* Without the link layer. */
static inline void packet_strip(struct packet *p)
{
	p->len -= p->l3;
	memmove(p->data, p->data + p->l3, p->len);
	p->l3 = 0;
}

/* The frame (or IP packet, when stripped before) into a UDP tunnel: header is what comes before it. */
static inline void packet_wrap_udp(struct packet *p, uint16_t port, const void *header, uint32_t n)
{
	uint8_t *h;

	memcpy(packet_insert(p, 0, n), header, n);
	h = packet_insert(p, 0, 8);
	packet_put16(h, 50000);
	packet_put16(h + 2, port);
	packet_put16(h + 4, p->len);
	packet_ip4(p, "192.0.2.1", "192.0.2.2", 17);
	packet_ethernet(p, 0x0800);
}

/* Into IPv4 or IPv6 with a header (GRE's, or none) between. */
static inline void packet_wrap_ip(struct packet *p, int version, uint8_t proto, const void *header, uint32_t n)
{
	if (n)
		memcpy(packet_insert(p, 0, n), header, n);
	if (version == 4)
		packet_ip4(p, "192.0.2.1", "192.0.2.2", proto);
	else
		packet_ip6(p, "2001:db8:ffff::1", "2001:db8:ffff::2", proto);
	packet_ethernet(p, version == 4 ? 0x0800 : 0x86dd);
}

/* The tuple of a plain packet of builders above. */
static inline void packet_tuple(const struct packet *p, struct hs_tuple *t)
{
	const uint8_t *ip = p->data + p->l3, *l4 = ip + (ip[0] >> 4 == 4 ? 20 : 40);
	uint8_t addr[2][16] = { { 0 } };
	int swap;

	for (int i = 0; i < 2; i++) {
		if (ip[0] >> 4 == 4) {
			memset(addr[i] + 10, 0xff, 2);
			memcpy(addr[i] + 12, ip + 12 + 4 * i, 4);
		} else {
			memcpy(addr[i], ip + 8 + 16 * i, 16);
		}
	}
	memset(t, 0, sizeof(*t));
	swap = memcmp(addr[0], addr[1], 16);
	swap = swap > 0 || (!swap && (l4[0] << 8 | l4[1]) > (l4[2] << 8 | l4[3]));
	for (int i = 0; i < 2; i++) {
		memcpy(t->addr[i], addr[i ^ swap], 16);
		t->port[i] = (uint16_t)(l4[2 * (i ^ swap)] << 8 | l4[2 * (i ^ swap) + 1]);
	}
	t->proto = ip[0] >> 4 == 4 ? ip[9] : ip[6];
	t->family = ip[0] >> 4;
}

#endif
