/* SPDX-License-Identifier: BSD-2-Clause */
/* Values in the forms of other schemas, and as cells of CSV: also hostile ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "event/event.h"
#include "event/forms.h"
#include "sink/csv_cell.h"
#include "sink/known.h"

static struct event_str str(const char *s)
{
	return event_str(s, s ? strlen(s) : 0);
}

/* want: NULL: absent. */
static void check(const struct field_form *form, const void *value, const char *want)
{
	struct strbuf b = { 0 };
	bool made = form->make(form, &b, value);

	assert_int_equal(made, want != NULL);
	if (want)
		assert_string_equal(b.len ? b.s : "", want);
	strbuf_free(&b);
}

static void check_str(const struct field_form *form, const char *value, const char *want)
{
	struct event_str s = str(value);

	check(form, &s, want);
}

static void strings(void **state)
{
	(void)state;
	check_str(&form_upper, "tcp", "TCP");
	check_str(&form_lower, "0AB1", "0ab1");
	check_str(&form_colons, "0AB1FF", "0A:B1:FF");
	check_str(&form_colons, "AB1", "A:B1");
	check_str(&form_lower_colons, "0AB1", "0a:b1");
	check_str(&form_iso_plain, "2026-10-07T09:12:44Z", "2026-10-07T09:12:44");
	check_str(&form_epoch_of_iso, "2026-10-07T09:12:44Z", "1791364364.0");
	check_str(&form_epoch_of_iso, "1949-12-31T00:00:00Z", "-631238400.0");
	check_str(&form_flow_id, "FFFFFFFFFFFFF0000000000000000000", "4503599627370495");
	check_str(&form_uid, "00000000000000000000003E00000000", "C00000000000000010");
	check_str(&form_fuid, "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", "F1f2SI9UJPXvb7vdJ1");
	check_str(&form_app_proto, "dtls", "tls");
	check_str(&form_app_proto, "quic", "quic");
	check_str(&form_ip_version, "ipv4", "4");
	check_str(&form_ip_version, "ipv6", "6");
	check_str(&form_key_type, "Ed25519", "unknown");
	check_str(&form_signature, "SHA256-RSA", "sha256WithRSAEncryption");
	check_str(&form_signature, "1.2.3", "1.2.3");
}

static void absent(void **state)
{
	static const struct field_form *const of_strings[] = {
		&form_one, &form_upper, &form_lower, &form_colons, &form_lower_colons, &form_dn_reversed, &form_epoch_of_iso,
		&form_iso_plain, &form_flow_id, &form_uid, &form_fuid, &form_app_proto, &form_ip_version, &form_validation,
		&form_key_algorithm, &form_key_type, &form_signature, &form_severity_text, &form_san_dns,
	};
	struct handshake_event e;
	int64_t number = EVENT_ABSENT;
	enum event_tri tri = EVENT_NO;
	uint64_t time = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(of_strings) / sizeof(*of_strings); i++)
		check_str(of_strings[i], NULL, NULL);
	check_str(&form_epoch_of_iso, "soon", NULL);
	check(&form_number_text, &number, NULL);
	check(&form_mebibytes, &number, NULL);
	check(&form_epoch, &time, NULL);
	check(&form_offset_time, &time, NULL);
	check(&form_nanoseconds_text, &time, NULL);
	check(&form_only_true, &tri, NULL);
	handshake_event_init(&e);
	check(&form_zeek_version, &e, NULL);
	check(&form_eve_version, &e, NULL);
	check(&form_vlans, &e, NULL);
	check(&form_server_address, &e, NULL);
	check(&form_error_type, &e, NULL);
}

static void names(void **state)
{
	(void)state;
	check_str(&form_dn_reversed, "C=US, O=Example, CN=x", "CN=x,O=Example,C=US");
	check_str(&form_dn_reversed, "O=a\\, b, CN=x", "CN=x,O=a\\, b");
	check_str(&form_dn_reversed, "CN=x", "CN=x");
	check_str(&form_san_dns, "example.com", "example.com");
	check_str(&form_san_dns, "192.0.2.1", NULL);
	check_str(&form_san_ip, "2001:db8::1", "2001:db8::1");
	check_str(&form_san_email, "a@example.com", "a@example.com");
	check_str(&form_san_uri, "spiffe://example.com/a@b", "spiffe://example.com/a@b");
}

