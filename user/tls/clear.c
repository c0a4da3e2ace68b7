/* SPDX-License-Identifier: BSD-2-Clause */
/* Clear text: which protocol is it? Tables of what the beginning of a direction and its lines say. */
#include <string.h>
#include <strings.h>

#include "tls/internal.h"

struct line_rule {
	const char *begin;		/* of the line, upper and lower case alike; NULL: any */
	const char *holds;		/* somewhere in it; NULL: no matter */
	uint8_t kind;
	uint8_t weight;			/* replaces what was concluded with less */
};

/* Of lines, as far as TLS_CLEAR_LINE. */
static const struct line_rule line_rules[] = {
	{ "CONNECT ", " HTTP/1.", TLS_CLEAR_CONNECT, 9 },
	{ "UPGRADE: TLS", NULL, TLS_CLEAR_HTTP_UPGRADE, 9 },
	{ "EHLO ", NULL, TLS_CLEAR_SMTP, 6 },
	{ "HELO ", NULL, TLS_CLEAR_SMTP, 6 },
	{ "LHLO ", NULL, TLS_CLEAR_SMTP, 6 },
	{ "AUTH TLS", NULL, TLS_CLEAR_FTP, 8 },
	{ "AUTH SSL", NULL, TLS_CLEAR_FTP, 8 },
	{ "220", "SMTP", TLS_CLEAR_SMTP, 5 },
	{ "220", "FTP", TLS_CLEAR_FTP, 5 },
	{ "220 ", NULL, TLS_CLEAR_SMTP, 2 },
	{ "220-", NULL, TLS_CLEAR_SMTP, 2 },
	{ "* OK", NULL, TLS_CLEAR_IMAP, 6 },
	{ "* PREAUTH", NULL, TLS_CLEAR_IMAP, 6 },
	{ "+OK", NULL, TLS_CLEAR_POP3, 6 },
	{ "STLS", NULL, TLS_CLEAR_POP3, 6 },
	{ "CAP LS", NULL, TLS_CLEAR_IRC, 6 },
	{ "NICK ", NULL, TLS_CLEAR_IRC, 5 },
	{ ":", " NOTICE ", TLS_CLEAR_IRC, 5 },
	{ ":", " CAP * ", TLS_CLEAR_IRC, 5 },
	{ ":", " 670 ", TLS_CLEAR_IRC, 5 },	/* RPL_STARTTLS */
	{ "200 ", "NNTP", TLS_CLEAR_NNTP, 5 },
	{ "201 ", "NNTP", TLS_CLEAR_NNTP, 5 },
	{ "200 ", "news", TLS_CLEAR_NNTP, 4 },
	{ "CAPABILITIES", NULL, TLS_CLEAR_NNTP, 5 },
	{ "MODE READER", NULL, TLS_CLEAR_NNTP, 5 },
	{ "382 ", NULL, TLS_CLEAR_NNTP, 6 },	/* RFC 4642 section 2.2.2: continue with TLS */
	{ "\"IMPLEMENTATION\"", NULL, TLS_CLEAR_SIEVE, 6 },
	{ "SSH-", NULL, TLS_CLEAR_SSH, 9 },
	{ NULL, " HTTP/1.", TLS_CLEAR_HTTP, 3 },
	{ "HTTP/1.", NULL, TLS_CLEAR_HTTP, 3 },
	{ "GET /", NULL, TLS_CLEAR_HTTP, 3 },	/* lines longer than what is kept */
	{ "POST /", NULL, TLS_CLEAR_HTTP, 3 },
	{ "HEAD /", NULL, TLS_CLEAR_HTTP, 3 },
	{ "PUT /", NULL, TLS_CLEAR_HTTP, 3 },
	{ "OPTIONS /", NULL, TLS_CLEAR_HTTP, 3 },
};

static const char *const names[TLS_CLEAR_KIND_CNT] = {
	[TLS_CLEAR_UNKNOWN] = "other",
	[TLS_CLEAR_SMTP] = "smtp",
	[TLS_CLEAR_IMAP] = "imap",
	[TLS_CLEAR_POP3] = "pop3",
	[TLS_CLEAR_FTP] = "ftp",
	[TLS_CLEAR_LDAP] = "ldap",
	[TLS_CLEAR_XMPP] = "xmpp",
	[TLS_CLEAR_IRC] = "irc",
	[TLS_CLEAR_NNTP] = "nntp",
	[TLS_CLEAR_SIEVE] = "sieve",
	[TLS_CLEAR_POSTGRESQL] = "postgresql",
	[TLS_CLEAR_MYSQL] = "mysql",
	[TLS_CLEAR_RDP] = "rdp",
	[TLS_CLEAR_CONNECT] = "http-connect",
	[TLS_CLEAR_HTTP_UPGRADE] = "http-upgrade",
	[TLS_CLEAR_SOCKS4] = "socks4",
	[TLS_CLEAR_SOCKS5] = "socks5",
	[TLS_CLEAR_HTTP] = "http",
	[TLS_CLEAR_SSH] = "ssh",
};

