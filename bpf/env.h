/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The gate's surroundings in the kernel, the same at every hook: maps, and how they are reached (gate_emit.h). What a
 * packet is, HS_CTX, and how its bytes are reached (packet.h, gate.h) the includer has said before.
 */
#ifndef HSMON_ENV_H
#define HSMON_ENV_H

#include "gate_state.h"

/* The gate passes its packet everywhere; not every surrounding needs it. */
#pragma clang diagnostic ignored "-Wunused-parameter"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct hs_tuple);
	__type(value, struct hs_flow);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct hs_tuple);
	__type(value, struct hs_opening);
} openings SEC(".maps");

/* IP packets whose fragments are not wanted (1) or are (0). */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct hs_tuple);
	__type(value, __u8);
} fragments SEC(".maps");

/* One entry a CPU, but not a per-CPU map: a reader without the right to bpf() maps it into its memory. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct hs_counters);
} counters SEC(".maps");

const volatile struct hs_config hs_config = { .budget = HS_BUDGET_DEFAULT };
__u64 hs_ports[2][HS_PORT_WORDS];

/*
 * One for each depth at which a program can interrupt another on the same CPU: those of a cgroup run with interrupts of
 * network devices allowed, and with PREEMPT_RT so do those of TC. The first one holds the depth.
 */
#define HS_DEPTH_MAX 3

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, HS_DEPTH_MAX);
	__type(key, __u32);
	__type(value, struct hs_scratch);
} scratch SEC(".maps");

static __always_inline struct hs_scratch *hs_scratch_at(__u32 depth)
{
	return bpf_map_lookup_elem(&scratch, &depth);
}

/* NULL: too deep. Until hs_leave() it is this program's, and hs_scratch(). An interruption in here gives back what it took. */
static __always_inline struct hs_scratch *hs_enter_scratch(void)
{
	struct hs_scratch *first = hs_scratch_at(0);

	if (!first || first->depth >= HS_DEPTH_MAX)
		return 0;
	return hs_scratch_at(first->depth++);
}

static __always_inline struct hs_scratch *hs_scratch(void)
{
	struct hs_scratch *first = hs_scratch_at(0);

	return first ? hs_scratch_at(first->depth - 1) : 0;
}

static __always_inline void hs_leave_scratch(void)
{
	struct hs_scratch *first = hs_scratch_at(0);

	if (first)
		first->depth--;
}

static __always_inline __u64 hs_env_now(HS_CTX *ctx)
{
	return bpf_ktime_get_ns();
}

static __always_inline const volatile struct hs_config *hs_env_config(HS_CTX *ctx)
{
	return &hs_config;
}

static __always_inline __u32 hs_env_port(HS_CTX *ctx, __u32 udp, __u16 port)
{
	return hs_ports[udp & 1][port / 64] >> port % 64 & 1;
}

static __always_inline struct hs_counters *hs_env_counters(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&counters, &cpu);
}

static __always_inline void hs_env_count(HS_CTX *ctx, __u32 counter, __u64 n)
{
	struct hs_counters *c = hs_env_counters();

	if (c)
		c->v[counter] += n;
}

static __always_inline struct hs_flow *hs_env_flow_find(HS_CTX *ctx, const struct hs_tuple *tuple)
{
	return bpf_map_lookup_elem(&flows, tuple);
}

static __always_inline int hs_env_flow_create(HS_CTX *ctx, const struct hs_tuple *tuple,
					      const struct hs_flow *flow)
{
	return bpf_map_update_elem(&flows, tuple, flow, BPF_NOEXIST);
}

static __always_inline void hs_env_flow_delete(HS_CTX *ctx, const struct hs_tuple *tuple)
{
	bpf_map_delete_elem(&flows, tuple);
}

static __always_inline struct hs_opening *hs_env_opening_find(HS_CTX *ctx, const struct hs_tuple *tuple)
{
	return bpf_map_lookup_elem(&openings, tuple);
}

static __always_inline void hs_env_opening_put(HS_CTX *ctx, const struct hs_tuple *tuple,
					       const struct hs_opening *op)
{
	bpf_map_update_elem(&openings, tuple, op, BPF_ANY);
}