static void versions(void **state)
{
	static const struct { const char *protocol, *version, *zeek, *eve; } v[] = {
		{ "tls", "1.3", "TLSv13", "TLS 1.3" }, { "tls", "1.0", "TLSv10", "TLSv1" }, { "ssl", "3.0", "SSLv3", "SSLv3" },
		{ "ssl", "2.0", "SSLv2", "SSLv2" }, { "dtls", "1.2", "DTLSv12", "DTLS 1.2" }, { "tls", "0x7F1C", NULL, NULL },
	};
	struct handshake_event e;

	(void)state;
	handshake_event_init(&e);
	for (size_t i = 0; i < sizeof(v) / sizeof(*v); i++) {
		e.version_protocol = str(v[i].protocol);
		e.version = str(v[i].version);
		check(&form_zeek_version, &e, v[i].zeek);
		check(&form_eve_version, &e, v[i].eve);
	}
	e.vlan = str("10");
	check(&form_vlans, &e, "[10]");
	e.inner_vlan = str("20");
	check(&form_vlans, &e, "[10,20]");
	e.outcome = str("failure");
	e.end_how = str("rst");
	check(&form_error_type, &e, "rst");
}

static void numbers(void **state)
{
	struct event_counts c = { { { "ring_full", "", 2 }, { "budget", "", 3 } }, 2 };
	uint64_t time = 1795435267123456789;
	int64_t n = 65537, bytes = 3 << 20;

	(void)state;
	check(&form_number_text, &n, "65537");
	check(&form_mebibytes, &bytes, "3");
	check(&form_epoch, &time, "1795435267.123456");
	check(&form_offset_time, &time, "2026-11-23T12:01:07.123456+0000");
	check(&form_nanoseconds_text, &time, "1795435267123456789");
	check(&form_sum, &c, "5");
	check(&form_ring_full, &c, "2");
}

static void check_cell(const struct field_use *f, const void *value, const char *want)
{
	struct strbuf b = { 0 }, scratch = { 0 };

	csv_cell(&b, &scratch, f, value);
	assert_string_equal(b.len ? b.s : "", want);
	strbuf_free(&b);
	strbuf_free(&scratch);
}

static void cells(void **state)
{
	static const struct { const char *value, *want; } v[] = {
		{ NULL, "" }, { "a", "a" }, { "a,b", "\"a,b\"" }, { "say \"x\"", "\"say \"\"x\"\"\"" }, { "=1+2", "\\x3D1+2" },
		{ "-1", "\\x2D1" }, { "@a", "\\x40a" }, { "a\r\nb", "a\\x0D\\x0Ab" }, { "\x1b[2J", "\\x1B[2J" }, { "\\", "\\x5C" },
		{ "a;b", "a;b" },
	};
	struct field_use text = { .path = "x", .type = FIELD_STR }, list = { .path = "x", .type = FIELD_STRS };
	struct event_str two[] = { str("a;b"), str("=c") };
	struct event_strs l = { two, 2 };

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(*v); i++) {
		struct event_str s = str(v[i].value);

		check_cell(&text, &s, v[i].want);
	}
	check_cell(&list, &l, "a\\x3Bb;\\x3Dc");
	l.n = 0;
	check_cell(&list, &l, "");
}

/* Once a day each; the one longest not seen is forgotten. */
static void known_certificates(void **state)
{
	const uint64_t day = 86400000000000;
	struct known *k = known_new();
	char name[65];
	struct event_str s = { name, 64 }, shorter = { name, 10 };

	(void)state;
	assert_non_null(k);
	memset(name, 'A', sizeof(name));
	assert_false(known_add(k, &s, 1));
	assert_true(known_add(k, &s, day));
	assert_false(known_add(k, &s, 1 + day));
	assert_true(known_add(k, &s, 2 + day));
	assert_false(known_add(k, &shorter, 1));
	assert_false(known_add(k, &shorter, 1));
	for (int i = 0; i < 16384; i++) {
		snprintf(name, sizeof(name), "%064d", i);
		assert_false(known_add(k, &s, 3 + day));
	}
	assert_true(known_add(k, &s, 3 + day));
	memset(name, 'A', 64);
	assert_false(known_add(k, &s, 3 + day));
	known_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings),
		cmocka_unit_test(absent),
		cmocka_unit_test(names),
		cmocka_unit_test(versions),
		cmocka_unit_test(numbers),
		cmocka_unit_test(cells),
		cmocka_unit_test(known_certificates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
