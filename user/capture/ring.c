// SPDX-License-Identifier: BSD-2-Clause
#include "capture/ring.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "capture/segment.h"

/*
 * A drain that finds nothing costs 30 us of CPU on a virtual machine, nearly all of it timer and context switch: 0.7 % of
 * a core every 4 ms, 0.3 % every 10 ms, 0.03 % every 100 ms. Longer pauses lose nothing: the kernel wakes the reader when
 * a part of the ring is full.
 */
#define PAUSE_BUSY_NS (10 * NS_PER_MS)
#define PAUSE_IDLE_NS (100 * NS_PER_MS)
/* Empty drains in a row before the pause grows: the gaps within a handshake over a slow link are not idleness. */
#define IDLE_AFTER 32
/* What measuring the offset between the clocks can be wrong by, and what slewing does in some seconds: ignored, so that
 * the times within a handshake stay exact. */
#define OFFSET_NOISE_NS (10 * (int64_t)NS_PER_US)

struct ring {
	struct ring_buffer *rb;
	int fd;
	const struct hs_counters *counters;	/* cpu_cnt of them, shared with the kernel */
	size_t counters_len;
	unsigned int cpu_cnt;
	struct segment_sink sink;
	struct ring_fragments fragments;
	struct ring_owners owners;
	int64_t offset_ns;			/* CLOCK_MONOTONIC to CLOCK_REALTIME */
	unsigned int left;			/* records that this call may still deliver */
	unsigned int empty_cnt;
	uint64_t bad_cnt;
};

static bool on_open(struct ring *r, const void *data, size_t len)
{
	const struct hs_open *rec = data;

	if (len < sizeof(*rec) || rec->dir > 1 || (rec->initiator > 1 && rec->initiator != HS_DIR_UNKNOWN))
		return false;
	r->sink.open(r->sink.ctx, rec, rec->time_ns + (uint64_t)r->offset_ns, r->offset_ns);
	return true;
}

/* A record may be longer than what it says it holds: the kernel reserves in a few sizes. */
static bool on_segment(struct ring *r, const void *data, size_t len)
{
	const struct hs_segment *rec = data;
	struct segment seg;

	if (len < sizeof(*rec) || rec->cap_len > len - sizeof(*rec) || rec->cap_len > rec->wire_len || rec->dir > 1)
		return false;
	seg = (struct segment){
		.rec = rec,
		.data = (const uint8_t *)(rec + 1),
		.time_ns = rec->time_ns + (uint64_t)r->offset_ns,
	};
	r->sink.segment(r->sink.ctx, &seg);
	return true;
}

static bool on_fragment(struct ring *r, const void *data, size_t len)
{
	const struct hs_fragment *rec = data;

	if (len < sizeof(*rec) || rec->cap_len > len - sizeof(*rec))
		return false;
	if (r->fragments.fn)
		r->fragments.fn(r->fragments.ctx, rec, (const uint8_t *)(rec + 1), rec->time_ns + (uint64_t)r->offset_ns,
				r->offset_ns);
	return true;
}

static bool on_crossing(struct ring *r, const void *data, size_t len)
{
	const struct hs_crossing *rec = data;

	if (len < sizeof(*rec) || rec->dir > 1)
		return false;
	r->sink.crossing(r->sink.ctx, rec, rec->time_ns + (uint64_t)r->offset_ns);
	return true;
}

static bool on_owner(struct ring *r, const void *data, size_t len)
{
	const struct hs_owner *rec = data;

	if (len < sizeof(*rec) || rec->dir > 1 || !memchr(rec->comm, '\0', sizeof(rec->comm)))
		return false;
	if (r->owners.owner)
		r->owners.owner(r->owners.ctx, rec, rec->time_ns + (uint64_t)r->offset_ns);
	return true;
}

static bool on_process(struct ring *r, const void *data, size_t len)
{
	const struct hs_process *rec = data;

	if (len < sizeof(*rec) || rec->exe_len > sizeof(rec->exe) || rec->cgroup_len > sizeof(rec->cgroup) ||
	    rec->args_len > sizeof(rec->args))
		return false;
	if (r->owners.process)
		r->owners.process(r->owners.ctx, rec);
	return true;
}

