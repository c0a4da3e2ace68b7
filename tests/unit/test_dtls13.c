/* SPDX-License-Identifier: BSD-2-Clause */
/* DTLS 1.3: hellos in clear, everything else in unified headers (RFC 9147 section 4). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dtls_peer.h"

#define FINISHED_LEN (12 + 32 + 1 + 16)
#define ALERT_LEN (2 + 1 + 16)
#define ACK_LEN (2 + 16 + 1 + 16)
#define EARLY 1
#define HANDSHAKE 2
#define TRAFFIC 3

static const uint8_t offers[] = { 0, 43, 0, 3, 2, 0xfe, 0xfc };
static const uint8_t chooses[] = { 0, 43, 0, 2, 0xfe, 0xfc };

static struct dtls_test *hellos(uint16_t suite)
{
	struct dtls_test *t = dtls_test_new(V12);
	uint8_t b[512];

	send_message(t, CLIENT, TLS_MSG_CLIENT_HELLO, 0, b, client_hello(b, V12, 0, offers, sizeof(offers)));
	send_message(t, SERVER, TLS_MSG_SERVER_HELLO, 0, b, server_hello(b, V12, suite, chooses, sizeof(chooses)));
	return t;
}

/* 16-bit sequence number and a length. */
static void put_unified(struct dtls_test *t, uint8_t epoch, size_t len)
{
	put(t, 0x2c | epoch, 1);
	put(t, 0x1234, 2);
	put(t, len, 2);
	t->len += len;
}

static void send_unified(struct dtls_test *t, int dir, uint8_t epoch, size_t len)
{
	put_unified(t, epoch, len);
	flush(t, dir);
}

static void test_version(void **state UNUSED)
{
	struct dtls_test *t = hellos(0x1301);

	assert_int_equal(t->hs->version, 0xfefc);
	assert_int_equal(t->hs->dtls_version, 0xfefc);
	assert_memory_equal(t->hs->client_hello.ja4, "dd3d", 4);
	dtls_test_free(t);
}

static void test_full(void **state UNUSED)
{
	struct dtls_test *t = hellos(0x1301);

	put_unified(t, HANDSHAKE, 90);
	put_unified(t, HANDSHAKE, 900);
	put_unified(t, HANDSHAKE, FINISHED_LEN);
	flush(t, SERVER);
	send_unified(t, CLIENT, HANDSHAKE, ACK_LEN);
	assert_false(t->hs->established);
	send_unified(t, CLIENT, HANDSHAKE, FINISHED_LEN);
	assert_true(t->hs->established);
	assert_int_equal(t->hs->side[TLS_SERVER].finished_ns, 1002);
	assert_int_equal(t->hs->side[TLS_CLIENT].finished_ns, 1004);
	assert_int_equal(t->hs->step_cnt, 7);
	send_unified(t, SERVER, TRAFFIC, ACK_LEN);
	send_unified(t, CLIENT, TRAFFIC, 200);
	assert_true(tls_conn_settled(t->conn));
	assert_int_equal(t->hs->step_cnt, 9);
	assert_false(t->hs->alert.seen || t->hs->side[0].encrypted_alert || t->hs->side[1].encrypted_alert);
	dtls_test_free(t);
}

/* The client's Finished is in one record with its certificate: the server's acknowledgement proves it. */
static void test_client_certificate(void **state UNUSED)
{
	struct dtls_test *t = hellos(0x1302);

	send_unified(t, SERVER, HANDSHAKE, 1000);
	send_unified(t, CLIENT, HANDSHAKE, 1100);
	assert_false(t->hs->established);
	send_unified(t, SERVER, TRAFFIC, ACK_LEN);
	assert_true(t->hs->established);
	assert_int_equal(t->hs->established_ns, 1003);
	dtls_test_free(t);
}

/* Neither an ACK of the client nor data that the server sends early prove anything. */
static void test_not_finished(void **state UNUSED)
{
	struct dtls_test *t = hellos(0x1301);

	send_unified(t, SERVER, HANDSHAKE, 1000);
	send_unified(t, SERVER, TRAFFIC, 500);
	send_unified(t, SERVER, HANDSHAKE, 1000);
	assert_false(t->hs->established);
	tls_conn_end(t->conn, t->now);
	assert_false(t->hs->established);
	dtls_test_free(t);
}

static void test_alert(void **state UNUSED)
{
	struct dtls_test *t = hellos(0x1301);

	send_unified(t, SERVER, HANDSHAKE, 1000);
	send_unified(t, CLIENT, HANDSHAKE, ALERT_LEN);
	assert_false(t->hs->side[TLS_CLIENT].encrypted_alert);
	tls_conn_end(t->conn, t->now);
	assert_true(t->hs->side[TLS_CLIENT].encrypted_alert);
	assert_false(t->hs->established);
	dtls_test_free(t);
}

/* The client refuses the certificate while the rest of the server's flight is on its way. */
static void test_alert_within_flight(void **state UNUSED)
{
	struct dtls_test *t = hellos(0x1301);

	send_unified(t, SERVER, HANDSHAKE, 1000);
	send_unified(t, CLIENT, HANDSHAKE, ALERT_LEN);
	send_unified(t, SERVER, HANDSHAKE, 200);
	send_unified(t, SERVER, HANDSHAKE, FINISHED_LEN);
	tls_conn_end(t->conn, t->now);
	assert_true(t->hs->side[TLS_CLIENT].encrypted_alert);
	assert_int_equal(t->hs->side[TLS_CLIENT].encrypted_alert_ns, 1003);
	assert_false(t->hs->side[TLS_SERVER].encrypted_alert);
	dtls_test_free(t);
}

