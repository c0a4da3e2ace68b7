/* SPDX-License-Identifier: BSD-2-Clause */
/* What dtls*.c share. */
#ifndef HSMON_TLS_DTLS_INTERNAL_H
#define HSMON_TLS_DTLS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tls/message.h"
#include "tls/pieces.h"
#include "wire/reader.h"

#define DTLS_CT_CID 25			/* RFC 9146 section 4 */
#define DTLS_CT_ACK 26			/* RFC 9147 section 7 */
#define DTLS_VERSION_OLD 0x0100		/* OpenSSL before 0.9.8f, and Cisco's AnyConnect */
#define DTLS_CID_UNKNOWN (-1)

/* dtls_record.c */
struct dtls_record {
	uint8_t type;			/* 0: in a unified header, where it is encrypted */
	uint16_t version;		/* 0: in a unified header */
	uint16_t epoch;			/* in a unified header its low two bits */
	uint64_t number;		/* sequence number; encrypted in a unified header */
	struct reader body;		/* as much as the datagram has */
	uint32_t len;
	const uint8_t *start;		/* of its header */
	size_t number_offset, number_len;	/* in a unified header: of the sequence number, in the header */
};
/* The next record of a datagram; cid_len: length of the connection id that the sender uses, DTLS_CID_UNKNOWN: the rest of
 * the datagram passes for the record. false: not a record. */
bool dtls_record_read(struct reader *datagram, int cid_len, struct dtls_record *out);

struct dtls_fragment {			/* RFC 6347 section 4.2.2 */
	uint8_t type;
	uint32_t len;			/* of the whole message */
	uint16_t seq;
	uint32_t offset;
	struct reader body;		/* as much as is there */
};
/* The next fragment of a handshake record; false: it contradicts itself. */
bool dtls_fragment_read(struct reader *record, struct dtls_fragment *out);
/* Can this be the first record of a connection? */
bool dtls_record_believable(const struct dtls_record *r);

/* dtls_cid.c: the connection id that a hello asks for: it is in the records that the hello's receiver sends. false: none. */
bool dtls_hello_cid(const struct tls_message *m, int *len);

/* dtls_messages.c: the handshake messages of one direction. */
#define DTLS_SLOTS 8			/* messages that may be under way, more than a flight has */

struct dtls_slot {
	bool used;
	uint8_t type;
	uint32_t len;
	uint32_t record, records, segments;
	uint64_t first_ns, last_ns, last_datagram;
	bool decrypted;
	struct tls_pieces pieces;
};

struct dtls_messages {
	uint32_t next;			/* number of the message to be handed on next */
	bool anew;			/* it began at 0 a second time */
	struct dtls_slot *slot[DTLS_SLOTS];	/* by number, modulo; NULL: never needed */
};

struct dtls_seen {
	struct tls_at at;
	uint64_t datagram;		/* number */
	bool decrypted;			/* its record was opened with keys */
};
void dtls_messages_add(struct tls_conn *c, struct dtls_messages *ms, const struct dtls_seen *seen,
		       const struct dtls_fragment *f);
/* Hands on all there is, in order; what is missing will not come. */
void dtls_messages_flush(struct tls_conn *c, struct dtls_messages *ms, const struct tls_at *at);

/* dtls.c */
struct dtls_direction {
	struct dtls_messages messages;
	int cid_len;			/* of the records it sends */
	bool change_cipher_spec;	/* in epoch 0 */
	bool resent;			/* and it was sent again, so that a Finished comes again too */
	uint32_t finished_len;		/* of the record */
	uint16_t window_epoch;
	uint64_t window_top, window;	/* RFC 6347 section 4.1.2.6: numbers seen, the highest in bit 0 */
};

struct tls_dtls {
	struct dtls_direction dir[2];
	uint64_t datagrams;
	/* DTLS 1.3, see dtls13.c */
	uint64_t server_flight_ns, client_flight_ns;
	struct tls_at last[2];		/* by direction: of the last encrypted record, if it has an alert's length */
	uint32_t last_len[2];		/* 0: it has not */
	bool unprompted[2];		/* it came before any of the other side's */
	bool encrypted[2];		/* there were some */
};

/* The message just handed on was a hello: note what it says of connection ids. */
void dtls_after_hello(struct tls_conn *c, const struct tls_message *m);

/* The fragments in a handshake record. */
void dtls_handshake(struct tls_conn *c, struct tls_dtls *d, struct dtls_seen *seen, struct reader body);

/* dtls13.c: an encrypted record in a unified header, that cannot be opened. */
void dtls13_record(struct tls_conn *c, struct tls_dtls *d, const struct tls_at *at, const struct dtls_record *r);
/* Its handshake epoch: RFC 9147 section 6.1. */
#define DTLS13_EPOCH_HANDSHAKE 2

/* dtls13_sealed.c: the same in its place, opened if it can be. */
void dtls13_protected(struct tls_conn *c, const struct tls_at *at, const struct dtls_record *r);
void dtls13_end(struct tls_conn *c, struct tls_dtls *d);

#endif
