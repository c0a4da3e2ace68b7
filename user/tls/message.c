/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/message.h"

#include <string.h>

#include "tls/internal.h"

#define STEPS_FIRST 16

struct message_def {
	enum tls_step_kind step;
	int8_t from;			/* who sends it; TLS_SIDE_UNKNOWN: both do */
	bool known;
	uint32_t len_min, len_max;	/* of one that can be believed when nothing was understood before */
	tls_message_fn *parse;		/* NULL: that it was sent says all */
};

#define ANY 0xffffff
#define BOTH TLS_SIDE_UNKNOWN

static const struct message_def messages[] = {
	[TLS_MSG_HELLO_REQUEST] = { TLS_STEP_HELLO_REQUEST, TLS_SERVER, true, 0, 0, NULL },
	[TLS_MSG_CLIENT_HELLO] = { TLS_STEP_CLIENT_HELLO, TLS_CLIENT, true, 38, 131072, tls_parse_client_hello },
	[TLS_MSG_SERVER_HELLO] = { TLS_STEP_SERVER_HELLO, TLS_SERVER, true, 36, 131072, tls_parse_server_hello },
	[TLS_MSG_HELLO_VERIFY_REQUEST] = { TLS_STEP_HELLO_VERIFY_REQUEST, TLS_SERVER, true, 3, 258,
					   tls_parse_hello_verify_request },
	[TLS_MSG_NEW_SESSION_TICKET] = { TLS_STEP_NEW_SESSION_TICKET, TLS_SERVER, true, 6, 65541,
					 tls_parse_new_session_ticket },
	[TLS_MSG_END_OF_EARLY_DATA] = { TLS_STEP_END_OF_EARLY_DATA, TLS_CLIENT, true, 0, 0, NULL },
	[TLS_MSG_HELLO_RETRY_REQUEST] = { TLS_STEP_HELLO_RETRY_REQUEST, TLS_SERVER, true, 4, 65536,
					  tls_parse_hello_retry_request },
	[TLS_MSG_ENCRYPTED_EXTENSIONS] = { TLS_STEP_ENCRYPTED_EXTENSIONS, TLS_SERVER, true, 2, 65537,
					   tls_parse_encrypted_extensions },
	[TLS_MSG_CERTIFICATE] = { TLS_STEP_CERTIFICATE, BOTH, true, 3, 131072, tls_parse_certificate },
	[TLS_MSG_SERVER_KEY_EXCHANGE] = { TLS_STEP_SERVER_KEY_EXCHANGE, TLS_SERVER, true, 2, 8192,
					  tls_parse_server_key_exchange },
	[TLS_MSG_CERTIFICATE_REQUEST] = { TLS_STEP_CERTIFICATE_REQUEST, TLS_SERVER, true, 3, 131072,
					  tls_parse_certificate_request },
	[TLS_MSG_SERVER_HELLO_DONE] = { TLS_STEP_SERVER_HELLO_DONE, TLS_SERVER, true, 0, 0, NULL },
	[TLS_MSG_CERTIFICATE_VERIFY] = { TLS_STEP_CERTIFICATE_VERIFY, BOTH, true, 4, 8192, tls_parse_certificate_verify },
	[TLS_MSG_CLIENT_KEY_EXCHANGE] = { TLS_STEP_CLIENT_KEY_EXCHANGE, TLS_CLIENT, true, 0, 8192,
					  tls_parse_client_key_exchange },
	[TLS_MSG_FINISHED] = { TLS_STEP_FINISHED, BOTH, true, 12, 64, tls_parse_finished },
	[TLS_MSG_CERTIFICATE_URL] = { TLS_STEP_CERTIFICATE_URL, TLS_CLIENT, true, 4, 65536, NULL },
	[TLS_MSG_CERTIFICATE_STATUS] = { TLS_STEP_CERTIFICATE_STATUS, TLS_SERVER, true, 4, 131072,
					 tls_parse_certificate_status },
	[TLS_MSG_SUPPLEMENTAL_DATA] = { TLS_STEP_SUPPLEMENTAL_DATA, BOTH, true, 3, 65536, NULL },
	[TLS_MSG_KEY_UPDATE] = { TLS_STEP_KEY_UPDATE, BOTH, true, 1, 1, NULL },
	[TLS_MSG_COMPRESSED_CERTIFICATE] = { TLS_STEP_COMPRESSED_CERTIFICATE, BOTH, true, 8, 131072,
					     tls_parse_compressed_certificate },
	[TLS_MSG_NEXT_PROTOCOL] = { TLS_STEP_NEXT_PROTOCOL, TLS_CLIENT, true, 2, 512, NULL },
};

