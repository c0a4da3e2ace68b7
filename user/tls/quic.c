/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/quic.h"

#include <string.h>

#include "base/arena.h"
#include "tls/quic_internal.h"

#define LONG_HEADER 0x80		/* RFC 9000 section 17.2 */
#define FIXED_BIT 0x40
#define SHORT_HEADER_MIN 21		/* 1, no connection id, packet number and payload of 4, tag of 16 */

static struct tls_quic *quic_of(struct tls_conn *c)
{
	struct tls_carriers *carriers = tls_conn_carriers(c);

	if (!carriers->quic) {
		carriers->quic = arena_alloc(tls_conn_arena(c), sizeof(*carriers->quic));
		if (carriers->quic)
			*carriers->quic = (struct tls_quic){ .client_dir = TLS_SIDE_UNKNOWN, .largest = { -1, -1 } };
	}
	return carriers->quic;
}

static bool known(const struct tls_quic *q)
{
	return q && q->client_dir != TLS_SIDE_UNKNOWN;
}

static struct tls_bytes keep(struct tls_conn *c, struct reader r)
{
	const uint8_t *p = arena_dup(tls_conn_arena(c), r.p, r.len);

	return (struct tls_bytes){ p, p ? r.len : 0 };
}

static void set_cid(struct quic_cid *cid, struct reader r)
{
	cid->len = (uint8_t)r.len;
	memcpy(cid->bytes, r.p, r.len);
}

static struct reader cid_reader(const struct quic_cid *cid)
{
	return reader_of(cid->bytes, cid->len);
}

/* An Initial was opened with keys from that DCID of the client's: the first, or after a Retry or Version Negotiation. */
static void start(struct tls_conn *c, struct tls_quic *q, int client_dir, const struct quic_version *version,
		  struct reader dcid, struct reader scid)
{
	struct tls_handshake *hs = tls_conn_state(c);

	if (!known(q)) {
		hs->protocol = TLS_PROTO_QUIC;
		hs->quic_dcid = keep(c, dcid);
		hs->quic_scid = keep(c, scid);
		q->client_dir = client_dir;
	}
	if (!q->server_spoke)
		hs->quic_version = version->number;
	q->version = version;
	set_cid(&q->dcid, dcid);
	q->derived_in_vain = 0;
	q->have_server = false;
	q->largest[TLS_SERVER] = -1;
	/* What the client began to say is said anew. */
	if (q->stream[TLS_CLIENT] && !q->stream[TLS_CLIENT]->done)
		tls_pieces_reset(&q->stream[TLS_CLIENT]->pieces);
}

static bool derive(struct tls_quic *q, struct tls_crypto *crypto, const struct quic_version *version, struct reader dcid,
		   enum tls_side side, struct tls13_keys *out)
{
	if (q->derived_in_vain >= QUIC_DERIVE_MAX)
		return false;
	q->derived_in_vain++;
	return quic_keys_derive(crypto, version, dcid, side == TLS_SERVER, out);
}

static bool open_client(struct tls_conn *c, struct tls_quic *q, struct tls_crypto *crypto, int dir,
			const struct quic_packet *p, struct reader *payload)
{
	struct tls13_keys keys;
	int64_t largest = -1;

	if (known(q) && p->version == q->version &&
	    quic_packet_open(crypto, &q->keys[TLS_CLIENT], p, &q->largest[TLS_CLIENT], payload))
		return true;
	if (!derive(q, crypto, p->version, p->dcid, TLS_CLIENT, &keys) ||
	    !quic_packet_open(crypto, &keys, p, &largest, payload))
		return false;
	start(c, q, dir, p->version, p->dcid, p->scid);
	q->keys[TLS_CLIENT] = keys;
	q->largest[TLS_CLIENT] = largest;
	return true;
}