/* An acknowledgement in the middle of the flight: the client goes on. */
static void test_empty_ack_within_flight(void **state UNUSED)
{
	struct dtls_test *t = hellos(0x1301);

	send_unified(t, SERVER, HANDSHAKE, 1000);
	send_unified(t, CLIENT, HANDSHAKE, ALERT_LEN);
	send_unified(t, SERVER, HANDSHAKE, 1000);
	send_unified(t, CLIENT, HANDSHAKE, FINISHED_LEN);
	tls_conn_end(t->conn, t->now);
	assert_false(t->hs->side[TLS_CLIENT].encrypted_alert);
	assert_true(t->hs->established);
	dtls_test_free(t);
}

/* An empty ACK, as long as an alert, asks for what is missing; it comes. */
static void test_empty_ack(void **state UNUSED)
{
	struct dtls_test *t = hellos(0x1301);

	send_unified(t, CLIENT, HANDSHAKE, ALERT_LEN);
	send_unified(t, SERVER, HANDSHAKE, 1000);
	tls_conn_end(t->conn, t->now);
	assert_false(t->hs->side[TLS_CLIENT].encrypted_alert);
	dtls_test_free(t);
}

static void test_early_data(void **state UNUSED)
{
	struct dtls_test *t = dtls_test_new(V12);
	uint8_t b[512];

	put_fragment(t, CLIENT, TLS_MSG_CLIENT_HELLO, 0, b, client_hello(b, V12, 0, offers, sizeof(offers)), 0,
		     client_hello(b, V12, 0, offers, sizeof(offers)));
	put_unified(t, EARLY, 100);
	put_unified(t, EARLY, 100);
	flush(t, CLIENT);
	assert_true(t->hs->early_data);
	assert_int_equal(t->hs->step_cnt, 2);
	assert_int_equal(t->hs->record_cnt, 3);
	dtls_test_free(t);
}

/* HelloRetryRequest: the second hello has number 1, and so has the ServerHello. */
static void test_retry(void **state UNUSED)
{
	static const uint8_t retry_random[] = { 0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
						0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
						0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c };
	struct dtls_test *t = dtls_test_new(V12);
	uint8_t b[512];
	size_t len;

	send_message(t, CLIENT, TLS_MSG_CLIENT_HELLO, 0, b, client_hello(b, V12, 0, offers, sizeof(offers)));
	len = server_hello(b, V12, 0x1301, chooses, sizeof(chooses));
	memcpy(b + 2, retry_random, 32);
	send_message(t, SERVER, TLS_MSG_SERVER_HELLO, 0, b, len);
	send_message(t, CLIENT, TLS_MSG_CLIENT_HELLO, 1, b, client_hello(b, V12, 0, offers, sizeof(offers)));
	send_message(t, SERVER, TLS_MSG_SERVER_HELLO, 1, b, server_hello(b, V12, 0x1301, chooses, sizeof(chooses)));
	assert_true(t->hs->hello_retry_request && t->hs->server_hello.seen);
	assert_int_equal(t->hs->step_cnt, 4);
	dtls_test_free(t);
}

/* Connection ids in unified headers, and a record without a length, which takes the rest. */
static void test_connection_id(void **state UNUSED)
{
	static const uint8_t client_cid[] = { 0, 43, 0, 3, 2, 0xfe, 0xfc, 0, 54, 0, 4, 3, 'a', 'b', 'c' };
	static const uint8_t server_cid[] = { 0, 43, 0, 2, 0xfe, 0xfc, 0, 54, 0, 1, 0 };
	struct dtls_test *t = dtls_test_new(V12);
	uint8_t b[512];

	send_message(t, CLIENT, TLS_MSG_CLIENT_HELLO, 0, b, client_hello(b, V12, 0, client_cid, sizeof(client_cid)));
	send_message(t, SERVER, TLS_MSG_SERVER_HELLO, 0, b, server_hello(b, V12, 0x1301, server_cid, sizeof(server_cid)));
	put(t, 0x3c | HANDSHAKE, 1);
	put_bytes(t, "abc", 3);
	put(t, 0x1234, 2);
	put(t, 77, 2);
	t->len += 77;
	put(t, 0x30 | HANDSHAKE, 1);
	put_bytes(t, "abc", 3);
	put(t, 0x12, 1);
	t->len += 33;
	flush(t, SERVER);
	send_unified(t, CLIENT, HANDSHAKE, FINISHED_LEN);
	assert_int_equal(t->hs->step_cnt, 5);
	assert_int_equal(t->hs->steps[2].len, 77);
	assert_int_equal(t->hs->steps[3].len, 33);
	assert_int_equal(t->hs->steps[4].len, FINISHED_LEN);
	dtls_test_free(t);
}

static void test_bad(void **state UNUSED)
{
	struct dtls_test *t = hellos(0x1301);

	for (unsigned int first = 0x20; first < 0x40; first++) {
		for (size_t len = 0; len < 8; len++) {
			put(t, first, 1);
			put(t, 0xffffffffffffff, len > 7 ? 7 : len);
			flush(t, (int)(len & 1));
		}
	}
	tls_conn_end(t->conn, t->now);
	assert_int_equal(t->hs->version, 0xfefc);
	dtls_test_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version), cmocka_unit_test(test_full), cmocka_unit_test(test_client_certificate),
		cmocka_unit_test(test_not_finished), cmocka_unit_test(test_alert), cmocka_unit_test(test_alert_within_flight),
		cmocka_unit_test(test_empty_ack), cmocka_unit_test(test_empty_ack_within_flight),
		cmocka_unit_test(test_early_data), cmocka_unit_test(test_retry), cmocka_unit_test(test_connection_id),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
