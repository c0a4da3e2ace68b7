/* SPDX-License-Identifier: BSD-2-Clause */
/* What is concluded from the order and length of records nobody can read: finished, established, settled, refused. */
#include "unit/tls_flow.h"

#define FLIGHT "c:client_hello s:server_hello s:change_cipher_spec s:encrypted_handshake s:encrypted_handshake " \
	       "s:encrypted_handshake s:encrypted_handshake c:change_cipher_spec"

static void test_13_finished(void **state)
{
	struct trace *t = trace_new();
	struct parse p;

	(void)state;
	trace_begin_13(t, &flow_hello_13, 0x1301);
	trace_hidden(t, 0, 23, 53);
	parse_all_ways(&p, t);
	assert_steps(&p, FLIGHT " c:encrypted_handshake");
	assert_int_equal(p.hs->version, 0x0304);
	assert_int_equal(p.hs->server_hello.key_share_group, 0x001d);
	assert_true(p.hs->side[TLS_CLIENT].finished);
	assert_true(p.hs->side[TLS_SERVER].finished);
	assert_int_equal(p.hs->side[TLS_SERVER].finished_ns, 7000);
	assert_true(p.hs->established);
	assert_int_equal(p.hs->established_ns, 9000);
	assert_false(tls_conn_settled(p.conn));
	parse_free(&p);
	free(t);
}

/* Without the client's answer nothing is established. */
static void test_13_not_finished(void **state)
{
	struct trace *t = trace_new();
	struct parse p;

	(void)state;
	trace_begin_13(t, &flow_hello_13, 0x1301);
	parse_all_ways(&p, t);
	assert_false(p.hs->side[TLS_SERVER].finished);
	assert_false(p.hs->established);
	parse_free(&p);
	/* SHA-384's Finished is longer; this is something else, and nobody answers it. */
	t->chunk_cnt = t->len = 0;
	trace_begin_13(t, &flow_hello_13, 0x1302);
	trace_hidden(t, 0, 23, 53);
	parse_all_ways(&p, t);
	assert_false(p.hs->established);
	parse_free(&p);
	t->chunk_cnt = t->len = 0;
	trace_begin_13(t, &flow_hello_13, 0x1302);
	trace_hidden(t, 0, 23, 69);
	parse_all_ways(&p, t);
	assert_true(p.hs->established);
	parse_free(&p);
	free(t);
}

/* Certificate, CertificateVerify and Finished in one record: told from the server's going on. */
static void test_13_coalesced(void **state)
{
	struct trace *t = trace_new();
	struct parse p;

	(void)state;
	trace_begin_13(t, &flow_hello_13, 0x1301);
	trace_hidden(t, 0, 23, 1400);
	parse_all_ways(&p, t);
	assert_false(p.hs->established);
	parse_free(&p);
	trace_hidden(t, 1, 23, 250);
	parse_all_ways(&p, t);
	assert_true(p.hs->established);
	assert_int_equal(p.hs->side[TLS_CLIENT].finished_ns, 9000);
	assert_false(tls_conn_settled(p.conn));
	parse_free(&p);
	trace_hidden(t, 0, 23, 700);
	parse_all_ways(&p, t);
	assert_true(tls_conn_settled(p.conn));
	parse_free(&p);
	free(t);
}

static void test_13_client_refuses(void **state)
{
	struct trace *t = trace_new();
	struct parse p;

	(void)state;
	trace_begin_13(t, &flow_hello_13, 0x1301);
	trace_hidden(t, 0, 23, 19);
	parse_all_ways(&p, t);
	assert_steps(&p, FLIGHT " c:encrypted_alert");
	assert_true(p.hs->side[TLS_CLIENT].encrypted_alert);
	assert_int_equal(p.hs->side[TLS_CLIENT].encrypted_alert_ns, 9000);
	assert_false(p.hs->side[TLS_CLIENT].finished);
	assert_false(p.hs->established);
	parse_free(&p);
	free(t);
}

