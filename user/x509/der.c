/* SPDX-License-Identifier: BSD-2-Clause */
#include "x509/der.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

/* RFC 5280 section 4.1.2.5 */
ASN1_SEQUENCE(der_validity) = {
	ASN1_SIMPLE(struct der_validity, not_before, ASN1_TIME),
	ASN1_SIMPLE(struct der_validity, not_after, ASN1_TIME),
} static_ASN1_SEQUENCE_END_name(struct der_validity, der_validity)

/* TBSCertificate, RFC 5280 section 4.1; version defaults to v1. */
ASN1_SEQUENCE(der_tbs) = {
	ASN1_EXP_OPT(struct der_tbs, version, ASN1_INTEGER, 0),
	ASN1_SIMPLE(struct der_tbs, serial, ASN1_INTEGER),
	ASN1_SIMPLE(struct der_tbs, signature, X509_ALGOR),
	ASN1_SIMPLE(struct der_tbs, issuer, ASN1_ANY),
	ASN1_EMBED(struct der_tbs, validity, der_validity),
	ASN1_SIMPLE(struct der_tbs, subject, ASN1_ANY),
	ASN1_SIMPLE(struct der_tbs, spki, ASN1_ANY),
	ASN1_IMP_OPT(struct der_tbs, issuer_uid, ASN1_BIT_STRING, 1),
	ASN1_IMP_OPT(struct der_tbs, subject_uid, ASN1_BIT_STRING, 2),
	ASN1_EXP_SEQUENCE_OF_OPT(struct der_tbs, extensions, X509_EXTENSION, 3),
} static_ASN1_SEQUENCE_END_name(struct der_tbs, der_tbs)

ASN1_SEQUENCE(der_cert) = {
	ASN1_EMBED(struct der_cert, tbs, der_tbs),
	ASN1_SIMPLE(struct der_cert, signature_algorithm, X509_ALGOR),
	ASN1_SIMPLE(struct der_cert, signature, ASN1_BIT_STRING),
} ASN1_SEQUENCE_END_name(struct der_cert, der_cert)

ASN1_SEQUENCE(der_spki) = {
	ASN1_SIMPLE(struct der_spki, algorithm, X509_ALGOR),
	ASN1_SIMPLE(struct der_spki, key, ASN1_BIT_STRING),
} ASN1_SEQUENCE_END_name(struct der_spki, der_spki)

ASN1_SEQUENCE(der_rsa_key) = {
	ASN1_SIMPLE(struct der_rsa_key, modulus, ASN1_INTEGER),
	ASN1_SIMPLE(struct der_rsa_key, exponent, ASN1_INTEGER),
} ASN1_SEQUENCE_END_name(struct der_rsa_key, der_rsa_key)

/* Name, RFC 5280 section 4.1.2.4: the values may be anything, whatever their types promise. */
ASN1_SEQUENCE(der_attribute) = {
	ASN1_SIMPLE(struct der_attribute, type, ASN1_OBJECT),
	ASN1_SIMPLE(struct der_attribute, value, ASN1_ANY),
} static_ASN1_SEQUENCE_END_name(struct der_attribute, der_attribute)

ASN1_ITEM_TEMPLATE(der_rdn) =
	ASN1_EX_TEMPLATE_TYPE(ASN1_TFLG_SET_OF, 0, der_rdn, der_attribute)
static_ASN1_ITEM_TEMPLATE_END(der_rdn)

ASN1_ITEM_TEMPLATE(der_name) =
	ASN1_EX_TEMPLATE_TYPE(ASN1_TFLG_SEQUENCE_OF, 0, der_name, der_rdn)
ASN1_ITEM_TEMPLATE_END(der_name)

void *der_decode(const ASN1_ITEM *it, const uint8_t *p, size_t len)
{
	const uint8_t *at = p;
	ASN1_VALUE *v;

	if (!len || len > DER_MAX)
		return NULL;
	ERR_set_mark();
	v = ASN1_item_d2i(NULL, &at, (long)len, it);
	ERR_pop_to_mark();
	if (v && at != p + len) {
		ASN1_item_free(v, it);
		return NULL;
	}
	return v;
}

void der_free(const ASN1_ITEM *it, void *value)
{
	ASN1_item_free(value, it);
}

bool der_element(const uint8_t **p, const uint8_t *end, struct der_element *out)
{
	const uint8_t *at = *p;
	int ret, tag, class;
	long len;

	if (at >= end)
		return false;
	ERR_set_mark();
	ret = ASN1_get_object(&at, &len, &tag, &class, end - at);
	ERR_pop_to_mark();
	/* 0x80: error, or longer than what is there; 0x01: indefinite, which DER forbids (X.690 section 10.1). */
	if (ret & 0x81 || len < 0 || len > end - at)
		return false;
	*out = (struct der_element){
		.tag = tag, .class = class, .constructed = ret & V_ASN1_CONSTRUCTED, .p = at, .len = (size_t)len
	};
	*p = at + len;
	return true;
}

uint32_t der_bits(const uint8_t *p, size_t len)
{
	uint32_t bits;

	while (len && !*p)
		p++, len--;
	if (!len)
		return 0;
	bits = (uint32_t)(len - 1) * 8;
	for (uint8_t top = *p; top; top >>= 1)
		bits++;
	return bits;
}

/* Days since the epoch of a proleptic Gregorian date: years begin in March, so that the leap day ends one. */
static int64_t days_of(int64_t year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

bool der_time(const ASN1_TIME *t, int64_t *out)
{
	struct tm tm;
	bool ok;

	ERR_set_mark();
	/* NULL would mean now. */
	ok = t && ASN1_TIME_to_tm(t, &tm);
	ERR_pop_to_mark();
	if (!ok)
		return false;
	*out = days_of(tm.tm_year + 1900LL, tm.tm_mon + 1, tm.tm_mday) * 86400 + tm.tm_hour * 3600LL + tm.tm_min * 60LL +
	       tm.tm_sec;
	return true;
}

size_t der_oid_text(const ASN1_OBJECT *o, char out[DER_OID_TEXT])
{
	int n = -1;

	/* The dotted form takes time quadratic in the length of an arc. */
	if (OBJ_length(o) <= 64)
		n = OBJ_obj2txt(out, DER_OID_TEXT, o, 1);
	if (n <= 0 || n >= DER_OID_TEXT)
		n = snprintf(out, DER_OID_TEXT, "oid of %zu bytes", OBJ_length(o));
	return (size_t)n;
}
