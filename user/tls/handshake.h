/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was learnt of one connection's handshake, as numbers and bytes; names are made later. Everything
 * points into the connection's arena and lives as long as its struct tls_conn.
 */
#ifndef HSMON_TLS_HANDSHAKE_H
#define HSMON_TLS_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tls_side { TLS_CLIENT = 0, TLS_SERVER = 1 };
#define TLS_SIDE_UNKNOWN (-1)

enum tls_protocol { TLS_PROTO_NONE = 0, TLS_PROTO_TLS, TLS_PROTO_SSL, TLS_PROTO_DTLS, TLS_PROTO_QUIC };

struct tls_bytes {
	const uint8_t *p;		/* NULL: was not there; non-NULL with n == 0: there, and empty */
	size_t n;
};

struct tls_u16s {
	const uint16_t *v;
	size_t n;
};

struct tls_strs {
	const struct tls_bytes *v;
	size_t n;
};

/* The steps of events.md: every handshake message, change_cipher_spec, alert and the first application data of each side. */
enum tls_step_kind {
	TLS_STEP_CLIENT_HELLO, TLS_STEP_SERVER_HELLO, TLS_STEP_HELLO_RETRY_REQUEST, TLS_STEP_HELLO_VERIFY_REQUEST,
	TLS_STEP_HELLO_REQUEST, TLS_STEP_CERTIFICATE, TLS_STEP_CERTIFICATE_URL, TLS_STEP_CERTIFICATE_STATUS,
	TLS_STEP_SERVER_KEY_EXCHANGE, TLS_STEP_CERTIFICATE_REQUEST, TLS_STEP_SERVER_HELLO_DONE,
	TLS_STEP_CLIENT_KEY_EXCHANGE, TLS_STEP_CERTIFICATE_VERIFY, TLS_STEP_NEW_SESSION_TICKET,
	TLS_STEP_CHANGE_CIPHER_SPEC, TLS_STEP_ENCRYPTED_HANDSHAKE, TLS_STEP_FINISHED, TLS_STEP_ENCRYPTED_EXTENSIONS,
	TLS_STEP_COMPRESSED_CERTIFICATE, TLS_STEP_END_OF_EARLY_DATA, TLS_STEP_KEY_UPDATE, TLS_STEP_SUPPLEMENTAL_DATA,
	TLS_STEP_NEXT_PROTOCOL, TLS_STEP_ALERT, TLS_STEP_ENCRYPTED_ALERT, TLS_STEP_APPLICATION_DATA, TLS_STEP_HEARTBEAT,
	TLS_STEP_UNKNOWN, TLS_STEP_KIND_CNT,
};

struct tls_step {
	uint8_t kind;			/* enum tls_step_kind */
	uint8_t side;			/* enum tls_side */
	uint8_t level, code;		/* of an alert in clear */
	uint32_t len;			/* of the message without its header; of an encrypted record its length */
	uint32_t record;		/* number of the TLS record it began in, both sides counted together from 1 */
	uint64_t time_ns;		/* when its last byte was seen */
};

struct tls_ech {
	bool offered;			/* encrypted_client_hello, outer form */
	bool grease_like;		/* cannot be told from GREASE for certain; see ech.c */
	uint8_t config_id;
	uint16_t kdf, aead;		/* HPKE registry numbers, RFC 9180 section 7 */
};

struct tls_client_hello {
	bool seen;
	bool sslv2;			/* in the SSL 2.0 format, RFC 5246 appendix E.2 */
	bool malformed;			/* contradicts itself: what could be read was */
	bool truncated;			/* not all of it was seen; no fingerprints then */
	uint16_t record_version;
	uint16_t legacy_version;
	uint8_t random[32];
	struct tls_bytes session_id;
	struct tls_u16s suites;		/* as sent, GREASE included */
	struct tls_bytes sslv2_suites;	/* SSL 2.0 format: all kinds as sent, three bytes each; those of TLS are in suites too */
	struct tls_bytes compression;
	struct tls_u16s extensions;	/* types in order, GREASE included */
	struct tls_u16s supported_versions, groups, key_shares, signature_algorithms;
	struct tls_bytes point_formats, psk_modes;
	struct tls_u16s certificate_compression;
	struct tls_bytes server_name;
	struct tls_strs alpn;
	bool grease;
	bool psk, early_data;		/* pre_shared_key and early_data offered */
	bool session_ticket;		/* a ticket that is not empty */
	bool status_request, sct, extended_master_secret, renegotiation_info, heartbeat, npn, post_handshake_auth;
	bool delegated_credential, raw_public_key, esni;
	bool application_settings;	/* ALPS */
	uint16_t record_size_limit;	/* 0: not offered */
	struct tls_ech ech;
	uint32_t bytes;			/* of the message with its header */
	uint32_t segments, records;	/* over how many it was spread */
	uint64_t first_ns, time_ns;	/* first and last byte */
	char ja3[33];			/* lower-case md5; "" before it is known */
	char ja4[40];
};

struct tls_server_hello {
	bool seen;
	bool malformed;
	uint16_t legacy_version;
	uint16_t selected_version;	/* supported_versions; 0: not there */
	uint8_t random[32];
	struct tls_bytes session_id;
	uint16_t suite;
	uint8_t compression;
	struct tls_u16s extensions;
	struct tls_bytes alpn;		/* the protocol chosen, in clear only before TLS 1.3 */
	struct tls_strs npn;
	uint16_t key_share_group;	/* 0: none */
	bool psk;			/* pre_shared_key accepted */
	bool session_ticket, status_request, sct, extended_master_secret, renegotiation_info, heartbeat;
	bool session_id_echo;		/* equal to the client's, and not empty */
	uint16_t record_size_limit;
	uint8_t sct_cnt;		/* SCTs in the extension */
	struct tls_bytes scts;		/* its content, a SignedCertificateTimestampList */
	uint8_t certificate_type[2];	/* by side, RFC 7250: 0 X.509, 2 raw public key */
	struct tls_bytes sslv2_suites;	/* SSL 2.0: the kinds both sides know, three bytes each */
	uint64_t time_ns;
	char ja3s[33];
};

