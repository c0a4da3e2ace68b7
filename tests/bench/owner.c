/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What it costs to know whose connections are: connections over loopback, each with one request and one answer, with the
 * programs attached and without, turn by turn so that whatever else the machine does weighs on both; and the run time of
 * each program as the kernel measures it. Root; in a network namespace of its own.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "capture/live.h"
#include "capture/owner_hooks.h"

#define TURNS 60
#define CONNECTIONS 300
#define READS 3000
#define PORT 443

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void check(int bad, const char *what)
{
	if (!bad)
		return;
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

static int listener(struct sockaddr_in *at)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	*at = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	check(bind(fd, (void *)at, sizeof(*at)) || listen(fd, 16), "listen");
	return fd;
}

static void exchange(int a, int b, char *buf, size_t len)
{
	check(write(a, buf, len) != (ssize_t)len || read(b, buf, len) != (ssize_t)len, "exchange");
}

/* Reset at the end: no ports wait. */
static void connection(int listening, const struct sockaddr_in *at)
{
	const struct linger reset = { .l_onoff = 1 };
	int client = socket(AF_INET, SOCK_STREAM, 0), server;
	char buf[200] = "";

	check(client < 0 || connect(client, (const void *)at, sizeof(*at)), "connect");
	server = accept4(listening, NULL, NULL, 0);
	check(server < 0, "accept");
	exchange(client, server, buf, sizeof(buf));
	exchange(server, client, buf, sizeof(buf));
	setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(client);
	close(server);
}

static double per_connection(int listening, const struct sockaddr_in *at)
{
	double begin = now_ns();

	for (int i = 0; i < CONNECTIONS; i++)
		connection(listening, at);
	return (now_ns() - begin) / CONNECTIONS;
}

/* Long after the handshake. */
static double per_read(int listening, const struct sockaddr_in *at)
{
	int client = socket(AF_INET, SOCK_STREAM, 0), server;
	static char buf[20000];
	double begin;

	check(client < 0 || connect(client, (const void *)at, sizeof(*at)), "connect");
	server = accept4(listening, NULL, NULL, 0);
	exchange(client, server, buf, sizeof(buf));
	begin = now_ns();
	for (int i = 0; i < READS; i++)
		exchange(client, server, buf, 100);
	begin = (now_ns() - begin) / READS;
	close(client);
	close(server);
	return begin;
}

static struct owner_hooks *attach(const struct live *l, const uint64_t *ports)
{
	struct owner_settings set = { .ring_fd = live_ring_fd(l), .counters_fd = live_counters_fd(l), .wake_bytes = 1u << 30,
				      .ports = { ports, ports } };
	char why[OWNER_WHY_LEN];
	struct owner_hooks *h = owner_hooks_new(&set, why);

	if (!h) {
		fprintf(stderr, "%s\n", why);
		exit(1);
	}
	return h;
}

static void keep_best(double *best, double v)
{
	if (!*best || v < *best)
		*best = v;
}

static void print_programs(void)
{
	for (__u32 id = 0; !bpf_prog_get_next_id(id, &id);) {
		struct bpf_prog_info info = { 0 };
		__u32 len = sizeof(info);
		int fd = bpf_prog_get_fd_by_id(id);

		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len) && !strncmp(info.name, "hsmon_owner", 11) && info.run_cnt)
			printf("  %-18s %8llu runs, %6.0f ns each\n", info.name, (unsigned long long)info.run_cnt,
			       (double)info.run_time_ns / (double)info.run_cnt);
		if (fd >= 0)
			close(fd);
	}
}

int main(void)
{
	static uint64_t ports[HS_PORT_WORDS];
	const struct live_settings settings = { .ports = { ports, ports } };
	double connection_ns[2] = { 0 }, read_ns[2] = { 0 };
	struct live_error error;
	struct sockaddr_in at;
	struct owner_hooks *h;
	struct live *l;
	int fd, stats;

	ports[PORT / 64] = 1ull << PORT % 64;
	check(unshare(CLONE_NEWNET) || system("ip link set lo up"), "a network namespace");
	l = live_load(&settings, NULL, NULL, &error);
	if (!l) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	fd = listener(&at);
	for (int i = 0; i < TURNS; i++) {
		keep_best(&connection_ns[0], per_connection(fd, &at));
		keep_best(&read_ns[0], per_read(fd, &at));
		h = attach(l, ports);
		keep_best(&connection_ns[1], per_connection(fd, &at));
		keep_best(&read_ns[1], per_read(fd, &at));
		owner_hooks_free(h);
	}
	printf("best of %d turns         without      with\n", TURNS);
	printf("connection (both ends) %8.0f ns %8.0f ns\n", connection_ns[0], connection_ns[1]);
	printf("write and read, later  %8.0f ns %8.0f ns\n", read_ns[0], read_ns[1]);
	stats = bpf_enable_stats(BPF_STATS_RUN_TIME);
	check(stats < 0, "statistics");
	h = attach(l, ports);
	for (int i = 0; i < 10; i++) {
		per_connection(fd, &at);
		per_read(fd, &at);
	}
	print_programs();
	owner_hooks_free(h);
	close(stats);
	live_free(l);
	return 0;
}
