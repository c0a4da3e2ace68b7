/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A process that reads what attackers wrote can, after sandbox_enter(), compute, and read and write the files that are
 * already open; nothing else. Whoever takes it over gets no file, no socket, no program and no other process.
 */
#ifndef HSMON_SANDBOX_H
#define HSMON_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

struct sandbox_settings {
	const int *keep_fds;	/* stay open, in any order; 0, 1 and 2 only if listed */
	size_t keep_cnt;
};

/* What is in force, as far as this kernel has it. */
struct sandbox_state {
	bool seccomp;
	int landlock_abi;	/* 0: not there (Linux 5.13, and switched on) */
};

/* Makes libraries do now what they would do at first use, and could not later: time zone, OpenSSL's configuration,
 * providers, random numbers and error texts. Before privs_drop(): files may be readable by root alone. */
void sandbox_preload(void);

/*
 * All threads are confined, for good. Before: everything is open that will be needed, privs_drop() was called. From then
 * on a system call that is not expected kills the process with SIGSYS (in builds with sanitizers, which need more, seccomp
 * is left out). out may be NULL. 0 or -errno; after an error the process must not go on.
 *
 * Possible afterwards: read, write, seek and fstat on open files; epoll, poll and timers; memory without PROT_EXEC;
 * messages on connected sockets; the clock, random numbers, resource usage; terminal size; exit.
 */
int sandbox_enter(const struct sandbox_settings *settings, struct sandbox_state *out);

/* Closes all but these. Part of sandbox_enter(); alone, for a process that has just been forked. 0 or -errno. */
int sandbox_close_fds(const int *keep, size_t cnt);

#endif
