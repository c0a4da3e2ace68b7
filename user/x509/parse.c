/* SPDX-License-Identifier: BSD-2-Clause */
/* RFC 5280 section 4.1: the fields of a certificate, in order. */
#include "x509/parse.h"

#include <string.h>

#include <openssl/err.h>

#include "x509/cert.h"
#include "x509/der.h"
#include "x509/digest.h"
#include "x509/ext.h"
#include "x509/key.h"
#include "x509/name.h"
#include "x509/pack.h"
#include "x509/sigalg.h"

#define SLOT(field) offsetof(struct cert, field)

/* The DER of an element that was left as it was; NULL: it is no SEQUENCE. */
static const ASN1_STRING *raw(const ASN1_TYPE *t)
{
	return ASN1_TYPE_get(t) == V_ASN1_SEQUENCE ? t->value.sequence : NULL;
}

static bool read_name(struct pack *k, size_t slot, const ASN1_TYPE *t)
{
	const ASN1_STRING *s = raw(t);

	return s && name_pack(k, slot, ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

/* A version that does not exist is no reason to read nothing: the fields say themselves what they are. */
static int read_version(const ASN1_INTEGER *version)
{
	int64_t n = 0;

	if (version && (!ASN1_INTEGER_get_int64(&n, version) || n < 0 || n > 98))
		return 0;
	return (int)n + 1;
}

/* RFC 5280 section 4.1.2.2: positive, at most 20 octets; others exist. */
static void read_serial(struct pack *k, const ASN1_INTEGER *serial)
{
	strbuf_reset(&k->text);
	if (ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER)
		strbuf_putc(&k->text, '-');
	strbuf_hex(&k->text, ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial), true);
	pack_text(k, SLOT(serial));
}

static void read_validity(struct cert *c, const struct der_validity *v)
{
	c->not_before_valid = der_time(v->not_before, &c->not_before);
	c->not_after_valid = der_time(v->not_after, &c->not_after);
}

static bool read_key(struct pack *k, struct digest *d, const ASN1_TYPE *t)
{
	const ASN1_STRING *s = raw(t);

	if (!s)
		return false;
	digest_sha256(d, ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s),
		      ((struct cert *)pack_at(k, 0))->spki_sha256);
	return key_pack(k, ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

/* One signature check for a certificate that names itself as its issuer, once in its life in the store. */
static bool signed_by_itself(const struct cert *c)
{
	const uint8_t *p = c->der;
	bool ok = false;
	EVP_PKEY *key;
	X509 *x;

	if (!key_is_sane(c))
		return false;
	ERR_set_mark();
	x = d2i_X509(NULL, &p, (long)c->der_len);
	key = x ? X509_get0_pubkey(x) : NULL;
	ok = key && X509_verify(x, key) == 1;
	X509_free(x);
	ERR_pop_to_mark();
	return ok;
}

/* Everything is read even when something before it is bad: what could be read is worth showing. */
static bool read_fields(struct pack *k, struct digest *d, const struct der_cert *dc)
{
	const struct der_tbs *tbs = &dc->tbs;
	struct cert *c = pack_at(k, 0);
	bool ok;

	c->version = read_version(tbs->version);
	read_validity(c, &tbs->validity);
	c->signature_mismatch = X509_ALGOR_cmp(tbs->signature, dc->signature_algorithm) != 0;
	read_serial(k, tbs->serial);
	sigalg_pack(k, dc->signature_algorithm);
	ok = read_name(k, SLOT(issuer), tbs->issuer);
	ok = read_name(k, SLOT(subject), tbs->subject) && ok;
	/* A broken key does not make the certificate one that is none: nor does OpenSSL think so. */
	if (!read_key(k, d, tbs->spki))
		((struct cert *)pack_at(k, 0))->key_malformed = true;
	if (tbs->extensions)
		ext_pack(k, tbs->extensions);
	return ok;
}

void *parse_cert(struct pack *k, struct digest *d, const uint8_t *der, size_t len, size_t head_len, size_t *block_len)
{
	struct der_cert *dc;
	struct cert *c;
	bool ok;

	pack_start(k, head_len);
	if (k->failed)
		return NULL;
	c = pack_at(k, 0);
	c->path_len = -1;
	c->der_len = len;
	digest_sha256(d, der, len, c->sha256);
	digest_sha1(d, der, len, c->sha1);
	pack_bytes(k, SLOT(der), der, len);
	dc = der_decode(ASN1_ITEM_rptr(der_cert), der, len);
	ok = dc && read_fields(k, d, dc);
	der_free(ASN1_ITEM_rptr(der_cert), dc);
	*block_len = k->len;
	c = pack_finish(k);
	if (!c)
		return NULL;
	c->malformed = !ok;
	c->self_issued = ok && name_equal(&c->subject, &c->issuer);
	c->self_signed = c->self_issued && signed_by_itself(c);
	return c;
}