static const struct message_def *message_def(uint8_t type)
{
	static const struct message_def unknown = { .step = TLS_STEP_UNKNOWN, .from = BOTH };

	if (type >= sizeof(messages) / sizeof(messages[0]) || !messages[type].known)
		return &unknown;
	return &messages[type];
}

bool tls_message_wanted(uint8_t type)
{
	return message_def(type)->parse;
}

bool tls_message_plausible(uint8_t type, uint32_t len, size_t left)
{
	const struct message_def *def = message_def(type);

	if (!def->known || len < def->len_min || len > def->len_max)
		return false;
	if (type == TLS_MSG_CLIENT_HELLO || type == TLS_MSG_SERVER_HELLO)
		return true;
	/* Ends in this record, with room for the header of another or none, or goes on in the next. */
	return len >= left || left - len >= 4;
}

enum tls_side tls_conn_side(const struct tls_conn *c, int dir)
{
	return c->hs.client_dir == TLS_SIDE_UNKNOWN ? (enum tls_side)dir : dir == c->hs.client_dir ? TLS_CLIENT : TLS_SERVER;
}

#define SWAP(a, b)                      \
	do {                            \
		__typeof__(a) t_ = (a); \
		(a) = (b);              \
		(b) = t_;               \
	} while (0)

/* Until the client is known direction 0 passes for it; what was noted under that assumption is put right. */
static void swap_sides(struct tls_conn *c)
{
	struct tls_handshake *hs = &c->hs;

	SWAP(hs->side[0], hs->side[1]);
	SWAP(hs->certificate[0], hs->certificate[1]);
	SWAP(hs->certificate_verify[0], hs->certificate_verify[1]);
	SWAP(c->progress.late_step[0], c->progress.late_step[1]);
	SWAP(c->progress.new_keys[0], c->progress.new_keys[1]);
	SWAP(c->progress.new_finished[0], c->progress.new_finished[1]);
	for (size_t i = 0; i < hs->step_cnt; i++)
		hs->steps[i].side = !hs->steps[i].side;
	if (hs->alert.seen)
		hs->alert.side = !hs->alert.side;
}

void tls_set_client_dir(struct tls_conn *c, int dir)
{
	if (c->hs.client_dir != TLS_SIDE_UNKNOWN)
		return;
	c->hs.client_dir = dir;
	if (dir == 1)
		swap_sides(c);
}

bool tls_version_is_13(uint16_t version)
{
	/* Drafts of TLS 1.3 announced themselves as 0x7fNN, and Facebook's as 0xfbNN. */
	return version == TLS_VERSION_1_3 || version == DTLS_VERSION_1_3 || version >> 8 == 0x7f || version >> 8 == 0xfb;
}

void tls_set_version(struct tls_conn *c, uint16_t version)
{
	struct tls_handshake *hs = &c->hs;

	hs->version = tls_version_is_13(version) && version != DTLS_VERSION_1_3 ? TLS_VERSION_1_3 : version;
	if (hs->protocol == TLS_PROTO_TLS || hs->protocol == TLS_PROTO_SSL)
		hs->protocol = version <= TLS_VERSION_SSL3 ? TLS_PROTO_SSL : TLS_PROTO_TLS;
}

static struct tls_step *step_room(struct tls_conn *c)
{
	struct tls_handshake *hs = &c->hs;
	size_t cap = hs->step_cap ? 2 * hs->step_cap : STEPS_FIRST;
	struct tls_step *steps;

