/* SPDX-License-Identifier: BSD-2-Clause */
#include "tap/perf.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int perf_open(struct perf_event_attr *attr, int cpu)
{
	int fd;

	attr->size = sizeof(*attr);
	fd = (int)syscall(SYS_perf_event_open, attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int perf_map(struct perf_buffer *b, int fd, size_t bytes)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *map = mmap(NULL, page + bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		return -errno;
	*b = (struct perf_buffer){ .map = map, .bytes = bytes };
	return 0;
}

void perf_unmap(struct perf_buffer *b)
{
	if (b->map)
		munmap(b->map, (size_t)sysconf(_SC_PAGESIZE) + b->bytes);
	b->map = NULL;
}

/* What begins at that position, and may go around the end. */
static void copy_out(const struct perf_buffer *b, uint64_t at, void *to, size_t len)
{
	const uint8_t *data = (const uint8_t *)b->map + sysconf(_SC_PAGESIZE);
	const size_t begin = (size_t)(at & (b->bytes - 1)), room = b->bytes - begin, first = len < room ? len : room;

	memcpy(to, data + begin, first);
	memcpy((uint8_t *)to + first, data, len - first);
}

unsigned int perf_consume(struct perf_buffer *b, void (*fn)(void *ctx, const struct perf_event_header *record), void *ctx)
{
	struct perf_event_mmap_page *page = b->map;
	uint64_t head = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE), tail = page->data_tail;
	union {
		struct perf_event_header head;
		uint8_t bytes[PERF_RECORD_BYTES_MAX];
	} record;
	unsigned int cnt = 0;

	while (head - tail >= sizeof(record.head)) {
		size_t len;

		copy_out(b, tail, &record, sizeof(record.head));
		len = record.head.size;
		if (len < sizeof(record.head) || len > head - tail)
			break;		/* not by the kernel */
		if (len <= sizeof(record)) {
			copy_out(b, tail, &record, len);
			fn(ctx, &record.head);
		}
		tail += len;
		cnt++;
	}
	__atomic_store_n(&page->data_tail, head, __ATOMIC_RELEASE);
	return cnt;
}
