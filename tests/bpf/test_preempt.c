// SPDX-License-Identifier: BSD-2-Clause
/*
 * Programs of a cgroup run in the sender's own context: on kernels with full preemption those of other tasks come in between,
 * on the same CPU, and need not end before they go on. Several threads take turns there: every datagram must give one
 * record, with its own bytes. (On other kernels nothing comes in between.)
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bpf_run.h"
#include "capture/cgroup.h"

#include "hsmon_cgroup.skel.h"

#define THREADS 4
#define SOCKETS 3000			/* of each thread */
#define PER_SOCKET 16			/* datagrams; fewer than are taken of one flow */
#define LEN 40
#define RING_BYTES (64 << 20)

struct sender {
	pthread_t thread;
	uint16_t port;			/* of its next socket: each is a flow of its own */
};

static char group[300];

/* A DTLS ClientHello by its first bytes, then nothing but the port that it comes from. */
static void fill(uint8_t datagram[LEN], uint16_t port)
{
	static const uint8_t head[14] = { 22, 0xfe, 0xfd, [11] = 0, [12] = LEN - 13, [13] = 1 };

	for (int i = 0; i < LEN; i += 2)
		packet_put16(datagram + i, port);
	memcpy(datagram, head, sizeof(head));
}

static void send_some(struct sender *s)
{
	struct sockaddr_in from = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) }, to = from;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint8_t datagram[LEN];

	to.sin_port = htons(SCRIPT_PORT);
	from.sin_port = htons(s->port);
	fill(datagram, s->port++);
	if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof(from)))
		abort();
	for (int i = 0; i < PER_SOCKET; i++)
		if (sendto(fd, datagram, LEN, 0, (struct sockaddr *)&to, sizeof(to)) != LEN)
			abort();
	close(fd);
}

static void *send_all(void *arg)
{
	for (int i = 0; i < SOCKETS; i++)
		send_some(arg);
	return NULL;
}

struct seen {
	uint32_t segments, strange;
};

static int on_record(void *ctx, void *data, size_t len)
{
	const struct hs_segment *seg = data;
	struct seen *seen = ctx;
	uint8_t expected[LEN];

	(void)len;
	if (seg->tag == HS_REC_OPEN)
		return 0;
	fill(expected, seg->tuple.port[0] == SCRIPT_PORT ? seg->tuple.port[1] : seg->tuple.port[0]);
	seen->strange += seg->tag != HS_REC_SEGMENT || seg->cap_len != LEN || memcmp(seg + 1, expected, LEN);
	seen->segments++;
	return 0;
}

/* This process into a cgroup of its own; false: there are none here. */
static bool enter_group(void)
{
	char procs[320];
	int fd, ret;

	if (geteuid() || cgroup_find("/", group, sizeof(group) - 32))
		return false;
	snprintf(group + strlen(group), 32, "hsmon-test-%d", getpid());
	if (mkdir(group, 0755))
		return false;
	snprintf(procs, sizeof(procs), "%s/cgroup.procs", group);
	fd = open(procs, O_WRONLY | O_CLOEXEC);
	ret = fd < 0 || write(fd, "0", 1) != 1;
	close(fd);
	return !ret;
}

static void leave_group(void)
{
	char procs[320];
	int fd;

	cgroup_find("/", procs, sizeof(procs) - 16);
	strcat(procs, "cgroup.procs");
	fd = open(procs, O_WRONLY | O_CLOEXEC);
	assert_int_equal(write(fd, "0", 1), 1);
	close(fd);
	assert_int_equal(rmdir(group), 0);
}

static struct hsmon_cgroup_bpf *attach(void)
{
	struct hsmon_cgroup_bpf *skel = hsmon_cgroup_bpf__open();
	int fd = open(group, O_RDONLY | O_CLOEXEC);

	assert_non_null(skel);
	assert_int_equal(bpf_map__set_max_entries(skel->maps.counters, (uint32_t)libbpf_num_possible_cpus()), 0);
	assert_int_equal(bpf_map__set_max_entries(skel->maps.ring, RING_BYTES), 0);
	skel->rodata->hs_config.wake_bytes = RING_BYTES;
	skel->bss->hs_ports[1][SCRIPT_PORT / 64] |= 1ULL << SCRIPT_PORT % 64;
	assert_int_equal(hsmon_cgroup_bpf__load(skel), 0);
	skel->links.hsmon_cg_out = bpf_program__attach_cgroup(skel->progs.hsmon_cg_out, fd);
	assert_non_null(skel->links.hsmon_cg_out);
	close(fd);
	return skel;
}

/* All threads on this CPU. */
static void send_from_threads(void)
{
	struct sender senders[THREADS];
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET((unsigned)sched_getcpu(), &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	for (int i = 0; i < THREADS; i++) {
		senders[i].port = (uint16_t)(10000 + i * SOCKETS);
		assert_int_equal(pthread_create(&senders[i].thread, NULL, send_all, &senders[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(senders[i].thread, NULL);
}

static void test_tasks(void **state)
{
	struct seen seen = { 0 };
	struct hsmon_cgroup_bpf *skel;
	struct ring_buffer *ring;

	(void)state;
	if (!enter_group()) {
		print_message("# skip: no cgroup2 where cgroups can be made\n");
		skip();
	}
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	assert_int_equal(system("ip link set lo up"), 0);
	skel = attach();
	ring = ring_buffer__new(bpf_map__fd(skel->maps.ring), on_record, &seen, NULL);
	assert_non_null(ring);
	send_from_threads();
	ring_buffer__consume(ring);
	ring_buffer__free(ring);
	hsmon_cgroup_bpf__destroy(skel);
	leave_group();
	assert_int_equal(seen.strange, 0);
	assert_int_equal(seen.segments, THREADS * SOCKETS * PER_SOCKET);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_tasks) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
