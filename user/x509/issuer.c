/* SPDX-License-Identifier: BSD-2-Clause */
#include "x509/issuer.h"

#include <openssl/x509v3.h>

#include "x509/key.h"

#define CANDIDATES 8			/* that are tried: each costs a signature check */

X509 *issuer_decode(const struct cert *c)
{
	const uint8_t *p = c->der;

	return key_is_sane(c) ? d2i_X509(NULL, &p, (long)c->der_len) : NULL;
}

bool issuer_has_issued(X509 *issuer, X509 *x)
{
	EVP_PKEY *key = X509_get0_pubkey(issuer);

	return X509_check_issued(issuer, x) == X509_V_OK && key && X509_verify(x, key) == 1;
}

/* The i-th that may be the issuer. false: there are no more. */
static bool candidate(const struct judges *j, const struct cert *const *chain, const struct path *path, size_t i,
		      X509 **out)
{
	const struct cert *leaf = chain[path->at[0]], *c;
	size_t sent = path->len > 1, anchors = trust_load(j->trust, &leaf->issuer);

	if (i < sent) {
		*out = issuer_decode(chain[path->at[1]]);
		return true;
	}
	if (i < sent + anchors) {
		*out = trust_get(j->trust, &leaf->issuer, i - sent);
		return true;
	}
	*out = intermediates_issuer(j->intermediates, leaf, i - sent - anchors, &c);
	return *out && X509_up_ref(*out);
}

X509 *issuer_find(const struct judges *j, const struct cert *const *chain, const struct path *path, X509 *x)
{
	X509 *issuer;

	for (size_t i = 0; i < CANDIDATES && candidate(j, chain, path, i, &issuer); i++) {
		if (issuer && issuer_has_issued(issuer, x))
			return issuer;
		X509_free(issuer);
	}
	return NULL;
}
