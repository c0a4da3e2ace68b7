/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/courier.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "output/delivery.h"
#include "output/link.h"

#define RETRY_MIN_NS (100 * NS_PER_MS)
#define BURST 1024			/* records between two looks at everything else */

enum phase { CLOSED, OPENING, OPEN };

struct courier {
	struct link *l;
	struct delivery *d;
	const struct courier_settings *set;
	enum phase phase;
	struct strbuf bytes;
	uint64_t sent_pos;		/* in the window: what is next */
	uint64_t confirmed;		/* of those sent since it was opened */
	uint64_t retry_ns, backoff_ns;	/* CLOSED: when to open again */
	uint64_t down_since_ns;		/* 0: it is not, or nobody was told */
	uint64_t end_ns;		/* when to give up; 0: the reader is there */
	bool refused;			/* -EAGAIN: step() comes first */
	bool reader_gone, stop;
};

static struct link_shared *shared(struct courier *c)
{
	return c->l->shared;
}

static void fail_link(struct link *l, const char *why)
{
	snprintf(l->shared->error, sizeof(l->shared->error), "%s", why);
	link_set_state(l, LINK_FAILED);
}

static const char *reason(const struct delivery *d, int err, char *buf, size_t size)
{
	if (!d->error[0])
		return strerror(-err);
	snprintf(buf, size, "%s%s%s", d->error, err ? ": " : "", err ? strerror(-err) : "");
	return buf;
}

struct delivery *courier_prepare(struct link *l)
{
	const struct delivery_ops *ops = l->spec.delivery;
	struct delivery *d = calloc(1, ops->size);
	char text[LINK_ERROR_MAX];
	int ret;

	if (!d) {
		fail_link(l, "out of memory");
		return NULL;
	}
	*d = (struct delivery){ .ops = ops, .spec = &l->spec, .fd = -1, .wake_ns = DELIVERY_NO_TIME };
	ret = ops->prepare ? ops->prepare(d) : 0;
	if (!ret)
		return d;
	fail_link(l, reason(d, ret == -EINVAL ? 0 : ret, text, sizeof(text)));
	if (ops->free)
		ops->free(d);
	free(d);
	return NULL;
}

/* Half of it is left to chance: hundreds of hosts that lose the same server do not come back at the same moment. */
static void schedule_retry(struct courier *c)
{
	uint64_t chance = 0, max = c->l->spec.retry_max_s * NS_PER_S;

	(void)!getrandom(&chance, sizeof(chance), GRND_NONBLOCK);
	c->backoff_ns = c->backoff_ns ? 2 * c->backoff_ns : RETRY_MIN_NS;
	if (c->backoff_ns > max)
		c->backoff_ns = max;
	c->retry_ns = clock_monotonic_ns() + c->backoff_ns / 2 + chance % (c->backoff_ns / 2);
}

/* Not when it is open, but when something has got through, or there is nothing that has to. */
static void tell_back(struct courier *c)
{
	uint64_t down_ns = clock_monotonic_ns() - c->down_since_ns;

	atomic_fetch_add(&shared(c)->reconnects, 1);
	log_info("output %s: works again, after %llu s", c->l->spec.name, (unsigned long long)(down_ns / NS_PER_S));
	c->down_since_ns = 0;
}

/* How many are confirmed that were not before. */
static uint64_t confirm(struct courier *c)
{
	uint64_t now = c->d->ops->confirmed(c->d), pos = queue_begin(c->l->window), n = 0;

	for (; c->confirmed < now && !queue_skip(c->l->window, &pos); c->confirmed++)
		n++;
	queue_forget(c->l->window, pos);
	atomic_fetch_add(&shared(c)->lost, c->d->refused);
	atomic_fetch_add(&shared(c)->delivered, n - (c->d->refused < n ? c->d->refused : n));
	c->d->refused = 0;
	return n;
}

