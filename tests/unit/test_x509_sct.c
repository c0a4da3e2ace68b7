/* SPDX-License-Identifier: BSD-2-Clause */
/* Signed certificate timestamps, made here as a log makes them, and checked by OpenSSL's own verifier as well. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/ct.h>
#include <openssl/ocsp.h>

#include "chains.h"
#include "x509/ct_logs.h"
#include "x509/findings.h"

struct list {
	uint8_t b[4096];
	size_t n;
};

static void put(struct list *l, uint64_t v, size_t n)
{
	while (n--)
		l->b[l->n++] = (uint8_t)(v >> 8 * n);
}

static void put_bytes(struct list *l, const void *p, size_t len)
{
	memcpy(l->b + l->n, p, len);
	l->n += len;
}

static EVP_PKEY *log_key(const char *slot)
{
	return certs_key("EC:P-256", slot);
}

static size_t spki_of(EVP_PKEY *k, uint8_t **out)
{
	int n;

	*out = NULL;
	n = i2d_PUBKEY(k, out);
	assert_true(n > 0);
	return (size_t)n;
}

static void hash_key(EVP_PKEY *k, uint8_t out[32])
{
	uint8_t *spki;
	size_t n = spki_of(k, &spki);

	assert_true(EVP_Digest(spki, n, out, NULL, EVP_sha256(), NULL));
	OPENSSL_free(spki);
}

/* One SCT; der is the certificate, or with an issuer the TBSCertificate. */
static void make_sct(struct list *out, EVP_PKEY *log, int64_t time_s, EVP_PKEY *issuer, const uint8_t *der, size_t len)
{
	struct list s = { .n = 0 };
	uint8_t id[32], value[80];
	size_t value_len = sizeof(value);
	EVP_MD_CTX *c = EVP_MD_CTX_new();

	put(&s, 0, 2);
	put(&s, (uint64_t)time_s * 1000, 8);
	put(&s, issuer ? 1 : 0, 2);
	if (issuer) {
		hash_key(issuer, id);
		put_bytes(&s, id, 32);
	}
	put(&s, len, 3);
	put_bytes(&s, der, len);
	put(&s, 0, 2);
	assert_true(EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, log) > 0 &&
		    EVP_DigestSign(c, value, &value_len, s.b, s.n) > 0);
	EVP_MD_CTX_free(c);
	hash_key(log, id);
	put(out, 47 + value_len, 2);
	put(out, 0, 1);
	put_bytes(out, id, 32);
	put(out, (uint64_t)time_s * 1000, 8);
	put(out, 0, 2);
	put(out, 0x0403, 2);
	put(out, value_len, 2);
	put_bytes(out, value, value_len);
}

/* The whole list: its own length before it. */
static struct list whole(const struct list *scts)
{
	struct list l = { .n = 0 };

	put(&l, scts->n, 2);
	put_bytes(&l, scts->b, scts->n);
	return l;
}

static X509_EXTENSION *extension_of(const char *oid, const struct list *scts)
{
	struct list l = whole(scts), x = { .n = 0 };

	put(&x, 0x0482, 2);
	put(&x, l.n, 2);
	put_bytes(&x, l.b, l.n);
	return make_extension(oid, x.b, x.n);
}

/* The test's leaf with SCTs by these logs in it. */
static struct made with_scts(EVP_PKEY *const *logs, size_t n, int64_t time_s)
{
	struct made m = { .x = X509_dup(leaf.x), .key = leaf.key };
	struct list scts = { .n = 0 };
	unsigned char *tbs = NULL;
	int len = i2d_re_X509_tbs(m.x, &tbs);
	X509_EXTENSION *x;

	for (size_t i = 0; i < n; i++)
		make_sct(&scts, logs[i], time_s, inter.key, tbs, (size_t)len);
	x = extension_of("1.3.6.1.4.1.11129.2.4.2", &scts);
	assert_true(X509_add_ext(m.x, x, -1) && X509_sign(m.x, inter.key, EVP_sha256()));
	X509_EXTENSION_free(x);
	OPENSSL_free(tbs);
	m.len = (size_t)i2d_X509(m.x, &m.der);
	return m;
}

static void write_list(const char *name, const char *before, const char *between, const char *after,
		       EVP_PKEY *const *keys, size_t n)
{
	FILE *f = fopen(in_dir(name), "w");

	for (size_t i = 0; i < n; i++) {
		uint8_t *spki;
		char text[512];
		size_t len = spki_of(keys[i], &spki);

		EVP_EncodeBlock((unsigned char *)text, spki, (int)len);
		OPENSSL_free(spki);
		fprintf(f, "%s%s%s", i ? between : before, text, i + 1 == n ? after : "");
	}
	fclose(f);
}

