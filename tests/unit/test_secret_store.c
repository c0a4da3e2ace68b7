/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "tls/secret_store.h"

#define UNUSED __attribute__((unused))
#define CLIENT SECRET_CLIENT_HANDSHAKE_TRAFFIC
#define SERVER SECRET_SERVER_HANDSHAKE_TRAFFIC

static const struct secret_source logged = { SECRET_FROM_KEYLOG, 0 }, tapped = { SECRET_FROM_PROCESS, 4711 };

/* A key or secret that is told apart by its number. */
static const uint8_t *bytes(unsigned int n)
{
	static uint8_t ring[8][SECRET_MAX_LEN];
	static unsigned int next;
	uint8_t *b = ring[next++ % 8];

	for (unsigned int i = 0; i < SECRET_MAX_LEN; i++)
		b[i] = (uint8_t)(n >> 8 * (i % 4)) ^ (uint8_t)(i / 4);
	return b;
}

static struct secret_store *store_of(size_t max, uint64_t lifetime_ns)
{
	struct secret_store *s = secret_store_new(&(struct secret_store_settings){ .max = max, .lifetime_ns = lifetime_ns });

	assert_non_null(s);
	return s;
}

static int add(struct secret_store *s, enum secret_label label, unsigned int key, unsigned int secret)
{
	return secret_store_add_random(s, label, bytes(key), bytes(secret), 32, logged);
}

static bool has(struct secret_store *s, enum secret_label label, unsigned int key, unsigned int secret)
{
	const struct secret *f = secret_store_find_random(s, label, bytes(key));

	return f && f->len == 32 && !memcmp(f->bytes, bytes(secret), 32);
}

static void test_by_random(void **state UNUSED)
{
	struct secret_store *s = store_of(4, 0);

	assert_null(secret_store_find_random(s, CLIENT, bytes(1)));
	assert_int_equal(add(s, CLIENT, 1, 100), 0);
	assert_true(has(s, CLIENT, 1, 100));
	assert_null(secret_store_find_random(s, SERVER, bytes(1)));
	assert_int_equal(add(s, SERVER, 1, 101), 0);
	assert_true(has(s, CLIENT, 1, 100) && has(s, SERVER, 1, 101));
	assert_int_equal(secret_store_count(s), 1);
	assert_int_equal(secret_store_find_random(s, CLIENT, bytes(1))->source.origin, SECRET_FROM_KEYLOG);
	/* A random is not a transcript hash. */
	assert_null(secret_store_find_transcript(s, CLIENT, bytes(1), 32));
	secret_store_free(s);
}

static void test_by_transcript(void **state UNUSED)
{
	struct secret_store *s = store_of(4, 0);
	const struct secret *f;

	assert_int_equal(secret_store_add_transcript(s, CLIENT, bytes(1), 48, bytes(7), 48, tapped), 0);
	assert_int_equal(secret_store_add_transcript(s, CLIENT, bytes(1), 32, bytes(8), 32, tapped), 0);
	f = secret_store_find_transcript(s, CLIENT, bytes(1), 48);
	assert_non_null(f);
	assert_int_equal(f->len, 48);
	assert_memory_equal(f->bytes, bytes(7), 48);
	assert_int_equal(f->source.origin, SECRET_FROM_PROCESS);
	assert_int_equal(f->source.pid, 4711);
	f = secret_store_find_transcript(s, CLIENT, bytes(1), 32);
	assert_memory_equal(f->bytes, bytes(8), 32);
	assert_null(secret_store_find_random(s, CLIENT, bytes(1)));
	assert_null(secret_store_find_transcript(s, CLIENT, bytes(1), 31));
	assert_null(secret_store_find_transcript(s, CLIENT, bytes(1), 4096));
	secret_store_forget_transcript(s, bytes(1), 48);
	assert_null(secret_store_find_transcript(s, CLIENT, bytes(1), 48));
	assert_non_null(secret_store_find_transcript(s, CLIENT, bytes(1), 32));
	secret_store_free(s);
}

