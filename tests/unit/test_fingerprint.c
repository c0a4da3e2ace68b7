/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tls/fingerprint.h"

#define UNUSED __attribute__((unused))
#define U16S(...) { (const uint16_t[]){ __VA_ARGS__ }, sizeof((const uint16_t[]){ __VA_ARGS__ }) / 2 }
#define BYTES(s) { (const uint8_t *)(s), sizeof(s) - 1 }

/* The example of JA4's own description: Chrome, whose lists begin with GREASE. */
static struct tls_client_hello chrome(void)
{
	static const struct tls_bytes alpn[] = { BYTES("h2"), BYTES("http/1.1") };
	static const uint16_t suites[] = { 0x5a5a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030,
					   0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035 };
	static const uint16_t extensions[] = { 0x2a2a, 0x0000, 0x0017, 0xff01, 0x000a, 0x000b, 0x0023, 0x0010, 0x0005,
					       0x000d, 0x0012, 0x0033, 0x002d, 0x002b, 0x001b, 0x4469, 0x3a3a, 0x0015 };
	static const uint16_t versions[] = { 0xbaba, 0x0304, 0x0303 };
	static const uint16_t groups[] = { 0x7a7a, 0x001d, 0x0017, 0x0018 };
	static const uint16_t signatures[] = { 0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601 };
	struct tls_client_hello ch = {
		.seen = true,
		.legacy_version = 0x0303,
		.suites = { suites, 16 },
		.extensions = { extensions, 18 },
		.supported_versions = { versions, 3 },
		.groups = { groups, 4 },
		.signature_algorithms = { signatures, 8 },
		.point_formats = BYTES("\0"),
		.alpn = { alpn, 2 },
	};

	return ch;
}

static const char *ja4_with(struct tls_client_hello *ch, char transport)
{
	assert_true(tls_fingerprint_client(ch, transport));
	return ch->ja4;
}

static void test_ja4(void **state UNUSED)
{
	struct tls_client_hello ch = chrome();

	assert_string_equal(ja4_with(&ch, 't'), "t13d1516h2_8daaf6152771_e5627efa2ab1");
	assert_string_equal(ja4_with(&ch, 'q'), "q13d1516h2_8daaf6152771_e5627efa2ab1");
	ch.suites.n--;
	assert_string_not_equal(ja4_with(&ch, 't'), "t13d1516h2_8daaf6152771_e5627efa2ab1");
}

/* The order of suites and extensions does not matter, that of signature algorithms does. */
static void test_ja4_order(void **state UNUSED)
{
	static const uint16_t swapped[] = { 0x0804, 0x0403, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601 };
	struct tls_client_hello ch = chrome();
	uint16_t suites[16];

	for (size_t i = 0; i < 16; i++)
		suites[i] = ch.suites.v[15 - i];
	ch.suites.v = suites;
	assert_string_equal(ja4_with(&ch, 't'), "t13d1516h2_8daaf6152771_e5627efa2ab1");
	ch.signature_algorithms.v = swapped;
	assert_string_not_equal(ja4_with(&ch, 't'), "t13d1516h2_8daaf6152771_e5627efa2ab1");
}

static void version_is(uint16_t legacy, uint16_t offered, char transport, const char *want)
{
	struct tls_client_hello ch = chrome();

	ch.legacy_version = legacy;
	ch.supported_versions = (struct tls_u16s){ &offered, offered != 0 };
	assert_true(strncmp(ja4_with(&ch, transport), want, strlen(want)) == 0);
}

static void test_ja4_versions(void **state UNUSED)
{
	version_is(0x0303, 0x0304, 't', "t13d");
	version_is(0x0303, 0, 't', "t12d");
	version_is(0x0302, 0, 't', "t11d");
	version_is(0x0301, 0, 't', "t10d");
	version_is(0x0300, 0, 't', "ts3d");
	version_is(0x0002, 0, 't', "ts2d");
	version_is(0xfeff, 0, 'd', "dd1d");
	version_is(0xfefd, 0, 'd', "dd2d");
	version_is(0xfefd, 0xfefc, 'd', "dd3d");
	version_is(0x0303, 0x7f1c, 't', "t00d");
	version_is(0x0303, 0x8a8a, 't', "t12d");
	version_is(0x1234, 0, 't', "t00d");
}

static void alpn_is(const void *p, size_t n, const char *want)
{
	struct tls_client_hello ch = chrome();
	struct tls_bytes alpn = { p, n };

	ch.alpn = (struct tls_strs){ &alpn, 1 };
	assert_memory_equal(ja4_with(&ch, 't') + 8, want, 2);
}

static void test_ja4_alpn(void **state UNUSED)
{
	struct tls_client_hello ch = chrome();

	alpn_is("http/1.1", 8, "h1");
	alpn_is("z", 1, "zz");
	alpn_is("", 0, "00");
	alpn_is("\xab", 1, "ab");
	alpn_is("\xab\xcd", 2, "ad");
	alpn_is("0\xab", 2, "3b");
	alpn_is("01\xab\xcd", 4, "3d");
	alpn_is("0\xab\xcd" "1", 4, "01");
	alpn_is("_", 1, "5f");
	ch.alpn.n = 0;
	assert_memory_equal(ja4_with(&ch, 't') + 8, "00", 2);
}

