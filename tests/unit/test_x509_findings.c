/* SPDX-License-Identifier: BSD-2-Clause */
/* Every finding: there when it should be, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "chains.h"
#include "x509/findings.h"
#include "x509/spki_list.h"

#define BIT(f) (1ULL << FINDING_##f)

static uint64_t find_with(struct findings *f, struct verify *v, const struct sent *s, int64_t at, bool stapling_asked)
{
	const struct cert *chain[20];
	struct verify_request r = { .chain = chain,
				    .at = at,
				    .client = s->client,
				    .host = s->host,
				    .host_len = s->host ? strlen(s->host) : 0,
				    .ocsp = s->ocsp,
				    .ocsp_len = s->ocsp_len };
	struct verdict d;
	uint64_t set;

	for (; s->m[r.n]; r.n++)
		chain[r.n] = cert_store_get(store, s->m[r.n]->der, s->m[r.n]->len);
	d = verify_chain(v, &r);
	set = findings_of_chain(f, &r, &d, stapling_asked);
	for (size_t i = 0; i < r.n; i++)
		cert_put(chain[i]);
	return set;
}

static uint64_t find_at(const struct sent *s, int64_t at)
{
	struct findings *f = findings_new(&(struct findings_options){ .expiry_warn_days = 30 });
	struct verify *v = verifier();
	uint64_t set = find_with(f, v, s, at, true);

	findings_free(f);
	verify_free(v);
	return set;
}

#define FIND(...) find_at(SENT(__VA_ARGS__), NOW)

static void assert_set(uint64_t got, uint64_t want, const char *what)
{
	for (int i = 0; i < FINDING_CNT; i++)
		if (findings_has(got ^ want, i))
			fail_msg("%s: %s %s", what, finding_info(i)->id, findings_has(got, i) ? "is there" : "is missing");
}

#define ASSERT_SET(got, want) assert_set(got, want, #got)

static void test_good(void **state)
{
	(void)state;
	ASSERT_SET(FIND(&leaf, &inter), 0);
	ASSERT_SET(find_at(&(struct sent){ .m = { &leaf, &inter }, .host = "a.example" }, NOW), 0);
	ASSERT_SET(FIND(NULL), 0);
}

static void test_chain(void **state)
{
	struct made broken = { .der = (uint8_t *)"\x30\x00", .len = 2 };
	struct made bad = MAKE(.subject = "CN=bad", .issuer = &inter, .sign_with = other_root.key, VALID,
			       .ext = { EE, { "subjectAltName", "DNS:b" } });
	struct made rule = MAKE(.subject = "CN=rule", .issuer = &inter, VALID,
				.ext = { { "extendedKeyUsage", "codeSigning" }, { "subjectAltName", "DNS:b" } });
	struct made sha3 = MAKE(.subject = "CN=sha3", .issuer = &inter, .digest = "SHA3-256", VALID,
				.ext = { EE, { "subjectAltName", "DNS:b" } });
	uint64_t set;

	(void)state;
	ASSERT_SET(find_at(&(struct sent){ .m = { &leaf, &inter }, .host = "b.example" }, NOW), BIT(HOSTNAME_MISMATCH));
	ASSERT_SET(FIND(&leaf, &inter, &root), BIT(ROOT_SENT));
	ASSERT_SET(FIND(&leaf, &other_root, &inter), BIT(EXTRA_CERTIFICATE));
	ASSERT_SET(FIND(&deep, &inter, &inter2), BIT(WRONG_ORDER));
	ASSERT_SET(FIND(&leaf), BIT(UNKNOWN_ISSUER));
	ASSERT_SET(FIND(&bad, &inter), BIT(BAD_SIGNATURE));
	ASSERT_SET(FIND(&rule, &inter), BIT(INVALID_CHAIN));
	ASSERT_SET(FIND(&broken), BIT(MALFORMED));
	ASSERT_SET(FIND(&leaf, &inter, &broken), BIT(MALFORMED) | BIT(EXTRA_CERTIFICATE));
	set = FIND(&sha3, &inter);
	assert_true(set == 0 || set == BIT(UNVERIFIABLE));
	made_free(&bad);
	made_free(&rule);
	made_free(&sha3);
}

static void test_incomplete(void **state)
{
	struct findings *f = findings_new(&(struct findings_options){ 0 });
	struct verify *v = verifier();

	(void)state;
	find_with(f, v, SENT(&deep, &inter2, &inter), NOW, false);
	ASSERT_SET(find_with(f, v, SENT(&leaf), NOW, false) & ~BIT(SHARED_KEY), BIT(INCOMPLETE_CHAIN));
	verify_free(v);
	findings_free(f);
}

static void test_dates(void **state)
{
	struct made old_inter = MAKE(.key_slot = "old", .subject = "CN=Old", .issuer = &root,
				     .not_before = NOW - 100 * DAY, .not_after = NOW - DAY, .ext = { CA() });
	struct made under =
		MAKE(.subject = "CN=u", .issuer = &old_inter, VALID, .ext = { EE, { "subjectAltName", "DNS:b" } });
	struct made lasting = MAKE(.subject = "CN=l", .issuer = &inter, .not_before = NOW - DAY,
				   .not_after = NOW + 397 * DAY, .ext = { EE, { "subjectAltName", "DNS:b" } });
	struct made just = MAKE(.subject = "CN=l", .issuer = &inter, .not_before = NOW - DAY,
				.not_after = NOW + 397 * DAY - 1, .ext = { EE, { "subjectAltName", "DNS:b" } });

	(void)state;
	ASSERT_SET(find_at(SENT(&leaf, &inter), NOW + 71 * DAY), BIT(EXPIRING));
	ASSERT_SET(find_at(SENT(&leaf, &inter), NOW + 69 * DAY), 0);
	ASSERT_SET(find_at(SENT(&leaf, &inter), NOW + 101 * DAY), BIT(EXPIRED));
	ASSERT_SET(find_at(SENT(&leaf, &inter), NOW - 101 * DAY), BIT(NOT_YET_VALID));
	ASSERT_SET(FIND(&under, &old_inter), BIT(ISSUER_EXPIRED));
	ASSERT_SET(FIND(&lasting, &inter), BIT(LONG_VALIDITY));
	ASSERT_SET(FIND(&just, &inter), 0);
	made_free(&old_inter);
	made_free(&under);
	made_free(&lasting);
	made_free(&just);
}

struct kind {
	const char *key, *digest;
	uint64_t want;
};

static void test_keys(void **state)
{
	static const struct kind kinds[] = {
		{ "RSA1024", NULL, BIT(WEAK_RSA_KEY) },
		{ "RSA2048", NULL, 0 },
		{ "DSA1024", NULL, BIT(WEAK_DSA_KEY) },
		{ "EC:P-224", NULL, BIT(WEAK_CURVE) },
		{ "EC:P-384", NULL, 0 },
		{ "EC:sect283k1", NULL, BIT(WEAK_CURVE) },
		{ "ED25519", NULL, 0 },
		{ "EC:P-256", "SHA1", BIT(SHA1_SIGNATURE) },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct made m = MAKE(.key = kinds[i].key, .digest = kinds[i].digest, .subject = "CN=k", .issuer = &inter,
				     VALID, .ext = { EE, { "subjectAltName", "DNS:b" } });

		assert_set(FIND(&m, &inter), kinds[i].want, kinds[i].key);
		made_free(&m);
	}
}

static void test_old_signatures(void **state)
{
	struct made rsa = MAKE(.key = "RSA2048", .subject = "CN=RSA", .issuer = &root, VALID, .ext = { CA() });
	struct made md5 = MAKE(.subject = "CN=m", .issuer = &rsa, .digest = "MD5", VALID,
			       .ext = { EE, { "subjectAltName", "DNS:b" } });
	/* A root may be signed with anything: nobody looks at it. */
	struct made sha1_root =
		MAKE(.key_slot = "other", .subject = "O=Other/CN=Root", .digest = "SHA1", VALID, .ext = { CA() });

	(void)state;
	ASSERT_SET(FIND(&md5, &rsa), BIT(MD5_SIGNATURE));
	ASSERT_SET(FIND(&other_leaf, &sha1_root), BIT(UNKNOWN_ISSUER) | BIT(ROOT_SENT) | BIT(MISSING_SAN));
	made_free(&rsa);
	made_free(&md5);
	made_free(&sha1_root);
}

