/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/key_schedule.h"

#include <string.h>

#include <openssl/crypto.h>

#define CCM_AAD_MAX 128			/* CCM takes it in one piece; records have 5 bytes, QUIC's Handshake packets 60 */

static const struct tls13_suite suites[] = {
	{ 0x1301, 32, 16, 16, TLS_AES_128_GCM, TLS_AES_128_ECB },
	{ 0x1302, 48, 32, 16, TLS_AES_256_GCM, TLS_AES_256_ECB },
	{ 0x1303, 32, 32, 16, TLS_CHACHA20_POLY1305, TLS_CHACHA20 },
	{ 0x1304, 32, 16, 16, TLS_AES_128_CCM, TLS_AES_128_ECB },
	{ 0x1305, 32, 16, 8, TLS_AES_128_CCM, TLS_AES_128_ECB },
};

const struct tls13_suite *tls13_suite(uint16_t number)
{
	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++)
		if (suites[i].number == number)
			return &suites[i];
	return NULL;
}

struct tls_digest *tls13_digest(struct tls_crypto *c, const struct tls13_suite *suite)
{
	return suite->hash_len == TLS_SHA256_LEN ? &c->sha256 : &c->sha384;
}

bool tls13_keys_derive(struct tls_crypto *c, const struct tls13_suite *suite, enum tls13_carrier carrier,
		       const uint8_t *secret, struct tls13_keys *out)
{
	static const struct {
		const char *prefix, *key, *iv, *hp;
	} labels[] = {
		[TLS13_TLS] = { "tls13 ", "key", "iv", NULL },
		[TLS13_DTLS] = { "dtls13", "key", "iv", "sn" },
		[TLS13_QUIC] = { "tls13 ", "quic key", "quic iv", "quic hp" },
		[TLS13_QUIC_V2] = { "tls13 ", "quicv2 key", "quicv2 iv", "quicv2 hp" },
	};
	const char *prefix = labels[carrier].prefix;
	struct tls_digest *d = tls13_digest(c, suite);
	size_t n = suite->hash_len;

	out->suite = suite;
	return tls_expand_label(d, secret, n, prefix, labels[carrier].key, out->key, suite->key_len) &&
	       tls_expand_label(d, secret, n, prefix, labels[carrier].iv, out->iv, TLS13_IV_LEN) &&
	       (!labels[carrier].hp ||
		tls_expand_label(d, secret, n, prefix, labels[carrier].hp, out->hp, suite->key_len));
}

static void forget(struct tls_crypto *c, enum tls_cipher_id id)
{
	static const uint8_t zeros[32];

	if (c->cipher[id])
		(void)EVP_CipherInit_ex2(c->cipher[id], NULL, zeros, zeros, tls_cipher_encrypts(id), NULL);
}

void tls13_keys_wipe(struct tls_crypto *c, struct tls13_keys *keys)
{
	if (!keys->suite)
		return;
	if (c) {
		forget(c, keys->suite->aead);
		forget(c, keys->suite->mask);
		(void)tls_hash(tls13_digest(c, keys->suite), NULL, 0, c->scratch);
	}
	OPENSSL_cleanse(keys, sizeof(*keys));
}

bool tls13_mask(struct tls_crypto *c, const struct tls13_keys *keys, const uint8_t sample[TLS13_SAMPLE_LEN],
		uint8_t mask[TLS13_SAMPLE_LEN])
{
	static const uint8_t zeros[TLS13_SAMPLE_LEN];
	EVP_CIPHER_CTX *ctx = tls_cipher(c, keys->suite->mask);
	/* The sample is ChaCha20's counter and nonce, or else what AES encrypts. */
	bool chacha = keys->suite->mask == TLS_CHACHA20;
	int n = 0;

	return ctx && EVP_EncryptInit_ex2(ctx, NULL, keys->hp, chacha ? sample : NULL, NULL) &&
	       EVP_EncryptUpdate(ctx, mask, &n, chacha ? zeros : sample, TLS13_SAMPLE_LEN) && n == TLS13_SAMPLE_LEN;
}

