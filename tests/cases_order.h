/* SPDX-License-Identifier: BSD-2-Clause */
/* Sequence numbers: what comes out of order, twice, in part again, never, or as a super packet. Goes on from cases_tcp.h. */
#ifndef HSMON_TESTS_CASES_ORDER_H
#define HSMON_TESTS_CASES_ORDER_H

/* 1, 3, 2 */
static void order_out_of_order(struct script *s)
{
	uint8_t b[100];

	begin(s);
	script_server(s, 0, tls_flight, 700);
	script_server(s, 1400, tls_flight + 1400, 600);
	script_server(s, 700, tls_flight + 700, 700);
	tls_record(b, 23, 0x55, 100);
	script_server(s, 2000, b, 100);
}

/* 2, 1, 3, of both */
static void order_swapped(struct script *s)
{
	uint8_t b[100];

	tls_fill();
	script_connect(s);
	script_client(s, 100, tls_hello + 100, 100);
	script_client(s, 0, tls_hello, 100);
	script_server(s, 700, tls_flight + 700, 700);
	script_server(s, 0, tls_flight, 700);
	script_server(s, 1400, tls_flight + 1400, 600);
	tls_record(b, 23, 0x55, 100);
	script_server(s, 2000, b, 100);
}

/* Two holes; the one that stays is confirmed by the other side. */
static void order_lost(struct script *s)
{
	uint8_t b[100];

	begin(s);
	script_server(s, 0, tls_flight, 400);
	script_server(s, 800, tls_flight + 800, 400);
	script_server(s, 1600, tls_flight + 1600, 400);
	script_server(s, 400, tls_flight + 400, 400);
	tls_record(b, 22, 16, 100);
	script_segment(s, true, 200, PACKET_ACK, 2000, b, 100);
	tls_record(b, 23, 0x55, 100);
	script_server(s, 2000, b, 100);
	script_server(s, 2000, b, 100);
	script_server(s, 2100, b, 100);
}

static void order_retransmit(struct script *s)
{
	begin(s);
	script_client(s, 0, tls_hello, 200);
	script_server(s, 0, tls_flight, 1000);
	script_server(s, 0, tls_flight, 1000);
	/* Other boundaries, partly new. */
	script_server(s, 500, tls_flight + 500, 1500);
	/* Keep-alives. */
	script_client(s, 199, tls_hello + 199, 1);
	script_client(s, 199, NULL, 0);
}

static void order_wrap(struct script *s)
{
	s->client_seq = 0xffffff80;
	s->server_seq = 0xfffffc00;
	begin(s);
	script_client(s, 0, tls_hello, 200);
	script_server(s, 0, tls_flight, 700);
	script_server(s, 1400, tls_flight + 1400, 600);
	script_server(s, 700, tls_flight + 700, 700);
}

/* Far from where the stream is: a stray. */
static void order_far(struct script *s)
{
	uint8_t b[100];

	begin(s);
	script_server(s, 0, tls_flight, 1000);
	tls_record(b, 22, 16, 100);
	script_server(s, 3000000, b, 100);
	script_server(s, 1000, tls_flight + 1000, 1000);
}

/* Segments that begin before, in and behind what was there: of each the bytes that are new. */
static void order_overlaps(struct script *s)
{
	begin(s);
	script_client(s, 100, tls_hello + 100, 100);
	script_server(s, 0, tls_flight, 700);
	script_server(s, 600, tls_flight + 600, 200);
	script_server(s, 1000, tls_flight + 1000, 500);
	/* Over the hole and into what waits behind it; within that; over all of it and on. */
	script_server(s, 700, tls_flight + 700, 500);
	script_server(s, 1100, tls_flight + 1100, 200);
	script_server(s, 1400, tls_flight + 1400, 600);
}

/* A peer that sends the same again without end: so many are told, and no more. */
static void order_repeated(struct script *s)
{
	begin(s);
	for (int i = 0; i < 40; i++)
		script_client(s, 0, tls_hello, 200);
	script_server(s, 0, tls_flight, 1000);
}

/* BIG TCP: a length of 0, and for IPv6 before Linux 6.19 a jumbo payload option (RFC 2675). What comes next is in order. */
static void order_big_tcp(struct script *s)
{
	struct packet p;

	begin(s);
	script_make(s, &p, false, 0, PACKET_ACK, 200, tls_flight, 1000);
	packet_put16(p.data + p.l3 + 2, 0);
	script_add(s, &p);
	script_server(s, 1000, tls_flight + 1000, 1000);
	for (int jumbo = 0; jumbo < 2; jumbo++) {
		packet_tcp6(&p, "2001:db8::1", (uint16_t)(SCRIPT_CLIENT_PORT + jumbo), "2001:db8::2", SCRIPT_PORT,
			    s->client_seq, PACKET_ACK, tls_hello, 200);
		if (jumbo)
			memcpy(packet_insert_extension(&p, 0, 8) + 2, "\xc2\x04\0\0\0\xdc", 6);
		packet_put16(p.data + p.l3 + 4, 0);
		script_add(s, &p);
	}
}

#define TOLD8 " c0:0/200R c0:0/200R c0:0/200R c0:0/200R c0:0/200R c0:0/200R c0:0/200R c0:0/200R"

static const struct packet_case cases_order[] = {
	{ "out of order", order_out_of_order, 0, " open(d0 i0 c0 s0) c0:200 s0:700 s1400:600 s700:700 s2000:5/100T" },
	{ "swapped", order_swapped, 0, " open(d0 i0 c0 s0) c100:100 c0:100 s700:700 s0:700 s1400:600 s2000:5/100T" },
	{ "swapped, any port", order_swapped, CASE_ANY,
	  " open(d0 i0 c0 s0) c100:100 c0:100 s700:700 s0:700 s1400:600 s2000:5/100T" },
	{ "lost", order_lost, 0,
	  " open(d0 i0 c0 s0) c0:200 s0:400 s800:400 s1600:400 s400:400 c200:100 s2000:5/100T s2000:100"
	  " s2100:5/100T" },
	{ "retransmitted", order_retransmit, 0, " open(d0 i0 c0 s0) c0:200 c0:0/200R s0:1000 s0:0/1000R s1000:1000" },
	{ "sequence numbers wrap", order_wrap, 0, " open(d0 i0 c0 s0) c0:200 c0:0/200R s0:700 s1400:600 s700:700" },
	{ "far off", order_far, 0, " open(d0 i0 c0 s0) c0:200 s0:1000 s3000000:100 s1000:1000" },
	{ "overlaps", order_overlaps, 0,
	  " open(d0 i0 c0 s0) c0:200 c100:0/100R s0:700 s700:100 s1000:500 s800:400 s1100:0/200R s1500:500" },
	{ "repeated without end", order_repeated, 0, " open(d0 i0 c0 s0) c0:200" TOLD8 TOLD8 TOLD8 TOLD8 " s0:1000" },
	{ "BIG TCP", order_big_tcp, 0,
	  " open(d0 i0 c0 s0) c0:200 s0:1000 s1000:1000 open(d0)v6 c0:200 open(d0)v6 c0:200" },
	{ 0 },
};

#endif
