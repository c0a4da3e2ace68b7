/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IP fragments put together. Bounded in memory and time: what is oldest goes first, and nothing waits longer than 30
 * seconds. Where fragments overlap, IPv4's first bytes stay (RFC 815 fills holes); of IPv6 the whole packet is dropped
 * (RFC 5722). Exact copies are no overlap.
 */
#ifndef HSMON_CAPTURE_DEFRAG_H
#define HSMON_CAPTURE_DEFRAG_H

#include <stddef.h>
#include <stdint.h>

#include "abi.h"

#define DEFRAG_BYTES_DEFAULT (4u << 20)

struct defrag;

/* max_bytes: of all packets under way; 0: the default. NULL: out of memory. */
struct defrag *defrag_new(size_t max_bytes);
void defrag_free(struct defrag *d);
/* packet: rec->cap_len bytes from the IP header on; times may be of any clock, but always of the same. Returns the length
 * of a packet that is now whole, *out being valid until the next call; else 0. */
size_t defrag_add(struct defrag *d, const struct hs_fragment *rec, const uint8_t *packet, uint64_t time_ns,
		  const uint8_t **out);
/* Packets that will never be whole, so far: malformed, contradictory, cut by the capture, timed out, evicted. */
uint64_t defrag_lost(const struct defrag *d);
/* Nothing more comes: what is under way is lost. */
void defrag_finish(struct defrag *d);

#endif
