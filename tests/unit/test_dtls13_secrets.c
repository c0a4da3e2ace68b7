/* SPDX-License-Identifier: BSD-2-Clause */
/* DTLS 1.3 records that are opened with secrets, RFC 9147 section 4.2; sealed here after the RFC's text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dtls_peer.h"
#include "tls/key_schedule.h"
#include "tls/secret_store.h"

static const uint8_t offers[] = { 0, 43, 0, 3, 2, 0xfe, 0xfc }, chooses[] = { 0, 43, 0, 2, 0xfe, 0xfc };
static uint8_t secrets[2][32];

static struct secret_store *store_of(bool both)
{
	struct secret_store *s = secret_store_new(&(struct secret_store_settings){ .max = 4 });
	uint8_t random[32];

	memset(random, 0x11, sizeof(random));
	memset(secrets[0], 0xc1, 32);
	memset(secrets[1], 0x5e, 32);
	for (int side = 0; side < (both ? 2 : 0); side++)
		assert_int_equal(secret_store_add_random(s, (enum secret_label)side, random, secrets[side], 32,
							 (struct secret_source){ SECRET_FROM_KEYLOG, 0 }), 0);
	return s;
}

static struct dtls_test *begin(struct secret_store *s, uint16_t suite)
{
	struct dtls_test *t = dtls_test_new_with(V12, &(struct tls_options){ .secrets = s });
	uint8_t b[512];

	send_message(t, CLIENT, TLS_MSG_CLIENT_HELLO, 0, b, client_hello(b, V12, 0, offers, sizeof(offers)));
	send_message(t, SERVER, TLS_MSG_SERVER_HELLO, 0, b, server_hello(b, V12, suite, chooses, sizeof(chooses)));
	return t;
}

/* A record of the handshake's epoch into t->out: content and its type, sealed with AES-128-GCM. */
static void seal(struct dtls_test *t, int dir, uint16_t number, uint8_t type, const uint8_t *content, size_t len)
{
	uint8_t *header = t->out + t->len, plain[2048], nonce[12], mask[16];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	struct tls13_keys k;
	int n;

	assert_true(tls13_keys_derive(tls_crypto(), tls13_suite(0x1301), TLS13_DTLS, secrets[dir], &k));
	memcpy(plain, content, len);
	plain[len++] = type;
	put(t, 0x2e, 1);
	put(t, number, 2);
	put(t, len + 16, 2);
	memcpy(nonce, k.iv, 12);
	nonce[10] ^= (uint8_t)(number >> 8);
	nonce[11] ^= (uint8_t)number;
	EVP_EncryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, k.key, nonce);
	EVP_EncryptUpdate(ctx, NULL, &n, header, 5);
	EVP_EncryptUpdate(ctx, header + 5, &n, plain, (int)len);
	EVP_EncryptFinal_ex(ctx, header + 5 + len, &n);
	EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, header + 5 + len);
	EVP_CIPHER_CTX_free(ctx);
	ctx = EVP_CIPHER_CTX_new();
	EVP_EncryptInit_ex(ctx, EVP_aes_128_ecb(), NULL, k.hp, NULL);
	EVP_EncryptUpdate(ctx, mask, &n, header + 5, 16);
	EVP_CIPHER_CTX_free(ctx);
	header[1] ^= mask[0];
	header[2] ^= mask[1];
	t->len += len + 16;
}

static void seal_fragment(struct dtls_test *t, int dir, uint16_t number, uint8_t type, uint16_t seq, const uint8_t *body, size_t len,
			  size_t from, size_t to)
{
	uint8_t f[2048] = {
		type, 0, (uint8_t)(len >> 8), (uint8_t)len, (uint8_t)(seq >> 8), (uint8_t)seq, 0, (uint8_t)(from >> 8), (uint8_t)from,
		0, (uint8_t)((to - from) >> 8), (uint8_t)(to - from),
	};

	memcpy(f + 12, body + from, to - from);
	seal(t, dir, number, TLS_CT_HANDSHAKE, f, 12 + to - from);
}

static size_t certificate_13(uint8_t *out, size_t len)
{
	size_t n = 0;

	out[n++] = 0;
	out[n++] = 0;
	out[n++] = (uint8_t)((len + 5) >> 8);
	out[n++] = (uint8_t)(len + 5);
	out[n++] = 0;
	out[n++] = (uint8_t)(len >> 8);
	out[n++] = (uint8_t)len;
	for (size_t i = 0; i < len; i++)
		out[n++] = (uint8_t)(i * 7);
	out[n++] = 0;
	out[n++] = 0;
	return n;
}