/* Before nonce and content, CCM wants to know how long tag and content are, and the tag. */
static bool prepare_ccm(EVP_CIPHER_CTX *ctx, const struct tls13_keys *keys, const uint8_t *nonce, const uint8_t *tag, size_t len)
{
	int n;

	return EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, TLS13_IV_LEN, NULL) &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, keys->suite->tag_len, (void *)(uintptr_t)tag) &&
	       EVP_DecryptInit_ex2(ctx, NULL, keys->key, nonce, NULL) && EVP_DecryptUpdate(ctx, NULL, &n, NULL, (int)len);
}

static bool open_ccm(EVP_CIPHER_CTX *ctx, const struct tls13_keys *keys, const struct tls13_box *box, const uint8_t *nonce,
		     size_t len, uint8_t *out)
{
	uint8_t aad[CCM_AAD_MAX];
	size_t aad_len = 0;
	int n;

	for (size_t i = 0; i < box->aad_cnt; aad_len += box->aad[i++].len) {
		if (box->aad[i].len > sizeof(aad) - aad_len)
			return false;
		memcpy(aad + aad_len, box->aad[i].p, box->aad[i].len);
	}
	return prepare_ccm(ctx, keys, nonce, box->p + len, len) && EVP_DecryptUpdate(ctx, NULL, &n, aad, (int)aad_len) &&
	       EVP_DecryptUpdate(ctx, out, &n, box->p, (int)len) > 0;
}

static bool open_stream(EVP_CIPHER_CTX *ctx, const struct tls13_keys *keys, const struct tls13_box *box, const uint8_t *nonce,
			size_t len, uint8_t *out)
{
	void *tag = (void *)(uintptr_t)(box->p + len);
	int n;

	if (!EVP_DecryptInit_ex2(ctx, NULL, keys->key, nonce, NULL))
		return false;
	for (size_t i = 0; i < box->aad_cnt; i++)
		if (!EVP_DecryptUpdate(ctx, NULL, &n, box->aad[i].p, (int)box->aad[i].len))
			return false;
	return EVP_DecryptUpdate(ctx, out, &n, box->p, (int)len) &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, keys->suite->tag_len, tag) &&
	       EVP_DecryptFinal_ex(ctx, out + len, &n) > 0;
}

bool tls13_open(struct tls_crypto *c, const struct tls13_keys *keys, const struct tls13_box *box, struct reader *content)
{
	EVP_CIPHER_CTX *ctx = tls_cipher(c, keys->suite->aead);
	uint8_t nonce[TLS13_IV_LEN];
	size_t len;

	if (!ctx || box->len < keys->suite->tag_len || box->len > TLS_SCRATCH_LEN)
		return false;
	len = box->len - keys->suite->tag_len;
	for (size_t i = 0; i < sizeof(nonce); i++)
		nonce[i] = keys->iv[i] ^ (i < 4 ? 0 : (uint8_t)(box->number >> 8 * (11 - i)));
	*content = reader_of(c->scratch, len);
	return keys->suite->aead == TLS_AES_128_CCM ? open_ccm(ctx, keys, box, nonce, len, c->scratch) :
						      open_stream(ctx, keys, box, nonce, len, c->scratch);
}

bool tls13_inner_type(struct reader *content, uint8_t *type)
{
	while (content->len && !content->p[content->len - 1])
		content->len--;
	if (!content->len)
		return false;
	*type = content->p[--content->len];
	return true;
}

uint64_t tls13_full_number(uint64_t expected, uint64_t truncated, unsigned int bits)
{
	uint64_t window = (uint64_t)1 << bits, half = window / 2, number = (expected & ~(window - 1)) | truncated;

	if (number + half <= expected && number + window < (uint64_t)1 << 62)
		return number + window;
	if (number > expected + half && number >= window)
		return number - window;
	return number;
}
