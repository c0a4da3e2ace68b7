/* SPDX-License-Identifier: BSD-2-Clause */
/* Certificate, CertificateStatus, CertificateRequest, ServerKeyExchange: before TLS 1.3 on the wire, in TLS 1.3 opened with keys. */
#include "unit/tls_opened.h"

static void test_flight_13(void **state)
{
	struct build *b = build_new();
	struct parse p;

	(void)state;
	begin_conn(&p, 0x0304, 0x1301);
	put_message(b, 8);
	put_open(b, 2);
	put_extension(b, 16);
	put_open(b, 2);
	put_vec(b, 1, "h2", 2);
	put_close(b);
	put_close(b);
	put_close(b);
	put_close(b);
	put_message(b, 13);
	put_vec(b, 1, "", 0);
	put_open(b, 2);
	put_extension(b, 13);
	put_vec(b, 2, "\x04\x03\x08\x04\x08\x07", 6);
	put_close(b);
	put_extension(b, 47);
	put_open(b, 2);
	put_vec(b, 2, "\x30\x00", 2);
	put_close(b);
	put_close(b);
	put_close(b);
	put_close(b);
	put_certificate_13(b);
	put_message(b, 15);
	put(b, 0x0804, 2);
	put_vec(b, 2, "signature", 9);
	put_close(b);
	put_message(b, 20);
	put_fill(b, 0xf1, 32);
	put_close(b);
	hand_on(&p, 1, b, true);
	assert_int_equal(p.hs->server_hello.alpn.n, 2);
	assert_true(p.hs->certificate_request.seen);
	assert_int_equal(p.hs->certificate_request.signature_algorithms.n, 3);
	assert_int_equal(p.hs->certificate_request.authority_cnt, 1);
	assert_int_equal(p.cert_cnt[TLS_SERVER], 2);
	assert_int_equal(p.cert_len[TLS_SERVER][1], 800);
	assert_int_equal(p.ocsp_cnt, 1);
	assert_int_equal(p.ocsp_len, 16);
	assert_int_equal(p.hs->certificate[TLS_SERVER].sct_cnt, 2);
	assert_true(p.hs->certificate_verify[TLS_SERVER]);
	assert_true(p.hs->side[TLS_SERVER].finished);
	assert_false(p.hs->established);
	b->n = 0;
	put_message(b, 11);
	put_vec(b, 1, "", 0);
	put_vec(b, 3, "", 0);
	put_close(b);
	put_message(b, 20);
	put_fill(b, 0xf1, 32);
	put_close(b);
	hand_on(&p, 0, b, true);
	assert_true(p.hs->certificate[TLS_CLIENT].seen);
	assert_int_equal(p.hs->certificate[TLS_CLIENT].cnt, 0);
	assert_true(p.hs->established);
	/* Asked once more, after the handshake. */
	b->n = 0;
	put_message(b, 13);
	put_vec(b, 1, "context", 7);
	put_vec(b, 2, "", 0);
	put_close(b);
	hand_on(&p, 1, b, true);
	assert_int_equal(p.hs->post_handshake_auth, 1);
	assert_int_equal(p.hs->certificate_request.signature_algorithms.n, 3);
	parse_free(&p);
	free(b);
}

static void one_message(struct parse *p, uint16_t version, uint16_t suite, const struct build *b)
{
	begin_conn(p, version, suite);
	hand_on(p, 1, b, false);
}

static void test_status(void **state)
{
	struct build *b = build_new();
	struct parse p;

	(void)state;
	put_message(b, 22);
	put(b, 2, 1);
	put_open(b, 3);
	put_vec(b, 3, "first", 5);
	put_vec(b, 3, "", 0);
	put_vec(b, 3, "third one", 9);
	put_close(b);
	put_close(b);
	one_message(&p, 0x0303, 0xc02f, b);
	assert_true(p.hs->status.seen);
	assert_int_equal(p.ocsp_cnt, 2);
	assert_int_equal(p.ocsp_len, 14);
	parse_free(&p);
	/* An unknown type, and a response longer than the message. */
	b->n = 0;
	put_message(b, 22);
	put(b, 9, 1);
	put_vec(b, 3, "what?", 5);
	put_close(b);
	put_message(b, 22);
	put_bytes(b, "\x01\x00\x00\x30xyz", 7);
	put_close(b);
	one_message(&p, 0x0303, 0xc02f, b);
	assert_false(p.hs->status.seen);
	assert_int_equal(p.ocsp_cnt, 0);
	parse_free(&p);
	free(b);
}

