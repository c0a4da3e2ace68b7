/* SPDX-License-Identifier: BSD-2-Clause */
/* A conversation of the packet table through the gate in user space. */
#ifndef HSMON_TESTS_GATE_RUN_H
#define HSMON_TESTS_GATE_RUN_H

#include "capture/gate.h"
#include "capture/segment.h"
#include "cases.h"

/* A record as it came, and its bytes. */
typedef void (*gate_run_fn)(void *ctx, const struct script *s, const void *rec, size_t len, const uint8_t *data,
			    size_t data_len);

struct gate_run {
	gate_run_fn fn;
	void *ctx;
	const struct script *script;
};

static inline void gate_run_text(void *ctx, const struct script *s, const void *rec, size_t len, const uint8_t *data,
				 size_t data_len)
{
	(void)len;
	(void)data;
	(void)data_len;
	text_record(ctx, s, rec);
}

static void gate_run_open(void *ctx, const struct hs_open *rec, uint64_t time_ns, int64_t offset_ns)
{
	struct gate_run *r = ctx;

	(void)time_ns;
	(void)offset_ns;
	r->fn(r->ctx, r->script, rec, sizeof(*rec), NULL, 0);
}

static void gate_run_segment(void *ctx, const struct segment *seg)
{
	struct gate_run *r = ctx;

	r->fn(r->ctx, r->script, seg->rec, sizeof(*seg->rec), seg->data, seg->rec->cap_len);
}

static void gate_run_crossing(void *ctx, const struct hs_crossing *rec, uint64_t time_ns)
{
	struct gate_run *r = ctx;

	(void)time_ns;
	r->fn(r->ctx, r->script, rec, sizeof(*rec), NULL, 0);
}

static void gate_run_fragment(void *ctx, const struct hs_fragment *rec, const uint8_t *packet)
{
	struct gate_run *r = ctx;

	r->fn(r->ctx, r->script, rec, sizeof(*rec), packet, rec->cap_len);
}

static inline void case_config(const struct packet_case *c, struct hs_config *config, uint64_t ports[HS_PORT_WORDS])
{
	memset(config, 0, sizeof(*config));
	memset(ports, 0, HS_PORT_WORDS * sizeof(*ports));
	config->budget = c->config & CASE_SMALL_BUDGET ? 2000 : 0;
	config->any_port = !!(c->config & CASE_ANY);
	config->upgrades = !!(c->config & CASE_UPGRADES);
	config->copy_encrypted = !!(c->config & CASE_ENCRYPTED);
	if (!config->any_port)
		ports[SCRIPT_PORT / 64] |= 1ULL << SCRIPT_PORT % 64;
}

/* Every record to fn; what was counted is added to *counted, when fn writes text. */
static inline void gate_run(const struct packet_case *c, const struct script *s, gate_run_fn fn, void *ctx)
{
	struct gate_run r = { fn, ctx, s };
	const struct segment_sink sink = { &r, gate_run_open, gate_run_segment, gate_run_crossing };
	static uint64_t ports[HS_PORT_WORDS];
	struct gate_settings set = { .ports = { ports, ports } };
	uint64_t counted[HS_CNT_MAX];
	struct gate *g;

	case_config(c, &set.config, ports);
	g = gate_new(&set, &sink);
	if (!g)
		abort();
	gate_on_fragment(g, gate_run_fragment, &r);
	for (size_t i = 0; i < s->cnt; i++) {
		const struct step *step = &s->steps[i];
		const struct gate_packet p = {
			.data = step->data,
			.cap_len = step->len,
			.wire_len = step->len,
			.time_ns = 1000 * (i + 1),
			.ifindex = step->ifindex,
			.datagram = step->datagram,
			.start = step->l3 ? GATE_START_IP : GATE_START_ETH,
			.hook = step->hook,
		};

		gate_packet(g, &p);
	}
	for (int i = 0; i < HS_CNT_MAX; i++)
		counted[i] = gate_counters(g)->v[i];
	if (fn == gate_run_text)
		text_counters(ctx, counted);
	gate_free(g);
}

#endif
