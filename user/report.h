/* SPDX-License-Identifier: BSD-2-Clause */
/* The stats event: kernel's and user space's counters under one set of names. */
#ifndef HSMON_REPORT_H
#define HSMON_REPORT_H

#include <stdbool.h>
#include <stdint.h>

struct hs_counters;
struct pipeline_stats;
struct stats_event;

struct report_outcomes {
	uint64_t success, failure, unknown;
};

/* counters are those of all CPUs, summed. */
void report_fill(struct stats_event *e, const struct hs_counters *counters, const struct pipeline_stats *stats,
		 const struct report_outcomes *outcomes, uint64_t now_ns, bool last);

#endif
