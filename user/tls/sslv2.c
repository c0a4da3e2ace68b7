/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SSL 2.0 (Hickman, "The SSL Protocol", 1995), and the ClientHello in its format that offers SSL 3.0 or TLS (RFC 5246
 * appendix E.2). Its handshake has no content types: the messages in clear are CLIENT-HELLO, SERVER-HELLO with the
 * server's certificate, and CLIENT-MASTER-KEY; everything after them is encrypted:
 *
 *      CLIENT-HELLO             ->
 *                               <-  SERVER-HELLO
 *      CLIENT-MASTER-KEY        ->                       (left out when a session is resumed)
 *      {CLIENT-FINISHED}        ->
 *                               <-  {SERVER-VERIFY} {SERVER-FINISHED}
 */
#include <string.h>

#include "tls/internal.h"

#define MSG_ERROR 0
#define MSG_CLIENT_HELLO 1
#define MSG_CLIENT_MASTER_KEY 2
#define MSG_SERVER_HELLO 4
#define CERTIFICATE_X509 1
#define HIDDEN_FROM_SERVER 2

static void keep_suites(struct tls_conn *c, struct reader kinds, struct tls_client_hello *ch)
{
	uint16_t *v = arena_alloc(c->arena, kinds.len / 3 * sizeof(*v));
	uint8_t high;
	uint16_t low;

	ch->sslv2_suites = tls_keep(c, kinds);
	if (!v) {
		tls_mark_truncated(c);
		return;
	}
	ch->suites.v = v;
	/* RFC 5246 appendix E.2: a first byte of 0 makes it a suite of TLS. */
	while (reader_u8(&kinds, &high) && reader_u16(&kinds, &low))
		if (!high)
			v[ch->suites.n++] = low;
}

static void keep_challenge(struct tls_client_hello *ch, struct reader challenge)
{
	size_t n = challenge.len < sizeof(ch->random) ? challenge.len : sizeof(ch->random);

	/* Right-justified, as TLS takes it for its random. */
	memcpy(ch->random + sizeof(ch->random) - n, challenge.p + challenge.len - n, n);
}

static bool client_hello_fields(struct tls_conn *c, struct tls_client_hello *ch, struct reader r)
{
	struct reader kinds, session_id, challenge;
	uint16_t kinds_len, session_id_len, challenge_len;

	if (!reader_u16(&r, &ch->legacy_version) || !reader_u16(&r, &kinds_len) || !reader_u16(&r, &session_id_len) ||
	    !reader_u16(&r, &challenge_len) || !reader_take(&r, kinds_len, &kinds) ||
	    !reader_take(&r, session_id_len, &session_id) || !reader_take(&r, challenge_len, &challenge))
		return false;
	keep_suites(c, kinds, ch);
	ch->session_id = tls_keep(c, session_id);
	keep_challenge(ch, challenge);
	return reader_empty(&r);
}

static void client_hello(struct tls_conn *c, const struct tls_at *at, struct reader r)
{
	struct tls_client_hello *ch = &c->hs.client_hello;
	const struct tls_assembly *a = &c->dir[at->dir].asm_;

	tls_set_client_dir(c, at->dir);
	tls_conn_step(c, at, TLS_STEP_CLIENT_HELLO, (uint32_t)r.len);
	if (ch->seen)
		return;
	ch->seen = ch->sslv2 = true;
	ch->bytes = (uint32_t)r.len + 1;
	ch->segments = a->segments;
	ch->records = 1;
	ch->first_ns = a->first_ns;
	ch->time_ns = at->time_ns;
	ch->truncated = a->lost;
	ch->malformed = !client_hello_fields(c, ch, r) && !a->lost;
	ch->record_version = ch->legacy_version;
	c->hs.protocol = ch->legacy_version <= TLS_VERSION_SSL3 ? TLS_PROTO_SSL : TLS_PROTO_TLS;
}

