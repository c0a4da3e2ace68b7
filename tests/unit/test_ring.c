// SPDX-License-Identifier: BSD-2-Clause
/* The ring's reader, with records that a BPF program of the test's own writes. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "capture/ring.h"
#include "capture/segment.h"
#include "child.h"
#include "privs.h"
#include "ring_writer.h"
#include "sandbox.h"

#define CPUS 3

static int ring_map = -1, counters_map = -1, prog_fd = -1;
static struct ring *ring;

static void write_record(const void *record, size_t len)
{
	assert_int_equal(ring_writer_write(prog_fd, record, len), 0);
}

/* What was delivered. */
static struct {
	unsigned int opens, segments, crossings, fragments, bytes;
	uint64_t time_ns;
	int64_t offset_ns;
	uint8_t last_byte;
} got;

static void on_open(void *ctx, const struct hs_open *rec, uint64_t time_ns, int64_t offset_ns)
{
	(void)ctx;
	(void)rec;
	got.opens++;
	got.time_ns = time_ns;
	got.offset_ns = offset_ns;
}

static void on_segment(void *ctx, const struct segment *seg)
{
	(void)ctx;
	got.segments++;
	got.bytes += seg->rec->cap_len;
	got.time_ns = seg->time_ns;
	if (seg->rec->cap_len)
		got.last_byte = seg->data[seg->rec->cap_len - 1];
}

static void on_crossing(void *ctx, const struct hs_crossing *rec, uint64_t time_ns)
{
	(void)ctx;
	(void)rec;
	got.crossings++;
	got.time_ns = time_ns;
}

static void on_fragment(void *ctx, const struct hs_fragment *rec, const uint8_t *packet, uint64_t time_ns,
			int64_t offset_ns)
{
	(void)ctx;
	(void)offset_ns;
	got.fragments++;
	got.time_ns = time_ns;
	got.last_byte = packet[rec->cap_len - 1];
}

static int setup(void **state)
{
	const struct segment_sink sink = { .open = on_open, .segment = on_segment, .crossing = on_crossing };
	const struct ring_fragments fragments = { .fn = on_fragment };
	LIBBPF_OPTS(bpf_map_create_opts, mappable, .map_flags = BPF_F_MMAPABLE);

	(void)state;
	memset(&got, 0, sizeof(got));
	if (geteuid())
		return 0;
	ring_map = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "ring", 0, 0, 65536, NULL);
	counters_map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "counters", 4, sizeof(struct hs_counters), CPUS, &mappable);
	prog_fd = ring_writer_load(ring_map, BPF_RB_NO_WAKEUP);
	if (ring_map < 0 || counters_map < 0 || prog_fd < 0)
		return -1;
	return ring_new(&ring, ring_map, counters_map, CPUS, &sink, &fragments);
}

static int teardown(void **state)
{
	(void)state;
	ring_free(ring);
	ring = NULL;
	close(prog_fd);
	close(ring_map);
	close(counters_map);
	return 0;
}

#define NEEDS_ROOT()                                                                                          \
	do {                                                                                                   \
		if (geteuid()) {                                                                               \
			print_message("# skip: needs root for BPF\n");                                         \
			skip();                                                                                \
		}                                                                                              \
	} while (0)

struct segment_record {
	struct hs_segment s;
	uint8_t data[104];
};

static struct segment_record segment_of(uint32_t cap_len)
{
	struct segment_record r = { .s = { .tag = HS_REC_SEGMENT, .cap_len = cap_len, .wire_len = cap_len } };

	r.s.time_ns = clock_monotonic_ns();
	memset(r.data, 7, sizeof(r.data));
	return r;
}

static void write_segment(uint32_t cap_len)
{
	struct segment_record r = segment_of(cap_len);

	write_record(&r, sizeof(r.s) + cap_len);
}

/* Now, give or take what the test took. */
static void check_time(void)
{
	const uint64_t now = clock_real_ns();

	assert_true(got.time_ns <= now + NS_PER_MS && got.time_ns + 60 * NS_PER_S > now);
}

