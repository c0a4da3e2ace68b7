/* SPDX-License-Identifier: BSD-2-Clause */
#include "event/fields_rows.h"

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

#define HS(name, member, ...) ROW(struct handshake_event, name, member, __VA_ARGS__)
/* ... and named as in ECS by OpenTelemetry, or hsmon's own there too. */
#define SAME(name, member, ...) HS(name, member, OTEL(name), __VA_ARGS__)
#define ALSO(member, ...) ROW(struct handshake_event, NULL, member, __VA_ARGS__)
/* A list of names with its memo. */
#define NAMES(name, member, kept)                                                                             \
	SAME(name, member, .memo = offsetof(struct handshake_event, memo.kept) + 1)
/* One of those that have a memo together. */
#define RUN(name, member, kept, ...)                                                                          \
	HS(name, member, .run_memo = offsetof(struct handshake_event, memo.kept) + 1, __VA_ARGS__)
/* Elements have a memo of their own. Zeek has their fingerprints, and identifiers by which x509.log names them. */
#define CHAIN(name, member, zeek)                                                                             \
	{ .path = name, .type = FIELD_LIST, .offset = offsetof(struct handshake_event, member), .sub = cert_fields, \
	  .sub_len = sizeof(struct event_cert), .memo = offsetof(struct event_cert, memo) + 1,                \
	  .as[SCHEMA_ZEEK - 1] = { zeek "cert_chain_fps", &form_lower, offsetof(struct event_cert, sha256) } }, \
	{ .type = FIELD_LIST, .offset = offsetof(struct handshake_event, member), .sub = cert_fields,         \
	  .sub_len = sizeof(struct event_cert),                                                               \
	  .as[SCHEMA_ZEEK - 1] = { zeek "cert_chain_fuids", &form_fuid, offsetof(struct event_cert, sha256) } }

#define DN(name, member, kept)                                                                                \
	RUN(name ".distinguished_name", member.distinguished_name, kept),                                     \
	RUN(name ".common_name", member.common_name, kept),                                                   \
	RUN(name ".organization", member.organization, kept),                                                 \
	RUN(name ".organizational_unit", member.organizational_unit, kept),                                   \
	RUN(name ".country", member.country, kept),                                                           \
	RUN(name ".locality", member.locality, kept),                                                         \
	RUN(name ".state_or_province", member.state_or_province, kept)

/* What the other schemas put before the names of this side's certificate. */
#define LEAF(name, member, kept, zeek, eve)                                                                   \
	RUN(name ".subject", member.subject, kept, ZEEK_AS(zeek "subject", dn_reversed), EVE(eve "subject"), OTEL(name ".subject")), \
	RUN(name ".issuer", member.issuer, kept, ZEEK_AS(zeek "issuer", dn_reversed), EVE(eve "issuerdn"), OTEL(name ".issuer")), \
	RUN(name ".not_before", member.not_before, kept, EVE_AS(eve "notbefore", iso_plain), OTEL(name ".not_before")), \
	RUN(name ".not_after", member.not_after, kept, EVE_AS(eve "notafter", iso_plain), OTEL(name ".not_after")), \
	RUN(name ".hash.sha256", member.sha256, kept, OTEL(name ".hash.sha256")),                             \
	RUN(name ".hash.sha1", member.sha1, kept, EVE_AS(eve "fingerprint", lower_colons), OTEL(name ".hash.sha1")), \
	RUN(name ".x509.version_number", member.x509.version_number, kept),                                   \
	RUN(name ".x509.serial_number", member.x509.serial_number, kept, EVE_AS(eve "serial", colons)),       \
	DN(name ".x509.subject", member.x509.subject, kept),                                                  \
	DN(name ".x509.issuer", member.x509.issuer, kept),                                                    \
	RUN(name ".x509.not_before", member.x509.not_before, kept),                                           \
	RUN(name ".x509.not_after", member.x509.not_after, kept),                                             \
	RUN(name ".x509.alternative_names", member.x509.alternative_names, kept, EVE(eve "subjectaltname")),  \
	RUN(name ".x509.public_key_algorithm", member.x509.public_key_algorithm, kept),                       \
	RUN(name ".x509.public_key_size", member.x509.public_key_size, kept),                                 \
	RUN(name ".x509.public_key_exponent", member.x509.public_key_exponent, kept),                         \
	RUN(name ".x509.public_key_curve", member.x509.public_key_curve, kept),                               \
	RUN(name ".x509.signature_algorithm", member.x509.signature_algorithm, kept),                         \
	HS(name ".certificate_chain", member.chain_der, EVE(eve "chain"), OTEL(name ".certificate_chain"))

