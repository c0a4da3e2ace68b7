/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which files processes run code from: those there are, from /proc, and each new one as it is mapped, from the kernel's
 * perf events (PERF_RECORD_MMAP2), so also what dlopen() brings and whatever the path or the namespace.
 */
#ifndef HSMON_TAP_MAPPINGS_H
#define HSMON_TAP_MAPPINGS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct mapping {
	pid_t pid;
	uint64_t start, end;		/* addresses */
	uint64_t dev, ino;		/* of the file, as the kernel tells it: stat() may name another device (btrfs) */
	uint64_t generation;		/* tells a reused inode number; 0: not known */
	const char *path;		/* as its process sees it; borrowed for the call */
};

struct mappings;

typedef void (*mapping_fn)(void *ctx, const struct mapping *m);

/* Events are kept from now on. 0 or -errno. */
int mappings_open(struct mappings **out, mapping_fn fn, void *ctx);
void mappings_close(struct mappings *m);

/* Readable when there are events (an epoll set). */
int mappings_fd(const struct mappings *m);

/* Delivers the events. False: some were lost, mappings_scan() finds what they told. */
bool mappings_follow(struct mappings *m);

/* Delivers what is mapped now, in all processes; the same file many times. 0 or -errno. */
int mappings_scan(struct mappings *m);

/* Opens the file for reading; never waits for a FIFO or a device. -errno: -ESRCH, the process and the file at its path are
 * gone; -EBADF, no regular file; -EREMOTE, on a file system that may let us wait for somebody else (NFS, FUSE). */
int mapping_open_file(const struct mapping *m);

#endif
