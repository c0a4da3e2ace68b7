/* SPDX-License-Identifier: BSD-2-Clause */
#include "x509/digest.h"

#include <string.h>

bool digest_init(struct digest *d)
{
	d->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	d->sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
	d->ctx = EVP_MD_CTX_new();
	return d->sha256 && d->ctx;
}

void digest_free(struct digest *d)
{
	EVP_MD_CTX_free(d->ctx);
	EVP_MD_free(d->sha1);
	EVP_MD_free(d->sha256);
	*d = (struct digest){ 0 };
}

static void run(EVP_MD_CTX *ctx, const EVP_MD *md, const void *p, size_t len, uint8_t *out, size_t out_len)
{
	unsigned int n;

	if (!md || !EVP_DigestInit_ex2(ctx, md, NULL) || !EVP_DigestUpdate(ctx, p, len) ||
	    !EVP_DigestFinal_ex(ctx, out, &n))
		memset(out, 0, out_len);
}

void digest_sha256(struct digest *d, const void *p, size_t len, uint8_t out[32])
{
	run(d->ctx, d->sha256, p, len, out, 32);
}

void digest_sha1(struct digest *d, const void *p, size_t len, uint8_t out[20])
{
	run(d->ctx, d->sha1, p, len, out, 20);
}
