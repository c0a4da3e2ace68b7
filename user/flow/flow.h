/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A connection as packets show it: its two byte streams, when and where it was seen, how it ended. Meant to
 * be embedded in what the owner keeps of a connection.
 */
#ifndef HSMON_FLOW_FLOW_H
#define HSMON_FLOW_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "abi.h"
#include "base/table.h"
#include "flow/reasm.h"

#define FLOW_INTERFACES_MAX 8

enum flow_end_how { FLOW_END_NONE = 0, FLOW_END_FIN, FLOW_END_RST };

struct flow {
	struct table_node node;
	struct hs_tuple tuple;
	struct reasm stream[2];		/* by direction */
	uint64_t syn_ns, syn_ack_ns;	/* wall clock; 0: not seen */
	uint64_t first_ns, last_ns;	/* of its records */
	uint8_t initiator;		/* direction that opened it; HS_DIR_UNKNOWN */
	uint8_t first_dir, first_hook;	/* of the packet that opened it */
	bool opened;			/* its hs_open was seen */
	bool fin[2];
	bool reset[2];			/* RST, by who sent it */
	bool last;			/* the gate is done with it */
	enum flow_end_how end_how;	/* of the first end seen */
	uint8_t end_dir;
	uint64_t end_ns;
	uint16_t vlan[HS_MAX_VLANS];
	uint8_t tunnel[HS_MAX_TUNNELS];
	uint32_t interfaces[FLOW_INTERFACES_MAX];	/* ifindex, in the order in which they saw it */
	uint8_t interface_cnt;
	struct hs_tuple translated;	/* with is_translated: the same connection behind address translation */
	bool is_translated;
	uint8_t translated_client_dir;	/* direction in it that is the client's */
	uint8_t client_dir;		/* direction that is the client's, once its hello is known */
	uint32_t lost_segments;		/* segments whose end was cut off by snap length or budget */
};

/* Key and defaults; the streams share budget. */
void flow_init(struct flow *f, const struct hs_tuple *tuple, struct reasm_budget *budget, uint64_t time_ns);
void flow_free(struct flow *f);
void flow_open(struct flow *f, const struct hs_open *rec, uint64_t time_ns, int64_t offset_ns);
void flow_add_interface(struct flow *f, uint32_t ifindex);
/* Notes FIN and RST; true when this segment ended it (RST, or the second FIN). */
bool flow_note_end(struct flow *f, uint8_t dir, uint8_t tcp_flags, uint64_t time_ns);

#define FLOW_TCP_FIN 0x01
#define FLOW_TCP_RST 0x04
#define FLOW_TCP_ACK 0x10

#endif
