/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any datagrams as QUIC, and what no mutation finds by itself: Initial packets that open, with any payload. The input is
 * read as: a byte of what to do (low two bits: raw datagram, a client's Initial, a server's, a Handshake packet and a
 * short one; bit 2 the direction, bits 3 and 4 the version, bit 5 the id of a Retry, bit 6 coalesced with the next),
 * two bytes of length, content.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "quic_seal.h"
#include "tls/conn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ARENA_MAX (1 << 20)
#define STEPS_MAX 128
#define DATAGRAM_MAX 8192
#define PAYLOAD_MAX 2048

enum { RAW, CLIENT, SERVER, PROTECTED };

struct fuzz {
	struct tls_conn *conn;
	uint64_t now;
	uint32_t pn;
	uint8_t datagram[DATAGRAM_MAX];
	size_t len;
};

static void flush(struct fuzz *f, int dir)
{
	uint8_t *copy = malloc(f->len ? f->len : 1);

	memcpy(copy, f->datagram, f->len);
	tls_conn_datagram(f->conn, dir, copy, f->len, ++f->now);
	free(copy);
	f->len = 0;
}

static void initial(struct fuzz *f, uint8_t op, struct reader payload)
{
	static const uint32_t versions[] = { 1, 0x6b3343cf, 0xff00001d, 0xff000017 };
	uint8_t padded[PAYLOAD_MAX] = { 0 };
	struct quic_seal s = {
		.version = versions[op >> 3 & 3], .server = (op & 3) == SERVER, .odcid = op & 32 ? "retry ID" : "first ID",
		.odcid_len = 8, .dcid = op & 32 ? "retry ID" : "first ID", .dcid_len = 8, .scid = "peer", .scid_len = 4,
		.pn = f->pn, .pn_len = 1 + f->pn++ % 4,
	};

	memcpy(padded, payload.p, payload.len);
	f->len += quic_seal(&s, padded, payload.len < 20 ? 20 : payload.len, f->datagram + f->len);
}

static void protected_packets(struct fuzz *f, struct reader body)
{
	static const uint8_t head[] = { 0xe1, 0, 0, 0, 1, 0, 0, 32 };

	memcpy(f->datagram + f->len, head, sizeof(head));
	memset(f->datagram + f->len + sizeof(head), 0x77, 32);
	f->len += sizeof(head) + 32;
	f->datagram[f->len++] = 0x40;
	memcpy(f->datagram + f->len, body.p, body.len);
	f->len += body.len;
}

static void step(struct fuzz *f, uint8_t op, struct reader content)
{
	if (f->len > DATAGRAM_MAX - PAYLOAD_MAX - 128)
		flush(f, op >> 2 & 1);
	if ((op & 3) == RAW) {
		memcpy(f->datagram + f->len, content.p, content.len);
		f->len += content.len;
	} else if ((op & 3) == PROTECTED) {
		protected_packets(f, content);
	} else {
		initial(f, op, content);
	}
	if (!(op & 64))
		flush(f, op >> 2 & 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader in = reader_of(data, size), content;
	const struct tls_handshake *hs;
	struct fuzz f = { 0 };
	struct arena arena;
	uint16_t len;
	uint8_t op;

	arena_init(&arena, ARENA_MAX);
	f.conn = tls_conn_new(&arena, NULL, NULL);
	hs = tls_conn_handshake(f.conn);
	while (reader_u8(&in, &op) && reader_u16(&in, &len)) {
		size_t n = len % PAYLOAD_MAX;

		if (!reader_take(&in, n < in.len ? n : in.len, &content))
			break;
		step(&f, op, content);
	}
	tls_conn_end(f.conn, UINT32_MAX);
	if (arena.used > ARENA_MAX || hs->step_cnt > STEPS_MAX || (hs->protocol == TLS_PROTO_NONE && hs->step_cnt))
		abort();
	tls_conn_free(f.conn);
	arena_free(&arena);
	return 0;
}
