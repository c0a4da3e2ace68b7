/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/conn.h"

#include <string.h>

#include "tls/dtls.h"
#include "tls/internal.h"
#include "tls/quic.h"

struct tls_conn *tls_conn_new(struct arena *arena, const struct tls_options *opt, const struct tls_events *events)
{
	struct tls_conn *c = arena_alloc(arena, sizeof(*c));

	if (!c)
		return NULL;
	c->arena = arena;
	if (opt)
		c->opt = *opt;
	if (!c->opt.message_max)
		c->opt.message_max = TLS_MESSAGE_MAX_DEFAULT;
	if (events)
		c->events = *events;
	c->hs.client_dir = TLS_SIDE_UNKNOWN;
	c->hs.alert.side = TLS_SIDE_UNKNOWN;
	return c;
}

void tls_conn_free(struct tls_conn *c)
{
	/* Everything else is the arena's. */
	if (c)
		tls_sealed_free(c);
}

static void enter(struct tls_conn *c, int dir, enum tls_start what)
{
	static const uint8_t stages[] = {
		[TLS_START_RECORDS] = TLS_STAGE_RECORDS,
		[TLS_START_SSL2] = TLS_STAGE_SSL2,
		[TLS_START_PROXY] = TLS_STAGE_PROXY,
		[TLS_START_CLEAR] = TLS_STAGE_CLEAR,
	};
	struct tls_direction *d = &c->dir[dir];

	/* Only with upgrades is there a PROXY header to be understood. */
	d->stage = what == TLS_START_PROXY && !c->opt.upgrades ? TLS_STAGE_CLEAR : stages[what];
	if (d->stage == TLS_STAGE_RECORDS)
		tls_upgrade_begins(c, dir);
}

static void run_stages(struct tls_conn *c, int dir, struct reader *in);

static void start_feed(struct tls_conn *c, int dir, struct reader *in)
{
	struct tls_direction *d = &c->dir[dir];
	enum tls_start what = TLS_START_MORE;
	struct reader head;
	uint8_t copy[sizeof(d->look)];

	if (!d->look_len && in->len >= TLS_START_LEN) {
		enter(c, dir, tls_start_judge(in->p, TLS_START_LEN));
		return;
	}
	while (what == TLS_START_MORE && d->look_len < TLS_START_LEN && reader_u8(in, &d->look[d->look_len]))
		what = tls_start_judge(d->look, ++d->look_len);
	if (what == TLS_START_MORE)
		return;
	memcpy(copy, d->look, d->look_len);
	head = reader_of(copy, d->look_len);
	d->look_len = 0;
	enter(c, dir, what);
	run_stages(c, dir, &head);
}

static void nothing_feed(struct tls_conn *c, int dir, struct reader *in)
{
	(void)c;
	(void)dir;
	if (!reader_skip(in, in->len))
		in->len = 0;
}

static void run_stages(struct tls_conn *c, int dir, struct reader *in)
{
	static void (*const stages[])(struct tls_conn *, int, struct reader *) = {
		[TLS_STAGE_START] = start_feed,
		[TLS_STAGE_CLEAR] = tls_clear_feed,
		[TLS_STAGE_PROXY] = tls_proxy_feed,
		[TLS_STAGE_RECORDS] = tls_records_feed,
		[TLS_STAGE_RESYNC] = tls_records_resync,
		[TLS_STAGE_SSL2] = tls_ssl2_feed,
		[TLS_STAGE_OVER] = nothing_feed,
	};

	/* Each takes something or changes the stage. */
	while (in->len)
		stages[c->dir[dir].stage](c, dir, in);
}

struct tls_fed tls_conn_feed(struct tls_conn *c, int dir, const uint8_t *p, size_t len, uint64_t time_ns, uint32_t segment_cnt)
{
	struct tls_direction *d = &c->dir[dir];
	struct reader in = reader_of(p, len);
	struct tls_fed fed = { .consumed = len };

	d->now_ns = time_ns;
	d->now_segments = segment_cnt;
	d->feed_no++;
	/* Also when it was the other direction that settled it. */
	if (tls_progress_settled(c))
		d->stage = TLS_STAGE_OVER;
	run_stages(c, dir, &in);
	fed.skip = tls_records_skip(d);
	fed.optional = tls_records_optional(d);
	fed.done = d->stage == TLS_STAGE_OVER;
	return fed;
}

/* Records: on at the next header if its place is known; else at what comes next, if that looks like one. */
static void gap_in_records(struct tls_conn *c, int dir, uint64_t len)
{
	if (tls_records_gap(c, dir, len))
		return;
	tls_assemble_end(c, dir);
	c->dir[dir].stage = TLS_STAGE_RESYNC;
}

void tls_conn_gap(struct tls_conn *c, int dir, uint64_t len, uint64_t time_ns)
{
	struct tls_direction *d = &c->dir[dir];

	if (!len || d->stage == TLS_STAGE_OVER)
		return;
	d->now_ns = time_ns;
	if (!c->hs.established && len > tls_records_optional(d))
		tls_dir_state(c, dir)->gap = true;
	switch (d->stage) {
	case TLS_STAGE_RECORDS:
		gap_in_records(c, dir, len);
		break;
	case TLS_STAGE_SSL2:
		if (!tls_ssl2_gap(c, dir, len))
			tls_direction_give_up(c, dir, false);
		break;
	case TLS_STAGE_CLEAR:
	case TLS_STAGE_PROXY:
		tls_clear_gap(c, dir);
		break;
	default:
		d->look_len = 0;
	}
}

void tls_conn_datagram(struct tls_conn *c, int dir, const uint8_t *p, size_t len, uint64_t time_ns)
{
	/* Until one of them knows its own: DTLS looks at a few bytes, QUIC must decrypt. */
	if (c->hs.protocol != TLS_PROTO_QUIC && tls_dtls_datagram(c, dir, p, len, time_ns))
		return;
	if (c->hs.protocol != TLS_PROTO_DTLS)
		(void)tls_quic_datagram(c, dir, p, len, time_ns);
}

void tls_conn_end(struct tls_conn *c, uint64_t time_ns)
{
	if (c->ended)
		return;
	c->ended = true;
	tls_sealed_give_up(c);
	if (c->carriers.dtls)
		tls_dtls_end(c, time_ns);
	if (c->carriers.quic)
		tls_quic_end(c, time_ns);
	for (int dir = 0; dir < 2; dir++)
		tls_assemble_end(c, dir);
	tls_upgrade_conclude(c);
	tls_progress_end(c);
}

const struct tls_handshake *tls_conn_handshake(const struct tls_conn *c)
{
	return &c->hs;
}

bool tls_conn_in_server_flight(const struct tls_conn *c)
{
	return !c->ended && tls_progress_in_server_flight(c);
}

bool tls_conn_settled(const struct tls_conn *c)
{
	return tls_progress_settled(c);
}
