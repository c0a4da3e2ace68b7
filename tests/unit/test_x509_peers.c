/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Paths and name constraints, after the kinds of cases that x509-limbo and BetterTLS collect: the verdict is what is
 * expected here, and what `openssl verify` and `certtool --verify` say of the same files.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <time.h>

/* certtool judges at this very time only. */
static int64_t started(void)
{
	static time_t t;

	if (!t)
		t = time(NULL);
	return t;
}

#define NOW started()

#include "chains.h"
#include "x509/path.h"

enum { CERTTOOL_DIFFERS = 1 };

struct path_case {
	const char *what;
	const char *ca[4][2], *ee[4][2];
	const char *sections;
	const char *ee_subject;
	bool good;
	int flags;
};

#define CONSTRAINED(c) { CA(), { "nameConstraints", "critical," c } }
#define NAMED(n) { { "subjectAltName", n } }

static const struct path_case cases[] = {
	{ .what = "plain", .ca = { CA() }, .ee = NAMED("DNS:a.example"), .good = true },
	{ .what = "no basic constraints", .ca = { { "keyUsage", "keyCertSign" } }, .ee = NAMED("DNS:a") },
	{ .what = "not a CA", .ca = { { "basicConstraints", "critical,CA:FALSE" } }, .ee = NAMED("DNS:a") },
	{ .what = "may not sign certificates",
	  .ca = { { "basicConstraints", "critical,CA:TRUE" }, { "keyUsage", "critical,cRLSign" } },
	  .ee = NAMED("DNS:a") },
	{ .what = "path length 0",
	  .ca = { { "basicConstraints", "critical,CA:TRUE,pathlen:0" } },
	  .ee = NAMED("DNS:a"),
	  .good = true },
	{ .what = "CA for servers",
	  .ca = { CA(), { "extendedKeyUsage", "serverAuth" } },
	  .ee = NAMED("DNS:a"),
	  .good = true },
	{ .what = "CA for clients", .ca = { CA(), { "extendedKeyUsage", "clientAuth" } }, .ee = NAMED("DNS:a") },
	{ .what = "for clients",
	  .ca = { CA() },
	  .ee = { { "extendedKeyUsage", "clientAuth" }, { "subjectAltName", "DNS:a" } } },
	{ .what = "for servers",
	  .ca = { CA() },
	  .ee = { { "extendedKeyUsage", "serverAuth" }, { "subjectAltName", "DNS:a" } },
	  .good = true },
	{ .what = "any usage",
	  .ca = { CA() },
	  .ee = { { "extendedKeyUsage", "anyExtendedKeyUsage" }, { "subjectAltName", "DNS:a" } },
	  .flags = CERTTOOL_DIFFERS },
	{ .what = "unknown critical extension",
	  .ca = { CA() },
	  .ee = { { "1.2.3.4", "critical,DER:0500" }, { "subjectAltName", "DNS:a" } } },
	{ .what = "unknown extension",
	  .ca = { CA() },
	  .ee = { { "1.2.3.4", "DER:0500" }, { "subjectAltName", "DNS:a" } },
	  .good = true },

	{ .what = "permitted name itself",
	  .ca = CONSTRAINED("permitted;DNS:good.example"),
	  .ee = NAMED("DNS:good.example"),
	  .good = true },
	{ .what = "below the permitted name",
	  .ca = CONSTRAINED("permitted;DNS:good.example"),
	  .ee = NAMED("DNS:a.b.good.example"),
	  .good = true },
	{ .what = "other than the permitted name",
	  .ca = CONSTRAINED("permitted;DNS:good.example"),
	  .ee = NAMED("DNS:bad.example") },
	{ .what = "same end, other label",
	  .ca = CONSTRAINED("permitted;DNS:good.example"),
	  .ee = NAMED("DNS:nogood.example") },
	/* Names compare without regard to case (RFC 5280 section 7.2): GnuTLS 3.7.9 and 3.8.9 say so, 3.8.3 (Ubuntu 24.04) not. */
	{ .what = "upper case",
	  .ca = CONSTRAINED("permitted;DNS:good.example"),
	  .ee = NAMED("DNS:A.GOOD.EXAMPLE"),
	  .good = true,
	  .flags = CERTTOOL_DIFFERS },
	{ .what = "one of two is bad",
	  .ca = CONSTRAINED("permitted;DNS:good.example"),
	  .ee = NAMED("DNS:good.example,DNS:bad.example") },
	{ .what = "two permitted",
	  .ca = CONSTRAINED("permitted;DNS:good.example,permitted;DNS:fine.example"),
	  .ee = NAMED("DNS:x.fine.example"),
	  .good = true },
	{ .what = "wildcard below the permitted",
	  .ca = CONSTRAINED("permitted;DNS:good.example"),
	  .ee = NAMED("DNS:*.good.example"),
	  .good = true },
	{ .what = "excluded name", .ca = CONSTRAINED("excluded;DNS:bad.example"), .ee = NAMED("DNS:bad.example") },
	{ .what = "below the excluded name",
	  .ca = CONSTRAINED("excluded;DNS:bad.example"),
	  .ee = NAMED("DNS:a.bad.example") },
	{ .what = "other than the excluded name",
	  .ca = CONSTRAINED("excluded;DNS:bad.example"),
	  .ee = NAMED("DNS:good.example"),
	  .good = true },
	{ .what = "permitted, but excluded",
	  .ca = CONSTRAINED("permitted;DNS:example,excluded;DNS:bad.example"),
	  .ee = NAMED("DNS:x.bad.example") },
	{ .what = "permitted and not excluded",
	  .ca = CONSTRAINED("permitted;DNS:example,excluded;DNS:bad.example"),
	  .ee = NAMED("DNS:x.good.example"),
	  .good = true },
	{ .what = "names of another kind",
	  .ca = CONSTRAINED("permitted;DNS:good.example"),
	  .ee = NAMED("IP:192.0.2.1"),
	  .good = true,
	  .flags = CERTTOOL_DIFFERS },
	{ .what = "permitted address",
	  .ca = CONSTRAINED("permitted;IP:192.0.2.0/255.255.255.0"),
	  .ee = NAMED("IP:192.0.2.1"),
	  .good = true },
	{ .what = "other address",
	  .ca = CONSTRAINED("permitted;IP:192.0.2.0/255.255.255.0"),
	  .ee = NAMED("IP:198.51.100.1") },
	{ .what = "excluded address",
	  .ca = CONSTRAINED("excluded;IP:192.0.2.0/255.255.255.0"),
	  .ee = NAMED("IP:192.0.2.1") },
	{ .what = "IPv6 address",
	  .ca = CONSTRAINED("permitted;IP:2001:db8::/ffff:ffff::"),
	  .ee = NAMED("IP:2001:db8::5"),
	  .good = true },
	{ .what = "other IPv6 address",
	  .ca = CONSTRAINED("permitted;IP:2001:db8::/ffff:ffff::"),
	  .ee = NAMED("IP:2001:db9::5") },
	{ .what = "permitted mail domain",
	  .ca = CONSTRAINED("permitted;email:good.example"),
	  .ee = NAMED("email:a@good.example,DNS:a"),
	  .good = true },
	{ .what = "other mail domain",
	  .ca = CONSTRAINED("permitted;email:good.example"),
	  .ee = NAMED("email:a@bad.example,DNS:a") },
	{ .what = "permitted directory name",
	  .ca = CONSTRAINED("permitted;dirName:dn"),
	  .sections = "[dn]\nO=Good\n",
	  .ee_subject = "O=Good/CN=a",
	  .ee = NAMED("DNS:a"),
	  .good = true },
	{ .what = "other directory name",
	  .ca = CONSTRAINED("permitted;dirName:dn"),
	  .sections = "[dn]\nO=Good\n",
	  .ee_subject = "O=Bad/CN=a",
	  .ee = NAMED("DNS:a"),
	  .flags = CERTTOOL_DIFFERS },
	{ .what = "common name as a host name",
	  .ca = CONSTRAINED("permitted;DNS:good.example"),
	  .ee_subject = "CN=www.bad.example" },
};

