/* SPDX-License-Identifier: BSD-2-Clause */
/* Certificate extensions, RFC 5280 section 4.2. */
#ifndef HSMON_X509_EXT_H
#define HSMON_X509_EXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/x509.h>

struct pack;

/* Fills what the extensions say into the struct cert at the start of the block. Those that are not known are passed over;
 * one whose content does not parse sets extension_malformed. The first of a kind counts. */
void ext_pack(struct pack *k, const STACK_OF(X509_EXTENSION) *extensions);

/* SCTs in a SignedCertificateTimestampList (RFC 6962 section 3.3) that is wrapped in an OCTET STRING. false: malformed. */
bool ext_count_scts(const uint8_t *der, size_t len, uint8_t *out);

#endif
