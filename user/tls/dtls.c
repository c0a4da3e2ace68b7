/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/dtls.h"

#include "base/arena.h"
#include "tls/dtls_internal.h"
#include "tls/internal.h"

#define WINDOW 64

static struct tls_dtls *dtls_of(struct tls_conn *c)
{
	struct tls_dtls *d = c->carriers.dtls;

	if (d)
		return d;
	d = arena_alloc(c->arena, sizeof(*d));
	if (!d)
		return NULL;
	d->dir[0].cid_len = d->dir[1].cid_len = DTLS_CID_UNKNOWN;
	c->hs.protocol = TLS_PROTO_DTLS;
	return c->carriers.dtls = d;
}

void dtls_after_hello(struct tls_conn *c, const struct tls_message *m)
{
	struct tls_dtls *d = c->carriers.dtls;

	if (m->type != TLS_MSG_CLIENT_HELLO && m->type != TLS_MSG_SERVER_HELLO)
		return;
	if (!dtls_hello_cid(m, &d->dir[!m->at.dir].cid_len))
		d->dir[!m->at.dir].cid_len = 0;
	if (c->hs.version)
		c->hs.dtls_version = c->hs.version;
}

/* Was that encrypted record seen before? Its number cannot be used twice, unlike those of epoch 0, which some servers that
 * keep no state do use twice. */
static bool is_replay(struct dtls_direction *dd, const struct dtls_record *r)
{
	uint64_t behind = dd->window_top - r->number;

	if (!r->epoch)
		return false;
	if (dd->window_epoch != r->epoch) {
		dd->window_epoch = r->epoch;
		dd->window_top = r->number;
		dd->window = 1;
		return false;
	}
	if (r->number > dd->window_top) {
		dd->window = r->number - dd->window_top < WINDOW ? dd->window << (r->number - dd->window_top) : 0;
		dd->window_top = r->number;
		dd->window |= 1;
		return false;
	}
	if (behind >= WINDOW)
		return false;
	if (dd->window >> behind & 1)
		return true;
	dd->window |= (uint64_t)1 << behind;
	return false;
}

/* Some peers number from 0 again after a HelloVerifyRequest, as if what came before had not been a part of the handshake:
 * a second hello with a cookie, which makes it longer, and its answer. */
static bool numbers_anew(const struct tls_conn *c, const struct dtls_messages *ms, const struct dtls_fragment *f)
{
	const struct tls_handshake *hs = &c->hs;

	if (f->seq || !ms->next || ms->anew || !hs->hello_verify_request || hs->server_hello.seen)
		return false;
	return f->type == TLS_MSG_SERVER_HELLO ||
	       (f->type == TLS_MSG_CLIENT_HELLO && ms->next == 1 && f->len + 4 > hs->client_hello.bytes);
}

void dtls_handshake(struct tls_conn *c, struct tls_dtls *d, struct dtls_seen *seen, struct reader body)
{
	struct dtls_messages *mine = &d->dir[seen->at.dir].messages, *theirs = &d->dir[!seen->at.dir].messages;
	struct dtls_fragment f;

	while (body.len && dtls_fragment_read(&body, &f)) {
		/* Whoever answers has the whole flight; a ClientHello may be sent again while the flight comes. */
		if (f.type != TLS_MSG_CLIENT_HELLO && f.seq == mine->next) {
			const struct tls_at at = { .dir = !seen->at.dir, .time_ns = seen->at.time_ns };

			dtls_messages_flush(c, theirs, &at);
		}
		if (numbers_anew(c, mine, &f)) {
			mine->anew = true;
			mine->next = 0;
		}
		dtls_messages_add(c, mine, seen, &f);
	}
}

static void handshake(struct tls_conn *c, struct tls_dtls *d, struct dtls_seen *seen, const struct dtls_record *r)
{
	dtls_handshake(c, d, seen, r->body);
}

static void change_cipher_spec(struct tls_conn *c, struct tls_dtls *d, struct dtls_seen *seen, const struct dtls_record *r)
{
	struct dtls_direction *dd = &d->dir[seen->at.dir];

	if (!r->epoch && dd->change_cipher_spec) {
		dd->resent = true;
		return;
	}
	dd->change_cipher_spec = true;
	dtls_messages_flush(c, &dd->messages, &seen->at);
	tls_conn_change_cipher_spec(c, &seen->at, r->len);
}

