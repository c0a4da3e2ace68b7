/* SPDX-License-Identifier: BSD-2-Clause */
/* GeneralNames, RFC 5280 section 4.2.1.6. */
#ifndef HSMON_X509_SAN_H
#define HSMON_X509_SAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pack;

/* At the slot's offset, an array of struct cert_san and its count. false: malformed; the names before the bad one are there. */
bool san_pack(struct pack *k, size_t slot, const uint8_t *der, size_t len);

#endif
