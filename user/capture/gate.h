/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The gate of the kernel's programs (include/gate.h, the same text), run in user space on packets from elsewhere:
 * capture files, and IP packets put together from fragments.
 */
#ifndef HSMON_CAPTURE_GATE_H
#define HSMON_CAPTURE_GATE_H

#include <stdint.h>

#include "abi.h"

struct segment_sink;
struct gate;

#define GATE_FLOWS_DEFAULT 65536
#define GATE_OPENINGS_DEFAULT 16384

struct gate_settings {
	struct hs_config config;
	const uint64_t *ports[2];	/* TCP, UDP: HS_PORT_WORDS each; NULL: none. Copied */
	uint32_t flows_max;		/* 0: GATE_FLOWS_DEFAULT; the one longest not used goes */
	uint32_t openings_max;		/* 0: GATE_OPENINGS_DEFAULT */
};

/* What a packet's bytes begin with. */
enum gate_start {
	GATE_START_ETH,
	GATE_START_IP,			/* IPv4 or IPv6 */
	GATE_START_TYPE,		/* what `type`, an EtherType, says */
	GATE_START_PPP,			/* PPP's protocol field */
};

struct gate_packet {
	const uint8_t *data;
	uint32_t cap_len, wire_len;	/* bytes at data, bytes that there were on the wire */
	uint64_t time_ns;		/* since the epoch */
	uint32_t ifindex;
	uint32_t datagram;		/* UDP: bytes of each of several datagrams that came as one; 0 */
	uint16_t type;
	uint16_t vlan[HS_MAX_VLANS];	/* ids of tags that are not in data */
	uint8_t vlan_cnt;
	uint8_t start;			/* enum gate_start */
	uint8_t hook;			/* enum hs_hook */
};

/* Takes an IP fragment: rec and packet are borrowed for the call. The callee may give this gate packets. */
typedef void (*gate_fragment_fn)(void *ctx, const struct hs_fragment *rec, const uint8_t *packet);

/* The sink is copied; without its `open` flows begin with their first segment. NULL: out of memory. */
struct gate *gate_new(const struct gate_settings *settings, const struct segment_sink *sink);
void gate_free(struct gate *g);
void gate_on_fragment(struct gate *g, gate_fragment_fn fn, void *ctx);
/* From now on as hs_config.copy_encrypted says. */
void gate_copy_encrypted(struct gate *g);
/* Times are the packet's. */
void gate_packet(struct gate *g, const struct gate_packet *p);
/* The same for one that has been put together from packets that were counted. */
void gate_whole(struct gate *g, const struct gate_packet *p);
/* The caller may count what it knows, too. */
struct hs_counters *gate_counters(struct gate *g);

#endif
