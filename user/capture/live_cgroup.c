// SPDX-License-Identifier: BSD-2-Clause
/* The sockets of one cgroup, on whatever interface they speak. */
#include "capture/live_private.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "capture/cgroup.h"

static const enum bpf_attach_type attach_type[LIVE_DIR_CNT] = { BPF_CGROUP_INET_INGRESS, BPF_CGROUP_INET_EGRESS };

void live_cgroup_detach(struct live *l)
{
	for (int dir = 0; dir < LIVE_DIR_CNT; dir++) {
		if (l->cgroup_fd[dir] >= 0)
			close(l->cgroup_fd[dir]);
		l->cgroup_fd[dir] = -1;
	}
	l->cgroup_path[0] = '\0';
}

static int find(struct live *l, char *path, size_t size, struct live_error *e)
{
	int ret = l->cgroup_unit ? cgroup_find_unit(l->cgroup, path, size) : cgroup_find(l->cgroup, path, size);

	if (ret == -ENOTSUP)
		live_fail(e, LIVE_FAULT_KERNEL, ret, "cgroups of version 2 are not mounted here");
	else if (ret == -ENOENT && l->cgroup_unit)
		live_fail(e, LIVE_FAULT_INTERFACE, ret, "there is no running unit '%.100s' with a cgroup of its own", l->cgroup);
	else if (ret == -ENOENT)
		live_fail(e, LIVE_FAULT_INTERFACE, ret, "there is no cgroup '%.200s'", l->cgroup);
	else if (ret == -ENOTDIR)
		live_fail(e, LIVE_FAULT_INTERFACE, ret, "'%.200s' is no cgroup of version 2", l->cgroup);
	else if (ret)
		live_fail(e, LIVE_FAULT_INTERFACE, ret, "cgroup '%.200s': %s", l->cgroup, strerror(-ret));
	return ret;
}

int live_cgroup_attach(struct live *l, struct live_error *e)
{
	char path[sizeof(l->cgroup_path)];
	int fd, ret = find(l, path, sizeof(path), e);

	if (ret)
		return ret;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		ret = -errno;
	for (int dir = 0; dir < LIVE_DIR_CNT && !ret; dir++) {
		l->cgroup_fd[dir] = bpf_link_create(l->prog_fd[false][dir], fd, attach_type[dir], NULL);
		if (l->cgroup_fd[dir] < 0)
			ret = l->cgroup_fd[dir];
	}
	if (fd >= 0)
		close(fd);
	if (ret) {
		live_cgroup_detach(l);
		live_fail(e, LIVE_FAULT_INTERFACE, ret, "cgroup '%.200s' cannot be watched: %s", path, strerror(-ret));
		return ret;
	}
	memcpy(l->cgroup_path, path, sizeof(path));
	return 0;
}

bool live_cgroup_intact(const struct live *l)
{
	for (int dir = 0; dir < LIVE_DIR_CNT; dir++) {
		struct bpf_link_info info = { 0 };
		uint32_t len = sizeof(info);

		/* The kernel takes the programs off a cgroup that is removed. */
		if (l->cgroup_fd[dir] < 0 || bpf_obj_get_info_by_fd(l->cgroup_fd[dir], &info, &len) || !info.cgroup.cgroup_id)
			return false;
	}
	return true;
}

const char *live_cgroup_path(const struct live *l)
{
	return l->cgroup_path;
}
