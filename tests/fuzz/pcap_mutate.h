/* SPDX-License-Identifier: BSD-2-Clause */
/* Changes to capture files that leave them capture files: within a packet, among packets, in their times. */
#ifndef HSMON_TESTS_FUZZ_PCAP_MUTATE_H
#define HSMON_TESTS_FUZZ_PCAP_MUTATE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define PCAP_HEAD 24
#define PCAP_PACKET_HEAD 16
#define PCAP_PACKETS_MAX 512

typedef size_t (*pcap_mutate_fn)(uint8_t *data, size_t size, size_t max_size);

struct pcap_map {
	uint8_t *data;
	size_t size, max, cnt, at[PCAP_PACKETS_MAX + 1];	/* where packets begin; the end behind the last */
};

/* The lowest byte of the time zone, which no reader of today looks at. */
static inline unsigned int pcap_spare_byte(const uint8_t *data, size_t size)
{
	return size >= PCAP_HEAD && data[0] != 0x0a ? data[8] : 0;
}

static inline uint32_t pcap_get(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline void pcap_put(uint8_t *p, uint32_t v)
{
	memcpy(p, &v, sizeof(v));
}

/* false: no pcap file of this machine's byte order, or nothing in it. */
static inline bool pcap_map(struct pcap_map *m, uint8_t *data, size_t size, size_t max)
{
	size_t at = PCAP_HEAD;

	*m = (struct pcap_map){ .data = data, .size = size, .max = max };
	if (size < PCAP_HEAD || (pcap_get(data) != 0xa1b2c3d4 && pcap_get(data) != 0xa1b23c4d))
		return false;
	while (m->cnt < PCAP_PACKETS_MAX && size - at >= PCAP_PACKET_HEAD) {
		size_t len = pcap_get(data + at + 8);

		if (len > size - at - PCAP_PACKET_HEAD)
			break;
		m->at[m->cnt++] = at;
		at += PCAP_PACKET_HEAD + len;
	}
	m->at[m->cnt] = at;
	return m->cnt > 0;
}

/* Replaces n bytes at `at` by room for more; false: they do not fit. */
static inline bool pcap_resize(struct pcap_map *m, size_t at, size_t n, size_t more)
{
	if (m->size - n + more > m->max)
		return false;
	memmove(m->data + at + more, m->data + at + n, m->size - at - n);
	m->size = m->size - n + more;
	return true;
}

/* The length in the IPv4 header follows, else the gate would not see what was put in. Ethernet only. */
static inline void pcap_fix_ip(uint8_t *p, size_t len, int change)
{
	unsigned int total;

	if (!change || len < 34 || p[12] != 8 || p[13] != 0 || p[14] >> 4 != 4)
		return;
	total = (unsigned int)(p[16] << 8 | p[17]) + (unsigned int)change;
	p[16] = (uint8_t)(total >> 8);
	p[17] = (uint8_t)total;
}

static inline void pcap_change_inside(struct pcap_map *m, size_t i, pcap_mutate_fn mutate)
{
	uint8_t *head = m->data + m->at[i], part[4096];
	size_t len = m->at[i + 1] - m->at[i] - PCAP_PACKET_HEAD, from = 0, n, now;

	if (!len)
		return;
	/* Mostly behind the headers. */
	if (len > 60 && rand() % 4)
		from = 54 + (size_t)rand() % (len - 54);
	n = len - from < 2048 ? len - from : 2048;
	memcpy(part, head + PCAP_PACKET_HEAD + from, n);
	now = mutate(part, n, rand() % 3 ? n : sizeof(part));
	if (!pcap_resize(m, m->at[i] + PCAP_PACKET_HEAD + from, n, now))
		return;
	memcpy(head + PCAP_PACKET_HEAD + from, part, now);
	pcap_put(head + 8, (uint32_t)(len - n + now));
	pcap_put(head + 12, (uint32_t)(len - n + now));
	pcap_fix_ip(head + PCAP_PACKET_HEAD, len - n + now, (int)now - (int)n);
}

static inline void pcap_repeat(struct pcap_map *m, size_t from, size_t to)
{
	size_t n = m->at[from + 1] - m->at[from];
	uint8_t *copy = malloc(n);

	memcpy(copy, m->data + m->at[from], n);
	if (pcap_resize(m, m->at[to], 0, n))
		memcpy(m->data + m->at[to], copy, n);
	free(copy);
}

static inline void pcap_drop(struct pcap_map *m, size_t i)
{
	(void)pcap_resize(m, m->at[i], m->at[i + 1] - m->at[i], 0);
}

/* The capture has less of it than there was. */
static inline void pcap_snap(struct pcap_map *m, size_t i)
{
	size_t len = m->at[i + 1] - m->at[i] - PCAP_PACKET_HEAD, keep = len ? (size_t)rand() % len : 0;

	(void)pcap_resize(m, m->at[i] + PCAP_PACKET_HEAD + keep, len - keep, 0);
	pcap_put(m->data + m->at[i] + 8, (uint32_t)keep);
}

static inline void pcap_change_time(struct pcap_map *m, size_t i)
{
	static const uint32_t steps[] = { 1, 29, 31, 3600, 0x7fffffff, 0xffffffff, 0xffffff00 };

	pcap_put(m->data + m->at[i], pcap_get(m->data + m->at[i]) + steps[(size_t)rand() % 7]);
}

static inline size_t pcap_mutate(uint8_t *data, size_t size, size_t max, unsigned int seed, pcap_mutate_fn mutate)
{
	struct pcap_map m;
	size_t i, k;

	srand(seed);
	if (!pcap_map(&m, data, size, max) || rand() % 16 == 0)
		return mutate(data, size, max);
	i = (size_t)rand() % m.cnt;
	k = (size_t)rand() % (m.cnt + 1);
	switch (rand() % 12) {
	case 0: pcap_repeat(&m, i, k); break;
	case 1: pcap_drop(&m, i); break;
	case 2: pcap_snap(&m, i); break;
	case 3: pcap_change_time(&m, i); break;
	case 4: data[8] ^= (uint8_t)(1u << rand() % 8); break;
	case 5:
		pcap_repeat(&m, i, k);
		pcap_drop(&m, i < k ? i : m.cnt > 1 ? k : i);
		break;
	default: pcap_change_inside(&m, i, mutate);
	}
	return m.size;
}

#endif
