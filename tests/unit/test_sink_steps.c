/* SPDX-License-Identifier: BSD-2-Clause */
/* -v: a handshake as its messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "sample.h"
#include "sink/sink.h"

static char out[1 << 16];

static int init(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	return 0;
}

/* The event's lines, from the second on: the table's header and row have tests of their own. */
static const char *steps(struct handshake_event *e)
{
	struct sink_options opt = { .fd = memfd_create("text", 0), .verbose = true, .expiry_warn_days = 30 };
	struct sink *s = sink_text_new(&opt);
	const char *p;
	ssize_t len;

	assert_int_equal(sink_handshake(s, e), 0);
	assert_int_equal(sink_flush(s), 0);
	len = pread(opt.fd, out, sizeof(out) - 1, 0);
	out[len] = '\0';
	sink_free(s);
	close(opt.fd);
	p = strchr(out, '\n');
	assert_non_null(p);
	p = strchr(p + 1, '\n');
	assert_non_null(p);
	return p + 1;
}

static void assert_line(const char *text, const char *line)
{
	if (!strstr(text, line))
		fail_msg("missing:\n%s\nin:\n%s", line, text);
}

#define CLIENT_HELLO                                                                                          \
	"          0.000 ms  client ->  ClientHello           508 bytes\n"                                     \
	"                 versions   TLS 1.3, TLS 1.2\n"                                                      \
	"                 suites     15: TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384, "                    \
	"TLS_CHACHA20_POLY1305_SHA256, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 and 11 more\n"                  \
	"                 SNI        example.com\n"                                                           \
	"                 ALPN       h2, http/1.1\n"                                                          \
	"                 groups     x25519, secp256r1, secp384r1; key shares: x25519\n"                      \
	"                 also       GREASE\n"                                                                \
	"                 JA4        t13d1514h2_8daaf6152771_de4a06bb82e3\n"                                  \
	"                 JA3        d8a1b2c3d4e5f60718293a4b5c6d7e8f\n"

#define TIMING                                                                                                \
	"    timing:             TCP connect 1.210 ms, ClientHello after 0.310 ms, ServerHello after 12.345 ms, "\
	"finished after 25.778 ms, 39.643 ms in all\n"

static void whole_tls12(void **state)
{
	struct handshake_event e;

	(void)state;
	sample_tls12(&e);
	e.server_chain.n = 2;
	assert_string_equal(steps(&e), CLIENT_HELLO
		"  /      12.345 ms  <- server  ServerHello            86 bytes  TLS 1.2, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\n"
		"  |              ALPN       h2\n"
		"  |              session    new\n"
		"  |              JA3S       f4febc55ea12b31ae17cfb7e614afda8\n"
		"  |      12.345 ms  <- server  Certificate          3891 bytes  2 certificates\n"
		"  |              1 of 2     CN=example.com\n"
		"  |              names      example.com, www.example.com\n"
		"  |              issuer     C=US, O=Let's Encrypt, CN=R3\n"
		"  |              valid      2026-10-07 to 2027-01-05, 43 days left\n"
		"  |              key        RSA 2048; signature SHA256-RSA\n"
		"  |              serial     03A1B2C3D4E5F60718293A4B5C6D7E8F9012\n"
		"  |              SHA-256    96BCEC06264976F37460779ACF28C5A7CFE8A3C0AAE11A8FFCEE05C0BDDF08C6\n"
		"  |              2 of 2     C=US, O=Let's Encrypt, CN=R3\n"
		"  |              issuer     C=US, O=Internet Security Research Group, CN=ISRG Root X1\n"
		"  |              valid      2020-09-04 to 2027-09-15\n"
		"  |              key        RSA 2048; signature SHA256-RSA\n"
		"  |              serial     912B084ACF0C18A753F6D62E25A75F5A\n"
		"  |              SHA-256    67ADD1166B020AE61B8F5FC96813C04C2AA589960796865572A3C7E737613DFD\n"
		"  |      12.345 ms  <- server  ServerKeyExchange     296 bytes  x25519, rsa_pss_rsae_sha256\n"
		"  \\      12.345 ms  <- server  ServerHelloDone         0 bytes\n"
		"         25.001 ms  client ->  ClientKeyExchange      33 bytes\n"
		"         25.001 ms  client ->  ChangeCipherSpec        1 byte\n"
		"         25.001 ms  client ->  EncryptedHandshake     40 bytes  Finished\n"
		"         38.123 ms  <- server  NewSessionTicket      186 bytes\n"
		"         38.123 ms  <- server  ChangeCipherSpec        1 byte\n"
		"         38.123 ms  <- server  EncryptedHandshake     40 bytes  Finished\n"
		"         38.600 ms  client ->  ApplicationData       412 bytes\n"
		"    server certificate: example.com, 43 days left, by R3\n"
		"    client certificate: not requested\n"
		TIMING
		"    result:             ok\n"
		"\n");
}

