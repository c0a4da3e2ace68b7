/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "base/utf8.h"

#define LIT(s) s, sizeof(s) - 1

static void assert_json(const char *in, size_t len, const char *want)
{
	struct strbuf b = { 0 };
	char *exact = malloc(len ? len : 1);	/* so that the sanitizer sees a read past the end */

	memcpy(exact, in, len);
	strbuf_json(&b, exact, len);
	assert_false(b.failed);
	assert_string_equal(b.s, want);
	assert_int_equal(b.len, strlen(want));
	strbuf_free(&b);
	free(exact);
}

static void assert_term(const char *in, size_t len, const char *want)
{
	struct strbuf b = { 0 };

	strbuf_putc(&b, '<');
	strbuf_term(&b, in, len);
	assert_string_equal(b.s + 1, want);
	strbuf_free(&b);
}

static void numbers(void **state)
{
	static const struct { uint64_t v; const char *s; } u[] = {
		{ 0, "0" }, { 9, "9" }, { 10, "10" }, { 99, "99" }, { 100, "100" }, { 101, "101" }, { 999, "999" },
		{ 1000, "1000" }, { 65535, "65535" }, { 1234567890123, "1234567890123" },
		{ 9999999999999999999u, "9999999999999999999" }, { UINT64_MAX, "18446744073709551615" },
	};
	struct strbuf b = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(u) / sizeof(u[0]); i++) {
		strbuf_reset(&b);
		strbuf_putu(&b, u[i].v);
		assert_string_equal(b.s, u[i].s);
	}
	for (uint64_t v = 0; v < 20000; v += 7) {
		strbuf_reset(&b);
		strbuf_putu(&b, v);
		assert_int_equal(strtoull(b.s, NULL, 10), v);
	}
	strbuf_reset(&b);
	strbuf_puti(&b, -1);
	strbuf_puti(&b, 1);
	strbuf_puti(&b, INT64_MIN);
	strbuf_puti(&b, INT64_MAX);
	assert_string_equal(b.s, "-11-92233720368547758089223372036854775807");
	strbuf_free(&b);
}

static void plain_text(void **state)
{
	struct strbuf b = { 0 };

	(void)state;
	strbuf_puts(&b, "ab");
	strbuf_putc(&b, 'c');
	strbuf_add(&b, NULL, 0);
	strbuf_printf(&b, "%d-%s", 42, "x");
	strbuf_hex(&b, "\x00\x9f\xff", 3, true);
	strbuf_hex(&b, "\xab", 1, false);
	assert_string_equal(b.s, "abc42-x009FFFab");
	assert_int_equal(b.len, 15);
	strbuf_reset(&b);
	assert_int_equal(b.len, 0);
	for (int i = 0; i < 10000; i++)
		strbuf_add(&b, "0123456789", 10);
	assert_int_equal(b.len, 100000);
	assert_int_equal(strlen(b.s), 100000);
	strbuf_free(&b);
	assert_null(b.s);
}

static void json_plain(void **state)
{
	/* every length around the eight-byte steps */
	char in[40], want[43];

	(void)state;
	assert_json("", 0, "\"\"");
	for (size_t n = 0; n < sizeof(in); n++) {
		memset(in, '~', sizeof(in));
		memset(want, '~', sizeof(want));
		want[0] = want[n + 1] = '"';
		want[n + 2] = '\0';
		assert_json(in, n, want);
	}
	assert_json(LIT("example.com"), "\"example.com\"");
	assert_json(LIT("a/b <i>&'"), "\"a/b <i>&'\"");
}

