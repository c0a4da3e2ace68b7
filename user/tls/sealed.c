/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/sealed.h"

#include <string.h>

#include "tls/internal.h"
#include "tls/quic.h"

struct tls_sealed_kept {
	struct tls_sealed_kept *next;
	struct tls_sealed_record record;
};

/* Failures after which keys that have opened nothing are wrong: datagrams may be of others, or damaged. */
#define FAILURES_MAX 4

_Static_assert(2 * sizeof(struct tls_opener) <= SECRET_ROOM_LEN, "both sides' keys fit");

bool tls_sealed_wants(const struct tls_conn *c, int dir)
{
	uint8_t state = c->sealed.key[tls_conn_side(c, dir)];

	return state == TLS_KEY_WAITED || state == TLS_KEY_HELD;
}

bool tls_sealed_queues(const struct tls_conn *c)
{
	return c->sealed.first;
}

static bool waits_for(const struct tls_conn *c, int dir)
{
	return c->sealed.key[tls_conn_side(c, dir)] == TLS_KEY_WAITED;
}

bool tls_conn_waits(const struct tls_conn *c)
{
	return c->sealed.first;
}

/* Steps that were kept back come where they belong: in the order in which their last bytes were seen. */
static void sort_steps(struct tls_handshake *hs)
{
	for (size_t i = 1; i < hs->step_cnt; i++) {
		struct tls_step s = hs->steps[i];
		size_t k = i;

		for (; k && hs->steps[k - 1].time_ns > s.time_ns; k--)
			hs->steps[k] = hs->steps[k - 1];
		hs->steps[k] = s;
	}
}

/* What is at the front and need not wait. */
static void drain(struct tls_conn *c)
{
	struct tls_sealed *s = &c->sealed;
	bool any = false;

	while (s->first && !waits_for(c, s->first->record.at.dir)) {
		struct tls_sealed_kept *k = s->first;

		s->first = k->next;
		if (!s->first)
			s->last = &s->first;
		s->kept_cnt--;
		s->kept_bytes -= k->record.len;
		k->record.handle(c, &k->record);
		any = true;
	}
	if (any)
		sort_steps(&c->hs);
}

static bool keep(struct tls_conn *c, const struct tls_sealed_record *r)
{
	struct tls_sealed *s = &c->sealed;
	struct tls_sealed_kept *k;

	if (s->kept_cnt >= TLS_SEALED_RECORDS_MAX || r->len > TLS_SEALED_BYTES_MAX - s->kept_bytes)
		return false;
	k = arena_alloc(c->arena, sizeof(*k));
	if (!k)
		return false;
	k->record = *r;
	k->record.p = arena_dup(c->arena, r->len ? r->p : (const uint8_t *)"", r->len);
	if (!k->record.p)
		return false;
	if (!s->last)
		s->last = &s->first;
	*s->last = k;
	s->last = &k->next;
	s->kept_cnt++;
	s->kept_bytes += r->len;
	return true;
}

void tls_sealed_add(struct tls_conn *c, const struct tls_sealed_record *r)
{
	if (c->sealed.first || waits_for(c, r->at.dir)) {
		if (keep(c, r))
			return;
		tls_sealed_give_up(c);
	}
	r->handle(c, r);
}

struct tls_opener *tls_sealed_keys(struct tls_conn *c, int dir)
{
	enum tls_side side = tls_conn_side(c, dir);

	return c->sealed.key[side] == TLS_KEY_HELD ? &c->sealed.opener[side] : NULL;
}

static void end_key(struct tls_conn *c, enum tls_side side, enum tls_key_state state)
{
	if (c->sealed.key[side] == TLS_KEY_HELD)
		tls13_keys_wipe(tls_crypto(), &c->sealed.opener[side].keys);
	c->sealed.key[side] = (uint8_t)state;
}

void tls_sealed_opened(struct tls_conn *c, int dir)
{
	enum tls_side side = tls_conn_side(c, dir);

	c->sealed.opener[side].used = true;
	c->hs.opened[side] = c->sealed.origin[side] == SECRET_FROM_PROCESS ? TLS_OPENED_SECRETS : TLS_OPENED_KEYLOG;
}

void tls_sealed_failed(struct tls_conn *c, int dir)
{
	enum tls_side side = tls_conn_side(c, dir);
	struct tls_opener *o = &c->sealed.opener[side];

	o->failures++;
	if (o->failures < FAILURES_MAX && c->hs.protocol != TLS_PROTO_TLS)
		return;
	c->hs.open_failed |= !o->used;
	end_key(c, side, TLS_KEY_NONE);
}

