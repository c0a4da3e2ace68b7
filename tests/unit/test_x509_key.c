/* SPDX-License-Identifier: BSD-2-Clause */
/* Public keys and signature algorithms, the odd ones too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/param_build.h>

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

struct key_case {
	const char *kind, *algorithm, *curve, *signature, *digest;
	uint32_t bits;
	int pss;
};

static void test_keys(void **state)
{
	static const struct key_case cases[] = {
		{ "RSA1024", "RSA", NULL, "SHA1-RSA", "SHA1", 1024, 0 },
		{ "RSA2048", "RSA", NULL, "SHA384-RSA", "SHA384", 2048, 0 },
		{ "RSA2048", "RSA", NULL, "MD5-RSA", "MD5", 2048, 0 },
		{ "RSA2048", "RSA", NULL, "RSA-PSS-SHA512", "SHA512", 2048, 1 },
		{ "PSS2048", "RSA-PSS", NULL, "RSA-PSS-SHA256", "SHA256", 2048, 1 },
		{ "EC:P-256", "EC", "secp256r1", "ECDSA-SHA256", "SHA256", 256, 0 },
		{ "EC:P-384", "EC", "secp384r1", "ECDSA-SHA384", "SHA384", 384, 0 },
		{ "EC:P-521", "EC", "secp521r1", "ECDSA-SHA512", "SHA512", 521, 0 },
		{ "EC:P-192", "EC", "secp192r1", "ECDSA-SHA1", "SHA1", 192, 0 },
		{ "EC:secp256k1", "EC", "secp256k1", "ECDSA-SHA256", "SHA256", 256, 0 },
		{ "EC:brainpoolP384r1", "EC", "brainpoolP384r1", "ECDSA-SHA512", "SHA512", 384, 0 },
		{ "EC:sect283k1", "EC", "sect283k1", "ECDSA-SHA224", "SHA224", 283, 0 },
		{ "ED25519", "Ed25519", NULL, "Ed25519", "", 256, 0 },
		{ "ED448", "Ed448", NULL, "Ed448", "", 456, 0 },
		{ "DSA1024", "DSA", NULL, "DSA-SHA256", "SHA256", 1024, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct key_case *k = &cases[i];
		const struct cert *c = get(MAKE(.key = k->kind, .digest = k->digest, .pss = k->pss, .subject = "CN=key"));

		assert_str(c->key_algorithm, k->algorithm);
		assert_int_equal(c->key_bits, k->bits);
		if (k->curve)
			assert_str(c->key_curve, k->curve);
		else
			assert_null(c->key_curve.s);
		assert_str(c->signature_algorithm, k->signature);
		assert_true(c->self_signed);
		assert_false(c->key_malformed);
		assert_int_equal(!!c->pss.hash, k->pss);
		if (k->pss) {
			assert_string_equal(c->pss.hash, k->digest);
			assert_string_equal(c->pss.mgf_hash, k->digest);
			assert_int_equal(c->pss.salt_len, 32);
		}
		cert_put(c);
	}
}

/* Keys that cannot sign, and those that are not to be trusted with the verifier's time. */
static void test_odd_keys(void **state)
{
	EVP_PKEY *signer = certs_key("EC:P-256", NULL);
	const struct cert *c;

	(void)state;
	c = get(MAKE(.key = "DH2048", .sign_with = signer));
	assert_str(c->key_algorithm, "DH");
	assert_int_equal(c->key_bits, 2048);
	assert_false(c->self_signed);
	cert_put(c);
	c = get(MAKE(.key = "X25519", .sign_with = signer));
	assert_str(c->key_algorithm, "X25519");
	cert_put(c);
	c = get(MAKE(.key = "EXPLICIT"));
	assert_str(c->key_algorithm, "EC");
	assert_str(c->key_curve, "explicit");
	assert_int_equal(c->key_bits, 256);
	assert_true(c->self_issued);
	assert_false(c->self_signed);
	cert_put(c);
}

