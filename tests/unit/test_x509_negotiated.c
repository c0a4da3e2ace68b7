/* SPDX-License-Identifier: BSD-2-Clause */
/* Findings of what was negotiated, and the table of all findings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "x509/findings.h"

#define BIT(f) (1ULL << FINDING_##f)

static void assert_set(uint64_t got, uint64_t want, const char *what)
{
	for (int i = 0; i < FINDING_CNT; i++)
		if (findings_has(got ^ want, i))
			fail_msg("%s: %s %s", what, finding_info(i)->id, findings_has(got, i) ? "is there" : "is missing");
}

#define ASSERT_SET(got, want) assert_set(got, want, #got)

struct suite {
	const char *name;
	uint64_t want;
};

static void test_suites(void **state)
{
	static const struct suite suites[] = {
		{ "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", 0 },
		{ "TLS_AES_256_GCM_SHA384", 0 },
		{ "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256", 0 },
		{ "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", BIT(SUITE_CBC) },
		{ "TLS_RSA_WITH_AES_256_GCM_SHA384", BIT(NO_FORWARD_SECRECY) },
		{ "TLS_RSA_WITH_RC4_128_MD5", BIT(SUITE_RC4) | BIT(NO_FORWARD_SECRECY) },
		{ "TLS_RSA_WITH_3DES_EDE_CBC_SHA", BIT(SUITE_3DES) | BIT(SUITE_CBC) | BIT(NO_FORWARD_SECRECY) },
		{ "TLS_DHE_RSA_WITH_DES_CBC_SHA", BIT(SUITE_DES) | BIT(SUITE_CBC) },
		{ "TLS_RSA_EXPORT_WITH_RC2_CBC_40_MD5",
		  BIT(SUITE_EXPORT) | BIT(SUITE_DES) | BIT(SUITE_CBC) | BIT(NO_FORWARD_SECRECY) },
		{ "TLS_DH_anon_WITH_AES_128_CBC_SHA256", BIT(SUITE_ANONYMOUS) | BIT(SUITE_CBC) },
		{ "TLS_ECDH_anon_WITH_NULL_SHA", BIT(SUITE_ANONYMOUS) | BIT(SUITE_NULL) },
		{ "TLS_ECDH_ECDSA_WITH_AES_128_GCM_SHA256", BIT(NO_FORWARD_SECRECY) },
		{ "TLS_PSK_WITH_AES_128_CCM_8", BIT(NO_FORWARD_SECRECY) },
		{ "TLS_DHE_PSK_WITH_AES_128_CCM", 0 },
		{ "TLS_SHA256_SHA256", BIT(SUITE_NULL) },
		{ "TLS_RSA_WITH_IDEA_CBC_SHA", BIT(SUITE_3DES) | BIT(SUITE_CBC) | BIT(NO_FORWARD_SECRECY) },
		{ "SSL_CK_DES_192_EDE3_CBC_WITH_MD5", BIT(SUITE_3DES) | BIT(SUITE_CBC) | BIT(NO_FORWARD_SECRECY) },
		{ NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++)
		assert_set(findings_of_negotiated(&(struct negotiated){ .suite = suites[i].name, .post_quantum = -1 }),
			   suites[i].want, suites[i].name ? suites[i].name : "none");
}

static uint64_t of_version(uint16_t version)
{
	return findings_of_negotiated(&(struct negotiated){ .version = version, .post_quantum = -1 });
}

static void test_negotiated(void **state)
{
	(void)state;
	ASSERT_SET(of_version(0x0002), BIT(SSL2));
	ASSERT_SET(of_version(0x0300), BIT(SSL3));
	ASSERT_SET(of_version(0x0301), BIT(TLS10));
	ASSERT_SET(of_version(0x0302), BIT(TLS11));
	ASSERT_SET(of_version(0xfeff), BIT(TLS11));
	ASSERT_SET(of_version(0x0303) | of_version(0x0304) | of_version(0xfefd) | of_version(0), 0);
	ASSERT_SET(findings_of_negotiated(&(struct negotiated){ .compression = true, .post_quantum = 1 }),
		   BIT(COMPRESSION));
	ASSERT_SET(findings_of_negotiated(&(struct negotiated){ .dh_bits = 1024, .post_quantum = 0 }),
		   BIT(WEAK_DH) | BIT(NO_POST_QUANTUM));
	ASSERT_SET(findings_of_negotiated(&(struct negotiated){ .dh_bits = 2048, .post_quantum = 1 }), 0);
}

/* Each has all three parts, and an identifier of its own. */
static void test_table(void **state)
{
	enum severity s;
	enum finding f;

	(void)state;
	for (int i = 0; i < FINDING_CNT; i++) {
		const struct finding_info *info = finding_info(i);

		assert_non_null(info->id);
		assert_true(info->severity < SEVERITY_CNT);
		assert_int_equal(info->sentence[strlen(info->sentence) - 1], '.');
		assert_true(finding_by_id(info->id, strlen(info->id), &f));
		assert_int_equal(f, i);
	}
	assert_false(finding_by_id("expire", 6, &f));
	assert_false(finding_by_id("", 0, &f));
	assert_true(severity_by_word("high", 4, &s));
	assert_int_equal(s, SEVERITY_HIGH);
	assert_string_equal(severity_word(SEVERITY_CRITICAL), "critical");
	assert_false(severity_by_word("highest", 7, &s));
	assert_false(findings_worst(0, &s));
	assert_true(findings_worst(BIT(ROOT_SENT) | BIT(WRONG_ORDER), &s));
	assert_int_equal(s, SEVERITY_LOW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_suites),
		cmocka_unit_test(test_negotiated),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
