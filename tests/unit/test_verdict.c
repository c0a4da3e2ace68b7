/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <netinet/in.h>
#include <string.h>

#include "event/event.h"
#include "event/make.h"
#include "event/verdict.h"
#include "flow/flow.h"
#include "tls/handshake.h"

/* A connection made up by hand: the client is direction 0. */
struct fixture {
	struct reasm_budget budget;
	struct flow flow;
	struct tls_step steps[16];
	struct tls_handshake h;
	struct event_source src;
};

static void begin(struct fixture *f)
{
	static const struct hs_tuple tuple = {
		.addr = { { [10] = 0xff, [11] = 0xff, 10, 0, 0, 5 }, { [10] = 0xff, [11] = 0xff, 192, 0, 2, 34 } },
		.port = { 51324, 443 },
		.proto = IPPROTO_TCP,
		.family = 4,
	};

	memset(f, 0, sizeof(*f));
	f->budget.limit = 1000;
	flow_init(&f->flow, &tuple, &f->budget, 1000);
	f->h.protocol = TLS_PROTO_TLS;
	f->h.client_dir = 0;
	f->h.steps = f->steps;
	f->h.step_cap = 16;
	f->h.alert.side = TLS_SIDE_UNKNOWN;
	f->src = (struct event_source){ .flow = &f->flow, .tls = &f->h, .cause = EVENT_CAUSE_CLOSED };
}

static void step(struct fixture *f, enum tls_step_kind kind, enum tls_side side)
{
	f->steps[f->h.step_cnt++] = (struct tls_step){ .kind = kind, .side = side, .len = 10, .record = 1, .time_ns = 2000 };
	if (kind == TLS_STEP_CLIENT_HELLO)
		f->h.client_hello.seen = true;
	if (kind == TLS_STEP_SERVER_HELLO) {
		f->h.server_hello.seen = true;
		f->h.version = 0x0303;
	}
}

static void hellos(struct fixture *f)
{
	begin(f);
	step(f, TLS_STEP_CLIENT_HELLO, TLS_CLIENT);
	step(f, TLS_STEP_SERVER_HELLO, TLS_SERVER);
}

static void expect(struct fixture *f, const char *outcome, const char *reason, const char *by, const char *how)
{
	struct verdict v;

	verdict_of(&f->src, &v);
	assert_string_equal(v.outcome, outcome);
	assert_string_equal(v.reason, reason);
	assert_string_equal(v.end_by ? v.end_by : "", by);
	assert_string_equal(v.end_how ? v.end_how : "", how);
	flow_free(&f->flow);
}

static void test_success(void **state)
{
	struct fixture f;

	(void)state;
	hellos(&f);
	f.h.established = true;
	flow_note_end(&f.flow, 0, FLOW_TCP_FIN, 3000);
	expect(&f, "success", "", "", "");
}

static void test_alert(void **state)
{
	struct fixture f;

	(void)state;
	hellos(&f);
	step(&f, TLS_STEP_CERTIFICATE, TLS_SERVER);
	step(&f, TLS_STEP_SERVER_HELLO_DONE, TLS_SERVER);
	step(&f, TLS_STEP_ALERT, TLS_CLIENT);
	f.h.certificate[TLS_SERVER].seen = true;
	f.h.alert = (struct tls_alert){ true, 2, 45, TLS_CLIENT, 2500 };
	flow_note_end(&f.flow, 0, FLOW_TCP_RST, 3000);
	expect(&f, "failure", "client sent certificate_expired after certificate", "client", "alert");
}

/* A warning alone ends nothing: unrecognized_name of old servers. */
static void test_warning_is_no_end(void **state)
{
	struct fixture f;

	(void)state;
	hellos(&f);
	f.h.alert = (struct tls_alert){ true, 1, 112, TLS_SERVER, 2500 };
	flow_note_end(&f.flow, 1, FLOW_TCP_FIN, 3000);
	expect(&f, "failure", "server closed the connection after server_hello", "server", "fin");
}

static void test_tls13_level_does_not_count(void **state)
{
	struct fixture f;

	(void)state;
	hellos(&f);
	f.h.version = 0x0304;
	f.h.alert = (struct tls_alert){ true, 1, 40, TLS_SERVER, 2500 };
	expect(&f, "failure", "server sent handshake_failure after server_hello", "server", "alert");
}

