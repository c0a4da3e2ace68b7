/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * What the programs at the TLS libraries (bpf/hsmon_secrets.bpf.c) tell the reader. Types only, the same text for BPF and
 * for user space. There is no label for a secret that opens application data: none can be told.
 */
#ifndef HSMON_SECRET_ABI_H
#define HSMON_SECRET_ABI_H

#ifndef __bpf__
#include <linux/types.h>
#endif

#define HS_SECRET_MAX 48		/* SHA-384 */
#define HS_SECRET_RANDOM 32
#define HS_COMM_LEN 16

enum hs_secret_label {
	HS_SECRET_CLIENT = 0,		/* "c hs traffic", CLIENT_HANDSHAKE_TRAFFIC_SECRET */
	HS_SECRET_SERVER = 1,		/* "s hs traffic", SERVER_HANDSHAKE_TRAFFIC_SECRET */
	HS_SECRET_LABEL_END,
};

enum hs_secret_kind {			/* what key is */
	HS_SECRET_BY_TRANSCRIPT = 1,	/* the hash of ClientHello..ServerHello */
	HS_SECRET_BY_RANDOM = 2,	/* the ClientHello's random */
};

/* A record of the ring. */
struct hs_secret {
	__u8 label;			/* enum hs_secret_label */
	__u8 kind;			/* enum hs_secret_kind */
	__u8 key_len;			/* 32 or 48 */
	__u8 secret_len;		/* 32 or 48 */
	__u32 pid;
	__u32 slot;			/* where the secret is */
	__u32 pad;
	char comm[HS_COMM_LEN];		/* of the thread */
	__u8 key[HS_SECRET_MAX];
};

/* A ring's reader may not write to it, and so could not wipe a secret that it has read. Here it may. */
#define HS_SECRET_SLOTS 4096		/* a power of two */

struct hs_secret_slot {
	__u32 taken;			/* by the kernel; the reader gives it back, wiped */
	__u32 pad;
	__u8 secret[HS_SECRET_MAX];
	__u8 pad2[8];
};

enum hs_secret_counter {
	HS_SECRET_CNT_TOLD,		/* records in the ring */
	HS_SECRET_CNT_LOST_RING,	/* there was no room in it, or no slot */
	HS_SECRET_CNT_LOST_MEMORY,	/* the process's memory could not be read: paged out, or changed */
	HS_SECRET_CNT_END,
};

struct hs_secret_counters {
	__u64 v[HS_SECRET_CNT_END];
};

_Static_assert(sizeof(struct hs_secret) == 80, "hs_secret");
_Static_assert(sizeof(struct hs_secret_slot) == 64, "hs_secret_slot");

#endif
