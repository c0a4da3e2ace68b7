/* SPDX-License-Identifier: BSD-2-Clause */
/* ClientHello and ServerHello: every field, every extension, and what contradicts itself. */
#include "unit/tls_flow.h"

/* A ClientHello whose extensions the test writes itself. */
static void begin_hello(struct build *b)
{
	b->n = 0;
	put_message(b, 1);
	put(b, 0x0303, 2);
	for (int i = 0; i < 32; i++)
		put(b, (unsigned int)i, 1);
	put_vec(b, 1, "session-id", 10);
	put_vec(b, 2, "\x1a\x1a\x13\x01\xc0\x2f", 6);
	put_vec(b, 1, "\x01\x00", 2);
	put_open(b, 2);
}

static void end_hello(struct build *b)
{
	put_close(b);
	put_close(b);
}

static void parse_hello(struct parse *p, const struct build *b)
{
	struct trace *t = trace_new();

	trace_records_of(t, 0, 22, 0x0301, b->p, b->n, 16384);
	parse_all_ways(p, t);
	free(t);
}

static void simple(struct build *b, uint16_t type, const char *content, size_t len)
{
	put_extension(b, type);
	put_bytes(b, content, len);
	put_close(b);
}

#define SIMPLE(b, type, s) simple(b, type, s, sizeof(s) - 1)

static void put_everything(struct build *b)
{
	SIMPLE(b, 0x2a2a, "");
	SIMPLE(b, 0, "\x00\x0c\x00\x00\x09""host.test");
	SIMPLE(b, 5, "\x01\x00\x00\x00\x00");
	SIMPLE(b, 10, "\x00\x06\x3a\x3a\x00\x1d\x00\x17");
	SIMPLE(b, 11, "\x01\x00");
	SIMPLE(b, 13, "\x00\x04\x04\x03\x08\x04");
	SIMPLE(b, 15, "\x01");
	SIMPLE(b, 16, "\x00\x0c\x02h2\x08http/1.1");
	SIMPLE(b, 18, "");
	SIMPLE(b, 20, "\x01\x02");
	SIMPLE(b, 23, "");
	SIMPLE(b, 27, "\x04\x00\x02\x00\x01");
	SIMPLE(b, 28, "\x40\x01");
	SIMPLE(b, 34, "\x00\x02\x04\x03");
	SIMPLE(b, 35, "ticket");
	SIMPLE(b, 43, "\x04\x03\x04\x03\x03");
	SIMPLE(b, 45, "\x01\x01");
	SIMPLE(b, 49, "");
	SIMPLE(b, 51, "\x00\x0b\x3a\x3a\x00\x01\x00\x00\x1d\x00\x02zz");
	SIMPLE(b, 13172, "");
	SIMPLE(b, 17613, "\x00\x03\x02h2");
	SIMPLE(b, 0xff01, "\x00");
	SIMPLE(b, 0xffce, "anything");
	SIMPLE(b, 0xfe0d, "\x00\x00\x01\x00\x03\x2b\x00\x20""01234567890123456789012345678901""\x00\x04""load");
	SIMPLE(b, 42, "");
	SIMPLE(b, 41, "\x00\x0a\x00\x04name\x00\x00\x00\x00\x00\x05\x04""bind");
}

