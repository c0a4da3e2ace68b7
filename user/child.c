/* SPDX-License-Identifier: BSD-2-Clause */
#include "child.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>

int child_signals(bool *out_nohup)
{
	static const int taken[] = { SIGINT, SIGTERM, SIGQUIT, SIGHUP };
	sigset_t set, blocked;
	int fd;

	*out_nohup = signal(SIGHUP, SIG_DFL) == SIG_IGN;
	/* Inherited as ignored it would make waitpid() forget the status. */
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		sigaddset(&set, taken[i]);
	blocked = set;
	sigaddset(&blocked, SIGCHLD);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

int child_await_exit(pid_t pid, unsigned int seconds)
{
	const struct timespec patience = { .tv_sec = seconds };
	int status = 0;
	sigset_t child;
	pid_t ended;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	while (!(ended = waitpid(pid, &status, WNOHANG)))
		if (sigtimedwait(&child, NULL, &patience) < 0 && errno == EAGAIN)
			kill(pid, SIGKILL);
	return ended < 0 ? -errno : status;
}
