/* SPDX-License-Identifier: BSD-2-Clause */
/* OCSP responses, made by OpenSSL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/ocsp.h>

#include "certs.h"
#include "x509/cert.h"

struct answer {
	int response, status, reason;
	int64_t this_update, next_update, revoked;	/* 0: leave out */
	const char *scts;
	size_t scts_len;
};

static void answer(const struct answer *a, uint8_t **der, size_t *len)
{
	struct made ca = MAKE(.subject = "CN=CA"), leaf = MAKE(.subject = "CN=leaf", .issuer = &ca);
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), leaf.x, ca.x);
	OCSP_BASICRESP *b = OCSP_BASICRESP_new();
	ASN1_TIME *from = ASN1_TIME_adj(NULL, a->this_update, 0, 0);
	ASN1_TIME *to = a->next_update ? ASN1_TIME_adj(NULL, a->next_update, 0, 0) : NULL;
	ASN1_TIME *revoked = a->revoked ? ASN1_TIME_adj(NULL, a->revoked, 0, 0) : NULL;
	OCSP_SINGLERESP *s = OCSP_basic_add1_status(b, id, a->status, a->reason, revoked, from, to);
	OCSP_RESPONSE *r;

	CERTS_MUST(s);
	if (a->scts) {
		X509_EXTENSION *x = make_extension("1.3.6.1.4.1.11129.2.4.5", a->scts, a->scts_len);

		CERTS_MUST(OCSP_SINGLERESP_add_ext(s, x, -1));
		X509_EXTENSION_free(x);
	}
	CERTS_MUST(OCSP_basic_sign(b, ca.x, ca.key, EVP_sha256(), NULL, 0));
	r = OCSP_response_create(a->response, a->response ? NULL : b);
	*der = NULL;
	*len = (size_t)i2d_OCSP_RESPONSE(r, der);
	OCSP_RESPONSE_free(r);
	OCSP_BASICRESP_free(b);
	OCSP_CERTID_free(id);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	ASN1_TIME_free(revoked);
	made_free(&leaf);
	made_free(&ca);
}

static struct ocsp_info parse(const struct answer *a)
{
	struct ocsp_info info;
	uint8_t *der;
	size_t len;

	answer(a, &der, &len);
	assert_true(ocsp_parse(der, len, &info));
	OPENSSL_free(der);
	return info;
}

static void test_good(void **state)
{
	struct ocsp_info i = parse(&(struct answer){
		.status = V_OCSP_CERTSTATUS_GOOD, .this_update = 1700000000, .next_update = 1700604800 });

	(void)state;
	assert_int_equal(i.status, OCSP_GOOD);
	assert_int_equal(i.this_update, 1700000000);
	assert_int_equal(i.next_update, 1700604800);
	assert_int_equal(i.answer_cnt, 1);
	assert_int_equal(i.revoked_at, 0);
	assert_int_equal(i.reason, -1);
	assert_true(i.produced_at > 1700000000);
	i = parse(&(struct answer){ .status = V_OCSP_CERTSTATUS_UNKNOWN, .this_update = 5 });
	assert_int_equal(i.status, OCSP_UNKNOWN);
	assert_int_equal(i.next_update, 0);
}

static void test_revoked(void **state)
{
	struct ocsp_info i = parse(&(struct answer){ .status = V_OCSP_CERTSTATUS_REVOKED,
						     .reason = OCSP_REVOKED_STATUS_KEYCOMPROMISE,
						     .this_update = 1700000000,
						     .revoked = 1600000000 });

	(void)state;
	assert_int_equal(i.status, OCSP_REVOKED);
	assert_int_equal(i.revoked_at, 1600000000);
	assert_int_equal(i.reason, 1);
	i = parse(&(struct answer){ .status = V_OCSP_CERTSTATUS_REVOKED,
				    .reason = OCSP_REVOKED_STATUS_NOSTATUS,
				    .this_update = 1700000000,
				    .revoked = 1600000000 });
	assert_int_equal(i.status, OCSP_REVOKED);
	assert_int_equal(i.reason, -1);
}

static void test_refused(void **state)
{
	struct ocsp_info i = parse(&(struct answer){ .response = OCSP_RESPONSE_STATUS_TRYLATER, .this_update = 1 });

	(void)state;
	assert_int_equal(i.status, OCSP_ERROR);
	assert_int_equal(i.response_code, 3);
	assert_int_equal(i.this_update, 0);
}

static void test_scts(void **state)
{
	struct ocsp_info i = parse(
		&(struct answer){ .this_update = 1700000000, .scts = "\x04\x0a\0\x08\0\3abc\0\1d", .scts_len = 12 });

	(void)state;
	assert_int_equal(i.status, OCSP_GOOD);
	assert_int_equal(i.sct_cnt, 2);
	i = parse(&(struct answer){ .this_update = 1700000000, .scts = "\x04\x0a\0\x08\0\3abc\0\2d", .scts_len = 12 });
	assert_int_equal(i.sct_cnt, 0);
}

static void test_bad(void **state)
{
	struct ocsp_info i;
	uint8_t *der;
	size_t len;

	(void)state;
	answer(&(struct answer){ .status = V_OCSP_CERTSTATUS_REVOKED,
				 .reason = 1,
				 .this_update = 1700000000,
				 .next_update = 1700604800,
				 .revoked = 1 },
	       &der, &len);
	for (size_t n = 0; n < len; n++) {
		uint8_t *p = malloc(n ? n : 1);

		memcpy(p, der, n);
		assert_false(ocsp_parse(p, n, &i));
		assert_int_equal(i.status, OCSP_NOT_READ);
		assert_int_equal(i.this_update, 0);
		free(p);
	}
	for (size_t bit = 0; bit < len * 8; bit++) {
		der[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (ocsp_parse(der, len, &i))
			assert_true(i.status != OCSP_NOT_READ);
		der[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_true(ocsp_parse(der, len, &i));
	OPENSSL_free(der);
	/* Successful, without an answer; and an answer of a kind that is not known. */
	assert_false(ocsp_parse((const uint8_t *)"\x30\x03\x0a\x01\x00", 5, &i));
	assert_false(ocsp_parse((const uint8_t *)"\x30\x0f\x0a\x01\x00\xa0\x0a\x30\x08\x06\x02\x2a\x03\x04\x02\x30\x00",
				17, &i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_revoked),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_scts),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
