/* SPDX-License-Identifier: BSD-2-Clause */
/* Distinguished names, RFC 5280 section 4.1.2.4. */
#ifndef HSMON_X509_NAME_H
#define HSMON_X509_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cert_name;
struct pack;
struct strbuf;

/* At the slot's offset, a struct cert_name, of a DER Name. false: malformed. */
bool name_pack(struct pack *k, size_t slot, const uint8_t *der, size_t len);
/* The name as text into b, which is empty. false: malformed. */
bool name_text(struct strbuf *b, const uint8_t *der, size_t len);
/* Are they the same (RFC 5280 section 7.1: without regard to string type, case and runs of blanks)? */
bool name_equal(const struct cert_name *a, const struct cert_name *b);
/* The same for equal names. */
uint64_t name_hash(const struct cert_name *n);

#endif
