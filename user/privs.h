/* SPDX-License-Identifier: BSD-2-Clause */
/* Giving up what the process may do. Before threads are made: credentials are a thread's, not a process's. */
#ifndef HSMON_PRIVS_H
#define HSMON_PRIVS_H

#include <sys/types.h>

struct privs_identity {
	uid_t uid;
	gid_t gid;
};

#define PRIVS_NOBODY 65534	/* the kernel's own overflow id */

/* user: a name or a number. NULL: "hsmon" if there is such a user, else "nobody", else PRIVS_NOBODY. 0; -ENOENT: no
 * such user; -EINVAL: it is root. Reads the user database: before privs_drop(). */
int privs_find(const char *user, struct privs_identity *out);

/* The same, and root is allowed. */
int privs_find_any(const char *user, struct privs_identity *out);

/*
 * Afterwards and for good: no capability in any set, no program run from here gains any, no core file, no tracing by
 * others of the same user; and if the process was root, it is id, with no other group. Checked by trying. Not root
 * before: id is not used. NULL: stays who it is, for a root that cannot be anybody else, in a container.
 * 0 or -errno; after an error the process must not go on to read what strangers wrote. -EINVAL: the id does not exist
 * in this user namespace; -EPERM: root here is not allowed to change its id.
 */
int privs_drop(const struct privs_identity *id);

#endif
