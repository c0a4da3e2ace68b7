/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "json_check.h"
#include "json_run.h"
#include "sample.h"

/* The one event written so far, checked, without its newline. */
static char *run_line(struct run *r)
{
	char *s = run_text(r), *end = strchr(s, '\n');

	assert_non_null(end);
	assert_string_equal(end, "\n");
	*end = '\0';
	if (!json_valid(s, strlen(s)))
		fail_msg("not JSON: %s", s);
	return s;
}

static void assert_value(const char *json, const char *path, const char *want)
{
	struct json_text v = json_get(json, path);
	char buf[1024];

	if (!v.p || !want) {
		if (v.p || want)
			fail_msg("%s is %sthere", path, v.p ? "" : "not ");
		return;
	}
	assert_true(v.end - v.p < (long)sizeof(buf));
	snprintf(buf, sizeof(buf), "%.*s", (int)(v.end - v.p), v.p);
	assert_string_equal(buf, want);
}

static void blank(void **state)
{
	struct handshake_event e;
	struct run r;

	(void)state;
	run_begin(&r);
	handshake_event_init(&e);
	assert_int_equal(sink_handshake(r.sink, &e), 0);
	assert_string_equal(run_line(&r),
		"{\"event\":{\"kind\":\"event\",\"category\":[\"network\"],\"type\":[\"connection\",\"protocol\"],"
		"\"module\":\"hsmon\",\"dataset\":\"hsmon.handshake\",\"sequence\":0}}");
	run_end(&r);
}

/* Objects are opened where the first value in them is, and closed once. */
static void nesting(void **state)
{
	struct handshake_event e;
	struct run r;

	(void)state;
	run_begin(&r);
	handshake_event_init(&e);
	e.server.port = 443;
	e.server_domain = sample_str("a");
	e.inner_vlan = sample_str("7");
	e.client_leaf.x509.issuer.country = SAMPLE_LIST(sample_country);
	e.server_leaf.sha256 = sample_str("AB");
	e.server_leaf.x509.version_number = 3;
	e.cert.days_left = -3;
	sink_handshake(r.sink, &e);
	assert_string_equal(strstr(run_line(&r), ",\"server\""),
		",\"server\":{\"port\":443,\"domain\":\"a\"},\"network\":{\"inner\":{\"vlan\":{\"id\":\"7\"}}},"
		"\"tls\":{\"client\":{\"x509\":{\"issuer\":{\"country\":[\"US\"]}}},"
		"\"server\":{\"hash\":{\"sha256\":\"AB\"},\"x509\":{\"version_number\":3}}},"
		"\"hsmon\":{\"cert\":{\"days_left\":-3}}}");
	run_end(&r);
}

static void full_handshake(void **state)
{
	struct handshake_event e;
	struct run r;
	const char *s;

	(void)state;
	run_begin(&r);
	sample_mutual(&e);
	assert_int_equal(sink_handshake(r.sink, &e), 0);
	s = run_line(&r);
	assert_value(s, "@timestamp", "\"2026-11-23T12:01:07.123456Z\"");
	assert_value(s, "event.start", "\"2026-11-23T12:01:07.123456Z\"");
	assert_value(s, "event.end", "\"2026-11-23T12:01:07.161580Z\"");
	assert_value(s, "event.duration", "38123456");
	assert_value(s, "event.reason", NULL);
	assert_value(s, "client.ip", "\"10.0.0.5\"");
	assert_value(s, "client.port", "51324");
	assert_value(s, "tls.client.server_name", "\"example.com\"");
	assert_value(s, "tls.client.x509.subject.common_name", "[\"alice\"]");
	assert_value(s, "tls.server.x509.alternative_names", "[\"example.com\",\"www.example.com\"]");
	assert_value(s, "tls.server.hash.sha256", "\"96BCEC06264976F37460779ACF28C5A7CFE8A3C0AAE11A8FFCEE05C0BDDF08C6\"");
	assert_value(s, "tls.resumed", "false");
	assert_value(s, "tls.established", "true");
	assert_value(s, "hsmon.client_hello.supported_groups", "[\"x25519\",\"secp256r1\",\"secp384r1\"]");
	assert_value(s, "hsmon.certificate_request.answered", "true");
	assert_value(s, "hsmon.capture.gaps", "0");
	assert_value(s, "hsmon.quic", NULL);
	assert_value(s, "process", NULL);
	assert_non_null(strstr(s, "\"steps\":[{\"name\":\"client_hello\",\"from\":\"client\",\"t_us\":0,\"len\":508,\"record\":1},{"));
	assert_non_null(strstr(s, "\"key\":\"RSA 4096\",\"signature\":\"SHA256-RSA\","));
	assert_non_null(strstr(s, "\"self_signed\":true,\"malformed\":false}]"));
	assert_null(strstr(s, "{}"));
	assert_null(strstr(s, "[]"));
	assert_null(strstr(s, "null"));
	run_end(&r);
}

