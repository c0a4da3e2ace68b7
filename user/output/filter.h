/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which events an output gets: an expression on their fields by name, read once and then bounded in what it costs.
 *
 *	event.outcome = failure and (tls.client.server_name = *.example.com or hsmon.cert.severity >= high)
 *
 * Between a field and a value: = and != (a word, in which * and ? stand for any text and any character; of a list one
 * element is enough), < <= > >= (numbers, and severities by their names). A field alone: it is there. and, or, not, ( ).
 * Values with blanks or signs in them stand in double or single quotes.
 */
#ifndef HSMON_OUTPUT_FILTER_H
#define HSMON_OUTPUT_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "output/queue.h"

struct filter;

/* 0; -EINVAL: err is a sentence that names the position; -ENOMEM. */
int filter_compile(struct filter **out, const char *text, char *err, size_t err_size);
/* event: the struct that kind's field table is about. A field that this kind of event has not is absent. */
bool filter_matches(const struct filter *f, enum record_kind kind, const void *event);
void filter_free(struct filter *f);

#endif
