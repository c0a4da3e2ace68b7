/* SPDX-License-Identifier: BSD-2-Clause */
#include "x509/text.h"

#include <openssl/asn1.h>

#include "base/strbuf.h"

bool text_is_string(int tag)
{
	switch (tag) {
	case V_ASN1_UTF8STRING:
	case V_ASN1_NUMERICSTRING:
	case V_ASN1_PRINTABLESTRING:
	case V_ASN1_T61STRING:
	case V_ASN1_VIDEOTEXSTRING:
	case V_ASN1_IA5STRING:
	case V_ASN1_GRAPHICSTRING:
	case V_ASN1_VISIBLESTRING:
	case V_ASN1_GENERALSTRING:
	case V_ASN1_UNIVERSALSTRING:
	case V_ASN1_BMPSTRING:
		return true;
	default:
		return false;
	}
}

/* RFC 3629 section 3. A lone surrogate comes out in the same pattern, which is not UTF-8 and is escaped as such. */
static void add_code(struct strbuf *b, uint32_t c)
{
	if (c < 0x80) {
		strbuf_putc(b, (char)c);
		return;
	}
	if (c < 0x800) {
		strbuf_putc(b, (char)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			strbuf_putc(b, (char)(0xe0 | c >> 12));
		} else {
			strbuf_putc(b, (char)(0xf0 | c >> 18));
			strbuf_putc(b, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		strbuf_putc(b, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	strbuf_putc(b, (char)(0x80 | (c & 0x3f)));
}

static uint32_t unit(const uint8_t *p, size_t width)
{
	uint32_t c = 0;

	for (size_t i = 0; i < width; i++)
		c = c << 8 | p[i];
	return c;
}

/* BMPString is UCS-2, but is written as UTF-16 in practice: a surrogate pair is one character (RFC 2781 section 2.2). */
static void add_bmp(struct strbuf *b, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i += 2) {
		uint32_t c = unit(p + i, 2), low;

		if (c >= 0xd800 && c < 0xdc00 && i + 4 <= len) {
			low = unit(p + i + 2, 2);
			if (low >= 0xdc00 && low < 0xe000) {
				c = 0x10000 + ((c - 0xd800) << 10 | (low - 0xdc00));
				i += 2;
			}
		}
		add_code(b, c);
	}
}

static void add_universal(struct strbuf *b, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i += 4) {
		uint32_t c = unit(p + i, 4);

		if (c <= 0x10ffff)
			add_code(b, c);
		else
			strbuf_add(b, p + i, 4);
	}
}

void text_add(struct strbuf *b, int tag, const uint8_t *p, size_t len)
{
	if (tag == V_ASN1_BMPSTRING && len % 2 == 0) {
		add_bmp(b, p, len);
	} else if (tag == V_ASN1_UNIVERSALSTRING && len % 4 == 0) {
		add_universal(b, p, len);
	} else if (tag == V_ASN1_T61STRING) {
		/* What certificates call T.61 is ISO 8859-1. */
		for (size_t i = 0; i < len; i++)
			add_code(b, p[i]);
	} else {
		strbuf_add(b, p, len);
	}
}
