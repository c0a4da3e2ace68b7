/* SPDX-License-Identifier: BSD-2-Clause */
/* The table on terminals (pseudo-terminals) of every width. */
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "sample.h"
#include "sink/sink.h"

#define ELLIPSIS "\xe2\x80\xa6"
#define NARROWEST 42		/* server, certificate and result; below that lines wrap */

static char out[1 << 20];

static int init(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	return 0;
}

static struct winsize columns(unsigned short n)
{
	return (struct winsize){ .ws_row = 24, .ws_col = n };
}

/* All that was written to the terminal's other end, which is closed by this: reading ends with EIO. */
static void read_terminal(int master, int slave)
{
	size_t len = 0;
	ssize_t n;

	close(slave);
	while ((n = read(master, out + len, sizeof(out) - 1 - len)) > 0)
		len += (size_t)n;
	out[len] = '\0';
	close(master);
	assert_true(len > 0);
}

/* What the events look like on a terminal so wide. */
static const char *on_terminal(struct sink_options *opt, unsigned short width, struct handshake_event *e, size_t n)
{
	struct winsize size = columns(width);
	struct termios raw;
	struct sink *s;
	int master, slave;

	memset(&raw, 0, sizeof(raw));
	cfmakeraw(&raw);
	assert_int_equal(openpty(&master, &slave, NULL, &raw, &size), 0);
	opt->fd = slave;
	opt->resolve_width = opt->line_buffered = true;
	s = sink_text_new(opt);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(sink_handshake(s, &e[i]), 0);
	sink_free(s);
	read_terminal(master, slave);
	return out;
}

static size_t widest_line(const char *text)
{
	size_t widest = 0;

	while (*text) {
		size_t len = strcspn(text, "\n"), w = utf8_width(text, len);

		widest = w > widest ? w : widest;
		text += len + (text[len] == '\n');
	}
	return widest;
}

static void terminal_80(void **state)
{
	struct sink_options opt = { .expiry_warn_days = 30 };
	struct handshake_event e[4];

	(void)state;
	sample_tls12(&e[0]);
	sample_tls13(&e[1]);
	sample_expired(&e[2]);
	sample_mutual(&e[3]);
	assert_string_equal(on_terminal(&opt, 80, e, 4),
		"TIME      CLIENT           SERVER           VERSION  CERTIFICATE         RESULT\n"
		"12:01:07  10.0.0.5:51324   example.com      TLS 1.2  43 days left        ok\n"
		"12:01:08  10.0.0.5:51326   api.internal     TLS 1.3  encrypted           ok\n"
		"12:01:09  10.0.0.7:40112   api.internal     TLS 1.2  expired 2 days ago  failed\n"
		"          client sent certificate_expired after certificate\n"
		"12:01:07  10.0.0.5:51324   example.com      TLS 1.2  43 days left        ok\n"
		"          client certificate alice\n");
}

static void terminal_180(void **state)
{
	struct sink_options opt = { .expiry_warn_days = 30 };
	struct handshake_event e[2];

	(void)state;
	sample_tls12(&e[0]);
	sample_expired(&e[1]);
	assert_string_equal(on_terminal(&opt, 180, e, 2),
		"TIME      CLIENT                SERVER                SNI                     VERSION  "
		"CIPHER, GROUP                    CERTIFICATE                              TOOK  RESULT\n"
		"12:01:07  10.0.0.5:51324        192.0.2.34:443        example.com             TLS 1.2  "
		"ECDHE-RSA-AES128-GCM, x25519     example.com, 43 days left, by R3        38 ms  ok\n"
		"12:01:09  10.0.0.7:40112        10.0.0.9:443          api.internal            TLS 1.2  "
		"-                                api.internal, expired 2 days ago         4 ms  failed\n"
		"          client sent certificate_expired after certificate\n");
}

/* At every width: no line is wider than the terminal, and the result is never shortened. */
static void terminal_any_width(void **state)
{
	struct handshake_event e[3];

	(void)state;
	sample_tls12(&e[0]);
	sample_endpoints(&e[0], "2001:db8:1234:5678:9abc:def0:1234:5678", 51324, "2001:db8::1:2:3:4", 8443);
	e[0].server_name = sample_str("\xe4\xbe\x8b\xe3\x81\x88\xe4\xbe\x8b\xe3\x81\x88.a-very-long-name.example-cloud.internal");
	sample_expired(&e[1]);
	e[1].reason = sample_str("server closed the connection");
	sample_mutual(&e[2]);
	for (unsigned short w = 1; w < 260; w++) {
		struct sink_options opt = { .expiry_warn_days = 30 };
		const char *text = on_terminal(&opt, w, e, 3);

		if (w >= NARROWEST && widest_line(text) > w)
			fail_msg("at %u columns a line of %zu: %s", w, widest_line(text), text);
		assert_non_null(strstr(text, "server closed the connection\n"));
		assert_non_null(strstr(text, "client certificate alice\n"));
		if (w >= 80)
			assert_non_null(strstr(text, "\xe4\xbe\x8b"));
	}
}

static void shortening(void **state)
{
	struct sink_options opt = { .expiry_warn_days = 30 };
	struct handshake_event e;

	(void)state;
	sample_tls12(&e);
	e.server_name = sample_str("a-very-long-name.of-some-service.internal");
	on_terminal(&opt, 120, &e, 1);
	assert_non_null(strstr(out, "  a-very-l" ELLIPSIS "internal  "));
	sample_endpoints(&e, "192.168.100.101", 51324, "2001:db8:1234:5678::1", 443);
	on_terminal(&opt, 120, &e, 1);
	assert_non_null(strstr(out, "  192.168.100.101  2001:db" ELLIPSIS "5678::1  "));
}

static void resized(void **state)
{
	struct winsize size = columns(200);
	struct sink_options opt = { .resolve_width = true, .line_buffered = true };
	struct handshake_event e;
	struct termios raw;
	struct sink *s;
	int master;

	(void)state;
	memset(&raw, 0, sizeof(raw));
	cfmakeraw(&raw);
	assert_int_equal(openpty(&master, &opt.fd, NULL, &raw, &size), 0);
	s = sink_text_new(&opt);
	sample_tls12(&e);
	sink_handshake(s, &e);
	sink_handshake(s, &e);
	size = columns(80);
	assert_int_equal(ioctl(opt.fd, TIOCSWINSZ, &size), 0);
	sink_handshake(s, &e);
	sink_free(s);
	read_terminal(master, opt.fd);
	assert_non_null(strstr(out, "SNI"));
	assert_non_null(strstr(out, "ok\nTIME      CLIENT           SERVER           VERSION  CERTIFICATE         RESULT\n12:01:07"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(terminal_80),
		cmocka_unit_test(terminal_180),
		cmocka_unit_test(terminal_any_width),
		cmocka_unit_test(shortening),
		cmocka_unit_test(resized),
	};

	return cmocka_run_group_tests(tests, init, NULL);
}
