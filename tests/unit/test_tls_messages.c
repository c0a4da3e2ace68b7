/* SPDX-License-Identifier: BSD-2-Clause */
/* Certificate, CertificateStatus, CertificateRequest, ServerKeyExchange: before TLS 1.3 on the wire, in TLS 1.3 opened with keys. */
#include <zlib.h>

#include "tls/message.h"
#include "unit/tls_flow.h"

/* A connection whose hellos were seen. */
static void begin_conn(struct parse *p, uint16_t version, uint16_t suite)
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
static void hand_on(struct parse *p, int dir, const struct build *b, bool decrypted)
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

static void put_entry_13(struct build *b, size_t len, bool extensions)
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

static void put_certificate_13(struct build *b)
{
	put_message(b, 11);
	put_vec(b, 1, "", 0);
	put_open(b, 3);
	put_entry_13(b, 700, true);
	put_entry_13(b, 800, false);
	put_close(b);
	put_close(b);
}

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

static void put_compressed(struct build *b, uint16_t algorithm, uint32_t claimed)
{
	struct build *plain = build_new();
	uint8_t packed[4096];
	uLongf n = sizeof(packed);

	put_certificate_13(plain);
	assert_int_equal(compress(packed, &n, plain->p + 4, plain->n - 4), Z_OK);
	b->n = 0;
	put_message(b, 25);
	put(b, algorithm, 2);
	put(b, claimed ? claimed : plain->n - 4, 3);
	put_vec(b, 3, packed, n);
	put_close(b);
	free(plain);
}

static void test_compressed(void **state)
{
	static const struct {
		uint16_t algorithm;
		uint32_t claimed;
		uint32_t certs;
		bool unreadable, truncated;
	} cases[] = {
		{ 1, 0, 2, false, false },
		{ 2, 0, 0, true, false },		/* brotli */
		{ 1, 20, 0, false, true },		/* more comes out than was said */
		{ 1, 5000, 0, false, true },		/* less */
		{ 1, 0xffffff, 0, false, true },	/* a bomb */
		{ 1, 131000, 0, false, true },		/* more than such a short message can expand to */
	};
	struct build *b = build_new();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct parse p;

		begin_conn(&p, 0x0304, 0x1301);
		put_compressed(b, cases[i].algorithm, cases[i].claimed);
		hand_on(&p, 1, b, true);
		assert_true(p.hs->certificate[TLS_SERVER].seen);
		assert_true(p.hs->certificate[TLS_SERVER].compressed);
		assert_int_equal(p.hs->certificate[TLS_SERVER].compression, cases[i].algorithm);
		assert_int_equal(p.cert_cnt[TLS_SERVER], cases[i].certs);
		assert_int_equal(p.hs->certificate[TLS_SERVER].unreadable, cases[i].unreadable);
		assert_int_equal(p.hs->certificate[TLS_SERVER].truncated, cases[i].truncated);
		assert_true(p.arena.used < 32768);
		parse_free(&p);
	}
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
		cmocka_unit_test(test_compressed),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_key_exchange),
		cmocka_unit_test(test_key_exchange_bad),
		cmocka_unit_test(test_key_exchange_unknown_suite),
		cmocka_unit_test(test_certificate_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
