/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/internal.h"

#define STATUS_OCSP 1
#define STATUS_OCSP_MULTI 2

static void give_ocsp(struct tls_conn *c, uint32_t index, struct reader der)
{
	c->hs.status.seen = true;
	if (c->events.ocsp && der.len)
		c->events.ocsp(c->events.ctx, index, der.p, der.len);
}

/*
 * RFC 6066 section 8: CertificateStatusType status_type; OCSPResponse response<1..2^24-1>. RFC 6961 section 2.2:
 * with ocsp_multi a list of them, one a certificate, empty where there is none.
 */
bool tls_ocsp_status(struct tls_conn *c, uint32_t index, struct reader body)
{
	struct reader response, list;
	uint8_t type;

	if (!reader_u8(&body, &type) || !reader_vec24(&body, &list))
		return false;
	if (type == STATUS_OCSP)
		give_ocsp(c, index, list);
	if (type != STATUS_OCSP_MULTI)
		return reader_empty(&body);
	while (index < TLS_CERTIFICATES_MAX && reader_vec24(&list, &response))
		give_ocsp(c, index++, response);
	return reader_empty(&list) && reader_empty(&body);
}

void tls_parse_certificate_status(struct tls_conn *c, const struct tls_message *m)
{
	if (!c->hs.status.seen)
		(void)tls_ocsp_status(c, 0, reader_of(m->body, m->len));
}