static void test_everything(void **state)
{
	static const uint8_t modes[] = { 1 };
	struct build *b = build_new();
	const struct tls_client_hello *ch;
	struct parse p;

	(void)state;
	begin_hello(b);
	put_everything(b);
	end_hello(b);
	parse_hello(&p, b);
	ch = &p.hs->client_hello;
	assert_true(ch->seen);
	assert_false(ch->malformed);
	assert_int_equal(ch->record_version, 0x0301);
	assert_int_equal(ch->legacy_version, 0x0303);
	assert_int_equal(ch->random[31], 31);
	assert_int_equal(ch->session_id.n, 10);
	assert_int_equal(ch->suites.n, 3);
	assert_int_equal(ch->suites.v[2], 0xc02f);
	assert_int_equal(ch->compression.n, 2);
	assert_int_equal(ch->extensions.n, 26);
	assert_int_equal(ch->extensions.v[0], 0x2a2a);
	assert_int_equal(ch->extensions.v[25], 41);
	assert_int_equal(ch->server_name.n, 9);
	assert_memory_equal(ch->server_name.p, "host.test", 9);
	assert_int_equal(ch->groups.n, 3);
	assert_int_equal(ch->point_formats.n, 1);
	assert_int_equal(ch->signature_algorithms.v[1], 0x0804);
	assert_int_equal(ch->alpn.n, 2);
	assert_memory_equal(ch->alpn.v[1].p, "http/1.1", 8);
	assert_int_equal(ch->certificate_compression.n, 2);
	assert_int_equal(ch->record_size_limit, 0x4001);
	assert_int_equal(ch->supported_versions.n, 2);
	assert_int_equal(ch->psk_modes.n, 1);
	assert_memory_equal(ch->psk_modes.p, modes, 1);
	assert_int_equal(ch->key_shares.n, 2);
	assert_int_equal(ch->key_shares.v[0], 0x3a3a);
	assert_int_equal(ch->key_shares.v[1], 0x001d);
	assert_true(ch->grease && ch->psk && ch->early_data && ch->session_ticket && ch->status_request && ch->sct);
	assert_true(ch->extended_master_secret && ch->renegotiation_info && ch->heartbeat && ch->npn && ch->post_handshake_auth);
	assert_true(ch->delegated_credential && ch->raw_public_key && ch->esni && ch->application_settings);
	assert_true(ch->ech.offered && ch->ech.grease_like);
	assert_int_equal(ch->ech.kdf, 1);
	assert_int_equal(ch->ech.aead, 3);
	assert_int_equal(ch->ech.config_id, 0x2b);
	assert_int_equal(ch->bytes, b->n);
	assert_int_equal(ch->records, 1);
	parse_free(&p);
	free(b);
}

/* Cut off anywhere, in the message itself or in what carries it: no crash, and what was read before stays. */
static void test_cut_anywhere(void **state)
{
	struct build *b = build_new();
	struct trace *t = trace_new();
	struct parse p;
	size_t whole;

	(void)state;
	begin_hello(b);
	put_everything(b);
	end_hello(b);
	whole = b->n;
	for (size_t n = 4; n < whole; n++) {
		t->chunk_cnt = t->len = 0;
		b->p[1] = 0;
		b->p[2] = (uint8_t)((n - 4) >> 8);
		b->p[3] = (uint8_t)(n - 4);
		trace_record(t, 0, 22, b->p, n);
		parse_init(&p, NULL, KIT_ARENA);
		parse_trace(&p, t, FEED_WHOLE, 0);
		if (n >= 42) {
			/* Whole without the extensions it may have. */
			assert_int_equal(p.hs->client_hello.malformed, n != 60);
			assert_int_equal(p.hs->client_hello.random[31], 31);
		}
		if (n >= 100)
			assert_int_equal(p.hs->client_hello.server_name.n, 9);
		assert_false(p.hs->client_hello.truncated);
		parse_free(&p);
	}
	free(t);
	free(b);
}

static void test_bad_extensions(void **state)
{
	static const struct {
		uint16_t type;
		const char *content;
		size_t len;
	} bad[] = {
		{ 0, "\x00\x0c\x00\x00\x09host", 9 },		/* name longer than the list */
		{ 0, "\x00\x07\x00\x00\x04host!", 10 },		/* something behind the list */
		{ 10, "\x00\x03\x00\x1d\x00", 5 },		/* half a group */
		{ 10, "\x00\x20\x00\x1d", 4 },
		{ 11, "\x05\x00", 2 },
		{ 13, "", 0 },
		{ 15, "", 0 },
		{ 16, "\x00\x04\x02h2\x09", 6 },		/* a name that goes on past the end */
		{ 23, "x", 1 },
		{ 27, "\x03\x00\x02\x00", 4 },
		{ 28, "\x40", 1 },
		{ 41, "\x00\x30", 2 },
		{ 42, "x", 1 },
		{ 43, "\x04\x03\x04", 3 },
		{ 51, "\x00\x06\x00\x1d\x00\x09zz", 8 },
		{ 0xfe0d, "\x00\x00\x01", 3 },
		{ 0xff01, "", 0 },
	};
	struct build *b = build_new();

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct parse p;

		begin_hello(b);
		simple(b, bad[i].type, bad[i].content, bad[i].len);
		SIMPLE(b, 0xff01 == bad[i].type ? 23 : 49, "");
		end_hello(b);
		parse_hello(&p, b);
		if (!p.hs->client_hello.malformed)
			fail_msg("extension %u with bad content passed", bad[i].type);
		/* What follows the bad one was read all the same. */
		assert_int_equal(p.hs->client_hello.extensions.n, 2);
		assert_true(p.hs->client_hello.post_handshake_auth || p.hs->client_hello.extended_master_secret);
		assert_false(p.hs->side[TLS_CLIENT].malformed);
		parse_free(&p);
	}
	free(b);
}