static void test_13_server_refuses(void **state)
{
	struct trace *t = trace_new();
	struct parse p;

	(void)state;
	trace_begin_13(t, &flow_hello_13, 0x1301);
	trace_hidden(t, 0, 23, 1000);
	trace_hidden(t, 0, 23, 96);
	trace_hidden(t, 0, 23, 53);
	trace_hidden(t, 0, 23, 500);
	trace_hidden(t, 1, 23, 19);
	parse_all_ways(&p, t);
	assert_true(p.hs->side[TLS_CLIENT].finished);
	assert_true(p.hs->side[TLS_SERVER].encrypted_alert);
	assert_false(p.hs->established);
	assert_int_equal(p.hs->established_ns, 0);
	assert_false(tls_conn_settled(p.conn));
	parse_free(&p);
	free(t);
}

/* The same records, but the client said goodbye first: the server's answer is one, too. */
static void test_13_goodbye(void **state)
{
	struct trace *t = trace_new();
	struct parse p;

	(void)state;
	trace_begin_13(t, &flow_hello_13, 0x1301);
	trace_hidden(t, 0, 23, 53);
	trace_hidden(t, 0, 23, 500);
	trace_hidden(t, 0, 23, 19);
	trace_hidden(t, 1, 23, 19);
	parse_all_ways(&p, t);
	assert_true(p.hs->established);
	assert_false(p.hs->side[TLS_SERVER].encrypted_alert);
	parse_free(&p);
	/* It was asked for a certificate, had none, and wrote everything at once. */
	t->chunk_cnt = t->len = 0;
	trace_begin_13(t, &flow_hello_13, 0x1301);
	trace_hidden(t, 0, 23, 25);
	trace_hidden(t, 0, 23, 53);
	trace_hidden(t, 0, 23, 500);
	trace_hidden(t, 0, 23, 19);
	trace_hidden(t, 1, 23, 19);
	parse_all_ways(&p, t);
	assert_false(p.hs->established);
	assert_true(p.hs->side[TLS_SERVER].encrypted_alert);
	parse_free(&p);
	free(t);
}

/* A ticket proves that the server took the client's Finished; an alert after it is a goodbye. */
static void test_13_proven(void **state)
{
	struct trace *t = trace_new();
	struct parse p;

	(void)state;
	trace_begin_13(t, &flow_hello_13, 0x1305);
	/* TLS_AES_128_CCM_8_SHA256 has a tag of 8 bytes. */
	trace_hidden(t, 0, 23, 45);
	parse_all_ways(&p, t);
	assert_true(p.hs->established);
	parse_free(&p);
	trace_hidden(t, 1, 23, 200);
	trace_hidden(t, 1, 23, 11);
	parse_all_ways(&p, t);
	assert_true(p.hs->established);
	assert_false(p.hs->side[TLS_SERVER].encrypted_alert);
	assert_int_equal(p.hs->side[TLS_SERVER].after_finished, 2);
	assert_false(tls_conn_settled(p.conn));
	parse_free(&p);
	trace_hidden(t, 0, 23, 100);
	parse_all_ways(&p, t);
	assert_true(tls_conn_settled(p.conn));
	parse_free(&p);
	free(t);
}

static void test_13_early_data(void **state)
{
	struct hello h = flow_hello_13;
	struct trace *t = trace_new();
	struct hello server = { .legacy_version = 0x0303, .suite = 0x1301, .versions = kit_tls13, .group = 0x001d, .psk = true };
	struct parse p;

	(void)state;
	h.psk = h.early_data = true;
	trace_client_hello(t, 0, &h);
	trace_ccs(t, 0);
	/* One record of early data is as long as a Finished, another as long as an alert. */
	trace_hidden(t, 0, 23, 53);
	trace_hidden(t, 0, 23, 19);
	trace_server_hello(t, 1, &server);
	trace_hidden(t, 0, 23, 53);
	trace_hidden(t, 1, 23, 120);
	parse_all_ways(&p, t);
	assert_true(p.hs->early_data);
	assert_true(p.hs->resumed);
	assert_false(p.hs->side[TLS_CLIENT].finished);
	assert_false(p.hs->side[TLS_CLIENT].encrypted_alert);
	assert_false(p.hs->established);
	parse_free(&p);
	/* EndOfEarlyData and Finished. */
	trace_hidden(t, 0, 23, 21);
	trace_hidden(t, 0, 23, 53);
	parse_all_ways(&p, t);
	assert_true(p.hs->side[TLS_CLIENT].finished);
	assert_true(p.hs->established);
	parse_free(&p);
	free(t);
}

