/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/arena.h"
#include "tls/dtls_internal.h"
#include "tls/internal.h"

static struct dtls_slot *slot_of(struct tls_conn *c, struct dtls_messages *ms, uint32_t seq)
{
	struct dtls_slot **slot = &ms->slot[seq % DTLS_SLOTS];

	if (!*slot)
		*slot = arena_alloc(c->arena, sizeof(**slot));
	return *slot;
}

static struct dtls_slot *first_slot(const struct dtls_messages *ms)
{
	struct dtls_slot *s = ms->slot[ms->next % DTLS_SLOTS];

	return s && s->used ? s : NULL;
}

/* The next one, from where its bytes are. */
static void hand_on(struct tls_conn *c, struct dtls_messages *ms, int dir, const struct dtls_slot *s, struct reader body)
{
	struct tls_message m = {
		.at = { .dir = dir, .record = s->record, .time_ns = s->last_ns },
		.type = s->type,
		.decrypted = s->decrypted,
		.body = body.p,
		.len = body.len,
		.wire_len = s->len,
		.records = s->records,
		.segments = s->segments,
		.first_ns = s->first_ns,
	};

	ms->next++;
	tls_conn_message(c, &m);
	dtls_after_hello(c, &m);
}

static void hand_on_slot(struct tls_conn *c, struct dtls_messages *ms, int dir, struct dtls_slot *s)
{
	uint32_t ready = tls_pieces_ready(&s->pieces);

	s->used = false;
	hand_on(c, ms, dir, s, reader_of(s->pieces.buf, ready < s->len ? ready : s->len));
}

static bool complete(const struct dtls_slot *s)
{
	return tls_pieces_ready(&s->pieces) >= s->len;
}

static void drain(struct tls_conn *c, struct dtls_messages *ms, int dir)
{
	struct dtls_slot *s;

	while ((s = first_slot(ms)) && complete(s))
		hand_on_slot(c, ms, dir, s);
}

static void begin(struct dtls_slot *s, const struct dtls_seen *seen, const struct dtls_fragment *f)
{
	s->used = true;
	s->type = f->type;
	s->len = f->len;
	s->record = seen->at.record;
	s->records = s->segments = 1;
	s->first_ns = s->last_ns = seen->at.time_ns;
	s->last_datagram = seen->datagram;
	s->decrypted = seen->decrypted;
	tls_pieces_reset(&s->pieces);
}

static void touch(struct dtls_slot *s, const struct dtls_seen *seen)
{
	s->records++;
	s->segments += s->last_datagram != seen->datagram;
	s->last_datagram = seen->datagram;
	s->last_ns = seen->at.time_ns;
}

/* Everything before `upto` is handed on or given up. */
static void advance(struct tls_conn *c, struct dtls_messages *ms, int dir, uint32_t upto)
{
	for (uint32_t i = 0; i < DTLS_SLOTS && ms->next < upto; i++) {
		struct dtls_slot *s = first_slot(ms);

		if (!s || !complete(s))
			tls_conn_dir_state(c, dir)->gap = true;
		if (s)
			hand_on_slot(c, ms, dir, s);
		else
			ms->next++;
	}
	if (ms->next < upto)
		ms->next = upto;
}

void dtls_messages_flush(struct tls_conn *c, struct dtls_messages *ms, const struct tls_at *at)
{
	uint32_t last = ms->next;

	for (uint32_t seq = ms->next; seq < ms->next + DTLS_SLOTS; seq++) {
		const struct dtls_slot *s = ms->slot[seq % DTLS_SLOTS];

		if (s && s->used)
			last = seq + 1;
	}
	advance(c, ms, at->dir, last);
}

void dtls_messages_add(struct tls_conn *c, struct dtls_messages *ms, const struct dtls_seen *seen,
		       const struct dtls_fragment *f)
{
	struct dtls_slot *s;

	/* A retransmission says nothing new. */
	if (f->seq < ms->next)
		return;
	if (f->seq >= ms->next + DTLS_SLOTS)
		advance(c, ms, seen->at.dir, f->seq + 1u - DTLS_SLOTS);
	s = slot_of(c, ms, f->seq);
	if (!s) {
		tls_conn_dir_state(c, seen->at.dir)->truncated = true;
		return;
	}
	if (s->used && (s->type != f->type || s->len != f->len))
		return;
	if (s->used)
		touch(s, seen);
	else
		begin(s, seen, f);
	if (f->seq == ms->next && f->body.len == f->len) {
		s->used = false;
		hand_on(c, ms, seen->at.dir, s, f->body);
	} else if (!tls_pieces_add(&s->pieces, c->arena, f->offset, f->body, c->opt.message_max)) {
		tls_conn_dir_state(c, seen->at.dir)->truncated = true;
	}
	drain(c, ms, seen->at.dir);
}
