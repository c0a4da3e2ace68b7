/* SPDX-License-Identifier: BSD-2-Clause */
#include "tap/programs.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hsmon_secrets.skel.h"

#define TRACE_UPROBE_SESSION 57		/* enum bpf_attach_type, Linux 6.13 */

struct tap_programs {
	struct hsmon_secrets_bpf *skel;
	bool sessions, sleepable;
};

static struct tap_programs *fail(struct tap_error *e, enum tap_fault fault, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static struct tap_programs *fail(struct tap_error *e, enum tap_fault fault, const char *fmt, ...)
{
	va_list args;

	e->fault = fault;
	va_start(args, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, args);
	va_end(args);
	return NULL;
}

/* The kernel's part of BPF_LINK_CREATE for several places in a file, as it is since Linux 6.6; older headers lack it. */
struct multi_attr {
	__u32 prog_fd, target_fd, attach_type, flags;
	__u64 path, offsets, ref_ctr_offsets, cookies;
	__u32 cnt, multi_flags, pid;
	__u32 pad;
};

static int attach_session(int prog_fd, const char *path, uint64_t offset)
{
	struct multi_attr attr = {
		.prog_fd = (__u32)prog_fd,
		.attach_type = TRACE_UPROBE_SESSION,
		.path = (__u64)(uintptr_t)path,
		.offsets = (__u64)(uintptr_t)&offset,
		.cnt = 1,
	};
	int fd = (int)syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));

	return fd < 0 ? -errno : fd;
}

/* A folder cannot have breakpoints: a kernel that knows sessions says so, another one that it does not know them. */
static bool sessions_work(const struct hsmon_secrets_bpf *skel)
{
	int fd = attach_session(bpf_program__fd(skel->progs.hsmon_kdf_session), "/", 0);

	if (fd >= 0)
		close(fd);
	return fd == -EBADF;
}

static void choose(struct hsmon_secrets_bpf *skel, bool sessions, bool sleepable)
{
	struct bpf_program *session[] = { skel->progs.hsmon_kdf_session, skel->progs.hsmon_pkey_session,
					  skel->progs.hsmon_nettle_session };
	struct bpf_program *pair[] = { skel->progs.hsmon_kdf_enter,    skel->progs.hsmon_kdf_leave,
				       skel->progs.hsmon_pkey_enter,   skel->progs.hsmon_pkey_leave,
				       skel->progs.hsmon_nettle_enter, skel->progs.hsmon_nettle_leave };

	for (size_t i = 0; i < sizeof(session) / sizeof(*session); i++) {
		bpf_program__set_autoload(session[i], sessions);
		bpf_program__set_expected_attach_type(session[i], (enum bpf_attach_type)TRACE_UPROBE_SESSION);
	}
	for (size_t i = 0; i < sizeof(pair) / sizeof(*pair); i++)
		bpf_program__set_autoload(pair[i], !sessions);
	bpf_program__set_autoload(skel->progs.hsmon_go_sleepable, sleepable);
	bpf_program__set_autoload(skel->progs.hsmon_go, !sleepable);
}

/* With what this kernel may have, or without. 0 or -errno. */
static int try_load(struct tap_programs *p, bool sessions, bool sleepable)
{
	int ret;

	p->skel = hsmon_secrets_bpf__open();
	if (!p->skel)
		return errno ? -errno : -ENOMEM;
	choose(p->skel, sessions, sleepable);
	ret = hsmon_secrets_bpf__load(p->skel);
	if (!ret && sessions && !sessions_work(p->skel))
		ret = -EOPNOTSUPP;
	if (ret) {
		hsmon_secrets_bpf__destroy(p->skel);
		p->skel = NULL;
		return ret;
	}
	p->sessions = sessions;
	p->sleepable = sleepable;
	return 0;
}

static int load(struct tap_programs *p, enum tap_kernel kernel)
{
	if (kernel == TAP_KERNEL_THIS && (!try_load(p, true, true) || !try_load(p, false, true)))
		return 0;
	return try_load(p, false, false);
}

static bool uprobes_are_there(void)
{
	return !access("/sys/bus/event_source/devices/uprobe/type", F_OK);
}

struct tap_programs *tap_programs_load(enum tap_kernel kernel, struct tap_error *error)
{
	struct tap_programs *p;
	int ret;

