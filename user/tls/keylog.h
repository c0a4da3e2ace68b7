/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A key log in NSS's format (draft-ietf-tls-keylogfile): lines of a label, the ClientHello's random and a secret, in hex. The two
 * labels of handshake traffic, also as QUIC stacks wrote them once, go to the store; a line with any other label is dropped
 * before its secret is looked at. Lines come in whatever pieces they are read in, and are bounded.
 */
#ifndef HSMON_TLS_KEYLOG_H
#define HSMON_TLS_KEYLOG_H

#include <stddef.h>
#include <stdint.h>

struct keylog;
struct secret_store;

struct keylog_stats {
	uint64_t secrets;		/* put into the store */
	uint64_t malformed;		/* lines with one of the labels, and not what must follow it */
};

/* The line that is being read is in the store's memory; the store outlives it. NULL: out of memory, or no room there. */
struct keylog *keylog_new(struct secret_store *store);
void keylog_free(struct keylog *k);
/* The next bytes; not kept. */
void keylog_feed(struct keylog *k, const uint8_t *p, size_t len);
/* No more comes: a line that has no end counts. Or it begins anew: it does not. */
void keylog_end(struct keylog *k);
void keylog_restart(struct keylog *k);
const struct keylog_stats *keylog_stats(const struct keylog *k);

#endif
