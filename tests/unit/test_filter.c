/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "event/event.h"
#include "output/filter.h"
#include "sample.h"

static bool matches(const char *text, enum record_kind kind, const void *event)
{
	struct filter *f;
	char err[200];
	bool ret;

	if (filter_compile(&f, text, err, sizeof(err)))
		fail_msg("%s: %s", text, err);
	ret = filter_matches(f, kind, event);
	filter_free(f);
	return ret;
}

#define YES(text) assert_true(matches(text, RECORD_HANDSHAKE, &e))
#define NO(text) assert_false(matches(text, RECORD_HANDSHAKE, &e))

static void values(void **state)
{
	struct handshake_event e;

	(void)state;
	sample_tls12(&e);
	YES("event.outcome=success");
	YES("event.outcome = 'success'");
	NO("event.outcome=failure");
	YES("event.outcome!=failure");
	YES("tls.client.server_name = *.COM");
	YES("tls.client.server_name = ex?mple.*");
	NO("tls.client.server_name = *.org");
	NO("tls.client.server_name = \\*.com");
	YES("tls.version < 1.3");
	YES("tls.version >= 1.2");
	NO("tls.version > 1.2");
	YES("server.port=443");
	YES("server.port<1000");
	NO("server.port>443.5");
	YES("tls.established=true");
	YES("event.dataset=hsmon.handshake");
	NO("event.dataset=hsmon.stats");
	YES("event.category=network");
	YES("event.type=protocol");
	YES("@timestamp > 2026-01-01");
	YES("@timestamp = 2026-11-23T*");
	NO("@timestamp < 2026-01-01");
}

static void lists(void **state)
{
	struct handshake_event e;

	(void)state;
	sample_tls12(&e);
	YES("tls.client.supported_ciphers=TLS_AES_128_GCM_SHA256");
	YES("tls.client.supported_ciphers=*CHACHA20*");
	NO("tls.client.supported_ciphers=*RC4*");
	YES("tls.client.supported_ciphers!=*RC4*");
	NO("tls.client.supported_ciphers!=*CHACHA20*");
	YES("hsmon.steps.name=client_hello");
	YES("hsmon.steps");
	NO("hsmon.steps.name=nonsense");
	YES("hsmon.steps.len>100");
}

static void absent(void **state)
{
	struct handshake_event e;

	(void)state;
	sample_tls12(&e);
	e.upgraded_from = event_str(NULL, 0);
	NO("hsmon.upgraded_from");
	NO("hsmon.upgraded_from=smtp");
	NO("hsmon.upgraded_from!=smtp");
	YES("not hsmon.upgraded_from");
	YES("not hsmon.upgraded_from=smtp");
	YES("tls.version");
	NO("hsmon.stats.packets");
	NO("hsmon.stats.packets>=0");
}

static void severities(void **state)
{
	struct handshake_event e;

	(void)state;
	sample_tls12(&e);
	e.cert.severity = sample_str("high");
	YES("hsmon.cert.severity>=high");
	YES("hsmon.cert.severity>medium");
	YES("hsmon.cert.severity<=critical");
	NO("hsmon.cert.severity<low");
	NO("hsmon.cert.severity>=critical");
}

static void logic(void **state)
{
	struct handshake_event e;
	char deep[400] = "";

	(void)state;
	sample_tls12(&e);
	YES("server.port=1 or server.port=443");
	NO("server.port=1 or server.port=2");
	YES("server.port=1 and server.port=2 or server.port=443");
	NO("server.port=1 and (server.port=2 or server.port=443)");
	YES("not(server.port=1)and(server.port=443)");
	YES("not not server.port=443");
	YES("not server.port=1 and not server.port=2");
	for (int i = 0; i < 15; i++)
		strcat(deep, "(");
	strcat(deep, "server.port=443");
	for (int i = 0; i < 15; i++)
		strcat(deep, ")");
	YES(deep);
}

static void other_events(void **state)
{
	struct stats_event s = { .time_ns = SAMPLE_NS, .packets = 12, .kernel_run_ns = EVENT_ABSENT };
	struct certificate_event c = { .action = "expired", .days_left = -3 };

	(void)state;
	s.drops.v[s.drops.n++] = (struct event_count){ "ring_full", "ring buffer full", 7 };
	assert_true(matches("hsmon.stats.packets=12", RECORD_STATS, &s));
	assert_true(matches("hsmon.stats.drops.ring_full>0", RECORD_STATS, &s));
	assert_false(matches("hsmon.stats.drops.ring_full>7", RECORD_STATS, &s));
	assert_false(matches("hsmon.stats.drops.nothing", RECORD_STATS, &s));
	assert_true(matches("event.kind=metric", RECORD_STATS, &s));
	assert_true(matches("event.dataset=hsmon.certificate and hsmon.certificate.days_left<0", RECORD_CERTIFICATE, &c));
	assert_true(matches("event.action=exp*", RECORD_CERTIFICATE, &c));
}

static void errors(void **state)
{
	static const struct {
		const char *text, *word;
	} bad[] = {
		{ "", "a field is expected at position 1" },
		{ "nonsense=1", "no field is called nonsense at position 1" },
		{ "event.outcome=", "a value is expected at position 15" },
		{ "event.outcome='x", "a quote is not closed at position 15" },
		{ "(server.port=1", "a ) is expected at position 15" },
		{ "server.port=1)", "position 14" },
		{ "server.port=1 server.port=2", "position 15" },
		{ "server.port=1 and", "a field is expected at position 18" },
		{ "not", "a field is expected" },
		{ "server.port=1 or or", "no field is called or at position 18" },
		{ "=1", "position 1" },
		{ "server.port=(1)", "a value is expected at position 13" },
	};
	char err[200], *deep = malloc(8000);
	struct filter *f;

	(void)state;
	for (size_t i = 0; i < LEN(bad); i++) {
		assert_int_equal(filter_compile(&f, bad[i].text, err, sizeof(err)), -EINVAL);
		if (!strstr(err, bad[i].word))
			fail_msg("%s: %s", bad[i].text, err);
		assert_null(f);
	}
	memset(deep, '(', 4000);
	deep[4000] = '\0';
	assert_int_equal(filter_compile(&f, deep, err, sizeof(err)), -EINVAL);
	assert_non_null(strstr(err, "too deep"));
	deep[0] = '\0';
	for (int i = 0; i < 300; i++)
		strcat(deep, "tls.version or ");
	assert_int_equal(filter_compile(&f, deep, err, sizeof(err)), -EINVAL);
	assert_non_null(strstr(err, "too long"));
	memset(deep, ' ', 7999);
	deep[7999] = '\0';
	assert_int_equal(filter_compile(&f, deep, err, sizeof(err)), -EINVAL);
	free(deep);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values), cmocka_unit_test(lists), cmocka_unit_test(absent), cmocka_unit_test(severities),
		cmocka_unit_test(logic), cmocka_unit_test(other_events), cmocka_unit_test(errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
