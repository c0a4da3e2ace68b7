/* SPDX-License-Identifier: BSD-2-Clause */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

#include <openssl/evp.h>

#include "event/make.h"

static bool is_ipv4(const struct hs_tuple *t)
{
	return t->family == 4;
}

struct event_str make_address(struct make *m, const uint8_t *addr, bool v4)
{
	char buf[INET6_ADDRSTRLEN];

	if (!inet_ntop(v4 ? AF_INET : AF_INET6, addr, buf, sizeof(buf)))
		return event_str(NULL, 0);
	return make_bytes(m, buf, strlen(buf));
}

static struct event_endpoint make_endpoint(struct make *m, const struct hs_tuple *t, int i)
{
	bool v4 = is_ipv4(t);

	return (struct event_endpoint){ make_address(m, v4 ? t->addr[i] + 12 : t->addr[i], v4), t->port[i] };
}

/* SHA-1 over seed, the ordered endpoints, protocol, padding and ports; base64 with the version before it. */
bool community_id(const struct hs_tuple *t, char out[COMMUNITY_ID_LEN])
{
	static EVP_MD *sha1;
	unsigned char in[2 + 16 + 16 + 2 + 4], digest[EVP_MAX_MD_SIZE];
	size_t addr_len = is_ipv4(t) ? 4 : 16, n = 2;
	unsigned int digest_len;

	if (!sha1)
		sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
	if (!sha1)
		return false;
	in[0] = in[1] = 0;
	for (int i = 0; i < 2; i++, n += addr_len)
		memcpy(in + n, t->addr[i] + HS_ADDR_LEN - addr_len, addr_len);
	in[n++] = t->proto;
	in[n++] = 0;				/* padding */
	for (int i = 0; i < 2; i++) {
		in[n++] = (unsigned char)(t->port[i] >> 8);
		in[n++] = (unsigned char)t->port[i];
	}
	if (!EVP_Digest(in, n, digest, &digest_len, sha1, NULL))
		return false;
	memcpy(out, "1:", 2);
	EVP_EncodeBlock((unsigned char *)out + 2, digest, (int)digest_len);
	return true;
}

static struct event_str make_vlan(struct make *m, uint16_t id)
{
	char buf[8];

	if (id == HS_NO_VLAN)
		return event_str(NULL, 0);
	return make_bytes(m, buf, (size_t)snprintf(buf, sizeof(buf), "%u", id));
}

static void make_tunnels(struct make *m)
{
	static const char *const names[] = {
		[HS_TUNNEL_VXLAN] = "vxlan", [HS_TUNNEL_GENEVE] = "geneve", [HS_TUNNEL_GRE] = "gre",
		[HS_TUNNEL_IPIP] = "ipip", [HS_TUNNEL_SIT] = "6in4", [HS_TUNNEL_IP6TNL] = "ip6tnl",
		[HS_TUNNEL_MPLS] = "mpls", [HS_TUNNEL_PPPOE] = "pppoe", [HS_TUNNEL_GTPU] = "gtp-u",
	};
	struct event_str *v;
	size_t n = 0;

	while (n < HS_MAX_TUNNELS && m->f->tunnel[n])
		n++;
	v = make_list(m, n);
	for (size_t i = 0; v && i < n; i++) {
		uint8_t kind = m->f->tunnel[i];

		v[i] = make_static(kind < sizeof(names) / sizeof(*names) ? names[kind] : "unknown");
	}
	m->e->tunnel.v = v;
	m->e->tunnel.n = v ? n : 0;
}

static const char *name_of_interface(struct make *m, uint32_t ifindex)
{
	const struct event_source *src = m->src;

	return src->interface_name ? src->interface_name(src->interface_ctx, ifindex) : NULL;
}

static void make_interfaces(struct make *m)
{
	struct event_str *v = make_list(m, m->f->interface_cnt);
	size_t n = 0;

	for (int i = 0; v && i < m->f->interface_cnt; i++) {
		const char *name = name_of_interface(m, m->f->interfaces[i]);

		if (name)
			v[n++] = make_bytes(m, name, strlen(name));
	}
	if (!n)
		return;
	m->e->interface = v[0];
	m->e->interfaces.v = v;
	m->e->interfaces.n = n;
}

/* Seen from this host; on the loopback interface both ends are here. */
static const char *direction(struct make *m)
{
	const struct flow *f = m->f;
	const char *name = f->interface_cnt ? name_of_interface(m, f->interfaces[0]) : NULL;
	bool from_client = f->first_dir == m->client_dir;

	if (!f->opened || f->first_hook == HS_HOOK_TAP)
		return "unknown";
	if (name && !strcmp(name, "lo"))
		return "internal";
	return (f->first_hook == HS_HOOK_INGRESS) == from_client ? "ingress" : "egress";
}

static bool is_listed(const struct event_strs *list, struct event_str s)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].len == s.len && !memcmp(list->v[i].s, s.s, s.len))
			return true;
	return false;
}

/* Both ends, and what address translation made of them. */
static void make_related_ip(struct make *m)
{
	struct handshake_event *e = m->e;
	struct event_str all[4] = { e->client.ip, e->server.ip }, *v = make_list(m, 4);
	size_t n = 2;

	if (!v)
		return;
	e->related_ip.v = v;
	for (int i = 0; m->f->is_translated && i < 2; i++)
		all[n++] = make_endpoint(m, &m->f->translated, i).ip;
	for (size_t i = 0; i < n; i++)
		if (all[i].s && !is_listed(&e->related_ip, all[i]))
			v[e->related_ip.n++] = all[i];
}

static const char *protocol_name(enum tls_protocol p)
{
	static const char *const names[] = {
		[TLS_PROTO_TLS] = "tls", [TLS_PROTO_SSL] = "ssl", [TLS_PROTO_DTLS] = "dtls", [TLS_PROTO_QUIC] = "quic",
	};

	return names[p];
}

void make_network(struct make *m)
{
	struct handshake_event *e = m->e;
	const struct hs_tuple *t = &m->f->tuple;
	int client = m->client_dir, opener = m->f->initiator != HS_DIR_UNKNOWN ? m->f->initiator : client;
	char id[COMMUNITY_ID_LEN];

	e->client = make_endpoint(m, t, client);
	e->server = make_endpoint(m, t, !client);
	e->source = opener == client ? e->client : e->server;
	e->destination = opener == client ? e->server : e->client;
	e->transport = make_static(t->proto == IPPROTO_UDP ? "udp" : "tcp");
	e->protocol = make_static(protocol_name(m->h->protocol));
	e->type = make_static(is_ipv4(t) ? "ipv4" : "ipv6");
	if (community_id(t, id))
		e->community_id = make_bytes(m, id, strlen(id));
	e->vlan = make_vlan(m, m->f->vlan[0]);
	e->inner_vlan = make_vlan(m, m->f->vlan[1]);
	e->direction = make_static(direction(m));
	if (m->src->host_name)
		e->host_name = make_bytes(m, m->src->host_name, strlen(m->src->host_name));
	make_interfaces(m);
	make_tunnels(m);
	make_related_ip(m);
}
