/* SPDX-License-Identifier: BSD-2-Clause */
/* The inventory's file with 100,000 certificates, each at a server of its own: wall-clock time of each use. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "event/event.h"
#include "inventory.h"
#include "query.h"
#include "state.h"

#define CERTS 100000

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "%s failed\n", what);
	exit(1);
}

static long memory_kib(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss;
}

static void see(struct inventory *inv, int i)
{
	static char hash[65], ip[32], sni[40], dn[80];
	struct handshake_event e;
	struct event_cert c = { 0 };

	handshake_event_init(&e);
	snprintf(hash, sizeof(hash), "%016llX%048d", (unsigned long long)(unsigned int)i * 0x9e3779b97f4a7c15ULL, i);
	snprintf(ip, sizeof(ip), "10.%d.%d.%d", i >> 16 & 255, i >> 8 & 255, i & 255);
	snprintf(sni, sizeof(sni), "host%d.example.com", i);
	snprintf(dn, sizeof(dn), "C=US, O=Example Org, CN=host%d.example.com", i);
	c.sha256 = e.server_leaf.sha256 = event_str(hash, 64);
	c.subject = e.server_leaf.subject = event_str(dn, strlen(dn));
	c.issuer = event_str("C=US, O=Example Trust, CN=R10", 29);
	c.not_after = event_str("2027-02-01T00:00:00Z", 20);
	c.not_before = event_str("2026-11-01T00:00:00Z", 20);
	c.key = event_str("EC secp256r1", 12);
	e.server_chain = (struct event_chain){ &c, 1 };
	e.server.ip = event_str(ip, strlen(ip));
	e.server.port = 443;
	e.server_name = event_str(sni, strlen(sni));
	e.cert.days_left = 70;
	e.start_ns = (uint64_t)time(NULL) * 1000000000ULL;
	inventory_add(inv, &e);
}

static void on_known(void *ctx, const struct state_row *row)
{
	inventory_load(ctx, row);
}

static struct inventory *run(const char *path, struct state **s)
{
	struct inventory *inv = inventory_new(&(struct inventory_settings){ .max = CERTS, .expiry_warn_days = 30 });

	must(inv && !state_open(s, path, CERTS, on_known, inv), "open");
	inventory_keep(inv, *s);
	return inv;
}

static void ask(const char *path, const char *args, const char *what)
{
	char copy[128], *argv[16] = { (char *)"certs", (char *)"--state", (char *)path }, *save = NULL;
	int argc = 3, keep = dup(1), null = open("/dev/null", O_WRONLY);
	double start = now_s();

	fflush(stdout);
	snprintf(copy, sizeof(copy), "%s", args);
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	dup2(null, 1);
	must(!certs_run(argc, argv), what);
	dup2(keep, 1);
	close(keep);
	close(null);
	printf("%-44s %6.2f s\n", what, now_s() - start);
	fflush(stdout);
}

int main(void)
{
	char folder[] = "/tmp/hsmon-bench-XXXXXX", path[64];
	struct inventory *inv;
	struct state *s;
	struct stat st;
	double start;
	long before = memory_kib();

	must(mkdtemp(folder) != NULL, "mkdtemp");
	snprintf(path, sizeof(path), "%s/state.db", folder);
	inv = run(path, &s);
	start = now_s();
	for (int i = 0; i < CERTS; i++)
		see(inv, i);
	printf("%-44s %6.2f us each\n", "handshake into the inventory, all new", (now_s() - start) / CERTS * 1e6);
	start = now_s();
	for (int r = 0; r < 10; r++)
		for (int i = 0; i < CERTS; i++)
			see(inv, i);
	printf("%-44s %6.2f us each\n", "... known", (now_s() - start) / CERTS / 10 * 1e6);
	printf("%-44s %6.1f MiB\n", "memory of the inventory", (double)(memory_kib() - before) / 1024);
	start = now_s();
	must(!inventory_flush(inv, true) && !state_finish(s), "flush");
	printf("%-44s %6.2f s\n", "all of them to the file", now_s() - start);
	must(!stat(path, &st), "stat");
	printf("%-44s %6.1f MiB\n", "the file", (double)st.st_size / 1048576);
	state_free(s);
	inventory_free(inv);
	start = now_s();
	inv = run(path, &s);
	printf("%-44s %6.2f s\n", "start with all of them known", now_s() - start);
	must(!state_finish(s), "finish");
	state_free(s);
	inventory_free(inv);
	ask(path, "", "hsmon certs");
	ask(path, "--json", "hsmon certs --json");
	ask(path, "--name host4711.", "hsmon certs --name");
	ask(path, "--expires-within 30", "hsmon certs --expires-within 30");
	ask(path, "--servers --csv", "hsmon certs --servers --csv");
	ask(path, "--servers --server 10.0.1.1", "hsmon certs --servers --server");
	unlink(path);
	rmdir(folder);
	return 0;
}