static __always_inline void hs_env_opening_delete(HS_CTX *ctx, const struct hs_tuple *tuple)
{
	bpf_map_delete_elem(&openings, tuple);
}

static __always_inline __u8 *hs_env_fragment_find(HS_CTX *ctx, const struct hs_tuple *key)
{
	return bpf_map_lookup_elem(&fragments, key);
}

static __always_inline void hs_env_fragment_put(HS_CTX *ctx, const struct hs_tuple *key, const __u8 *value)
{
	bpf_map_update_elem(&fragments, key, value, BPF_ANY);
}

static __always_inline __u64 hs_env_waiting(HS_CTX *ctx)
{
	return bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);
}

/* The reader is woken when the ring fills past a threshold, else its timer drains it: waking it for each record
 * costs it 40 times what the record costs. */
static __always_inline __u64 hs_wake_flags(__u64 waiting, __u32 len)
{
	return waiting <= hs_config.wake_bytes && waiting + len > hs_config.wake_bytes ? BPF_RB_FORCE_WAKEUP :
											 BPF_RB_NO_WAKEUP;
}

static __always_inline int hs_env_emit(HS_CTX *ctx, void *rec, const __u32 len)
{
	return bpf_ringbuf_output(&ring, rec, len, hs_wake_flags(hs_env_waiting(ctx), len));
}

/* Not more than room, and not when there is nothing: two comparisons that the compiler must not make one of (hs_opaque). */
static __always_inline int hs_copy(HS_CTX *ctx, __u32 off, void *to, __u32 len, const __u32 room)
{
	hs_opaque(len);
	if ((__s32)len <= 0)
		return 0;
	hs_opaque(len);
	if (len > room)
		return 0;
	return hs_load(ctx, off, to, len);
}

/*
 * A record of the ring: header, then len bytes of the packet from off. The room is taken in a few sizes, since it must be
 * a constant: 45 ns less for a segment of 1,400 bytes (415 against 460 in all) than putting the record together in the
 * scratch and copying it with bpf_ringbuf_output(). 1: no room; 2: the packet has not that many bytes.
 */
static __always_inline int hs_put_sized(HS_CTX *ctx, const void *header, const __u32 header_len, __u32 off,
					__u32 len, __u64 flags, const __u32 room)
{
	void *rec = bpf_ringbuf_reserve(&ring, header_len + room, 0);

	if (!rec)
		return 1;
	__builtin_memcpy(rec, header, header_len);
	if (hs_copy(ctx, off, rec + header_len, len, room)) {
		bpf_ringbuf_discard(rec, BPF_RB_NO_WAKEUP);
		return 2;
	}
	bpf_ringbuf_submit(rec, flags);
	return 0;
}

static __always_inline int hs_put(HS_CTX *ctx, const void *header, const __u32 header_len, __u32 off, __u32 len,
				  __u64 flags)
{
	if (len <= 48)
		return hs_put_sized(ctx, header, header_len, off, len, flags, 48);
	if (len <= 512)
		return hs_put_sized(ctx, header, header_len, off, len, flags, 512);
	if (len <= 1504)
		return hs_put_sized(ctx, header, header_len, off, len, flags, 1504);
	return hs_put_sized(ctx, header, header_len, off, len, flags, HS_SEGMENT_MAX);
}

static __always_inline void hs_env_emit_data(HS_CTX *ctx, struct hs_scratch *s)
{
	__u32 len = s->seg.cap_len;
	int ret = hs_put(ctx, &s->seg, sizeof(s->seg), s->emit_off, len, hs_wake_flags(s->waiting, sizeof(s->seg) + len));

	s->waiting += sizeof(s->seg) + len;
	if (!ret)
		s->records++;
	else if (ret == 1)
		s->ring_full++;
	else
		s->unread++;
}

static __always_inline int hs_env_emit_fragment(HS_CTX *ctx, struct hs_scratch *s)
{
	__u32 len = s->fragment.cap_len;

	if (len > HS_SEGMENT_MAX)
		return 1;
	return hs_put(ctx, &s->fragment, sizeof(s->fragment), s->emit_off, len,
		      hs_wake_flags(hs_env_waiting(ctx), sizeof(s->fragment) + len));
}

#endif
