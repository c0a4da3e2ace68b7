/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * OCSP responses, RFC 6960 section 4.2.1. Templates of hsmon's own here too: OpenSSL's would decode the responder's
 * certificate and its key, for an answer of which the dates are wanted.
 */
#include "x509/ocsp.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include "x509/der.h"
#include "x509/ext.h"

struct ocsp_bytes {
	ASN1_OBJECT *type;
	ASN1_OCTET_STRING *response;
};

struct ocsp_answer {
	ASN1_ENUMERATED *status;
	struct ocsp_bytes *bytes;
};

struct ocsp_single {
	ASN1_TYPE *cert_id;
	ASN1_TYPE *cert_status;		/* a choice: told by its context tag */
	ASN1_GENERALIZEDTIME *this_update, *next_update;
	STACK_OF(X509_EXTENSION) *extensions;
};

struct ocsp_data {
	ASN1_INTEGER *version;
	ASN1_TYPE *responder;
	ASN1_GENERALIZEDTIME *produced_at;
	OPENSSL_STACK *singles;
	STACK_OF(X509_EXTENSION) *extensions;
};

struct ocsp_basic {
	struct ocsp_data data;
	X509_ALGOR *signature_algorithm;
	ASN1_BIT_STRING *signature;
	OPENSSL_STACK *certs;
};

ASN1_SEQUENCE(ocsp_bytes) = {
	ASN1_SIMPLE(struct ocsp_bytes, type, ASN1_OBJECT),
	ASN1_SIMPLE(struct ocsp_bytes, response, ASN1_OCTET_STRING),
} static_ASN1_SEQUENCE_END_name(struct ocsp_bytes, ocsp_bytes)

ASN1_SEQUENCE(ocsp_answer) = {
	ASN1_SIMPLE(struct ocsp_answer, status, ASN1_ENUMERATED),
	ASN1_EXP_OPT(struct ocsp_answer, bytes, ocsp_bytes, 0),
} static_ASN1_SEQUENCE_END_name(struct ocsp_answer, ocsp_answer)

ASN1_SEQUENCE(ocsp_single) = {
	ASN1_SIMPLE(struct ocsp_single, cert_id, ASN1_ANY),
	ASN1_SIMPLE(struct ocsp_single, cert_status, ASN1_ANY),
	ASN1_SIMPLE(struct ocsp_single, this_update, ASN1_GENERALIZEDTIME),
	ASN1_EXP_OPT(struct ocsp_single, next_update, ASN1_GENERALIZEDTIME, 0),
	ASN1_EXP_SEQUENCE_OF_OPT(struct ocsp_single, extensions, X509_EXTENSION, 1),
} static_ASN1_SEQUENCE_END_name(struct ocsp_single, ocsp_single)

ASN1_SEQUENCE(ocsp_data) = {
	ASN1_EXP_OPT(struct ocsp_data, version, ASN1_INTEGER, 0),
	ASN1_SIMPLE(struct ocsp_data, responder, ASN1_ANY),
	ASN1_SIMPLE(struct ocsp_data, produced_at, ASN1_GENERALIZEDTIME),
	ASN1_SEQUENCE_OF(struct ocsp_data, singles, ocsp_single),
	ASN1_EXP_SEQUENCE_OF_OPT(struct ocsp_data, extensions, X509_EXTENSION, 1),
} static_ASN1_SEQUENCE_END_name(struct ocsp_data, ocsp_data)

ASN1_SEQUENCE(ocsp_basic) = {
	ASN1_EMBED(struct ocsp_basic, data, ocsp_data),
	ASN1_SIMPLE(struct ocsp_basic, signature_algorithm, X509_ALGOR),
	ASN1_SIMPLE(struct ocsp_basic, signature, ASN1_BIT_STRING),
	ASN1_EXP_SEQUENCE_OF_OPT(struct ocsp_basic, certs, ASN1_ANY, 0),
} static_ASN1_SEQUENCE_END_name(struct ocsp_basic, ocsp_basic)

/* RevokedInfo: revocationTime, and in [0] the CRLReason. */
static bool read_revoked(const struct der_element *revoked, struct ocsp_info *out)
{
	const uint8_t *p = revoked->p, *end = p + revoked->len;
	struct der_element time, wrap, reason;
	ASN1_GENERALIZEDTIME *t;
	bool ok;

	if (!der_element(&p, end, &time))
		return false;
	t = der_decode(ASN1_ITEM_rptr(ASN1_GENERALIZEDTIME), revoked->p, (size_t)(p - revoked->p));
	ok = t && der_time(t, &out->revoked_at);
	ASN1_GENERALIZEDTIME_free(t);
	if (!ok || p == end)
		return ok;
	if (!der_element(&p, end, &wrap))
		return false;
	p = wrap.p;
	if (!der_element(&p, wrap.p + wrap.len, &reason) || reason.tag != V_ASN1_ENUMERATED || reason.len != 1)
		return false;
	out->reason = (int8_t)reason.p[0];
	return true;
}

