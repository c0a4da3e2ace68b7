/* SPDX-License-Identifier: BSD-2-Clause */
/* The command that hsmon runs and watches: there from the start, but it begins only when everything is in place. */
#ifndef HSMON_COMMAND_H
#define HSMON_COMMAND_H

#include <stdbool.h>
#include <sys/types.h>

struct options;
struct signalfd_siginfo;

struct command {
	pid_t pid;			/* 0: there is none */
	int go_fd;			/* -1: it was let go */
	int failed_fd;			/* tells why it could not be run */
	int pid_fd;			/* readable when it has ended */
	int status;			/* exit status to pass on, once it has ended; -1 before */
};

/* Makes its process, if opt has one, which waits. Signals are as they were inherited: before child_signals(). HS_EXIT_OK, or
 * another exit status after saying why on stderr. */
int command_prepare(struct command *c, const struct options *opt);
/* In a process forked since: nothing of it is kept open. */
void command_leave(struct command *c);
/* It begins. */
void command_go(struct command *c);
/* pid_fd is readable: takes its status, and says what kept it from running. */
void command_ended(struct command *c, const struct options *opt);
bool command_runs(const struct command *c);
/* A signal for hsmon is meant for the command, too; one of the terminal reaches it anyway. */
void command_signal(const struct command *c, const struct signalfd_siginfo *info);
/* Waits for its end; signals go on to it. One that was never let go never begins. */
void command_finish(struct command *c, const struct options *opt, int signal_fd);
/* Of hsmon, that has this status of its own. */
int command_exit_status(const struct command *c, int own);

#endif