static void test_13_retry(void **state)
{
	static const uint8_t retry[32] = {
		0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
		0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
	};
	struct hello again = { .legacy_version = 0x0303, .suite = 0x1301, .versions = kit_tls13, .group = 0x0018, .random = retry };
	struct hello h = flow_hello_13, server = again;
	struct trace *t = trace_new();
	struct parse p;

	(void)state;
	trace_client_hello(t, 0, &h);
	trace_server_hello(t, 1, &again);
	parse_all_ways(&p, t);
	assert_int_equal(p.hs->version, 0x0304);
	assert_false(p.hs->server_hello.seen);
	assert_int_equal(p.hs->server_hello.suite, 0);
	assert_int_equal(p.hs->server_hello.extensions.n, 0);
	assert_string_equal(p.hs->server_hello.ja3s, "");
	parse_free(&p);
	trace_ccs(t, 1);
	trace_ccs(t, 0);
	h.group = 0x0018;
	trace_client_hello(t, 0, &h);
	server.random = NULL;
	trace_server_hello(t, 1, &server);
	trace_hidden(t, 1, 23, 600);
	trace_hidden(t, 0, 23, 53);
	parse_all_ways(&p, t);
	assert_steps(&p, "c:client_hello s:hello_retry_request s:change_cipher_spec c:change_cipher_spec c:client_hello "
			 "s:server_hello s:encrypted_handshake c:encrypted_handshake");
	assert_true(p.hs->hello_retry_request);
	assert_int_equal(p.hs->retry_group, 0x0018);
	assert_int_equal(p.hs->server_hello.key_share_group, 0x0018);
	assert_int_equal(p.hs->client_hello.key_shares.v[0], 0x001d);
	assert_true(p.hs->established);
	parse_free(&p);
	/* Only the client's side was captured: its second hello after change_cipher_spec is still in clear. */
	for (size_t i = 0, n = t->chunk_cnt, to = 0; i < n; i++) {
		if (t->chunk[i].dir)
			continue;
		t->chunk[to++] = t->chunk[i];
		t->chunk_cnt = to;
	}
	parse_all_ways(&p, t);
	assert_steps(&p, "c:client_hello c:change_cipher_spec c:client_hello c:application_data");
	parse_free(&p);
	free(t);
}

static void test_12_false_start(void **state)
{
	struct trace *t = trace_new();
	struct build *b = build_new();
	struct parse p;

	(void)state;
	trace_client_hello(t, 0, &flow_hello_12);
	put_server_flight_12(b, false);
	trace_record(t, 1, 22, b->p, b->n);
	b->n = 0;
	put_message(b, 16);
	put_fill(b, 0x16, 33);
	put_close(b);
	trace_record(t, 0, 22, b->p, b->n);
	trace_ccs(t, 0);
	trace_hidden(t, 0, 22, 40);
	trace_hidden(t, 0, 23, 300);
	parse_all_ways(&p, t);
	assert_true(p.hs->side[TLS_CLIENT].finished);
	assert_false(p.hs->established);
	parse_free(&p);
	/* The server refuses it in clear: it has no keys yet. */
	trace_alert(t, 1, 2, 51);
	parse_all_ways(&p, t);
	assert_int_equal(p.hs->alert.code, 51);
	assert_false(p.hs->established);
	parse_free(&p);
	t->chunk_cnt--;
	trace_ccs(t, 1);
	trace_hidden(t, 1, 22, 40);
	parse_all_ways(&p, t);
	assert_true(p.hs->established);
	assert_false(tls_conn_settled(p.conn));
	parse_free(&p);
	free(b);
	free(t);
}

