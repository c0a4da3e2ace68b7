/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * What a connection's first bytes say it is. Needs packet.h. Works on the bytes there are: those of a TLS hello
 * that comes in tiny segments are judged by the ones that came.
 */
#ifndef HSMON_CONTENT_H
#define HSMON_CONTENT_H

#include "packet.h"

#define HS_HEAD_LEN 16			/* bytes that are looked at */
#define HS_RECORD_MAX 18432		/* 2^14 + 2048, RFC 5246 section 6.2.3 */

enum hs_content {
	HS_CONTENT_OTHER,
	HS_CONTENT_HELLO,		/* a TLS handshake record with a ClientHello or ServerHello */
	HS_CONTENT_RECORD,		/* some other TLS record */
	HS_CONTENT_SSL2,		/* SSL 2.0 hello */
	HS_CONTENT_CLEAR,		/* the beginning of a protocol that can turn into TLS */
	HS_CONTENT_TEXT,		/* readable */
	HS_CONTENT_DTLS_HELLO,
	HS_CONTENT_DTLS,		/* some other DTLS record */
	HS_CONTENT_QUIC_INITIAL,
	HS_CONTENT_QUIC,		/* other long header */
	HS_CONTENT_QUIC_SHORT,
};

/* A TLS record header of a version that exists: content types RFC 8446 section 5.1, RFC 6520. */
HS_FUNC __u32 hs_is_record(const __u8 *h)
{
	__u32 len = h[3] << 8 | h[4];

	return h[0] >= 20 && h[0] <= 24 && h[1] == 3 && h[2] <= 4 && len <= HS_RECORD_MAX;
}

HS_FUNC __u32 hs_is_hello(const __u8 *h, __u32 n)
{
	if (h[0] != 22 || (n > 1 && h[1] != 3) || (n > 2 && h[2] > 4))
		return 0;
	if (n > 4 && (!hs_is_record(h) || !(h[3] | h[4])))
		return 0;
	return n < 6 || h[5] == 1 || h[5] == 2;
}

/* CLIENT-HELLO with a two-byte header: RFC 5246 appendix E.2; SSL 2.0's own has version 0x0002. */
HS_FUNC __u32 hs_is_ssl2(const __u8 *h, __u32 n)
{
	__u32 len = (h[0] & 0x7f) << 8 | h[1];
	__u32 suites = h[5] << 8 | h[6], session = h[7] << 8 | h[8], challenge = h[9] << 8 | h[10];

	if (n < 11 || !(h[0] & 0x80) || h[2] != 1)
		return 0;
	if (!(h[3] == 0 && h[4] == 2) && !(h[3] == 3 && h[4] <= 4))
		return 0;
	if (!suites || suites % 3 || session > 32 || challenge < 16 || challenge > 32)
		return 0;
	return len == 9 + suites + session + challenge;
}

#define HS_WORD4(a, b, c, d) ((__u32)(a) << 24 | (__u32)(b) << 16 | (__u32)(c) << 8 | (__u32)(d))

/* Text protocols with STARTTLS or the like, by their first four bytes. */
HS_FUNC __u32 hs_is_clear_text(__u32 w)
{
	switch (w) {
	case HS_WORD4('2', '2', '0', ' '):	/* SMTP, FTP */
	case HS_WORD4('2', '2', '0', '-'):
	case HS_WORD4('E', 'H', 'L', 'O'):
	case HS_WORD4('H', 'E', 'L', 'O'):
	case HS_WORD4('L', 'H', 'L', 'O'):	/* LMTP */
	case HS_WORD4('A', 'U', 'T', 'H'):	/* FTP */
	case HS_WORD4('U', 'S', 'E', 'R'):	/* FTP, POP3, IRC */
	case HS_WORD4('*', ' ', 'O', 'K'):	/* IMAP */
	case HS_WORD4('*', ' ', 'P', 'R'):
	case HS_WORD4('+', 'O', 'K', ' '):	/* POP3 */
	case HS_WORD4('+', 'O', 'K', '\r'):
	case HS_WORD4('C', 'A', 'P', 'A'):
	case HS_WORD4('S', 'T', 'L', 'S'):
	case HS_WORD4('S', 'T', 'A', 'R'):	/* STARTTLS */
	case HS_WORD4('2', '0', '0', ' '):	/* NNTP */
	case HS_WORD4('2', '0', '1', ' '):
	case HS_WORD4('N', 'I', 'C', 'K'):	/* IRC */
	case HS_WORD4('C', 'A', 'P', ' '):
	case HS_WORD4('C', 'O', 'N', 'N'):	/* HTTP CONNECT */
	case HS_WORD4('P', 'R', 'O', 'X'):	/* PROXY protocol v1 */
	case HS_WORD4('\r', '\n', '\r', '\n'):	/* v2 */
	case HS_WORD4('<', '?', 'x', 'm'):	/* XMPP */
	case HS_WORD4('<', 's', 't', 'r'):
	case HS_WORD4('"', 'I', 'M', 'P'):	/* ManageSieve */
		return 1;
	}
	return 0;
}

