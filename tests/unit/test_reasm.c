/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow/reasm.h"

#define STREAM_LEN 3000

/* A reader that uses up what it is told to, and writes down what it was given. */
struct reader_log {
	uint8_t got[STREAM_LEN * 2];
	size_t len, unused;		/* bytes left over at each feed, at most */
	uint64_t skip_at, skip;		/* after so many bytes, do not want the next ones */
	uint64_t optional_to;		/* bytes up to that many may be left out */
	uint64_t gap_bytes;
	unsigned gaps, feeds;
};

static struct reasm_used on_feed(void *ctx, const uint8_t *p, size_t len, uint64_t time_ns, uint32_t segments)
{
	struct reader_log *log = ctx;
	size_t use = len > log->unused ? len - log->unused : 0;
	uint64_t skip = 0;

	(void)time_ns;
	assert_true(segments > 0);
	log->feeds++;
	if (log->skip && log->len + use >= log->skip_at) {
		use = (size_t)(log->skip_at - log->len);
		skip = log->skip;
		log->skip = 0;
	}
	memcpy(log->got + log->len, p, use);
	log->len += use;
	return (struct reasm_used){ use, skip, log->optional_to > log->len + log->gap_bytes ? log->optional_to - log->len - log->gap_bytes : 0 };
}

static void on_gap(void *ctx, uint64_t len, uint64_t time_ns)
{
	struct reader_log *log = ctx;

	(void)time_ns;
	log->gaps++;
	log->gap_bytes += len;
}

static uint8_t stream[STREAM_LEN];

struct fixture {
	struct reasm_budget budget;
	struct reasm r;
	struct reader_log log;
	struct reasm_reader reader;
	uint32_t isn;
};

static void begin(struct fixture *f, uint32_t isn)
{
	memset(f, 0, sizeof(*f));
	f->budget.limit = 1 << 20;
	f->isn = isn;
	f->reader = (struct reasm_reader){ &f->log, on_feed, on_gap };
	reasm_init(&f->r, &f->budget);
	reasm_start(&f->r, isn);
}

static void end(struct fixture *f)
{
	reasm_free(&f->r);
	assert_int_equal(f->budget.used, 0);
}

static void push(struct fixture *f, size_t from, size_t to)
{
	struct reasm_segment seg = { f->isn + (uint32_t)from, stream + from, to - from, (uint32_t)(to - from), false, false, false, 1 };

	reasm_segment(&f->r, &seg, &f->reader);
}

static void expect(struct fixture *f, size_t len)
{
	assert_int_equal(f->log.len, len);
	assert_memory_equal(f->log.got, stream, len);
}

static void test_in_order(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 1000);
	push(&f, 0, 100);
	push(&f, 100, 1500);
	expect(&f, 1500);
	assert_int_equal(f.r.out_of_order, 0);
	end(&f);
}

static void test_orders(void **state)
{
	static const int orders[][3] = { { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

	(void)state;
	for (size_t o = 0; o < sizeof(orders) / sizeof(*orders); o++) {
		struct fixture f;

		begin(&f, UINT32_MAX - 500);	/* the sequence number wraps inside */
		for (int i = 0; i < 3; i++)
			push(&f, (size_t)orders[o][i] * 1000, (size_t)orders[o][i] * 1000 + 1000);
		expect(&f, 3000);
		assert_int_equal(f.log.gaps, 0);
		end(&f);
	}
}

static void test_retransmits_and_overlaps(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 7);
	push(&f, 0, 1000);
	push(&f, 0, 1000);
	push(&f, 500, 1500);
	push(&f, 1400, 1450);
	expect(&f, 1500);
	assert_int_equal(f.r.retransmits, 2);
	push(&f, 1800, 2000);
	push(&f, 1700, 2100);
	push(&f, 1750, 1760);
	push(&f, 1400, 1900);
	expect(&f, 2100);
	end(&f);
}

/* What came first stays: a second version of held bytes is not taken. */
static void test_first_wins(void **state)
{
	struct fixture f;
	uint8_t other[100];
	struct reasm_segment seg = { 0, other, 100, 100, false, false, false, 1 };

	(void)state;
	begin(&f, 0);
	memset(other, 0xee, sizeof(other));
	push(&f, 100, 200);
	seg.seq = 100;
	reasm_segment(&f.r, &seg, &f.reader);
	push(&f, 0, 100);
	expect(&f, 200);
	end(&f);
}

static void test_unused_rest(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 42);
	f.log.unused = 4;
	for (size_t at = 0; at < 1000; at += 10)
		push(&f, at, at + 10);
	expect(&f, 996);
	f.log.unused = 0;
	push(&f, 1000, 1001);
	expect(&f, 1001);
	end(&f);
}

