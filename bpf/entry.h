/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * What every entry point does. All that the quick look lets through goes to a program of its own, reached by a tail call:
 * so the kernel verifies it once and not once for each entry point. What the entry points know is in the scratch.
 */
#ifndef HSMON_ENTRY_H
#define HSMON_ENTRY_H

#include "gate.h"

/* Not NULL: the full program is to be called; if that fails, hs_leave_scratch(). */
static __always_inline struct hs_scratch *hs_entry(HS_CTX *ctx, __u32 hook, __u32 next)
{
	struct hs_counters *c = hs_env_counters();
	__u32 looked = hs_look(ctx, next);
	struct hs_scratch *s;

	if (!c)
		return 0;
	hs_add_count(c, HS_CNT_PACKETS, 1);
	hs_add_count(c, HS_CNT_BYTES, hs_length(ctx));
	if (looked & HS_LOOK_SELECTED)
		hs_add_count(c, HS_CNT_SELECTED, 1);
	if (!(looked & HS_LOOK_PARSE))
		return 0;
	s = hs_enter_scratch(ctx);
	if (!s) {
		hs_add_count(c, HS_CNT_LOST_LOAD, 1);
		return 0;
	}
	__builtin_memset(&s->pkt, 0, sizeof(s->pkt));
	s->pkt.next = next;
	s->looked = looked;
	s->hook = hs_config.tap ? HS_HOOK_TAP : hook;
	return s;
}

/* The full program's part; s is hs_scratch(ctx). */
static __always_inline void hs_full(HS_CTX *ctx, struct hs_scratch *s, __u32 ifindex)
{
	s->ifindex = ifindex;
	hs_gate(ctx, s);
	hs_leave_scratch(s);
}

#endif