/* What was sent and not confirmed is sent again when it is open again. */
static void lose(struct courier *c, int err)
{
	char text[LINK_ERROR_MAX];

	if (c->phase == OPEN)
		(void)confirm(c);
	c->d->ops->close(c->d);
	c->d->fd = -1;
	c->d->wake_ns = DELIVERY_NO_TIME;
	if (c->phase == OPEN && !c->down_since_ns)
		c->backoff_ns = 0;
	c->phase = CLOSED;
	if (!c->down_since_ns) {
		c->down_since_ns = clock_monotonic_ns();
		log_warn("output %s: %s; trying again", c->l->spec.name, reason(c->d, err, text, sizeof(text)));
	}
	link_set_state(c->l, LINK_DOWN);
	schedule_retry(c);
}

static void opened(struct courier *c)
{
	c->phase = OPEN;
	c->refused = false;
	c->confirmed = 0;
	c->sent_pos = queue_begin(c->l->window);
	link_set_state(c->l, LINK_UP);
}

/* Of open() and step(). */
static void progress(struct courier *c, int ret)
{
	c->refused = false;
	if (ret == -EINPROGRESS)
		c->phase = OPENING;
	else if (ret)
		lose(c, ret);
	else if (c->phase != OPEN)
		opened(c);
}

static void open_delivery(struct courier *c)
{
	c->d->error[0] = '\0';
	progress(c, c->d->ops->open(c->d));
}

/* The reader may wait for room in the queue. */
static void tell_room(struct courier *c)
{
	if (queue_used(c->l->queue) <= queue_size(c->l->queue) / 2 && atomic_exchange(&shared(c)->waiting, false))
		link_ring(c->l->room_fd);
}

/* From the queue to the window, as much as there is room for. Returns how many, or -EBADMSG. */
static int fetch(struct courier *c, int max)
{
	struct record_head head;
	uint64_t dropped;
	int n = 0, ret = 1;

	for (; n < max; n++) {
		uint64_t room = queue_size(c->l->window) - queue_used(c->l->window);

		/* The reader does not put what is larger than the window. */
		ret = queue_take(c->l->queue, room, &head, &c->bytes);
		if (ret != 1)
			break;
		if (queue_put(c->l->window, &head, c->bytes.s, QUEUE_DROP_NEWEST, &dropped))
			return -EBADMSG;
	}
	tell_room(c);
	return ret == -EBADMSG ? ret : n;
}

/* What is in the window and not yet sent. */
static int send_window(struct courier *c)
{
	const struct delivery_ops *ops = c->d->ops;
	uint64_t pos = c->sent_pos, n;
	struct record_head head;
	int ret;

	while (!c->refused && (ret = queue_read(c->l->window, &pos, &head, &c->bytes))) {
		if (ret > 0)
			ret = ops->deliver(c->d, &head, c->bytes.s);
		if (ret == -EAGAIN)
			c->refused = true;
		else if (ret)
			return ret;
		else
			c->sent_pos = pos;
	}
	ret = ops->flush(c->d);
	if (ret == -EAGAIN)
		c->refused = true;
	else if (ret)
		return ret;
	n = confirm(c);
	if (c->down_since_ns && (n || c->sent_pos == queue_begin(c->l->window)))
		tell_back(c);
	return 0;
}

/* True: there may be more to do at once. */
static bool pump(struct courier *c)
{
	int n = 0, ret;

	if (c->phase != OPEN)
		return false;
	n = fetch(c, BURST);
	if (n < 0) {
		log_error("output %s: what is in its queue makes no sense", c->l->spec.name);
		c->stop = true;
		return false;
	}
	ret = send_window(c);
	if (ret)
		lose(c, ret);
	return !ret && n == BURST && !c->refused;
}

static void on_signals(struct courier *c)
{
	struct signalfd_siginfo info;

	while (read(c->set->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGUSR1)
			c->stop = true;
		else if (info.ssi_signo == SIGHUP && c->phase == OPEN && c->d->ops->reopen)
			progress(c, c->d->ops->reopen(c->d));
	}
}

static bool is_empty(const struct courier *c)
{
	return !queue_used(c->l->queue) && !queue_used(c->l->window);
}

/* The reader has ended: is everything done, or the time over? */
static bool is_finished(struct courier *c)
{
	uint64_t now = clock_monotonic_ns();

	if (c->stop)
		return true;
	if (!c->reader_gone && !atomic_load(&shared(c)->closed))
		return false;
	if (!c->end_ns)
		c->end_ns = now + c->l->spec.linger_s * NS_PER_S;
	return is_empty(c) || now >= c->end_ns;
}

