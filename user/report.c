/* SPDX-License-Identifier: BSD-2-Clause */
#include "report.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "abi.h"
#include "event/event.h"
#include "pipeline.h"

struct counter_name {
	enum hs_counter counter;
	const char *name, *text;
};

static const struct counter_name losses[] = {
	{ HS_CNT_LOST_FLOWS, "handshakes", "handshakes never seen" },
	{ HS_CNT_LOST_RING_FULL, "ring_full", "ring buffer full" },
	{ HS_CNT_LOST_FLOW_TABLE, "flow_table_full", "flow table full" },
	{ HS_CNT_LOST_BUDGET, "budget", "over the budget of a direction" },
	{ HS_CNT_LOST_SNAPLEN, "snap_length", "cut off by the snap length" },
	{ HS_CNT_LOST_LOAD, "unreadable", "bytes of a packet could not be read" },
	{ HS_CNT_LOST_FRAGMENT, "fragment", "IP fragments not completed" },
};

static const struct counter_name notes[] = {
	{ HS_CNT_MIDSTREAM, "mid_stream", "connections that were open before" },
	{ HS_CNT_ENCAP, "encapsulation", "encapsulation not understood" },
	{ HS_CNT_MALFORMED, "malformed", "malformed headers" },
	{ HS_CNT_NOT_TLS, "not_tls", "connections that are not TLS" },
	{ HS_CNT_DUPLICATE, "duplicate", "packets seen again on another interface" },
};

static void add(struct event_counts *c, const char *name, const char *text, uint64_t value)
{
	if (c->n < EVENT_COUNTS_MAX)
		c->v[c->n++] = (struct event_count){ name, text, value };
}

static int64_t resident_bytes(void)
{
	struct rusage u;

	/* The peak: /proc is out of reach for the reader, and the peak is what an operator must provide. */
	return getrusage(RUSAGE_SELF, &u) ? EVENT_ABSENT : (int64_t)u.ru_maxrss * 1024;
}

static void own_cost(struct stats_event *e)
{
	struct rusage u;

	e->cpu_user_us = e->cpu_system_us = EVENT_ABSENT;
	e->memory_bytes = resident_bytes();
	if (getrusage(RUSAGE_SELF, &u))
		return;
	e->cpu_user_us = u.ru_utime.tv_sec * INT64_C(1000000) + u.ru_utime.tv_usec;
	e->cpu_system_us = u.ru_stime.tv_sec * INT64_C(1000000) + u.ru_stime.tv_usec;
}

void report_fill(struct stats_event *e, const struct hs_counters *counters, const struct pipeline_stats *stats,
		 const struct report_outcomes *outcomes, uint64_t now_ns, bool last)
{
	memset(e, 0, sizeof(*e));
	e->time_ns = now_ns;
	e->sequence = EVENT_ABSENT;
	e->last = last;
	e->packets = counters->v[HS_CNT_PACKETS];
	e->bytes = counters->v[HS_CNT_BYTES];
	e->selected = counters->v[HS_CNT_SELECTED];
	e->kernel_run_ns = e->kernel_run_cnt = EVENT_ABSENT;
	add(&e->handshakes, "success", "succeeded", outcomes->success);
	add(&e->handshakes, "failure", "failed", outcomes->failure);
	add(&e->handshakes, "unknown", "unknown", outcomes->unknown);
	for (size_t i = 0; i < sizeof(losses) / sizeof(*losses); i++)
		add(&e->drops, losses[i].name, losses[i].text, counters->v[losses[i].counter]);
	add(&e->drops, "memory_budget", "reassembly memory, bytes", stats->reassembly_refused);
	add(&e->drops, "flows_evicted", "too many connections at once", stats->flows_evicted);
	add(&e->drops, "gaps", "gaps in what was captured", stats->gaps);
	add(&e->drops, "truncated", "handshakes over a limit", stats->handshake_truncated);
	add(&e->drops, "out_of_memory", "out of memory", stats->out_of_memory);
	for (size_t i = 0; i < sizeof(notes) / sizeof(*notes); i++)
		add(&e->notes, notes[i].name, notes[i].text, counters->v[notes[i].counter]);
	add(&e->notes, "translated", "handshakes seen again behind address translation", stats->joined);
	add(&e->notes, "no_handshake", "connections without a handshake", stats->no_handshake);
	add(&e->notes, "opened", "TLS 1.3 handshakes opened with secrets", stats->opened);
	add(&e->notes, "not_opened", "TLS 1.3 handshakes whose secrets do not open them", stats->open_failed);
	add(&e->notes, "secrets_malformed", "malformed lines in key logs", stats->secrets_malformed);
	add(&e->notes, "secrets_unused", "secrets that were wiped unused: too many, or too old", stats->secrets_unused);
	own_cost(e);
}
