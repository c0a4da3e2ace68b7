/* SPDX-License-Identifier: BSD-2-Clause */
#include "x509/ext.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "wire/reader.h"
#include "x509/cert.h"
#include "x509/der.h"
#include "x509/pack.h"
#include "x509/san.h"

#define SLOT(field) offsetof(struct cert, field)

static struct cert *cert_of(struct pack *k)
{
	return pack_at(k, 0);
}

static bool read_san(struct pack *k, X509_EXTENSION *x)
{
	const ASN1_STRING *s = X509_EXTENSION_get_data(x);

	cert_of(k)->san_present = true;
	return san_pack(k, SLOT(san), ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

static bool read_basic_constraints(struct pack *k, X509_EXTENSION *x)
{
	BASIC_CONSTRAINTS *b = X509V3_EXT_d2i(x);
	int64_t n;

	if (!b)
		return false;
	cert_of(k)->is_ca = b->ca;
	if (b->pathlen && ASN1_INTEGER_get_int64(&n, b->pathlen) && n >= 0 && n < INT32_MAX)
		cert_of(k)->path_len = (int32_t)n;
	BASIC_CONSTRAINTS_free(b);
	return true;
}

static bool read_key_usage(struct pack *k, X509_EXTENSION *x)
{
	ASN1_BIT_STRING *b = X509V3_EXT_d2i(x);

	if (!b)
		return false;
	cert_of(k)->key_usage_present = true;
	for (int i = 0; i < 9; i++)
		if (ASN1_BIT_STRING_get_bit(b, i))
			cert_of(k)->key_usage_bits |= (uint16_t)(1 << i);
	ASN1_BIT_STRING_free(b);
	return true;
}

static bool read_ext_key_usage(struct pack *k, X509_EXTENSION *x)
{
	EXTENDED_KEY_USAGE *e = X509V3_EXT_d2i(x);
	char oid[DER_OID_TEXT];
	size_t at;

	if (!e)
		return false;
	cert_of(k)->ext_key_usage_present = true;
	at = pack_list(k, SLOT(ext_key_usage), (size_t)sk_ASN1_OBJECT_num(e), sizeof(struct cert_str));
	for (int i = 0; i < sk_ASN1_OBJECT_num(e) && !k->failed; i++, at += sizeof(struct cert_str)) {
		const ASN1_OBJECT *o = sk_ASN1_OBJECT_value(e, i);
		int nid = OBJ_obj2nid(o);

		if (nid != NID_undef)
			pack_static(k, at, OBJ_nid2sn(nid));
		else
			pack_str(k, at, oid, der_oid_text(o, oid));
	}
	EXTENDED_KEY_USAGE_free(e);
	return true;
}

static bool read_policies(struct pack *k, X509_EXTENSION *x)
{
	CERTIFICATEPOLICIES *p = X509V3_EXT_d2i(x);
	char oid[DER_OID_TEXT];
	size_t at;

	if (!p)
		return false;
	at = pack_list(k, SLOT(policies), (size_t)sk_POLICYINFO_num(p), sizeof(struct cert_str));
	for (int i = 0; i < sk_POLICYINFO_num(p) && !k->failed; i++, at += sizeof(struct cert_str))
		pack_str(k, at, oid, der_oid_text(sk_POLICYINFO_value(p, i)->policyid, oid));
	CERTIFICATEPOLICIES_free(p);
	return true;
}

static const ASN1_STRING *uri_of(const GENERAL_NAME *g)
{
	return g && g->type == GEN_URI ? g->d.uniformResourceIdentifier : NULL;
}

/* The i-th access description's URL, if it is of that method. */
static const ASN1_STRING *access_url(const AUTHORITY_INFO_ACCESS *a, int i, int method)
{
	const ACCESS_DESCRIPTION *d = sk_ACCESS_DESCRIPTION_value(a, i);

	return OBJ_obj2nid(d->method) == method ? uri_of(d->location) : NULL;
}

static void pack_access(struct pack *k, size_t slot, const AUTHORITY_INFO_ACCESS *a, int method)
{
	size_t n = 0, at;

	for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(a); i++)
		n += access_url(a, i, method) != NULL;
	at = pack_list(k, slot, n, sizeof(struct cert_str));
	for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(a) && !k->failed; i++) {
		const ASN1_STRING *s = access_url(a, i, method);

		if (!s)
			continue;
		pack_str(k, at, ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
		at += sizeof(struct cert_str);
	}
}

static bool read_access(struct pack *k, X509_EXTENSION *x)
{
	AUTHORITY_INFO_ACCESS *a = X509V3_EXT_d2i(x);

	if (!a)
		return false;
	pack_access(k, SLOT(ocsp_urls), a, NID_ad_OCSP);
	pack_access(k, SLOT(issuer_urls), a, NID_ad_ca_issuers);
	AUTHORITY_INFO_ACCESS_free(a);
	return true;
}

/* The URLs of all distribution points; each may have several for the same list (RFC 5280 section 4.2.1.13). With at 0 they
 * are counted only. */
static size_t crl_urls(struct pack *k, const CRL_DIST_POINTS *points, size_t at)
{
	size_t n = 0;

	for (int i = 0; i < sk_DIST_POINT_num(points); i++) {
		const DIST_POINT_NAME *d = sk_DIST_POINT_value(points, i)->distpoint;

		for (int j = 0; d && d->type == 0 && j < sk_GENERAL_NAME_num(d->name.fullname); j++) {
			const ASN1_STRING *s = uri_of(sk_GENERAL_NAME_value(d->name.fullname, j));

			if (!s)
				continue;
			if (at)
				pack_str(k, at + n * sizeof(struct cert_str), ASN1_STRING_get0_data(s),
					 (size_t)ASN1_STRING_length(s));
			n++;
		}
	}
	return n;
}

static bool read_crl_points(struct pack *k, X509_EXTENSION *x)
{
	CRL_DIST_POINTS *points = X509V3_EXT_d2i(x);
	size_t at;

	if (!points)
		return false;
	at = pack_list(k, SLOT(crl_urls), crl_urls(k, points, 0), sizeof(struct cert_str));
	crl_urls(k, points, at);
	CRL_DIST_POINTS_free(points);
	return true;
}

bool ext_count_scts(const uint8_t *der, size_t len, uint8_t *out)
{
	const uint8_t *p = der;
	struct der_element octets;
	struct reader r, list, sct;

	*out = 0;
	if (!der_element(&p, der + len, &octets) || p != der + len || octets.tag != V_ASN1_OCTET_STRING)
		return false;
	r = reader_of(octets.p, octets.len);
	if (!reader_vec16(&r, &list) || !reader_empty(&r))
		return false;
	while (!reader_empty(&list)) {
		if (!reader_vec16(&list, &sct) || reader_empty(&sct))
			return false;
		*out += *out < UINT8_MAX;
	}
	return true;
}

static bool read_scts(struct pack *k, X509_EXTENSION *x)
{
	const ASN1_STRING *s = X509_EXTENSION_get_data(x);

	return ext_count_scts(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s), &cert_of(k)->sct_cnt);
}

