/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * What the kernel side and the user side say to each other: the records of the ring, the gate's
 * settings and the counters. Types only, the same text for BPF and for user space.
 *
 * Ports and all other numbers are in host byte order; addresses are 16 bytes in network order, an
 * IPv4 address as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2).
 */
#ifndef HSMON_ABI_H
#define HSMON_ABI_H

#ifndef __bpf__
#include <linux/types.h>
#endif

#define HS_ADDR_LEN 16
#define HS_MAX_VLANS 2
#define HS_MAX_TUNNELS 4
#define HS_MAX_CPUS 1024		/* counters are kept per CPU, in one mappable array */
#define HS_SEGMENT_MAX 4096		/* payload bytes in one record; longer segments become several */
#define HS_FRAGMENT_MAX 9216		/* bytes of an IP fragment, which is handed on in one piece: jumbo frames */

/* One connection, the same key for both directions: the endpoint with the smaller (address, port) first.
 * Aligned so that BPF copies it in words. */
struct hs_tuple {
	__u8 addr[2][HS_ADDR_LEN];
	__u16 port[2];
	__u8 proto;			/* IPPROTO_TCP, IPPROTO_UDP */
	__u8 family;			/* 4 or 6 */
	__u8 pad[2];
} __attribute__((aligned(8)));

enum hs_record_tag {
	HS_REC_OPEN = 1,		/* struct hs_open */
	HS_REC_SEGMENT = 2,		/* struct hs_segment, then cap_len bytes, then perhaps others of no meaning */
	HS_REC_FRAGMENT = 3,		/* struct hs_fragment, then cap_len bytes: an IP packet; as above */
	HS_REC_CROSSING = 4,		/* struct hs_crossing */
	HS_REC_OWNER = 5,		/* struct hs_owner */
	HS_REC_PROCESS = 6,		/* struct hs_process */
};

enum hs_hook {
	HS_HOOK_INGRESS = 0,
	HS_HOOK_EGRESS = 1,
	HS_HOOK_TAP = 2,		/* a capture file or a mirror port: this host is neither end */
};

enum hs_tunnel {
	HS_TUNNEL_NONE = 0,
	HS_TUNNEL_VXLAN,
	HS_TUNNEL_GENEVE,
	HS_TUNNEL_GRE,
	HS_TUNNEL_IPIP,			/* IPv4 in IPv4, RFC 2003 */
	HS_TUNNEL_SIT,			/* IPv6 in IPv4, RFC 4213 */
	HS_TUNNEL_IP6TNL,		/* anything in IPv6, RFC 2473 */
	HS_TUNNEL_MPLS,
	HS_TUNNEL_PPPOE,
	HS_TUNNEL_GTPU,			/* 3GPP TS 29.281 */
};

/* A flow begins to matter: written once, before its first segment. */
struct hs_open {
	__u32 tag;
	__u32 ifindex;
	__u64 time_ns;
	struct hs_tuple tuple;
	__u64 syn_ns;			/* 0: not seen */
	__u64 syn_ack_ns;		/* 0: not seen */
	__u32 isn[2];			/* sequence number of the first payload byte, by direction */
	__u8 isn_known[2];
	__u8 initiator;			/* direction that sent the SYN, HS_DIR_UNKNOWN without one */
	__u8 hook;			/* of the packet that opened it */
	__u8 dir;			/* direction of that packet */
	__u8 ip_family;
	__u8 tunnel[HS_MAX_TUNNELS];	/* enum hs_tunnel, outermost first */
	__u8 pad[2];
	__u16 vlan[HS_MAX_VLANS];	/* VLAN id, outermost first; HS_NO_VLAN */
};

#define HS_DIR_UNKNOWN 0xff
#define HS_NO_VLAN 0xffff

enum hs_segment_flag {
	HS_SEG_TRIMMED = 1 << 0,	/* the rest was left out on purpose: encrypted application data */
	HS_SEG_SNAPPED = 1 << 1,	/* the rest was not in the capture (snap length) */
	HS_SEG_BUDGET = 1 << 2,		/* the rest was over the direction's budget */
	HS_SEG_RETRANSMIT = 1 << 3,	/* everything in it had been seen before on the same hook */
	HS_SEG_LAST = 1 << 4,		/* the gate is done with this flow; nothing more comes */
	HS_SEG_CLEAR = 1 << 5,		/* clear text before an upgrade to TLS */
	HS_SEG_OFF_PATH = 1 << 6,	/* seen by a hook that is not the one that owns this direction */
};

