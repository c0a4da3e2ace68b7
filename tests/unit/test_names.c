/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "tls/names.h"
#include "tls/names_table.h"

#define UNUSED __attribute__((unused))

static void test_tables_sorted(void **state UNUSED)
{
	const struct tls_suite_table *tables[] = { &tls_suites_low, &tls_suites_high };

	for (size_t t = 0; t < 2; t++) {
		for (size_t i = 0; i < tables[t]->n; i++) {
			const struct tls_suite *s = &tables[t]->v[i];

			assert_true(i == 0 || s[-1].id < s->id);
			assert_true((s->id < 0xc000) == (t == 0));
			assert_string_equal(tls_suite_name((uint16_t)s->id), s->name);
			assert_string_equal(tls_suite_short_name((uint16_t)s->id), s->short_name);
			assert_null(strchr(s->short_name, ' '));
			assert_false(tls_is_grease((uint16_t)s->id));
		}
	}
}

/* A table out of order would hide names from the binary search: every number of the registry has to be found. */
static void count_names(const char *(*name)(uint16_t), size_t want)
{
	size_t n = 0;

	for (uint32_t i = 0; i <= 0xffff; i++) {
		const char *s = name((uint16_t)i);

		n += s != NULL;
		assert_false(s && tls_is_grease((uint16_t)i));
	}
	assert_int_equal(n, want);
}

static void test_tables_complete(void **state UNUSED)
{
	count_names(tls_suite_name, 410);
	count_names(tls_group_name, 61);
	count_names(tls_signature_name, 64);
	count_names(tls_extension_name, 74);
}

static void test_suites(void **state UNUSED)
{
	assert_string_equal(tls_suite_name(0x0000), "TLS_NULL_WITH_NULL_NULL");
	assert_string_equal(tls_suite_name(0x000a), "TLS_RSA_WITH_3DES_EDE_CBC_SHA");
	assert_string_equal(tls_suite_name(0x0018), "TLS_DH_anon_WITH_RC4_128_MD5");
	assert_string_equal(tls_suite_name(0x00ff), "TLS_EMPTY_RENEGOTIATION_INFO_SCSV");
	assert_string_equal(tls_suite_name(0x1301), "TLS_AES_128_GCM_SHA256");
	assert_string_equal(tls_suite_name(0x5600), "TLS_FALLBACK_SCSV");
	assert_string_equal(tls_suite_name(0xc02f), "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
	assert_string_equal(tls_suite_name(0xc0aa), "TLS_PSK_DHE_WITH_AES_128_CCM_8");
	assert_string_equal(tls_suite_name(0xc0ff), "TLS_ECJPAKE_WITH_AES_128_CCM_8");
	assert_string_equal(tls_suite_name(0xc103), "TLS_GOSTR341112_256_WITH_KUZNYECHIK_MGM_L");
	assert_string_equal(tls_suite_name(0xcca9), "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256");
	assert_string_equal(tls_suite_name(0xd005), "TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256");
	assert_string_equal(tls_suite_name(0xfeff), "SSL_RSA_FIPS_WITH_3DES_EDE_CBC_SHA");
	assert_string_equal(tls_suite_short_name(0x1301), "TLS_AES_128_GCM_SHA256");
	assert_string_equal(tls_suite_short_name(0x0003), "EXP-RC4-MD5");
	assert_string_equal(tls_suite_short_name(0xc061), "ECDHE-ARIA256-GCM-SHA384");
}

static void test_suites_bad(void **state UNUSED)
{
	assert_null(tls_suite_name(0x0047));
	assert_null(tls_suite_name(0x1300));
	assert_null(tls_suite_name(0xc000));
	assert_null(tls_suite_name(0xffff));
	assert_null(tls_suite_name(0x0a0a));
	assert_null(tls_suite_short_name(0xfffe));
	assert_null(tls_sslv2_suite_name(0x090080));
	assert_null(tls_sslv2_suite_name(0xffffffff));
}

/* Everything that the OpenSSL on this machine knows, under both its names. */
static void test_suites_openssl(void **state UNUSED)
{
	char line[512], std[128], name[128];
	unsigned int hi, lo;
	size_t seen = 0;
	FILE *f = popen("openssl ciphers -V -stdname ALL:COMPLEMENTOFALL:@SECLEVEL=0 2>/dev/null", "r");

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, " %x,%x - %127s - %127s", &hi, &lo, std, name) != 4)
			continue;
		seen++;
		if (strcmp(std, "UNKNOWN") != 0)
			assert_string_equal(tls_suite_name((uint16_t)(hi << 8 | lo)), std);
		assert_string_equal(tls_suite_short_name((uint16_t)(hi << 8 | lo)), name);
	}
	if (pclose(f) != 0) {
		print_message("# skip: no openssl program\n");
		skip();
	}
	assert_true(seen > 20);
}

