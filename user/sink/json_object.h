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

/* What is kept between events. */
struct json_writer {
	struct json_clock clock;
	struct strbuf scratch;		/* a value in another form, before it is escaped */
};

void json_writer_free(struct json_writer *j);
/* event: the struct that the plan's rows are about. */
void json_object(struct json_writer *j, struct strbuf *b, const struct json_plan *plan, const void *event);

#endif
