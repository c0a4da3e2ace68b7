// SPDX-License-Identifier: BSD-2-Clause
#include "control.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* A host with thousands of interfaces tells them all at once, about 800 bytes of kernel memory each. */
#define QUEUE_BYTES (4 << 20)

int control_pair(int fds[2])
{
	const struct timeval patience = { .tv_sec = 1 };
	const int bytes = QUEUE_BYTES;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return -errno;
	for (int i = 0; i < 2; i++)
		if (setsockopt(fds[i], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience))) {
			int err = -errno;

			close(fds[0]);
			close(fds[1]);
			return err;
		}
	/* Beyond net.core.wmem_max only with CAP_NET_ADMIN: without, the queue is shorter. */
	if (setsockopt(fds[CONTROL_MAIN], SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)))
		(void)setsockopt(fds[CONTROL_MAIN], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	return 0;
}

union fd_space {
	struct cmsghdr align;
	char buf[CMSG_SPACE(sizeof(int))];
};

int control_send(int fd, const struct control_msg *msg, int pass_fd)
{
	struct iovec iov = { .iov_base = (void *)msg, .iov_len = sizeof(*msg) };
	struct msghdr head = { .msg_iov = &iov, .msg_iovlen = 1 };
	union fd_space space = { 0 };
	ssize_t n;

	if (pass_fd >= 0) {
		struct cmsghdr *c;

		head.msg_control = space.buf;
		head.msg_controllen = sizeof(space.buf);
		c = CMSG_FIRSTHDR(&head);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &pass_fd, sizeof(pass_fd));
	}
	do
		n = sendmsg(fd, &head, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

static bool may_say(enum control_side self, const struct control_msg *msg, size_t len)
{
	if (len != sizeof(*msg) || !memchr(msg->name, '\0', sizeof(msg->name)))
		return false;
	if (self == CONTROL_MAIN)
		return msg->kind == CONTROL_READY || msg->kind == CONTROL_DONE || msg->kind == CONTROL_ALIVE;
	return msg->kind == CONTROL_INTERFACE || msg->kind == CONTROL_STOP || msg->kind == CONTROL_REOPEN ||
	       msg->kind == CONTROL_ALIVE;
}

static int passed_fd(struct msghdr *head)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(head);
	int fd = -1;

	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

int control_recv(int fd, enum control_side self, struct control_msg *out, int *out_fd)
{
	struct iovec iov = { .iov_base = out, .iov_len = sizeof(*out) };
	struct msghdr head = { .msg_iov = &iov, .msg_iovlen = 1 };
	union fd_space space;
	ssize_t n;
	int passed;

	/* Without room for them the kernel drops file descriptors: the reader cannot fill the other's table. */
	if (out_fd) {
		head.msg_control = space.buf;
		head.msg_controllen = CMSG_LEN(sizeof(int));	/* the alignment's padding would hold a second one */
		*out_fd = -1;
	}
	do
		n = recvmsg(fd, &head, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == ECONNRESET ? 0 : -errno;
	passed = passed_fd(&head);
	if (n == 0 || (head.msg_flags & MSG_TRUNC) || !may_say(self, out, (size_t)n)) {
		if (passed >= 0)
			close(passed);
		return n ? -EPROTO : 0;
	}
	if (out_fd)
		*out_fd = passed;
	return 1;
}