static void mutual(void **state)
{
	struct handshake_event e;
	const char *s;

	(void)state;
	sample_mutual(&e);
	s = steps(&e);
	assert_line(s,
		"  /      12.345 ms  <- server  CertificateRequest    140 bytes  2 authorities\n"
		"  |              authority  C=US, O=Example, CN=Staff CA\n"
		"  |              authority  C=US, O=Example, CN=Device CA\n"
		"  \\      12.345 ms  <- server  ServerHelloDone         0 bytes\n"
		"  /      25.001 ms  client ->  Certificate           922 bytes  1 certificate\n"
		"  |              subject    C=US, O=Example, CN=alice\n"
		"  |              issuer     C=US, O=Example, CN=Staff CA\n"
		"  |              valid      2026-01-01 to 2028-01-01\n"
		"  |              key        EC secp256r1; signature ECDSA-SHA256\n"
		"  |              serial     2A\n"
		"  |              SHA-256    A1B2C3D4E5F60718293A4B5C6D7E8F90A1B2C3D4E5F60718293A4B5C6D7E8F90\n"
		"  |      25.001 ms  client ->  ClientKeyExchange      33 bytes\n"
		"  \\      25.001 ms  client ->  CertificateVerify     260 bytes\n"
		"         25.001 ms  client ->  ChangeCipherSpec        1 byte\n");
	assert_line(s, "    client certificate: requested by the server (2 authorities), sent: C=US, O=Example, CN=alice\n");
	assert_line(s, "    result:             ok, client certificate alice\n");
}

static void client_sends_none(void **state)
{
	struct handshake_event e;
	const char *s;

	(void)state;
	sample_mutual(&e);
	e.client_certificate = EVENT_NO;
	e.client_chain.n = 0;
	e.client_leaf.sha256.s = NULL;
	s = steps(&e);
	assert_line(s, "  /      25.001 ms  client ->  Certificate           922 bytes  empty: no certificate\n"
		       "  |      25.001 ms  client ->  ClientKeyExchange      33 bytes\n");
	assert_line(s, "    client certificate: requested by the server (2 authorities), client sent none (empty Certificate)\n");
}

static void client_certificate_words(void **state)
{
	struct handshake_event e;

	(void)state;
	sample_mutual(&e);
	e.client_chain.n = 0;
	e.certificate_request.authorities.n = 1;
	assert_line(steps(&e), "    client certificate: requested by the server (1 authority), sent\n");
	e.client_certificate = EVENT_UNKNOWN;
	e.certificate_request.authorities.n = 0;
	assert_line(steps(&e), "    client certificate: requested by the server (any authority), no answer seen\n");
	assert_line(out, "CertificateRequest    140 bytes  any authority\n");
	e.certificate_request.seen = EVENT_UNKNOWN;
	assert_line(steps(&e), "    client certificate: cannot be told\n");
	e.certificate_request.seen = EVENT_NO;
	assert_line(steps(&e), "    client certificate: not requested\n");
	e.version.s = NULL;		/* no ServerHello: nothing to be said */
	assert_null(strstr(steps(&e), "client certificate:"));
}

