// SPDX-License-Identifier: BSD-2-Clause
/* One interface through XDP: native where its driver can, else the kernel's generic one. */
#include "capture/live_private.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int try_mode(struct live *l, struct live_slot *s, uint32_t mode)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = mode);
	int fd = bpf_link_create(l->prog_fd[s->pub.l3][LIVE_INGRESS], (int)s->pub.ifindex, BPF_XDP, &opts);

	if (fd < 0)
		return fd;
	s->link_fd[LIVE_INGRESS] = fd;
	s->pub.attach = mode == XDP_FLAGS_DRV_MODE ? LIVE_ATTACH_XDP : LIVE_ATTACH_XDP_GENERIC;
	return 0;
}

static bool has_driver(const struct live_slot *s, const char *name)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct ifreq req = { .ifr_data = (void *)&info };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool is = false;

	memcpy(req.ifr_name, s->pub.name, sizeof(req.ifr_name));
	if (fd < 0)
		return false;
	if (!ioctl(fd, SIOCETHTOOL, &req))
		is = !strcmp(info.driver, name);
	close(fd);
	return is;
}

/* It is taken, gone or forbidden: not a question of the mode. */
static bool is_final(int err)
{
	return err == -EBUSY || err == -EEXIST || err == -ENODEV || err == -EPERM || err == -EMFILE || err == -ENFILE;
}

int live_xdp_attach(struct live *l, struct live_slot *s)
{
	int ret, native = -EOPNOTSUPP;

	if (l->wanted == LIVE_ATTACH_XDP)
		native = try_mode(l, s, XDP_FLAGS_DRV_MODE);
	if (!native) {
		/* Measured with iperf3: 690,000 runs of the program for a gigabyte instead of 32,000. */
		if (has_driver(s, "veth"))
			snprintf(s->pub.note, sizeof(s->pub.note),
				 "native XDP takes segmentation offload away from a veth and halves its throughput; without "
				 "--attach xdp it would not");
		return 0;
	}
	if (is_final(native))
		return native;
	ret = try_mode(l, s, XDP_FLAGS_SKB_MODE);
	if (!ret && l->wanted == LIVE_ATTACH_XDP)
		snprintf(s->pub.note, sizeof(s->pub.note), "its driver has no native XDP (%s), so it is the kernel's generic one, which costs more",
			 strerror(-native));
	return ret;
}

void live_xdp_detach(struct live_slot *s)
{
	if (s->link_fd[LIVE_INGRESS] >= 0)
		close(s->link_fd[LIVE_INGRESS]);
	s->link_fd[LIVE_INGRESS] = -1;
}
