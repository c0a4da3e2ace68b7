/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/aside.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "output/spec.h"

#define PATIENCE_MS 5000
#define PATH_MAX_LEN 4096

struct aside {
	const struct output_spec *spec;
	pid_t child;			/* 0: none */
	int child_fd;
	bool again;			/* more was put aside while it was at work */
};

struct aside *aside_new(const struct output_spec *spec)
{
	struct aside *a = calloc(1, sizeof(*a));

	if (a) {
		a->spec = spec;
		a->child_fd = -1;
	}
	return a;
}

static void start_child(struct aside *a)
{
	a->again = false;
	fflush(NULL);
	a->child = fork();
	if (!a->child) {
		int ret;

		(void)setpriority(PRIO_PROCESS, 0, 19);
		ret = aside_work(a->spec);
		if (ret)
			log_warn("output %s: closed files: %s", a->spec->name, strerror(-ret));
		_exit(0);
	}
	if (a->child < 0)
		a->child = 0;
	else
		a->child_fd = (int)syscall(SYS_pidfd_open, a->child, 0);	/* Linux 5.3 */
}

void aside_tidy(struct aside *a)
{
	if (a->child)
		a->again = true;
	else
		start_child(a);
}

int aside_fd(const struct aside *a)
{
	return a->child ? a->child_fd : -1;
}

void aside_step(struct aside *a)
{
	if (!a->child || !waitpid(a->child, NULL, WNOHANG))
		return;
	if (a->child_fd >= 0)
		close(a->child_fd);
	a->child_fd = -1;
	a->child = 0;
	if (a->again)
		start_child(a);
}

void aside_free(struct aside *a)
{
	struct pollfd p;

	if (!a)
		return;
	for (aside_step(a); a->child; aside_step(a)) {
		p = (struct pollfd){ .fd = a->child_fd, .events = POLLIN };
		if (poll(&p, 1, PATIENCE_MS) == 0 || a->child_fd < 0)
			kill(a->child, SIGKILL);
	}
	free(a);
}

/* Two in one microsecond, or a clock that was set back: the next microsecond that is free. */
int aside_put(struct aside *a)
{
	uint64_t now = clock_real_ns();
	char path[PATH_MAX_LEN], stamp[32];

	for (;; now += NS_PER_US) {
		time_t second = (time_t)(now / NS_PER_S);
		struct tm tm;

		strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", gmtime_r(&second, &tm));
		if (snprintf(path, sizeof(path), "%s.%s.%06u", a->spec->target, stamp, (unsigned int)(now % NS_PER_S / NS_PER_US)) >=
		    (int)sizeof(path))
			return -ENAMETOOLONG;
		if (!renameat2(AT_FDCWD, a->spec->target, AT_FDCWD, path, RENAME_NOREPLACE))
			break;
		/* Not every file system has that. */
		if (errno == EINVAL && !rename(a->spec->target, path))
			break;
		if (errno != EEXIST)
			return -errno;
	}
	aside_tidy(a);
	return 0;
}
