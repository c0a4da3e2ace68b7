// SPDX-License-Identifier: BSD-2-Clause
/* Capture files: formats, link types, times, and everything that can be wrong with one. */
#include <errno.h>
#include <fcntl.h>

#include "file_run.h"

static void test_pcap(void **state)
{
	struct packet p;
	struct got g;

	(void)state;
	hello_in(&p);
	for (int i = 0; i < 4; i++) {
		cap.big_endian = i & 1;
		pcap_begin(&cap, 1, i & 2);
		pcap_add(&cap, 1700000000, i & 2 ? 123456789 : 123456, p.data, p.len, p.len);
		run(&g);
		assert_int_equal(g.open, 0);
		assert_int_equal(g.end, 0);
		assert_int_equal(g.packets, 1);
		assert_string_equal(g.text.s, HELLO);
		assert_int_equal(g.first_ns, 1700000000000000000 + (i & 2 ? 123456789 : 123456000));
		assert_int_equal(g.hook, HS_HOOK_TAP);
	}
	cap.big_endian = false;
}

static void add_link(uint32_t linktype, const void *header, uint32_t header_len, bool ethernet)
{
	struct packet p;

	hello_in(&p);
	if (!ethernet)
		packet_strip(&p);
	if (header_len)
		memcpy(packet_insert(&p, 0, header_len), header, header_len);
	pcap_begin(&cap, linktype, false);
	pcap_add(&cap, 1, 0, p.data, p.len, p.len);
}

static void test_link_types(void **state)
{
	static const struct {
		uint32_t type, len;
		uint8_t header[48];
		uint8_t hook;
	} links[] = {
		{ 0, 4, { 2 }, HS_HOOK_TAP },
		{ 0, 4, { 0, 0, 0, 30 }, HS_HOOK_TAP },
		{ 108, 4, { 0, 0, 0, 2 }, HS_HOOK_TAP },
		{ 12, 0, { 0 }, HS_HOOK_TAP },
		{ 101, 0, { 0 }, HS_HOOK_TAP },
		{ 228, 0, { 0 }, HS_HOOK_TAP },
		{ 113, 16, { 0, 4, [14] = 8 }, HS_HOOK_EGRESS },
		{ 113, 16, { 0, 0, [14] = 8 }, HS_HOOK_INGRESS },
		{ 276, 20, { 8, 0, 0, 0, 0, 0, 0, 7, 0, 1, 4 }, HS_HOOK_EGRESS },
		{ 9, 4, { 0xff, 3, 0, 0x21 }, HS_HOOK_TAP },
		{ 9, 2, { 0, 0x21 }, HS_HOOK_TAP },
		{ 50, 4, { 0xff, 3, 0, 0x21 }, HS_HOOK_TAP },
		{ 204, 5, { 1, 0xff, 3, 0, 0x21 }, HS_HOOK_TAP },
		{ 51, 8, { 0x11, 0, 0, 1, 0, 0, 0, 0x21 }, HS_HOOK_TAP },
		{ 104, 4, { 0x0f, 0, 8, 0 }, HS_HOOK_TAP },
		{ 107, 4, { 0x18, 0x41, 3, 0xcc }, HS_HOOK_TAP },
		{ 107, 10, { 0x18, 0x41, 3, 0, 0x80, 0, 0, 0, 8, 0 }, HS_HOOK_TAP },
		{ 105, 32, { 8, 0, [24] = 0xaa, 0xaa, 3, 0, 0, 0, 8, 0 }, HS_HOOK_TAP },
		{ 105, 34, { 0x88, 0, [26] = 0xaa, 0xaa, 3, 0, 0, 0, 8, 0 }, HS_HOOK_TAP },
		{ 105, 38, { 8, 3, [30] = 0xaa, 0xaa, 3, 0, 0, 0, 8, 0 }, HS_HOOK_TAP },
		{ 127, 40, { 0, 0, 8, 0, 0, 0, 0, 0, 8, 0, [32] = 0xaa, 0xaa, 3, 0, 0, 0, 8, 0 }, HS_HOOK_TAP },
		{ 239, 16, { 2, 0, 0, 0, 5, 0, 1, 0, 1, 0, 0, 0, 244, 0, 9, 0 }, HS_HOOK_TAP },
	};
	struct got g;

	(void)state;
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		const char *pppoe = links[i].type == 51 ? " open(d0 pppoe) c0:200" : HELLO;

		add_link(links[i].type, links[i].header, links[i].len, false);
		run(&g);
		if (g.open || strcmp(g.text.s, pppoe) || g.hook != links[i].hook)
			fail_msg("link type %u (row %zu): %d %s%s hook %u", links[i].type, i, g.open, g.err, g.text.s, g.hook);
	}
	assert_int_equal(g.packets, 1);
}