static void alert_step(void **state)
{
	struct handshake_event e;
	struct run r;

	(void)state;
	run_begin(&r);
	sample_expired(&e);
	sink_handshake(r.sink, &e);
	assert_non_null(strstr(run_line(&r), "{\"name\":\"alert\",\"from\":\"client\",\"t_us\":4100,\"len\":2,\"record\":5,"
			       "\"detail\":\"fatal certificate_expired\"}]"));
	assert_value(r.text, "event.reason", "\"client sent certificate_expired after certificate\"");
	assert_value(r.text, "hsmon.alert.code", "45");
	run_end(&r);
}

/* Whatever bytes a peer sends as a name, the line stays one line of valid JSON. */
static void hostile_strings(void **state)
{
	unsigned int seed = 12345;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		char bytes[24], cn[24];
		struct event_str list[2] = { { cn, 0 }, { cn, sizeof(cn) } };
		struct handshake_event e;
		struct run r;

		for (size_t i = 0; i < sizeof(bytes); i++) {
			seed = seed * 1103515245 + 12345;
			bytes[i] = (char)(seed >> 16);
			/* half of them from what makes trouble together */
			cn[i] = "\"\\\n\x1b\x7f\xc3\xa9\xe2\x80\xae\xed\xa0\x80\xf0\x9f\x94\x92{}"[(seed >> 20) % 19];
		}
		run_begin(&r);
		handshake_event_init(&e);
		e.server_name = event_str(bytes, (size_t)round % sizeof(bytes) + 1);
		e.server_leaf.subject = event_str(cn, sizeof(cn));
		e.server_leaf.x509.subject.common_name = (struct event_strs){ list, 2 };
		sink_handshake(r.sink, &e);
		run_line(&r);
		for (const char *p = r.text; *p; p++)
			assert_true((unsigned char)*p >= 0x20 && *p != 0x7f);
		run_end(&r);
	}
}

static void every_kind_numbered(void **state)
{
	struct interface_event i = { .time_ns = SAMPLE_NS, .action = "attached", .name = sample_str("eth0"), .index = 2,
				     .attach = sample_str("tcx") };
	struct handshake_event e;
	struct stats_event st;
	struct run r;
	char *line, *save = NULL, want[32];
	int n = 0;

	(void)state;
	run_begin(&r);
	sample_tls13(&e);
	sample_stats(&st);
	for (int k = 0; k < 50; k++) {
		assert_int_equal(sink_handshake(r.sink, &e), 0);
		assert_int_equal(sink_interface(r.sink, &i), 0);
		assert_int_equal(sink_stats(r.sink, &st), 0);
	}
	for (line = strtok_r(run_text(&r), "\n", &save); line; line = strtok_r(NULL, "\n", &save), n++) {
		assert_true(json_valid(line, strlen(line)));
		snprintf(want, sizeof(want), "%d", n);
		assert_value(line, "event.sequence", want);
	}
	assert_int_equal(n, 150);
	assert_int_equal(st.sequence, 149);
	run_end(&r);
}

