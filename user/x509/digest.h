/* SPDX-License-Identifier: BSD-2-Clause */
/* Hashes with digests fetched once and a context that is used again: 1.1 us instead of 1.4 for a certificate. */
#ifndef HSMON_X509_DIGEST_H
#define HSMON_X509_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

struct digest {
	EVP_MD *sha256, *sha1;		/* sha1 may be missing (a policy forbids it): its hashes are zero then */
	EVP_MD_CTX *ctx;
};

/* false: out of memory, or no SHA-256. */
bool digest_init(struct digest *d);
void digest_free(struct digest *d);
void digest_sha256(struct digest *d, const void *p, size_t len, uint8_t out[32]);
void digest_sha1(struct digest *d, const void *p, size_t len, uint8_t out[20]);

#endif