static void test_skip_without_the_bytes(void **state)
{
	struct fixture f;
	struct reasm_segment head = { 0, stream, 105, 600, false, false, false, 1 };	/* the rest was left out */

	(void)state;
	begin(&f, 0);
	f.log.skip_at = 105;
	f.log.skip = 2000;
	reasm_segment(&f.r, &head, &f.reader);
	push(&f, 2100, 2200);		/* five bytes of it are inside what is not wanted */
	assert_int_equal(f.log.len, 105 + 95);
	assert_memory_equal(f.log.got + 105, stream + 2105, 95);
	assert_int_equal(f.log.gaps, 0);
	end(&f);
}

static void test_gap_after_ack(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 0);
	push(&f, 0, 100);
	push(&f, 200, 300);
	reasm_ack(&f.r, 300, 1, &f.reader);
	assert_int_equal(f.log.gaps, 0);
	for (size_t at = 300; at < 800; at += 100)
		push(&f, at, at + 100);
	assert_int_equal(f.log.gaps, 1);
	assert_int_equal(f.log.gap_bytes, 100);
	assert_int_equal(f.log.len, 700);
	assert_memory_equal(f.log.got + 100, stream + 200, 600);
	end(&f);
}

static void test_gap_at_end(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 0);
	push(&f, 100, 200);
	push(&f, 300, 400);
	assert_int_equal(f.log.feeds, 0);
	reasm_end(&f.r, 1, &f.reader);
	assert_int_equal(f.log.gaps, 2);
	assert_int_equal(f.log.len, 200);
	end(&f);
}

static void test_snapped_is_a_gap_at_once(void **state)
{
	struct fixture f;
	struct reasm_segment seg = { 0, stream, 60, 1000, true, false, false, 1 };

	(void)state;
	begin(&f, 0);
	reasm_segment(&f.r, &seg, &f.reader);
	assert_int_equal(f.log.gaps, 1);
	assert_int_equal(f.log.gap_bytes, 940);
	push(&f, 1000, 1100);
	assert_int_equal(f.log.len, 160);
	end(&f);
}

/* Bytes of which nothing but the FIN behind them, or the peer's confirmation, was seen. */
static void test_missing_at_the_end(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 0xffffff80u);
	push(&f, 0, 100);
	reasm_last(&f.r, f.isn + 300);
	reasm_end(&f.r, 1, &f.reader);
	assert_int_equal(f.log.gaps, 0);
	reasm_expect_all(&f.r);
	reasm_end(&f.r, 1, &f.reader);
	assert_int_equal(f.log.gaps, 1);
	assert_int_equal(f.log.gap_bytes, 200);
	end(&f);

	begin(&f, 7);
	reasm_ack(&f.r, f.isn + 500, 1, &f.reader);
	reasm_expect_all(&f.r);
	reasm_end(&f.r, 1, &f.reader);
	assert_int_equal(f.log.gap_bytes, 500);
	end(&f);
}

/* A FIN is confirmed as if it were a byte, and counted by the RST behind it; one far away is of another connection. */
static void test_nothing_missing_at_the_end(void **state)
{
	struct fixture f;

	(void)state;
	for (int fin = 0; fin < 4; fin++) {
		begin(&f, 0xffffffffu);
		push(&f, 0, 100);
		if (fin)
			reasm_last(&f.r, f.isn + (fin == 2 ? 0x40000000 : 100));
		if (fin == 3)
			reasm_last(&f.r, f.isn + 101);
		reasm_ack(&f.r, f.isn + 101, 1, &f.reader);
		reasm_expect_all(&f.r);
		reasm_end(&f.r, 1, &f.reader);
		assert_int_equal(f.log.gaps, 0);
		end(&f);
	}
}

static void test_start_from_peers_ack(void **state)
{
	struct fixture f;
	uint32_t seqs[] = { 2000, 1000 };

	(void)state;
	begin(&f, 0);
	reasm_free(&f.r);
	reasm_init(&f.r, &f.budget);
	f.isn = 0;
	reasm_ack(&f.r, 1000, 1, &f.reader);
	for (int i = 0; i < 2; i++) {
		struct reasm_segment seg = { seqs[i], stream + seqs[i] - 1000, 1000, 1000, false, false, false, 1 };

		reasm_segment(&f.r, &seg, &f.reader);
	}
	expect(&f, 2000);
	end(&f);
}