/* MySQL's greeting: length 3, little-endian, number 0, protocol 10, a version. */
HS_FUNC __u32 hs_is_mysql(const __u8 *h, __u32 len)
{
	return !h[2] && !h[3] && h[4] == 10 && (__u32)h[0] + 256 * h[1] + 4 == len && h[5] >= '0' && h[5] <= '9';
}

/* PostgreSQL's SSLRequest and GSSENCRequest, RDP's connection request (MS-RDPBCGR 2.2.1.1), SOCKS 4 and 5 (RFC 1928),
 * an LDAP message with a short id (RFC 4511). Bytes that are not there are zero. */
HS_FUNC __u32 hs_is_clear_binary(const __u8 *h, __u32 len)
{
	switch (h[0]) {
	case 0:
		return h[3] == 8 && h[4] == 4 && h[5] == 0xd2 && h[6] == 0x16 && (h[7] == 0x2f || h[7] == 0x30);
	case 3:
		return !h[1] && (h[2] << 8 | h[3]) == (int)len && (h[5] | 0x30) == 0xf0;
	case 4:
		return (h[1] == 1 || h[1] == 2) && len >= 9 && len < 600;
	case 5:
		return h[1] && len == 2u + h[1];
	case 0x30:
		return h[1] == 0x84 ? h[6] == 2 && h[7] <= 4 : h[1] + 2u == len && h[2] == 2 && h[3] <= 2;
	}
	return 0;
}

/* Without branches, which the verifier would have to follow. */
HS_FUNC __u32 hs_is_text_byte(__s32 c)
{
	const __u32 controls = 1 << '\t' | 1 << '\n' | 1 << '\r';
	__s32 outside = (c - 0x20) | (0x7e - c), control = controls >> (c & 31) & (c - 0x20) >> 31;

	return (~outside >> 31 & 1) | (control & 1);
}

HS_FUNC __u32 hs_is_text(const __u8 *h, __u32 n)
{
	return n >= 4 && hs_is_text_byte(h[0]) & hs_is_text_byte(h[1]) & hs_is_text_byte(h[2]) & hs_is_text_byte(h[3]);
}

/* h: HS_HEAD_LEN bytes, the first n of them from the packet, the others zero; len: bytes of the segment. */
HS_FUNC __u32 hs_content_tcp(const __u8 *h, __u32 n, __u32 len)
{
	if (!n)
		return HS_CONTENT_OTHER;
	if (hs_is_hello(h, n))
		return HS_CONTENT_HELLO;
	if (n >= 5 && hs_is_record(h))
		return HS_CONTENT_RECORD;
	if (hs_is_ssl2(h, n))
		return HS_CONTENT_SSL2;
	if (hs_is_clear_text(hs_get32(h)) || hs_is_clear_binary(h, len) || hs_is_mysql(h, len))
		return HS_CONTENT_CLEAR;
	return hs_is_text(h, n) ? HS_CONTENT_TEXT : HS_CONTENT_OTHER;
}

/* RFC 6347 section 4.1; 0x0100 is what OpenSSL called DTLS before there was a standard. ClientHello, ServerHello,
 * HelloVerifyRequest in epoch 0. */
HS_FUNC __u32 hs_content_dtls(const __u8 *h, __u32 n)
{
	__u32 version = h[1] << 8 | h[2];

	if (n < 14 || h[0] < 20 || h[0] > 26 || (version != 0xfeff && version != 0xfefd && version != 0x0100))
		return HS_CONTENT_OTHER;
	if (h[0] == 22 && !(h[3] | h[4]) && h[13] >= 1 && h[13] <= 3 && (h[11] | h[12]))
		return HS_CONTENT_DTLS_HELLO;
	return HS_CONTENT_DTLS;
}

/* Version 1 and its drafts and forks number Initial 0 (RFC 9000 section 17.2.2), version 2 numbers it 1 (RFC 9369
 * section 3.2). One that is not known must look like a client's first: long enough, with a connection id of 8 to 20. */
HS_FUNC __u32 hs_content_quic(const __u8 *h, __u32 n, __u32 len)
{
	__u32 version = hs_get32(h + 1), type = h[0] >> 4 & 3, known;

	if (n < 7 || (h[0] & 0xc0) == 0x40)
		return n && (h[0] & 0xc0) == 0x40 ? HS_CONTENT_QUIC_SHORT : HS_CONTENT_OTHER;
	if (!(h[0] & 0x80) || h[5] > 20)
		return HS_CONTENT_OTHER;
	if (!version)
		return HS_CONTENT_QUIC;
	if (!(h[0] & 0x40))
		return HS_CONTENT_OTHER;
	if (version == 0x6b3343cf || version == 0x709a50c4)	/* version 2, and its drafts */
		return type == 1 ? HS_CONTENT_QUIC_INITIAL : HS_CONTENT_QUIC;
	known = version == 1 || version >> 8 == 0xff0000 || version >> 4 == 0xfaceb00;
	if (!known && (len < 1200 || h[5] < 8 || type))
		return HS_CONTENT_OTHER;
	return type ? HS_CONTENT_QUIC : HS_CONTENT_QUIC_INITIAL;
}

HS_FUNC __u32 hs_content_udp(const __u8 *h, __u32 n, __u32 len)
{
	__u32 content = hs_content_dtls(h, n);

	return content != HS_CONTENT_OTHER ? content : hs_content_quic(h, n, len);
}

#endif