static void test_small_exponent(void **state)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *k = NULL;
	BIGNUM *three = NULL;
	struct made m = MAKE(.key = "RSA2048", .subject = "CN=3", .issuer = &inter, VALID,
			     .ext = { EE, { "subjectAltName", "DNS:b" } });

	(void)state;
	BN_dec2bn(&three, "3");
	assert_true(EVP_PKEY_keygen_init(c) > 0 && EVP_PKEY_CTX_set_rsa_keygen_bits(c, 2048) > 0 &&
		    EVP_PKEY_CTX_set1_rsa_keygen_pubexp(c, three) > 0);
	assert_true(EVP_PKEY_generate(c, &k) > 0);
	assert_true(X509_set_pubkey(m.x, k) && X509_sign(m.x, inter.key, EVP_sha256()));
	OPENSSL_free(m.der);
	m.der = NULL;
	m.len = (size_t)i2d_X509(m.x, &m.der);
	ASSERT_SET(FIND(&m, &inter), BIT(SMALL_EXPONENT));
	EVP_PKEY_free(k);
	EVP_PKEY_CTX_free(c);
	BN_free(three);
	made_free(&m);
}

static void test_leaf(void **state)
{
	struct made self = MAKE(.subject = "CN=self", VALID, .ext = { { "subjectAltName", "DNS:b" } });
	struct made ca = MAKE(.subject = "CN=ca", .issuer = &inter, VALID,
			      .ext = { { "basicConstraints", "CA:TRUE" }, { "subjectAltName", "DNS:b" } });
	struct made bare = MAKE(.subject = "CN=b.example", .issuer = &inter, VALID,
				.ext = { { "extendedKeyUsage", "serverAuth,clientAuth" } });
	struct made staple = MAKE(.subject = "CN=s", .issuer = &inter, VALID,
				  .ext = { EE, { "subjectAltName", "DNS:b" }, { "tlsfeature", "status_request" } });
	struct findings *f = findings_new(&(struct findings_options){ 0 });
	struct verify *v = verifier();

	(void)state;
	ASSERT_SET(FIND(&self), BIT(SELF_SIGNED));
	ASSERT_SET(FIND(&ca, &inter), BIT(CA_AS_LEAF));
	ASSERT_SET(FIND(&bare, &inter), BIT(MISSING_SAN));
	ASSERT_SET(find_at(&(struct sent){ .m = { &bare, &inter }, .client = true }, NOW), 0);
	ASSERT_SET(FIND(&staple, &inter), BIT(STAPLE_MISSING));
	ASSERT_SET(find_with(f, v, SENT(&staple, &inter), NOW, false), 0);
	ASSERT_SET(find_with(f, v,
			     &(struct sent){ .m = { &staple, &inter }, .ocsp = (const uint8_t *)"x", .ocsp_len = 1 }, NOW,
			     true),
		   BIT(STAPLE_BAD));
	verify_free(v);
	findings_free(f);
	made_free(&self);
	made_free(&ca);
	made_free(&bare);
	made_free(&staple);
}