static void server_spoke(struct tls_conn *c, struct tls_quic *q, const struct quic_packet *p, const struct tls13_keys *keys)
{
	q->version = p->version;
	q->keys[TLS_SERVER] = *keys;
	q->have_server = q->server_spoke = true;
	q->derived_in_vain = 0;
	tls_conn_state(c)->quic_version = p->version->number;
}

/* RFC 9368 section 2.3: the server may answer in another version, whose keys come from the same DCID. */
static bool open_server(struct tls_conn *c, struct tls_quic *q, struct tls_crypto *crypto, const struct quic_packet *p,
			struct reader *payload)
{
	struct reader dcid = cid_reader(&q->dcid);
	bool other = p->version != q->version;
	struct tls13_keys keys = q->keys[TLS_SERVER];

	if ((other || !q->have_server) && !derive(q, crypto, p->version, dcid, TLS_SERVER, &keys))
		return false;
	if (!quic_packet_open(crypto, &keys, p, &q->largest[TLS_SERVER], payload))
		return false;
	if (other && !quic_keys_derive(crypto, p->version, dcid, false, &q->keys[TLS_CLIENT]))
		return false;
	server_spoke(c, q, p, &keys);
	return true;
}

/* The client's Initial was cut off by the capture: its header was enough to open the server's, which proves it. */
static bool open_answer(struct tls_conn *c, struct tls_quic *q, struct tls_crypto *crypto, int dir,
			const struct quic_packet *p, struct reader *payload)
{
	struct quic_cid cid = q->unopened[!dir];
	struct tls13_keys keys, client_keys;
	int64_t largest = -1;

	if (known(q) || !cid.len || !derive(q, crypto, p->version, cid_reader(&cid), TLS_SERVER, &keys) ||
	    !quic_packet_open(crypto, &keys, p, &largest, payload) ||
	    !quic_keys_derive(crypto, p->version, cid_reader(&cid), false, &client_keys))
		return false;
	start(c, q, !dir, p->version, cid_reader(&cid), p->dcid);
	q->keys[TLS_CLIENT] = client_keys;
	q->largest[TLS_CLIENT] = -1;
	q->largest[TLS_SERVER] = largest;
	server_spoke(c, q, p, &keys);
	return true;
}

static bool open_initial(struct tls_conn *c, struct tls_quic *q, int dir, const struct quic_packet *p, struct reader *payload)
{
	struct tls_crypto *crypto = p->truncated ? NULL : tls_crypto();

	if (crypto && known(q) && dir != q->client_dir)
		return open_server(c, q, crypto, p, payload);
	if (crypto && (open_client(c, q, crypto, dir, p, payload) || open_answer(c, q, crypto, dir, p, payload)))
		return true;
	if (!known(q))
		set_cid(&q->unopened[dir], p->dcid);
	return false;
}

static void initial(struct tls_conn *c, struct tls_quic *q, struct quic_seen *seen, const struct quic_packet *p)
{
	int dir = seen->at.dir;
	struct reader payload;
	enum tls_side side;

	if (!open_initial(c, q, dir, p, &payload))
		return;
	side = dir == q->client_dir ? TLS_CLIENT : TLS_SERVER;
	if (!q->stream[side])
		q->stream[side] = arena_alloc(tls_conn_arena(c), sizeof(*q->stream[side]));
	if (!q->stream[side])
		return;
	seen->at.record = tls_conn_next_record(c, dir);
	quic_frames(c, q->stream[side], seen, payload);
}

/* A packet that nobody but the peers can read. Every Handshake packet is a step, and the first 1-RTT one of each side. */
void quic_handshake_seen(struct tls_conn *c, const struct tls_at *at, uint32_t len)
{
	struct tls_quic *q = tls_conn_carriers(c)->quic;

	tls_conn_step(c, at, TLS_STEP_ENCRYPTED_HANDSHAKE, len);
	q->handshake_packets = true;
	if (at->dir != q->client_dir && !q->client_done_ns)
		q->server_handshake_ns = at->time_ns;
}

