/* SPDX-License-Identifier: BSD-2-Clause */
/* What the outputs have in common: what an output can do, and the buffered file that it writes to. */
#ifndef HSMON_SINK_SINK_IMPL_H
#define HSMON_SINK_SINK_IMPL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"
#include "sink/sink.h"

#define OUTPUT_BUFFER 65536	/* written out when it holds that much */

struct output {
	int fd;
	bool line_buffered;
	int error;		/* the first error of the file; nothing is written after it */
	sink_emit_fn *emit;	/* instead of fd, NULL: none */
	void *emit_ctx;
	int64_t sequence;	/* of the next event */
	struct strbuf buf;
};

/* 0 or -ENOMEM. */
int output_init(struct output *o, const struct sink_options *opt);
void output_free(struct output *o);
/* What was appended to buf since it was mark bytes long is one whole event: keeps it, or drops it if memory ran
 * out in between; writes out when it is time. 0 or -errno. */
int output_commit(struct output *o, size_t mark);
int output_flush(struct output *o);

/* Each may be NULL, but for free. */
struct sink_ops {
	int (*handshake)(struct sink *s, struct handshake_event *e);
	int (*stats)(struct sink *s, struct stats_event *e);
	int (*interface)(struct sink *s, struct interface_event *e);
	int (*certificate)(struct sink *s, struct certificate_event *e);
	void (*free)(struct sink *s);
};

/* The first member of each output's own struct. */
struct sink {
	const struct sink_ops *ops;
	struct output out;
};

#endif