/* A piece of one direction's byte stream (TCP) or one datagram (UDP). */
struct hs_segment {
	__u32 tag;
	__u32 cap_len;			/* bytes that follow this header */
	__u64 time_ns;			/* CLOCK_MONOTONIC live; since the epoch from a file */
	struct hs_tuple tuple;
	__u32 ifindex;
	__u32 seq;			/* TCP: of the first byte; UDP: 0 */
	__u32 ack;
	__u32 wire_len;			/* stream bytes it stands for, >= cap_len */
	__u8 dir;			/* 0: sent by tuple.addr[0] */
	__u8 tcp_flags;			/* as in the TCP header */
	__u8 hook;
	__u8 flags;			/* enum hs_segment_flag */
	__u32 socket;			/* UDP: the sender's, as in struct hs_owner; 0: not known */
};

/* The flow was also seen on another interface (written once an interface). */
struct hs_crossing {
	__u32 tag;
	__u32 ifindex;
	__u64 time_ns;
	struct hs_tuple tuple;
	__u8 dir;
	__u8 hook;
	__u8 pad[6];
};

/* An IP fragment; the whole IP packet follows, as far as the capture has it. */
struct hs_fragment {
	__u32 tag;
	__u32 cap_len;
	__u64 time_ns;
	__u32 ifindex;
	__u32 wire_len;
	__u8 hook;
	__u8 family;
	__u16 vlan[HS_MAX_VLANS];
	__u8 pad[2];
};

/* A process for as long as it runs one program. */
struct hs_process_id {
	__u64 start_ns;			/* of its first thread, CLOCK_BOOTTIME */
	__u32 exec_id;			/* goes up when it runs another program */
	__u32 pid;			/* in the first pid namespace */
};

enum hs_owner_flag {
	HS_OWNER_TRACKED = 1 << 0,	/* the command that hsmon was told to run, or a descendant */
};

#define HS_COMM_LEN 16

/* A process has one end of a connection; its HS_REC_PROCESS comes before. */
struct hs_owner {
	__u32 tag;
	__u32 netns;			/* inode number */
	__u64 time_ns;			/* CLOCK_MONOTONIC */
	struct hs_tuple tuple;		/* TCP */
	struct hs_process_id process;
	__u32 socket;			/* UDP: the lower half of its cookie; TCP: 0 */
	__u32 uid;			/* effective, in the first user namespace */
	__u8 dir;			/* TCP: the end is tuple.addr[dir] */
	__u8 flags;			/* enum hs_owner_flag */
	__u8 pad[6];
	char comm[HS_COMM_LEN];		/* of its first thread */
};

#define HS_NAME_MAX 256			/* one name of a path, with its NUL */
#define HS_PATH_MAX 512
#define HS_ARGS_MAX 1024

enum hs_process_flag {
	HS_PROCESS_EXE_CUT = 1 << 0,	/* the path has more folders above */
	HS_PROCESS_CGROUP_CUT = 1 << 1,
	HS_PROCESS_ARGS_CUT = 1 << 2,	/* there are more */
	HS_PROCESS_ARGS_OPEN = 1 << 3,	/* a title that was written over them and beyond: up to the first NUL */
};

/* Paths as their names, each with its NUL, the last one first. */
struct hs_process {
	__u32 tag;
	__u16 exe_len, cgroup_len, args_len;
	__u16 flags;			/* enum hs_process_flag */
	__u32 pad;
	struct hs_process_id id;
	char exe[HS_PATH_MAX + HS_NAME_MAX];
	char cgroup[HS_PATH_MAX + HS_NAME_MAX];
	char args[HS_ARGS_MAX];
};

/* Why something was counted. The order is the order in which they are printed. */
enum hs_counter {
	HS_CNT_PACKETS,			/* looked at */
	HS_CNT_BYTES,
	HS_CNT_SELECTED,		/* on a selected port */
	HS_CNT_RECORDS,			/* written to the ring */
	HS_CNT_FLOWS,			/* flows opened */
	/* losses: "this is handshake data" was known, and it did not reach user space */
	HS_CNT_LOST_RING_FULL,
	HS_CNT_LOST_FLOW_TABLE,		/* no room for a new flow */
	HS_CNT_LOST_BUDGET,		/* over the direction's budget */
	HS_CNT_LOST_SNAPLEN,
	HS_CNT_LOST_LOAD,		/* the packet's bytes could not be read */
	HS_CNT_LOST_FRAGMENT,		/* fragments that could not be handed on */
	HS_CNT_LOST_FLOWS,		/* flows whose opening record was lost: handshakes never seen */
	HS_CNT_LOST_OWNER,		/* ends of connections whose process will not be known */
	/* not losses, but said */
	HS_CNT_MIDSTREAM,		/* flows that were open before, with no handshake to be seen */
	HS_CNT_ENCAP,			/* encapsulation that is not understood or too deep */
	HS_CNT_MALFORMED,		/* headers that contradict themselves */
	HS_CNT_NOT_TLS,			/* flows given up: content is something else */
	HS_CNT_DUPLICATE,		/* packets of a flow seen again on another hook */
	HS_CNT_MAX,
};