static void test_request(void **state)
{
	struct build *b = build_new();
	struct parse p;

	(void)state;
	put_request_12(b, 500);
	one_message(&p, 0x0303, 0xc02f, b);
	assert_int_equal(p.hs->certificate_request.authority_cnt, 500);
	assert_int_equal(p.hs->certificate_request.authorities.n, 64);
	assert_int_equal(p.hs->certificate_request.authorities.v[63].n, 5);
	assert_int_equal(p.hs->certificate_request.certificate_types.n, 2);
	assert_int_equal(p.hs->certificate_request.signature_algorithms.v[0], 0x0403);
	parse_free(&p);
	/* Before TLS 1.2 there are no signature algorithms. */
	b->n = 0;
	put_message(b, 13);
	put_vec(b, 1, "\x01", 1);
	put_open(b, 2);
	put_vec(b, 2, "\x30\x00", 2);
	put_close(b);
	put_close(b);
	one_message(&p, 0x0302, 0x0035, b);
	assert_int_equal(p.hs->certificate_request.authority_cnt, 1);
	assert_int_equal(p.hs->certificate_request.signature_algorithms.n, 0);
	parse_free(&p);
	/* Cut off. */
	b->n = 0;
	put_message(b, 13);
	put_bytes(b, "\x01\x01\x00\x09\x00\x05", 6);
	put_close(b);
	one_message(&p, 0x0301, 0x0035, b);
	assert_true(p.hs->certificate_request.seen);
	assert_int_equal(p.hs->certificate_request.authorities.n, 0);
	parse_free(&p);
	free(b);
}

static void put_dh(struct build *b, size_t zeros, uint8_t first, size_t len, bool hint)
{
	b->n = 0;
	put_message(b, 12);
	if (hint)
		put_vec(b, 2, "hint", 4);
	put_open(b, 2);
	put_fill(b, 0, zeros);
	put(b, first, 1);
	put_fill(b, 0xd1, len - 1);
	put_close(b);
	put_vec(b, 2, "\x02", 1);
	put_open(b, 2);
	put_fill(b, 0xd2, len);
	put_close(b);
	put(b, 0x0401, 2);
	put_vec(b, 2, "signature", 9);
	put_close(b);
}

static void test_key_exchange(void **state)
{
	struct build *b = build_new();
	struct parse p;

	(void)state;
	put_dh(b, 0, 0xd0, 128, false);
	one_message(&p, 0x0303, 0x0033, b);
	assert_int_equal(p.hs->key_exchange.dh_bits, 1024);
	assert_int_equal(p.hs->key_exchange.signature_algorithm, 0x0401);
	parse_free(&p);
	/* Leading zeros do not make a prime longer. */
	put_dh(b, 1, 0x1d, 64, false);
	one_message(&p, 0x0301, 0x0014, b);
	assert_int_equal(p.hs->key_exchange.dh_bits, 509);
	assert_int_equal(p.hs->key_exchange.signature_algorithm, 0);
	parse_free(&p);
	put_dh(b, 0, 0x80, 256, false);
	one_message(&p, 0x0303, 0x0034, b);
	assert_int_equal(p.hs->key_exchange.dh_bits, 2048);
	assert_true(p.hs->key_exchange.anonymous);
	assert_int_equal(p.hs->key_exchange.signature_algorithm, 0);
	parse_free(&p);
	put_dh(b, 0, 0x80, 256, true);
	one_message(&p, 0x0303, 0x00aa, b);
	assert_int_equal(p.hs->key_exchange.dh_bits, 2048);
	assert_false(p.hs->key_exchange.anonymous);
	parse_free(&p);
	/* RSA export: modulus and exponent. */
	b->n = 0;
	put_message(b, 12);
	put_open(b, 2);
	put_fill(b, 0x90, 64);
	put_close(b);
	put_vec(b, 2, "\x01\x00\x01", 3);
	put_vec(b, 2, "signature", 9);
	put_close(b);
	one_message(&p, 0x0301, 0x0003, b);
	assert_int_equal(p.hs->key_exchange.rsa_bits, 512);
	assert_int_equal(p.hs->key_exchange.dh_bits, 0);
	parse_free(&p);
	free(b);
}

