/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The events, as sinks get them: plain values, names already made, nothing of the parsers. An event owns its
 * strings through its arena, or holds references on what it has in common with others (shares.h); it lives until
 * handshake_event_free(), whatever became of the connection. The names and
 * meanings are those of docs/events.md. Unknown values are absent: a string with s == NULL, a number that is
 * EVENT_ABSENT, a time of 0, a tri that is EVENT_UNKNOWN, a list of no entries.
 */
#ifndef HSMON_EVENT_EVENT_H
#define HSMON_EVENT_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

#define EVENT_ABSENT INT64_MIN

enum event_tri { EVENT_UNKNOWN = -1, EVENT_NO = 0, EVENT_YES = 1 };

struct event_str {
	const char *s;			/* any bytes: sinks escape */
	size_t len;
};

struct event_strs {
	const struct event_str *v;
	size_t n;
};

struct event_memo;		/* shares.h: NULL, or a value that events share, as an output wrote it */
struct event_share_ref;

struct event_endpoint {
	struct event_str ip;
	int64_t port;
};

struct event_dn {
	struct event_str distinguished_name;
	struct event_strs common_name, organization, organizational_unit, country, locality, state_or_province;
};

struct event_x509 {			/* tls.{server,client}.x509 */
	int64_t version_number;
	struct event_str serial_number;
	struct event_dn subject, issuer;
	struct event_str not_before, not_after;		/* ISO 8601 */
	struct event_strs alternative_names;
	struct event_str public_key_algorithm, public_key_curve, signature_algorithm;
	int64_t public_key_size, public_key_exponent;
};

struct event_leaf {			/* tls.{server,client}: what ECS says of the leaf certificate */
	struct event_str subject, issuer, not_before, not_after, sha256, sha1;
	struct event_x509 x509;
	struct event_strs chain_der;	/* base64, only on demand */
};

struct event_cert {			/* hsmon.{server,client}_chain[] */
	struct event_str sha256, subject, issuer, serial, not_before, not_after;
	struct event_str key;		/* "RSA 2048", "EC secp256r1", "Ed25519" */
	struct event_str signature;	/* "SHA256-RSA" */
	enum event_tri self_signed, malformed;
	struct event_str sha1, spki_sha256, subject_key_id, authority_key_id;
	struct event_strs alternative_names;
	int64_t version, exponent;	/* exponent: of an RSA key */
	struct event_str pss_hash, pss_mgf_hash;	/* parameters of an RSASSA-PSS signature */
	int64_t pss_salt_len;
	struct event_strs key_usage, ext_key_usage, policies;
	enum event_tri ca, name_constraints, must_staple;
	int64_t path_len;
	struct event_strs ocsp_urls, issuer_urls, crl_urls;
	int64_t sct_cnt;		/* embedded */
	const struct event_leaf *leaf;	/* the same certificate in ECS's words; NULL: not said. Not part of the contract */
	struct event_memo *memo;
};

struct event_chain {
	const struct event_cert *v;
	size_t n;
};

struct event_step {			/* hsmon.steps[] */
	const char *name;
	const char *from;		/* "client", "server" */
	int64_t t_us, len, record;
	const char *detail;		/* alert: "fatal certificate_expired"; NULL */
};

struct event_steps {
	const struct event_step *v;
	size_t n;
};

struct event_finding {			/* for people; hsmon.cert.findings has the ids */
	const char *id, *severity, *sentence;
};

struct event_findings {
	const struct event_finding *v;
	size_t n;
};

struct event_verdict {			/* hsmon.cert, hsmon.client_cert: what a side's certificates are worth */
	struct event_str visibility;	/* the server's */
	int64_t days_left;		/* to the leaf's not_after, rounded down: -1 when it expired within the last day */
	enum event_tri hostname_match;
	struct event_str chain_status, chain_reason;
	enum event_tri completed;	/* a remembered intermediate completes the chain */
	struct event_strs findings;
	struct event_str severity;	/* of the worst of them */
	struct event_findings notes;	/* the findings in words; not part of the contract */
};

struct event_process {
	int64_t pid;
	struct event_str name, executable, command_line;
};

struct handshake_event {
	struct arena arena;
	struct event_share_ref *shares;
	struct {			/* of what follows */
		struct event_memo *server_leaf, *client_leaf;	/* but for chain_der */
		struct event_memo *supported_ciphers, *extensions, *supported_versions, *supported_groups, *key_share_groups;
		struct event_memo *signature_algorithms, *server_extensions;
	} memo;

	/* event.* */
	uint64_t start_ns, end_ns;			/* wall clock; @timestamp is start */
	struct event_str id;
	int64_t sequence;				/* given by the output */
	struct event_str outcome, reason;
	int64_t duration_ns;

	/* endpoints, network.*, observer.* */
	struct event_endpoint source, destination;	/* who opened the connection, as far as is known; else client, server */
	struct event_endpoint client, server;
	struct event_str server_domain;
	struct event_str transport, protocol, type, community_id, vlan, inner_vlan, direction;
	struct event_str interface;
	struct event_strs interfaces;

	/* tls.* */
	struct event_str version, version_protocol, cipher, curve, next_protocol;
	enum event_tri resumed, established;
	struct event_str server_name, ja3, ja4, ja3s;
	struct event_str ja3_text, ja3s_text;		/* what the digests are of; on demand. Not part of the contract */
	struct event_strs supported_ciphers;
	struct event_leaf server_leaf, client_leaf;

	/* process.*, user.*, container.*, host.*, hsmon.peer_process */
	struct event_process process, peer_process;
	struct event_str user_id, user_name, container_id, container_name, host_name;

