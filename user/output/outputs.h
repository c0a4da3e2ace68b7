/* SPDX-License-Identifier: BSD-2-Clause */
/* The reader's side of all outputs: each event, filtered and formatted for each of them, to standard output or into the queue of
 * a courier. Never waits for a courier but where drop=block asks for it. */
#ifndef HSMON_OUTPUT_OUTPUTS_H
#define HSMON_OUTPUT_OUTPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/event.h"

struct link;
struct output_spec;
struct outputs;
struct sink_options;

struct outputs_settings {
	const struct output_spec *direct;	/* standard output's; NULL: there is none */
	struct link *links;
	size_t link_cnt;
	const struct sink_options *format;	/* all but where it goes */
	bool live;
	int interrupt_fd;			/* readable: somebody wants something of the reader, blocking shall end; -1: none */
};

/* links stay the caller's, and valid. NULL: out of memory. */
struct outputs *outputs_new(const struct outputs_settings *set);
void outputs_free(struct outputs *o);

/* 0, or -errno of standard output; that of a courier's is a counter. */
int outputs_handshake(struct outputs *o, struct handshake_event *e);
int outputs_stats(struct outputs *o, struct stats_event *e);
int outputs_interface(struct outputs *o, struct interface_event *e);
int outputs_certificate(struct outputs *o, struct certificate_event *e);
int outputs_flush(struct outputs *o);

/* Nothing more comes: waits until the couriers have delivered, given up, or had their time. */
void outputs_finish(struct outputs *o);
/* Of each courier; out->v is valid until the next call. */
void outputs_count(struct outputs *o, struct event_outputs *out);

#endif