static void delivers(void **state)
{
	struct hs_open open = { .tag = HS_REC_OPEN, .time_ns = clock_monotonic_ns(), .initiator = HS_DIR_UNKNOWN };
	struct hs_crossing crossing = { .tag = HS_REC_CROSSING, .time_ns = clock_monotonic_ns() };
	struct {
		struct hs_fragment f;
		uint8_t packet[40];
	} fragment = { .f = { .tag = HS_REC_FRAGMENT, .cap_len = 40, .wire_len = 40, .time_ns = clock_monotonic_ns() } };

	(void)state;
	NEEDS_ROOT();
	assert_int_equal(ring_consume(ring, 10), 0);
	write_record(&open, sizeof(open));
	assert_int_equal(ring_consume(ring, 10), 1);
	assert_int_equal(got.opens, 1);
	check_time();
	assert_int_equal(open.time_ns + (uint64_t)got.offset_ns, got.time_ns);
	write_segment(100);
	assert_int_equal(ring_consume(ring, 10), 1);
	assert_int_equal(got.segments, 1);
	assert_int_equal(got.bytes, 100);
	assert_int_equal(got.last_byte, 7);
	check_time();
	write_record(&crossing, sizeof(crossing));
	fragment.packet[39] = 9;
	write_record(&fragment, sizeof(fragment.f) + 40);
	assert_int_equal(ring_consume(ring, 10), 2);
	assert_int_equal(got.crossings, 1);
	assert_int_equal(got.fragments, 1);
	assert_int_equal(got.last_byte, 9);
	check_time();
	assert_int_equal(ring_bad_records(ring), 0);
}

/* The kernel may have reserved more than the record says it holds. */
static void longer_record(void **state)
{
	struct segment_record r = segment_of(10);

	(void)state;
	NEEDS_ROOT();
	write_record(&r, sizeof(r));
	assert_int_equal(ring_consume(ring, 10), 1);
	assert_int_equal(got.bytes, 10);
}

static void bounded(void **state)
{
	(void)state;
	NEEDS_ROOT();
	for (int i = 0; i < 10; i++)
		write_segment(20);
	assert_int_equal(ring_consume(ring, 0), 0);
	assert_int_equal(ring_consume(ring, 4), 4);
	assert_int_equal(got.segments, 4);
	assert_int_equal(ring_consume(ring, 6), 6);
	assert_int_equal(ring_consume(ring, 6), 0);
	for (int i = 0; i < 10; i++)
		write_segment(20);
	assert_int_equal(ring_consume(ring, 1000), 10);
	assert_int_equal(got.segments, 20);
}

/* Many times around the ring. */
static void wraps(void **state)
{
	(void)state;
	NEEDS_ROOT();
	for (unsigned int i = 0; i < 2000; i++) {
		write_segment(i % 101);
		assert_int_equal(ring_consume(ring, 8), 1);
	}
	assert_int_equal(got.segments, 2000);
	assert_int_equal(ring_bad_records(ring), 0);
}

static void records_bad(void **state)
{
	struct hs_open open = { .tag = HS_REC_OPEN };
	struct hs_crossing crossing = { .tag = HS_REC_CROSSING, .dir = 2 };
	struct hs_fragment fragment = { .tag = HS_REC_FRAGMENT, .cap_len = 1 };
	struct segment_record r;
	const uint32_t tags[] = { 0, HS_REC_CROSSING + 1, UINT32_MAX };
	unsigned int bad = 0;

	(void)state;
	NEEDS_ROOT();
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++, bad++) {
		r = segment_of(4);
		r.s.tag = tags[i];
		write_record(&r, sizeof(r));
	}
	for (uint32_t tag = HS_REC_OPEN; tag <= HS_REC_CROSSING; tag++)
		for (size_t len = 1; len < sizeof(fragment); len += 3, bad++)
			write_record(&tag, len < sizeof(tag) ? len : sizeof(tag));
	r = segment_of(sizeof(r.data) + 1);
	write_record(&r, sizeof(r)), bad++;
	r = segment_of(UINT32_MAX);
	write_record(&r, sizeof(r)), bad++;
	r = segment_of(UINT32_MAX - sizeof(r.s) + 1);
	write_record(&r, sizeof(r)), bad++;
	r = segment_of(10);
	r.s.wire_len = 9;
	write_record(&r, sizeof(r)), bad++;
	r = segment_of(10);
	r.s.dir = 2;
	write_record(&r, sizeof(r)), bad++;
	write_record(&r, sizeof(r.s) - 1), bad++;
	open.dir = 2;
	write_record(&open, sizeof(open)), bad++;
	open.dir = 1;
	open.initiator = 2;
	write_record(&open, sizeof(open)), bad++;
	write_record(&crossing, sizeof(crossing)), bad++;
	write_record(&fragment, sizeof(fragment)), bad++;
	write_segment(10);
	assert_int_equal(ring_consume(ring, 1000), bad + 1);
	assert_int_equal(ring_bad_records(ring), bad);
	assert_int_equal(got.opens + got.crossings + got.fragments, 0);
	assert_int_equal(got.segments, 1);
}

