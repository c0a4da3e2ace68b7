/* SPDX-License-Identifier: BSD-2-Clause */
/* Records, openings and ends: what of a connection is copied. */
#ifndef HSMON_TESTS_CASES_TCP_H
#define HSMON_TESTS_CASES_TCP_H

/* Client: hello of 200. Server: hello of 100 and certificate of 1,900. */
static uint8_t tls_hello[200], tls_flight[2000];

static void tls_fill(void)
{
	tls_record(tls_hello, 22, 1, 200);
	tls_record(tls_flight, 22, 2, 100);
	tls_record(tls_flight + 100, 22, 11, 1900);
}

static void begin(struct script *s)
{
	tls_fill();
	script_connect(s);
	script_client(s, 0, tls_hello, 200);
}

/* TLS 1.2 to the end, and application data. */
static void tcp_tls12(struct script *s)
{
	uint8_t b[400];
	uint32_t n;

	begin(s);
	script_server(s, 0, tls_flight, 1400);
	script_server(s, 1400, tls_flight + 1400, 600);
	n = tls_record(b, 22, 16, 75);
	n += tls_record(b + n, 20, 1, 6);
	n += tls_record(b + n, 22, 0x55, 45);
	script_client(s, 200, b, n);
	n = tls_record(b, 20, 1, 6);
	n += tls_record(b + n, 22, 0x55, 45);
	script_server(s, 2000, b, n);
	tls_record(b, 23, 0x55, 300);
	script_client(s, 326, b, 300);
	for (uint32_t i = 0; i < 10; i++)
		script_server(s, 2051 + 300 * i, b, 300);
	for (uint32_t i = 0; i < 10; i++)
		script_client(s, 626 + 300 * i, b, 300);
	script_segment(s, true, 3626, PACKET_ACK | PACKET_FIN, 0, NULL, 0);
}

/* The server's flight in five records of application data, in one segment; a body over several segments. */
static void tcp_tls13(struct script *s)
{
	uint8_t b[4000];
	uint32_t n;

	begin(s);
	n = tls_record(b, 22, 2, 120);
	n += tls_record(b + n, 20, 1, 6);
	n += tls_record(b + n, 23, 0x55, 40);
	n += tls_record(b + n, 23, 0x55, 3000);
	n += tls_record(b + n, 23, 0x55, 280);
	n += tls_record(b + n, 23, 0x55, 60);
	script_server(s, 0, b, 1400);
	script_server(s, 1400, b + 1400, 1400);
	script_server(s, 2800, b + 2800, n - 2800);
	n = tls_record(b, 20, 1, 6);
	n += tls_record(b + n, 23, 0x55, 60);
	n += tls_record(b + n, 23, 0x55, 150);
	script_client(s, 200, b, n);
	script_segment(s, true, 416, PACKET_ACK | PACKET_FIN, 0, NULL, 0);
	script_segment(s, false, 3506, PACKET_ACK | PACKET_FIN, 0, NULL, 0);
}

/* More records of application data than are told; then nothing more, and a new handshake is not seen either. */
static void tcp_app_limit(struct script *s)
{
	uint8_t b[200];

	begin(s);
	script_server(s, 0, tls_flight, 2000);
	tls_record(b, 23, 0x55, 100);
	for (uint32_t i = 0; i < 12; i++) {
		script_client(s, 200 + 100 * i, b, 100);
		script_server(s, 2000 + 100 * i, b, 100);
	}
	script_segment(s, true, 1400, PACKET_ACK | PACKET_RST, 0, NULL, 0);
}

/* A record of handshake between them starts the count again: renegotiation. */
static void tcp_renegotiation(struct script *s)
{
	uint8_t b[200];
	uint32_t off = 200;

	begin(s);
	script_server(s, 0, tls_flight, 2000);
	tls_record(b, 23, 0x55, 100);
	script_server(s, 2000, b, 100);
	for (int i = 0; i < 6; i++, off += 100)
		script_client(s, off, b, 100);
	tls_record(b, 22, 0x55, 100);
	script_client(s, off, b, 100);
	off += 100;
	tls_record(b, 23, 0x55, 100);
	for (int i = 0; i < 10; i++, off += 100)
		script_client(s, off, b, 100);
}

