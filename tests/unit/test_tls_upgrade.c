/* SPDX-License-Identifier: BSD-2-Clause */
/* TLS after clear text, PROXY protocol headers, and what is not TLS at all. */
#include <arpa/inet.h>

#include "unit/tls_flow.h"

struct line {
	int dir;
	const char *text;
	size_t len;
};

#define C(s) { 0, s, sizeof(s) - 1 }
#define S(s) { 1, s, sizeof(s) - 1 }

struct talk {
	const char *name;		/* what it is upgraded from */
	struct line line[12];
};

#define PROXY_V2 "\r\n\r\n\0\r\nQUIT\n"

static const struct talk talks[] = {
	{ "smtp", { S("220-mail.test hello\r\n220 mail.test ESMTP\r\n"), C("EHLO me\r\n"), S("250-mail.test\r\n250 STARTTLS\r\n"),
		    C("STARTTLS\r\n"), S("220 Go ahead\r\n") } },
	{ "smtp", { S("220 mail.test LMTP\r\n"), C("LHLO me\r\n"), S("250 STARTTLS\r\n"), C("STARTTLS\r\n"), S("220 Go\r\n") } },
	{ "imap", { S("* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n"), C("a1 STARTTLS\r\n"), S("a1 OK Begin TLS\r\n") } },
	{ "pop3", { S("+OK POP3 ready\r\n"), C("CAPA\r\n"), S("+OK\r\nSTLS\r\n.\r\n"), C("STLS\r\n"), S("+OK Begin\r\n") } },
	{ "ftp", { S("220 (vsFTPd 3.0.3)\r\n"), C("AUTH TLS\r\n"), S("234 Proceed\r\n") } },
	{ "ftp", { S("220 Service ready\r\n"), C("FEAT\r\n"), S("211 End\r\n"), C("auth ssl\r\n"), S("234 ok\r\n") } },
	{ "ldap", { C("\x30\x1d\x02\x01\x01\x77\x18\x80\x16" "1.3.6.1.4.1.1466.20037"),
		    S("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00") } },
	{ "xmpp", { C("<?xml version='1.0'?><stream:stream to='x.test'>"), S("<?xml version='1.0'?><stream:stream>"),
		    S("<stream:features><starttls/></stream:features>"), C("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
		    S("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>") } },
	{ "irc", { C("CAP LS 302\r\nNICK me\r\n"), S(":irc.test CAP * LS :tls\r\n"), C("STARTTLS\r\n"),
		   S(":irc.test 670 me :STARTTLS successful\r\n") } },
	{ "irc", { C("STARTTLS\r\n"), S(":irc.test 670 * :STARTTLS successful, go ahead\r\n") } },
	{ "nntp", { S("200 news.test InterNetNews NNTP server ready\r\n"), C("STARTTLS\r\n"), S("382 Continue\r\n") } },
	{ "sieve", { S("\"IMPLEMENTATION\" \"Dovecot Pigeonhole\"\r\n\"STARTTLS\"\r\nOK\r\n"), C("STARTTLS\r\n"), S("OK\r\n") } },
	{ "postgresql", { C("\0\0\0\x08\x04\xd2\x16\x2f"), S("S") } },
	{ "postgresql", { C("\0\0\0\x08\x04\xd2\x16\x30"), S("N"), C("\0\0\0\x08\x04\xd2\x16\x2f"), S("S") } },
	{ "mysql", { S("\x15\0\0\0\x0a" "8.0.32\0abcdefghijklm"),
		     C("\x20\0\0\x01\x85\xae\xff\x19\0\0\0\x01\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") } },
	{ "rdp", { C("\x03\0\0\x2b\x26\xe0\0\0\0\0\0Cookie: mstshash=me\r\n\x01\0\x08\0\x01\0\0\0"),
		   S("\x03\0\0\x13\x0e\xd0\0\0\x12\x34\0\x02\x09\x08\0\x01\0\0\0") } },
	{ "http-connect", { C("CONNECT flow.test:443 HTTP/1.1\r\nHost: flow.test:443\r\n\r\n"),
			    S("HTTP/1.1 200 Connection established\r\nVia: proxy\r\n\r\n") } },
	{ "http-connect", { C("CONNECT flow.test:443 HTTP/1.1\r\n\r\n"), S("HTTP/1.1 407 Who are you\r\nContent-Length: 4\r\n\r\nwho?"),
			    C("CONNECT flow.test:443 HTTP/1.1\r\nProxy-Authorization: me\r\n\r\n"), S("HTTP/1.1 200 OK\r\n\r\n") } },
	{ "http-upgrade", { C("OPTIONS * HTTP/1.1\r\nHost: x\r\nUpgrade: TLS/1.0\r\nConnection: Upgrade\r\n\r\n"),
			    S("HTTP/1.1 101 Switching Protocols\r\nUpgrade: TLS/1.0, HTTP/1.1\r\n\r\n") } },
	{ "socks4", { C("\x04\x01\x01\xbb\x0a\0\0\x01me\0"), S("\0\x5a\0\0\0\0\0\0") } },
	{ "socks4", { C("\x04\x01\x01\xbb\0\0\0\x01me\0flow.test\0"), S("\0\x5a\0\0\0\0\0\0") } },
	{ "socks5", { C("\x05\x02\0\x02"), S("\x05\0"), C("\x05\x01\0\x03\x09" "flow.test\x01\xbb"),
		      S("\x05\0\0\x01\x0a\0\0\x01\x04\x38") } },
	{ "socks5", { C("\x05\x01\x02"), S("\x05\x02"), C("\x01\x02me\x03pwd"), S("\x01\0"), C("\x05\x01\0\x01\x0a\0\0\x01\x01\xbb"),
		      S("\x05\0\0\x01\x0a\0\0\x01\x04\x38") } },
	{ "proxy-protocol", { C("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n") } },
	{ "proxy-protocol", { C("PROXY UNKNOWN\r\n") } },
	{ "proxy-protocol", { C(PROXY_V2 "\x21\x11\0\x0c\xc0\0\x02\x01\xc6\x33\x64\x02\xdc\x04\x01\xbb") } },
	{ "proxy-protocol", { C(PROXY_V2 "\x20\0\0\0") } },
	{ "smtp", { C("PROXY TCP6 2001:db8::1 2001:db8::2 56324 25\r\n"), S("220 mail.test ESMTP\r\n"), C("EHLO me\r\n"),
		    S("250 STARTTLS\r\n"), C("STARTTLS\r\n"), S("220 Go ahead\r\n") } },
	/* Bytes in it that look like the beginning of a record. */
	{ "other", { C("\x16\x16\x03\x16\x03\x01 hello \x16\x03\x01\x02\0\x01"), S("\x15\x16\x03\x03\0\x40\x02\x16") } },
};

static void say(struct trace *t, const struct talk *talk)
{
	for (size_t i = 0; i < 12 && talk->line[i].text; i++)
		trace_add(t, talk->line[i].dir, talk->line[i].text, talk->line[i].len);
}

static void append(struct trace *t, const struct trace *more)
{
	for (size_t i = 0; i < more->chunk_cnt; i++)
		trace_add(t, more->chunk[i].dir, more->bytes + more->chunk[i].from, more->chunk[i].len);
}

static void test_talks(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(talks) / sizeof(talks[0]); i++) {
		struct trace *t = trace_new(), *flow = trace_new();
		struct parse p;

		say(t, &talks[i]);
		trace_flow_12(flow, 700, true);
		append(t, flow);
		parse_all_ways(&p, t);
		if (!p.hs->upgraded_from || strcmp(p.hs->upgraded_from, talks[i].name))
			fail_msg("talk %zu: from %s, not %s", i, p.hs->upgraded_from ? p.hs->upgraded_from : "nothing", talks[i].name);
		assert_int_equal(p.hs->client_dir, 0);
		assert_memory_equal(p.hs->client_hello.server_name.p, "flow.test", 9);
		assert_int_equal(p.cert_cnt[TLS_SERVER], 2);
		assert_true(p.hs->established);
		assert_int_equal(p.hs->not_tls, TLS_GUESS_NONE);
		assert_steps(&p, FLOW_STEPS_12 " c:application_data s:application_data");
		parse_free(&p);
		free(flow);
		free(t);
	}
}