/* ServerKeyExchange, RFC 8422 section 5.4 and RFC 5246 section 7.4.3. */
struct tls_key_exchange {
	bool seen;
	uint16_t group;			/* named curve; 0: none */
	uint16_t dh_bits;		/* size of the DH prime; 0: none */
	uint16_t rsa_bits;		/* size of an export suite's temporary RSA key; 0: none */
	uint16_t signature_algorithm;	/* TLS 1.2; 0: none */
	bool anonymous;
};

struct tls_certificate_request {
	bool seen;
	struct tls_bytes certificate_types;
	struct tls_u16s signature_algorithms;
	struct tls_strs authorities;	/* DER-encoded distinguished names */
	uint32_t authority_cnt;		/* all told, also those over the limit */
};

/* A side's Certificate message. The certificates themselves go to tls_events.certificate. */
struct tls_certificate_msg {
	bool seen;
	uint32_t cnt;			/* 0 with seen: an empty chain */
	bool raw_public_key, compressed;
	uint16_t compression;
	bool unreadable;		/* compressed in a way that is not known here */
	bool truncated;			/* the list contradicts itself, is over the limit, or was not all seen */
	uint8_t sct_cnt;		/* in the leaf's CertificateEntry */
};

struct tls_status {			/* OCSP, RFC 6066 section 8; the response goes to tls_events.ocsp */
	bool seen;
};

struct tls_alert {
	bool seen;
	uint8_t level, code;
	int side;
	uint64_t time_ns;
};

/* One direction, as far as the record layer saw it. */
struct tls_side_state {
	bool change_cipher_spec;
	bool finished;			/* its Finished, opened or as the first encrypted handshake record after CCS */
	uint64_t finished_ns;
	uint32_t app_records;		/* application_data records: in TLS 1.3 also the encrypted handshake */
	uint64_t app_bytes;
	uint64_t first_app_ns;
	uint32_t after_finished;	/* application_data records after what must be its Finished (TLS 1.3) */
	bool encrypted_alert;		/* an encrypted record that can only be an alert, and of the handshake: not a goodbye */
	uint64_t encrypted_alert_ns;
	uint32_t records;
	bool gap;			/* handshake bytes are missing */
	bool unfinished;		/* it ended within a message, whose beginning was read */
	bool malformed;			/* bytes that no TLS peer sends; the direction was given up */
	bool truncated;			/* over a limit */
};

/* A PROXY protocol header, versions 1 and 2, in front of everything else: whom the proxy speaks for. */
struct tls_proxy {
	uint8_t version;		/* 0: none; 1, 2 */
	bool local;			/* LOCAL or UNKNOWN: no addresses */
	uint8_t family;			/* 4, 6; 0: other */
	uint8_t source[16], destination[16];	/* network order; 4 bytes of an IPv4 address */
	uint16_t source_port, destination_port;
};

enum tls_opened { TLS_OPENED_NONE = 0, TLS_OPENED_KEYLOG, TLS_OPENED_SECRETS };

enum tls_content_guess {		/* what is on a TLS port when it is not TLS */
	TLS_GUESS_NONE = 0, TLS_GUESS_HTTP, TLS_GUESS_SSH, TLS_GUESS_SMTP, TLS_GUESS_OTHER,
};

struct tls_handshake {
	enum tls_protocol protocol;
	int client_dir;			/* direction (0, 1) that is the client's; TLS_SIDE_UNKNOWN */
	uint16_t version;		/* negotiated; 0: not known */
	struct tls_client_hello client_hello;
	struct tls_server_hello server_hello;
	bool hello_retry_request;
	uint16_t retry_group;
	bool hello_verify_request;	/* DTLS */
	struct tls_key_exchange key_exchange;
	struct tls_certificate_request certificate_request;
	struct tls_certificate_msg certificate[2];	/* by side */
	bool certificate_verify[2];
	struct tls_status status;
	bool new_session_ticket;
	uint32_t client_key_exchange;	/* how often; 0: not seen */
	bool resumed, early_data;
	bool established;		/* both Finished, or proved by what followed */
	uint64_t established_ns;
	uint32_t renegotiations, post_handshake_auth;
	struct tls_alert alert;		/* the last in clear; a fatal one stays, whatever follows it */
	struct tls_side_state side[2];
	uint8_t opened[2];		/* by side, TLS 1.3: whose secrets opened handshake records of it, enum tls_opened */
	bool open_failed;		/* there were secrets, and they open nothing */
	struct tls_step *steps;
	size_t step_cnt, step_cap;
	bool steps_truncated;
	uint32_t record_cnt;		/* records seen, both sides */
	uint64_t first_ns, last_ns;	/* first handshake byte, last step */
	enum tls_content_guess not_tls;	/* with client_hello and server_hello both not seen; or the server's clear answer to
					 * a ClientHello */
	const char *upgraded_from;	/* static string; NULL: TLS from the first byte */
	struct tls_proxy proxy;
	uint32_t sslv2_suite;		/* SSL 2.0: the client's choice, three bytes; 0: not seen */
	uint32_t quic_version;
	struct tls_bytes quic_dcid, quic_scid;	/* of the client's first Initial */
	uint16_t dtls_version;
	bool dtls_cookie;
};

#endif
