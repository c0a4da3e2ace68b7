/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes in both directions of a stream, with gaps. Pieces: a byte with the direction in bit 0 and, in bit 1, "so many
 * bytes are missing", then two bytes of length, then (unless missing) the bytes. The first byte of all gives the options.
 * Fed once as they are and once cut up in a way that the input decides, the result must be the same; the bytes lie in memory of
 * exactly their size.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "tls/conn.h"
#include "tls_dump.h"
#include "wire/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ARENA_MAX (1 << 20)

struct run {
	struct arena arena;
	struct tls_conn *conn;
	uint64_t skip[2];
	bool done[2];
	uint32_t sum;			/* of what was handed on */
	unsigned int seed;		/* 0: not cut up */
};

static void on_certificate(void *ctx, enum tls_side side, uint32_t index, const uint8_t *der, size_t len)
{
	struct run *r = ctx;

	r->sum = r->sum * 31 + (uint32_t)side + index;
	for (size_t i = 0; i < len; i++)
		r->sum = r->sum * 31 + der[i];
}

static void on_ocsp(void *ctx, uint32_t index, const uint8_t *der, size_t len)
{
	on_certificate(ctx, TLS_SERVER, index + 1000, der, len);
}

static void feed(struct run *r, int dir, const uint8_t *p, size_t len, uint64_t now)
{
	size_t drop = r->skip[dir] < len ? (size_t)r->skip[dir] : len;
	struct tls_fed fed;
	uint8_t *copy;

	r->skip[dir] -= drop;
	if (r->done[dir] || drop == len)
		return;
	copy = malloc(len - drop);
	memcpy(copy, p + drop, len - drop);
	fed = tls_conn_feed(r->conn, dir, copy, len - drop, now, 1);
	free(copy);
	if (fed.consumed != len - drop)
		abort();
	r->skip[dir] = fed.skip;
	r->done[dir] = fed.done;
}

static void feed_cut(struct run *r, int dir, struct reader bytes, uint64_t now)
{
	struct reader part;
	size_t n;

	while (bytes.len) {
		n = r->seed ? 1 + (size_t)rand_r(&r->seed) % (r->seed & 0x100 ? 3 : 300) : bytes.len;
		if (!reader_take(&bytes, n < bytes.len ? n : bytes.len, &part))
			return;
		feed(r, dir, part.p, part.len, now);
	}
}

static void gap(struct run *r, int dir, uint64_t len, uint64_t now)
{
	uint64_t drop = r->skip[dir] < len ? r->skip[dir] : len;

	r->skip[dir] -= drop;
	if (!r->done[dir] && len > drop)
		tls_conn_gap(r->conn, dir, len - drop, now);
}

static char *run(struct reader in, unsigned int seed, const struct tls_options *opt, size_t memory)
{
	struct run r = { .seed = seed };
	struct tls_events events = { &r, on_certificate, on_ocsp };
	struct reader piece;
	uint64_t now = 1;
	uint16_t len;
	uint8_t op;
	size_t text_len;
	char *text;
	FILE *f;

	arena_init(&r.arena, memory);
	r.conn = tls_conn_new(&r.arena, opt, &events);
	if (!r.conn)
		abort();
	for (; reader_u8(&in, &op) && reader_u16(&in, &len); now++) {
		if (op & 2)
			gap(&r, op & 1, len, now);
		else if (reader_take(&in, len < in.len ? len : in.len, &piece))
			feed_cut(&r, op & 1, piece, now);
	}
	tls_conn_end(r.conn, now);
	f = open_memstream(&text, &text_len);
	tls_dump(f, tls_conn_handshake(r.conn));
	fprintf(f, "handed on %08x settled %d\n", r.sum, tls_conn_settled(r.conn));
	fclose(f);
	if (r.arena.used > memory)
		abort();
	tls_conn_free(r.conn);
	arena_free(&r.arena);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader in = reader_of(data, size);
	struct tls_options opt = { 0 };
	unsigned int seed = 1;
	char *whole, *cut;
	uint8_t how;

	if (!reader_u8(&in, &how))
		return 0;
	opt.upgrades = how & 1;
	opt.message_max = how & 2 ? 3000 : 0;
	for (size_t i = 0; i < size; i += 7)
		seed = seed * 33 + data[i];
	whole = run(in, 0, &opt, ARENA_MAX);
	cut = run(in, seed | 1, &opt, ARENA_MAX);
	if (strcmp(whole, cut)) {
		fprintf(stderr, "in one go:\n%s\ncut up:\n%s\n", whole, cut);
		abort();
	}
	free(whole);
	free(cut);
	/* With hardly any memory nothing need be found, but nothing may break. */
	if (how & 4)
		free(run(in, seed | 1, &opt, 6000));
	return 0;
}
