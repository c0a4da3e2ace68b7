/* SPDX-License-Identifier: BSD-2-Clause */
/* Who has which end: what the kernel told, found again by tuple, time and network namespace. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "owner/owners.h"
#include "owner/users.h"

#define OUR_NETNS 100
#define SECOND 1000000000ull
#define ALL_TIME UINT64_MAX

static struct hs_tuple tuple_of(uint8_t first_byte, uint16_t port)
{
	struct hs_tuple t = { .port = { port, 443 }, .proto = 6, .family = 4 };

	for (int i = 0; i < 2; i++) {
		t.addr[i][10] = t.addr[i][11] = 0xff;
		t.addr[i][12] = first_byte;
		t.addr[i][15] = (uint8_t)(i + 1);
	}
	return t;
}

static struct hs_process process_of(uint32_t pid)
{
	static const char exe[] = "curl\0bin\0usr", cgroup[] = "nginx.service\0system.slice", args[] = "curl\0-s\0https://x/";
	struct hs_process p = { .tag = HS_REC_PROCESS, .id = { 5, 1, pid }, .exe_len = sizeof(exe), .cgroup_len = sizeof(cgroup),
				.args_len = sizeof(args) };

	memcpy(p.exe, exe, sizeof(exe));
	memcpy(p.cgroup, cgroup, sizeof(cgroup));
	memcpy(p.args, args, sizeof(args));
	return p;
}

static void tell(struct owners *o, const struct hs_tuple *t, int dir, uint32_t pid, uint32_t netns, uint64_t time_ns)
{
	struct hs_owner rec = { .tag = HS_REC_OWNER, .tuple = *t, .dir = (uint8_t)dir, .process = { 5, 1, pid }, .netns = netns,
				.comm = "curl" };

	owners_owner(o, &rec, time_ns);
}

static uint32_t pid_at(struct owners *o, const struct hs_tuple *t, int dir, uint64_t from, uint64_t until)
{
	const struct owner *found = owners_find(o, t, dir, from, until);

	return found ? found->pid : 0;
}

static void test_strings(void **state)
{
	struct owners *o = owners_new(16, OUR_NETNS);
	struct hs_process p = process_of(7);
	struct hs_tuple t = tuple_of(10, 1000);
	const struct owner *found;

	(void)state;
	owners_process(o, &p);
	tell(o, &t, 0, 7, OUR_NETNS, SECOND);
	found = owners_find(o, &t, 0, 0, ALL_TIME);
	assert_non_null(found);
	assert_string_equal(found->name, "curl");
	assert_string_equal(found->process->executable, "/usr/bin/curl");
	assert_string_equal(found->process->command_line, "curl -s https://x/");
	assert_string_equal(found->process->cgroup, "/system.slice/nginx.service");
	assert_memory_equal(found->process->place.unit.s, "nginx.service", found->process->place.unit.len);
	assert_null(owners_find(o, &t, 1, 0, ALL_TIME));
	owners_free(o);
}

/* What the kernel could not read, had no room for, or a title wrote over. */
static void test_odd_strings(void **state)
{
	static const struct {
		const char *args;
		uint16_t len, flags;
		const char *text;
	} t[] = {
		{ "", 0, 0, NULL },
		{ "\0\0\0", 3, 0, NULL },
		{ "nginx: worker process\0\0\0\0", 25, 0, "nginx: worker process" },
		{ "nginx: worker process   ", 24, 0, "nginx: worker process" },
		{ "postgres: wal writer\0PATH=/bin", 30, HS_PROCESS_ARGS_OPEN, "postgres: wal writer" },
		{ "java\0-cp\0lib", 12, HS_PROCESS_ARGS_CUT, "java -cp lib ..." },
		{ "no end", 6, 0, "no end" },
	};
	struct hs_tuple tuple = tuple_of(10, 1000);

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct owners *o = owners_new(16, OUR_NETNS);
		struct hs_process p = { .id = { 5, 1, 7 }, .flags = t[i].flags | HS_PROCESS_EXE_CUT, .exe_len = 4,
					.args_len = t[i].len };
		const struct owner *found;

		memcpy(p.exe, "a\0b", 4);
		memcpy(p.args, t[i].args, t[i].len);
		owners_process(o, &p);
		tell(o, &tuple, 0, 7, OUR_NETNS, SECOND);
		found = owners_find(o, &tuple, 0, 0, ALL_TIME);
		assert_non_null(found);
		assert_string_equal(found->process->executable, ".../b/a");
		assert_string_equal(found->process->cgroup, "/");
		if (t[i].text)
			assert_string_equal(found->process->command_line, t[i].text);
		else
			assert_null(found->process->command_line);
		owners_free(o);
	}
}

static void test_process_that_was_lost(void **state)
{
	struct owners *o = owners_new(16, OUR_NETNS);
	struct hs_tuple t = tuple_of(10, 1000);

	(void)state;
	tell(o, &t, 0, 7, OUR_NETNS, SECOND);
	assert_int_equal(pid_at(o, &t, 0, 0, ALL_TIME), 7);
	assert_null(owners_find(o, &t, 0, 0, ALL_TIME)->process);
	owners_free(o);
}

