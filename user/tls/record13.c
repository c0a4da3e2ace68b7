/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Protected records of TLS 1.3 (RFC 8446 section 5.2), in the record layer: put together, opened where there are keys, and what
 * is in them handed on like what is in clear.
 */
#include <string.h>

#include "tls/internal.h"

#define HEADER_LEN 5

/* The content of a record that came before, or just now: the direction passes for being there, and is put back. */
static void messages(struct tls_conn *c, const struct tls_at *at, struct reader content)
{
	struct tls_direction *d = &c->dir[at->dir], now = *d;

	d->record_no = at->record;
	d->record_left = 0;
	d->record_len = (uint32_t)content.len;
	d->now_ns = at->time_ns;
	d->body = TLS_BODY_MESSAGES;
	d->asm_.decrypted = true;
	tls_assemble(c, at->dir, content);
	now.asm_ = d->asm_;
	now.spoke = d->spoke;
	*d = now;
}

/* A record of the handshake is missing: so is the rest of the message that it began in, and where the next one begins. */
static void lost(struct tls_conn *c, int dir)
{
	struct tls_direction *d = &c->dir[dir];
	uint8_t body = d->body;

	tls_assemble_gap(c, dir, d->asm_.wire_len + 1);
	d->body = body;
}

static void opened(struct tls_conn *c, const struct tls_sealed_record *r, struct reader content)
{
	uint32_t sealed_len = (uint32_t)content.len;
	uint8_t type;

	tls_sealed_opened(c, r->at.dir);
	tls_count_application(tls_dir_state(c, r->at.dir), &r->at, r->wire_len);
	if (!tls13_inner_type(&content, &type))
		return;
	tls_progress13_opened(c, &r->at, r->wire_len, sealed_len - (uint32_t)content.len - 1);
	if (type == TLS_CT_HANDSHAKE)
		messages(c, &r->at, content);
	else if (type == TLS_CT_ALERT && content.len == 2)
		tls_conn_alert(c, &r->at, content.p, 2);
}

/* RFC 8446 section 4.2.10: early data has keys of its own, and comes before anything that these open. */
static bool may_be_early(const struct tls_conn *c, int dir, const struct tls_opener *o)
{
	return tls_conn_side(c, dir) == TLS_CLIENT && c->hs.client_hello.early_data && !o->number;
}

/* Before draft 25 the header was not authenticated. */
static bool is_early_draft(const struct tls_server_hello *sh)
{
	uint16_t version = sh->selected_version ? sh->selected_version : sh->legacy_version;

	return version >> 8 == 0x7f && version < 0x7f19;
}

static bool open_record(const struct tls_conn *c, const struct tls_opener *o, const struct tls_sealed_record *r,
			struct reader *content)
{
	uint8_t header[HEADER_LEN] = { TLS_CT_APPLICATION_DATA, 3, 3, (uint8_t)(r->wire_len >> 8), (uint8_t)r->wire_len };
	const struct tls_slice aad = { header, sizeof(header) };
	const struct tls13_box box = {
		.number = o->number, .aad = &aad, .aad_cnt = !is_early_draft(&c->hs.server_hello), .p = r->p, .len = r->len,
	};
	struct tls_crypto *crypto = tls_crypto();

	return crypto && r->len == r->wire_len && tls13_open(crypto, &o->keys, &box, content);
}

static void handle(struct tls_conn *c, const struct tls_sealed_record *r)
{
	struct tls_opener *o = tls_sealed_keys(c, r->at.dir);
	struct reader content;

	if (o && open_record(c, o, r, &content)) {
		o->number++;
		opened(c, r, content);
		return;
	}
	if (o && !may_be_early(c, r->at.dir, o)) {
		o->number++;
		lost(c, r->at.dir);
		if (r->len == r->wire_len)
			tls_sealed_failed(c, r->at.dir);
	}
	tls_conn_protected(c, &r->at, TLS_CT_APPLICATION_DATA, r->wire_len);
}

static void record_ends(struct tls_conn *c, int dir, const uint8_t *p, size_t len)
{
	struct tls_direction *d = &c->dir[dir];
	const struct tls_sealed_record r = {
		.at = { .dir = dir, .record = d->record_no, .time_ns = d->now_ns },
		.p = p, .len = len, .wire_len = d->record_len, .handle = handle,
	};

	d->body = TLS_BODY_SKIP;
	tls_sealed_add(c, &r);
}

static bool room(struct tls_conn *c, struct tls_direction *d)
{
	if (d->sealed_cap >= d->record_len)
		return true;
	d->sealed = arena_alloc(c->arena, d->record_len);
	d->sealed_cap = d->sealed ? d->record_len : 0;
	return d->sealed;
}

void tls_records_sealed(struct tls_conn *c, int dir, struct reader body)
{
	struct tls_direction *d = &c->dir[dir];
	/* Behind others, of a side whose keys are over or none, that it was there is all there is to say. */
	bool wanted = tls_sealed_wants(c, dir);

	if (wanted && body.len == d->record_len) {
		record_ends(c, dir, body.p, body.len);
		return;
	}
	if (wanted && body.len && !d->sealed_lost && room(c, d)) {
		memcpy(d->sealed + d->sealed_len, body.p, body.len);
		d->sealed_len += (uint32_t)body.len;
	} else if (body.len) {
		d->sealed_lost = true;
	}
	if (!d->record_left)
		record_ends(c, dir, d->sealed, d->sealed_lost ? 0 : d->sealed_len);
}

void tls_records_sealed_gap(struct tls_conn *c, int dir)
{
	struct tls_direction *d = &c->dir[dir];

	d->sealed_lost = true;
	if (!d->record_left)
		record_ends(c, dir, NULL, 0);
}
