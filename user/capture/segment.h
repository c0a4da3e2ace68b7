/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every capture source delivers: the gate's records, in the same shape whether they come from the
 * kernel's ring or from a capture file (design: "a capture tests the kernel's decision").
 */
#ifndef HSMON_CAPTURE_SEGMENT_H
#define HSMON_CAPTURE_SEGMENT_H

#include <stdint.h>

#include "abi.h"

/* A piece of a byte stream. rec and data are borrowed: valid only during the call that delivers them. */
struct segment {
	const struct hs_segment *rec;
	const uint8_t *data;		/* rec->cap_len bytes */
	uint64_t time_ns;		/* CLOCK_REALTIME, since the epoch */
};

/* Where a source delivers. Times are CLOCK_REALTIME ns since the epoch, also offset_ns applied to rec times. */
struct segment_sink {
	void *ctx;
	void (*open)(void *ctx, const struct hs_open *rec, uint64_t time_ns, int64_t offset_ns);
	void (*segment)(void *ctx, const struct segment *seg);
	void (*crossing)(void *ctx, const struct hs_crossing *rec, uint64_t time_ns);
};

#endif
