/* SPDX-License-Identifier: BSD-2-Clause */
#include "tapper.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/exit.h"
#include "base/log.h"
#include "capture/live.h"
#include "child.h"
#include "tap/files.h"
#include "tap/mappings.h"
#include "tap/programs.h"

#define SWEEP_SECONDS 300
/* On a host that starts programs all the time, the new mappings are looked at this often and no more. */
#define PAUSE_NS 1000000
#define EXIT_SECONDS 5

struct tapping {
	struct tap_files *files;
	struct mappings *mappings;
	int fd;				/* to the privileged process */
	int epoll_fd, sweep_fd, pause_fd;
	bool over, told_refused, told_failed;
};

static void on_mapping(void *ctx, const struct mapping *m)
{
	tap_files_see(((struct tapping *)ctx)->files, m);
}

static void tell_troubles(struct tapping *t)
{
	const struct tap_files_stats *s = tap_files_stats(t->files);

	if (s->refused && !t->told_refused)
		log_warn("secrets: more than %d different TLS libraries and programs are in use; those beyond are not tapped",
			 FILES_TAPPED_MAX);
	if (s->failed && !t->told_failed)
		log_warn("secrets: the kernel does not let hsmon tap one of the TLS libraries in use; its handshakes stay encrypted");
	t->told_refused |= s->refused > 0;
	t->told_failed |= s->failed > 0;
}

static void scan(struct tapping *t)
{
	int ret;

	tap_files_sweep_begin(t->files);
	ret = mappings_scan(t->mappings);
	if (ret)
		log_warn("secrets: /proc cannot be read: %s", strerror(-ret));
	else
		tap_files_sweep_end(t->files);
}

static void arm(int fd, time_t s, long ns, bool again)
{
	const struct itimerspec when = { .it_value = { s, ns }, .it_interval = { again ? s : 0, again ? ns : 0 } };

	timerfd_settime(fd, 0, &when, NULL);
}

/* Whether new mappings wake us. */
static void listen_to_mappings(struct tapping *t, bool listen)
{
	struct epoll_event e = { .events = listen ? EPOLLIN : 0, .data.fd = mappings_fd(t->mappings) };

	epoll_ctl(t->epoll_fd, EPOLL_CTL_MOD, mappings_fd(t->mappings), &e);
}

static void on_ready(struct tapping *t, int fd)
{
	uint64_t times;

	if (fd == t->fd) {
		t->over = true;
	} else if (fd == tap_files_fd(t->files)) {
		tap_files_check(t->files);
	} else if (fd == mappings_fd(t->mappings)) {
		if (!mappings_follow(t->mappings))
			scan(t);
		listen_to_mappings(t, false);
		arm(t->pause_fd, 0, PAUSE_NS, false);
	} else if (read(fd, &times, sizeof(times)) == sizeof(times)) {
		if (fd == t->pause_fd)
			listen_to_mappings(t, true);
		else if (tap_files_want_sweep(t->files))
			scan(t);
	}
}

static void loop(struct tapping *t)
{
	while (!t->over) {
		struct epoll_event events[4];
		int n = epoll_wait(t->epoll_fd, events, 4, -1);

		if (n < 0 && errno != EINTR)
			return;
		for (int i = 0; i < n; i++)
			on_ready(t, events[i].data.fd);
		tell_troubles(t);
	}
}

static int watch(const struct tapping *t, int fd)
{
	struct epoll_event e = { .events = EPOLLIN, .data.fd = fd };

	return fd < 0 || epoll_ctl(t->epoll_fd, EPOLL_CTL_ADD, fd, &e) ? -errno : 0;
}

static int begin(struct tapping *t, const struct tap_programs *p)
{
	int ret;

	t->files = tap_files_new(p);
	if (!t->files)
		return errno ? -errno : -ENOMEM;
	/* Before looking at what there is: what comes meanwhile is not missed. */
	ret = mappings_open(&t->mappings, on_mapping, t);
	if (ret)
		return ret;
	t->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	t->sweep_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	t->pause_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	ret = watch(t, t->fd);
	ret = ret ? ret : watch(t, tap_files_fd(t->files));
	ret = ret ? ret : watch(t, mappings_fd(t->mappings));
	ret = ret ? ret : watch(t, t->sweep_fd);
	ret = ret ? ret : watch(t, t->pause_fd);
	if (ret)
		return ret;
	arm(t->sweep_fd, SWEEP_SECONDS, 0, true);
	scan(t);
	return 0;
}

