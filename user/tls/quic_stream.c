/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/quic_internal.h"

#define HEADER_LEN 4

static void hand_on(struct tls_conn *c, struct quic_stream *s, const struct tls_at *at, struct reader body, uint8_t type,
		    uint32_t wire_len)
{
	struct tls_message m = {
		.at = *at,
		.type = type,
		.decrypted = s->decrypted,
		.body = body.p,
		.len = body.len,
		.wire_len = wire_len,
		.records = s->records ? s->records : 1,
		.segments = s->segments ? s->segments : 1,
		.first_ns = s->first_ns,
	};

	m.at.record = s->record;
	s->records = s->segments = 0;
	tls_conn_message(c, &m);
}

/* The first bytes of a message. */
static void begin(struct quic_stream *s, const struct quic_seen *seen)
{
	s->record = seen->at.record;
	s->first_ns = seen->at.time_ns;
	s->last_datagram = seen->datagram;
	s->records = s->segments = 1;
}

void quic_stream_add(struct tls_conn *c, struct quic_stream *s, const struct quic_seen *seen, uint64_t offset,
		     struct reader bytes)
{
	/* A retransmission, also of what came after a Retry, says nothing new. */
	if (offset + bytes.len <= s->done || !bytes.len)
		return;
	if (offset > QUIC_CRYPTO_MAX ||
	    !tls_pieces_add(&s->pieces, tls_conn_arena(c), (uint32_t)offset, bytes, QUIC_CRYPTO_MAX)) {
		tls_conn_dir_state(c, seen->at.dir)->truncated = true;
		return;
	}
	if (!s->records) {
		begin(s, seen);
		return;
	}
	s->records++;
	s->segments += s->last_datagram != seen->datagram;
	s->last_datagram = seen->datagram;
}

/* The header of the message at s->done; false: it is not there yet. */
static bool header(const struct quic_stream *s, struct reader *rest, uint8_t *type, uint32_t *len)
{
	uint32_t ready = tls_pieces_ready(&s->pieces);

	if (ready <= s->done)
		return false;
	*rest = reader_of(s->pieces.buf + s->done, ready - s->done);
	return rest->len >= HEADER_LEN && reader_u8(rest, type) && reader_u24(rest, len);
}

void quic_stream_deliver(struct tls_conn *c, struct quic_stream *s, const struct quic_seen *seen)
{
	struct reader rest, body;
	uint32_t len;
	uint8_t type;

	while (header(s, &rest, &type, &len) && reader_take(&rest, len, &body)) {
		s->done += HEADER_LEN + len;
		hand_on(c, s, &seen->at, body, type, len);
		if (tls_pieces_ready(&s->pieces) > s->done)
			begin(s, seen);
	}
}

void quic_stream_end(struct tls_conn *c, struct quic_stream *s, const struct tls_at *at)
{
	struct reader rest;
	uint32_t len;
	uint8_t type;

	if (s->pieces.n && s->pieces.have[s->pieces.n - 1].to > s->done)
		tls_conn_dir_state(c, at->dir)->gap = true;
	if (!header(s, &rest, &type, &len))
		return;
	s->done += HEADER_LEN + (uint32_t)rest.len;
	hand_on(c, s, at, rest, type, len);
}
