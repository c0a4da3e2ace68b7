/* SPDX-License-Identifier: BSD-2-Clause */
/* What a connection is, by its first bytes; clear text that turns into TLS. */
#ifndef HSMON_TESTS_CASES_CONTENT_H
#define HSMON_TESTS_CASES_CONTENT_H

static uint32_t say(struct script *s, bool client, uint32_t off, const char *text)
{
	script_segment(s, client, off, PACKET_ACK | PACKET_PSH, 0, text, (uint32_t)strlen(text));
	return off + (uint32_t)strlen(text);
}

static void smtp_until_starttls(struct script *s, uint32_t *client, uint32_t *server)
{
	*server = say(s, false, 0, "220 mail.example ESMTP\r\n");
	*client = say(s, true, 0, "EHLO client\r\n");
	*server = say(s, false, *server, "250-mail.example\r\n250 STARTTLS\r\n");
	*client = say(s, true, *client, "STARTTLS\r\n");
	*server = say(s, false, *server, "220 go ahead\r\n");
}

static void content_smtp(struct script *s)
{
	uint32_t client, server;
	uint8_t b[100];

	tls_fill();
	script_connect(s);
	smtp_until_starttls(s, &client, &server);
	script_client(s, client, tls_hello, 200);
	script_server(s, server, tls_flight, 2000);
	tls_record(b, 23, 0x55, 100);
	script_client(s, client + 200, b, 100);
}

/* Between its greeting and STARTTLS. */
static void content_smtp_midway(struct script *s)
{
	uint32_t client, server;

	tls_fill();
	client = say(s, true, 0, "EHLO client\r\n");
	server = say(s, false, 0, "250 STARTTLS\r\n");
	script_client(s, client, tls_hello, 200);
	script_server(s, server, tls_flight, 1000);
}

static void content_postgresql(struct script *s)
{
	static const uint8_t request[8] = { 0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f };

	tls_fill();
	script_connect(s);
	script_client(s, 0, request, 8);
	script_server(s, 0, "S", 1);
	script_client(s, 8, tls_hello, 200);
	script_server(s, 1, tls_flight, 1000);
}

/* The header and the hello in one segment. */
static void content_proxy(struct script *s)
{
	static const uint8_t v2[28] = { 13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10, 0x21, 0x11, 0, 12 };
	uint8_t b[228];

	tls_fill();
	memcpy(b, v2, 28);
	memcpy(b + 28, tls_hello, 200);
	script_connect(s);
	script_client(s, 0, b, sizeof(b));
	script_server(s, 0, tls_flight, 1000);
	tls_record(b, 22, 16, 100);
	script_client(s, 228, b, 100);
	tls_record(b, 23, 16, 100);
	script_client(s, 328, b, 100);
}

static void content_connect(struct script *s)
{
	uint32_t client, server;

	tls_fill();
	script_connect(s);
	client = say(s, true, 0, "CONNECT example.com:443 HTTP/1.1\r\n\r\n");
	server = say(s, false, 0, "HTTP/1.1 200 OK\r\n\r\n");
	script_client(s, client, tls_hello, 200);
	script_server(s, server, tls_flight, 1000);
}

static void content_http(struct script *s)
{
	uint32_t client, server;
	uint8_t b[1400];

	script_connect(s);
	client = say(s, true, 0, "GET / HTTP/1.1\r\n\r\n");
	server = say(s, false, 0, "HTTP/1.1 200 OK\r\n\r\n");
	memset(b, 'x', sizeof(b));
	for (uint32_t i = 0; i < 4; i++)
		script_server(s, server + 1400 * i, b, 1400);
	say(s, true, client, "GET / HTTP/1.1\r\n\r\n");
}

/* Of no known protocol, and then TLS. */
static void content_preamble(struct script *s)
{
	static const uint8_t odd[] = { 0x99, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 };
	uint32_t client, server;

	tls_fill();
	script_connect(s);
	script_client(s, 0, odd, sizeof(odd));
	script_server(s, 0, odd, sizeof(odd));
	client = server = sizeof(odd);
	script_segment(s, true, client, PACKET_ACK | PACKET_PSH, server, tls_hello, 200);
	script_server(s, server, tls_flight, 1000);
}

/* Nothing ever: looked at for a while. */
static void content_other(struct script *s)
{
	static const uint8_t odd[] = { 0x99, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 };

	script_connect(s);
	for (uint32_t i = 0; i < 20; i++)
		script_client(s, i * sizeof(odd), odd, sizeof(odd));
	tls_fill();
	script_client(s, 20 * sizeof(odd), tls_hello, 200);
}

static void content_padding(struct script *s)
{
	uint8_t zeros[6] = { 0 };

	tls_fill();
	script_connect(s);
	script_segment(s, true, 0, PACKET_ACK, 0, zeros, 2);
	script_client(s, 0, tls_hello, 200);
	script_segment(s, false, 0, PACKET_ACK, 200, zeros, 6);
	script_server(s, 0, tls_flight, 1000);
}

static void content_plain_hello(struct script *s)
{
	tls_fill();
	script_connect(s);
	script_client(s, 0, tls_hello, 200);
	script_server(s, 0, tls_flight, 1000);
}