static struct ct_logs *load_cnf(EVP_PKEY *const *keys, size_t n)
{
	struct ct_logs *l;
	unsigned int line;

#define A "[a]\ndescription = A # key = x\nkey = "
	write_list("logs.cnf", n > 1 ? "enabled_logs = a, b\n" A : "enabled_logs = a\n" A,
		   "\n[b]\ndescription = B\nkey = ", "\n", keys, n);
	assert_int_equal(ct_logs_load(&l, in_dir("logs.cnf"), &line), 0);
	assert_int_equal(ct_logs_count(l), n);
	return l;
}

static struct verify *verifier_with(const struct ct_logs *l)
{
	struct verify *v;

	assert_int_equal(verify_new(&v, &(struct verify_options){ .ca_file = in_dir("ca.pem"), .ct_logs = l }), 0);
	return v;
}

static void assert_counts(struct sct_counts got, unsigned int cnt, unsigned int valid, unsigned int unknown,
			  unsigned int invalid)
{
	assert_int_equal(got.cnt, cnt);
	assert_int_equal(got.valid, valid);
	assert_int_equal(got.unknown_log, unknown);
	assert_int_equal(got.invalid, invalid);
}

/* OpenSSL's opinion of the embedded ones. */
static int openssl_valid(const struct made *m)
{
	CT_POLICY_EVAL_CTX *c = CT_POLICY_EVAL_CTX_new();
	CTLOG_STORE *s = CTLOG_STORE_new();
	STACK_OF(SCT) *scts = X509_get_ext_d2i(m->x, NID_ct_precert_scts, NULL, NULL);
	int n = 0;

	assert_true(CTLOG_STORE_load_file(s, in_dir("logs.cnf")) > 0);
	assert_non_null(scts);
	CT_POLICY_EVAL_CTX_set1_cert(c, m->x);
	CT_POLICY_EVAL_CTX_set1_issuer(c, inter.x);
	CT_POLICY_EVAL_CTX_set_shared_CTLOG_STORE(c, s);
	for (int i = 0; i < sk_SCT_num(scts); i++) {
		SCT_set_source(sk_SCT_value(scts, i), SCT_SOURCE_X509V3_EXTENSION);
		n += SCT_validate(sk_SCT_value(scts, i), c) == 1;
	}
	SCT_LIST_free(scts);
	CT_POLICY_EVAL_CTX_free(c);
	CTLOG_STORE_free(s);
	return n;
}

static void test_embedded(void **state)
{
	EVP_PKEY *known[] = { log_key("log a"), log_key("log b") }, *used[] = { known[0], log_key("log c"), known[1] };
	struct ct_logs *l = load_cnf(known, 2);
	struct verify *v = verifier_with(l), *without = verifier();
	struct made m = with_scts(used, 3, NOW - DAY);
	struct verdict d;

	(void)state;
	assert_int_equal(openssl_valid(&m), 2);
	d = verdict_at(v, SENT(&m, &inter), NOW);
	assert_int_equal(d.status, CHAIN_OK);
	assert_counts(d.scts, 3, 2, 1, 0);
	assert_counts(verdict_at(v, SENT(&m, &inter), NOW).scts, 3, 2, 1, 0);
	/* Of the future: no log can have said that. */
	assert_counts(verdict_at(v, SENT(&m, &inter), NOW - 2 * DAY).scts, 3, 0, 1, 2);
	assert_counts(verdict_at(without, SENT(&m, &inter), NOW).scts, 0, 0, 0, 0);
	assert_counts(verdict_at(v, SENT(&leaf, &inter), NOW).scts, 0, 0, 0, 0);
	verify_free(v);
	verify_free(without);
	ct_logs_free(l);
	made_free(&m);
	clean("logs.cnf");
}

/* Without its issuer nothing can be said, until it is known. */
static void test_issuer_unknown(void **state)
{
	EVP_PKEY *known[] = { log_key("log a") };
	struct ct_logs *l = load_cnf(known, 1);
	struct verify *v = verifier_with(l);
	struct made m = with_scts(known, 1, NOW - DAY);

	(void)state;
	assert_counts(verdict_at(v, SENT(&m), NOW).scts, 1, 0, 0, 0);
	verdict_at(v, SENT(&deep, &inter2, &inter), NOW);
	assert_counts(verdict_at(v, SENT(&m), NOW).scts, 1, 1, 0, 0);
	verify_free(v);
	ct_logs_free(l);
	made_free(&m);
	clean("logs.cnf");
}

