/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HSMON_X509_OCSP_H
#define HSMON_X509_OCSP_H

#include "x509/cert.h"

/* ocsp_parse, of the answer with that index among several. */
bool ocsp_parse_nth(const uint8_t *der, size_t len, int index, struct ocsp_info *out);

/* A copy of the first answer's SignedCertificateTimestampList, to be freed with free(). false: there is none. */
bool ocsp_scts(const uint8_t *der, size_t len, uint8_t **out, size_t *out_len);

#endif
