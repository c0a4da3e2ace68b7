/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "child.h"
#include "output/queue.h"

#define SIZE 4096

static struct strbuf got;
static struct record_head head;

static int put(struct queue *q, uint64_t number, size_t len, enum queue_policy policy, uint64_t *dropped)
{
	static char bytes[SIZE];
	struct record_head h = { .len = (uint32_t)len, .sequence = number, .kind = RECORD_STATS, .key = "1:abc", .key_len = 5 };

	memset(bytes, (int)('a' + number % 26), len);
	return queue_put(q, &h, bytes, policy, dropped);
}

/* What was taken is that record, all of it. */
static void expect(struct queue *q, uint64_t number, size_t len)
{
	assert_int_equal(queue_take(q, SIZE, &head, &got), 1);
	assert_int_equal(head.sequence, number);
	assert_int_equal(head.len, len);
	assert_int_equal(got.len, len);
	assert_string_equal(head.key, "1:abc");
	for (size_t i = 0; i < len; i++)
		assert_int_equal(got.s[i], 'a' + number % 26);
}

/* Any length, around the end of the ring many times. */
static void in_order(void **state)
{
	struct queue *q = queue_new(SIZE);
	uint64_t dropped;

	(void)state;
	assert_int_equal(queue_take(q, SIZE, &head, &got), 0);
	for (uint64_t i = 0; i < 2000; i++) {
		assert_int_equal(put(q, i, i * 7 % 1500, QUEUE_DROP_NEWEST, &dropped), 0);
		assert_int_equal(queue_used(q), queue_room_for(i * 7 % 1500));
		assert_int_equal(queue_take(q, 0, &head, &got), -ENOSPC);
		expect(q, i, i * 7 % 1500);
	}
	queue_free(q);
}

static void oldest_goes(void **state)
{
	struct queue *q = queue_new(SIZE);
	uint64_t dropped, all = 0, first;

	(void)state;
	for (uint64_t i = 0; i < 100; i++) {
		assert_int_equal(put(q, i, 300, QUEUE_DROP_OLDEST, &dropped), 0);
		all += dropped;
	}
	assert_int_equal(queue_take(q, SIZE, &head, &got), 1);
	first = head.sequence;
	assert_int_equal(first, all);
	for (uint64_t i = first + 1; i < 100; i++)
		expect(q, i, 300);
	assert_int_equal(queue_take(q, SIZE, &head, &got), 0);
	queue_free(q);
}

static void newest_does_not_enter(void **state)
{
	struct queue *q = queue_new(SIZE);
	uint64_t dropped, n = 0;

	(void)state;
	while (!put(q, n, 300, QUEUE_DROP_NEWEST, &dropped))
		n++;
	assert_int_equal(put(q, n, 300, QUEUE_BLOCK, &dropped), -ENOBUFS);
	for (uint64_t i = 0; i < n; i++)
		expect(q, i, 300);
	assert_int_equal(put(q, 0, SIZE, QUEUE_DROP_OLDEST, &dropped), -EMSGSIZE);
	queue_free(q);
}

static void looks_without_taking(void **state)
{
	struct queue *q = queue_new(SIZE);
	uint64_t dropped, pos;

	(void)state;
	for (uint64_t i = 0; i < 3; i++)
		put(q, i, 100, QUEUE_DROP_NEWEST, &dropped);
	pos = queue_begin(q);
	assert_int_equal(queue_read(q, &pos, &head, &got), 1);
	assert_int_equal(queue_read(q, &pos, &head, &got), 1);
	assert_int_equal(head.sequence, 1);
	queue_forget(q, pos);
	assert_int_equal(queue_skip(q, &pos), 0);
	assert_int_equal(queue_skip(q, &pos), -ENODATA);
	expect(q, 2, 100);
	queue_free(q);
}

#define RACE 200000

static void reader(const void *arg)
{
	struct queue *q = (struct queue *)arg;
	uint64_t next = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);	/* when the test fails nothing more comes */
	while (next < RACE) {
		int ret = queue_take(q, SIZE, &head, &got);

		CHILD_CHECK(ret >= 0);
		if (!ret) {
			sched_yield();
			continue;
		}
		/* Some may be missing, none is torn or comes twice. */
		CHILD_CHECK(head.sequence >= next && head.len == head.sequence * 13 % 700);
		for (size_t i = 0; i < head.len; i++)
			CHILD_CHECK(got.s[i] == (char)('a' + head.sequence % 26));
		next = head.sequence + 1;
	}
}

/* Two processes, and the writer takes out what the reader is about to read. */
static void race(void **state)
{
	struct queue *q = queue_new(SIZE);
	uint64_t dropped, all = 0;
	pid_t pid = fork();
	int status;

	(void)state;
	if (!pid) {
		reader(q);
		_exit(0);
	}
	for (uint64_t i = 0; i < RACE; i++) {
		assert_int_equal(put(q, i, i * 13 % 700, QUEUE_DROP_OLDEST, &dropped), 0);
		all += dropped;
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(queue_used(q), 0);
	queue_free(q);
}

/* The other process has been taken over: nothing is read or written outside of the ring. */
static void hostile_memory(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		struct queue *q = queue_new(SIZE);
		uint64_t dropped, pos;
		uint32_t *words;

		for (uint64_t i = 0; i < 5; i++)
			put(q, i, 200, QUEUE_DROP_NEWEST, &dropped);
		/* Its first member is the shared memory. */
		memcpy(&words, q, sizeof(words));
		for (int i = 0; i < 8; i++) {
			seed = seed * 1664525 + 1013904223;
			words[seed >> 8 & (i & 1 ? 0x3f : 0x1ff)] = seed << (seed & 15);
		}
		for (uint64_t i = 0; i < 50; i++)
			(void)put(q, i, 300, QUEUE_DROP_OLDEST, &dropped);
		for (int i = 0; i < 50 && queue_take(q, SIZE, &head, &got) == 1; i++)
			assert_true(got.len <= SIZE);
		pos = queue_begin(q);
		for (int i = 0; i < 50 && queue_read(q, &pos, &head, &got) == 1; i++)
			;
		queue_free(q);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_order),
		cmocka_unit_test(oldest_goes),
		cmocka_unit_test(newest_does_not_enter),
		cmocka_unit_test(looks_without_taking),
		cmocka_unit_test(race),
		cmocka_unit_test(hostile_memory),
	};
	int ret = cmocka_run_group_tests(tests, NULL, NULL);

	strbuf_free(&got);
	return ret;
}
