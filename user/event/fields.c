/* SPDX-License-Identifier: BSD-2-Clause */
#include "event/fields.h"

#include "event/event.h"

/* The type of a row follows from the member's own type, so that they cannot disagree. */
#define TYPE_OF(T, member) _Generic(((T *)0)->member,                                                          \
	struct event_str: FIELD_STR, struct event_strs: FIELD_STRS, const char *: FIELD_CSTR,                 \
	int64_t: FIELD_INT, uint64_t: FIELD_UINT, enum event_tri: FIELD_TRI, bool: FIELD_BOOL,                \
	struct event_counts: FIELD_COUNTS)
#define TIME_OF(T, member) _Generic(((T *)0)->member, uint64_t: FIELD_TIME)

#define ROW(T, name, member) { .path = name, .type = TYPE_OF(T, member), .offset = offsetof(T, member) }
#define TIME(T, name, member) { .path = name, .type = TIME_OF(T, member), .offset = offsetof(T, member) }
#define CONST(name, value) { .path = name, .type = FIELD_CONST, .text = value }
#define WORDS(name, value) { .path = name, .type = FIELD_CONST_LIST, .text = value }
#define LIST(T, name, member, rows)                                                                           \
	{ .path = name, .type = FIELD_LIST, .offset = offsetof(T, member), .sub = rows, .sub_len = sizeof(((T *)0)->member.v[0]) }
/* Elements have a member `memo`. */
#define MEMO_LIST(T, name, member, rows, E)                                                                   \
	{ .path = name, .type = FIELD_LIST, .offset = offsetof(T, member), .sub = rows, .sub_len = sizeof(((T *)0)->member.v[0]), \
	  .memo = offsetof(E, memo) + 1 }
#define END { .path = NULL }

#define STEP(name, member) ROW(struct event_step, name, member)
static const struct field step_fields[] = {
	STEP("name", name),
	STEP("from", from),
	STEP("t_us", t_us),
	STEP("len", len),
	STEP("record", record),
	STEP("detail", detail),
	END
};

#define CERT(name, member) ROW(struct event_cert, name, member)
static const struct field cert_fields[] = {
	CERT("sha256", sha256),
	CERT("subject", subject),
	CERT("issuer", issuer),
	CERT("serial", serial),
	CERT("not_before", not_before),
	CERT("not_after", not_after),
	CERT("key", key),
	CERT("signature", signature),
	CERT("sha1", sha1),
	CERT("version", version),
	CERT("alternative_names", alternative_names),
	CERT("exponent", exponent),
	CERT("spki_sha256", spki_sha256),
	CERT("pss_hash", pss_hash),
	CERT("pss_mgf_hash", pss_mgf_hash),
	CERT("pss_salt_length", pss_salt_len),
	CERT("key_usage", key_usage),
	CERT("ext_key_usage", ext_key_usage),
	CERT("policies", policies),
	CERT("ca", ca),
	CERT("path_length", path_len),
	CERT("name_constraints", name_constraints),
	CERT("subject_key_id", subject_key_id),
	CERT("authority_key_id", authority_key_id),
	CERT("ocsp_urls", ocsp_urls),
	CERT("issuer_urls", issuer_urls),
	CERT("crl_urls", crl_urls),
	CERT("scts", sct_cnt),
	CERT("must_staple", must_staple),
	CERT("self_signed", self_signed),
	CERT("malformed", malformed),
	END
};

#define HS(name, member) ROW(struct handshake_event, name, member)
/* A list of names with its memo. */
#define NAMES(name, member, kept)                                                                             \
	{ .path = name, .type = TYPE_OF(struct handshake_event, member), .offset = offsetof(struct handshake_event, member), \
	  .memo = offsetof(struct handshake_event, memo.kept) + 1 }
/* One of those that have a memo together. */
#define RUN(name, member, kept)                                                                               \
	{ .path = name, .type = TYPE_OF(struct handshake_event, member), .offset = offsetof(struct handshake_event, member), \
	  .run_memo = offsetof(struct handshake_event, memo.kept) + 1 }

#define DN(name, member, kept)                                                                                \
	RUN(name ".distinguished_name", member.distinguished_name, kept),                                     \
	RUN(name ".common_name", member.common_name, kept),                                                   \
	RUN(name ".organization", member.organization, kept),                                                 \
	RUN(name ".organizational_unit", member.organizational_unit, kept),                                   \
	RUN(name ".country", member.country, kept),                                                           \
	RUN(name ".locality", member.locality, kept),                                                         \
	RUN(name ".state_or_province", member.state_or_province, kept)