/* SCTs of another certificate. */
static void test_embedded_bad(void **state)
{
	EVP_PKEY *known[] = { log_key("log a") };
	struct ct_logs *l = load_cnf(known, 1);
	struct verify *v = verifier_with(l);
	struct findings *f = findings_new(&(struct findings_options){ 0 });
	struct made m = { .x = X509_dup(leaf.x), .key = leaf.key };
	struct list scts = { .n = 0 };
	X509_EXTENSION *x;
	const struct cert *chain[2];
	struct verify_request r = { .chain = chain, .n = 2, .at = NOW };
	struct verdict d;

	(void)state;
	make_sct(&scts, known[0], NOW - DAY, inter.key, deep.der, deep.len);
	put(&scts, 3, 2);
	put(&scts, 0x010203, 3);
	x = extension_of("1.3.6.1.4.1.11129.2.4.2", &scts);
	assert_true(X509_add_ext(m.x, x, -1) && X509_sign(m.x, inter.key, EVP_sha256()));
	X509_EXTENSION_free(x);
	m.len = (size_t)i2d_X509(m.x, &m.der);
	assert_int_equal(openssl_valid(&m), 0);
	chain[0] = cert_store_get(store, m.der, m.len);
	chain[1] = cert_store_get(store, inter.der, inter.len);
	d = verify_chain(v, &r);
	assert_counts(d.scts, 2, 0, 0, 2);
	assert_true(findings_has(findings_of_chain(f, &r, &d, false), FINDING_SCT_INVALID));
	cert_put(chain[0]);
	cert_put(chain[1]);
	findings_free(f);
	verify_free(v);
	ct_logs_free(l);
	made_free(&m);
	clean("logs.cnf");
}

static struct sct_counts with_list(struct verify *v, const uint8_t *p, size_t len, const uint8_t *ocsp, size_t ocsp_len)
{
	const struct cert *chain[] = { cert_store_get(store, leaf.der, leaf.len),
				       cert_store_get(store, inter.der, inter.len) };
	struct verdict d = verify_chain(v, &(struct verify_request){ .chain = chain,
								     .n = 2,
								     .at = NOW,
								     .scts = p,
								     .scts_len = len,
								     .ocsp = ocsp,
								     .ocsp_len = ocsp_len });

	cert_put(chain[0]);
	cert_put(chain[1]);
	return d.scts;
}

static size_t ocsp_with(const struct list *scts, uint8_t **der)
{
	OCSP_BASICRESP *b = OCSP_BASICRESP_new();
	ASN1_TIME *from = ASN1_TIME_adj(NULL, NOW - DAY, 0, 0);
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), leaf.x, inter.x);
	OCSP_SINGLERESP *s = OCSP_basic_add1_status(b, id, V_OCSP_CERTSTATUS_GOOD, 0, NULL, from, NULL);
	X509_EXTENSION *x = extension_of("1.3.6.1.4.1.11129.2.4.5", scts);
	OCSP_RESPONSE *r;
	int n;

	assert_true(s && OCSP_SINGLERESP_add_ext(s, x, -1) &&
		    OCSP_basic_sign(b, inter.x, inter.key, EVP_sha256(), NULL, 0));
	r = OCSP_response_create(0, b);
	*der = NULL;
	n = i2d_OCSP_RESPONSE(r, der);
	assert_true(n > 0);
	X509_EXTENSION_free(x);
	OCSP_RESPONSE_free(r);
	OCSP_BASICRESP_free(b);
	OCSP_CERTID_free(id);
	ASN1_TIME_free(from);
	return (size_t)n;
}

/* In the handshake, in the OCSP answer: of the certificate as it is. */
static void test_other_places(void **state)
{
	EVP_PKEY *known[] = { log_key("log a") };
	struct ct_logs *l = load_cnf(known, 1);
	struct verify *v = verifier_with(l);
	struct list scts = { .n = 0 }, all;
	uint8_t *ocsp;
	size_t ocsp_len;

	(void)state;
	make_sct(&scts, known[0], NOW - DAY, NULL, leaf.der, leaf.len);
	all = whole(&scts);
	assert_counts(with_list(v, all.b, all.n, NULL, 0), 1, 1, 0, 0);
	all.b[all.n - 1] ^= 1;
	assert_counts(with_list(v, all.b, all.n, NULL, 0), 1, 0, 0, 1);
	all.b[all.n - 1] ^= 1;
	ocsp_len = ocsp_with(&scts, &ocsp);
	assert_counts(with_list(v, NULL, 0, ocsp, ocsp_len), 1, 1, 0, 0);
	assert_counts(with_list(v, all.b, all.n, ocsp, ocsp_len), 2, 2, 0, 0);
	for (size_t n = 0; n < all.n; n++)
		assert_int_equal(with_list(v, all.b, n, NULL, 0).valid, 0);
	OPENSSL_free(ocsp);
	verify_free(v);
	ct_logs_free(l);
	clean("logs.cnf");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_embedded),
		cmocka_unit_test(test_issuer_unknown),
		cmocka_unit_test(test_embedded_bad),
		cmocka_unit_test(test_other_places),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
