/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/exit.h"
#include "base/log.h"
#include "capture/fragments.h"
#include "capture/gate.h"
#include "capture/live.h"
#include "capture/ring.h"
#include "confine.h"
#include "control.h"
#include "options.h"
#include "secrets.h"
#include "session.h"

#define DRAIN_MAX 512			/* records between two looks at the control socket */
#define PAUSE_MAX_NS (NS_PER_S / 2)

struct reader {
	const struct options *opt;
	struct session *session;
	struct ring *ring;
	struct gate *gate;		/* for what was cut into IP fragments */
	struct fragments *fragments;
	int ring_fd, counters_fd, control_fd, epoll_fd;
	uint64_t stats_due_ns;
	bool stopping;
};

static const char *const changes[] = {
	[LIVE_ATTACHED] = "attached", [LIVE_DETACHED] = "detached", [LIVE_LOST] = "lost", [LIVE_RENAMED] = NULL,
	[LIVE_FAILED] = "failed",
};

static void on_control(struct reader *r)
{
	struct control_msg msg;
	int ret;

	while ((ret = control_recv(r->control_fd, CONTROL_READER, &msg, NULL)) == 1) {
		if (msg.kind == CONTROL_STOP)
			r->stopping = true;
		else if (msg.kind == CONTROL_ALIVE)
			control_send(r->control_fd, &msg, -1);
		else if (msg.kind == CONTROL_INTERFACE && msg.change < sizeof(changes) / sizeof(*changes))
			session_interface(r->session, msg.number, msg.name, changes[msg.change],
					  msg.attach ? live_attach_name(msg.attach) : NULL);
	}
	/* The privileged process is gone: nothing is attached any more, what is in the ring is still reported. */
	if (ret == 0 || (ret < 0 && ret != -EAGAIN))
		r->stopping = true;
}

static struct hs_counters counters_now(const struct reader *r)
{
	struct hs_counters c = { { 0 } };

	ring_counters(r->ring, c.v);
	c.v[HS_CNT_LOST_FRAGMENT] += gate_counters(r->gate)->v[HS_CNT_LOST_FRAGMENT];
	return c;
}

/* Records that did not get through, of connections that are known all the same. */
static uint64_t records_lost(void *ctx)
{
	const struct reader *r = ctx;
	struct hs_counters c;

	ring_counters(r->ring, c.v);
	return c.v[HS_CNT_LOST_RING_FULL] + c.v[HS_CNT_LOST_LOAD];
}

/* Up to DRAIN_MAX records. */
static int drain(struct reader *r)
{
	uint64_t lost = records_lost(r);
	int n = ring_consume(r->ring, DRAIN_MAX);

	if (n >= 0 && n < DRAIN_MAX)
		session_caught_up(r->session, lost);
	return n;
}

static void periodic_stats(struct reader *r, uint64_t now_ns)
{
	struct hs_counters c;

	uint64_t interval_ns = r->opt->stats_interval_s * NS_PER_S;

	/* Further away than that it is only when the clock was set back. */
	if (!interval_ns || (now_ns < r->stats_due_ns && r->stats_due_ns - now_ns <= interval_ns))
		return;
	r->stats_due_ns = now_ns + interval_ns;
	c = counters_now(r);
	session_stats(r->session, &c, now_ns);
}

static int wait_ms(const struct reader *r, uint64_t now_ns, uint64_t due_ns, uint64_t pause_ns)
{
	uint64_t wait_ns = pause_ns < PAUSE_MAX_NS ? pause_ns : PAUSE_MAX_NS;

	if (r->opt->stats_interval_s && r->stats_due_ns < due_ns)
		due_ns = r->stats_due_ns;
	if (due_ns <= now_ns)
		return 0;
	if (due_ns - now_ns < wait_ns)
		wait_ns = due_ns - now_ns;
	return (int)((wait_ns + NS_PER_MS - 1) / NS_PER_MS);
}

/* Everything that waits in the ring. */
static int drain_all(struct reader *r)
{
	int n;

	do {
		n = drain(r);
	} while (n == DRAIN_MAX && !session_is_over(r->session));
	return n;
}

