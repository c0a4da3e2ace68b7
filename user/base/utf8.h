/* SPDX-License-Identifier: BSD-2-Clause */
/* UTF-8 (RFC 3629) one character at a time, and what a terminal makes of it. */
#ifndef HSMON_BASE_UTF8_H
#define HSMON_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length of the character at p, 1 to 4, and its code point; 0 when there is none: malformed, overlong, a
 * surrogate, above U+10FFFF, cut short. */
size_t utf8_decode(const char *p, size_t len, uint32_t *code);
/* Controls (C0, DEL, C1), bidirectional and other invisible formatting, noncharacters: nothing a reader could see
 * but something a terminal or an eye could be fooled with. */
bool utf8_is_invisible(uint32_t code);
/* Columns on a terminal: 0 for a combining mark, 2 for a wide (East Asian) character, else 1. */
int utf8_columns(uint32_t code);
/* Columns of a whole text; a byte that is not UTF-8 counts as one. */
size_t utf8_width(const char *s, size_t len);
/* How many bytes of the text fit into that many columns, a combining mark staying with what it belongs to. */
size_t utf8_fit(const char *s, size_t len, size_t columns);
/* How many bytes at the end of the text fit. */
size_t utf8_fit_end(const char *s, size_t len, size_t columns);

#endif
