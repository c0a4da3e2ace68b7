/* SPDX-License-Identifier: BSD-2-Clause */
/* Who issued a certificate, proved by its signature. */
#ifndef HSMON_X509_ISSUER_H
#define HSMON_X509_ISSUER_H

#include <stdbool.h>

#include <openssl/x509.h>

#include "x509/intermediates.h"
#include "x509/path.h"
#include "x509/trust.h"

/* What a chain is judged with. */
struct judges {
	struct trust *trust;
	struct intermediates *intermediates;
};

/* Did issuer issue x: by name, by key identifier, by signature? */
bool issuer_has_issued(X509 *issuer, X509 *x);
/* The issuer of the end entity (which x is decoded): sent, an anchor, or remembered. To be freed; NULL: not known. */
X509 *issuer_find(const struct judges *j, const struct cert *const *chain, const struct path *path, X509 *x);
/* A certificate decoded. To be freed; NULL: OpenSSL does not read it, or its key is none to calculate with. */
X509 *issuer_decode(const struct cert *c);

#endif
