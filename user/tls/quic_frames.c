/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/quic_internal.h"

#define ERROR_CRYPTO 0x0100		/* RFC 9000 section 20.1: plus an alert's code */

struct frame_ctx {
	struct tls_conn *c;
	struct quic_stream *stream;
	const struct quic_seen *seen;
};

typedef bool frame_fn(struct frame_ctx *x, struct reader *r);

static bool skip_varints(struct reader *r, uint64_t n)
{
	uint64_t v;

	while (n--)
		if (!quic_varint(r, &v))
			return false;
	return true;
}

static bool frame_padding(struct frame_ctx *x, struct reader *r)
{
	(void)x;
	while (r->len && !r->p[0])
		if (!reader_skip(r, 1))
			return false;
	return true;
}

static bool frame_ping(struct frame_ctx *x, struct reader *r)
{
	(void)x;
	(void)r;
	return true;
}

/* RFC 9000 section 19.3: Largest Acknowledged, Delay, Range Count, First Range, and pairs of Gap and Length. */
static bool frame_ack(struct frame_ctx *x, struct reader *r)
{
	uint64_t ranges;

	(void)x;
	return skip_varints(r, 2) && quic_varint(r, &ranges) && ranges <= r->len && skip_varints(r, 1 + 2 * ranges);
}

static bool frame_ack_ecn(struct frame_ctx *x, struct reader *r)
{
	return frame_ack(x, r) && skip_varints(r, 3);
}

static bool frame_crypto(struct frame_ctx *x, struct reader *r)
{
	struct reader bytes;
	uint64_t offset, len;

	if (!quic_varint(r, &offset) || !quic_varint(r, &len) || len > r->len || !reader_take(r, (size_t)len, &bytes))
		return false;
	quic_stream_add(x->c, x->stream, x->seen, offset, bytes);
	return true;
}

static bool frame_connection_close(struct frame_ctx *x, struct reader *r)
{
	uint64_t code, len;

	if (!quic_varint(r, &code) || !skip_varints(r, 1) || !quic_varint(r, &len) || len > r->len ||
	    !reader_skip(r, (size_t)len))
		return false;
	if (code >> 8 == ERROR_CRYPTO >> 8) {
		/* RFC 9001 section 4.8: always fatal. */
		const uint8_t alert[2] = { 2, (uint8_t)code };

		quic_stream_deliver(x->c, x->stream, x->seen);
		tls_conn_alert(x->c, &x->seen->at, alert, sizeof(alert));
	}
	return true;
}

/* RFC 9000 section 12.4, table 3: those that an Initial may have. */
static frame_fn *const frames[] = {
	[0x00] = frame_padding,
	[0x01] = frame_ping,
	[0x02] = frame_ack,
	[0x03] = frame_ack_ecn,
	[0x06] = frame_crypto,
	[0x1c] = frame_connection_close,
};

void quic_frames(struct tls_conn *c, struct quic_stream *s, const struct quic_seen *seen, struct reader payload)
{
	struct frame_ctx x = { .c = c, .stream = s, .seen = seen };
	uint64_t type;

	while (quic_varint(&payload, &type))
		if (type >= sizeof(frames) / sizeof(frames[0]) || !frames[type] || !frames[type](&x, &payload))
			break;
	quic_stream_deliver(c, s, seen);
}
