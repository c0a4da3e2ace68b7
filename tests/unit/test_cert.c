/* SPDX-License-Identifier: BSD-2-Clause */
/* What a certificate says: fields of certificates that OpenSSL made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "certs.h"
#include "x509/cert.h"

static struct cert_store *store;

static int setup(void **state)
{
	(void)state;
	store = cert_store_new(1000, 1 << 24);
	return !store;
}

static int teardown(void **state)
{
	(void)state;
	cert_store_free(store);
	return 0;
}

/* Takes over what was made. */
static const struct cert *get(struct made m)
{
	const struct cert *c = cert_store_get(store, m.der, m.len);

	assert_non_null(c);
	assert_int_equal(c->der_len, m.len);
	assert_memory_equal(c->der, m.der, m.len);
	made_free(&m);
	return c;
}

static void assert_str(struct cert_str s, const char *want)
{
	assert_non_null(s.s);
	assert_string_equal(s.s, want);
	assert_int_equal(s.len, strlen(want));
}

static void test_leaf(void **state)
{
	struct made ca = MAKE(.key = "RSA2048", .subject = "C=US/O=Let's Encrypt/CN=R3",
			      .ext = { { "basicConstraints", "critical,CA:TRUE,pathlen:0" } });
	struct made m =
		MAKE(.key = "RSA2048", .key_slot = "leaf",
		     .subject = "C=DE/ST=Hessen/L=Fulda/O=Firma/OU=Eins/OU=Zwei/CN=www.example.com", .issuer = &ca,
		     .not_before = 1700000000, .not_after = 1707776000, .serial = "04B1FF",
		     .ext = { { "subjectAltName", "DNS:www.example.com,DNS:*.example.com,IP:192.0.2.7,IP:2001:db8::1,"
						  "email:a@example.com,URI:https://e.example/x" },
			      { "basicConstraints", "CA:FALSE" },
			      { "keyUsage", "digitalSignature,keyEncipherment" },
			      { "extendedKeyUsage", "serverAuth,clientAuth,1.3.9999.5" },
			      { "certificatePolicies", "2.23.140.1.2.1" },
			      { "authorityInfoAccess",
				"OCSP;URI:http://o.example/,caIssuers;URI:http://i.example/r3.der" },
			      { "crlDistributionPoints", "URI:http://c.example/1.crl,URI:http://c.example/2.crl" },
			      { "tlsfeature", "status_request" },
			      { "subjectKeyIdentifier", "A0B1C2D3" } });
	const struct cert *c;

	(void)state;
	c = get(m);
	made_free(&ca);
	assert_false(c->malformed);
	assert_int_equal(c->version, 3);
	assert_str(c->serial, "04B1FF");
	assert_str(c->issuer.dn, "C=US, O=Let's Encrypt, CN=R3");
	assert_str(c->subject.dn, "C=DE, ST=Hessen, L=Fulda, O=Firma, OU=Eins, OU=Zwei, CN=www.example.com");
	assert_int_equal(c->subject.ou.n, 2);
	assert_str(c->subject.ou.v[0], "Eins");
	assert_str(c->subject.ou.v[1], "Zwei");
	assert_str(c->subject.cn.v[0], "www.example.com");
	assert_str(c->subject.c.v[0], "DE");
	assert_str(c->subject.st.v[0], "Hessen");
	assert_str(c->subject.l.v[0], "Fulda");
	assert_str(c->subject.o.v[0], "Firma");
	assert_true(c->not_before_valid && c->not_after_valid);
	assert_int_equal(c->not_before, 1700000000);
	assert_int_equal(c->not_after, 1707776000);
	assert_int_equal(c->san_cnt, 6);
	assert_str(c->san[0].text, "www.example.com");
	assert_int_equal(c->san[1].type, CERT_SAN_DNS);
	assert_str(c->san[2].text, "192.0.2.7");
	assert_int_equal(c->san[3].type, CERT_SAN_IP);
	assert_str(c->san[3].text, "2001:db8::1");
	assert_int_equal(c->san[4].type, CERT_SAN_EMAIL);
	assert_int_equal(c->san[5].type, CERT_SAN_URI);
	assert_str(c->key_algorithm, "RSA");
	assert_int_equal(c->key_bits, 2048);
	assert_int_equal(c->key_exponent, 65537);
	assert_null(c->key_curve.s);
	assert_str(c->signature_algorithm, "SHA256-RSA");
	assert_false(c->is_ca || c->self_issued || c->self_signed || c->extension_malformed);
	assert_int_equal(c->key_usage_bits, 1 << 0 | 1 << 2);
	assert_int_equal(c->ext_key_usage.n, 3);
	assert_str(c->ext_key_usage.v[0], "serverAuth");
	assert_str(c->ext_key_usage.v[2], "1.3.9999.5");
	assert_str(c->policies.v[0], "2.23.140.1.2.1");
	assert_str(c->ocsp_urls.v[0], "http://o.example/");
	assert_str(c->issuer_urls.v[0], "http://i.example/r3.der");
	assert_int_equal(c->crl_urls.n, 2);
	assert_str(c->crl_urls.v[1], "http://c.example/2.crl");
	assert_true(c->must_staple);
	assert_str(c->subject_key_id, "A0B1C2D3");
	assert_int_equal(c->path_len, -1);
	cert_put(c);
}

