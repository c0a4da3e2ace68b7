/* SPDX-License-Identifier: BSD-2-Clause */
/* The order of the certificates that a peer sent, told from their names and key identifiers alone. */
#ifndef HSMON_X509_PATH_H
#define HSMON_X509_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "x509/cert.h"

#define PATH_MAX_CERTS 16		/* of a chain, those that are looked at: a longer one is no mistake but an attack */

struct path {
	uint8_t at[PATH_MAX_CERTS];	/* index in the chain: the end entity, its issuer, ... */
	uint8_t len;
	bool wrong_order;		/* an issuer comes before what it issued (RFC 5246 section 7.4.2) */
	bool root_sent;			/* a self-signed certificate above another one */
	bool double_sent;		/* the same certificate twice */
	size_t extra;			/* certificates that do not belong to it */
};

/* n > 0. */
void path_find(const struct cert *const *chain, size_t n, struct path *out);
/* Could issuer have issued c, by name and key identifier (RFC 5280 section 4.2.1.1)? */
bool path_is_issuer(const struct cert *issuer, const struct cert *c);

#endif
