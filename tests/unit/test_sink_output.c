/* SPDX-License-Identifier: BSD-2-Clause */
/* How outputs write: buffering, slow and vanished readers, full disks. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "json_check.h"
#include "json_run.h"
#include "sample.h"

/* An event far larger than the buffer comes out whole, and so does what follows. */
static void huge_event(void **state)
{
	size_t len = 1 << 20;
	char *der = malloc(len), *end;
	struct event_str chain[3];
	struct handshake_event e;
	struct run r;

	(void)state;
	memset(der, 'A', len);
	for (size_t i = 0; i < 3; i++)
		chain[i] = event_str(der, len);
	run_begin(&r);
	sample_tls12(&e);
	e.server_leaf.chain_der = (struct event_strs){ chain, 3 };
	assert_int_equal(sink_handshake(r.sink, &e), 0);
	e.server_leaf.chain_der.n = 0;
	assert_int_equal(sink_handshake(r.sink, &e), 0);
	end = strchr(run_text(&r), '\n');
	assert_true(end - r.text > 3 * (long)len);
	assert_true(json_valid(r.text, (size_t)(end - r.text)));
	assert_true(json_valid(end + 1, strlen(end + 1) - 1));
	run_end(&r);
	free(der);
}

static void buffered_until_flushed(void **state)
{
	struct handshake_event e;
	struct stat st;
	struct run r;

	(void)state;
	run_begin(&r);
	sample_tls12(&e);
	sink_handshake(r.sink, &e);
	fstat(r.fd, &st);
	assert_int_equal(st.st_size, 0);
	for (int i = 0; i < 20; i++)
		sink_handshake(r.sink, &e);
	fstat(r.fd, &st);
	assert_true(st.st_size >= 65536);
	run_end(&r);
}

static void line_buffered(void **state)
{
	struct sink_options opt = { .fd = memfd_create("events", 0), .line_buffered = true };
	struct sink *s = sink_json_new(&opt);
	struct handshake_event e;
	struct stat before, after;

	(void)state;
	sample_tls12(&e);
	sink_handshake(s, &e);
	fstat(opt.fd, &before);
	assert_true(before.st_size > 0);
	sink_handshake(s, &e);
	fstat(opt.fd, &after);
	assert_int_equal(after.st_size, 2 * before.st_size);
	sink_free(s);
	close(opt.fd);
}

static void reader_gone(void **state)
{
	struct sink_options opt = { .line_buffered = true };
	struct handshake_event e;
	struct sink *s;
	int fd[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(fd), 0);
	close(fd[0]);
	opt.fd = fd[1];
	s = sink_json_new(&opt);
	sample_tls12(&e);
	assert_int_equal(sink_handshake(s, &e), -EPIPE);
	assert_int_equal(sink_handshake(s, &e), -EPIPE);	/* and no memory is gathered for nobody */
	assert_int_equal(sink_flush(s), -EPIPE);
	sink_free(s);
	close(fd[1]);
}

static void disk_full(void **state)
{
	struct sink_options opt = { .fd = open("/dev/full", O_WRONLY) };
	struct handshake_event e;
	struct sink *s;

	(void)state;
	if (opt.fd < 0) {
		print_message("# skip: no /dev/full\n");
		skip();
	}
	s = sink_json_new(&opt);
	sample_tls12(&e);
	assert_int_equal(sink_handshake(s, &e), 0);
	assert_int_equal(sink_flush(s), -ENOSPC);
	assert_int_equal(sink_handshake(s, &e), -ENOSPC);
	sink_free(s);
	close(opt.fd);
}

struct slow_reader {
	int fd;
	size_t lines, bytes;
};

/* Takes odd small pieces, so that each write of the sink is cut somewhere else. */
static void *read_slowly(void *arg)
{
	struct slow_reader *r = arg;
	char buf[777];
	ssize_t n;

	while ((n = read(r->fd, buf, sizeof(buf))) > 0) {
		r->bytes += (size_t)n;
		for (ssize_t i = 0; i < n; i++)
			r->lines += buf[i] == '\n';
	}
	return NULL;
}

static void slow_nonblocking_pipe(void **state)
{
	struct slow_reader reader = { 0 };
	struct sink_options opt = { 0 };
	struct handshake_event e;
	struct sink *s;
	pthread_t thread;
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	fcntl(fd[1], F_SETPIPE_SZ, 4096);
	fcntl(fd[1], F_SETFL, O_NONBLOCK);
	reader.fd = fd[0];
	opt.fd = fd[1];
	assert_int_equal(pthread_create(&thread, NULL, read_slowly, &reader), 0);
	s = sink_json_new(&opt);
	sample_tls12(&e);
	for (int i = 0; i < 500; i++)
		assert_int_equal(sink_handshake(s, &e), 0);
	assert_int_equal(sink_flush(s), 0);
	sink_free(s);
	close(fd[1]);
	pthread_join(thread, NULL);
	close(fd[0]);
	assert_int_equal(reader.lines, 500);
	assert_true(reader.bytes > 500 * 4000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(huge_event),
		cmocka_unit_test(buffered_until_flushed),
		cmocka_unit_test(line_buffered),
		cmocka_unit_test(reader_gone),
		cmocka_unit_test(disk_full),
		cmocka_unit_test(slow_nonblocking_pipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
