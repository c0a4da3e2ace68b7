/* SPDX-License-Identifier: BSD-2-Clause */
/* The record layer: messages over records, records over feeds, gaps, garbage, limits. */
#include "unit/tls_flow.h"

static void check_flow_12(const struct parse *p)
{
	const struct tls_handshake *hs = p->hs;

	assert_int_equal(hs->version, 0x0303);
	assert_int_equal(hs->client_dir, 0);
	assert_int_equal(hs->client_hello.server_name.n, 9);
	assert_memory_equal(hs->client_hello.server_name.p, "flow.test", 9);
	assert_int_equal(hs->server_hello.suite, 0xc02f);
	assert_int_equal(p->cert_cnt[TLS_SERVER], 2);
	assert_int_equal(p->cert_len[TLS_SERVER][0], CERT_A_LEN);
	assert_int_equal(p->cert_len[TLS_SERVER][1], CERT_B_LEN);
	assert_int_equal(hs->key_exchange.group, 0x001d);
	assert_int_equal(hs->key_exchange.signature_algorithm, 0x0804);
	assert_true(hs->established);
	assert_false(hs->resumed);
	assert_true(hs->new_session_ticket);
	for (int side = 0; side < 2; side++) {
		assert_true(hs->side[side].finished);
		assert_false(hs->side[side].malformed);
		assert_false(hs->side[side].gap);
		assert_false(hs->side[side].truncated);
	}
}

static void test_whole(void **state)
{
	struct trace *t = trace_new();
	struct parse p;

	(void)state;
	trace_flow_12(t, 16384, true);
	parse_all_ways(&p, t);
	check_flow_12(&p);
	assert_steps(&p, FLOW_STEPS_12 " c:application_data s:application_data");
	assert_true(tls_conn_settled(p.conn));
	/* The server's flight is one record: its messages share the number. */
	assert_int_equal(p.hs->steps[1].record, 2);
	assert_int_equal(p.hs->steps[4].record, 2);
	assert_int_equal(p.hs->steps[0].record, 1);
	assert_int_equal(p.hs->steps[5].record, 3);
	parse_free(&p);
	free(t);
}

static void test_every_record_length(void **state)
{
	static const size_t lens[] = { 1, 2, 3, 4, 5, 7, 16, 100, 200, 999, 4096 };

	(void)state;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct trace *t = trace_new();
		struct parse p;

		trace_flow_12(t, lens[i], true);
		parse_all_ways(&p, t);
		check_flow_12(&p);
		assert_steps(&p, FLOW_STEPS_12 " c:application_data s:application_data");
		assert_int_equal(p.hs->client_hello.records, (p.hs->client_hello.bytes + lens[i] - 1) / lens[i]);
		parse_free(&p);
		free(t);
	}
}

static void test_skip_bodies(void **state)
{
	struct trace *t = trace_new();
	struct parse p;

	(void)state;
	/* Only the header of each application data record exists; the driver jumps over the rest. */
	trace_flow_12(t, 16384, false);
	trace_add(t, 0, "\x17\x03\x03\x30\x00", 5);
	trace_gap(t, 0, 0x3000);
	trace_add(t, 1, "\x17\x03\x03\x40\x00", 5);
	trace_gap(t, 1, 0x4000);
	trace_add(t, 1, "\x17\x03\x03\x40\x00", 5);
	parse_all_ways(&p, t);
	check_flow_12(&p);
	assert_false(p.hs->side[1].gap);
	assert_int_equal(p.hs->side[0].app_records, 1);
	assert_int_equal(p.hs->side[0].app_bytes, 0x3000);
	assert_true(tls_conn_settled(p.conn));
	parse_free(&p);
	free(t);
}

static void test_server_is_direction_0(void **state)
{
	struct trace *t = trace_new(), *turned = trace_new();
	struct parse p;

	(void)state;
	trace_flow_12(t, 500, true);
	for (size_t i = 0; i < t->chunk_cnt; i++)
		trace_add(turned, !t->chunk[i].dir, t->bytes + t->chunk[i].from, t->chunk[i].len);
	parse_init(&p, NULL, KIT_ARENA);
	parse_trace(&p, turned, FEED_WHOLE, 0);
	assert_int_equal(p.hs->client_dir, 1);
	assert_int_equal(p.cert_cnt[TLS_SERVER], 2);
	assert_true(p.hs->established);
	assert_steps(&p, FLOW_STEPS_12 " c:application_data s:application_data");
	parse_free(&p);
	free(t);
	free(turned);
}

