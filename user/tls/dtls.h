/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DTLS 1.0 (RFC 4347), 1.2 (RFC 6347) and 1.3 (RFC 9147) as carriers of handshake messages: records in datagrams, messages
 * in fragments that come in any order and more than once, handed on in the order of their numbers. Connection ids
 * (RFC 9146) are followed. Internal to user/tls/.
 *
 * A message that never becomes complete is handed on as far as it goes once what follows proves that its receiver had
 * all of it (a ChangeCipherSpec, an encrypted record, the other side's next message), or at the end.
 */
#ifndef HSMON_TLS_DTLS_H
#define HSMON_TLS_DTLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tls_conn;

/* A whole datagram. false: not DTLS, as far as is known; tls_handshake.protocol is then as it was. The first that counts
 * holds a handshake message in clear. */
bool tls_dtls_datagram(struct tls_conn *c, int dir, const uint8_t *p, size_t len, uint64_t time_ns);

/* No more comes. */
void tls_dtls_end(struct tls_conn *c, uint64_t time_ns);

#endif
