/* SPDX-License-Identifier: BSD-2-Clause */
/* Text that is hashed while it is written, and JA4. Internal to fingerprint*.c. */
#ifndef HSMON_TLS_FINGERPRINT_TEXT_H
#define HSMON_TLS_FINGERPRINT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "tls/crypto.h"
#include "tls/handshake.h"

/* A hello may list 32,000 suites: the text goes to the digest in pieces. */
struct fp_text {
	EVP_MD_CTX *md;
	struct strbuf *text;		/* where the text itself goes, instead of a digest; NULL */
	size_t n;
	bool failed;
	char buf[1024];
};

bool fp_begin(struct fp_text *t, EVP_MD_CTX *md, const EVP_MD *type);
void fp_begin_text(struct fp_text *t, struct strbuf *text);
/* The last of a text. False: no memory. */
bool fp_end_text(struct fp_text *t);
void fp_putc(struct fp_text *t, char c);
void fp_decimal(struct fp_text *t, uint16_t v);
/* "1-2-3", GREASE left out. */
void fp_decimals(struct fp_text *t, const struct tls_u16s *list);
/* Four digits. */
void fp_hex16(struct fp_text *t, uint16_t v);
/* The first `bytes` bytes of the digest in lower-case hex, and a NUL. */
bool fp_end(struct fp_text *t, char *out, size_t bytes);

bool fp_ja4(struct tls_crypto *c, const struct tls_client_hello *ch, char transport, char out[40]);

#endif