/* Each byte that needs escaping, at each place of a longer text: the fast path must not miss one. */
static void json_every_byte_every_place(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++)
		for (size_t at = 0; at < 19; at++) {
			char in[19], want[64], *w = want;

			memset(in, 'a', sizeof(in));
			in[at] = (char)c;
			*w++ = '"';
			for (size_t i = 0; i < sizeof(in); i++) {
				if (i != at)
					*w++ = 'a';
				else if (c == '"' || c == '\\')
					w += sprintf(w, "\\%c", c);
				else if (c < 0x20 || c == 0x7f)
					w += sprintf(w, "\\u%04X", (unsigned int)c);
				else if (c > 0x7f)
					w += sprintf(w, "\\\\x%02X", (unsigned int)c);
				else
					*w++ = (char)c;
			}
			strcpy(w, "\"");
			assert_json(in, sizeof(in), want);
		}
}

static void json_utf8(void **state)
{
	(void)state;
	assert_json(LIT("b\xc3\xbc" "cher.example"), "\"b\xc3\xbc" "cher.example\"");
	assert_json(LIT("\xe4\xbe\x8b\xe3\x81\x88"), "\"\xe4\xbe\x8b\xe3\x81\x88\"");
	assert_json(LIT("\xf0\x9f\x94\x92"), "\"\xf0\x9f\x94\x92\"");
	assert_json(LIT("\xf4\x8f\xbf\xbd"), "\"\xf4\x8f\xbf\xbd\"");		/* U+10FFFD */
}

/* RFC 3629 section 4: each of these is no UTF-8, byte by byte. */
static void json_utf8_bad(void **state)
{
	(void)state;
	assert_json(LIT("\x80"), "\"\\\\x80\"");
	assert_json(LIT("\xc0\xaf"), "\"\\\\xC0\\\\xAF\"");
	assert_json(LIT("\xc1\xbf"), "\"\\\\xC1\\\\xBF\"");
	assert_json(LIT("\xe0\x9f\xbf"), "\"\\\\xE0\\\\x9F\\\\xBF\"");
	assert_json(LIT("\xed\xa0\x80"), "\"\\\\xED\\\\xA0\\\\x80\"");		/* a surrogate */
	assert_json(LIT("\xf0\x8f\xbf\xbf"), "\"\\\\xF0\\\\x8F\\\\xBF\\\\xBF\"");
	assert_json(LIT("\xf4\x90\x80\x80"), "\"\\\\xF4\\\\x90\\\\x80\\\\x80\"");
	assert_json(LIT("\xf5\x80"), "\"\\\\xF5\\\\x80\"");
	assert_json(LIT("a\xc3"), "\"a\\\\xC3\"");				/* cut short */
	assert_json(LIT("\xe4\xbe"), "\"\\\\xE4\\\\xBE\"");
	assert_json(LIT("\xf0\x9f\x94"), "\"\\\\xF0\\\\x9F\\\\x94\"");
	assert_json(LIT("\xe4\xbe" "a"), "\"\\\\xE4\\\\xBE" "a\"");
	assert_json(LIT("\xc3\xc3\xbc"), "\"\\\\xC3\xc3\xbc\"");		/* goes on at the next character */
}

static void json_invisible(void **state)
{
	(void)state;
	assert_json(LIT("a\0b"), "\"a\\u0000b\"");
	assert_json(LIT("\n\t\x1b[31m"), "\"\\u000A\\u0009\\u001B[31m\"");
	assert_json(LIT("\xc2\x9b" "31m"), "\"\\u009B31m\"");			/* C1: CSI */
	assert_json(LIT("moc.\xe2\x80\xae" "x"), "\"moc.\\u202Ex\"");		/* right-to-left override */
	assert_json(LIT("\xe2\x81\xa6\xe2\x81\xa9"), "\"\\u2066\\u2069\"");	/* isolates */
	assert_json(LIT("\xe2\x80\x8b\xe2\x80\x8f\xef\xbb\xbf"), "\"\\u200B\\u200F\\uFEFF\"");
	assert_json(LIT("\xe2\x80\xa8\xe2\x80\xa9"), "\"\\u2028\\u2029\"");
	assert_json(LIT("\xc2\xad"), "\"\\u00AD\"");
	assert_json(LIT("\xf3\xa0\x81\x81"), "\"\\uDB40\\uDC41\"");		/* tag A, as a surrogate pair */
	assert_json(LIT("\xef\xbf\xbf\xf0\x9f\xbf\xbe"), "\"\\uFFFF\\uD83F\\uDFFE\"");
}

