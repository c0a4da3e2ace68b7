// SPDX-License-Identifier: BSD-2-Clause
/* What the programs lose they count, exactly; and a flood of openings takes nothing from those who shake hands. */
#include <sched.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "bpf_run.h"

static const struct packet_case plain = { .name = "plain" };

static void run(struct hsmon_bpf *skel, const struct packet *p)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = p->data, .data_size_in = p->len);

	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(skel->progs.hsmon_ingress), &opts), 0);
}

static void segment(struct hsmon_bpf *skel, uint32_t client, bool from_client, uint32_t off, uint8_t flags, const void *data,
		    uint32_t len)
{
	struct script s;
	struct packet p;

	script_init(&s);
	script_make(&s, &p, from_client, off, flags, 0, data, len);
	/* A client of its own. */
	packet_put32(p.data + p.l3 + (from_client ? 12 : 16), 0x0a010000 + client);
	run(skel, &p);
}

static void shake_hands(struct hsmon_bpf *skel, uint32_t client)
{
	segment(skel, client, true, (uint32_t)-1, PACKET_SYN, NULL, 0);
	segment(skel, client, false, (uint32_t)-1, PACKET_SYN | PACKET_ACK, NULL, 0);
	segment(skel, client, true, 0, PACKET_ACK, tls_hello, 200);
	segment(skel, client, false, 0, PACKET_ACK, tls_flight, 1400);
}

struct seen {
	uint32_t opens, segments;
};

static int on_seen(void *ctx, void *data, size_t len)
{
	struct seen *seen = ctx;

	(void)len;
	seen->opens += *(uint32_t *)data == HS_REC_OPEN;
	seen->segments += *(uint32_t *)data == HS_REC_SEGMENT;
	return 0;
}

static struct seen read_ring(struct hsmon_bpf *skel)
{
	struct seen seen = { 0 };
	struct ring_buffer *ring = ring_buffer__new(bpf_map__fd(skel->maps.ring), on_seen, &seen, NULL);

	assert_non_null(ring);
	ring_buffer__consume(ring);
	ring_buffer__free(ring);
	return seen;
}

/* A ring far too small, and nobody who reads it. */
static void test_ring_full(void **state)
{
	struct hsmon_bpf *skel = bpf_load(&plain, 4096 * 2);
	uint64_t counted[HS_CNT_MAX];
	struct seen seen;

	(void)state;
	tls_fill();
	for (uint32_t client = 0; client < 300; client++)
		shake_hands(skel, client);
	seen = read_ring(skel);
	bpf_count(skel, counted);
	assert_true(seen.opens > 0);
	assert_true(counted[HS_CNT_LOST_FLOWS] > 0);
	assert_int_equal(seen.opens + counted[HS_CNT_LOST_FLOWS], 300);
	assert_int_equal(seen.opens, counted[HS_CNT_FLOWS]);
	assert_int_equal(seen.opens + seen.segments, counted[HS_CNT_RECORDS]);
	/* Two segments of each flow that was told; of the others nothing more is tried. */
	assert_int_equal(seen.segments + counted[HS_CNT_LOST_RING_FULL], 2 * seen.opens + counted[HS_CNT_LOST_FLOWS]);
	hsmon_bpf__destroy(skel);
}

/* Once there is room again, what is new is seen again. */
static void test_ring_drained(void **state)
{
	struct hsmon_bpf *skel = bpf_load(&plain, 4096 * 2);
	struct seen seen;

	(void)state;
	tls_fill();
	for (uint32_t client = 0; client < 50; client++)
		shake_hands(skel, client);
	read_ring(skel);
	shake_hands(skel, 1000);
	seen = read_ring(skel);
	assert_int_equal(seen.opens, 1);
	assert_int_equal(seen.segments, 2);
	hsmon_bpf__destroy(skel);
}

/* Of a hello of len bytes as the gate's records hold it, with the ring's header of each. */
static uint32_t ring_bytes_of(uint32_t len)
{
	const uint32_t room = len <= 48 ? 48 : len <= 512 ? 512 : len <= 1504 ? 1504 : HS_SEGMENT_MAX;

	return 8 + sizeof(struct hs_open) + 8 + sizeof(struct hs_segment) + room;
}

