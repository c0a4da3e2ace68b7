/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The gate's surroundings in the kernel, the same at every hook: maps, and how they are reached (gate_emit.h). What a
 * packet is, HS_CTX, and how its bytes are reached (packet.h, gate.h) the includer has said before.
 */
#ifndef HSMON_ENV_H
#define HSMON_ENV_H

#include "gate_state.h"
#include "wake.h"

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
 * A CPU's: some for programs that are under way there at once. Those of a cgroup can be interrupted by those of received
 * packets, and on kernels with full preemption by those of another task, which need not end before they go on (with
 * PREEMPT_RT that goes for all hooks). So each has what it took until it gives it back, and its packet tells which that is.
 */
#define HS_SCRATCH_CNT 4

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, HS_SCRATCH_CNT);
	__type(key, __u32);
	__type(value, struct hs_scratch);
} scratch SEC(".maps");

static __always_inline struct hs_scratch *hs_scratch_at(__u32 i)
{
	return bpf_map_lookup_elem(&scratch, &i);
}

/* In one step, whoever comes in between. Linux 5.10 has no atomic operation but this one, which tells no sum. */
static __always_inline void hs_atomic_add32(__u32 *p, __s32 n)
{
	__asm__ __volatile__("lock *(u32 *)(%0 + 0) += %1" : : "r"(p), "r"(n) : "memory");
}

/* NULL: all are taken. Who finds himself to be the only one that wants it has it; of two that come at once one has it, or
 * both look further. */
static __always_inline struct hs_scratch *hs_enter_scratch(HS_CTX *ctx)
{
	for (__u32 i = 0; i < HS_SCRATCH_CNT; i++) {
		struct hs_scratch *s = hs_scratch_at(i);

		if (!s)
			return 0;
		hs_atomic_add32(&s->users, 1);
		if (s->users == 1) {
			s->packet = (__u64)ctx;
			return s;
		}
		hs_atomic_add32(&s->users, -1);
	}
	return 0;
}

/* What hs_enter_scratch() gave for this packet. */
static __always_inline struct hs_scratch *hs_scratch(HS_CTX *ctx)
{
	for (__u32 i = 0; i < HS_SCRATCH_CNT; i++) {
		struct hs_scratch *s = hs_scratch_at(i);

		if (s && s->packet == (__u64)ctx)
			return s;
	}
	return 0;
}

static __always_inline void hs_leave_scratch(struct hs_scratch *s)
{
	s->packet = 0;
	hs_atomic_add32(&s->users, -1);
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

/* In one step where another task's program can come in between. */
static __always_inline void hs_add_count(struct hs_counters *c, __u32 counter, __u64 n)
{
#ifdef HS_PREEMPTIBLE
	__asm__ __volatile__("lock *(u64 *)(%0 + 0) += %1" : : "r"(&c->v[counter]), "r"(n) : "memory");
#else
	c->v[counter] += n;
#endif
}

static __always_inline void hs_env_count(HS_CTX *ctx, __u32 counter, __u64 n)
{
	struct hs_counters *c = hs_env_counters();

	if (c)
		hs_add_count(c, counter, n);
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

static __always_inline int hs_env_emit(HS_CTX *ctx, void *rec, const __u32 len)
{
	return bpf_ringbuf_output(&ring, rec, len, hs_wake_flags(hs_config.wake_bytes, hs_env_waiting(ctx), len));
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
 * scratch and copying it with bpf_ringbuf_output(). *waiting: bytes in the ring before and after. 1: no room; 2: the packet
 * has not that many bytes.
 */
static __always_inline int hs_put_sized(HS_CTX *ctx, const void *header, const __u32 header_len, __u32 off,
					__u32 len, __u64 *waiting, const __u32 room)
{
	__u64 flags = hs_wake_flags(hs_config.wake_bytes, *waiting, header_len + room);
	void *rec = bpf_ringbuf_reserve(&ring, header_len + room, 0);

	if (!rec)
		return 1;
	*waiting += HS_RING_HEADER + header_len + room;
	__builtin_memcpy(rec, header, header_len);
	if (hs_copy(ctx, off, rec + header_len, len, room)) {
		bpf_ringbuf_discard(rec, flags);
		return 2;
	}
	bpf_ringbuf_submit(rec, flags);
	return 0;
}

static __always_inline int hs_put(HS_CTX *ctx, const void *header, const __u32 header_len, __u32 off, __u32 len,
				  __u64 *waiting)
{
	if (len <= 48)
		return hs_put_sized(ctx, header, header_len, off, len, waiting, 48);
	if (len <= 512)
		return hs_put_sized(ctx, header, header_len, off, len, waiting, 512);
	if (len <= 1504)
		return hs_put_sized(ctx, header, header_len, off, len, waiting, 1504);
	return hs_put_sized(ctx, header, header_len, off, len, waiting, HS_SEGMENT_MAX);
}

static __always_inline void hs_env_emit_data(HS_CTX *ctx, struct hs_scratch *s)
{
	int ret = hs_put(ctx, &s->seg, sizeof(s->seg), s->emit_off, s->seg.cap_len, &s->waiting);

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

	if (len > HS_FRAGMENT_MAX)
		return 1;
	s->waiting = hs_env_waiting(ctx);
	if (len > HS_SEGMENT_MAX)
		return hs_put_sized(ctx, &s->fragment, sizeof(s->fragment), s->emit_off, len, &s->waiting, HS_FRAGMENT_MAX);
	return hs_put(ctx, &s->fragment, sizeof(s->fragment), s->emit_off, len, &s->waiting);
}

#endif
