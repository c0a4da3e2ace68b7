// SPDX-License-Identifier: BSD-2-Clause
#include "capture/gate.h"

#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "capture/segment.h"

#define FRAGMENTS_MAX 1024

/* Bounded: at its limit the entry longest not used makes room, as in the kernel's LRU maps. */
struct lru {
	struct table *table;
	size_t max, value_len;
};

struct lru_entry {
	struct table_node node;
	struct hs_tuple tuple;
	uint8_t value[] __attribute__((aligned(8)));
};

struct gate_ctx {
	const struct gate_packet *p;
	struct gate *gate;
};

#define HS_CTX struct gate_ctx
#define HS_FUNC static inline
#define HS_SUB static

static inline int hs_load(struct gate_ctx *c, uint32_t off, void *dst, uint32_t len)
{
	if (off > c->p->cap_len || len > c->p->cap_len - off)
		return -1;
	memcpy(dst, c->p->data + off, len);
	return 0;
}

static inline uint32_t hs_peek(struct gate_ctx *c, uint32_t off, uint32_t len, const uint8_t **out)
{
	if (off > c->p->cap_len || len > c->p->cap_len - off)
		return 0;
	*out = c->p->data + off;
	return 1;
}

static inline uint32_t hs_captured(struct gate_ctx *c)
{
	return c->p->cap_len;
}

static inline uint32_t hs_length(struct gate_ctx *c)
{
	return c->p->wire_len;
}

/* With angle brackets: not this folder's file of that name. */
#include <gate_state.h>

struct gate {
	struct hs_config config;
	struct segment_sink sink;
	gate_fragment_fn fragment;
	void *fragment_ctx;
	const uint8_t *pending;		/* IP fragment of scratch.fragment, to be handed on when the gate is done with it */
	struct lru flows, openings, fragments;
	struct hs_counters counters;
	struct hs_scratch scratch;
	uint64_t ports[2][HS_PORT_WORDS];
};

static void *lru_find(struct lru *l, const struct hs_tuple *tuple)
{
	struct table_node *n = table_find(l->table, tuple, sizeof(*tuple));

	if (!n)
		return NULL;
	table_touch(l->table, n);
	return container_of_node(n, struct lru_entry, node)->value;
}

static void lru_remove(struct lru *l, struct table_node *n)
{
	table_remove(l->table, n);
	free(container_of_node(n, struct lru_entry, node));
}

static void lru_delete(struct lru *l, const struct hs_tuple *tuple)
{
	struct table_node *n = table_find(l->table, tuple, sizeof(*tuple));

	if (n)
		lru_remove(l, n);
}

static int lru_add(struct lru *l, const struct hs_tuple *tuple, const void *value)
{
	struct lru_entry *e;

	while (table_count(l->table) >= l->max)
		lru_remove(l, table_oldest(l->table));
	e = malloc(sizeof(*e) + l->value_len);
	if (!e)
		return -1;
	e->tuple = *tuple;
	memcpy(e->value, value, l->value_len);
	e->node.key = &e->tuple;
	e->node.key_len = sizeof(e->tuple);
	table_insert(l->table, &e->node);
	return 0;
}

static void lru_free(struct lru *l)
{
	struct table_node *n;

	while (l->table && (n = table_oldest(l->table)))
		lru_remove(l, n);
	table_free(l->table);
}

static inline uint64_t hs_env_now(struct gate_ctx *c)
{
	return c->p->time_ns;
}

static inline const volatile struct hs_config *hs_env_config(struct gate_ctx *c)
{
	return &c->gate->config;
}

static inline uint32_t hs_env_port(struct gate_ctx *c, uint32_t udp, uint16_t port)
{
	return c->gate->ports[udp & 1][port / 64] >> port % 64 & 1;
}

static inline void hs_env_count(struct gate_ctx *c, uint32_t counter, uint64_t n)
{
	c->gate->counters.v[counter] += n;
}

static inline struct hs_flow *hs_env_flow_find(struct gate_ctx *c, const struct hs_tuple *tuple)
{
	return lru_find(&c->gate->flows, tuple);
}

/* Only asked for after a look for it: it is not there. */
static inline int hs_env_flow_create(struct gate_ctx *c, const struct hs_tuple *tuple, const struct hs_flow *flow)
{
	return lru_add(&c->gate->flows, tuple, flow);
}

static inline void hs_env_flow_delete(struct gate_ctx *c, const struct hs_tuple *tuple)
{
	lru_delete(&c->gate->flows, tuple);
}

static inline struct hs_opening *hs_env_opening_find(struct gate_ctx *c, const struct hs_tuple *tuple)
{
	return lru_find(&c->gate->openings, tuple);
}

static inline void hs_env_opening_put(struct gate_ctx *c, const struct hs_tuple *tuple, const struct hs_opening *op)
{
	lru_delete(&c->gate->openings, tuple);
	lru_add(&c->gate->openings, tuple, op);
}

static inline void hs_env_opening_delete(struct gate_ctx *c, const struct hs_tuple *tuple)
{
	lru_delete(&c->gate->openings, tuple);
}

static inline uint8_t *hs_env_fragment_find(struct gate_ctx *c, const struct hs_tuple *key)
{
	return lru_find(&c->gate->fragments, key);
}

