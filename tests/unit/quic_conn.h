/* SPDX-License-Identifier: BSD-2-Clause */
/* A connection to which the QUIC tests send datagrams. */
#ifndef HSMON_TESTS_UNIT_QUIC_CONN_H
#define HSMON_TESTS_UNIT_QUIC_CONN_H

#include <stdio.h>

#include "base/arena.h"
#include "quic_seal.h"
#include "quic_vectors.h"
#include "tls/conn.h"

#define UNUSED __attribute__((unused))
#define QUIC_V2 0x6b3343cf
#define QUIC_DRAFT_29 0xff00001d

static inline size_t unhex(const char *hex, uint8_t *out)
{
	size_t n = 0;
	unsigned int v;

	for (; *hex && sscanf(hex, "%2x", &v) == 1; hex += 2)
		out[n++] = (uint8_t)v;
	return n;
}

/* The peers of RFC 9001 appendix A. */
static const struct quic_seal quic_client = {
	.version = 1, .odcid = "\x83\x94\xc8\xf0\x3e\x51\x57\x08", .odcid_len = 8, .dcid = "\x83\x94\xc8\xf0\x3e\x51\x57\x08",
	.dcid_len = 8, .pn = 2, .pn_len = 4,
};
static const struct quic_seal quic_server UNUSED = {
	.version = 1, .server = true, .odcid = "\x83\x94\xc8\xf0\x3e\x51\x57\x08", .odcid_len = 8,
	.scid = "\xf0\x67\xa5\x50\x2a\x42\x62\xb5", .scid_len = 8, .pn = 1, .pn_len = 2,
};

struct quic_test {
	struct arena *arena;
	struct tls_conn *conn;
	const struct tls_handshake *hs;
	uint64_t now;
};

static inline struct quic_test quic_test_new(void)
{
	struct quic_test t = { .arena = malloc(sizeof(struct arena)), .now = 1000 };

	arena_init(t.arena, 1 << 20);
	t.conn = tls_conn_new(t.arena, NULL, NULL);
	t.hs = tls_conn_handshake(t.conn);
	return t;
}

static inline void quic_test_free(struct quic_test *t)
{
	tls_conn_free(t->conn);
	arena_free(t->arena);
	free(t->arena);
}

/* From memory of exactly that size, so that a sanitizer sees what is read behind it. */
static inline void quic_test_send(struct quic_test *t, int dir, const void *p, size_t len)
{
	void *copy = malloc(len ? len : 1);

	memcpy(copy, p, len);
	tls_conn_datagram(t->conn, dir, copy, len, t->now++);
	free(copy);
}

static inline void quic_test_sni(const struct quic_test *t, const char *sni)
{
	assert_true(t->hs->client_hello.seen);
	assert_int_equal(t->hs->client_hello.server_name.n, strlen(sni));
	assert_memory_equal(t->hs->client_hello.server_name.p, sni, strlen(sni));
}

static inline void quic_test_hex(struct quic_test *t, int dir, const char *hex)
{
	uint8_t packet[2048];

	quic_test_send(t, dir, packet, unhex(hex, packet));
}

#endif
