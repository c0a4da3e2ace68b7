/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* What the programs at the TLS libraries share: maps, labels, and the one place from which a secret goes to user space. */
#ifndef HSMON_SECRETS_H
#define HSMON_SECRETS_H

#include "regs.h"

#include "secret_abi.h"

#define HS_SECRET_RING_BYTES (1 << 19)	/* 5,900 records: more than slots */
#define HS_SECRET_WAKE_BYTES (HS_SECRET_RING_BYTES / 8)

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, HS_SECRET_RING_BYTES);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, HS_SECRET_SLOTS);
	__type(key, __u32);
	__type(value, struct hs_secret_slot);
} slots SEC(".maps");

/* Slots that are being taken. Atomic operations with a result would do (Linux 5.12), this does on older kernels, too. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u8);
} claims SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct hs_secret_counters);
} counters SEC(".maps");

/* A call under way that derives what is wanted. No secret is in it. */
struct call {
	__u64 out;			/* where the secret will be; 0: not known yet */
	__u64 object;			/* parameters to look at again, or the context that they were given to */
	__u64 ip;			/* of the function */
	__u8 label;			/* HS_SECRET_LABEL_END: memory was not there, to be looked at again */
	__u8 secret_len;		/* and that of a transcript hash */
	__u8 pad[6];
	__u8 key[HS_SECRET_MAX];
};

/* By thread. Least recently used: a thread may end in the middle. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, struct call);
} calls SEC(".maps");

enum look {
	LOOK_OTHER,			/* nothing that concerns us */
	LOOK_WANTED,
	LOOK_UNREADABLE,		/* a page of the process that it has not touched yet */
};

/* At the beginning of a session: the end is of no interest. */
#define HS_NO_RETURN 1

static __always_inline void count(enum hs_secret_counter counter)
{
	struct hs_secret_counters *c;
	__u32 zero = 0;

	c = bpf_map_lookup_elem(&counters, &zero);
	if (c)
		__sync_fetch_and_add(&c->v[counter], 1);
}

static __always_inline bool same(const char *a, const char *b, int len)
{
	for (int i = 0; i < len; i++)
		if (a[i] != b[i])
			return false;
	return true;
}

static __always_inline bool is_hash_len(__u64 len)
{
	return len == 32 || len == 48;
}

/* 32 or 48 bytes, the verifier wants constants. */
static __always_inline long read_hash(void *to, __u64 from, __u64 len)
{
	return len == 48 ? bpf_probe_read_user(to, 48, (const void *)from) : bpf_probe_read_user(to, 32, (const void *)from);
}

#define LABEL_LEN 12

static __always_inline enum look take_label(const char *text, struct call *call)
{
	if ((text[0] != 'c' && text[0] != 's') || !same(text + 1, " hs traffic", LABEL_LEN - 1))
		return LOOK_OTHER;
	call->label = text[0] == 'c' ? HS_SECRET_CLIENT : HS_SECRET_SERVER;
	return LOOK_WANTED;
}

#define SLOT_TRIES 16

__u32 next_slot;			/* a hint: two CPUs may see the same */

/* False: somebody else was faster, or the reader has not given it back yet. */
static __always_inline bool take_slot(__u32 number, struct hs_secret_slot *slot)
{
	__u8 mark = 1;
	bool ok;

	if (slot->taken || bpf_map_update_elem(&claims, &number, &mark, BPF_NOEXIST))
		return false;
	ok = !slot->taken;
	slot->taken = 1;
	bpf_map_delete_elem(&claims, &number);
	return ok;
}

static __always_inline struct hs_secret_slot *find_slot(__u32 *number)
{
	for (int i = 0; i < SLOT_TRIES; i++) {
		struct hs_secret_slot *slot;

		*number = next_slot++ & (HS_SECRET_SLOTS - 1);
		slot = bpf_map_lookup_elem(&slots, number);
		if (slot && take_slot(*number, slot))
			return slot;
	}
	return 0;
}

