/* SPDX-License-Identifier: BSD-2-Clause */
/* The Certificate Transparency logs that are known, by the SHA-256 of their public key (RFC 6962 section 3.2). */
#ifndef HSMON_X509_CT_LOGS_H
#define HSMON_X509_CT_LOGS_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

struct ct_logs;

/* A file in the format of the log lists that browsers use (JSON: every string named "key" is a log's key in base64), or in that
 * of OpenSSL (ct_log_list.cnf: "key = ..." lines). 0, or -errno; -EINVAL: *bad_line, from 1, has a key that is none; -ENODATA:
 * there is none in it. */
int ct_logs_load(struct ct_logs **out, const char *path, unsigned int *bad_line);
void ct_logs_free(struct ct_logs *l);
size_t ct_logs_count(const struct ct_logs *l);
/* Borrowed; NULL: not known. */
EVP_PKEY *ct_logs_key(const struct ct_logs *l, const uint8_t id[32]);

#endif
