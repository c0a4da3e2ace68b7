/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/quic_internal.h"

#define LONG_HEADER 0x80

/* RFC 9000 section 16. */
bool quic_varint(struct reader *r, uint64_t *out)
{
	struct reader save = *r;
	uint8_t first;
	uint64_t rest;

	if (!reader_u8(r, &first))
		return false;
	if (!reader_uint(r, ((size_t)1 << (first >> 6)) - 1, &rest)) {
		*r = save;
		return false;
	}
	*out = rest | (uint64_t)(first & 0x3f) << 8 * (((size_t)1 << (first >> 6)) - 1);
	return true;
}

/* RFC 9000 section 17.2, RFC 9369 section 3.2. */
static enum quic_type type_of(uint8_t first, bool v2)
{
	static const enum quic_type v1_types[] = { QUIC_INITIAL, QUIC_0RTT, QUIC_HANDSHAKE, QUIC_RETRY };
	static const enum quic_type v2_types[] = { QUIC_RETRY, QUIC_INITIAL, QUIC_0RTT, QUIC_HANDSHAKE };

	return (v2 ? v2_types : v1_types)[first >> 4 & 3];
}

static bool read_cid(struct reader *r, struct reader *out)
{
	return reader_vec8(r, out) && out->len <= QUIC_CID_MAX;
}

/* Token and Length of an Initial, Length of the others; a Retry is all there is of its datagram. */
static bool read_length(struct reader *r, struct quic_packet *out)
{
	struct reader token;
	uint64_t n;

	if (out->type == QUIC_RETRY)
		return reader_skip(r, r->len);
	if (out->type == QUIC_INITIAL && (!quic_varint(r, &n) || n > r->len || !reader_take(r, (size_t)n, &token)))
		return false;
	if (!quic_varint(r, &n) || n > UINT16_MAX)
		return false;
	out->pn_offset = (size_t)(r->p - out->start);
	out->body_len = (uint32_t)n;
	out->truncated = n > r->len;
	return reader_skip(r, out->truncated ? r->len : (size_t)n);
}

/* The fixed bit is not looked at: RFC 9287 lets peers clear it. */
bool quic_packet_read(struct reader *datagram, struct quic_packet *out)
{
	struct reader r = *datagram;
	uint32_t number;
	uint8_t first;

	*out = (struct quic_packet){ .start = r.p };
	if (!reader_u8(&r, &first) || !(first & LONG_HEADER) || !reader_u32(&r, &number))
		return false;
	out->version = quic_version(number);
	if (!out->version || !read_cid(&r, &out->dcid) || !read_cid(&r, &out->scid))
		return false;
	out->type = type_of(first, out->version->v2);
	if (!read_length(&r, out))
		return false;
	out->len = (size_t)(r.p - out->start);
	*datagram = r;
	return true;
}
