/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/dtls_internal.h"

#define UNIFIED_MASK 0xe0		/* RFC 9147 section 4: 001CSLEE */
#define UNIFIED 0x20
#define UNIFIED_CID 0x10
#define UNIFIED_SEQ16 0x08
#define UNIFIED_LEN 0x04
#define UNIFIED_EPOCH 0x03
#define RECORD_MAX (16384 + 2048)	/* RFC 6347 section 4.1: DTLSCiphertext.length */

/* The rest of the datagram where the record's end is not known. */
static bool take_rest(struct reader *r, struct dtls_record *out)
{
	out->len = (uint32_t)r->len;
	return reader_take(r, r->len, &out->body);
}

static bool take_body(struct reader *r, struct dtls_record *out)
{
	uint16_t len;

	if (!reader_u16(r, &len) || len > RECORD_MAX)
		return false;
	out->len = len;
	return reader_take(r, len < r->len ? len : r->len, &out->body);
}

static bool read_unified(struct reader *r, int cid_len, struct dtls_record *out)
{
	uint8_t first;

	if (!reader_u8(r, &first))
		return false;
	out->epoch = first & UNIFIED_EPOCH;
	if (first & UNIFIED_CID) {
		if (cid_len < 0)
			return take_rest(r, out);
		if (!reader_skip(r, (size_t)cid_len))
			return false;
	}
	out->number_offset = (size_t)(r->p - out->start);
	out->number_len = first & UNIFIED_SEQ16 ? 2 : 1;
	if (!reader_uint(r, out->number_len, &out->number))
		return false;
	return first & UNIFIED_LEN ? take_body(r, out) : take_rest(r, out);
}

static bool known_version(uint16_t version)
{
	return version == 0xfeff || version == 0xfefd || version == 0xfefc || version == DTLS_VERSION_OLD;
}

/* RFC 6347 section 4.1, RFC 9146 section 4. */
bool dtls_record_read(struct reader *datagram, int cid_len, struct dtls_record *out)
{
	struct reader r = *datagram;

	*out = (struct dtls_record){ .start = r.p };
	if (!r.len)
		return false;
	if ((r.p[0] & UNIFIED_MASK) == UNIFIED) {
		if (!read_unified(&r, cid_len, out))
			return false;
	} else {
		if (!reader_u8(&r, &out->type) || out->type < TLS_CT_CHANGE_CIPHER_SPEC || out->type > DTLS_CT_ACK ||
		    !reader_u16(&r, &out->version) || !known_version(out->version) || !reader_u16(&r, &out->epoch) ||
		    !reader_uint(&r, 6, &out->number))
			return false;
		if (out->type != DTLS_CT_CID) {
			if (!take_body(&r, out))
				return false;
		} else if (cid_len < 0) {
			if (!take_rest(&r, out))
				return false;
		} else if (!reader_skip(&r, (size_t)cid_len) || !take_body(&r, out)) {
			return false;
		}
	}
	*datagram = r;
	return true;
}

bool dtls_fragment_read(struct reader *record, struct dtls_fragment *out)
{
	uint32_t len;

	if (!reader_u8(record, &out->type) || !reader_u24(record, &out->len) || !reader_u16(record, &out->seq) ||
	    !reader_u24(record, &out->offset) || !reader_u24(record, &len))
		return false;
	if (out->offset > out->len || len > out->len - out->offset)
		return false;
	return reader_take(record, len < record->len ? len : record->len, &out->body);
}

/* Messages in clear that a connection, or a capture of it, may begin with. */
static bool opening_type(uint8_t type)
{
	switch (type) {
	case TLS_MSG_CLIENT_HELLO:
	case TLS_MSG_SERVER_HELLO:
	case TLS_MSG_HELLO_VERIFY_REQUEST:
	case TLS_MSG_CERTIFICATE:
	case TLS_MSG_SERVER_KEY_EXCHANGE:
	case TLS_MSG_CERTIFICATE_REQUEST:
	case TLS_MSG_SERVER_HELLO_DONE:
	case TLS_MSG_CLIENT_KEY_EXCHANGE:
		return true;
	default:
		return false;
	}
}

bool dtls_record_believable(const struct dtls_record *r)
{
	struct reader body = r->body;
	struct dtls_fragment f;
	uint16_t version;

	if (r->type != TLS_CT_HANDSHAKE || r->epoch || !dtls_fragment_read(&body, &f) || !opening_type(f.type))
		return false;
	/* All three hellos begin with a version, and are never empty. */
	if (f.type > TLS_MSG_HELLO_VERIFY_REQUEST || f.offset)
		return r->version != DTLS_VERSION_OLD;
	return reader_u16(&f.body, &version) && known_version(version);
}