static void test_refuses_bad(void **state UNUSED)
{
	struct secret_store *s = store_of(4, 0);

	for (size_t len = 0; len <= 64; len++)
		assert_int_equal(secret_store_add_random(s, CLIENT, bytes(1), bytes(2), len, logged),
				 len == 32 || len == 48 ? 0 : -EINVAL);
	for (size_t len = 0; len <= 64; len++)
		assert_int_equal(secret_store_add_transcript(s, CLIENT, bytes(1), len, bytes(2), 32, tapped),
				 len == 32 ? 0 : -EINVAL);
	assert_int_equal(secret_store_add_random(s, (enum secret_label)2, bytes(9), bytes(2), 32, logged), -EINVAL);
	assert_int_equal(secret_store_add_random(s, (enum secret_label)-1, bytes(9), bytes(2), 32, logged), -EINVAL);
	assert_int_equal(secret_store_stats(s)->refused, 63 + 64 + 2);
	assert_int_equal(secret_store_stats(s)->added, 3);
	assert_int_equal(secret_store_count(s), 2);
	secret_store_free(s);
	assert_null(secret_store_new(&(struct secret_store_settings){ .max = 0 }));
	assert_null(secret_store_new(&(struct secret_store_settings){ .max = SIZE_MAX / 64 }));
}

static void test_replaces(void **state UNUSED)
{
	struct secret_store *s = store_of(4, 0);
	const struct secret *f;

	secret_store_add_random(s, CLIENT, bytes(1), bytes(10), 48, logged);
	secret_store_add_random(s, CLIENT, bytes(1), bytes(11), 32, tapped);
	f = secret_store_find_random(s, CLIENT, bytes(1));
	assert_int_equal(f->len, 32);
	assert_int_equal(f->source.pid, 4711);
	/* Nothing of the longer one is left. */
	for (size_t i = 32; i < SECRET_MAX_LEN; i++)
		assert_int_equal(f->bytes[i], 0);
	secret_store_free(s);
}

static void test_evicts_the_oldest(void **state UNUSED)
{
	struct secret_store *s = store_of(3, 0);

	for (unsigned int i = 0; i < 3; i++)
		add(s, CLIENT, i, 100 + i);
	/* The server's makes it the newest. */
	add(s, SERVER, 0, 200);
	add(s, CLIENT, 3, 103);
	assert_int_equal(secret_store_count(s), 3);
	assert_int_equal(secret_store_stats(s)->evicted, 1);
	assert_null(secret_store_find_random(s, CLIENT, bytes(1)));
	assert_true(has(s, CLIENT, 0, 100) && has(s, SERVER, 0, 200) && has(s, CLIENT, 2, 102) && has(s, CLIENT, 3, 103));
	/* Its place holds nothing of what was there before. */
	assert_null(secret_store_find_random(s, SERVER, bytes(3)));
	for (unsigned int i = 1000; i < 3000; i++)
		assert_int_equal(add(s, i % 2 ? CLIENT : SERVER, i, i), 0);
	assert_int_equal(secret_store_count(s), 3);
	assert_true(has(s, CLIENT, 2999, 2999) && has(s, SERVER, 2998, 2998));
	secret_store_free(s);
}

static void test_forgets(void **state UNUSED)
{
	struct secret_store *s = store_of(2, 0);
	const struct secret *f;

	secret_store_forget_random(s, bytes(1));
	add(s, CLIENT, 1, 100);
	add(s, SERVER, 1, 101);
	f = secret_store_find_random(s, CLIENT, bytes(1));
	secret_store_forget_random(s, bytes(1));
	assert_null(secret_store_find_random(s, CLIENT, bytes(1)));
	assert_null(secret_store_find_random(s, SERVER, bytes(1)));
	assert_int_equal(secret_store_count(s), 0);
	/* The memory itself: it is the store's as long as the store lives. */
	for (size_t i = 0; i < SECRET_MAX_LEN; i++)
		assert_int_equal(f->bytes[i], 0);
	add(s, CLIENT, 2, 102);
	assert_true(has(s, CLIENT, 2, 102));
	secret_store_free(s);
}