static void term(void **state)
{
	(void)state;
	assert_term("", 0, "");
	assert_term(LIT("example.com:443"), "example.com:443");
	assert_term(LIT("say \"hi\""), "say \"hi\"");
	assert_term(LIT("b\xc3\xbc" "cher"), "b\xc3\xbc" "cher");
	assert_term(LIT("\xf0\x9f\x94\x92"), "\xf0\x9f\x94\x92");
}

static void term_bad(void **state)
{
	(void)state;
	assert_term(LIT("a\\x41"), "a\\x5Cx41");
	assert_term(LIT("\x1b]0;owned\x07"), "\\x1B]0;owned\\x07");
	assert_term(LIT("aaaaaaaaaaaa\r\n\x7f"), "aaaaaaaaaaaa\\x0D\\x0A\\x7F");
	assert_term(LIT("\xc2\x9b"), "\\xC2\\x9B");
	assert_term(LIT("\xe2\x80\xae"), "\\xE2\\x80\\xAE");
	assert_term(LIT("\xff\xc3"), "\\xFF\\xC3");
	assert_term(LIT("a\0b"), "a\\x00b");
}

static void out_of_memory(void **state)
{
	struct strbuf b = { 0 };

	(void)state;
	strbuf_puts(&b, "kept");
	assert_null(strbuf_room(&b, SIZE_MAX / 2));
	assert_true(b.failed);
	strbuf_puts(&b, "dropped");
	strbuf_putu(&b, 1);
	strbuf_json(&b, LIT("dropped"));
	strbuf_term(&b, LIT("dropped"));
	strbuf_printf(&b, "%d", 1);
	assert_string_equal(b.s, "kept");
	strbuf_reset(&b);
	strbuf_hex(&b, "", SIZE_MAX / 2, true);
	assert_true(b.failed);
	strbuf_free(&b);
}

static void widths(void **state)
{
	(void)state;
	assert_int_equal(utf8_width(LIT("abc")), 3);
	assert_int_equal(utf8_width(LIT("e\xcc\x81")), 1);			/* e and a combining acute */
	assert_int_equal(utf8_width(LIT("\xe4\xbe\x8b")), 2);
	assert_int_equal(utf8_width(LIT("\xf0\x9f\x94\x92")), 2);
	assert_int_equal(utf8_width(LIT("\xe2\x80\xa6")), 1);			/* the ellipsis */
	assert_int_equal(utf8_width(LIT("\xff")), 1);
	assert_int_equal(utf8_fit(LIT("abc"), 2), 2);
	assert_int_equal(utf8_fit(LIT("abc"), 9), 3);
	assert_int_equal(utf8_fit(LIT("\xe4\xbe\x8b\xe4\xbe\x8b"), 3), 3);
	assert_int_equal(utf8_fit(LIT("e\xcc\x81" "f"), 1), 3);
	assert_int_equal(utf8_fit_end(LIT("abc"), 2), 2);
	assert_int_equal(utf8_fit_end(LIT("abc"), 3), 3);
	assert_int_equal(utf8_fit_end(LIT("abc"), 0), 0);
	assert_int_equal(utf8_fit_end(LIT("e\xcc\x81" "f"), 1), 1);
	assert_int_equal(utf8_fit_end(LIT("a\xe4\xbe\x8b"), 2), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(plain_text),
		cmocka_unit_test(json_plain),
		cmocka_unit_test(json_every_byte_every_place),
		cmocka_unit_test(json_utf8),
		cmocka_unit_test(json_utf8_bad),
		cmocka_unit_test(json_invisible),
		cmocka_unit_test(term),
		cmocka_unit_test(term_bad),
		cmocka_unit_test(out_of_memory),
		cmocka_unit_test(widths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