static void test_ja4_empty(void **state UNUSED)
{
	struct tls_client_hello ch = { .legacy_version = 0x0300 };
	static const uint16_t only_grease[] = { 0x0a0a };
	static const uint16_t no_hash[] = { 0x0000, 0x0010 };

	assert_string_equal(ja4_with(&ch, 't'), "ts3i000000_000000000000_000000000000");
	ch.suites = (struct tls_u16s){ only_grease, 1 };
	ch.extensions = (struct tls_u16s){ no_hash, 2 };
	assert_string_equal(ja4_with(&ch, 't'), "ts3d000200_000000000000_000000000000");
}

/* Without signature algorithms the extensions stand alone, with no '_' after them. */
static void test_ja4_no_signatures(void **state UNUSED)
{
	struct tls_client_hello ch = {
		.legacy_version = 0xfefd,
		.suites = U16S(0xc0ff, 0xc0a8, 0xc037),
		.extensions = U16S(0x000a, 0x000b, 0x0100),
	};

	assert_string_equal(ja4_with(&ch, 'd'), "dd2i030300_f7e428980f70_6c817ce3d217");
}

/* Published with JA3 itself. */
static void test_ja3(void **state UNUSED)
{
	struct tls_client_hello ch = {
		.legacy_version = 769,
		.suites = U16S(47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4),
		.extensions = U16S(0, 10, 11),
		.groups = U16S(23, 24, 25),
		.point_formats = BYTES("\0"),
	};
	struct tls_client_hello bare = { .legacy_version = 769, .suites = U16S(4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99) };

	assert_true(tls_fingerprint_client(&ch, 't'));
	assert_string_equal(ch.ja3, "ada70206e40642a3e4461f35503241d5");
	assert_true(tls_fingerprint_client(&bare, 't'));
	assert_string_equal(bare.ja3, "de350869b8c85de67a350c8d186f11e6");
}

static void test_ja3_grease(void **state UNUSED)
{
	struct tls_client_hello ch = chrome(), plain = chrome();
	uint16_t suites[16], extensions[16];
	size_t n = 0;

	memcpy(suites, plain.suites.v + 1, 30);
	plain.suites = (struct tls_u16s){ suites, 15 };
	for (size_t i = 0; i < plain.extensions.n; i++)
		if (plain.extensions.v[i] != 0x2a2a && plain.extensions.v[i] != 0x3a3a)
			extensions[n++] = plain.extensions.v[i];
	plain.extensions = (struct tls_u16s){ extensions, n };
	plain.groups.v++;
	plain.groups.n--;
	assert_true(tls_fingerprint_client(&ch, 't') && tls_fingerprint_client(&plain, 't'));
	assert_string_equal(ch.ja3, plain.ja3);
	assert_string_equal(ch.ja4, plain.ja4);
}

static void test_ja3s(void **state UNUSED)
{
	struct tls_server_hello sh = { .legacy_version = 769, .suite = 47, .extensions = U16S(65281, 0, 11, 35, 5, 16) };
	struct tls_server_hello none = { .legacy_version = 771, .suite = 3, .extensions = U16S(65281) };

	assert_true(tls_fingerprint_server(&sh));
	assert_string_equal(sh.ja3s, "836ce314215654b5b1f85f97c73e506f");
	assert_true(tls_fingerprint_server(&none));
	assert_string_equal(none.ja3s, "ade1324ecb5132cfa4bb0e10d4c32ad0");
}

static void test_sslv2(void **state UNUSED)
{
	struct tls_client_hello ch = chrome();

	ch.sslv2 = true;
	strcpy(ch.ja3, "stale");
	assert_true(tls_fingerprint_client(&ch, 't'));
	assert_string_equal(ch.ja3, "");
	assert_string_equal(ch.ja4, "");
}

/* The longest lists that fit into a hello: bounded time and memory, counts stop at 99, a GREASE value every 4096. */
static void test_huge(void **state UNUSED)
{
	uint16_t *v = malloc(2 * 32767);
	struct tls_client_hello ch = { .legacy_version = 0x0303 };

	assert_non_null(v);
	for (size_t i = 0; i < 32767; i++)
		v[i] = (uint16_t)(65535 - i);
	ch.suites = ch.extensions = ch.signature_algorithms = ch.groups = (struct tls_u16s){ v, 32767 };
	assert_true(tls_fingerprint_client(&ch, 't'));
	assert_memory_equal(ch.ja4, "t12i999900_", 11);
	assert_int_equal(strlen(ch.ja4), 36);
	assert_int_equal(strlen(ch.ja3), 32);
	free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ja4), cmocka_unit_test(test_ja4_order), cmocka_unit_test(test_ja4_versions),
		cmocka_unit_test(test_ja4_alpn), cmocka_unit_test(test_ja4_empty), cmocka_unit_test(test_ja4_no_signatures),
		cmocka_unit_test(test_ja3), cmocka_unit_test(test_ja3_grease), cmocka_unit_test(test_ja3s),
		cmocka_unit_test(test_sslv2), cmocka_unit_test(test_huge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
