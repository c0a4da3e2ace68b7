/* SPDX-License-Identifier: BSD-2-Clause */
/* Host names against certificates, by expectation and against OpenSSL's own answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "certs.h"
#include "x509/cert.h"

static struct cert_store *store;

static int setup(void **state)
{
	(void)state;
	store = cert_store_new(1000, 1 << 24);
	return !store;
}

static int teardown(void **state)
{
	(void)state;
	cert_store_free(store);
	return 0;
}

static bool matches(const struct made *m, const char *host)
{
	const struct cert *c = cert_store_get(store, m->der, m->len);
	bool ret = cert_matches_host(c, host, strlen(host));

	cert_put(c);
	return ret;
}

struct match_case {
	const char *san, *host;
	bool want;
};

/* By SAN: the same certificate for neighbours. */
static const struct match_case cases[] = {
	{ "DNS:example.com", "example.com", true },
	{ "DNS:example.com", "EXAMPLE.com", true },
	{ "DNS:example.com", "example.com.", true },
	{ "DNS:example.com", "www.example.com", false },
	{ "DNS:example.com", "example.co", false },
	{ "DNS:example.com", "xexample.com", false },
	{ "DNS:example.com", "", false },
	{ "DNS:example.com", ".", false },
	{ "DNS:example.com", "example.com..", false },
	{ "DNS:example.com", ".example.com", false },
	{ "DNS:*.example.com", "a.example.com", true },
	{ "DNS:*.example.com", "A.EXAMPLE.COM.", true },
	{ "DNS:*.example.com", "xn--bcher-kva.example.com", true },
	{ "DNS:*.example.com", "a.b.example.com", false },
	{ "DNS:*.example.com", "example.com", false },
	{ "DNS:*.example.com", ".example.com", false },
	{ "DNS:*.example.com", "*.example.com", false },
	{ "DNS:*.example.com", "a b.example.com", false },
	{ "DNS:*.com", "example.com", false },
	{ "DNS:*", "example", false },
	{ "DNS:*.", "a.", false },
	{ "DNS:f*.example.com", "foo.example.com", false },
	{ "DNS:*f.example.com", "of.example.com", false },
	{ "DNS:www.*.example.com", "www.a.example.com", false },
	{ "DNS:*.*.example.com", "a.b.example.com", false },
	{ "DNS:xn--bcher-kva.example", "xn--bcher-kva.example", true },
	{ "DNS:xn--bcher-kva.example", "XN--BCHER-KVA.example", true },
	{ "DNS:xn--bcher-kva.example", "b\xc3\xbc" "cher.example", false },
	{ "IP:192.0.2.1", "192.0.2.1", true },
	{ "IP:192.0.2.1", "192.0.2.11", false },
	{ "DNS:192.0.2.1", "192.0.2.1", false },
	{ "IP:2001:db8::1", "2001:DB8:0:0::1", true },
	{ "IP:2001:db8::1", "[2001:db8::1]", true },
	{ "IP:2001:db8::1", "2001:db8::2", false },
	{ "IP:2001:db8::1,DNS:b.example,IP:192.0.2.9", "b.example", true },
	{ "email:a@b.example", "b.example", false },
	{ "URI:https://b.example/", "b.example", false },
	{ "DNS:a.example,DNS:b.example,DNS:*.c.example", "x.c.example", true },
};

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct made m = MAKE(.subject = "CN=other.example", .ext = { { "subjectAltName", cases[i].san } });

		if (matches(&m, cases[i].host) != cases[i].want)
			fail_msg("%s against %s", cases[i].host, cases[i].san);
		made_free(&m);
	}
}

static bool openssl_matches(const struct made *m, const char *host)
{
	size_t len = strlen(host);
	char copy[64];

	if (X509_check_ip_asc(m->x, host, 0) == 1)
		return true;
	if (len > 1 && host[len - 1] == '.')
		len--;
	memcpy(copy, host, len);
	return len && *host != '.' && X509_check_host(m->x, copy, len, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1;
}

/* Every host of the table against every certificate of the table. */
static void test_as_openssl(void **state)
{
	const size_t n = sizeof(cases) / sizeof(cases[0]);
	int compared = 0;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		struct made m = MAKE(.subject = "CN=other.example", .ext = { { "subjectAltName", cases[i].san } });

		for (size_t j = 0; j < n; j++) {
			const char *host = cases[j].host;

			/* An address as a DNS name, which RFC 9525 forbids; brackets, which OpenSSL does not know; a wildcard
			 * asked for, which is no host. */
			if (*host == '[' || *host == '*' || !strcmp(cases[i].san, "DNS:192.0.2.1"))
				continue;
			if (matches(&m, host) != openssl_matches(&m, host))
				fail_msg("%s against %s", host, cases[i].san);
			compared++;
		}
		made_free(&m);
	}
	assert_true(compared > 1000);
}

/* The common name counts only when there is no name of another kind. */
static void test_common_name(void **state)
{
	struct made bare = MAKE(.subject = "O=x/CN=*.a.example/CN=b.example");
	struct made mail = MAKE(.subject = "CN=a.example", .ext = { { "subjectAltName", "email:x@y.example" } });
	struct made dns = MAKE(.subject = "CN=a.example", .ext = { { "subjectAltName", "DNS:b.example" } });
	struct made ip = MAKE(.subject = "CN=a.example", .ext = { { "subjectAltName", "IP:192.0.2.1" } });
	struct made address = MAKE(.subject = "CN=192.0.2.1");

	(void)state;
	assert_true(matches(&bare, "x.a.example"));
	assert_true(matches(&bare, "b.example"));
	assert_false(matches(&bare, "a.example"));
	assert_true(matches(&mail, "a.example"));
	assert_false(matches(&dns, "a.example"));
	assert_false(matches(&ip, "a.example"));
	assert_false(matches(&address, "192.0.2.1"));
	made_free(&bare);
	made_free(&mail);
	made_free(&dns);
	made_free(&ip);
	made_free(&address);
}

static void test_underscore(void **state)
{
	struct made m = MAKE(.ext = { { "subjectAltName", "DNS:*.example.com,DNS:_a._tcp.example.org" } });

	(void)state;
	assert_true(matches(&m, "my_host.example.com"));
	assert_true(matches(&m, "_a._tcp.example.org"));
	made_free(&m);
}

static void test_nul(void **state)
{
	struct made m = MAKE(.raw = { make_extension("2.5.29.17", "\x30\x07\x82\x05" "a.b\0c", 9) });
	const struct cert *c = cert_store_get(store, m.der, m.len);

	(void)state;
	assert_int_equal(c->san[0].text.len, 5);
	assert_false(cert_matches_host(c, "a.b", 3));
	assert_false(cert_matches_host(c, "a.b\0c", 5));
	assert_false(cert_matches_host(c, NULL, 0));
	cert_put(c);
	made_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_as_openssl),
		cmocka_unit_test(test_common_name),
		cmocka_unit_test(test_underscore),
		cmocka_unit_test(test_nul),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
