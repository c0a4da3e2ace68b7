/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Encrypted records of DTLS 1.3 in the order of the wire: those of the handshake's epoch are opened where there are keys (RFC
 * 9147 section 4.2), all others only take their place.
 */
#include <string.h>

#include "tls/dtls_internal.h"
#include "tls/internal.h"

#define HEADER_MAX 64			/* of a header with a connection id that is opened */

/* RFC 9147 section 4.2.3: the number is masked by the beginning of what is encrypted, and what is authenticated is the header
 * with the number as it was. */
static bool unmask(struct tls_crypto *crypto, const struct tls_opener *o, const struct dtls_record *r, uint8_t *header,
		   size_t header_len, uint64_t *number)
{
	uint8_t mask[TLS13_SAMPLE_LEN];

	*number = 0;
	if (header_len > HEADER_MAX || r->body.len < TLS13_SAMPLE_LEN || !tls13_mask(crypto, &o->keys, r->body.p, mask))
		return false;
	memcpy(header, r->start, header_len);
	for (size_t i = 0; i < r->number_len; i++) {
		header[r->number_offset + i] ^= mask[i];
		*number = *number << 8 | header[r->number_offset + i];
	}
	*number = tls13_full_number(o->number, *number, 8 * (unsigned int)r->number_len);
	return true;
}

static bool open_record(struct tls_opener *o, const struct dtls_record *r, struct reader *content)
{
	size_t header_len = (size_t)(r->body.p - r->start);
	struct tls_crypto *crypto = tls_crypto();
	uint8_t header[HEADER_MAX];
	const struct tls_slice aad = { header, header_len };
	struct tls13_box box = { .aad = &aad, .aad_cnt = 1, .p = r->body.p, .len = r->body.len };

	if (!crypto || !r->number_len || r->body.len < r->len || !unmask(crypto, o, r, header, header_len, &box.number) ||
	    !tls13_open(crypto, &o->keys, &box, content))
		return false;
	if (box.number >= o->number)
		o->number = box.number + 1;
	return true;
}

/* Acknowledgements say nothing of the handshake. */
static void opened(struct tls_conn *c, const struct tls_at *at, struct reader content)
{
	struct tls_dtls *d = c->carriers.dtls;
	struct dtls_seen seen = { .at = *at, .datagram = d->datagrams, .decrypted = true };
	uint8_t type;

	tls_sealed_opened(c, at->dir);
	if (!tls13_inner_type(&content, &type))
		return;
	if (type == TLS_CT_HANDSHAKE)
		dtls_handshake(c, d, &seen, content);
	else if (type == TLS_CT_ALERT && content.len == 2)
		tls_conn_alert(c, at, content.p, 2);
}

static void handle(struct tls_conn *c, const struct tls_sealed_record *s)
{
	struct tls_opener *o = tls_sealed_keys(c, s->at.dir);
	struct tls_dtls *d = c->carriers.dtls;
	struct reader in = reader_of(s->p, s->len), content;
	struct dtls_record r;

	if (!dtls_record_read(&in, d->dir[s->at.dir].cid_len, &r))
		return;
	if (o && r.epoch == DTLS13_EPOCH_HANDSHAKE) {
		if (open_record(o, &r, &content)) {
			opened(c, &s->at, content);
			return;
		}
		tls_sealed_failed(c, s->at.dir);
	}
	r.len = s->wire_len;
	dtls_messages_flush(c, &d->dir[s->at.dir].messages, &s->at);
	dtls13_record(c, d, &s->at, &r);
}

void dtls13_protected(struct tls_conn *c, const struct tls_at *at, const struct dtls_record *r)
{
	bool wanted = r->epoch == DTLS13_EPOCH_HANDSHAKE && tls_sealed_wants(c, at->dir);
	const struct tls_sealed_record s = {
		.at = *at, .p = r->start, .len = (size_t)(r->body.p - r->start) + (wanted ? r->body.len : 0),
		.wire_len = r->len, .handle = handle,
	};

	tls_sealed_add(c, &s);
}
