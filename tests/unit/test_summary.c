/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sample.h"
#include "sink/summary.h"

static char *text;

static const char *print(const struct summary *s, const struct stats_event *last)
{
	size_t len;
	FILE *f;

	free(text);
	text = NULL;
	f = open_memstream(&text, &len);
	assert_non_null(f);
	summary_print(s, last, f);
	fclose(f);
	return text;
}

static int forget(void **state)
{
	(void)state;
	free(text);
	text = NULL;
	return 0;
}

static void add(struct summary *s, int n, void (*make)(struct handshake_event *e))
{
	struct handshake_event e;

	make(&e);
	while (n--)
		summary_add(s, &e);
}

static void whole(void **state)
{
	struct summary *s = summary_new(30);
	struct handshake_event e;
	struct stats_event st;

	(void)state;
	add(s, 12, sample_tls13);
	add(s, 8, sample_tls12);
	add(s, 2, sample_expired);
	sample_tls12(&e);
	e.cert.days_left = 12;
	summary_add(s, &e);
	sample_common(&e);
	e.outcome = sample_str("failure");
	e.reason = sample_str("not TLS: clear HTTP");
	e.not_tls = sample_str("http");
	summary_add(s, &e);
	sample_stats(&st);
	assert_string_equal(print(s, &st),
		"  HANDSHAKES               OK     FAILED    UNKNOWN\n"
		"  TLS 1.3                  12          0          0\n"
		"  TLS 1.2                   9          2          0\n"
		"  not TLS                   0          1          0\n"
		"  all                      21          3          0\n"
		"why handshakes failed:\n"
		"        2  client sent certificate_expired after certificate\n"
		"        1  not TLS: clear HTTP\n"
		"certificates that need attention:\n"
		"  expired 2 days ago    api.internal                   10.0.0.9:443\n"
		"  12 days left          example.com                    192.0.2.34:443\n"
		"seen: 123456 packets, 98.8 MB\n"
		"noted: 7 open before the start\n"
		"lost: none\n");
	summary_free(s);
}

static void empty(void **state)
{
	static const struct stats_event nothing = { .packets = 0 };
	struct summary *s = summary_new(30);

	(void)state;
	assert_string_equal(print(s, NULL), "no handshakes\n");
	assert_string_equal(print(s, &nothing), "no handshakes\nseen: 0 packets, 0 bytes\nlost: none\n");
	summary_free(s);
	summary_free(NULL);
}

static void losses(void **state)
{
	struct summary *s = summary_new(30);
	struct stats_event st;

	(void)state;
	sample_stats(&st);
	st.bytes = 999999999;
	st.drops.v[1].value = 3;
	print(s, &st);
	assert_non_null(strstr(text, "seen: 123456 packets, 1.0 GB\n"));
	assert_non_null(strstr(text, "lost: 3 flow table full\n"));
	st.drops.v[0].value = 12;
	st.notes.n = 0;
	st.bytes = 1500;
	print(s, &st);
	assert_non_null(strstr(text, "seen: 123456 packets, 1.5 kB\nlost: 12 ring buffer full, 3 flow table full\n"));
	summary_free(s);
}

static void unknown_outcomes_and_versions(void **state)
{
	struct summary *s = summary_new(30);
	struct handshake_event e;

	(void)state;
	sample_tls12(&e);
	e.outcome = sample_str("unknown");
	e.reason = sample_str("not a failure");
	summary_add(s, &e);
	e.version.s = NULL;
	summary_add(s, &e);
	assert_string_equal(print(s, NULL),
		"  HANDSHAKES               OK     FAILED    UNKNOWN\n"
		"  TLS 1.2                   0          0          1\n"
		"  not known                 0          0          1\n"
		"  all                       0          0          2\n");
	summary_free(s);
}

/* However many versions peers make up, the table stays small and the total right. */
static void invented_versions(void **state)
{
	struct summary *s = summary_new(30);
	struct handshake_event e;
	char name[16];
	int lines = 0;

	(void)state;
	sample_tls13(&e);
	for (int i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "0x%04X", (unsigned int)i);
		e.version = sample_str(name);
		summary_add(s, &e);
	}
	for (const char *p = print(s, NULL); (p = strchr(p, '\n')); p++)
		lines++;
	assert_int_equal(lines, 1 + 16 + 1);
	assert_non_null(strstr(text, "\n  others                  485          0          0\n"));
	assert_non_null(strstr(text, "\n  all                     500          0          0\n"));
	summary_free(s);
}

