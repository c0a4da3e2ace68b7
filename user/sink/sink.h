/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An output. The pipeline hands it every event; it formats and writes. An error of the file is final: the call in
 * which it happened returns it, nothing is written any more, and every later call returns it again. -EPIPE means
 * that nobody reads any more (SIGPIPE is to be ignored). -ENOMEM is not final: one event is missing, and its
 * event.sequence with it. A file that does not block is waited for.
 */
#ifndef HSMON_SINK_SINK_H
#define HSMON_SINK_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/fields.h"

struct handshake_event;
struct stats_event;
struct interface_event;
struct certificate_event;
struct sink;

/* One event's bytes, with their line end; they are the sink's. 0 or -errno, which the sink's call returns and forgets. */
typedef int sink_emit_fn(void *ctx, const char *bytes, size_t len);

struct sink_options {
	int fd;				/* where to write; not closed by the sink */
	sink_emit_fn *emit;		/* instead of fd: gets each event as soon as it is made; NULL: fd is written */
	void *emit_ctx;
	bool verbose;			/* text: every handshake as its steps */
	bool color;			/* text: terminal colours */
	bool resolve_width;		/* text: fit columns to the terminal on fd */
	int expiry_warn_days;		/* text: a certificate with that many days left or fewer is coloured */
	const char *columns;		/* CSV: names, comma-separated; NULL: the usual ones */
	enum schema schema;		/* JSON, CSV: whose names */
	bool line_buffered;		/* flush after every event (a terminal or a pipe that somebody watches) */
};

struct sink *sink_text_new(const struct sink_options *opt);
struct sink *sink_json_new(const struct sink_options *opt);
struct sink *sink_csv_new(const struct sink_options *opt);
/* True: the schema has a field of each name in the list. Else *bad is the first that it has not, bad_len bytes. */
bool sink_csv_columns(enum schema schema, const char *columns, const char **bad, size_t *bad_len);
/* 0 or -errno. A sink that gets none of a kind ignores it. */
int sink_handshake(struct sink *s, struct handshake_event *e);
int sink_stats(struct sink *s, struct stats_event *e);
int sink_interface(struct sink *s, struct interface_event *e);
int sink_certificate(struct sink *s, struct certificate_event *e);
/* Writes out what is buffered. */
int sink_flush(struct sink *s);
void sink_free(struct sink *s);

#endif