/* SSL 2.0's hello, as old clients begin, and an answer in TLS. */
static void content_ssl2_compatible(struct script *s)
{
	uint8_t hello[2 + 9 + 9 + 16] = { 0x80, 34, 1, 3, 1, 0, 9, 0, 0, 0, 16 };
	uint8_t b[100];

	tls_fill();
	script_connect(s);
	script_client(s, 0, hello, sizeof(hello));
	script_server(s, 0, tls_flight, 2000);
	tls_record(b, 22, 16, 100);
	script_client(s, sizeof(hello), b, 100);
	tls_record(b, 23, 16, 100);
	script_client(s, sizeof(hello) + 100, b, 100);
}

static void content_ssl2(struct script *s)
{
	uint8_t hello[2 + 9 + 3 + 16] = { 0x80, 28, 1, 0, 2, 0, 3, 0, 0, 0, 16 };
	uint8_t b[100] = { 0x80, 98, 4, 0, 1, 0, 2 };

	script_connect(s);
	script_client(s, 0, hello, sizeof(hello));
	script_server(s, 0, b, sizeof(b));
	b[2] = 2;
	for (uint32_t i = 0; i < 12; i++) {
		script_client(s, sizeof(hello) + 100 * i, b, sizeof(b));
		script_server(s, 100 + 100 * i, b, sizeof(b));
	}
}

/* Records, and back to clear text: FTP's CCC. */
static void content_back_to_clear(struct script *s)
{
	uint8_t b[100];

	begin(s);
	script_server(s, 0, tls_flight, 2000);
	tls_record(b, 23, 0x55, 100);
	script_client(s, 200, b, 100);
	say(s, true, 300, "PORT 1,2,3,4,5,6\r\n");
	say(s, true, 318, "LIST\r\n");
}

static const struct packet_case cases_content[] = {
	{ "SMTP", content_smtp, CASE_UPGRADES,
	  " open(d1 i0 c0 s0) s0:24C c0:13C s24:32C c13:10C s56:14C c23:200 s70:2000 c223:5/100T" },
	{ "SMTP, any port", content_smtp, CASE_ANY | CASE_UPGRADES,
	  " open(d1 i0 c0 s0) s0:24C c0:13C s24:32C c13:10C s56:14C c23:200 s70:2000 c223:5/100T" },
	{ "SMTP, not followed", content_smtp, 0, " open(d1 i0 c0 s0) s0:24 c0:13L not-tls=1" },
	{ "SMTP, open before", content_smtp_midway, CASE_UPGRADES, " open(d0) c0:13C s0:14C c13:200 s14:1000" },
	{ "SMTP, open before, any port", content_smtp_midway, CASE_ANY | CASE_UPGRADES,
	  " open(d0) c0:13C s0:14C c13:200 s14:1000" },
	{ "PostgreSQL", content_postgresql, CASE_ANY | CASE_UPGRADES,
	  " open(d0 i0 c0 s0) c0:8C s0:1C c8:200 s1:1000" },
	{ "PROXY", content_proxy, CASE_UPGRADES, " open(d0 i0 c0 s0) c0:228C s0:1000 c228:100 c328:5/100T" },
	{ "CONNECT", content_connect, CASE_ANY | CASE_UPGRADES, " open(d0 i0 c0 s0) c0:36C s0:19C c36:200 s19:1000" },
	{ "HTTP", content_http, CASE_UPGRADES,
	  " open(d0 i0 c0 s0) c0:18C s0:19C s19:1400C s1419:629/1400TLC not-tls=1" },
	{ "HTTP, not followed", content_http, 0, " open(d0 i0 c0 s0) c0:18 s0:19L not-tls=1" },
	{ "HTTP, any port", content_http, CASE_ANY | CASE_UPGRADES, "" },
	{ "preamble", content_preamble, CASE_UPGRADES, " open(d0 i0 c0 s0) c0:12C s0:12C c12:200 s12:1000" },
	{ "preamble, any port", content_preamble, CASE_ANY, " open(d0 i0 c12 s12) c12:200 s12:1000" },
	{ "something else", content_other, CASE_ANY | CASE_UPGRADES, " not-tls=1" },
	{ "padding", content_padding, 0, " open(d0 i0 c0 s0) c0:200 s0:1000" },
	{ "padding, any port", content_padding, CASE_ANY, " open(d0 i0 c0 s0) c0:200 s0:1000" },
	{ "any port", content_plain_hello, CASE_ANY, " open(d0 i0 c0 s0) c0:200 s0:1000" },
	{ "SSL 2.0 hello, TLS answer", content_ssl2_compatible, 0,
	  " open(d0 i0 c0 s0) c0:36 s0:2000 c36:100 c136:5/100T" },
	{ "SSL 2.0", content_ssl2, CASE_ANY,
	  " open(d0 i0 c0 s0) c0:30 s0:100 c30:100 s100:100 c130:100 s200:100 c230:100 s300:100 c330:100"
	  " s400:100 c430:100 s500:100 c530:100 s600:100 c630:100 s700:100L" },
	{ "back to clear text", content_back_to_clear, 0,
	  " open(d0 i0 c0 s0) c0:200 s0:2000 c200:5/100T c300:5/18T" },
	{ 0 },
};

#endif
