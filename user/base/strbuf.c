/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/strbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#define FIRST_CAP 128

static const char hex_upper[] = "0123456789ABCDEF";
static const char hex_lower[] = "0123456789abcdef";

void strbuf_free(struct strbuf *b)
{
	free(b->s);
	*b = (struct strbuf){ 0 };
}

char *strbuf_grow(struct strbuf *b, size_t len)
{
	size_t cap = b->cap ? b->cap : FIRST_CAP;
	char *s = NULL;

	if (!b->failed && len < SIZE_MAX / 4 - b->len) {
		while (cap <= b->len + len)
			cap *= 2;
		s = realloc(b->s, cap);
	}
	if (!s) {
		b->failed = true;
		return NULL;
	}
	b->s = s;
	b->cap = cap;
	return s + b->len;
}

static inline void close_at(struct strbuf *b, char *end)
{
	*end = '\0';
	b->len = (size_t)(end - b->s);
}

void strbuf_add(struct strbuf *b, const void *p, size_t len)
{
	char *d = strbuf_room(b, len);

	if (!d)
		return;
	if (len)
		memcpy(d, p, len);
	close_at(b, d + len);
}

void strbuf_puts(struct strbuf *b, const char *s)
{
	strbuf_add(b, s, strlen(s));
}

static const char digit_pairs[] =
	"00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354555657585960"
	"616263646566676869707172737475767778798081828384858687888990919293949596979899";

char *strbuf_digits(char *d, uint64_t v)
{
	char digits[STRBUF_DIGITS_MAX], *p = digits + sizeof(digits);
	size_t len;

	if (v < 10) {
		*d = (char)('0' + v);
		return d + 1;
	}
	for (; v >= 100; v /= 100) {
		p -= 2;
		memcpy(p, digit_pairs + v % 100 * 2, 2);
	}
	if (v >= 10) {
		p -= 2;
		memcpy(p, digit_pairs + v * 2, 2);
	} else {
		*--p = (char)('0' + v);
	}
	len = (size_t)(digits + sizeof(digits) - p);
	memcpy(d, p, len);
	return d + len;
}

void strbuf_putu(struct strbuf *b, uint64_t v)
{
	char *d = strbuf_room(b, STRBUF_DIGITS_MAX);

	if (d)
		close_at(b, strbuf_digits(d, v));
}

