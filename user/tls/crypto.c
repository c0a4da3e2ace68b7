/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/crypto.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#define BLOCK_MAX 128			/* SHA-384 */

static __thread struct tls_crypto *own;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;

static void digest_free(struct tls_digest *d)
{
	EVP_MD_CTX_free(d->ctx);
	EVP_MD_free(d->md);
}

static void crypto_free(void *p)
{
	struct tls_crypto *c = p;

	if (!c)
		return;
	digest_free(&c->md5);
	digest_free(&c->sha256);
	digest_free(&c->sha384);
	for (int i = 0; i < TLS_CIPHER_CNT; i++)
		EVP_CIPHER_CTX_free(c->cipher[i]);
	free(c);
}

static void key_make(void)
{
	if (pthread_key_create(&key, crypto_free) != 0)
		abort();
}

static bool digest_fetch(struct tls_digest *d, const char *name)
{
	d->md = EVP_MD_fetch(NULL, name, NULL);
	d->ctx = EVP_MD_CTX_new();
	return d->md && d->ctx;
}

static struct tls_crypto *crypto_new(void)
{
	struct tls_crypto *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	(void)digest_fetch(&c->md5, "MD5");
	if (c->md5.ctx && digest_fetch(&c->sha256, "SHA256") && digest_fetch(&c->sha384, "SHA384") &&
	    tls_cipher(c, TLS_AES_128_ECB) && tls_cipher(c, TLS_AES_128_GCM))
		return c;
	crypto_free(c);
	return NULL;
}

struct tls_crypto *tls_crypto(void)
{
	if (own)
		return own;
	pthread_once(&once, key_make);
	own = crypto_new();
	if (own)
		pthread_setspecific(key, own);
	return own;
}

bool tls_cipher_encrypts(enum tls_cipher_id id)
{
	return id <= TLS_CHACHA20;
}

EVP_CIPHER_CTX *tls_cipher(struct tls_crypto *c, enum tls_cipher_id id)
{
	static const char *const names[] = {
		[TLS_AES_128_ECB] = "AES-128-ECB", [TLS_AES_256_ECB] = "AES-256-ECB", [TLS_CHACHA20] = "ChaCha20",
		[TLS_AES_128_GCM] = "AES-128-GCM", [TLS_AES_256_GCM] = "AES-256-GCM",
		[TLS_CHACHA20_POLY1305] = "ChaCha20-Poly1305", [TLS_AES_128_CCM] = "AES-128-CCM",
	};
	EVP_CIPHER *cipher;
	EVP_CIPHER_CTX *ctx;

	if (c->cipher[id])
		return c->cipher[id];
	cipher = EVP_CIPHER_fetch(NULL, names[id], NULL);
	ctx = EVP_CIPHER_CTX_new();
	if (cipher && ctx && EVP_CipherInit_ex2(ctx, cipher, NULL, NULL, tls_cipher_encrypts(id), NULL) &&
	    EVP_CIPHER_CTX_set_padding(ctx, 0))
		c->cipher[id] = ctx;
	else
		EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);	/* the context holds it */
	return c->cipher[id];
}

static bool hash_parts(struct tls_digest *d, const struct tls_slice *parts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!EVP_DigestUpdate(d->ctx, parts[i].p, parts[i].len))
			return false;
	return true;
}

bool tls_hash(struct tls_digest *d, const struct tls_slice *parts, size_t n, uint8_t *out)
{
	return EVP_DigestInit_ex2(d->ctx, d->md, NULL) && hash_parts(d, parts, n) && EVP_DigestFinal_ex(d->ctx, out, NULL);
}

static bool hmac_start(struct tls_digest *d, const uint8_t *hmac_key, size_t key_len, uint8_t pad)
{
	size_t len = (size_t)EVP_MD_get_block_size(d->md);
	uint8_t block[BLOCK_MAX];
	bool fine;

	if (len > sizeof(block) || key_len > len)
		return false;
	for (size_t i = 0; i < len; i++)
		block[i] = (i < key_len ? hmac_key[i] : 0) ^ pad;
	fine = EVP_DigestInit_ex2(d->ctx, d->md, NULL) && EVP_DigestUpdate(d->ctx, block, len);
	OPENSSL_cleanse(block, sizeof(block));
	return fine;
}

bool tls_hmac(struct tls_digest *d, const uint8_t *hmac_key, size_t key_len, const struct tls_slice *parts, size_t n,
	      uint8_t *out)
{
	uint8_t inner[TLS_HASH_MAX];
	unsigned int len;
	bool fine = hmac_start(d, hmac_key, key_len, 0x36) && hash_parts(d, parts, n) && EVP_DigestFinal_ex(d->ctx, inner, &len) &&
		    hmac_start(d, hmac_key, key_len, 0x5c) && EVP_DigestUpdate(d->ctx, inner, len) &&
		    EVP_DigestFinal_ex(d->ctx, out, NULL);

	OPENSSL_cleanse(inner, sizeof(inner));
	return fine;
}

bool tls_expand_label(struct tls_digest *d, const uint8_t *secret, size_t secret_len, const char *prefix, const char *label,
		      uint8_t *out, size_t len)
{
	size_t prefix_len = strlen(prefix), label_len = strlen(label);
	const uint8_t head[] = { (uint8_t)(len >> 8), (uint8_t)len, (uint8_t)(prefix_len + label_len) };
	static const uint8_t tail[] = { 0, 1 };
	const struct tls_slice info[] = {
		{ head, sizeof(head) }, { prefix, prefix_len }, { label, label_len }, { tail, sizeof(tail) },
	};
	uint8_t block[TLS_HASH_MAX];
	bool fine = len <= secret_len && tls_hmac(d, secret, secret_len, info, 4, block);

	if (fine)
		memcpy(out, block, len);
	OPENSSL_cleanse(block, sizeof(block));
	return fine;
}
