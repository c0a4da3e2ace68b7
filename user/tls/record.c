/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/record.h"

#include <string.h>

#include "tls/internal.h"

#define HEADER_LEN 5
/* RFC 5246 section 6.2.3: at most 2^14 + 2048 bytes of ciphertext; RFC 8446 section 5.2 allows less. */
#define RECORD_MAX (16384 + 2048)
/* One-sided captures never settle: after so many records of application data nothing is expected any more. */
#define APP_RECORDS_MAX 256

bool tls_record_header_sane(const uint8_t h[HEADER_LEN])
{
	uint32_t len = (uint32_t)h[3] << 8 | h[4];

	/* RFC 8446 section 5.1: the version must be ignored, but no peer says anything else than 3.x. */
	return h[0] >= TLS_CT_CHANGE_CIPHER_SPEC && h[0] <= TLS_CT_HEARTBEAT && h[1] == 3 && h[2] <= 4 && len <= RECORD_MAX;
}

void tls_direction_give_up(struct tls_conn *c, int dir, bool malformed)
{
	struct tls_direction *d = &c->dir[dir];

	if (d->stage == TLS_STAGE_OVER)
		return;
	tls_assemble_end(c, dir);
	d->stage = TLS_STAGE_OVER;
	/* What follows a finished handshake (FTP's CCC goes back to clear text, RFC 4217) says nothing about it. */
	if (malformed && !c->hs.established)
		tls_dir_state(c, dir)->malformed = true;
}

/* Collects the header; a pointer to its five bytes when it is complete. */
static const uint8_t *take_header(struct tls_direction *d, struct reader *in)
{
	struct reader part;

	if (!d->look_len && reader_take(in, HEADER_LEN, &part))
		return part.p;
	while (d->look_len < HEADER_LEN)
		if (!reader_u8(in, &d->look[d->look_len]))
			return NULL;
		else
			d->look_len++;
	d->look_len = 0;
	return d->look;
}

static struct tls_at at_record(const struct tls_direction *d, int dir)
{
	return (struct tls_at){ .dir = dir, .record = d->record_no, .time_ns = d->now_ns };
}

/* RFC 5246 section 7.1: one byte, and it is in clear unless keys were changed before. */
static enum tls_body begin_change_cipher_spec(struct tls_conn *c, int dir, const struct tls_at *at)
{
	tls_conn_change_cipher_spec(c, at, c->dir[dir].record_len);
	return TLS_BODY_SKIP;
}

/* Two bytes are an alert in clear: an encrypted one is longer (at least a MAC or a tag more). */
static enum tls_body begin_alert(struct tls_conn *c, int dir, const struct tls_at *at)
{
	struct tls_direction *d = &c->dir[dir];
	bool keyed = tls_dir_state(c, dir)->change_cipher_spec || tls_version_is_13(c->hs.version);

	if (d->record_len == 2 || (d->record_len < 8 && !keyed))
		return TLS_BODY_ALERT;
	tls_conn_alert(c, at, NULL, d->record_len);
	return TLS_BODY_SKIP;
}

static enum tls_body begin_handshake(struct tls_conn *c, int dir, const struct tls_at *at)
{
	struct tls_direction *d = &c->dir[dir];

	if (!d->opaque && !tls_hidden_handshake(c, dir, d->record_len))
		return TLS_BODY_MESSAGES;
	tls_conn_protected(c, at, TLS_CT_HANDSHAKE, d->record_len);
	return TLS_BODY_SKIP;
}

static enum tls_body begin_other(struct tls_conn *c, int dir, const struct tls_at *at)
{
	struct tls_direction *d = &c->dir[dir];

	if (d->record_type == TLS_CT_APPLICATION_DATA && d->record_len && (tls_sealed_wants(c, dir) || tls_sealed_queues(c))) {
		d->sealed_len = 0;
		d->sealed_lost = false;
		return TLS_BODY_SEALED;
	}
	tls_conn_protected(c, at, d->record_type, d->record_len);
	if (tls_dir_state(c, dir)->app_records >= APP_RECORDS_MAX)
		d->stage = TLS_STAGE_OVER;
	return TLS_BODY_SKIP;
}

