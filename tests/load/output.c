/* SPDX-License-Identifier: BSD-2-Clause */
#include "load/output.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH 64
#define SEND_BUFFER (8 << 20)

struct output {
	int fd;				/* -1: a file */
	FILE *file;
	unsigned int cnt;
	uint64_t time_ns[BATCH];
	struct mmsghdr msg[BATCH];
	struct iovec iov[BATCH];
	uint8_t frame[BATCH][FRAME_MAX];
};

static void give_up(const char *what, const char *which)
{
	fprintf(stderr, "hsload: %s %s: %s\n", what, which, strerror(errno));
	exit(1);
}

static struct output *output_new(void)
{
	struct output *o = calloc(1, sizeof(*o));

	if (!o)
		give_up("memory", "for a batch");
	o->fd = -1;
	for (int i = 0; i < BATCH; i++) {
		o->iov[i].iov_base = o->frame[i];
		o->msg[i].msg_hdr = (struct msghdr){ .msg_iov = &o->iov[i], .msg_iovlen = 1 };
	}
	return o;
}

struct output *output_interface(const char *name)
{
	struct output *o = output_new();
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(name) };
	const int size = SEND_BUFFER;

	/* Protocol 0: it receives nothing. */
	o->fd = at.sll_ifindex ? socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0) : -1;
	if (o->fd < 0 || bind(o->fd, (struct sockaddr *)&at, sizeof(at)))
		give_up("interface", name);
	setsockopt(o->fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	return o;
}

struct output *output_file(const char *path)
{
	/* Magic number, version 2.4, snap length, link type Ethernet. */
	static const uint32_t header[] = { 0xa1b2c3d4, 2 | 4 << 16, 0, 0, 65535, 1 };
	struct output *o = output_new();

	o->file = strcmp(path, "-") ? fopen(path, "w") : stdout;
	if (!o->file || fwrite(header, sizeof(header), 1, o->file) != 1)
		give_up("file", path);
	return o;
}

uint8_t *output_room(struct output *o)
{
	if (o->cnt == BATCH)
		output_flush(o);
	return o->frame[o->cnt];
}

void output_add(struct output *o, size_t len, uint64_t time_ns)
{
	o->iov[o->cnt].iov_len = len;
	o->time_ns[o->cnt++] = time_ns;
}

static void write_batch(struct output *o)
{
	for (unsigned int i = 0; i < o->cnt; i++) {
		const uint32_t len = (uint32_t)o->iov[i].iov_len;
		const uint32_t head[] = { (uint32_t)(o->time_ns[i] / 1000000000), (uint32_t)(o->time_ns[i] % 1000000000 / 1000), len, len };

		if (fwrite(head, sizeof(head), 1, o->file) != 1 || fwrite(o->frame[i], len, 1, o->file) != 1)
			give_up("writing", "the capture");
	}
}

/* ENOBUFS: the receiving side of a veth had no room. The frame had passed the egress hooks by then. */
static void send_batch(struct output *o)
{
	unsigned int done = 0;

	while (done < o->cnt) {
		int n = sendmmsg(o->fd, o->msg + done, o->cnt - done, 0);

		if (n > 0)
			done += (unsigned int)n;
		else if (n < 0 && errno == ENOBUFS)
			done++;
		else if (n < 0 && errno != EINTR && errno != EAGAIN)
			give_up("sending", "a frame");
	}
}

void output_flush(struct output *o)
{
	if (o->file)
		write_batch(o);
	else
		send_batch(o);
	o->cnt = 0;
}

void output_close(struct output *o)
{
	output_flush(o);
	if (o->file && fclose(o->file))
		give_up("closing", "the capture");
	if (o->fd >= 0)
		close(o->fd);
	free(o);
}
