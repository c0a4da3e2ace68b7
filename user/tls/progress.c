/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How far a handshake got, told from the order of what was seen. Here SSL 3.0 to TLS 1.2 (RFC 5246 section 7.3):
 *
 *  - A side's handshake records after its change_cipher_spec are encrypted; the first is its Finished.
 *  - Both Finished: established. So it is when both sides send application data, if a gap hid a Finished. Data of
 *    the client alone prove nothing (False Start, RFC 7918).
 *  - Resumed: the server goes to change_cipher_spec without a ServerHelloDone, which no full handshake lacks. When
 *    that part is missing, an echoed session id says it until a Certificate says otherwise.
 *  - Handshake records after both Finished are a renegotiation; it is over when both sides changed keys again.
 *  - An alert that cannot be read is the handshake's if its sender has sent no data before; else it is a goodbye.
 *  - Settled: established, and application data of both sides. A server that asks for a certificate late does so
 *    after the client's first request, instead of an answer.
 */
#include "tls/internal.h"

/* A second ClientHello is longer than any Finished, with whatever MAC and padding. */
#define HELLO_LEN_MIN 128

static bool offers_13(const struct tls_client_hello *ch)
{
	for (size_t i = 0; i < ch->supported_versions.n; i++)
		if (tls_version_is_13(ch->supported_versions.v[i]))
			return true;
	return false;
}

/*
 * Are handshake records of that length in this direction encrypted? In TLS 1.3 never: what is encrypted there goes as
 * application_data, and change_cipher_spec is for show (RFC 8446 appendix D.4); a second ClientHello may follow it.
 */
bool tls_hidden_handshake(const struct tls_conn *c, int dir, uint32_t record_len)
{
	const struct tls_handshake *hs = &c->hs;

	if (!hs->side[tls_conn_side(c, dir)].change_cipher_spec || tls_version_is_13(hs->version))
		return false;
	return hs->version || hs->client_key_exchange || !offers_13(&hs->client_hello) || record_len < HELLO_LEN_MIN;
}

void tls_conn_established(struct tls_conn *c, uint64_t time_ns)
{
	if (c->hs.established)
		return;
	c->hs.established = true;
	c->hs.established_ns = time_ns;
}

void tls_conn_side_finished(struct tls_conn *c, int dir, uint64_t time_ns)
{
	struct tls_side_state *st = tls_dir_state(c, dir);

	if (st->finished)
		return;
	st->finished = true;
	st->finished_ns = time_ns;
	if (c->hs.side[TLS_CLIENT].finished && c->hs.side[TLS_SERVER].finished)
		tls_conn_established(c, time_ns);
}

void tls_progress_server_hello(struct tls_conn *c)
{
	struct tls_handshake *hs = &c->hs;

	if (tls_version_is_13(hs->version))
		hs->resumed = hs->server_hello.psk;
}

static bool is_flight_done(const struct tls_handshake *hs)
{
	for (size_t i = 0; i < hs->step_cnt; i++)
		if (hs->steps[i].kind == TLS_STEP_SERVER_HELLO_DONE)
			return true;
	return false;
}

bool tls_progress_in_server_flight(const struct tls_conn *c)
{
	const struct tls_handshake *hs = &c->hs;

	return hs->protocol != TLS_PROTO_DTLS && hs->server_hello.seen && !tls_version_is_13(hs->version) &&
	       hs->version > TLS_VERSION_SSL2 && !hs->client_key_exchange && !hs->side[TLS_SERVER].change_cipher_spec &&
	       !hs->side[TLS_SERVER].malformed && !is_flight_done(hs);
}

static void server_changes_keys(struct tls_conn *c)
{
	struct tls_handshake *hs = &c->hs;
	bool full = hs->certificate[TLS_SERVER].seen || hs->key_exchange.seen || hs->client_key_exchange || is_flight_done(hs);

	if (tls_version_is_13(hs->version) || !hs->server_hello.seen)
		return;
	if (full || !hs->side[TLS_SERVER].gap || hs->server_hello.session_id_echo)
		hs->resumed = !full;
}

static void renegotiate(struct tls_conn *c, enum tls_side side)
{
	struct tls_progress *p = &c->progress;

	if (!p->renegotiating) {
		p->renegotiating = true;
		p->new_keys[0] = p->new_keys[1] = p->new_finished[0] = p->new_finished[1] = false;
		c->hs.renegotiations++;
	}
	p->new_finished[side] = p->new_keys[side];
	if (p->new_finished[0] && p->new_finished[1])
		p->renegotiating = false;
}

void tls_conn_change_cipher_spec(struct tls_conn *c, const struct tls_at *at, uint32_t len)
{
	enum tls_side side = tls_conn_side(c, at->dir);
	struct tls_side_state *st = &c->hs.side[side];

	tls_conn_step(c, at, TLS_STEP_CHANGE_CIPHER_SPEC, len);
	if (st->change_cipher_spec) {
		c->progress.new_keys[side] = true;
		return;
	}
	st->change_cipher_spec = true;
	if (side == TLS_SERVER)
		server_changes_keys(c);
}

