/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one reader of untrusted bytes: a slice that only shrinks. Every read checks its bounds in
 * reader_take() and nowhere else; a read that fails leaves the reader as it was and returns false.
 * Slices handed out borrow the bytes of the slice they were cut from.
 */
#ifndef HSMON_WIRE_READER_H
#define HSMON_WIRE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader {
	const uint8_t *p;
	size_t len;
};

#define READER_MUST_CHECK __attribute__((warn_unused_result))

static inline struct reader reader_of(const void *p, size_t len)
{
	return (struct reader){ .p = p, .len = len };
}

/* The only bounds check. */
READER_MUST_CHECK static inline bool reader_take(struct reader *r, size_t n, struct reader *out)
{
	if (n > r->len)
		return false;
	*out = reader_of(r->p, n);
	r->p += n;
	r->len -= n;
	return true;
}

READER_MUST_CHECK static inline bool reader_skip(struct reader *r, size_t n)
{
	struct reader ignored;

	return reader_take(r, n, &ignored);
}

/* An unsigned big-endian number of n bytes, n <= 8. */
READER_MUST_CHECK static inline bool reader_uint(struct reader *r, size_t n, uint64_t *out)
{
	struct reader bytes;
	uint64_t v = 0;

	if (!reader_take(r, n, &bytes))
		return false;
	for (size_t i = 0; i < n; i++)
		v = v << 8 | bytes.p[i];
	*out = v;
	return true;
}

#define READER_UINT(bits, bytes, type)                                                                        \
	READER_MUST_CHECK static inline bool reader_u##bits(struct reader *r, type *out)                       \
	{                                                                                                      \
		uint64_t v;                                                                                    \
		if (!reader_uint(r, bytes, &v))                                                                \
			return false;                                                                          \
		*out = (type)v;                                                                                \
		return true;                                                                                   \
	}
READER_UINT(8, 1, uint8_t)
READER_UINT(16, 2, uint16_t)
READER_UINT(24, 3, uint32_t)
READER_UINT(32, 4, uint32_t)
READER_UINT(64, 8, uint64_t)
#undef READER_UINT

/* A vector with a length prefix of n bytes (RFC 8446 section 3.4). */
READER_MUST_CHECK static inline bool reader_prefixed(struct reader *r, size_t n, struct reader *out)
{
	struct reader save = *r;
	uint64_t len;

	if (reader_uint(r, n, &len) && len <= r->len && reader_take(r, (size_t)len, out))
		return true;
	*r = save;
	return false;
}

READER_MUST_CHECK static inline bool reader_vec8(struct reader *r, struct reader *out)
{
	return reader_prefixed(r, 1, out);
}

READER_MUST_CHECK static inline bool reader_vec16(struct reader *r, struct reader *out)
{
	return reader_prefixed(r, 2, out);
}

READER_MUST_CHECK static inline bool reader_vec24(struct reader *r, struct reader *out)
{
	return reader_prefixed(r, 3, out);
}

static inline bool reader_empty(const struct reader *r)
{
	return r->len == 0;
}

#endif
