/* SPDX-License-Identifier: BSD-2-Clause */
/* Compressed certificates, RFC 8879. */
#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

#include "unit/tls_opened.h"

enum { ZLIB = 1, BROTLI = 2, ZSTD = 3 };

static size_t pack(uint16_t algorithm, const uint8_t *p, size_t n, uint8_t *out, size_t size)
{
	uLongf len = size;

	if (algorithm == BROTLI)
		assert_true(BrotliEncoderCompress(5, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC, n, p, &len, out));
	else if (algorithm == ZSTD)
		assert_false(ZSTD_isError(len = ZSTD_compress(out, size, p, n, 3)));
	else
		assert_int_equal(compress(out, &len, p, n), Z_OK);
	return len;
}

struct packed {
	uint16_t algorithm;
	uint32_t claimed;		/* 0: the true length */
	uint32_t cut;			/* bytes of its end that are missing */
	uint32_t certs;
	bool unreadable, truncated;
};

static void put_compressed(struct build *b, const struct packed *c)
{
	struct build *plain = build_new();
	uint8_t packed[4096];
	size_t n;

	put_certificate_13(plain);
	n = pack(c->algorithm, plain->p + 4, plain->n - 4, packed, sizeof(packed));
	b->n = 0;
	put_message(b, 25);
	put(b, c->algorithm, 2);
	put(b, c->claimed ? c->claimed : plain->n - 4, 3);
	put_vec(b, 3, packed, n - c->cut);
	put_close(b);
	free(plain);
}

static void check(const struct packed *c)
{
	struct build *b = build_new();
	struct parse p;

	begin_conn(&p, 0x0304, 0x1301);
	put_compressed(b, c);
	hand_on(&p, 1, b, true);
	assert_true(p.hs->certificate[TLS_SERVER].seen);
	assert_true(p.hs->certificate[TLS_SERVER].compressed);
	assert_int_equal(p.hs->certificate[TLS_SERVER].compression, c->algorithm);
	assert_int_equal(p.cert_cnt[TLS_SERVER], c->certs);
	assert_int_equal(p.hs->certificate[TLS_SERVER].unreadable, c->unreadable);
	assert_int_equal(p.hs->certificate[TLS_SERVER].truncated, c->truncated);
	parse_free(&p);
	free(b);
}

static void test_each(void **state)
{
	(void)state;
	for (uint16_t algorithm = ZLIB; algorithm <= ZSTD; algorithm++)
		check(&(struct packed){ .algorithm = algorithm, .certs = 2 });
	check(&(struct packed){ .algorithm = 4, .unreadable = true });
	check(&(struct packed){ .algorithm = 0x4001, .unreadable = true });
}

/* RFC 8879 section 4: what comes out must have the length that was said; a bomb comes to nothing. */
static void test_bad(void **state)
{
	static const struct packed cases[] = {
		{ .claimed = 20 },
		{ .claimed = 5000 },
		{ .claimed = 0xffffff },
		{ .claimed = 131000 },
		{ .cut = 1 },
		{ .cut = 8 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (uint16_t algorithm = ZLIB; algorithm <= ZSTD; algorithm++) {
			struct packed c = cases[i];

			c.algorithm = algorithm;
			c.truncated = true;
			check(&c);
		}
}

/* Zeros by the megabyte, said to be few. */
static void test_bomb(void **state)
{
	struct build *b = build_new();
	uint8_t *zeros = calloc(1, 8 << 20), *packed = malloc(65536);

	(void)state;
	assert_true(zeros && packed);
	for (uint16_t algorithm = ZLIB; algorithm <= ZSTD; algorithm++) {
		size_t n = pack(algorithm, zeros, 8 << 20, packed, 65536);
		struct parse p;

		begin_conn(&p, 0x0304, 0x1301);
		b->n = 0;
		put_message(b, 25);
		put(b, algorithm, 2);
		put(b, 131072, 3);
		put_vec(b, 3, packed, n);
		put_close(b);
		hand_on(&p, 1, b, true);
		assert_true(p.hs->certificate[TLS_SERVER].truncated);
		assert_int_equal(p.cert_cnt[TLS_SERVER], 0);
		assert_true(p.arena.used < 160000);
		parse_free(&p);
	}
	free(packed);
	free(zeros);
	free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_bomb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
