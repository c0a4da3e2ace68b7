/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The gate at the TC hooks. What it decides is in include/gate.h. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

#include "abi.h"
#include "tc_env.h"

#include "entry.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Returned always: the next program, and in its absence what would have happened without us. Equal to TCX_NEXT. */
#define HS_TC_UNSPEC (-1)

/* All that the quick look let through. */
SEC("tc")
int hsmon_full(struct __sk_buff *skb)
{
	struct hs_scratch *s = hs_scratch(skb);

	if (!s)
		return HS_TC_UNSPEC;
	s->pkt.datagram = skb->gso_size;
	if (skb->vlan_present)
		hs_add_vlan(&s->pkt, skb->vlan_tci);
	hs_full(skb, s, skb->ifindex);
	return HS_TC_UNSPEC;
}

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__array(values, int(struct __sk_buff *));
} full SEC(".maps") = {
	.values = { [0] = hsmon_full },
};

static __always_inline int hs_tc(struct __sk_buff *skb, __u32 hook, __u32 next)
{
	struct hs_scratch *s = hs_entry(skb, hook, next);

	if (s) {
		bpf_tail_call(skb, &full, 0);
		hs_leave_scratch(s);
	}
	return HS_TC_UNSPEC;
}

SEC("tc")
int hsmon_ingress(struct __sk_buff *skb)
{
	return hs_tc(skb, HS_HOOK_INGRESS, HS_NEXT_ETH);
}

SEC("tc")
int hsmon_egress(struct __sk_buff *skb)
{
	return hs_tc(skb, HS_HOOK_EGRESS, HS_NEXT_ETH);
}

/* For devices without Ethernet header: tun, wireguard, ppp, ipip. */
SEC("tc")
int hsmon_ingress_l3(struct __sk_buff *skb)
{
	return hs_tc(skb, HS_HOOK_INGRESS, HS_NEXT_IP);
}

SEC("tc")
int hsmon_egress_l3(struct __sk_buff *skb)
{
	return hs_tc(skb, HS_HOOK_EGRESS, HS_NEXT_IP);
}