static inline void hs_env_fragment_put(struct gate_ctx *c, const struct hs_tuple *key, const uint8_t *value)
{
	lru_delete(&c->gate->fragments, key);
	lru_add(&c->gate->fragments, key, value);
}

static inline uint64_t hs_env_waiting(struct gate_ctx *c)
{
	(void)c;
	return 0;
}

static int hs_env_emit(struct gate_ctx *c, const void *rec, uint32_t len)
{
	const struct segment_sink *sink = &c->gate->sink;

	(void)len;
	if (*(const uint32_t *)rec == HS_REC_CROSSING)
		sink->crossing(sink->ctx, rec, c->p->time_ns);
	else if (sink->open)
		sink->open(sink->ctx, rec, c->p->time_ns, 0);
	return 0;
}

static void hs_env_emit_data(struct gate_ctx *c, struct hs_scratch *s)
{
	const struct segment_sink *sink = &c->gate->sink;
	struct segment seg = { .rec = &s->seg, .time_ns = c->p->time_ns };

	if (!hs_peek(c, s->emit_off, s->seg.cap_len, &seg.data) && s->seg.cap_len) {
		s->unread++;
		return;
	}
	sink->segment(sink->ctx, &seg);
	s->records++;
}

static int hs_env_emit_fragment(struct gate_ctx *c, struct hs_scratch *s)
{
	return c->gate->fragment && hs_peek(c, s->emit_off, s->fragment.cap_len, &c->gate->pending) ? 0 : -1;
}

#include <gate.h>

static int lru_new(struct lru *l, uint32_t max, size_t value_len)
{
	l->max = max;
	l->value_len = value_len;
	l->table = table_new();
	return l->table ? 0 : -1;
}

struct gate *gate_new(const struct gate_settings *settings, const struct segment_sink *sink)
{
	struct gate *g = calloc(1, sizeof(*g));
	int ret;

	if (!g)
		return NULL;
	g->config = settings->config;
	g->sink = *sink;
	for (int i = 0; i < 2; i++)
		if (settings->ports[i])
			memcpy(g->ports[i], settings->ports[i], sizeof(g->ports[i]));
	ret = lru_new(&g->flows, settings->flows_max ? settings->flows_max : GATE_FLOWS_DEFAULT, sizeof(struct hs_flow));
	if (!ret)
		ret = lru_new(&g->openings, settings->openings_max ? settings->openings_max : GATE_OPENINGS_DEFAULT,
			      sizeof(struct hs_opening));
	if (!ret)
		ret = lru_new(&g->fragments, FRAGMENTS_MAX, sizeof(uint8_t));
	if (ret) {
		gate_free(g);
		return NULL;
	}
	return g;
}

void gate_free(struct gate *g)
{
	if (!g)
		return;
	lru_free(&g->flows);
	lru_free(&g->openings);
	lru_free(&g->fragments);
	free(g);
}

void gate_on_fragment(struct gate *g, gate_fragment_fn fn, void *ctx)
{
	g->fragment = fn;
	g->fragment_ctx = ctx;
}

void gate_copy_encrypted(struct gate *g)
{
	g->config.copy_encrypted = 1;
}

struct hs_counters *gate_counters(struct gate *g)
{
	return &g->counters;
}

static void hand_on_fragment(struct gate *g)
{
	const struct hs_fragment rec = g->scratch.fragment;
	const uint8_t *packet = g->pending;

	g->pending = NULL;
	g->fragment(g->fragment_ctx, &rec, packet);
}

void gate_packet(struct gate *g, const struct gate_packet *p)
{
	g->counters.v[HS_CNT_PACKETS]++;
	g->counters.v[HS_CNT_BYTES] += p->wire_len;
	gate_whole(g, p);
}

void gate_whole(struct gate *g, const struct gate_packet *p)
{
	static const uint8_t next[] = {
		[GATE_START_ETH] = HS_NEXT_ETH,
		[GATE_START_IP] = HS_NEXT_IP,
		[GATE_START_TYPE] = HS_NEXT_TYPE,
		[GATE_START_PPP] = HS_NEXT_PPP,
	};
	struct gate_ctx ctx = { p, g };
	struct hs_scratch *s = &g->scratch;
	uint32_t looked = HS_LOOK_PARSE;

	if (p->start <= GATE_START_IP)
		looked = hs_look(&ctx, next[p->start]);
	g->counters.v[HS_CNT_SELECTED] += !!(looked & HS_LOOK_SELECTED);
	if (!(looked & HS_LOOK_PARSE))
		return;
	memset(&s->pkt, 0, sizeof(s->pkt));
	s->pkt.next = next[p->start];
	s->pkt.type = p->type;
	s->looked = (uint8_t)looked;
	s->pkt.datagram = p->datagram;
	for (int i = 0; i < p->vlan_cnt && i < HS_MAX_VLANS; i++)
		hs_add_vlan(&s->pkt, p->vlan[i]);
	s->ifindex = p->ifindex;
	s->hook = p->hook;
	hs_gate(&ctx, s);
	if (g->pending)
		hand_on_fragment(g);
}
