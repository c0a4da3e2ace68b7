/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The packet table: conversations, and what the gate is to give for each, in BPF and in user space alike. A word a
 * record: open(direction, initiator, first sequence numbers, VLANs, tunnels), a segment as client or server, offset in
 * its stream, bytes copied/stood for and flags (script.h), then what was counted.
 */
#ifndef HSMON_TESTS_CASES_H
#define HSMON_TESTS_CASES_H

#include "script.h"

#define CASE_ANY 1			/* any_port, no port selected */
#define CASE_UPGRADES 2
#define CASE_ENCRYPTED 4
#define CASE_SMALL_BUDGET 8		/* 2,000 bytes */

struct packet_case {
	const char *name;
	void (*fill)(struct script *s);
	int config;
	const char *expected;
};

#include "cases_shapes.h"
#include "cases_tunnels.h"
#include "cases_tcp.h"
#include "cases_order.h"
#include "cases_content.h"
#include "cases_udp.h"

static const struct packet_case *const packet_tables[] = {
	cases_shapes, cases_tunnels, cases_tcp, cases_order, cases_content, cases_udp,
};
#define PACKET_TABLES (sizeof(packet_tables) / sizeof(packet_tables[0]))

#endif
