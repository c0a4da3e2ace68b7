/* SPDX-License-Identifier: BSD-2-Clause */
#include "tap/mappings.h"

#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "tap/perf.h"

#define CPUS_MAX 4096
#define RING_BYTES (128u << 10)		/* 700 events of a CPU */

struct mappings {
	mapping_fn fn;
	void *ctx;
	int epoll_fd;
	bool lost;
	unsigned int cpu_cnt;
	struct per_cpu {
		int fd;
		struct perf_buffer buffer;
	} cpus[];
};

/* As the kernel writes it, without what sample_id_all would add. */
struct mmap_record {
	struct perf_event_header head;
	uint32_t pid, tid;
	uint64_t addr, len, pgoff;
	uint32_t maj, min;
	uint64_t ino, generation;
	uint32_t prot, flags;
	char path[];
};

static void on_record(void *ctx, const struct perf_event_header *head)
{
	struct mappings *m = ctx;
	const struct mmap_record *r = (const struct mmap_record *)head;
	struct mapping found;

	if (head->type == PERF_RECORD_LOST)
		m->lost = true;
	if (head->type != PERF_RECORD_MMAP2 || head->size <= sizeof(*r) || !r->ino || !(r->prot & PROT_EXEC))
		return;
	if (!memchr(r->path, '\0', head->size - sizeof(*r)))
		return;
	found = (struct mapping){
		.pid = (pid_t)r->pid,
		.start = r->addr,
		.end = r->addr + r->len,
		.dev = makedev(r->maj, r->min),
		.ino = r->ino,
		.generation = r->generation,
		.path = r->path,
	};
	m->fn(m->ctx, &found);
}

/* Tells of mappings of code alone; of data only with mmap_data. */
static int open_cpu(struct mappings *m, unsigned int cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_DUMMY,
		.mmap = 1,
		.mmap2 = 1,
		.watermark = 1,
		.wakeup_watermark = 1,
	};
	struct epoll_event e = { .events = EPOLLIN };
	int ret = perf_open(&attr, (int)cpu);

	if (ret < 0)
		return ret == -ENODEV ? 0 : ret;
	m->cpus[cpu].fd = ret;
	ret = perf_map(&m->cpus[cpu].buffer, ret, RING_BYTES);
	if (!ret && epoll_ctl(m->epoll_fd, EPOLL_CTL_ADD, m->cpus[cpu].fd, &e))
		ret = -errno;
	return ret;
}

int mappings_open(struct mappings **out, mapping_fn fn, void *ctx)
{
	int ret = 0, cpus = libbpf_num_possible_cpus();
	struct mappings *m;

	if (cpus < 1 || cpus > CPUS_MAX)
		return cpus < 0 ? cpus : -ERANGE;
	m = calloc(1, sizeof(*m) + (size_t)cpus * sizeof(m->cpus[0]));
	if (!m)
		return -ENOMEM;
	m->fn = fn;
	m->ctx = ctx;
	m->cpu_cnt = (unsigned int)cpus;
	for (unsigned int cpu = 0; cpu < m->cpu_cnt; cpu++)
		m->cpus[cpu].fd = -1;
	m->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (m->epoll_fd < 0)
		ret = -errno;
	for (unsigned int cpu = 0; !ret && cpu < m->cpu_cnt; cpu++)
		ret = open_cpu(m, cpu);
	if (ret)
		mappings_close(m);
	else
		*out = m;
	return ret;
}

void mappings_close(struct mappings *m)
{
	if (!m)
		return;
	for (unsigned int cpu = 0; cpu < m->cpu_cnt; cpu++) {
		perf_unmap(&m->cpus[cpu].buffer);
		if (m->cpus[cpu].fd >= 0)
			close(m->cpus[cpu].fd);
	}
	if (m->epoll_fd >= 0)
		close(m->epoll_fd);
	free(m);
}

int mappings_fd(const struct mappings *m)
{
	return m->epoll_fd;
}

bool mappings_follow(struct mappings *m)
{
	m->lost = false;
	for (unsigned int cpu = 0; cpu < m->cpu_cnt; cpu++)
		if (m->cpus[cpu].buffer.map)
			perf_consume(&m->cpus[cpu].buffer, on_record, m);
	return !m->lost;
}

/* START-END PERMISSIONS OFFSET MAJOR:MINOR INODE  PATH; a line feed in a path is written as \012. */
static void scan_line(struct mappings *m, pid_t pid, char *line)
{
	struct mapping found = { .pid = pid };
	unsigned int major, minor;
	char perms[8];
	int path_at = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %*s %x:%x %" SCNu64 " %n", &found.start, &found.end, perms, &major, &minor,
		   &found.ino, &path_at) < 6)
		return;
	if (!found.ino || perms[2] != 'x' || !path_at)
		return;
	line[strcspn(line, "\n")] = '\0';
	found.dev = makedev(major, minor);
	found.path = line + path_at;
	m->fn(m->ctx, &found);
}

static void scan_process(struct mappings *m, pid_t pid)
{
	char path[40], *line = NULL;
	size_t size = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return;			/* it has ended */
	while (getline(&line, &size, file) > 0)
		scan_line(m, pid, line);
	free(line);
	fclose(file);
}

int mappings_scan(struct mappings *m)
{
	DIR *proc = opendir("/proc");
	const struct dirent *d;

	if (!proc)
		return -errno;
	while ((d = readdir(proc))) {
		pid_t pid = (pid_t)strtol(d->d_name, NULL, 10);

		if (pid > 0)
			scan_process(m, pid);
	}
	closedir(proc);
	return 0;
}
