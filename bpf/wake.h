/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* When the ring's reader is woken: the same for all that write to it. */
#ifndef HSMON_WAKE_H
#define HSMON_WAKE_H

#define HS_RING_HEADER 8		/* that the ring puts before each record; all sizes are multiples of it */

/* The reader is woken when the ring fills past a multiple of wake_bytes, a power of two, else its timer drains it: waking
 * it for each record costs it 40 times what the record costs. A multiple, and not only the first: CPUs that write at the same
 * time can all miss one. */
static __always_inline __u64 hs_wake_flags(__u32 wake_bytes, __u64 waiting, const __u32 len)
{
	return (waiting ^ (waiting + HS_RING_HEADER + len)) >= wake_bytes ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

#endif