/* The ClientHello comes in the same segment as the end of the clear text, and the answer too. */
static void test_same_segment(void **state)
{
	struct trace *t = trace_new(), *flow = trace_new();
	uint8_t both[2000];
	struct parse p;
	size_t n;

	(void)state;
	trace_flow_12(flow, 16384, true);
	trace_str(t, 1, "220 mail.test ESMTP\r\n");
	n = flow->chunk[0].len;
	memcpy(both, "EHLO me\r\nSTARTTLS\r\n", 19);
	memcpy(both + 19, flow->bytes, n);
	trace_add(t, 0, both, 19 + n);
	for (size_t i = 1; i < flow->chunk_cnt; i++)
		trace_add(t, flow->chunk[i].dir, flow->bytes + flow->chunk[i].from, flow->chunk[i].len);
	parse_all_ways(&p, t);
	assert_string_equal(p.hs->upgraded_from, "smtp");
	assert_true(p.hs->established);
	parse_free(&p);
	free(flow);
	free(t);
}

/* The server answers the ClientHello with an alert. */
static void test_refused(void **state)
{
	struct trace *t = trace_new();
	struct parse p;

	(void)state;
	say(t, &talks[0]);
	trace_client_hello(t, 0, &flow_hello_12);
	trace_alert(t, 1, 2, 70);
	parse_all_ways(&p, t);
	assert_string_equal(p.hs->upgraded_from, "smtp");
	assert_int_equal(p.hs->alert.code, 70);
	assert_int_equal(p.hs->alert.side, TLS_SERVER);
	parse_free(&p);
	free(t);
}

