/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a cgroup of version 2 is. */
#ifndef HSMON_CAPTURE_CGROUP_H
#define HSMON_CAPTURE_CGROUP_H

#include <stddef.h>

/* path: absolute, or below the mount of cgroup2 (also with a '/' ahead, as /proc/PID/cgroup has it). out gets its full
 * path. 0; -ENOENT: it is not there; -ENOTSUP: no cgroup2 is mounted; -ENOTDIR: not a cgroup of version 2; else -errno. */
int cgroup_find(const char *path, char *out, size_t size);

/* The cgroup of a systemd unit, which is named as the unit is; without a '.' in it, a service. As above. */
int cgroup_find_unit(const char *unit, char *out, size_t size);

#endif
