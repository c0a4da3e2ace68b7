// SPDX-License-Identifier: BSD-2-Clause
#include "capture/live_private.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

/* The end of what libbpf said: the verifier's log may be megabytes, and its verdict stands last. */
static char log_tail[32768];
static size_t log_len;

static void log_append(const char *s, size_t len)
{
	const size_t room = sizeof(log_tail) - 1;

	if (len > room) {
		s += len - room;
		len = room;
	}
	if (log_len + len > room) {
		size_t drop = log_len + len - room;

		memmove(log_tail, log_tail + drop, log_len - drop);
		log_len -= drop;
	}
	memcpy(log_tail + log_len, s, len);
	log_len += len;
	log_tail[log_len] = '\0';
}

__attribute__((format(printf, 2, 0)))
static int on_print(enum libbpf_print_level level, const char *fmt, va_list args)
{
	char *s;
	int len;

	if (level == LIBBPF_DEBUG)
		return 0;
	len = vasprintf(&s, fmt, args);
	if (len < 0)
		return 0;
	log_append(s, (size_t)len);
	free(s);
	return len;
}

void live_log_capture(void)
{
	log_len = 0;
	log_tail[0] = '\0';
	libbpf_set_print(on_print);
}

const char *live_log(void)
{
	return log_tail;
}

struct live *live_fail(struct live_error *e, enum live_fault fault, int err, const char *fmt, ...)
{
	va_list args;

	e->fault = fault;
	e->err = err;
	va_start(args, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, args);
	va_end(args);
	return NULL;
}

static bool has_capability(unsigned int cap)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	return !syscall(SYS_capget, &head, data) && (data[CAP_TO_INDEX(cap)].effective & CAP_TO_MASK(cap));
}

static bool may_load(void)
{
	return has_capability(CAP_NET_ADMIN) &&
	       (has_capability(CAP_SYS_ADMIN) || (has_capability(CAP_BPF) && has_capability(CAP_PERFMON)));
}

/* Before Linux 5.11 BPF memory counts as locked memory; libbpf lifts the limit where it is allowed to. */
static bool memlock_is_short(void)
{
	struct utsname u;
	struct rlimit lim;
	unsigned int major, minor;

	if (uname(&u) || sscanf(u.release, "%u.%u", &major, &minor) != 2 || major > 5 || (major == 5 && minor >= 11))
		return false;
	return !getrlimit(RLIMIT_MEMLOCK, &lim) && lim.rlim_cur != RLIM_INFINITY;
}

static void explain_forbidden(struct live_error *e, int err)
{
	struct rlimit lim;

	if (memlock_is_short() && !getrlimit(RLIMIT_MEMLOCK, &lim))
		live_fail(e, LIVE_FAULT_MEMORY, err,
			  "the limit on locked memory (ulimit -l) is %llu kB and may not be raised here; this kernel needs it unlimited",
			  (unsigned long long)lim.rlim_cur / 1024);
	else
		live_fail(e, LIVE_FAULT_PRIVILEGE, err,
			  "the kernel forbids bpf() here, even with the capabilities for it (container, seccomp or lockdown?)");
}

int live_probe(struct live_error *e)
{
	struct utsname u = { .release = "of unknown version" };
	int fd, err;

	if (!may_load()) {
		live_fail(e, LIVE_FAULT_PRIVILEGE, -EPERM,
			  "watching interfaces needs root (or CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON)");
		return -EPERM;
	}
	fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, NULL, 0, 0, (uint32_t)sysconf(_SC_PAGESIZE), NULL);
	if (fd >= 0)
		return close(fd);
	err = -errno;
	uname(&u);
	if (err == -EPERM || err == -EACCES)
		explain_forbidden(e, err);
	else if (err == -ENOSYS)
		live_fail(e, LIVE_FAULT_KERNEL, err, "kernel %s is built without bpf() (CONFIG_BPF_SYSCALL)", u.release);
	else if (err == -ENOMEM || err == -EMFILE || err == -ENFILE)
		live_explain_load(e, err);
	else
		live_fail(e, LIVE_FAULT_KERNEL, err, "kernel %s has no BPF ring buffer; Linux 5.8 or newer is needed", u.release);
	return err;
}

/* Its source lines and statistics. */
static bool is_remark(const char *line)
{
	static const char *const remarks[] = { ";", "\n", "BEGIN ", "processed ", "verification time ", "stack depth " };

	for (size_t i = 0; i < sizeof(remarks) / sizeof(remarks[0]); i++)
		if (!strncmp(line, remarks[i], strlen(remarks[i])))
			return true;
	return false;
}

/* Copies the last line of the verifier's log that says something about the program. */
static bool verifier_verdict(char *out, size_t len)
{
	const char *begin = strstr(log_tail, "BEGIN PROG LOAD LOG"), *end = strstr(log_tail, "-- END PROG LOAD LOG");
	const char *line, *next;
	bool found = false;

	if (!end || len == 0)
		return false;
	for (line = begin ? begin : log_tail; line < end; line = next + 1) {
		next = strchr(line, '\n');
		if (!next || next > end)
			break;
		if (is_remark(line))
			continue;
		snprintf(out, len, "%.*s", (int)(next - line), line);
		found = true;
	}
	return found;
}

void live_explain_load(struct live_error *e, int err)
{
	char verdict[300], program[64] = "?";
	const char *at = strstr(log_tail, "prog '");

	if (err == -EPERM && !strstr(log_tail, "PROG LOAD LOG")) {
		explain_forbidden(e, err);
	} else if (verifier_verdict(verdict, sizeof(verdict))) {
		if (at)
			sscanf(at, "prog '%63[^']", program);
		live_fail(e, LIVE_FAULT_VERIFIER, err, "the kernel refused program %s: %s", program, verdict);
	} else if (err == -EMFILE || err == -ENFILE) {
		live_fail(e, LIVE_FAULT_MEMORY, err, "the limit on open files (ulimit -n) is too small: some 20 are needed, "
			  "and 2 an interface");
	} else if (err == -ENOMEM || err == -E2BIG) {
		live_fail(e, LIVE_FAULT_MEMORY, err, "the kernel has no memory for maps of that size: %s", strerror(-err));
	} else {
		live_fail(e, LIVE_FAULT_KERNEL, err, "the kernel cannot run hsmon's programs: %s", strerror(-err));
	}
}

const char *live_failure_text(int err)
{
	switch (-err) {
	case EPROTONOSUPPORT:
		return "its packets begin with a link layer that hsmon does not know";
	case EOPNOTSUPP:
	case ENOENT:
		return "the kernel has no traffic control for BPF (CONFIG_NET_SCH_INGRESS, CONFIG_NET_CLS_BPF)";
	case EINVAL:
		return "something else is in the way (an ingress qdisc, or filters of another kind at every priority)";
	case EBUSY:
	case EEXIST:
		return "somebody else's XDP program is there";
	case ENFILE:
	case EMFILE:
		return "too many open files";
	default:
		return strerror(-err);
	}
}