static void test_sslv2(void **state UNUSED)
{
	assert_string_equal(tls_sslv2_suite_name(0x0700c0), "SSL2_DES_192_EDE3_CBC_WITH_MD5");
	assert_string_equal(tls_sslv2_suite_name(0x010080), "SSL2_RC4_128_WITH_MD5");
	assert_string_equal(tls_sslv2_suite_name(0x00002f), "TLS_RSA_WITH_AES_128_CBC_SHA");
}

static void test_groups(void **state UNUSED)
{
	assert_string_equal(tls_group_name(23), "secp256r1");
	assert_string_equal(tls_group_name(29), "x25519");
	assert_string_equal(tls_group_name(31), "brainpoolP256r1tls13");
	assert_string_equal(tls_group_name(0x0101), "ffdhe3072");
	assert_string_equal(tls_group_name(0x11eb), "SecP256r1MLKEM768");
	assert_string_equal(tls_group_name(0x11ec), "X25519MLKEM768");
	assert_string_equal(tls_group_name(0x11ed), "SecP384r1MLKEM1024");
	assert_string_equal(tls_group_name(0x6399), "X25519Kyber768Draft00");
	assert_null(tls_group_name(0));
	assert_null(tls_group_name(0x1a1a));
	for (uint32_t g = 0; g <= 0xffff; g++) {
		const char *name = tls_group_name((uint16_t)g);
		int pq = name && (strstr(name, "KEM") || strstr(name, "Kyber") || strstr(name, "CECPQ"));

		assert_int_equal(tls_group_is_post_quantum((uint16_t)g), pq);
	}
}

static void test_signatures(void **state UNUSED)
{
	assert_string_equal(tls_signature_name(0x0403), "ecdsa_secp256r1_sha256");
	assert_string_equal(tls_signature_name(0x0804), "rsa_pss_rsae_sha256");
	assert_string_equal(tls_signature_name(0x0202), "dsa_sha1");
	assert_string_equal(tls_signature_name(0x0708), "sm2sig_sm3");
	assert_string_equal(tls_signature_name(0x0904), "mldsa44");
	assert_string_equal(tls_signature_name(0x081a), "ecdsa_brainpoolP256r1tls13_sha256");
	assert_null(tls_signature_name(0x0000));
	assert_null(tls_signature_name(0xffff));
}

static void test_extensions(void **state UNUSED)
{
	assert_string_equal(tls_extension_name(0), "server_name");
	assert_string_equal(tls_extension_name(43), "supported_versions");
	assert_string_equal(tls_extension_name(0xff01), "renegotiation_info");
	assert_string_equal(tls_extension_name(0xfe0d), "encrypted_client_hello");
	assert_string_equal(tls_extension_name(13172), "next_protocol_negotiation");
	assert_null(tls_extension_name(63));
	assert_null(tls_extension_name(0x3a3a));
}