/* The tuple is used again, by somebody else. */
static void test_times(void **state)
{
	struct owners *o = owners_new(16, OUR_NETNS);
	struct hs_tuple t = tuple_of(10, 1000);

	(void)state;
	tell(o, &t, 0, 7, OUR_NETNS, 5 * SECOND);
	assert_int_equal(pid_at(o, &t, 0, 6 * SECOND, ALL_TIME), 0);
	assert_int_equal(pid_at(o, &t, 0, 4 * SECOND, ALL_TIME), 7);
	assert_int_equal(pid_at(o, &t, 0, 0, 4 * SECOND), 0);
	tell(o, &t, 0, 8, OUR_NETNS, 9 * SECOND);
	assert_int_equal(pid_at(o, &t, 0, 0, ALL_TIME), 8);
	owners_forget(o, &t, 8 * SECOND);
	assert_int_equal(pid_at(o, &t, 0, 0, ALL_TIME), 8);
	owners_forget(o, &t, 9 * SECOND);
	assert_int_equal(pid_at(o, &t, 0, 0, ALL_TIME), 0);
	owners_free(o);
}

static void test_network_namespaces(void **state)
{
	struct owners *o = owners_new(16, OUR_NETNS), *all = owners_new(16, 0);
	struct hs_tuple t = tuple_of(10, 1000), lo = tuple_of(127, 1000);

	(void)state;
	tell(o, &t, 0, 7, OUR_NETNS, SECOND);
	tell(o, &t, 0, 8, 200, 2 * SECOND);
	assert_int_equal(pid_at(o, &t, 0, 0, ALL_TIME), 7);
	tell(o, &t, 1, 9, 200, 2 * SECOND);
	assert_int_equal(pid_at(o, &t, 1, 0, ALL_TIME), 9);
	tell(o, &t, 1, 10, 300, 3 * SECOND);
	assert_int_equal(pid_at(o, &t, 1, 0, ALL_TIME), 10);
	/* Another namespace's loopback is not ours. */
	tell(o, &lo, 0, 11, 200, SECOND);
	assert_int_equal(pid_at(o, &lo, 0, 0, ALL_TIME), 0);
	tell(o, &lo, 0, 12, OUR_NETNS, SECOND);
	assert_int_equal(pid_at(o, &lo, 0, 0, ALL_TIME), 12);
	tell(all, &lo, 0, 13, 200, SECOND);
	assert_int_equal(pid_at(all, &lo, 0, 0, ALL_TIME), 13);
	owners_free(o);
	owners_free(all);
}

static void test_sockets(void **state)
{
	struct owners *o = owners_new(16, OUR_NETNS);
	struct hs_owner rec = { .socket = 4711, .process = { 5, 1, 7 } };

	(void)state;
	assert_null(owners_find_socket(o, 4711));
	owners_owner(o, &rec, SECOND);
	assert_int_equal(owners_find_socket(o, 4711)->pid, 7);
	assert_null(owners_find_socket(o, 4712));
	/* Another process sends from it. */
	rec.process.pid = 8;
	owners_owner(o, &rec, 2 * SECOND);
	assert_int_equal(owners_find_socket(o, 4711)->pid, 8);
	owners_free(o);
}

/* What was told first is forgotten first; processes as long as ends refer to them stay. */
static void test_bounds(void **state)
{
	struct owners *o = owners_new(8, OUR_NETNS);

	(void)state;
	for (uint32_t i = 1; i <= 20000; i++) {
		struct hs_process p = process_of(i);
		struct hs_tuple t = tuple_of(10, (uint16_t)i);

		owners_process(o, &p);
		tell(o, &t, 0, i, OUR_NETNS, i);
	}
	for (uint32_t i = 1; i <= 20000; i++) {
		struct hs_tuple t = tuple_of(10, (uint16_t)i);
		const struct owner *found = owners_find(o, &t, 0, 0, ALL_TIME);

		assert_int_equal(found != NULL, i > 20000 - 16);
		if (found)
			assert_string_equal(found->process->executable, "/usr/bin/curl");
	}
	owners_free(o);
}

static void test_users(void **state)
{
	struct users *u = users_new("/etc/passwd"), *none = users_new("/nonexistent");

	(void)state;
	assert_string_equal(users_name(u, 0), "root");
	assert_null(users_name(none, 0));
	users_add(none, 5, "five");
	users_add(none, 5, "again");
	users_add(none, 6, "");
	assert_string_equal(users_name(none, 5), "five");
	assert_null(users_name(none, 6));
	users_free(u);
	users_free(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strings),	   cmocka_unit_test(test_odd_strings),
		cmocka_unit_test(test_times),	   cmocka_unit_test(test_process_that_was_lost),
		cmocka_unit_test(test_sockets),	   cmocka_unit_test(test_network_namespaces),
		cmocka_unit_test(test_bounds),	   cmocka_unit_test(test_users),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
