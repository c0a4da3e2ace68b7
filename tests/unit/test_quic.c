/* SPDX-License-Identifier: BSD-2-Clause */
/* QUIC packets, keys and frames; what becomes of whole connections is in test_quic_conn.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "quic_conn.h"

static size_t hex_equal(const uint8_t *p, size_t n, const char *hex)
{
	uint8_t want[64];

	return unhex(hex, want) == n && memcmp(p, want, n) == 0;
}

static void keys_are(uint32_t version, bool server, const char *key, const char *iv, const char *hp)
{
	struct tls13_keys k;
	uint8_t dcid[8];

	unhex(QUIC_DCID, dcid);
	assert_true(quic_keys_derive(tls_crypto(), quic_version(version), reader_of(dcid, 8), server, &k));
	assert_true(hex_equal(k.key, 16, key));
	assert_true(hex_equal(k.iv, 12, iv));
	assert_true(hex_equal(k.hp, 16, hp));
}

/* RFC 9001 appendix A.1, RFC 9369 appendix A.1. */
static void test_keys(void **state UNUSED)
{
	keys_are(1, false, "1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c", "9f50449e04a0e810283a1e9933adedd2");
	keys_are(1, true, "cf3a5331653c364c88f0f379b6067e37", "0ac1493ca1905853b0bba03e", "c206b8d9b9f0f37644430b490eeaa314");
	keys_are(QUIC_V2, false, "8b1a0bc121284290a29e0971b5cd045d", "91f73e2351d8fa91660e909f",
		 "45b95e15235d6f45a6b19cbcb0294ba9");
	keys_are(QUIC_V2, true, "82db637861d55e1d011f19ea71d5d2a7", "dd13c276499c0249d3310652",
		 "edf6d05c83121201b436e16877593c3a");
}

static void test_versions(void **state UNUSED)
{
	for (uint32_t v = 0xff000016; v <= 0xff000022; v++)
		assert_int_equal(quic_version(v)->number, v);
	assert_int_equal(quic_version(1)->number, 1);
	assert_true(quic_version(QUIC_V2)->v2);
	assert_null(quic_version(0));
	assert_null(quic_version(2));
	assert_null(quic_version(0xff000015));
	assert_null(quic_version(0xff000023));
	assert_null(quic_version(0x51303530));		/* Q050: no TLS */
	assert_null(quic_version(0xffffffff));
}

/* RFC 9000 appendix A.1. */
static void test_varint(void **state UNUSED)
{
	static const struct {
		const char *hex;
		uint64_t value;
	} rows[] = {
		{ "c2197c5eff14e88c", 151288809941952652 }, { "9d7f3e7d", 494878333 }, { "7bbd", 15293 }, { "25", 37 },
		{ "4025", 37 },
	};
	uint8_t bytes[8];
	struct reader r;
	uint64_t v;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = unhex(rows[i].hex, bytes);

		r = reader_of(bytes, n);
		assert_true(quic_varint(&r, &v));
		assert_int_equal(v, rows[i].value);
		assert_int_equal(r.len, 0);
		r = reader_of(bytes, n - 1);
		assert_false(quic_varint(&r, &v));
		assert_int_equal(r.len, n - 1);
	}
}

static void opens(const char *hex, uint32_t version, bool server, const char *message)
{
	uint8_t packet[1500], want[512], dcid[8];
	size_t n = unhex(hex, packet), want_len = unhex(message, want);
	struct reader r = reader_of(packet, n), payload;
	struct quic_packet p;
	struct tls13_keys k;
	int64_t largest = -1;

	unhex(QUIC_DCID, dcid);
	assert_true(quic_packet_read(&r, &p));
	assert_int_equal(r.len, 0);
	assert_int_equal(p.type, QUIC_INITIAL);
	assert_int_equal(p.version->number, version);
	assert_true(quic_keys_derive(tls_crypto(), p.version, reader_of(dcid, 8), server, &k));
	assert_true(quic_packet_open(tls_crypto(), &k, &p, &largest, &payload));
	assert_int_equal(largest, server ? 1 : 2);
	/* Behind an ACK frame of 5 bytes, in the server's, and a CRYPTO frame's header. */
	assert_memory_equal(payload.p + (server ? 5 : 0) + 4, want, want_len);
}

static void test_open(void **state UNUSED)
{
	opens(QUIC_V1_CLIENT, 1, false, QUIC_CLIENT_HELLO);
	opens(QUIC_V1_SERVER, 1, true, QUIC_SERVER_HELLO);
	opens(QUIC_V2_CLIENT, QUIC_V2, false, QUIC_CLIENT_HELLO);
	opens(QUIC_V2_SERVER, QUIC_V2, true, QUIC_SERVER_HELLO);
}

