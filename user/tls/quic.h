/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QUIC as a carrier of TLS 1.3: versions 1 (RFC 9000, 9001) and 2 (RFC 9369) and the drafts from 22 on. What can be
 * read without anyone's secrets is the Initial packets, whose keys come from the client's first destination connection
 * id: ClientHello, HelloRetryRequest, ServerHello, and a CONNECTION_CLOSE that comes this early. Internal to user/tls/.
 *
 * Nothing passes for QUIC here before an Initial of a client has been opened, its tag verified: other traffic cannot
 * be mistaken for it. (Of a client's Initial that was cut off by the capture, the header does, if it opens the server's.)
 * When that Initial was missed there is nothing to go by, and the connection stays unknown.
 *
 * Whether the handshake succeeded is told from packet types and order. A client sends 1-RTT packets only once its
 * handshake is complete (RFC 9001 section 5.7), so its first one ends the handshake for it. The server may send 1-RTT
 * packets before it has the client's Finished; that it took it shows in a further 1-RTT packet of the client, sent after
 * one of the server that came behind the client's first: a server that refuses closes, and a client that was told so
 * sends nothing any more (RFC 9000 section 10.2.2). Only then is the connection called established.
 */
#ifndef HSMON_TLS_QUIC_H
#define HSMON_TLS_QUIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tls_conn;

/* A whole datagram. false: not QUIC, as far as is known; tls_handshake.protocol is then as it was. */
bool tls_quic_datagram(struct tls_conn *c, int dir, const uint8_t *p, size_t len, uint64_t time_ns);

/* A version with the labels of RFC 9369? */
bool tls_quic_is_v2(uint32_t version);

/* No more comes: what there is of an incomplete message is handed on. */
void tls_quic_end(struct tls_conn *c, uint64_t time_ns);

#endif
