/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "tls/fingerprint.h"
#include "tls/internal.h"

/* RFC 8701: any reserved value in the lists of codepoints. */
static bool any_reserved(const struct tls_u16s *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (tls_is_reserved(l->v[i]))
			return true;
	return false;
}

static bool has_grease(const struct tls_client_hello *ch)
{
	return any_reserved(&ch->suites) || any_reserved(&ch->extensions) || any_reserved(&ch->groups) ||
	       any_reserved(&ch->supported_versions) || any_reserved(&ch->key_shares) || any_reserved(&ch->signature_algorithms);
}

static char transport_letter(enum tls_protocol protocol)
{
	return protocol == TLS_PROTO_QUIC ? 'q' : protocol == TLS_PROTO_DTLS ? 'd' : 't';
}

/* RFC 6347 section 4.2.1: DTLS has a cookie between session_id and cipher_suites. */
static bool take_cookie(struct tls_conn *c, struct reader *r)
{
	struct reader cookie;

	if (c->hs.protocol != TLS_PROTO_DTLS)
		return true;
	if (!reader_vec8(r, &cookie))
		return false;
	c->hs.dtls_cookie |= cookie.len > 0;
	return true;
}

/*
 * RFC 8446 section 4.1.2:
 *
 *      struct {
 *          ProtocolVersion legacy_version = 0x0303;
 *          Random random;
 *          opaque legacy_session_id<0..32>;
 *          CipherSuite cipher_suites<2..2^16-2>;
 *          opaque legacy_compression_methods<1..2^8-1>;
 *          Extension extensions<8..2^16-1>;
 *      } ClientHello;
 */
static bool parse_fields(struct tls_conn *c, struct tls_client_hello *ch, struct reader r)
{
	struct reader random, field, block;

	if (!reader_u16(&r, &ch->legacy_version) || !reader_take(&r, sizeof(ch->random), &random))
		return false;
	memcpy(ch->random, random.p, sizeof(ch->random));
	if (!reader_vec8(&r, &field))
		return false;
	ch->session_id = tls_keep(c, field);
	if (!take_cookie(c, &r) || !tls_take_u16s(c, &r, 2, &ch->suites) || !reader_vec8(&r, &field))
		return false;
	ch->compression = tls_keep(c, field);
	/* Before TLS 1.2 extensions could be left out altogether (RFC 5246 section 7.4.1.2). */
	if (reader_empty(&r))
		return true;
	if (!reader_vec16(&r, &block)) {
		/* What there is of a block that was cut off. */
		if (reader_skip(&r, 2))
			(void)tls_walk_extensions(c, r, tls_client_extensions, tls_client_extension_cnt, &ch->extensions);
		return false;
	}
	return tls_walk_extensions(c, block, tls_client_extensions, tls_client_extension_cnt, &ch->extensions) && reader_empty(&r);
}

/* The hello that answers a HelloRetryRequest or HelloVerifyRequest repeats the first: only what is new in it counts. */
static void parse_again(struct tls_conn *c, const struct tls_message *m)
{
	struct reader r = reader_of(m->body, m->len), session_id;

	if (reader_skip(&r, 2 + 32) && reader_vec8(&r, &session_id))
		(void)take_cookie(c, &r);
}

void tls_parse_client_hello(struct tls_conn *c, const struct tls_message *m)
{
	struct tls_client_hello *ch = &c->hs.client_hello;

	if (ch->seen) {
		parse_again(c, m);
		return;
	}
	ch->seen = true;
	ch->record_version = c->dir[m->at.dir].record_version;
	ch->bytes = m->wire_len + 4;
	ch->segments = m->segments;
	ch->records = m->records;
	ch->first_ns = m->first_ns;
	ch->time_ns = m->at.time_ns;
	ch->truncated = m->len < m->wire_len;
	ch->malformed = !parse_fields(c, ch, reader_of(m->body, m->len)) && !ch->truncated;
	ch->grease = has_grease(ch);
	if (c->hs.protocol == TLS_PROTO_TLS && ch->legacy_version <= TLS_VERSION_SSL3)
		c->hs.protocol = TLS_PROTO_SSL;
	if (!ch->truncated)
		tls_fingerprint_client(ch, transport_letter(c->hs.protocol));
}
