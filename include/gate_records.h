/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The walk along record headers: five bytes of each record tell where the next one begins, so that application
 * data is left out and the end of the handshake is seen. Nothing else of TLS is looked at.
 */
#ifndef HSMON_GATE_RECORDS_H
#define HSMON_GATE_RECORDS_H

#include "gate_emit.h"

enum {
	HS_TYPE_CCS = 20,
	HS_TYPE_HANDSHAKE = 22,
	HS_TYPE_APPLICATION = 23,
	HS_TYPE_SSL2 = 0,		/* a record with an SSL 2.0 header */
};

struct hs_record {
	__u32 type;
	__u32 len;			/* with its header */
	__u32 header;			/* of it */
};

/* A record of SSL 2.0: two bytes and the high bit set, or three and padding. False: those are not bytes of one. */
HS_FUNC __u32 hs_record_ssl2(const __u8 *h, struct hs_record *r)
{
	r->type = HS_TYPE_SSL2;
	r->header = h[0] & 0x80 ? 2 : 3;
	r->len = r->header + ((h[0] & (h[0] & 0x80 ? 0x7f : 0x3f)) << 8 | h[1]);
	return r->len > r->header;
}

HS_FUNC __u32 hs_record_of(const __u8 *h, struct hs_dir *d, struct hs_record *r)
{
	if (hs_is_record(h)) {
		d->flags &= ~HS_DIR_SSL2;
		r->type = h[0];
		r->header = 5;
		r->len = 5 + (h[3] << 8 | h[4]);
		return 1;
	}
	return d->flags & HS_DIR_SSL2 && hs_record_ssl2(h, r);
}

/* The five bytes at s->rec; those before this segment were kept when they came. */
HS_FUNC int hs_load_header(HS_CTX *ctx, struct hs_scratch *s)
{
	if (s->rec >= 0)
		return hs_load(ctx, s->pkt.payload + s->rec, s->header, 5);
	for (__s32 i = 0; i < 5; i++) {
		if (s->rec + i < 0)
			s->header[i] = s->d.partial[i & 3];
		else if (hs_load(ctx, s->pkt.payload + s->rec + i, &s->header[i], 1))
			return 1;
	}
	return 0;
}

/* The segment ends within a header: keep what there is of it. */
HS_FUNC void hs_keep_partial(HS_CTX *ctx, struct hs_scratch *s)
{
	for (__s32 i = 0; i < 4; i++) {
		if (s->rec + i < 0)
			continue;
		if (s->rec + i >= (__s32)s->pkt.wire_len)
			break;
		if (hs_load(ctx, s->pkt.payload + s->rec + i, &s->d.partial[i], 1))
			s->d.flags |= HS_DIR_RESYNC;
	}
}

/* Lengths of a record with a TLS 1.3 client's Finished: 45 with a short tag, 53, or 69 with SHA-384; 8 more with an empty
 * Certificate, 10 with empty application settings, 16 with JSSE's padding, 24 with that and an empty Certificate. */
#define HS_FINISHED_MIN 45
#define HS_FINISHED_MASK                                                                                         \
	(1ULL << 0 | 1ULL << 8 | 1ULL << 10 | 1ULL << 16 | 1ULL << 18 | 1ULL << 24 | 1ULL << 32 | 1ULL << 34 | \
	 1ULL << 40 | 1ULL << 48)

HS_FUNC __u32 hs_may_be_finished(const struct hs_record *r)
{
	__u32 beyond = r->len - r->header - HS_FINISHED_MIN;

	return beyond < 64 && HS_FINISHED_MASK >> (beyond & 63) & 1;
}

/*
 * Is the body of this application data record wanted, since it may be of a TLS 1.3 handshake? Not of early data, which comes
 * before the server has said anything; of the server, who is the first, until the client's first; of the client until
 * what looks like its Finished, or the server goes on.
 */
HS_FUNC __u32 hs_hides_handshake(struct hs_scratch *s, const struct hs_record *r)
{
	struct hs_dir *d = &s->d;

	if (d->flags & (HS_DIR_TLS12 | HS_DIR_SHOWN) || d->state == HS_DIR_DONE || !s->peer.records)
		return 0;
	if (!(d->flags & HS_DIR_HIDES))
		d->flags |= s->peer.flags & HS_DIR_HIDES ? HS_DIR_HIDES | HS_DIR_HIDES_LAST : HS_DIR_HIDES;
	if (s->peer.flags & (d->flags & HS_DIR_HIDES_LAST ? HS_DIR_SHOWN : HS_DIR_HIDES_LAST)) {
		d->flags |= HS_DIR_SHOWN;
		return 0;
	}
	if (d->flags & HS_DIR_HIDES_LAST && hs_may_be_finished(r))
		d->flags |= HS_DIR_SHOWN;
	return 1;
}

/*
 * Application data. Until both sides have sent some, the handshake may be under way: TLS 1.3 hides it in such records.
 * From then on each side's next ones are told, and that is all (RFC 8446 appendix D.4 and section 4.6).
 * Not 0: this one's body is wanted, too.
 */