static void test_shared_key(void **state)
{
	struct findings *f = findings_new(&(struct findings_options){ .keys_max = 2 });
	struct verify *v = verifier();
	struct made renewed = MAKE(.key_slot = "leaf", .subject = "CN=a.example", .issuer = &inter, .serial = "77", VALID,
				   .ext = { EE, { "subjectAltName", "DNS:a.example" } });
	struct made third = MAKE(.key_slot = "third", .subject = "CN=3", .issuer = &inter, VALID,
				 .ext = { EE, { "subjectAltName", "DNS:b" } });
	struct made fourth = MAKE(.key_slot = "fourth", .subject = "CN=4", .issuer = &inter, VALID,
				  .ext = { EE, { "subjectAltName", "DNS:b" } });

	(void)state;
	ASSERT_SET(find_with(f, v, SENT(&leaf, &inter), NOW, false), 0);
	/* The same subject may keep its key. */
	ASSERT_SET(find_with(f, v, SENT(&renewed, &inter), NOW, false), 0);
	ASSERT_SET(find_with(f, v, SENT(&deep, &inter2, &inter), NOW, false), BIT(SHARED_KEY));
	/* From then on it is said of both. */
	ASSERT_SET(find_with(f, v, SENT(&leaf, &inter), NOW, false), BIT(SHARED_KEY));
	/* Two others push it out of the memory. */
	ASSERT_SET(find_with(f, v, SENT(&third, &inter), NOW, false), 0);
	ASSERT_SET(find_with(f, v, SENT(&fourth, &inter), NOW, false), 0);
	ASSERT_SET(find_with(f, v, SENT(&leaf, &inter), NOW, false), 0);
	verify_free(v);
	findings_free(f);
	made_free(&renewed);
	made_free(&third);
	made_free(&fourth);
}

