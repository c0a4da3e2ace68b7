/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/upgrade.h"

#include <string.h>

#include "tls/internal.h"

#define SIGNATURE_LEN 11
#define ALERT_SIGNATURE_LEN 7

enum fit { FIT_NO, FIT_MAYBE, FIT_YES };

/* A record that begins with a hello: its header, the message's header with a length that fits, a version. */
static enum fit fits_hello(const uint8_t *p, size_t len, uint8_t type)
{
	uint32_t record, body, message;

	if ((len > 1 && p[1] != 3) || (len > 2 && p[2] > 4))
		return FIT_NO;
	if (len < 5)
		return FIT_MAYBE;
	record = (uint32_t)p[3] << 8 | p[4];
	if (!record || !tls_record_header_sane(p))
		return FIT_NO;
	/* A record that is shorter than the signature shows less of the message. */
	body = record < SIGNATURE_LEN - 5 ? record : SIGNATURE_LEN - 5;
	if ((len > 5 && p[5] != type) || (len > 6 && body > 1 && p[6]))
		return FIT_NO;
	if (len < 5 + body)
		return FIT_MAYBE;
	if (body < SIGNATURE_LEN - 5)
		return FIT_YES;
	message = (uint32_t)p[7] << 8 | p[8];
	if (message < 36 || (type == TLS_MSG_CLIENT_HELLO && record > message + 4))
		return FIT_NO;
	return (p[9] == 3 && p[10] <= 4) || (p[9] == 0x7f && type == TLS_MSG_SERVER_HELLO) ? FIT_YES : FIT_NO;
}

/* An alert in clear, as an answer to the hello. */
static enum fit fits_alert(const uint8_t *p, size_t len)
{
	static const uint8_t fixed[5] = { TLS_CT_ALERT, 3, 0, 0, 2 };

	for (size_t i = 0; i < len && i < sizeof(fixed); i++)
		if (i != 2 ? p[i] != fixed[i] : p[i] > 4)
			return FIT_NO;
	if (len > 5 && (p[5] < 1 || p[5] > 2))
		return FIT_NO;
	return len < ALERT_SIGNATURE_LEN ? FIT_MAYBE : FIT_YES;
}

static enum fit fits(const struct tls_conn *c, const uint8_t *p, size_t len)
{
	enum fit client, server;

	if (p[0] == TLS_CT_ALERT)
		return c->hs.client_hello.seen ? fits_alert(p, len) : FIT_NO;
	if (p[0] != TLS_CT_HANDSHAKE)
		return FIT_NO;
	server = fits_hello(p, len, TLS_MSG_SERVER_HELLO);
	client = c->hs.client_hello.seen ? FIT_NO : fits_hello(p, len, TLS_MSG_CLIENT_HELLO);
	return server > client ? server : client;
}

static struct tls_clear *clear_of(struct tls_conn *c, int dir)
{
	struct tls_clear **t = &c->upgrade.clear[dir];

	if (!*t)
		*t = arena_alloc(c->arena, sizeof(**t));
	return *t;
}

/* HTTP without CONNECT or Upgrade, or SSH: no TLS follows in this connection. */
static bool hopeless(const struct tls_conn *c, const struct tls_clear *t)
{
	if (c->upgrade.kind == TLS_CLEAR_SSH)
		return true;
	return c->upgrade.kind == TLS_CLEAR_HTTP && t->line_len == 0;
}

/* One byte of clear text; false: nothing will come of it. */
static bool clear_byte(struct tls_conn *c, struct tls_clear *t, uint8_t b)
{
	bool go_on = true;

	t->len++;
	if (t->head_len < TLS_CLEAR_HEAD)
		t->head[t->head_len++] = b;
	if (b == '\n') {
		while (t->line_len && t->line[t->line_len - 1] == '\r')
			t->line_len--;
		tls_clear_judge_line(&c->upgrade, t);
		go_on = !hopeless(c, t);
		t->line_len = 0;
	} else if (t->line_len < TLS_CLEAR_LINE) {
		t->line[t->line_len++] = b;
	}
	return go_on && t->len < (c->opt.upgrades ? TLS_CLEAR_MAX : TLS_CLEAR_HEAD);
}

