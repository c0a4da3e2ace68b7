/* SPDX-License-Identifier: BSD-2-Clause */
/* The fields against what `openssl x509` and `openssl asn1parse` print of the same certificate. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <time.h>
#include <unistd.h>

#include "certs.h"
#include "x509/cert.h"

/* What `openssl x509` with these options prints, on one line: line ends become '|'. */
static void openssl_x509(const struct made *m, const char *options, char *out, size_t size)
{
	char file[] = "/tmp/hsmon-test-XXXXXX", cmd[256];
	int fd = mkstemp(file);
	FILE *p;
	size_t n;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, m->der, m->len), m->len);
	close(fd);
	snprintf(cmd, sizeof(cmd), "openssl x509 -inform DER -in %s -noout %s", file, options);
	p = popen(cmd, "r");
	assert_non_null(p);
	n = fread(out, 1, size - 1, p);
	out[n] = '\0';
	assert_int_equal(pclose(p), 0);
	unlink(file);
	for (size_t i = 0; i < n; i++)
		if (out[i] == '\n')
			out[i] = '|';
}

static bool no_openssl(void)
{
	return system("command -v openssl >/dev/null 2>&1") != 0;
}

static void hex(const uint8_t *p, size_t len, char *out)
{
	for (size_t i = 0; i < len; i++)
		out += sprintf(out, i ? ":%02X" : "%02X", p[i]);
}

static void check_line(const struct made *m, const char *options, const char *want)
{
	static char got[20000];

	openssl_x509(m, options, got, sizeof(got));
	if (!strstr(got, want))
		fail_msg("%s: %s is not in %s", options, want, got);
}

static void check_times(const struct made *m, const struct cert *c)
{
	char want[200], from[64], to[64];
	time_t t = c->not_before;

	strftime(from, sizeof(from), "%Y-%m-%d %H:%M:%SZ", gmtime(&t));
	t = c->not_after;
	strftime(to, sizeof(to), "%Y-%m-%d %H:%M:%SZ", gmtime(&t));
	snprintf(want, sizeof(want), "notBefore=%s|notAfter=%s|", from, to);
	check_line(m, "-dates -dateopt iso_8601", want);
}

static void check(struct made m, const char *key, const char *signature)
{
	struct cert_store *s = cert_store_new(1, 1 << 20);
	const struct cert *c = cert_store_get(s, m.der, m.len);
	char digest[32 * 3], want[4096];

	/* The order of the certificate, the separator that people expect. */
	snprintf(want, sizeof(want), "subject=%s|issuer=%s|", c->subject.dn.s, c->issuer.dn.s);
	check_line(&m, "-subject -issuer -nameopt esc_2253,utf8,sep_comma_plus_space,sname", want);
	snprintf(want, sizeof(want), "serial=%s|", c->serial.s);
	check_line(&m, "-serial", want);
	hex(c->sha256, 32, digest);
	snprintf(want, sizeof(want), "sha256 Fingerprint=%s", digest);
	check_line(&m, "-fingerprint -sha256", want);
	hex(c->sha1, 20, digest);
	snprintf(want, sizeof(want), "sha1 Fingerprint=%s", digest);
	check_line(&m, "-fingerprint -sha1", want);
	check_times(&m, c);
	snprintf(want, sizeof(want), "Public-Key: (%u bit)", c->key_bits);
	check_line(&m, "-text", key ? key : want);
	check_line(&m, "-text", signature);
	cert_put(c);
	cert_store_free(s);
	made_free(&m);
}

static void test_against_openssl(void **state)
{
	struct made ca;

	(void)state;
	if (no_openssl()) {
		puts("# skip: the openssl program is not installed");
		skip();
	}
	ca = MAKE(.subject = "C=US/O=Let's, \"Encrypt\"+x;/CN=gr\xc3\xbc\xc3\x9f",
		  .ext = { { "basicConstraints", "CA:TRUE" } });
	check(MAKE(.key = "RSA2048", .issuer = &ca,
		   .subject = "DC=org/UID=u/street=s/emailAddress=a@b/serialNumber=5/CN=x", .not_before = -1,
		   .not_after = 4102444800),
	      NULL, "Signature Algorithm: ecdsa-with-SHA256");
	check(MAKE(.key = "RSA1024", .digest = "SHA1",
		   .subject = "jurisdictionC=US/businessCategory=Private/organizationIdentifier=X-1/title=t/GN=g/SN=s",
		   .serial = "FFEE00", .not_before = 951782400, .not_after = 2524607999),
	      NULL, "sha1WithRSAEncryption");
	check(MAKE(.key = "EC:P-384", .subject = "CN= blank /O=#hash/OU=1.3"), NULL, "NIST CURVE: P-384");
	check(MAKE(.key = "PSS2048", .pss = 1, .subject = "CN=p"), NULL, "Salt Length: 0x20");
	check(MAKE(.key = "DSA1024", .subject = "CN=d"), NULL, "dsa_with_SHA256");
	check(MAKE(.key = "ED25519", .subject = "CN=e"), "ED25519 Public-Key", "ED25519");
	made_free(&ca);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_openssl),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
