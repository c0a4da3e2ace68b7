/* SPDX-License-Identifier: BSD-2-Clause */
/* Stapled OCSP answers: about whom, by whom, of when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/ocsp.h>

#include "chains.h"

struct says {
	const struct made *about, *issuer;	/* default: leaf, inter */
	const struct made *signer;	/* default: issuer */
	bool spoilt;			/* the signature */
	int status, reason;
	int64_t this_update, next_update;
	const struct made *also;	/* an answer about this one before */
	const EVP_MD *id_hash;
};

struct staple {
	uint8_t *der;
	size_t len;
};

static void add_single(OCSP_BASICRESP *b, const struct says *s, const struct made *about, const struct made *issuer,
		       int status)
{
	OCSP_CERTID *id = OCSP_cert_to_id(s->id_hash ? s->id_hash : EVP_sha1(), about->x, issuer->x);
	ASN1_TIME *from = ASN1_TIME_adj(NULL, s->this_update ? s->this_update : NOW - DAY, 0, 0);
	ASN1_TIME *to = ASN1_TIME_adj(NULL, s->next_update ? s->next_update : NOW + DAY, 0, 0);
	ASN1_TIME *revoked = ASN1_TIME_adj(NULL, NOW - 2 * DAY, 0, 0);

	CERTS_MUST(OCSP_basic_add1_status(b, id, status, s->reason, status == V_OCSP_CERTSTATUS_REVOKED ? revoked : NULL,
					  from, to));
	OCSP_CERTID_free(id);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	ASN1_TIME_free(revoked);
}

static struct staple say(struct says s)
{
	OCSP_BASICRESP *b = OCSP_BASICRESP_new();
	const struct made *about = s.about ? s.about : &leaf, *issuer = s.issuer ? s.issuer : &inter,
			  *signer = s.signer ? s.signer : issuer;
	struct staple out = { 0 };
	OCSP_RESPONSE *r;

	if (s.also)
		add_single(b, &s, s.also, issuer, V_OCSP_CERTSTATUS_GOOD);
	add_single(b, &s, about, issuer, s.status);
	CERTS_MUST(OCSP_basic_sign(b, signer->x, signer->key, EVP_sha256(), NULL, 0));
	r = OCSP_response_create(0, b);
	out.len = (size_t)i2d_OCSP_RESPONSE(r, &out.der);
	if (s.spoilt) {
		const ASN1_OCTET_STRING *sig = OCSP_resp_get0_signature(b);
		uint8_t *at = memmem(out.der, out.len, sig->data, (size_t)sig->length);

		CERTS_MUST(at);
		at[sig->length - 1] ^= 1;
	}
	OCSP_RESPONSE_free(r);
	OCSP_BASICRESP_free(b);
	return out;
}

static struct verdict judge_staple(struct verify *v, struct staple s, int64_t at)
{
	struct verdict d = verdict_at(v, &(struct sent){ .m = { &leaf, &inter }, .ocsp = s.der, .ocsp_len = s.len }, at);

	OPENSSL_free(s.der);
	return d;
}

static struct verdict fresh_staple(struct says s)
{
	struct verify *v = verifier();
	struct verdict d = judge_staple(v, say(s), NOW);

	verify_free(v);
	return d;
}

static void test_good(void **state)
{
	struct verdict d = fresh_staple((struct says){ 0 });

	(void)state;
	assert_int_equal(d.staple, STAPLE_VERIFIED);
	assert_string_equal(staple_status_word(d.staple), "verified");
	assert_int_equal(d.ocsp.status, OCSP_GOOD);
	assert_int_equal(d.ocsp.next_update, NOW + DAY);
	assert_int_equal(d.status, CHAIN_OK);
	assert_int_equal(fresh_staple((struct says){ .id_hash = EVP_sha256() }).staple, STAPLE_VERIFIED);
}

