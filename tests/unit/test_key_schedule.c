/* SPDX-License-Identifier: BSD-2-Clause */
/* Traffic keys and what they open, against the figures of the RFCs, and against what OpenSSL seals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "quic_conn.h"
#include "tls/key_schedule.h"

/* RFC 9001 appendix A.5, RFC 9369 appendix A.5. */
#define CHACHA_SECRET "9ac312a7f877468ebe69422748ad00a15443f18203a07d6060f688f30f21632b"

static bool hex_is(const uint8_t *p, const char *hex)
{
	uint8_t want[64];

	return !memcmp(p, want, unhex(hex, want));
}

static struct tls13_keys derive(uint16_t suite, enum tls13_carrier carrier, const char *secret)
{
	struct tls13_keys k = { 0 };
	uint8_t bytes[64];

	unhex(secret, bytes);
	assert_true(tls13_keys_derive(tls_crypto(), tls13_suite(suite), carrier, bytes, &k));
	return k;
}

/* RFC 8448 section 3: {server} derive write traffic keys for handshake data. */
static void test_record_keys(void **state UNUSED)
{
	struct tls13_keys s = derive(0x1301, TLS13_TLS, "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38");
	struct tls13_keys c = derive(0x1301, TLS13_TLS, "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21");

	assert_true(hex_is(s.key, "3fce516009c21727d0f2e4e86ee403bc") && hex_is(s.iv, "5d313eb2671276ee13000b30"));
	assert_true(hex_is(c.key, "dbfaa693d1762c5b666af5d950258d01") && hex_is(c.iv, "5bd3c71b836e0b76bb73265f"));
}

static void open_chacha(enum tls13_carrier carrier, const char *key, const char *iv, const char *hp, const char *packet_hex)
{
	struct tls13_keys k = derive(0x1303, carrier, CHACHA_SECRET);
	uint8_t packet[64], mask[16], header[4];
	size_t len = unhex(packet_hex, packet);
	const struct tls_slice aad = { header, sizeof(header) };
	struct tls13_box box = { .number = 654360564, .aad = &aad, .aad_cnt = 1, .p = packet + 4, .len = len - 4 };
	struct reader content;

	assert_true(hex_is(k.key, key) && hex_is(k.iv, iv) && hex_is(k.hp, hp));
	assert_true(tls13_mask(tls_crypto(), &k, packet + 5, mask));
	header[0] = packet[0] ^ (mask[0] & 0x1f);
	for (size_t i = 0; i < 3; i++)
		header[1 + i] = packet[1 + i] ^ mask[1 + i];
	assert_true(hex_is(header, "4200bff4"));
	assert_int_equal(tls13_full_number(654360560, 0x00bff4, 24), 654360564);
	assert_true(tls13_open(tls_crypto(), &k, &box, &content));
	assert_int_equal(content.len, 1);
	assert_int_equal(content.p[0], 1);
}

static void test_quic_chacha20(void **state UNUSED)
{
	open_chacha(TLS13_QUIC, "c6d98ff3441c3fe1b2182094f69caa2ed4b716b65488960a7a984979fb23e1c8", "e0459b3474bdd0e44a41c144",
		    "25a282b9e82f06f21f488917a4fc8f1b73573685608597d0efcb076b0ab7a7a4",
		    "4cfe4189655e5cd55c41f69080575d7999c25a5bfb");
	open_chacha(TLS13_QUIC_V2, "3bfcddd72bcf02541d7fa0dd1f5f9eeea817e09a6963a0e6c7df0f9a1bab90f2", "a6b5bc6ab7dafce30ffff5dd",
		    "d659760d2ba434a226fd37b35c69e2da8211d10c4f12538787d65645d5d1b8e2",
		    "5558b1c60ae7b6b932bc27d786f4bc2bb20f2162ba");
}

static const EVP_CIPHER *cipher_of(uint16_t suite)
{
	return suite == 0x1301 ? EVP_aes_128_gcm() : suite == 0x1302 ? EVP_aes_256_gcm() :
	       suite == 0x1303 ? EVP_chacha20_poly1305() : EVP_aes_128_ccm();
}