static bool server_hello_fields(struct tls_conn *c, struct tls_server_hello *sh, struct reader r)
{
	struct tls_certificate_msg *msg = &c->hs.certificate[TLS_SERVER];
	struct reader certificate, kinds, id;
	uint16_t certificate_len, kinds_len, id_len;
	uint8_t hit, type;

	if (!reader_u8(&r, &hit) || !reader_u8(&r, &type) || !reader_u16(&r, &sh->legacy_version) ||
	    !reader_u16(&r, &certificate_len) || !reader_u16(&r, &kinds_len) || !reader_u16(&r, &id_len))
		return false;
	c->hs.resumed = hit;
	if (!reader_take(&r, certificate_len, &certificate))
		return false;
	if (certificate.len && type == CERTIFICATE_X509) {
		msg->seen = true;
		msg->cnt = 1;
		if (c->events.certificate)
			c->events.certificate(c->events.ctx, TLS_SERVER, 0, certificate.p, certificate.len);
	}
	if (!reader_take(&r, kinds_len, &kinds))
		return false;
	sh->sslv2_suites = tls_keep(c, kinds);
	return reader_take(&r, id_len, &id) && reader_empty(&r);
}

static void server_hello(struct tls_conn *c, const struct tls_at *at, struct reader r)
{
	struct tls_server_hello *sh = &c->hs.server_hello;

	tls_set_client_dir(c, !at->dir);
	tls_conn_step(c, at, TLS_STEP_SERVER_HELLO, (uint32_t)r.len);
	if (sh->seen)
		return;
	c->hs.protocol = TLS_PROTO_SSL;
	sh->seen = true;
	sh->time_ns = at->time_ns;
	sh->malformed = !server_hello_fields(c, sh, r);
	tls_set_version(c, TLS_VERSION_SSL2);
}

static void client_master_key(struct tls_conn *c, const struct tls_at *at, struct reader r)
{
	tls_set_client_dir(c, at->dir);
	tls_conn_step(c, at, TLS_STEP_CLIENT_KEY_EXCHANGE, (uint32_t)r.len);
	c->hs.client_key_exchange++;
	if (!reader_u24(&r, &c->hs.sslv2_suite))
		c->hs.sslv2_suite = 0;
}

/* Its four errors, as the alerts that took their place. */
static void error(struct tls_conn *c, const struct tls_at *at, struct reader r)
{
	static const uint8_t alerts[] = { 0, 40, 41, 0, 42, 0, 43 };
	uint8_t alert[2] = { 2, 40 };
	uint16_t code;

	if (reader_u16(&r, &code) && code < sizeof(alerts) && alerts[code])
		alert[1] = alerts[code];
	tls_conn_alert(c, at, alert, sizeof(alert));
}

static void message(struct tls_conn *c, int dir)
{
	struct tls_direction *d = &c->dir[dir];
	struct tls_assembly *a = &d->asm_;
	struct tls_at at = { .dir = dir, .record = d->record_no, .time_ns = d->now_ns };
	struct reader r = reader_of(a->buf, a->kept);
	uint8_t type;

	c->parsing = tls_conn_side(c, dir);
	d->ssl2_clear++;
	if (reader_u8(&r, &type)) {
		if (type == MSG_CLIENT_HELLO)
			client_hello(c, &at, r);
		else if (type == MSG_SERVER_HELLO)
			server_hello(c, &at, r);
		else if (type == MSG_CLIENT_MASTER_KEY)
			client_master_key(c, &at, r);
		else if (type == MSG_ERROR)
			error(c, &at, r);
	}
	a->kept = 0;
	a->lost = false;
}

static void hidden(struct tls_conn *c, int dir)
{
	struct tls_direction *d = &c->dir[dir];
	struct tls_side_state *st = tls_dir_state(c, dir);
	struct tls_at at = { .dir = dir, .record = d->record_no, .time_ns = d->now_ns };

	d->ssl2_hidden++;
	if (c->hs.established) {
		if (!st->app_records++)
			st->first_app_ns = d->now_ns;
		st->app_bytes += d->record_len;
		tls_application_step(c, &at, d->record_len);
		return;
	}
	tls_conn_step(c, &at, TLS_STEP_ENCRYPTED_HANDSHAKE, d->record_len);
	if (tls_conn_side(c, dir) == TLS_CLIENT || d->ssl2_hidden >= HIDDEN_FROM_SERVER)
		tls_conn_side_finished(c, dir, d->now_ns);
}

