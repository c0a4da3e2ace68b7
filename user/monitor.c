/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "banner.h"
#include "base/exit.h"
#include "base/log.h"
#include "capture/owner_hooks.h"
#include "child.h"
#include "control.h"
#include "monitor_private.h"
#include "netns.h"
#include "options.h"
#include "reader.h"

#define CHECK_SECONDS 5			/* between two looks whether our programs are still attached */
#define STOP_SECONDS 30			/* for a reader that is to end; whoever reads its output may be slow */
#define START_SECONDS 5			/* for a reader that is to begin, once a signal says that we shall end */
#define EXIT_SECONDS 5			/* for a reader that has said goodbye */
#define CONTROL_MAX 16			/* messages between two looks at everything else: it may send without end */

static const int fault_status[] = {
	[LIVE_FAULT_NONE] = HS_EXIT_FAILURE,	 [LIVE_FAULT_PRIVILEGE] = HS_EXIT_PRIVILEGE,
	[LIVE_FAULT_KERNEL] = HS_EXIT_KERNEL,	 [LIVE_FAULT_VERIFIER] = HS_EXIT_KERNEL,
	[LIVE_FAULT_MEMORY] = HS_EXIT_MEMORY,	 [LIVE_FAULT_SETTING] = HS_EXIT_USAGE,
	[LIVE_FAULT_INTERFACE] = HS_EXIT_INTERFACE,
};

static int said(const struct live_error *e)
{
	log_error("%s", e->text);
	return fault_status[e->fault];
}

/* A limit that was too small has a status of its own. */
static int failed(const char *what, int err)
{
	log_error("%s: %s", what, strerror(-err));
	return err == -EMFILE || err == -ENFILE || err == -ENOMEM || err == -EAGAIN ? HS_EXIT_MEMORY : HS_EXIT_FAILURE;
}

static void set_timer(int fd, time_t first_s, time_t every_s)
{
	const struct itimerspec t = { .it_value.tv_sec = first_s, .it_interval.tv_sec = every_s };

	timerfd_settime(fd, 0, &t, NULL);
}

static void stop(struct monitor *m)
{
	struct control_msg msg = { .kind = CONTROL_STOP };

	if (m->stopping) {
		/* Asked again: the reader had its chance. */
		kill(m->reader, SIGKILL);
		return;
	}
	m->stopping = true;
	notify_send(&m->notify, "STOPPING=1");
	live_detach_all(m->live);
	control_send(m->control_fd, &msg, -1);
	set_timer(m->duration_fd, STOP_SECONDS, 0);
}

static void on_signal(struct monitor *m)
{
	struct signalfd_siginfo info;

	while (read(m->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP && m->nohup)
			continue;
		/* The first one is for the command, whose end is ours. */
		if (command_runs(&m->command) && !m->signalled) {
			m->signalled = true;
			command_signal(&m->command, &info);
		} else {
			stop(m);
		}
	}
}

static void on_command(struct monitor *m)
{
	command_ended(&m->command, m->opt);
	if (!m->stopping)
		stop(m);
}

static void on_control(struct monitor *m)
{
	struct control_msg msg;
	int ret = 1;

	for (int i = 0; i < CONTROL_MAX && ret == 1; i++) {
		ret = control_recv(m->control_fd, CONTROL_MAIN, &msg, NULL);
		if (ret == 1 && msg.kind == CONTROL_DONE)
			m->status = (int)(msg.number & 0xff);
		m->answers |= ret == 1 && msg.kind == CONTROL_ALIVE;
	}
	if (ret != 1 && ret != -EAGAIN && m->status < 0)
		m->status = HS_EXIT_READER;
}

static void on_check(struct monitor *m)
{
	uint64_t times;

	if (read(m->check_fd, &times, sizeof(times)) == sizeof(times) && !m->stopping)
		live_check(m->live);
}

/* The service manager hears of us only as long as the reader lives, too. */
static void on_watchdog(struct monitor *m)
{
	struct control_msg msg = { .kind = CONTROL_ALIVE };
	uint64_t times;

	if (read(m->watchdog_fd, &times, sizeof(times)) != sizeof(times) || !m->answers)
		return;
	notify_send(&m->notify, "WATCHDOG=1");
	m->answers = false;
	control_send(m->control_fd, &msg, -1);
}

static void on_netlink(struct monitor *m)
{
	int ret = m->stopping ? 0 : live_follow(m->live);

	if (ret)
		log_warn("cannot follow interfaces: %s", strerror(-ret));
}

static void on_duration(struct monitor *m)
{
	uint64_t times;

	if (read(m->duration_fd, &times, sizeof(times)) != sizeof(times))
		return;
	if (m->stopping)
		log_warn("the reader does not end within %d seconds (is its output read?): it is killed", STOP_SECONDS);
	stop(m);
}

static int or_errno(int fd)
{
	return fd < 0 ? -errno : fd;
}

/* Fires four times in the time after which the service manager gives us up. */
static int watchdog_timer(uint64_t us)
{
	const struct timespec t = { (time_t)(us / 4 / 1000000), (long)(us / 4 % 1000000 * 1000) };
	const struct itimerspec every = { t, t };
	int fd = or_errno(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));

	if (fd >= 0)
		timerfd_settime(fd, 0, &every, NULL);
	return fd;
}

static int timer(time_t first_s, time_t every_s)
{
	int fd = or_errno(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));

	if (fd >= 0)
		set_timer(fd, first_s, every_s);
	return fd;
}

