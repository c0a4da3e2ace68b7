/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "tls/fingerprint.h"
#include "tls/internal.h"

#define RANDOM_LEN 32

/* RFC 8446 section 4.1.3: the SHA-256 of "HelloRetryRequest". */
static const uint8_t retry_random[RANDOM_LEN] = {
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
	0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

bool tls_is_hello_retry_request(const struct tls_message *m)
{
	struct reader r = reader_of(m->body, m->len), random;

	return reader_skip(&r, 2) && reader_take(&r, RANDOM_LEN, &random) && !memcmp(random.p, retry_random, RANDOM_LEN);
}

/* Drafts 18 to 21 of TLS 1.3 had neither session id nor compression, and the draft's number as version. */
static bool is_short_format(uint16_t legacy_version)
{
	return legacy_version >> 8 == 0x7f;
}

/*
 * RFC 8446 section 4.1.3, the same before TLS 1.3 (RFC 5246 section 7.4.1.3):
 *
 *      struct {
 *          ProtocolVersion legacy_version = 0x0303;
 *          Random random;
 *          opaque legacy_session_id_echo<0..32>;
 *          CipherSuite cipher_suite;
 *          uint8 legacy_compression_method = 0;
 *          Extension extensions<6..2^16-1>;
 *      } ServerHello;
 */
static bool parse_fields(struct tls_conn *c, struct tls_server_hello *sh, struct reader r)
{
	struct reader random, field, block;
	bool is_short;

	if (!reader_u16(&r, &sh->legacy_version) || !reader_take(&r, RANDOM_LEN, &random))
		return false;
	memcpy(sh->random, random.p, RANDOM_LEN);
	is_short = is_short_format(sh->legacy_version);
	if (!is_short) {
		if (!reader_vec8(&r, &field))
			return false;
		sh->session_id = tls_keep(c, field);
	}
	if (!reader_u16(&r, &sh->suite) || (!is_short && !reader_u8(&r, &sh->compression)))
		return false;
	if (reader_empty(&r))
		return true;
	return reader_vec16(&r, &block) &&
	       tls_walk_extensions(c, block, tls_server_extensions, tls_server_extension_cnt, &sh->extensions) &&
	       reader_empty(&r);
}

static bool echoes_session_id(const struct tls_handshake *hs)
{
	const struct tls_bytes *a = &hs->client_hello.session_id, *b = &hs->server_hello.session_id;

	return hs->client_hello.seen && b->n && a->n == b->n && !memcmp(a->p, b->p, b->n);
}

void tls_parse_server_hello(struct tls_conn *c, const struct tls_message *m)
{
	struct tls_server_hello *sh = &c->hs.server_hello;
	bool truncated = m->len < m->wire_len;

	if (tls_is_hello_retry_request(m)) {
		tls_parse_hello_retry_request(c, m);
		return;
	}
	if (sh->seen)
		return;
	/* What a HelloRetryRequest left there is not this message's. */
	*sh = (struct tls_server_hello){ .seen = true, .time_ns = m->at.time_ns };
	sh->malformed = !parse_fields(c, sh, reader_of(m->body, m->len)) && !truncated;
	sh->session_id_echo = echoes_session_id(&c->hs);
	/* RFC 8446 section 4.2.1: supported_versions counts, where it is. */
	tls_set_version(c, sh->selected_version ? sh->selected_version : sh->legacy_version);
	tls_progress_server_hello(c);
	if (!truncated)
		tls_fingerprint_server(sh);
}

/* Before draft 22 HelloRetryRequest was a message of its own: version, since draft 19 a suite, extensions. */
static bool parse_old_retry(struct tls_conn *c, struct reader r, struct tls_server_hello *sh)
{
	struct reader block, with_suite;

	if (!reader_u16(&r, &sh->legacy_version))
		return false;
	with_suite = r;
	if (!reader_vec16(&r, &block) || !reader_empty(&r)) {
		r = with_suite;
		if (!reader_u16(&r, &sh->suite) || !reader_vec16(&r, &block))
			return false;
	}
	return tls_walk_extensions(c, block, tls_server_extensions, tls_server_extension_cnt, &sh->extensions);
}

/* RFC 8446 section 4.1.4. The ServerHello's place serves to read it, and is cleared for the real one. */
void tls_parse_hello_retry_request(struct tls_conn *c, const struct tls_message *m)
{
	struct tls_server_hello *sh = &c->hs.server_hello;
	struct reader r = reader_of(m->body, m->len);

	if (sh->seen)
		return;
	c->hs.hello_retry_request = true;
	if (m->type == TLS_MSG_HELLO_RETRY_REQUEST)
		(void)parse_old_retry(c, r, sh);
	else
		(void)parse_fields(c, sh, r);
	c->hs.retry_group = sh->key_share_group;
	tls_set_version(c, sh->selected_version ? sh->selected_version : sh->legacy_version);
	*sh = (struct tls_server_hello){ 0 };
}

/* RFC 6347 section 4.2.1 */
void tls_parse_hello_verify_request(struct tls_conn *c, const struct tls_message *m)
{
	struct reader r = reader_of(m->body, m->len), cookie;

	c->hs.hello_verify_request = true;
	if (reader_skip(&r, 2) && reader_vec8(&r, &cookie))
		c->hs.dtls_cookie |= cookie.len > 0;
}