/* From the process into the slot: the secret is nowhere else. */
static __always_inline bool fill_slot(struct hs_secret *rec, __u64 secret)
{
	struct hs_secret_slot *slot = find_slot(&rec->slot);

	if (!slot) {
		count(HS_SECRET_CNT_LOST_RING);
		return false;
	}
	if (!read_hash(slot->secret, secret, rec->secret_len))
		return true;
	slot->taken = 0;
	count(HS_SECRET_CNT_LOST_MEMORY);
	return false;
}

/* The reader looks by itself, and is woken only when much has come. */
static __always_inline __u64 wake_flags(void)
{
	return bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) < HS_SECRET_WAKE_BYTES ? BPF_RB_NO_WAKEUP : BPF_RB_FORCE_WAKEUP;
}

static __always_inline void tell(const struct call *call, enum hs_secret_kind kind, __u64 secret)
{
	struct hs_secret *rec = bpf_ringbuf_reserve(&ring, sizeof(*rec), 0);

	if (!rec) {
		count(HS_SECRET_CNT_LOST_RING);
		return;
	}
	rec->label = call->label;
	rec->kind = kind;
	rec->key_len = kind == HS_SECRET_BY_RANDOM ? HS_SECRET_RANDOM : call->secret_len;
	rec->secret_len = call->secret_len;
	rec->pid = bpf_get_current_pid_tgid() >> 32;
	rec->pad = 0;
	bpf_get_current_comm(rec->comm, sizeof(rec->comm));
	__builtin_memcpy(rec->key, call->key, sizeof(rec->key));
	if (fill_slot(rec, secret)) {
		count(HS_SECRET_CNT_TOLD);
		bpf_ringbuf_submit(rec, wake_flags());
	} else {
		bpf_ringbuf_discard(rec, BPF_RB_NO_WAKEUP);
	}
}

static __always_inline struct call *call_of_thread(void)
{
	__u64 thread = bpf_get_current_pid_tgid();

	return bpf_map_lookup_elem(&calls, &thread);
}

static __always_inline void remember(struct call *call)
{
	__u64 thread = bpf_get_current_pid_tgid();

	bpf_map_update_elem(&calls, &thread, call, BPF_ANY);
}

static __always_inline void forget(void)
{
	__u64 thread = bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&calls, &thread);
}

/* The return address is never the function's first instruction. What a thread left behind that ended in the middle is not
 * taken for a call under way. */
static __always_inline struct call *call_that_ends(struct pt_regs *ctx)
{
	struct call *call = call_of_thread();

	return call && call->ip != PT_REGS_IP(ctx) ? call : 0;
}

/*
 * HkdfLabel (RFC 8446 section 7.1), as libraries give it to their HKDF: uint16 length; opaque label<7..255>, "tls13 " or
 * "dtls13" before it (RFC 9147 section 5.9); opaque context<0..255>.
 */
#define HKDF_LABEL_LEN(hash) (2 + 1 + 6 + LABEL_LEN + 1 + (hash))

struct hkdf_label {
	__u8 length[2];
	__u8 label_len;
	char prefix[6];
	char label[LABEL_LEN];
	__u8 context_len;
};

static __always_inline enum look look_at_hkdf_label(__u64 info, __u64 info_len, struct call *call)
{
	struct hkdf_label head;
	enum look look;

	if (info_len != HKDF_LABEL_LEN(32) && info_len != HKDF_LABEL_LEN(48))
		return LOOK_OTHER;
	if (bpf_probe_read_user(&head, sizeof(head), (const void *)info))
		return LOOK_UNREADABLE;
	call->secret_len = info_len - sizeof(head);
	if (head.label_len != sizeof(head.prefix) + LABEL_LEN || head.context_len != call->secret_len ||
	    head.length[1] != call->secret_len)
		return LOOK_OTHER;
	if (!same(head.prefix, "tls13 ", 6) && !same(head.prefix, "dtls13", 6))
		return LOOK_OTHER;
	look = take_label(head.label, call);
	if (look == LOOK_WANTED && read_hash(call->key, info + sizeof(head), call->secret_len))
		return LOOK_UNREADABLE;
	return look;
}

#endif
