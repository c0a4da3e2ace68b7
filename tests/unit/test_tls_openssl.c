/* SPDX-License-Identifier: BSD-2-Clause */
/* What OpenSSL sends in every version, shape and way to fail, fed in one go, byte by byte and in random pieces. */
#include "unit/tls_peers.h"

static struct identity ca, ec_server, rsa_server, client_id;

static int setup(void **state)
{
	(void)state;
	identity_make(&ca, EVP_EC_gen("P-256"), "Test CA", NULL);
	identity_make(&ec_server, EVP_EC_gen("P-256"), "peer.test", &ca);
	identity_make(&rsa_server, EVP_RSA_gen(2048), "peer.test", &ca);
	identity_make(&client_id, EVP_EC_gen("P-256"), "somebody", &ca);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	identity_free(&ca);
	identity_free(&ec_server);
	identity_free(&rsa_server);
	identity_free(&client_id);
	return 0;
}

static void run_one(struct parse *p, struct peers *h, bool data, bool fine)
{
	struct trace *t = trace_new();

	if (!h->server)
		h->server = &ec_server;
	if (!h->name)
		h->name = "peer.test";
	assert_int_equal(peers_run(t, h, data), fine);
	parse_all_ways(p, t);
	assert_true(p->hs->client_hello.seen);
	assert_false(p->hs->client_hello.malformed);
	assert_int_equal(p->hs->client_hello.server_name.n, strlen(h->name));
	assert_memory_equal(p->hs->client_hello.server_name.p, h->name, strlen(h->name));
	assert_int_equal(strlen(p->hs->client_hello.ja3), 32);
	assert_int_equal(p->hs->client_dir, 0);
	for (int side = 0; side < 2; side++) {
		assert_false(p->hs->side[side].malformed);
		assert_false(p->hs->side[side].truncated);
		assert_false(p->hs->side[side].gap);
	}
	free(t);
}

static void end_one(struct parse *p, struct peers *h)
{
	SSL_CTX_free(h->server_ctx);
	h->server_ctx = NULL;
	parse_free(p);
}