static int load(const char *text, struct spki_list **l, unsigned int *line)
{
	FILE *f = fopen(in_dir("list"), "w");
	int ret;

	fputs(text, f);
	fclose(f);
	ret = spki_list_load(l, in_dir("list"), line);
	clean("list");
	return ret;
}

static void test_bad_keys(void **state)
{
	const struct cert *c = cert_store_get(store, inter.der, inter.len);
	char text[300], *p = text;
	struct spki_list *l;
	struct findings *f;
	struct verify *v = verifier();
	unsigned int line;

	(void)state;
	p += sprintf(p, "# bad keys\n\n  ");
	for (int i = 0; i < 32; i++)
		p += sprintf(p, i & 1 ? "%02x:" : "%02X:", c->spki_sha256[i]);
	sprintf(p - 1, "  of the intermediate # really\n");
	assert_int_equal(load(text, &l, &line), 0);
	assert_int_equal(spki_list_count(l), 1);
	f = findings_new(&(struct findings_options){ .bad_keys = l });
	ASSERT_SET(find_with(f, v, SENT(&leaf, &inter), NOW, false), BIT(KNOWN_BAD_KEY));
	ASSERT_SET(find_with(f, v, SENT(&other_leaf, &other_root), NOW, false) & BIT(KNOWN_BAD_KEY), 0);
	findings_free(f);
	spki_list_free(l);
	verify_free(v);
	cert_put(c);
}

static void test_bad_keys_bad(void **state)
{
	static const char good[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
	static const char *const bad[] = { "00\n", "x\n", "%s0\n", "%sx\n", ":%s\n", "%.63s\n", "%.62s::1f\n" };
	unsigned int line;
	struct spki_list *l;
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int n = sprintf(text, "%s\n# two\n", good);

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
		sprintf(text + n, bad[i], good);
#pragma GCC diagnostic pop
		assert_int_equal(load(text, &l, &line), -EINVAL);
		assert_int_equal(line, 3);
		assert_null(l);
	}
	assert_int_equal(spki_list_load(&l, in_dir("missing"), &line), -ENOENT);
	assert_int_equal(load("", &l, &line), 0);
	assert_false(spki_list_has(l, (const uint8_t *)good));
	spki_list_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_incomplete),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_old_signatures),
		cmocka_unit_test(test_small_exponent),
		cmocka_unit_test(test_leaf),
		cmocka_unit_test(test_shared_key),
		cmocka_unit_test(test_bad_keys),
		cmocka_unit_test(test_bad_keys_bad),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