/* Only one side was captured. */
static void one_sided(int dir, struct parse *p)
{
	struct trace *t = trace_new(), *half = trace_new();

	trace_flow_12(t, 16384, true);
	for (size_t i = 0; i < t->chunk_cnt; i++)
		if (t->chunk[i].dir == dir)
			trace_add(half, 1, t->bytes + t->chunk[i].from, t->chunk[i].len);
	trace_hidden(half, 1, 23, 100);
	trace_hidden(half, 1, 23, 100);
	parse_all_ways(p, half);
	free(t);
	free(half);
}

static void test_one_sided(void **state)
{
	struct parse p;

	(void)state;
	one_sided(1, &p);
	assert_int_equal(p.hs->client_dir, 0);
	assert_int_equal(p.hs->version, 0x0303);
	assert_int_equal(p.cert_cnt[TLS_SERVER], 2);
	assert_true(p.hs->side[TLS_SERVER].finished);
	assert_false(p.hs->established);
	parse_free(&p);
	one_sided(0, &p);
	assert_int_equal(p.hs->client_dir, 1);
	/* Its three records of data are one step. */
	assert_steps(&p, "c:client_hello c:client_key_exchange c:change_cipher_spec c:encrypted_handshake c:application_data");
	assert_int_equal(p.hs->side[TLS_CLIENT].app_records, 3);
	assert_true(p.hs->side[TLS_CLIENT].finished);
	assert_false(p.hs->established);
	parse_free(&p);
}

/* A hole in the Certificate: what follows it in the same record is read. */
static void test_gap_inside_message(void **state)
{
	struct trace *t = trace_new();
	struct build *b = build_new();
	struct parse p;

	(void)state;
	trace_client_hello(t, 0, &flow_hello_12);
	put(b, 0x160303, 3);
	put_open(b, 2);
	put_server_flight_12(b, false);
	put_close(b);
	/* The first certificate is whole, the second is not. */
	trace_add(t, 1, b->p, 1500);
	trace_gap(t, 1, 300);
	trace_add(t, 1, b->p + 1800, b->n - 1800);
	parse_all_ways(&p, t);
	assert_true(p.hs->side[TLS_SERVER].gap);
	assert_int_equal(p.cert_cnt[TLS_SERVER], 1);
	assert_int_equal(p.cert_len[TLS_SERVER][0], CERT_A_LEN);
	assert_true(p.hs->certificate[TLS_SERVER].truncated);
	assert_int_equal(p.hs->key_exchange.group, 0x001d);
	assert_steps(&p, "c:client_hello s:server_hello s:certificate s:server_key_exchange s:server_hello_done");
	parse_free(&p);
	free(b);
	free(t);
}

/* A hole over the end of a record: the next header is found if it is what follows the hole. */
static void test_gap_to_next_header(void **state)
{
	struct trace *t = trace_new();
	struct build *b = build_new();
	struct parse p;
	size_t ends;

	(void)state;
	trace_client_hello(t, 0, &flow_hello_12);
	put(b, 0x160303, 3);
	put_open(b, 2);
	put_server_hello(b, &flow_hello_12);
	put_certificates(b);
	put_close(b);
	ends = b->n;
	put(b, 0x160303, 3);
	put_open(b, 2);
	put_ecdhe(b, 0x001d, 0x0804);
	put_message(b, 14);
	put_close(b);
	put_close(b);
	trace_add(t, 1, b->p, 1000);
	trace_gap(t, 1, ends - 1000);
	trace_add(t, 1, b->p + ends, b->n - ends);
	parse_all_ways(&p, t);
	assert_true(p.hs->side[TLS_SERVER].gap);
	assert_int_equal(p.hs->key_exchange.group, 0x001d);
	assert_steps(&p, "c:client_hello s:server_hello s:certificate s:server_key_exchange s:server_hello_done");
	assert_false(p.hs->side[TLS_SERVER].malformed);
	parse_free(&p);
	free(b);
	free(t);
}

