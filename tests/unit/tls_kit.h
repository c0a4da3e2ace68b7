/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For tests of the TLS parser: a recorded exchange, ways to feed it, everything learnt as one text to compare, and
 * a builder of messages.
 */
#ifndef HSMON_TESTS_TLS_KIT_H
#define HSMON_TESTS_TLS_KIT_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "tls/conn.h"
#include "tls/names.h"
#include "tls_dump.h"

#define KIT_ARENA (4 << 20)

/* What both sides sent, in order. */
struct trace {
	struct {
		int dir;
		size_t from, len, gap;	/* gap: so many bytes are missing, and none are here */
	} chunk[8192];
	size_t chunk_cnt, len;
	uint8_t bytes[2 << 20];
};

static inline struct trace *trace_new(void)
{
	struct trace *t = malloc(sizeof(*t));

	assert_non_null(t);
	t->chunk_cnt = t->len = 0;
	return t;
}

static inline void trace_add(struct trace *t, int dir, const void *p, size_t len)
{
	assert_true(t->chunk_cnt < 8192 && t->len + len <= sizeof(t->bytes));
	memcpy(t->bytes + t->len, p, len);
	t->chunk[t->chunk_cnt].dir = dir;
	t->chunk[t->chunk_cnt].from = t->len;
	t->chunk[t->chunk_cnt].gap = 0;
	t->chunk[t->chunk_cnt++].len = len;
	t->len += len;
}

static inline void trace_gap(struct trace *t, int dir, size_t len)
{
	trace_add(t, dir, "", 0);
	t->chunk[t->chunk_cnt - 1].gap = len;
}

#define trace_str(t, dir, s) trace_add(t, dir, s, sizeof(s) - 1)

enum feed_how { FEED_WHOLE, FEED_BYTES, FEED_RANDOM };

/* A parser at work, and what it handed on. */
struct parse {
	struct arena arena;
	struct tls_conn *conn;
	const struct tls_handshake *hs;
	uint64_t skip[2], skipped;
	bool done[2];
	uint32_t cert_cnt[2], cert_sum[2], ocsp_cnt, ocsp_len;
	size_t cert_len[2][64];
};

static inline void kit_certificate(void *ctx, enum tls_side side, uint32_t index, const uint8_t *der, size_t len)
{
	struct parse *p = ctx;

	assert_int_equal(index, p->cert_cnt[side]);
	assert_true(index < 64);
	p->cert_len[side][index] = len;
	p->cert_cnt[side]++;
	for (size_t i = 0; i < len; i++)
		p->cert_sum[side] = p->cert_sum[side] * 31 + der[i];
}

static inline void kit_ocsp(void *ctx, uint32_t index, const uint8_t *der, size_t len)
{
	struct parse *p = ctx;

	(void)index;
	(void)der;
	p->ocsp_cnt++;
	p->ocsp_len += (uint32_t)len;
}

static inline void parse_init(struct parse *p, const struct tls_options *opt, size_t arena_limit)
{
	struct tls_events ev = { p, kit_certificate, kit_ocsp };

	memset(p, 0, sizeof(*p));
	arena_init(&p->arena, arena_limit);
	p->conn = tls_conn_new(&p->arena, opt, &ev);
	assert_non_null(p->conn);
	p->hs = tls_conn_handshake(p->conn);
}

static inline void parse_free(struct parse *p)
{
	tls_conn_free(p->conn);
	arena_free(&p->arena);
}

/* As the owner of the streams does: jumps over what is to be skipped, stops when nothing more is wanted. The bytes lie
 * in memory of exactly their size, so that a sanitizer sees a read past their end. */
