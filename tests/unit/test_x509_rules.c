/* SPDX-License-Identifier: BSD-2-Clause */
/* What makes a chain good beyond signatures and dates, which anchors there are, and what is remembered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "chains.h"

struct rule {
	const char *why;		/* in OpenSSL's words; NULL: it is good */
	const char *ca[4][2], *ee[4][2];
	bool client;
};

/* RFC 5280 section 6 beyond signatures and dates. */
static void test_rules(void **state)
{
	static const struct rule rules[] = {
		{ .ca = { CA() }, .ee = { EE } },
		{ .why = "invalid CA certificate", .ca = { { "basicConstraints", "CA:FALSE" } }, .ee = { EE } },
		{ .why = "permitted subtree violation",
		  .ca = { CA(), { "nameConstraints", "critical,permitted;DNS:good.example" } },
		  .ee = { EE, { "subjectAltName", "DNS:bad.example" } } },
		{ .ca = { CA(), { "nameConstraints", "critical,permitted;DNS:good.example" } },
		  .ee = { EE, { "subjectAltName", "DNS:a.good.example" } } },
		{ .why = "excluded subtree violation",
		  .ca = { CA(), { "nameConstraints", "critical,excluded;IP:192.0.2.0/255.255.255.0" } },
		  .ee = { EE, { "subjectAltName", "IP:192.0.2.9" } } },
		{ .why = "unsuitable certificate purpose",
		  .ca = { CA() },
		  .ee = { { "extendedKeyUsage", "clientAuth" } } },
		{ .ca = { CA() }, .ee = { { "extendedKeyUsage", "clientAuth" } }, .client = true },
		{ .why = "unsuitable certificate purpose",
		  .ca = { CA() },
		  .ee = { { "extendedKeyUsage", "serverAuth" } },
		  .client = true },
		{ .why = "unhandled critical extension", .ca = { CA() }, .ee = { { "1.2.3.4", "critical,DER:0500" } } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		struct make ca = { .key_slot = "rule", .subject = "CN=Rule", .issuer = &root, VALID },
			    ee = { .subject = "CN=e", VALID };
		struct made c, l;
		struct verdict d;

		memcpy(ca.ext, rules[i].ca, sizeof(rules[i].ca));
		memcpy(ee.ext, rules[i].ee, sizeof(rules[i].ee));
		c = make_cert(&ca);
		ee.issuer = &c;
		l = make_cert(&ee);
		d = fresh_at(&(struct sent){ .m = { &l, &c }, .client = rules[i].client }, NOW);
		if (!rules[i].why != (d.status == CHAIN_OK))
			fail_msg("rule %zu: %s, %s", i, chain_status_word(d.status), d.reason ? d.reason : "");
		if (rules[i].why) {
			assert_int_equal(d.status, CHAIN_INVALID);
			assert_non_null(strstr(d.reason, rules[i].why));
		}
		made_free(&c);
		made_free(&l);
	}
}

static void test_path_length(void **state)
{
	struct made c = MAKE(.key_slot = "short", .subject = "CN=Short", .issuer = &root, VALID,
			     .ext = { { "basicConstraints", "critical,CA:TRUE,pathlen:0" } });
	struct made sub = MAKE(.key_slot = "sub", .subject = "CN=Sub", .issuer = &c, VALID, .ext = { CA() });
	struct made l = MAKE(.subject = "CN=l", .issuer = &sub, VALID, .ext = { EE }),
		    direct = MAKE(.subject = "CN=d", .issuer = &c, VALID, .ext = { EE });
	struct verdict d = FRESH(&l, &sub, &c);

	(void)state;
	assert_int_equal(d.status, CHAIN_INVALID);
	assert_string_equal(d.reason, "path length constraint exceeded");
	assert_int_equal(d.depth, 2);
	assert_int_equal(FRESH(&direct, &c).status, CHAIN_OK);
	made_free(&c);
	made_free(&sub);
	made_free(&l);
	made_free(&direct);
}

/* A CA whose key nobody here can use; a signature algorithm that nobody here knows. */
static void test_unverifiable(void **state)
{
	struct made odd_root = MAKE(.key = "EXPLICIT", .subject = "CN=Odd", VALID, .ext = { CA() });
	struct made l = MAKE(.subject = "CN=l", .issuer = &odd_root, VALID, .ext = { EE });
	struct made sha3 = MAKE(.subject = "CN=sha3", .issuer = &inter, .digest = "SHA3-256", VALID, .ext = { EE });
	struct verdict d;

	(void)state;
	d = FRESH(&l, &odd_root);
	assert_int_equal(d.status, CHAIN_UNKNOWN_ISSUER);
	d = FRESH(&sha3, &inter);
	/* OpenSSL 3.0 cannot, later ones can. */
	if (d.status != CHAIN_UNVERIFIABLE && d.status != CHAIN_OK)
		fail_msg("%s, %s", chain_status_word(d.status), d.reason ? d.reason : "");
	assert_true(d.status == CHAIN_OK || d.reason);
	made_free(&odd_root);
	made_free(&l);
	made_free(&sha3);
}

static void test_cache(void **state)
{
	struct verify *v = verifier();
	struct verify *small;

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(verdict_at(v, SENT(&leaf, &inter), NOW + i).status, CHAIN_OK);
	assert_int_equal(verify_stats(v).misses, 1);
	assert_int_equal(verify_stats(v).hits, 4);
	/* Another order, another role, another chain. */
	verdict_at(v, SENT(&inter, &leaf), NOW);
	verdict_at(v, &(struct sent){ .m = { &leaf, &inter }, .client = true }, NOW);
	verdict_at(v, SENT(&leaf), NOW);
	assert_int_equal(verify_stats(v).misses, 4);
	/* Unknown for good, as long as nothing new is remembered. */
	for (int i = 0; i < 3; i++)
		verdict_at(v, SENT(&other_leaf), NOW + i * 1000 * DAY);
	assert_int_equal(verify_stats(v).misses, 5);
	assert_int_equal(verify_stats(v).verdicts, 5);
	verify_free(v);
	assert_int_equal(verify_new(&small, &(struct verify_options){ .ca_file = in_dir("ca.pem"),
								      .verdicts_max = 2,
								      .intermediates_max = 1 }),
			 0);
	verdict_at(small, SENT(&leaf, &inter), NOW);
	verdict_at(small, SENT(&deep, &inter2, &inter), NOW);
	verdict_at(small, SENT(&other_leaf), NOW);
	verdict_at(small, SENT(&leaf, &inter), NOW);
	assert_int_equal(verify_stats(small).verdicts, 2);
	assert_int_equal(verify_stats(small).evicted, 2);
	assert_int_equal(verify_stats(small).intermediates, 1);
	verify_free(small);
}

static void test_anchors(void **state)
{
	struct verify *v;

	(void)state;
	/* An intermediate, a server's certificate as anchors. */
	write_pem("part.pem", (const struct made *[]){ &inter, &other_leaf }, 2);
	assert_int_equal(verify_new(&v, &(struct verify_options){ .ca_file = in_dir("part.pem") }), 0);
	assert_int_equal(verdict_at(v, SENT(&leaf), NOW).status, CHAIN_OK);
	assert_int_equal(verdict_at(v, SENT(&other_leaf), NOW).status, CHAIN_OK);
	verify_free(v);
	/* A directory, where one is there twice. */
	write_pem("again.pem", (const struct made *[]){ &other_root, &inter }, 2);
	assert_int_equal(verify_new(&v, &(struct verify_options){ .ca_dir = dir }), 0);
	assert_int_equal(verify_anchor_cnt(v), 4);
	verify_free(v);
	clean("part.pem");
	clean("again.pem");
	/* The system's, however many it has. */
	assert_int_equal(verify_new(&v, &(struct verify_options){ 0 }), 0);
	assert_int_equal(verdict_at(v, SENT(&leaf, &inter, &root), NOW).status, CHAIN_UNKNOWN_ISSUER);
	verify_free(v);
}

static void test_anchors_bad(void **state)
{
	struct verify *v;
	FILE *f;

	(void)state;
	assert_int_equal(verify_new(&v, &(struct verify_options){ .ca_file = in_dir("missing") }), -ENOENT);
	assert_null(v);
	assert_int_equal(verify_new(&v, &(struct verify_options){ .ca_dir = in_dir("missing") }), -ENOENT);
	assert_int_equal(verify_new(&v, &(struct verify_options){ .ca_dir = in_dir("ca.pem") }), -ENOTDIR);
	f = fopen(in_dir("text"), "w");
	fputs("-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n", f);
	fclose(f);
	assert_int_equal(verify_new(&v, &(struct verify_options){ .ca_file = in_dir("text") }), -ENODATA);
	assert_null(v);
	clean("text");
	mkdir(in_dir("empty"), 0700);
	assert_int_equal(verify_new(&v, &(struct verify_options){ .ca_dir = in_dir("empty") }), -ENODATA);
	rmdir(in_dir("empty"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_path_length),
		cmocka_unit_test(test_unverifiable),
		cmocka_unit_test(test_cache),
		cmocka_unit_test(test_anchors),
		cmocka_unit_test(test_anchors_bad),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
