/* SPDX-License-Identifier: BSD-2-Clause */
/* The store of certificates, and bytes that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "certs.h"
#include "x509/cert.h"

static void test_same_bytes(void **state)
{
	struct cert_store *s = cert_store_new(10, 1 << 20);
	struct made m = MAKE(.subject = "CN=one"), n = MAKE(.subject = "CN=two");
	const struct cert *a = cert_store_get(s, m.der, m.len), *b = cert_store_get(s, m.der, m.len),
			  *c = cert_store_get(s, n.der, n.len);
	struct cert_store_stats st = cert_store_stats(s);

	(void)state;
	assert_ptr_equal(a, b);
	assert_ptr_not_equal(a, c);
	assert_ptr_not_equal(a->der, m.der);
	assert_int_equal(st.hits, 1);
	assert_int_equal(st.misses, 2);
	assert_int_equal(st.count, 2);
	assert_int_equal(st.malformed, 0);
	assert_true(st.bytes > m.len + n.len);
	cert_put(a);
	cert_put(b);
	cert_put(c);
	made_free(&m);
	made_free(&n);
	cert_store_free(s);
}

static void number(struct made *m, int i)
{
	char name[32];

	snprintf(name, sizeof(name), "CN=number %d", i);
	*m = MAKE(.key = "ED25519", .subject = name);
}

static void test_evicts_oldest(void **state)
{
	struct cert_store *s = cert_store_new(3, 1 << 20);
	const struct cert *kept;
	struct made m[5];

	(void)state;
	for (int i = 0; i < 5; i++)
		number(&m[i], i);
	kept = cert_store_get(s, m[0].der, m[0].len);
	for (int i = 1; i < 3; i++)
		cert_put(cert_store_get(s, m[i].der, m[i].len));
	/* 0 is used again: 1 is the oldest when 3 comes. */
	cert_put(cert_store_get(s, m[0].der, m[0].len));
	cert_put(cert_store_get(s, m[3].der, m[3].len));
	assert_int_equal(cert_store_stats(s).evicted, 1);
	assert_int_equal(cert_store_stats(s).count, 3);
	cert_put(cert_store_get(s, m[0].der, m[0].len));
	assert_int_equal(cert_store_stats(s).hits, 2);
	cert_put(cert_store_get(s, m[1].der, m[1].len));
	assert_int_equal(cert_store_stats(s).misses, 5);
	/* One that is referenced outlives its eviction and the store. */
	for (int i = 1; i < 5; i++)
		cert_put(cert_store_get(s, m[i].der, m[i].len));
	cert_ref(kept);
	cert_store_free(s);
	cert_put(kept);
	assert_string_equal(kept->subject.dn.s, "CN=number 0");
	cert_put(kept);
	for (int i = 0; i < 5; i++)
		made_free(&m[i]);
}

static void test_bytes_bound(void **state)
{
	struct cert_store *s = cert_store_new(1000, 8000);
	struct made m;

	(void)state;
	for (int i = 0; i < 20; i++) {
		number(&m, i);
		cert_put(cert_store_get(s, m.der, m.len));
		assert_true(cert_store_stats(s).bytes <= 8000);
		made_free(&m);
	}
	assert_true(cert_store_stats(s).count >= 2);
	assert_int_equal(cert_store_stats(s).evicted + cert_store_stats(s).count, 20);
	cert_store_free(s);
}

/* Larger than the store, or no store at all: the certificate is there, nobody keeps it. */
static void test_no_room(void **state)
{
	struct cert_store *s = cert_store_new(10, 100), *none = cert_store_new(0, 1 << 20);
	struct made m = MAKE(.subject = "CN=big");
	const struct cert *c = cert_store_get(s, m.der, m.len), *d = cert_store_get(none, m.der, m.len);

	(void)state;
	assert_string_equal(c->subject.dn.s, "CN=big");
	assert_int_equal(cert_store_stats(s).count, 0);
	assert_int_equal(cert_store_stats(s).bytes, 0);
	assert_int_equal(cert_store_stats(none).count, 0);
	cert_put(c);
	cert_put(d);
	cert_put(NULL);
	cert_store_free(NULL);
	made_free(&m);
	cert_store_free(s);
	cert_store_free(none);
}

/* A typical leaf must not take more than 2 KiB beside its bytes. */
static void test_memory(void **state)
{
	struct cert_store *s = cert_store_new(10, 1 << 20);
	struct made m =
		MAKE(.key = "RSA2048", .subject = "C=US/ST=California/L=San Francisco/O=Example Org/CN=www.example.com",
		     .ext = { { "subjectAltName",
				"DNS:www.example.com,DNS:example.com,DNS:*.cdn.example.com,DNS:api.example.com" },
			      { "keyUsage", "digitalSignature" },
			      { "extendedKeyUsage", "serverAuth,clientAuth" },
			      { "subjectKeyIdentifier", "hash" },
			      { "authorityInfoAccess",
				"OCSP;URI:http://r10.o.example.org,caIssuers;URI:http://r10.i.example.org/" },
			      { "certificatePolicies", "2.23.140.1.2.1" },
			      { "crlDistributionPoints", "URI:http://c.example.org/r10/107.crl" } });

	(void)state;
	cert_put(cert_store_get(s, m.der, m.len));
	assert_in_range(cert_store_stats(s).bytes - m.len, 500, 2048);
	made_free(&m);
	cert_store_free(s);
}