static void stats(void **state)
{
	struct stats_event st;
	struct run r;
	const char *s;

	(void)state;
	run_begin(&r);
	sample_stats(&st);
	sink_stats(r.sink, &st);
	s = run_line(&r);
	assert_value(s, "event.dataset", "\"hsmon.stats\"");
	assert_value(s, "hsmon.stats.drops", "{\"ring_full\":0,\"flow_table_full\":0}");
	assert_value(s, "hsmon.stats.handshakes", "{\"success\":20,\"failure\":3,\"unknown\":0}");
	assert_value(s, "hsmon.stats.notes.mid_stream", "7");
	assert_value(s, "hsmon.stats.packets", "123456");
	assert_value(s, "hsmon.stats.last", "true");
	assert_value(s, "hsmon.stats.kernel", "{\"run_ns\":1000000,\"runs\":10000,\"ns_per_packet\":100}");
	assert_value(s, "hsmon.stats.own", "{\"cpu_user_us\":4000,\"cpu_system_us\":2500,\"memory_bytes\":12582912}");
	run_end(&r);

	run_begin(&r);
	st.kernel_run_ns = st.kernel_run_cnt = EVENT_ABSENT;
	st.last = false;
	sink_stats(r.sink, &st);
	s = run_line(&r);
	assert_value(s, "hsmon.stats.kernel", NULL);
	assert_value(s, "hsmon.stats.last", NULL);
	run_end(&r);
}

static void interface(void **state)
{
	struct interface_event i = { .time_ns = SAMPLE_NS, .action = "lost", .name = sample_str("veth\x1b[0m"), .index = 7 };
	struct run r;

	(void)state;
	run_begin(&r);
	sink_interface(r.sink, &i);
	assert_string_equal(run_line(&r),
		"{\"@timestamp\":\"2026-11-23T12:01:07.123456Z\",\"event\":{\"kind\":\"event\",\"category\":[\"network\"],"
		"\"type\":[\"info\"],\"module\":\"hsmon\",\"dataset\":\"hsmon.interface\",\"sequence\":0,\"action\":\"lost\"},"
		"\"observer\":{\"ingress\":{\"interface\":{\"name\":\"veth\\u001B[0m\"}}},\"hsmon\":{\"interface\":{\"index\":7}}}");
	run_end(&r);
}

/* Seconds change, seconds stay, the fraction has leading zeros: the remembered text must follow. */
static void times(void **state)
{
	static const struct { uint64_t ns; const char *want; } t[] = {
		{ SAMPLE_NS, "\"2026-11-23T12:01:07.123456Z\"" },
		{ 1795435267000000999, "\"2026-11-23T12:01:07.000000Z\"" },
		{ 1795435267999999999, "\"2026-11-23T12:01:07.999999Z\"" },
		{ 1795435268000001000, "\"2026-11-23T12:01:08.000001Z\"" },
		{ 1, "\"1970-01-01T00:00:00.000000Z\"" },
		{ 1000001000, "\"1970-01-01T00:00:01.000001Z\"" },
	};
	struct handshake_event e;
	struct run r;
	char *p;

	(void)state;
	run_begin(&r);
	handshake_event_init(&e);
	for (size_t i = 0; i < LEN(t); i++) {
		e.start_ns = t[i].ns;
		sink_handshake(r.sink, &e);
	}
	p = run_text(&r);
	for (size_t i = 0; i < LEN(t); i++) {
		char *end = strchr(p, '\n');

		*end = '\0';
		assert_value(p, "@timestamp", t[i].want);
		p = end + 1;
	}
	run_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blank),
		cmocka_unit_test(nesting),
		cmocka_unit_test(full_handshake),
		cmocka_unit_test(alert_step),
		cmocka_unit_test(hostile_strings),
		cmocka_unit_test(every_kind_numbered),
		cmocka_unit_test(stats),
		cmocka_unit_test(interface),
		cmocka_unit_test(times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