static size_t seal(uint16_t suite, const struct tls13_keys *k, uint64_t number, const uint8_t *aad, const uint8_t *p, size_t len,
		   uint8_t *out)
{
	int n, tag = k->suite->tag_len, ccm = suite >= 0x1304;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t nonce[12];

	memcpy(nonce, k->iv, 12);
	for (int i = 0; i < 8; i++)
		nonce[11 - i] ^= (uint8_t)(number >> 8 * i);
	assert_true(EVP_EncryptInit_ex(ctx, cipher_of(suite), NULL, NULL, NULL));
	EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, 12, NULL);
	if (ccm)
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, tag, NULL);
	EVP_EncryptInit_ex(ctx, NULL, NULL, k->key, nonce);
	if (ccm)
		EVP_EncryptUpdate(ctx, NULL, &n, NULL, (int)len);
	EVP_EncryptUpdate(ctx, NULL, &n, aad, 5);
	EVP_EncryptUpdate(ctx, out, &n, p, (int)len);
	EVP_EncryptFinal_ex(ctx, out + len, &n);
	EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, tag, out + len);
	EVP_CIPHER_CTX_free(ctx);
	return len + (size_t)tag;
}

/* Every suite, again and again with other keys, and nothing but what was sealed. */
static void test_every_suite(void **state UNUSED)
{
	static const char secret[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f";
	static const uint8_t aad[5] = { 23, 3, 3, 0, 99 };
	const struct tls_slice slice = { aad, 5 };
	uint8_t text[700], sealed[800];
	struct reader content;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 7);
	for (int round = 0; round < 3; round++) {
		for (uint16_t suite = 0x1301; suite <= 0x1305; suite++) {
			struct tls13_keys k = derive(suite, TLS13_TLS, secret + 2 * round);
			size_t n = seal(suite, &k, 70000 + suite, aad, text, sizeof(text), sealed);
			struct tls13_box box = { .number = 70000 + suite, .aad = &slice, .aad_cnt = 1, .p = sealed, .len = n };

			assert_true(tls13_open(tls_crypto(), &k, &box, &content));
			assert_int_equal(content.len, sizeof(text));
			assert_memory_equal(content.p, text, sizeof(text));
			box.number++;
			assert_false(tls13_open(tls_crypto(), &k, &box, &content));
			box.number--;
			for (size_t cut = 0; cut < n; cut += 97) {
				box.len = cut;
				assert_false(tls13_open(tls_crypto(), &k, &box, &content));
			}
			box.len = n;
			for (size_t i = 0; i < n; i += 31) {
				sealed[i] ^= 0x10;
				assert_false(tls13_open(tls_crypto(), &k, &box, &content));
				sealed[i] ^= 0x10;
			}
			tls13_keys_wipe(tls_crypto(), &k);
			assert_null(k.suite);
			assert_true(hex_is(k.key, "0000000000000000000000000000000000000000000000000000000000000000"));
		}
	}
	assert_null(tls13_suite(0x1300));
	assert_null(tls13_suite(0x1306));
	assert_null(tls13_suite(0xc02f));
}

static void test_inner_type(void **state UNUSED)
{
	static const uint8_t padded[] = { 'x', 22, 0, 0, 0 }, zeros[4] = { 0 };
	struct reader r = reader_of(padded, sizeof(padded));
	uint8_t type;

	assert_true(tls13_inner_type(&r, &type));
	assert_int_equal(type, 22);
	assert_int_equal(r.len, 1);
	r = reader_of(zeros, sizeof(zeros));
	assert_false(tls13_inner_type(&r, &type));
	r = reader_of(zeros, 0);
	assert_false(tls13_inner_type(&r, &type));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_record_keys), cmocka_unit_test(test_quic_chacha20), cmocka_unit_test(test_every_suite),
		cmocka_unit_test(test_inner_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
