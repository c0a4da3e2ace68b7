/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DTLS 1.3 behind the ServerHello. Content types are encrypted, but the header tells the epoch (RFC 9147 section 6.1): 1 is
 * early data, 2 the handshake, 3 and on what comes after. That says more than lengths do:
 *
 *  - A client enters epoch 3 after its Finished. A server acknowledges that Finished in epoch 3 (section 7.3), and may
 *    send data there before it has it: its records in epoch 3 prove the client's Finished only behind one that can be it.
 *  - A record of a Finished's length in epoch 2 is one: an ACK is never that long, being 2 and a multiple of 16.
 *  - An alert has the length of an empty ACK. After such an ACK something is sent again and answered; after an alert
 *    nothing comes of its sender. What the other side sends then may have been on its way, if it had begun before.
 */
#include "tls/dtls_internal.h"
#include "tls/internal.h"

#define EPOCH_EARLY 1
#define HEADER_LEN 12
#define INNER_TYPE_LEN 1
#define ALERT_LEN 2

static uint32_t overhead(const struct tls_handshake *hs)
{
	return INNER_TYPE_LEN + (hs->server_hello.suite == 0x1305 ? 8 : 16);	/* RFC 8446 appendix B.4 */
}

static bool is_finished(const struct tls_handshake *hs, uint32_t len)
{
	return len == HEADER_LEN + (hs->server_hello.suite == 0x1302 ? 48 : 32) + overhead(hs);
}

static void finish(struct tls_conn *c, struct tls_dtls *d, int client_dir, uint64_t time_ns)
{
	tls_conn_side_finished(c, !client_dir, d->server_flight_ns ? d->server_flight_ns : time_ns);
	tls_conn_side_finished(c, client_dir, d->client_flight_ns ? d->client_flight_ns : time_ns);
}

static void handshake(struct tls_conn *c, struct tls_dtls *d, const struct tls_at *at, uint32_t len)
{
	const struct tls_handshake *hs = tls_conn_state(c);

	tls_conn_step(c, at, TLS_STEP_ENCRYPTED_HANDSHAKE, len);
	if (tls_conn_side(c, at->dir) == TLS_SERVER) {
		d->server_flight_ns = at->time_ns;
		return;
	}
	if (len == ALERT_LEN + overhead(hs))
		return;
	d->client_flight_ns = at->time_ns;
	if (is_finished(hs, len))
		finish(c, d, at->dir, at->time_ns);
}

static void later(struct tls_conn *c, struct tls_dtls *d, const struct tls_at *at, uint32_t len)
{
	bool client = tls_conn_side(c, at->dir) == TLS_CLIENT;

	if (client || d->client_flight_ns)
		finish(c, d, client ? at->dir : !at->dir, at->time_ns);
	tls_conn_protected(c, at, TLS_CT_APPLICATION_DATA, len);
}

static void note_last(struct tls_dtls *d, const struct tls_at *at, uint32_t alert_len)
{
	int dir = at->dir;

	d->last[dir] = *at;
	d->last_len[dir] = alert_len;
	d->unprompted[dir] = !d->encrypted[!dir];
	d->encrypted[dir] = true;
	if (d->unprompted[!dir])
		d->last_len[!dir] = 0;
}

void dtls13_record(struct tls_conn *c, struct tls_dtls *d, const struct tls_at *at, const struct dtls_record *r)
{
	struct tls_handshake *hs = tls_conn_state(c);

	note_last(d, at, r->len == ALERT_LEN + overhead(hs) ? r->len : 0);
	if (r->epoch == DTLS13_EPOCH_HANDSHAKE) {
		handshake(c, d, at, r->len);
	} else if (r->epoch != EPOCH_EARLY) {
		later(c, d, at, r->len);
	} else if (!hs->early_data) {
		hs->early_data = true;
		tls_conn_step(c, at, TLS_STEP_APPLICATION_DATA, r->len);
	}
}

void dtls13_end(struct tls_conn *c, struct tls_dtls *d)
{
	for (int dir = 0; dir < 2; dir++)
		if (d->last_len[dir] && !tls_conn_state(c)->established)
			tls_conn_alert(c, &d->last[dir], NULL, d->last_len[dir]);
}
