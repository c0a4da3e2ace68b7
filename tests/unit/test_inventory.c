/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "event/event.h"
#include "inventory.h"

#define START (UINT64_C(1795435200) * NS_PER_S)

static char said[4096];			/* "new A, rotated B after A" */
static struct inventory *inv;
static uint64_t now_ns;

static void on_change(void *ctx, struct certificate_event *e)
{
	size_t at = strlen(said);

	(void)ctx;
	assert_int_equal(e->sha256.len, 64);
	at += (size_t)snprintf(said + at, sizeof(said) - at, "%s%s %c", at ? ", " : "", e->action, e->sha256.s[0]);
	if (e->previous.s)
		snprintf(said + at, sizeof(said) - at, " after %c", e->previous.s[0]);
}

static int begin(void **state)
{
	struct inventory_settings set = { .max = 100, .expiry_warn_days = 30, .change = on_change };

	(void)state;
	inv = inventory_new(&set);
	said[0] = '\0';
	now_ns = START;
	return !inv;
}

static int end(void **state)
{
	(void)state;
	inventory_free(inv);
	return 0;
}

static struct event_str str(const char *s)
{
	return event_str(s, s ? strlen(s) : 0);
}

/* The server shows a certificate whose hash is made of that letter. */
static void see(const char *ip, const char *sni, char letter, int64_t days_left)
{
	struct handshake_event e;
	struct event_cert chain = { 0 };
	char hash[65];

	memset(hash, letter, 64);
	hash[64] = '\0';
	handshake_event_init(&e);
	chain.sha256 = str(hash);
	e.start_ns = e.judged_ns = now_ns += NS_PER_S;
	e.server.ip = str(ip);
	e.server.port = 443;
	e.server_name = str(sni);
	e.server_chain = (struct event_chain){ &chain, 1 };
	e.server_leaf.sha256 = chain.sha256;
	e.server_leaf.subject = str("CN=x\x1b[31m");
	e.cert.days_left = days_left;
	inventory_add(inv, &e);
}

static void changes(void **state)
{
	(void)state;
	see("192.0.2.1", "a.example", 'A', 90);
	see("192.0.2.1", "a.example", 'A', 90);
	assert_string_equal(said, "new A");
	see("192.0.2.1", "b.example", 'A', 90);			/* another server */
	see("2001:db8::1", NULL, 'A', 90);
	assert_string_equal(said, "new A, new A, new A");
	said[0] = '\0';
	see("192.0.2.1", "a.example", 'B', 90);
	assert_string_equal(said, "rotated B after A");
	see("192.0.2.1", "a.example", 'B', 90);
	see("192.0.2.1", "a.example", 'A', 90);
	see("192.0.2.1", "a.example", 'B', 90);
	see("192.0.2.1", "a.example", 'A', 90);			/* said once */
	assert_string_equal(said, "rotated B after A, mixed A after B");
}

static void ends(void **state)
{
	(void)state;
	see("192.0.2.1", NULL, 'A', 30);
	see("192.0.2.1", NULL, 'A', 29);
	see("192.0.2.1", NULL, 'A', 29);
	see("192.0.2.1", NULL, 'A', 0);
	see("192.0.2.1", NULL, 'A', -1);
	see("192.0.2.1", NULL, 'A', -2);
	see("192.0.2.2", NULL, 'B', EVENT_ABSENT);
	assert_string_equal(said, "new A, expiring A, expired A, new B");
}

static void many_of_one_server(void **state)
{
	(void)state;
	for (char c = 'A'; c <= 'J'; c++)
		see("192.0.2.1", NULL, c, 90);
	said[0] = '\0';
	see("192.0.2.1", NULL, 'J', 90);
	see("192.0.2.1", NULL, 'I', 90);
	see("192.0.2.1", NULL, 'A', 90);			/* forgotten */
	assert_string_equal(said, "mixed I after J, rotated A after J");
}

static void nothing_seen(void **state)
{
	struct handshake_event e;

	(void)state;
	handshake_event_init(&e);
	inventory_add(inv, &e);
	e.server.ip = str("192.0.2.1");
	e.server_leaf.sha256 = str("AB");
	inventory_add(inv, &e);
	assert_string_equal(said, "");
}

static char *printed(void)
{
	static char buf[8192];
	FILE *f = fmemopen(buf, sizeof(buf), "w");

	memset(buf, 0, sizeof(buf));
	inventory_print(inv, f);
	fclose(f);
	return buf;
}

static void bounded(void **state)
{
	char ip[32];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(ip, sizeof(ip), "192.0.%d.%d", i / 250, i % 250);
		see(ip, NULL, (char)('A' + i % 20), 90);
	}
	assert_non_null(strstr(printed(), "servers: 100,"));
	assert_non_null(strstr(printed(), "and 90 more"));
	assert_non_null(strstr(printed(), "900 were forgotten"));
}

/* Names of any length do not make it larger than it may be: behind the 255th character they are one. */
static void huge_names(void **state)
{
	static char name[60000];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	see("10.0.0.1", name, 'A', 100);
	name[59000] = 'y';
	see("10.0.0.1", name, 'B', 100);
	assert_string_equal(said, "new A, rotated B after A");
	name[254] = 'y';
	see("10.0.0.1", name, 'C', 100);
	assert_non_null(strstr(said, ", new C"));
}

static void table(void **state)
{
	const char *text;

	(void)state;
	assert_string_equal(printed(), "");
	see("192.0.2.1", "late.example", 'A', 90);
	see("2001:db8::1", "soon.example", 'B', 3);
	see("192.0.2.1", "late.example", 'C', 80);
	see("192.0.2.1", "late.example", 'A', 90);
	text = printed();
	assert_non_null(strstr(text, "certificates: 3, servers: 2, rotated: 1, older still served: 1, served though expired: 0\n"));
	assert_true(strstr(text, "[2001:db8::1]:443 soon.example") < strstr(text, "192.0.2.1:443 late.example"));
	assert_non_null(strstr(text, " 90          2  "));
	assert_non_null(strstr(text, "late.example (older, still served)\n"));
	assert_non_null(strstr(text, "CN=x\\x1B[31m"));
	assert_null(strchr(text, 0x1b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(changes, begin, end),
		cmocka_unit_test_setup_teardown(ends, begin, end),
		cmocka_unit_test_setup_teardown(many_of_one_server, begin, end),
		cmocka_unit_test_setup_teardown(nothing_seen, begin, end),
		cmocka_unit_test_setup_teardown(bounded, begin, end),
		cmocka_unit_test_setup_teardown(huge_names, begin, end),
		cmocka_unit_test_setup_teardown(table, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
