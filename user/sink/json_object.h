/* SPDX-License-Identifier: BSD-2-Clause */
/* Values as JSON, walking a plan. */
#ifndef HSMON_SINK_JSON_OBJECT_H
#define HSMON_SINK_JSON_OBJECT_H

#include <stdint.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "sink/json_plan.h"

/* The last second whose text was made: most events of a busy one differ only in the fraction. */
struct json_clock {
	uint64_t second;
	char iso[CLOCK_ISO_LEN];	/* "": none yet */
};

/* event: the struct that the plan's rows are about. */
void json_object(struct json_clock *clock, struct strbuf *b, const struct json_plan *plan, const void *event);

#endif
