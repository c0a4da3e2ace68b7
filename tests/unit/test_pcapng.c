// SPDX-License-Identifier: BSD-2-Clause
/* pcapng: blocks, interfaces, times, and blocks that contradict themselves. */
#include <errno.h>

#include "file_run.h"

static void test_pcapng(void **state)
{
	struct packet p, raw;
	struct got g;

	(void)state;
	hello_in(&p);
	raw = p;
	packet_strip(&raw);
	for (int i = 0; i < 2; i++) {
		cap.big_endian = i;
		cap.len = 0;
		pcapng_section(&cap);
		pcapng_interface_block(&cap, 1, "eth0", 0);
		pcapng_block(&cap, 0x80000bad, "whatever", 8);
		/* Another link type, nanoseconds. */
		pcapng_interface_block(&cap, 101, "tun7", 9);
		pcapng_packet_block(&cap, 0, 1700000000000001, p.data, p.len, p.len, 1);
		pcapng_packet_block(&cap, 1, 1700000001000000002, raw.data, raw.len, raw.len, 2);
		run(&g);
		assert_int_equal(g.open, 0);
		assert_int_equal(g.end, 0);
		/* The second interface sees the same packet again. */
		assert_string_equal(g.text.s, HELLO " cross2 duplicate=1");
		assert_int_equal(g.first_ns, 1700000000000001000);
		assert_int_equal(g.hook, HS_HOOK_INGRESS);
		assert_string_equal(g.name, "eth0");
	}
	cap.big_endian = false;
}

/* Powers of two, offsets, and a resolution that nothing can count. */
static void test_pcapng_times(void **state)
{
	static const struct {
		uint8_t resolution;
		uint64_t time, want_ns;
	} times[] = {
		{ 6, 5000001, 5000001000 },
		{ 3, 5001, 5001000000 },
		{ 0x8a, 5 * 1024 + 512, 5500000000 },
		{ 0x80 | 63, 1ULL << 62, 500000000 },
		{ 30, 5, 0 },
	};
	struct packet p;
	struct got g;

	(void)state;
	hello_in(&p);
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		cap.len = 0;
		pcapng_section(&cap);
		pcapng_interface_block(&cap, 1, NULL, times[i].resolution);
		pcapng_packet_block(&cap, 0, times[i].time, p.data, p.len, p.len, 0);
		run(&g);
		assert_int_equal(g.first_ns, times[i].want_ns);
	}
}

/* Sections one after the other: the same name is the same interface. */
static void test_pcapng_sections(void **state)
{
	static const char *const names[] = { "eth0", "eth1", "eth0" };
	static const uint32_t want[] = { 1, 2, 1 };
	struct packet p;
	struct got g;

	(void)state;
	cap.len = 0;
	for (int i = 0; i < 3; i++) {
		pcapng_section(&cap);
		pcapng_interface_block(&cap, 1, names[i], 0);
		packet_tcp4(&p, SCRIPT_CLIENT, (uint16_t)(i + 1), SCRIPT_SERVER, SCRIPT_PORT, 1, PACKET_ACK, "\x16\x03\x01\0\x50\x01",
			    6);
		pcapng_packet_block(&cap, 0, 1, p.data, p.len, p.len, 0);
		run(&g);
		assert_int_equal(g.ifindex, want[i]);
		assert_string_equal(g.name, names[i]);
		assert_int_equal(g.packets, i + 1);
	}
}

static void test_pcapng_simple_and_old(void **state)
{
	struct capture body = { .len = 0 };
	struct packet p;
	struct got g;

	(void)state;
	hello_in(&p);
	cap.len = 0;
	pcapng_section(&cap);
	pcapng_interface_block(&cap, 1, NULL, 0);
	capture_put32(&body, p.len);
	capture_put(&body, p.data, p.len);
	pcapng_block(&cap, 3, body.data, (uint32_t)body.len);
	run(&g);
	assert_string_equal(g.text.s, HELLO);
	cap.len = 0;
	pcapng_section(&cap);
	pcapng_interface_block(&cap, 1, NULL, 0);
	body.len = 0;
	capture_put32(&body, 0);
	capture_put32(&body, 0);
	capture_put32(&body, 77);
	capture_put32(&body, p.len);
	capture_put32(&body, p.len);
	capture_put(&body, p.data, p.len);
	pcapng_block(&cap, 2, body.data, (uint32_t)body.len);
	run(&g);
	assert_string_equal(g.text.s, HELLO);
	assert_int_equal(g.first_ns, 77000);
}

static void bad_pcapng(uint32_t type, const void *body, uint32_t len, bool interface, int want, const char *phrase)
{
	struct got g;

	cap.len = 0;
	pcapng_section(&cap);
	if (interface)
		pcapng_interface_block(&cap, 1, NULL, 0);
	pcapng_block(&cap, type, body, len);
	run(&g);
	if (g.end != want || !strstr(g.err, phrase))
		fail_msg("block %u of %u: %d (%s)", type, len, g.end, g.err);
}

static void test_pcapng_bad(void **state)
{
	static const uint8_t zeros[64] = { 0 }, interface_7[64] = { 7 }, long_packet[64] = { [12] = 60 };
	struct got g;

	(void)state;
	bad_pcapng(6, zeros, 32, false, -EBADMSG, "not described");
	bad_pcapng(6, interface_7, 32, true, -EBADMSG, "not described");
	bad_pcapng(6, zeros, 16, true, -EBADMSG, "too short");
	bad_pcapng(2, zeros, 16, true, -EBADMSG, "too short");
	bad_pcapng(3, zeros, 0, true, -EBADMSG, "too short");
	bad_pcapng(3, zeros, 8, false, -EBADMSG, "before any interface");
	bad_pcapng(1, zeros, 4, false, -EBADMSG, "too short");
	bad_pcapng(6, long_packet, 64, true, -EBADMSG, "longer than its block");
	/* Lengths that no block has. */
	for (uint32_t len = 0; len < 12; len += 4) {
		cap.len = 0;
		pcapng_section(&cap);
		capture_put32(&cap, 6);
		capture_put32(&cap, len);
		run(&g);
		assert_int_equal(g.end, -EBADMSG);
	}
	cap.len = 0;
	pcapng_section(&cap);
	capture_put32(&cap, 6);
	capture_put32(&cap, 0xfffffff0);
	run(&g);
	assert_int_equal(g.end, -EBADMSG);
	/* The second length is another one: in a section, in a block that is read, in one that is not. */
	for (uint32_t type = 0; type < 3; type++) {
		cap.len = 0;
		pcapng_section(&cap);
		if (type)
			pcapng_block(&cap, type == 1 ? 1 : 0x0bad, zeros, 16);
		cap.data[cap.len - 3] ^= 1;
		run(&g);
		assert_int_equal(type ? g.end : g.open, -EBADMSG);
		assert_non_null(strstr(g.err, "its length"));
	}
	/* Only of a link type that is not understood. */
	cap.len = 0;
	pcapng_section(&cap);
	pcapng_interface_block(&cap, 189, NULL, 0);
	pcapng_packet_block(&cap, 0, 1, zeros, 64, 64, 0);
	run(&g);
	assert_int_equal(g.end, -ENOTSUP);
	assert_non_null(strstr(g.err, "189"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pcapng),
		cmocka_unit_test(test_pcapng_times),
		cmocka_unit_test(test_pcapng_sections),
		cmocka_unit_test(test_pcapng_simple_and_old),
		cmocka_unit_test(test_pcapng_bad),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
