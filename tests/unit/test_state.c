/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/exit.h"
#include "event/event.h"
#include "inventory.h"
#include "query.h"
#include "state.h"

#define S(n) ((int64_t)(n) * (int64_t)NS_PER_S)

static char folder[32], path[64], out[1 << 16];
static struct state_row known[16];
static size_t known_cnt;

static int begin(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/hsmon-state-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/state.db", folder);
	return 0;
}

static int end(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static void on_known(void *ctx, const struct state_row *row)
{
	(void)ctx;
	if (known_cnt < 16)
		known[known_cnt] = *row;
	known_cnt++;
}

/* stderr and stdout are caught. */
static int quiet(int (*fn)(void *arg), void *arg)
{
	char file[80];
	int keep[2] = { dup(1), dup(2) }, fd, ret;
	ssize_t n;

	snprintf(file, sizeof(file), "%s/out", folder);
	fd = open(file, O_RDWR | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	fflush(NULL);
	dup2(fd, 1);
	dup2(fd, 2);
	ret = fn(arg);
	fflush(NULL);
	dup2(keep[0], 1);
	dup2(keep[1], 2);
	n = pread(fd, out, sizeof(out) - 1, 0);
	out[n > 0 ? n : 0] = '\0';
	close(keep[0]);
	close(keep[1]);
	close(fd);
	unlink(file);
	return ret;
}

static int do_open(void *arg)
{
	known_cnt = 0;
	return state_open(arg, path, 1000, on_known, NULL);
}

static struct state *opened(void)
{
	struct state *s;

	if (quiet(do_open, &s))
		fail_msg("%s", out);
	return s;
}

static void put(struct state *s, struct state_row row, char letter)
{
	memset(row.sha256, letter, 64);
	assert_int_equal(state_send(s, &row, true), 0);
}

#define CERT(...) (struct state_row){ .kind = STATE_CERT, .role = "server", __VA_ARGS__ }
#define SERVER(...) (struct state_row){ .kind = STATE_SERVER, .port = 443, __VA_ARGS__ }

static void finish(struct state *s)
{
	assert_int_equal(state_finish(s), HS_EXIT_OK);
	state_free(s);
}

static int do_certs(void *arg)
{
	char copy[256], *argv[16] = { (char *)"certs", (char *)"--state", path }, *save = NULL;
	int argc = 3;

	snprintf(copy, sizeof(copy), "%s", (const char *)arg);
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	return certs_run(argc, argv);
}

static const char *certs(const char *args)
{
	assert_int_equal(quiet(do_certs, (void *)args), HS_EXIT_OK);
	return out;
}

static void adds_up(void **state)
{
	struct state *s = opened();

	(void)state;
	assert_int_equal(known_cnt, 0);
	put(s, CERT(.first_ns = S(100), .last_ns = S(200), .handshakes = 3, .name = "a.example", .not_after = "2099-01-01T00:00:00Z"), 'A');
	put(s, SERVER(.first_ns = S(150), .last_ns = S(200), .handshakes = 3, .ip = "192.0.2.1", .sni = "a.example"), 'A');
	put(s, SERVER(.first_ns = S(100), .last_ns = S(100), .handshakes = 1, .ip = "192.0.2.1", .sni = "a.example"), 'B');
	finish(s);
	s = opened();
	assert_int_equal(known_cnt, 2);
	assert_int_equal(known[0].sha256[0], 'B');		/* those seen first first */
	assert_int_equal(known[1].handshakes, 3);
	assert_string_equal(known[1].name, "a.example");
	put(s, CERT(.first_ns = S(300), .last_ns = S(400), .handshakes = 2), 'A');
	finish(s);
	assert_non_null(strstr(certs("--json"), "\"handshakes\":5,"));
	assert_non_null(strstr(out, "\"first_seen\":\"1970-01-01T00:01:40Z\",\"last_seen\":\"1970-01-01T00:06:40Z\""));
	assert_non_null(strstr(out, "\"name\":\"a.example\""));	/* what was known stays */
}

static void questions(void **state)
{
	struct state *s = opened();

	(void)state;
	put(s, CERT(.name = "Old.example", .issuer = "CN=One", .not_after = "2001-01-01T00:00:00Z", .handshakes = 1), 'A');
	put(s, CERT(.name = "new.example", .issuer = "CN=Two", .not_after = "2099-01-01T00:00:00Z", .handshakes = 1), 'B');
	put(s, SERVER(.first_ns = S(100), .last_ns = S(900), .handshakes = 1, .ip = "192.0.2.1"), 'A');
	put(s, SERVER(.first_ns = S(500), .last_ns = S(600), .handshakes = 1, .ip = "192.0.2.1"), 'B');
	put(s, SERVER(.first_ns = S(100), .last_ns = S(200), .handshakes = 1, .ip = "192.0.2.2", .sni = "x.test"), 'A');
	put(s, SERVER(.first_ns = S(500), .last_ns = S(600), .handshakes = 1, .ip = "192.0.2.2", .sni = "x.test"), 'B');
	/* replaced within the same second */
	put(s, SERVER(.first_ns = S(700), .last_ns = S(700) + 1, .handshakes = 1, .ip = "192.0.2.4"), 'A');
	put(s, SERVER(.first_ns = S(700) + 2, .last_ns = S(700) + 3, .handshakes = 1, .ip = "192.0.2.4"), 'B');
	finish(s);
	assert_true(strstr(certs(""), "Old.example") < strstr(out, "new.example"));
	assert_null(strstr(certs("--expired"), "new.example"));
	assert_non_null(strstr(out, "Old.example"));
	assert_null(strstr(certs("--expires-within 30"), "new.example"));
	assert_null(strstr(certs("--name OLD"), "new.example"));
	assert_null(strstr(certs("--issuer two"), "Old.example"));
	assert_non_null(strstr(certs("--name x.test"), "new.example"));
	assert_null(strstr(certs("--server 192.0.2.3"), "example"));
	assert_non_null(strstr(certs("--servers --json --server 192.0.2.1 --name old"), "\"state\":\"mixed\""));
	assert_non_null(strstr(certs("--servers --json --server 192.0.2.2 --name old"), "\"state\":\"replaced\""));
	assert_non_null(strstr(certs("--servers --json --server 192.0.2.2 --name new"), "\"state\":\"current\""));
	assert_non_null(strstr(certs("--servers --json --server 192.0.2.4 --name old"), "\"state\":\"replaced\""));
	assert_non_null(strstr(certs("--servers --json --server 192.0.2.4 --name new"), "\"state\":\"current\""));
	assert_non_null(strstr(certs("--csv"), "name,days_left,handshakes,"));
}

/* What a stranger chose as a name is a value, and harmless where it is shown. */
static void hostile(void **state)
{
	struct state *s = opened();
	struct state_row row = CERT(.handshakes = UINT64_MAX, .first_ns = INT64_MIN, .last_ns = INT64_MAX);

	(void)state;
	put(s, CERT(.name = "'); DROP TABLE certificates;--", .handshakes = 1), 'A');
	put(s, CERT(.name = "=cmd|\"x\"\x1b[31m", .handshakes = 1), 'B');
	memset(row.name, 'n', sizeof(row.name));
	memset(row.issuer, 0xff, sizeof(row.issuer));
	put(s, row, 'C');
	row.kind = 77;
	put(s, row, 'D');
	/* a peer that ends without a word, in the middle of one */
	assert_int_equal(send(state_fd(s), "x", 1, 0), 1);
	state_free(s);
	for (known_cnt = 0; !strstr(certs("--json"), "DROP TABLE") && known_cnt < 1000; known_cnt++)
		usleep(10000);
	assert_non_null(strstr(certs(""), "DROP TABLE"));
	assert_null(strchr(out, 0x1b));
	assert_non_null(strstr(certs("--csv"), "\"'=cmd|\"\"x\"\"\\x1B[31m\""));
	assert_null(strchr(certs("--json"), 0x1b));
}

static int expect_bad(int (*fn)(void *arg), void *arg, const char *word)
{
	int ret = quiet(fn, arg);

	assert_int_not_equal(ret, 0);
	assert_non_null(strstr(out, word));
	assert_non_null(strstr(out, path));
	return ret;
}

static void bad_files(void **state)
{
	struct state *s;
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	(void)state;
	assert_int_equal(write(fd, "this is no database, not at all", 31), 31);
	close(fd);
	assert_int_equal(expect_bad(do_open, &s, "not a database"), HS_EXIT_OUTPUT);
	assert_null(s);
	assert_int_equal(expect_bad(do_certs, (char *)"", "not a database"), HS_EXIT_FORMAT);
	unlink(path);
	assert_int_equal(expect_bad(do_certs, (char *)"", "unable to open"), HS_EXIT_INPUT);
	snprintf(path, sizeof(path), "/nonexistent/state.db");
	assert_int_equal(expect_bad(do_open, &s, "No such file"), HS_EXIT_OUTPUT);
}

static void bad_options(void **state)
{
	static const char *const lines[] = { "--nonsense", "--expires-within x", "--expires-within -1", "extra", "--name" };

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		assert_int_equal(quiet(do_certs, (void *)lines[i]), HS_EXIT_USAGE);
	assert_int_equal(quiet(do_certs, (char *)"-h"), HS_EXIT_OK);
}

static int rotated_cnt, new_cnt;

static void on_change(void *ctx, struct certificate_event *e)
{
	(void)ctx;
	rotated_cnt += !strcmp(e->action, "rotated");
	new_cnt += !strcmp(e->action, "new");
}

static void on_inventory(void *ctx, const struct state_row *row)
{
	inventory_load(ctx, row);
}

static void see(struct inventory *inv, int server, char letter)
{
	struct handshake_event e;
	struct event_cert chain = { 0 };
	char hash[65], ip[32];

	memset(hash, letter, 64);
	snprintf(ip, sizeof(ip), "192.0.2.%d", server);
	handshake_event_init(&e);
	chain.sha256 = e.server_leaf.sha256 = event_str(hash, 64);
	e.server.ip = event_str(ip, strlen(ip));
	e.server.port = 443;
	e.start_ns = clock_real_ns();
	e.server_chain = (struct event_chain){ &chain, 1 };
	inventory_add(inv, &e);
}

/* A run that knows what earlier ones saw; of 4 servers at most in memory. */
static void run(int servers, char letter)
{
	struct inventory *inv = inventory_new(&(struct inventory_settings){ .max = 4, .change = on_change });
	struct state *s;

	new_cnt = rotated_cnt = 0;
	assert_int_equal(state_open(&s, path, 1000, on_inventory, inv), HS_EXIT_OK);
	inventory_keep(inv, s);
	for (int i = 0; i < servers; i++)
		see(inv, i, letter);
	assert_int_equal(inventory_flush(inv, true), 0);
	finish(s);
	inventory_free(inv);
}

static void across_restarts(void **state)
{
	(void)state;
	run(2, 'A');
	assert_int_equal(new_cnt, 2);
	run(2, 'A');
	assert_int_equal(new_cnt + rotated_cnt, 0);
	run(2, 'B');
	assert_int_equal(new_cnt, 0);
	assert_int_equal(rotated_cnt, 2);
	assert_non_null(strstr(certs("--servers --json --server 192.0.2.1"), "\"handshakes\":2,"));
}

/* What there is no room for is in the file before it is forgotten. */
static void more_than_fit(void **state)
{
	(void)state;
	run(50, 'A');
	assert_non_null(strstr(certs("--json"), "\"handshakes\":50,\"servers\":50,"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(adds_up, begin, end),
		cmocka_unit_test_setup_teardown(questions, begin, end),
		cmocka_unit_test_setup_teardown(hostile, begin, end),
		cmocka_unit_test_setup_teardown(bad_files, begin, end),
		cmocka_unit_test_setup_teardown(bad_options, begin, end),
		cmocka_unit_test_setup_teardown(across_restarts, begin, end),
		cmocka_unit_test_setup_teardown(more_than_fit, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