	struct event_strs related_ip, related_hash, related_hosts;

	/* hsmon.* */
	struct event_steps steps;
	enum event_tri steps_truncated;
	struct event_str history;
	int64_t tcp_connect_us, client_hello_us, server_hello_us, finished_us, total_us;
	struct event_str alert_level, alert_description, alert_from;
	int64_t alert_code;
	struct event_str end_by, end_how;
	struct {
		int64_t bytes, segments, records;
		struct event_strs extensions, supported_versions, supported_groups, key_share_groups, signature_algorithms, alpn;
		enum event_tri psk, early_data, session_ticket, grease, sslv2;
	} client_hello;
	struct {
		struct event_strs extensions;
		enum event_tri session_id_echo;
	} server_hello;
	enum event_tri hello_retry_request;
	struct {
		enum event_tri seen;
		struct event_strs authorities, signature_algorithms;
	} certificate_request;
	enum event_tri client_certificate;		/* with certificate_request.seen: did the client answer with one */
	struct event_chain server_chain, client_chain;
	struct event_verdict cert, client_cert;
	struct {
		enum event_tri stapled;
		struct event_str status, verification, this_update, next_update;
	} ocsp;
	int64_t sct_cnt;
	int64_t sct_valid, sct_invalid, sct_unknown_log;
	struct event_strs sct_from;
	enum event_tri pq_offered, pq_negotiated;
	struct {
		enum event_tri offered;
		enum event_tri may_be_grease;		/* cannot be told from GREASE (RFC 8701) */
		struct event_str outer_name, kdf, aead;
		int64_t config_id;
	} ech;
	struct event_str quic_version, quic_dcid, quic_scid;
	struct event_str dtls_version;
	enum event_tri dtls_cookie;
	int64_t dh_bits;
	struct event_str key_exchange_signature;
	struct event_str compression;			/* negotiated, not null: "deflate" */
	int64_t record_size_limit;			/* the client's, RFC 8449 */
	enum event_tri raw_public_key;			/* the server's Certificate holds a bare key, RFC 7250 */
	struct event_endpoint proxy_source, proxy_destination;	/* as a PROXY protocol header says */
	struct event_str upgraded_from;
	struct event_str not_tls;			/* what is there instead of TLS: http, ssh, ... */
	struct event_strs tunnel;
	struct {
		enum event_tri complete, truncated;
		int64_t gaps, retransmits, segments, bytes;
	} capture;
	int64_t renegotiations, post_handshake_auth;

	/* for people, not for the contract */
	struct event_str cipher_short;			/* ECDHE-RSA-AES128-GCM-SHA256 */
	uint64_t judged_ns;				/* the time that certificates are judged at */
	struct event_str client_version;		/* the most that a ClientHello without supported_versions offers: "1.2" */
};

/* Counts by cause: the same words in hsmon.stats, the closing summary and the metrics. */
struct event_count {
	const char *name;		/* "ring_full" */
	const char *text;		/* "ring buffer full" */
	uint64_t value;
};

#define EVENT_COUNTS_MAX 32

struct event_counts {
	struct event_count v[EVENT_COUNTS_MAX];
	size_t n;
};

struct event_output {				/* one of the destinations that a courier delivers to */
	struct event_str name;			/* as in -o: "json:tcp://192.0.2.1:514" */
	enum event_tri up;
	uint64_t delivered, queued, dropped, reconnects;
};

struct event_outputs {
	const struct event_output *v;
	size_t n;
};

struct stats_event {
	uint64_t time_ns;
	int64_t sequence;
	bool last;					/* at exit */
	uint64_t packets, bytes, selected;
	struct event_counts handshakes;			/* by outcome: success, failure, unknown */
	struct event_counts drops;			/* losses by cause, also those that are 0 */
	struct event_counts notes;			/* counted, but no loss */
	int64_t kernel_run_ns, kernel_run_cnt;		/* of the BPF programs; EVENT_ABSENT: not measured */
	int64_t kernel_ns_per_packet;			/* made of the two by the output */
	int64_t cpu_user_us, cpu_system_us, memory_bytes;	/* own; memory is the resident set */
	struct event_outputs outputs;
};

struct interface_event {
	uint64_t time_ns;
	int64_t sequence;
	const char *action;				/* "attached", "detached", "lost" */
	struct event_str name;
	int64_t index;
	struct event_str attach;			/* "tcx", "clsact", ... */
};

struct certificate_event {			/* a server's certificate is new, or something about it changed */
	uint64_t time_ns;
	int64_t sequence;
	const char *action;				/* "new", "rotated", "mixed", "expired", "expiring" */
	struct event_endpoint server;
	struct event_str server_name;
	struct event_str sha256, subject, issuer, not_before, not_after;
	struct event_str name;				/* that people know it by */
	struct event_str previous;			/* SHA-256 of the one that it replaced, or that is served beside it */
	int64_t days_left;
	uint64_t first_seen_ns, last_seen_ns;		/* of the certificate at this server */
	uint64_t handshakes;
};

struct x509_event {			/* a certificate by itself, for schemas that have it in a record of its own */
	uint64_t time_ns;
	struct event_cert cert;
	struct event_leaf leaf;
	struct event_str der;				/* base64, on demand */
	enum event_tri host_cert, client_cert;		/* a server's own, a client's own */
};

void handshake_event_init(struct handshake_event *e);
void handshake_event_free(struct handshake_event *e);

static inline struct event_str event_str(const char *s, size_t len)
{
	return (struct event_str){ s, len };
}

#endif
