/* SPDX-License-Identifier: BSD-2-Clause */
/* Link and network layers: the same ClientHello in every wrapping. */
#ifndef HSMON_TESTS_CASES_SHAPES_H
#define HSMON_TESTS_CASES_SHAPES_H

static void hello_in(struct packet *p)
{
	uint8_t hello[200];

	tls_record(hello, 22, 1, sizeof(hello));
	packet_tcp4(p, SCRIPT_CLIENT, SCRIPT_CLIENT_PORT, SCRIPT_SERVER, SCRIPT_PORT, SCRIPT_CLIENT_SEQ,
		    PACKET_ACK | PACKET_PSH, hello, sizeof(hello));
	packet_put32(p->data + p->l3 + 28, SCRIPT_SERVER_SEQ);
}

static void hello6_in(struct packet *p)
{
	uint8_t hello[200];

	tls_record(hello, 22, 1, sizeof(hello));
	packet_tcp6(p, "2001:db8::1", SCRIPT_CLIENT_PORT, "2001:db8::2", SCRIPT_PORT, SCRIPT_CLIENT_SEQ,
		    PACKET_ACK | PACKET_PSH, hello, sizeof(hello));
	packet_put32(p->data + p->l3 + 48, SCRIPT_SERVER_SEQ);
}

static void shape_plain(struct script *s)
{
	struct packet p;

	hello_in(&p);
	script_add(s, &p);
}

static void shape_plain6(struct script *s)
{
	struct packet p;

	hello6_in(&p);
	script_add(s, &p);
}

/* The sender is the second of the tuple. */
static void shape_reversed(struct script *s)
{
	uint8_t hello[100];
	struct packet p;

	tls_record(hello, 22, 1, sizeof(hello));
	packet_tcp4(&p, "10.0.0.3", SCRIPT_CLIENT_PORT, SCRIPT_SERVER, SCRIPT_PORT, SCRIPT_SERVER_SEQ, PACKET_ACK, hello,
		    sizeof(hello));
	script_add(s, &p);
	/* Same addresses: the port decides. */
	packet_tcp4(&p, SCRIPT_SERVER, SCRIPT_CLIENT_PORT, SCRIPT_SERVER, SCRIPT_PORT, SCRIPT_SERVER_SEQ, PACKET_ACK, hello,
		    sizeof(hello));
	script_add(s, &p);
}

static void shape_padded(struct script *s)
{
	struct packet p;

	hello_in(&p);
	packet_insert(&p, p.len, 30);
	script_add(s, &p);
}

static void shape_vlan(struct script *s)
{
	struct packet p;

	hello_in(&p);
	packet_insert_vlan(&p, 0x8100, 7);
	script_add(s, &p);
}

static void shape_qinq(struct script *s)
{
	struct packet p;

	hello_in(&p);
	packet_insert_vlan(&p, 0x8100, 7);
	packet_insert_vlan(&p, 0x88a8, 0x2000 | 9);
	script_add(s, &p);
}

static void shape_three_vlans6(struct script *s)
{
	struct packet p;

	hello6_in(&p);
	packet_insert_vlan(&p, 0x8100, 7);
	packet_insert_vlan(&p, 0x8100, 8);
	packet_insert_vlan(&p, 0x9100, 9);
	script_add(s, &p);
}

static void shape_cmd(struct script *s)
{
	struct packet p;

	hello_in(&p);
	packet_put16(packet_insert(&p, 12, 8), 0x8909);
	script_add(s, &p);
}

static void shape_snap(struct script *s)
{
	static const uint8_t llc[] = { 0xaa, 0xaa, 3, 0, 0, 0, 8, 0 };
	struct packet p;

	hello_in(&p);
	memcpy(packet_insert(&p, 14, sizeof(llc)), llc, sizeof(llc));
	packet_put16(p.data + 12, p.len - 14);
	script_add(s, &p);
}

static void shape_options(struct script *s)
{
	struct packet p;

	hello_in(&p);
	packet_insert_options(&p, 40);
	script_add(s, &p);
}

static void shape_tcp_options(struct script *s)
{
	struct packet p;

	hello_in(&p);
	packet_insert_tcp_options(&p, 40);
	script_add(s, &p);
	hello6_in(&p);
	packet_insert_tcp_options(&p, 12);
	script_add(s, &p);
}

static void shape_extensions(struct script *s)
{
	struct packet p;

	hello6_in(&p);
	packet_insert_extension(&p, 60, 24);
	packet_insert_extension(&p, 43, 8);
	packet_insert_extension(&p, 0, 8);
	script_add(s, &p);
}

/* An atomic fragment is none (RFC 6946); AH counts in other units (RFC 4302). */
static void shape_atomic_ah(struct script *s)
{
	struct packet p;

	hello6_in(&p);
	packet_insert_extension(&p, 44, 8)[1] = 0;
	packet_insert_extension(&p, 51, 24)[1] = 4;
	script_add(s, &p);
}

static void shape_l3(struct script *s)
{
	struct packet p;

	s->l3 = true;
	hello_in(&p);
	packet_strip(&p);
	script_add(s, &p);
	hello6_in(&p);
	packet_strip(&p);
	script_add(s, &p);
}

static void shape_fragments(struct script *s)
{
	struct packet p;

	hello_in(&p);
	p.data[p.l3 + 6] = 0x20;
	script_add(s, &p);
	packet_put16(p.data + p.l3 + 6, 25);
	script_add(s, &p);
	hello6_in(&p);
	packet_insert_extension(&p, 44, 8)[3] = 1;
	script_add(s, &p);
	/* Of ICMP: not of interest. */
	hello_in(&p);
	p.data[p.l3 + 6] = 0x20;
	p.data[p.l3 + 9] = 1;
	script_add(s, &p);
}

