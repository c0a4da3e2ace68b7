/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reader's end of what the programs in TLS libraries tell. After tap_ring_new() it is shared memory alone, and works in
 * a process that may do nothing. A secret is wiped from the shared memory when it has been delivered; it is in no core dump.
 */
#ifndef HSMON_TAP_RING_H
#define HSMON_TAP_RING_H

#include <stdint.h>

#include "secret_abi.h"

struct tap_programs;
struct tap_ring;

/* Both are borrowed for the call: secret_len bytes. Lengths, kind and label are checked. */
typedef void (*tap_secret_fn)(void *ctx, const struct hs_secret *rec, const uint8_t *secret);

/* Keeps a copy of p's ring, and nothing else of it. 0 or -errno. */
int tap_ring_new(struct tap_ring **out, const struct tap_programs *p, tap_secret_fn fn, void *ctx);
/* What was not delivered is wiped. */
void tap_ring_free(struct tap_ring *r);

/* Becomes readable (for EPOLLET) when an eighth of the ring waits; the reader looks by itself before that. */
int tap_ring_fd(const struct tap_ring *r);

/* Delivers all that is there; how many, or -errno. */
int tap_ring_consume(struct tap_ring *r);

/* Sums since the programs were loaded. */
void tap_ring_counters(const struct tap_ring *r, struct hs_secret_counters *out);

#endif