static void test_duplicates(void **state)
{
	struct build *b = build_new();
	struct parse p;

	(void)state;
	begin_hello(b);
	SIMPLE(b, 0, "\x00\x08\x00\x00\x05""first");
	SIMPLE(b, 0, "\x00\x09\x00\x00\x06""second");
	SIMPLE(b, 10, "\x00\x02\x00\x1d");
	SIMPLE(b, 10, "\x00\x04\x00\x17\x00\x18");
	end_hello(b);
	parse_hello(&p, b);
	assert_int_equal(p.hs->client_hello.extensions.n, 4);
	assert_int_equal(p.hs->client_hello.groups.n, 1);
	assert_memory_equal(p.hs->client_hello.server_name.p, "first", 5);
	parse_free(&p);
	free(b);
}

/* 16,000 extensions, 30,000 suites: kept up to the limit, and said. */
static void test_far_too_much(void **state)
{
	struct build *b = build_new();
	struct parse p;

	(void)state;
	b->n = 0;
	put_message(b, 1);
	put(b, 0x0303, 2);
	put_fill(b, 1, 32);
	put_vec(b, 1, "", 0);
	put_open(b, 2);
	put_fill(b, 0x13, 60000);
	put_close(b);
	put_vec(b, 1, "\0", 1);
	put_open(b, 2);
	for (int i = 0; i < 16000; i++) {
		put(b, 0x1234, 2);
		put(b, 0, 2);
	}
	put_close(b);
	put_close(b);
	parse_hello(&p, b);
	assert_true(p.hs->client_hello.suites.n <= 4096);
	assert_true(p.hs->client_hello.extensions.n <= 256);
	assert_true(p.hs->side[TLS_CLIENT].truncated);
	parse_free(&p);
	free(b);
}

static void test_no_extensions(void **state)
{
	struct build *b = build_new();
	struct parse p;

	(void)state;
	begin_hello(b);
	b->depth--;
	b->n -= 2;
	put_close(b);
	parse_hello(&p, b);
	assert_false(p.hs->client_hello.malformed);
	assert_null(p.hs->client_hello.server_name.p);
	assert_int_equal(p.hs->client_hello.extensions.n, 0);
	parse_free(&p);
	free(b);
}

static void test_ech_is_not_grease(void **state)
{
	struct build *b = build_new();
	struct parse p;

	(void)state;
	begin_hello(b);
	put_extension(b, 0xfe0d);
	put(b, 0, 1);
	put(b, 1, 2);
	put(b, 1, 2);
	put(b, 9, 1);
	put_open(b, 2);
	put_fill(b, 0x44, 32);
	put_close(b);
	put_open(b, 2);
	put_fill(b, 0x45, 16 + 416);
	put_close(b);
	put_close(b);
	end_hello(b);
	parse_hello(&p, b);
	assert_true(p.hs->client_hello.ech.offered);
	assert_false(p.hs->client_hello.ech.grease_like);
	parse_free(&p);
	/* The inner form is empty, and says nothing. */
	begin_hello(b);
	SIMPLE(b, 0xfe0d, "\x01");
	end_hello(b);
	parse_hello(&p, b);
	assert_false(p.hs->client_hello.ech.offered);
	assert_false(p.hs->client_hello.malformed);
	parse_free(&p);
	free(b);
}

