/* SPDX-License-Identifier: BSD-2-Clause */
/* SSL 2.0, and its ClientHello that leads to TLS. */
#include "unit/tls_flow.h"

static void trace_v2(struct trace *t, int dir, const struct build *b)
{
	uint8_t record[8192];

	record[0] = (uint8_t)(0x80 | b->n >> 8);
	record[1] = (uint8_t)b->n;
	memcpy(record + 2, b->p, b->n);
	trace_add(t, dir, record, 2 + b->n);
}

static void v2_client_hello(struct trace *t, uint16_t version)
{
	struct build *b = build_new();

	put(b, 1, 1);
	put(b, version, 2);
	put(b, 9, 2);
	put(b, 0, 2);
	put(b, 16, 2);
	put_bytes(b, "\x07\x00\xc0\x00\x00\x35\x00\x00\x05", 9);
	put_bytes(b, "0123456789abcdef", 16);
	trace_v2(t, 0, b);
	free(b);
}

static void v2_server_hello(struct trace *t, bool hit)
{
	struct build *b = build_new();

	put(b, 4, 1);
	put(b, hit, 1);
	put(b, hit ? 0 : 1, 1);
	put(b, 2, 2);
	put(b, hit ? 0 : 600, 2);
	put(b, hit ? 0 : 6, 2);
	put(b, 16, 2);
	if (!hit) {
		put_fill(b, 0xca, 600);
		put_bytes(b, "\x07\x00\xc0\x01\x00\x80", 6);
	}
	put_bytes(b, "connection-id-16", 16);
	trace_v2(t, 1, b);
	free(b);
}

static void v2_hidden(struct trace *t, int dir, size_t len)
{
	struct build *b = build_new();

	put_fill(b, 0x16, len);
	trace_v2(t, dir, b);
	free(b);
}

static void v2_master_key(struct trace *t)
{
	struct build *b = build_new();

	put(b, 2, 1);
	put(b, 0x0700c0, 3);
	put(b, 0, 2);
	put(b, 128, 2);
	put(b, 8, 2);
	put_fill(b, 0x33, 136);
	trace_v2(t, 0, b);
	free(b);
}

static void test_native(void **state)
{
	struct trace *t = trace_new();
	struct parse p;

	(void)state;
	v2_client_hello(t, 0x0002);
	v2_server_hello(t, false);
	v2_master_key(t);
	v2_hidden(t, 0, 33);
	v2_hidden(t, 1, 33);
	v2_hidden(t, 1, 33);
	v2_hidden(t, 0, 200);
	v2_hidden(t, 1, 300);
	parse_all_ways(&p, t);
	assert_int_equal(p.hs->protocol, TLS_PROTO_SSL);
	assert_int_equal(p.hs->version, 0x0002);
	assert_true(p.hs->client_hello.sslv2);
	assert_int_equal(p.hs->client_hello.legacy_version, 2);
	assert_int_equal(p.hs->client_hello.sslv2_suites.n, 9);
	assert_int_equal(p.hs->client_hello.suites.n, 2);
	assert_int_equal(p.hs->client_hello.suites.v[0], 0x0035);
	assert_int_equal(p.hs->server_hello.sslv2_suites.n, 6);
	assert_int_equal(p.hs->sslv2_suite, 0x0700c0);
	assert_int_equal(p.cert_cnt[TLS_SERVER], 1);
	assert_int_equal(p.cert_len[TLS_SERVER][0], 600);
	assert_true(p.hs->established);
	assert_false(p.hs->resumed);
	assert_true(tls_conn_settled(p.conn));
	assert_steps(&p, "c:client_hello s:server_hello c:client_key_exchange c:encrypted_handshake s:encrypted_handshake "
			 "s:encrypted_handshake c:application_data s:application_data");
	assert_string_equal(p.hs->client_hello.ja3, "");
	parse_free(&p);
	free(t);
}

static void test_native_resumed(void **state)
{
	struct trace *t = trace_new();
	struct parse p;

	(void)state;
	v2_client_hello(t, 0x0002);
	v2_server_hello(t, true);
	v2_hidden(t, 0, 33);
	v2_hidden(t, 1, 33);
	v2_hidden(t, 1, 33);
	parse_all_ways(&p, t);
	assert_true(p.hs->resumed);
	assert_true(p.hs->established);
	assert_int_equal(p.cert_cnt[TLS_SERVER], 0);
	assert_int_equal(p.hs->sslv2_suite, 0);
	parse_free(&p);
	free(t);
}

