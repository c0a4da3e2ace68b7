/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/crypto.h"

#include <pthread.h>
#include <stdlib.h>

#define HMAC_BLOCK 64

static __thread struct tls_crypto *own;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;

static void crypto_free(void *p)
{
	struct tls_crypto *c = p;

	if (!c)
		return;
	EVP_MD_CTX_free(c->md5_ctx);
	EVP_MD_CTX_free(c->sha256_ctx);
	EVP_CIPHER_CTX_free(c->ecb);
	EVP_CIPHER_CTX_free(c->gcm);
	EVP_MD_free(c->md5);
	EVP_MD_free(c->sha256);
	EVP_CIPHER_free(c->aes_ecb);
	EVP_CIPHER_free(c->aes_gcm);
	free(c);
}

static void key_make(void)
{
	if (pthread_key_create(&key, crypto_free) != 0)
		abort();
}

static struct tls_crypto *crypto_new(void)
{
	struct tls_crypto *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->md5 = EVP_MD_fetch(NULL, "MD5", NULL);
	c->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	c->md5_ctx = EVP_MD_CTX_new();
	c->sha256_ctx = EVP_MD_CTX_new();
	c->aes_ecb = EVP_CIPHER_fetch(NULL, "AES-128-ECB", NULL);
	c->aes_gcm = EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL);
	c->ecb = EVP_CIPHER_CTX_new();
	c->gcm = EVP_CIPHER_CTX_new();
	if (c->sha256 && c->md5_ctx && c->sha256_ctx && c->aes_ecb && c->aes_gcm && c->ecb && c->gcm &&
	    EVP_EncryptInit_ex2(c->ecb, c->aes_ecb, NULL, NULL, NULL) &&
	    EVP_DecryptInit_ex2(c->gcm, c->aes_gcm, NULL, NULL, NULL))
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

static bool hash_start(struct tls_crypto *c, const uint8_t *hmac_key, size_t key_len, uint8_t pad)
{
	uint8_t block[HMAC_BLOCK];

	for (size_t i = 0; i < HMAC_BLOCK; i++)
		block[i] = (i < key_len ? hmac_key[i] : 0) ^ pad;
	return EVP_DigestInit_ex2(c->sha256_ctx, c->sha256, NULL) && EVP_DigestUpdate(c->sha256_ctx, block, HMAC_BLOCK);
}

bool tls_hmac(struct tls_crypto *c, const uint8_t *hmac_key, size_t key_len, const struct tls_slice *parts, size_t n,
	      uint8_t out[TLS_SHA256_LEN])
{
	uint8_t inner[TLS_SHA256_LEN];

	if (key_len > HMAC_BLOCK || !hash_start(c, hmac_key, key_len, 0x36))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!EVP_DigestUpdate(c->sha256_ctx, parts[i].p, parts[i].len))
			return false;
	return EVP_DigestFinal_ex(c->sha256_ctx, inner, NULL) && hash_start(c, hmac_key, key_len, 0x5c) &&
	       EVP_DigestUpdate(c->sha256_ctx, inner, sizeof(inner)) && EVP_DigestFinal_ex(c->sha256_ctx, out, NULL);
}
