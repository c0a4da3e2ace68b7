/* SPDX-License-Identifier: BSD-2-Clause */
/* Events as the pipeline would make them, for the tests of the outputs: each a handshake that somebody could see. */
#ifndef HSMON_TESTS_UNIT_SAMPLE_H
#define HSMON_TESTS_UNIT_SAMPLE_H

#include <string.h>

#include "event/event.h"

#define SAMPLE_NS 1795435267123456789ULL	/* 2026-11-23T12:01:07.123456789Z */
#define LEN(a) (sizeof(a) / sizeof((a)[0]))

static inline struct event_str sample_str(const char *s)
{
	return event_str(s, s ? strlen(s) : 0);
}

#define SAMPLE_STRS(name, ...)                                                                                \
	static const char *const name##_s[] = { __VA_ARGS__ };                                                \
	static struct event_str name##_v[LEN(name##_s)]
#define SAMPLE_LIST(name) sample_list(name##_v, name##_s, LEN(name##_s))

static inline struct event_strs sample_list(struct event_str *v, const char *const *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		v[i] = sample_str(s[i]);
	return (struct event_strs){ v, n };
}

SAMPLE_STRS(sample_suites, "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
	    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
	    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
	    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
	    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
	    "TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_256_GCM_SHA384", "TLS_RSA_WITH_AES_128_CBC_SHA",
	    "TLS_RSA_WITH_AES_256_CBC_SHA");
SAMPLE_STRS(sample_extensions, "server_name", "extended_master_secret", "renegotiation_info", "supported_groups",
	    "ec_point_formats", "session_ticket", "application_layer_protocol_negotiation", "status_request",
	    "signature_algorithms", "signed_certificate_timestamp", "key_share", "psk_key_exchange_modes",
	    "supported_versions", "compress_certificate");
SAMPLE_STRS(sample_versions, "1.3", "1.2");
SAMPLE_STRS(sample_groups, "x25519", "secp256r1", "secp384r1");
SAMPLE_STRS(sample_signatures, "ecdsa_secp256r1_sha256", "rsa_pss_rsae_sha256", "rsa_pkcs1_sha256",
	    "ecdsa_secp384r1_sha384", "rsa_pss_rsae_sha384", "rsa_pkcs1_sha384", "rsa_pss_rsae_sha512",
	    "rsa_pkcs1_sha512");
SAMPLE_STRS(sample_alpn, "h2", "http/1.1");
SAMPLE_STRS(sample_server_extensions, "extended_master_secret", "renegotiation_info", "ec_point_formats",
	    "session_ticket", "application_layer_protocol_negotiation");
SAMPLE_STRS(sample_names, "example.com", "www.example.com");
SAMPLE_STRS(sample_cn, "example.com");
SAMPLE_STRS(sample_issuer_cn, "R3");
SAMPLE_STRS(sample_issuer_o, "Let's Encrypt");
SAMPLE_STRS(sample_country, "US");
SAMPLE_STRS(sample_authorities, "C=US, O=Example, CN=Staff CA", "C=US, O=Example, CN=Device CA");
SAMPLE_STRS(sample_alice, "alice");
SAMPLE_STRS(sample_staff, "Staff CA");
SAMPLE_STRS(sample_ips, "10.0.0.5", "192.0.2.34");
SAMPLE_STRS(sample_hosts, "example.com");
SAMPLE_STRS(sample_interfaces, "eth0");
SAMPLE_STRS(sample_hashes, "96BCEC06264976F37460779ACF28C5A7CFE8A3C0AAE11A8FFCEE05C0BDDF08C6",
	    "67ADD1166B020AE61B8F5FC96813C04C2AA589960796865572A3C7E737613DFD",
	    "6D99FB265EB1C5B3744765FCBC648F3CD8E1BFFAFDC4C2F99B9D47CF7FF1C24F");

static struct event_cert sample_server_chain[3];
static struct event_cert sample_client_chain[1];

