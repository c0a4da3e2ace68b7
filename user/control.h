/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the privileged process and the reader say to each other, over a socketpair that keeps message boundaries.
 * Each sees the other's death as the end of file. The privileged side trusts nothing that comes from the reader.
 */
#ifndef HSMON_CONTROL_H
#define HSMON_CONTROL_H

#include <net/if.h>
#include <stdint.h>

enum control_side { CONTROL_MAIN = 0, CONTROL_READER = 1 };

enum control_kind {
	/* to the reader */
	CONTROL_INTERFACE = 1,		/* number: ifindex; change, attach, name */
	CONTROL_STOP,			/* finish what is there, report, end */
	CONTROL_REOPEN,			/* number: which output, from 0; the new file comes with it */
	CONTROL_ALIVE,			/* to be answered with the same */
	/* from the reader */
	CONTROL_READY,			/* confined, and reading from now on */
	CONTROL_DONE,			/* number: its exit status */
	CONTROL_KIND_END,
};

struct control_msg {
	uint32_t kind;			/* enum control_kind */
	uint32_t number;
	uint8_t change;			/* enum live_change */
	uint8_t attach;			/* enum live_attach */
	uint8_t pad[2];
	char name[IF_NAMESIZE];		/* NUL-terminated */
};

/* fds[side] is that side's end; each process closes the other one. 0 or -errno. */
int control_pair(int fds[2]);

/* pass_fd goes along (a copy; it stays open here), -1: none. Waits for a reader that is busy, but at most a second.
 * 0 or -errno: -EPIPE, the other has ended; -EAGAIN, it does not read. No SIGPIPE. */
int control_send(int fd, const struct control_msg *msg, int pass_fd);

/* Does not wait. self: whose end fd is. 1: a message; 0: the other side has ended; -EAGAIN: nothing there now;
 * -EPROTO: what that side may not say; another -errno. out_fd (only for the reader, else NULL) becomes the file that
 * came along, or -1; it is the caller's. */
int control_recv(int fd, enum control_side self, struct control_msg *out, int *out_fd);

#endif