/* A hole over the header of a message: the rest of its record is of no use, the next record is, if it begins a message. */
static void gap_over_a_header(struct parse *p, bool begins)
{
	struct trace *t = trace_new();
	struct build *b = build_new();
	size_t from;

	trace_client_hello(t, 0, &flow_hello_12);
	put(b, 0x160303, 3);
	put_open(b, 2);
	put_server_hello(b, &flow_hello_12);
	put_certificates(b);
	from = b->n;
	/* Followed by what would pass for messages if it were read. */
	put_message(b, 14);
	put_close(b);
	for (int i = 0; i < 30; i++) {
		put_message(b, 14);
		put_close(b);
	}
	put_close(b);
	trace_add(t, 1, b->p, from - 40);
	trace_gap(t, 1, 44);
	trace_add(t, 1, b->p + from + 4, b->n - from - 4);
	b->n = 0;
	if (!begins)
		put_fill(b, 0x0b, 70);
	put_ecdhe(b, 0x001d, 0x0804);
	trace_record(t, 1, 22, b->p, b->n);
	parse_all_ways(p, t);
	free(b);
	free(t);
}

static void test_gap_over_a_header(void **state)
{
	struct parse p;

	(void)state;
	gap_over_a_header(&p, true);
	assert_steps(&p, "c:client_hello s:server_hello s:certificate s:server_key_exchange");
	assert_int_equal(p.cert_cnt[TLS_SERVER], 1);
	assert_int_equal(p.hs->key_exchange.group, 0x001d);
	parse_free(&p);
	gap_over_a_header(&p, false);
	assert_steps(&p, "c:client_hello s:server_hello s:certificate");
	parse_free(&p);
}

/* The record behind a hole continues a message whose beginning is in the hole. */
static void test_gap_to_the_middle(void **state)
{
	struct trace *t = trace_new();
	struct build *b = build_new();
	struct parse p;

	(void)state;
	trace_client_hello(t, 0, &flow_hello_12);
	trace_server_hello(t, 1, &flow_hello_12);
	trace_gap(t, 1, 500);
	put_fill(b, 0x0b, 70);
	trace_record(t, 1, 22, b->p, b->n);
	b->n = 0;
	put_message(b, 14);
	put_close(b);
	trace_record(t, 1, 22, b->p, b->n);
	parse_all_ways(&p, t);
	assert_steps(&p, "c:client_hello s:server_hello s:server_hello_done");
	assert_false(p.hs->certificate[TLS_SERVER].seen);
	parse_free(&p);
	free(b);
	free(t);
}

/* The same, but the bytes behind the hole are the middle of something. */
static void test_gap_to_nowhere(void **state)
{
	struct trace *t = trace_new();
	struct build *b = build_new();
	struct parse p;

	(void)state;
	trace_client_hello(t, 0, &flow_hello_12);
	put_server_flight_12(b, false);
	trace_records_of(t, 1, 22, 0x0303, b->p, 200, 200);
	trace_gap(t, 1, 3000);
	trace_add(t, 1, b->p + 300, b->n - 300);
	trace_hidden(t, 1, 23, 100);
	parse_all_ways(&p, t);
	assert_true(p.hs->side[TLS_SERVER].gap);
	assert_false(p.hs->side[TLS_SERVER].malformed);
	assert_true(p.hs->server_hello.seen);
	assert_int_equal(p.hs->side[TLS_SERVER].app_records, 0);
	parse_free(&p);
	free(b);
	free(t);
}

/* Both Finished messages fall into a hole, but data of both sides follow. */
static void test_gap_over_finished(void **state)
{
	struct trace *t = trace_new();
	struct build *b = build_new();
	struct parse p;

	(void)state;
	trace_client_hello(t, 0, &flow_hello_12);
	put_server_flight_12(b, false);
	trace_record(t, 1, 22, b->p, b->n);
	trace_gap(t, 0, 200);
	trace_hidden(t, 0, 23, 300);
	assert_int_equal(t->chunk_cnt, 4);
	trace_gap(t, 1, 100);
	trace_hidden(t, 1, 23, 300);
	parse_all_ways(&p, t);
	assert_false(p.hs->side[TLS_CLIENT].finished);
	assert_true(p.hs->established);
	parse_free(&p);
	free(b);
	free(t);
}

static void test_gap_at_the_start(void **state)
{
	struct trace *t = trace_new();
	struct build *b = build_new();
	struct parse p;

	(void)state;
	/* The ClientHello's first segment is missing; the server's side tells what it can. */
	trace_gap(t, 0, 1400);
	trace_add(t, 0, "the rest of a hello, whatever it says", 37);
	put_server_flight_12(b, false);
	trace_record(t, 1, 22, b->p, b->n);
	parse_all_ways(&p, t);
	assert_false(p.hs->client_hello.seen);
	assert_true(p.hs->server_hello.seen);
	assert_int_equal(p.hs->client_dir, 0);
	assert_int_equal(p.cert_cnt[TLS_SERVER], 2);
	assert_null(p.hs->upgraded_from);
	parse_free(&p);
	free(b);
	free(t);
}

