/* SPDX-License-Identifier: BSD-2-Clause */
#include "flow/reasm.h"

#include <stdlib.h>
#include <string.h>

#define STALL_SEGMENTS 4	/* segments after the peer's acknowledgement of a hole before it counts as one: capture
				 * points reorder a little between the two directions */
#define PIECES_MAX 1024		/* a peer that sends single bytes out of order */
#define JUMP_MAX (1u << 24)	/* further away than any window in use during a handshake: not of this stream */
#define REBASE_MAX (1u << 30)	/* what all corrections of a start together may come to */

struct reasm_piece {
	struct reasm_piece *next;
	uint64_t off, time_ns;
	size_t len;
	uint8_t data[];
};

void reasm_init(struct reasm *r, struct reasm_budget *budget)
{
	*r = (struct reasm){ .budget = budget };
}

static void piece_free(struct reasm *r, struct reasm_piece *p)
{
	r->budget->used -= sizeof(*p) + p->len;
	r->piece_cnt--;
	free(p);
}

static void rest_free(struct reasm *r)
{
	r->budget->used -= r->rest_cap;
	free(r->rest);
	r->rest = NULL;
	r->rest_len = r->rest_cap = 0;
}

void reasm_free(struct reasm *r)
{
	while (r->pieces) {
		struct reasm_piece *next = r->pieces->next;

		piece_free(r, r->pieces);
		r->pieces = next;
	}
	rest_free(r);
}

void reasm_start(struct reasm *r, uint32_t seq)
{
	if (r->started)
		return;
	r->started = true;
	r->base_seq = seq;
	r->head = r->edge = REASM_BASE;
}

static uint64_t offset_of(const struct reasm *r, uint32_t seq)
{
	uint32_t edge_seq = r->base_seq + (uint32_t)(r->edge - REASM_BASE);

	return r->edge + (uint64_t)(int64_t)(int32_t)(seq - edge_seq);
}

static bool reserve(struct reasm *r, size_t len)
{
	if (r->budget->used + len <= r->budget->limit) {
		r->budget->used += len;
		return true;
	}
	r->budget->refused += len;
	r->refused = true;
	return false;
}

/* Holds the bytes from head to edge that the reader did not use; usually part of a record header. */
static bool rest_append(struct reasm *r, const uint8_t *p, size_t len)
{
	size_t need = r->rest_len + len;

	if (need > r->rest_cap) {
		size_t cap = need < 64 ? 64 : need + need / 2;
		uint8_t *bigger;

		if (!reserve(r, cap - r->rest_cap))
			return false;
		bigger = realloc(r->rest, cap);
		if (!bigger) {
			r->budget->used -= cap - r->rest_cap;
			return false;
		}
		r->rest = bigger;
		r->rest_cap = cap;
	}
	memcpy(r->rest + r->rest_len, p, len);
	r->rest_len = need;
	return true;
}

static void move_head(struct reasm *r, uint64_t to)
{
	r->head = to;
	if (r->edge < to)
		r->edge = to;
}

/* Bytes at edge, contiguous with what is there. */
static void feed(struct reasm *r, const uint8_t *p, size_t len, uint64_t time_ns, uint32_t segments,
		 const struct reasm_reader *reader)
{
	struct reasm_used used;
	size_t left;

	r->fed = true;
	if (r->rest_len) {
		if (!rest_append(r, p, len)) {
			uint64_t lost = r->rest_len + len;

			r->rest_len = 0;
			r->edge += len;
			move_head(r, r->edge);
			r->gaps++;
			r->gap_bytes += lost;
			reader->gap(reader->ctx, lost, time_ns);
			return;
		}
		p = r->rest;
		len = r->rest_len;
	}
	r->rest_segments += segments;
	r->edge = r->head + len;
	used = reader->feed(reader->ctx, p, len, time_ns, r->rest_segments);
	if (used.consumed)
		r->rest_segments = used.consumed < len;
	left = used.skip < len - used.consumed ? len - used.consumed - (size_t)used.skip : 0;
	if (p == r->rest) {
		memmove(r->rest, r->rest + (len - left), left);
		r->rest_len = left;
	}
	move_head(r, r->head + used.consumed + used.skip);
	r->optional_end = used.optional ? r->head + used.optional : 0;
	if (p != r->rest && left && !rest_append(r, p + (len - left), left)) {
		move_head(r, r->edge);
		r->gaps++;
		r->gap_bytes += left;
		reader->gap(reader->ctx, left, time_ns);
	}
	if (!r->rest_len && r->rest_cap)
		rest_free(r);
}

/* Feeds held pieces that have become contiguous. */
static void drain(struct reasm *r, const struct reasm_reader *reader)
{
	while (r->pieces && r->pieces->off <= r->edge) {
		struct reasm_piece *p = r->pieces;
		uint64_t old = r->edge - p->off;

		r->pieces = p->next;
		if (old < p->len)
			feed(r, p->data + old, p->len - (size_t)old, p->time_ns, 1, reader);
		piece_free(r, p);
	}
}

static void declare_gap(struct reasm *r, uint64_t to, uint64_t time_ns, const struct reasm_reader *reader)
{
	uint64_t missing = to - r->head;

	if (to > r->optional_end) {
		r->gaps++;
		r->gap_bytes += to - r->edge;
	}
	r->rest_len = 0;
	r->rest_segments = 0;
	r->stalled = 0;
	move_head(r, to);
	reader->gap(reader->ctx, missing, time_ns);
	drain(r, reader);
}

