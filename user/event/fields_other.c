/* SPDX-License-Identifier: BSD-2-Clause */
/* The tables of all events but handshakes. */
#include "event/fields_rows.h"

#define X5(name, ...) ROW(struct x509_event, NULL, name, __VA_ARGS__)
#define X5_TIME(name, ...) TIME(struct x509_event, NULL, name, __VA_ARGS__)

/* Zeek's x509.log; the other schemas have certificates in the handshake. */
const struct field x509_fields[] = {
	CONST(NULL, "x509", ZEEK("_path")),
	X5_TIME(time_ns, ZEEK_AS("ts", epoch)),
	X5(leaf.sha256, ZEEK_AS("id", fuid)),
	X5(leaf.sha256, ZEEK_AS("fingerprint", lower)),
	X5(leaf.x509.version_number, ZEEK("certificate.version")),
	X5(leaf.x509.serial_number, ZEEK("certificate.serial")),
	X5(leaf.subject, ZEEK_AS("certificate.subject", dn_reversed)),
	X5(leaf.issuer, ZEEK_AS("certificate.issuer", dn_reversed)),
	X5(leaf.not_before, ZEEK_AS("certificate.not_valid_before", epoch_of_iso)),
	X5(leaf.not_after, ZEEK_AS("certificate.not_valid_after", epoch_of_iso)),
	X5(leaf.x509.public_key_algorithm, ZEEK_AS("certificate.key_alg", key_algorithm)),
	X5(leaf.x509.signature_algorithm, ZEEK_AS("certificate.sig_alg", signature)),
	X5(leaf.x509.public_key_algorithm, ZEEK_AS("certificate.key_type", key_type)),
	X5(leaf.x509.public_key_size, ZEEK("certificate.key_length")),
	X5(leaf.x509.public_key_exponent, ZEEK_AS("certificate.exponent", number_text)),
	X5(leaf.x509.public_key_curve, ZEEK("certificate.curve")),
	X5(leaf.x509.alternative_names, ZEEK_AS("san.dns", san_dns)),
	X5(leaf.x509.alternative_names, ZEEK_AS("san.uri", san_uri)),
	X5(leaf.x509.alternative_names, ZEEK_AS("san.email", san_email)),
	X5(leaf.x509.alternative_names, ZEEK_AS("san.ip", san_ip)),
	X5(cert.ca, ZEEK("basic_constraints.ca")),
	X5(cert.path_len, ZEEK("basic_constraints.path_len")),
	X5(der, ZEEK("cert")),
	X5(host_cert, ZEEK("host_cert")),
	X5(client_cert, ZEEK("client_cert")),
	END
};

#define OUT(name, member) ROW(struct event_output, name, member)
static const struct field output_fields[] = {
	OUT("name", name),
	OUT("up", up),
	OUT("delivered", delivered),
	OUT("queued", queued),
	OUT("dropped", dropped),
	OUT("reconnects", reconnects),
	END
};

#define ST(name, member, ...) ROW(struct stats_event, name, member, __VA_ARGS__)
#define ST_ALSO(member, ...) ST(NULL, member, __VA_ARGS__)
#define OTEL_HEAD(T, dataset)                                                                                 \
	TIME(T, NULL, time_ns, OTEL_RECORD_AS("Timestamp", nanoseconds_text)),                                \
	CONST(NULL, dataset, OTEL_RECORD("EventName")),                                                       \
	CONST(NULL, "INFO", OTEL_RECORD("SeverityText")),                                                     \
	CONST(NULL, "hsmon", OTEL_RESOURCE("service.name"))

