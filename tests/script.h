/* SPDX-License-Identifier: BSD-2-Clause */
/* Conversations made of packets, and how what the gate gave for one is written down, so that it can be compared. */
#ifndef HSMON_TESTS_SCRIPT_H
#define HSMON_TESTS_SCRIPT_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "packets.h"

#define SCRIPT_CLIENT "10.0.0.1"
#define SCRIPT_SERVER "10.0.0.2"
#define SCRIPT_PORT 443
#define SCRIPT_CLIENT_PORT 40000
#define SCRIPT_CLIENT_SEQ 1000		/* of the client's first payload byte */
#define SCRIPT_SERVER_SEQ 5000
#define SCRIPT_STEPS 400

/* One packet at a hook. */
struct step {
	uint8_t *data;
	uint32_t len;
	uint32_t ifindex;
	uint32_t datagram;		/* UDP GSO: gso_size */
	uint8_t hook;
	bool l3;			/* without Ethernet header */
};

struct script {
	struct step steps[SCRIPT_STEPS];
	size_t cnt;
	/* for what is added next */
	uint32_t ifindex;
	uint8_t hook;
	uint32_t datagram;
	bool l3;
	uint32_t client_seq, server_seq;	/* of the first payload bytes, for the builders and for what is written down */
};

static inline void script_init(struct script *s)
{
	memset(s, 0, sizeof(*s));
	s->ifindex = 1;
	s->client_seq = SCRIPT_CLIENT_SEQ;
	s->server_seq = SCRIPT_SERVER_SEQ;
}

static inline void script_free(struct script *s)
{
	for (size_t i = 0; i < s->cnt; i++)
		free(s->steps[i].data);
	s->cnt = 0;
}

static inline void script_add(struct script *s, const struct packet *p)
{
	struct step *step = &s->steps[s->cnt++];

	if (s->cnt > SCRIPT_STEPS)
		abort();
	*step = (struct step){ malloc(p->len), p->len, s->ifindex, s->datagram, s->hook, s->l3 };
	memcpy(step->data, p->data, p->len);
}

static inline void script_make(const struct script *s, struct packet *p, bool from_client, uint32_t off, uint8_t flags,
			       uint32_t acked, const void *data, uint32_t len)
{
	if (from_client) {
		packet_tcp4(p, SCRIPT_CLIENT, SCRIPT_CLIENT_PORT, SCRIPT_SERVER, SCRIPT_PORT, s->client_seq + off, flags, data, len);
		packet_put32(p->data + p->l3 + 28, s->server_seq + acked);
	} else {
		packet_tcp4(p, SCRIPT_SERVER, SCRIPT_PORT, SCRIPT_CLIENT, SCRIPT_CLIENT_PORT, s->server_seq + off, flags, data, len);
		packet_put32(p->data + p->l3 + 28, s->client_seq + acked);
	}
}

/* off: offset in the sender's stream; acked: bytes of the other's that are confirmed. */
static inline void script_segment(struct script *s, bool from_client, uint32_t off, uint8_t flags, uint32_t acked,
				  const void *data, uint32_t len)
{
	struct packet p;

	script_make(s, &p, from_client, off, flags, acked, data, len);
	script_add(s, &p);
}

static inline void script_client(struct script *s, uint32_t off, const void *data, uint32_t len)
{
	script_segment(s, true, off, PACKET_ACK | PACKET_PSH, 0, data, len);
}

static inline void script_server(struct script *s, uint32_t off, const void *data, uint32_t len)
{
	script_segment(s, false, off, PACKET_ACK | PACKET_PSH, 0, data, len);
}

/* The three-way handshake. */
static inline void script_connect(struct script *s)
{
	script_segment(s, true, (uint32_t)-1, PACKET_SYN, 0, NULL, 0);
	script_segment(s, false, (uint32_t)-1, PACKET_SYN | PACKET_ACK, 0, NULL, 0);
	script_segment(s, true, 0, PACKET_ACK, 0, NULL, 0);
}

/* A TLS record, len bytes with its header; the body begins with the handshake type when it is one. */
static inline uint32_t tls_record(uint8_t *p, uint8_t type, uint8_t first, uint32_t len)
{
	memset(p, 0xaa, len);
	p[0] = type;
	p[1] = p[2] = 3;
	packet_put16(p + 3, len - 5);
	p[5] = first;
	return len;
}