/* Every byte of the packet is under the tag or the header protection. */
static void test_open_bad(void **state UNUSED)
{
	uint8_t packet[1500], dcid[8];
	size_t n = unhex(QUIC_V1_SERVER, packet);
	struct tls13_keys k;

	unhex(QUIC_DCID, dcid);
	assert_true(quic_keys_derive(tls_crypto(), quic_version(1), reader_of(dcid, 8), true, &k));
	for (size_t i = 0; i < n; i++) {
		struct reader r = reader_of(packet, n), payload;
		struct quic_packet p;
		int64_t largest = -1;

		packet[i] ^= 0x10;
		if (quic_packet_read(&r, &p) && !p.truncated)
			assert_false(quic_packet_open(tls_crypto(), &k, &p, &largest, &payload));
		assert_int_equal(largest, -1);
		packet[i] ^= 0x10;
	}
}

static void test_packet_types(void **state UNUSED)
{
	static const uint8_t firsts[] = { 0xc0, 0xd0, 0xe0, 0xf0 };
	static const enum quic_type v1[] = { QUIC_INITIAL, QUIC_0RTT, QUIC_HANDSHAKE, QUIC_RETRY };
	static const enum quic_type v2[] = { QUIC_RETRY, QUIC_INITIAL, QUIC_0RTT, QUIC_HANDSHAKE };

	for (size_t i = 0; i < 8; i++) {
		uint8_t packet[64] = { firsts[i % 4] };
		struct quic_packet p;
		struct reader r = reader_of(packet, sizeof(packet));

		memcpy(packet + 1, i < 4 ? "\0\0\0\1" : "\x6b\x33\x43\xcf", 4);
		assert_true(quic_packet_read(&r, &p));
		assert_int_equal(p.type, i < 4 ? v1[i] : v2[i % 4]);
		/* Only a Retry has no Length, which is 0 here. */
		assert_int_equal(r.len, p.type == QUIC_RETRY ? 0 : p.type == QUIC_INITIAL ? 64 - 9 : 64 - 8);
	}
}

static void test_packet_bad(void **state UNUSED)
{
	uint8_t packet[1500];
	size_t n = unhex(QUIC_V1_CLIENT, packet);
	struct quic_packet p;
	struct reader r;

	for (size_t len = 0; len < n; len++) {
		r = reader_of(packet, len);
		assert_true(len < 18 ? !quic_packet_read(&r, &p) : quic_packet_read(&r, &p) && p.truncated);
	}
	packet[5] = 21;				/* a longer connection id than there is */
	r = reader_of(packet, n);
	assert_false(quic_packet_read(&r, &p));
	assert_int_equal(r.len, n);
	packet[5] = 8;
	packet[0] &= 0x7f;			/* a short header */
	r = reader_of(packet, n);
	assert_false(quic_packet_read(&r, &p));
}

/* One Initial of the client with that payload, in a new connection. */
static void payload_gives(const void *payload, size_t len, const char *sni)
{
	struct quic_test t = quic_test_new();
	uint8_t packet[2048], padded[1500] = { 0 };

	memcpy(padded, payload, len);
	quic_test_send(&t, 0, packet, quic_seal(&quic_client, padded, len < 20 ? 20 : len, packet));
	if (!sni)
		assert_false(t.hs->client_hello.seen);
	else
		quic_test_sni(&t, sni);
	quic_test_free(&t);
}

static size_t with_hello(uint8_t *out, const char *frames_hex)
{
	uint8_t hello[512];
	size_t n = unhex(QUIC_CLIENT_HELLO, hello), head = unhex(frames_hex, out);

	return head + quic_seal_crypto(out + head, 0, hello, n);
}

static void test_frames(void **state UNUSED)
{
	uint8_t payload[1024];

	payload_gives(payload, with_hello(payload, ""), "example.com");
	payload_gives(payload, with_hello(payload, "00000000"), "example.com");
	payload_gives(payload, with_hello(payload, "01"), "example.com");
	payload_gives(payload, with_hello(payload, "0205000001"), "example.com");
	payload_gives(payload, with_hello(payload, "02050001000301"), "example.com");	/* an ACK with two ranges */
	payload_gives(payload, with_hello(payload, "0305000003010203"), "example.com");	/* with ECN counts */
	payload_gives(payload, with_hello(payload, "1c0a0600"), "example.com");
	payload_gives(payload, with_hello(payload, "08"), NULL);		/* STREAM is not allowed */
	payload_gives(payload, with_hello(payload, "7fff"), NULL);		/* no such frame */
}

static void test_frames_bad(void **state UNUSED)
{
	static const char *const bad[] = {
		"02", "0205", "020500ff", "0205004000", "06", "0600", "0600bfffffff", "1c", "1c0100ff",
		"0600ffffffffffffffff", "02050affffffffffffffff",
	};
	uint8_t payload[64];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		payload_gives(payload, unhex(bad[i], payload), NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys), cmocka_unit_test(test_versions), cmocka_unit_test(test_varint),
		cmocka_unit_test(test_open), cmocka_unit_test(test_open_bad), cmocka_unit_test(test_packet_types),
		cmocka_unit_test(test_packet_bad), cmocka_unit_test(test_frames), cmocka_unit_test(test_frames_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
