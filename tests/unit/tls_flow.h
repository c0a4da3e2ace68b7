/* SPDX-License-Identifier: BSD-2-Clause */
/* For tests of the TLS parser: the flights of whole handshakes, made by hand. */
#ifndef HSMON_TESTS_TLS_FLOW_H
#define HSMON_TESTS_TLS_FLOW_H

#include "unit/tls_kit.h"

#define CERT_A_LEN 900
#define CERT_B_LEN 1300

static const struct hello flow_hello_12 = { .legacy_version = 0x0303, .suite = 0xc02f, .name = "flow.test" };

static inline void put_certificates(struct build *b)
{
	put_message(b, 11);
	put_open(b, 3);
	put_open(b, 3);
	put_fill(b, 0xca, CERT_A_LEN);
	put_close(b);
	put_open(b, 3);
	put_fill(b, 0xcb, CERT_B_LEN);
	put_close(b);
	put_close(b);
	put_close(b);
}

static inline void put_ecdhe(struct build *b, uint16_t group, uint16_t signature)
{
	put_message(b, 12);
	put(b, 3, 1);
	put(b, group, 2);
	put_open(b, 1);
	put_fill(b, 0x04, 32);
	put_close(b);
	if (signature)
		put(b, signature, 2);
	put_open(b, 2);
	put_fill(b, 0x55, 256);
	put_close(b);
	put_close(b);
}

static inline void put_request_12(struct build *b, unsigned int authorities)
{
	put_message(b, 13);
	put_vec(b, 1, "\x01\x40", 2);
	put_vec(b, 2, "\x04\x03\x08\x04", 4);
	put_open(b, 2);
	for (unsigned int i = 0; i < authorities; i++)
		put_vec(b, 2, "\x30\x03\x31\x01\x00", 5);
	put_close(b);
	put_close(b);
}

/* ServerHello to ServerHelloDone. */
static inline void put_server_flight_12(struct build *b, bool request)
{
	put_server_hello(b, &flow_hello_12);
	put_certificates(b);
	put_ecdhe(b, 0x001d, 0x0804);
	if (request)
		put_request_12(b, 2);
	put_message(b, 14);
	put_close(b);
}

/* A full TLS 1.2 handshake whose clear messages are cut into records of at most so many bytes. */
static inline void trace_flow_12(struct trace *t, size_t record_max, bool data)
{
	struct build *b = build_new();

	put_client_hello(b, &flow_hello_12);
	trace_records_of(t, 0, 22, 0x0301, b->p, b->n, record_max);
	b->n = 0;
	put_server_flight_12(b, false);
	trace_records_of(t, 1, 22, 0x0303, b->p, b->n, record_max);
	b->n = 0;
	put_message(b, 16);
	put_fill(b, 0x16, 33);
	put_close(b);
	trace_records_of(t, 0, 22, 0x0303, b->p, b->n, record_max);
	trace_ccs(t, 0);
	trace_hidden(t, 0, 22, 40);
	b->n = 0;
	put_message(b, 4);
	put_fill(b, 0x4e, 180);
	put_close(b);
	trace_records_of(t, 1, 22, 0x0303, b->p, b->n, record_max);
	trace_ccs(t, 1);
	trace_hidden(t, 1, 22, 40);
	if (data) {
		trace_hidden(t, 0, 23, 700);
		trace_hidden(t, 1, 23, 15000);
	}
	free(b);
}

#define FLOW_STEPS_12 \
	"c:client_hello s:server_hello s:certificate s:server_key_exchange s:server_hello_done c:client_key_exchange " \
	"c:change_cipher_spec c:encrypted_handshake s:new_session_ticket s:change_cipher_spec s:encrypted_handshake"

/* TLS 1.3: ClientHello, ServerHello, both change_cipher_spec and the server's hidden flight. */
static inline void trace_begin_13(struct trace *t, const struct hello *client, uint16_t suite)
{
	struct hello server = { .legacy_version = 0x0303, .suite = suite, .versions = kit_tls13, .group = 0x001d,
				.psk = client->psk };

	trace_client_hello(t, 0, client);
	trace_server_hello(t, 1, &server);
	trace_ccs(t, 1);
	trace_hidden(t, 1, 23, 30);
	trace_hidden(t, 1, 23, 2400);
	trace_hidden(t, 1, 23, 281);
	trace_hidden(t, 1, 23, suite == 0x1302 ? 69 : 53);
	trace_ccs(t, 0);
}

static const struct hello flow_hello_13 = { .legacy_version = 0x0303, .name = "flow13.test", .versions = kit_tls13,
					    .group = 0x001d, .session_id = "0123456789abcdef0123456789abcdef" };

#endif