static void test_hashes(void **state)
{
	struct made m = MAKE(.subject = "CN=h");
	unsigned char want[32];
	unsigned char *spki = NULL;
	const struct cert *c;
	unsigned int n;
	int len;

	(void)state;
	c = cert_store_get(store, m.der, m.len);
	assert_true(X509_digest(m.x, EVP_sha256(), want, &n));
	assert_memory_equal(c->sha256, want, 32);
	assert_true(X509_digest(m.x, EVP_sha1(), want, &n));
	assert_memory_equal(c->sha1, want, 20);
	len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(m.x), &spki);
	assert_true(EVP_Digest(spki, (size_t)len, want, &n, EVP_sha256(), NULL));
	assert_memory_equal(c->spki_sha256, want, 32);
	OPENSSL_free(spki);
	made_free(&m);
	cert_put(c);
}

static void test_authority(void **state)
{
	const struct cert *c;

	(void)state;
	c = get(MAKE(.subject = "CN=Root", .ext = { { "basicConstraints", "critical,CA:TRUE,pathlen:3" },
						    { "keyUsage", "keyCertSign,cRLSign" },
						    { "nameConstraints", "permitted;DNS:example.com" } }));
	assert_true(c->is_ca && c->self_issued && c->self_signed && c->name_constraints);
	assert_int_equal(c->path_len, 3);
	assert_int_equal(c->key_usage_bits, 1 << 5 | 1 << 6);
	cert_put(c);
}

/* Named by itself as issuer, signed by another key. */
static void test_self_issued_bad(void **state)
{
	const struct cert *c;

	(void)state;
	c = get(MAKE(.subject = "CN=Liar", .sign_with = certs_key("EC:P-256", "other")));
	assert_true(c->self_issued);
	assert_false(c->self_signed);
	cert_put(c);
	c = get(MAKE(.subject = "CN=Case  Fold", .issuer_text = "CN=case fold"));
	assert_true(c->self_issued && c->self_signed);
	cert_put(c);
	c = get(MAKE(.subject = "CN=One", .issuer_text = "CN=Two"));
	assert_false(c->self_issued || c->self_signed);
	cert_put(c);
}

