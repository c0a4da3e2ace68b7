/* SPDX-License-Identifier: BSD-2-Clause */
/* Something that cannot be undone, in a child process. */
#ifndef HSMON_TESTS_CHILD_H
#define HSMON_TESTS_CHILD_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the child: ends it with the line's number unless it holds. */
#define CHILD_CHECK(cond)                                                                                     \
	do {                                                                                                   \
		if (!(cond)) {                                                                                 \
			dprintf(2, "%s:%d: %s\n", __FILE__, __LINE__, #cond);                                  \
			_exit(1);                                                                              \
		}                                                                                              \
	} while (0)

/* Its wait status. */
static inline int child_run(void (*fn)(const void *arg), const void *arg)
{
	int status = -1;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		fn(arg);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return status;
}

#endif