#define PROCESS_USER(before, at)                                                                              \
	SAME(before "user.id", at.user_id),                                                                   \
	SAME(before "user.name", at.user_name),                                                               \
	SAME(before "container.id", at.container_id),                                                         \
	SAME(before "container.name", at.container_name),                                                     \
	SAME(before "container.runtime", at.container_runtime)

#define PROCESS_PLACE(path, at)                                                                               \
	SAME(path ".role", at.role),                                                                          \
	SAME(path ".cgroup", at.cgroup),                                                                      \
	SAME(path ".unit", at.unit),                                                                          \
	SAME(path ".pod_uid", at.pod_uid),                                                                    \
	SAME(path ".netns", at.netns)

const struct field handshake_fields[] = {
	CONST(NULL, "ssl", ZEEK("_path")),
	TIME(struct handshake_event, "@timestamp", start_ns, ZEEK_AS("ts", epoch), EVE_AS("timestamp", offset_time),
	     OTEL_RECORD_AS("Timestamp", nanoseconds_text)),
	CONST(NULL, "tls", EVE("event_type")),
	CONST(NULL, "hsmon.handshake", OTEL_RECORD("EventName")),
	ALSO(outcome, OTEL_RECORD_AS("SeverityText", severity_text)),
	ALSO(outcome, OTEL_RECORD_AS("SeverityNumber", severity_number)),
	ALSO(reason, OTEL_RECORD("Body")),
	CONST("event.kind", "event"),
	WORDS("event.category", "network"),
	WORDS("event.type", "connection,protocol"),
	CONST("event.module", "hsmon"),
	CONST("event.dataset", "hsmon.handshake"),
	HS("event.id", id, ZEEK_AS("uid", uid), EVE_AS("flow_id", flow_id), OTEL("hsmon.event.id")),
	HS("event.sequence", sequence, OTEL("hsmon.event.sequence")),
	TIME(struct handshake_event, "event.start", start_ns),
	TIME(struct handshake_event, "event.end", end_ns),
	HS("event.duration", duration_ns, OTEL("hsmon.event.duration")),
	HS("event.outcome", outcome, OTEL("hsmon.event.outcome")),
	MADE(OTEL_AS("error.type", error_type)),
	HS("event.reason", reason, OTEL("hsmon.event.reason")),

	HS("source.ip", source.ip, ZEEK("id.orig_h"), EVE("src_ip"), OTEL("source.address")),
	SAME("source.port", source.port, ZEEK("id.orig_p"), EVE("src_port")),
	HS("destination.ip", destination.ip, ZEEK("id.resp_h"), EVE("dest_ip"), OTEL("destination.address")),
	SAME("destination.port", destination.port, ZEEK("id.resp_p"), EVE("dest_port")),
	HS("client.ip", client.ip, OTEL("client.address")),
	SAME("client.port", client.port),
	HS("server.ip", server.ip),
	SAME("server.port", server.port),
	MADE(OTEL_AS("server.address", server_address)),
	HS("server.domain", server_domain),

	SAME("network.transport", transport, EVE_AS("proto", upper)),
	HS("network.protocol", protocol, EVE_AS("app_proto", app_proto), OTEL("network.protocol.name")),
	SAME("network.type", type, EVE_AS("ip_v", ip_version)),
	HS("network.community_id", community_id, EVE("community_id"), OTEL("hsmon.network.community_id")),
	HS("network.direction", direction),
	MADE(EVE_AS("vlan", vlans)),
	HS("network.vlan.id", vlan),
	HS("network.inner.vlan.id", inner_vlan),
	HS("observer.ingress.interface.name", interface, EVE("in_iface"), OTEL("network.interface.name")),

	MADE(ZEEK_AS("version", zeek_version), EVE_AS("tls.version", eve_version)),
	ALSO(upgraded_from, EVE("tls.from_proto")),
	ALSO(client_hello.alpn, EVE("tls.client_alpns")),
	HS("tls.version", version, OTEL("tls.protocol.version")),
	HS("tls.version_protocol", version_protocol, OTEL("tls.protocol.name")),
	SAME("tls.cipher", cipher, ZEEK("cipher")),
	SAME("tls.curve", curve, ZEEK("curve")),
	SAME("tls.next_protocol", next_protocol, ZEEK("next_protocol"), EVE_AS("tls.server_alpns", one)),
	SAME("tls.resumed", resumed, ZEEK("resumed"), EVE_AS("tls.session_resumed", only_true)),
	SAME("tls.established", established, ZEEK("established")),
	HS("tls.client.server_name", server_name, ZEEK("server_name"), EVE("tls.sni")),
	SAME("tls.client.ja3", ja3, ZEEK("ja3"), EVE("tls.ja3.hash")),
	ALSO(ja3_text, EVE("tls.ja3.string")),
	HS("tls.client.ja4", ja4, ZEEK("ja4"), EVE("tls.ja4"), OTEL("hsmon.client_hello.ja4")),
	NAMES("tls.client.supported_ciphers", supported_ciphers, supported_ciphers),
	LEAF("tls.client", client_leaf, client_leaf, "client_", "tls.client."),
	SAME("tls.server.ja3s", ja3s, ZEEK("ja3s"), EVE("tls.ja3s.hash")),
	ALSO(ja3s_text, EVE("tls.ja3s.string")),
	LEAF("tls.server", server_leaf, server_leaf, "", "tls."),

	SAME("process.pid", process.pid),
	HS("process.name", process.name, OTEL("process.executable.name")),
	HS("process.executable", process.executable, OTEL("process.executable.path")),
	SAME("process.command_line", process.command_line),
	PROCESS_USER("", process),
	HS("host.name", host_name, EVE("host")),
	HS("related.ip", related_ip),
	HS("related.hash", related_hash),
	HS("related.hosts", related_hosts),

	HS("hsmon.interfaces", interfaces),
	SAME("hsmon.tunnel", tunnel),
	SAME("hsmon.upgraded_from", upgraded_from),
	SAME("hsmon.proxy.source.ip", proxy_source.ip),
	SAME("hsmon.proxy.source.port", proxy_source.port),
	SAME("hsmon.proxy.destination.ip", proxy_destination.ip),
	SAME("hsmon.proxy.destination.port", proxy_destination.port),
	SAME("hsmon.compression", compression),
	SAME("hsmon.raw_public_key", raw_public_key),
	SAME("hsmon.not_tls", not_tls),
	LIST(struct handshake_event, "hsmon.steps", steps, step_fields),
	SAME("hsmon.steps_truncated", steps_truncated),
	SAME("hsmon.history", history, ZEEK("ssl_history")),
	SAME("hsmon.timing.tcp_connect_us", tcp_connect_us),
	SAME("hsmon.timing.client_hello_us", client_hello_us),
	SAME("hsmon.timing.server_hello_us", server_hello_us),
	SAME("hsmon.timing.finished_us", finished_us),
	SAME("hsmon.timing.total_us", total_us),
	SAME("hsmon.alert.level", alert_level),
	SAME("hsmon.alert.description", alert_description, ZEEK("last_alert")),
	SAME("hsmon.alert.code", alert_code),
	SAME("hsmon.alert.from", alert_from),
	SAME("hsmon.end.by", end_by),
	SAME("hsmon.end.how", end_how),
	SAME("hsmon.client_hello.bytes", client_hello.bytes),
	SAME("hsmon.client_hello.segments", client_hello.segments),
	SAME("hsmon.client_hello.records", client_hello.records),
	NAMES("hsmon.client_hello.extensions", client_hello.extensions, extensions),
	NAMES("hsmon.client_hello.supported_versions", client_hello.supported_versions, supported_versions),
	NAMES("hsmon.client_hello.supported_groups", client_hello.supported_groups, supported_groups),
	NAMES("hsmon.client_hello.key_share_groups", client_hello.key_share_groups, key_share_groups),
	NAMES("hsmon.client_hello.signature_algorithms", client_hello.signature_algorithms, signature_algorithms),
	SAME("hsmon.client_hello.alpn", client_hello.alpn),
	SAME("hsmon.client_hello.psk", client_hello.psk),
	SAME("hsmon.client_hello.early_data", client_hello.early_data),
	SAME("hsmon.client_hello.session_ticket", client_hello.session_ticket),
	SAME("hsmon.client_hello.grease", client_hello.grease),
	SAME("hsmon.client_hello.sslv2", client_hello.sslv2),
	SAME("hsmon.client_hello.record_size_limit", record_size_limit),
	SAME("hsmon.hello_retry_request", hello_retry_request),
	NAMES("hsmon.server_hello.extensions", server_hello.extensions, server_extensions),
	SAME("hsmon.server_hello.session_id_echo", server_hello.session_id_echo),
	SAME("hsmon.key_exchange.dh_bits", dh_bits),
	SAME("hsmon.key_exchange.signature", key_exchange_signature),
	SAME("hsmon.certificate_request.seen", certificate_request.seen),
	SAME("hsmon.certificate_request.authorities", certificate_request.authorities),
	SAME("hsmon.certificate_request.signature_algorithms", certificate_request.signature_algorithms),
	SAME("hsmon.certificate_request.answered", client_certificate),
	CHAIN("hsmon.server_chain", server_chain, ""),
	CHAIN("hsmon.client_chain", client_chain, "client_"),
	SAME("hsmon.cert.visibility", cert.visibility),
	SAME("hsmon.cert.days_left", cert.days_left),
	SAME("hsmon.cert.hostname_match", cert.hostname_match, ZEEK("sni_matches_cert")),
	SAME("hsmon.cert.chain_status", cert.chain_status, ZEEK_AS("validation_status", validation)),
	SAME("hsmon.cert.chain_reason", cert.chain_reason),
	SAME("hsmon.cert.completed", cert.completed),
	SAME("hsmon.cert.findings", cert.findings),
	SAME("hsmon.cert.severity", cert.severity),
	SAME("hsmon.client_cert.days_left", client_cert.days_left),
	SAME("hsmon.client_cert.chain_status", client_cert.chain_status),
	SAME("hsmon.client_cert.chain_reason", client_cert.chain_reason),
	SAME("hsmon.client_cert.completed", client_cert.completed),
	SAME("hsmon.client_cert.findings", client_cert.findings),
	SAME("hsmon.client_cert.severity", client_cert.severity),
	SAME("hsmon.ocsp.stapled", ocsp.stapled),
	SAME("hsmon.ocsp.status", ocsp.status),
	SAME("hsmon.ocsp.verification", ocsp.verification),
	SAME("hsmon.ocsp.this_update", ocsp.this_update),
	SAME("hsmon.ocsp.next_update", ocsp.next_update),
	SAME("hsmon.sct.count", sct_cnt),
	SAME("hsmon.sct.from", sct_from),
	SAME("hsmon.sct.valid", sct_valid),
	SAME("hsmon.sct.invalid", sct_invalid),
	SAME("hsmon.sct.unknown_log", sct_unknown_log),
	SAME("hsmon.pq.offered", pq_offered),
	SAME("hsmon.pq.negotiated", pq_negotiated),
	SAME("hsmon.ech.offered", ech.offered),
	SAME("hsmon.ech.may_be_grease", ech.may_be_grease),
	SAME("hsmon.ech.outer_name", ech.outer_name),
	SAME("hsmon.ech.config_id", ech.config_id),
	SAME("hsmon.ech.kdf", ech.kdf),
	SAME("hsmon.ech.aead", ech.aead),
	SAME("hsmon.quic.version", quic_version),
	SAME("hsmon.quic.dcid", quic_dcid),
	SAME("hsmon.quic.scid", quic_scid),
	SAME("hsmon.dtls.version", dtls_version),
	SAME("hsmon.dtls.cookie", dtls_cookie),
	SAME("hsmon.capture.complete", capture.complete),
	SAME("hsmon.capture.gaps", capture.gaps),
	SAME("hsmon.capture.truncated", capture.truncated),
	SAME("hsmon.capture.retransmits", capture.retransmits),
	SAME("hsmon.capture.segments", capture.segments),
	SAME("hsmon.capture.bytes", capture.bytes),
	SAME("hsmon.renegotiations", renegotiations),
	SAME("hsmon.post_handshake_auth", post_handshake_auth),
	PROCESS_PLACE("hsmon.process", process),
	SAME("hsmon.peer_process.pid", peer_process.pid),
	SAME("hsmon.peer_process.name", peer_process.name),
	SAME("hsmon.peer_process.executable", peer_process.executable),
	SAME("hsmon.peer_process.command_line", peer_process.command_line),
	PROCESS_USER("hsmon.peer_process.", peer_process),
	PROCESS_PLACE("hsmon.peer_process", peer_process),
	ALSO(host_name, OTEL_RESOURCE("host.name")),
	CONST(NULL, "hsmon", OTEL_RESOURCE("service.name")),
	END
};
