/* SPDX-License-Identifier: BSD-2-Clause */
/* JSON lines: every event by its field table. */
#include <errno.h>
#include <stdlib.h>

#include "event/event.h"
#include "event/fields.h"
#include "sink/json_object.h"
#include "sink/json_plan.h"
#include "sink/sink_impl.h"

struct json_sink {
	struct sink base;
	struct json_plan *handshake, *stats, *interface, *certificate;
	struct json_clock clock;
	int64_t sequence;
};

static struct json_sink *json_sink(struct sink *s)
{
	return (struct json_sink *)s;
}

static int put_event(struct json_sink *j, const struct json_plan *plan, const void *event)
{
	struct output *o = &j->base.out;
	size_t mark = o->buf.len;

	json_object(&j->clock, &o->buf, plan, event);
	strbuf_putc(&o->buf, '\n');
	return output_commit(o, mark);
}

static int json_handshake(struct sink *s, struct handshake_event *e)
{
	e->sequence = json_sink(s)->sequence++;
	return put_event(json_sink(s), json_sink(s)->handshake, e);
}

static int json_stats(struct sink *s, struct stats_event *e)
{
	bool measured = e->kernel_run_ns != EVENT_ABSENT && e->kernel_run_cnt > 0;

	e->kernel_ns_per_packet = measured ? e->kernel_run_ns / e->kernel_run_cnt : EVENT_ABSENT;
	e->sequence = json_sink(s)->sequence++;
	return put_event(json_sink(s), json_sink(s)->stats, e);
}

static int json_interface(struct sink *s, struct interface_event *e)
{
	e->sequence = json_sink(s)->sequence++;
	return put_event(json_sink(s), json_sink(s)->interface, e);
}

static int json_certificate(struct sink *s, struct certificate_event *e)
{
	e->sequence = json_sink(s)->sequence++;
	return put_event(json_sink(s), json_sink(s)->certificate, e);
}

static void json_free(struct sink *s)
{
	struct json_sink *j = json_sink(s);

	json_plan_free(j->handshake);
	json_plan_free(j->stats);
	json_plan_free(j->interface);
	json_plan_free(j->certificate);
	output_free(&s->out);
	free(j);
}

static const struct sink_ops json_ops = {
	.handshake = json_handshake,
	.stats = json_stats,
	.interface = json_interface,
	.certificate = json_certificate,
	.free = json_free,
};

struct sink *sink_json_new(const struct sink_options *opt)
{
	struct json_sink *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->base.ops = &json_ops;
	j->handshake = json_plan_new(handshake_fields);
	j->stats = json_plan_new(stats_fields);
	j->interface = json_plan_new(interface_fields);
	j->certificate = json_plan_new(certificate_fields);
	if (!j->handshake || !j->stats || !j->interface || !j->certificate || output_init(&j->base.out, opt)) {
		json_free(&j->base);
		return NULL;
	}
	return &j->base;
}
