/* SPDX-License-Identifier: BSD-2-Clause */
#include "tap/ring.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tap/programs.h"

#define SLOTS_BYTES (HS_SECRET_SLOTS * sizeof(struct hs_secret_slot))

struct tap_ring {
	tap_secret_fn fn;
	void *ctx;
	int fd;
	struct ring_buffer *rb;
	/* shared with the kernel */
	const struct hs_secret_counters *counters;
	struct hs_secret_slot *slots;
};

static bool is_sound(const struct hs_secret *s)
{
	return s->label < HS_SECRET_LABEL_END && (s->secret_len == 32 || s->secret_len == 48) &&
	       ((s->kind == HS_SECRET_BY_TRANSCRIPT && s->key_len == s->secret_len) ||
		(s->kind == HS_SECRET_BY_RANDOM && s->key_len == HS_SECRET_RANDOM));
}

/* Wiped first, then the kernel's again. */
static void give_back(struct hs_secret_slot *slot)
{
	explicit_bzero(slot->secret, sizeof(slot->secret));
	__atomic_store_n(&slot->taken, 0, __ATOMIC_RELEASE);
}

static int on_record(void *ctx, void *data, size_t len)
{
	struct tap_ring *r = ctx;
	const struct hs_secret *rec = data;
	struct hs_secret_slot *slot;

	if (len < sizeof(*rec) || rec->slot >= HS_SECRET_SLOTS)
		return 0;
	slot = &r->slots[rec->slot];
	if (is_sound(rec) && r->fn)
		r->fn(r->ctx, rec, slot->secret);
	give_back(slot);
	return 0;
}

static int map(int fd, size_t len, int protection, void **out)
{
	void *p = mmap(NULL, len, protection, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		return -errno;
	*out = p;
	return madvise(p, len, MADV_DONTDUMP) ? -errno : 0;
}

static int open_ring(struct tap_ring *r, const struct tap_programs *p)
{
	int ret;

	r->fd = fcntl(tap_programs_ring_fd(p), F_DUPFD_CLOEXEC, 3);
	if (r->fd < 0)
		return -errno;
	ret = map(tap_programs_slots_fd(p), SLOTS_BYTES, PROT_READ | PROT_WRITE, (void **)&r->slots);
	if (!ret)
		ret = map(tap_programs_counters_fd(p), (size_t)sysconf(_SC_PAGESIZE), PROT_READ, (void **)&r->counters);
	if (ret)
		return ret;
	r->rb = ring_buffer__new(r->fd, on_record, r, NULL);
	return r->rb ? 0 : errno ? -errno : -ENOMEM;
}

int tap_ring_new(struct tap_ring **out, const struct tap_programs *p, tap_secret_fn fn, void *ctx)
{
	struct tap_ring *r = calloc(1, sizeof(*r));
	int ret;

	if (!r)
		return -ENOMEM;
	r->fn = fn;
	r->ctx = ctx;
	ret = open_ring(r, p);
	if (ret)
		tap_ring_free(r);
	else
		*out = r;
	return ret;
}

void tap_ring_free(struct tap_ring *r)
{
	if (!r)
		return;
	r->fn = NULL;
	if (r->rb)
		(void)ring_buffer__consume(r->rb);
	ring_buffer__free(r->rb);
	if (r->slots)
		munmap(r->slots, SLOTS_BYTES);
	if (r->counters)
		munmap((void *)r->counters, (size_t)sysconf(_SC_PAGESIZE));
	if (r->fd >= 0)
		close(r->fd);
	free(r);
}

int tap_ring_fd(const struct tap_ring *r)
{
	return r->fd;
}

int tap_ring_consume(struct tap_ring *r)
{
	return ring_buffer__consume(r->rb);
}

void tap_ring_counters(const struct tap_ring *r, struct hs_secret_counters *out)
{
	*out = *r->counters;
}