static void early_packet(struct tls_conn *c, struct tls_at *at, uint32_t len)
{
	tls_conn_state(c)->early_data = true;
	at->record = tls_conn_next_record(c, at->dir);
	tls_conn_step(c, at, TLS_STEP_APPLICATION_DATA, len);
}

/* See quic.h. */
void quic_one_rtt_seen(struct tls_conn *c, const struct tls_at *at, uint32_t len)
{
	struct tls_quic *q = tls_conn_carriers(c)->quic;
	bool first = !tls_conn_dir_state(c, at->dir)->app_records;

	tls_conn_protected(c, at, TLS_CT_APPLICATION_DATA, len);
	if (first)
		tls_conn_step(c, at, TLS_STEP_APPLICATION_DATA, len);
	if (at->dir != q->client_dir) {
		q->server_after |= q->client_done_ns != 0;
	} else if (q->handshake_packets && !q->client_done_ns) {
		q->client_done_ns = at->time_ns;
		tls_conn_side_finished(c, !at->dir, q->server_handshake_ns ? q->server_handshake_ns : at->time_ns);
	} else if (q->server_after) {
		tls_conn_side_finished(c, at->dir, q->client_done_ns);
	}
}

static void long_packet(struct tls_conn *c, struct tls_quic *q, struct quic_seen *seen, const struct quic_packet *p)
{
	if (p->type == QUIC_INITIAL) {
		initial(c, q, seen, p);
	} else if (!known(q)) {
		return;
	} else if (p->type == QUIC_HANDSHAKE) {
		quic_handshake_packet(c, &seen->at, p);
	} else if (p->type == QUIC_0RTT && !q->early) {
		q->early = true;
		early_packet(c, &seen->at, p->body_len);
	}
}

/* RFC 9000 section 17.3. Peers that agreed on it clear the fixed bit at random (RFC 9287); the id that the receiver chose
 * is there all the same, until it gives out others. Where it has none, only a whole datagram is believed. */
static bool is_short(const struct tls_quic *q, int dir, struct reader r, bool whole)
{
	const struct quic_cid *cid = &q->scid[!dir];

	if (r.len < SHORT_HEADER_MIN || r.p[0] & LONG_HEADER)
		return false;
	return r.p[0] & FIXED_BIT || (cid->len ? !memcmp(r.p + 1, cid->bytes, cid->len) : whole);
}

bool tls_quic_datagram(struct tls_conn *c, int dir, const uint8_t *p, size_t len, uint64_t time_ns)
{
	struct quic_seen seen = { .at = { .dir = dir, .time_ns = time_ns } };
	struct tls_quic *q = tls_conn_carriers(c)->quic;
	struct reader r = reader_of(p, len);
	struct quic_packet packet;

	while (r.len && quic_packet_read(&r, &packet)) {
		q = quic_of(c);
		if (!q)
			return false;
		if (!seen.datagram)
			seen.datagram = ++q->datagrams;
		long_packet(c, q, &seen, &packet);
		set_cid(&q->scid[dir], packet.scid);
	}
	/* Always the last of a datagram: it has no length. */
	if (known(q) && is_short(q, dir, r, !seen.datagram))
		quic_one_rtt_packet(c, &seen.at, (uint32_t)r.len);
	return known(q);
}

void tls_quic_end(struct tls_conn *c, uint64_t time_ns)
{
	struct tls_quic *q = tls_conn_carriers(c)->quic;

	if (!known(q))
		return;
	for (int side = 0; side < 2; side++) {
		struct tls_at at = { .dir = side == TLS_CLIENT ? q->client_dir : !q->client_dir, .time_ns = time_ns };

		if (q->stream[side])
			quic_stream_end(c, q->stream[side], &at);
		if (q->hidden[side])
			quic_stream_end(c, q->hidden[side], &at);
	}
}
