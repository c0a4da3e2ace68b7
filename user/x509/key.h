/* SPDX-License-Identifier: BSD-2-Clause */
/* What a SubjectPublicKeyInfo says (RFC 5280 section 4.1.2.7), without building the key. */
#ifndef HSMON_X509_KEY_H
#define HSMON_X509_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cert;
struct pack;

/* Fills the key_ fields of the struct cert at the start of the block. An unknown algorithm is no error. false: malformed. */
bool key_pack(struct pack *k, const uint8_t *spki, size_t len);
/* May a signature be verified with this key: is the cost bounded, whatever the key says? */
bool key_is_sane(const struct cert *c);

#endif
