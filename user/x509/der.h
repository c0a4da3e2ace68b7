/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ASN.1 modules that are decoded here, as templates of OpenSSL's decoder. They are hsmon's own because d2i_X509 also
 * decodes the public key (150 us of the 165 us it took here, with EC parameters an attacker may spell out) and refuses a
 * certificate whose names are not valid UTF-8; these take 12 us and leave key and names as bytes for who wants them.
 */
#ifndef HSMON_X509_DER_H
#define HSMON_X509_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/asn1t.h>
#include <openssl/x509.h>

/* Longest certificate or OCSP response that is looked into: the decoder's memory is a multiple of it. */
#define DER_MAX (256 * 1024)

struct der_validity {
	ASN1_TIME *not_before, *not_after;
};

struct der_tbs {			/* RFC 5280 section 4.1 */
	ASN1_INTEGER *version, *serial;
	X509_ALGOR *signature;
	ASN1_TYPE *issuer;		/* raw, with its header */
	struct der_validity validity;
	ASN1_TYPE *subject;
	ASN1_TYPE *spki;
	ASN1_BIT_STRING *issuer_uid, *subject_uid;
	STACK_OF(X509_EXTENSION) *extensions;
};

struct der_cert {
	struct der_tbs tbs;
	X509_ALGOR *signature_algorithm;
	ASN1_BIT_STRING *signature;
};

struct der_spki {
	X509_ALGOR *algorithm;
	ASN1_BIT_STRING *key;
};

struct der_rsa_key {			/* RFC 8017 appendix A.1.1 */
	ASN1_INTEGER *modulus, *exponent;
};

struct der_attribute {			/* AttributeTypeAndValue */
	ASN1_OBJECT *type;
	ASN1_TYPE *value;
};

DECLARE_ASN1_ITEM(der_cert)
DECLARE_ASN1_ITEM(der_spki)
DECLARE_ASN1_ITEM(der_rsa_key)
/* An OPENSSL_STACK of RDNs, each an OPENSSL_STACK of struct der_attribute. */
DECLARE_ASN1_ITEM(der_name)

/* The value of all len bytes, to be freed with der_free; NULL: malformed, or something is behind it. Leaves OpenSSL's
 * error queue as it was. */
void *der_decode(const ASN1_ITEM *it, const uint8_t *p, size_t len);
void der_free(const ASN1_ITEM *it, void *value);

/* One element's header at *p: its class and tag bits, and its content. Moves *p behind the element. false: malformed, or
 * of indefinite length. */
struct der_element {
	int tag, class;			/* as ASN1_get_object gives them */
	bool constructed;
	const uint8_t *p;
	size_t len;
};
bool der_element(const uint8_t **p, const uint8_t *end, struct der_element *out);

/* Bits of an unsigned big-endian number. */
uint32_t der_bits(const uint8_t *p, size_t len);

/* Seconds since the epoch; false: not a time that RFC 5280 section 4.1.2.5 or X.690 knows. */
bool der_time(const ASN1_TIME *t, int64_t *out);

#define DER_OID_TEXT 320
/* Dotted form. An OID that is absurdly long gives its length only. */
size_t der_oid_text(const ASN1_OBJECT *o, char out[DER_OID_TEXT]);

#endif
