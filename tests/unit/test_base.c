/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/table.h"

static void test_arena(void **state)
{
	struct arena a;
	char *s;

	(void)state;
	arena_init(&a, 20000);
	for (int i = 0; i < 100; i++) {
		unsigned char *p = arena_alloc(&a, 33);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 16, 0);
		for (int k = 0; k < 33; k++)
			assert_int_equal(p[k], 0);
		memset(p, 0xff, 33);
	}
	s = arena_printf(&a, "%s %d", "x", 5);
	assert_string_equal(s, "x 5");
	s = arena_printf(&a, "%600s", "right");
	assert_int_equal(strlen(s), 600);
	assert_non_null(arena_dup(&a, NULL, 0));
	assert_string_equal(arena_strndup(&a, "abcdef", 3), "abc");
	arena_free(&a);
	assert_int_equal(a.used, 0);
}

/* Large pieces between small ones: nothing overlaps, and the room beside them is used. */
static void test_arena_pieces(void **state)
{
	unsigned char *p[200];
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	assert_true(arena_reserve(&a, 100));
	assert_true(a.used < 200);
	for (int i = 0; i < 200; i++) {
		size_t len = i % 10 == 5 ? 9000 : 40;

		p[i] = arena_alloc(&a, len);
		assert_non_null(p[i]);
		for (size_t k = 0; k < len; k++)
			assert_int_equal(p[i][k], 0);
		memset(p[i], i, len);
	}
	for (int i = 0; i < 200; i++)
		assert_true(p[i][0] == (unsigned char)i && p[i][39] == (unsigned char)i);
	assert_true(a.used < 20 * 9000 + 6 * 4096);
	assert_false(arena_reserve(&a, 1 << 20));
	arena_free(&a);
	assert_int_equal(a.used, 0);
	/* What was used before comes back zeroed. */
	for (size_t k = 0; k < 3000; k++)
		assert_int_equal(((unsigned char *)arena_alloc(&a, 16))[k % 16], 0);
	arena_free(&a);
}

static void test_arena_bad(void **state)
{
	struct arena a;
	size_t n = 0;

	(void)state;
	arena_init(&a, 10000);
	assert_null(arena_alloc(&a, 10001));
	assert_null(arena_alloc(&a, SIZE_MAX));
	assert_null(arena_alloc(&a, SIZE_MAX - 8));
	while (arena_alloc(&a, 100))
		n++;
	assert_in_range(n, 60, 100);
	arena_free(&a);
	assert_non_null(arena_alloc(&a, 100));
	arena_free(&a);
}

struct entry {
	struct table_node node;
	uint32_t key;
};

static struct entry *entry_of(struct table_node *n)
{
	return n ? container_of_node(n, struct entry, node) : NULL;
}

static void test_table(void **state)
{
	enum { CNT = 5000 };
	struct entry *entries = calloc(CNT, sizeof(*entries));
	struct table *t = table_new();
	uint32_t missing = CNT;

	(void)state;
	for (uint32_t i = 0; i < CNT; i++) {
		entries[i].key = i;
		entries[i].node.key = &entries[i].key;
		entries[i].node.key_len = sizeof(uint32_t);
		table_insert(t, &entries[i].node);
	}
	assert_int_equal(table_count(t), CNT);
	for (uint32_t i = 0; i < CNT; i++)
		assert_ptr_equal(entry_of(table_find(t, &i, sizeof(i))), &entries[i]);
	assert_null(table_find(t, &missing, sizeof(missing)));
	assert_null(table_find(t, &missing, 3));
	assert_ptr_equal(entry_of(table_oldest(t)), &entries[0]);
	table_touch(t, &entries[0].node);
	assert_ptr_equal(entry_of(table_oldest(t)), &entries[1]);
	table_remove(t, &entries[1].node);
	assert_ptr_equal(entry_of(table_oldest(t)), &entries[2]);
	assert_null(table_find(t, &entries[1].key, sizeof(uint32_t)));
	table_remove(t, &entries[1].node);		/* not there any more: nothing happens */
	assert_int_equal(table_count(t), CNT - 1);
	for (uint32_t i = 2; i < CNT; i++)
		table_remove(t, &entries[i].node);
	table_remove(t, &entries[0].node);
	assert_int_equal(table_count(t), 0);
	assert_null(table_oldest(t));
	table_free(t);
	free(entries);
}

static void test_iso_agrees_with_gmtime(void **state)
{
	static const int64_t times[] = { 0, 1, 86399, 86400, 951782399, 951782400, 951868800, 1709164800, 1795460467, 4102444800,
					 -1, -86400, -86401, -2208988800, 253402300799 };

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		char got[CLOCK_ISO_LEN], want[64];
		time_t t = (time_t)times[i];
		struct tm tm;

		gmtime_r(&t, &tm);
		strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%SZ", &tm);
		assert_string_equal(clock_iso_seconds(times[i], got), want);
	}
}

static void test_iso_microseconds(void **state)
{
	char got[CLOCK_ISO_LEN];

	(void)state;
	assert_string_equal(clock_iso(1795435267ULL * NS_PER_S + 123456789, got), "2026-11-23T12:01:07.123456Z");
}

static void test_clock_offset(void **state)
{
	int64_t offset = clock_real_offset_ns();
	uint64_t real = clock_real_ns(), made = clock_monotonic_ns() + (uint64_t)offset;
	int64_t apart = (int64_t)(made - real);

	(void)state;
	assert_true(llabs(apart) < (int64_t)NS_PER_S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arena),
		cmocka_unit_test(test_arena_pieces),
		cmocka_unit_test(test_arena_bad),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_iso_agrees_with_gmtime),
		cmocka_unit_test(test_iso_microseconds),
		cmocka_unit_test(test_clock_offset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