static void test_12_resumed(void **state)
{
	static const char *const ids[2][2] = { { "abcdefgh", "abcdefgh" }, { "", "" } };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct hello client = { .legacy_version = 0x0303, .session_id = ids[i][0], .ticket = i };
		struct hello server = { .legacy_version = 0x0303, .suite = 0xc02f, .session_id = ids[i][1] };
		struct trace *t = trace_new();
		struct parse p;

		trace_client_hello(t, 0, &client);
		trace_server_hello(t, 1, &server);
		parse_all_ways(&p, t);
		/* The rest is missing: only the echo tells. */
		assert_int_equal(p.hs->resumed, i == 0);
		assert_int_equal(p.hs->server_hello.session_id_echo, i == 0);
		parse_free(&p);
		trace_ccs(t, 1);
		trace_hidden(t, 1, 22, 40);
		trace_ccs(t, 0);
		trace_hidden(t, 0, 22, 40);
		parse_all_ways(&p, t);
		assert_true(p.hs->resumed);
		assert_true(p.hs->established);
		parse_free(&p);
		free(t);
	}
}

/* A server may echo a session id and yet do a full handshake. */
static void test_12_echo_is_not_resumption(void **state)
{
	struct hello h = { .legacy_version = 0x0303, .suite = 0xc02f, .session_id = "abcdefgh" };
	struct trace *t = trace_new();
	struct build *b = build_new();
	struct parse p;

	(void)state;
	trace_client_hello(t, 0, &h);
	trace_server_hello(t, 1, &h);
	put_certificates(b);
	put_message(b, 14);
	put_close(b);
	trace_record(t, 1, 22, b->p, b->n);
	parse_all_ways(&p, t);
	assert_false(p.hs->resumed);
	parse_free(&p);
	trace_ccs(t, 1);
	parse_all_ways(&p, t);
	assert_false(p.hs->resumed);
	parse_free(&p);
	free(b);
	free(t);
}

static void test_12_encrypted_alert(void **state)
{
	struct trace *t = trace_new();
	struct parse p;

	(void)state;
	trace_flow_12(t, 16384, false);
	trace_hidden(t, 1, 21, 26);
	parse_all_ways(&p, t);
	assert_true(p.hs->side[TLS_SERVER].encrypted_alert);
	assert_false(p.hs->alert.seen);
	assert_steps(&p, FLOW_STEPS_12 " s:encrypted_alert");
	parse_free(&p);
	free(t);
}

/* After data of its own an alert is a goodbye, also where the other side was not captured. */
static void test_12_goodbye(void **state)
{
	struct trace *t = trace_new();
	struct parse p;

	(void)state;
	trace_client_hello(t, 0, &flow_hello_12);
	trace_ccs(t, 0);
	trace_hidden(t, 0, 22, 40);
	trace_hidden(t, 0, 23, 300);
	trace_hidden(t, 0, 21, 26);
	parse_all_ways(&p, t);
	assert_steps(&p, "c:client_hello c:change_cipher_spec c:encrypted_handshake c:application_data c:encrypted_alert");
	assert_false(p.hs->side[TLS_CLIENT].encrypted_alert);
	parse_free(&p);
	free(t);
}

/* Chromium's application settings come in the same record as its Finished. */
static void test_13_application_settings(void **state)
{
	struct trace *t = trace_new();
	struct parse p;

	(void)state;
	for (int alps = 0; alps < 2; alps++) {
		struct hello h = flow_hello_13;

		h.application_settings = alps;
		t->chunk_cnt = t->len = 0;
		trace_begin_13(t, &h, 0x1301);
		trace_hidden(t, 0, 23, 63);
		parse_all_ways(&p, t);
		assert_int_equal(p.hs->side[TLS_CLIENT].finished, alps);
		assert_int_equal(p.hs->established, alps);
		parse_free(&p);
	}
	free(t);
}