static bool (*const on_record[])(struct ring *r, const void *data, size_t len) = {
	[HS_REC_OPEN] = on_open,
	[HS_REC_SEGMENT] = on_segment,
	[HS_REC_FRAGMENT] = on_fragment,
	[HS_REC_CROSSING] = on_crossing,
	[HS_REC_OWNER] = on_owner,
	[HS_REC_PROCESS] = on_process,
};

/* libbpf goes on until the ring is empty, unless told to stop by a negative value; the record is consumed then, too. */
static int on_sample(void *ctx, void *data, size_t len)
{
	struct ring *r = ctx;
	uint32_t tag;

	if (len < sizeof(tag)) {
		r->bad_cnt++;
	} else {
		memcpy(&tag, data, sizeof(tag));
		if (tag >= sizeof(on_record) / sizeof(on_record[0]) || !on_record[tag] || !on_record[tag](r, data, len))
			r->bad_cnt++;
	}
	return --r->left ? 0 : -ECANCELED;
}

static int map_counters(struct ring *r, int fd)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), len = r->cpu_cnt * sizeof(struct hs_counters);
	void *p;

	r->counters_len = (len + page - 1) & ~(page - 1);
	p = mmap(NULL, r->counters_len, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	r->counters = p;
	return 0;
}

int ring_new(struct ring **out, int fd, int counters_fd, unsigned int cpu_cnt, const struct segment_sink *sink,
	     const struct ring_fragments *fragments)
{
	struct ring *r = calloc(1, sizeof(*r));
	int ret;

	if (!r)
		return -ENOMEM;
	r->fd = fd;
	r->cpu_cnt = cpu_cnt;
	r->sink = *sink;
	if (fragments)
		r->fragments = *fragments;
	r->rb = ring_buffer__new(fd, on_sample, r, NULL);
	ret = r->rb ? map_counters(r, counters_fd) : -errno;
	if (ret) {
		ring_free(r);
		return ret;
	}
	*out = r;
	return 0;
}

void ring_free(struct ring *r)
{
	if (!r)
		return;
	ring_buffer__free(r->rb);
	if (r->counters)
		munmap((void *)r->counters, r->counters_len);
	free(r);
}

void ring_watch_owners(struct ring *r, const struct ring_owners *owners)
{
	r->owners = *owners;
}

int ring_fd(const struct ring *r)
{
	return r->fd;
}

/* For every batch, so that a step of the clock or a suspend counts from the next one on. */
static void update_offset(struct ring *r)
{
	int64_t now = clock_real_offset_ns(), change = now - r->offset_ns;

	if (change > OFFSET_NOISE_NS || change < -OFFSET_NOISE_NS)
		r->offset_ns = now;
}

int ring_consume(struct ring *r, unsigned int max)
{
	int ret;

	if (!max)
		return 0;
	update_offset(r);
	r->left = max;
	ret = ring_buffer__consume(r->rb);
	return ret < 0 && ret != -ECANCELED ? ret : (int)(max - r->left);
}

uint64_t ring_pause_ns(struct ring *r, unsigned int cnt)
{
	if (cnt)
		r->empty_cnt = 0;
	else if (r->empty_cnt < IDLE_AFTER)
		r->empty_cnt++;
	return r->empty_cnt < IDLE_AFTER ? PAUSE_BUSY_NS : PAUSE_IDLE_NS;
}

void ring_counters(const struct ring *r, __u64 out[HS_CNT_MAX])
{
	memset(out, 0, HS_CNT_MAX * sizeof(*out));
	for (unsigned int cpu = 0; cpu < r->cpu_cnt; cpu++)
		for (int i = 0; i < HS_CNT_MAX; i++)
			out[i] += __atomic_load_n(&r->counters[cpu].v[i], __ATOMIC_RELAXED);
}

uint64_t ring_bad_records(const struct ring *r)
{
	return r->bad_cnt;
}