static void replace(uint8_t *p, size_t len, const char *from, const char *to, size_t n)
{
	uint8_t *at = memmem(p, len, from, n);

	assert_non_null(at);
	do {
		memcpy(at, to, n);
		at = memmem(p, len, from, n);
	} while (at);
}

/* An algorithm that nobody knows: its OID, and everything else as usual. */
static void test_unknown_algorithms(void **state)
{
	struct made m = MAKE(.key = "ED25519", .subject = "CN=pq.example", .issuer_text = "CN=pq.example");
	const struct cert *c;

	(void)state;
	replace(m.der, m.len, "\x06\x03\x2b\x65\x70", "\x06\x03\x2b\x65\x05", 5);
	c = get(m);
	assert_false(c->malformed);
	assert_str(c->key_algorithm, "1.3.101.5");
	assert_str(c->signature_algorithm, "1.3.101.5");
	assert_int_equal(c->key_bits, 0);
	assert_str(c->subject.cn.v[0], "pq.example");
	assert_false(c->self_signed);
	cert_put(c);

	m = MAKE(.key = "EC:P-256", .subject = "CN=curve");
	replace(m.der, m.len, "\x2a\x86\x48\xce\x3d\x03\x01\x07", "\x2a\x86\x48\xce\x3d\x03\x01\x77", 8);
	c = get(m);
	assert_str(c->key_algorithm, "EC");
	assert_str(c->key_curve, "1.2.840.10045.3.1.119");
	assert_int_equal(c->key_bits, 0);
	assert_false(c->self_signed);
	cert_put(c);
}

static void test_key_bad(void **state)
{
	struct made m = MAKE(.key = "RSA1024", .subject = "CN=k");
	const struct cert *c;
	uint8_t *at;

	(void)state;
	at = memmem(m.der, m.len, "\x02\x03\x01\x00\x01", 5);
	at[0] = 0x04;
	c = get(m);
	assert_false(c->malformed);
	assert_true(c->key_malformed);
	assert_str(c->key_algorithm, "RSA");
	assert_int_equal(c->key_bits, 0);
	assert_false(c->self_signed);
	cert_put(c);
}

static void test_large_rsa(void **state)
{
	/* 2,200 bytes of modulus: over what is verified. Built from a key that cannot exist, signed by nothing. */
	struct made m = MAKE(.key = "RSA1024", .subject = "CN=large");
	static uint8_t modulus[2200];
	BIGNUM *n, *e = NULL;
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *k = NULL;
	OSSL_PARAM *p;
	const struct cert *c;

	(void)state;
	memset(modulus, 0xff, sizeof(modulus));
	n = BN_bin2bn(modulus, sizeof(modulus), NULL);
	BN_dec2bn(&e, "3");
	assert_true(OSSL_PARAM_BLD_push_BN(b, "n", n) && OSSL_PARAM_BLD_push_BN(b, "e", e));
	p = OSSL_PARAM_BLD_to_param(b);
	assert_true(EVP_PKEY_fromdata_init(ctx) > 0 && EVP_PKEY_fromdata(ctx, &k, EVP_PKEY_PUBLIC_KEY, p) > 0);
	assert_true(X509_set_pubkey(m.x, k));
	assert_true(X509_sign(m.x, m.key, EVP_sha256()));
	OPENSSL_free(m.der);
	m.der = NULL;
	m.len = (size_t)i2d_X509(m.x, &m.der);
	c = get(m);
	assert_int_equal(c->key_bits, 17600);
	assert_int_equal(c->key_exponent, 3);
	assert_true(c->self_issued);
	assert_false(c->self_signed);
	cert_put(c);
	EVP_PKEY_free(k);
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(p);
	OSSL_PARAM_BLD_free(b);
	BN_free(n);
	BN_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_odd_keys),
		cmocka_unit_test(test_unknown_algorithms),
		cmocka_unit_test(test_key_bad),
		cmocka_unit_test(test_large_rsa),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