static void begin_record(struct tls_conn *c, int dir, const uint8_t *h)
{
	static enum tls_body (*const begin[])(struct tls_conn *, int, const struct tls_at *) = {
		begin_change_cipher_spec, begin_alert, begin_handshake, begin_other, begin_other,
	};
	struct tls_direction *d = &c->dir[dir];
	struct tls_at at;

	d->record_type = h[0];
	d->record_version = (uint16_t)(h[1] << 8 | h[2]);
	d->record_len = d->record_left = (uint32_t)h[3] << 8 | h[4];
	d->record_no = tls_conn_next_record(c, dir);
	at = at_record(d, dir);
	d->body = begin[d->record_type - TLS_CT_CHANGE_CIPHER_SPEC](c, dir, &at);
}

/* Alerts in clear may be cut anywhere before TLS 1.3 (RFC 5246 section 6.2.1), and share a record. */
static void alert_bytes(struct tls_conn *c, int dir, struct reader body)
{
	struct tls_direction *d = &c->dir[dir];
	struct tls_at at = at_record(d, dir);
	uint8_t alert[2];

	while (reader_u8(&body, &alert[1])) {
		if (d->alert_split) {
			alert[0] = d->alert_half;
			tls_conn_alert(c, &at, alert, 2);
		}
		d->alert_half = alert[1];
		d->alert_split = !d->alert_split;
	}
}

static void feed_body(struct tls_conn *c, int dir, struct reader *in)
{
	struct tls_direction *d = &c->dir[dir];
	size_t n = in->len < d->record_left ? in->len : d->record_left;
	struct reader body;

	if (!reader_take(in, n, &body))
		return;
	d->record_left -= (uint32_t)n;
	if (d->body == TLS_BODY_MESSAGES)
		tls_assemble(c, dir, body);
	else if (d->body == TLS_BODY_ALERT)
		alert_bytes(c, dir, body);
	else if (d->body == TLS_BODY_SEALED)
		tls_records_sealed(c, dir, body);
}

void tls_records_feed(struct tls_conn *c, int dir, struct reader *in)
{
	struct tls_direction *d = &c->dir[dir];
	const uint8_t *header;

	while (in->len && d->stage == TLS_STAGE_RECORDS) {
		if (!d->record_left) {
			header = take_header(d, in);
			if (!header)
				return;
			if (!tls_record_header_sane(header)) {
				tls_direction_give_up(c, dir, true);
				return;
			}
			begin_record(c, dir, header);
		}
		feed_body(c, dir, in);
		if (!d->record_left && tls_progress_settled(c))
			d->stage = TLS_STAGE_OVER;
	}
}

uint32_t tls_records_skip(struct tls_direction *d)
{
	uint32_t left = d->body == TLS_BODY_SKIP ? d->record_left : 0;

	d->record_left -= left;
	return left;
}

uint32_t tls_records_optional(const struct tls_direction *d)
{
	return d->stage == TLS_STAGE_RECORDS && d->body == TLS_BODY_SEALED ? d->record_left : 0;
}

void tls_records_resync(struct tls_conn *c, int dir, struct reader *in)
{
	struct tls_direction *d = &c->dir[dir];

	while (d->look_len < HEADER_LEN && reader_u8(in, &d->look[d->look_len]))
		d->look_len++;
	if (d->look_len < HEADER_LEN)
		return;
	if (!tls_record_header_sane(d->look) || (!d->look[3] && !d->look[4])) {
		/* A hello has a shape by which it is found anywhere; anything else is lost. */
		if (c->opt.upgrades && !d->spoke)
			d->stage = TLS_STAGE_CLEAR;
		else
			tls_direction_give_up(c, dir, false);
		return;
	}
	d->look_len = 0;
	d->stage = TLS_STAGE_RECORDS;
	d->asm_.adrift = true;
	begin_record(c, dir, d->look);
	tls_records_feed(c, dir, in);
}

bool tls_records_gap(struct tls_conn *c, int dir, uint64_t len)
{
	struct tls_direction *d = &c->dir[dir];
	uint32_t n = len < d->record_left ? (uint32_t)len : d->record_left;

	if (n && d->body == TLS_BODY_MESSAGES)
		tls_assemble_gap(c, dir, n);
	if (n && d->body == TLS_BODY_ALERT)
		d->alert_split = false;
	d->record_left -= n;
	if (n && d->body == TLS_BODY_SEALED)
		tls_records_sealed_gap(c, dir);
	d->look_len = 0;
	return n == len;
}