static void most_frequent_reasons(void **state)
{
	struct summary *s = summary_new(30);
	struct handshake_event e;
	char reason[32];

	(void)state;
	sample_tls13(&e);
	e.outcome = sample_str("failure");
	for (int i = 1; i <= 300; i++) {
		snprintf(reason, sizeof(reason), "reason %d\x1b", i);
		e.reason = sample_str(reason);
		for (int k = 0; k < (i <= 7 ? i : 1); k++)
			summary_add(s, &e);
	}
	print(s, NULL);
	assert_non_null(strstr(text, "why handshakes failed:\n"
		"        7  reason 7\\x1B\n        6  reason 6\\x1B\n        5  reason 5\\x1B\n"
		"        4  reason 4\\x1B\n        3  reason 3\\x1B\n"
		"      296  other reasons\n"));
	summary_free(s);
}

/* Sorted by days left; one line a certificate and server; only those that are near their end. */
static void certificates(void **state)
{
	struct summary *s = summary_new(10);
	struct handshake_event e;
	static const int64_t left[] = { 5, -3, 10, 11, 0 };

	(void)state;
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < LEN(left); i++) {
			sample_tls12(&e);
			e.cert.days_left = left[i];
			e.server.port = 1000 + left[i];
			summary_add(s, &e);
		}
	e.server_leaf.sha256 = sample_str("AB");
	e.cert.days_left = 6;
	e.server_leaf.x509.subject.common_name.n = 0;
	e.server_leaf.x509.alternative_names.n = 0;
	e.server_leaf.subject = sample_str("CN=\x1b[31m");
	summary_add(s, &e);
	print(s, NULL);
	assert_non_null(strstr(text, "certificates that need attention:\n"
		"  expired 2 days ago    example.com                    192.0.2.34:997\n"
		"  expires today         example.com                    192.0.2.34:1000\n"
		"  5 days left           example.com                    192.0.2.34:1005\n"
		"  6 days left           CN=\\x1B[31m                    192.0.2.34:1000\n"
		"  10 days left          example.com                    192.0.2.34:1010\n"));
	assert_null(strstr(text, "11 days"));
	summary_free(s);
}

static void many_certificates(void **state)
{
	struct summary *s = summary_new(30);
	struct handshake_event e;
	char hash[16];
	int lines = 0;

	(void)state;
	sample_tls12(&e);
	e.cert.days_left = 3;
	for (int i = 0; i < 5000; i++) {
		snprintf(hash, sizeof(hash), "%04X", (unsigned int)i);
		e.server_leaf.sha256 = sample_str(hash);
		summary_add(s, &e);
	}
	for (const char *p = strstr(print(s, NULL), "attention:\n"); (p = strstr(p, "3 days left")); p++)
		lines++;
	assert_int_equal(lines, 20);
	assert_non_null(strstr(text, "\n  and 4980 more\n"));
	summary_free(s);
}

/* A certificate's name is as long as its owner likes: it is cut, also in memory. */
static void huge_name(void **state)
{
	struct summary *s = summary_new(10);
	static char name[20000];
	struct handshake_event e;
	const char *line;

	(void)state;
	memset(name, 0x1b, sizeof(name) - 1);
	sample_tls12(&e);
	e.cert.days_left = 5;
	e.server_leaf.x509.subject.common_name.n = 0;
	e.server_leaf.x509.alternative_names.n = 0;
	e.server_leaf.subject = sample_str(name);
	summary_add(s, &e);
	print(s, NULL);
	line = strstr(text, "  5 days left");
	assert_non_null(line);
	assert_non_null(strstr(line, "... 192.0.2.34"));
	assert_in_range(strcspn(line, "\n"), 80, 130);
	summary_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),
		cmocka_unit_test(empty),
		cmocka_unit_test(losses),
		cmocka_unit_test(unknown_outcomes_and_versions),
		cmocka_unit_test(invented_versions),
		cmocka_unit_test(most_frequent_reasons),
		cmocka_unit_test(certificates),
		cmocka_unit_test(huge_name),
		cmocka_unit_test(many_certificates),
	};

	return cmocka_run_group_tests(tests, NULL, forget);
}