	if (hs->step_cnt < hs->step_cap)
		return &hs->steps[hs->step_cnt++];
	steps = cap <= TLS_STEPS_MAX ? arena_alloc(c->arena, cap * sizeof(*steps)) : NULL;
	if (!steps) {
		hs->steps_truncated = true;
		return NULL;
	}
	if (hs->step_cnt)
		memcpy(steps, hs->steps, hs->step_cnt * sizeof(*steps));
	hs->steps = steps;
	hs->step_cap = cap;
	return &hs->steps[hs->step_cnt++];
}

static struct tls_step *add_step(struct tls_conn *c, const struct tls_at *at, enum tls_step_kind kind, uint32_t len)
{
	struct tls_step *s;

	if (!c->hs.first_ns)
		c->hs.first_ns = at->time_ns;
	c->hs.last_ns = at->time_ns;
	s = step_room(c);
	if (s)
		*s = (struct tls_step){ .kind = kind, .side = tls_conn_side(c, at->dir), .len = len, .record = at->record,
					.time_ns = at->time_ns };
	return s;
}

void tls_conn_step(struct tls_conn *c, const struct tls_at *at, enum tls_step_kind kind, uint32_t len)
{
	add_step(c, at, kind, len);
}

uint32_t tls_conn_next_record(struct tls_conn *c, int dir)
{
	tls_dir_state(c, dir)->records++;
	return ++c->hs.record_cnt;
}

void tls_conn_alert(struct tls_conn *c, const struct tls_at *at, const uint8_t *body, uint32_t len)
{
	struct tls_side_state *st = tls_dir_state(c, at->dir);
	struct tls_step *s;

	if (!body || len < 2) {
		add_step(c, at, TLS_STEP_ENCRYPTED_ALERT, len);
		tls_progress_hidden_alert(c, st, at->time_ns);
		return;
	}
	s = add_step(c, at, TLS_STEP_ALERT, 2);
	if (s) {
		s->level = body[0];
		s->code = body[1];
	}
	/* The alert that ended it stays: a close_notify may follow, or an answer from the other side. */
	if (c->progress.fatal)
		return;
	c->progress.fatal = body[0] == 2;
	c->hs.alert = (struct tls_alert){ .seen = true, .level = body[0], .code = body[1],
					  .side = tls_conn_side(c, at->dir), .time_ns = at->time_ns };
}

void tls_conn_message(struct tls_conn *c, const struct tls_message *m)
{
	const struct message_def *def = message_def(m->type);
	enum tls_step_kind step = def->step;

	if (c->hs.protocol == TLS_PROTO_NONE)
		c->hs.protocol = TLS_PROTO_TLS;
	if (def->from != BOTH)
		tls_set_client_dir(c, def->from == TLS_CLIENT ? m->at.dir : !m->at.dir);
	c->parsing = tls_conn_side(c, m->at.dir);
	if (m->type == TLS_MSG_SERVER_HELLO && tls_is_hello_retry_request(m))
		step = TLS_STEP_HELLO_RETRY_REQUEST;
	if (!c->hs.first_ns)
		c->hs.first_ns = m->first_ns;
	add_step(c, &m->at, step, m->wire_len);
	/* A message from the wrong side is counted, not believed. */
	if (def->parse && (def->from == BOTH || def->from == (int)c->parsing))
		def->parse(c, m);
	if (m->type == TLS_MSG_CLIENT_HELLO || m->type == TLS_MSG_SERVER_HELLO)
		tls_sealed_hello(c, m);
}

struct tls_handshake *tls_conn_state(struct tls_conn *c)
{
	return &c->hs;
}

struct tls_side_state *tls_conn_dir_state(struct tls_conn *c, int dir)
{
	return tls_dir_state(c, dir);
}

struct arena *tls_conn_arena(struct tls_conn *c)
{
	return c->arena;
}

struct tls_carriers *tls_conn_carriers(struct tls_conn *c)
{
	return &c->carriers;
}
