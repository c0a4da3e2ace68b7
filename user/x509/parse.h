/* SPDX-License-Identifier: BSD-2-Clause */
/* From DER to a struct cert. */
#ifndef HSMON_X509_PARSE_H
#define HSMON_X509_PARSE_H

#include <stddef.h>
#include <stdint.h>

struct digest;
struct pack;

/* Builds, in one block, a head of head_len bytes that begins with the struct cert. The block's length goes to block_len.
 * Malformed bytes give a malformed certificate. NULL: out of memory. */
void *parse_cert(struct pack *k, struct digest *d, const uint8_t *der, size_t len, size_t head_len, size_t *block_len);

#endif