/* Bad: the budget is too small. Nothing is kept beyond it, and the loss is said. */
/* The receiver drops what is before the stream's first byte: so it hides nothing from us either. */
static void test_before_a_known_start_bad(void **state)
{
	static const uint32_t before[] = { 1, 50, 100, 2000, 1u << 20, 1u << 30 };

	(void)state;
	for (size_t i = 0; i < sizeof(before) / sizeof(*before); i++) {
		uint8_t garbage[100] = { 0 };
		struct reasm_segment seg = { .data = garbage, .len = sizeof(garbage), .wire_len = sizeof(garbage) };
		struct fixture f;

		begin(&f, 5);
		seg.seq = f.isn - before[i];
		if (before[i] >= sizeof(garbage)) {
			reasm_segment(&f.r, &seg, &f.reader);
			assert_int_equal(f.log.len, 0);
		}
		push(&f, 0, 1000);
		expect(&f, 1000);
		assert_int_equal(f.log.gaps, 0);
		end(&f);
	}
}

/* Nothing captured of segments that each begin far before the one before: offsets must not wrap. */
static void test_ever_earlier_bad(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 0);
	reasm_free(&f.r);
	reasm_init(&f.r, &f.budget);
	for (uint32_t i = 0; i < 2000; i++) {
		struct reasm_segment seg = { .seq = 0 - i * 0x00ffff00u, .data = stream, .wire_len = 1 + i % 2, .lost_tail = i % 3 == 0 };

		reasm_segment(&f.r, &seg, &f.reader);
		assert_in_range(f.r.edge, REASM_BASE / 2, 2 * REASM_BASE);
		assert_true(f.r.head <= f.r.edge);
	}
	end(&f);
}

static void test_budget_bad(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 0);
	f.budget.limit = 2000;
	for (size_t at = 100; at < 3000; at += 100)
		push(&f, at, at + 100);
	assert_true(f.budget.used <= 2000);
	assert_true(f.budget.refused > 0);
	assert_true(f.r.refused);
	reasm_end(&f.r, 1, &f.reader);
	end(&f);
}

/* Bad: numbers that belong to no window of this connection. */
static void test_far_away_bad(void **state)
{
	struct fixture f;
	struct reasm_segment seg = { 0x40000000, stream, 100, 100, false, false, false, 1 };

	(void)state;
	begin(&f, 0);
	push(&f, 0, 10);
	reasm_segment(&f.r, &seg, &f.reader);
	seg.seq = 0xc0000000;
	reasm_segment(&f.r, &seg, &f.reader);
	assert_int_equal(f.budget.used, 0);
	push(&f, 10, 20);
	expect(&f, 20);
	end(&f);
}

/* Any cutting, order and repetition gives the same stream. */
static void test_random(void **state)
{
	(void)state;
	srand(1);
	for (int round = 0; round < 2000; round++) {
		struct fixture f;

		begin(&f, (uint32_t)rand() * 2u);
		f.log.unused = (size_t)(rand() % 6);
		for (int i = 0; i < 40; i++) {
			size_t from = (size_t)rand() % (STREAM_LEN - 1), len = (size_t)rand() % 400;

			push(&f, from, from + len < STREAM_LEN ? from + len : STREAM_LEN - 1);
		}
		f.log.unused = 0;
		push(&f, 0, STREAM_LEN);
		expect(&f, STREAM_LEN);
		assert_int_equal(f.log.gaps, 0);
		end(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_retransmits_and_overlaps),
		cmocka_unit_test(test_first_wins),
		cmocka_unit_test(test_unused_rest),
		cmocka_unit_test(test_skip_without_the_bytes),
		cmocka_unit_test(test_gap_after_ack),
		cmocka_unit_test(test_gap_at_end),
		cmocka_unit_test(test_snapped_is_a_gap_at_once),
		cmocka_unit_test(test_missing_at_the_end),
		cmocka_unit_test(test_nothing_missing_at_the_end),
		cmocka_unit_test(test_start_from_peers_ack),
		cmocka_unit_test(test_before_a_known_start_bad),
		cmocka_unit_test(test_ever_earlier_bad),
		cmocka_unit_test(test_budget_bad),
		cmocka_unit_test(test_far_away_bad),
		cmocka_unit_test(test_random),
	};

	for (size_t i = 0; i < STREAM_LEN; i++)
		stream[i] = (uint8_t)(i * 31 + i / 256);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
