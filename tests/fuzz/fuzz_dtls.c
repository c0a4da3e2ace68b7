/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any datagrams as DTLS: a byte whose low bit is the direction, two bytes of length, the datagram. With bit 1 of the first
 * byte of all, instead a ClientHello cut into fragments as the bytes say (offset, length): what comes out is what went in.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "tls/conn.h"
#include "tls/dtls.h"
#include "tls/message.h"
#include "wire/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ARENA_MAX (1 << 20)
#define STEPS_MAX 128

static const uint8_t hello[] = {
	0xfe, 0xfd, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
	17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32,
	0, 4, 0xca, 0xfe, 0xba, 0xbe, 0, 4, 0xc0, 0x2b, 0x13, 0x01, 1, 0, 0, 21,
	0, 0, 0, 17, 0, 15, 0, 0, 12, 'd', 't', 'l', 's', '.', 'e', 'x', 'a', 'm', 'p', 'l', 'e',
};

static void send(struct tls_conn *c, int dir, const uint8_t *p, size_t len, uint64_t now)
{
	uint8_t *copy = malloc(len ? len : 1);

	memcpy(copy, p, len);
	tls_conn_datagram(c, dir, copy, len, now);
	free(copy);
}

static void any_datagrams(struct tls_conn *c, struct reader in)
{
	struct reader datagram;
	uint64_t now = 1;
	uint16_t len;
	uint8_t dir;

	while (reader_u8(&in, &dir) && reader_u16(&in, &len) && reader_take(&in, len < in.len ? len : in.len, &datagram))
		send(c, dir & 1, datagram.p, datagram.len, now++);
}

static void fragment(struct tls_conn *c, size_t from, size_t n, uint64_t number)
{
	uint8_t r[25 + sizeof(hello)] = {
		22, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, (uint8_t)(number >> 8), (uint8_t)number, 0, (uint8_t)(12 + n),
		1, 0, 0, sizeof(hello), 0, 0, 0, 0, (uint8_t)from, 0, 0, (uint8_t)n,
	};

	memcpy(r + 25, hello + from, n);
	send(c, 0, r, 25 + n, number);
}

static void cut_hello(struct tls_conn *c, const struct tls_handshake *hs, struct reader in)
{
	uint8_t from, n;
	uint64_t number = 1;

	while (reader_u8(&in, &from) && reader_u8(&in, &n)) {
		from %= sizeof(hello);
		n = n % (sizeof(hello) - from + 1);
		fragment(c, from, n, number++);
	}
	for (size_t at = 0; at < sizeof(hello); at += 7)
		fragment(c, at, at + 7 < sizeof(hello) ? 7 : sizeof(hello) - at, number++);
	if (!hs->client_hello.seen || hs->client_hello.malformed || hs->step_cnt != 1 || hs->client_hello.server_name.n != 12 ||
	    memcmp(hs->client_hello.server_name.p, "dtls.example", 12) || memcmp(hs->client_hello.random, hello + 2, 32))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct tls_handshake *hs;
	struct arena arena;
	struct tls_conn *c;

	arena_init(&arena, ARENA_MAX);
	c = tls_conn_new(&arena, NULL, NULL);
	hs = tls_conn_handshake(c);
	if (size && data[0] & 2)
		cut_hello(c, hs, reader_of(data + 1, size - 1));
	else
		any_datagrams(c, reader_of(data, size));
	tls_conn_end(c, UINT32_MAX);
	if (arena.used > ARENA_MAX || hs->step_cnt > STEPS_MAX || (hs->protocol == TLS_PROTO_NONE && hs->step_cnt))
		abort();
	tls_conn_free(c);
	arena_free(&arena);
	return 0;
}
