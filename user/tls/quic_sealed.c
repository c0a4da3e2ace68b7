/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets under keys that only secrets give. Handshake packets are opened as Initials are (RFC 9001 section 5), with the suite
 * that was negotiated; 1-RTT packets never are: they only take their place in the order.
 */
#include "base/arena.h"
#include "tls/quic_internal.h"
#include "tls/sealed.h"

static struct quic_stream *hidden_stream(struct tls_conn *c, enum tls_side side)
{
	struct quic_stream **s = &tls_conn_carriers(c)->quic->hidden[side];

	if (!*s) {
		*s = arena_alloc(tls_conn_arena(c), sizeof(**s));
		if (*s)
			(*s)->decrypted = true;
	}
	return *s;
}

static bool open_packet(struct tls_opener *o, const struct tls_sealed_record *r, struct reader *payload)
{
	struct tls_crypto *crypto = tls_crypto();
	struct reader in = reader_of(r->p, r->len);
	int64_t largest = (int64_t)o->number - 1;
	struct quic_packet p;

	if (!crypto || !quic_packet_read(&in, &p) || p.truncated || !quic_packet_open(crypto, &o->keys, &p, &largest, payload))
		return false;
	o->number = (uint64_t)largest + 1;
	return true;
}

static void handle_handshake(struct tls_conn *c, const struct tls_sealed_record *r)
{
	struct tls_opener *o = tls_sealed_keys(c, r->at.dir);
	struct tls_quic *q = tls_conn_carriers(c)->quic;
	const struct quic_seen seen = { .at = r->at, .datagram = q->datagrams };
	struct quic_stream *s = o ? hidden_stream(c, tls_conn_side(c, r->at.dir)) : NULL;
	struct reader payload;

	if (s && open_packet(o, r, &payload)) {
		q->handshake_packets = true;
		tls_sealed_opened(c, r->at.dir);
		quic_frames(c, s, &seen, payload);
		return;
	}
	if (o)
		tls_sealed_failed(c, r->at.dir);
	quic_handshake_seen(c, &r->at, r->wire_len);
}

static void handle_one_rtt(struct tls_conn *c, const struct tls_sealed_record *r)
{
	quic_one_rtt_seen(c, &r->at, r->wire_len);
}

void quic_handshake_packet(struct tls_conn *c, struct tls_at *at, const struct quic_packet *p)
{
	bool wanted = tls_sealed_wants(c, at->dir);
	const struct tls_sealed_record r = {
		.at = { .dir = at->dir, .record = tls_conn_next_record(c, at->dir), .time_ns = at->time_ns },
		.p = p->start, .len = wanted ? p->len : 0, .wire_len = p->body_len, .handle = handle_handshake,
	};

	at->record = r.at.record;
	tls_sealed_add(c, &r);
}

void quic_one_rtt_packet(struct tls_conn *c, struct tls_at *at, uint32_t body_len)
{
	const struct tls_sealed_record r = {
		.at = { .dir = at->dir, .record = tls_conn_next_record(c, at->dir), .time_ns = at->time_ns },
		.wire_len = body_len, .handle = handle_one_rtt,
	};

	at->record = r.at.record;
	tls_sealed_add(c, &r);
}