/* RFC 7633 section 4: a list of TLS extension types; status_request is 5, status_request_v2 is 17. */
static bool read_features(struct pack *k, X509_EXTENSION *x)
{
	STACK_OF(ASN1_INTEGER) *f = X509V3_EXT_d2i(x);
	int64_t n;

	if (!f)
		return false;
	for (int i = 0; i < sk_ASN1_INTEGER_num(f); i++)
		if (ASN1_INTEGER_get_int64(&n, sk_ASN1_INTEGER_value(f, i)) && (n == 5 || n == 17))
			cert_of(k)->must_staple = true;
	sk_ASN1_INTEGER_pop_free(f, ASN1_INTEGER_free);
	return true;
}

static bool read_subject_key_id(struct pack *k, X509_EXTENSION *x)
{
	ASN1_OCTET_STRING *s = X509V3_EXT_d2i(x);

	if (!s)
		return false;
	pack_hex(k, SLOT(subject_key_id), ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
	ASN1_OCTET_STRING_free(s);
	return true;
}

/* authorityCertIssuer is a name, which OpenSSL reads more strictly than is asked here: only [0] keyIdentifier is wanted. */
static bool read_authority_key_id(struct pack *k, X509_EXTENSION *x)
{
	const ASN1_STRING *s = X509_EXTENSION_get_data(x);
	const uint8_t *p = ASN1_STRING_get0_data(s), *end = p + ASN1_STRING_length(s);
	struct der_element sequence, id;

	if (!der_element(&p, end, &sequence) || p != end || sequence.tag != V_ASN1_SEQUENCE)
		return false;
	p = sequence.p;
	end = sequence.p + sequence.len;
	if (p < end && !der_element(&p, end, &id))
		return false;
	if (sequence.len && id.class == V_ASN1_CONTEXT_SPECIFIC && id.tag == 0)
		pack_hex(k, SLOT(authority_key_id), id.p, id.len);
	return true;
}

static bool read_name_constraints(struct pack *k, X509_EXTENSION *x)
{
	(void)x;
	cert_of(k)->name_constraints = true;
	return true;
}

static const struct extension {
	int nid;
	bool (*read)(struct pack *k, X509_EXTENSION *x);
} known[] = {
	{ NID_subject_alt_name, read_san },
	{ NID_basic_constraints, read_basic_constraints },
	{ NID_key_usage, read_key_usage },
	{ NID_ext_key_usage, read_ext_key_usage },
	{ NID_certificate_policies, read_policies },
	{ NID_info_access, read_access },
	{ NID_crl_distribution_points, read_crl_points },
	{ NID_ct_precert_scts, read_scts },
	{ NID_tlsfeature, read_features },
	{ NID_subject_key_identifier, read_subject_key_id },
	{ NID_authority_key_identifier, read_authority_key_id },
	{ NID_name_constraints, read_name_constraints },
};

#define KNOWN (sizeof(known) / sizeof(known[0]))

void ext_pack(struct pack *k, const STACK_OF(X509_EXTENSION) *extensions)
{
	unsigned int seen = 0;

	ERR_set_mark();
	for (int i = 0; i < sk_X509_EXTENSION_num(extensions) && !k->failed; i++) {
		X509_EXTENSION *x = sk_X509_EXTENSION_value(extensions, i);
		int nid = OBJ_obj2nid(X509_EXTENSION_get_object(x));
		size_t j = 0;

		while (j < KNOWN && known[j].nid != nid)
			j++;
		if (j == KNOWN)
			continue;
		/* RFC 5280 section 4.2: not more than one of a kind. */
		if (seen & 1u << j || !known[j].read(k, x))
			cert_of(k)->extension_malformed = true;
		seen |= 1u << j;
	}
	ERR_pop_to_mark();
}