static void tls13(void **state)
{
	struct handshake_event e;
	const char *s;

	(void)state;
	sample_tls13(&e);
	e.certificate_request.seen = EVENT_NO;
	s = steps(&e);
	assert_line(s,
		"          4.210 ms  <- server  ServerHello          1178 bytes  TLS 1.3, TLS_AES_256_GCM_SHA384, X25519MLKEM768\n"
		"                 session    id echoed, as TLS 1.3 does\n"
		"          4.210 ms  <- server  ChangeCipherSpec        1 byte\n"
		"          4.210 ms  <- server  EncryptedHandshake   2840 bytes  encrypted by TLS 1.3\n"
		"          9.001 ms  client ->  ChangeCipherSpec        1 byte\n"
		"          9.001 ms  client ->  EncryptedHandshake     69 bytes  encrypted by TLS 1.3\n"
		"          9.400 ms  <- server  ApplicationData       517 bytes\n"
		"    server certificate: encrypted by TLS 1.3\n"
		"    client certificate: cannot be told: encrypted by TLS 1.3\n");
}

static void failure(void **state)
{
	struct handshake_event e;
	const char *s;

	(void)state;
	sample_expired(&e);
	s = steps(&e);
	assert_line(s, "          4.100 ms  client ->  Alert                   2 bytes  fatal certificate_expired\n");
	assert_line(s, "    server certificate: api.internal, expired 2 days ago\n");
	assert_line(s, "    result:             failed: client sent certificate_expired after certificate\n");
}

static void incomplete(void **state)
{
	struct handshake_event e;
	const char *s;

	(void)state;
	sample_tls12(&e);
	e.capture.complete = EVENT_NO;
	e.capture.truncated = EVENT_YES;
	e.capture.gaps = 1;
	e.steps_truncated = EVENT_YES;
	s = steps(&e);
	assert_line(s, "ApplicationData       412 bytes\n    ... more messages, not kept\n");
	assert_line(s, "    capture:            incomplete, 1 gap, cut short\n");
	assert_line(s, "    result:             ok (gap)\n");
	e.outcome = sample_str("unknown");
	e.reason = sample_str("part of the handshake was not captured");
	assert_line(steps(&e), "    result:             cannot be told: part of the handshake was not captured (gap)\n");
}

/* A HelloRetryRequest makes two ClientHellos; certificates may be known without a message that shows them. */
static void repeated_and_missing(void **state)
{
	static const struct event_step retry[] = {
		{ "client_hello", "client", 0, 508, 1, NULL },
		{ "hello_retry_request", "server", 10, 88, 2, NULL },
		{ "client_hello", "client", 20, 508, 3, NULL },
		{ "something_new", "server", 30, 5, 4, NULL },
	};
	struct handshake_event e;
	const char *s, *first;

	(void)state;
	sample_tls12(&e);
	e.steps = (struct event_steps){ retry, LEN(retry) };
	s = steps(&e);
	first = strstr(s, "SNI  ");
	assert_non_null(first);
	assert_null(strstr(first + 1, "SNI  "));
	assert_line(s, "          0.010 ms  <- server  HelloRetryRequest      88 bytes\n"
		       "          0.020 ms  client ->  ClientHello           508 bytes\n"
		       "          0.030 ms  <- server  something_new           5 bytes\n"
		       "                 1 of 3     CN=example.com\n");
}

static void versions_offered(void **state)
{
	static const struct { const char *protocol, *version, *words; } t[] = {
		{ "tls", "1.2", "versions   up to TLS 1.2\n" }, { "ssl", "3.0", "versions   up to SSL 3.0\n" },
		{ "dtls", "1.2", "versions   up to DTLS 1.2\n" }, { "tls", "0x0305", "versions   up to 0x0305\n" },
	};
	struct handshake_event e;

	(void)state;
	for (size_t i = 0; i < LEN(t); i++) {
		sample_tls12(&e);
		e.client_hello.supported_versions.n = 0;
		e.protocol = sample_str(t[i].protocol);
		e.client_version = sample_str(t[i].version);
		assert_line(steps(&e), t[i].words);
	}
}

