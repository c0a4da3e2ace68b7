/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "event/make.h"
#include "event/verdict.h"
#include "tls/names.h"

#define VERSION_SSL2 0x0002
#define VERSION_SSL3 0x0300

static void make_version(struct make *m)
{
	uint16_t v = m->h->version;

	if (!v)
		return;
	m->e->version = make_name(m, tls_version_name(v), v, 4);
	m->e->version_protocol = make_static(v == VERSION_SSL2 || v == VERSION_SSL3 ? "ssl" :
					     m->h->protocol == TLS_PROTO_DTLS ? "dtls" : "tls");
}

static void make_parameters(struct make *m)
{
	const struct tls_handshake *h = m->h;
	uint16_t group = h->server_hello.key_share_group ? h->server_hello.key_share_group : h->key_exchange.group;

	if (h->sslv2_suite)
		m->e->cipher = m->e->cipher_short = make_name(m, NULL, h->sslv2_suite, 6);
	if (h->server_hello.seen && m->h->version != VERSION_SSL2) {
		m->e->cipher = make_name(m, tls_suite_name(h->server_hello.suite), h->server_hello.suite, 4);
		m->e->cipher_short = make_static(tls_suite_short_name(h->server_hello.suite));
		if (!m->e->cipher_short.s)
			m->e->cipher_short = m->e->cipher;
	}
	if (group)
		m->e->curve = make_name(m, tls_group_name(group), group, 4);
	if (h->key_exchange.dh_bits)
		m->e->dh_bits = h->key_exchange.dh_bits;
	if (h->key_exchange.signature_algorithm)
		m->e->key_exchange_signature = make_name(m, tls_signature_name(h->key_exchange.signature_algorithm),
							 h->key_exchange.signature_algorithm, 4);
}

/* Methods of RFC 3749; 0 is none. */
static void make_compression(struct make *m)
{
	uint8_t method = m->h->server_hello.compression;

	if (m->h->server_hello.seen && method)
		m->e->compression = make_name(m, method == 1 ? "deflate" : method == 64 ? "lzs" : NULL, method, 2);
	if (m->h->certificate[TLS_SERVER].raw_public_key)
		m->e->raw_public_key = EVENT_YES;
}

static void make_proxy(struct make *m)
{
	const struct tls_proxy *p = &m->h->proxy;

	if (!p->version || p->local || !p->family)
		return;
	m->e->proxy_source = (struct event_endpoint){ make_address(m, p->source, p->family == 4), p->source_port };
	m->e->proxy_destination =
		(struct event_endpoint){ make_address(m, p->destination, p->family == 4), p->destination_port };
}

static void make_state(struct make *m)
{
	const struct tls_handshake *h = m->h;

	if (h->server_hello.seen)
		m->e->resumed = h->resumed ? EVENT_YES : EVENT_NO;
	if (!h->not_tls)
		m->e->established = h->established ? EVENT_YES : EVENT_NO;
	if (h->renegotiations)
		m->e->renegotiations = h->renegotiations;
	if (h->post_handshake_auth)
		m->e->post_handshake_auth = h->post_handshake_auth;
	m->e->upgraded_from = make_static(h->upgraded_from);
}

static void make_not_tls(struct make *m)
{
	static const char *const names[] = {
		[TLS_GUESS_HTTP] = "http", [TLS_GUESS_SSH] = "ssh", [TLS_GUESS_SMTP] = "smtp", [TLS_GUESS_OTHER] = "other",
	};

	if (verdict_not_tls(m->src))
		m->e->not_tls = make_static(names[m->h->not_tls]);
}

static void make_alert(struct make *m)
{
	const struct tls_alert *a = &m->h->alert;

	if (!a->seen)
		return;
	m->e->alert_level = make_name(m, tls_alert_level_name(a->level), a->level, 2);
	m->e->alert_description = make_name(m, tls_alert_name(a->code), a->code, 2);
	m->e->alert_code = a->code;
	m->e->alert_from = make_static(a->side == TLS_CLIENT ? "client" : "server");
}

static void make_datagram(struct make *m)
{
	const struct tls_handshake *h = m->h;

	if (h->quic_version) {
		m->e->quic_version = make_name(m, h->quic_version == 1 ? "1" : h->quic_version == 0x6b3343cf ? "2" : NULL,
					       h->quic_version, 8);
		m->e->quic_dcid = make_hex(m, h->quic_dcid.p, h->quic_dcid.n);
		m->e->quic_scid = make_hex(m, h->quic_scid.p, h->quic_scid.n);
	}
	if (h->protocol == TLS_PROTO_DTLS) {
		if (h->dtls_version)
			m->e->dtls_version = make_name(m, tls_version_name(h->dtls_version), h->dtls_version, 4);
		m->e->dtls_cookie = h->dtls_cookie || h->hello_verify_request ? EVENT_YES : EVENT_NO;
	}
}

static void make_capture(struct make *m)
{
	const struct flow *f = m->f;
	const struct tls_handshake *h = m->h;
	bool truncated = f->lost_segments || h->side[0].truncated || h->side[1].truncated || f->stream[0].refused ||
			 f->stream[1].refused;
	/* A peer that does not go on is one thing, who stopped watching it another. */
	bool cut = m->src->cause == EVENT_CAUSE_EVICTED || m->src->cause == EVENT_CAUSE_SHUTDOWN;
	bool missing = h->side[0].gap || h->side[1].gap || (!h->client_hello.seen && !h->not_tls);
	int64_t gaps = f->stream[0].gaps + f->stream[1].gaps;

	m->e->capture.gaps = gaps;
	m->e->capture.retransmits = f->stream[0].retransmits + f->stream[1].retransmits;
	m->e->capture.segments = f->stream[0].segments + f->stream[1].segments;
	m->e->capture.bytes = (int64_t)(f->stream[0].bytes + f->stream[1].bytes);
	m->e->capture.truncated = truncated ? EVENT_YES : EVENT_UNKNOWN;
	if (!h->established && !h->not_tls)
		missing |= cut || m->src->lossy;
	m->e->capture.complete = truncated || missing ? EVENT_NO : EVENT_YES;
}

void make_tls(struct make *m)
{
	make_version(m);
	make_parameters(m);
	make_compression(m);
	make_proxy(m);
	make_state(m);
	make_not_tls(m);
	make_alert(m);
	make_datagram(m);
	make_capture(m);
}