static void test_versions(void **state)
{
	static const struct {
		int openssl;
		uint16_t version;
		const char *ciphers;
	} cases[] = {
		{ TLS1_VERSION, 0x0301, "AES128-SHA:@SECLEVEL=0" },
		{ TLS1_VERSION, 0x0301, "ECDHE-RSA-AES128-SHA:@SECLEVEL=0" },
		{ TLS1_1_VERSION, 0x0302, "DHE-RSA-AES256-SHA:@SECLEVEL=0" },
		{ TLS1_2_VERSION, 0x0303, "ECDHE-RSA-AES128-GCM-SHA256" },
		{ TLS1_2_VERSION, 0x0303, "ECDHE-RSA-CHACHA20-POLY1305" },
		{ TLS1_2_VERSION, 0x0303, "AES256-SHA256:@SECLEVEL=0" },
		{ TLS1_3_VERSION, 0x0304, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct peers h = { .min_version = cases[i].openssl, .max_version = cases[i].openssl, .ciphers = cases[i].ciphers,
				   .server = &rsa_server, .server_issuer = &ca };
		struct parse p;

		run_one(&p, &h, true, true);
		assert_int_equal(p.hs->version, cases[i].version);
		assert_int_equal(p.hs->protocol, TLS_PROTO_TLS);
		assert_true(p.hs->established);
		assert_true(p.hs->established_ns > 0);
		assert_false(p.hs->resumed);
		assert_false(p.hs->alert.seen);
		assert_false(p.hs->side[TLS_SERVER].encrypted_alert);
		assert_true(tls_conn_settled(p.conn));
		assert_int_equal(p.cert_cnt[TLS_SERVER], cases[i].version == 0x0304 ? 0 : 2);
		if (cases[i].version != 0x0304) {
			assert_int_equal(p.cert_len[TLS_SERVER][0], rsa_server.der_len);
			assert_int_equal(p.cert_len[TLS_SERVER][1], ca.der_len);
		}
		end_one(&p, &h);
	}
}

static void test_key_exchange(void **state)
{
	struct peers h = { .max_version = TLS1_2_VERSION, .ciphers = "ECDHE-RSA-AES128-GCM-SHA256", .server = &rsa_server,
			   .client_groups = "P-384" };
	struct parse p;

	(void)state;
	run_one(&p, &h, true, true);
	assert_int_equal(p.hs->key_exchange.group, 24);
	assert_int_equal(p.hs->key_exchange.signature_algorithm, 0x0804);
	end_one(&p, &h);

	h = (struct peers){ .max_version = TLS1_2_VERSION, .ciphers = "DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0",
			    .server = &rsa_server };
	run_one(&p, &h, true, true);
	assert_int_equal(p.hs->key_exchange.group, 0);
	assert_true(p.hs->key_exchange.dh_bits >= 1024);
	assert_false(p.hs->key_exchange.anonymous);
	end_one(&p, &h);

	h = (struct peers){ .max_version = TLS1_2_VERSION, .ciphers = "AECDH-AES128-SHA:@SECLEVEL=0", .server = &rsa_server };
	run_one(&p, &h, true, true);
	assert_true(p.hs->key_exchange.anonymous);
	assert_int_equal(p.hs->key_exchange.signature_algorithm, 0);
	assert_true(p.hs->key_exchange.group);
	assert_false(p.hs->certificate[TLS_SERVER].seen);
	assert_false(p.hs->resumed);
	end_one(&p, &h);

	h = (struct peers){ .max_version = TLS1_2_VERSION, .ciphers = "AES128-SHA256:@SECLEVEL=0", .server = &rsa_server };
	run_one(&p, &h, true, true);
	assert_false(p.hs->key_exchange.seen);
	assert_int_equal(p.hs->client_key_exchange, 1);
	end_one(&p, &h);
}

static void test_extensions(void **state)
{
	struct peers h = { .max_version = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256", .alpn = true, .staple = true };
	struct parse p;

	(void)state;
	run_one(&p, &h, true, true);
	assert_int_equal(p.hs->client_hello.alpn.n, 2);
	assert_int_equal(p.hs->server_hello.alpn.n, 2);
	assert_memory_equal(p.hs->server_hello.alpn.p, "h2", 2);
	assert_true(p.hs->status.seen);
	assert_int_equal(p.ocsp_cnt, 1);
	assert_int_equal(p.ocsp_len, 500);
	assert_true(p.hs->client_hello.status_request);
	assert_true(p.hs->client_hello.extended_master_secret);
	assert_true(p.hs->server_hello.extended_master_secret);
	assert_true(p.hs->client_hello.suites.n > 1);
	assert_true(p.hs->client_hello.groups.n > 1);
	assert_true(p.hs->client_hello.signature_algorithms.n > 1);
	end_one(&p, &h);
}

static void test_client_certificate(void **state)
{
	struct peers h = { .max_version = TLS1_2_VERSION, .ask_client = true, .client = &client_id };
	struct parse p;

	(void)state;
	run_one(&p, &h, true, true);
	assert_true(p.hs->certificate_request.seen);
	assert_int_equal(p.hs->certificate_request.authority_cnt, 1);
	assert_true(p.hs->certificate_request.signature_algorithms.n > 3);
	assert_true(p.hs->certificate_request.certificate_types.n > 0);
	assert_int_equal(p.cert_cnt[TLS_CLIENT], 1);
	assert_int_equal(p.cert_len[TLS_CLIENT][0], client_id.der_len);
	assert_true(p.hs->certificate_verify[TLS_CLIENT]);
	end_one(&p, &h);

	/* Asked, and answered with an empty list. */
	h = (struct peers){ .max_version = TLS1_1_VERSION, .ask_client = true };
	run_one(&p, &h, true, true);
	assert_true(p.hs->certificate_request.seen);
	assert_int_equal(p.hs->certificate_request.signature_algorithms.n, 0);
	assert_int_equal(p.hs->certificate_request.authority_cnt, 1);
	assert_true(p.hs->certificate[TLS_CLIENT].seen);
	assert_int_equal(p.hs->certificate[TLS_CLIENT].cnt, 0);
	assert_false(p.hs->certificate[TLS_CLIENT].truncated);
	assert_false(p.hs->certificate_verify[TLS_CLIENT]);
	assert_true(p.hs->established);
	end_one(&p, &h);

	/* Asked, answered with an empty list, and refused. */
	h = (struct peers){ .max_version = TLS1_2_VERSION, .must_client = true };
	run_one(&p, &h, true, false);
	assert_true(p.hs->alert.seen);
	assert_int_equal(p.hs->alert.side, TLS_SERVER);
	assert_int_equal(p.hs->alert.level, 2);
	assert_false(p.hs->established);
	end_one(&p, &h);
}

static void test_resumption(void **state)
{
	static const struct {
		int version;
		bool no_ticket;
	} cases[] = { { TLS1_VERSION, true }, { TLS1_2_VERSION, true }, { TLS1_2_VERSION, false }, { TLS1_3_VERSION, false } };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		SSL_SESSION *session;
		struct peers h = { .min_version = cases[i].version, .max_version = cases[i].version, .server = &rsa_server,
				   .no_ticket = cases[i].no_ticket, .out_session = &session };
		struct parse p;

		run_one(&p, &h, true, true);
		assert_false(p.hs->resumed);
		parse_free(&p);
		h.session = session;
		h.out_session = NULL;
		run_one(&p, &h, true, true);
		assert_true(p.hs->resumed);
		assert_true(p.hs->established);
		assert_int_equal(p.cert_cnt[TLS_SERVER], 0);
		assert_true(tls_conn_settled(p.conn));
		if (cases[i].version == TLS1_2_VERSION)
			assert_int_equal(p.hs->client_hello.session_ticket, !cases[i].no_ticket);
		if (cases[i].version == TLS1_3_VERSION)
			assert_true(p.hs->client_hello.psk && p.hs->server_hello.psk);
		SSL_SESSION_free(session);
		end_one(&p, &h);
	}
}

static void test_early_data(void **state)
{
	SSL_SESSION *session;
	struct peers h = { .min_version = TLS1_3_VERSION, .out_session = &session };
	struct trace *t = trace_new();
	struct parse p;

	(void)state;
	h.server = &ec_server;
	h.name = "peer.test";
	h.server_ctx = peers_server(&(struct peers){ .min_version = TLS1_3_VERSION, .server = &ec_server, .early = true });
	assert_true(peers_run(t, &h, true));
	t->len = t->chunk_cnt = 0;
	h.session = session;
	h.out_session = NULL;
	h.early = true;
	assert_true(peers_run(t, &h, true));
	parse_all_ways(&p, t);
	assert_true(p.hs->client_hello.early_data);
	assert_true(p.hs->early_data);
	assert_true(p.hs->resumed);
	assert_true(p.hs->established);
	assert_true(p.hs->side[TLS_CLIENT].finished);
	assert_true(tls_conn_settled(p.conn));
	SSL_SESSION_free(session);
	end_one(&p, &h);
	free(t);
}

static void test_hello_retry_request(void **state)
{
	struct peers h = { .min_version = TLS1_3_VERSION, .client_groups = "X25519:P-384", .server_groups = "P-384" };
	struct parse p;

	(void)state;
	run_one(&p, &h, true, true);
	assert_true(p.hs->hello_retry_request);
	assert_int_equal(p.hs->retry_group, 24);
	assert_int_equal(p.hs->server_hello.key_share_group, 24);
	assert_int_equal(p.hs->client_hello.key_shares.n, 1);
	assert_int_equal(p.hs->client_hello.key_shares.v[0], 29);
	assert_true(p.hs->established);
	assert_int_equal(p.hs->steps[1].kind, TLS_STEP_HELLO_RETRY_REQUEST);
	end_one(&p, &h);
}

static void test_tls13_suites(void **state)
{
	static const char *const suites[] = { "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
					      "TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256" };

	(void)state;
	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		struct peers h = { .min_version = TLS1_3_VERSION, .suites13 = suites[i] };
		struct parse p;

		/* The Finished is recognised by its length alone. */
		run_one(&p, &h, false, true);
		assert_true(p.hs->established);
		assert_true(p.hs->side[TLS_CLIENT].finished && p.hs->side[TLS_SERVER].finished);
		end_one(&p, &h);
		run_one(&p, &h, true, true);
		assert_true(tls_conn_settled(p.conn));
		end_one(&p, &h);
	}
}

