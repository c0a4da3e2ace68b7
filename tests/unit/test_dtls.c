/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dtls_peer.h"

static void is_hello(const struct dtls_test *t)
{
	assert_int_equal(t->hs->protocol, TLS_PROTO_DTLS);
	assert_int_equal(t->hs->client_dir, CLIENT);
	assert_int_equal(t->hs->client_hello.server_name.n, 12);
	assert_memory_equal(t->hs->client_hello.server_name.p, "dtls.example", 12);
	assert_int_equal(t->hs->client_hello.ja4[0], 'd');
}

static void steps_are(const struct dtls_test *t, const uint8_t *kinds, size_t n)
{
	assert_int_equal(t->hs->step_cnt, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(t->hs->steps[i].kind, kinds[i]);
}

static void say_hello(struct dtls_test *t)
{
	uint8_t b[512];

	send_message(t, CLIENT, TLS_MSG_CLIENT_HELLO, 0, b, client_hello(b, t->version, 0, NULL, 0));
}

static void answer_hello(struct dtls_test *t, uint16_t seq)
{
	uint8_t b[512];

	send_message(t, SERVER, TLS_MSG_SERVER_HELLO, seq, b, server_hello(b, t->version, 0xc02b, NULL, 0));
}

/* A whole handshake of DTLS 1.2, with a cookie. */
static void test_full(void **state UNUSED)
{
	static const uint8_t verify[] = { 0xfe, 0xff, 3, 1, 2, 3 }, kinds[] = {
		TLS_STEP_CLIENT_HELLO, TLS_STEP_HELLO_VERIFY_REQUEST, TLS_STEP_CLIENT_HELLO, TLS_STEP_SERVER_HELLO,
		TLS_STEP_CERTIFICATE, TLS_STEP_SERVER_HELLO_DONE, TLS_STEP_CLIENT_KEY_EXCHANGE,
		TLS_STEP_CHANGE_CIPHER_SPEC, TLS_STEP_ENCRYPTED_HANDSHAKE, TLS_STEP_CHANGE_CIPHER_SPEC,
		TLS_STEP_ENCRYPTED_HANDSHAKE, TLS_STEP_APPLICATION_DATA };
	struct dtls_test *t = dtls_test_new(V12);
	uint8_t b[2048];

	say_hello(t);
	is_hello(t);
	send_message(t, SERVER, TLS_MSG_HELLO_VERIFY_REQUEST, 0, verify, sizeof(verify));
	send_message(t, CLIENT, TLS_MSG_CLIENT_HELLO, 1, b, client_hello(b, V12, 3, NULL, 0));
	answer_hello(t, 1);
	send_message(t, SERVER, TLS_MSG_CERTIFICATE, 2, b, certificate(b, 900));
	send_message(t, SERVER, TLS_MSG_SERVER_HELLO_DONE, 3, b, 0);
	send_message(t, CLIENT, TLS_MSG_CLIENT_KEY_EXCHANGE, 2, b, 66);
	send_record(t, CLIENT, TLS_CT_CHANGE_CIPHER_SPEC, 0, 1);
	send_record(t, CLIENT, TLS_CT_HANDSHAKE, 1, 48);
	assert_false(t->hs->established);
	send_record(t, SERVER, TLS_CT_CHANGE_CIPHER_SPEC, 0, 1);
	send_record(t, SERVER, TLS_CT_HANDSHAKE, 1, 48);
	send_record(t, CLIENT, TLS_CT_APPLICATION_DATA, 1, 100);
	steps_are(t, kinds, sizeof(kinds));
	assert_true(t->hs->hello_verify_request && t->hs->dtls_cookie && t->hs->established);
	assert_false(t->hs->resumed);
	assert_int_equal(t->hs->version, V12);
	assert_int_equal(t->hs->dtls_version, V12);
	assert_int_equal(t->hs->server_hello.suite, 0xc02b);
	assert_int_equal(t->certs, 1);
	assert_int_equal(t->cert_len, 900);
	assert_int_equal(t->hs->renegotiations, 0);
	assert_false(t->hs->side[0].gap || t->hs->side[1].gap);
	dtls_test_free(t);
}

/* Fragments in each of several orders, overlapping and twice, with the message behind them arriving first. */
static void test_fragments(void **state UNUSED)
{
	static const struct {
		size_t from, to;
	} parts[] = { { 0, 400 }, { 300, 700 }, { 700, 701 }, { 701, 906 }, { 650, 720 } };
	uint8_t b[2048];
	size_t len = certificate(b, 900);

	for (size_t first = 0; first < 5; first++) {
		struct dtls_test *t = dtls_test_new(V12);

		say_hello(t);
		send_message(t, SERVER, TLS_MSG_SERVER_HELLO_DONE, 2, b, 0);
		for (size_t i = 0; i < 5; i++) {
			size_t j = (first + 3 * i) % 5;

			put_fragment(t, SERVER, TLS_MSG_CERTIFICATE, 1, b, len, parts[j].from, parts[j].to);
			flush(t, SERVER);
		}
		assert_int_equal(t->certs, 0);
		answer_hello(t, 0);
		assert_int_equal(t->certs, 1);
		assert_int_equal(t->cert_len, 900);
		assert_memory_equal(t->cert, b + 6, 900);
		assert_int_equal(t->hs->step_cnt, 4);
		assert_int_equal(t->hs->steps[3].kind, TLS_STEP_SERVER_HELLO_DONE);
		dtls_test_free(t);
	}
}

/* A hello in 40 fragments, all in one datagram, backwards. */
static void test_fragmented_hello(void **state UNUSED)
{
	struct dtls_test *t = dtls_test_new(V10);
	uint8_t b[512];
	size_t len = client_hello(b, V10, 0, NULL, 0);

	for (size_t at = len; at > 0;) {
		size_t from = at > 2 ? at - 2 : 0;

		put_fragment(t, CLIENT, TLS_MSG_CLIENT_HELLO, 0, b, len, from, at);
		at = from;
	}
	flush(t, CLIENT);
	is_hello(t);
	assert_int_equal(t->hs->client_hello.records, (len + 1) / 2);
	assert_int_equal(t->hs->client_hello.segments, 1);
	dtls_test_free(t);
}

/* Several messages in one record, several records in one datagram. */
static void test_grouped(void **state UNUSED)
{
	struct dtls_test *t = dtls_test_new(V12), *half = dtls_test_new(V12);
	uint8_t hello[512], body[1024];
	size_t n = server_hello(hello, V12, 0xc02b, NULL, 0);

	say_hello(t);
	put_fragment(half, SERVER, TLS_MSG_SERVER_HELLO, 0, hello, n, 0, n);
	put_fragment(half, SERVER, TLS_MSG_SERVER_HELLO_DONE, 1, hello, 0, 0, 0);
	/* The second fragment behind the first, without its record header. */
	memcpy(body, half->out + 13, 12 + n);
	memcpy(body + 12 + n, half->out + 13 + 12 + n + 13, 12);
	put_record(t, SERVER, TLS_CT_HANDSHAKE, 0, body, 24 + n);
	put_record(t, SERVER, TLS_CT_ALERT, 0, "\2\x28", 2);
	flush(t, SERVER);
	assert_int_equal(t->hs->step_cnt, 4);
	assert_int_equal(t->hs->steps[1].record, t->hs->steps[2].record);
	assert_int_equal(t->hs->steps[3].record, t->hs->steps[2].record + 1);
	assert_true(t->hs->alert.seen && t->hs->alert.code == 40 && t->hs->alert.side == TLS_SERVER);
	dtls_test_free(t);
	dtls_test_free(half);
}

/* What is sent again is one step, no renegotiation, and nothing is counted twice. */
static void test_retransmission(void **state UNUSED)
{
	struct dtls_test *t = dtls_test_new(V12);
	uint8_t b[512];

	for (int i = 0; i < 3; i++)
		say_hello(t);
	for (int i = 0; i < 2; i++) {
		answer_hello(t, 0);
		send_message(t, SERVER, TLS_MSG_SERVER_HELLO_DONE, 1, b, 0);
	}
	for (int i = 0; i < 2; i++) {
		send_message(t, CLIENT, TLS_MSG_CLIENT_KEY_EXCHANGE, 1, b, 66);
		send_record(t, CLIENT, TLS_CT_CHANGE_CIPHER_SPEC, 0, 1);
		send_record(t, CLIENT, TLS_CT_HANDSHAKE, 1, 48);
	}
	for (int i = 0; i < 2; i++) {
		send_record(t, SERVER, TLS_CT_CHANGE_CIPHER_SPEC, 0, 1);
		t->number[SERVER] = 100;			/* the same datagram twice */
		send_record(t, SERVER, TLS_CT_HANDSHAKE, 1, 48);
	}
	assert_int_equal(t->hs->step_cnt, 8);
	assert_true(t->hs->established);
	assert_int_equal(t->hs->renegotiations, 0);
	dtls_test_free(t);
}

static void test_renegotiation(void **state UNUSED)
{
	struct dtls_test *t = dtls_test_new(V12);

	say_hello(t);
	answer_hello(t, 0);
	for (int dir = 0; dir < 2; dir++) {
		send_record(t, dir, TLS_CT_CHANGE_CIPHER_SPEC, 0, 1);
		send_record(t, dir, TLS_CT_HANDSHAKE, 1, 48);
	}
	assert_int_equal(t->hs->renegotiations, 0);
	send_record(t, CLIENT, TLS_CT_HANDSHAKE, 1, 200);
	assert_int_equal(t->hs->renegotiations, 1);
	dtls_test_free(t);
}

static void test_numbers_anew(void **state UNUSED)
{
	static const uint8_t verify[] = { 0xfe, 0xff, 3, 1, 2, 3 };
	struct dtls_test *t = dtls_test_new(V12);
	uint8_t b[512];

	for (int i = 0; i < 2; i++) {
		say_hello(t);
		send_message(t, SERVER, TLS_MSG_HELLO_VERIFY_REQUEST, 0, verify, sizeof(verify));
	}
	for (int i = 0; i < 2; i++)
		send_message(t, CLIENT, TLS_MSG_CLIENT_HELLO, 0, b, client_hello(b, V12, 3, NULL, 0));
	for (int i = 0; i < 2; i++)
		answer_hello(t, 0);
	send_message(t, SERVER, TLS_MSG_SERVER_HELLO_DONE, 1, b, 0);
	send_message(t, CLIENT, TLS_MSG_CLIENT_KEY_EXCHANGE, 1, b, 66);
	assert_int_equal(t->hs->step_cnt, 6);
	assert_true(t->hs->server_hello.seen && t->hs->client_key_exchange == 1);
	dtls_test_free(t);
}

/* A lost datagram: what is there comes out in order once the client has answered, and the gap is said. */
static void test_lost(void **state UNUSED)
{
	static const uint8_t kinds[] = { TLS_STEP_CLIENT_HELLO, TLS_STEP_SERVER_HELLO, TLS_STEP_CERTIFICATE,
					 TLS_STEP_SERVER_HELLO_DONE, TLS_STEP_CLIENT_KEY_EXCHANGE };
	struct dtls_test *t = dtls_test_new(V12);
	uint8_t b[2048];
	size_t len = certificate(b, 900);

	say_hello(t);
	answer_hello(t, 0);
	put_fragment(t, SERVER, TLS_MSG_CERTIFICATE, 1, b, len, 0, 500);
	flush(t, SERVER);
	send_message(t, SERVER, TLS_MSG_SERVER_HELLO_DONE, 3, b, 0);
	assert_int_equal(t->hs->step_cnt, 2);
	send_message(t, CLIENT, TLS_MSG_CLIENT_KEY_EXCHANGE, 1, b, 66);
	steps_are(t, kinds, sizeof(kinds));
	assert_true(t->hs->side[TLS_SERVER].gap);
	assert_false(t->hs->side[TLS_CLIENT].gap);
	assert_int_equal(t->hs->steps[2].len, 906);
	dtls_test_free(t);
}

/* The capture began late: messages with high numbers are not waited for forever, whatever the number. */
static void test_joined_late(void **state UNUSED)
{
	struct dtls_test *t = dtls_test_new(V12);
	uint8_t b[2048];

	send_message(t, SERVER, TLS_MSG_CERTIFICATE, 2, b, certificate(b, 700));
	send_message(t, SERVER, TLS_MSG_SERVER_HELLO_DONE, 3, b, 0);
	send_message(t, SERVER, TLS_MSG_CERTIFICATE_REQUEST, 65535, b, 10);
	assert_int_equal(t->certs, 1);
	tls_conn_end(t->conn, t->now);
	assert_int_equal(t->hs->step_cnt, 3);
	assert_int_equal(t->hs->client_dir, CLIENT);
	assert_true(t->hs->side[TLS_SERVER].gap);
	dtls_test_free(t);
}

static void test_incomplete_hello(void **state UNUSED)
{
	struct dtls_test *t = dtls_test_new(V12);
	uint8_t b[512];
	size_t len = client_hello(b, V12, 0, NULL, 0) - 30;

	put_fragment(t, CLIENT, TLS_MSG_CLIENT_HELLO, 0, b, len + 30 + 900, 0, len + 30);
	flush(t, CLIENT);
	assert_false(t->hs->client_hello.seen);
	tls_conn_end(t->conn, t->now);
	assert_true(t->hs->client_hello.seen && t->hs->side[TLS_CLIENT].gap);
	assert_memory_equal(t->hs->client_hello.server_name.p, "dtls.example", 12);
	dtls_test_free(t);
}

/* RFC 9146: the length of the connection id is in the hellos, and nowhere else. */
static void test_connection_id(void **state UNUSED)
{
	static const uint8_t client_cid[] = { 0, 54, 0, 3, 2, 'c', 'c' }, server_cid[] = { 0, 54, 0, 1, 0 };
	static const uint8_t kinds[] = { TLS_STEP_CLIENT_HELLO, TLS_STEP_SERVER_HELLO, TLS_STEP_CHANGE_CIPHER_SPEC,
					 TLS_STEP_ENCRYPTED_HANDSHAKE, TLS_STEP_APPLICATION_DATA };
	struct dtls_test *t = dtls_test_new(V12);
	uint8_t b[512];

	send_message(t, CLIENT, TLS_MSG_CLIENT_HELLO, 0, b, client_hello(b, V12, 0, client_cid, sizeof(client_cid)));
	send_message(t, SERVER, TLS_MSG_SERVER_HELLO, 0, b, server_hello(b, V12, 0xc02b, server_cid, sizeof(server_cid)));
	send_record(t, SERVER, TLS_CT_CHANGE_CIPHER_SPEC, 0, 1);
	for (uint64_t i = 0; i < 3; i++) {
		put(t, 25, 1);
		put(t, V12, 2);
		put(t, (uint64_t)1 << 48 | i, 8);
		put_bytes(t, "cc", 2);
		put(t, 50, 2);
		t->len += 50;
	}
	flush(t, SERVER);
	steps_are(t, kinds, sizeof(kinds));
	assert_true(t->hs->side[TLS_SERVER].finished);
	assert_int_equal(t->hs->side[TLS_SERVER].app_records, 2);
	assert_int_equal(t->hs->side[TLS_SERVER].records, 5);
	dtls_test_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full), cmocka_unit_test(test_fragments), cmocka_unit_test(test_fragmented_hello),
		cmocka_unit_test(test_grouped), cmocka_unit_test(test_retransmission), cmocka_unit_test(test_renegotiation),
		cmocka_unit_test(test_lost), cmocka_unit_test(test_joined_late), cmocka_unit_test(test_incomplete_hello),
		cmocka_unit_test(test_connection_id), cmocka_unit_test(test_numbers_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
