/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The gate at the XDP hook, for mirror ports and taps: both directions of a connection arrive there. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

#include "abi.h"
#include "xdp_env.h"

#include "entry.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Returned always: XDP_PASS. */
#define HS_XDP_PASS 2

/* All that the quick look let through. */
SEC("xdp")
int hsmon_xdp_full(struct xdp_md *xdp)
{
	struct hs_scratch *s = hs_scratch(xdp);

	if (!s)
		return HS_XDP_PASS;
	hs_full(xdp, s, xdp->ingress_ifindex);
	return HS_XDP_PASS;
}

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__array(values, int(struct xdp_md *));
} full SEC(".maps") = {
	.values = { [0] = hsmon_xdp_full },
};

static __always_inline int hs_xdp(struct xdp_md *xdp, __u32 next)
{
	struct hs_scratch *s = hs_entry(xdp, HS_HOOK_INGRESS, next);

	if (s) {
		bpf_tail_call(xdp, &full, 0);
		hs_leave_scratch(s);
	}
	return HS_XDP_PASS;
}

SEC("xdp")
int hsmon_xdp_eth(struct xdp_md *xdp)
{
	return hs_xdp(xdp, HS_NEXT_ETH);
}

/* For devices without Ethernet header. */
SEC("xdp")
int hsmon_xdp_l3(struct xdp_md *xdp)
{
	return hs_xdp(xdp, HS_NEXT_IP);
}