static inline void parse_piece(struct parse *p, int dir, const uint8_t *bytes, size_t len, uint64_t time_ns)
{
	size_t drop = p->skip[dir] < len ? (size_t)p->skip[dir] : len;
	struct tls_fed fed;
	uint8_t *copy;

	p->skip[dir] -= drop;
	p->skipped += drop;
	if (p->done[dir] || drop == len)
		return;
	copy = malloc(len - drop);
	assert_non_null(copy);
	memcpy(copy, bytes + drop, len - drop);
	fed = tls_conn_feed(p->conn, dir, copy, len - drop, time_ns, 1);
	free(copy);
	assert_int_equal(fed.consumed, len - drop);
	p->skip[dir] = fed.skip;
	p->done[dir] = fed.done;
}

static inline void parse_gap(struct parse *p, int dir, size_t len, uint64_t time_ns)
{
	size_t drop = p->skip[dir] < len ? (size_t)p->skip[dir] : len;

	p->skip[dir] -= drop;
	if (!p->done[dir] && len > drop)
		tls_conn_gap(p->conn, dir, len - drop, time_ns);
}

static inline void parse_trace(struct parse *p, const struct trace *t, enum feed_how how, unsigned int seed)
{
	for (size_t i = 0; i < t->chunk_cnt; i++) {
		uint64_t now = 1000 * (i + 1);
		size_t at = 0, len = t->chunk[i].len, n;

		if (t->chunk[i].gap)
			parse_gap(p, t->chunk[i].dir, t->chunk[i].gap, now);
		for (; at < len; at += n) {
			n = how == FEED_WHOLE ? len : how == FEED_BYTES ? 1 : 1 + (size_t)rand_r(&seed) % 40;
			if (n > len - at)
				n = len - at;
			parse_piece(p, t->chunk[i].dir, t->bytes + t->chunk[i].from + at, n, now);
		}
	}
	tls_conn_end(p->conn, 1000 * (t->chunk_cnt + 1));
}

static inline char *parse_dump(const struct parse *p)
{
	size_t len;
	char *s;
	FILE *f = open_memstream(&s, &len);

	assert_non_null(f);
	tls_dump(f, p->hs);
	fprintf(f, "certificates %u %08x %u %08x ocsp %u %u settled %d\n", p->cert_cnt[0], p->cert_sum[0], p->cert_cnt[1],
		p->cert_sum[1], p->ocsp_cnt, p->ocsp_len, tls_conn_settled(p->conn));
	fclose(f);
	return s;
}

static inline void kit_compare(const char *a, const char *b, const char *how)
{
	if (!strcmp(a, b))
		return;
	for (; *a && *a == *b; a++, b++)
		;
	fail_msg("fed %s, another result: \"%.60s\" / \"%.60s\"", how, a, b);
}

/* Feeds in one go; then byte by byte and in random pieces, which must give the same. What the caller gets is the first. */
static inline void parse_all_ways(struct parse *p, const struct trace *t)
{
	struct tls_options opt = { .upgrades = true };
	struct parse other;
	char *first, *again;

	parse_init(p, &opt, KIT_ARENA);
	parse_trace(p, t, FEED_WHOLE, 0);
	first = parse_dump(p);
	for (unsigned int seed = 0; seed < 12; seed++) {
		parse_init(&other, &opt, KIT_ARENA);
		parse_trace(&other, t, seed ? FEED_RANDOM : FEED_BYTES, seed);
		again = parse_dump(&other);
		kit_compare(first, again, seed ? "in random pieces" : "byte by byte");
		free(again);
		parse_free(&other);
	}
	free(first);
}

/* The kinds of the steps as letters of their names' first characters, for comparing whole sequences: "c:client_hello ..." */
static inline char *parse_steps(const struct parse *p)
{
	size_t len;
	char *s;
	FILE *f = open_memstream(&s, &len);

	assert_non_null(f);
	for (size_t i = 0; i < p->hs->step_cnt; i++)
		fprintf(f, "%s%c:%s", i ? " " : "", p->hs->steps[i].side ? 's' : 'c', tls_step_name(p->hs->steps[i].kind));
	fclose(f);
	return s;
}

