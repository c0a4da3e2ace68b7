/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One direction of a TCP connection put back in order. In the common case bytes are fed on from where they
 * were captured, without a copy; out-of-order pieces and unused ends are held, within a budget that all
 * connections share. What arrived first wins where segments overlap. Sequence numbers: RFC 9293 section 3.4.
 */
#ifndef HSMON_FLOW_REASM_H
#define HSMON_FLOW_REASM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Memory that all reassembly shares. */
struct reasm_budget {
	size_t used, limit;
	uint64_t refused;		/* bytes that found no room: lost */
};

struct reasm_piece;

/* Offsets count the stream's bytes from `base_seq`, which is offset REASM_BASE: there is room below it for a
 * start that turns out to be earlier, where none was given. */
struct reasm {
	struct reasm_budget *budget;
	struct reasm_piece *pieces;	/* out of order, by offset, not overlapping */
	uint8_t *rest;			/* fed but not used up: the bytes from head to edge */
	size_t rest_len, rest_cap;
	uint64_t head, edge;		/* next byte to use up, next byte to arrive */
	uint64_t acked;			/* the peer has confirmed everything before */
	uint64_t void_end;		/* bytes before this that are not there never will be */
	uint64_t optional_end;		/* bytes up to here are of use to the reader, but their absence is no gap */
	uint64_t last_end;		/* where FIN or RST says that the stream ends; 0: not known */
	uint32_t base_seq;
	bool started, fed;
	bool guessed;			/* where it begins is not known, only where it was first seen */
	uint32_t rest_segments;		/* segments that the rest came in */
	uint32_t stalled;		/* segments that came since there is a hole that the peer has confirmed */
	uint32_t piece_cnt;
	/* what happened, for the event */
	uint32_t segments, retransmits, out_of_order, gaps;
	uint64_t bytes, gap_bytes;
	bool refused;			/* the budget was short */
};

#define REASM_BASE ((uint64_t)1 << 32)

struct reasm_segment {
	uint32_t seq;
	const uint8_t *data;
	size_t len;			/* bytes at data */
	uint32_t wire_len;		/* stream bytes; those past len were not captured */
	bool lost_tail;			/* ... and are lost (snap length, budget); else left out on purpose */
	bool retransmit;		/* known to be one */
	bool trimmed;			/* behind len something was left out on purpose: a record's body, to its end */
	uint64_t time_ns;
};

/* What the reader of the stream did with the bytes it was fed. */
struct reasm_used {
	size_t consumed;
	uint64_t skip;			/* not wanted, behind those consumed: may never arrive */
	uint64_t optional;		/* wanted, behind those: a gap there is told, and not counted */
};

/* The reader of the stream. */
struct reasm_reader {
	void *ctx;
	/* Bytes in order; those not consumed come again with more behind them. */
	struct reasm_used (*feed)(void *ctx, const uint8_t *p, size_t len, uint64_t time_ns, uint32_t segments);
	/* len bytes are missing for good; the next feed is behind them. */
	void (*gap)(void *ctx, uint64_t len, uint64_t time_ns);
};

void reasm_init(struct reasm *r, struct reasm_budget *budget);
void reasm_free(struct reasm *r);
/* The first byte's sequence number. Without it the stream starts with what comes first, or with the peer's
 * first acknowledgement. */
void reasm_start(struct reasm *r, uint32_t seq);
void reasm_segment(struct reasm *r, const struct reasm_segment *seg, const struct reasm_reader *reader);
/* An acknowledgement by the other side; holes before it are given up once more segments came without filling them. */
void reasm_ack(struct reasm *r, uint32_t ack, uint64_t time_ns, const struct reasm_reader *reader);
/* FIN or RST: seq is that of the byte behind the last one. */
void reasm_last(struct reasm *r, uint32_t seq);
/* Bytes that the peer has confirmed or that FIN or RST were behind, and that never came, are a gap as well. To be called
 * before reasm_end(), and only while everything was wanted. */
void reasm_expect_all(struct reasm *r);
/* Nothing more comes: holes are gaps. */
void reasm_end(struct reasm *r, uint64_t time_ns, const struct reasm_reader *reader);

#endif