static void test_tls13_client_certificate(void **state)
{
	struct peers h = { .min_version = TLS1_3_VERSION, .must_client = true, .client = &client_id };
	struct parse p;

	(void)state;
	run_one(&p, &h, true, true);
	assert_true(p.hs->established);
	end_one(&p, &h);

	/* No certificate: the client believes it is through, the server refuses it with an encrypted alert. */
	h = (struct peers){ .min_version = TLS1_3_VERSION, .must_client = true };
	run_one(&p, &h, false, false);
	assert_false(p.hs->established);
	assert_true(p.hs->side[TLS_CLIENT].finished);
	assert_true(p.hs->side[TLS_SERVER].encrypted_alert);
	assert_false(tls_conn_settled(p.conn));
	end_one(&p, &h);
}

static void test_refused_server(void **state)
{
	struct peers h = { .max_version = TLS1_2_VERSION, .refuse_server = true };
	struct parse p;

	(void)state;
	run_one(&p, &h, false, false);
	assert_int_equal(p.hs->alert.code, 45);
	assert_int_equal(p.hs->alert.side, TLS_CLIENT);
	assert_false(p.hs->established);
	assert_int_equal(p.cert_cnt[TLS_SERVER], 1);
	end_one(&p, &h);

	h = (struct peers){ .min_version = TLS1_3_VERSION, .refuse_server = true };
	run_one(&p, &h, false, false);
	/* OpenSSL sends this one in clear: it has not changed its keys yet. */
	assert_true(p.hs->alert.seen);
	assert_int_equal(p.hs->alert.code, 45);
	assert_false(p.hs->established);
	assert_false(p.hs->side[TLS_CLIENT].finished);
	end_one(&p, &h);
}