#define assert_steps(p, want)                              \
	do {                                               \
		char *steps_ = parse_steps(p);             \
		assert_string_equal(steps_, want);         \
		free(steps_);                              \
	} while (0)

/* A message, or anything else, written byte by byte; lengths are filled in when a vector is closed. */
struct build {
	uint8_t p[300000];
	size_t n;
	struct {
		size_t at, bytes;
	} open[16];
	int depth;
};

static inline struct build *build_new(void)
{
	struct build *b = malloc(sizeof(*b));

	assert_non_null(b);
	b->n = 0;
	b->depth = 0;
	return b;
}

static inline void put(struct build *b, uint64_t v, size_t bytes)
{
	assert_true(b->n + bytes <= sizeof(b->p));
	for (size_t i = 0; i < bytes; i++)
		b->p[b->n++] = (uint8_t)(v >> 8 * (bytes - 1 - i));
}

static inline void put_bytes(struct build *b, const void *p, size_t len)
{
	assert_true(b->n + len <= sizeof(b->p));
	memcpy(b->p + b->n, p, len);
	b->n += len;
}

static inline void put_fill(struct build *b, uint8_t v, size_t len)
{
	assert_true(b->n + len <= sizeof(b->p));
	memset(b->p + b->n, v, len);
	b->n += len;
}

/* A vector with a length of so many bytes, until put_close(). */
static inline void put_open(struct build *b, size_t bytes)
{
	assert_true(b->depth < 16);
	b->open[b->depth].at = b->n;
	b->open[b->depth++].bytes = bytes;
	put(b, 0, bytes);
}

static inline void put_close(struct build *b)
{
	size_t at = b->open[--b->depth].at, bytes = b->open[b->depth].bytes, len = b->n - at - bytes;

	for (size_t i = 0; i < bytes; i++)
		b->p[at + i] = (uint8_t)(len >> 8 * (bytes - 1 - i));
}

static inline void put_vec(struct build *b, size_t bytes, const void *p, size_t len)
{
	put_open(b, bytes);
	put_bytes(b, p, len);
	put_close(b);
}

static inline void put_extension(struct build *b, uint16_t type)
{
	put(b, type, 2);
	put_open(b, 2);
}

static inline void put_message(struct build *b, uint8_t type)
{
	put(b, type, 1);
	put_open(b, 3);
}

/* Bytes as one record after the other, none longer than max. */
static inline void trace_records_of(struct trace *t, int dir, uint8_t type, uint16_t version, const uint8_t *p, size_t len, size_t max)
{
	uint8_t record[5 + 20000];

	do {
		size_t n = len < max ? len : max;

		record[0] = type;
		record[1] = (uint8_t)(version >> 8);
		record[2] = (uint8_t)version;
		record[3] = (uint8_t)(n >> 8);
		record[4] = (uint8_t)n;
		memcpy(record + 5, p, n);
		trace_add(t, dir, record, 5 + n);
		p += n;
		len -= n;
	} while (len);
}

static inline void trace_record(struct trace *t, int dir, uint8_t type, const void *p, size_t len)
{
	trace_records_of(t, dir, type, 0x0303, p, len, 16384);
}

/* A record of len bytes that nobody can read. */
static inline void trace_hidden(struct trace *t, int dir, uint8_t type, size_t len)
{
	uint8_t body[20000];

	for (size_t i = 0; i < len; i++)
		body[i] = (uint8_t)(0xa7 * i + 0x5b * len);
	trace_record(t, dir, type, body, len);
}

static inline void trace_ccs(struct trace *t, int dir)
{
	trace_record(t, dir, 20, "\x01", 1);
}

static inline void trace_alert(struct trace *t, int dir, uint8_t level, uint8_t code)
{
	uint8_t alert[2] = { level, code };

	trace_record(t, dir, 21, alert, 2);
}