void tls_progress_hidden_alert(struct tls_conn *c, struct tls_side_state *st, uint64_t time_ns)
{
	if (st->encrypted_alert || (st->app_records && !tls_version_is_13(c->hs.version)))
		return;
	st->encrypted_alert = true;
	st->encrypted_alert_ns = time_ns;
}

static void hidden_handshake(struct tls_conn *c, const struct tls_at *at, uint32_t len)
{
	enum tls_side side = tls_conn_side(c, at->dir);
	struct tls_side_state *st = &c->hs.side[side];

	tls_conn_step(c, at, TLS_STEP_ENCRYPTED_HANDSHAKE, len);
	if (!st->finished && st->change_cipher_spec)
		tls_conn_side_finished(c, at->dir, at->time_ns);
	else if (c->hs.established)
		renegotiate(c, side);
}

void tls_application_step(struct tls_conn *c, const struct tls_at *at, uint32_t len)
{
	bool *done = &c->progress.late_step[tls_conn_side(c, at->dir)];

	if (!*done)
		tls_conn_step(c, at, TLS_STEP_APPLICATION_DATA, len);
	*done = true;
}

void tls_count_application(struct tls_side_state *st, const struct tls_at *at, uint32_t len)
{
	if (!st->app_records++)
		st->first_app_ns = at->time_ns;
	st->app_bytes += len;
}

static void application_data(struct tls_conn *c, const struct tls_at *at, uint32_t len)
{
	struct tls_handshake *hs = &c->hs;
	struct tls_side_state *st = tls_dir_state(c, at->dir);

	tls_count_application(st, at, len);
	if (hs->protocol == TLS_PROTO_QUIC)
		return;
	/* Before the ServerHello it can only be TLS 1.3's. */
	if (tls_version_is_13(hs->version) || (!hs->version && hs->client_hello.early_data && st == &hs->side[TLS_CLIENT])) {
		tls_progress13(c, at, len);
		return;
	}
	tls_application_step(c, at, len);
	if (st->finished)
		st->after_finished++;
	if (hs->version && hs->side[TLS_CLIENT].app_records && hs->side[TLS_SERVER].app_records)
		tls_conn_established(c, at->time_ns);
}

void tls_conn_protected(struct tls_conn *c, const struct tls_at *at, uint8_t type, uint32_t len)
{
	if (type == TLS_CT_HANDSHAKE)
		hidden_handshake(c, at, len);
	else if (type == TLS_CT_APPLICATION_DATA)
		application_data(c, at, len);
	else if (type == TLS_CT_HEARTBEAT)
		tls_conn_step(c, at, TLS_STEP_HEARTBEAT, len);
}

void tls_parse_new_session_ticket(struct tls_conn *c, const struct tls_message *m)
{
	(void)m;
	c->hs.new_session_ticket = true;
}

void tls_parse_certificate_verify(struct tls_conn *c, const struct tls_message *m)
{
	c->hs.certificate_verify[tls_conn_side(c, m->at.dir)] = true;
}

/* In clear only to who has the keys. A client that was asked for a certificate in QUIC may still be refused, and the event is made
 * as soon as both have finished: there what follows has to show it (quic.h). */
void tls_parse_finished(struct tls_conn *c, const struct tls_message *m)
{
	const struct tls_handshake *hs = &c->hs;

	if (!m->decrypted)
		return;
	tls_sealed_finished(c, m->at.dir);
	if (hs->protocol != TLS_PROTO_QUIC || !hs->certificate_request.seen || c->parsing == TLS_SERVER)
		tls_conn_side_finished(c, m->at.dir, m->at.time_ns);
}

void tls_progress_end(struct tls_conn *c)
{
	struct tls_handshake *hs = &c->hs;

	/* The abbreviated handshake's remainder was not seen. */
	if (!tls_version_is_13(hs->version) && hs->server_hello.session_id_echo && !hs->side[TLS_SERVER].change_cipher_spec &&
	    !hs->certificate[TLS_SERVER].seen && !hs->key_exchange.seen)
		hs->resumed = true;
}

bool tls_progress_settled(const struct tls_conn *c)
{
	const struct tls_handshake *hs = &c->hs;
	const struct tls_side_state *client = &hs->side[TLS_CLIENT], *server = &hs->side[TLS_SERVER];

	if (c->progress.fatal)
		return true;
	if (!hs->established)
		return false;
	if (hs->protocol == TLS_PROTO_QUIC)
		return true;
	if (tls_version_is_13(hs->version))
		return c->progress.proven && client->after_finished && server->after_finished;
	return client->finished && server->finished && client->app_records && server->app_records && !c->progress.renegotiating;
}
