// SPDX-License-Identifier: BSD-2-Clause
#include "capture/owner_hooks.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abi.h"
#include "capture/cgroup.h"
#include "hsmon_owner.skel.h"

#define UDP_HOOKS 4

struct owner_hooks {
	struct hsmon_owner_bpf *skel;
	struct bpf_link *udp[UDP_HOOKS];
};

static const char *const udp_programs[UDP_HOOKS] = { "hsmon_owner_c4", "hsmon_owner_c6", "hsmon_owner_s4", "hsmon_owner_s6" };

/* What the programs for TCP cannot do without; the last one is looked for only when it is needed. */
static const char *const tracepoints[] = { "inet_sock_set_state", "tcp_rcv_space_adjust", "sched_process_fork" };

static bool has_kernel_support(bool track, char why[OWNER_WHY_LEN])
{
	size_t n = sizeof(tracepoints) / sizeof(*tracepoints) - !track;

	if (access("/sys/kernel/btf/vmlinux", R_OK)) {
		snprintf(why, OWNER_WHY_LEN, "this kernel does not describe its types (CONFIG_DEBUG_INFO_BTF), or /sys is not mounted");
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		if (libbpf_find_vmlinux_btf_id(tracepoints[i], BPF_TRACE_RAW_TP) > 0)
			continue;
		snprintf(why, OWNER_WHY_LEN, "this kernel has no tracepoint %s", tracepoints[i]);
		return false;
	}
	return true;
}

/* What can be left out. */
enum { WITH_UDP = 1 << 0, WITH_FILL = 1 << 1 };

static int configure(struct hsmon_owner_bpf *s, const struct owner_settings *set, int with)
{
	int ret;

	s->rodata->hs_wake_bytes = set->wake_bytes;
	s->rodata->hs_any_port = set->any_port;
	s->rodata->hs_track = set->track;
	for (int i = 0; i < 2; i++)
		if (set->ports[i])
			memcpy(s->bss->hs_ports[i], set->ports[i], sizeof(s->bss->hs_ports[i]));
	ret = bpf_program__set_autoload(s->progs.hsmon_owner_fork, set->track);
	for (int i = 0; !ret && i < UDP_HOOKS; i++)
		ret = bpf_program__set_autoload(bpf_object__find_program_by_name(s->obj, udp_programs[i]), with & WITH_UDP);
	if (!ret)
		ret = bpf_program__set_autoload(s->progs.hsmon_owner_fill, with & WITH_FILL);
	if (!ret)
		ret = bpf_map__reuse_fd(s->maps.ring, set->ring_fd);
	return ret ? ret : bpf_map__reuse_fd(s->maps.counters, set->counters_fd);
}

static int load(struct owner_hooks *h, const struct owner_settings *set, int with)
{
	int ret;

	h->skel = hsmon_owner_bpf__open();
	if (!h->skel)
		return -errno;
	ret = configure(h->skel, set, with);
	if (!ret)
		ret = hsmon_owner_bpf__load(h->skel);
	if (ret) {
		hsmon_owner_bpf__destroy(h->skel);
		h->skel = NULL;
	}
	return ret;
}

/* The hooks of all cgroups, so of all sockets. */
static int attach_udp(struct owner_hooks *h)
{
	char path[256];
	int ret = cgroup_find("/", path, sizeof(path)), fd;

	if (ret)
		return ret;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	for (int i = 0; !ret && i < UDP_HOOKS; i++) {
		h->udp[i] = bpf_program__attach_cgroup(bpf_object__find_program_by_name(h->skel->obj, udp_programs[i]), fd);
		if (!h->udp[i])
			ret = -errno;
	}
	close(fd);
	return ret;
}

static int attach_tcp(struct owner_hooks *h, bool track)
{
	struct hsmon_owner_bpf *s = h->skel;

	s->links.hsmon_owner_state = bpf_program__attach(s->progs.hsmon_owner_state);
	if (!s->links.hsmon_owner_state)
		return -errno;
	s->links.hsmon_owner_read = bpf_program__attach(s->progs.hsmon_owner_read);
	if (!s->links.hsmon_owner_read)
		return -errno;
	if (track)
		s->links.hsmon_owner_fork = bpf_program__attach(s->progs.hsmon_owner_fork);
	return track && !s->links.hsmon_owner_fork ? -errno : 0;
}

