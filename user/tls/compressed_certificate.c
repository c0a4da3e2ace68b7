/* SPDX-License-Identifier: BSD-2-Clause */
#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

#include "tls/internal.h"

#define EXPANSION_MAX 1032		/* deflate cannot do better: a longer claim is a lie */

static bool by_zlib(struct reader in, uint8_t *out, size_t len)
{
	uLongf got = len;

	return len <= in.len * EXPANSION_MAX && uncompress(out, &got, in.p, in.len) == Z_OK && got == len;
}

static bool by_brotli(struct reader in, uint8_t *out, size_t len)
{
	size_t got = len;

	return BrotliDecoderDecompress(in.len, in.p, &got, out) == BROTLI_DECODER_RESULT_SUCCESS && got == len;
}

/* More than len is an error of its own. */
static bool by_zstd(struct reader in, uint8_t *out, size_t len)
{
	return ZSTD_decompress(out, len, in.p, in.len) == len;
}

/* By their numbers of RFC 8879 section 7.3. Section 4: exactly len bytes must come out. */
static bool (*const expanders[])(struct reader in, uint8_t *out, size_t len) = {
	[1] = by_zlib,
	[2] = by_brotli,
	[3] = by_zstd,
};
#define EXPANDER_CNT (sizeof(expanders) / sizeof(expanders[0]))

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
	if (msg->compression >= EXPANDER_CNT || !expanders[msg->compression]) {
		msg->unreadable = true;
		return true;
	}
	if (len > c->opt.message_max)
		return false;
	plain = arena_alloc(c->arena, len);
	if (!plain || !expanders[msg->compression](packed, plain, len))
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
