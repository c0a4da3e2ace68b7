/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One run: the pipeline, what it prints to, and the counts for the end. Lives in the process that reads
 * packets, live or from a file.
 */
#ifndef HSMON_SESSION_H
#define HSMON_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/segment.h"

struct options;
struct secrets;
struct session;
struct hs_counters;

/* An exit status; what is wrong was said on stderr. live: with this host's name and interfaces. Reads the files that are
 * named in the options. */
int session_new(struct session **out, const struct options *opt, bool live);
void session_free(struct session *s);
/* --check-config: the files that are named in the options are read, and nothing else happens. An exit status; says what is
 * wrong, or that all is well. */
int session_check(const struct options *opt);
struct segment_sink session_sink(struct session *s);
/* To stay open in the sandbox; -1: none. */
int session_state_fd(const struct session *s);
/* Where secrets of this run come from; NULL: nowhere. */
struct secrets *session_secrets(const struct session *s);

/* pipeline_watch_losses() and pipeline_caught_up(). */
void session_watch_losses(struct session *s, uint64_t (*fn)(void *ctx), void *ctx);
void session_caught_up(struct session *s, uint64_t lost);

/* Interfaces come and go; names are remembered for the events. */
void session_interface(struct session *s, uint32_t ifindex, const char *name, const char *action, const char *attach);

/* Interfaces are named by fn instead: a capture file knows its own. */
void session_name_interfaces(struct session *s, const char *(*fn)(const void *ctx, uint32_t ifindex), const void *ctx);

/* Does what is due, writes out what is buffered. Returns when to come again (wall clock, ns; UINT64_MAX: never). now_ns 0:
 * records of the time before still wait to be read. */
uint64_t session_tick(struct session *s, uint64_t now_ns);
void session_stats(struct session *s, const struct hs_counters *counters, uint64_t now_ns);

/* -c is reached, or the output can no longer be written: stop reading. */
bool session_is_over(const struct session *s);

/* Everything left is reported, then the summary. Returns the exit status. */
int session_finish(struct session *s, const struct hs_counters *counters, uint64_t now_ns);

#endif
