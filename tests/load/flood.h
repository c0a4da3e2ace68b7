/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets that are no handshakes, each of another connection. */
#ifndef HSMON_TESTS_LOAD_FLOOD_H
#define HSMON_TESTS_LOAD_FLOOD_H

#include <stddef.h>
#include <stdint.h>

#include "load/frames.h"

struct flood;

/* "syn": connections that are only begun; "half": half a ClientHello of connections whose begin was not seen; "scan": one
 * host tries all ports of others, and is refused. NULL: there is none of that name. */
struct flood *flood_new(const char *name);
void flood_free(struct flood *f);
/* Packet number n. */
size_t flood_fill(const struct flood *f, uint64_t n, uint8_t out[FRAME_MAX]);

#endif
