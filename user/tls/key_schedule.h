/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a traffic secret to what it opens (RFC 8446 section 7.3): the five suites of TLS 1.3, in the record layer, in DTLS 1.3
 * (RFC 9147 section 5.9) and in QUIC (RFC 9001 section 5.1, RFC 9369 section 3.3). Internal to user/tls/.
 */
#ifndef HSMON_TLS_KEY_SCHEDULE_H
#define HSMON_TLS_KEY_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tls/crypto.h"
#include "wire/reader.h"

#define TLS13_IV_LEN 12
#define TLS13_SAMPLE_LEN 16

struct tls13_suite {			/* RFC 8446 appendix B.4 */
	uint16_t number;
	uint8_t hash_len, key_len, tag_len;
	uint8_t aead, mask;		/* enum tls_cipher_id */
};
/* NULL: none of the five. */
const struct tls13_suite *tls13_suite(uint16_t number);
/* The suite's hash. */
struct tls_digest *tls13_digest(struct tls_crypto *c, const struct tls13_suite *suite);

enum tls13_carrier { TLS13_TLS, TLS13_DTLS, TLS13_QUIC, TLS13_QUIC_V2 };

struct tls13_keys {
	const struct tls13_suite *suite;
	uint8_t key[32], iv[TLS13_IV_LEN];
	uint8_t hp[32];			/* header protection of QUIC, record numbers of DTLS */
};

/* secret: as long as the suite's hash. The keys are the caller's to wipe. */
bool tls13_keys_derive(struct tls_crypto *c, const struct tls13_suite *suite, enum tls13_carrier carrier,
		       const uint8_t *secret, struct tls13_keys *out);
/* The keys, and what OpenSSL still knows of them, are gone. */
void tls13_keys_wipe(struct tls_crypto *c, struct tls13_keys *keys);

/* What hides header bits and numbers, from a sample of what is encrypted: RFC 9001 section 5.4, RFC 9147 section 4.2.3. */
bool tls13_mask(struct tls_crypto *c, const struct tls13_keys *keys, const uint8_t sample[TLS13_SAMPLE_LEN],
		uint8_t mask[TLS13_SAMPLE_LEN]);

struct tls13_box {
	uint64_t number;		/* of the record or packet: makes the nonce, RFC 8446 section 5.3 */
	const struct tls_slice *aad;
	size_t aad_cnt;
	const uint8_t *p;		/* what is encrypted, and its tag */
	size_t len;
};
/* The content is in the crypto's scratch. false: not with these keys. */
bool tls13_open(struct tls_crypto *c, const struct tls13_keys *keys, const struct tls13_box *box, struct reader *content);

/* RFC 8446 section 5.2: takes padding and the type off the end. false: there is no type. */
bool tls13_inner_type(struct reader *content, uint8_t *type);

/* The number closest to `expected` that ends in those bits: RFC 9000 appendix A.3, RFC 9147 section 4.2.2. */
uint64_t tls13_full_number(uint64_t expected, uint64_t truncated, unsigned int bits);

#endif
