/* SPDX-License-Identifier: BSD-2-Clause */
/* Signed certificate timestamps, verified against the logs that are known: RFC 6962 sections 3.2 and 3.3. */
#ifndef HSMON_X509_SCT_H
#define HSMON_X509_SCT_H

#include "x509/ct_logs.h"
#include "x509/issuer.h"
#include "x509/verify.h"

struct scts;

/* Remembers up to max lists and what they are worth. NULL: out of memory. */
struct scts *scts_new(const struct ct_logs *logs, size_t max);
void scts_free(struct scts *s);

/* Adds to out what the SCTs embedded in the end entity are worth, or those of a SignedCertificateTimestampList from elsewhere. */
void scts_verify_embedded(struct scts *s, const struct judges *j, const struct cert *const *chain,
			  const struct path *path, int64_t at, struct sct_counts *out);
void scts_verify_list(struct scts *s, const struct judges *j, const struct cert *const *chain, const struct path *path,
		      const uint8_t *list, size_t len, int64_t at, struct sct_counts *out);

#endif
