/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
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

#define HEADER                                                                                                \
	"TIME      CLIENT                 SERVER                 SNI                       VERSION  "         \
	"CIPHER, GROUP                       CERTIFICATE                                 TOOK  RESULT\n"

static char out[1 << 20];

static int init(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

/* What the events look like in a file. */
static const char *in_file(const struct sink_options *base, struct handshake_event *e, size_t n)
{
	struct sink_options opt = *base;
	struct sink *s;
	ssize_t len;

	opt.fd = memfd_create("text", 0);
	s = sink_text_new(&opt);
	assert_non_null(s);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(sink_handshake(s, &e[i]), 0);
	assert_int_equal(sink_flush(s), 0);
	len = pread(opt.fd, out, sizeof(out) - 1, 0);
	assert_true(len >= 0);
	out[len] = '\0';
	sink_free(s);
	close(opt.fd);
	return out;
}

/* One event's row, without the header. */
static const char *row(struct handshake_event *e)
{
	const struct sink_options opt = { .expiry_warn_days = 30 };
	const char *text = in_file(&opt, e, 1);

	assert_int_equal(strncmp(text, HEADER, strlen(HEADER)), 0);
	return text + strlen(HEADER);
}

static void table(void **state)
{
	const struct sink_options opt = { .expiry_warn_days = 30 };
	struct handshake_event e[3];

	(void)state;
	sample_tls12(&e[0]);
	sample_tls13(&e[1]);
	sample_expired(&e[2]);
	assert_string_equal(in_file(&opt, e, 3), HEADER
		"12:01:07  10.0.0.5:51324         192.0.2.34:443         example.com               TLS 1.2  "
		"ECDHE-RSA-AES128-GCM, x25519        example.com, 43 days left, by R3           38 ms  ok\n"
		"12:01:08  10.0.0.5:51326         10.0.0.9:443           api.internal              TLS 1.3  "
		"AES-256-GCM, X25519MLKEM768         encrypted by TLS 1.3                        9 ms  ok\n"
		"12:01:09  10.0.0.7:40112         10.0.0.9:443           api.internal              TLS 1.2  "
		"-                                   api.internal, expired 2 days ago            4 ms  "
		"client sent certificate_expired after certificate\n");
}

static void nothing_without_events(void **state)
{
	const struct sink_options opt = { 0 };

	(void)state;
	assert_string_equal(in_file(&opt, NULL, 0), "");
}

static void results(void **state)
{
	struct handshake_event e;

	(void)state;
	sample_mutual(&e);
	assert_non_null(strstr(row(&e), "  38 ms  ok, client certificate alice\n"));
	e.client_leaf.x509.subject.common_name.n = 0;
	assert_non_null(strstr(row(&e), "ok, client certificate C=US, O=Example, CN=alice\n"));
	e.client_leaf.sha256.s = NULL;
	e.client_certificate = EVENT_NO;
	assert_non_null(strstr(row(&e), "  38 ms  ok, no client certificate\n"));

	sample_tls12(&e);
	e.resumed = EVENT_YES;
	e.upgraded_from = sample_str("smtp");
	e.renegotiations = 1;
	assert_non_null(strstr(row(&e), "  38 ms  ok, resumed, after smtp, renegotiated\n"));

	sample_common(&e);
	e.outcome = sample_str("failure");
	e.reason = sample_str("not TLS: clear HTTP");
	assert_non_null(strstr(row(&e), "  38 ms  not TLS: clear HTTP\n"));
	e.reason.s = NULL;
	assert_non_null(strstr(row(&e), "  38 ms  failed\n"));
}

static void incomplete_results(void **state)
{
	struct handshake_event e;

	(void)state;
	sample_tls12(&e);
	e.capture.complete = EVENT_NO;
	assert_non_null(strstr(row(&e), "  38 ms  ok (incomplete)\n"));
	e.capture.gaps = 2;
	assert_non_null(strstr(row(&e), "  38 ms  ok (gap)\n"));
	e.resumed = EVENT_YES;
	assert_non_null(strstr(row(&e), "  38 ms  ok, resumed (gap)\n"));
	e.outcome = sample_str("failure");
	e.reason = sample_str("server reset the connection");
	assert_non_null(strstr(row(&e), "  38 ms  server reset the connection (gap)\n"));
	e.outcome = sample_str("unknown");
	e.reason = sample_str("part of it was not captured");
	assert_non_null(strstr(row(&e), "  38 ms  ? part of it was not captured (gap)\n"));
	e.reason.s = NULL;
	e.capture.gaps = 0;
	assert_non_null(strstr(row(&e), "  38 ms  ?\n"));
}

static void certificates(void **state)
{
	static const struct { int64_t left; const char *words; } days[] = {
		{ 43, "example.com, 43 days left, by R3 " }, { 1, "example.com, 1 day left, by R3 " },
		{ 0, "example.com, expires today, by R3 " }, { EVENT_ABSENT, "example.com, by R3 " },
		{ -1, "example.com, expired today, by R3 " }, { -2, "example.com, expired 1 day ago, by R3 " },
		{ -31, "example.com, expired 30 days ago, by R3 " },
	};
	struct handshake_event e;

	(void)state;
	sample_tls12(&e);
	for (size_t i = 0; i < LEN(days); i++) {
		e.cert.days_left = days[i].left;
		if (!strstr(row(&e), days[i].words))
			fail_msg("%s: not in %s", days[i].words, out);
	}
	e.cert.days_left = 400;
	e.server_leaf.not_before = sample_str("2026-11-23T12:01:08Z");
	assert_non_null(strstr(row(&e), "example.com, not yet valid, by R3 "));
	e.server_leaf.not_before = sample_str("2026-11-23T12:01:07Z");
	assert_non_null(strstr(row(&e), "example.com, 400 days left, by R3 "));
	e.server_leaf.not_after = sample_str("2026-11-23T12:01:06Z");
	assert_non_null(strstr(row(&e), "example.com, expired today, by R3 "));
}

static void certificate_names(void **state)
{
	struct handshake_event e;

	(void)state;
	sample_tls12(&e);
	e.server_leaf.x509.issuer.common_name.n = 0;
	assert_non_null(strstr(row(&e), "example.com, 43 days left, by Let's Encrypt "));
	e.server_leaf.x509.subject.common_name.n = 0;
	e.server_leaf.x509.alternative_names = (struct event_strs){ sample_names_v + 1, 1 };
	assert_non_null(strstr(row(&e), "www.example.com, 43 days left"));
	e.server_leaf.x509.alternative_names.n = 0;
	e.server_leaf.subject = sample_str("O=Example");
	assert_non_null(strstr(row(&e), "O=Example, 43 days left"));
	e.server_leaf.subject.s = NULL;
	assert_non_null(strstr(row(&e), "no name, 43 days left"));
	sample_server_chain[0].self_signed = EVENT_YES;
	assert_non_null(strstr(row(&e), "no name, 43 days left, self-signed"));
	sample_server_chain[0].malformed = EVENT_YES;
	assert_non_null(strstr(row(&e), "malformed certificate, 43 days left"));
	sample_chains();
}

static void certificates_not_seen(void **state)
{
	static const char *const words[][2] = {
		{ "encrypted", "  encrypted by TLS 1.3   " }, { "resumed", "  resumed, no certificate   " },
		{ "none", "  none   " }, { "lost", "  lost   " }, { NULL, "  -   " },
	};
	struct handshake_event e;

	(void)state;
	sample_tls13(&e);
	for (size_t i = 0; i < LEN(words); i++) {
		e.cert.visibility = sample_str(words[i][0]);
		assert_non_null(strstr(row(&e), words[i][1]));
	}
}

static void versions_and_ciphers(void **state)
{
	static const struct { const char *protocol, *version, *cipher, *group, *words; } t[] = {
		{ "ssl", "3.0", "AES128-SHA", NULL, "  SSL 3.0  AES128-SHA   " },
		{ "tls", "1.0", "ECDHE-RSA-AES256-SHA", "secp256r1", "  TLS 1.0  ECDHE-RSA-AES256-SHA, secp256r1   " },
		{ "dtls", "1.2", "ECDHE-ECDSA-CHACHA20-POLY1305", "x25519", "  DTLS 1.2  ECDHE-ECDSA-CHACHA20-POLY1305, x25519  " },
		{ "tls", "1.2", "AES256-SHA256", NULL, "  TLS 1.2  AES256-SHA256   " },
		{ "tls", "1.3", "TLS_CHACHA20_POLY1305_SHA256", "x448", "  TLS 1.3  CHACHA20-POLY1305, x448   " },
		{ "tls", "1.3", "TLS_AES_128_CCM_8_SHA256", NULL, "  TLS 1.3  AES-128-CCM-8   " },
		{ "tls", "1.2", "0xC0FE", NULL, "  TLS 1.2  0xC0FE   " },
		{ "tls", NULL, NULL, NULL, "  -        -   " },
	};
	struct handshake_event e;

	(void)state;
	for (size_t i = 0; i < LEN(t); i++) {
		sample_tls12(&e);
		e.version_protocol = sample_str(t[i].protocol);
		e.version = sample_str(t[i].version);
		e.cipher = e.cipher_short = sample_str(t[i].cipher);
		e.curve = sample_str(t[i].group);
		if (!strstr(row(&e), t[i].words))
			fail_msg("%s: not in %s", t[i].words, out);
	}
	e.dh_bits = 2048;
	e.cipher = sample_str("TLS_DHE_RSA_WITH_AES_256_CBC_SHA");
	assert_non_null(strstr(row(&e), "DHE-RSA-WITH-AES-256-CBC-SHA, DH 2048"));
	e.protocol = sample_str("quic");
	assert_non_null(strstr(row(&e), "  QUIC     "));
}

static void durations(void **state)
{
	static const struct { int64_t ns; const char *words; } t[] = {
		{ 0, "  0.0 ms  ok" }, { 999999, "  0.9 ms  ok" }, { 1000000, "    1 ms  ok" }, { 999999999, "  999 ms  ok" },
		{ 1000000000, "  1.00 s  ok" }, { 9999999999, "  9.99 s  ok" }, { 10000000000, "    10 s  ok" },
		{ EVENT_ABSENT, "       -  ok" },
	};
	struct handshake_event e;

	(void)state;
	sample_tls12(&e);
	for (size_t i = 0; i < LEN(t); i++) {
		e.duration_ns = t[i].ns;
		if (!strstr(row(&e), t[i].words))
			fail_msg("%s: not in %s", t[i].words, out);
	}
}

/* In a file nothing is lost: what is too long shifts its line. */
static void long_values_shift(void **state)
{
	const char *sni = "a-very-long-name.of-some-service.region-1.compute.example-cloud.internal";
	struct handshake_event e;

	(void)state;
	sample_tls12(&e);
	sample_endpoints(&e, "2001:db8:1234:5678:9abc:def0:1234:5678", 51324, "2001:db8::34", 443);
	e.server_name = sample_str(sni);
	assert_string_equal(row(&e),
		"12:01:07  [2001:db8:1234:5678:9abc:def0:1234:5678]:51324  [2001:db8::34]:443     "
		"a-very-long-name.of-some-service.region-1.compute.example-cloud.internal  TLS 1.2  "
		"ECDHE-RSA-AES128-GCM, x25519        example.com, 43 days left, by R3           38 ms  ok\n");
}

/* Names are what a peer sends: nothing of them reaches a terminal as a command. */
static void hostile_names(void **state)
{
	const struct sink_options verbose = { .verbose = true };
	struct event_str evil = event_str("\x1b]0;x\x07\r\n\xe2\x80\xae\xff\x9b" "31m\\", 17);
	struct handshake_event e;

	(void)state;
	sample_mutual(&e);
	e.server_name = e.next_protocol = e.reason = e.curve = e.ja4 = evil;
	e.server_leaf.x509.subject.common_name = (struct event_strs){ &evil, 1 };
	e.client_leaf.x509.subject.common_name = e.server_leaf.x509.issuer.common_name = (struct event_strs){ &evil, 1 };
	e.client_hello.alpn = e.client_hello.supported_groups = (struct event_strs){ &evil, 1 };
	e.client_hello.supported_versions = e.supported_ciphers = (struct event_strs){ &evil, 1 };
	e.certificate_request.authorities = (struct event_strs){ &evil, 1 };
	for (int i = 0; i < 2; i++) {
		struct event_cert *c = i ? sample_client_chain : sample_server_chain;

		c->subject = c->issuer = c->not_before = c->not_after = c->key = c->signature = c->serial = evil;
		c->alternative_names = (struct event_strs){ &evil, 1 };
	}
	in_file(&verbose, &e, 1);
	for (const char *p = out; *p; p++)
		assert_true(((unsigned char)*p >= 0x20 && (unsigned char)*p < 0x7f) || *p == '\n');
	assert_non_null(strstr(out, "\\x1B]0;x\\x07\\x0D\\x0A\\xE2\\x80\\xAE\\xFF\\x9B31m\\x5C"));
	sample_chains();
}

static void colours(void **state)
{
	const struct sink_options plain = { .expiry_warn_days = 30 }, color = { .expiry_warn_days = 30, .color = true };
	struct handshake_event e[3];

	(void)state;
	sample_tls12(&e[0]);
	sample_expired(&e[1]);
	sample_tls12(&e[2]);
	e[2].cert.days_left = 30;
	assert_null(strchr(in_file(&plain, e, 3), '\033'));
	in_file(&color, e, 3);
	assert_non_null(strstr(out, "example.com, 43 days left, by R3           38 ms  ok\n"));
	assert_non_null(strstr(out, "\033[31mapi.internal, expired 2 days ago\033[0m            4 ms  "
			       "\033[31mclient sent certificate_expired after certificate\033[0m\n"));
	assert_non_null(strstr(out, "\033[33mexample.com, 30 days left, by R3\033[0m           38 ms  ok\n"));
}

static void reader_gone(void **state)
{
	struct sink_options opt = { .line_buffered = true };
	struct handshake_event e;
	struct sink *s;
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	close(fd[0]);
	opt.fd = fd[1];
	s = sink_text_new(&opt);
	sample_tls12(&e);
	assert_int_equal(sink_handshake(s, &e), -EPIPE);
	sink_free(s);
	close(fd[1]);
}

/* The table is for handshakes only. */
static void other_events(void **state)
{
	struct sink_options opt = { .fd = memfd_create("text", 0) };
	struct interface_event i = { .action = "attached" };
	struct sink *s = sink_text_new(&opt);
	struct stats_event st;

	(void)state;
	sample_stats(&st);
	assert_int_equal(sink_stats(s, &st), 0);
	assert_int_equal(sink_interface(s, &i), 0);
	assert_int_equal(sink_flush(s), 0);
	assert_int_equal(lseek(opt.fd, 0, SEEK_END), 0);
	sink_free(s);
	close(opt.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(nothing_without_events),
		cmocka_unit_test(results),
		cmocka_unit_test(incomplete_results),
		cmocka_unit_test(certificates),
		cmocka_unit_test(certificate_names),
		cmocka_unit_test(certificates_not_seen),
		cmocka_unit_test(versions_and_ciphers),
		cmocka_unit_test(durations),
		cmocka_unit_test(long_values_shift),
		cmocka_unit_test(hostile_names),
		cmocka_unit_test(colours),
		cmocka_unit_test(reader_gone),
		cmocka_unit_test(other_events),
	};

	return cmocka_run_group_tests(tests, init, NULL);
}
