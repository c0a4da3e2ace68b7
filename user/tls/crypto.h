/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is fetched from OpenSSL once and used for every handshake: fetching an algorithm by name costs more than
 * hashing a fingerprint with it. One a thread, freed when the thread ends. Internal to user/tls/.
 */
#ifndef HSMON_TLS_CRYPTO_H
#define HSMON_TLS_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#define TLS_SHA256_LEN 32
#define TLS_SCRATCH_LEN 65536

struct tls_crypto {
	EVP_MD *md5, *sha256;		/* md5 is NULL where a policy forbids it */
	EVP_MD_CTX *md5_ctx, *sha256_ctx;	/* one each: a context that changes its digest allocates anew */
	EVP_CIPHER *aes_ecb, *aes_gcm;	/* 128 bits */
	EVP_CIPHER_CTX *ecb, *gcm;
	_Alignas(16) uint8_t scratch[TLS_SCRATCH_LEN];	/* of whoever calls, until it calls something else */
};

/* This thread's. NULL: OpenSSL has none of it, or out of memory. The first call reads OpenSSL's configuration. */
struct tls_crypto *tls_crypto(void);

struct tls_slice {
	const void *p;
	size_t len;
};

/* HMAC with SHA-256 (RFC 2104) over the parts in order; key_len <= 64. */
bool tls_hmac(struct tls_crypto *c, const uint8_t *key, size_t key_len, const struct tls_slice *parts, size_t n,
	      uint8_t out[TLS_SHA256_LEN]);

#endif
