/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Packets as struct __sk_buff, at TC and cgroup hooks. */
#ifndef HSMON_TC_ENV_H
#define HSMON_TC_ENV_H

#define HS_CTX struct __sk_buff
#define HS_FUNC static __always_inline
#define HS_SUB static __noinline

static __always_inline int hs_load(struct __sk_buff *skb, __u32 off, void *dst, __u32 len)
{
	return bpf_skb_load_bytes(skb, off, dst, len);
}

/*
 * The pointer and the answer apart, so that the compiler has no reason to compare with the packet's end twice: verifiers
 * take a state in which the packet is known to end before for one that covers states in which it does not (regsafe() of
 * packet pointers), and drop the code that only those reach. Seen with Linux 5.10; newer ones have the same comparison.
 */
static __always_inline __u32 hs_peek(struct __sk_buff *skb, const __u32 off, const __u32 len, const __u8 **out)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;

	*out = data + off;
	return data + off + len <= end;
}

static __always_inline __u32 hs_length(struct __sk_buff *skb)
{
	return skb->len;
}

static __always_inline __u32 hs_captured(struct __sk_buff *skb)
{
	return skb->len;
}

static __always_inline __u32 hs_env_socket(struct __sk_buff *skb)
{
	return (__u32)bpf_get_socket_cookie(skb);
}

#include "env.h"

#endif