static void test_sll2_interface(void **state)
{
	static const uint8_t header[20] = { 8, 0, 0, 0, 0, 0, 0, 7, 0, 1, 4 };
	struct got g;

	(void)state;
	add_link(276, header, sizeof(header), false);
	run(&g);
	assert_int_equal(g.ifindex, 7);
}

static void test_cut_by_snap_length(void **state)
{
	struct packet p;
	struct got g;

	(void)state;
	hello_in(&p);
	pcap_begin(&cap, 1, false);
	pcap_add(&cap, 1, 0, p.data, 100, p.len);
	/* Not even its headers: nothing is known of it. */
	pcap_add(&cap, 1, 0, p.data, 40, p.len);
	run(&g);
	assert_string_equal(g.text.s, " open(d0) c0:46/200S snaplen=2");
	assert_int_equal(g.end, 0);
}

static void check_open(const char *file, int want, const char *phrase)
{
	struct got g;

	run_path(file, &g);
	if (g.open != want || !strstr(g.err, phrase))
		fail_msg("%s: %d (%s), not %d (%s)", file, g.open, g.err, want, phrase);
}

static void test_cannot_open(void **state)
{
	(void)state;
	check_open("/nonexistent/capture", -ENOENT, "No such file");
	check_open(dir, -EISDIR, "directory");
	cap.len = 0;
	capture_write(&cap, path);
	check_open(path, -EBADMSG, "no capture");
	capture_put(&cap, "GIF89a, and no capture at all, whatever its name may say", 56);
	capture_write(&cap, path);
	check_open(path, -EBADMSG, "no capture");
	cap.len = 0;
	capture_put(&cap, "\x0a\x0d\x0d\x0a and no section", 18);
	capture_write(&cap, path);
	check_open(path, -EBADMSG, "byte order");
	cap.len = 0;
	capture_put(&cap, "\x0a, a text", 9);
	capture_write(&cap, path);
	check_open(path, -EBADMSG, "no pcapng");
	cap.len = 0;
	capture_put(&cap, "\x0a", 1);
	capture_write(&cap, path);
	check_open(path, -EBADMSG, "cut short");
	/* USB. */
	add_link(189, NULL, 0, true);
	capture_write(&cap, path);
	check_open(path, -ENOTSUP, "link type 189");
}

/* Cut anywhere: what comes before is delivered, and the error is told. */
static void test_cut_file(void **state)
{
	struct packet p;
	struct got g;
	size_t one;

	(void)state;
	hello_in(&p);
	for (int ng = 0; ng < 2; ng++) {
		cap.len = 0;
		if (ng) {
			pcapng_section(&cap);
			pcapng_interface_block(&cap, 1, "eth0", 0);
			pcapng_packet_block(&cap, 0, 0, p.data, p.len, p.len, 0);
		} else {
			pcap_begin(&cap, 1, false);
			pcap_add(&cap, 1, 0, p.data, p.len, p.len);
		}
		one = cap.len;
		if (ng)
			pcapng_packet_block(&cap, 0, 0, p.data, p.len, p.len, 0);
		else
			pcap_add(&cap, 1, 0, p.data, p.len, p.len);
		for (size_t len = one + 1; len < one + 20; len++) {
			cap.len = len;
			run(&g);
			assert_int_equal(g.open, 0);
			assert_int_equal(g.packets, 1);
			assert_int_equal(g.end, -ENODATA);
			assert_string_equal(g.err, "the file is cut short");
			assert_string_equal(g.text.s, HELLO);
		}
	}
}

static void test_standard_input(void **state)
{
	int saved = dup(0), fd;
	struct packet p;
	struct got g;

	(void)state;
	hello_in(&p);
	cap.len = 0;
	pcapng_section(&cap);
	pcapng_interface_block(&cap, 1, NULL, 0);
	pcapng_packet_block(&cap, 0, 1, p.data, p.len, p.len, 0);
	capture_write(&cap, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	dup2(fd, 0);
	run_path("-", &g);
	dup2(saved, 0);
	close(saved);
	close(fd);
	assert_string_equal(g.text.s, HELLO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pcap),
		cmocka_unit_test(test_link_types),
		cmocka_unit_test(test_sll2_interface),
		cmocka_unit_test(test_cut_by_snap_length),
		cmocka_unit_test(test_cannot_open),
		cmocka_unit_test(test_cut_file),
		cmocka_unit_test(test_standard_input),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
