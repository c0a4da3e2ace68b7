/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reader's end of the kernel's ring. ring_new() is the last use of bpf(): from then on it is shared memory
 * alone, and works in a process that may do nothing.
 *
 * Records do not wake the reader (waking it for each costs 40 times what the record costs): the owner's timer
 * drains the ring, after ring_pause_ns(). The kernel wakes it early when hs_config.wake_bytes wait: add ring_fd() to
 * the epoll set with EPOLLIN | EPOLLET; level-triggered it would be ready whenever a record is there.
 */
#ifndef HSMON_CAPTURE_RING_H
#define HSMON_CAPTURE_RING_H

#include <stddef.h>
#include <stdint.h>

#include "abi.h"

struct segment_sink;
struct ring;

/* Where IP fragments go, to be reassembled; time as in struct segment. fn may be NULL. */
struct ring_fragments {
	void *ctx;
	void (*fn)(void *ctx, const struct hs_fragment *rec, const uint8_t *packet, uint64_t time_ns, int64_t offset_ns);
};

/* cpu_cnt: entries of the map of counters. The sink is borrowed until ring_free(), the file descriptors are not
 * kept but for ring_fd, which stays the caller's and must stay open. 0 or -errno. */
int ring_new(struct ring **out, int ring_fd, int counters_fd, unsigned int cpu_cnt, const struct segment_sink *sink,
	     const struct ring_fragments *fragments);
void ring_free(struct ring *r);

/* Where it is told whose connections are; time as in struct segment. Before the first ring_consume(). */
struct ring_owners {
	void *ctx;
	void (*owner)(void *ctx, const struct hs_owner *rec, uint64_t time_ns);
	void (*process)(void *ctx, const struct hs_process *rec);
};
void ring_watch_owners(struct ring *r, const struct ring_owners *owners);

int ring_fd(const struct ring *r);

/* Delivers up to max records; how many there were, less than max only if the ring was empty then. -errno if the
 * ring itself cannot be read. */
int ring_consume(struct ring *r, unsigned int max);

/* How long to sleep after a drain that found cnt records. */
uint64_t ring_pause_ns(struct ring *r, unsigned int cnt);

/* Sums over all CPUs. */
void ring_counters(const struct ring *r, __u64 out[HS_CNT_MAX]);

/* Records that contradicted themselves and were dropped: a defect, never traffic. */
uint64_t ring_bad_records(const struct ring *r);

#endif