void strbuf_puti(struct strbuf *b, int64_t v)
{
	if (v < 0)
		strbuf_putc(b, '-');
	strbuf_putu(b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void strbuf_printf(struct strbuf *b, const char *fmt, ...)
{
	va_list ap;
	char *d;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0) {
		b->failed = true;
		return;
	}
	d = strbuf_room(b, (size_t)n);
	if (!d)
		return;
	va_start(ap, fmt);
	vsnprintf(d, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

void strbuf_hex(struct strbuf *b, const void *p, size_t len, bool upper)
{
	const char *hex = upper ? hex_upper : hex_lower;
	const uint8_t *u = p;
	char *d;

	if (len > SIZE_MAX / 4) {
		b->failed = true;
		return;
	}
	d = strbuf_room(b, 2 * len);
	if (!d)
		return;
	for (size_t i = 0; i < len; i++) {
		*d++ = hex[u[i] >> 4];
		*d++ = hex[u[i] & 15];
	}
	close_at(b, d);
}

#define BYTES(c) (0x0101010101010101ULL * (c))

/* Is any of eight bytes a control, not ASCII, DEL, or one of two characters? The zero-byte test has false
 * positives only above a true one. */
static inline bool eight_need_care(uint64_t w, uint64_t quote, uint64_t backslash)
{
	uint64_t q = w ^ quote, s = w ^ backslash, d = w ^ BYTES(0x7f);

	return ((w | (w - BYTES(0x20)) | (q - BYTES(1)) | (s - BYTES(1)) | (d - BYTES(1))) & BYTES(0x80)) != 0;
}

static inline bool needs_care(uint8_t c, char quote)
{
	return c < 0x20 || c >= 0x7f || c == '\\' || c == (uint8_t)quote;
}

/* Four to seven bytes as eight: those in the middle twice. */
static inline uint64_t load_short(const char *s, size_t len)
{
	uint32_t first, last;

	memcpy(&first, s, 4);
	memcpy(&last, s + len - 4, 4);
	return (uint64_t)last << 32 | first;
}

static inline void store_short(char *d, uint64_t w, size_t len)
{
	uint32_t first = (uint32_t)w, last = (uint32_t)(w >> 32);

	memcpy(d, &first, 4);
	memcpy(d + len - 4, &last, 4);
}

/* Eight bytes at a time, the last eight once more where they overlap. */
size_t strbuf_copy_plain(char *d, const char *s, size_t len, char quote)
{
	const uint64_t quotes = BYTES((uint8_t)quote), backslashes = BYTES('\\');
	size_t i = 0;
	uint64_t w;

	while (i < len && len >= 8) {
		size_t at = i + 8 <= len ? i : len - 8;

		memcpy(&w, s + at, 8);
		if (eight_need_care(w, quotes, backslashes))
			break;
		memcpy(d + at, &w, 8);
		i = at + 8;
	}
	if (len >= 4 && len < 8) {
		w = load_short(s, len);
		if (!eight_need_care(w, quotes, backslashes)) {
			store_short(d, w, len);
			return len;
		}
	}
	for (; i < len && !needs_care((uint8_t)s[i], quote); i++)
		d[i] = s[i];
	return i;
}

static char *put_u4(char *d, uint32_t unit)
{
	*d++ = '\\';
	*d++ = 'u';
	for (int shift = 12; shift >= 0; shift -= 4)
		*d++ = hex_upper[unit >> shift & 15];
	return d;
}

/* RFC 8259 section 7: above the first plane as a surrogate pair. */
static char *put_json_code(char *d, uint32_t code)
{
	if (code < 0x10000)
		return put_u4(d, code);
	d = put_u4(d, 0xd800 + ((code - 0x10000) >> 10));
	return put_u4(d, 0xdc00 + (code & 0x3ff));
}

static char *put_x2(char *d, uint8_t c)
{
	*d++ = '\\';
	*d++ = 'x';
	*d++ = hex_upper[c >> 4];
	*d++ = hex_upper[c & 15];
	return d;
}

/* One character for JSON, at most 12 bytes; returns its length in the source. */
static size_t json_char(char **d, const char *s, size_t len)
{
	uint32_t code;
	size_t n = utf8_decode(s, len, &code);

	if (!n) {
		*(*d)++ = '\\';
		*d = put_x2(*d, (uint8_t)*s);
		return 1;
	}
	if (code == '"' || code == '\\') {
		*(*d)++ = '\\';
		*(*d)++ = (char)code;
	} else if (utf8_is_invisible(code)) {
		*d = put_json_code(*d, code);
	} else {
		memcpy(*d, s, n);
		*d += n;
	}
	return n;
}

/* One character for a terminal, at most 16 bytes. */
static size_t term_char(char **d, const char *s, size_t len)
{
	uint32_t code;
	size_t n = utf8_decode(s, len, &code);

	if (n && code != '\\' && !utf8_is_invisible(code)) {
		memcpy(*d, s, n);
		*d += n;
		return n;
	}
	n = n ? n : 1;
	for (size_t i = 0; i < n; i++)
		*d = put_x2(*d, (uint8_t)s[i]);
	return n;
}

static void escape_rest(struct strbuf *b, const char *s, size_t len, size_t (*one)(char **d, const char *s, size_t len))
{
	for (size_t i = 0; i < len; ) {
		char *d = strbuf_room(b, 16);

		if (!d)
			return;
		i += one(&d, s + i, len - i);
		close_at(b, d);
	}
}

void strbuf_json(struct strbuf *b, const char *s, size_t len)
{
	char *d = len < SIZE_MAX / 4 ? strbuf_room(b, len + 2) : NULL;
	size_t plain;

	if (!d) {
		b->failed = true;
		return;
	}
	*d++ = '"';
	plain = strbuf_copy_plain(d, s, len, '"');
	d += plain;
	if (plain == len) {
		*d = '"';
		close_at(b, d + 1);
		return;
	}
	close_at(b, d);
	escape_rest(b, s + plain, len - plain, json_char);
	strbuf_putc(b, '"');
}

void strbuf_term(struct strbuf *b, const char *s, size_t len)
{
	char *d = len < SIZE_MAX / 4 ? strbuf_room(b, len) : NULL;
	size_t plain;

	if (!d) {
		b->failed = true;
		return;
	}
	plain = strbuf_copy_plain(d, s, len, '\\');
	close_at(b, d + plain);
	escape_rest(b, s + plain, len - plain, term_char);
}