static void test_hello_leads_to_tls(void **state)
{
	struct trace *t = trace_new(), *flow = trace_new();
	struct parse p;

	(void)state;
	v2_client_hello(t, 0x0301);
	trace_flow_12(flow, 16384, true);
	for (size_t i = 1; i < flow->chunk_cnt; i++)
		trace_add(t, flow->chunk[i].dir, flow->bytes + flow->chunk[i].from, flow->chunk[i].len);
	parse_all_ways(&p, t);
	assert_true(p.hs->client_hello.sslv2);
	assert_int_equal(p.hs->client_hello.random[0], 0);
	assert_int_equal(p.hs->client_hello.random[16], '0');
	assert_int_equal(p.hs->protocol, TLS_PROTO_TLS);
	assert_int_equal(p.hs->version, 0x0303);
	assert_int_equal(p.cert_cnt[TLS_SERVER], 2);
	assert_true(p.hs->established);
	assert_steps(&p, FLOW_STEPS_12 " c:application_data s:application_data");
	parse_free(&p);
	free(flow);
	free(t);
}

/* Refused, by an error of SSL 2.0 and by an alert of TLS. */
static void test_refused(void **state)
{
	struct trace *t = trace_new();
	struct parse p;

	(void)state;
	v2_client_hello(t, 0x0002);
	trace_add(t, 1, "\x80\x03\x00\x00\x01", 5);
	parse_all_ways(&p, t);
	assert_int_equal(p.hs->alert.code, 40);
	assert_int_equal(p.hs->alert.side, TLS_SERVER);
	assert_false(p.hs->server_hello.seen);
	parse_free(&p);
	t->chunk_cnt--;
	trace_alert(t, 1, 2, 70);
	parse_all_ways(&p, t);
	assert_int_equal(p.hs->alert.code, 70);
	parse_free(&p);
	free(t);
}

static void test_gaps(void **state)
{
	struct trace *t = trace_new();
	struct parse p;
	size_t at;

	(void)state;
	v2_client_hello(t, 0x0002);
	v2_server_hello(t, false);
	/* A hole in the certificate. */
	t->chunk_cnt--;
	at = t->chunk[1].from;
	t->chunk[1].len = 0;
	trace_add(t, 1, t->bytes + at, 200);
	trace_gap(t, 1, 100);
	trace_add(t, 1, t->bytes + at + 300, t->chunk[0].len ? 641 - 300 : 0);
	v2_master_key(t);
	parse_all_ways(&p, t);
	assert_true(p.hs->side[TLS_SERVER].gap);
	assert_true(p.hs->server_hello.seen);
	assert_int_equal(p.cert_cnt[TLS_SERVER], 0);
	assert_int_equal(p.hs->sslv2_suite, 0x0700c0);
	parse_free(&p);
	free(t);
}

/* Bytes that begin like it, but whose lengths do not add up. */
static void test_not_sslv2(void **state)
{
	static const char *const heads[] = {
		"\x80\x2e\x01\x00\x02\x00\x08\x00\x00\x00\x10zzzz",	/* suites of 8 bytes */
		"\x80\x2e\x01\x00\x02\x00\x09\x00\x00\x00\x10zzzz",	/* 34, not 46 */
		"\x80\x22\x01\x04\x02\x00\x09\x00\x00\x00\x10zzzz",	/* version 4 */
		"\x80\x03\x00\x00\x4dzzzzzzzzzz",
		"\x80\x2e\x09\x00\x02\x00\x09\x00\x00\x00\x10zzzz",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		struct trace *t = trace_new();
		struct parse p;

		trace_add(t, 0, heads[i], 15);
		trace_str(t, 0, " and some more of whatever this is");
		parse_all_ways(&p, t);
		assert_false(p.hs->client_hello.seen);
		assert_int_equal(p.hs->protocol, TLS_PROTO_NONE);
		assert_int_equal(p.hs->not_tls, TLS_GUESS_OTHER);
		parse_free(&p);
		free(t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_native),
		cmocka_unit_test(test_native_resumed),
		cmocka_unit_test(test_hello_leads_to_tls),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_not_sslv2),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
