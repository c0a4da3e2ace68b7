/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where secrets of TLS 1.3 handshakes come from in this run: a key log, read as it grows, and those that capture files hold. All
 * go to one store.
 */
#ifndef HSMON_SECRETS_H
#define HSMON_SECRETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct options;
struct pipeline;
struct pipeline_stats;
struct secret_store;
struct secrets;

/* Opens the key log: before the process is confined. *out is NULL when no secrets can come. An exit status; what is wrong was
 * said on stderr. */
int secrets_new(struct secrets **out, const struct options *opt, bool live);
void secrets_free(struct secrets *s);
/* Who waits for them. */
void secrets_tell(struct secrets *s, struct pipeline *p);
/* NULL: s is. */
struct secret_store *secrets_store(const struct secrets *s);
/* To stay open in the sandbox; -1: none. */
int secrets_fd(const struct secrets *s);
/* Reads what was added to the key log (of a capture: all of it, once). Also with s NULL. */
void secrets_poll(struct secrets *s, uint64_t now_ns);
/* A key log in a capture file. */
void secrets_block(struct secrets *s, const uint8_t *p, size_t len);
/* Adds what this knows. */
void secrets_stats(const struct secrets *s, struct pipeline_stats *stats);

#endif
