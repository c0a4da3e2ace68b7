// SPDX-License-Identifier: BSD-2-Clause
/* include/packet.h on its own: offsets, lengths and order; and every frame cut at every place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cases.h"

/* Exactly the bytes there are, so that a sanitizer sees one too many. */
struct frame {
	uint8_t *data;
	uint32_t len;
	uint32_t wire_len;
};

#define HS_CTX struct frame
#define HS_FUNC static inline
#define HS_SUB static

static inline int hs_load(struct frame *f, uint32_t off, void *dst, uint32_t len)
{
	if (off > f->len || len > f->len - off)
		return -1;
	memcpy(dst, f->data + off, len);
	return 0;
}

static inline uint32_t hs_captured(struct frame *f)
{
	return f->len;
}

static inline uint32_t hs_length(struct frame *f)
{
	return f->wire_len;
}

#include "packet.h"

static int parse(const uint8_t *data, uint32_t len, uint32_t wire_len, uint8_t next, struct hs_packet *out)
{
	struct frame f = { malloc(len ? len : 1), len, wire_len };
	int ret;

	memcpy(f.data, data, len);
	memset(out, 0, sizeof(*out));
	out->next = next;
	ret = hs_parse(&f, out);
	free(f.data);
	return ret;
}

static int parse_all(const struct packet *p, struct hs_packet *out)
{
	return parse(p->data, p->len, p->len, HS_NEXT_ETH, out);
}

static void test_tcp(void **state)
{
	struct hs_packet got;
	struct hs_tuple want;
	struct packet p;

	(void)state;
	packet_tcp4(&p, "10.0.0.9", 443, "10.0.0.1", 50000, 0xfffffffe, PACKET_ACK | PACKET_PSH, NULL, 100);
	packet_put32(p.data + p.l3 + 28, 77);
	assert_int_equal(parse_all(&p, &got), HS_PARSED);
	packet_tuple(&p, &want);
	assert_memory_equal(&got.tuple, &want, sizeof(want));
	assert_int_equal(got.dir, 1);
	assert_int_equal(got.seq, 0xfffffffe);
	assert_int_equal(got.ack, 77);
	assert_int_equal(got.tcp_flags, PACKET_ACK | PACKET_PSH);
	assert_int_equal(got.payload, 54);
	assert_int_equal(got.wire_len, 100);
	assert_int_equal(got.cap_len, 100);
	/* The addresses are alike: the port decides. */
	packet_tcp4(&p, "10.0.0.1", 443, "10.0.0.1", 50000, 1, PACKET_ACK, NULL, 1);
	assert_int_equal(parse_all(&p, &got), HS_PARSED);
	assert_int_equal(got.dir, 0);
	assert_int_equal(got.tuple.port[0], 443);
	packet_tcp4(&p, "10.0.0.1", 50000, "10.0.0.1", 443, 1, PACKET_ACK, NULL, 1);
	assert_int_equal(parse_all(&p, &got), HS_PARSED);
	assert_int_equal(got.dir, 1);
	assert_int_equal(got.tuple.port[0], 443);
}

static void test_tcp6(void **state)
{
	struct hs_packet got;
	struct hs_tuple want;
	struct packet p;

	(void)state;
	packet_tcp6(&p, "2001:db8::ffff", 443, "2001:db8::1:0", 50000, 7, PACKET_SYN, NULL, 10);
	assert_int_equal(parse_all(&p, &got), HS_PARSED);
	packet_tuple(&p, &want);
	assert_memory_equal(&got.tuple, &want, sizeof(want));
	assert_int_equal(got.dir, 0);
	/* A SYN counts one (RFC 9293 section 3.4). */
	assert_int_equal(got.seq, 8);
	assert_int_equal(got.wire_len, 10);
	assert_int_equal(got.tuple.family, 6);
}

static void test_udp(void **state)
{
	struct hs_packet got;
	struct packet p;

	(void)state;
	packet_udp4(&p, "10.0.0.1", 50000, "10.0.0.9", 443, NULL, 30);
	packet_insert(&p, p.len, 12);
	assert_int_equal(parse_all(&p, &got), HS_PARSED);
	assert_int_equal(got.wire_len, 30);
	assert_int_equal(got.cap_len, 30);
	assert_int_equal(got.tuple.proto, 17);
	/* UDP's length below IP's: the smaller one counts. */
	packet_put16(p.data + p.l3 + 24, 18);
	assert_int_equal(parse_all(&p, &got), HS_PARSED);
	assert_int_equal(got.wire_len, 10);
	packet_put16(p.data + p.l3 + 24, 39);
	assert_int_equal(parse_all(&p, &got), HS_MALFORMED);
}