const char *tls_clear_name(enum tls_clear_kind kind)
{
	return names[kind];
}

static void conclude(struct tls_upgrade *u, enum tls_clear_kind kind, uint8_t weight)
{
	if (weight <= u->weight)
		return;
	u->kind = kind;
	u->weight = weight;
}

static bool line_fits(const struct line_rule *rule, const struct tls_clear *t)
{
	size_t n = rule->begin ? strlen(rule->begin) : 0;

	if (n > t->line_len || (n && strncasecmp((const char *)t->line, rule->begin, n)))
		return false;
	return !rule->holds || memmem(t->line, t->line_len, rule->holds, strlen(rule->holds));
}

void tls_clear_judge_line(struct tls_upgrade *u, const struct tls_clear *t)
{
	for (size_t i = 0; i < sizeof(line_rules) / sizeof(line_rules[0]); i++)
		if (line_rules[i].weight > u->weight && line_fits(&line_rules[i], t))
			conclude(u, line_rules[i].kind, line_rules[i].weight);
}

static bool begins(const struct tls_clear *t, const void *p, size_t n)
{
	return t->head_len >= n && !memcmp(t->head, p, n);
}

/* PostgreSQL protocol, "SSLRequest" and "GSSENCRequest": length 8 and a code in place of a version. */
static bool is_postgresql(const struct tls_clear *t)
{
	return begins(t, "\0\0\0\x08\x04\xd2\x16\x2f", 8) || begins(t, "\0\0\0\x08\x04\xd2\x16\x30", 8);
}

/* MySQL protocol: 3 bytes of length, sequence number 0, protocol version 10, then the server's version in digits. */
static bool is_mysql(const struct tls_clear *t)
{
	return t->head_len >= 6 && t->head[1] == 0 && t->head[2] == 0 && t->head[3] == 0 && t->head[4] == 10 &&
	       t->head[5] >= '0' && t->head[5] <= '9';
}

/* RFC 4511 section 5.1: a SEQUENCE that begins with an INTEGER, the message's number. */
static bool is_ldap(const struct tls_clear *t)
{
	size_t at = t->head_len >= 2 && t->head[1] & 0x80 ? 2u + (t->head[1] & 0x7f) : 2;

	return t->head_len >= at + 4 && t->head[0] == 0x30 && at <= 6 && t->head[at] == 0x02 && t->head[at + 1] <= 4;
}

/* RFC 1006 section 6 and X.224 section 13.3: TPKT version 3, a connection request or confirm. */
static bool is_rdp(const struct tls_clear *t)
{
	return t->head_len >= 6 && t->head[0] == 3 && t->head[1] == 0 && (t->head[5] == 0xe0 || t->head[5] == 0xd0);
}

/* SOCKS4: version, CONNECT or BIND, port, address, user. */
static bool is_socks4(const struct tls_clear *t)
{
	return t->head_len >= 9 && t->head[0] == 4 && (t->head[1] == 1 || t->head[1] == 2);
}

/* RFC 1928 section 3: version, number of methods, each below 0x0a or private. */
static bool is_socks5(const struct tls_clear *t)
{
	return t->head_len >= 3 && t->head[0] == 5 && t->head[1] >= 1 && t->head[1] <= 10 && t->head[2] < 10;
}

static bool is_xmpp(const struct tls_clear *t)
{
	return begins(t, "<?xml ", 6) || begins(t, "<stream:stream", 14);
}

void tls_clear_judge_head(struct tls_upgrade *u, const struct tls_clear *t)
{
	static const struct {
		bool (*is)(const struct tls_clear *t);
		uint8_t kind, weight;
	} rules[] = {
		{ is_postgresql, TLS_CLEAR_POSTGRESQL, 8 },
		{ is_xmpp, TLS_CLEAR_XMPP, 6 },
		{ is_mysql, TLS_CLEAR_MYSQL, 5 },
		{ is_rdp, TLS_CLEAR_RDP, 4 },
		{ is_socks4, TLS_CLEAR_SOCKS4, 3 },
		{ is_socks5, TLS_CLEAR_SOCKS5, 3 },
		{ is_ldap, TLS_CLEAR_LDAP, 3 },
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].is(t))
			conclude(u, rules[i].kind, rules[i].weight);
}
