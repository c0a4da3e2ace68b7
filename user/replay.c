/* SPDX-License-Identifier: BSD-2-Clause */
#include "replay.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/exit.h"
#include "base/log.h"
#include "capture/file.h"
#include "confine.h"
#include "options.h"
#include "secrets.h"
#include "session.h"

#define STEP_PACKETS 64			/* between two looks at what is due */

struct replay {
	const struct options *opt;
	struct session *session;
	struct segment_sink inner;	/* the session's */
	FILE *in;			/* until `file` has taken it over */
	struct capture_file *file;
	uint64_t now_ns;		/* the file's clock */
	uint64_t due_ns;
};

static const char *shown_name(const struct replay *r)
{
	return strcmp(r->opt->read_file, "-") ? r->opt->read_file : "standard input";
}

/* What is due before this packet happens before it: as live, where time goes on between packets. */
static void advance(struct replay *r, uint64_t time_ns)
{
	if (time_ns <= r->now_ns)
		return;
	r->now_ns = time_ns;
	if (time_ns >= r->due_ns)
		r->due_ns = session_tick(r->session, time_ns);
}

static void on_open(void *ctx, const struct hs_open *rec, uint64_t time_ns, int64_t offset_ns)
{
	struct replay *r = ctx;

	advance(r, time_ns);
	r->inner.open(r->inner.ctx, rec, time_ns, offset_ns);
	r->due_ns = 0;
}

static void on_segment(void *ctx, const struct segment *s)
{
	struct replay *r = ctx;

	advance(r, s->time_ns);
	r->inner.segment(r->inner.ctx, s);
	r->due_ns = 0;
}

static void on_crossing(void *ctx, const struct hs_crossing *rec, uint64_t time_ns)
{
	struct replay *r = ctx;

	r->inner.crossing(r->inner.ctx, rec, time_ns);
}

static const char *interface_name(const void *ctx, uint32_t ifindex)
{
	return capture_file_interface(ctx, ifindex);
}

/* The file is opened with the rights of whoever asked for it; what is in it is read without. */
static int open_file(struct replay *r)
{
	FILE *in = capture_file_stream(r->opt->read_file);
	int status;

	if (!in) {
		log_error("%s: %s", shown_name(r), strerror(errno));
		return HS_EXIT_INPUT;
	}
	status = confine(r->opt->user, true, (const int[]){ STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, fileno(in),
							    session_state_fd(r->session), secrets_fd(session_secrets(r->session)) }, 6);
	if (status)
		fclose(in);
	else
		r->in = in;
	return status;
}

static void on_secrets(void *ctx, const uint8_t *p, size_t len)
{
	secrets_block(ctx, p, len);
}

static int begin_file(struct replay *r)
{
	struct capture_file_settings set = {
		.gate = {
			.config = options_gate_config(r->opt),
			.ports = { r->opt->ports.bits[0], r->opt->ports.bits[1] },
		},
		.secrets = on_secrets,
		.secrets_ctx = session_secrets(r->session),
	};
	struct segment_sink sink = { r, on_open, on_segment, on_crossing };
	char err[256];
	int ret = capture_file_begin(r->in, &set, &sink, &r->file, err, sizeof(err));

	if (!ret)
		return HS_EXIT_OK;
	log_error("%s: %s", shown_name(r), err);
	return ret == -EBADMSG || ret == -ENOTSUP ? HS_EXIT_FORMAT : ret == -ENOMEM ? HS_EXIT_MEMORY : HS_EXIT_INPUT;
}

static int read_all(struct replay *r)
{
	int n;

	do {
		n = capture_file_step(r->file, STEP_PACKETS);
	} while (n > 0 && !session_is_over(r->session));
	if (n >= 0)
		return HS_EXIT_OK;
	return n == -ENODATA || n == -EBADMSG || n == -ENOTSUP ? HS_EXIT_FORMAT : HS_EXIT_INPUT;
}

int replay_run(const struct options *opt)
{
	struct replay r = { .opt = opt };
	int status, finish;

	/* Both are errors of the output, and told as such. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	status = session_new(&r.session, opt, false);
	if (status)
		return status;
	r.inner = session_sink(r.session);
	status = open_file(&r);
	if (!status) {
		secrets_poll(session_secrets(r.session), 0);
		status = begin_file(&r);
	}
	if (status) {
		session_free(r.session);
		return status;
	}
	session_name_interfaces(r.session, interface_name, r.file);
	status = read_all(&r);
	finish = session_finish(r.session, capture_file_counters(r.file), r.now_ns);
	if (status)
		log_error("%s: %s", shown_name(&r), capture_file_error(r.file));
	capture_file_close(r.file);
	session_free(r.session);
	/* A file that ends badly is the worse news: not all of it was judged. */
	return finish && finish != HS_EXIT_FINDINGS ? finish : status ? status : finish;
}
