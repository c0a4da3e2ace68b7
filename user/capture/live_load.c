// SPDX-License-Identifier: BSD-2-Clause
#include "capture/live_private.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

const char *live_name_fault(const char *name)
{
	/* The kernel's own rules (dev_valid_name). */
	if (!*name)
		return "is empty";
	if (strlen(name) >= IF_NAMESIZE)
		return "is longer than 15 characters";
	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return "names a directory";
	for (const char *c = name; *c; c++)
		if (*c == '/' || *c == ':' || (unsigned char)*c <= ' ' || *c == 0x7f)
			return "has a character that no interface name has";
	return NULL;
}

static int check_entries(const char *what, uint32_t n, struct live_error *e)
{
	if (n == 0 || (n >= LIVE_ENTRIES_MIN && n <= LIVE_ENTRIES_MAX))
		return 0;
	live_fail(e, LIVE_FAULT_SETTING, -EINVAL, "%u %s: from %u to %u are possible", n, what, LIVE_ENTRIES_MIN,
		  LIVE_ENTRIES_MAX);
	return -EINVAL;
}

static int check_settings(const struct live_settings *s, struct live_error *e)
{
	const uint32_t page = (uint32_t)sysconf(_SC_PAGESIZE), ring = s->ring_bytes;

	if (ring && (ring < page || ring > LIVE_RING_BYTES_MAX || (ring & (ring - 1)))) {
		live_fail(e, LIVE_FAULT_SETTING, -EINVAL, "a ring of %u bytes: a power of two from %u to %u is needed", ring,
			  page, LIVE_RING_BYTES_MAX);
		return -EINVAL;
	}
	if (check_entries("watched connections", s->flows_max, e) ||
	    check_entries("connections being opened", s->openings_max, e))
		return -EINVAL;
	for (size_t i = 0; i < s->ifname_cnt; i++) {
		const char *fault = live_name_fault(s->ifnames[i]);

		if (fault) {
			live_fail(e, LIVE_FAULT_SETTING, -EINVAL, "interface name '%s' %s", s->ifnames[i], fault);
			return -EINVAL;
		}
	}
	return 0;
}

void live_set_ports(struct live *l, const uint64_t *const ports[2])
{
	for (int i = 0; i < 2; i++)
		for (int w = 0; w < HS_PORT_WORDS; w++)
			l->object.ports[i][w] = ports[i] ? ports[i][w] : 0;
}

static int configure(struct live *l, const struct live_settings *s)
{
	const struct live_object *o = &l->object;
	const bool tap = o->config->tap;
	int ret, cpus = libbpf_num_possible_cpus();

	/* Without /sys it is not known: room for the most. */
	l->cpu_cnt = cpus > 0 && cpus < HS_MAX_CPUS ? (unsigned int)cpus : HS_MAX_CPUS;
	*o->config = s->config;
	o->config->tap |= tap;
	if (!s->config.budget)
		o->config->budget = HS_BUDGET_DEFAULT;
	live_set_ports(l, s->ports);
	ret = bpf_map__set_max_entries(live_object_map(o, "ring"), s->ring_bytes ? s->ring_bytes : LIVE_RING_BYTES_DEFAULT);
	if (!ret)
		ret = bpf_map__set_max_entries(live_object_map(o, "counters"), l->cpu_cnt);
	if (!ret && s->flows_max)
		ret = bpf_map__set_max_entries(live_object_map(o, "flows"), s->flows_max);
	if (!ret && s->openings_max)
		ret = bpf_map__set_max_entries(live_object_map(o, "openings"), s->openings_max);
	return ret;
}

static void take_programs(struct live *l)
{
	for (int l3 = 0; l3 < 2; l3++)
		for (int dir = 0; dir < LIVE_DIR_CNT; dir++)
			l->prog_fd[l3][dir] = live_object_prog(&l->object, l3, dir);
}

#define FILES_MIN 32			/* with one interface */

