/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals, and the end of the other process, for one that waits with epoll. */
#ifndef HSMON_CHILD_H
#define HSMON_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

/* From now on SIGINT, SIGTERM, SIGQUIT and SIGHUP are read from the file descriptor that this returns, or -errno. Whatever was
 * inherited, the end of a child is waited for. out_nohup: SIGHUP came ignored, we are to outlive the terminal. */
int child_signals(bool *out_nohup);
/* Waits for its end, and after so many seconds sees to it. As waitpid(2) tells it, or -errno. After child_signals(). */
int child_await_exit(pid_t pid, unsigned int seconds);

#endif