/* A ClientHello of which the end is missing still says who is meant. */
static void test_half_client_hello(void **state)
{
	struct hello h = { .legacy_version = 0x0303, .name = "half.test", .ticket = true };
	struct trace *t = trace_new();
	struct build *b = build_new();
	struct parse p;

	(void)state;
	put(b, 0x160301, 3);
	put_open(b, 2);
	put_client_hello(b, &h);
	put_close(b);
	trace_add(t, 0, b->p, b->n - 60);
	parse_all_ways(&p, t);
	assert_true(p.hs->client_hello.seen);
	assert_true(p.hs->client_hello.truncated);
	assert_false(p.hs->client_hello.malformed);
	assert_int_equal(p.hs->client_hello.server_name.n, 9);
	assert_string_equal(p.hs->client_hello.ja3, "");
	/* That is no limit of ours. */
	assert_true(p.hs->side[TLS_CLIENT].unfinished && !p.hs->side[TLS_CLIENT].gap);
	assert_false(p.hs->side[TLS_CLIENT].truncated);
	parse_free(&p);
	free(b);
	free(t);
}

static void test_garbage(void **state)
{
	static const char *const garbage[] = {
		"\x16\x03\x01\x60\x00""a record that is far too long",
		"\x16\x09\x01\x00\x10""another version altogether",
		"\x19\x03\x03\x00\x10""an unknown content type",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
		struct trace *t = trace_new();
		struct parse p;

		trace_client_hello(t, 0, &flow_hello_12);
		trace_server_hello(t, 1, &flow_hello_12);
		trace_add(t, 1, garbage[i], 24);
		trace_hidden(t, 1, 23, 50);
		parse_all_ways(&p, t);
		assert_true(p.hs->side[TLS_SERVER].malformed);
		assert_int_equal(p.hs->side[TLS_SERVER].app_records, 0);
		assert_int_equal(p.hs->server_hello.suite, 0xc02f);
		assert_true(p.done[1]);
		assert_false(p.done[0]);
		parse_free(&p);
		free(t);
	}
}

/* A message over the limit is jumped over; what follows is read. */
static void test_message_over_limit(void **state)
{
	struct tls_options opt = { .message_max = 2000 };
	enum feed_how how;

	(void)state;
	for (how = FEED_WHOLE; how <= FEED_RANDOM; how++) {
		struct trace *t = trace_new();
		struct parse p;

		trace_flow_12(t, 300, true);
		parse_init(&p, &opt, KIT_ARENA);
		parse_trace(&p, t, how, 1);
		assert_int_equal(p.cert_cnt[TLS_SERVER], 0);
		assert_true(p.hs->side[TLS_SERVER].truncated);
		assert_true(p.hs->certificate[TLS_SERVER].truncated);
		assert_int_equal(p.hs->key_exchange.group, 0x001d);
		assert_true(p.hs->established);
		parse_free(&p);
		free(t);
	}
}

/* A message that claims 16 MB costs no more than came of it. */
static void test_huge_claim(void **state)
{
	struct trace *t = trace_new();
	struct parse p;

	(void)state;
	trace_client_hello(t, 0, &flow_hello_12);
	trace_record(t, 1, 22, "\x02\xff\xff\xff\x03\x03", 6);
	for (int i = 0; i < 100; i++)
		trace_hidden(t, 1, 22, 16000);
	parse_init(&p, NULL, 20000);
	parse_trace(&p, t, FEED_WHOLE, 0);
	assert_true(p.hs->client_hello.seen);
	assert_true(p.arena.used <= 20000);
	parse_free(&p);
	free(t);
}

/* However little memory there is, nothing breaks, and what is missing is said. */
static void test_short_of_memory(void **state)
{
	struct trace *t = trace_new();
	bool truncated = false;

	(void)state;
	trace_flow_12(t, 300, true);
	for (size_t limit = 3000; limit < 40000; limit += 512) {
		struct arena a;
		struct tls_conn *c;
		struct parse p;

		arena_init(&a, limit);
		c = tls_conn_new(&a, NULL, NULL);
		arena_free(&a);
		if (!c)
			continue;
		parse_init(&p, NULL, limit);
		parse_trace(&p, t, FEED_RANDOM, (unsigned int)limit);
		assert_true(p.hs->established);
		truncated |= p.hs->side[TLS_SERVER].truncated;
		if (!p.hs->side[TLS_SERVER].truncated)
			assert_int_equal(p.cert_cnt[TLS_SERVER], 2);
		parse_free(&p);
	}
	assert_true(truncated);
	free(t);
}

