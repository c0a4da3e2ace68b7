/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's perf events of one CPU, in memory shared with it. */
#ifndef HSMON_TAP_PERF_H
#define HSMON_TAP_PERF_H

#include <linux/perf_event.h>
#include <stddef.h>
#include <stdint.h>

#define PERF_RECORD_BYTES_MAX 8192	/* longer ones are left out */

struct perf_buffer {
	void *map;			/* NULL: none */
	size_t bytes;			/* for records, a power of two */
};

/* An event of this kind on that CPU; -errno: -ENODEV, the CPU is off. */
int perf_open(struct perf_event_attr *attr, int cpu);

/* bytes: a power of two of at least a page. fd may be closed afterwards. 0 or -errno. */
int perf_map(struct perf_buffer *b, int fd, size_t bytes);
void perf_unmap(struct perf_buffer *b);

/* Delivers what is there, borrowed for the call. How many records there were. */
unsigned int perf_consume(struct perf_buffer *b, void (*fn)(void *ctx, const struct perf_event_header *record), void *ctx);

#endif
