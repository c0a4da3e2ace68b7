/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/outputs.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "output/filter.h"
#include "output/format.h"
#include "output/link.h"
#include "output/severity.h"
#include "sink/sink.h"

#define WAKE_BYTES 65536		/* in the queue since the courier was woken: it is woken before the next flush */
#define LOOK_MS 1000			/* a courier that died is not heard */
#define INTERRUPTED_NS (5 * NS_PER_S)	/* blocking may go on for so long when the reader is wanted elsewhere */

struct channel {
	struct outputs *all;
	struct sink *sink;
	const struct output_spec *spec;
	struct link *link;		/* NULL: standard output */
	enum queue_policy policy;
	struct record_head head;	/* of the event at hand */
	uint64_t sequence;
	size_t unwoken;			/* bytes put since */
	uint64_t give_up_ns;		/* blocking was interrupted: until then; 0: it was not */
};

struct outputs {
	struct outputs_settings set;
	struct event_output *counts;
	size_t n;
	struct channel channel[];
};

static void wake(struct channel *c)
{
	c->unwoken = 0;
	if (atomic_exchange(&c->link->shared->sleeping, false))
		link_ring(c->link->wake_fd);
}

static bool is_over(const struct channel *c)
{
	return link_state(c->link) >= LINK_DONE;
}

/* Until the courier has made room. False: it is not waited for any more. */
static bool await_room(struct channel *c)
{
	struct pollfd p[] = { { .fd = c->link->room_fd, .events = POLLIN }, { .fd = c->all->set.interrupt_fd, .events = POLLIN } };
	uint64_t now = clock_monotonic_ns();

	wake(c);
	if (is_over(c) || (c->give_up_ns && now >= c->give_up_ns))
		return false;
	/* Once it is known that somebody waits for the reader, that one is not waited for in turn. */
	if (poll(p, c->give_up_ns ? 1 : 2, LOOK_MS) > 0 && p[1].revents && !c->give_up_ns)
		c->give_up_ns = now + INTERRUPTED_NS;
	link_hush(c->link->room_fd);
	return true;
}

static int put(struct channel *c, const char *bytes)
{
	struct link_shared *s = c->link->shared;
	uint64_t dropped = 0;
	int ret;

	if (queue_room_for(c->head.len) > queue_size(c->link->window))
		return -EMSGSIZE;
	while ((ret = queue_put(c->link->queue, &c->head, bytes, c->policy, &dropped)) == -ENOBUFS && c->policy == QUEUE_BLOCK) {
		atomic_store(&s->waiting, true);
		/* Room that was made before the flag was seen is not told of. */
		ret = queue_put(c->link->queue, &c->head, bytes, c->policy, &dropped);
		if (ret != -ENOBUFS || !await_room(c))
			break;
	}
	atomic_fetch_add(&s->dropped, dropped);
	atomic_fetch_sub(&s->put, dropped);
	return ret;
}

static int on_bytes(void *ctx, const char *bytes, size_t len)
{
	struct channel *c = ctx;
	struct link_shared *s = c->link->shared;

	c->head.len = (uint32_t)len;
	c->head.sequence = c->sequence++;
	if (len > RECORD_MAX || is_over(c) || put(c, bytes)) {
		atomic_fetch_add(&s->dropped, 1);
		return 0;
	}
	atomic_fetch_add(&s->put, 1);
	c->unwoken += len;
	if (c->unwoken >= WAKE_BYTES)
		wake(c);
	return 0;
}

static bool channel_init(struct channel *c, struct outputs *o, const struct output_spec *spec, struct link *link)
{
	struct sink_options opt = *o->set.format;

	c->all = o;
	c->spec = spec;
	c->link = link;
	if (spec->schema >= 0 && spec->schema != (int)opt.schema) {
		opt.schema = (enum schema)spec->schema;
		opt.columns = NULL;	/* they are names of the other one */
	}
	if (link) {
		c->policy = spec->drop >= 0 ? (enum queue_policy)spec->drop : o->set.live ? QUEUE_DROP_OLDEST : QUEUE_BLOCK;
		opt.fd = -1;
		opt.color = opt.resolve_width = opt.line_buffered = false;
		opt.emit = on_bytes;
		opt.emit_ctx = c;
	}
	c->sink = spec->format->new(&opt);
	return c->sink;
}

struct outputs *outputs_new(const struct outputs_settings *set)
{
	size_t n = set->link_cnt + (set->direct != NULL);
	struct outputs *o = calloc(1, sizeof(*o) + n * sizeof(o->channel[0]));
	bool ok = true;

	if (!o)
		return NULL;
	o->set = *set;
	o->counts = calloc(set->link_cnt + 1, sizeof(*o->counts));
	ok = o->counts;
	if (ok && set->direct)
		ok = channel_init(&o->channel[o->n++], o, set->direct, NULL);
	for (size_t i = 0; ok && i < set->link_cnt; i++)
		ok = channel_init(&o->channel[o->n++], o, &set->links[i].spec, &set->links[i]);
	if (ok)
		return o;
	outputs_free(o);
	return NULL;
}