/* A server that asks for a certificate after the client's first request does so instead of an answer. */
static void test_12_renegotiation(void **state)
{
	struct trace *t = trace_new();
	struct parse p;

	(void)state;
	trace_flow_12(t, 16384, false);
	trace_hidden(t, 0, 23, 400);
	trace_hidden(t, 1, 22, 24);
	parse_all_ways(&p, t);
	assert_int_equal(p.hs->renegotiations, 1);
	assert_true(p.hs->established);
	assert_false(tls_conn_settled(p.conn));
	parse_free(&p);
	trace_hidden(t, 0, 22, 200);
	trace_hidden(t, 1, 22, 3000);
	trace_hidden(t, 0, 22, 2000);
	trace_hidden(t, 0, 20, 25);
	trace_hidden(t, 0, 22, 40);
	trace_hidden(t, 1, 20, 25);
	trace_hidden(t, 1, 22, 40);
	trace_hidden(t, 1, 22, 24);
	parse_all_ways(&p, t);
	assert_int_equal(p.hs->renegotiations, 2);
	parse_free(&p);
	t->chunk_cnt--;
	trace_hidden(t, 1, 23, 400);
	parse_all_ways(&p, t);
	assert_int_equal(p.hs->renegotiations, 1);
	assert_true(tls_conn_settled(p.conn));
	parse_free(&p);
	free(t);
}

/* A fatal alert before anything else, and one that is only a warning. */
static void test_alerts(void **state)
{
	struct trace *t = trace_new();
	struct parse p;

	(void)state;
	trace_client_hello(t, 0, &flow_hello_12);
	trace_alert(t, 1, 1, 112);
	parse_all_ways(&p, t);
	assert_int_equal(p.hs->alert.level, 1);
	assert_int_equal(p.hs->alert.code, 112);
	assert_int_equal(p.hs->alert.side, TLS_SERVER);
	assert_int_equal(p.hs->alert.time_ns, 2000);
	assert_false(tls_conn_settled(p.conn));
	parse_free(&p);
	trace_alert(t, 1, 2, 70);
	parse_all_ways(&p, t);
	assert_int_equal(p.hs->alert.code, 70);
	assert_true(tls_conn_settled(p.conn));
	parse_free(&p);
	free(t);
}

/* In TLS 1.3 an alert may still be in clear after change_cipher_spec, which is for show. */
static void test_13_clear_alert(void **state)
{
	struct trace *t = trace_new();
	struct parse p;

	(void)state;
	trace_begin_13(t, &flow_hello_13, 0x1301);
	trace_alert(t, 0, 2, 48);
	parse_all_ways(&p, t);
	assert_int_equal(p.hs->alert.code, 48);
	assert_int_equal(p.hs->alert.side, TLS_CLIENT);
	assert_false(p.hs->side[TLS_CLIENT].encrypted_alert);
	parse_free(&p);
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_13_finished),
		cmocka_unit_test(test_13_not_finished),
		cmocka_unit_test(test_13_coalesced),
		cmocka_unit_test(test_13_client_refuses),
		cmocka_unit_test(test_13_server_refuses),
		cmocka_unit_test(test_13_goodbye),
		cmocka_unit_test(test_13_proven),
		cmocka_unit_test(test_13_early_data),
		cmocka_unit_test(test_13_retry),
		cmocka_unit_test(test_13_clear_alert),
		cmocka_unit_test(test_12_false_start),
		cmocka_unit_test(test_12_resumed),
		cmocka_unit_test(test_12_echo_is_not_resumption),
		cmocka_unit_test(test_12_encrypted_alert),
		cmocka_unit_test(test_12_goodbye),
		cmocka_unit_test(test_13_application_settings),
		cmocka_unit_test(test_12_renegotiation),
		cmocka_unit_test(test_alerts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
