/* SPDX-License-Identifier: BSD-2-Clause */
/* Closed files of a rotated one: PATH.20261125-104500.123456, UTC, in the order of their names. A child process compresses them
 * and removes those that are too many, so that new events do not wait for it. */
#ifndef HSMON_OUTPUT_ASIDE_H
#define HSMON_OUTPUT_ASIDE_H

struct aside;
struct output_spec;

/* NULL: out of memory. */
struct aside *aside_new(const struct output_spec *spec);
/* Waits for a child that is at work, but at most five seconds. */
void aside_free(struct aside *a);
/* The file gets its new name, and the rest is seen to. 0 or -errno. */
int aside_put(struct aside *a);
/* Compresses and removes, in a child process. */
void aside_tidy(struct aside *a);
/* Readable when the child has ended: aside_step(). -1: there is none. */
int aside_fd(const struct aside *a);
void aside_step(struct aside *a);

/* The child's work: 0 or -errno. */
int aside_work(const struct output_spec *spec);

#endif
