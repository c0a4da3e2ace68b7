/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * What the gate remembers and works with: types only.
 */
#ifndef HSMON_GATE_STATE_H
#define HSMON_GATE_STATE_H

#include "content.h"

#define HS_WINDOW (1 << 20)		/* segments farther ahead are not of this place in the stream */
#define HS_MAX_PIECES 32		/* of one segment; a power of two, more than HS_MAX_WALK */
#define HS_MAX_WALK 12			/* record headers looked at in one segment */
#define HS_MAX_EMITS 18			/* records of the ring for one segment */
#define HS_APP_ALONE 64			/* application data records told while the other side sent none */
#define HS_WATCH_SEGMENTS 12		/* of an unwanted flow, both directions, that are looked at for a hello */
#define HS_RETOLD_MAX 32		/* retransmits of a direction that are told: a peer can send them without end */
#define HS_PADDING 6			/* Ethernet's padding of a packet with TCP and IPv4 headers only */
#define HS_DATAGRAMS 32			/* of one direction */
#define HS_APP_DATAGRAMS 4		/* ... of application data: told, their contents left out */
#define HS_TRIMMED_DATAGRAM 32		/* bytes left of those */
#define HS_EEXIST 17

enum hs_flow_state {
	HS_FLOW_LIVE = 0,
	HS_FLOW_DONE,			/* nothing more is wanted of it */
	HS_FLOW_WATCH,			/* nothing is, unless a hello comes soon */
};

enum hs_flow_flag {
	HS_FLOW_NOT_TLS = 1 << 0,	/* counted as such */
	HS_FLOW_QUIC = 1 << 1,
	HS_FLOW_APP_BOTH = 1 << 2,	/* both sides sent application data records */
	HS_FLOW_MIDWAY = 1 << 3,	/* its opening was not seen */
	HS_FLOW_UNKNOWN = 1 << 4,	/* clear text of no known protocol */
};

enum hs_dir_flag {
	HS_DIR_BASE = 1 << 0,		/* next_seq is known */
	HS_DIR_AHEAD = 1 << 1,		/* ahead and ahead_end are set */
	HS_DIR_DOUBT = 1 << 2,		/* not everything before next_seq is known to have been copied */
	HS_DIR_RESYNC = 1 << 3,		/* where the next record begins is not known */
	HS_DIR_APP = 1 << 4,		/* application data records were seen */
	HS_DIR_CLOSED = 1 << 6,		/* FIN or RST was told */
	HS_DIR_SSL2 = 1 << 7,		/* records have SSL 2.0 headers */
	HS_DIR_BODY = 1 << 8,		/* within a record whose body is left out */
	HS_DIR_CCS = 1 << 9,		/* ChangeCipherSpec was seen */
	HS_DIR_TLS12 = 1 << 10,		/* a handshake record came after it: not TLS 1.3 */
	HS_DIR_RESET = 1 << 11,		/* RST was told */
	/* only with hs_config.copy_encrypted: */
	HS_DIR_HIDES = 1 << 12,		/* what of a TLS 1.3 handshake goes as application data has begun */
	HS_DIR_HIDES_LAST = 1 << 13,	/* ... after the other side's: it is the client's */
	HS_DIR_SHOWN = 1 << 14,		/* ... and is over */
};

/* What a packet has taught about the other direction. */
enum hs_peer_change {
	HS_PEER_DONE = 1 << 0,		/* nothing more is wanted of it */
	HS_PEER_APP = 1 << 1,		/* app_records begins anew */
	HS_PEER_CONFIRMED = 1 << 2,	/* holes of it stay */
};

/* Bytes of the segment that are one record of the ring (or several, when long). */
struct hs_piece {
	__u32 off, cap, wire;		/* from the payload's begin */
	__u32 flags;			/* enum hs_segment_flag */
};

/*
 * One packet's working memory: a program's stack is 512 bytes. Whatever changes in a loop lives here as well, not in
 * variables: the verifier takes memory for unknown, so that a loop's every round looks the same to it.
 */
struct hs_scratch {
	__u64 packet;			/* bpf/env.h: whose this is, */
	__u32 users;			/* and how many want it */
	struct hs_packet pkt;
	__u64 now;
	__u32 ifindex;
	__u32 owner;			/* ifindex << 2 | hook */
	__u8 hook;
	__u8 selected;			/* on a selected port, not just on any */
	__u8 content;			/* enum hs_content of head */
	__u8 unchanged;			/* the packet has taught nothing about its direction */
	__u8 duplicate;			/* ... and is another hook's */
	__u8 peer_changed;		/* enum hs_peer_change */
	__u8 flow_flags;		/* enum hs_flow_flag */
	__u8 unwanted;			/* a packet in fragments */
	__u8 looked;			/* enum hs_looked, by the quick look */
	__u8 odd;			/* bytes told of what is no record, behind those that were */
	__u8 pad[2];
	__u32 records, ring_full, unread;	/* to be counted: records written, not written, whose bytes could not be read */
	__u32 snapped, over_budget, not_tls;
	struct hs_dir d, peer;		/* working copies: this packet's direction, the other one */
	__u32 head_len;
	__u8 head[HS_HEAD_LEN];		/* payload bytes, the first head_len of them; then zeros */
	__s32 rec;			/* the walk: where the next record begins, from the payload's begin */
	__u32 from;			/* ... begin of what has not been taken or left out */
	__u8 header[8];			/* ... a record's */
	__u64 waiting;			/* bytes in the ring */
	__u32 piece_cnt;		/* taken */
	__u32 piece_emit;		/* the one being emitted, */
	__u32 piece_done;		/* bytes of it that are, */
	__u32 emit_off;			/* and where in the packet the next ones are */
	struct hs_piece piece[HS_MAX_PIECES];
	struct hs_opening opening;
	struct hs_flow flow;
	struct hs_open open;
	struct hs_crossing crossing;
	struct hs_fragment fragment;
	struct hs_segment seg;
};

#define HS_MIN(a, b) ((a) < (b) ? (a) : (b))

#endif