HS_FUNC __u32 hs_app_record(HS_CTX *ctx, struct hs_scratch *s, const struct hs_record *r)
{
	struct hs_dir *d = &s->d;
	__u32 limit;

	if (!(d->flags & HS_DIR_APP)) {
		d->flags |= HS_DIR_APP;
		if (s->peer.flags & HS_DIR_APP) {
			s->flow_flags |= HS_FLOW_APP_BOTH;
			s->peer_changed |= HS_PEER_APP;
		}
	}
	if (d->app_records < 255)
		d->app_records++;
	limit = s->flow_flags & HS_FLOW_APP_BOTH || s->peer.state == HS_DIR_DONE ? HS_APP_RECORDS : HS_APP_ALONE;
	if (d->app_records >= limit)
		d->state = HS_DIR_DONE;
	return hs_env_config(ctx)->copy_encrypted && hs_hides_handshake(s, r);
}

#define HS_HELLO_MIN 117		/* of a record with a hello of TLS 1.3 */

HS_FUNC void hs_other_record(struct hs_dir *d, const struct hs_record *r)
{
	d->app_records = 0;
	if (d->records < 255)
		d->records++;
	if (r->type == HS_TYPE_CCS)
		d->flags |= HS_DIR_CCS;
	/* No Finished before TLS 1.3 is so long; a hello after a HelloRetryRequest is, and may follow a ChangeCipherSpec (RFC 8446
	 * appendix D.4). */
	if (r->type == HS_TYPE_HANDSHAKE && d->flags & HS_DIR_CCS && r->len < HS_HELLO_MIN)
		d->flags |= HS_DIR_TLS12;
	/* SSL 2.0's handshake is four records of a side at most. */
	if (r->type == HS_TYPE_SSL2 && d->records >= HS_APP_RECORDS)
		d->state = HS_DIR_DONE;
}

/* Bytes that are no record where one must begin. After application data it is the end (a return to clear text), which
 * is told by as much of them as shows that they are none; before, rather this walk's mistake: records are looked for
 * again. */
HS_FUNC void hs_no_record(struct hs_scratch *s)
{
	if (s->d.flags & (HS_DIR_APP | HS_DIR_SSL2)) {
		s->d.state = HS_DIR_DONE;
		s->odd = 5;
	} else {
		s->d.flags |= HS_DIR_RESYNC;
	}
	if (!s->d.records)
		hs_not_tls(s);
}

/* The body from offset body up to the record's end is left out. */
HS_FUNC void hs_leave_out(struct hs_scratch *s, __u32 body)
{
	__s32 len = s->pkt.wire_len;
	__u32 end = s->rec < len ? s->rec : len;

	hs_take(s, s->from, body - s->from, end - s->from, s->rec > (__s32)body ? HS_SEG_TRIMMED : 0);
	s->from = end;
	if (s->rec > len)
		s->d.flags |= HS_DIR_BODY;
}

/* One record header. Not 0: the walk is over. */
HS_SUB int hs_walk_one(HS_CTX *ctx, struct hs_scratch *s)
{
	__s32 len = s->pkt.wire_len;
	struct hs_record r;
	__u32 body;

	if (s->rec >= len)
		return 1;
	if (len - s->rec < 5) {
		hs_keep_partial(ctx, s);
		return 1;
	}
	if (hs_load_header(ctx, s)) {
		s->d.flags |= HS_DIR_RESYNC;
		return 1;
	}
	if (!hs_record_of(s->header, &s->d, &r)) {
		hs_no_record(s);
		return 1;
	}
	body = s->rec + r.header;
	s->rec += r.len;
	if (r.type != HS_TYPE_APPLICATION)
		hs_other_record(&s->d, &r);
	else if (!hs_app_record(ctx, s, &r))
		hs_leave_out(s, body);
	return s->d.state == HS_DIR_DONE;
}

/* New bytes from pos on, in order; d.next_record is there or behind, or at most four bytes before. */
HS_SUB int hs_walk(HS_CTX *ctx, struct hs_scratch *s, __u32 pos)
{
	__s32 len = s->pkt.wire_len;
	__u32 i;

	s->rec = s->d.next_record - s->pkt.seq;
	s->from = pos;
	s->odd = 0;
	if (s->d.flags & HS_DIR_BODY) {
		s->from = s->rec < len ? s->rec : len;
		if (s->rec <= len)
			s->d.flags &= ~HS_DIR_BODY;
	}
	for (i = 0; i < HS_MAX_WALK; i++)
		if (hs_walk_one(ctx, s))
			break;
	if (i == HS_MAX_WALK && s->rec < len)
		s->d.flags |= HS_DIR_RESYNC;
	s->d.next_record = s->pkt.seq + s->rec;
	if (s->from >= s->pkt.wire_len)
		return 0;
	/* After the last record that is told, the rest is left out. */
	if (s->d.state == HS_DIR_DONE && s->d.flags & HS_DIR_APP)
		hs_take(s, s->from, s->odd ? s->rec + s->odd - s->from : 0, len - s->from, HS_SEG_TRIMMED);
	else
		hs_take_rest(s, s->from, 0);
	return 0;
}

#endif