/* One CPU's counters; padded to whole cache lines. */
struct hs_counters {
	__u64 v[24];
};

#define HS_PORT_WORDS 1024		/* 65,536 bits */

/* The gate's settings, written once between open and load. The selected ports are apart (they can change while
 * running): a bitmap for TCP and one for UDP, port p is bit p % 64 of word p / 64. */
struct hs_config {
	__u32 budget;			/* most payload bytes copied of one direction of a flow; 0: HS_BUDGET_DEFAULT */
	__u32 wake_bytes;		/* wake the reader when so many bytes wait in the ring (a power of two), and again at each
					 * multiple; else its timer drains it. 0: for each record */
	__u8 any_port;			/* every port: found by content */
	__u8 copy_encrypted;		/* also the bodies of application data records of a TLS 1.3 handshake */
	__u8 upgrades;			/* follow clear text that may turn into TLS */
	__u8 tap;			/* the hooks see both directions as ingress (mirror port) */
	__u8 pad[4];
};

#define HS_BUDGET_DEFAULT 65536
#define HS_APP_RECORDS 8		/* application data records of a direction whose headers are told */
#define HS_CLEAR_BUDGET 8192		/* most clear text of a direction copied before an upgrade */
#define HS_UNKNOWN_BUDGET 2048		/* ... when it is of no protocol known to upgrade */

/* What one direction of a flow is, for the gate. */
enum hs_dir_state {
	HS_DIR_START = 0,		/* nothing judged yet */
	HS_DIR_CLEAR,			/* clear text that may turn into TLS */
	HS_DIR_RECORDS,			/* on record boundaries */
	HS_DIR_DONE,			/* nothing of it is wanted any more */
};

/* The gate's memory of one direction. Sequence numbers are modulo 2^32 (RFC 9293 section 3.4). */
struct hs_dir {
	__u32 next_seq;			/* everything before it was judged */
	__u32 next_record;		/* where the next record header begins */
	__u32 copied;			/* bytes handed to user space, against the budget */
	__u32 owner;			/* ifindex << 2 | hook: whose packets count; 0 none yet */
	__u32 ahead, ahead_end;		/* bytes past next_seq that were copied without being judged */
	__u8 partial[4];		/* a record header's first bytes, when a segment ends within it */
	__u8 state;			/* enum hs_dir_state */
	__u8 records;			/* TCP: records that are not application data; UDP: datagrams; saturating */
	__u8 app_records;		/* application data records since the last other one, saturating */
	__u8 retold;			/* retransmits told */
	__u32 flags;			/* gate_state.h */
};

/* Value of the flow map. */
struct hs_flow {
	struct hs_dir dir[2];
	__u32 crossed[4];		/* other interfaces told already; 0: free */
	__u8 state;			/* gate_state.h */
	__u8 crossed_cnt;
	__u8 flags;			/* gate_state.h */
	__u8 watched;			/* segments looked at in vain */
	__u32 pad2;
};

/* Value of the map of connections being opened: all that a SYN flood can touch. */
struct hs_opening {
	__u64 syn_ns;
	__u64 syn_ack_ns;
	__u32 isn[2];
	__u8 isn_known[2];
	__u8 initiator;
	__u8 pad[5];
};

#define HS_ASSERT_SIZE(type, len) _Static_assert(sizeof(struct type) == (len), #type)
HS_ASSERT_SIZE(hs_tuple, 40);
HS_ASSERT_SIZE(hs_open, 96);
HS_ASSERT_SIZE(hs_segment, 80);
HS_ASSERT_SIZE(hs_crossing, 64);
HS_ASSERT_SIZE(hs_fragment, 32);
HS_ASSERT_SIZE(hs_process_id, 16);
HS_ASSERT_SIZE(hs_owner, 104);
HS_ASSERT_SIZE(hs_process, 2592);
HS_ASSERT_SIZE(hs_counters, 192);
HS_ASSERT_SIZE(hs_config, 16);
HS_ASSERT_SIZE(hs_dir, 36);
HS_ASSERT_SIZE(hs_flow, 96);
HS_ASSERT_SIZE(hs_opening, 32);
_Static_assert(HS_CNT_MAX <= 24, "counters fit");

#endif