static void server_flight(struct dtls_test *t)
{
	static const uint8_t extensions[] = { 0, 11, 0, 16, 0, 7, 0, 5, 4, 'c', 'o', 'a', 'p' }, zeros[64];
	uint8_t b[1024];
	size_t n = certificate_13(b, 900);

	/* Its second half comes first, and the record before it twice. */
	seal_fragment(t, SERVER, 0, TLS_MSG_ENCRYPTED_EXTENSIONS, 1, extensions, sizeof(extensions), 0, sizeof(extensions));
	flush(t, SERVER);
	seal_fragment(t, SERVER, 2, TLS_MSG_CERTIFICATE, 2, b, n, 500, n);
	seal_fragment(t, SERVER, 1, TLS_MSG_CERTIFICATE, 2, b, n, 0, 500);
	flush(t, SERVER);
	seal_fragment(t, SERVER, 0, TLS_MSG_ENCRYPTED_EXTENSIONS, 1, extensions, sizeof(extensions), 0, sizeof(extensions));
	seal_fragment(t, SERVER, 3, TLS_MSG_CERTIFICATE_VERIFY, 3, zeros, 64, 0, 64);
	seal_fragment(t, SERVER, 4, TLS_MSG_FINISHED, 4, zeros, 32, 0, 32);
	flush(t, SERVER);
}

static void test_full(void **state UNUSED)
{
	static const uint8_t want[] = { TLS_STEP_CLIENT_HELLO, TLS_STEP_SERVER_HELLO, TLS_STEP_ENCRYPTED_EXTENSIONS,
					TLS_STEP_CERTIFICATE, TLS_STEP_CERTIFICATE_VERIFY, TLS_STEP_FINISHED, TLS_STEP_FINISHED };
	static const uint8_t zeros[64], ack[18];
	struct secret_store *s = store_of(true);
	struct dtls_test *t = begin(s, 0x1301);

	server_flight(t);
	assert_int_equal(t->certs, 1);
	assert_int_equal(t->cert_len, 900);
	assert_int_equal(t->hs->server_hello.alpn.n, 4);
	assert_true(t->hs->side[TLS_SERVER].finished);
	assert_false(t->hs->established);
	seal(t, CLIENT, 0, 26, ack, sizeof(ack));
	flush(t, CLIENT);
	assert_false(t->hs->established);
	seal_fragment(t, CLIENT, 1, TLS_MSG_FINISHED, 1, zeros, 32, 0, 32);
	flush(t, CLIENT);
	assert_true(t->hs->established);
	assert_int_equal(t->hs->step_cnt, sizeof(want));
	for (size_t i = 0; i < sizeof(want); i++)
		assert_int_equal(t->hs->steps[i].kind, want[i]);
	assert_int_equal(t->hs->opened[TLS_SERVER], TLS_OPENED_KEYLOG);
	assert_int_equal(secret_store_count(s), 0);
	dtls_test_free(t);
	secret_store_free(s);
}

static void test_alert(void **state UNUSED)
{
	static const uint8_t alert[] = { 2, 42 };
	struct secret_store *s = store_of(true);
	struct dtls_test *t = begin(s, 0x1301);

	server_flight(t);
	seal(t, CLIENT, 0, TLS_CT_ALERT, alert, sizeof(alert));
	flush(t, CLIENT);
	assert_true(t->hs->alert.seen);
	assert_int_equal(t->hs->alert.code, 42);
	assert_int_equal(t->hs->alert.side, TLS_CLIENT);
	assert_false(t->hs->established);
	dtls_test_free(t);
	secret_store_free(s);
}

/* Wrong secrets, another suite's keys: told as without. */
static void test_wrong(void **state UNUSED)
{
	struct secret_store *s = store_of(true);
	struct dtls_test *t = begin(s, 0x1303);

	server_flight(t);
	assert_int_equal(t->certs, 0);
	assert_true(t->hs->open_failed);
	assert_int_equal(t->hs->opened[TLS_SERVER], TLS_OPENED_NONE);
	dtls_test_free(t);
	secret_store_free(s);
	s = store_of(false);
	t = begin(s, 0x1301);
	server_flight(t);
	assert_int_equal(t->certs, 0);
	assert_false(t->hs->open_failed);
	dtls_test_free(t);
	secret_store_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full), cmocka_unit_test(test_alert), cmocka_unit_test(test_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