static void test_proxy_addresses(void **state)
{
	static const struct line lines[] = {
		C("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n"),
		C(PROXY_V2 "\x21\x11\0\x0c\xc0\0\x02\x01\xc6\x33\x64\x02\xdc\x04\x01\xbb"),
		C("PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n"),
		C(PROXY_V2 "\x21\x21\0\x28\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02\xdc\x04\x01"
			   "\xbb\x04\0\x01x"),
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		int family = i < 2 ? AF_INET : AF_INET6;
		struct trace *t = trace_new();
		struct parse p;
		uint8_t want[16];

		trace_add(t, 0, lines[i].text, lines[i].len);
		trace_client_hello(t, 0, &flow_hello_12);
		parse_all_ways(&p, t);
		assert_true(p.hs->client_hello.seen);
		assert_int_equal(p.hs->proxy.version, 1 + i % 2);
		assert_int_equal(p.hs->proxy.family, i < 2 ? 4 : 6);
		assert_false(p.hs->proxy.local);
		assert_int_equal(p.hs->proxy.source_port, 56324);
		assert_int_equal(p.hs->proxy.destination_port, 443);
		inet_pton(family, i < 2 ? "192.0.2.1" : "2001:db8::1", want);
		assert_memory_equal(p.hs->proxy.source, want, i < 2 ? 4 : 16);
		inet_pton(family, i < 2 ? "198.51.100.2" : "2001:db8::2", want);
		assert_memory_equal(p.hs->proxy.destination, want, i < 2 ? 4 : 16);
		parse_free(&p);
		free(t);
	}
}