static bool woken(int epoll, int timeout_ms)
{
	struct epoll_event e;

	return epoll_wait(epoll, &e, 1, timeout_ms) == 1;
}

/* The reader is woken when a quarter of the ring waits, by whatever record fills it, and when it did not come also at half. */
static void test_wake(void **state)
{
	static const uint32_t lens[] = { 40, 100, 520, 1400 };
	const uint32_t quarter = 65536;

	(void)state;
	tls_fill();
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct hsmon_bpf *skel = bpf_load(&plain, 4 * quarter);
		int epoll = epoll_create1(EPOLL_CLOEXEC), ring = bpf_map__fd(skel->maps.ring);
		uint32_t bytes = 0, client = 0;
		static uint8_t hello[1400];

		tls_record(hello, 22, 1, lens[i]);
		assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_ADD, ring, &(struct epoll_event){ .events = EPOLLIN | EPOLLET }), 0);
		for (uint32_t fills = 1; fills <= 2; fills++) {
			while (bytes + ring_bytes_of(lens[i]) < fills * quarter) {
				segment(skel, client++, true, 0, PACKET_ACK, hello, lens[i]);
				bytes += ring_bytes_of(lens[i]);
			}
			assert_false(woken(epoll, 0));
			segment(skel, client++, true, 0, PACKET_ACK, hello, lens[i]);
			bytes += ring_bytes_of(lens[i]);
			assert_true(woken(epoll, 10000));
		}
		close(epoll);
		hsmon_bpf__destroy(skel);
	}
}

static bool has_flow(struct hsmon_bpf *skel, uint32_t client)
{
	struct hs_flow flow;
	struct hs_tuple key;
	struct script s;
	struct packet p;

	script_init(&s);
	script_make(&s, &p, true, 0, PACKET_ACK, 0, NULL, 0);
	packet_put32(p.data + p.l3 + 12, 0x0a010000 + client);
	packet_tuple(&p, &key);
	return !bpf_map__lookup_elem(skel->maps.flows, &key, sizeof(key), &flow, sizeof(flow), 0);
}

/* SYNs of 100,000 clients, while one shakes hands: its flow stays, and goes on. */
static void test_syn_flood(void **state)
{
	struct hsmon_bpf *skel = bpf_load(&plain, 0);
	uint64_t counted[HS_CNT_MAX];
	struct seen seen;

	(void)state;
	tls_fill();
	shake_hands(skel, 0);
	read_ring(skel);
	for (uint32_t client = 1; client <= 100000; client++)
		segment(skel, client, true, (uint32_t)-1, PACKET_SYN, NULL, 0);
	assert_true(has_flow(skel, 0));
	segment(skel, 0, false, 1400, PACKET_ACK, tls_flight + 1400, 600);
	seen = read_ring(skel);
	assert_int_equal(seen.segments, 1);
	assert_int_equal(seen.opens, 0);
	bpf_count(skel, counted);
	assert_int_equal(counted[HS_CNT_FLOWS], 1);
	/* New ones are seen, too. */
	shake_hands(skel, 200000);
	assert_int_equal(read_ring(skel).opens, 1);
	hsmon_bpf__destroy(skel);
}

/* Half a hello each, of more connections than there is room for: seen or counted as lost, all of them. */
static void test_half_open_hellos(void **state)
{
	struct hsmon_bpf *skel = bpf_load(&plain, 1 << 24);
	uint64_t counted[HS_CNT_MAX];
	uint32_t opens = 0;

	(void)state;
	tls_fill();
	for (uint32_t client = 0; client < 100000; client++) {
		segment(skel, client, true, 0, PACKET_ACK, tls_hello, 100);
		if (client % 10000 == 0)
			opens += read_ring(skel).opens;
	}
	opens += read_ring(skel).opens;
	bpf_count(skel, counted);
	assert_int_equal(opens + counted[HS_CNT_LOST_FLOWS], 100000);
	hsmon_bpf__destroy(skel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ring_full),
		cmocka_unit_test(test_ring_drained),
		cmocka_unit_test(test_wake),
		cmocka_unit_test(test_syn_flood),
		cmocka_unit_test(test_half_open_hellos),
	};

	if (geteuid()) {
		print_message("# skip: root is needed to load BPF programs\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