static void counters(void **state)
{
	__u64 sum[HS_CNT_MAX];

	(void)state;
	NEEDS_ROOT();
	for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
		struct hs_counters c;

		for (int i = 0; i < HS_CNT_MAX; i++)
			c.v[i] = (uint64_t)i * (cpu + 1);
		assert_int_equal(bpf_map_update_elem(counters_map, &cpu, &c, 0), 0);
	}
	ring_counters(ring, sum);
	for (int i = 0; i < HS_CNT_MAX; i++)
		assert_int_equal(sum[i], i * 6);
}

static void read_confined(const void *arg)
{
	const int keep[] = { 2, ring_fd(ring) };
	const struct sandbox_settings settings = { keep, 2 };
	const struct privs_identity nobody = { PRIVS_NOBODY, PRIVS_NOBODY };
	__u64 sum[HS_CNT_MAX];

	(void)arg;
	sandbox_preload();
	CHILD_CHECK(!privs_drop(&nobody) && !sandbox_enter(&settings, NULL));
	CHILD_CHECK(ring_consume(ring, 100) == 3 && got.segments == 3 && ring_consume(ring, 100) == 0);
	ring_counters(ring, sum);
	CHILD_CHECK(sum[HS_CNT_RECORDS] == 77);
	ring_free(ring);
}

/* Without any privilege, and with no bpf() any more. */
static void works_confined(void **state)
{
	struct hs_counters c = { .v = { [HS_CNT_RECORDS] = 77 } };

	(void)state;
	NEEDS_ROOT();
	assert_int_equal(bpf_map_update_elem(counters_map, &(uint32_t){ CPUS - 1 }, &c, 0), 0);
	for (int i = 0; i < 3; i++)
		write_segment(50);
	assert_int_equal(child_run(read_confined, NULL), 0);
	/* What the child has read is gone for all. */
	assert_int_equal(ring_consume(ring, 100), 0);
}

/* A record that asks for it wakes an edge-triggered sleeper; one that does not ask lets it sleep. */
static void wakes(void **state)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLET };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	(void)state;
	NEEDS_ROOT();
	assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_ADD, ring_fd(ring), &e), 0);
	write_segment(10);
	assert_int_equal(epoll_wait(epoll, &e, 1, 20), 0);
	close(prog_fd);
	prog_fd = ring_writer_load(ring_map, BPF_RB_FORCE_WAKEUP);
	write_segment(10);
	assert_int_equal(epoll_wait(epoll, &e, 1, 10000), 1);
	assert_int_equal(epoll_wait(epoll, &e, 1, 0), 0);
	assert_int_equal(ring_consume(ring, 10), 2);
	close(epoll);
}

static void pauses(void **state)
{
	uint64_t busy, idle = 0;

	(void)state;
	NEEDS_ROOT();
	busy = ring_pause_ns(ring, 1);
	assert_true(busy >= NS_PER_MS && busy <= 10 * NS_PER_MS);
	assert_int_equal(ring_pause_ns(ring, 0), busy);
	for (int i = 0; i < 1000; i++)
		idle = ring_pause_ns(ring, 0);
	assert_true(idle > busy && idle <= 100 * NS_PER_MS);
	assert_int_equal(ring_pause_ns(ring, 1), busy);
}

static void new_bad(void **state)
{
	const struct segment_sink sink = { .open = on_open };
	struct ring *r = NULL;

	(void)state;
	NEEDS_ROOT();
	assert_true(ring_new(&r, -1, counters_map, CPUS, &sink, NULL) < 0);
	assert_true(ring_new(&r, counters_map, counters_map, CPUS, &sink, NULL) < 0);
	assert_true(ring_new(&r, ring_map, -1, CPUS, &sink, NULL) < 0);
	/* More CPUs than the map has entries for. */
	assert_true(ring_new(&r, ring_map, counters_map, HS_MAX_CPUS, &sink, NULL) < 0);
	assert_null(r);
}

static int quiet(enum libbpf_print_level level, const char *fmt, va_list args)
{
	(void)level;
	(void)fmt;
	(void)args;
	return 0;
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(delivers), TEST(longer_record), TEST(bounded), TEST(wraps), TEST(records_bad), TEST(counters),
		TEST(works_confined), TEST(wakes), TEST(pauses), TEST(new_bad),
	};

	libbpf_set_print(quiet);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
