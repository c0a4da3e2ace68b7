/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The gate for the sockets of one cgroup, on whatever interface: packets begin with their IP header there. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

#include "abi.h"

#define HS_PREEMPTIBLE
#include "tc_env.h"

#include "entry.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Returned always: the packet passes. */
#define HS_CGROUP_PASS 1

/* All that the quick look let through. One for each direction: newer kernels call no program of another
 * attach type. */
static __always_inline int hs_cgroup_full(struct __sk_buff *skb)
{
	struct hs_scratch *s = hs_scratch(skb);

	if (!s)
		return HS_CGROUP_PASS;
	s->pkt.datagram = skb->gso_size;
	hs_full(skb, s, skb->ifindex);
	return HS_CGROUP_PASS;
}

SEC("cgroup_skb/ingress")
int hsmon_cg_infull(struct __sk_buff *skb)
{
	return hs_cgroup_full(skb);
}

SEC("cgroup_skb/egress")
int hsmon_cg_outfull(struct __sk_buff *skb)
{
	return hs_cgroup_full(skb);
}

struct full {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__array(values, int(struct __sk_buff *));
};

struct full full_in SEC(".maps") = { .values = { [0] = hsmon_cg_infull } };
struct full full_out SEC(".maps") = { .values = { [0] = hsmon_cg_outfull } };

static __always_inline int hs_cgroup(struct __sk_buff *skb, __u32 hook, void *full)
{
	struct hs_scratch *s = hs_entry(skb, hook, HS_NEXT_IP);

	if (s) {
		bpf_tail_call(skb, full, 0);
		hs_leave_scratch(s);
	}
	return HS_CGROUP_PASS;
}

SEC("cgroup_skb/ingress")
int hsmon_cg_in(struct __sk_buff *skb)
{
	return hs_cgroup(skb, HS_HOOK_INGRESS, &full_in);
}

SEC("cgroup_skb/egress")
int hsmon_cg_out(struct __sk_buff *skb)
{
	return hs_cgroup(skb, HS_HOOK_EGRESS, &full_out);
}
