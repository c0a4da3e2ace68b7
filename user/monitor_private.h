/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the privileged process share; nobody else includes it. */
#ifndef HSMON_MONITOR_PRIVATE_H
#define HSMON_MONITOR_PRIVATE_H

#include <stdbool.h>
#include <sys/types.h>

#include "capture/live.h"
#include "command.h"
#include "notify.h"

struct options;
struct owner_hooks;

struct monitor {
	const struct options *opt;
	struct live *live;
	struct owner_hooks *owner;	/* NULL: which process it is is not known */
	struct command command;
	pid_t reader;
	int control_fd, signal_fd, check_fd, duration_fd, watchdog_fd, epoll_fd;
	struct notify notify;
	bool answers;			/* the reader has, since it was last asked whether it lives */
	bool stopping;
	bool signalled;			/* the command got the first signal */
	bool nohup;			/* was told to outlive its terminal */
	int status;			/* of the reader, once it is done; -1 before */
};

/* monitor_load.c */
/* The programs, not attached yet; what happens to interfaces is told to the reader and on stderr. NULL: *error says why. */
struct live *monitor_load(struct monitor *m, struct live_error *error);
/* Those that tell whose connections are; without them it goes on, as far as nothing was asked for that needs them. HS_EXIT_OK or
 * another exit status. */
int monitor_load_owner(struct monitor *m);
/* The reader must be able to name an interface at its first packet: all names go ahead of attaching. */
void monitor_tell_names(struct monitor *m);

#endif
