/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/utf8.h"

struct range {
	uint32_t first, last;
};

/* In order. Unicode 15: general category Cf and the other default-ignorable characters, line and paragraph
 * separator, noncharacters of the first plane. */
static const struct range invisible[] = {
	{ 0x0000, 0x001f }, { 0x007f, 0x009f }, { 0x00ad, 0x00ad }, { 0x034f, 0x034f }, { 0x0600, 0x0605 },
	{ 0x061c, 0x061c }, { 0x06dd, 0x06dd }, { 0x070f, 0x070f }, { 0x115f, 0x1160 }, { 0x17b4, 0x17b5 },
	{ 0x180b, 0x180f }, { 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0x3164, 0x3164 },
	{ 0xfdd0, 0xfdef }, { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb },
	{ 0xfffe, 0xffff }, { 0x110bd, 0x110bd }, { 0x110cd, 0x110cd }, { 0x13430, 0x1343f }, { 0x1bca0, 0x1bca3 },
	{ 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
};

/* In order. The common combining blocks; the marks of single scripts count as one column, which at worst leaves
 * a cell short. */
static const struct range combining[] = {
	{ 0x0300, 0x036f }, { 0x0483, 0x0489 }, { 0x0591, 0x05bd }, { 0x064b, 0x065f }, { 0x0e34, 0x0e3a },
	{ 0x0e47, 0x0e4e }, { 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff }, { 0x20d0, 0x20ff }, { 0x302a, 0x302f },
	{ 0x3099, 0x309a }, { 0xfe20, 0xfe2f },
};

/* In order. East Asian Width W and F (Unicode Standard Annex 11), as blocks. */
static const struct range wide[] = {
	{ 0x1100, 0x115f }, { 0x231a, 0x231b }, { 0x2329, 0x232a }, { 0x23e9, 0x23ec }, { 0x2e80, 0x303e },
	{ 0x3041, 0x4dbf }, { 0x4e00, 0xa4cf }, { 0xa960, 0xa97c }, { 0xac00, 0xd7a3 }, { 0xf900, 0xfaff },
	{ 0xfe10, 0xfe19 }, { 0xfe30, 0xfe6f }, { 0xff00, 0xff60 }, { 0xffe0, 0xffe6 }, { 0x16fe0, 0x18cff },
	{ 0x1b000, 0x1b2ff }, { 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff }, { 0x1f900, 0x1f9ff }, { 0x20000, 0x3fffd },
};

static bool in_ranges(const struct range *r, size_t n, uint32_t code)
{
	while (n) {
		size_t half = n / 2;

		if (code > r[half].last) {
			r += half + 1;
			n -= half + 1;
		} else if (code < r[half].first) {
			n = half;
		} else {
			return true;
		}
	}
	return false;
}

#define IN(table, code) in_ranges(table, sizeof(table) / sizeof(table[0]), code)

/* RFC 3629 section 4: what the first byte allows as the second, which keeps overlong forms (E0, F0), surrogates
 * (ED) and what is above U+10FFFF (F4) out. */
static bool second_ok(uint8_t first, uint8_t second)
{
	switch (first) {
	case 0xe0: return second >= 0xa0 && second <= 0xbf;
	case 0xed: return second >= 0x80 && second <= 0x9f;
	case 0xf0: return second >= 0x90 && second <= 0xbf;
	case 0xf4: return second >= 0x80 && second <= 0x8f;
	default: return second >= 0x80 && second <= 0xbf;
	}
}

size_t utf8_decode(const char *p, size_t len, uint32_t *code)
{
	const uint8_t *u = (const uint8_t *)p;
	size_t n;

	if (!len)
		return 0;
	if (u[0] < 0x80) {
		*code = u[0];
		return 1;
	}
	if (u[0] < 0xc2 || u[0] > 0xf4)		/* C0 and C1 begin only overlong forms */
		return 0;
	n = u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;
	if (n > len || !second_ok(u[0], u[1]))
		return 0;
	*code = u[0] & (0x7f >> n);
	for (size_t i = 1; i < n; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (u[i] & 0x3f);
	}
	return n;
}

bool utf8_is_invisible(uint32_t code)
{
	return IN(invisible, code) || (code & 0xfffe) == 0xfffe;
}

int utf8_columns(uint32_t code)
{
	if (code < 0x300)
		return 1;
	return IN(combining, code) ? 0 : IN(wide, code) ? 2 : 1;
}

/* A byte that begins no character is one by itself. */
static size_t step(const char *s, size_t len, size_t *columns)
{
	uint32_t code;
	size_t n = utf8_decode(s, len, &code);

	*columns = n ? (size_t)utf8_columns(code) : 1;
	return n ? n : 1;
}

size_t utf8_width(const char *s, size_t len)
{
	size_t width = 0, columns;

	for (size_t i = 0; i < len; width += columns)
		i += step(s + i, len - i, &columns);
	return width;
}

size_t utf8_fit(const char *s, size_t len, size_t columns)
{
	size_t i = 0, used = 0;

	while (i < len) {
		size_t w, n = step(s + i, len - i, &w);

		if (used + w > columns)
			break;
		used += w;
		i += n;
	}
	return i;
}

size_t utf8_fit_end(const char *s, size_t len, size_t columns)
{
	size_t width = utf8_width(s, len), i = 0;

	/* Drops from the front until the rest fits; then the marks that have lost their base. */
	while (i < len) {
		size_t w, n = step(s + i, len - i, &w);

		if (width <= columns && (w || i == 0))
			break;
		width -= w;
		i += n;
	}
	return len - i;
}