static void assert_malformed(struct cert_store *s, const uint8_t *p, size_t len)
{
	const struct cert *c = cert_store_get(s, p, len);
	unsigned char want[32];

	assert_non_null(c);
	assert_true(c->malformed);
	assert_true(EVP_Digest(p, len, want, NULL, EVP_sha256(), NULL));
	assert_memory_equal(c->sha256, want, 32);
	assert_true(EVP_Digest(p, len, want, NULL, EVP_sha1(), NULL));
	assert_memory_equal(c->sha1, want, 20);
	assert_int_equal(c->der_len, len);
	assert_false(c->self_signed);
	cert_put(c);
}

static void test_malformed(void **state)
{
	static const uint8_t text[] = "-----BEGIN CERTIFICATE-----";
	static uint8_t huge[300000];
	struct cert_store *s = cert_store_new(10, 1 << 22);
	struct made m = MAKE(.subject = "CN=m");
	uint8_t *longer = malloc(m.len + 1);

	(void)state;
	assert_malformed(s, text, 0);
	assert_malformed(s, text, sizeof(text));
	memcpy(longer, m.der, m.len);
	longer[m.len] = 0;
	assert_malformed(s, longer, m.len + 1);
	huge[0] = 0x30;
	assert_malformed(s, huge, sizeof(huge));
	/* Known again, not looked into again. */
	assert_malformed(s, longer, m.len + 1);
	assert_int_equal(cert_store_stats(s).hits, 1);
	assert_int_equal(cert_store_stats(s).malformed, 4);
	free(longer);
	made_free(&m);
	cert_store_free(s);
}

static const struct made *samples(size_t *n)
{
	static struct made s[4];

	if (!s[0].x) {
		s[0] = MAKE(.subject = "C=US/O=Org/CN=Root",
			    .ext = { { "basicConstraints", "critical,CA:TRUE,pathlen:2" },
				     { "keyUsage", "keyCertSign" } });
		s[1] = MAKE(.key = "RSA1024", .issuer = &s[0], .subject = "C=DE/CN=www.example.com",
			    .ext = { { "subjectAltName", "DNS:a.example,IP:192.0.2.1,URI:http://x/"
							 ",email:a@b,RID:1.2.3,otherName:1.2.3;UTF8:x,dirName:dn" },
				     { "extendedKeyUsage", "serverAuth,1.2.3" },
				     { "certificatePolicies", "1.2.3.4" },
				     { "authorityInfoAccess", "OCSP;URI:http://o/,caIssuers;URI:http://i/" },
				     { "crlDistributionPoints", "URI:http://c/" },
				     { "tlsfeature", "status_request" },
				     { "authorityKeyIdentifier", "issuer:always" } },
			    .sections = "[dn]\nCN=d\n",
			    .raw = { make_extension("1.3.6.1.4.1.11129.2.4.2", "\x04\x07\0\5\0\3abc", 9) });
		s[2] = MAKE(.key = "PSS2048", .pss = 1, .digest = "SHA256", .subject = "CN=pss");
		s[3] = MAKE(.key = "DSA1024", .digest = "SHA1", .subject = "CN=dsa");
	}
	*n = 4;
	return s;
}

static void test_truncations(void **state)
{
	struct cert_store *s = cert_store_new(100, 1 << 20);
	size_t n;
	const struct made *v = samples(&n);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		for (size_t len = 0; len < v[i].len; len++) {
			/* Just as large as it is, so that a sanitizer sees a read behind its end. */
			uint8_t *p = malloc(len ? len : 1);

			memcpy(p, v[i].der, len);
			assert_malformed(s, p, len);
			free(p);
		}
	}
	cert_store_free(s);
}

/* Whatever comes out, nothing is read that is not there. What d2i_X509 takes is taken here too, except that it does not mind
 * a name's SEQUENCE without the bit that says "constructed", 0x20, which X.690 section 8.9.1 asks for. */
static void test_bit_flips(void **state)
{
	struct cert_store *s = cert_store_new(100, 1 << 20);
	size_t n, whole = 0, broken = 0;
	const struct made *v = samples(&n);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		for (size_t bit = 0; bit < v[i].len * 8; bit++) {
			const struct cert *c;
			const uint8_t *at;
			X509 *x;

			v[i].der[bit / 8] ^= (uint8_t)(1 << bit % 8);
			c = cert_store_get(s, v[i].der, v[i].len);
			at = v[i].der;
			x = bit % 8 != 5 && (i == 0 || bit % 8 == 3) ? d2i_X509(NULL, &at, (long)v[i].len) : NULL;
			if (x && at == v[i].der + v[i].len && c->malformed)
				fail_msg("sample %zu bit %zu: OpenSSL reads it", i, bit);
			X509_free(x);
			whole += !c->malformed;
			broken += c->malformed;
			assert_false(c->self_signed && i == 1);
			cert_put(c);
			v[i].der[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
	assert_true(whole > 1000 && broken > 1000);
	cert_store_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_bytes),
		cmocka_unit_test(test_evicts_oldest),
		cmocka_unit_test(test_bytes_bound),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_truncations),
		cmocka_unit_test(test_bit_flips),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
