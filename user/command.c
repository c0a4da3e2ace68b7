/* SPDX-License-Identifier: BSD-2-Clause */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/exit.h"
#include "base/log.h"
#include "options.h"

/* As of a shell, and env(1). */
#define STATUS_NOT_RUN 126
#define STATUS_NOT_FOUND 127
#define STATUS_SIGNAL 128

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434	/* Linux 5.3 */
#endif

static int become(const struct passwd *pw)
{
	return initgroups(pw->pw_name, pw->pw_gid) || setgid(pw->pw_gid) || setuid(pw->pw_uid) ? errno : 0;
}

/* In its own process. */
static _Noreturn void run(const struct options *opt, const struct passwd *pw, int go_fd, int failed_fd)
{
	char go;
	int err;

	if (read(go_fd, &go, 1) != 1)
		_exit(STATUS_NOT_RUN);
	err = pw ? become(pw) : 0;
	if (!err) {
		execvp(opt->command[0], opt->command);
		err = errno;
	}
	(void)!write(failed_fd, &err, sizeof(err));
	_exit(err == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_RUN);
}

static int find_user(const struct options *opt, const struct passwd **out)
{
	*out = NULL;
	if (!opt->command_user)
		return HS_EXIT_OK;
	*out = getpwnam(opt->command_user);
	if (!*out)
		log_error("-u (--command-user): '%.40s' is no user here", opt->command_user);
	return *out ? HS_EXIT_OK : HS_EXIT_USAGE;
}

static int fork_command(struct command *c, const struct options *opt, const struct passwd *pw)
{
	int go[2], failed[2];

	if (pipe2(go, O_CLOEXEC))
		return -errno;
	if (pipe2(failed, O_CLOEXEC)) {
		int err = -errno;

		close(go[0]);
		close(go[1]);
		return err;
	}
	c->pid = fork();
	if (!c->pid) {
		close(go[1]);
		close(failed[0]);
		run(opt, pw, go[0], failed[1]);
	}
	close(go[0]);
	close(failed[1]);
	c->go_fd = go[1];
	c->failed_fd = failed[0];
	c->pid_fd = c->pid > 0 ? (int)syscall(SYS_pidfd_open, c->pid, 0) : -1;
	return c->pid_fd < 0 ? -errno : 0;
}

int command_prepare(struct command *c, const struct options *opt)
{
	const struct passwd *pw;
	int status, ret;

	*c = (struct command){ .go_fd = -1, .failed_fd = -1, .pid_fd = -1, .status = -1 };
	if (!opt->command)
		return HS_EXIT_OK;
	status = find_user(opt, &pw);
	if (status)
		return status;
	ret = fork_command(c, opt, pw);
	if (!ret)
		return HS_EXIT_OK;
	log_error("cannot make a process for the command: %s", strerror(-ret));
	return HS_EXIT_FAILURE;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void command_leave(struct command *c)
{
	close_fd(&c->go_fd);
	close_fd(&c->failed_fd);
	close_fd(&c->pid_fd);
}

void command_go(struct command *c)
{
	if (c->go_fd >= 0)
		(void)!write(c->go_fd, "", 1);
	close_fd(&c->go_fd);
}

bool command_runs(const struct command *c)
{
	return c->pid > 0 && c->status < 0;
}

void command_ended(struct command *c, const struct options *opt)
{
	int status, err;

	if (waitpid(c->pid, &status, 0) != c->pid)
		status = STATUS_NOT_RUN << 8;
	c->status = WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_SIGNAL + WTERMSIG(status);
	if (c->failed_fd >= 0 && read(c->failed_fd, &err, sizeof(err)) == sizeof(err))
		log_error("%s: %s", opt->command[0], strerror(err));
	command_leave(c);
}

void command_signal(const struct command *c, const struct signalfd_siginfo *info)
{
	if (info->ssi_code != SI_KERNEL)
		kill(c->pid, (int)info->ssi_signo);
}

void command_finish(struct command *c, const struct options *opt, int signal_fd)
{
	struct pollfd p[] = { { .fd = c->pid_fd, .events = POLLIN }, { .fd = signal_fd, .events = POLLIN } };
	struct signalfd_siginfo info;

	/* Not let go yet: the end of the pipe ends it. */
	close_fd(&c->go_fd);
	while (command_runs(c)) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			break;
		if (p[1].revents && read(signal_fd, &info, sizeof(info)) == sizeof(info))
			command_signal(c, &info);
		if (p[0].revents || c->pid_fd < 0)
			command_ended(c, opt);
	}
}

int command_exit_status(const struct command *c, int own)
{
	bool fine = own == HS_EXIT_OK || (own == HS_EXIT_FINDINGS && c->status > 0);

	return c->status >= 0 && fine ? c->status : own;
}
