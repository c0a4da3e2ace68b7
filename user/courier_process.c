/* SPDX-License-Identifier: BSD-2-Clause */
#include "courier_process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "options.h"
#include "output/courier.h"
#include "output/delivery.h"
#include "output/link.h"
#include "privs.h"
#include "sandbox.h"

#define AGAIN_MAX_S 60

struct child {
	pid_t pid;			/* 0: not running */
	time_t again_at;		/* when to start it anew; 0: not */
	unsigned int deaths;
};

struct supervisor {
	struct link *link;
	size_t cnt;
	int life_fd;
	const struct options *opt;
	struct child *child;
	bool aborted;
};

static void set_signals(void)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGQUIT, SIGPIPE, SIGXFSZ };
	sigset_t taken;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		signal(ignored[i], SIG_IGN);
	signal(SIGHUP, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&taken);
	sigaddset(&taken, SIGHUP);
	sigaddset(&taken, SIGUSR1);
	sigaddset(&taken, SIGCHLD);
	sigprocmask(SIG_SETMASK, &taken, NULL);
}

static int signal_fd(void)
{
	sigset_t taken;
	int fd;

	sigemptyset(&taken);
	sigaddset(&taken, SIGHUP);
	sigaddset(&taken, SIGUSR1);
	fd = signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

static int owner_of_folder(const char *path, struct privs_identity *out)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
	struct stat st;
	int ret = !folder ? -ENOMEM : stat(folder, &st) ? -errno : 0;

	free(folder);
	if (!ret)
		*out = (struct privs_identity){ st.st_uid, st.st_gid };
	return ret;
}

/* Whose rights a courier needs: the owner's of what it writes to; else none, so it is whom the reader is. */
static int find_identity(const struct output_spec *s, const char *user, struct privs_identity *out)
{
	struct stat st;

	if (s->delivery->must_open && s->delivery->is_path)
		return owner_of_folder(s->target, out);
	/* A socket that is not for everybody. */
	if (s->delivery->is_path && !stat(s->target, &st) && !(st.st_mode & S_IWOTH)) {
		*out = (struct privs_identity){ st.st_uid, st.st_gid };
		return 0;
	}
	return privs_find(user, out);
}

static int give_up_rights(const struct link *l, const char *user)
{
	struct privs_identity id;
	int ret = find_identity(&l->spec, user, &id);

	if (ret)
		return ret;
	/* Root's own folder, or a root that may not become anybody else: still without any capability. */
	ret = privs_drop(geteuid() || !id.uid ? NULL : &id);
	if (ret == -EPERM || ret == -EINVAL)
		ret = privs_drop(NULL);
	return ret;
}

static void leave_others(const struct supervisor *s, const struct link *own)
{
	for (size_t i = 0; i < s->cnt; i++)
		if (&s->link[i] != own)
			link_close(&s->link[i]);
}

static void fail(struct link *l, const char *what, int err)
{
	snprintf(l->shared->error, sizeof(l->shared->error), "%s: %s", what, strerror(-err));
	link_set_state(l, LINK_FAILED);
	link_ring(l->room_fd);
}

static void run(struct supervisor *s, struct link *l)
{
	struct courier_settings set = { .life_fd = s->life_fd, .signal_fd = signal_fd() };
	const int keep[] = { STDERR_FILENO, l->wake_fd, l->room_fd, set.life_fd, set.signal_fd };
	int ret = set.signal_fd < 0 ? set.signal_fd : sandbox_close_fds(keep, sizeof(keep) / sizeof(*keep));
	struct delivery *d;

	prctl(PR_SET_NAME, "hsmon-courier");
	leave_others(s, l);
	if (ret) {
		fail(l, "cannot start", ret);
		return;
	}
	d = courier_prepare(l);
	if (!d) {
		link_ring(l->room_fd);
		return;
	}
	ret = give_up_rights(l, s->opt->user);
	if (ret)
		fail(l, "cannot give up its rights", ret);
	else
		courier_run(l, d, &set);
}

static void start(struct supervisor *s, size_t i)
{
	struct child *c = &s->child[i];

	c->again_at = 0;
	fflush(NULL);
	c->pid = fork();
	if (!c->pid) {
		run(s, &s->link[i]);
		_exit(0);
	}
	if (c->pid < 0) {
		c->pid = 0;
		c->again_at = time(NULL) + 1;
	}
}

/* It died, with something left to do. */
static void plan_again(struct supervisor *s, size_t i, int status)
{
	struct child *c = &s->child[i];
	unsigned int pause = c->deaths < 6 ? 1u << c->deaths : AGAIN_MAX_S;
	struct link *l = &s->link[i];

	if (link_state(l) == LINK_STARTING)
		fail(l, "its process ended", -ECHILD);
	if (link_state(l) >= LINK_DONE || s->aborted)
		return;
	if (WIFSIGNALED(status))
		log_warn("output %s: its process was ended by signal %d (%s); it is started anew in %u s", l->spec.name,
			 WTERMSIG(status), strsignal(WTERMSIG(status)), pause);
	else
		log_warn("output %s: its process ended; it is started anew in %u s", l->spec.name, pause);
	link_set_state(l, LINK_DOWN);
	atomic_fetch_add(&l->shared->reconnects, 1);
	c->again_at = time(NULL) + (time_t)pause;
	c->deaths++;
}

static void reap(struct supervisor *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < s->cnt; i++)
			if (s->child[i].pid == pid) {
				s->child[i].pid = 0;
				plan_again(s, i, status);
			}
}

static void start_due(struct supervisor *s)
{
	for (size_t i = 0; i < s->cnt; i++)
		if (s->child[i].again_at && time(NULL) >= s->child[i].again_at)
			start(s, i);
}

static void pass_on(const struct supervisor *s, int number)
{
	for (size_t i = 0; i < s->cnt; i++)
		if (s->child[i].pid)
			kill(s->child[i].pid, number);
}

static bool any_left(const struct supervisor *s, bool *out_planned)
{
	bool left = false;

	*out_planned = false;
	for (size_t i = 0; i < s->cnt; i++) {
		*out_planned |= s->child[i].again_at != 0;
		left |= s->child[i].pid || s->child[i].again_at;
	}
	return left;
}

void courier_supervise(struct link *links, size_t cnt, int life_fd, const struct options *opt)
{
	struct supervisor s = { .link = links, .cnt = cnt, .life_fd = life_fd, .opt = opt };
	const struct timespec second = { .tv_sec = 1 };
	sigset_t taken;
	bool planned;

	set_signals();
	prctl(PR_SET_NAME, "hsmon-couriers");
	s.child = calloc(cnt, sizeof(*s.child));
	if (!s.child)
		return;
	sigprocmask(SIG_SETMASK, NULL, &taken);
	for (size_t i = 0; i < cnt; i++)
		start(&s, i);
	while (any_left(&s, &planned)) {
		int number = planned ? sigtimedwait(&taken, NULL, &second) : sigwaitinfo(&taken, NULL);

		if (number == SIGUSR1)
			s.aborted = true;
		if (number == SIGUSR1 || number == SIGHUP)
			pass_on(&s, number);
		reap(&s);
		start_due(&s);
	}
	free(s.child);
}