static void test_encrypted_alert(void **state)
{
	struct fixture f;

	(void)state;
	hellos(&f);
	f.h.version = 0x0304;
	step(&f, TLS_STEP_APPLICATION_DATA, TLS_SERVER);
	f.h.side[TLS_CLIENT].encrypted_alert = true;
	expect(&f, "failure", "client sent an encrypted alert after the server's encrypted flight", "client", "alert");
	/* The other side's came before: this one is the answer. */
	f.h.side[TLS_CLIENT].encrypted_alert_ns = 3000;
	f.h.side[TLS_SERVER].encrypted_alert = true;
	f.h.side[TLS_SERVER].encrypted_alert_ns = 2000;
	expect(&f, "failure", "server sent an encrypted alert after the server's encrypted flight", "server", "alert");
}

/* OpenSSL answers an early end of file with decode_error. */
static void test_alert_after_the_others_close(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	step(&f, TLS_STEP_CLIENT_HELLO, TLS_CLIENT);
	flow_note_end(&f.flow, 1, FLOW_TCP_FIN, 3000);
	step(&f, TLS_STEP_ALERT, TLS_CLIENT);
	f.h.alert = (struct tls_alert){ true, 2, 50, TLS_CLIENT, 3500 };
	expect(&f, "failure", "server closed the connection after client_hello", "server", "fin");
	/* libldap closes after its Finished when it does not like the certificate; the alert of the server means nothing. */
	hellos(&f);
	f.h.version = 0x0304;
	step(&f, TLS_STEP_ENCRYPTED_HANDSHAKE, TLS_CLIENT);
	flow_note_end(&f.flow, 0, FLOW_TCP_FIN, 3000);
	f.h.side[TLS_SERVER].encrypted_alert = true;
	f.h.side[TLS_SERVER].encrypted_alert_ns = 3500;
	expect(&f, "failure", "client closed the connection after the client's encrypted flight", "client", "fin");
	f.h.side[TLS_SERVER].encrypted_alert_ns = 2900;
	expect(&f, "failure", "server sent an encrypted alert after the client's encrypted flight", "server", "alert");
}

static void test_reset(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	step(&f, TLS_STEP_CLIENT_HELLO, TLS_CLIENT);
	flow_note_end(&f.flow, 1, FLOW_TCP_RST, 3000);
	expect(&f, "failure", "server reset the connection after client_hello", "server", "rst");
}

static void test_silence(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	step(&f, TLS_STEP_CLIENT_HELLO, TLS_CLIENT);
	f.src.cause = EVENT_CAUSE_TIMEOUT;
	expect(&f, "failure", "no answer to the client_hello", "monitor", "timeout");
	hellos(&f);
	f.src.cause = EVENT_CAUSE_TIMEOUT;
	expect(&f, "failure", "silence after server_hello", "monitor", "timeout");
}

/* All that came was seen: it was the client that did not go on. */
static void test_within_a_message(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	step(&f, TLS_STEP_CLIENT_HELLO, TLS_CLIENT);
	f.h.side[TLS_CLIENT].unfinished = true;
	flow_note_end(&f.flow, 0, FLOW_TCP_FIN, 3000);
	expect(&f, "failure", "client closed the connection in the middle of client_hello", "client", "fin");
	begin(&f);
	step(&f, TLS_STEP_CLIENT_HELLO, TLS_CLIENT);
	f.h.side[TLS_CLIENT].unfinished = true;
	f.src.cause = EVENT_CAUSE_TIMEOUT;
	expect(&f, "failure", "silence in the middle of client_hello", "monitor", "timeout");
}

static void test_not_tls(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	f.h.protocol = TLS_PROTO_NONE;
	f.h.not_tls = TLS_GUESS_HTTP;
	expect(&f, "failure", "not TLS: clear HTTP", "", "");
}

/* Bad captures: what is missing is said, and nobody is blamed. */
static void test_incomplete_bad(void **state)
{
	struct fixture f;

	(void)state;
	hellos(&f);
	f.h.side[TLS_SERVER].gap = true;
	flow_note_end(&f.flow, 0, FLOW_TCP_FIN, 3000);
	expect(&f, "unknown", "part of the handshake was not captured", "monitor", "");
	begin(&f);
	step(&f, TLS_STEP_SERVER_HELLO, TLS_SERVER);
	expect(&f, "unknown", "the client's hello was not captured", "monitor", "");
	hellos(&f);
	f.src.cause = EVENT_CAUSE_SHUTDOWN;
	expect(&f, "unknown", "the capture ended before the handshake did", "monitor", "shutdown");
	hellos(&f);
	f.src.cause = EVENT_CAUSE_EVICTED;
	expect(&f, "unknown", "given up: too many connections at once", "monitor", "shutdown");
}