static void test_no_common_suite(void **state)
{
	struct peers h = { .max_version = TLS1_2_VERSION, .ciphers = "ECDHE-RSA-AES128-GCM-SHA256" };
	struct parse p;

	(void)state;
	run_one(&p, &h, false, false);
	assert_int_equal(p.hs->alert.code, 40);
	assert_int_equal(p.hs->alert.side, TLS_SERVER);
	assert_false(p.hs->server_hello.seen);
	assert_int_equal(p.hs->version, 0);
	end_one(&p, &h);
}

static void test_renegotiation(void **state)
{
	struct peers h = { .max_version = TLS1_2_VERSION, .renegotiate = true };
	struct trace *t = trace_new();
	struct parse p;

	(void)state;
	h.server = &ec_server;
	assert_true(peers_run(t, &h, true));
	parse_all_ways(&p, t);
	assert_true(p.hs->established);
	/* Data went both ways before: that settles it, and what comes later is not waited for. */
	assert_int_equal(p.hs->renegotiations, 0);
	end_one(&p, &h);
	free(t);
}

static void test_small_fragments(void **state)
{
	struct peers h = { .max_version = TLS1_2_VERSION, .max_fragment = 512, .server = &rsa_server, .server_issuer = &ca };
	struct parse p;

	(void)state;
	run_one(&p, &h, true, true);
	assert_int_equal(p.cert_cnt[TLS_SERVER], 2);
	assert_true(p.hs->established);
	end_one(&p, &h);
	h = (struct peers){ .min_version = TLS1_3_VERSION, .max_fragment = 512, .server = &rsa_server, .server_issuer = &ca };
	run_one(&p, &h, true, true);
	assert_true(p.hs->established);
	end_one(&p, &h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_key_exchange),
		cmocka_unit_test(test_extensions),
		cmocka_unit_test(test_client_certificate),
		cmocka_unit_test(test_resumption),
		cmocka_unit_test(test_early_data),
		cmocka_unit_test(test_hello_retry_request),
		cmocka_unit_test(test_tls13_suites),
		cmocka_unit_test(test_tls13_client_certificate),
		cmocka_unit_test(test_refused_server),
		cmocka_unit_test(test_no_common_suite),
		cmocka_unit_test(test_renegotiation),
		cmocka_unit_test(test_small_fragments),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