void tls_sealed_finished(struct tls_conn *c, int dir)
{
	end_key(c, tls_conn_side(c, dir), TLS_KEY_OVER);
}

static enum tls13_carrier carrier_of(const struct tls_conn *c)
{
	if (c->hs.protocol == TLS_PROTO_DTLS)
		return TLS13_DTLS;
	if (c->hs.protocol != TLS_PROTO_QUIC)
		return TLS13_TLS;
	return tls_quic_is_v2(c->hs.quic_version) ? TLS13_QUIC_V2 : TLS13_QUIC;
}

static const struct secret *find(struct tls_conn *c, enum tls_side side)
{
	const enum secret_label label = side == TLS_CLIENT ? SECRET_CLIENT_HANDSHAKE_TRAFFIC : SECRET_SERVER_HANDSHAKE_TRAFFIC;
	const struct secret *found = NULL;

	if (c->sealed.transcript_len)
		found = secret_store_find_transcript(c->opt.secrets, label, c->sealed.transcript, c->sealed.transcript_len);
	return found ? found : secret_store_find_random(c->opt.secrets, label, c->hs.client_hello.random);
}

static bool take_key(struct tls_conn *c, enum tls_side side)
{
	const struct tls13_suite *suite = tls13_suite(c->hs.server_hello.suite);
	const struct secret *secret = find(c, side);
	struct tls_crypto *crypto = tls_crypto();

	if (!secret || !crypto || secret->len != suite->hash_len)
		return false;
	if (!c->sealed.opener)
		c->sealed.opener = secret_store_take_room(c->opt.secrets);
	if (!c->sealed.opener ||
	    !tls13_keys_derive(crypto, suite, carrier_of(c), secret->bytes, &c->sealed.opener[side].keys))
		return false;
	c->sealed.origin[side] = secret->source.origin;
	c->sealed.key[side] = TLS_KEY_HELD;
	return true;
}

static void forget(struct tls_conn *c)
{
	secret_store_forget_random(c->opt.secrets, c->hs.client_hello.random);
	if (c->sealed.transcript_len)
		secret_store_forget_transcript(c->opt.secrets, c->sealed.transcript, c->sealed.transcript_len);
}

void tls_conn_secrets_came(struct tls_conn *c)
{
	for (int side = 0; side < 2; side++)
		if (c->sealed.key[side] == TLS_KEY_WAITED)
			(void)take_key(c, (enum tls_side)side);
	if (c->sealed.key[TLS_CLIENT] != TLS_KEY_WAITED && c->sealed.key[TLS_SERVER] != TLS_KEY_WAITED)
		forget(c);
	drain(c);
}

/* The ServerHello tells the suite; without the ClientHello's random and hash there is nothing to look for. */
static void begin(struct tls_conn *c)
{
	if (c->sealed.key[0] || c->sealed.key[1] || !tls_version_is_13(c->hs.version) || !c->hs.client_hello.seen ||
	    !tls13_suite(c->hs.server_hello.suite) || (!c->opt.secrets_later && !secret_store_count(c->opt.secrets)))
		return;
	c->sealed.key[TLS_CLIENT] = c->sealed.key[TLS_SERVER] = TLS_KEY_WAITED;
	tls_conn_secrets_came(c);
	if (!c->opt.secrets_later)
		tls_sealed_give_up(c);
}

void tls_sealed_hello(struct tls_conn *c, const struct tls_message *m)
{
	if (!c->opt.secrets || m->len < m->wire_len)
		return;
	if (c->opt.transcripts)
		tls_transcript(c, m);
	if (m->type == TLS_MSG_SERVER_HELLO && c->hs.server_hello.seen)
		begin(c);
}

void tls_sealed_give_up(struct tls_conn *c)
{
	uint8_t *key = c->sealed.key;

	/* Only one of them came. */
	if ((key[0] == TLS_KEY_WAITED) != (key[1] == TLS_KEY_WAITED))
		forget(c);
	for (int side = 0; side < 2; side++)
		if (key[side] == TLS_KEY_WAITED)
			key[side] = TLS_KEY_NONE;
	drain(c);
}

void tls_conn_give_up_secrets(struct tls_conn *c)
{
	tls_sealed_give_up(c);
}

const uint8_t *tls_conn_transcript(const struct tls_conn *c, size_t *len)
{
	*len = c->sealed.transcript_len;
	return c->sealed.transcript;
}

void tls_sealed_free(struct tls_conn *c)
{
	for (int side = 0; side < 2; side++)
		end_key(c, (enum tls_side)side, TLS_KEY_OVER);
	if (c->sealed.opener)
		secret_store_give_room(c->opt.secrets, c->sealed.opener);
	c->sealed.opener = NULL;
}