/* fd: or the -errno with which it could not be opened. */
static int watch(struct monitor *m, int fd, void (*fn)(struct monitor *))
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = (void *)fn };

	return fd < 0 ? fd : epoll_ctl(m->epoll_fd, EPOLL_CTL_ADD, fd, &e) ? -errno : 0;
}

static int watch_all(struct monitor *m)
{
	int ret;

	m->check_fd = timer(CHECK_SECONDS, CHECK_SECONDS);
	m->duration_fd = timer((time_t)m->opt->duration_s, 0);	/* 0 never fires */
	m->epoll_fd = or_errno(epoll_create1(EPOLL_CLOEXEC));
	if (m->epoll_fd < 0)
		return m->epoll_fd;
	ret = watch(m, m->signal_fd, on_signal);
	ret = ret ? ret : watch(m, m->control_fd, on_control);
	ret = ret ? ret : watch(m, m->check_fd, on_check);
	ret = ret ? ret : watch(m, m->duration_fd, on_duration);
	m->watchdog_fd = watchdog_timer(m->notify.watchdog_us);
	m->answers = true;
	ret = ret ? ret : watch(m, m->watchdog_fd, on_watchdog);
	if (!ret && command_runs(&m->command))
		ret = watch(m, m->command.pid_fd, on_command);
	return ret ? ret : watch(m, live_netlink_fd(m->live), on_netlink);
}

static void loop(struct monitor *m)
{
	while (m->status < 0) {
		struct epoll_event events[8];
		int n = epoll_wait(m->epoll_fd, events, 8, -1);

		if (n < 0 && errno != EINTR)
			return;
		for (int i = 0; i < n; i++)
			((void (*)(struct monitor *))events[i].data.ptr)(m);
	}
}

/* Until the reader is confined and reads. A signal is left for later: a reader that is stuck is not waited for then. */
static bool await_ready(struct monitor *m)
{
	struct pollfd p[] = { { .fd = m->control_fd, .events = POLLIN }, { .fd = m->signal_fd, .events = POLLIN } };
	struct control_msg msg;
	int ret;

	while ((ret = control_recv(m->control_fd, CONTROL_MAIN, &msg, NULL)) == -EAGAIN) {
		bool signalled = p[1].revents;

		if (!poll(p, signalled ? 1 : 2, signalled ? START_SECONDS * 1000 : -1))
			kill(m->reader, SIGKILL);
	}
	return ret == 1 && msg.kind == CONTROL_READY;
}

static int fork_reader(struct monitor *m)
{
	int fds[2], ret = control_pair(fds);

	if (ret)
		return ret;
	fflush(NULL);
	m->reader = fork();
	if (m->reader < 0)
		return -errno;
	if (!m->reader) {
		close(fds[CONTROL_MAIN]);
		close(m->signal_fd);
		command_leave(&m->command);
		_exit(reader_run(m->opt, m->live, m->owner, fds[CONTROL_READER]));
	}
	close(fds[CONTROL_READER]);
	m->control_fd = fds[CONTROL_MAIN];
	return 0;
}

/* The reader's own word, else what became of it. */
static int reap(struct monitor *m)
{
	int status;

	close(m->control_fd);
	m->control_fd = -1;
	status = child_await_exit(m->reader, EXIT_SECONDS);
	if (status < 0)
		return failed("the reader's end was missed", status);
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	log_error("the reader was ended by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	return HS_EXIT_READER;
}

static void announce(const struct monitor *m)
{
	char text[512], lines[560];

	banner_text(m->opt, m->live, text, sizeof(text));
	log_info("watching %s%s", text, m->opt->command ? "" : "; Ctrl-C to stop");
	snprintf(lines, sizeof(lines), "READY=1\nSTATUS=watching %s", text);
	notify_send(&m->notify, lines);
}

static int watch_until_done(struct monitor *m)
{
	struct live_error error;
	int ret;

	if (!await_ready(m))
		return HS_EXIT_OK;		/* the reader has said why; reap() knows its status */
	monitor_tell_names(m);
	if (live_attach_all(m->live, &error)) {
		said(&error);
		return fault_status[error.fault];
	}
	ret = watch_all(m);
	if (ret)
		return failed("cannot wait for events", ret);
	announce(m);
	command_go(&m->command);
	loop(m);
	return HS_EXIT_OK;
}

static int load(struct monitor *m)
{
	struct live_error error;

	m->live = monitor_load(m, &error);
	return m->live ? monitor_load_owner(m) : said(&error);
}

static int watch_with_reader(struct monitor *m)
{
	int ret = fork_reader(m), own;

	if (ret)
		return failed("cannot start the reader", ret);
	own = watch_until_done(m);
	live_detach_all(m->live);
	if (!own)
		return reap(m);
	kill(m->reader, SIGKILL);
	child_await_exit(m->reader, EXIT_SECONDS);
	return own;
}

int monitor_run(const struct options *opt)
{
	struct monitor m = { .opt = opt, .control_fd = -1, .status = -1 };
	int status = opt->netns ? netns_enter(opt->netns) : HS_EXIT_OK;

	notify_open(&m.notify);
	/* The command gets the signals as they were, and the network namespace. */
	if (!status)
		status = command_prepare(&m.command, opt);
	if (status)
		return status;
	m.signal_fd = child_signals(&m.nohup);
	if (m.signal_fd < 0)
		return failed("cannot take signals", m.signal_fd);
	status = load(&m);
	if (!status)
		status = watch_with_reader(&m);
	owner_hooks_free(m.owner);
	live_free(m.live);
	notify_close(&m.notify);
	command_finish(&m.command, opt, m.signal_fd);
	return command_exit_status(&m.command, status);
}