#define LEAF(name, member, kept)                                                                              \
	RUN(name ".subject", member.subject, kept),                                                           \
	RUN(name ".issuer", member.issuer, kept),                                                             \
	RUN(name ".not_before", member.not_before, kept),                                                     \
	RUN(name ".not_after", member.not_after, kept),                                                       \
	RUN(name ".hash.sha256", member.sha256, kept),                                                        \
	RUN(name ".hash.sha1", member.sha1, kept),                                                            \
	RUN(name ".x509.version_number", member.x509.version_number, kept),                                   \
	RUN(name ".x509.serial_number", member.x509.serial_number, kept),                                     \
	DN(name ".x509.subject", member.x509.subject, kept),                                                  \
	DN(name ".x509.issuer", member.x509.issuer, kept),                                                    \
	RUN(name ".x509.not_before", member.x509.not_before, kept),                                           \
	RUN(name ".x509.not_after", member.x509.not_after, kept),                                             \
	RUN(name ".x509.alternative_names", member.x509.alternative_names, kept),                             \
	RUN(name ".x509.public_key_algorithm", member.x509.public_key_algorithm, kept),                       \
	RUN(name ".x509.public_key_size", member.x509.public_key_size, kept),                                 \
	RUN(name ".x509.public_key_exponent", member.x509.public_key_exponent, kept),                         \
	RUN(name ".x509.public_key_curve", member.x509.public_key_curve, kept),                               \
	RUN(name ".x509.signature_algorithm", member.x509.signature_algorithm, kept),                         \
	HS(name ".certificate_chain", member.chain_der)

#define ENDPOINT(name, member)                                                                                \
	HS(name ".ip", member.ip),                                                                            \
	HS(name ".port", member.port)

#define PROCESS(path, at)                                                                                     \
	HS(path ".pid", at.pid),                                                                              \
	HS(path ".name", at.name),                                                                            \
	HS(path ".executable", at.executable),                                                                \
	HS(path ".command_line", at.command_line)

