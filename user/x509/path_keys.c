/* SPDX-License-Identifier: BSD-2-Clause */
#include "x509/path_keys.h"

#include <openssl/sha.h>

void path_keys_take(struct path_keys *out, const STACK_OF(X509) *built)
{
	out->n = 0;
	for (int i = 1; i < sk_X509_num(built) && out->n < PATH_KEYS_MAX; i++) {
		unsigned char *der = NULL;
		int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(sk_X509_value(built, i)), &der);

		if (len > 0)
			SHA256(der, (size_t)len, out->sha256[out->n++]);
		OPENSSL_free(der);
	}
}
