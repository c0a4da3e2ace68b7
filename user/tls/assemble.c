/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Handshake messages out of the bodies of records: many in one record, or one over many (RFC 8446 section 5.1).
 * A message that lies whole in what is fed is handed on from where it lies; else it is copied once.
 */
#include <string.h>

#include "tls/internal.h"

#define HEADER_LEN 4
#define FIRST_CAP 8192

bool tls_assemble_room(struct tls_conn *c, struct tls_assembly *a, uint32_t need, uint32_t total)
{
	uint32_t cap = a->cap ? a->cap : FIRST_CAP;
	uint8_t *buf;

	if (need <= a->cap)
		return true;
	while (cap < need)
		cap *= 2;
	if (cap > total)
		cap = total;
	buf = arena_alloc(c->arena, cap);
	if (!buf)
		return false;
	if (a->kept)
		memcpy(buf, a->buf, a->kept);
	a->buf = buf;
	a->cap = cap;
	return true;
}

static void hand_on(struct tls_conn *c, int dir, const uint8_t *body, uint32_t len)
{
	struct tls_direction *d = &c->dir[dir];
	struct tls_assembly *a = &d->asm_;
	struct tls_message m = {
		.at = { .dir = dir, .record = a->record, .time_ns = a->last_ns },
		.type = a->type,
		.decrypted = a->decrypted,
		.body = body,
		.len = len,
		.wire_len = a->wire_len,
		.records = a->records,
		.segments = a->segments,
		.first_ns = a->first_ns,
	};

	a->open = a->lost = false;
	a->header_len = 0;
	a->kept = 0;
	tls_conn_message(c, &m);
}

/* Counts the records and segments over which the message is spread. */
static void touch(struct tls_direction *d)
{
	struct tls_assembly *a = &d->asm_;

	a->last_ns = d->now_ns;
	if (a->last_record != d->record_no) {
		a->last_record = d->record_no;
		a->records++;
	}
	if (a->last_feed != d->feed_no) {
		a->last_feed = d->feed_no;
		a->segments += d->now_segments;
	}
}

static void begin(struct tls_direction *d)
{
	struct tls_assembly *a = &d->asm_;

	a->record = a->last_record = d->record_no;
	a->records = 1;
	a->last_feed = d->feed_no;
	a->segments = d->now_segments;
	a->first_ns = a->last_ns = d->now_ns;
}

/* What was kept of the message is all that is going to be. */
static void over_limit(struct tls_conn *c, int dir)
{
	c->dir[dir].asm_.lost = true;
	tls_dir_state(c, dir)->truncated = true;
}

/* The header of the next message; false: it is not complete. */
static bool take_header(struct tls_conn *c, int dir, struct reader *in)
{
	struct tls_direction *d = &c->dir[dir];
	struct tls_assembly *a = &d->asm_;

	if (!a->header_len)
		begin(d);
	else
		touch(d);
	while (a->header_len < HEADER_LEN)
		if (!reader_u8(in, &a->header[a->header_len]))
			return false;
		else
			a->header_len++;
	a->type = a->header[0];
	a->wire_len = (uint32_t)a->header[1] << 16 | (uint32_t)a->header[2] << 8 | a->header[3];
	a->seen = a->kept = 0;
	a->open = true;
	a->lost = false;
	a->wanted = tls_message_wanted(a->type);
	if (a->wanted && a->wire_len > c->opt.message_max)
		over_limit(c, dir);
	return true;
}

/* Before anything was understood of this direction, or behind a gap, its handshake records may be encrypted ones, or
 * begin in the middle of a message. */
static bool believable(struct tls_conn *c, int dir, size_t left)
{
	struct tls_direction *d = &c->dir[dir];
	struct tls_assembly *a = &d->asm_;

	if (d->spoke && !a->adrift)
		return true;
	if (!tls_message_plausible(a->type, a->wire_len, left + d->record_left))
		return false;
	d->spoke = true;
	a->adrift = false;
	return true;
}

/* Not the beginning of a message: the rest of the record is of no use. */
static void disbelieve(struct tls_conn *c, int dir)
{
	struct tls_direction *d = &c->dir[dir];
	struct tls_at at = { .dir = dir, .record = d->record_no, .time_ns = d->now_ns };

	d->asm_.open = false;
	d->asm_.header_len = 0;
	d->body = TLS_BODY_SKIP;
	if (d->asm_.adrift)
		return;
	d->opaque = true;
	tls_conn_protected(c, &at, TLS_CT_HANDSHAKE, d->record_len);
}

/* Keeps the bytes if there is still a beginning to which they belong. */
static void keep(struct tls_conn *c, int dir, struct reader part)
{
	struct tls_assembly *a = &c->dir[dir].asm_;

	if (!a->wanted || a->lost || !part.len)
		return;
	if (!tls_assemble_room(c, a, a->kept + (uint32_t)part.len, a->wire_len)) {
		over_limit(c, dir);
		return;
	}
	memcpy(a->buf + a->kept, part.p, part.len);
	a->kept += (uint32_t)part.len;
}

static void take_body(struct tls_conn *c, int dir, struct reader *in)
{
	struct tls_assembly *a = &c->dir[dir].asm_;
	uint32_t left = a->wire_len - a->seen;
	struct reader part;

	if (!reader_take(in, in->len < left ? in->len : left, &part))
		return;
	if (part.len)
		touch(&c->dir[dir]);
	if (!a->seen && part.len == left) {
		hand_on(c, dir, part.p, a->lost ? 0 : left);
		return;
	}
	keep(c, dir, part);
	a->seen += (uint32_t)part.len;
	if (a->seen == a->wire_len)
		hand_on(c, dir, a->buf, a->wanted || a->lost ? a->kept : a->wire_len);
}

void tls_assemble(struct tls_conn *c, int dir, struct reader in)
{
	struct tls_direction *d = &c->dir[dir];
	struct tls_assembly *a = &d->asm_;

	while (d->body == TLS_BODY_MESSAGES && (in.len || (a->open && a->seen == a->wire_len))) {
		if (!a->open) {
			if (!take_header(c, dir, &in))
				return;
			if (!believable(c, dir, in.len)) {
				disbelieve(c, dir);
				return;
			}
		}
		take_body(c, dir, &in);
	}
}

void tls_assemble_gap(struct tls_conn *c, int dir, uint32_t n)
{
	struct tls_direction *d = &c->dir[dir];
	struct tls_assembly *a = &d->asm_;
	uint32_t left;

	if (a->open) {
		left = a->wire_len - a->seen;
		a->lost = true;
		a->seen += n < left ? n : left;
		if (n < left)
			return;
		hand_on(c, dir, a->buf, a->kept);
		n -= left;
	}
	if (!n)
		return;
	/* Where the next message begins is lost; the next record may begin with one. */
	a->header_len = 0;
	a->adrift = true;
	d->body = TLS_BODY_SKIP;
}

void tls_assemble_end(struct tls_conn *c, int dir)
{
	struct tls_assembly *a = &c->dir[dir].asm_;

	if (!a->open)
		return;
	if (!c->hs.established)
		tls_dir_state(c, dir)->unfinished = true;
	hand_on(c, dir, a->buf, a->kept);
}
