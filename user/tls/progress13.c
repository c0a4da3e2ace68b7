/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How far a TLS 1.3 handshake got, although everything behind the ServerHello is encrypted (RFC 8446 section 5.2): told
 * from order and lengths. A protected record is its content, one byte of type and a tag long, unless padded.
 *
 *  - The server's records between ServerHello and the client's Finished are its flight (EncryptedExtensions to
 *    Finished). Data that it sends on their heels (0.5-RTT) cannot be told apart, and need not be.
 *  - The client's Finished is the record whose length is that of a Finished message: 53 bytes with SHA-256, 69 with
 *    SHA-384; with an empty set of application settings before it 10 more (draft-vvv-tls-alps, Chromium), with an empty
 *    Certificate 8 more (NSS). A client that sends it in one record with its certificates, or pads otherwise than below,
 *    is known to have finished when the server goes on afterwards. What the client sends before it sees the flight is
 *    early data, if it offered any.
 *  - JSSE pads every record with 16 zeros. That a side does shows in its Finished: the server's is the last record of
 *    its flight.
 *  - An alert alone is two bytes of content: 19 with a 16-byte tag. No message of a handshake is that short; padded as
 *    by JSSE it has a length between those of the client's messages. The client's before its Finished is a failure. The
 *    server's, if it is the first it sends after the client's Finished, refuses the client. If the client said goodbye
 *    before, it is a goodbye, too, unless the client had sent more than its Finished: then it was asked for a
 *    certificate, and a server that accepts one sends tickets or data first. Clear text is a goodbye as well: libldap
 *    sends some when it does not like the server's certificate, and the server's alert is about that.
 *  - Both Finished: established. It is proven by any other record of the server after the client's Finished:
 *    a ticket or data, for neither comes before it has verified the client.
 *  - Settled: proven, and the client has sent something more.
 */
#include "tls/internal.h"

#define INNER_TYPE_LEN 1
#define ALERT_LEN 2
#define HEADER_TLS 4
#define HEADER_DTLS 12			/* RFC 9147 section 5.2 */
#define JSSE_PADDING 16
#define EMPTY_CERTIFICATE_LEN 8		/* header, no context, no certificates: RFC 8446 section 4.4.2 */

/* RFC 8446 appendix B.4, RFC 8998 */
static uint32_t tag_len(uint16_t suite)
{
	return suite == 0x1305 ? 8 : 16;
}

static uint32_t hash_len(uint16_t suite)
{
	return suite == 0x1302 ? 48 : 32;
}

static uint32_t alert_len(const struct tls_handshake *hs)
{
	return ALERT_LEN + INNER_TYPE_LEN + tag_len(hs->server_hello.suite);
}

static uint32_t finished_len(const struct tls_handshake *hs)
{
	uint16_t suite = hs->server_hello.suite;
	uint32_t header = hs->protocol == TLS_PROTO_DTLS ? HEADER_DTLS : HEADER_TLS;

	return header + hash_len(suite) + INNER_TYPE_LEN + tag_len(suite);
}

/* The client's EncryptedExtensions with application_settings that are empty: two headers, two lengths. */
#define SETTINGS_LEN 10

/* Has a record of the client its Finished, after next to nothing? */
static bool has_finished(const struct tls_handshake *hs, uint32_t len, uint32_t *padding, bool *no_certificate)
{
	uint32_t more = len - finished_len(hs);

	*padding = 0;
	*no_certificate = false;
	if (!more || (hs->client_hello.application_settings && more == SETTINGS_LEN))
		return true;
	if (hs->client_hello.early_data)	/* of any length */
		return false;
	if (more >= JSSE_PADDING) {
		*padding = JSSE_PADDING;
		more -= JSSE_PADDING;
	}
	*no_certificate = more == EMPTY_CERTIFICATE_LEN;
	return !more || *no_certificate;
}

static bool is_client_alert(const struct tls_handshake *hs, uint32_t len)
{
	return len == alert_len(hs) || (len == alert_len(hs) + JSSE_PADDING && !hs->client_hello.early_data);
}

/* What the server's records have more than they need: its last one was its Finished. */
static uint32_t server_padding(const struct tls_conn *c)
{
	return c->progress.server_flight_len == finished_len(&c->hs) + JSSE_PADDING ? JSSE_PADDING : 0;
}

static void hidden_alert(struct tls_conn *c, const struct tls_at *at, uint32_t len)
{
	tls_conn_alert(c, at, NULL, len);
}

/* The client's Finished answers the server's; or the server has refused what came before it, and it was on its way. */
static void finish_client(struct tls_conn *c, uint64_t time_ns)
{
	struct tls_progress *p = &c->progress;
	int client_dir = c->hs.client_dir;

	if (c->hs.side[TLS_SERVER].encrypted_alert)
		return;
	tls_conn_side_finished(c, !client_dir, p->server_flight_ns ? p->server_flight_ns : time_ns);
	tls_conn_side_finished(c, client_dir, time_ns);
}

