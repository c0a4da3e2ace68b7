/* SPDX-License-Identifier: BSD-2-Clause */
/* What the path of a process's cgroup tells: those who start containers and services put them into groups with names of a
 * known form, the same in version 1 and 2. */
#ifndef HSMON_OWNER_PLACE_H
#define HSMON_OWNER_PLACE_H

#include <stddef.h>

#define PLACE_ID_LEN 64
#define PLACE_POD_LEN 36

struct place_text {			/* part of the path; s is NULL: none */
	const char *s;
	size_t len;
};

struct place {
	const char *runtime;		/* "docker", "containerd", "cri-o", "podman", "lxc", "systemd-nspawn"; NULL: cannot be told */
	struct place_text id;		/* of the innermost container: 64 hexadecimal digits */
	struct place_text name;		/* of one that is not known by such an id */
	struct place_text unit;		/* systemd's innermost service or scope that is not there for a container */
	char pod[PLACE_POD_LEN + 1];	/* uid of the Kubernetes pod; "": none */
};

/* path: from the root of the hierarchy, as in /proc/PID/cgroup. The parts point into it. */
void place_parse(const char *path, struct place *out);

#endif
