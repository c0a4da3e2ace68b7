/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trust anchors. All are read at the start, when files may still be opened; each is decoded, at 150 us, when a chain first
 * asks for its name.
 */
#ifndef HSMON_X509_TRUST_H
#define HSMON_X509_TRUST_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/x509.h>

#include "x509/cert.h"

struct trust;

/* The certificates of the file (PEM, or one as DER) and of all files of the directory; both NULL: the system's. NULL in
 * *out with -errno: a file or the directory cannot be read; -ENODATA: no certificate in it; -ENOMEM. */
int trust_new(struct trust **out, const char *file, const char *dir);
void trust_free(struct trust *t);
size_t trust_count(const struct trust *t);
/* Which file the system's certificates came from; NULL: another place, or none was found, which is no error. */
const char *trust_source(const struct trust *t);

/* How many anchors have that subject. They are in trust_store() from then on. */
size_t trust_load(struct trust *t, const struct cert_name *subject);
X509_STORE *trust_store(const struct trust *t);
/* The i-th anchor with that subject, to be freed with X509_free; NULL: there are not as many. */
X509 *trust_get(struct trust *t, const struct cert_name *subject, size_t i);

#endif
