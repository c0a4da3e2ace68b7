// SPDX-License-Identifier: BSD-2-Clause
/* IP fragments in a capture file, put together. */
#include "file_run.h"

/* The hello in two fragments of IPv4, in either order, and in IPv6; each also with one that is missing. */
static void add_fragment4(const struct packet *whole, uint32_t off, uint32_t len, bool more)
{
	struct packet p = *whole;

	memmove(p.data + 34, p.data + 34 + off, len);
	p.len = 34 + len;
	packet_put16(p.data + 16, 20 + len);
	packet_put16(p.data + 18, 0x1234);
	packet_put16(p.data + 20, (more ? 0x2000 : 0) | off / 8);
	pcap_add(&cap, 1, 0, p.data, p.len, p.len);
}

static void add_fragment6(const struct packet *whole, uint32_t s, uint32_t off, uint32_t len, bool more)
{
	struct packet p = *whole;
	uint8_t *e;

	memmove(p.data + 54, p.data + 54 + off, len);
	p.len = 54 + len;
	packet_put16(p.data + 18, len);
	e = packet_insert_extension(&p, 44, 8);
	e[1] = 0;
	packet_put16(e + 2, off | more);
	pcap_add(&cap, s, 0, p.data, p.len, p.len);
}

static void test_fragments4(void **state)
{
	struct packet p;
	struct got g;

	(void)state;
	hello_in(&p);
	pcap_begin(&cap, 1, false);
	add_fragment4(&p, 0, 96, true);
	add_fragment4(&p, 96, 124, false);
	run(&g);
	assert_string_equal(g.text.s, HELLO);
	pcap_begin(&cap, 1, false);
	add_fragment4(&p, 96, 124, false);
	add_fragment4(&p, 96, 124, false);
	add_fragment4(&p, 0, 96, true);
	run(&g);
	assert_string_equal(g.text.s, HELLO);
	/* Overlapping, and one that never comes. */
	pcap_begin(&cap, 1, false);
	add_fragment4(&p, 0, 96, true);
	add_fragment4(&p, 48, 172, false);
	add_fragment4(&p, 0, 96, true);
	run(&g);
	assert_string_equal(g.text.s, HELLO " fragment=1");
	/* Contradicting ends; not in units of eight. */
	pcap_begin(&cap, 1, false);
	add_fragment4(&p, 0, 96, true);
	add_fragment4(&p, 48, 40, false);
	run(&g);
	assert_string_equal(g.text.s, " fragment=1");
	pcap_begin(&cap, 1, false);
	add_fragment4(&p, 0, 97, true);
	run(&g);
	assert_string_equal(g.text.s, " fragment=1");
}

static void test_fragments6(void **state)
{
	struct packet p;
	struct got g;

	(void)state;
	hello6_in(&p);
	pcap_begin(&cap, 1, false);
	add_fragment6(&p, 1, 104, 116, false);
	add_fragment6(&p, 1, 0, 104, true);
	run(&g);
	assert_string_equal(g.text.s, " open(d0)v6 c0:200");
	/* RFC 5722: an overlap drops all of it, also what comes after. */
	pcap_begin(&cap, 1, false);
	add_fragment6(&p, 1, 0, 104, true);
	add_fragment6(&p, 1, 96, 16, true);
	add_fragment6(&p, 1, 104, 116, false);
	run(&g);
	assert_string_equal(g.text.s, " fragment=1");
	/* Exact copies are no overlap; half a minute later it is another packet. */
	pcap_begin(&cap, 1, false);
	add_fragment6(&p, 1, 0, 104, true);
	add_fragment6(&p, 2, 0, 104, true);
	add_fragment6(&p, 32, 104, 116, false);
	add_fragment6(&p, 33, 0, 104, true);
	run(&g);
	assert_string_equal(g.text.s, " open(d0)v6 c0:200 fragment=1");
}

/* Bad: time goes back, as where captures were put together. */
static void test_time_goes_back(void **state)
{
	struct packet p;
	struct got g;

	(void)state;
	hello6_in(&p);
	pcap_begin(&cap, 1, false);
	add_fragment6(&p, 1000, 104, 116, false);
	add_fragment6(&p, 10, 0, 104, true);
	run(&g);
	assert_string_equal(g.text.s, " open(d0)v6 c0:200");
	pcap_begin(&cap, 1, false);
	pcap_add(&cap, 1000, 0, p.data, 60, 60);
	add_fragment6(&p, 10, 104, 116, false);
	add_fragment6(&p, 10, 0, 104, true);
	run(&g);
	assert_non_null(strstr(g.text.s, "c0:200"));
}

/* A flood of first fragments: memory stays bounded, all are counted. */
static void test_fragment_flood(void **state)
{
	static const struct segment_sink none;
	static uint64_t ports[HS_PORT_WORDS];
	struct capture_file_settings set = { .gate.ports = { ports, ports }, .fragment_bytes = 100000 };
	struct capture_file *f;
	struct packet p;
	char err[100];

	(void)state;
	ports[SCRIPT_PORT / 64] = 1ULL << SCRIPT_PORT % 64;
	hello_in(&p);
	pcap_begin(&cap, 1, false);
	for (uint32_t i = 0; i < 1000; i++) {
		packet_put16(p.data + 18, i);
		packet_put16(p.data + 20, 0x2000);
		packet_put16(p.data + 16, 20 + 200);
		pcap_add(&cap, 1, 0, p.data, p.len, p.len);
	}
	capture_write(&cap, path);
	assert_int_equal(capture_file_open(path, &set, &none, &f, err, sizeof(err)), 0);
	while (capture_file_step(f, 100) > 0)
		;
	assert_int_equal(capture_file_counters(f)->v[HS_CNT_LOST_FRAGMENT], 1000);
	capture_file_close(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fragments4),
		cmocka_unit_test(test_fragments6),
		cmocka_unit_test(test_time_goes_back),
		cmocka_unit_test(test_fragment_flood),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