/* A header over two and over three segments, of a record that is told only. */
static void tcp_straddle(struct script *s)
{
	uint8_t b[400];

	begin(s);
	script_server(s, 0, tls_flight, 102);
	script_server(s, 102, tls_flight + 102, 1);
	script_server(s, 103, tls_flight + 103, 1897);
	tls_record(b, 23, 0x55, 100);
	tls_record(b + 100, 23, 0x55, 100);
	script_server(s, 2000, b, 103);
	script_server(s, 2103, b + 103, 97);
}

static void tcp_one_byte_segments(struct script *s)
{
	tls_fill();
	script_connect(s);
	for (uint32_t i = 0; i < 20; i++)
		script_client(s, i, tls_hello + i, 1);
	script_client(s, 20, tls_hello + 20, 180);
}

static void tcp_many_records(struct script *s)
{
	uint8_t b[30 * 20];

	begin(s);
	for (uint32_t i = 0; i < 30; i++)
		tls_record(b + 20 * i, 22, 2, 20);
	script_server(s, 0, b, sizeof(b));
	tls_record(b, 23, 0x55, 100);
	script_server(s, 600, b, 100);
}

/* Data in the SYN (RFC 7413), and the SYN once more. */
static void tcp_fast_open(struct script *s)
{
	tls_fill();
	script_segment(s, true, (uint32_t)-1, PACKET_SYN, 0, tls_hello, 200);
	script_segment(s, true, (uint32_t)-1, PACKET_SYN, 0, tls_hello, 200);
	script_segment(s, false, (uint32_t)-1, PACKET_SYN | PACKET_ACK, 200, NULL, 0);
	script_server(s, 0, tls_flight, 1000);
}

/* The same ports again: a flow of its own. */
static void tcp_reuse(struct script *s)
{
	begin(s);
	script_server(s, 0, tls_flight, 1000);
	script_segment(s, true, 200, PACKET_ACK | PACKET_FIN, 0, NULL, 0);
	script_segment(s, false, 1000, PACKET_ACK | PACKET_FIN, 0, NULL, 0);
	s->client_seq += 1000000;
	s->server_seq += 2000000;
	begin(s);
	script_server(s, 0, tls_flight, 1000);
	s->client_seq -= 1000000;
	s->server_seq -= 2000000;
}

static void tcp_fin_with_data(struct script *s)
{
	uint8_t b[100];

	begin(s);
	script_segment(s, false, 0, PACKET_ACK | PACKET_FIN, 0, tls_flight, 2000);
	/* The end of a segment that is left out. */
	tls_record(b, 23, 0x55, 100);
	script_segment(s, true, 200, PACKET_ACK | PACKET_FIN, 0, b, 100);
	script_segment(s, true, 300, PACKET_ACK | PACKET_FIN, 0, NULL, 0);
}

static void tcp_rst(struct script *s)
{
	begin(s);
	script_segment(s, false, 0, PACKET_ACK | PACKET_RST, 0, NULL, 0);
	script_segment(s, false, 0, PACKET_ACK | PACKET_RST, 0, NULL, 0);
}

/* Closed, and then reset by the other side's last bytes. */
static void tcp_rst_after_fin(struct script *s)
{
	begin(s);
	script_segment(s, true, 200, PACKET_ACK | PACKET_FIN, 0, NULL, 0);
	script_segment(s, true, 200, PACKET_ACK | PACKET_FIN, 0, NULL, 0);
	script_server(s, 0, tls_flight, 2000);
	script_segment(s, true, 201, PACKET_ACK | PACKET_RST, 0, NULL, 0);
	script_segment(s, true, 201, PACKET_ACK | PACKET_RST, 0, NULL, 0);
}