const struct field handshake_fields[] = {
	TIME(struct handshake_event, "@timestamp", start_ns),
	CONST("event.kind", "event"),
	WORDS("event.category", "network"),
	WORDS("event.type", "connection,protocol"),
	CONST("event.module", "hsmon"),
	CONST("event.dataset", "hsmon.handshake"),
	HS("event.id", id),
	HS("event.sequence", sequence),
	TIME(struct handshake_event, "event.start", start_ns),
	TIME(struct handshake_event, "event.end", end_ns),
	HS("event.duration", duration_ns),
	HS("event.outcome", outcome),
	HS("event.reason", reason),

	ENDPOINT("source", source),
	ENDPOINT("destination", destination),
	ENDPOINT("client", client),
	ENDPOINT("server", server),
	HS("server.domain", server_domain),

	HS("network.transport", transport),
	HS("network.protocol", protocol),
	HS("network.type", type),
	HS("network.community_id", community_id),
	HS("network.direction", direction),
	HS("network.vlan.id", vlan),
	HS("network.inner.vlan.id", inner_vlan),
	HS("observer.ingress.interface.name", interface),

	HS("tls.version", version),
	HS("tls.version_protocol", version_protocol),
	HS("tls.cipher", cipher),
	HS("tls.curve", curve),
	HS("tls.next_protocol", next_protocol),
	HS("tls.resumed", resumed),
	HS("tls.established", established),
	HS("tls.client.server_name", server_name),
	HS("tls.client.ja3", ja3),
	HS("tls.client.ja4", ja4),
	NAMES("tls.client.supported_ciphers", supported_ciphers, supported_ciphers),
	LEAF("tls.client", client_leaf, client_leaf),
	HS("tls.server.ja3s", ja3s),
	LEAF("tls.server", server_leaf, server_leaf),

	PROCESS("process", process),
	HS("user.id", user_id),
	HS("user.name", user_name),
	HS("container.id", container_id),
	HS("container.name", container_name),
	HS("host.name", host_name),
	HS("related.ip", related_ip),
	HS("related.hash", related_hash),
	HS("related.hosts", related_hosts),

	HS("hsmon.interfaces", interfaces),
	HS("hsmon.tunnel", tunnel),
	HS("hsmon.upgraded_from", upgraded_from),
	HS("hsmon.proxy.source.ip", proxy_source.ip),
	HS("hsmon.proxy.source.port", proxy_source.port),
	HS("hsmon.proxy.destination.ip", proxy_destination.ip),
	HS("hsmon.proxy.destination.port", proxy_destination.port),
	HS("hsmon.compression", compression),
	HS("hsmon.raw_public_key", raw_public_key),
	HS("hsmon.not_tls", not_tls),
	LIST(struct handshake_event, "hsmon.steps", steps, step_fields),
	HS("hsmon.steps_truncated", steps_truncated),
	HS("hsmon.history", history),
	HS("hsmon.timing.tcp_connect_us", tcp_connect_us),
	HS("hsmon.timing.client_hello_us", client_hello_us),
	HS("hsmon.timing.server_hello_us", server_hello_us),
	HS("hsmon.timing.finished_us", finished_us),
	HS("hsmon.timing.total_us", total_us),
	HS("hsmon.alert.level", alert_level),
	HS("hsmon.alert.description", alert_description),
	HS("hsmon.alert.code", alert_code),
	HS("hsmon.alert.from", alert_from),
	HS("hsmon.end.by", end_by),
	HS("hsmon.end.how", end_how),
	HS("hsmon.client_hello.bytes", client_hello.bytes),
	HS("hsmon.client_hello.segments", client_hello.segments),
	HS("hsmon.client_hello.records", client_hello.records),
	NAMES("hsmon.client_hello.extensions", client_hello.extensions, extensions),
	NAMES("hsmon.client_hello.supported_versions", client_hello.supported_versions, supported_versions),
	NAMES("hsmon.client_hello.supported_groups", client_hello.supported_groups, supported_groups),
	NAMES("hsmon.client_hello.key_share_groups", client_hello.key_share_groups, key_share_groups),
	NAMES("hsmon.client_hello.signature_algorithms", client_hello.signature_algorithms, signature_algorithms),
	HS("hsmon.client_hello.alpn", client_hello.alpn),
	HS("hsmon.client_hello.psk", client_hello.psk),
	HS("hsmon.client_hello.early_data", client_hello.early_data),
	HS("hsmon.client_hello.session_ticket", client_hello.session_ticket),
	HS("hsmon.client_hello.grease", client_hello.grease),
	HS("hsmon.client_hello.sslv2", client_hello.sslv2),
	HS("hsmon.client_hello.record_size_limit", record_size_limit),
	HS("hsmon.hello_retry_request", hello_retry_request),
	NAMES("hsmon.server_hello.extensions", server_hello.extensions, server_extensions),
	HS("hsmon.server_hello.session_id_echo", server_hello.session_id_echo),
	HS("hsmon.key_exchange.dh_bits", dh_bits),
	HS("hsmon.key_exchange.signature", key_exchange_signature),
	HS("hsmon.certificate_request.seen", certificate_request.seen),
	HS("hsmon.certificate_request.authorities", certificate_request.authorities),
	HS("hsmon.certificate_request.signature_algorithms", certificate_request.signature_algorithms),
	HS("hsmon.certificate_request.answered", client_certificate),
	MEMO_LIST(struct handshake_event, "hsmon.server_chain", server_chain, cert_fields, struct event_cert),
	MEMO_LIST(struct handshake_event, "hsmon.client_chain", client_chain, cert_fields, struct event_cert),
	HS("hsmon.cert.visibility", cert.visibility),
	HS("hsmon.cert.days_left", cert.days_left),
	HS("hsmon.cert.hostname_match", cert.hostname_match),
	HS("hsmon.cert.chain_status", cert.chain_status),
	HS("hsmon.cert.chain_reason", cert.chain_reason),
	HS("hsmon.cert.completed", cert.completed),
	HS("hsmon.cert.findings", cert.findings),
	HS("hsmon.cert.severity", cert.severity),
	HS("hsmon.client_cert.days_left", client_cert.days_left),
	HS("hsmon.client_cert.chain_status", client_cert.chain_status),
	HS("hsmon.client_cert.chain_reason", client_cert.chain_reason),
	HS("hsmon.client_cert.completed", client_cert.completed),
	HS("hsmon.client_cert.findings", client_cert.findings),
	HS("hsmon.client_cert.severity", client_cert.severity),
	HS("hsmon.ocsp.stapled", ocsp.stapled),
	HS("hsmon.ocsp.status", ocsp.status),
	HS("hsmon.ocsp.verification", ocsp.verification),
	HS("hsmon.ocsp.this_update", ocsp.this_update),
	HS("hsmon.ocsp.next_update", ocsp.next_update),
	HS("hsmon.sct.count", sct_cnt),
	HS("hsmon.sct.from", sct_from),
	HS("hsmon.sct.valid", sct_valid),
	HS("hsmon.sct.invalid", sct_invalid),
	HS("hsmon.sct.unknown_log", sct_unknown_log),
	HS("hsmon.pq.offered", pq_offered),
	HS("hsmon.pq.negotiated", pq_negotiated),
	HS("hsmon.ech.offered", ech.offered),
	HS("hsmon.ech.may_be_grease", ech.may_be_grease),
	HS("hsmon.ech.outer_name", ech.outer_name),
	HS("hsmon.ech.config_id", ech.config_id),
	HS("hsmon.ech.kdf", ech.kdf),
	HS("hsmon.ech.aead", ech.aead),
	HS("hsmon.quic.version", quic_version),
	HS("hsmon.quic.dcid", quic_dcid),
	HS("hsmon.quic.scid", quic_scid),
	HS("hsmon.dtls.version", dtls_version),
	HS("hsmon.dtls.cookie", dtls_cookie),
	HS("hsmon.capture.complete", capture.complete),
	HS("hsmon.capture.gaps", capture.gaps),
	HS("hsmon.capture.truncated", capture.truncated),
	HS("hsmon.capture.retransmits", capture.retransmits),
	HS("hsmon.capture.segments", capture.segments),
	HS("hsmon.capture.bytes", capture.bytes),
	HS("hsmon.renegotiations", renegotiations),
	HS("hsmon.post_handshake_auth", post_handshake_auth),
	PROCESS("hsmon.peer_process", peer_process),
	END
};

