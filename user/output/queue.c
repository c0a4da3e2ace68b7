/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/queue.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ALIGN 8u

/* Positions only grow; what is at a position is at position % size. A cache line each: they are written by two processes. */
struct shared {
	_Alignas(64) _Atomic uint64_t head;	/* the writer's */
	_Alignas(64) _Atomic uint64_t tail;	/* both move it forward, by compare and exchange */
	_Alignas(64) char bytes[];
};

struct queue {
	struct shared *s;
	size_t size;
};

struct queue *queue_new(size_t size)
{
	struct queue *q = malloc(sizeof(*q));
	void *p = q ? mmap(NULL, sizeof(struct shared) + size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0) : NULL;

	if (!q || p == MAP_FAILED) {
		free(q);
		return NULL;
	}
	*q = (struct queue){ p, size };
	return q;
}

void queue_free(struct queue *q)
{
	if (!q)
		return;
	munmap(q->s, sizeof(struct shared) + q->size);
	free(q);
}

size_t queue_room_for(size_t len)
{
	return (sizeof(struct record_head) + len + ALIGN - 1) / ALIGN * ALIGN;
}

size_t queue_size(const struct queue *q)
{
	return q->size;
}

uint64_t queue_begin(const struct queue *q)
{
	return atomic_load(&q->s->tail);
}

uint64_t queue_used(const struct queue *q)
{
	uint64_t tail = atomic_load(&q->s->tail), head = atomic_load(&q->s->head);

	return head - tail <= q->size ? head - tail : 0;
}

static void copy_in(struct queue *q, uint64_t pos, const void *p, size_t len)
{
	size_t at = (size_t)(pos % q->size), first = len < q->size - at ? len : q->size - at;

	memcpy(q->s->bytes + at, p, first);
	memcpy(q->s->bytes, (const char *)p + first, len - first);
}

static void copy_out(const struct queue *q, uint64_t pos, void *p, size_t len)
{
	size_t at = (size_t)(pos % q->size), first = len < q->size - at ? len : q->size - at;

	memcpy(p, q->s->bytes + at, first);
	memcpy((char *)p + first, q->s->bytes, len - first);
}

/* False: no record of this length can be there. used: bytes from pos on. */
static bool read_head(const struct queue *q, uint64_t pos, uint64_t used, struct record_head *h)
{
	if (used < sizeof(*h) || used > q->size)
		return false;
	copy_out(q, pos, h, sizeof(*h));
	h->key[RECORD_KEY_MAX] = '\0';
	if (h->key_len > RECORD_KEY_MAX)
		h->key_len = RECORD_KEY_MAX;
	return h->len <= RECORD_MAX && queue_room_for(h->len) <= used;
}

/* The oldest one goes, unless the reader has just taken it. */
static int drop_oldest(struct queue *q, uint64_t head, uint64_t *out_dropped)
{
	uint64_t tail = atomic_load(&q->s->tail);
	struct record_head h;

	if (tail == head)		/* the reader has taken all of it meanwhile */
		return 0;
	if (!read_head(q, tail, head - tail, &h))
		return atomic_load(&q->s->tail) == tail ? -EBADMSG : 0;
	if (atomic_compare_exchange_strong(&q->s->tail, &tail, tail + queue_room_for(h.len)))
		++*out_dropped;
	return 0;
}

int queue_put(struct queue *q, const struct record_head *h, const void *bytes, enum queue_policy policy, uint64_t *out_dropped)
{
	uint64_t head = atomic_load_explicit(&q->s->head, memory_order_relaxed);
	size_t room = queue_room_for(h->len);

	*out_dropped = 0;
	if (h->len > RECORD_MAX || room > q->size)
		return -EMSGSIZE;
	for (;;) {
		uint64_t used = head - atomic_load(&q->s->tail);
		int ret;

		if (used > q->size)
			return -EBADMSG;
		if (q->size - used >= room)
			break;
		if (policy != QUEUE_DROP_OLDEST)
			return -ENOBUFS;
		ret = drop_oldest(q, head, out_dropped);
		if (ret)
			return ret;
	}
	copy_in(q, head, h, sizeof(*h));
	copy_in(q, head + sizeof(*h), bytes, h->len);
	atomic_store(&q->s->head, head + room);
	return 0;
}

static int read_at(const struct queue *q, uint64_t pos, uint64_t room, struct record_head *h, struct strbuf *b)
{
	uint64_t head = atomic_load(&q->s->head);
	char *d;

	if (head == pos)
		return 0;
	if (!read_head(q, pos, head - pos, h))
		return -EBADMSG;
	if (queue_room_for(h->len) > room)
		return -ENOSPC;
	strbuf_reset(b);
	d = strbuf_room(b, h->len);
	if (!d)
		return -ENOMEM;
	copy_out(q, pos + sizeof(*h), d, h->len);
	d[h->len] = '\0';
	b->len = h->len;
	return 1;
}

/* The writer may take the record out while it is copied: then the copy is torn, and the next one is copied instead. */
int queue_take(struct queue *q, uint64_t room, struct record_head *h, struct strbuf *b)
{
	for (;;) {
		uint64_t tail = atomic_load(&q->s->tail);
		int ret = read_at(q, tail, room, h, b);

		if (ret == 1 && atomic_compare_exchange_strong(&q->s->tail, &tail, tail + queue_room_for(h->len)))
			return 1;
		if (ret != 1 && atomic_load(&q->s->tail) == tail)
			return ret;
	}
}

int queue_read(const struct queue *q, uint64_t *pos, struct record_head *h, struct strbuf *b)
{
	int ret = read_at(q, *pos, UINT64_MAX, h, b);

	if (ret == 1)
		*pos += queue_room_for(h->len);
	return ret;
}

int queue_skip(const struct queue *q, uint64_t *pos)
{
	uint64_t head = atomic_load(&q->s->head);
	struct record_head h;

	if (!read_head(q, *pos, head - *pos, &h))
		return -ENODATA;
	*pos += queue_room_for(h.len);
	return 0;
}

void queue_forget(struct queue *q, uint64_t pos)
{
	atomic_store(&q->s->tail, pos);
}
