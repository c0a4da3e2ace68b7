/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "notify.h"

static char folder[] = "/tmp/hsmon-notify-XXXXXX";

/* A socket that is to be notified, at that address. */
static int listener(const struct sockaddr_un *addr, socklen_t len)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)addr, len), 0);
	return fd;
}

static void expect_heard(int fd, const char *what)
{
	char got[64];
	ssize_t n = recv(fd, got, sizeof(got), 0);

	assert_int_equal(n, strlen(what));
	assert_memory_equal(got, what, (size_t)n);
}

static void test_path(void **state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct notify n;
	int fd;

	(void)state;
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/socket", folder);
	fd = listener(&addr, sizeof(addr));
	setenv("NOTIFY_SOCKET", addr.sun_path, 1);
	setenv("WATCHDOG_USEC", "30000000", 1);
	notify_open(&n);
	assert_int_equal(n.watchdog_us, 30000000);
	assert_null(getenv("NOTIFY_SOCKET"));
	assert_null(getenv("WATCHDOG_USEC"));
	notify_send(&n, "READY=1");
	expect_heard(fd, "READY=1");
	notify_close(&n);
	notify_send(&n, "READY=1");
	assert_true(recv(fd, &addr, 1, 0) < 0);
	close(fd);
	unlink(addr.sun_path);
}

static void test_abstract(void **state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char name[64];
	struct notify n;
	int len = snprintf(name, sizeof(name), "@hsmon-notify-%d", (int)getpid()), fd;

	(void)state;
	memcpy(addr.sun_path + 1, name + 1, (size_t)len - 1);
	fd = listener(&addr, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)len));
	setenv("NOTIFY_SOCKET", name, 1);
	setenv("WATCHDOG_USEC", "1000", 1);
	setenv("WATCHDOG_PID", "1", 1);		/* meant for somebody else */
	notify_open(&n);
	assert_int_equal(n.watchdog_us, 0);
	notify_send(&n, "STOPPING=1");
	expect_heard(fd, "STOPPING=1");
	notify_close(&n);
	close(fd);
}

static void test_nobody_bad(void **state)
{
	static const char *const names[] = { "/nonexistent/socket", "relative", "@", "", "tcp:1" };
	struct notify n;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		setenv("NOTIFY_SOCKET", names[i], 1);
		setenv("WATCHDOG_USEC", "1000", 1);
		notify_open(&n);
		assert_int_equal(n.fd, -1);
		assert_int_equal(n.watchdog_us, 0);
		notify_send(&n, "READY=1");
		notify_close(&n);
	}
	notify_open(&n);
	assert_int_equal(n.fd, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_path), cmocka_unit_test(test_abstract), cmocka_unit_test(test_nobody_bad),
	};
	int failed;

	if (!mkdtemp(folder))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(folder);
	return failed;
}