static void test_ssl3(void **state)
{
	struct build *b = build_new();
	struct trace *t = trace_new();
	struct parse p;

	(void)state;
	put_message(b, 1);
	put(b, 0x0300, 2);
	put_fill(b, 1, 32);
	put_vec(b, 1, "", 0);
	put_vec(b, 2, "\x00\x05\x00\x0a", 4);
	put_vec(b, 1, "\0", 1);
	put_close(b);
	trace_records_of(t, 0, 22, 0x0300, b->p, b->n, 16384);
	parse_all_ways(&p, t);
	assert_int_equal(p.hs->protocol, TLS_PROTO_SSL);
	parse_free(&p);
	b->n = 0;
	put_message(b, 2);
	put(b, 0x0300, 2);
	put_fill(b, 2, 32);
	put_vec(b, 1, "0123456789abcdef", 16);
	put(b, 0x0005, 2);
	put(b, 0, 1);
	put_close(b);
	put_certificates(b);
	put_message(b, 14);
	put_close(b);
	trace_records_of(t, 1, 22, 0x0300, b->p, b->n, 16384);
	b->n = 0;
	/* Without a length in front of the encrypted secret. */
	put_message(b, 16);
	put_fill(b, 0x16, 128);
	put_close(b);
	trace_records_of(t, 0, 22, 0x0300, b->p, b->n, 16384);
	trace_ccs(t, 0);
	trace_hidden(t, 0, 22, 56);
	trace_ccs(t, 1);
	trace_hidden(t, 1, 22, 56);
	parse_all_ways(&p, t);
	assert_int_equal(p.hs->protocol, TLS_PROTO_SSL);
	assert_int_equal(p.hs->version, 0x0300);
	assert_int_equal(p.hs->server_hello.suite, 5);
	assert_int_equal(p.cert_cnt[TLS_SERVER], 2);
	assert_int_equal(p.hs->client_key_exchange, 1);
	assert_true(p.hs->established);
	parse_free(&p);
	free(t);
	free(b);
}

static void server_only(struct parse *p, struct build *b)
{
	struct trace *t = trace_new();

	trace_client_hello(t, 0, &flow_hello_13);
	trace_record(t, 1, 22, b->p, b->n);
	parse_all_ways(p, t);
	free(t);
}

/* Drafts 18 to 21: no session id, no compression, the draft's number as version. */
static void test_draft_server_hello(void **state)
{
	struct build *b = build_new();
	struct parse p;

	(void)state;
	put_message(b, 2);
	put(b, 0x7f12, 2);
	put_fill(b, 3, 32);
	put(b, 0x1302, 2);
	put_open(b, 2);
	SIMPLE(b, 40, "\x00\x1d\x00\x02zz");
	put_close(b);
	put_close(b);
	server_only(&p, b);
	assert_int_equal(p.hs->version, 0x0304);
	assert_int_equal(p.hs->server_hello.legacy_version, 0x7f12);
	assert_int_equal(p.hs->server_hello.suite, 0x1302);
	assert_int_equal(p.hs->server_hello.key_share_group, 0x001d);
	assert_false(p.hs->server_hello.malformed);
	parse_free(&p);
	free(b);
}

/* HelloRetryRequest as a message of its own: draft 18 without a suite, draft 19 with one. */
static void test_draft_retry(void **state)
{
	struct build *b = build_new();
	struct parse p;

	(void)state;
	for (int suite = 0; suite < 2; suite++) {
		b->n = 0;
		put_message(b, 6);
		put(b, 0x7f12, 2);
		if (suite)
			put(b, 0x1301, 2);
		put_open(b, 2);
		SIMPLE(b, 40, "\x00\x17");
		put_close(b);
		put_close(b);
		server_only(&p, b);
		assert_true(p.hs->hello_retry_request);
		assert_int_equal(p.hs->retry_group, 0x0017);
		assert_int_equal(p.hs->version, 0x0304);
		assert_false(p.hs->server_hello.seen);
		assert_steps(&p, "c:client_hello s:hello_retry_request");
		parse_free(&p);
	}
	free(b);
}

