/* SPDX-License-Identifier: BSD-2-Clause */
/* DTLS and QUIC. */
#ifndef HSMON_TESTS_CASES_UDP_H
#define HSMON_TESTS_CASES_UDP_H

static void udp_add(struct script *s, bool client, const void *data, uint32_t len)
{
	struct packet p;

	if (client)
		packet_udp4(&p, SCRIPT_CLIENT, SCRIPT_CLIENT_PORT, SCRIPT_SERVER, SCRIPT_PORT, data, len);
	else
		packet_udp4(&p, SCRIPT_SERVER, SCRIPT_PORT, SCRIPT_CLIENT, SCRIPT_CLIENT_PORT, data, len);
	script_add(s, &p);
}

/* A DTLS 1.2 record of epoch with a message. */
static uint32_t dtls_record(uint8_t *p, uint8_t type, uint8_t epoch, uint8_t first, uint32_t len)
{
	memset(p, 0xaa, len);
	p[0] = type;
	p[1] = 0xfe;
	p[2] = 0xfd;
	memset(p + 3, 0, 8);
	p[4] = epoch;
	packet_put16(p + 11, len - 13);
	p[13] = first;
	return len;
}

static void udp_dtls(struct script *s)
{
	uint8_t b[1200];

	dtls_record(b, 22, 0, 1, 150);
	udp_add(s, true, b, 150);
	dtls_record(b, 22, 0, 3, 60);
	udp_add(s, false, b, 60);
	dtls_record(b, 22, 0, 1, 180);
	udp_add(s, true, b, 180);
	dtls_record(b, 22, 0, 2, 1200);
	udp_add(s, false, b, 1200);
	dtls_record(b, 20, 0, 1, 14);
	dtls_record(b + 14, 22, 1, 0x55, 61);
	udp_add(s, true, b, 75);
	dtls_record(b, 23, 1, 0x55, 500);
	for (int i = 0; i < 6; i++) {
		udp_add(s, true, b, 500);
		udp_add(s, false, b, 500);
	}
	/* The same ports again. */
	dtls_record(b, 22, 0, 1, 150);
	udp_add(s, true, b, 150);
}

static void quic_long(uint8_t *p, uint32_t version, uint8_t first, uint32_t len)
{
	memset(p, 0xaa, len);
	p[0] = first;
	packet_put32(p + 1, version);
	p[5] = 8;
}

static void udp_quic(struct script *s)
{
	uint8_t b[1200];

	quic_long(b, 1, 0xc0, 1200);
	udp_add(s, true, b, 1200);
	udp_add(s, false, b, 1200);
	quic_long(b, 1, 0xe0, 600);
	udp_add(s, false, b, 600);
	udp_add(s, true, b, 100);
	memset(b, 0x55, sizeof(b));
	for (int i = 0; i < 6; i++) {
		udp_add(s, true, b, 900);
		udp_add(s, false, b, 20);
	}
}

static void udp_quic_versions(struct script *s)
{
	uint8_t b[1200];

	quic_long(b, 0x6b3343cf, 0xd0, 1200);
	udp_add(s, true, b, 1200);
	quic_long(b, 0, 0xff, 60);
	udp_add(s, false, b, 60);
	quic_long(b, 0xff00001d, 0xc0, 1200);
	udp_add(s, true, b, 1200);
	quic_long(b, 0x709a50c4, 0xd0, 1200);
	udp_add(s, true, b, 1200);
}

/* Too short for a first packet on a port that was not asked for; not QUIC; a short header first. */
static void udp_not_quic(struct script *s)
{
	uint8_t b[1200];

	quic_long(b, 1, 0xc0, 1200);
	udp_add(s, true, b, 300);
	memset(b, 0x55, sizeof(b));
	udp_add(s, true, b, 1200);
	memset(b, 0xff, sizeof(b));
	udp_add(s, true, b, 1200);
	udp_add(s, true, b, 3);
	udp_add(s, true, b, 0);
}

static void udp_limit(struct script *s)
{
	uint8_t b[1200];

	quic_long(b, 1, 0xc0, 1200);
	for (int i = 0; i < 40; i++)
		udp_add(s, true, b, 1200);
}

/* Three datagrams as one super packet. */
static void udp_gso(struct script *s)
{
	uint8_t b[3000];

	quic_long(b, 1, 0xc0, 1200);
	quic_long(b + 1200, 1, 0xe0, 1200);
	memset(b + 2400, 0x55, 600);
	s->datagram = 1200;
	udp_add(s, true, b, 3000);
}

/* More in one than are looked at. */
static void udp_gso_many(struct script *s)
{
	uint8_t b[3000];

	for (uint32_t off = 0; off < 3000; off += 100)
		quic_long(b + off, 1, off ? 0xe0 : 0xc0, 100);
	s->datagram = 100;
	udp_add(s, true, b, 3000);
}

static void udp_hooks(struct script *s)
{
	uint8_t b[1200];

	quic_long(b, 1, 0xc0, 1200);
	s->hook = HS_HOOK_EGRESS;
	udp_add(s, true, b, 1200);
	s->hook = HS_HOOK_INGRESS;
	udp_add(s, true, b, 1200);
	s->ifindex = 2;
	udp_add(s, true, b, 1200);
}

static const struct packet_case cases_udp[] = {
	{ "DTLS", udp_dtls, 0,
	  " open(d0) c0:150 s0:60 c0:180 s0:1200 c0:75 c0:32/500T s0:32/500T c0:32/500T s0:32/500T"
	  " c0:32/500T s0:32/500T c0:32/500T s0:32/500TL open(d0) c0:150" },
	{ "DTLS, any port", udp_dtls, CASE_ANY,
	  " open(d0) c0:150 s0:60 c0:180 s0:1200 c0:75 c0:32/500T s0:32/500T c0:32/500T s0:32/500T"
	  " c0:32/500T s0:32/500T c0:32/500T s0:32/500TL open(d0) c0:150" },
	{ "QUIC", udp_quic, 0,
	  " open(d0) c0:1200 s0:1200 s0:600 c0:100 c0:32/900T s0:20 c0:32/900T s0:20 c0:32/900T s0:20"
	  " c0:32/900T s0:20L" },
	{ "QUIC, other versions", udp_quic_versions, CASE_ANY, " open(d0) c0:1200 s0:60 c0:1200 c0:1200" },
	{ "QUIC, short", udp_not_quic, 0, " open(d0) c0:300 c0:32/1200T c0:1200 c0:3" },
	{ "not QUIC", udp_not_quic, CASE_ANY, "" },
	{ "datagrams' limit", udp_limit, 0,
	  " open(d0) c0:1200 c0:1200 c0:1200 c0:1200 c0:1200 c0:1200 c0:1200 c0:1200 c0:1200 c0:1200"
	  " c0:1200 c0:1200 c0:1200 c0:1200 c0:1200 c0:1200 c0:1200 c0:1200 c0:1200 c0:1200 c0:1200 c0:1200"
	  " c0:1200 c0:1200 c0:1200 c0:1200 c0:1200 c0:1200 c0:1200 c0:1200 c0:1200 c0:1200" },
	{ "UDP GSO", udp_gso, 0, " open(d0) c0:1200 c0:1200 c0:32/600T" },
	{ "UDP GSO, many", udp_gso_many, 0,
	  " open(d0) c0:100 c0:100 c0:100 c0:100 c0:100 c0:100 c0:100 c0:100 c0:100 c0:100 c0:100 c0:100"
	  " budget=1" },
	{ "datagrams at several hooks", udp_hooks, 0, " open(d0) c0:1200 cross2 duplicate=2" },
	{ 0 },
};

#endif
