/* SPDX-License-Identifier: BSD-2-Clause */
#include <zlib.h>

#include "tls/internal.h"

#define ALGORITHM_ZLIB 1
#define EXPANSION_MAX 1032		/* deflate cannot do better: a longer claim is a lie */

static bool inflate_whole(struct reader in, uint8_t *out, uint32_t len)
{
	uLongf got = len;

	return uncompress(out, &got, in.p, in.len) == Z_OK && got == len;
}

/*
 * RFC 8879 section 4:
 *
 *      struct {
 *          CertificateCompressionAlgorithm algorithm;
 *          uint24 uncompressed_length;
 *          opaque compressed_certificate_message<1..2^24-1>;
 *      } CompressedCertificate;
 */
static bool expand(struct tls_conn *c, enum tls_side side, struct reader r)
{
	struct tls_certificate_msg *msg = &c->hs.certificate[side];
	struct reader packed;
	uint8_t *plain;
	uint32_t len;

	if (!reader_u16(&r, &msg->compression) || !reader_u24(&r, &len) || !reader_vec24(&r, &packed) || !reader_empty(&r))
		return false;
	if (msg->compression != ALGORITHM_ZLIB) {
		msg->unreadable = true;
		return true;
	}
	if (len > c->opt.message_max || len > packed.len * EXPANSION_MAX)
		return false;
	plain = arena_alloc(c->arena, len);
	if (!plain || !inflate_whole(packed, plain, len))
		return false;
	tls_certificate_entries(c, side, reader_of(plain, len), false);
	return true;
}

void tls_parse_compressed_certificate(struct tls_conn *c, const struct tls_message *m)
{
	enum tls_side side = tls_conn_side(c, m->at.dir);
	struct tls_certificate_msg *msg = &c->hs.certificate[side];

	if (msg->seen)
		return;
	msg->seen = msg->compressed = true;
	msg->truncated |= !expand(c, side, reader_of(m->body, m->len));
}