static int wait_ms(struct courier *c)
{
	uint64_t now = clock_monotonic_ns(), due = c->phase == CLOSED ? c->retry_ns : c->d->wake_ns;

	if (c->end_ns && c->end_ns < due)
		due = c->end_ns;
	if (due == DELIVERY_NO_TIME)
		return -1;
	if (due <= now)
		return 0;
	return due - now > 3600 * NS_PER_S ? 3600000 : (int)((due - now + NS_PER_MS - 1) / NS_PER_MS);
}

static void wait_and_act(struct courier *c, bool at_once)
{
	struct pollfd p[] = {
		{ .fd = c->l->wake_fd, .events = POLLIN },
		{ .fd = c->set->signal_fd, .events = POLLIN },
		{ .fd = c->reader_gone ? -1 : c->set->life_fd, .events = POLLIN },
		{ .fd = c->phase == CLOSED ? -1 : c->d->fd, .events = c->d->events },
	};
	bool may_sleep = !at_once;

	/* Nothing can be done about what comes until it is open and takes it. */
	if (may_sleep && c->phase == OPEN && !c->refused) {
		atomic_store(&shared(c)->sleeping, true);
		/* What was put before the flag could be seen is not rung for. */
		may_sleep = !queue_used(c->l->queue);
	}
	if (poll(p, 4, may_sleep ? wait_ms(c) : 0) < 0 && errno != EINTR)
		c->stop = true;
	atomic_store(&shared(c)->sleeping, false);
	if (p[0].revents)
		link_hush(c->l->wake_fd);
	if (p[1].revents)
		on_signals(c);
	if (p[2].revents)
		c->reader_gone = true;
	if (c->phase == CLOSED && clock_monotonic_ns() >= c->retry_ns)
		open_delivery(c);
	else if (c->phase != CLOSED && (p[3].revents || clock_monotonic_ns() >= c->d->wake_ns))
		progress(c, c->d->ops->step ? c->d->ops->step(c->d) : 0);
}

/* What is still there is lost. */
static void finish(struct courier *c)
{
	struct record_head head;
	uint64_t left = 0, pos;

	if (c->phase == OPEN)
		(void)confirm(c);
	if (c->phase != CLOSED)
		c->d->ops->close(c->d);
	for (pos = queue_begin(c->l->window); !queue_skip(c->l->window, &pos);)
		left++;
	queue_forget(c->l->window, pos);
	while (queue_take(c->l->queue, UINT64_MAX, &head, &c->bytes) == 1)
		left++;
	atomic_fetch_add(&shared(c)->lost, left);
	if (left)
		log_warn("output %s: %llu events were not delivered", c->l->spec.name, (unsigned long long)left);
	link_set_state(c->l, LINK_DONE);
	link_ring(c->l->room_fd);
}

/* False: it never will. */
static bool first_open(struct courier *c, bool fatal)
{
	char text[LINK_ERROR_MAX];
	int ret = fatal ? c->d->ops->open(c->d) : -EINPROGRESS;

	if (!fatal)
		open_delivery(c);
	else if (ret && ret != -EINPROGRESS) {
		c->d->ops->close(c->d);
		fail_link(c->l, reason(c->d, ret, text, sizeof(text)));
		return false;
	} else {
		progress(c, ret);
	}
	return true;
}

void courier_run(struct link *l, struct delivery *d, const struct courier_settings *set)
{
	struct courier c = { .l = l, .d = d, .set = set };

	if (first_open(&c, d->ops->must_open && link_state(l) == LINK_STARTING)) {
		if (link_state(l) == LINK_STARTING)
			link_set_state(l, LINK_DOWN);
		link_ring(l->room_fd);
		while (!is_finished(&c)) {
			bool more = pump(&c);

			if (!is_finished(&c))
				wait_and_act(&c, more);
		}
		finish(&c);
	}
	link_ring(l->room_fd);
	strbuf_free(&c.bytes);
	if (d->ops->free)
		d->ops->free(d);
	free(d);
}
