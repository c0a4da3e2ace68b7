/* SPDX-License-Identifier: BSD-2-Clause */
/* The files that code is run from: each is looked at once, and attached to if secrets can be tapped there. */
#ifndef HSMON_TAP_FILES_H
#define HSMON_TAP_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tap/find.h"

#define FILES_KNOWN_MAX 65536		/* the one longest not mapped is forgotten, and looked at again */
#define FILES_TAPPED_MAX 1024

struct mapping;
struct tap_files;
struct tap_programs;

struct tap_files_stats {
	size_t tapped;			/* now */
	size_t by_point[TAP_POINT_END];	/* now */
	uint64_t refused;		/* more than FILES_TAPPED_MAX */
	uint64_t failed;		/* the kernel did not attach */
	uint64_t remote;		/* not looked at: on NFS, FUSE or the like */
};

/* p is borrowed. NULL: out of memory, or of something else (errno). */
struct tap_files *tap_files_new(const struct tap_programs *p);
/* Detaches all. */
void tap_files_free(struct tap_files *f);

/* Somebody runs code from this file. */
void tap_files_see(struct tap_files *f, const struct mapping *m);

/* Readable when a tapped file has changed: call tap_files_check(), which detaches from files that are being written to
 * before somebody runs them, since what a breakpoint was put on is no longer there. */
int tap_files_fd(const struct tap_files *f);
void tap_files_check(struct tap_files *f);

/* Before and after each mapping that there is has been seen: files that were removed from their folders and that nobody
 * runs any more are detached from, so that their room on the disk is freed. */
void tap_files_sweep_begin(struct tap_files *f);
void tap_files_sweep_end(struct tap_files *f);
/* There may be such files. */
bool tap_files_want_sweep(const struct tap_files *f);

const struct tap_files_stats *tap_files_stats(const struct tap_files *f);

#endif
