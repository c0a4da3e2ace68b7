/* SPDX-License-Identifier: BSD-2-Clause */
/* The same ClientHello inside of other networks. */
#ifndef HSMON_TESTS_CASES_TUNNELS_H
#define HSMON_TESTS_CASES_TUNNELS_H

static void shape_vxlan(struct script *s)
{
	static const uint8_t header[8] = { 8 };
	struct packet p;

	hello_in(&p);
	packet_insert_vlan(&p, 0x8100, 5);
	packet_wrap_udp(&p, 4789, header, sizeof(header));
	script_add(s, &p);
}

static void shape_vxlan_old_port6(struct script *s)
{
	static const uint8_t header[8] = { 8 };
	struct packet p;

	hello6_in(&p);
	packet_wrap_udp(&p, 8472, header, sizeof(header));
	script_add(s, &p);
}

static void shape_geneve(struct script *s)
{
	static const uint8_t header[16] = { 2, 0, 0x65, 0x58 };
	static const uint8_t ip[8] = { 0, 0, 8, 0 };
	struct packet p;

	hello_in(&p);
	packet_wrap_udp(&p, 6081, header, sizeof(header));
	script_add(s, &p);
	hello6_in(&p);
	packet_strip(&p);
	packet_wrap_udp(&p, 6081, ip, sizeof(ip));
	/* Says IPv4 and is IPv6. */
	script_add(s, &p);
}

static void shape_gtpu(struct script *s)
{
	static const uint8_t plain[8] = { 0x30, 255 };
	static const uint8_t extended[16] = { 0x34, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x85, 1 };
	struct packet p;

	hello_in(&p);
	packet_strip(&p);
	packet_wrap_udp(&p, 2152, plain, sizeof(plain));
	script_add(s, &p);
	hello6_in(&p);
	packet_strip(&p);
	packet_wrap_udp(&p, 2152, extended, sizeof(extended));
	script_add(s, &p);
}

static void shape_gre(struct script *s)
{
	static const uint8_t plain[4] = { 0, 0, 8, 0 };
	static const uint8_t teb[16] = { 0xb0, 0, 0x65, 0x58 };
	struct packet p;

	hello_in(&p);
	packet_strip(&p);
	packet_wrap_ip(&p, 4, 47, plain, sizeof(plain));
	script_add(s, &p);
	hello6_in(&p);
	packet_wrap_ip(&p, 6, 47, teb, sizeof(teb));
	script_add(s, &p);
}

static void shape_erspan(struct script *s)
{
	static const uint8_t header[16] = { 0x10, 0, 0x88, 0xbe };
	struct packet p;

	hello_in(&p);
	packet_wrap_ip(&p, 4, 47, header, sizeof(header));
	script_add(s, &p);
}

static void shape_ip_in_ip(struct script *s)
{
	struct packet p;

	hello_in(&p);
	packet_strip(&p);
	packet_wrap_ip(&p, 4, 4, NULL, 0);
	script_add(s, &p);
	hello6_in(&p);
	packet_strip(&p);
	packet_wrap_ip(&p, 4, 41, NULL, 0);
	script_add(s, &p);
}

static void shape_ip6_tunnel(struct script *s)
{
	struct packet p;

	hello_in(&p);
	packet_strip(&p);
	packet_wrap_ip(&p, 6, 4, NULL, 0);
	script_add(s, &p);
}

static void shape_mpls(struct script *s)
{
	static const uint8_t labels[8] = { 0, 1, 0, 64, 0, 2, 1, 64 };
	static const uint8_t wire[8] = { 0, 1, 1, 64 };
	struct packet p;

	hello_in(&p);
	packet_strip(&p);
	memcpy(packet_insert(&p, 0, sizeof(labels)), labels, sizeof(labels));
	packet_ethernet(&p, 0x8847);
	script_add(s, &p);
	/* A control word, and then Ethernet. */
	hello6_in(&p);
	memcpy(packet_insert(&p, 0, sizeof(wire)), wire, sizeof(wire));
	packet_ethernet(&p, 0x8847);
	script_add(s, &p);
}

static void shape_pppoe(struct script *s)
{
	static const uint8_t header[8] = { 0x11, 0, 0, 1, 0, 0, 0, 0x21 };
	struct packet p;

	hello_in(&p);
	packet_strip(&p);
	memcpy(packet_insert(&p, 0, sizeof(header)), header, sizeof(header));
	packet_ethernet(&p, 0x8864);
	script_add(s, &p);
}

/* Ethernet in VXLAN in GRE in IPIP is three; five are too many. */
static void shape_nested(struct script *s)
{
	static const uint8_t vxlan[8] = { 8 }, gre[4] = { 0, 0, 8, 0 };
	struct packet p;

	hello_in(&p);
	packet_wrap_udp(&p, 4789, vxlan, sizeof(vxlan));
	packet_strip(&p);
	packet_wrap_ip(&p, 4, 47, gre, sizeof(gre));
	packet_strip(&p);
	packet_wrap_ip(&p, 4, 4, NULL, 0);
	script_add(s, &p);
	for (int i = 0; i < 2; i++) {
		packet_strip(&p);
		packet_wrap_ip(&p, 4, 4, NULL, 0);
	}
	script_add(s, &p);
}

/* Tunnels whose contents cannot be read. */
static void shape_bad_tunnels(struct script *s)
{
	static const uint8_t no_flag[8] = { 0 }, routed[4] = { 0x40, 0, 8, 0 };
	struct packet p;

	hello_in(&p);
	packet_wrap_udp(&p, 4789, no_flag, sizeof(no_flag));
	script_add(s, &p);
	hello_in(&p);
	packet_strip(&p);
	packet_wrap_ip(&p, 4, 47, routed, sizeof(routed));
	script_add(s, &p);
	hello_in(&p);
	packet_strip(&p);
	p.data[0] = 0x35;
	packet_wrap_ip(&p, 4, 4, NULL, 0);
	script_add(s, &p);
}

static const struct packet_case cases_tunnels[] = {
	{ "VXLAN", shape_vxlan, 0, " open(d0 vlan5 vxlan) c0:200" },
	{ "VXLAN, old port", shape_vxlan_old_port6, 0, " open(d0 vxlan)v6 c0:200" },
	{ "Geneve", shape_geneve, 0, " open(d0 geneve) c0:200 encap=1" },
	{ "GTP-U", shape_gtpu, 0, " open(d0 gtpu) c0:200 open(d0 gtpu)v6 c0:200" },
	{ "GRE", shape_gre, 0, " open(d0 gre) c0:200 open(d0 gre)v6 c0:200" },
	{ "ERSPAN", shape_erspan, 0, " open(d0 gre) c0:200" },
	{ "IPIP, SIT", shape_ip_in_ip, 0, " open(d0 ipip) c0:200 open(d0 sit)v6 c0:200" },
	{ "IPv6 tunnel", shape_ip6_tunnel, 0, " open(d0 ip6tnl) c0:200" },
	{ "MPLS", shape_mpls, 0, " open(d0 mpls) c0:200 open(d0 mpls)v6 c0:200" },
	{ "PPPoE", shape_pppoe, 0, " open(d0 pppoe) c0:200" },
	{ "tunnels in tunnels", shape_nested, 0, " open(d0 ipip gre vxlan) c0:200 encap=1" },
	{ "tunnels that cannot be read", shape_bad_tunnels, 0, " encap=3" },
	{ 0 },
};

#endif
