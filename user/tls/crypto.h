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
#define TLS_HASH_MAX 48			/* SHA-384 */
#define TLS_SCRATCH_LEN 65536

struct tls_digest {
	EVP_MD *md;
	EVP_MD_CTX *ctx;		/* one each: a context that changes its digest allocates anew */
};

enum tls_cipher_id {
	TLS_AES_128_ECB, TLS_AES_256_ECB, TLS_CHACHA20,
	TLS_AES_128_GCM, TLS_AES_256_GCM, TLS_CHACHA20_POLY1305, TLS_AES_128_CCM,
	TLS_CIPHER_CNT,
};

struct tls_crypto {
	struct tls_digest md5, sha256, sha384;	/* md5.md is NULL where a policy forbids it */
	EVP_CIPHER_CTX *cipher[TLS_CIPHER_CNT];	/* of tls_cipher(); NULL: not needed so far */
	_Alignas(16) uint8_t scratch[TLS_SCRATCH_LEN];	/* of whoever calls, until it calls something else */
};

/* This thread's. NULL: OpenSSL has none of it, or out of memory. The first call reads OpenSSL's configuration. */
struct tls_crypto *tls_crypto(void);
/* A context that knows its cipher, and the key it was used with last. NULL: OpenSSL has none, or a policy forbids it. */
EVP_CIPHER_CTX *tls_cipher(struct tls_crypto *c, enum tls_cipher_id id);
/* Does the cipher encrypt (a mask), or open what is encrypted? */
bool tls_cipher_encrypts(enum tls_cipher_id id);

struct tls_slice {
	const void *p;
	size_t len;
};

/* The hash of the parts in order; out has room for it. */
bool tls_hash(struct tls_digest *d, const struct tls_slice *parts, size_t n, uint8_t *out);

/* HMAC (RFC 2104) over the parts in order; key_len at most the digest's block. */
bool tls_hmac(struct tls_digest *d, const uint8_t *key, size_t key_len, const struct tls_slice *parts, size_t n, uint8_t *out);

/* HKDF-Expand-Label with an empty context (RFC 8446 section 7.1), for at most one block of HKDF-Expand (RFC 5869); secret_len
 * is the hash's length. prefix: "tls13 ", or that of DTLS. */
bool tls_expand_label(struct tls_digest *d, const uint8_t *secret, size_t secret_len, const char *prefix, const char *label,
		      uint8_t *out, size_t len);

#endif