static void early(struct tls_conn *c, const struct tls_at *at, uint32_t len)
{
	c->hs.early_data = true;
	if (!c->progress.early_step)
		tls_conn_step(c, at, TLS_STEP_APPLICATION_DATA, len);
	c->progress.early_step = true;
}

static void client_flight(struct tls_conn *c, const struct tls_at *at, uint32_t len)
{
	struct tls_progress *p = &c->progress;
	bool no_certificate, finished = has_finished(&c->hs, len, &p->client_padding, &no_certificate);

	tls_conn_step(c, at, TLS_STEP_ENCRYPTED_HANDSHAKE, len);
	if ((!finished || no_certificate) && !c->hs.client_hello.early_data) {
		p->client_pending = true;
		p->client_pending_ns = at->time_ns;
	}
	if (finished)
		finish_client(c, at->time_ns);
}

static void from_client(struct tls_conn *c, const struct tls_at *at, uint32_t len)
{
	struct tls_handshake *hs = &c->hs;
	struct tls_side_state *client = &hs->side[TLS_CLIENT];
	struct tls_progress *p = &c->progress;

	if (client->finished) {
		client->after_finished++;
		p->closing |= len == alert_len(hs) + p->client_padding;
		tls_application_step(c, at, len);
	} else if (hs->client_hello.early_data && !hs->side[TLS_SERVER].app_records) {
		early(c, at, len);
	} else if (is_client_alert(hs, len) && !p->client_pending) {
		hidden_alert(c, at, len);
	} else if (is_client_alert(hs, len)) {
		p->closing = true;
		tls_application_step(c, at, len);
	} else {
		client_flight(c, at, len);
	}
}

/* Something else than records came from the client. */
static bool gave_up_tls(const struct tls_conn *c)
{
	int dir = c->hs.client_dir;

	return c->hs.protocol == TLS_PROTO_TLS && c->dir[dir].stage == TLS_STAGE_OVER && !c->hs.side[TLS_CLIENT].gap;
}

/* After the client's Finished. */
static void server_goes_on(struct tls_conn *c, const struct tls_at *at, uint32_t len)
{
	struct tls_handshake *hs = &c->hs;
	struct tls_side_state *server = &hs->side[TLS_SERVER];
	struct tls_progress *p = &c->progress;

	server->after_finished++;
	if (len != alert_len(hs) + server_padding(c)) {
		p->proven = true;
		tls_application_step(c, at, len);
		return;
	}
	if (p->proven || ((p->closing || gave_up_tls(c)) && !p->client_pending))
		return;
	hidden_alert(c, at, len);
	hs->established = false;
	hs->established_ns = 0;
}

static void from_server(struct tls_conn *c, const struct tls_at *at, uint32_t len)
{
	struct tls_handshake *hs = &c->hs;
	struct tls_progress *p = &c->progress;

	if (hs->side[TLS_SERVER].encrypted_alert)
		return;
	/* Where the client's records are opened, its Finished is not guessed. */
	if (!hs->side[TLS_CLIENT].finished && p->client_pending && !tls_sealed_keys(c, hs->client_dir) && len != alert_len(hs) + server_padding(c))
		finish_client(c, p->client_pending_ns);
	if (hs->side[TLS_CLIENT].finished) {
		server_goes_on(c, at, len);
	} else if (len == alert_len(hs) + server_padding(c)) {
		hidden_alert(c, at, len);
	} else if (hs->side[TLS_SERVER].finished) {
		tls_application_step(c, at, len);
	} else {
		p->server_flight_ns = at->time_ns;
		p->server_flight_len = len;
		tls_conn_step(c, at, TLS_STEP_ENCRYPTED_HANDSHAKE, len);
	}
}

/* What the lengths of later records are judged by. */
void tls_progress13_opened(struct tls_conn *c, const struct tls_at *at, uint32_t len, uint32_t padding)
{
	struct tls_progress *p = &c->progress;

	if (tls_conn_side(c, at->dir) == TLS_SERVER) {
		p->server_flight_ns = at->time_ns;
		p->server_flight_len = len;
	} else {
		p->client_padding = padding;
		p->client_pending |= c->hs.certificate_request.seen;
	}
}

void tls_progress13(struct tls_conn *c, const struct tls_at *at, uint32_t len)
{
	/* Between HelloRetryRequest and ServerHello nothing is encrypted but refused early data. */
	if (!c->hs.server_hello.seen) {
		if (tls_conn_side(c, at->dir) == TLS_CLIENT && c->hs.client_hello.early_data)
			early(c, at, len);
		return;
	}
	if (tls_conn_side(c, at->dir) == TLS_CLIENT)
		from_client(c, at, len);
	else
		from_server(c, at, len);
}