void tls_upgrade_begins(struct tls_conn *c, int dir)
{
	struct tls_upgrade *u = &c->upgrade;
	struct tls_clear *t = u->clear[dir];

	if (t && !c->hs.upgraded_from) {
		tls_clear_judge_line(u, t);
		tls_clear_judge_head(u, t);
		/* A greeting of the server, or a request that the client wrote before. */
		if (u->clear[!dir])
			tls_clear_judge_head(u, u->clear[!dir]);
		/* Behind a gap it may as well be the rest of something. */
		if (u->kind != TLS_CLEAR_UNKNOWN || !tls_dir_state(c, dir)->gap)
			c->hs.upgraded_from = tls_clear_name(u->kind);
	}
	if (u->proxied && !c->hs.upgraded_from)
		c->hs.upgraded_from = "proxy-protocol";
}

/* No TLS in this direction; with nothing of TLS in the other there is none in the connection. */
static void give_up(struct tls_conn *c, int dir)
{
	tls_direction_give_up(c, dir, c->hs.protocol != TLS_PROTO_NONE && !tls_dir_state(c, dir)->gap);
	if (c->hs.protocol == TLS_PROTO_NONE && c->dir[!dir].stage != TLS_STAGE_RECORDS)
		tls_direction_give_up(c, !dir, false);
}

static void begin(struct tls_conn *c, int dir)
{
	struct tls_direction *d = &c->dir[dir];
	uint8_t copy[sizeof(d->look)];
	struct reader head = reader_of(copy, d->look_len);

	memcpy(copy, d->look, sizeof(copy));
	d->look_len = 0;
	d->stage = TLS_STAGE_RECORDS;
	tls_upgrade_begins(c, dir);
	tls_records_feed(c, dir, &head);
}

/* The oldest byte held back is clear text; those behind it may still be the beginning of a record. */
static bool release_one(struct tls_conn *c, struct tls_direction *d, struct tls_clear *t)
{
	uint8_t b = d->look[0];

	memmove(d->look, d->look + 1, --d->look_len);
	return clear_byte(c, t, b);
}

static bool hold_back(struct tls_conn *c, int dir, struct tls_clear *t)
{
	struct tls_direction *d = &c->dir[dir];
	enum fit fit;

	while (d->look_len) {
		fit = fits(c, d->look, d->look_len);
		if (fit == FIT_YES)
			begin(c, dir);
		if (fit != FIT_NO)
			return true;
		if (!release_one(c, d, t))
			return false;
	}
	return true;
}

void tls_clear_feed(struct tls_conn *c, int dir, struct reader *in)
{
	struct tls_direction *d = &c->dir[dir];
	struct tls_clear *t = clear_of(c, dir);
	bool go_on = t;
	uint8_t b;

	while (go_on && d->stage == TLS_STAGE_CLEAR && reader_u8(in, &b)) {
		if (!c->opt.upgrades || (!d->look_len && b != TLS_CT_HANDSHAKE && b != TLS_CT_ALERT)) {
			go_on = clear_byte(c, t, b);
			continue;
		}
		d->look[d->look_len++] = b;
		go_on = hold_back(c, dir, t);
	}
	if (!go_on)
		give_up(c, dir);
}

void tls_clear_gap(struct tls_conn *c, int dir)
{
	struct tls_direction *d = &c->dir[dir];
	struct tls_clear *t = clear_of(c, dir);

	d->stage = TLS_STAGE_CLEAR;
	d->look_len = 0;
	if (t)
		t->line_len = 0;
}

static enum tls_content_guess guess_of(enum tls_clear_kind kind)
{
	switch (kind) {
	case TLS_CLEAR_HTTP:
	case TLS_CLEAR_CONNECT:
	case TLS_CLEAR_HTTP_UPGRADE:
		return TLS_GUESS_HTTP;
	case TLS_CLEAR_SSH:
		return TLS_GUESS_SSH;
	case TLS_CLEAR_SMTP:
		return TLS_GUESS_SMTP;
	default:
		return TLS_GUESS_OTHER;
	}
}

void tls_upgrade_conclude(struct tls_conn *c)
{
	struct tls_upgrade *u = &c->upgrade;
	struct tls_handshake *hs = &c->hs;
	bool clear = false;

	if (hs->server_hello.seen || hs->protocol == TLS_PROTO_QUIC || hs->protocol == TLS_PROTO_DTLS)
		return;
	for (int dir = 0; dir < 2; dir++) {
		if (!u->clear[dir] || !u->clear[dir]->len || c->dir[dir].stage == TLS_STAGE_RECORDS)
			continue;
		/* After a ClientHello only the server's side says what it is. */
		if (hs->client_hello.seen && tls_conn_side(c, dir) == TLS_CLIENT)
			continue;
		tls_clear_judge_line(u, u->clear[dir]);
		tls_clear_judge_head(u, u->clear[dir]);
		clear = true;
	}
	if (clear)
		hs->not_tls = guess_of(u->kind);
}