/* Is the next message of that direction in clear? */
static bool is_clear(const struct tls_conn *c, int dir)
{
	const struct tls_direction *d = &c->dir[dir];

	if (!d->ssl2_clear)
		return true;
	return tls_conn_side(c, dir) == TLS_CLIENT && d->ssl2_clear == 1 && !d->ssl2_hidden && !c->hs.resumed;
}

/* A ClientHello in this format that was answered with TLS goes on in TLS records. */
static bool is_tls(const struct tls_conn *c, const struct tls_direction *d)
{
	return c->hs.version != TLS_VERSION_SSL2 && d->ssl2_clear && d->look[0] >= TLS_CT_CHANGE_CIPHER_SPEC &&
	       d->look[0] <= TLS_CT_HEARTBEAT && d->look[1] == 3;
}

static void begin_record(struct tls_conn *c, int dir)
{
	struct tls_direction *d = &c->dir[dir];
	struct tls_assembly *a = &d->asm_;
	uint8_t high = d->look[0] & (d->look[0] & 0x80 ? 0x7f : 0x3f);

	d->record_len = d->record_left = (uint32_t)high << 8 | d->look[1];
	d->record_no = tls_conn_next_record(c, dir);
	d->look_len = 0;
	d->body = is_clear(c, dir) ? TLS_BODY_MESSAGES : TLS_BODY_SKIP;
	a->first_ns = d->now_ns;
	a->segments = d->now_segments;
	a->last_feed = d->feed_no;
	if (d->body == TLS_BODY_SKIP)
		hidden(c, dir);
}

/* false: not complete, or no SSL 2.0 any more. */
static bool take_header(struct tls_conn *c, int dir, struct reader *in)
{
	struct tls_direction *d = &c->dir[dir];
	struct reader head;
	uint8_t copy[2];

	while (d->look_len < 2 || (!(d->look[0] & 0x80) && d->look_len < 3)) {
		if (d->look_len == 2 && is_tls(c, d)) {
			memcpy(copy, d->look, sizeof(copy));
			head = reader_of(copy, sizeof(copy));
			d->look_len = 0;
			d->stage = TLS_STAGE_RECORDS;
			tls_records_feed(c, dir, &head);
			return false;
		}
		if (!reader_u8(in, &d->look[d->look_len]))
			return false;
		d->look_len++;
	}
	begin_record(c, dir);
	return true;
}

static void take_body(struct tls_conn *c, int dir, struct reader *in)
{
	struct tls_direction *d = &c->dir[dir];
	struct tls_assembly *a = &d->asm_;
	struct reader part;

	if (!reader_take(in, in->len < d->record_left ? in->len : d->record_left, &part))
		return;
	d->record_left -= (uint32_t)part.len;
	if (d->body == TLS_BODY_SKIP)
		return;
	if (a->last_feed != d->feed_no) {
		a->last_feed = d->feed_no;
		a->segments += d->now_segments;
	}
	a->lost |= !tls_assemble_room(c, a, a->kept + (uint32_t)part.len, d->record_len);
	if (!a->lost && part.len) {
		memcpy(a->buf + a->kept, part.p, part.len);
		a->kept += (uint32_t)part.len;
	}
	if (!d->record_left)
		message(c, dir);
}

void tls_ssl2_feed(struct tls_conn *c, int dir, struct reader *in)
{
	struct tls_direction *d = &c->dir[dir];

	while (in->len && d->stage == TLS_STAGE_SSL2) {
		if (!d->record_left && !take_header(c, dir, in))
			return;
		take_body(c, dir, in);
		if (!d->record_left && tls_progress_settled(c))
			d->stage = TLS_STAGE_OVER;
	}
}

bool tls_ssl2_gap(struct tls_conn *c, int dir, uint64_t len)
{
	struct tls_direction *d = &c->dir[dir];

	if (len > d->record_left)
		return false;
	d->record_left -= (uint32_t)len;
	d->asm_.lost = true;
	if (!d->record_left && d->body != TLS_BODY_SKIP)
		message(c, dir);
	return true;
}