static int loop(struct reader *r)
{
	while (!r->stopping && !session_is_over(r->session)) {
		struct epoll_event events[4];
		uint64_t now_ns, due_ns;
		int n;

		on_control(r);
		n = drain(r);
		if (n < 0)
			return n;
		now_ns = clock_real_ns();
		/* What waits in the ring has happened already: nobody is silent whose segments are among it. */
		due_ns = session_tick(r->session, n == DRAIN_MAX ? 0 : now_ns);
		periodic_stats(r, now_ns);
		if (n == DRAIN_MAX || r->stopping)
			continue;
		n = epoll_wait(r->epoll_fd, events, 4,
			       wait_ms(r, now_ns, due_ns, ring_pause_ns(r->ring, (unsigned int)n)));
		if (n < 0 && errno != EINTR)
			return -errno;
	}
	return r->stopping ? drain_all(r) : 0;
}

static int watch(struct reader *r)
{
	struct epoll_event control = { .events = EPOLLIN | EPOLLRDHUP }, ring = { .events = EPOLLIN | EPOLLET };

	r->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (r->epoll_fd < 0 || epoll_ctl(r->epoll_fd, EPOLL_CTL_ADD, r->control_fd, &control) ||
	    epoll_ctl(r->epoll_fd, EPOLL_CTL_ADD, r->ring_fd, &ring))
		return -errno;
	return 0;
}

/* Whoever wants hsmon to end asks the privileged process, which detaches first. */
static void ignore_signals(void)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGXFSZ };
	sigset_t none;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		signal(ignored[i], SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int confine_reader(const struct reader *r)
{
	const int keep[] = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, r->control_fd, r->ring_fd, r->epoll_fd,
			     session_state_fd(r->session), secrets_fd(session_secrets(r->session)) };

	return confine(r->opt->user, false, keep, sizeof(keep) / sizeof(*keep));
}

static void on_fragment(void *ctx, const struct hs_fragment *rec, const uint8_t *packet, uint64_t time_ns, int64_t offset_ns)
{
	struct reader *r = ctx;

	(void)offset_ns;
	fragments_add(r->fragments, rec, packet, time_ns);
}

static int make_fragments(struct reader *r, struct segment_sink sink)
{
	struct gate_settings set = {
		.config = options_gate_config(r->opt),
		.ports = { r->opt->ports.bits[0], r->opt->ports.bits[1] },
	};

	sink.open = NULL;		/* the kernel's gate tells of the flow */
	r->gate = gate_new(&set, &sink);
	r->fragments = r->gate ? fragments_new(r->gate, 0) : NULL;
	return r->fragments ? 0 : -ENOMEM;
}

static int open_ring(struct reader *r, struct live *l)
{
	unsigned int cpu_cnt = live_cpu_cnt(l);
	struct segment_sink sink = session_sink(r->session);
	struct ring_fragments fragments = { r, on_fragment };
	int ret = make_fragments(r, sink);

	live_leave(l, &r->ring_fd, &r->counters_fd);
	if (!ret)
		ret = ring_new(&r->ring, r->ring_fd, r->counters_fd, cpu_cnt, &sink, &fragments);
	if (!ret)
		ret = watch(r);
	if (ret)
		log_error("cannot read the ring: %s", strerror(-ret));
	else
		session_watch_losses(r->session, records_lost, r);
	return ret;
}

int reader_run(const struct options *opt, struct live *l, int control_fd)
{
	struct reader r = { .opt = opt, .control_fd = control_fd };
	struct control_msg msg = { .kind = CONTROL_READY };
	struct hs_counters counters;
	int status, ret;

	ignore_signals();
	status = session_new(&r.session, opt, true);
	if (status)
		return status;
	ret = open_ring(&r, l);
	if (ret)
		return ret == -ENOMEM || ret == -EMFILE || ret == -ENFILE ? HS_EXIT_MEMORY : HS_EXIT_FAILURE;
	status = confine_reader(&r);
	if (status)
		return status;
	r.stats_due_ns = clock_real_ns() + opt->stats_interval_s * NS_PER_S;
	control_send(control_fd, &msg, -1);
	ret = loop(&r);
	fragments_finish(r.fragments);
	counters = counters_now(&r);
	status = session_finish(r.session, &counters, clock_real_ns());
	if (ret < 0) {
		log_error("the ring cannot be read any more: %s", strerror(-ret));
		status = HS_EXIT_FAILURE;
	}
	msg = (struct control_msg){ .kind = CONTROL_DONE, .number = (uint32_t)status };
	control_send(control_fd, &msg, -1);
	ring_free(r.ring);
	fragments_free(r.fragments);
	gate_free(r.gate);
	session_free(r.session);
	return status;
}
