/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/internal.h"

#define CERT_TYPE_RAW_PUBLIC_KEY 2
#define EXT_STATUS_REQUEST 5
#define EXT_SCT 18

static void give_certificate(struct tls_conn *c, enum tls_side side, uint32_t index, struct reader der)
{
	if (c->events.certificate)
		c->events.certificate(c->events.ctx, side, index, der.p, der.len);
}

/* RFC 8446 section 4.4.2: status_request and signed_certificate_timestamp come with the certificate they are about. */
static bool entry_extensions(struct tls_conn *c, enum tls_side side, uint32_t index, struct reader block)
{
	struct tls_certificate_msg *msg = &c->hs.certificate[side];
	struct reader body;
	uint16_t type;

	while (reader_u16(&block, &type) && reader_vec16(&block, &body)) {
		if (type == EXT_STATUS_REQUEST && side == TLS_SERVER && !tls_ocsp_status(c, index, body))
			return false;
		if (type == EXT_SCT && index == 0 && !tls_count_scts(body, &msg->sct_cnt))
			return false;
	}
	return reader_empty(&block);
}

/*
 * RFC 8446 section 4.4.2:
 *
 *      struct {
 *          opaque certificate_request_context<0..2^8-1>;
 *          CertificateEntry certificate_list<0..2^24-1>;   (cert_data<1..2^24-1>, extensions<0..2^16-1>)
 *      } Certificate;
 */
static bool entries_13(struct tls_conn *c, enum tls_side side, struct reader body)
{
	struct tls_certificate_msg *msg = &c->hs.certificate[side];
	struct reader context, list, der, block;

	if (!reader_vec8(&body, &context))
		return false;
	if (!reader_vec24(&body, &list)) {
		msg->truncated = true;
		if (!reader_skip(&body, 3))
			return false;
		list = body;
	}
	while (msg->cnt < TLS_CERTIFICATES_MAX && reader_vec24(&list, &der)) {
		if (!msg->raw_public_key)
			give_certificate(c, side, msg->cnt, der);
		if (!reader_vec16(&list, &block) || !entry_extensions(c, side, msg->cnt++, block))
			return false;
	}
	return reader_empty(&list);
}

/* RFC 5246 section 7.4.2: ASN.1Cert certificate_list<0..2^24-1>, each <1..2^24-1>. */
static bool entries_12(struct tls_conn *c, enum tls_side side, struct reader body)
{
	struct tls_certificate_msg *msg = &c->hs.certificate[side];
	struct reader list, der;

	if (!reader_vec24(&body, &list)) {
		/* Cut off: those that are whole. */
		msg->truncated = true;
		if (!reader_skip(&body, 3))
			return false;
		list = body;
	}
	/* RFC 7250 section 3: then the "list" is one SubjectPublicKeyInfo. */
	if (msg->raw_public_key)
		return true;
	while (msg->cnt < TLS_CERTIFICATES_MAX && reader_vec24(&list, &der))
		give_certificate(c, side, msg->cnt++, der);
	return reader_empty(&list);
}

void tls_certificate_entries(struct tls_conn *c, enum tls_side side, struct reader body, bool truncated)
{
	struct tls_certificate_msg *msg = &c->hs.certificate[side];
	bool fine;

	msg->seen = true;
	msg->raw_public_key = c->hs.server_hello.certificate_type[side] == CERT_TYPE_RAW_PUBLIC_KEY;
	fine = tls_version_is_13(c->hs.version) ? entries_13(c, side, body) : entries_12(c, side, body);
	msg->truncated |= truncated || !fine;
}

void tls_parse_certificate(struct tls_conn *c, const struct tls_message *m)
{
	enum tls_side side = tls_conn_side(c, m->at.dir);

	/* TLS 1.3's post-handshake authentication sends a second one; the first is the handshake's. */
	if (!c->hs.certificate[side].seen)
		tls_certificate_entries(c, side, reader_of(m->body, m->len), m->len < m->wire_len);
}