static void test_revoked(void **state)
{
	struct verdict d = fresh_staple((struct says){ .status = V_OCSP_CERTSTATUS_REVOKED, .reason = 1 });

	(void)state;
	assert_int_equal(d.status, CHAIN_REVOKED);
	assert_int_equal(d.depth, 0);
	assert_int_equal(d.ocsp.reason, 1);
	assert_int_equal(d.ocsp.revoked_at, NOW - 2 * DAY);
	/* Old, but revoked is for good; only a hold can be lifted. */
	d = fresh_staple((struct says){ .status = V_OCSP_CERTSTATUS_REVOKED,
					.reason = 1,
					.this_update = NOW - 9 * DAY,
					.next_update = NOW - 2 * DAY });
	assert_int_equal(d.staple, STAPLE_STALE);
	assert_int_equal(d.status, CHAIN_REVOKED);
	d = fresh_staple((struct says){ .status = V_OCSP_CERTSTATUS_REVOKED,
					.reason = 6,
					.this_update = NOW - 9 * DAY,
					.next_update = NOW - 2 * DAY });
	assert_int_equal(d.status, CHAIN_OK);
}

/* A revocation that nobody vouches for changes nothing. */
static void test_forged(void **state)
{
	struct verdict d = fresh_staple((struct says){ .status = V_OCSP_CERTSTATUS_REVOKED, .signer = &other_root });

	(void)state;
	assert_int_equal(d.staple, STAPLE_BAD_SIGNATURE);
	assert_int_equal(d.status, CHAIN_OK);
	d = fresh_staple((struct says){ .status = V_OCSP_CERTSTATUS_REVOKED, .spoilt = true });
	assert_int_equal(d.staple, STAPLE_BAD_SIGNATURE);
	assert_int_equal(d.status, CHAIN_OK);
	d = fresh_staple((struct says){ .status = V_OCSP_CERTSTATUS_REVOKED, .about = &deep, .issuer = &inter2 });
	assert_int_equal(d.staple, STAPLE_OTHER_CERT);
	assert_int_equal(d.status, CHAIN_OK);
}

/* RFC 6960 section 4.2.2.2: somebody whom the issuer appointed, and nobody else. */
static void test_delegated(void **state)
{
	struct made yes = MAKE(.key_slot = "r", .subject = "CN=R", .issuer = &inter, VALID,
			       .ext = { { "extendedKeyUsage", "OCSPSigning" } });
	struct made no = MAKE(.key_slot = "r", .subject = "CN=R", .issuer = &inter, VALID,
			      .ext = { { "extendedKeyUsage", "serverAuth" } });
	struct made other = MAKE(.key_slot = "r", .subject = "CN=R", .issuer = &root, VALID,
				 .ext = { { "extendedKeyUsage", "OCSPSigning" } });
	struct made forged = MAKE(.key_slot = "r", .subject = "CN=R", .issuer = &inter, .sign_with = other_root.key,
				  VALID, .ext = { { "extendedKeyUsage", "OCSPSigning" } });

	(void)state;
	assert_int_equal(fresh_staple((struct says){ .signer = &yes }).staple, STAPLE_VERIFIED);
	assert_int_equal(fresh_staple((struct says){ .signer = &no }).staple, STAPLE_BAD_SIGNATURE);
	assert_int_equal(fresh_staple((struct says){ .signer = &other }).staple, STAPLE_BAD_SIGNATURE);
	assert_int_equal(fresh_staple((struct says){ .signer = &forged }).staple, STAPLE_BAD_SIGNATURE);
	made_free(&yes);
	made_free(&no);
	made_free(&other);
	made_free(&forged);
}

static void test_times(void **state)
{
	struct verify *v = verifier();
	struct staple s = say((struct says){ 0 });
	struct sent sent = { .m = { &leaf, &inter }, .ocsp = s.der, .ocsp_len = s.len };

	(void)state;
	assert_int_equal(verdict_at(v, &sent, NOW).staple, STAPLE_VERIFIED);
	assert_int_equal(verdict_at(v, &sent, NOW + 2 * DAY).staple, STAPLE_STALE);
	assert_int_equal(verdict_at(v, &sent, NOW - 2 * DAY).staple, STAPLE_STALE);
	assert_int_equal(verdict_at(v, &sent, NOW + DAY + 60).staple, STAPLE_VERIFIED);
	assert_int_equal(verdict_at(v, &sent, NOW + 2 * DAY).status, CHAIN_OK);
	OPENSSL_free(s.der);
	verify_free(v);
}

