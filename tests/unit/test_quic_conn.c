/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole QUIC connections, as far as they can be seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "quic_conn.h"

static const uint8_t handshake_packet[64] = { 0xe0, 0, 0, 0, 1, 0, 0, 50 };
static const uint8_t short_packet[40] = { 0x41 };

struct part {
	size_t from, to;
};

/* An Initial with those parts of the ClientHello, in that order. */
static void send_parts(struct quic_test *t, const struct quic_seal *seal, const struct part *parts, size_t n)
{
	uint8_t hello[512], payload[1400] = { 0 }, packet[1600];
	size_t len = 0;

	unhex(QUIC_CLIENT_HELLO, hello);
	for (size_t i = 0; i < n; i++)
		len += quic_seal_crypto(payload + len, parts[i].from, hello + parts[i].from, parts[i].to - parts[i].from);
	quic_test_send(t, 0, packet, quic_seal(seal, payload, 1100, packet));
}

static void send_server_hello(struct quic_test *t, const struct quic_seal *seal)
{
	uint8_t hello[256], payload[300], packet[512];
	size_t len = quic_seal_crypto(payload, 0, hello, unhex(QUIC_SERVER_HELLO, hello));

	quic_test_send(t, 1, packet, quic_seal(seal, payload, len, packet));
}

static void is_rfc_client(const struct quic_test *t, uint32_t version)
{
	uint8_t dcid[8];

	unhex(QUIC_DCID, dcid);
	assert_int_equal(t->hs->protocol, TLS_PROTO_QUIC);
	assert_int_equal(t->hs->client_dir, 0);
	assert_int_equal(t->hs->quic_version, version);
	assert_int_equal(t->hs->quic_dcid.n, 8);
	assert_memory_equal(t->hs->quic_dcid.p, dcid, 8);
	quic_test_sni(t, "example.com");
	assert_int_equal(t->hs->client_hello.bytes, 241);
	assert_int_equal(t->hs->client_hello.ja4[0], 'q');
}

static void is_rfc_server(const struct quic_test *t)
{
	assert_true(t->hs->server_hello.seen);
	assert_int_equal(t->hs->server_hello.suite, 0x1301);
	assert_int_equal(t->hs->server_hello.key_share_group, 29);
	assert_int_equal(t->hs->version, 0x0304);
}

static void test_rfc(void **state UNUSED)
{
	struct quic_test t = quic_test_new();

	quic_test_hex(&t, 0, QUIC_V1_CLIENT);
	is_rfc_client(&t, 1);
	quic_test_hex(&t, 1, QUIC_V1_SERVER);
	is_rfc_server(&t);
	assert_false(t.hs->established);
	quic_test_free(&t);
}

static void test_rfc_v2(void **state UNUSED)
{
	struct quic_test t = quic_test_new();

	quic_test_hex(&t, 0, QUIC_V2_CLIENT);
	is_rfc_client(&t, QUIC_V2);
	quic_test_hex(&t, 1, QUIC_V2_SERVER);
	is_rfc_server(&t);
	quic_test_free(&t);
}

static void test_draft_29(void **state UNUSED)
{
	struct quic_seal client = quic_client, server = quic_server;
	struct quic_test t = quic_test_new();

	client.version = server.version = QUIC_DRAFT_29;
	send_parts(&t, &client, &(struct part){ 0, 241 }, 1);
	is_rfc_client(&t, QUIC_DRAFT_29);
	send_server_hello(&t, &server);
	is_rfc_server(&t);
	quic_test_free(&t);
}

/* The client is whoever sent the ClientHello, also in direction 1. */
static void test_direction(void **state UNUSED)
{
	struct quic_test t = quic_test_new();

	quic_test_hex(&t, 1, QUIC_V1_CLIENT);
	quic_test_hex(&t, 0, QUIC_V1_SERVER);
	assert_int_equal(t.hs->client_dir, 1);
	is_rfc_server(&t);
	quic_test_free(&t);
}

