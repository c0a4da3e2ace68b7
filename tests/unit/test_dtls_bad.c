/* SPDX-License-Identifier: BSD-2-Clause */
/* What is no DTLS, damaged DTLS, and peers that mean harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dtls_peer.h"

static void starts_nothing(const void *p, size_t len)
{
	struct dtls_test *t = dtls_test_new(V12);

	put_bytes(t, p, len);
	flush(t, CLIENT);
	tls_conn_end(t->conn, t->now);
	assert_int_equal(t->hs->protocol, TLS_PROTO_NONE);
	assert_int_equal(t->hs->record_cnt, 0);
	dtls_test_free(t);
}

/* Other traffic, and records with which no connection begins. */
static void test_not_dtls(void **state UNUSED)
{
	struct dtls_test *t = dtls_test_new(V12);
	uint8_t b[512];
	size_t len = client_hello(b, V12, 0, NULL, 0);

	starts_nothing("", 0);
	starts_nothing("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", 12);
	starts_nothing("\x16\x03\x01\x00\x30\x01\x00\x00\x2c\x03\x03", 11);		/* TLS, not DTLS */
	starts_nothing("\x2c\x00\x01\x00\x10................", 21);			/* a unified header */
	put_record(t, CLIENT, TLS_CT_APPLICATION_DATA, 1, b, 100);
	starts_nothing(t->out, t->len);
	t->len = 0;
	put_record(t, CLIENT, TLS_CT_HANDSHAKE, 1, b, 100);
	starts_nothing(t->out, t->len);
	t->len = 0;
	put_fragment(t, CLIENT, 99, 0, b, len, 0, len);					/* no such message */
	starts_nothing(t->out, t->len);
	t->len = 0;
	put_fragment(t, CLIENT, TLS_MSG_CLIENT_HELLO, 0, b, 20, 10, len);			/* ends behind its end */
	starts_nothing(t->out, t->len);
	t->len = 0;
	b[0] = 3;
	put_fragment(t, CLIENT, TLS_MSG_CLIENT_HELLO, 0, b, len, 0, len);			/* a TLS version inside */
	starts_nothing(t->out, t->len);
	dtls_test_free(t);
}

/* Every beginning of a datagram, and every byte of it changed: no crash, and never more than the bounds. */
static void test_damaged(void **state UNUSED)
{
	uint8_t b[512], good[1024];
	struct dtls_test *t = dtls_test_new(V12);
	size_t len = client_hello(b, V12, 20, NULL, 0), good_len;

	put_fragment(t, CLIENT, TLS_MSG_CLIENT_HELLO, 0, b, len, 0, 50);
	put_fragment(t, CLIENT, TLS_MSG_CLIENT_HELLO, 0, b, len, 50, len);
	put_record(t, CLIENT, TLS_CT_CHANGE_CIPHER_SPEC, 0, "\1", 1);
	put_record(t, CLIENT, TLS_CT_HANDSHAKE, 1, b, 48);
	good_len = t->len;
	memcpy(good, t->out, good_len);
	dtls_test_free(t);
	for (size_t i = 0; i < good_len * 9; i++) {
		t = dtls_test_new(V12);
		put_bytes(t, good, i < good_len ? i : good_len);
		if (i >= good_len)
			t->out[i % good_len] ^= (uint8_t)(1 << (i / good_len - 1));
		flush(t, CLIENT);
		flush(t, SERVER);
		tls_conn_end(t->conn, t->now);
		assert_true(t->arena->used < 300000);
		dtls_test_free(t);
	}
}

/* Messages of 16 MB announced in all slots, holes everywhere. */
static void test_hostile(void **state UNUSED)
{
	struct dtls_test *t = dtls_test_new(V12);
	uint8_t b[16] = { 0 }, hello[512];

	send_message(t, CLIENT, TLS_MSG_CLIENT_HELLO, 0, hello, client_hello(hello, V12, 0, NULL, 0));
	for (uint32_t i = 0; i < 20000; i++) {
		uint32_t offset = i * 7919 % 16000000;

		put(t, TLS_CT_HANDSHAKE, 1);
		put(t, V12, 2);
		put(t, i, 8);
		put(t, 12 + sizeof(b), 2);
		put(t, TLS_MSG_CERTIFICATE, 1);
		put(t, 16777215, 3);
		put(t, i % 20, 2);
		put(t, offset, 3);
		put(t, sizeof(b), 3);
		put_bytes(t, b, sizeof(b));
		flush(t, SERVER);
	}
	tls_conn_end(t->conn, t->now);
	assert_true(t->arena->used <= 1 << 20);
	assert_true(t->hs->side[TLS_SERVER].truncated);
	assert_int_equal(t->certs, 0);
	dtls_test_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_dtls), cmocka_unit_test(test_damaged), cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