/* Every packet at two hooks, as on loopback, and at another interface. */
static void tcp_duplicates(struct script *s)
{
	struct packet p;

	tls_fill();
	for (int i = 0; i < 3; i++) {
		s->ifindex = i == 2 ? 2 : 1;
		s->hook = i == 0 ? HS_HOOK_EGRESS : HS_HOOK_INGRESS;
		script_connect(s);
	}
	for (int i = 0; i < 6; i++) {
		s->ifindex = i % 3 == 2 ? 2 : 1;
		s->hook = i % 3 == 0 ? HS_HOOK_EGRESS : HS_HOOK_INGRESS;
		script_make(s, &p, i < 3, 0, PACKET_ACK | PACKET_PSH, 0, i < 3 ? tls_hello : tls_flight, i < 3 ? 200 : 1000);
		script_add(s, &p);
	}
	script_segment(s, true, 200, PACKET_ACK | PACKET_FIN, 0, NULL, 0);
}

/* A direction that changes its path. */
static void tcp_two_paths(struct script *s)
{
	begin(s);
	script_server(s, 0, tls_flight, 700);
	s->ifindex = 2;
	script_server(s, 700, tls_flight + 700, 700);
	s->ifindex = 1;
	script_server(s, 1400, tls_flight + 1400, 600);
}

static void tcp_midstream(struct script *s)
{
	uint8_t b[200];

	tls_record(b, 23, 0x55, 200);
	for (uint32_t i = 0; i < 5; i++)
		script_client(s, 200 * i, b, 200);
	tls_fill();
	script_client(s, 1000, tls_hello, 200);
}

/* Opened before, the handshake still to come; the server's answer with a hole before it. */
static void tcp_picked_up(struct script *s)
{
	tls_fill();
	script_segment(s, true, 500, PACKET_ACK, 300, tls_hello, 200);
	script_segment(s, false, 1000, PACKET_ACK, 700, tls_flight + 700, 1300);
	script_segment(s, false, 300, PACKET_ACK, 700, tls_flight, 700);
}

static void tcp_budget(struct script *s)
{
	begin(s);
	packet_put16(tls_flight + 103, 5000 - 5);
	script_server(s, 0, tls_flight, 1500);
	script_server(s, 1500, tls_flight, 1000);
	script_server(s, 2500, tls_flight, 1000);
	script_client(s, 200, tls_hello, 200);
}

/* Before a budget is reached, the other side may be done already. */
static void tcp_both_done(struct script *s)
{
	uint8_t b[200];

	begin(s);
	packet_put16(tls_flight + 103, 5000 - 5);
	script_server(s, 0, tls_flight, 1500);
	script_server(s, 1500, tls_flight, 1000);
	tls_record(b, 23, 0x55, 20);
	for (uint32_t i = 0; i < 70; i++)
		script_client(s, 200 + 20 * i, b, 20);
}

static void tcp_encrypted(struct script *s)
{
	tcp_tls13(s);
}

static uint32_t tls13_flight(uint8_t *b)
{
	uint32_t n = tls_record(b, 22, 2, 120);

	n += tls_record(b + n, 20, 1, 6);
	n += tls_record(b + n, 23, 0x55, 600);
	return n + tls_record(b + n, 23, 0x55, 58);
}

/* The client's Finished is the last that is wanted: its request, the answer and what comes after are left out. */
static void tcp_encrypted_finished(struct script *s)
{
	uint8_t b[1000];
	uint32_t n;

	begin(s);
	script_server(s, 0, b, tls13_flight(b));
	n = tls_record(b, 20, 1, 6);
	n += tls_record(b + n, 23, 0x55, 58);
	n += tls_record(b + n, 23, 0x55, 150);
	script_client(s, 200, b, n);
	tls_record(b, 23, 0x55, 300);
	script_server(s, 784, b, 300);
	script_client(s, 414, b, 300);
}

