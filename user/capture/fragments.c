// SPDX-License-Identifier: BSD-2-Clause
#include "capture/fragments.h"

#include <stdlib.h>

#include "capture/defrag.h"
#include "capture/gate.h"

#define DEPTH_MAX 3

struct fragments {
	struct gate *gate;
	struct defrag *defrag;
	uint64_t told;			/* losses in the gate's counters */
	unsigned int depth;		/* fragments within fragments */
};

struct fragments *fragments_new(struct gate *gate, size_t max_bytes)
{
	struct fragments *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->gate = gate;
	f->defrag = defrag_new(max_bytes);
	if (f->defrag)
		return f;
	free(f);
	return NULL;
}

void fragments_free(struct fragments *f)
{
	if (!f)
		return;
	defrag_free(f->defrag);
	free(f);
}

static void count_lost(struct fragments *f)
{
	uint64_t lost = defrag_lost(f->defrag);

	gate_counters(f->gate)->v[HS_CNT_LOST_FRAGMENT] += lost - f->told;
	f->told = lost;
}

void fragments_add(struct fragments *f, const struct hs_fragment *rec, const uint8_t *packet, uint64_t time_ns)
{
	struct gate_packet p = {
		.time_ns = time_ns,
		.ifindex = rec->ifindex,
		.hook = rec->hook,
		.start = GATE_START_IP,
	};

	if (f->depth >= DEPTH_MAX)
		return;
	p.cap_len = p.wire_len = (uint32_t)defrag_add(f->defrag, rec, packet, time_ns, &p.data);
	count_lost(f);
	if (!p.cap_len)
		return;
	for (; p.vlan_cnt < HS_MAX_VLANS && rec->vlan[p.vlan_cnt] != HS_NO_VLAN; p.vlan_cnt++)
		p.vlan[p.vlan_cnt] = rec->vlan[p.vlan_cnt];
	f->depth++;
	gate_whole(f->gate, &p);
	f->depth--;
}

void fragments_finish(struct fragments *f)
{
	defrag_finish(f->defrag);
	count_lost(f);
}