static inline void sample_chains(void)
{
	struct event_cert *c = sample_server_chain;

	c[0] = (struct event_cert){
		.sha256 = sample_str(sample_hashes_s[0]), .subject = sample_str("CN=example.com"),
		.issuer = sample_str("C=US, O=Let's Encrypt, CN=R3"), .serial = sample_str("03A1B2C3D4E5F60718293A4B5C6D7E8F9012"),
		.not_before = sample_str("2026-10-07T09:12:44Z"), .not_after = sample_str("2027-01-05T23:59:59Z"),
		.key = sample_str("RSA 2048"), .signature = sample_str("SHA256-RSA"), .self_signed = EVENT_NO,
		.malformed = EVENT_NO, .alternative_names = SAMPLE_LIST(sample_names),
	};
	c[1] = (struct event_cert){
		.sha256 = sample_str(sample_hashes_s[1]), .subject = sample_str("C=US, O=Let's Encrypt, CN=R3"),
		.issuer = sample_str("C=US, O=Internet Security Research Group, CN=ISRG Root X1"),
		.serial = sample_str("912B084ACF0C18A753F6D62E25A75F5A"), .not_before = sample_str("2020-09-04T00:00:00Z"),
		.not_after = sample_str("2027-09-15T16:00:00Z"), .key = sample_str("RSA 2048"),
		.signature = sample_str("SHA256-RSA"), .self_signed = EVENT_NO, .malformed = EVENT_NO,
	};
	c[2] = (struct event_cert){
		.sha256 = sample_str(sample_hashes_s[2]),
		.subject = sample_str("C=US, O=Internet Security Research Group, CN=ISRG Root X1"),
		.issuer = sample_str("C=US, O=Internet Security Research Group, CN=ISRG Root X1"),
		.serial = sample_str("8210CFB0D240E3594463E0BB63828B00"), .not_before = sample_str("2015-06-04T11:04:38Z"),
		.not_after = sample_str("2035-06-04T11:04:38Z"), .key = sample_str("RSA 4096"),
		.signature = sample_str("SHA256-RSA"), .self_signed = EVENT_YES, .malformed = EVENT_NO,
	};
	sample_client_chain[0] = (struct event_cert){
		.sha256 = sample_str("A1B2C3D4E5F60718293A4B5C6D7E8F90A1B2C3D4E5F60718293A4B5C6D7E8F90"),
		.subject = sample_str("C=US, O=Example, CN=alice"), .issuer = sample_str("C=US, O=Example, CN=Staff CA"),
		.serial = sample_str("2A"), .not_before = sample_str("2026-01-01T00:00:00Z"),
		.not_after = sample_str("2028-01-01T00:00:00Z"), .key = sample_str("EC secp256r1"),
		.signature = sample_str("ECDSA-SHA256"), .self_signed = EVENT_NO, .malformed = EVENT_NO,
	};
}

static inline void sample_leaf(struct event_leaf *leaf, const struct event_cert *c)
{
	leaf->subject = c->subject;
	leaf->issuer = c->issuer;
	leaf->not_before = leaf->x509.not_before = c->not_before;
	leaf->not_after = leaf->x509.not_after = c->not_after;
	leaf->sha256 = c->sha256;
	leaf->sha1 = sample_str("48504E974C0DAC5B5CD476C8202274B24C8C7172");
	leaf->x509.version_number = 3;
	leaf->x509.serial_number = c->serial;
	leaf->x509.subject.distinguished_name = c->subject;
	leaf->x509.issuer.distinguished_name = c->issuer;
	leaf->x509.public_key_algorithm = sample_str("RSA");
	leaf->x509.public_key_size = 2048;
	leaf->x509.public_key_exponent = 65537;
	leaf->x509.signature_algorithm = c->signature;
	leaf->x509.alternative_names = c->alternative_names;
}