static void fragment(struct script *s, uint16_t id, uint16_t port, uint16_t field)
{
	struct packet p;

	hello_in(&p);
	packet_put16(p.data + p.l3 + 4, id);
	packet_put16(p.data + p.l3 + 6, field);
	packet_put16(p.data + p.l3 + 22, port);
	script_add(s, &p);
}

/* The first one tells of which port they all are; before it is there nothing is known. */
static void shape_unwanted_fragments(struct script *s)
{
	static const uint8_t vxlan[8] = { 8 };
	struct packet p;

	fragment(s, 1, 25, 0x2000);
	fragment(s, 1, SCRIPT_PORT, 25);
	fragment(s, 2, SCRIPT_PORT, 25);
	fragment(s, 2, SCRIPT_PORT, 0x2000);
	fragment(s, 2, 25, 0x2000 | 50);
	fragment(s, 3, 25, 25);
	fragment(s, 3, 25, 0x2000);
	fragment(s, 3, 25, 50);
	/* Around a tunnel: what is in it counts. */
	hello_in(&p);
	packet_wrap_udp(&p, 4789, vxlan, sizeof(vxlan));
	p.len -= 100;
	packet_put16(p.data + p.l3 + 2, p.len - p.l3);
	p.data[p.l3 + 6] = 0x20;
	script_add(s, &p);
	hello_in(&p);
	packet_put16(p.data + p.l3 + 22, 25);
	packet_wrap_udp(&p, 4789, vxlan, sizeof(vxlan));
	p.data[p.l3 + 6] = 0x20;
	p.data[p.l3 + 5] = 9;
	script_add(s, &p);
}

/* Headers that contradict themselves, and frames that end within them. */
static void shape_malformed(struct script *s)
{
	struct packet p;

	hello_in(&p);
	p.data[p.l3] = 0x44;
	script_add(s, &p);
	hello_in(&p);
	packet_put16(p.data + p.l3 + 2, 19);
	script_add(s, &p);
	hello_in(&p);
	p.data[p.l3 + 32] = 4 << 4;
	script_add(s, &p);
	hello_in(&p);
	packet_put16(p.data + p.l3 + 2, 39);
	script_add(s, &p);
	hello6_in(&p);
	packet_insert_extension(&p, 60, 8)[1] = 200;
	script_add(s, &p);
	hello_in(&p);
	p.len = p.l3 + 30;
	script_add(s, &p);
	packet_udp4(&p, SCRIPT_CLIENT, 1, SCRIPT_SERVER, SCRIPT_PORT, NULL, 100);
	packet_put16(p.data + p.l3 + 24, 7);
	p.data[p.l3 + 28] = 0xc0;
	script_add(s, &p);
}

static void shape_not_ours(struct script *s)
{
	struct packet p;

	packet_tcp4(&p, SCRIPT_CLIENT, 40000, SCRIPT_SERVER, 8000, 1, PACKET_ACK, NULL, 100);
	script_add(s, &p);
	packet_udp4(&p, SCRIPT_CLIENT, 40000, SCRIPT_SERVER, 53, NULL, 100);
	script_add(s, &p);
	p.data[p.l3 + 9] = 1;
	script_add(s, &p);
	packet_put16(p.data + 12, 0x0806);
	script_add(s, &p);
	packet_put16(p.data + 12, 0x88cc);
	script_add(s, &p);
	packet_tcp6(&p, "2001:db8::1", 40000, "2001:db8::2", 8000, 1, PACKET_ACK, NULL, 100);
	script_add(s, &p);
}

static const struct packet_case cases_shapes[] = {
	{ "plain", shape_plain, 0, " open(d0) c0:200" },
	{ "IPv6", shape_plain6, 0, " open(d0)v6 c0:200" },
	{ "reversed", shape_reversed, 0, " open(d1) s0:100 open(d1) s0:100" },
	{ "Ethernet padding", shape_padded, 0, " open(d0) c0:200" },
	{ "VLAN", shape_vlan, 0, " open(d0 vlan7) c0:200" },
	{ "QinQ", shape_qinq, 0, " open(d0 vlan9 vlan7) c0:200" },
	{ "three VLANs", shape_three_vlans6, 0, " open(d0 vlan9 vlan8)v6 c0:200" },
	{ "security group tag", shape_cmd, 0, " open(d0) c0:200" },
	{ "SNAP", shape_snap, 0, " open(d0) c0:200" },
	{ "IPv4 options", shape_options, 0, " open(d0) c0:200" },
	{ "TCP options", shape_tcp_options, 0, " open(d0) c0:200 open(d0)v6 c0:200" },
	{ "IPv6 extension headers", shape_extensions, 0, " open(d0)v6 c0:200" },
	{ "atomic fragment, AH", shape_atomic_ah, 0, " open(d0)v6 c0:200" },
	{ "no Ethernet header", shape_l3, 0, " open(d0) c0:200 open(d0)v6 c0:200" },
	{ "fragments", shape_fragments, 0, " frag4:240 frag4:240 frag6:268" },
	{ "fragments of other ports", shape_unwanted_fragments, 0,
	  " frag4:240 frag4:240 frag4:240 frag4:240 frag4:190" },
	{ "malformed", shape_malformed, 0, " malformed=7" },
	{ "not ours", shape_not_ours, 0, "" },
	{ 0 },
};

#endif