static bool have(const char *program)
{
	char cmd[64];

	snprintf(cmd, sizeof(cmd), "command -v %s >/dev/null 2>&1", program);
	return !system(cmd);
}

static bool run_in_dir(const char *what)
{
	char cmd[400];

	snprintf(cmd, sizeof(cmd), "cd %s && %s >/dev/null 2>&1", dir, what);
	return !system(cmd);
}

/* What the two programs say of the chain. */
static bool openssl_says(const struct made *const *v, size_t n)
{
	write_pem("leaf.pem", v, 1);
	write_pem("rest.pem", v + 1, n - 1);
	return run_in_dir(
		"openssl verify -purpose sslserver -no-CApath -no-CAstore -CAfile ca.pem -untrusted rest.pem leaf.pem");
}

static bool certtool_says(const struct made *const *v, size_t n)
{
	write_pem("chain.pem", v, n);
	return run_in_dir(
		"certtool --verify --verify-purpose=1.3.6.1.5.5.7.3.1 --load-ca-certificate=ca.pem --infile=chain.pem");
}

static bool ours(const struct made *const *v, size_t n)
{
	struct sent s = { .m = { NULL } };
	struct verdict d;

	memcpy(s.m, v, n * sizeof(*v));
	d = fresh_at(&s, NOW);
	return d.status == CHAIN_OK || d.status == CHAIN_WRONG_ORDER;
}

static void compare(const char *what, const struct made *const *v, size_t n, bool want, bool certtool)
{
	if (ours(v, n) != want)
		fail_msg("%s: %s", what, want ? "is not found good" : "is found good");
	if (openssl_says(v, n) != want)
		fail_msg("%s: openssl verify thinks otherwise", what);
	if (certtool && certtool_says(v, n) != want)
		fail_msg("%s: certtool thinks otherwise", what);
}

static void clean_files(void)
{
	clean("leaf.pem");
	clean("rest.pem");
	clean("chain.pem");
}

static bool skip_without(void)
{
	if (have("openssl") && have("certtool"))
		return false;
	puts("# skip: openssl or certtool is not installed");
	return true;
}