#define ST(name, member) ROW(struct stats_event, name, member)

const struct field stats_fields[] = {
	TIME(struct stats_event, "@timestamp", time_ns),
	CONST("event.kind", "metric"),
	WORDS("event.category", "network"),
	WORDS("event.type", "info"),
	CONST("event.module", "hsmon"),
	CONST("event.dataset", "hsmon.stats"),
	ST("event.sequence", sequence),
	ST("hsmon.stats.last", last),
	ST("hsmon.stats.packets", packets),
	ST("hsmon.stats.bytes", bytes),
	ST("hsmon.stats.selected", selected),
	ST("hsmon.stats.handshakes", handshakes),
	ST("hsmon.stats.drops", drops),
	ST("hsmon.stats.notes", notes),
	ST("hsmon.stats.kernel.run_ns", kernel_run_ns),
	ST("hsmon.stats.kernel.runs", kernel_run_cnt),
	ST("hsmon.stats.kernel.ns_per_packet", kernel_ns_per_packet),
	ST("hsmon.stats.own.cpu_user_us", cpu_user_us),
	ST("hsmon.stats.own.cpu_system_us", cpu_system_us),
	ST("hsmon.stats.own.memory_bytes", memory_bytes),
	END
};

#define IF(name, member) ROW(struct interface_event, name, member)

const struct field interface_fields[] = {
	TIME(struct interface_event, "@timestamp", time_ns),
	CONST("event.kind", "event"),
	WORDS("event.category", "network"),
	WORDS("event.type", "info"),
	CONST("event.module", "hsmon"),
	CONST("event.dataset", "hsmon.interface"),
	IF("event.sequence", sequence),
	IF("event.action", action),
	IF("observer.ingress.interface.name", name),
	IF("hsmon.interface.index", index),
	IF("hsmon.interface.attach", attach),
	END
};

#define CE(name, member) ROW(struct certificate_event, name, member)

const struct field certificate_fields[] = {
	TIME(struct certificate_event, "@timestamp", time_ns),
	CONST("event.kind", "event"),
	WORDS("event.category", "network"),
	WORDS("event.type", "info"),
	CONST("event.module", "hsmon"),
	CONST("event.dataset", "hsmon.certificate"),
	CE("event.sequence", sequence),
	CE("event.action", action),
	CE("server.ip", server.ip),
	CE("server.port", server.port),
	CE("server.domain", server_name),
	CE("tls.server.subject", subject),
	CE("tls.server.issuer", issuer),
	CE("tls.server.not_before", not_before),
	CE("tls.server.not_after", not_after),
	CE("tls.server.hash.sha256", sha256),
	CE("hsmon.certificate.name", name),
	CE("hsmon.certificate.days_left", days_left),
	CE("hsmon.certificate.previous", previous),
	TIME(struct certificate_event, "hsmon.certificate.first_seen", first_seen_ns),
	TIME(struct certificate_event, "hsmon.certificate.last_seen", last_seen_ns),
	CE("hsmon.certificate.handshakes", handshakes),
	END
};