/* A Finished is not told from the client's records: the server's next one ends what is wanted. */
static void tcp_encrypted_flight(struct script *s)
{
	uint8_t b[1000];

	begin(s);
	script_server(s, 0, b, tls13_flight(b));
	tls_record(b, 23, 0x55, 700);
	script_client(s, 200, b, 700);
	script_client(s, 900, b, 700);
	script_server(s, 784, b, 700);
	script_client(s, 1600, b, 700);
	script_server(s, 1484, b, 700);
}

/* Early data is nobody's handshake; what ends it is the client's. */
static void tcp_encrypted_early(struct script *s)
{
	uint8_t b[1000];
	uint32_t n;

	begin(s);
	tls_record(b, 23, 0x55, 500);
	script_client(s, 200, b, 500);
	script_server(s, 0, b, tls13_flight(b));
	n = tls_record(b, 23, 0x55, 26);
	n += tls_record(b + n, 23, 0x55, 58);
	script_client(s, 700, b, n);
	tls_record(b, 23, 0x55, 500);
	script_client(s, 784, b, 500);
}

/* After a HelloRetryRequest, hellos follow ChangeCipherSpecs. */
static void tcp_encrypted_retry(struct script *s)
{
	uint8_t b[1000];
	uint32_t n;

	begin(s);
	n = tls_record(b, 22, 2, 93);
	n += tls_record(b + n, 20, 1, 6);
	script_server(s, 0, b, n);
	n = tls_record(b, 20, 1, 6);
	n += tls_record(b + n, 22, 1, 300);
	script_client(s, 200, b, n);
	n = tls_record(b, 22, 2, 160);
	n += tls_record(b + n, 23, 0x55, 700);
	script_server(s, 99, b, n);
	tls_record(b, 23, 0x55, 58);
	script_client(s, 506, b, 58);
}

/* What a budget ends, or the number of records, does not take with it what came in the same segment. */
static void tcp_encrypted_many(struct script *s)
{
	uint8_t b[1000];
	uint32_t n = 0;

	begin(s);
	script_server(s, 0, b, tls13_flight(b));
	for (int i = 0; i < 9; i++)
		n += tls_record(b + n, 23, 0x55, 40);
	script_client(s, 200, b, n);
}