static void test_draft_numbers(void **state)
{
	static const uint16_t versions[] = { 0x7f1c, 0x7f17, 0xfb1a, 0xfb17, 0x0304 };
	struct parse p;

	(void)state;
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		uint16_t list[2] = { versions[i], 0 };
		struct hello h = { .legacy_version = 0x0303, .suite = 0x1301, .versions = list, .group = 0x0017 };
		struct build *b = build_new();

		put_server_hello(b, &h);
		server_only(&p, b);
		assert_int_equal(p.hs->version, 0x0304);
		assert_int_equal(p.hs->server_hello.selected_version, versions[i]);
		assert_int_equal(p.hs->server_hello.key_share_group, 0x0017);
		parse_free(&p);
		free(b);
	}
}

static void test_server_extensions(void **state)
{
	struct build *b = build_new();
	struct parse p;

	(void)state;
	put_message(b, 2);
	put(b, 0x0303, 2);
	put_fill(b, 3, 32);
	put_vec(b, 1, flow_hello_13.session_id, 32);
	put(b, 0xc02b, 2);
	put(b, 0, 1);
	put_open(b, 2);
	SIMPLE(b, 16, "\x00\x09\x08http/1.1");
	SIMPLE(b, 18, "\x00\x08\x00\x02""aa\x00\x02""bb");
	SIMPLE(b, 5, "");
	SIMPLE(b, 15, "\x01");
	SIMPLE(b, 20, "\x02");
	SIMPLE(b, 28, "\x02\x00");
	SIMPLE(b, 13172, "\x02h2\x08http/1.1");
	SIMPLE(b, 0xff01, "\x00");
	put_close(b);
	put_close(b);
	/* The raw public key that was agreed on. */
	put_message(b, 11);
	put_vec(b, 3, "a public key", 12);
	put_close(b);
	server_only(&p, b);
	assert_false(p.hs->server_hello.malformed);
	assert_int_equal(p.hs->server_hello.alpn.n, 8);
	assert_int_equal(p.hs->server_hello.sct_cnt, 2);
	assert_int_equal(p.hs->server_hello.npn.n, 2);
	assert_int_equal(p.hs->server_hello.record_size_limit, 512);
	assert_true(p.hs->server_hello.status_request && p.hs->server_hello.heartbeat && p.hs->server_hello.renegotiation_info);
	assert_true(p.hs->server_hello.session_id_echo);
	assert_int_equal(p.hs->server_hello.extensions.n, 8);
	assert_true(p.hs->certificate[TLS_SERVER].seen);
	assert_true(p.hs->certificate[TLS_SERVER].raw_public_key);
	assert_int_equal(p.cert_cnt[TLS_SERVER], 0);
	assert_false(p.hs->certificate[TLS_SERVER].truncated);
	parse_free(&p);
	free(b);
}

/* A ServerHello from the client's side, a second one, a second ClientHello: counted, not believed. */
static void test_wrong_side(void **state)
{
	struct hello other = { .legacy_version = 0x0301, .suite = 0x0035, .name = "other.test" };
	struct trace *t = trace_new();
	struct parse p;

	(void)state;
	trace_client_hello(t, 0, &flow_hello_12);
	trace_server_hello(t, 0, &other);
	trace_client_hello(t, 1, &other);
	trace_server_hello(t, 1, &flow_hello_12);
	trace_server_hello(t, 1, &other);
	trace_client_hello(t, 0, &other);
	parse_all_ways(&p, t);
	assert_int_equal(p.hs->client_dir, 0);
	assert_memory_equal(p.hs->client_hello.server_name.p, "flow.test", 9);
	assert_int_equal(p.hs->server_hello.suite, 0xc02f);
	assert_int_equal(p.hs->step_cnt, 6);
	parse_free(&p);
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everything),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_bad_extensions),
		cmocka_unit_test(test_duplicates),
		cmocka_unit_test(test_far_too_much),
		cmocka_unit_test(test_no_extensions),
		cmocka_unit_test(test_ech_is_not_grease),
		cmocka_unit_test(test_ssl3),
		cmocka_unit_test(test_draft_server_hello),
		cmocka_unit_test(test_draft_retry),
		cmocka_unit_test(test_draft_numbers),
		cmocka_unit_test(test_server_extensions),
		cmocka_unit_test(test_wrong_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