static void test_empty_records_and_messages(void **state)
{
	struct trace *t = trace_new();
	struct parse p;

	(void)state;
	trace_add(t, 0, "\x16\x03\x01\x00\x01\x01", 6);
	trace_add(t, 0, "\x16\x03\x01\x00\x00", 5);
	trace_add(t, 0, "\x16\x03\x01\x00\x00", 5);
	trace_add(t, 0, "\x16\x03\x01\x00\x03\x00\x00\x26", 8);
	trace_hidden(t, 0, 22, 38);
	/* HelloRequest and ServerHelloDone have no body. */
	trace_record(t, 1, 22, "\x00\x00\x00\x00\x0e\x00\x00\x00", 8);
	parse_all_ways(&p, t);
	assert_steps(&p, "c:client_hello s:hello_request s:server_hello_done");
	assert_true(p.hs->client_hello.malformed);
	parse_free(&p);
	free(t);
}

/* A connection that was open before: its encrypted handshake records are not mistaken for messages. */
static void test_midstream(void **state)
{
	struct trace *t = trace_new();
	struct build *b = build_new();
	struct parse p;

	(void)state;
	/* Begins like a Certificate, but with a length that no record supports. */
	put(b, 0x0b00000f, 4);
	put_fill(b, 0x3c, 17);
	trace_record(t, 0, 22, b->p, b->n);
	trace_hidden(t, 0, 23, 400);
	trace_hidden(t, 1, 23, 400);
	parse_all_ways(&p, t);
	assert_int_equal(p.hs->protocol, TLS_PROTO_NONE);
	assert_false(p.hs->certificate[0].seen);
	assert_false(p.hs->certificate[1].seen);
	assert_int_equal(p.hs->not_tls, TLS_GUESS_NONE);
	parse_free(&p);
	free(b);
	free(t);
}

static void test_steps_are_bounded(void **state)
{
	struct trace *t = trace_new();
	struct parse p;

	(void)state;
	trace_client_hello(t, 0, &flow_hello_12);
	for (int i = 0; i < 2000; i++)
		trace_alert(t, 1, 1, 90);
	parse_init(&p, NULL, KIT_ARENA);
	parse_trace(&p, t, FEED_WHOLE, 0);
	assert_int_equal(p.hs->step_cnt, 128);
	assert_true(p.hs->steps_truncated);
	assert_int_equal(p.hs->record_cnt, 2001);
	parse_free(&p);
	free(t);
}

static void test_alerts_in_pieces(void **state)
{
	struct trace *t = trace_new();
	struct parse p;

	(void)state;
	trace_client_hello(t, 0, &flow_hello_12);
	trace_record(t, 1, 21, "\x01", 1);
	trace_record(t, 1, 21, "\x70", 1);
	trace_record(t, 1, 21, "\x01\x5a\x02\x28", 4);
	trace_alert(t, 1, 1, 0);
	parse_all_ways(&p, t);
	assert_steps(&p, "c:client_hello s:alert s:alert s:alert");
	assert_int_equal(p.hs->steps[1].code, 112);
	/* The fatal one ends it; nothing after it is wanted. */
	assert_int_equal(p.hs->alert.code, 40);
	assert_int_equal(p.hs->alert.side, TLS_SERVER);
	assert_true(tls_conn_settled(p.conn));
	parse_free(&p);
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_every_record_length),
		cmocka_unit_test(test_skip_bodies),
		cmocka_unit_test(test_server_is_direction_0),
		cmocka_unit_test(test_one_sided),
		cmocka_unit_test(test_gap_inside_message),
		cmocka_unit_test(test_gap_to_next_header),
		cmocka_unit_test(test_gap_over_a_header),
		cmocka_unit_test(test_gap_to_the_middle),
		cmocka_unit_test(test_gap_to_nowhere),
		cmocka_unit_test(test_gap_over_finished),
		cmocka_unit_test(test_gap_at_the_start),
		cmocka_unit_test(test_half_client_hello),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_message_over_limit),
		cmocka_unit_test(test_huge_claim),
		cmocka_unit_test(test_short_of_memory),
		cmocka_unit_test(test_empty_records_and_messages),
		cmocka_unit_test(test_midstream),
		cmocka_unit_test(test_steps_are_bounded),
		cmocka_unit_test(test_alerts_in_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
