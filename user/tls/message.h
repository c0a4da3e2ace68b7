/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between whatever carries a handshake (the TLS record layer, DTLS, QUIC) and the messages themselves: the
 * carrier reassembles and numbers, this side understands. Internal to user/tls/.
 *
 * A carrier sets tls_handshake.protocol before its first message (ClientHello differs in DTLS), and calls the
 * functions below in the order in which things end on the wire.
 */
#ifndef HSMON_TLS_MESSAGE_H
#define HSMON_TLS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tls/conn.h"
#include "tls/handshake.h"

struct arena;

/* RFC 8446 section 4 and the IANA registry TLS HandshakeType. */
enum tls_message_type {
	TLS_MSG_HELLO_REQUEST = 0,
	TLS_MSG_CLIENT_HELLO = 1,
	TLS_MSG_SERVER_HELLO = 2,
	TLS_MSG_HELLO_VERIFY_REQUEST = 3,
	TLS_MSG_NEW_SESSION_TICKET = 4,
	TLS_MSG_END_OF_EARLY_DATA = 5,
	TLS_MSG_HELLO_RETRY_REQUEST = 6,	/* drafts of TLS 1.3 before 22 */
	TLS_MSG_ENCRYPTED_EXTENSIONS = 8,
	TLS_MSG_CERTIFICATE = 11,
	TLS_MSG_SERVER_KEY_EXCHANGE = 12,
	TLS_MSG_CERTIFICATE_REQUEST = 13,
	TLS_MSG_SERVER_HELLO_DONE = 14,
	TLS_MSG_CERTIFICATE_VERIFY = 15,
	TLS_MSG_CLIENT_KEY_EXCHANGE = 16,
	TLS_MSG_FINISHED = 20,
	TLS_MSG_CERTIFICATE_URL = 21,
	TLS_MSG_CERTIFICATE_STATUS = 22,
	TLS_MSG_SUPPLEMENTAL_DATA = 23,
	TLS_MSG_KEY_UPDATE = 24,
	TLS_MSG_COMPRESSED_CERTIFICATE = 25,
	TLS_MSG_NEXT_PROTOCOL = 67,
	TLS_MSG_MESSAGE_HASH = 254,
};

/* Content types, RFC 8446 section 5.1. */
enum tls_content_type {
	TLS_CT_CHANGE_CIPHER_SPEC = 20,
	TLS_CT_ALERT = 21,
	TLS_CT_HANDSHAKE = 22,
	TLS_CT_APPLICATION_DATA = 23,
	TLS_CT_HEARTBEAT = 24,
};

/* Where and when something was seen. */
struct tls_at {
	int dir;			/* direction of the connection, 0 or 1 */
	uint32_t record;		/* from tls_conn_next_record(): the record, or QUIC packet, in which it began */
	uint64_t time_ns;		/* of its last byte */
};

/* One complete handshake message, without its header; in DTLS reassembled from its fragments. */
struct tls_message {
	struct tls_at at;
	uint8_t type;			/* enum tls_message_type */
	bool decrypted;			/* was protected on the wire, and opened with keys */
	const uint8_t *body;		/* borrowed */
	size_t len;
	uint32_t wire_len;		/* length its header gave; above len: the rest is missing or over the limit */
	uint32_t records;		/* over how many records (QUIC: CRYPTO frames) it was spread; 1 at least */
	uint32_t segments;		/* over how many segments (datagrams) */
	uint64_t first_ns;		/* when its first byte was seen */
};

void tls_conn_message(struct tls_conn *c, const struct tls_message *m);

/* A record counts: its number, from 1. Also counts it for the direction. */
uint32_t tls_conn_next_record(struct tls_conn *c, int dir);

/* A change_cipher_spec record. */
void tls_conn_change_cipher_spec(struct tls_conn *c, const struct tls_at *at, uint32_t len);

/* An alert record, in clear or not: told from its length and from what came before. */
void tls_conn_alert(struct tls_conn *c, const struct tls_at *at, const uint8_t *body, uint32_t len);

/* A record whose body cannot be read: application_data, or a handshake record after change_cipher_spec (DTLS: of an
 * epoch above 0; QUIC: a Handshake or 1-RTT packet as application data). type: enum tls_content_type; len: of its body. */
void tls_conn_protected(struct tls_conn *c, const struct tls_at *at, uint8_t type, uint32_t len);

/* For carriers that know better than lengths and order do (QUIC). */
void tls_conn_side_finished(struct tls_conn *c, int dir, uint64_t time_ns);
void tls_conn_established(struct tls_conn *c, uint64_t time_ns);

/* What is being filled, to write to. Sides of a direction are provisional until the client is known. */
struct tls_handshake *tls_conn_state(struct tls_conn *c);
struct tls_side_state *tls_conn_dir_state(struct tls_conn *c, int dir);
enum tls_side tls_conn_side(const struct tls_conn *c, int dir);
struct arena *tls_conn_arena(struct tls_conn *c);

/* A step that is no handshake message; see enum tls_step_kind. */
void tls_conn_step(struct tls_conn *c, const struct tls_at *at, enum tls_step_kind kind, uint32_t len);

/* Where the carriers of datagrams keep what they need; allocated by them, in the arena. */
struct tls_dtls;
struct tls_quic;
struct tls_carriers {
	struct tls_dtls *dtls;
	struct tls_quic *quic;
};
struct tls_carriers *tls_conn_carriers(struct tls_conn *c);

#endif
