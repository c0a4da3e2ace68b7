/* SPDX-License-Identifier: BSD-2-Clause */
/* What tests of the BPF programs share: loading them, and lists of the records they give. */
#ifndef HSMON_TESTS_BPF_RUN_H
#define HSMON_TESTS_BPF_RUN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "cases.h"
#include "gate_run.h"

#include "hsmon.skel.h"

#define RECORDS_MAX 600

/* What one run gave. */
struct list {
	struct {
		uint8_t *p;
		size_t len;
	} v[RECORDS_MAX];
	size_t n;
};

static inline void list_free(struct list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i].p);
	l->n = 0;
}

/* Times differ, but a time that is known is known in both. */
static inline void forget_times(void *rec)
{
	struct hs_open *o = rec;
	struct hs_segment *s = rec;

	/* All have it at the same place. */
	s->time_ns = 0;
	if (o->tag != HS_REC_OPEN)
		return;
	o->syn_ns = !!o->syn_ns;
	o->syn_ack_ns = !!o->syn_ack_ns;
}

static inline void list_add(void *ctx, const struct script *s, const void *rec, size_t len, const uint8_t *data, size_t data_len)
{
	struct list *l = ctx;

	(void)s;
	assert_true(l->n < RECORDS_MAX);
	l->v[l->n].len = len + data_len;
	l->v[l->n].p = malloc(len + data_len);
	memcpy(l->v[l->n].p, rec, len);
	if (data_len)
		memcpy(l->v[l->n].p + len, data, data_len);
	forget_times(l->v[l->n].p);
	l->n++;
}

static inline size_t header_len(uint32_t tag)
{
	switch (tag) {
	case HS_REC_OPEN:
		return sizeof(struct hs_open);
	case HS_REC_SEGMENT:
		return sizeof(struct hs_segment);
	case HS_REC_FRAGMENT:
		return sizeof(struct hs_fragment);
	}
	return sizeof(struct hs_crossing);
}

static inline int list_add_record(void *ctx, void *data, size_t len)
{
	const struct hs_segment *seg = data;
	size_t header = header_len(seg->tag), bytes = 0;

	/* Where a record has bytes, cap_len is at the same place. */
	if (seg->tag == HS_REC_SEGMENT || seg->tag == HS_REC_FRAGMENT)
		bytes = seg->cap_len;
	assert_true(len >= header + bytes);
	list_add(ctx, NULL, data, header, (uint8_t *)data + header, bytes);
	return 0;
}

/* ring_bytes 0: the default. */
static inline struct hsmon_bpf *bpf_load(const struct packet_case *c, uint32_t ring_bytes)
{
	struct hsmon_bpf *skel = hsmon_bpf__open();
	struct hs_config config;

	assert_non_null(skel);
	assert_int_equal(bpf_map__set_max_entries(skel->maps.counters, (uint32_t)libbpf_num_possible_cpus()), 0);
	if (ring_bytes)
		assert_int_equal(bpf_map__set_max_entries(skel->maps.ring, ring_bytes), 0);
	case_config(c, &config, (uint64_t *)skel->bss->hs_ports[0]);
	memcpy(skel->bss->hs_ports[1], skel->bss->hs_ports[0], sizeof(skel->bss->hs_ports[0]));
	config.wake_bytes = bpf_map__max_entries(skel->maps.ring) / 4;
	skel->rodata->hs_config = config;
	assert_int_equal(hsmon_bpf__load(skel), 0);
	return skel;
}

static inline void bpf_clear_map(struct bpf_map *map)
{
	struct hs_tuple key;

	while (!bpf_map__get_next_key(map, NULL, &key, sizeof(key)))
		assert_int_equal(bpf_map__delete_elem(map, &key, sizeof(key), 0), 0);
}

static inline void bpf_clear(struct hsmon_bpf *skel)
{
	const struct hs_counters zero = { { 0 } };

	bpf_clear_map(skel->maps.flows);
	bpf_clear_map(skel->maps.openings);
	for (uint32_t cpu = 0; cpu < bpf_map__max_entries(skel->maps.counters); cpu++)
		bpf_map__update_elem(skel->maps.counters, &cpu, sizeof(cpu), &zero, sizeof(zero), BPF_ANY);
}

static inline void bpf_count(struct hsmon_bpf *skel, uint64_t out[HS_CNT_MAX])
{
	struct hs_counters c;

	memset(out, 0, HS_CNT_MAX * sizeof(*out));
	for (uint32_t cpu = 0; cpu < bpf_map__max_entries(skel->maps.counters); cpu++) {
		bpf_map__lookup_elem(skel->maps.counters, &cpu, sizeof(cpu), &c, sizeof(c), 0);
		for (int i = 0; i < HS_CNT_MAX; i++)
			out[i] += c.v[i];
	}
}

/* False, and said, when they differ. */
static inline bool lists_equal(const char *name, const struct list *a, const struct list *b)
{
	if (a->n != b->n) {
		print_error("%s: %zu records in the kernel, %zu in user space\n", name, a->n, b->n);
		return false;
	}
	for (size_t i = 0; i < a->n; i++) {
		size_t at = 0;

		while (at < a->v[i].len && at < b->v[i].len && a->v[i].p[at] == b->v[i].p[at])
			at++;
		if (a->v[i].len == b->v[i].len && at == a->v[i].len)
			continue;
		print_error("%s: record %zu differs at byte %zu of %zu and %zu\n", name, i, at, a->v[i].len, b->v[i].len);
		return false;
	}
	return true;
}

#endif