static void tell_start(const struct tapping *t)
{
	static const char *const names[TAP_POINT_END] = {
		[TAP_KDF_DERIVE] = "OpenSSL 3", [TAP_PKEY_DERIVE] = "OpenSSL 1.1.1", [TAP_NETTLE_EXPAND] = "GnuTLS",
		[TAP_GO_KEYLOG] = "Go",
	};
	const struct tap_files_stats *s = tap_files_stats(t->files);
	char list[120] = "";
	size_t at = 0;

	for (int i = 0; i < TAP_POINT_END; i++)
		if (names[i] && s->by_point[i])
			at += (size_t)snprintf(list + at, sizeof(list) - at, "%s%s: %zu", at ? ", " : " (", names[i], s->by_point[i]);
	log_info("secrets: tapping %zu TLS libraries and programs in use%s%s, and others as they are run; BoringSSL, rustls, NSS "
		 "and Java cannot be tapped, their events say encrypted", s->tapped, list, at ? ")" : "");
}

static int run(const struct tap_programs *p, int fd)
{
	struct tapping t = { .fd = fd, .epoll_fd = -1, .sweep_fd = -1, .pause_fd = -1 };
	int ret = begin(&t, p);

	if (ret) {
		log_error("secrets cannot be tapped: %s", strerror(-ret));
		return ret == -EMFILE || ret == -ENFILE || ret == -ENOMEM ? HS_EXIT_MEMORY : HS_EXIT_KERNEL;
	}
	tell_start(&t);
	tell_troubles(&t);
	if (send(fd, "", 1, MSG_NOSIGNAL) == 1)
		loop(&t);
	tap_files_free(t.files);
	mappings_close(t.mappings);
	return HS_EXIT_OK;
}

int tapper_load(struct tapper *t)
{
	static const int status[] = {
		[TAP_FAULT_KERNEL] = HS_EXIT_KERNEL, [TAP_FAULT_PRIVILEGE] = HS_EXIT_PRIVILEGE, [TAP_FAULT_MEMORY] = HS_EXIT_MEMORY,
	};
	struct tap_error error;

	t->programs = tap_programs_load(TAP_KERNEL_THIS, &error);
	if (t->programs)
		return HS_EXIT_OK;
	log_error("--secrets: %s", error.text);
	return status[error.fault];
}

/* Its word that all is attached, or its end. A signal ends the waiting, and soon everything. */
static int await(struct tapper *t, int signal_fd)
{
	struct pollfd p[] = { { .fd = t->fd, .events = POLLIN }, { .fd = signal_fd, .events = POLLIN } };
	char byte;

	while (poll(p, 2, -1) < 0 && errno == EINTR)
		;
	if (!p[0].revents || recv(t->fd, &byte, 1, 0) == 1)
		return HS_EXIT_OK;
	return HS_EXIT_KERNEL;
}

int tapper_start(struct tapper *t, struct live *l, int control_fd, int signal_fd)
{
	int fds[2], ring_fd, counters_fd;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds)) {
		log_error("secrets cannot be tapped: %s", strerror(errno));
		return HS_EXIT_MEMORY;
	}
	t->pid = fork();
	if (!t->pid) {
		close(fds[0]);
		close(control_fd);
		close(signal_fd);
		live_leave(l, &ring_fd, &counters_fd);
		close(ring_fd);
		close(counters_fd);
		_exit(run(t->programs, fds[1]));
	}
	close(fds[1]);
	t->fd = fds[0];
	if (t->pid > 0)
		return await(t, signal_fd);
	t->pid = 0;
	log_error("secrets cannot be tapped: %s", strerror(errno));
	return HS_EXIT_MEMORY;
}

void tapper_stop(struct tapper *t)
{
	if (t->fd >= 0)
		close(t->fd);
	if (t->pid)
		child_await_exit(t->pid, EXIT_SECONDS);
	if (t->programs)
		tap_programs_free(t->programs);
	*t = (struct tapper){ .fd = -1 };
}
