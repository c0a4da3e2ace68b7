/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JA3, JA3S and JA4: what a hello says of the software that sent it. JA4 is FoxIO's, under the BSD 3-clause licence;
 * its siblings (JA4S, JA4X, ...) are not and are left out.
 */
#ifndef HSMON_TLS_FINGERPRINT_H
#define HSMON_TLS_FINGERPRINT_H

#include <stdbool.h>

#include "base/strbuf.h"
#include "tls/handshake.h"

/*
 * Fills ja3 and ja4 of a hello whose lists are filled. transport: 't' TCP, 'q' QUIC, 'd' DTLS. A hello in the format of
 * SSL 2.0 has no fingerprint: both stay "". false: no memory, or OpenSSL has no such digest (ja3 "" where MD5 is forbidden).
 * The first call reads OpenSSL's configuration, unless that was done.
 */
bool tls_fingerprint_client(struct tls_client_hello *ch, char transport);

/* Fills ja3s. */
bool tls_fingerprint_server(struct tls_server_hello *sh);

/* The texts that JA3 and JA3S are digests of, appended. False: there is none, or no memory. */
bool tls_ja3_text(const struct tls_client_hello *ch, struct strbuf *b);
bool tls_ja3s_text(const struct tls_server_hello *sh, struct strbuf *b);

#endif
