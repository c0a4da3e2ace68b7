/* SPDX-License-Identifier: BSD-2-Clause */
/* For tests of messages that TLS 1.3 hides: as a record layer hands them on that opened them with keys. */
#ifndef HSMON_TESTS_TLS_OPENED_H
#define HSMON_TESTS_TLS_OPENED_H

#include "tls/message.h"
#include "unit/tls_flow.h"

/* A connection whose hellos were seen. */
static inline void begin_conn(struct parse *p, uint16_t version, uint16_t suite)
{
	struct hello client = version == 0x0304 ? flow_hello_13 : flow_hello_12;
	struct hello server = { .legacy_version = version == 0x0304 ? 0x0303 : version, .suite = suite,
				.versions = version == 0x0304 ? kit_tls13 : NULL };
	struct trace *t = trace_new();

	client.legacy_version = server.legacy_version;
	trace_client_hello(t, 0, &client);
	trace_server_hello(t, 1, &server);
	parse_init(p, NULL, KIT_ARENA);
	for (size_t i = 0; i < t->chunk_cnt; i++)
		parse_piece(p, t->chunk[i].dir, t->bytes + t->chunk[i].from, t->chunk[i].len, 1000 * (i + 1));
	assert_true(p->hs->server_hello.seen);
	free(t);
}

/* Hands the messages in b to the parser, as a record layer would that opened them with keys. */
static inline void hand_on(struct parse *p, int dir, const struct build *b, bool decrypted)
{
	size_t at = 0;

	while (at + 4 <= b->n) {
		uint32_t len = (uint32_t)b->p[at + 1] << 16 | (uint32_t)b->p[at + 2] << 8 | b->p[at + 3];
		uint8_t *copy = malloc(len ? len : 1);
		struct tls_message m = { .at = { dir, tls_conn_next_record(p->conn, dir), 5000 }, .type = b->p[at],
					 .decrypted = decrypted, .body = copy, .len = len, .wire_len = len, .records = 1,
					 .segments = 1, .first_ns = 5000 };

		assert_true(at + 4 + len <= b->n);
		memcpy(copy, b->p + at + 4, len);
		tls_conn_message(p->conn, &m);
		free(copy);
		at += 4 + len;
	}
}

static inline void put_entry_13(struct build *b, size_t len, bool extensions)
{
	put_open(b, 3);
	put_fill(b, 0xce, len);
	put_close(b);
	put_open(b, 2);
	if (extensions) {
		put_extension(b, 5);
		put(b, 1, 1);
		put_vec(b, 3, "an OCSP response", 16);
		put_close(b);
		put_extension(b, 18);
		put_open(b, 2);
		put_vec(b, 2, "sct", 3);
		put_vec(b, 2, "SCT", 3);
		put_close(b);
		put_close(b);
	}
	put_close(b);
}

static inline void put_certificate_13(struct build *b)
{
	put_message(b, 11);
	put_vec(b, 1, "", 0);
	put_open(b, 3);
	put_entry_13(b, 700, true);
	put_entry_13(b, 800, false);
	put_close(b);
	put_close(b);
}

#endif