/* One hello in nine frames of three packets, the last packet first, everything out of order, overlapping and twice. */
static void test_scrambled(void **state UNUSED)
{
	static const struct part parts[3][4] = {
		{ { 200, 241 }, { 90, 120 }, { 3, 20 }, { 150, 170 } },
		{ { 20, 60 }, { 170, 205 }, { 110, 150 }, { 90, 91 } },
		{ { 60, 90 }, { 20, 60 }, { 0, 4 }, { 1, 2 } },
	};

	for (size_t first = 0; first < 3; first++) {
		struct quic_test t = quic_test_new();
		struct quic_seal seal = quic_client;

		for (size_t i = 0; i < 6; i++) {
			if (i == 2)
				assert_false(t.hs->client_hello.seen);
			seal.pn = (uint32_t)(10 - i);
			send_parts(&t, &seal, parts[(first + i) % 3], 4);
		}
		is_rfc_client(&t, 1);
		assert_int_equal(t.hs->client_hello.segments, 3);
		assert_int_equal(t.hs->client_hello.records, 12);
		assert_int_equal(t.hs->step_cnt, 1);
		quic_test_free(&t);
	}
}

/* What there is of a hello with a hole at its end still names the server. */
static void test_incomplete(void **state UNUSED)
{
	struct quic_test t = quic_test_new();

	send_parts(&t, &quic_client, (const struct part[]){ { 0, 150 }, { 160, 241 } }, 2);
	assert_false(t.hs->client_hello.seen);
	tls_conn_end(t.conn, t.now);
	quic_test_sni(&t, "example.com");
	assert_true(t.hs->side[TLS_CLIENT].gap);
	quic_test_free(&t);
}

static void test_coalesced(void **state UNUSED)
{
	struct quic_test t = quic_test_new();
	uint8_t datagram[2000];
	size_t n;

	quic_test_hex(&t, 0, QUIC_V1_CLIENT);
	n = unhex(QUIC_V1_SERVER, datagram);
	memcpy(datagram + n, handshake_packet, 58);
	memcpy(datagram + n + 58, short_packet, sizeof(short_packet));
	quic_test_send(&t, 1, datagram, n + 58 + sizeof(short_packet));
	is_rfc_server(&t);
	assert_int_equal(t.hs->step_cnt, 4);
	assert_int_equal(t.hs->steps[2].kind, TLS_STEP_ENCRYPTED_HANDSHAKE);
	assert_int_equal(t.hs->steps[3].kind, TLS_STEP_APPLICATION_DATA);
	assert_int_equal(t.hs->side[TLS_SERVER].records, 3);
	quic_test_free(&t);
}

/* RFC 9000 section 17.2.5.2: after a Retry the keys come from the server's id; the hello is the same. */
static void test_retry(void **state UNUSED)
{
	struct quic_seal client = quic_client, server = quic_server;
	struct quic_test t = quic_test_new();

	send_parts(&t, &client, &(struct part){ 0, 200 }, 1);
	quic_test_hex(&t, 1, QUIC_V1_RETRY);
	client.odcid = client.dcid = server.odcid = "\xf0\x67\xa5\x50\x2a\x42\x62\xb5";
	client.token = "token";
	client.token_len = 5;
	client.pn = 3;
	send_parts(&t, &client, &(struct part){ 200, 241 }, 1);
	assert_false(t.hs->client_hello.seen);
	send_parts(&t, &client, &(struct part){ 0, 200 }, 1);
	is_rfc_client(&t, 1);
	send_server_hello(&t, &server);
	is_rfc_server(&t);
	quic_test_free(&t);
}

/* RFC 9000 section 6: the client begins anew with another version, and another id. */
static void test_version_negotiation(void **state UNUSED)
{
	static const uint8_t negotiation[] = { 0xc0, 0, 0, 0, 0, 0, 0, 0xff, 0, 0, 0x1d };
	struct quic_seal client = quic_client, server = quic_server;
	struct quic_test t = quic_test_new();

	quic_test_hex(&t, 0, QUIC_V1_CLIENT);
	quic_test_send(&t, 1, negotiation, sizeof(negotiation));
	client.version = server.version = QUIC_DRAFT_29;
	client.dcid = client.odcid = server.odcid = "\x01\x02\x03\x04\x05\x06\x07\x08";
	send_parts(&t, &client, &(struct part){ 0, 241 }, 1);
	assert_int_equal(t.hs->quic_version, QUIC_DRAFT_29);
	send_server_hello(&t, &server);
	is_rfc_server(&t);
	quic_test_free(&t);
}

