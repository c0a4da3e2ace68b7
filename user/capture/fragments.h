/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From fragments to the gate: what defrag puts together goes through a gate in user space as if it had never been cut.
 * For capture files it is the file's own gate. Live, where the kernel's gate sees only what is not fragmented, it is one of
 * its own, whose sink has no `open`: the kernel's gate tells of the flow.
 */
#ifndef HSMON_CAPTURE_FRAGMENTS_H
#define HSMON_CAPTURE_FRAGMENTS_H

#include <stddef.h>
#include <stdint.h>

#include "abi.h"

struct gate;
struct fragments;

/* The gate is borrowed. max_bytes: as for defrag_new(). NULL: out of memory. */
struct fragments *fragments_new(struct gate *gate, size_t max_bytes);
void fragments_free(struct fragments *f);
/* A record HS_REC_FRAGMENT and its rec->cap_len bytes; time since the epoch. May call the gate's sink. */
void fragments_add(struct fragments *f, const struct hs_fragment *rec, const uint8_t *packet, uint64_t time_ns);
/* The capture ends. What was lost on the way is counted in the gate's counters all along. */
void fragments_finish(struct fragments *f);

#endif
