/* SPDX-License-Identifier: BSD-2-Clause */
#include "couriers.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/exit.h"
#include "base/log.h"
#include "child.h"
#include "courier_process.h"
#include "options.h"
#include "output/delivery.h"
#include "output/link.h"

#define LOOK_MS 200			/* whether the supervisor is still there */
#define END_SECONDS 5			/* beyond the longest linger */

struct couriers {
	struct output_spec direct;
	bool has_direct;
	struct link *link;
	size_t cnt;
	pid_t supervisor;		/* 0: none */
	int life[2];
};

static int failed(const char *what, int err)
{
	log_error("outputs: %s: %s", what, strerror(-err));
	return err == -ENOMEM || err == -EMFILE || err == -ENFILE || err == -EAGAIN ? HS_EXIT_MEMORY : HS_EXIT_OUTPUT;
}

static int add(struct couriers *c, const char *text)
{
	struct output_spec spec;
	char err[256];
	int ret = output_spec_parse(&spec, text, err, sizeof(err));

	if (ret == -EINVAL) {
		log_error("-o (--output): %s", err);
		return HS_EXIT_USAGE;
	}
	if (!ret && !spec.delivery) {
		c->direct = spec;
		c->has_direct = true;
		return HS_EXIT_OK;
	}
	if (!ret)
		ret = link_open(&c->link[c->cnt], &spec);
	if (ret)
		return failed("no queue", ret);
	c->cnt++;
	return HS_EXIT_OK;
}

static int make_links(struct couriers *c, const struct options *opt)
{
	int status = HS_EXIT_OK;

	c->link = calloc(opt->output_cnt + 1, sizeof(*c->link));
	if (!c->link)
		return failed("no queue", -ENOMEM);
	if (!opt->output_cnt)
		return add(c, "text");
	for (size_t i = 0; !status && i < opt->output_cnt; i++)
		status = add(c, opt->outputs[i]);
	return status;
}

static int start_supervisor(struct couriers *c, const struct options *opt)
{
	if (pipe2(c->life, O_CLOEXEC))
		return -errno;
	fflush(NULL);
	c->supervisor = fork();
	if (c->supervisor < 0) {
		c->supervisor = 0;
		return -errno;
	}
	if (!c->supervisor) {
		close(c->life[1]);
		courier_supervise(c->link, c->cnt, c->life[0], opt);
		_exit(0);
	}
	close(c->life[0]);
	c->life[0] = -1;
	return 0;
}

/* Each has its destination, or is on the way to it. */
static int await_start(struct couriers *c)
{
	for (size_t i = 0; i < c->cnt; i++) {
		struct link *l = &c->link[i];
		struct pollfd p = { .fd = l->room_fd, .events = POLLIN };

		while (link_state(l) == LINK_STARTING) {
			poll(&p, 1, LOOK_MS);
			if (link_state(l) == LINK_STARTING && waitpid(c->supervisor, NULL, WNOHANG) == c->supervisor)
				return failed("their processes ended", -ECHILD);
		}
		link_hush(l->room_fd);
		if (link_state(l) != LINK_FAILED)
			continue;
		l->shared->error[LINK_ERROR_MAX - 1] = '\0';
		log_error("output %s: %s", l->spec.name, l->shared->error);
		return HS_EXIT_OUTPUT;
	}
	return HS_EXIT_OK;
}

int couriers_start(struct couriers **out, const struct options *opt)
{
	struct couriers *c = calloc(1, sizeof(*c));
	int status, ret;

	*out = NULL;
	if (!c)
		return failed("no queue", -ENOMEM);
	c->life[0] = c->life[1] = -1;
	status = make_links(c, opt);
	if (!status && c->cnt) {
		ret = start_supervisor(c, opt);
		status = ret ? failed("cannot start their processes", ret) : await_start(c);
	}
	if (status)
		couriers_free(c);
	else
		*out = c;
	return status;
}

void couriers_leave(struct couriers *c)
{
	if (c->life[1] >= 0)
		close(c->life[1]);
	c->life[1] = -1;
}

void couriers_free(struct couriers *c)
{
	if (!c)
		return;
	couriers_leave(c);
	for (size_t i = 0; i < c->cnt; i++)
		link_close(&c->link[i]);
	free(c->link);
	output_spec_free(&c->direct);
	free(c);
}

const struct output_spec *couriers_direct(const struct couriers *c)
{
	return c->has_direct ? &c->direct : NULL;
}

static bool uses(const struct output_spec *s, enum schema usual, enum schema schema)
{
	return (s->schema < 0 ? usual : (enum schema)s->schema) == schema;
}

bool couriers_use_schema(const struct couriers *c, enum schema usual, enum schema schema)
{
	for (size_t i = 0; i < c->cnt; i++)
		if (uses(&c->link[i].spec, usual, schema))
			return true;
	return c->has_direct && uses(&c->direct, usual, schema);
}

struct link *couriers_links(struct couriers *c, size_t *cnt)
{
	*cnt = c->cnt;
	return c->link;
}

size_t couriers_fds(const struct couriers *c, int *fds)
{
	size_t n = 0;

	fds[n++] = c->life[1];
	for (size_t i = 0; i < c->cnt && n + 2 <= COURIERS_FDS_MAX; i++) {
		fds[n++] = c->link[i].wake_fd;
		fds[n++] = c->link[i].room_fd;
	}
	return n;
}

void couriers_reopen(struct couriers *c)
{
	if (c->supervisor)
		kill(c->supervisor, SIGHUP);
}

void couriers_abort(struct couriers *c)
{
	if (c->supervisor)
		kill(c->supervisor, SIGUSR1);
}

void couriers_await(struct couriers *c)
{
	unsigned int longest = 0;

	if (!c->supervisor)
		return;
	for (size_t i = 0; i < c->cnt; i++)
		if (c->link[i].spec.linger_s > longest)
			longest = (unsigned int)c->link[i].spec.linger_s;
	child_await_exit(c->supervisor, longest + END_SECONDS);
	c->supervisor = 0;
}