/* CertStatus: [0] good, [1] revoked, [2] unknown. */
static bool read_status(const ASN1_TYPE *t, struct ocsp_info *out)
{
	static const enum ocsp_status by_tag[] = { OCSP_GOOD, OCSP_REVOKED, OCSP_UNKNOWN };
	const uint8_t *p, *end;
	struct der_element e;

	if (ASN1_TYPE_get(t) != V_ASN1_OTHER)
		return false;
	p = ASN1_STRING_get0_data(t->value.asn1_string);
	end = p + ASN1_STRING_length(t->value.asn1_string);
	if (!der_element(&p, end, &e) || e.class != V_ASN1_CONTEXT_SPECIFIC || e.tag > 2)
		return false;
	out->status = by_tag[e.tag];
	return out->status != OCSP_REVOKED || read_revoked(&e, out);
}

/* The content of the SCTs' extension. */
static const ASN1_STRING *scts_of(const struct ocsp_single *s)
{
	int i = s ? X509v3_get_ext_by_NID(s->extensions, NID_ct_cert_scts, -1) : -1;

	return i >= 0 ? X509_EXTENSION_get_data(X509v3_get_ext(s->extensions, i)) : NULL;
}

static void count_scts(const struct ocsp_single *s, struct ocsp_info *out)
{
	const ASN1_STRING *x = scts_of(s);

	if (x && !ext_count_scts(ASN1_STRING_get0_data(x), (size_t)ASN1_STRING_length(x), &out->sct_cnt))
		out->sct_cnt = 0;
}

static bool read_basic(const struct ocsp_basic *b, int index, struct ocsp_info *out)
{
	const struct ocsp_single *s = OPENSSL_sk_value(b->data.singles, index);
	int n = OPENSSL_sk_num(b->data.singles);

	if (!s || !der_time(b->data.produced_at, &out->produced_at) || !der_time(s->this_update, &out->this_update))
		return false;
	if (s->next_update && !der_time(s->next_update, &out->next_update))
		return false;
	out->answer_cnt = (uint16_t)(n < UINT16_MAX ? n : UINT16_MAX);
	count_scts(s, out);
	return read_status(s->cert_status, out);
}

/* To be freed with der_free; NULL: malformed, or of a type that is not known. */
static struct ocsp_basic *decode_basic(const struct ocsp_bytes *bytes)
{
	if (!bytes || OBJ_obj2nid(bytes->type) != NID_id_pkix_OCSP_basic)
		return NULL;
	return der_decode(ASN1_ITEM_rptr(ocsp_basic), ASN1_STRING_get0_data(bytes->response),
			  (size_t)ASN1_STRING_length(bytes->response));
}

static bool read_bytes(const struct ocsp_bytes *bytes, int index, struct ocsp_info *out)
{
	struct ocsp_basic *b = decode_basic(bytes);
	bool ok = b && read_basic(b, index, out);

	der_free(ASN1_ITEM_rptr(ocsp_basic), b);
	return ok;
}

bool ocsp_parse_nth(const uint8_t *der, size_t len, int index, struct ocsp_info *out)
{
	struct ocsp_answer *a = der_decode(ASN1_ITEM_rptr(ocsp_answer), der, len);
	int64_t code;
	bool ok = false;

	*out = (struct ocsp_info){ .reason = -1 };
	if (a && ASN1_ENUMERATED_get_int64(&code, a->status) && code >= 0 && code <= UINT8_MAX) {
		out->response_code = (uint8_t)code;
		/* Only a successful one has an answer, RFC 6960 section 4.2.1. */
		if (code) {
			out->status = OCSP_ERROR;
			ok = true;
		} else {
			ok = read_bytes(a->bytes, index, out);
		}
	}
	der_free(ASN1_ITEM_rptr(ocsp_answer), a);
	if (!ok)
		*out = (struct ocsp_info){ .reason = -1 };
	return ok;
}

bool ocsp_parse(const uint8_t *der, size_t len, struct ocsp_info *out)
{
	return ocsp_parse_nth(der, len, 0, out);
}

bool ocsp_scts(const uint8_t *der, size_t len, uint8_t **out, size_t *out_len)
{
	struct ocsp_answer *a = der_decode(ASN1_ITEM_rptr(ocsp_answer), der, len);
	struct ocsp_basic *b = a ? decode_basic(a->bytes) : NULL;
	const ASN1_STRING *x = b ? scts_of(OPENSSL_sk_value(b->data.singles, 0)) : NULL;
	const uint8_t *p = x ? ASN1_STRING_get0_data(x) : NULL;
	struct der_element e;

	*out = NULL;
	if (p && der_element(&p, p + ASN1_STRING_length(x), &e) && (*out = malloc(e.len + 1))) {
		memcpy(*out, e.p, e.len);
		*out_len = e.len;
	}
	der_free(ASN1_ITEM_rptr(ocsp_basic), b);
	der_free(ASN1_ITEM_rptr(ocsp_answer), a);
	return *out;
}
