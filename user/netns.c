// SPDX-License-Identifier: BSD-2-Clause
#include "netns.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/exit.h"
#include "base/log.h"

#define NAMES "/run/netns"

static bool is_number(const char *s)
{
	return *s && !s[strspn(s, "0123456789")];
}

bool netns_path(const char *which, char *out, size_t size)
{
	int n;

	if (strchr(which, '/'))
		n = snprintf(out, size, "%s", which);
	else
		n = snprintf(out, size, NAMES "/%s", which);
	/* A namespace may well be named by a number. */
	if (is_number(which) && access(out, F_OK))
		n = snprintf(out, size, "/proc/%s/ns/net", which);
	return n > 0 && (size_t)n < size;
}

/* "; there are: a, b", as far as it fits. */
static void list_names(char *out, size_t size)
{
	DIR *dir = opendir(NAMES);
	size_t len = 0;

	out[0] = '\0';
	for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
		if (e->d_name[0] == '.')
			continue;
		if (len + strlen(e->d_name) + 24 > size) {
			snprintf(out + len, size - len, ", ...");
			break;
		}
		len += (size_t)snprintf(out + len, size - len, "%s%s", len ? ", " : "; there are: ", e->d_name);
	}
	if (dir)
		closedir(dir);
}

static int not_there(const char *which, int err)
{
	char names[200] = "";

	if (strchr(which, '/'))
		log_error("--netns: '%s': %s", which, strerror(err));
	else if (is_number(which))
		log_error("--netns: there is no process %s, nor a network namespace of that name", which);
	else {
		list_names(names, sizeof(names));
		log_error("--netns: there is no network namespace '%s'%s", which, names);
	}
	return HS_EXIT_INTERFACE;
}

static int explain(const char *which, int err)
{
	switch (err) {
	case EPERM:
	case EACCES:
		log_error("--netns: entering '%s' needs root (or CAP_SYS_ADMIN)", which);
		return HS_EXIT_PRIVILEGE;
	case EINVAL:
	case EISDIR:
		log_error("--netns: '%s' is no network namespace", which);
		return HS_EXIT_USAGE;
	}
	return not_there(which, err);
}

int netns_enter(const char *which)
{
	char path[4096];
	int fd, err = 0;

	if (!*which || !netns_path(which, path, sizeof(path))) {
		log_error("--netns: '%.40s' is neither a name nor a process id nor a path", which);
		return HS_EXIT_USAGE;
	}
	/* Not what would block or do something when it is opened: a path names whatever it likes. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		err = errno;
	if (fd >= 0)
		close(fd);
	return err ? explain(which, err) : HS_EXIT_OK;
}