const struct field stats_fields[] = {
	CONST(NULL, "stats", ZEEK("_path")),
	TIME(struct stats_event, "@timestamp", time_ns, ZEEK_AS("ts", epoch), EVE_AS("timestamp", offset_time)),
	OTEL_HEAD(struct stats_event, "hsmon.stats"),
	CONST(NULL, "stats", EVE("event_type")),
	CONST(NULL, "hsmon", ZEEK("peer")),
	ST_ALSO(packets, EVE("stats.capture.kernel_packets")),
	ST_ALSO(drops, ZEEK_AS("pkts_dropped", ring_full), EVE_AS("stats.capture.kernel_drops", ring_full)),
	ST_ALSO(handshakes, EVE_AS("stats.app_layer.flow.tls", sum)),
	CONST("event.kind", "metric"),
	WORDS("event.category", "network"),
	WORDS("event.type", "info"),
	CONST("event.module", "hsmon"),
	CONST("event.dataset", "hsmon.stats"),
	ST("event.sequence", sequence, OTEL("hsmon.event.sequence")),
	ST("hsmon.stats.last", last, OTEL("hsmon.stats.last")),
	ST("hsmon.stats.packets", packets, ZEEK("pkts_proc"), EVE("stats.decoder.pkts"), OTEL("hsmon.stats.packets")),
	ST("hsmon.stats.bytes", bytes, ZEEK("bytes_recv"), EVE("stats.decoder.bytes"), OTEL("hsmon.stats.bytes")),
	ST("hsmon.stats.selected", selected, OTEL("hsmon.stats.selected")),
	ST("hsmon.stats.handshakes", handshakes, OTEL("hsmon.stats.handshakes")),
	ST("hsmon.stats.drops", drops, OTEL("hsmon.stats.drops")),
	ST("hsmon.stats.notes", notes, OTEL("hsmon.stats.notes")),
	ST("hsmon.stats.kernel.run_ns", kernel_run_ns, OTEL("hsmon.stats.kernel.run_ns")),
	ST("hsmon.stats.kernel.runs", kernel_run_cnt, OTEL("hsmon.stats.kernel.runs")),
	ST("hsmon.stats.kernel.ns_per_packet", kernel_ns_per_packet, OTEL("hsmon.stats.kernel.ns_per_packet")),
	ST("hsmon.stats.own.cpu_user_us", cpu_user_us, OTEL("hsmon.stats.own.cpu_user_us")),
	ST("hsmon.stats.own.cpu_system_us", cpu_system_us, OTEL("hsmon.stats.own.cpu_system_us")),
	ST("hsmon.stats.own.memory_bytes", memory_bytes, ZEEK_AS("mem", mebibytes), OTEL("hsmon.stats.own.memory_bytes")),
	LIST(struct stats_event, "hsmon.stats.outputs", outputs, output_fields),
	END
};

#define IF(name, member, ...) ROW(struct interface_event, name, member, __VA_ARGS__)

const struct field interface_fields[] = {
	TIME(struct interface_event, "@timestamp", time_ns),
	OTEL_HEAD(struct interface_event, "hsmon.interface"),
	CONST("event.kind", "event"),
	WORDS("event.category", "network"),
	WORDS("event.type", "info"),
	CONST("event.module", "hsmon"),
	CONST("event.dataset", "hsmon.interface"),
	IF("event.sequence", sequence, OTEL("hsmon.event.sequence")),
	IF("event.action", action, OTEL("hsmon.interface.action")),
	IF("observer.ingress.interface.name", name, OTEL("network.interface.name")),
	IF("hsmon.interface.index", index, OTEL("hsmon.interface.index")),
	IF("hsmon.interface.attach", attach, OTEL("hsmon.interface.attach")),
	END
};

#define CE(name, member, ...) ROW(struct certificate_event, name, member, __VA_ARGS__)

const struct field certificate_fields[] = {
	CONST(NULL, "known_certs", ZEEK("_path")),
	TIME(struct certificate_event, "@timestamp", time_ns, ZEEK_AS("ts", epoch)),
	OTEL_HEAD(struct certificate_event, "hsmon.certificate"),
	CONST("event.kind", "event"),
	WORDS("event.category", "network"),
	WORDS("event.type", "info"),
	CONST("event.module", "hsmon"),
	CONST("event.dataset", "hsmon.certificate"),
	CE("event.sequence", sequence, OTEL("hsmon.event.sequence")),
	CE("event.action", action, OTEL("hsmon.certificate.action")),
	CE("server.ip", server.ip, ZEEK("host"), OTEL("destination.address")),
	CE("server.port", server.port, ZEEK("port_num"), OTEL("server.port")),
	CE("server.domain", server_name, OTEL("server.address")),
	CE("tls.server.subject", subject, ZEEK_AS("subject", dn_reversed), OTEL("tls.server.subject")),
	CE("tls.server.issuer", issuer, ZEEK_AS("issuer_subject", dn_reversed), OTEL("tls.server.issuer")),
	CE("tls.server.not_before", not_before, OTEL("tls.server.not_before")),
	CE("tls.server.not_after", not_after, OTEL("tls.server.not_after")),
	CE("tls.server.hash.sha256", sha256, OTEL("tls.server.hash.sha256")),
	CE("hsmon.certificate.name", name, OTEL("hsmon.certificate.name")),
	CE("hsmon.certificate.days_left", days_left, OTEL("hsmon.certificate.days_left")),
	CE("hsmon.certificate.previous", previous, OTEL("hsmon.certificate.previous")),
	TIME(struct certificate_event, "hsmon.certificate.first_seen", first_seen_ns, OTEL("hsmon.certificate.first_seen")),
	TIME(struct certificate_event, "hsmon.certificate.last_seen", last_seen_ns, OTEL("hsmon.certificate.last_seen")),
	CE("hsmon.certificate.handshakes", handshakes, OTEL("hsmon.certificate.handshakes")),
	END
};