/* RFC 9368: the server answers in version 2 at once, with keys from the id in version 1's Initial. */
static void test_compatible_negotiation(void **state UNUSED)
{
	struct quic_seal client = quic_client;
	struct quic_test t = quic_test_new();

	send_parts(&t, &client, &(struct part){ 0, 200 }, 1);
	quic_test_hex(&t, 1, QUIC_V2_SERVER);
	is_rfc_server(&t);
	assert_int_equal(t.hs->quic_version, QUIC_V2);
	client.version = QUIC_V2;
	client.dcid = "\xf0\x67\xa5\x50\x2a\x42\x62\xb5";
	client.pn = 3;
	send_parts(&t, &client, &(struct part){ 200, 241 }, 1);
	is_rfc_client(&t, QUIC_V2);
	quic_test_free(&t);
}

/* A capture with a snap length: the client's header opens the server's packet. */
static void test_cut_off(void **state UNUSED)
{
	struct quic_test t = quic_test_new();
	uint8_t packet[1500];

	unhex(QUIC_V1_CLIENT, packet);
	quic_test_send(&t, 0, packet, 200);
	assert_int_equal(t.hs->protocol, TLS_PROTO_NONE);
	quic_test_hex(&t, 1, QUIC_V1_SERVER);
	is_rfc_server(&t);
	assert_int_equal(t.hs->quic_dcid.n, 8);
	assert_false(t.hs->client_hello.seen);
	/* And once it is sent again, its hello is read too. */
	quic_test_hex(&t, 0, QUIC_V1_CLIENT);
	is_rfc_client(&t, 1);
	quic_test_free(&t);
}

static void test_server_only(void **state UNUSED)
{
	struct quic_test t = quic_test_new();

	quic_test_hex(&t, 1, QUIC_V1_SERVER);
	quic_test_send(&t, 1, handshake_packet, 58);
	quic_test_send(&t, 1, short_packet, sizeof(short_packet));
	assert_int_equal(t.hs->protocol, TLS_PROTO_NONE);
	assert_int_equal(t.hs->record_cnt, 0);
	quic_test_free(&t);
}

/* RFC 9001 section 4.8: 0x0100 plus an alert's code. */
static void test_close(void **state UNUSED)
{
	uint8_t payload[32] = { 0 }, packet[256];
	struct quic_test t = quic_test_new();

	quic_test_hex(&t, 0, QUIC_V1_CLIENT);
	unhex("1c41280600", payload);
	quic_test_send(&t, 1, packet, quic_seal(&quic_server, payload, sizeof(payload), packet));
	assert_true(t.hs->alert.seen);
	assert_int_equal(t.hs->alert.level, 2);
	assert_int_equal(t.hs->alert.code, 40);
	assert_int_equal(t.hs->alert.side, TLS_SERVER);
	quic_test_free(&t);
}

static void test_established(void **state UNUSED)
{
	struct quic_test t = quic_test_new();

	quic_test_hex(&t, 0, QUIC_V1_CLIENT);
	quic_test_hex(&t, 1, QUIC_V1_SERVER);
	quic_test_send(&t, 1, short_packet, sizeof(short_packet));	/* 0.5-RTT data */
	quic_test_send(&t, 1, handshake_packet, 58);
	quic_test_send(&t, 0, handshake_packet, 58);
	assert_false(t.hs->side[TLS_SERVER].finished);
	quic_test_send(&t, 0, short_packet, sizeof(short_packet));
	assert_true(t.hs->side[TLS_SERVER].finished);
	assert_int_equal(t.hs->side[TLS_SERVER].finished_ns, 1003);
	quic_test_send(&t, 0, short_packet, sizeof(short_packet));
	assert_false(t.hs->established);
	quic_test_send(&t, 1, short_packet, sizeof(short_packet));
	assert_false(t.hs->established);
	quic_test_send(&t, 0, short_packet, sizeof(short_packet));
	assert_true(t.hs->established);
	assert_int_equal(t.hs->established_ns, 1005);
	assert_true(tls_conn_settled(t.conn));
	quic_test_free(&t);
}

