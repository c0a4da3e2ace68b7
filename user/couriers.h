/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The processes that deliver: for each output that is not standard output a courier, and over them one that starts them anew when
 * they die. They are made before anything is attached or confined, never see a packet, and give up all rights but those that
 * their destination needs.
 */
#ifndef HSMON_COURIERS_H
#define HSMON_COURIERS_H

#include <stdbool.h>
#include <stddef.h>

#include "event/fields.h"

struct couriers;
struct link;
struct options;
struct output_spec;

#define COURIERS_FDS_MAX 64

/* Waits until each of them has a destination, or is trying to reach it. An exit status; what is wrong was said on stderr. */
int couriers_start(struct couriers **out, const struct options *opt);
/* In the process that does not feed them: it must not look as if they were still fed. */
void couriers_leave(struct couriers *c);
void couriers_free(struct couriers *c);

/* Standard output's; NULL: there is none. */
const struct output_spec *couriers_direct(const struct couriers *c);
/* One of the outputs speaks it; usual: what they speak that were not told otherwise. */
bool couriers_use_schema(const struct couriers *c, enum schema usual, enum schema schema);
struct link *couriers_links(struct couriers *c, size_t *cnt);
/* What is to stay open in the sandbox: fills fds, COURIERS_FDS_MAX at most; how many. */
size_t couriers_fds(const struct couriers *c, int *fds);

/* By who started them. */
void couriers_reopen(struct couriers *c);
/* At once, delivered or not. */
void couriers_abort(struct couriers *c);
/* Until they have ended; they take care of the time. */
void couriers_await(struct couriers *c);

#endif