static void test_alerts(void **state UNUSED)
{
	static const uint8_t codes[] = { 0, 10, 20, 21, 22, 30, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 60, 70, 71,
					 80, 86, 90, 100, 109, 110, 111, 112, 113, 114, 115, 116, 117, 120, 121 };

	for (size_t i = 0; i < sizeof(codes); i++)
		assert_non_null(tls_alert_name(codes[i]));
	assert_string_equal(tls_alert_name(45), "certificate_expired");
	assert_string_equal(tls_alert_name(116), "certificate_required");
	assert_null(tls_alert_name(2));
	assert_null(tls_alert_name(255));
	assert_string_equal(tls_alert_level_name(1), "warning");
	assert_string_equal(tls_alert_level_name(2), "fatal");
	assert_null(tls_alert_level_name(0));
	assert_null(tls_alert_level_name(3));
}

static void test_versions(void **state UNUSED)
{
	static const struct {
		uint16_t version;
		const char *name;
	} rows[] = {
		{ 0x0002, "2.0" }, { 0x0300, "3.0" }, { 0x0301, "1.0" }, { 0x0302, "1.1" }, { 0x0303, "1.2" },
		{ 0x0304, "1.3" }, { 0x7f12, "1.3" }, { 0x7f1c, "1.3" }, { 0xfb1a, "1.3" }, { 0xfeff, "1.0" },
		{ 0xfefd, "1.2" }, { 0xfefc, "1.3" }, { 0x0100, "1.0" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(tls_version_name(rows[i].version), rows[i].name);
	assert_null(tls_version_name(0));
	assert_null(tls_version_name(0x0305));
	assert_null(tls_version_name(0x7f1d));
	assert_null(tls_version_name(0xfefe));
}

static void test_small(void **state UNUSED)
{
	assert_string_equal(tls_certificate_type_name(1), "rsa_sign");
	assert_string_equal(tls_certificate_type_name(64), "ecdsa_sign");
	assert_null(tls_certificate_type_name(0));
	assert_string_equal(tls_hpke_kdf_name(1), "HKDF-SHA256");
	assert_null(tls_hpke_kdf_name(0));
	assert_string_equal(tls_hpke_aead_name(3), "ChaCha20Poly1305");
	assert_string_equal(tls_hpke_aead_name(0xffff), "Export-only");
	assert_null(tls_hpke_aead_name(4));
}

static void test_steps(void **state UNUSED)
{
	for (int k = 0; k < TLS_STEP_KIND_CNT; k++) {
		assert_non_null(tls_step_name(k));
		assert_true(tls_step_letter(k) >= 'A' && tls_step_letter(k) <= 'Z');
		for (int j = 0; j < k; j++)
			assert_string_not_equal(tls_step_name(k), tls_step_name(j));
	}
	assert_string_equal(tls_step_name(TLS_STEP_CLIENT_HELLO), "client_hello");
	assert_int_equal(tls_step_letter(TLS_STEP_SERVER_KEY_EXCHANGE), 'K');
	assert_string_equal(tls_step_name(TLS_STEP_KIND_CNT), "unknown");
	assert_int_equal(tls_step_letter((enum tls_step_kind)-1), 'Q');
}

static void test_grease(void **state UNUSED)
{
	size_t n = 0;

	for (uint32_t v = 0; v <= 0xffff; v++)
		n += tls_is_grease((uint16_t)v);
	assert_int_equal(n, 16);
	assert_true(tls_is_grease(0x0a0a));
	assert_true(tls_is_grease(0xfafa));
	assert_false(tls_is_grease(0x0a1a));
	assert_false(tls_is_grease(0x0b0b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables_sorted), cmocka_unit_test(test_tables_complete),
		cmocka_unit_test(test_suites), cmocka_unit_test(test_suites_bad), cmocka_unit_test(test_suites_openssl),
		cmocka_unit_test(test_sslv2), cmocka_unit_test(test_groups), cmocka_unit_test(test_signatures),
		cmocka_unit_test(test_extensions), cmocka_unit_test(test_alerts), cmocka_unit_test(test_versions),
		cmocka_unit_test(test_small), cmocka_unit_test(test_steps), cmocka_unit_test(test_grease),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