static void test_key_exchange_bad(void **state)
{
	static const char *const bodies[] = { "", "\x03", "\x03\x00\x1d\x40xx", "\x01\x00\x1d\x02xx", "\x03\x00\x1d\x02xx\x08" };
	static const size_t lens[] = { 0, 1, 6, 6, 7 };
	struct build *b = build_new();
	struct parse p;

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		b->n = 0;
		put_message(b, 12);
		put_bytes(b, bodies[i], lens[i]);
		put_close(b);
		one_message(&p, 0x0303, 0xc02f, b);
		assert_true(p.hs->key_exchange.seen);
		assert_int_equal(p.hs->key_exchange.signature_algorithm, 0);
		parse_free(&p);
	}
	free(b);
}

/* A suite without a name: told by shape. */
static void test_key_exchange_unknown_suite(void **state)
{
	struct build *b = build_new();
	struct parse p;

	(void)state;
	put_ecdhe(b, 0x0018, 0x0403);
	one_message(&p, 0x0303, 0xfedc, b);
	assert_int_equal(p.hs->key_exchange.group, 0x0018);
	parse_free(&p);
	put_dh(b, 0, 0xff, 96, false);
	one_message(&p, 0x0303, 0xfedc, b);
	assert_int_equal(p.hs->key_exchange.dh_bits, 768);
	parse_free(&p);
	free(b);
}

static void test_certificate_bad(void **state)
{
	struct build *b = build_new();
	struct parse p;

	(void)state;
	/* The list says more than the message holds: what is whole is kept. */
	put_message(b, 11);
	put(b, 5000, 3);
	put_vec(b, 3, "first", 5);
	put(b, 900, 3);
	put_fill(b, 0, 30);
	put_close(b);
	one_message(&p, 0x0303, 0xc02f, b);
	assert_int_equal(p.cert_cnt[TLS_SERVER], 1);
	assert_true(p.hs->certificate[TLS_SERVER].truncated);
	parse_free(&p);
	/* A hundred certificates: a limit, and it is said. */
	b->n = 0;
	put_message(b, 11);
	put_open(b, 3);
	for (int i = 0; i < 100; i++)
		put_vec(b, 3, "cert", 4);
	put_close(b);
	put_close(b);
	one_message(&p, 0x0303, 0xc02f, b);
	assert_int_equal(p.cert_cnt[TLS_SERVER], 64);
	assert_true(p.hs->certificate[TLS_SERVER].truncated);
	parse_free(&p);
	/* TLS 1.3's form cut off in the extensions. */
	b->n = 0;
	put_certificate_13(b);
	b->n -= 820;
	b->p[2] = (uint8_t)((b->n - 4) >> 8);
	b->p[3] = (uint8_t)(b->n - 4);
	begin_conn(&p, 0x0304, 0x1301);
	hand_on(&p, 1, b, true);
	assert_int_equal(p.cert_cnt[TLS_SERVER], 1);
	assert_true(p.hs->certificate[TLS_SERVER].truncated);
	parse_free(&p);
	free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flight_13),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_key_exchange),
		cmocka_unit_test(test_key_exchange_bad),
		cmocka_unit_test(test_key_exchange_unknown_suite),
		cmocka_unit_test(test_certificate_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
