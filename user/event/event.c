/* SPDX-License-Identifier: BSD-2-Clause */
#include "event/event.h"

#include <string.h>

#include "event/shares.h"

static void absent_leaf(struct event_leaf *leaf)
{
	leaf->x509.version_number = EVENT_ABSENT;
	leaf->x509.public_key_size = EVENT_ABSENT;
	leaf->x509.public_key_exponent = EVENT_ABSENT;
}

static void absent_tris(struct handshake_event *e)
{
	e->resumed = e->established = EVENT_UNKNOWN;
	e->steps_truncated = EVENT_UNKNOWN;
	e->client_hello.psk = e->client_hello.early_data = e->client_hello.session_ticket = EVENT_UNKNOWN;
	e->client_hello.grease = e->client_hello.sslv2 = EVENT_UNKNOWN;
	e->server_hello.session_id_echo = EVENT_UNKNOWN;
	e->hello_retry_request = EVENT_UNKNOWN;
	e->certificate_request.seen = e->client_certificate = EVENT_UNKNOWN;
	e->cert.hostname_match = e->cert.completed = EVENT_UNKNOWN;
	e->client_cert.hostname_match = e->client_cert.completed = EVENT_UNKNOWN;
	e->ocsp.stapled = EVENT_UNKNOWN;
	e->pq_offered = e->pq_negotiated = EVENT_UNKNOWN;
	e->ech.offered = e->ech.may_be_grease = e->raw_public_key = EVENT_UNKNOWN;
	e->dtls_cookie = EVENT_UNKNOWN;
	e->capture.complete = e->capture.truncated = EVENT_UNKNOWN;
}

static void absent_numbers(struct handshake_event *e)
{
	e->sequence = EVENT_ABSENT;
	e->duration_ns = EVENT_ABSENT;
	e->source.port = e->destination.port = e->client.port = e->server.port = EVENT_ABSENT;
	e->process.pid = e->peer_process.pid = EVENT_ABSENT;
	e->process.netns = e->peer_process.netns = EVENT_ABSENT;
	e->tcp_connect_us = e->client_hello_us = e->server_hello_us = EVENT_ABSENT;
	e->finished_us = e->total_us = EVENT_ABSENT;
	e->alert_code = EVENT_ABSENT;
	e->client_hello.bytes = e->client_hello.segments = e->client_hello.records = EVENT_ABSENT;
	e->cert.days_left = e->client_cert.days_left = EVENT_ABSENT;
	e->sct_cnt = e->sct_valid = e->sct_invalid = e->sct_unknown_log = EVENT_ABSENT;
	e->ech.config_id = EVENT_ABSENT;
	e->record_size_limit = e->proxy_source.port = e->proxy_destination.port = EVENT_ABSENT;
	e->dh_bits = EVENT_ABSENT;
	e->capture.gaps = e->capture.retransmits = e->capture.segments = e->capture.bytes = EVENT_ABSENT;
	e->renegotiations = e->post_handshake_auth = EVENT_ABSENT;
}

void handshake_event_init(struct handshake_event *e)
{
	memset(e, 0, sizeof(*e));
	absent_leaf(&e->server_leaf);
	absent_leaf(&e->client_leaf);
	absent_tris(e);
	absent_numbers(e);
}

void handshake_event_free(struct handshake_event *e)
{
	for (struct event_share_ref *r = e->shares; r; r = r->next)
		event_share_put(r->share);
	e->shares = NULL;
	arena_free(&e->arena);
}