/* A hole that will not be filled any more. */
static void check_holes(struct reasm *r, uint64_t time_ns, const struct reasm_reader *reader)
{
	while (r->pieces) {
		uint64_t to = r->pieces->off;

		if (to > r->void_end && (to > r->acked || r->stalled < STALL_SEGMENTS))
			return;
		declare_gap(r, to, time_ns, reader);
	}
	if (r->void_end > r->edge)
		declare_gap(r, r->void_end, time_ns, reader);
}

static struct reasm_piece *piece_new(struct reasm *r, uint64_t off, const uint8_t *p, size_t len, uint64_t time_ns)
{
	struct reasm_piece *n;

	if (r->piece_cnt >= PIECES_MAX || !reserve(r, sizeof(*n) + len)) {
		r->refused = true;
		return NULL;
	}
	n = malloc(sizeof(*n) + len);
	if (!n) {
		r->budget->used -= sizeof(*n) + len;
		return NULL;
	}
	*n = (struct reasm_piece){ .off = off, .time_ns = time_ns, .len = len };
	memcpy(n->data, p, len);
	r->piece_cnt++;
	return n;
}

/* Holds bytes that are ahead of the edge, but for those that are held already. */
static void hold(struct reasm *r, uint64_t off, const uint8_t *p, size_t len, uint64_t time_ns)
{
	struct reasm_piece **at = &r->pieces, *n;
	uint64_t end = off + len;

	while (off < end) {
		uint64_t until = end;

		while (*at && (*at)->off + (*at)->len <= off)
			at = &(*at)->next;
		if (*at && (*at)->off <= off) {
			uint64_t covered = (*at)->off + (*at)->len;

			if (covered >= end)
				return;
			p += covered - off;
			off = covered;
			continue;
		}
		if (*at && (*at)->off < end)
			until = (*at)->off;
		n = piece_new(r, off, p, (size_t)(until - off), time_ns);
		if (!n)
			return;
		n->next = *at;
		*at = n;
		p += until - off;
		off = until;
	}
}

static void guess_start(struct reasm *r, uint32_t seq)
{
	if (r->started)
		return;
	reasm_start(r, seq);
	r->guessed = true;
}

/* Nothing was used yet, and the stream turns out to begin earlier than was thought. Where a SYN told where it begins,
 * bytes before that are none of it: the receiver drops them, and so must we, or a peer could hide what follows. */
static void rebase(struct reasm *r, uint64_t off)
{
	if (r->guessed && !r->fed && off < r->edge && r->edge - off <= JUMP_MAX && off >= REASM_BASE - REBASE_MAX)
		r->head = r->edge = off;
}

void reasm_segment(struct reasm *r, const struct reasm_segment *seg, const struct reasm_reader *reader)
{
	const uint8_t *p = seg->data;
	size_t len = seg->len;
	uint64_t off, end;

	guess_start(r, seg->seq);
	off = offset_of(r, seg->seq);
	rebase(r, off);
	if (off > r->edge + JUMP_MAX || r->edge > off + JUMP_MAX)
		return;
	end = off + seg->wire_len;
	r->segments++;
	r->bytes += len;
	if (seg->retransmit || (end <= r->edge && seg->wire_len))
		r->retransmits++;
	if (r->acked > r->edge)
		r->stalled++;
	if (off > r->edge)
		r->out_of_order++;
	if (seg->lost_tail && end > r->void_end)
		r->void_end = end;
	if (off > r->edge) {
		hold(r, off, p, len, seg->time_ns);
	} else if (off + len > r->edge) {
		size_t old = (size_t)(r->edge - off);

		feed(r, p + old, len - old, seg->time_ns, 1, reader);
		if (seg->trimmed && r->edge == off + len && r->edge < r->optional_end)
			declare_gap(r, r->optional_end, seg->time_ns, reader);
		drain(r, reader);
	}
	check_holes(r, seg->time_ns, reader);
}

void reasm_ack(struct reasm *r, uint32_t ack, uint64_t time_ns, const struct reasm_reader *reader)
{
	uint64_t off;

	if (!r->started) {
		guess_start(r, ack);
		return;
	}
	off = offset_of(r, ack);
	if (off > r->edge + JUMP_MAX)
		return;
	if (off > r->acked)
		r->acked = off;
	if (r->pieces && r->acked > r->edge)
		r->stalled++;
	check_holes(r, time_ns, reader);
}

void reasm_last(struct reasm *r, uint32_t seq)
{
	uint64_t end;

	if (!r->started)
		return;
	end = offset_of(r, seq);
	/* An RST behind a FIN counts that, too (RFC 9293 section 3.4). */
	if (r->last_end && end > r->last_end)
		return;
	if (end <= r->edge + JUMP_MAX && r->edge <= end + JUMP_MAX)
		r->last_end = end;
}

void reasm_expect_all(struct reasm *r)
{
	uint64_t end = r->last_end;

	/* A FIN is confirmed, too, as if it were a byte (RFC 9293 section 3.4). */
	if (!end && r->acked > r->edge + 1)
		end = r->acked;
	if (r->started && end > r->void_end)
		r->void_end = end;
}

void reasm_end(struct reasm *r, uint64_t time_ns, const struct reasm_reader *reader)
{
	while (r->pieces)
		declare_gap(r, r->pieces->off, time_ns, reader);
	if (r->void_end > r->edge)
		declare_gap(r, r->void_end, time_ns, reader);
}