static const struct cert *with_times(const char *before, int before_type, const char *after, int after_type)
{
	struct made m = MAKE(.subject = "CN=t", .key = "ED25519");
	ASN1_STRING *b = ASN1_STRING_type_new(before_type), *a = ASN1_STRING_type_new(after_type);

	ASN1_STRING_set(b, before, -1);
	ASN1_STRING_set(a, after, -1);
	X509_set1_notBefore(m.x, b);
	X509_set1_notAfter(m.x, a);
	ASN1_STRING_free(b);
	ASN1_STRING_free(a);
	X509_sign(m.x, m.key, NULL);
	OPENSSL_free(m.der);
	m.der = NULL;
	m.len = (size_t)i2d_X509(m.x, &m.der);
	return get(m);
}

static void test_times(void **state)
{
	const struct cert *c;

	(void)state;
	c = with_times("500101000000Z", V_ASN1_UTCTIME, "491231235959Z", V_ASN1_UTCTIME);
	assert_int_equal(c->not_before, -631152000);
	assert_int_equal(c->not_after, 2524607999);
	cert_put(c);
	c = with_times("19000228235959Z", V_ASN1_GENERALIZEDTIME, "99991231235959Z", V_ASN1_GENERALIZEDTIME);
	assert_int_equal(c->not_before, -2203891201);
	assert_int_equal(c->not_after, 253402300799);
	assert_true(c->not_before_valid && c->not_after_valid);
	cert_put(c);
	c = with_times("20000229000000Z", V_ASN1_GENERALIZEDTIME, "700101000000Z", V_ASN1_UTCTIME);
	assert_int_equal(c->not_before, 951782400);
	assert_int_equal(c->not_after, 0);
	assert_true(c->not_after_valid);
	cert_put(c);
}

static void test_times_bad(void **state)
{
	static const char *const bad[] = { "990230000000Z", "99", "", "9902a0000000Z", "990101250000Z" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct cert *c = with_times(bad[i], V_ASN1_UTCTIME, "20300101000000Z", V_ASN1_GENERALIZEDTIME);

		/* OpenSSL 3.5 refuses some of these times while decoding: then nothing else is known either. */
		assert_false(c->not_before_valid);
		assert_int_equal(c->not_before, 0);
		assert_true(c->not_after_valid || c->malformed);
		cert_put(c);
	}
}

static void test_serials(void **state)
{
	static const char *const serials[][2] = { { "0", "00" },
						  { "-05", "-05" },
						  { "FF", "FF" },
						  { "7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
						    "7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF" } };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		const struct cert *c = get(MAKE(.serial = serials[i][0]));

		assert_str(c->serial, serials[i][1]);
		cert_put(c);
	}
}

static void test_versions(void **state)
{
	const struct cert *c;

	(void)state;
	c = get(MAKE(.version = 1));
	assert_int_equal(c->version, 1);
	assert_int_equal(c->san_cnt, 0);
	assert_false(c->san_present || c->is_ca);
	cert_put(c);
}

static void test_scts(void **state)
{
	/* Two SCTs of 3 and 1 bytes in a list, in an OCTET STRING; then a list that lies about its length. */
	static const uint8_t two[] = { 0x04, 10, 0, 8, 0, 3, 'a', 'b', 'c', 0, 1, 'd' };
	static const uint8_t lie[] = { 0x04, 10, 0, 8, 0, 3, 'a', 'b', 'c', 0, 9, 'd' };
	const struct cert *c;

	(void)state;
	c = get(MAKE(.raw = { make_extension("1.3.6.1.4.1.11129.2.4.2", two, sizeof(two)) }));
	assert_int_equal(c->sct_cnt, 2);
	assert_false(c->extension_malformed);
	cert_put(c);
	c = get(MAKE(.raw = { make_extension("1.3.6.1.4.1.11129.2.4.2", lie, sizeof(lie)) }));
	assert_true(c->extension_malformed);
	cert_put(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leaf),
		cmocka_unit_test(test_hashes),
		cmocka_unit_test(test_authority),
		cmocka_unit_test(test_self_issued_bad),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_times_bad),
		cmocka_unit_test(test_serials),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_scts),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