static void test_expires(void **state UNUSED)
{
	struct secret_store *s = store_of(8, 100);

	secret_store_tick(s, 1000);
	add(s, CLIENT, 1, 100);
	secret_store_tick(s, 1050);
	add(s, CLIENT, 2, 101);
	secret_store_tick(s, 1099);
	assert_int_equal(secret_store_count(s), 2);
	secret_store_tick(s, 1100);
	assert_null(secret_store_find_random(s, CLIENT, bytes(1)));
	assert_true(has(s, CLIENT, 2, 101));
	/* A clock that goes back changes nothing. */
	secret_store_tick(s, 5);
	assert_int_equal(secret_store_count(s), 1);
	secret_store_tick(s, 100000);
	assert_int_equal(secret_store_count(s), 0);
	assert_int_equal(secret_store_stats(s)->expired, 2);
	assert_int_equal(secret_store_stats(s)->evicted, 0);
	secret_store_free(s);
}

struct watch {
	struct secret_store *store;
	unsigned int calls, randoms;
	bool found;
};

static void on_added(void *ctx, const uint8_t *key, size_t key_len, bool is_random)
{
	struct watch *w = ctx;

	w->calls++;
	w->randoms += is_random;
	w->found = is_random ? secret_store_find_random(w->store, CLIENT, key) :
			       secret_store_find_transcript(w->store, CLIENT, key, key_len);
	if (is_random)
		secret_store_forget_random(w->store, key);
	else
		secret_store_forget_transcript(w->store, key, key_len);
}

static void test_tells_who_waits(void **state UNUSED)
{
	struct watch w = { 0 };

	w.store = secret_store_new(&(struct secret_store_settings){ .max = 2, .added = on_added, .added_ctx = &w });
	assert_non_null(w.store);
	add(w.store, CLIENT, 1, 100);
	assert_true(w.found);
	assert_int_equal(w.randoms, 1);
	secret_store_add_transcript(w.store, CLIENT, bytes(1), 48, bytes(7), 48, tapped);
	assert_true(w.found);
	secret_store_add_transcript(w.store, CLIENT, bytes(1), 48, bytes(7), 32, tapped);
	assert_int_equal(w.calls, 2);
	assert_int_equal(w.randoms, 1);
	assert_int_equal(secret_store_count(w.store), 0);
	secret_store_free(w.store);
}

static void test_rooms(void **state UNUSED)
{
	struct secret_store *s = store_of(2, 0);
	uint8_t *a = secret_store_take_room(s), *b = secret_store_take_room(s);

	assert_non_null(a);
	assert_non_null(b);
	assert_null(secret_store_take_room(s));
	memset(a, 0xaa, SECRET_ROOM_LEN);
	memset(b, 0xbb, SECRET_ROOM_LEN);
	secret_store_give_room(s, a);
	secret_store_give_room(s, NULL);
	assert_int_equal(b[0], 0xbb);
	assert_ptr_equal(secret_store_take_room(s), a);
	for (size_t i = 0; i < SECRET_ROOM_LEN; i++)
		assert_int_equal(a[i], 0);
	secret_store_free(s);
}

/* Does the kernel leave that address out of a core dump (dd), and does it keep it in memory (lo)? */
static void flags_of(const void *p, bool *no_dump, bool *locked)
{
	FILE *f = fopen("/proc/self/smaps", "re");
	unsigned long from, to;
	bool in = false;
	char line[512];

	assert_non_null(f);
	*no_dump = *locked = false;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			in = from <= (unsigned long)p && (unsigned long)p < to;
		if (in && !strncmp(line, "VmFlags:", 8)) {
			*no_dump = strstr(line, " dd");
			*locked = strstr(line, " lo");
		}
	}
	fclose(f);
}

static void test_memory_is_not_dumped(void **state UNUSED)
{
	struct secret_store *s = store_of(1000, 0);
	bool no_dump, locked;

	add(s, CLIENT, 1, 100);
	flags_of(secret_store_find_random(s, CLIENT, bytes(1)), &no_dump, &locked);
#ifndef HSMON_SANITIZED				/* whose mlock() does nothing */
	assert_int_equal(locked, secret_store_is_locked(s));
#endif
	assert_true(no_dump);
	secret_store_free(s);
	secret_store_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_random),
		cmocka_unit_test(test_by_transcript),
		cmocka_unit_test(test_refuses_bad),
		cmocka_unit_test(test_replaces),
		cmocka_unit_test(test_evicts_the_oldest),
		cmocka_unit_test(test_forgets),
		cmocka_unit_test(test_expires),
		cmocka_unit_test(test_tells_who_waits),
		cmocka_unit_test(test_rooms),
		cmocka_unit_test(test_memory_is_not_dumped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