static const struct packet_case cases_tcp[] = {
	{ "TLS 1.2", tcp_tls12, 0,
	  " open(d0 i0 c0 s0) c0:200 s0:1400 s1400:600 c200:126 s2000:51 c326:5/300T s2051:5/300T"
	  " s2351:5/300T s2651:5/300T s2951:5/300T s3251:5/300T s3551:5/300T s3851:5/300T s4151:5/300T"
	  " c626:5/300T c926:5/300T c1226:5/300T c1526:5/300T c1826:5/300T c2126:5/300T c2426:5/300T"
	  " c2726:5/300TL" },
	{ "TLS 1.3", tcp_tls13, 0,
	  " open(d0 i0 c0 s0) c0:200 s0:131/166T s166:5/1234T s3166:5/280T s3446:5/60T c200:11/66T"
	  " c266:5/150T c416:0F s3506:0F" },
	{ "application data is told, then not", tcp_app_limit, 0,
	  " open(d0 i0 c0 s0) c0:200 s0:2000 c200:5/100T s2000:5/100T c300:5/100T s2100:5/100T c400:5/100T"
	  " s2200:5/100T c500:5/100T s2300:5/100T c600:5/100T s2400:5/100T c700:5/100T s2500:5/100T"
	  " c800:5/100T s2600:5/100T c900:5/100T s2700:5/100T c1000:5/100TL" },
	{ "renegotiation", tcp_renegotiation, 0,
	  " open(d0 i0 c0 s0) c0:200 s0:2000 s2000:5/100T c200:5/100T c300:5/100T c400:5/100T c500:5/100T"
	  " c600:5/100T c700:5/100T c800:100 c900:5/100T c1000:5/100T c1100:5/100T c1200:5/100T"
	  " c1300:5/100T c1400:5/100T c1500:5/100T c1600:5/100T" },
	{ "headers over segments", tcp_straddle, 0,
	  " open(d0 i0 c0 s0) c0:200 s0:102 s102:1 s103:1897 s2000:5/100T s2100:3 s2103:2/97T" },
	{ "one byte a segment", tcp_one_byte_segments, 0,
	  " open(d0 i0 c0 s0) c0:1 c1:1 c2:1 c3:1 c4:1 c5:1 c6:1 c7:1 c8:1 c9:1 c10:1 c11:1 c12:1 c13:1"
	  " c14:1 c15:1 c16:1 c17:1 c18:1 c19:1 c20:180" },
	{ "more records than are walked", tcp_many_records, 0, " open(d0 i0 c0 s0) c0:200 s0:600 s600:5/100T" },
	{ "fast open", tcp_fast_open, 0, " open(d0 i0 c0) c0:200 c0:0/200R s0:1000" },
	{ "ports used again", tcp_reuse, 0,
	  " open(d0 i0 c0 s0) c0:200 s0:1000 c200:0F s1000:0F open(d0 i0 c1000000 s2000000) c1000000:200"
	  " s2000000:1000" },
	{ "FIN with data", tcp_fin_with_data, 0, " open(d0 i0 c0 s0) c0:200 s0:2000F c200:5/100TF" },
	{ "RST", tcp_rst, 0, " open(d0 i0 c0 s0) c0:200 s0:0X" },
	{ "RST after FIN", tcp_rst_after_fin, 0, " open(d0 i0 c0 s0) c0:200 c200:0F s0:2000 c201:0X" },
	{ "seen at several hooks", tcp_duplicates, 0,
	  " open(d0 i0 c0 s0) c0:200 cross2 s0:1000 c200:0OF duplicate=4" },
	{ "two paths", tcp_two_paths, 0, " open(d0 i0 c0 s0) c0:200 s0:700 s700:700O s1400:600" },
	{ "open before, nothing to come", tcp_midstream, 0, " midstream=1" },
	{ "open before, handshake to come", tcp_picked_up, 0, " open(d0) c500:200 s1000:1300 s300:700" },
	{ "budget", tcp_budget, CASE_SMALL_BUDGET,
	  " open(d0 i0 c0 s0) c0:200 s0:1500 s1500:500/1000B c200:200 budget=1" },
	{ "both done", tcp_both_done, CASE_SMALL_BUDGET,
	  " open(d0 i0 c0 s0) c0:200 s0:1500 s1500:500/1000B c200:5/20T c220:5/20T c240:5/20T c260:5/20T"
	  " c280:5/20T c300:5/20T c320:5/20T c340:5/20TL budget=1" },
	{ "encrypted records copied", tcp_encrypted, CASE_ENCRYPTED,
	  " open(d0 i0 c0 s0) c0:200 s0:1400 s1400:1400 s2800:706 c200:71/216T c416:0F s3506:0F" },
	{ "encrypted records up to Finished", tcp_encrypted_finished, CASE_ENCRYPTED,
	  " open(d0 i0 c0 s0) c0:200 s0:784 c200:69/214T s784:5/300T c414:5/300T" },
	{ "encrypted records until the server goes on", tcp_encrypted_flight, CASE_ENCRYPTED,
	  " open(d0 i0 c0 s0) c0:200 s0:784 c200:700 c900:700 s784:5/700T c1600:5/700T s1484:5/700T" },
	{ "encrypted records after early data", tcp_encrypted_early, CASE_ENCRYPTED,
	  " open(d0 i0 c0 s0) c0:200 c200:5/500T s0:784 c700:84 c784:5/500T" },
	{ "encrypted records after a HelloRetryRequest", tcp_encrypted_retry, CASE_ENCRYPTED,
	  " open(d0 i0 c0 s0) c0:200 s0:99 c200:306 s99:860 c506:58" },
	{ "more encrypted records than are told", tcp_encrypted_many, CASE_ENCRYPTED,
	  " open(d0 i0 c0 s0) c0:200 s0:784 c200:285/320T c520:0/40T" },
	{ 0 },
};

#endif