struct owner_hooks *owner_hooks_new(const struct owner_settings *set, char why[OWNER_WHY_LEN])
{
	static const int all[] = { WITH_UDP | WITH_FILL, WITH_UDP, WITH_FILL, 0 };
	struct owner_hooks *h = calloc(1, sizeof(*h));
	int ret = -ENOMEM, udp;
	size_t i = 0;

	why[0] = '\0';
	if (!h || !has_kernel_support(set->track, why))
		goto failed;
	for (; i < sizeof(all) / sizeof(*all) && ret; i++)
		ret = load(h, set, all[i]);
	if (!ret)
		ret = attach_tcp(h, set->track);
	if (ret)
		goto failed;
	udp = all[i - 1] & WITH_UDP ? attach_udp(h) : -EOPNOTSUPP;
	if (udp)
		snprintf(why, OWNER_WHY_LEN, udp == -ENOTSUP ? "no cgroup2 is mounted" : "the hooks of cgroups: %s", strerror(-udp));
	return h;
failed:
	if (!why[0])
		snprintf(why, OWNER_WHY_LEN, "its programs cannot be loaded: %s", strerror(-ret));
	owner_hooks_free(h);
	return NULL;
}

int owner_hooks_track(struct owner_hooks *h, pid_t pid)
{
	const uint32_t key = (uint32_t)pid;
	const uint64_t any_start = 0;

	return bpf_map_update_elem(bpf_map__fd(h->skel->maps.tracked), &key, &any_start, BPF_ANY) ? -errno : 0;
}

/* What the file of records is read into: of one process or one end at a time. */
struct fill {
	size_t len;
	union {
		__u32 tag;
		struct hs_owner owner;
		struct hs_process process;
		char bytes[sizeof(struct hs_process)];
	};
};

/* The rest of one record. 0; -ENODATA: there is none, or an end within it. */
static int read_record(int fd, struct fill *f, size_t size)
{
	while (f->len < size) {
		ssize_t n = read(fd, f->bytes + f->len, size - f->len);

		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return -errno;
		if (!n)
			return -ENODATA;
		f->len += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static void read_arguments(struct hs_process *p)
{
	char path[40];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/cmdline", p->id.pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	n = read(fd, p->args, sizeof(p->args) - 1);
	p->args_len = n > 0 ? (__u16)n : 0;
	if (p->args_len == sizeof(p->args) - 1)
		p->flags |= HS_PROCESS_ARGS_CUT;
	close(fd);
}

static int read_fill(int fd, void *ctx, void (*owner)(void *ctx, const struct hs_owner *rec),
		     void (*process)(void *ctx, const struct hs_process *rec))
{
	static struct fill f;		/* too large for a stack, and once in a process's life */
	int ret;

	for (f.len = 0; !(ret = read_record(fd, &f, sizeof(f.tag))); f.len = 0) {
		ret = read_record(fd, &f, f.tag == HS_REC_PROCESS ? sizeof(f.process) : sizeof(f.owner));
		if (ret)
			break;
		if (f.tag == HS_REC_OWNER) {
			owner(ctx, &f.owner);
		} else if (f.tag == HS_REC_PROCESS) {
			read_arguments(&f.process);
			process(ctx, &f.process);
		} else {
			return -EPROTO;
		}
	}
	return ret == -ENODATA && !f.len ? 0 : ret;
}

int owner_hooks_fill(struct owner_hooks *h, void *ctx, void (*owner)(void *ctx, const struct hs_owner *rec),
		     void (*process)(void *ctx, const struct hs_process *rec))
{
	struct bpf_link *link;
	int fd, ret;

	if (bpf_program__fd(h->skel->progs.hsmon_owner_fill) < 0)
		return -EOPNOTSUPP;
	link = bpf_program__attach_iter(h->skel->progs.hsmon_owner_fill, NULL);
	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	ret = fd < 0 ? -errno : read_fill(fd, ctx, owner, process);
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
	return ret;
}

void owner_hooks_free(struct owner_hooks *h)
{
	if (!h)
		return;
	for (int i = 0; i < UDP_HOOKS; i++)
		bpf_link__destroy(h->udp[i]);
	hsmon_owner_bpf__destroy(h->skel);
	free(h);
}
