/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parser of one connection: two in-order byte streams (or datagrams) in, a struct tls_handshake out.
 * Knows nothing of packets, certificates' contents or output.
 */
#ifndef HSMON_TLS_CONN_H
#define HSMON_TLS_CONN_H

#include "tls/handshake.h"

struct arena;
struct secret_store;
struct tls_conn;

/* What the parser hands on at once instead of keeping. Bytes are borrowed for the call. Each may be NULL. */
struct tls_events {
	void *ctx;
	/* A certificate of side's chain; index counts from 0 in wire order. */
	void (*certificate)(void *ctx, enum tls_side side, uint32_t index, const uint8_t *der, size_t len);
	/* A stapled OCSPResponse for the certificate with that index of the server's chain. */
	void (*ocsp)(void *ctx, uint32_t index, const uint8_t *der, size_t len);
};

struct tls_options {
	uint32_t message_max;		/* longest handshake message kept, bytes; 0: 131072 */
	bool upgrades;			/* look for TLS after clear text */
	struct secret_store *secrets;	/* of TLS 1.3; not owned. NULL: there are none, and nothing is opened */
	bool secrets_later;		/* they may come after the records they open: those are kept for a while */
	bool transcripts;		/* some are found by the hash of the hellos */
};

/* What became of fed bytes. */
struct tls_fed {
	size_t consumed;		/* bytes used up: they need not be fed again */
	uint64_t skip;			/* this many bytes of the stream after them are not wanted (the body of an application
					 * data record): the next bytes to feed are the ones behind, whether or not those in
					 * between were captured */
	uint64_t optional;		/* this many bytes after them are of use, but may have been left out of the capture on
					 * purpose: then they are a gap that says nothing */
	bool done;			/* nothing more of this direction is wanted */
};

/* arena: everything learnt is allocated there; it must outlive the conn. NULL: out of memory. */
struct tls_conn *tls_conn_new(struct arena *arena, const struct tls_options *opt, const struct tls_events *events);
void tls_conn_free(struct tls_conn *c);

/* The next bytes of direction dir (0 or 1), all that are contiguous. Those not consumed are fed again, with more
 * behind them. segment_cnt: segments those bytes came in (for client_hello.segments). */
struct tls_fed tls_conn_feed(struct tls_conn *c, int dir, const uint8_t *p, size_t len, uint64_t time_ns, uint32_t segment_cnt);

/* len bytes of direction dir's stream are missing and will not come; what follows is fed next. The record layer
 * goes on at the next record header when it knows where that is, else gives the direction up. */
void tls_conn_gap(struct tls_conn *c, int dir, uint64_t len, uint64_t time_ns);

/* A whole UDP datagram: DTLS or QUIC. */
void tls_conn_datagram(struct tls_conn *c, int dir, const uint8_t *p, size_t len, uint64_t time_ns);

/* The connection has ended or is given up: what can still be concluded is. */
void tls_conn_end(struct tls_conn *c, uint64_t time_ns);

const struct tls_handshake *tls_conn_handshake(const struct tls_conn *c);

/* The server has begun its flight of SSL 3.0 to TLS 1.2 in clear, and not ended it. */
bool tls_conn_in_server_flight(const struct tls_conn *c);

/* Are there records that secrets may still open? Until then the handshake is not known as far as it could be. */
bool tls_conn_waits(const struct tls_conn *c);
/* Secrets were put into the store that may be this connection's. */
void tls_conn_secrets_came(struct tls_conn *c);
/* They are waited for no longer. */
void tls_conn_give_up_secrets(struct tls_conn *c);
/* The hash of ClientHello..ServerHello; len 0: not known, or not asked for (tls_options). */
const uint8_t *tls_conn_transcript(const struct tls_conn *c, size_t *len);

/* Nothing that may still come can change the handshake's event. */
bool tls_conn_settled(const struct tls_conn *c);

#endif