/* A TCX link is a file descriptor, two an interface: the soft limit of 1,024 would end at 500 interfaces. */
static int raise_file_limit(struct live_error *e)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim))
		return 0;
	if (lim.rlim_cur < lim.rlim_max) {
		lim.rlim_cur = lim.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &lim);
	}
	/* libbpf takes a feature that it has no file to try out for one that the kernel lacks. */
	if (lim.rlim_max >= FILES_MIN)
		return 0;
	live_fail(e, LIVE_FAULT_MEMORY, -EMFILE, "the limit on open files (ulimit -n) is %llu; at least %d are needed, and 2 an interface",
		  (unsigned long long)lim.rlim_max, FILES_MIN);
	return -EMFILE;
}

static int choose_attach(struct live *l, enum live_attach wanted, struct live_error *e)
{
	l->wanted = wanted;
	l->has_tcx = live_kernel_has_tcx(l->prog_fd[false][LIVE_INGRESS]);
	if (l->has_tcx || wanted != LIVE_ATTACH_TCX)
		return 0;
	live_fail(e, LIVE_FAULT_KERNEL, -EOPNOTSUPP, "this kernel has no TCX; Linux 6.6 or newer is needed, or clsact");
	return -EOPNOTSUPP;
}

static int load(struct live *l, const struct live_settings *s, struct live_error *e)
{
	int ret;

	ret = live_object_open(&l->object, s->cgroup ? LIVE_ATTACH_CGROUP : s->attach);
	if (ret) {
		live_fail(e, ret == -ENOMEM ? LIVE_FAULT_MEMORY : LIVE_FAULT_KERNEL, ret, "hsmon's programs cannot be opened: %s",
			  strerror(-ret));
		return ret;
	}
	ret = configure(l, s);
	if (!ret)
		ret = live_object_load(&l->object);
	if (ret) {
		live_explain_load(e, ret);
		return ret;
	}
	take_programs(l);
	ret = choose_attach(l, s->attach, e);
	if (ret)
		return ret;
	ret = netlink_open(&l->nl, !s->cgroup && (s->attach == LIVE_ATTACH_AUTO || s->attach == LIVE_ATTACH_CLSACT));
	if (!ret)
		ret = live_claim_id(l);
	if (ret)
		live_fail(e, LIVE_FAULT_KERNEL, ret, "changes of interfaces cannot be followed: %s", strerror(-ret));
	return ret;
}

struct live *live_load(const struct live_settings *settings, live_change_fn fn, void *ctx, struct live_error *error)
{
	struct live *l;

	live_log_capture();
	*error = (struct live_error){ .fault = LIVE_FAULT_NONE };
	if (check_settings(settings, error) || raise_file_limit(error) || live_probe(error))
		return NULL;
	l = calloc(1, sizeof(*l));
	if (!l)
		return live_fail(error, LIVE_FAULT_MEMORY, -ENOMEM, "out of memory");
	l->id_fd = l->cgroup_fd[LIVE_INGRESS] = l->cgroup_fd[LIVE_EGRESS] = -1;
	l->cgroup = settings->cgroup;
	l->cgroup_unit = settings->cgroup_unit;
	l->fn = fn;
	l->ctx = ctx;
	l->ifnames = settings->ifnames;
	l->ifname_cnt = settings->ifname_cnt;
	if (!load(l, settings, error))
		return l;
	live_unload(l);
	return NULL;
}

void live_unload(struct live *l)
{
	live_object_close(&l->object);
	netlink_close(l->nl);
	if (l->id_fd >= 0)
		close(l->id_fd);
	free(l->slots);
	free(l->failed);
	free(l);
}

int live_ring_fd(const struct live *l)
{
	return bpf_map__fd(live_object_map(&l->object, "ring"));
}

int live_counters_fd(const struct live *l)
{
	return bpf_map__fd(live_object_map(&l->object, "counters"));
}

unsigned int live_cpu_cnt(const struct live *l)
{
	return l->cpu_cnt;
}

void live_leave(struct live *l, int *out_ring_fd, int *out_counters_fd)
{
	*out_ring_fd = fcntl(live_ring_fd(l), F_DUPFD_CLOEXEC, 3);
	*out_counters_fd = fcntl(live_counters_fd(l), F_DUPFD_CLOEXEC, 3);
	for (size_t i = 0; i < l->slot_cnt; i++)
		for (int dir = 0; dir < LIVE_DIR_CNT; dir++)
			if (l->slots[i].link_fd[dir] >= 0)
				close(l->slots[i].link_fd[dir]);
	live_cgroup_detach(l);
	live_unload(l);
}