/* What the order of things seems to say is not believed while bytes are missing: a close_notify after a Finished that
 * was lost is no failure, the middle of a message is not another protocol. An alert in clear is what it is. */
static void test_missing_bytes_bad(void **state)
{
	static const char partial[] = "part of the handshake was not captured";
	struct fixture f;

	(void)state;
	for (int why = 0; why < 3; why++) {
		for (int what = 0; what < 4; what++) {
			hellos(&f);
			f.src.lossy = why == 0;
			f.h.side[TLS_SERVER].gap = why == 1;
			f.flow.lost_segments = why == 2;
			f.h.side[TLS_CLIENT].encrypted_alert = what == 0;
			if (what == 1) {
				f.h.client_hello.seen = f.h.server_hello.seen = false;
				f.h.not_tls = TLS_GUESS_OTHER;
			}
			if (what == 2)
				f.src.cause = EVENT_CAUSE_TIMEOUT;
			if (what == 3)
				f.h.alert = (struct tls_alert){ true, 2, 40, TLS_SERVER, 2500 };
			assert_false(verdict_not_tls(&f.src));
			if (what == 3)
				expect(&f, "failure", "server sent handshake_failure after server_hello", "server", "alert");
			else
				expect(&f, "unknown", partial, "monitor", "");
		}
	}
}

static void test_visibility(void **state)
{
	struct fixture f;

	(void)state;
	hellos(&f);
	assert_string_equal(verdict_visibility(&f.src), "none");
	f.h.side[TLS_SERVER].gap = true;
	assert_string_equal(verdict_visibility(&f.src), "lost");
	f.h.version = 0x0304;
	assert_string_equal(verdict_visibility(&f.src), "encrypted");
	f.h.resumed = true;
	assert_string_equal(verdict_visibility(&f.src), "resumed");
	f.h.certificate[TLS_SERVER].seen = true;
	assert_string_equal(verdict_visibility(&f.src), "wire");
	flow_free(&f.flow);
}

static void test_event(void **state)
{
	struct fixture f;
	struct handshake_event e;

	(void)state;
	hellos(&f);
	f.h.server_hello.suite = 0xc02f;
	f.h.key_exchange.group = 0x001d;
	f.h.client_hello.time_ns = f.h.first_ns = 5000000;
	f.h.server_hello.time_ns = 7000000;
	f.h.last_ns = f.h.established_ns = 9000000;
	f.h.established = true;
	f.flow.syn_ns = 1000000;
	f.flow.syn_ack_ns = 3000000;
	assert_int_equal(event_build(&e, &f.src), 0);
	assert_string_equal(e.client.ip.s, "10.0.0.5");
	assert_int_equal(e.server.port, 443);
	assert_string_equal(e.cipher.s, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
	assert_string_equal(e.curve.s, "x25519");
	assert_string_equal(e.version.s, "1.2");
	assert_string_equal(e.history.s, "Cs");
	assert_int_equal(e.tcp_connect_us, 2000);
	assert_int_equal(e.client_hello_us, 2000);
	assert_int_equal(e.server_hello_us, 2000);
	assert_int_equal(e.finished_us, 2000);
	assert_int_equal(e.total_us, 8000);
	assert_int_equal(e.duration_ns, 4000000);
	assert_int_equal(e.id.len, 32);
	assert_null(e.interface.s);
	handshake_event_free(&e);
	flow_free(&f.flow);
}

/* Published examples of Community ID v1 with seed 0. */
static void test_community_id(void **state)
{
	struct hs_tuple t = {
		.addr = { { [10] = 0xff, [11] = 0xff, 66, 35, 250, 204 }, { [10] = 0xff, [11] = 0xff, 128, 232, 110, 120 } },
		.port = { 80, 34855 },
		.proto = IPPROTO_TCP,
		.family = 4,
	};
	char id[COMMUNITY_ID_LEN];

	(void)state;
	assert_true(community_id(&t, id));
	assert_string_equal(id, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_success),
		cmocka_unit_test(test_alert),
		cmocka_unit_test(test_warning_is_no_end),
		cmocka_unit_test(test_tls13_level_does_not_count),
		cmocka_unit_test(test_encrypted_alert),
		cmocka_unit_test(test_alert_after_the_others_close),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_within_a_message),
		cmocka_unit_test(test_not_tls),
		cmocka_unit_test(test_incomplete_bad),
		cmocka_unit_test(test_missing_bytes_bad),
		cmocka_unit_test(test_visibility),
		cmocka_unit_test(test_event),
		cmocka_unit_test(test_community_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