void outputs_free(struct outputs *o)
{
	if (!o)
		return;
	for (size_t i = 0; i < o->n; i++)
		sink_free(o->channel[i].sink);
	free(o->counts);
	free(o);
}

/* True: the channel gets it; what goes along with it is ready. */
static bool begin(struct channel *c, enum record_kind kind, const void *event, uint64_t time_ns)
{
	if (!filter_matches(c->spec->filter, kind, event))
		return false;
	c->head = (struct record_head){ .kind = (uint8_t)kind, .time_ns = time_ns, .severity = severity_of(kind, event) };
	return true;
}

static int worse(int a, int b)
{
	return a ? a : b;
}

int outputs_handshake(struct outputs *o, struct handshake_event *e)
{
	int ret = 0;

	for (struct channel *c = o->channel; c < o->channel + o->n; c++) {
		size_t len = e->community_id.s ? e->community_id.len : 0;

		if (!begin(c, RECORD_HANDSHAKE, e, e->start_ns))
			continue;
		c->head.key_len = (uint8_t)(len < RECORD_KEY_MAX ? len : RECORD_KEY_MAX);
		if (len)
			memcpy(c->head.key, e->community_id.s, c->head.key_len);
		ret = worse(ret, sink_handshake(c->sink, e));
	}
	return ret;
}

int outputs_stats(struct outputs *o, struct stats_event *e)
{
	int ret = 0;

	for (struct channel *c = o->channel; c < o->channel + o->n; c++)
		if (begin(c, RECORD_STATS, e, e->time_ns))
			ret = worse(ret, sink_stats(c->sink, e));
	return ret;
}

int outputs_interface(struct outputs *o, struct interface_event *e)
{
	int ret = 0;

	for (struct channel *c = o->channel; c < o->channel + o->n; c++)
		if (begin(c, RECORD_INTERFACE, e, e->time_ns))
			ret = worse(ret, sink_interface(c->sink, e));
	return ret;
}

int outputs_certificate(struct outputs *o, struct certificate_event *e)
{
	int ret = 0;

	for (struct channel *c = o->channel; c < o->channel + o->n; c++)
		if (begin(c, RECORD_CERTIFICATE, e, e->time_ns))
			ret = worse(ret, sink_certificate(c->sink, e));
	return ret;
}

int outputs_flush(struct outputs *o)
{
	int ret = 0;

	for (struct channel *c = o->channel; c < o->channel + o->n; c++) {
		if (!c->link)
			ret = worse(ret, sink_flush(c->sink));
		else if (c->unwoken)
			wake(c);
	}
	return ret;
}

static uint64_t queued(const struct link *l)
{
	const struct link_shared *s = l->shared;
	uint64_t put = atomic_load(&s->put), gone = atomic_load(&s->delivered) + atomic_load(&s->lost);

	return put > gone ? put - gone : 0;
}

static void await_end(struct channel *c, uint64_t deadline_ns)
{
	struct pollfd p = { .fd = c->link->room_fd, .events = POLLIN };

	for (;;) {
		uint64_t now = clock_monotonic_ns();

		atomic_store(&c->link->shared->waiting, true);
		if (is_over(c) || now >= deadline_ns)
			return;
		poll(&p, 1, LOOK_MS);
		link_hush(c->link->room_fd);
	}
}

void outputs_finish(struct outputs *o)
{
	uint64_t now = clock_monotonic_ns();

	for (struct channel *c = o->channel; c < o->channel + o->n; c++) {
		if (!c->link)
			continue;
		atomic_store(&c->link->shared->closed, true);
		atomic_store(&c->link->shared->sleeping, false);
		link_ring(c->link->wake_fd);
	}
	/* A second more than they take. */
	for (struct channel *c = o->channel; c < o->channel + o->n; c++)
		if (c->link)
			await_end(c, now + (c->spec->linger_s + 1) * NS_PER_S);
}

void outputs_count(struct outputs *o, struct event_outputs *out)
{
	*out = (struct event_outputs){ .v = o->counts };
	for (struct channel *c = o->channel; c < o->channel + o->n; c++) {
		const struct link_shared *s = c->link ? c->link->shared : NULL;

		if (!s)
			continue;
		o->counts[out->n++] = (struct event_output){
			.name = event_str(c->spec->name, strlen(c->spec->name)),
			.delivered = atomic_load(&s->delivered),
			.queued = queued(c->link),
			.dropped = atomic_load(&s->dropped) + atomic_load(&s->lost),
			.reconnects = atomic_load(&s->reconnects),
			.up = link_state(c->link) == LINK_UP || link_state(c->link) == LINK_DONE,
		};
	}
}
