/* SPDX-License-Identifier: BSD-2-Clause */
/* What quic*.c share. */
#ifndef HSMON_TLS_QUIC_INTERNAL_H
#define HSMON_TLS_QUIC_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tls/crypto.h"
#include "tls/key_schedule.h"
#include "tls/message.h"
#include "tls/pieces.h"
#include "wire/reader.h"

#define QUIC_CID_MAX 20
#define QUIC_CRYPTO_MAX 65536		/* bytes of an Initial CRYPTO stream */
#define QUIC_DERIVE_MAX 32		/* keys tried in vain: each costs microseconds */

/* quic_version.c */
struct quic_version {
	uint32_t number;
	uint8_t salt[20];
	bool v2;			/* RFC 9369: other labels, other numbers of packet types */
};
/* NULL: not one that carries TLS, or not known. */
const struct quic_version *quic_version(uint32_t number);

/* quic_packet.c */
enum quic_type { QUIC_INITIAL, QUIC_0RTT, QUIC_HANDSHAKE, QUIC_RETRY };

struct quic_packet {
	enum quic_type type;
	const struct quic_version *version;
	struct reader dcid, scid;
	const uint8_t *start;
	size_t pn_offset;		/* from start to the packet number */
	size_t len;			/* of the whole packet, header included */
	uint32_t body_len;		/* what its Length field says: packet number and payload */
	bool truncated;			/* and it is longer than the datagram, of which the capture has only the beginning */
};
/* The next long-header packet of a datagram. false: not one; short headers, version negotiation and versions that are
 * not known are not. */
bool quic_packet_read(struct reader *datagram, struct quic_packet *out);
bool quic_varint(struct reader *r, uint64_t *out);

/* quic_keys.c */
/* The keys of one side's Initial packets, RFC 9001 section 5.2. */
bool quic_keys_derive(struct tls_crypto *c, const struct quic_version *v, struct reader dcid, bool server,
		      struct tls13_keys *out);
/* Opens a packet. The payload is in the crypto's scratch; largest: the highest packet number opened, -1 none. false: not
 * with these keys. */
bool quic_packet_open(struct tls_crypto *c, const struct tls13_keys *k, const struct quic_packet *p, int64_t *largest,
		      struct reader *payload);

/* quic_stream.c: the CRYPTO stream of one side's Initial packets, or of its Handshake packets. */
struct quic_stream {
	struct tls_pieces pieces;
	uint32_t done;			/* bytes handed on */
	uint32_t record;		/* of the message being put together */
	uint32_t records, segments;
	uint64_t first_ns;
	uint64_t last_datagram;
	bool decrypted;			/* of Handshake packets */
};
struct quic_seen {			/* where bytes were seen */
	struct tls_at at;
	uint64_t datagram;		/* number */
};
void quic_stream_add(struct tls_conn *c, struct quic_stream *s, const struct quic_seen *seen, uint64_t offset,
		     struct reader bytes);
/* Hands on the messages that are complete. */
void quic_stream_deliver(struct tls_conn *c, struct quic_stream *s, const struct quic_seen *seen);
/* Hands on what there is of an incomplete one. */
void quic_stream_end(struct tls_conn *c, struct quic_stream *s, const struct tls_at *at);

/* quic_frames.c: the frames of an Initial or Handshake packet, RFC 9000 section 19; what is not allowed there ends the reading. */
void quic_frames(struct tls_conn *c, struct quic_stream *s, const struct quic_seen *seen, struct reader payload);

/* quic_sealed.c: Handshake and 1-RTT packets, in order with what waits for secrets; body_len is all that there is of the latter. */
void quic_handshake_packet(struct tls_conn *c, struct tls_at *at, const struct quic_packet *p);
void quic_one_rtt_packet(struct tls_conn *c, struct tls_at *at, uint32_t body_len);

/* quic.c: what it says that such a packet came, when it cannot be opened. */
void quic_handshake_seen(struct tls_conn *c, const struct tls_at *at, uint32_t len);
void quic_one_rtt_seen(struct tls_conn *c, const struct tls_at *at, uint32_t len);
struct quic_cid {
	uint8_t len;
	uint8_t bytes[QUIC_CID_MAX];
};

struct tls_quic {
	int client_dir;			/* TLS_SIDE_UNKNOWN: no Initial was opened yet */
	const struct quic_version *version;	/* of the keys */
	struct quic_cid dcid;		/* from which they come */
	struct quic_cid unopened[2];	/* by direction: of its last Initial that could not be opened */
	struct quic_cid scid[2];	/* by direction: the id that it chose, of its last long header */
	uint8_t derived_in_vain;
	bool have_server, server_spoke;
	struct tls13_keys keys[2];	/* by enum tls_side */
	int64_t largest[2];
	struct quic_stream *stream[2];	/* by side; NULL: nothing seen */
	struct quic_stream *hidden[2];	/* ... of Handshake packets */
	uint64_t datagrams;
	/* how far it got, see quic.h */
	uint64_t server_handshake_ns;	/* last Handshake packet of the server before the client was done */
	uint64_t client_done_ns;
	bool early, handshake_packets, server_after;
};

#endif
