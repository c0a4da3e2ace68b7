/* SPDX-License-Identifier: BSD-2-Clause */
#include "flow/flow.h"

#include <string.h>

void flow_init(struct flow *f, const struct hs_tuple *tuple, struct reasm_budget *budget, uint64_t time_ns)
{
	*f = (struct flow){
		.tuple = *tuple,
		.first_ns = time_ns,
		.last_ns = time_ns,
		.initiator = HS_DIR_UNKNOWN,
		.first_dir = HS_DIR_UNKNOWN,
		.vlan = { HS_NO_VLAN, HS_NO_VLAN },
	};
	f->node.key = &f->tuple;
	f->node.key_len = sizeof(f->tuple);
	reasm_init(&f->stream[0], budget);
	reasm_init(&f->stream[1], budget);
}

void flow_free(struct flow *f)
{
	reasm_free(&f->stream[0]);
	reasm_free(&f->stream[1]);
}

void flow_open(struct flow *f, const struct hs_open *rec, uint64_t time_ns, int64_t offset_ns)
{
	f->opened = true;
	f->first_ns = f->last_ns = time_ns;
	f->syn_ns = rec->syn_ns ? rec->syn_ns + (uint64_t)offset_ns : 0;
	f->syn_ack_ns = rec->syn_ack_ns ? rec->syn_ack_ns + (uint64_t)offset_ns : 0;
	f->initiator = rec->initiator;
	f->first_dir = rec->dir;
	f->first_hook = rec->hook;
	memcpy(f->vlan, rec->vlan, sizeof(f->vlan));
	memcpy(f->tunnel, rec->tunnel, sizeof(f->tunnel));
	for (int d = 0; d < 2; d++)
		if (rec->isn_known[d])
			reasm_start(&f->stream[d], rec->isn[d]);
	flow_add_interface(f, rec->ifindex);
}

void flow_add_interface(struct flow *f, uint32_t ifindex)
{
	if (!ifindex || f->interface_cnt == FLOW_INTERFACES_MAX)
		return;
	for (int i = 0; i < f->interface_cnt; i++)
		if (f->interfaces[i] == ifindex)
			return;
	f->interfaces[f->interface_cnt++] = ifindex;
}

bool flow_note_end(struct flow *f, uint8_t dir, uint8_t tcp_flags, uint64_t time_ns)
{
	bool fin = tcp_flags & FLOW_TCP_FIN, rst = tcp_flags & FLOW_TCP_RST;

	if (!fin && !rst)
		return false;
	if (f->end_how == FLOW_END_NONE) {
		f->end_how = rst ? FLOW_END_RST : FLOW_END_FIN;
		f->end_dir = dir;
		f->end_ns = time_ns;
	}
	if (fin)
		f->fin[dir] = true;
	if (rst)
		f->reset[dir] = true;
	return rst || (f->fin[0] && f->fin[1]);
}
