/* SPDX-License-Identifier: BSD-2-Clause */
#include "state.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/exit.h"
#include "base/log.h"

struct state {
	int fd;
	const char *path;
};

static int failed(const struct state *s, const char *why)
{
	log_error("--state: %s: %s", s->path, why);
	return HS_EXIT_OUTPUT;
}

/* 1: a row; 0: the keeper has ended. */
static int receive(struct state *s, struct state_row *row)
{
	ssize_t n;

	do {
		n = recv(s->fd, row, sizeof(*row), 0);
	} while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(*row);
}

static int start(struct state *s, unsigned int max)
{
	int fds[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return -errno;
	fflush(NULL);
	pid = fork();
	if (!pid) {
		close(fds[0]);
		state_keep(fds[1], s->path, max);
		_exit(0);
	}
	close(fds[1]);
	s->fd = fds[0];
	return pid < 0 ? -errno : 0;
}

int state_open(struct state **out, const char *path, unsigned int max, void (*known)(void *ctx, const struct state_row *row),
	       void *ctx)
{
	struct state *s = calloc(1, sizeof(*s));
	struct state_row row = { 0 };
	int ret, status = HS_EXIT_OK;

	*out = NULL;
	if (!s)
		return HS_EXIT_MEMORY;
	*s = (struct state){ .fd = -1, .path = path };
	ret = start(s, max);
	if (ret)
		status = failed(s, strerror(-ret));
	while (!status && row.kind != STATE_READY) {
		if (!receive(s, &row))
			status = failed(s, "its keeper ended");
		else if (row.kind == STATE_DONE)
			status = failed(s, row.error);
		else if (row.kind == STATE_SERVER)
			known(ctx, &row);
	}
	if (status)
		state_free(s);
	else
		*out = s;
	return status;
}

int state_fd(const struct state *s)
{
	return s->fd;
}

int state_send(struct state *s, const struct state_row *row, bool wait)
{
	while (send(s->fd, row, sizeof(*row), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
		struct pollfd p = { .fd = s->fd, .events = POLLOUT };

		if (errno == EINTR)
			continue;
		if (errno != EAGAIN && errno != ENOBUFS)
			return -EPIPE;
		if (!wait)
			return -EAGAIN;
		poll(&p, 1, -1);
	}
	return 0;
}

int state_finish(struct state *s)
{
	struct state_row row = { .kind = STATE_END };

	/* Even when it cannot be sent the keeper has said why. */
	(void)state_send(s, &row, true);
	while (receive(s, &row))
		if (row.kind == STATE_DONE)
			return row.error[0] ? failed(s, row.error) : HS_EXIT_OK;
	return failed(s, "its keeper ended");
}

void state_free(struct state *s)
{
	if (!s)
		return;
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}
