/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "tls/pieces.h"

#define UNUSED __attribute__((unused))
#define LIMIT 10000

static uint8_t text[LIMIT];
static struct arena arena;
static struct tls_pieces pieces;

static int setup(void **state UNUSED)
{
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 31 + i / 256);
	arena_init(&arena, 1 << 20);
	pieces = (struct tls_pieces){ 0 };
	return 0;
}

static int teardown(void **state UNUSED)
{
	arena_free(&arena);
	return 0;
}

static bool add(uint32_t from, uint32_t to)
{
	return tls_pieces_add(&pieces, &arena, from, reader_of(text + from, to - from), LIMIT);
}

static void test_order(void **state UNUSED)
{
	assert_int_equal(tls_pieces_ready(&pieces), 0);
	assert_true(add(0, 10));
	assert_int_equal(tls_pieces_ready(&pieces), 10);
	assert_true(add(20, 30));
	assert_int_equal(tls_pieces_ready(&pieces), 10);
	assert_int_equal(pieces.n, 2);
	assert_true(add(10, 20));
	assert_int_equal(tls_pieces_ready(&pieces), 30);
	assert_int_equal(pieces.n, 1);
	assert_memory_equal(pieces.buf, text, 30);
}

static void test_overlap(void **state UNUSED)
{
	assert_true(add(50, 60) && add(70, 80) && add(30, 40));
	assert_int_equal(pieces.n, 3);
	assert_true(add(35, 75));
	assert_int_equal(pieces.n, 1);
	assert_true(add(50, 55) && add(30, 80));
	assert_int_equal(pieces.n, 1);
	assert_int_equal(tls_pieces_ready(&pieces), 0);
	assert_true(add(0, 31));
	assert_int_equal(tls_pieces_ready(&pieces), 80);
	assert_memory_equal(pieces.buf, text, 80);
}

/* Any order of any cuts gives the same. */
static void test_random(void **state UNUSED)
{
	srand(1);
	for (int round = 0; round < 200; round++) {
		uint32_t len = 1 + (uint32_t)rand() % (LIMIT - 1);

		tls_pieces_reset(&pieces);
		for (int i = 0; i < 20; i++) {
			uint32_t from = (uint32_t)rand() % len, to = from + (uint32_t)rand() % (len - from + 1);

			assert_true(add(from, to));
		}
		for (uint32_t at = 0; at < len; at += 997)
			assert_true(add(at, at + 997 < len ? at + 997 : len));
		assert_int_equal(tls_pieces_ready(&pieces), len);
		assert_memory_equal(pieces.buf, text, len);
	}
}

static void test_bounds(void **state UNUSED)
{
	assert_true(add(LIMIT, LIMIT));
	assert_int_equal(pieces.n, 0);
	assert_false(tls_pieces_add(&pieces, &arena, LIMIT, reader_of(text, 1), LIMIT));
	assert_false(tls_pieces_add(&pieces, &arena, UINT32_MAX, reader_of(text, 1), LIMIT));
	assert_false(tls_pieces_add(&pieces, &arena, 1, reader_of(text, LIMIT), LIMIT));
	assert_false(tls_pieces_add(&pieces, &arena, 1, reader_of(text, SIZE_MAX), LIMIT));
	assert_true(tls_pieces_add(&pieces, &arena, 0, reader_of(text, LIMIT), LIMIT));
	assert_int_equal(pieces.cap, LIMIT);
}

static void test_holes(void **state UNUSED)
{
	for (uint32_t i = 0; i < TLS_PIECES_MAX; i++)
		assert_true(add(10 + 2 * i, 11 + 2 * i));
	assert_int_equal(pieces.n, TLS_PIECES_MAX);
	assert_false(add(0, 1));
	assert_false(add(10 + 2 * TLS_PIECES_MAX, 11 + 2 * TLS_PIECES_MAX));
	assert_true(add(11, 12));		/* fills one */
	assert_int_equal(pieces.n, TLS_PIECES_MAX - 1);
	assert_true(add(0, 1));
}

static void test_no_memory(void **state UNUSED)
{
	struct arena small;

	arena_init(&small, 100);
	assert_false(tls_pieces_add(&pieces, &small, 0, reader_of(text, 10), LIMIT));
	assert_int_equal(pieces.n, 0);
	arena_free(&small);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_order), TEST(test_overlap), TEST(test_random),
		TEST(test_bounds), TEST(test_holes), TEST(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
