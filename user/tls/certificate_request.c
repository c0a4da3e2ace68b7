/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/internal.h"

#define EXT_SIGNATURE_ALGORITHMS 13
#define EXT_CERTIFICATE_AUTHORITIES 47

/* RFC 5246 section 7.4.4: DistinguishedName certificate_authorities<0..2^16-1>, each <1..2^16-1>. */
static bool authorities(struct tls_conn *c, struct reader *r)
{
	struct tls_certificate_request *cr = &c->hs.certificate_request;
	struct reader list;

	return reader_vec16(r, &list) &&
	       tls_keep_vectors(c, list, 2, TLS_AUTHORITIES_MAX, &cr->authorities, &cr->authority_cnt);
}

/* Do these bytes have the shape of a list of 16-bit numbers and then one of authorities, to the end? */
static bool has_signature_algorithms(struct reader r)
{
	struct reader algorithms, list;

	return reader_vec16(&r, &algorithms) && algorithms.len % 2 == 0 && reader_vec16(&r, &list) && reader_empty(&r);
}

/* TLS 1.2 has the list of signature algorithms between types and authorities. The shape tells: the version may be unknown. */
static bool parse_12(struct tls_conn *c, struct reader r)
{
	struct tls_certificate_request *cr = &c->hs.certificate_request;
	struct reader types;

	if (!reader_vec8(&r, &types))
		return false;
	cr->certificate_types = tls_keep(c, types);
	if (has_signature_algorithms(r) && !tls_take_u16s(c, &r, 2, &cr->signature_algorithms))
		return false;
	return authorities(c, &r);
}

/* RFC 8446 section 4.3.2: certificate_request_context<0..2^8-1>, Extension extensions<2..2^16-1>. */
static bool parse_13(struct tls_conn *c, struct reader r)
{
	struct reader context, block, body;
	bool fine = true;
	uint16_t type;

	if (!reader_vec8(&r, &context) || !reader_vec16(&r, &block))
		return false;
	while (reader_u16(&block, &type) && reader_vec16(&block, &body)) {
		if (type == EXT_SIGNATURE_ALGORITHMS)
			fine &= tls_take_u16s(c, &body, 2, &c->hs.certificate_request.signature_algorithms);
		else if (type == EXT_CERTIFICATE_AUTHORITIES)
			fine &= authorities(c, &body);
	}
	return fine && reader_empty(&block);
}

void tls_parse_certificate_request(struct tls_conn *c, const struct tls_message *m)
{
	struct reader r = reader_of(m->body, m->len);

	/* RFC 8446 section 4.6.2 */
	if (m->decrypted && c->hs.side[TLS_CLIENT].finished)
		c->hs.post_handshake_auth++;
	if (c->hs.certificate_request.seen)
		return;
	c->hs.certificate_request.seen = true;
	if (tls_version_is_13(c->hs.version))
		(void)parse_13(c, r);
	else
		(void)parse_12(c, r);
}