static void test_cases(void **state)
{
	(void)state;
	if (skip_without())
		skip();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct path_case *p = &cases[i];
		struct make ca = {
			.key_slot = "case", .subject = "O=Test/CN=Case", .issuer = &root, VALID, .sections = p->sections
		};
		struct make ee = { .subject = p->ee_subject ? p->ee_subject : "CN=x", VALID, .key_slot = "leaf" };
		struct made c, l;

		memcpy(ca.ext, p->ca, sizeof(p->ca));
		memcpy(ee.ext, p->ee, sizeof(p->ee));
		c = make_cert(&ca);
		ee.issuer = &c;
		l = make_cert(&ee);
		compare(p->what, (const struct made *[]){ &l, &c }, 2, p->good, !(p->flags & CERTTOOL_DIFFERS));
		made_free(&c);
		made_free(&l);
	}
	clean_files();
}

/* Longer ones: constraints that add up, cross-signatures, circles. */
static void test_paths(void **state)
{
	struct made outer = MAKE(.key_slot = "outer", .subject = "CN=Outer", .issuer = &root, VALID,
				 .ext = { CA(), { "nameConstraints", "critical,permitted;DNS:example" } });
	struct made inner = MAKE(.key_slot = "inner", .subject = "CN=Inner", .issuer = &outer, VALID,
				 .ext = { CA(), { "nameConstraints", "critical,permitted;DNS:a.example" } });
	struct made both =
		MAKE(.subject = "CN=x", .issuer = &inner, VALID, .ext = { { "subjectAltName", "DNS:x.a.example" } });
	struct made one =
		MAKE(.subject = "CN=x", .issuer = &inner, VALID, .ext = { { "subjectAltName", "DNS:x.b.example" } });
	struct made old_cross = MAKE(.key_slot = "inter", .subject = "O=Test/CN=Inter", .issuer = &other_root,
				     .not_before = NOW - 9 * DAY, .not_after = NOW - DAY, .ext = { CA() });
	struct made a = MAKE(.key_slot = "a", .subject = "CN=A", .issuer_text = "CN=B",
			     .sign_with = certs_key("EC:P-256", "b"), VALID, .ext = { CA() });
	struct made b = MAKE(.key_slot = "b", .subject = "CN=B", .issuer = &a, VALID, .ext = { CA() });
	struct made in_circle = MAKE(.subject = "CN=c", .issuer = &a, VALID, .ext = { { "subjectAltName", "DNS:c" } });

	(void)state;
	if (skip_without())
		skip();
	compare("within both constraints", (const struct made *[]){ &both, &inner, &outer }, 3, true, true);
	compare("within one constraint", (const struct made *[]){ &one, &inner, &outer }, 3, false, true);
	compare("an expired cross-signature first", (const struct made *[]){ &leaf, &old_cross, &inter }, 3, true, false);
	compare("a circle", (const struct made *[]){ &in_circle, &a, &b }, 3, false, true);
	compare("a circle, twice", (const struct made *[]){ &in_circle, &a, &b, &a, &b }, 5, false, true);
	compare("with the root", (const struct made *[]){ &deep, &inter2, &inter, &root }, 4, true, true);
	compare("in disorder", (const struct made *[]){ &deep, &root, &inter, &inter2 }, 4, true, true);
	compare("without an intermediate", (const struct made *[]){ &deep, &inter2 }, 2, false, true);
	compare("somebody else's root", (const struct made *[]){ &other_leaf, &other_root }, 2, false, true);
	clean_files();
	made_free(&outer);
	made_free(&inner);
	made_free(&both);
	made_free(&one);
	made_free(&old_cross);
	made_free(&a);
	made_free(&b);
	made_free(&in_circle);
}

/* As long as a chain may be, and one longer. */
static void test_long(void **state)
{
	static struct made v[PATH_MAX_CERTS + 1];
	const struct made *sent[PATH_MAX_CERTS + 1];

	(void)state;
	if (skip_without())
		skip();
	v[0] = MAKE(.key_slot = "n0", .subject = "CN=N 0", .issuer = &root, VALID,
		    .ext = { { "basicConstraints", "CA:TRUE" } });
	for (int i = 1; i < PATH_MAX_CERTS + 1; i++) {
		char slot[16], name[16];

		snprintf(slot, sizeof(slot), "n%d", i);
		snprintf(name, sizeof(name), "CN=N %d", i);
		v[i] = MAKE(.key_slot = slot, .subject = name, .issuer = &v[i - 1], VALID,
			    .ext = { { "basicConstraints", "CA:TRUE" } });
	}
	for (int n = 1; n <= PATH_MAX_CERTS; n++) {
		for (int i = 0; i < n; i++)
			sent[i] = &v[n - 1 - i];
		if (!ours(sent, (size_t)n))
			fail_msg("a chain of %d", n);
	}
	for (int i = 0; i <= PATH_MAX_CERTS; i++)
		sent[i] = &v[PATH_MAX_CERTS - i];
	assert_false(ours(sent, PATH_MAX_CERTS + 1));
	for (int i = 0; i <= PATH_MAX_CERTS; i++)
		made_free(&v[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