static void alert(struct tls_conn *c, struct tls_dtls *d, struct dtls_seen *seen, const struct dtls_record *r)
{
	dtls_messages_flush(c, &d->dir[seen->at.dir].messages, &seen->at);
	tls_conn_alert(c, &seen->at, r->epoch ? NULL : r->body.p, r->epoch ? r->len : (uint32_t)r->body.len);
}

/* A Finished that is sent again because its answer was lost is not a renegotiation. */
static bool finished_again(struct dtls_direction *dd, uint32_t len)
{
	if (dd->resent && len == dd->finished_len)
		return true;
	if (!dd->finished_len)
		dd->finished_len = len;
	return false;
}

static void encrypted(struct tls_conn *c, struct tls_dtls *d, struct dtls_seen *seen, const struct dtls_record *r)
{
	struct dtls_direction *dd = &d->dir[seen->at.dir];
	uint8_t type = r->type;

	dtls_messages_flush(c, &dd->messages, &seen->at);
	/* RFC 9146 section 4: the type is hidden. The first after ChangeCipherSpec is the Finished. */
	if (type == DTLS_CT_CID)
		type = tls_conn_dir_state(c, seen->at.dir)->finished ? TLS_CT_APPLICATION_DATA : TLS_CT_HANDSHAKE;
	if (type == TLS_CT_HANDSHAKE && finished_again(dd, r->len))
		return;
	tls_conn_protected(c, &seen->at, type, r->len);
}

typedef void record_fn(struct tls_conn *c, struct tls_dtls *d, struct dtls_seen *seen, const struct dtls_record *r);

static void record(struct tls_conn *c, struct tls_dtls *d, struct dtls_seen *seen, const struct dtls_record *r)
{
	static record_fn *const in_clear[] = {
		[TLS_CT_CHANGE_CIPHER_SPEC] = change_cipher_spec,
		[TLS_CT_ALERT] = alert,
		[TLS_CT_HANDSHAKE] = handshake,
		[TLS_CT_APPLICATION_DATA] = encrypted,
		[TLS_CT_HEARTBEAT] = encrypted,
		[DTLS_CT_CID] = encrypted,
		[DTLS_CT_ACK] = NULL,
	};
	record_fn *fn = r->epoch && r->type == TLS_CT_HANDSHAKE ? encrypted : in_clear[r->type];

	if (!fn || is_replay(&d->dir[seen->at.dir], r))
		return;
	if (!c->hs.version)
		c->hs.dtls_version = r->version;
	seen->at.record = tls_conn_next_record(c, seen->at.dir);
	fn(c, d, seen, r);
}

bool tls_dtls_datagram(struct tls_conn *c, int dir, const uint8_t *p, size_t len, uint64_t time_ns)
{
	struct dtls_seen seen = { .at = { .dir = dir, .time_ns = time_ns } };
	struct tls_dtls *d = c->carriers.dtls;
	struct reader in = reader_of(p, len);
	struct dtls_record r;

	while (dtls_record_read(&in, d ? d->dir[dir].cid_len : DTLS_CID_UNKNOWN, &r)) {
		if (!d && (!dtls_record_believable(&r) || !(d = dtls_of(c))))
			return false;
		if (!seen.datagram)
			seen.datagram = ++d->datagrams;
		if (r.type) {
			record(c, d, &seen, &r);
			continue;
		}
		seen.at.record = tls_conn_next_record(c, dir);
		dtls13_protected(c, &seen.at, &r);
	}
	return d != NULL;
}

void tls_dtls_end(struct tls_conn *c, uint64_t time_ns)
{
	struct tls_dtls *d = c->carriers.dtls;

	if (!d)
		return;
	for (int dir = 0; dir < 2; dir++) {
		const struct tls_at at = { .dir = dir, .time_ns = time_ns };

		dtls_messages_flush(c, &d->dir[dir].messages, &at);
	}
	dtls13_end(c, d);
}
