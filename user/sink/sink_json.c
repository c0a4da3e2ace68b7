/* SPDX-License-Identifier: BSD-2-Clause */
/* JSON lines: every event by its field table, in the words of one schema. */
#include <errno.h>
#include <stdlib.h>

#include "event/event.h"
#include "event/fields.h"
#include "sink/json_object.h"
#include "sink/json_plan.h"
#include "sink/known.h"
#include "sink/sink_impl.h"

enum table { HANDSHAKE, X509, STATS, INTERFACE, CERTIFICATE, TABLE_CNT };

static const struct field *const tables[TABLE_CNT] = {
	[HANDSHAKE] = handshake_fields, [X509] = x509_fields, [STATS] = stats_fields, [INTERFACE] = interface_fields,
	[CERTIFICATE] = certificate_fields,
};

struct json_sink {
	struct sink base;
	enum schema schema;
	struct json_plan *plan[TABLE_CNT];
	struct json_writer writer;
	struct known *known;		/* certificates that have had their record; NULL: they get none */
};

static struct json_sink *json_sink(struct sink *s)
{
	return (struct json_sink *)s;
}

/* Does the schema say anything of such events? */
static bool tells(const struct json_sink *j, enum table t)
{
	return j->plan[t]->n;
}

static int put_event(struct json_sink *j, enum table t, const void *event)
{
	struct output *o = &j->base.out;
	size_t mark = o->buf.len;

	json_object(&j->writer, &o->buf, j->plan[t], event);
	strbuf_putc(&o->buf, '\n');
	return output_commit(o, mark);
}

static int put_chain(struct json_sink *j, const struct handshake_event *e, const struct event_chain *c, const struct event_strs *der,
		     bool server)
{
	int ret = 0;

	for (size_t i = 0; i < c->n && !ret; i++) {
		struct x509_event x = {
			.time_ns = e->start_ns,
			.cert = c->v[i],
			.der = i < der->n ? der->v[i] : event_str(NULL, 0),
			.host_cert = server && !i ? EVENT_YES : EVENT_NO,
			.client_cert = !server && !i ? EVENT_YES : EVENT_NO,
		};

		if (!c->v[i].leaf || known_add(j->known, &c->v[i].sha256, e->start_ns))
			continue;
		x.leaf = *c->v[i].leaf;
		ret = put_event(j, X509, &x);
	}
	return ret;
}

static int json_handshake(struct sink *s, struct handshake_event *e)
{
	struct json_sink *j = json_sink(s);
	int ret;

	e->sequence = s->out.sequence++;
	ret = put_event(j, HANDSHAKE, e);
	if (!ret && j->known)
		ret = put_chain(j, e, &e->server_chain, &e->server_leaf.chain_der, true);
	if (!ret && j->known)
		ret = put_chain(j, e, &e->client_chain, &e->client_leaf.chain_der, false);
	return ret;
}

static int json_stats(struct sink *s, struct stats_event *e)
{
	bool measured = e->kernel_run_ns != EVENT_ABSENT && e->kernel_run_cnt > 0;
	struct json_sink *j = json_sink(s);

	e->kernel_ns_per_packet = measured ? e->kernel_run_ns / e->kernel_run_cnt : EVENT_ABSENT;
	if (!tells(j, STATS))
		return 0;
	e->sequence = s->out.sequence++;
	return put_event(j, STATS, e);
}

static int json_interface(struct sink *s, struct interface_event *e)
{
	struct json_sink *j = json_sink(s);

	if (!tells(j, INTERFACE))
		return 0;
	e->sequence = s->out.sequence++;
	return put_event(j, INTERFACE, e);
}

static int json_certificate(struct sink *s, struct certificate_event *e)
{
	struct json_sink *j = json_sink(s);

	if (!tells(j, CERTIFICATE) || !schema_tells(j->schema, e->action))
		return 0;
	e->sequence = s->out.sequence++;
	return put_event(j, CERTIFICATE, e);
}

static void json_free(struct sink *s)
{
	struct json_sink *j = json_sink(s);

	for (int t = 0; t < TABLE_CNT; t++)
		json_plan_free(j->plan[t]);
	json_writer_free(&j->writer);
	known_free(j->known);
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

static bool make_plans(struct json_sink *j)
{
	for (int t = 0; t < TABLE_CNT; t++) {
		j->plan[t] = json_plan_new(tables[t], j->schema);
		if (!j->plan[t])
			return false;
	}
	return !tells(j, X509) || (j->known = known_new());
}

struct sink *sink_json_new(const struct sink_options *opt)
{
	struct json_sink *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->base.ops = &json_ops;
	j->schema = opt->schema;
	if (!make_plans(j) || output_init(&j->base.out, opt)) {
		json_free(&j->base);
		return NULL;
	}
	return &j->base;
}