struct hello {
	uint16_t legacy_version, suite;
	const char *name;		/* of the server */
	const uint16_t *versions;	/* supported_versions, ends with 0; in a ServerHello the first */
	const char *session_id;
	uint16_t group;			/* key_share */
	bool psk, early_data, ticket, application_settings;
	const uint8_t *random;		/* NULL: some */
};

static inline void put_client_hello(struct build *b, const struct hello *h)
{
	put_message(b, 1);
	put(b, h->legacy_version, 2);
	put_fill(b, 0xc1, 32);
	put_vec(b, 1, h->session_id ? h->session_id : "", h->session_id ? strlen(h->session_id) : 0);
	put_open(b, 2);
	put(b, 0x1a1a, 2);
	put(b, 0x1301, 2);
	put(b, 0xc02f, 2);
	put_close(b);
	put_vec(b, 1, "\0", 1);
	put_open(b, 2);
	if (h->name) {
		put_extension(b, 0);
		put_open(b, 2);
		put(b, 0, 1);
		put_vec(b, 2, h->name, strlen(h->name));
		put_close(b);
		put_close(b);
	}
	if (h->ticket) {
		put_extension(b, 35);
		put_fill(b, 0x77, 100);
		put_close(b);
	}
	if (h->versions) {
		put_extension(b, 43);
		put_open(b, 1);
		for (const uint16_t *v = h->versions; *v; v++)
			put(b, *v, 2);
		put_close(b);
		put_close(b);
	}
	if (h->group) {
		put_extension(b, 51);
		put_open(b, 2);
		put(b, h->group, 2);
		put_open(b, 2);
		put_fill(b, 0x4b, 32);
		put_close(b);
		put_close(b);
		put_close(b);
	}
	if (h->application_settings) {
		put_extension(b, 17613);
		put_bytes(b, "\x00\x03\x02h2", 5);
		put_close(b);
	}
	if (h->early_data) {
		put_extension(b, 42);
		put_close(b);
	}
	if (h->psk) {
		put_extension(b, 41);
		put_open(b, 2);
		put_vec(b, 2, "identity", 8);
		put(b, 0, 4);
		put_close(b);
		put_open(b, 2);
		put_vec(b, 1, "01234567890123456789012345678901", 32);
		put_close(b);
		put_close(b);
	}
	put_close(b);
	put_close(b);
}

static inline void put_server_hello(struct build *b, const struct hello *h)
{
	put_message(b, 2);
	put(b, h->legacy_version, 2);
	if (h->random)
		put_bytes(b, h->random, 32);
	else
		put_fill(b, 0x5e, 32);
	put_vec(b, 1, h->session_id ? h->session_id : "", h->session_id ? strlen(h->session_id) : 0);
	put(b, h->suite, 2);
	put(b, 0, 1);
	put_open(b, 2);
	if (h->versions) {
		put_extension(b, 43);
		put(b, h->versions[0], 2);
		put_close(b);
	}
	if (h->group) {
		put_extension(b, 51);
		put(b, h->group, 2);
		if (!h->random) {
			put_open(b, 2);
			put_fill(b, 0x5b, 32);
			put_close(b);
		}
		put_close(b);
	}
	if (h->psk) {
		put_extension(b, 41);
		put(b, 0, 2);
		put_close(b);
	}
	put_close(b);
	put_close(b);
}

static const uint16_t kit_tls13[] = { 0x0304, 0 };

static inline void trace_client_hello(struct trace *t, int dir, const struct hello *h)
{
	struct build *b = build_new();

	put_client_hello(b, h);
	trace_records_of(t, dir, 22, 0x0301, b->p, b->n, 16384);
	free(b);
}

static inline void trace_server_hello(struct trace *t, int dir, const struct hello *h)
{
	struct build *b = build_new();

	put_server_hello(b, h);
	trace_record(t, dir, 22, b->p, b->n);
	free(b);
}

#endif
