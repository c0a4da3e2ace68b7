/* SPDX-License-Identifier: BSD-2-Clause */
/* A DTLS connection to which the tests send records of their making. */
#ifndef HSMON_TESTS_UNIT_DTLS_PEER_H
#define HSMON_TESTS_UNIT_DTLS_PEER_H

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "tls/conn.h"
#include "tls/message.h"

#define UNUSED __attribute__((unused))
#define CLIENT 0
#define SERVER 1
#define V10 0xfeff
#define V12 0xfefd

struct dtls_test {
	struct arena *arena;
	struct tls_conn *conn;
	const struct tls_handshake *hs;
	uint64_t now, number[2];
	uint16_t version;
	uint8_t out[8192];		/* the datagram being made */
	size_t len;
	int certs;
	uint8_t cert[4096];
	size_t cert_len;
};

static void on_certificate(void *ctx, enum tls_side side UNUSED, uint32_t index UNUSED, const uint8_t *der, size_t len)
{
	struct dtls_test *t = ctx;

	t->certs++;
	t->cert_len = len < sizeof(t->cert) ? len : sizeof(t->cert);
	memcpy(t->cert, der, t->cert_len);
}

static inline struct dtls_test *dtls_test_new_with(uint16_t version, const struct tls_options *opt)
{
	struct dtls_test *t = calloc(1, sizeof(*t));
	struct tls_events events = { .ctx = t, .certificate = on_certificate };

	t->arena = malloc(sizeof(*t->arena));
	arena_init(t->arena, 1 << 20);
	t->conn = tls_conn_new(t->arena, opt, &events);
	t->hs = tls_conn_handshake(t->conn);
	t->now = 1000;
	t->version = version;
	return t;
}

static inline struct dtls_test *dtls_test_new(uint16_t version)
{
	return dtls_test_new_with(version, NULL);
}

static inline void dtls_test_free(struct dtls_test *t)
{
	tls_conn_free(t->conn);
	arena_free(t->arena);
	free(t->arena);
	free(t);
}

static inline void put(struct dtls_test *t, uint64_t v, size_t n)
{
	while (n--)
		t->out[t->len++] = (uint8_t)(v >> 8 * n);
}

static inline void put_bytes(struct dtls_test *t, const void *p, size_t n)
{
	if (n)
		memcpy(t->out + t->len, p, n);
	t->len += n;
}

/* RFC 6347 section 4.1 */
static inline void put_record(struct dtls_test *t, int dir, uint8_t type, uint16_t epoch, const void *p, size_t n)
{
	put(t, type, 1);
	put(t, t->version, 2);
	put(t, epoch, 2);
	put(t, t->number[dir]++, 6);
	put(t, n, 2);
	put_bytes(t, p, n);
}

/* RFC 6347 section 4.2.2 */
static inline void put_fragment(struct dtls_test *t, int dir, uint8_t type, uint16_t seq, const uint8_t *body, size_t len,
				size_t from, size_t to)
{
	put(t, TLS_CT_HANDSHAKE, 1);
	put(t, t->version, 2);
	put(t, 0, 2);
	put(t, t->number[dir]++, 6);
	put(t, 12 + to - from, 2);
	put(t, type, 1);
	put(t, len, 3);
	put(t, seq, 2);
	put(t, from, 3);
	put(t, to - from, 3);
	put_bytes(t, body + from, to - from);
}

static inline void flush(struct dtls_test *t, int dir)
{
	uint8_t *copy = malloc(t->len ? t->len : 1);

	memcpy(copy, t->out, t->len);
	tls_conn_datagram(t->conn, dir, copy, t->len, t->now++);
	free(copy);
	t->len = 0;
}

static inline void send_message(struct dtls_test *t, int dir, uint8_t type, uint16_t seq, const void *body, size_t len)
{
	put_fragment(t, dir, type, seq, body, len, 0, len);
	flush(t, dir);
}

static inline void send_record(struct dtls_test *t, int dir, uint8_t type, uint16_t epoch, size_t len)
{
	static const uint8_t noise[512] = { 0x5a };

	put_record(t, dir, type, epoch, noise, len);
	flush(t, dir);
}

/* A ClientHello with SNI "dtls.example", a cookie of that length, and extensions, when given. */
static inline size_t client_hello(uint8_t *out, uint16_t version, size_t cookie, const void *more, size_t more_len)
{
	static const uint8_t sni[] = { 0, 0, 0, 17, 0, 15, 0, 0, 12,
				       'd', 't', 'l', 's', '.', 'e', 'x', 'a', 'm', 'p', 'l', 'e' };
	size_t n = 0;

	out[n++] = (uint8_t)(version >> 8);
	out[n++] = (uint8_t)version;
	memset(out + n, 0x11, 32);
	n += 32;
	out[n++] = 0;
	out[n++] = (uint8_t)cookie;
	memset(out + n, 0xcc, cookie);
	n += cookie;
	memcpy(out + n, "\0\4\xc0\x2b\x13\x01\1\0", 8);
	n += 8;
	out[n++] = 0;
	out[n++] = (uint8_t)(sizeof(sni) + more_len);
	memcpy(out + n, sni, sizeof(sni));
	n += sizeof(sni);
	if (more_len)
		memcpy(out + n, more, more_len);
	return n + more_len;
}

static inline size_t server_hello(uint8_t *out, uint16_t version, uint16_t suite, const void *more, size_t more_len)
{
	size_t n = 0;

	out[n++] = (uint8_t)(version >> 8);
	out[n++] = (uint8_t)version;
	memset(out + n, 0x22, 32);
	n += 32;
	out[n++] = 0;
	out[n++] = (uint8_t)(suite >> 8);
	out[n++] = (uint8_t)suite;
	out[n++] = 0;
	out[n++] = 0;
	out[n++] = (uint8_t)more_len;
	if (more_len)
		memcpy(out + n, more, more_len);
	return n + more_len;
}

/* A Certificate message with one "certificate" of that length. */
static inline size_t certificate(uint8_t *out, size_t len)
{
	const size_t lens[] = { len + 3, len };

	for (size_t i = 0; i < 2; i++)
		for (size_t j = 0; j < 3; j++)
			out[3 * i + j] = (uint8_t)(lens[i] >> 8 * (2 - j));
	for (size_t i = 0; i < len; i++)
		out[6 + i] = (uint8_t)(i * 7 + i / 256);
	return len + 6;
}

#endif