/* Lengths of 0 where the packet is longer than the field can say. */
static void test_super_packet(void **state)
{
	struct hs_packet got;
	struct packet p;

	(void)state;
	packet_tcp4(&p, "10.0.0.1", 1, "10.0.0.9", 443, 7, PACKET_ACK, NULL, 60000);
	packet_put16(p.data + p.l3 + 2, 0);
	assert_int_equal(parse_all(&p, &got), HS_PARSED);
	assert_int_equal(got.wire_len, 60000);
	packet_tcp6(&p, "2001:db8::1", 1, "2001:db8::2", 443, 7, PACKET_ACK, NULL, 60000);
	packet_put16(p.data + p.l3 + 4, 0);
	assert_int_equal(parse_all(&p, &got), HS_PARSED);
	assert_int_equal(got.wire_len, 60000);
}

static void test_cut_by_capture(void **state)
{
	struct hs_packet got;
	struct packet p;

	(void)state;
	packet_tcp4(&p, "10.0.0.1", 1, "10.0.0.9", 443, 7, PACKET_ACK, NULL, 1000);
	assert_int_equal(parse(p.data, 154, p.len, HS_NEXT_ETH, &got), HS_PARSED);
	assert_int_equal(got.wire_len, 1000);
	assert_int_equal(got.cap_len, 100);
	/* TCP's options are not needed. */
	packet_insert_tcp_options(&p, 20);
	assert_int_equal(parse(p.data, 60, p.len, HS_NEXT_ETH, &got), HS_PARSED);
	assert_int_equal(got.wire_len, 1000);
	assert_int_equal(got.cap_len, 0);
}

static void test_rounds(void **state)
{
	struct hs_packet got;
	struct packet p;

	(void)state;
	packet_tcp4(&p, "10.0.0.1", 1, "10.0.0.9", 443, 7, PACKET_ACK, NULL, 10);
	for (int i = 0; i < HS_MAX_ROUNDS - 1; i++)
		packet_insert_vlan(&p, 0x8100, 1);
	assert_int_equal(parse_all(&p, &got), HS_PARSED);
	assert_int_equal(got.vlan_cnt, HS_MAX_VLANS);
	packet_insert_vlan(&p, 0x8100, 1);
	assert_int_equal(parse_all(&p, &got), HS_ENCAP);
	/* Nested without end. */
	packet_tcp4(&p, "10.0.0.1", 1, "10.0.0.9", 443, 7, PACKET_ACK, NULL, 10);
	for (int i = 0; i < HS_MAX_TUNNELS; i++) {
		packet_strip(&p);
		packet_wrap_ip(&p, 4, 4, NULL, 0);
	}
	assert_int_equal(parse_all(&p, &got), HS_PARSED);
	assert_int_equal(got.tunnel_cnt, HS_MAX_TUNNELS);
	packet_strip(&p);
	packet_wrap_ip(&p, 4, 4, NULL, 0);
	assert_int_equal(parse_all(&p, &got), HS_ENCAP);
}

/* Whatever there is of a packet: never a byte past its end, never a payload that is not there. */
static void check_cuts(struct step *step)
{
	uint8_t next = step->l3 ? HS_NEXT_IP : HS_NEXT_ETH;
	struct hs_packet got;

	for (uint32_t cut = 0; cut <= step->len && cut < 300; cut++) {
		if (parse(step->data, cut, step->len, next, &got) == HS_PARSED) {
			assert_true(got.cap_len <= got.wire_len);
			assert_true(!got.cap_len || got.payload + got.cap_len <= cut);
			assert_true(got.tunnel_cnt <= HS_MAX_TUNNELS && got.vlan_cnt <= HS_MAX_VLANS);
		}
	}
}

static void each_step(void (*fn)(struct step *step))
{
	static const struct packet_case *const tables[] = { cases_shapes, cases_tunnels };

	for (int t = 0; t < 2; t++) {
		for (const struct packet_case *c = tables[t]; c->name; c++) {
			struct script s;

			script_init(&s);
			c->fill(&s);
			for (size_t i = 0; i < s.cnt; i++)
				fn(&s.steps[i]);
			script_free(&s);
		}
	}
}

static void test_every_cut(void **state)
{
	(void)state;
	each_step(check_cuts);
}

/* Each byte of the headers changed to each of some values: nothing is read that is not there. */
static void check_bytes(struct step *step)
{
	static const uint8_t values[] = { 0, 1, 0x0f, 0x45, 0x60, 0x80, 0xff };
	struct hs_packet got;

	for (uint32_t at = 0; at < step->len && at < 140; at++) {
		uint8_t was = step->data[at];

		for (size_t v = 0; v < sizeof(values); v++) {
			step->data[at] = values[v];
			parse(step->data, step->len, step->len, step->l3 ? HS_NEXT_IP : HS_NEXT_ETH, &got);
		}
		step->data[at] = was;
	}
}

static void test_every_byte(void **state)
{
	(void)state;
	each_step(check_bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tcp),
		cmocka_unit_test(test_tcp6),
		cmocka_unit_test(test_udp),
		cmocka_unit_test(test_super_packet),
		cmocka_unit_test(test_cut_by_capture),
		cmocka_unit_test(test_rounds),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