static void test_proxy_bad(void **state)
{
	static const struct line lines[] = {
		C("PROXY TCP4 192.0.2.1 198.51.100.2 56324\r\n"),
		C("PROXY TCP4 192.0.2.300 198.51.100.2 1 2\r\n"),
		C("PROXY TCP4 192.0.2.1 198.51.100.2 65536 443\r\n"),
		C("PROXY TCP9 192.0.2.1 198.51.100.2 1 443\r\n"),
		C("PROXY TCP4 192.0.2.1 198.51.100.2 1 443\n"),
		C("PROXY aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
		C(PROXY_V2 "\x31\x11\0\x0c\xc0\0\x02\x01\xc6\x33\x64\x02\xdc\x04\x01\xbb"),
		C(PROXY_V2 "\x21\x21\0\x04\xc0\0\x02\x01"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct trace *t = trace_new();
		struct parse p;

		trace_add(t, 0, lines[i].text, lines[i].len);
		trace_client_hello(t, 0, &flow_hello_12);
		parse_all_ways(&p, t);
		/* No addresses from it; the hello behind it is found all the same. */
		assert_int_equal(p.hs->proxy.version, 0);
		assert_int_equal(p.hs->proxy.family, 0);
		assert_true(p.hs->client_hello.seen);
		parse_free(&p);
		free(t);
	}
}

static void test_not_tls(void **state)
{
	static const struct {
		enum tls_content_guess guess;
		struct line line[4];
	} cases[] = {
		{ TLS_GUESS_HTTP, { C("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), S("HTTP/1.1 400 Bad Request\r\n\r\n") } },
		{ TLS_GUESS_HTTP, { C("POST /a HTTP/1.0\r\n") } },
		{ TLS_GUESS_HTTP, { S("HTTP/1.1 408 Request Timeout\r\n\r\n") } },
		{ TLS_GUESS_SSH, { S("SSH-2.0-OpenSSH_9.2\r\n"), C("SSH-2.0-PuTTY\r\n") } },
		{ TLS_GUESS_SMTP, { S("220 mail.test ESMTP\r\n"), C("EHLO me\r\n"), S("250 fine\r\n"), C("MAIL FROM:<a@b>\r\n") } },
		{ TLS_GUESS_OTHER, { C("\0\x1e\x07\0 something else") } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (int upgrades = 0; upgrades < 2; upgrades++) {
			struct tls_options opt = { .upgrades = upgrades };
			struct trace *t = trace_new();
			struct parse p;

			for (size_t j = 0; j < 4 && cases[i].line[j].text; j++)
				trace_add(t, cases[i].line[j].dir, cases[i].line[j].text, cases[i].line[j].len);
			parse_init(&p, &opt, KIT_ARENA);
			parse_trace(&p, t, i % 2 ? FEED_BYTES : FEED_WHOLE, 0);
			assert_int_equal(p.hs->not_tls, cases[i].guess);
			assert_int_equal(p.hs->protocol, TLS_PROTO_NONE);
			assert_null(p.hs->upgraded_from);
			assert_int_equal(p.hs->step_cnt, 0);
			parse_free(&p);
			free(t);
		}
}

/* A capture of TLS, downloaded over HTTP or SSH, is not a handshake. */
static void test_hello_inside_something_else(void **state)
{
	static const struct line starts[] = { C("GET /x.pcap HTTP/1.1\r\n\r\n"), C("SSH-2.0-x\r\n") };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct trace *t = trace_new();
		struct parse p;

		trace_add(t, 0, starts[i].text, starts[i].len);
		trace_str(t, 1, "HTTP/1.1 200 OK\r\n\r\nxxxx");
		trace_client_hello(t, 1, &flow_hello_12);
		parse_all_ways(&p, t);
		assert_false(p.hs->client_hello.seen);
		assert_int_equal(p.hs->not_tls, i ? TLS_GUESS_SSH : TLS_GUESS_HTTP);
		assert_true(p.done[0]);
		assert_true(p.done[1]);
		parse_free(&p);
		free(t);
	}
}

/* The search ends after a bounded amount of clear text. */
static void test_clear_text_is_bounded(void **state)
{
	struct trace *t = trace_new();
	struct parse p;

	(void)state;
	for (int i = 0; i < 2000; i++)
		trace_str(t, 0, "0123456789");
	trace_client_hello(t, 0, &flow_hello_12);
	parse_all_ways(&p, t);
	assert_false(p.hs->client_hello.seen);
	assert_true(p.done[0]);
	assert_int_equal(p.hs->not_tls, TLS_GUESS_OTHER);
	parse_free(&p);
	free(t);
}

/* A ClientHello is answered in clear: the port speaks something else. */
static void test_clear_answer(void **state)
{
	struct trace *t = trace_new();
	struct parse p;

	(void)state;
	trace_client_hello(t, 0, &flow_hello_12);
	trace_str(t, 1, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
	parse_all_ways(&p, t);
	assert_true(p.hs->client_hello.seen);
	assert_int_equal(p.hs->protocol, TLS_PROTO_TLS);
	assert_int_equal(p.hs->not_tls, TLS_GUESS_HTTP);
	assert_true(p.hs->side[TLS_SERVER].malformed);
	assert_null(p.hs->upgraded_from);
	parse_free(&p);
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_talks),
		cmocka_unit_test(test_same_segment),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_proxy_addresses),
		cmocka_unit_test(test_proxy_bad),
		cmocka_unit_test(test_not_tls),
		cmocka_unit_test(test_hello_inside_something_else),
		cmocka_unit_test(test_clear_text_is_bounded),
		cmocka_unit_test(test_clear_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
