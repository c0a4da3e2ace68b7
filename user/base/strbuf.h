/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A growing string, and the two ways in which untrusted bytes may enter one: escaped for JSON
 * (RFC 8259 section 7) or escaped for a terminal. A failed allocation sets `failed` and drops what
 * follows: check once, at the end.
 */
#ifndef HSMON_BASE_STRBUF_H
#define HSMON_BASE_STRBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct strbuf {
	char *s;		/* NUL-terminated when len > 0 */
	size_t len, cap;
	bool failed;
};

void strbuf_free(struct strbuf *b);
static inline void strbuf_reset(struct strbuf *b)
{
	b->len = 0;
	b->failed = false;
}
char *strbuf_grow(struct strbuf *b, size_t len);
/* Room for len more bytes and a NUL: where to write them (then add to b->len), or NULL when failed. */
static inline char *strbuf_room(struct strbuf *b, size_t len)
{
	if (len < b->cap - b->len && !b->failed)
		return b->s + b->len;
	return strbuf_grow(b, len);
}
void strbuf_add(struct strbuf *b, const void *p, size_t len);
void strbuf_puts(struct strbuf *b, const char *s);
static inline void strbuf_putc(struct strbuf *b, char c)
{
	char *d = strbuf_room(b, 1);

	if (!d)
		return;
	d[0] = c;
	d[1] = '\0';
	b->len++;
}
/* Decimal digits from d on; behind the last one. No more than so many, and no NUL. */
#define STRBUF_DIGITS_MAX 20
char *strbuf_digits(char *d, uint64_t v);
void strbuf_putu(struct strbuf *b, uint64_t v);
void strbuf_puti(struct strbuf *b, int64_t v);
void strbuf_printf(struct strbuf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* "AB01..": upper-case hex, or lower-case. */
void strbuf_hex(struct strbuf *b, const void *p, size_t len, bool upper);

/* A JSON string with its quotes. Bytes that are not UTF-8 (RFC 3629) come out as the four characters \xNN, in
 * JSON as "\\xNN"; control characters (C0, DEL, C1), bidirectional overrides and isolates and other invisible
 * formatting as \uNNNN, so that the line is harmless on a terminal too. */
void strbuf_json(struct strbuf *b, const char *s, size_t len);

/* Copies up to the first byte that is not printable ASCII, or is quote or backslash; how many those are. d has room for all. */
size_t strbuf_copy_plain(char *d, const char *s, size_t len, char quote);

/* For a terminal: printable UTF-8 as it is; control characters, bidi controls, malformed UTF-8 and the backslash as \xNN. */
void strbuf_term(struct strbuf *b, const char *s, size_t len);

#endif
