/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does a certificate stand for a host? RFC 6125 section 6.4, RFC 9525 section 6. The answer of X509_check_host, except that
 * a label that a wildcard stands for may hold an underscore, as in browsers.
 */
#include <arpa/inet.h>
#include <string.h>

#include "x509/cert.h"

static bool same_letters(const char *a, const char *b, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char x = (unsigned char)a[i], y = (unsigned char)b[i];

		if (x != y && !((x ^ y) == 0x20 && (x | 0x20) >= 'a' && (x | 0x20) <= 'z'))
			return false;
	}
	return true;
}

static bool is_label_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* RFC 9525 section 6.3: the wildcard is the whole left-most label and stands for exactly one; section 7.1 leaves it to local
 * policy how much must follow: two labels, so that nobody gets *.com. rest is what is behind "*". */
static bool matches_wildcard(const char *rest, size_t rest_len, const char *host, size_t len)
{
	size_t label = 0;

	while (label < len && is_label_byte(host[label]))
		label++;
	if (!label || len - label != rest_len || rest_len < 2 || !memchr(rest + 1, '.', rest_len - 1))
		return false;
	return same_letters(rest, host + label, rest_len);
}

/* IDNs are compared as A-labels, which is what both SNI and dNSName hold (RFC 6125 section 6.4.2). */
static bool matches_name(const struct cert_str *pattern, const char *host, size_t len)
{
	const char *p = pattern->s;
	size_t n = pattern->len;

	if (n >= 2 && p[0] == '*' && p[1] == '.')
		return matches_wildcard(p + 1, n - 1, host, len);
	return n == len && same_letters(p, host, len);
}

/* IPv4, IPv6, or an IPv6 address in brackets, in the one text form that cert_san has: false when it is none. */
static bool as_address(const char *host, size_t len, char text[INET6_ADDRSTRLEN])
{
	unsigned char bytes[16];
	char copy[INET6_ADDRSTRLEN];
	int family;

	if (len > 2 && host[0] == '[' && host[len - 1] == ']')
		host++, len -= 2;
	if (len >= sizeof(copy))
		return false;
	memcpy(copy, host, len);
	copy[len] = '\0';
	family = memchr(copy, ':', len) ? AF_INET6 : AF_INET;
	return inet_pton(family, copy, bytes) == 1 && inet_ntop(family, bytes, text, INET6_ADDRSTRLEN);
}

static bool any_address(const struct cert *c, const char *text)
{
	for (size_t i = 0; i < c->san_cnt; i++)
		if (c->san[i].type == CERT_SAN_IP && !strcmp(c->san[i].text.s, text))
			return true;
	return false;
}

bool cert_matches_host(const struct cert *c, const char *host, size_t len)
{
	char address[INET6_ADDRSTRLEN];
	bool has_names = false;

	/* A fully qualified name may end in a dot; certificates hold it without. */
	if (len > 1 && host[len - 1] == '.')
		len--;
	if (!len || memchr(host, '\0', len) || host[0] == '.')
		return false;
	if (as_address(host, len, address))
		return any_address(c, address);
	for (size_t i = 0; i < c->san_cnt; i++) {
		has_names |= c->san[i].type == CERT_SAN_DNS || c->san[i].type == CERT_SAN_IP;
		if (c->san[i].type == CERT_SAN_DNS && matches_name(&c->san[i].text, host, len))
			return true;
	}
	for (size_t i = 0; !has_names && i < c->subject.cn.n; i++)
		if (matches_name(&c->subject.cn.v[i], host, len))
			return true;
	return false;
}
