/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/fingerprint.h"

#include <string.h>

#include "tls/crypto.h"
#include "tls/fingerprint_text.h"

/* "version,suites,extensions,groups,point formats", each list decimal and joined with '-', GREASE left out. */
static void put_client(struct fp_text *t, const struct tls_client_hello *ch)
{
	fp_decimal(t, ch->legacy_version);
	fp_putc(t, ',');
	fp_decimals(t, &ch->suites);
	fp_putc(t, ',');
	fp_decimals(t, &ch->extensions);
	fp_putc(t, ',');
	fp_decimals(t, &ch->groups);
	fp_putc(t, ',');
	for (size_t i = 0; i < ch->point_formats.n; i++) {
		if (i)
			fp_putc(t, '-');
		fp_decimal(t, ch->point_formats.p[i]);
	}
}

static bool ja3_client(struct tls_crypto *c, const struct tls_client_hello *ch, char out[33])
{
	struct fp_text t;

	if (!c->md5.md || !fp_begin(&t, c->md5.ctx, c->md5.md))
		return false;
	put_client(&t, ch);
	return fp_end(&t, out, 16);
}

bool tls_ja3_text(const struct tls_client_hello *ch, struct strbuf *b)
{
	struct fp_text t;

	if (ch->sslv2)
		return false;
	fp_begin_text(&t, b);
	put_client(&t, ch);
	return fp_end_text(&t);
}

bool tls_fingerprint_client(struct tls_client_hello *ch, char transport)
{
	struct tls_crypto *c;

	ch->ja3[0] = ch->ja4[0] = '\0';
	if (ch->sslv2)
		return true;
	c = tls_crypto();
	if (!c)
		return false;
	if (!ja3_client(c, ch, ch->ja3))
		ch->ja3[0] = '\0';
	if (!fp_ja4(c, ch, transport, ch->ja4))
		ch->ja4[0] = '\0';
	return ch->ja3[0] && ch->ja4[0];
}

/* "version,suite,extensions". Servers do not send GREASE, and JA3S does not look for it. */
static void put_server(struct fp_text *t, const struct tls_server_hello *sh)
{
	fp_decimal(t, sh->legacy_version);
	fp_putc(t, ',');
	fp_decimal(t, sh->suite);
	fp_putc(t, ',');
	for (size_t i = 0; i < sh->extensions.n; i++) {
		if (i)
			fp_putc(t, '-');
		fp_decimal(t, sh->extensions.v[i]);
	}
}

bool tls_ja3s_text(const struct tls_server_hello *sh, struct strbuf *b)
{
	struct fp_text t;

	fp_begin_text(&t, b);
	put_server(&t, sh);
	return fp_end_text(&t);
}

bool tls_fingerprint_server(struct tls_server_hello *sh)
{
	struct tls_crypto *c = tls_crypto();
	struct fp_text t;

	sh->ja3s[0] = '\0';
	if (!c || !c->md5.md || !fp_begin(&t, c->md5.ctx, c->md5.md))
		return false;
	put_server(&t, sh);
	if (fp_end(&t, sh->ja3s, 16))
		return true;
	sh->ja3s[0] = '\0';
	return false;
}