#define TEXT_LEN 8192

struct text {
	char s[TEXT_LEN];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static inline void text_add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->s + t->len, TEXT_LEN - t->len, fmt, ap);
	va_end(ap);
	if (n < 0 || t->len + (size_t)n >= TEXT_LEN)
		abort();
	t->len += (size_t)n;
}

static inline void text_open(struct text *t, const struct script *s, const struct hs_open *o)
{
	static const char *const tunnels[] = { "", "vxlan", "geneve", "gre", "ipip", "sit", "ip6tnl", "mpls", "pppoe", "gtpu" };

	text_add(t, " open(d%u", o->dir);
	if (o->initiator != HS_DIR_UNKNOWN)
		text_add(t, " i%u", o->initiator);
	for (int i = 0; i < 2; i++)
		if (o->isn_known[i])
			text_add(t, " %c%d", i ? 's' : 'c', (int32_t)(o->isn[i] - (i ? s->server_seq : s->client_seq)));
	for (int i = 0; i < HS_MAX_VLANS && o->vlan[i] != HS_NO_VLAN; i++)
		text_add(t, " vlan%u", o->vlan[i]);
	for (int i = 0; i < HS_MAX_TUNNELS && o->tunnel[i]; i++)
		text_add(t, " %s", tunnels[o->tunnel[i]]);
	text_add(t, ")%s%s", o->syn_ns ? "" : "", o->ip_family == 6 ? "v6" : "");
}

static inline void text_segment(struct text *t, const struct script *s, const struct hs_segment *seg)
{
	static const char letters[] = "TSBRLCO";
	uint32_t base = seg->tuple.proto == 17 ? 0 : seg->dir ? s->server_seq : s->client_seq;

	text_add(t, " %c%d:%u", seg->dir ? 's' : 'c', (int32_t)(seg->seq - base), seg->cap_len);
	if (seg->wire_len != seg->cap_len)
		text_add(t, "/%u", seg->wire_len);
	for (int i = 0; letters[i]; i++)
		if (seg->flags & 1 << i)
			text_add(t, "%c", letters[i]);
	if (seg->tcp_flags & PACKET_FIN)
		text_add(t, "F");
	if (seg->tcp_flags & PACKET_RST)
		text_add(t, "X");
}

/* Any record but its times: one word. */
static inline void text_record(struct text *t, const struct script *s, const void *rec)
{
	const struct hs_fragment *f = rec;
	const struct hs_crossing *c = rec;

	switch (*(const uint32_t *)rec) {
	case HS_REC_OPEN:
		text_open(t, s, rec);
		break;
	case HS_REC_SEGMENT:
		text_segment(t, s, rec);
		break;
	case HS_REC_FRAGMENT:
		text_add(t, " frag%u:%u", f->family, f->wire_len);
		if (f->cap_len != f->wire_len)
			text_add(t, "/%u", f->cap_len);
		break;
	case HS_REC_CROSSING:
		text_add(t, " cross%u", c->ifindex);
		break;
	default:
		text_add(t, " unknown");
	}
}

/* What was lost or is worth a note; not the plain counts. */
static inline void text_counters(struct text *t, const uint64_t v[HS_CNT_MAX])
{
	static const char *const names[HS_CNT_MAX] = {
		[HS_CNT_LOST_RING_FULL] = "ring-full", [HS_CNT_LOST_FLOW_TABLE] = "flow-table",
		[HS_CNT_LOST_BUDGET] = "budget", [HS_CNT_LOST_SNAPLEN] = "snaplen", [HS_CNT_LOST_LOAD] = "load",
		[HS_CNT_LOST_FRAGMENT] = "fragment", [HS_CNT_LOST_FLOWS] = "lost-flows", [HS_CNT_MIDSTREAM] = "midstream",
		[HS_CNT_ENCAP] = "encap", [HS_CNT_MALFORMED] = "malformed", [HS_CNT_NOT_TLS] = "not-tls",
		[HS_CNT_DUPLICATE] = "duplicate",
	};

	for (int i = 0; i < HS_CNT_MAX; i++)
		if (names[i] && v[i])
			text_add(t, " %s=%llu", names[i], (unsigned long long)v[i]);
}

#endif