/* RFC 9287: the fixed bit cleared; then the ids tell. Bytes that pad a datagram behind its packets are none. */
static void test_no_fixed_bit(void **state UNUSED)
{
	struct quic_test t = quic_test_new();
	uint8_t packet[64] = { 0x1e }, padded[128] = { 0 };

	quic_test_hex(&t, 0, QUIC_V1_CLIENT);
	quic_test_hex(&t, 1, QUIC_V1_SERVER);
	memcpy(padded, handshake_packet, 58);
	quic_test_send(&t, 0, padded, sizeof(padded));
	quic_test_send(&t, 0, packet, sizeof(packet));
	assert_int_equal(t.hs->side[TLS_CLIENT].app_records, 0);
	memcpy(packet + 1, quic_server.scid, 8);
	quic_test_send(&t, 0, packet, 20);
	assert_int_equal(t.hs->side[TLS_CLIENT].app_records, 0);
	quic_test_send(&t, 0, packet, sizeof(packet));
	assert_int_equal(t.hs->side[TLS_CLIENT].app_records, 1);
	/* The client chose none. */
	quic_test_send(&t, 1, packet, sizeof(packet));
	quic_test_send(&t, 0, packet, sizeof(packet));
	assert_true(t.hs->established);
	quic_test_free(&t);
}

static void test_early_data(void **state UNUSED)
{
	uint8_t packet[64] = { 0xd0, 0, 0, 0, 1, 0, 0, 50 };
	struct quic_test t = quic_test_new();

	quic_test_send(&t, 0, packet, 58);
	assert_false(t.hs->early_data);
	quic_test_hex(&t, 0, QUIC_V1_CLIENT);
	quic_test_send(&t, 0, packet, 58);
	quic_test_send(&t, 0, packet, 58);
	assert_true(t.hs->early_data && t.hs->step_cnt == 2);
	quic_test_free(&t);
}

/* Other traffic, and QUIC that cannot be opened, leave no trace. */
static void test_not_quic(void **state UNUSED)
{
	struct quic_test t = quic_test_new();
	uint8_t packet[1500];
	size_t n = unhex(QUIC_V1_CLIENT, packet);

	quic_test_send(&t, 0, "", 0);
	quic_test_send(&t, 0, "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", 12);	/* DNS */
	quic_test_send(&t, 0, short_packet, sizeof(short_packet));
	packet[n - 1] ^= 1;
	for (int i = 0; i < 1000; i++)
		quic_test_send(&t, i & 1, packet, n);
	memcpy(packet + 1, "Q050", 4);
	quic_test_send(&t, 0, packet, n);
	for (size_t len = 0; len < n; len++)
		quic_test_send(&t, 0, packet, len);
	tls_conn_end(t.conn, t.now);
	assert_int_equal(t.hs->protocol, TLS_PROTO_NONE);
	assert_int_equal(t.hs->record_cnt, 0);
	assert_true(t.arena->used < 16384);
	quic_test_free(&t);
}

/* A peer that fills its CRYPTO stream with holes, or goes past the bound, costs a bounded amount of memory. */
static void test_hostile_stream(void **state UNUSED)
{
	uint8_t payload[1200] = { 0 }, packet[1500];
	struct quic_seal seal = quic_client;
	struct quic_test t = quic_test_new();
	size_t len = 0;

	for (uint32_t i = 0; len < 1100; i++)
		len += quic_seal_crypto(payload + len, 100000000 - 7 * i, "x", 1);
	quic_test_send(&t, 0, packet, quic_seal(&seal, payload, sizeof(payload), packet));
	for (uint32_t pn = 3; pn < 300; pn++) {
		seal.pn = pn;
		memset(payload, 0, sizeof(payload));
		for (len = 0; len < 1100;)
			len += quic_seal_crypto(payload + len, 2 + (pn * 220 + len * 2) % 65000, "xy", 1);
		quic_test_send(&t, 0, packet, quic_seal(&seal, payload, sizeof(payload), packet));
	}
	assert_true(t.hs->side[TLS_CLIENT].truncated);
	assert_true(t.arena->used < 262144);
	tls_conn_end(t.conn, t.now);
	assert_false(t.hs->client_hello.seen);
	quic_test_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc), cmocka_unit_test(test_rfc_v2), cmocka_unit_test(test_draft_29),
		cmocka_unit_test(test_direction), cmocka_unit_test(test_scrambled), cmocka_unit_test(test_incomplete),
		cmocka_unit_test(test_coalesced), cmocka_unit_test(test_retry),
		cmocka_unit_test(test_version_negotiation), cmocka_unit_test(test_compatible_negotiation),
		cmocka_unit_test(test_cut_off), cmocka_unit_test(test_server_only), cmocka_unit_test(test_close),
		cmocka_unit_test(test_established), cmocka_unit_test(test_no_fixed_bit),
		cmocka_unit_test(test_early_data), cmocka_unit_test(test_not_quic),
		cmocka_unit_test(test_hostile_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
