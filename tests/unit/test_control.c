// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "control.h"

static int fds[2];

static int setup(void **state)
{
	(void)state;
	return control_pair(fds);
}

static int teardown(void **state)
{
	(void)state;
	close(fds[0]);
	close(fds[1]);
	return 0;
}

static const struct control_msg interface = { .kind = CONTROL_INTERFACE, .number = 7, .change = 3, .attach = 2,
					      .name = "eth0" };

static void to_reader(void **state)
{
	struct control_msg got;
	int fd = 5;

	(void)state;
	assert_int_equal(control_recv(fds[CONTROL_READER], CONTROL_READER, &got, &fd), -EAGAIN);
	assert_int_equal(control_send(fds[CONTROL_MAIN], &interface, -1), 0);
	assert_int_equal(control_send(fds[CONTROL_MAIN], &(struct control_msg){ .kind = CONTROL_STOP }, -1), 0);
	assert_int_equal(control_recv(fds[CONTROL_READER], CONTROL_READER, &got, &fd), 1);
	assert_memory_equal(&got, &interface, sizeof(got));
	assert_int_equal(fd, -1);
	assert_int_equal(control_recv(fds[CONTROL_READER], CONTROL_READER, &got, &fd), 1);
	assert_int_equal(got.kind, CONTROL_STOP);
	assert_int_equal(control_recv(fds[CONTROL_READER], CONTROL_READER, &got, &fd), -EAGAIN);
}

static void from_reader(void **state)
{
	struct control_msg got;

	(void)state;
	assert_int_equal(control_send(fds[CONTROL_READER], &(struct control_msg){ .kind = CONTROL_READY }, -1), 0);
	assert_int_equal(control_send(fds[CONTROL_READER], &(struct control_msg){ .kind = CONTROL_DONE, .number = 3 }, -1), 0);
	assert_int_equal(control_recv(fds[CONTROL_MAIN], CONTROL_MAIN, &got, NULL), 1);
	assert_int_equal(got.kind, CONTROL_READY);
	assert_int_equal(control_recv(fds[CONTROL_MAIN], CONTROL_MAIN, &got, NULL), 1);
	assert_int_equal(got.number, 3);
}

static void file_goes_along(void **state)
{
	struct control_msg got;
	int pipe_fds[2], fd;
	char c = 0;

	(void)state;
	assert_int_equal(pipe(pipe_fds), 0);
	assert_int_equal(control_send(fds[CONTROL_MAIN], &(struct control_msg){ .kind = CONTROL_REOPEN }, pipe_fds[1]), 0);
	close(pipe_fds[1]);
	assert_int_equal(control_recv(fds[CONTROL_READER], CONTROL_READER, &got, &fd), 1);
	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(read(pipe_fds[0], &c, 1), 1);
	assert_int_equal(c, 'x');
	close(fd);
	close(pipe_fds[0]);
}

static void death_is_seen(void **state)
{
	struct control_msg got;
	struct pollfd p = { .fd = fds[CONTROL_MAIN], .events = POLLIN };

	(void)state;
	assert_int_equal(poll(&p, 1, 0), 0);
	close(fds[CONTROL_READER]);
	assert_int_equal(poll(&p, 1, 0), 1);
	assert_int_equal(control_recv(fds[CONTROL_MAIN], CONTROL_MAIN, &got, NULL), 0);
	assert_int_equal(control_send(fds[CONTROL_MAIN], &interface, -1), -EPIPE);
	fds[CONTROL_READER] = -1;
}

static void many_interfaces_fit(void **state)
{
	struct control_msg got;

	(void)state;
	if (geteuid()) {
		print_message("# skip: needs root to enlarge the queue\n");
		skip();
	}
	for (int i = 0; i < 4000; i++)
		assert_int_equal(control_send(fds[CONTROL_MAIN], &interface, -1), 0);
	for (int i = 0; i < 4000; i++)
		assert_int_equal(control_recv(fds[CONTROL_READER], CONTROL_READER, &got, NULL), 1);
}

/* The reader says what it may not. */
static void reader_bad(void **state)
{
	struct control_msg got, long_name = { .kind = CONTROL_DONE };
	char longer[sizeof(got) + 1] = { CONTROL_DONE };

	(void)state;
	for (uint32_t kind = 0; kind <= CONTROL_KIND_END; kind++) {
		if (kind == CONTROL_READY || kind == CONTROL_DONE || kind == CONTROL_ALIVE)
			continue;
		assert_int_equal(control_send(fds[CONTROL_READER], &(struct control_msg){ .kind = kind }, -1), 0);
		assert_int_equal(control_recv(fds[CONTROL_MAIN], CONTROL_MAIN, &got, NULL), -EPROTO);
	}
	memset(long_name.name, 'a', sizeof(long_name.name));
	assert_int_equal(control_send(fds[CONTROL_READER], &long_name, -1), 0);
	assert_int_equal(control_recv(fds[CONTROL_MAIN], CONTROL_MAIN, &got, NULL), -EPROTO);
	for (size_t len = 1; len <= sizeof(longer); len++) {
		if (len == sizeof(got))
			continue;
		assert_int_equal(send(fds[CONTROL_READER], longer, len, 0), len);
		assert_int_equal(control_recv(fds[CONTROL_MAIN], CONTROL_MAIN, &got, NULL), -EPROTO);
	}
}

/* File descriptors that nobody asked for are not kept. */
static void unwanted_file_bad(void **state)
{
	struct control_msg got;
	int next, again, fd;

	(void)state;
	next = dup(0);
	close(next);
	assert_int_equal(control_send(fds[CONTROL_READER], &(struct control_msg){ .kind = CONTROL_READY }, 0), 0);
	assert_int_equal(control_recv(fds[CONTROL_MAIN], CONTROL_MAIN, &got, NULL), 1);
	again = dup(0);
	close(again);
	assert_int_equal(next, again);

	assert_int_equal(control_send(fds[CONTROL_MAIN], &(struct control_msg){ .kind = CONTROL_READY }, 0), 0);
	assert_int_equal(control_recv(fds[CONTROL_READER], CONTROL_READER, &got, &fd), -EPROTO);
	assert_int_equal(fd, -1);
	again = dup(0);
	close(again);
	assert_int_equal(next, again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(to_reader, setup, teardown),
		cmocka_unit_test_setup_teardown(from_reader, setup, teardown),
		cmocka_unit_test_setup_teardown(file_goes_along, setup, teardown),
		cmocka_unit_test_setup_teardown(death_is_seen, setup, teardown),
		cmocka_unit_test_setup_teardown(many_interfaces_fit, setup, teardown),
		cmocka_unit_test_setup_teardown(reader_bad, setup, teardown),
		cmocka_unit_test_setup_teardown(unwanted_file_bad, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