static void odd_certificates(void **state)
{
	struct handshake_event e;
	const char *s;

	(void)state;
	sample_tls12(&e);
	sample_server_chain[0].malformed = EVENT_YES;
	sample_server_chain[1] = (struct event_cert){ .sha256 = sample_str("AB"), .self_signed = EVENT_YES,
						      .not_after = sample_str("2027") };
	s = steps(&e);
	assert_line(s, "  |              1 of 3     malformed certificate\n");
	assert_line(s, "  |              2 of 3     no subject\n"
		       "  |              valid      ? to 2027\n"
		       "  |              key        self-signed\n"
		       "  |              SHA-256    AB\n");
	sample_chains();
}

static struct event_str usages[] = { { "digitalSignature", 16 }, { "keyCertSign", 11 } };
static struct event_str purposes[] = { { "serverAuth", 10 }, { "1.3.9999.5", 10 } };
static struct event_str urls[] = { { "http://a.example/", 17 }, { "http://b.example/", 17 } };

static void certificate_details(void **state)
{
	struct handshake_event e;
	const char *s;

	(void)state;
	sample_tls12(&e);
	sample_server_chain[0] = (struct event_cert){
		.subject = sample_str("CN=a"), .key = sample_str("RSA 2048"), .exponent = 3,
		.signature = sample_str("RSA-PSS-SHA256"), .pss_hash = sample_str("SHA256"),
		.pss_mgf_hash = sample_str("SHA1"), .pss_salt_len = 32, .key_usage = { usages, 2 },
		.ext_key_usage = { purposes, 2 }, .ca = EVENT_YES, .path_len = 0, .name_constraints = EVENT_YES,
		.must_staple = EVENT_YES, .sct_cnt = 2, .policies = { purposes + 1, 1 }, .ocsp_urls = { urls, 1 },
		.issuer_urls = { urls + 1, 1 }, .crl_urls = { urls, 2 }, .sha256 = sample_str("AB"),
		.sha1 = sample_str("CD"), .spki_sha256 = sample_str("EF"),
	};
	sample_server_chain[1] = (struct event_cert){ .subject = sample_str("CN=b"), .ca = EVENT_YES,
						      .path_len = EVENT_ABSENT, .sct_cnt = EVENT_ABSENT };
	s = steps(&e);
	assert_line(s, "  |              1 of 3     CN=a\n"
		       "  |              key        RSA 2048, exponent 3; signature RSA-PSS-SHA256 (MGF1 SHA1, salt 32)\n"
		       "  |              usage      digitalSignature, keyCertSign; serverAuth, 1.3.9999.5\n"
		       "  |              also       CA, path length 0, name constraints, must staple, 2 SCTs\n"
		       "  |              policies   1.3.9999.5\n"
		       "  |              OCSP at    http://a.example/\n"
		       "  |              issuer at  http://b.example/\n"
		       "  |              CRL at     http://a.example/, http://b.example/\n"
		       "  |              SHA-256    AB\n"
		       "  |              SHA-1      CD\n"
		       "  |              key's hash EF\n"
		       "  |              2 of 3     CN=b\n"
		       "  |              also       CA\n"
		       "  |              3 of 3     ");
	sample_chains();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(certificate_details),
		cmocka_unit_test(whole_tls12),
		cmocka_unit_test(mutual),
		cmocka_unit_test(client_sends_none),
		cmocka_unit_test(client_certificate_words),
		cmocka_unit_test(tls13),
		cmocka_unit_test(failure),
		cmocka_unit_test(incomplete),
		cmocka_unit_test(repeated_and_missing),
		cmocka_unit_test(versions_offered),
		cmocka_unit_test(odd_certificates),
	};

	return cmocka_run_group_tests(tests, init, NULL);
}