static inline void sample_endpoints(struct handshake_event *e, const char *client, int cport, const char *server, int sport)
{
	e->client = e->source = (struct event_endpoint){ sample_str(client), cport };
	e->server = e->destination = (struct event_endpoint){ sample_str(server), sport };
	e->type = sample_str(strchr(client, ':') ? "ipv6" : "ipv4");
	e->transport = sample_str("tcp");
	e->protocol = sample_str("tls");
}

static inline void sample_client_hello(struct handshake_event *e, const char *sni)
{
	e->server_domain = e->server_name = sample_str(sni);
	e->ja3 = sample_str("d8a1b2c3d4e5f60718293a4b5c6d7e8f");
	e->ja4 = sample_str("t13d1514h2_8daaf6152771_de4a06bb82e3");
	e->supported_ciphers = SAMPLE_LIST(sample_suites);
	e->client_hello.bytes = 512;
	e->client_hello.segments = e->client_hello.records = 1;
	e->client_hello.extensions = SAMPLE_LIST(sample_extensions);
	e->client_hello.supported_versions = SAMPLE_LIST(sample_versions);
	e->client_hello.supported_groups = SAMPLE_LIST(sample_groups);
	e->client_hello.key_share_groups = (struct event_strs){ sample_groups_v, 1 };
	e->client_hello.signature_algorithms = SAMPLE_LIST(sample_signatures);
	e->client_hello.alpn = SAMPLE_LIST(sample_alpn);
	e->client_hello.psk = e->client_hello.early_data = e->client_hello.session_ticket = EVENT_NO;
	e->client_hello.grease = EVENT_YES;
	e->client_hello.sslv2 = EVENT_NO;
}