	if (!uprobes_are_there())
		return fail(error, TAP_FAULT_KERNEL, "this kernel has no uprobes (CONFIG_UPROBE_EVENTS), or /sys is not mounted");
	p = calloc(1, sizeof(*p));
	if (!p)
		return fail(error, TAP_FAULT_MEMORY, "out of memory");
	ret = load(p, kernel);
	if (!ret)
		return p;
	free(p);
	return fail(error, ret == -EPERM ? TAP_FAULT_PRIVILEGE : ret == -ENOMEM ? TAP_FAULT_MEMORY : TAP_FAULT_KERNEL,
		    "the kernel refuses the programs for TLS libraries: %s", strerror(-ret));
}

void tap_programs_free(struct tap_programs *p)
{
	hsmon_secrets_bpf__destroy(p->skel);
	free(p);
}

static int add_link(struct tap_links *links, struct bpf_program *prog, bool at_return, const char *path, uint64_t offset)
{
	struct bpf_link *link = bpf_program__attach_uprobe(prog, at_return, -1, path, (size_t)offset);

	if (!link)
		return errno ? -errno : -EINVAL;
	links->link[links->link_cnt++] = link;
	return 0;
}

static int add_function(const struct tap_programs *p, struct tap_links *links, struct bpf_program *const progs[3],
			const char *path, uint64_t offset)
{
	int ret;

	if (p->sessions) {
		ret = attach_session(bpf_program__fd(progs[2]), path, offset);
		if (ret >= 0)
			links->fd[links->fd_cnt++] = ret;
		return ret < 0 ? ret : 0;
	}
	ret = add_link(links, progs[0], false, path, offset);
	return ret ? ret : add_link(links, progs[1], true, path, offset);
}

static int attach(const struct tap_programs *p, const char *path, const struct tap_target *t, struct tap_links *links)
{
	struct bpf_program *const functions[TAP_POINT_END][3] = {
		[TAP_KDF_DERIVE] = { p->skel->progs.hsmon_kdf_enter, p->skel->progs.hsmon_kdf_leave,
				     p->skel->progs.hsmon_kdf_session },
		[TAP_PKEY_DERIVE] = { p->skel->progs.hsmon_pkey_enter, p->skel->progs.hsmon_pkey_leave,
				      p->skel->progs.hsmon_pkey_session },
		[TAP_NETTLE_EXPAND] = { p->skel->progs.hsmon_nettle_enter, p->skel->progs.hsmon_nettle_leave,
					p->skel->progs.hsmon_nettle_session },
	};

	if (t->point == TAP_PKEY_CTRL)
		return add_link(links, p->skel->progs.hsmon_pkey_ctrl, false, path, t->offset);
	if (t->point == TAP_GO_KEYLOG)
		return add_link(links, p->sleepable ? p->skel->progs.hsmon_go_sleepable : p->skel->progs.hsmon_go, false,
				path, t->offset);
	return add_function(p, links, functions[t->point], path, t->offset);
}

int tap_programs_attach(const struct tap_programs *p, int fd, const struct tap_target *targets, size_t cnt,
			struct tap_links *out)
{
	char path[32];
	int ret = 0;

	out->link_cnt = out->fd_cnt = 0;
	/* By the open file: a name could have come to mean something else. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	for (size_t i = 0; !ret && i < cnt; i++)
		ret = attach(p, path, &targets[i], out);
	if (ret)
		tap_links_close(out);
	return ret;
}

void tap_links_close(struct tap_links *links)
{
	for (size_t i = 0; i < links->link_cnt; i++)
		bpf_link__destroy(links->link[i]);
	for (size_t i = 0; i < links->fd_cnt; i++)
		close(links->fd[i]);
	links->link_cnt = links->fd_cnt = 0;
}

bool tap_programs_have_sessions(const struct tap_programs *p)
{
	return p->sessions;
}

int tap_programs_ring_fd(const struct tap_programs *p)
{
	return bpf_map__fd(p->skel->maps.ring);
}

int tap_programs_slots_fd(const struct tap_programs *p)
{
	return bpf_map__fd(p->skel->maps.slots);
}

int tap_programs_counters_fd(const struct tap_programs *p)
{
	return bpf_map__fd(p->skel->maps.counters);
}