/* The answer that is meant is not the first of them. */
static void test_several(void **state)
{
	struct verdict d = fresh_staple((struct says){ .also = &deep, .status = V_OCSP_CERTSTATUS_REVOKED, .reason = 4 });

	(void)state;
	assert_int_equal(d.staple, STAPLE_VERIFIED);
	assert_int_equal(d.ocsp.status, OCSP_REVOKED);
	assert_int_equal(d.ocsp.reason, 4);
	assert_int_equal(d.ocsp.answer_cnt, 2);
	assert_int_equal(d.status, CHAIN_REVOKED);
}

/* The issuer is not sent: an anchor, then one that is remembered. */
static void test_issuer_from_elsewhere(void **state)
{
	struct made direct = MAKE(.subject = "CN=direct", .issuer = &root, VALID, .ext = { EE });
	struct staple s = say((struct says){ .about = &direct, .issuer = &root }), t = say((struct says){ 0 });
	struct verify *v = verifier();

	(void)state;
	assert_int_equal(verdict_at(v, &(struct sent){ .m = { &direct }, .ocsp = s.der, .ocsp_len = s.len }, NOW).staple,
			 STAPLE_VERIFIED);
	assert_int_equal(verdict_at(v, &(struct sent){ .m = { &leaf }, .ocsp = t.der, .ocsp_len = t.len }, NOW).staple,
			 STAPLE_UNVERIFIED);
	verdict_at(v, SENT(&leaf, &inter), NOW);
	assert_int_equal(verdict_at(v, &(struct sent){ .m = { &leaf }, .ocsp = t.der, .ocsp_len = t.len }, NOW).staple,
			 STAPLE_VERIFIED);
	verify_free(v);
	OPENSSL_free(s.der);
	OPENSSL_free(t.der);
	made_free(&direct);
}

static void test_bad(void **state)
{
	struct staple s = say((struct says){ .status = V_OCSP_CERTSTATUS_REVOKED });
	struct verify *v = verifier();
	struct verdict d;

	(void)state;
	d = verdict_at(v, &(struct sent){ .m = { &leaf, &inter }, .ocsp = (const uint8_t *)"", .ocsp_len = 0 }, NOW);
	assert_int_equal(d.staple, STAPLE_MALFORMED);
	d = verdict_at(v,
		       &(struct sent){
			       .m = { &leaf, &inter }, .ocsp = (const uint8_t *)"\x30\x03\x0a\x01\x06", .ocsp_len = 5 },
		       NOW);
	assert_int_equal(d.staple, STAPLE_NO_ANSWER);
	assert_int_equal(d.ocsp.response_code, 6);
	for (size_t n = 0; n < s.len; n += 7) {
		d = verdict_at(v, &(struct sent){ .m = { &leaf, &inter }, .ocsp = s.der, .ocsp_len = n }, NOW);
		assert_int_equal(d.staple, STAPLE_MALFORMED);
		assert_int_equal(d.status, CHAIN_OK);
	}
	/* Whatever bit is wrong, it is no revocation, but for one in a certificate that is sent along for nothing. */
	for (size_t bit = 0; bit < s.len * 8; bit += 11) {
		s.der[bit / 8] ^= (uint8_t)(1 << bit % 8);
		d = verdict_at(v, &(struct sent){ .m = { &leaf, &inter }, .ocsp = s.der, .ocsp_len = s.len }, NOW);
		if (d.status == CHAIN_REVOKED)
			assert_int_equal(d.staple, STAPLE_VERIFIED);
		s.der[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	OPENSSL_free(s.der);
	verify_free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_revoked),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_delegated),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_issuer_from_elsewhere),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
