/* SPDX-License-Identifier: BSD-2-Clause */
/* A stapled OCSP answer: is it about this certificate, and by somebody who may say so (RFC 6960 section 4.2.2.2)? */
#ifndef HSMON_X509_STAPLE_H
#define HSMON_X509_STAPLE_H

#include "x509/issuer.h"
#include "x509/verify.h"

struct staples;

/* Remembers up to max answers and what they are worth. NULL: out of memory. */
struct staples *staples_new(size_t max);
void staples_free(struct staples *s);

/* What the answer der says goes to out->ocsp, what it is worth at the time at to out->staple. */
void staple_verify(struct staples *s, const struct judges *j, const struct cert *const *chain, const struct path *path,
		   const uint8_t *der, size_t len, int64_t at, struct verdict *out);

#endif
