/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Intermediate certificates remembered from chains that were verified, so that a server that leaves one out is told apart
 * from one whose issuer nobody knows. Only what led to a trust anchor is remembered: a hostile peer adds nothing.
 */
#ifndef HSMON_X509_INTERMEDIATES_H
#define HSMON_X509_INTERMEDIATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/x509.h>

#include "x509/cert.h"

struct intermediates;

/* Of more than max the one that came first goes first. NULL: out of memory. */
struct intermediates *intermediates_new(size_t max);
void intermediates_free(struct intermediates *m);
/* x is of c. Both are referenced as long as they are needed. */
void intermediates_add(struct intermediates *m, const struct cert *c, X509 *x);
/* How many were ever added. */
uint64_t intermediates_generation(const struct intermediates *m);
/* Has one with that subject come since the generation? */
bool intermediates_news(const struct intermediates *m, uint64_t since, uint64_t subject_hash);
/* The i-th that may have issued c, and its struct cert; NULL: there are not as many. Borrowed until the next add. */
X509 *intermediates_issuer(const struct intermediates *m, const struct cert *c, size_t i, const struct cert **out);
/* The decoded form of c, if it is one of them. Borrowed. */
X509 *intermediates_known(const struct intermediates *m, const struct cert *c);
size_t intermediates_count(const struct intermediates *m);

#endif