static inline void sample_common(struct handshake_event *e)
{
	sample_chains();
	handshake_event_init(e);
	e->start_ns = SAMPLE_NS;
	e->duration_ns = 38123456;
	e->end_ns = SAMPLE_NS + 38123456;
	e->id = sample_str("0F1E2D3C4B5A69788796A5B4C3D2E1F0");
	e->outcome = sample_str("success");
	e->established = EVENT_YES;
	e->resumed = EVENT_NO;
	e->version_protocol = sample_str("tls");
	e->direction = sample_str("egress");
	e->interface = sample_str("eth0");
	e->interfaces = SAMPLE_LIST(sample_interfaces);
	e->community_id = sample_str("1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
	e->hello_retry_request = EVENT_NO;
	e->tcp_connect_us = 1210;
	e->client_hello_us = 310;
	e->server_hello_us = 12345;
	e->finished_us = 25778;
	e->total_us = 39643;
	e->capture.complete = EVENT_YES;
	e->capture.truncated = EVENT_NO;
	e->capture.gaps = e->capture.retransmits = 0;
	e->capture.segments = 6;
	e->capture.bytes = 4711;
	e->renegotiations = e->post_handshake_auth = 0;
}

static const struct event_step sample_steps_tls12[] = {
	{ "client_hello", "client", 0, 508, 1, NULL },
	{ "server_hello", "server", 12345, 86, 2, NULL },
	{ "certificate", "server", 12345, 3891, 2, NULL },
	{ "server_key_exchange", "server", 12345, 296, 2, NULL },
	{ "server_hello_done", "server", 12345, 0, 2, NULL },
	{ "client_key_exchange", "client", 25001, 33, 3, NULL },
	{ "change_cipher_spec", "client", 25001, 1, 4, NULL },
	{ "encrypted_handshake", "client", 25001, 40, 5, NULL },
	{ "new_session_ticket", "server", 38123, 186, 6, NULL },
	{ "change_cipher_spec", "server", 38123, 1, 7, NULL },
	{ "encrypted_handshake", "server", 38123, 40, 8, NULL },
	{ "application_data", "client", 38600, 412, 9, NULL },
};

/* TLS 1.2, full handshake, three certificates. */
static inline void sample_tls12(struct handshake_event *e)
{
	sample_common(e);
	sample_endpoints(e, "10.0.0.5", 51324, "192.0.2.34", 443);
	sample_client_hello(e, "example.com");
	e->version = sample_str("1.2");
	e->cipher = sample_str("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
	e->cipher_short = sample_str("ECDHE-RSA-AES128-GCM-SHA256");
	e->curve = sample_str("x25519");
	e->next_protocol = sample_str("h2");
	e->ja3s = sample_str("f4febc55ea12b31ae17cfb7e614afda8");
	e->server_hello.extensions = SAMPLE_LIST(sample_server_extensions);
	e->server_hello.session_id_echo = EVENT_NO;
	e->key_exchange_signature = sample_str("rsa_pss_rsae_sha256");
	e->certificate_request.seen = EVENT_NO;
	e->server_chain = (struct event_chain){ sample_server_chain, 3 };
	sample_leaf(&e->server_leaf, &sample_server_chain[0]);
	e->server_leaf.x509.subject.common_name = SAMPLE_LIST(sample_cn);
	e->server_leaf.x509.issuer.common_name = SAMPLE_LIST(sample_issuer_cn);
	e->server_leaf.x509.issuer.organization = SAMPLE_LIST(sample_issuer_o);
	e->server_leaf.x509.issuer.country = SAMPLE_LIST(sample_country);
	e->cert.visibility = sample_str("wire");
	e->cert.days_left = 43;
	e->cert.hostname_match = EVENT_YES;
	e->steps = (struct event_steps){ sample_steps_tls12, LEN(sample_steps_tls12) };
	e->history = sample_str("CsxkhYINitiND");
	e->related_ip = SAMPLE_LIST(sample_ips);
	e->related_hosts = SAMPLE_LIST(sample_hosts);
	e->related_hash = SAMPLE_LIST(sample_hashes);
}

static const struct event_step sample_steps_mutual[] = {
	{ "client_hello", "client", 0, 508, 1, NULL },
	{ "server_hello", "server", 12345, 86, 2, NULL },
	{ "certificate", "server", 12345, 3891, 3, NULL },
	{ "server_key_exchange", "server", 12345, 296, 4, NULL },
	{ "certificate_request", "server", 12345, 140, 5, NULL },
	{ "server_hello_done", "server", 12345, 0, 5, NULL },
	{ "certificate", "client", 25001, 922, 6, NULL },
	{ "client_key_exchange", "client", 25001, 33, 6, NULL },
	{ "certificate_verify", "client", 25001, 260, 6, NULL },
	{ "change_cipher_spec", "client", 25001, 1, 7, NULL },
	{ "encrypted_handshake", "client", 25001, 40, 8, NULL },
	{ "change_cipher_spec", "server", 38123, 1, 9, NULL },
	{ "encrypted_handshake", "server", 38123, 40, 10, NULL },
};

/* The same with a client certificate asked for and given. */
static inline void sample_mutual(struct handshake_event *e)
{
	sample_tls12(e);
	e->certificate_request.seen = e->client_certificate = EVENT_YES;
	e->certificate_request.authorities = SAMPLE_LIST(sample_authorities);
	e->certificate_request.signature_algorithms = SAMPLE_LIST(sample_signatures);
	e->client_chain = (struct event_chain){ sample_client_chain, 1 };
	sample_leaf(&e->client_leaf, &sample_client_chain[0]);
	e->client_leaf.x509.subject.common_name = SAMPLE_LIST(sample_alice);
	e->client_leaf.x509.issuer.common_name = SAMPLE_LIST(sample_staff);
	e->steps = (struct event_steps){ sample_steps_mutual, LEN(sample_steps_mutual) };
}

static const struct event_step sample_steps_tls13[] = {
	{ "client_hello", "client", 0, 1700, 1, NULL },
	{ "server_hello", "server", 4210, 1178, 2, NULL },
	{ "change_cipher_spec", "server", 4210, 1, 3, NULL },
	{ "encrypted_handshake", "server", 4210, 2840, 4, NULL },
	{ "change_cipher_spec", "client", 9001, 1, 5, NULL },
	{ "encrypted_handshake", "client", 9001, 69, 6, NULL },
	{ "application_data", "server", 9400, 517, 7, NULL },
};

static inline void sample_tls13(struct handshake_event *e)
{
	sample_common(e);
	sample_endpoints(e, "10.0.0.5", 51326, "10.0.0.9", 443);
	sample_client_hello(e, "api.internal");
	e->start_ns += 1000000000;
	e->duration_ns = 9001000;
	e->version = sample_str("1.3");
	e->cipher = sample_str("TLS_AES_256_GCM_SHA384");
	e->cipher_short = sample_str("TLS_AES_256_GCM_SHA384");
	e->curve = sample_str("X25519MLKEM768");
	e->pq_offered = e->pq_negotiated = EVENT_YES;
	e->server_hello.session_id_echo = EVENT_YES;
	e->cert.visibility = sample_str("encrypted");
	e->steps = (struct event_steps){ sample_steps_tls13, LEN(sample_steps_tls13) };
}

SAMPLE_STRS(sample_internal_cn, "api.internal");
static const struct event_step sample_steps_expired[] = {
	{ "client_hello", "client", 0, 508, 1, NULL },
	{ "server_hello", "server", 2100, 86, 2, NULL },
	{ "certificate", "server", 2100, 1010, 3, NULL },
	{ "server_hello_done", "server", 2100, 0, 4, NULL },
	{ "alert", "client", 4100, 2, 5, "fatal certificate_expired" },
};

/* The client refuses an expired certificate. */
static inline void sample_expired(struct handshake_event *e)
{
	sample_tls12(e);
	sample_endpoints(e, "10.0.0.7", 40112, "10.0.0.9", 443);
	sample_client_hello(e, "api.internal");
	e->start_ns += 2000000000;
	e->duration_ns = 4100000;
	e->outcome = sample_str("failure");
	e->reason = sample_str("client sent certificate_expired after certificate");
	e->established = EVENT_NO;
	e->cipher_short = e->cipher = e->curve = sample_str(NULL);
	e->server_leaf.not_after = e->server_leaf.x509.not_after = sample_str("2026-11-21T10:00:00Z");
	e->server_leaf.x509.subject.common_name = SAMPLE_LIST(sample_internal_cn);
	e->server_leaf.x509.issuer.common_name = (struct event_strs){ NULL, 0 };
	e->server_leaf.x509.issuer.organization = (struct event_strs){ NULL, 0 };
	e->server_chain.n = 1;
	e->cert.days_left = -3;
	e->alert_level = sample_str("fatal");
	e->alert_description = sample_str("certificate_expired");
	e->alert_code = 45;
	e->alert_from = e->end_by = sample_str("client");
	e->end_how = sample_str("alert");
	e->steps = (struct event_steps){ sample_steps_expired, LEN(sample_steps_expired) };
}

static inline void sample_stats(struct stats_event *e)
{
	static const struct stats_event stats = {
		.time_ns = SAMPLE_NS, .last = true, .packets = 123456, .bytes = 98765432, .selected = 4711,
		.handshakes = { .v = { { "success", "ok", 20 }, { "failure", "failed", 3 }, { "unknown", "unknown", 0 } }, .n = 3 },
		.drops = { .v = { { "ring_full", "ring buffer full", 0 }, { "flow_table_full", "flow table full", 0 } }, .n = 2 },
		.notes = { .v = { { "mid_stream", "open before the start", 7 } }, .n = 1 },
		.kernel_run_ns = 1000000, .kernel_run_cnt = 10000,
		.cpu_user_us = 4000, .cpu_system_us = 2500, .memory_bytes = 12582912,
	};

	*e = stats;
}

#endif
