/* SPDX-License-Identifier: BSD-2-Clause */
/* What is printed on stderr when hsmon ends: handshakes by version and outcome, certificates about to expire, packets, losses. */
#ifndef HSMON_SINK_SUMMARY_H
#define HSMON_SINK_SUMMARY_H

#include <stdio.h>

struct handshake_event;
struct stats_event;
struct summary;

struct summary *summary_new(int expiry_warn_days);
void summary_free(struct summary *s);
/* Remembers what it needs; bounded: at most 1,000 certificates about to expire are kept, the rest counted. */
void summary_add(struct summary *s, const struct handshake_event *e);
void summary_print(const struct summary *s, const struct stats_event *last, FILE *out);

#endif
