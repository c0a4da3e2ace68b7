/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Packets as struct xdp_md. */
#ifndef HSMON_XDP_ENV_H
#define HSMON_XDP_ENV_H

#define HS_CTX struct xdp_md
#define HS_FUNC static __always_inline
#define HS_SUB static __noinline

/*
 * Frames in several buffers, as drivers make them of large MTUs and the kernel's generic XDP of whatever it has: Linux
 * 5.18, which has helpers for them. Without, the verifier drops the calls to those helpers: it knows the value.
 */
const volatile __u8 hs_frags;

#define HS_XDP_OFF_MAX 0xffff		/* farther no packet goes, says the verifier */

/* Not inline: branches within a loop can make one that Linux 5.10 does not know for a loop ("back-edge"). */
static __noinline int hs_load(struct xdp_md *xdp, __u32 off, void *dst, __u32 len)
{
	void *data = (void *)(long)xdp->data, *end = (void *)(long)xdp->data_end;
	long ret;

	if (off > HS_XDP_OFF_MAX)
		return 1;
	if (hs_frags)
		return bpf_xdp_load_bytes(xdp, off, dst, len);
	if (data + off + len > end)
		return 1;
	/* What is there is read at once, whatever its length: a loop over its bytes would be the verifier's whole budget. */
	ret = bpf_probe_read_kernel(dst, len, data + off);
	/* Before Linux 5.18 the verifier takes a loop only when it is closed by a jump; a call may not fall into its head. */
	__asm__ __volatile__("goto +0" : "+r"(ret));
	return (int)ret;
}

/* See tc_env.h. */
static __always_inline __u32 hs_peek(struct xdp_md *xdp, const __u32 off, const __u32 len, const __u8 **out)
{
	void *data = (void *)(long)xdp->data, *end = (void *)(long)xdp->data_end;

	*out = data + off;
	return data + off + len <= end;
}

static __always_inline __u32 hs_length(struct xdp_md *xdp)
{
	return hs_frags ? (__u32)bpf_xdp_get_buff_len(xdp) : (__u32)(xdp->data_end - xdp->data);
}

static __always_inline __u32 hs_captured(struct xdp_md *xdp)
{
	return hs_length(xdp);
}

#include "env.h"

/* Frames come in there, and have no socket yet. */
static __always_inline __u32 hs_env_socket(HS_CTX *ctx)
{
	return 0;
}

#endif
