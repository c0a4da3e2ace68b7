/* SPDX-License-Identifier: BSD-2-Clause */
/* CSV, RFC 4180: a header line, then a line for every handshake. The other events have other columns, and no place here. */
#include <stdlib.h>
#include <string.h>

#include "event/event.h"
#include "sink/csv_cell.h"
#include "sink/sink_impl.h"

/* Without --columns, of ECS. Of the other schemas everything that fits. Columns never change their order; new ones go behind. */
static const char usual[] =
	"@timestamp,event.id,event.outcome,event.reason,event.duration,client.ip,client.port,server.ip,server.port,server.domain,"
	"network.transport,network.protocol,network.type,network.community_id,network.direction,observer.ingress.interface.name,"
	"tls.version,tls.version_protocol,tls.cipher,tls.curve,tls.next_protocol,tls.resumed,tls.established,tls.client.ja3,"
	"tls.client.ja4,tls.server.ja3s,tls.server.subject,tls.server.issuer,tls.server.not_before,tls.server.not_after,"
	"tls.server.hash.sha256,tls.server.x509.serial_number,tls.server.x509.alternative_names,tls.server.x509.public_key_algorithm,"
	"tls.server.x509.public_key_size,tls.server.x509.signature_algorithm,tls.client.subject,tls.client.issuer,"
	"tls.client.not_after,tls.client.hash.sha256,process.pid,process.name,user.name,container.name,host.name,hsmon.history,"
	"hsmon.timing.tcp_connect_us,hsmon.timing.client_hello_us,hsmon.timing.server_hello_us,hsmon.timing.finished_us,"
	"hsmon.timing.total_us,hsmon.alert.level,hsmon.alert.description,hsmon.alert.from,hsmon.end.by,hsmon.end.how,"
	"hsmon.cert.visibility,hsmon.cert.days_left,hsmon.cert.hostname_match,hsmon.cert.chain_status,hsmon.cert.findings,"
	"hsmon.cert.severity,hsmon.pq.negotiated,hsmon.upgraded_from,hsmon.not_tls,hsmon.capture.complete,event.sequence";

struct csv_sink {
	struct sink base;
	struct field_use *column;
	size_t column_cnt;
	struct strbuf scratch;
};

static bool find(enum schema schema, const char *name, size_t len, struct field_use *out)
{
	for (const struct field *f = handshake_fields; f->type != FIELD_END; f++)
		if (field_in(f, schema, out) && csv_fits(out) && strlen(out->path) == len && !memcmp(out->path, name, len))
			return true;
	return false;
}

bool sink_csv_columns(enum schema schema, const char *columns, const char **bad, size_t *bad_len)
{
	struct field_use f;

	for (;; columns += *bad_len + 1) {
		*bad = columns;
		*bad_len = strcspn(columns, ",");
		if (!find(schema, columns, *bad_len, &f))
			return false;
		if (!columns[*bad_len])
			return true;
	}
}

static void choose(struct csv_sink *c, enum schema schema, const char *columns)
{
	size_t len;

	for (;; columns += len + 1) {
		len = strcspn(columns, ",");
		if (find(schema, columns, len, &c->column[c->column_cnt]))
			c->column_cnt++;
		if (!columns[len])
			return;
	}
}

static void choose_all(struct csv_sink *c, enum schema schema)
{
	for (const struct field *f = handshake_fields; f->type != FIELD_END; f++)
		if (field_in(f, schema, &c->column[c->column_cnt]) && csv_fits(&c->column[c->column_cnt]))
			c->column_cnt++;
}

static bool choose_columns(struct csv_sink *c, const struct sink_options *opt)
{
	const char *columns = opt->columns ? opt->columns : opt->schema == SCHEMA_ECS ? usual : NULL;
	size_t max = 2;			/* one more is written to while it is tried */

	for (const char *p = columns; p && *p; p++)
		max += *p == ',';
	for (const struct field *f = handshake_fields; !columns && f->type != FIELD_END; f++)
		max++;
	c->column = calloc(max, sizeof(*c->column));
	if (!c->column)
		return false;
	if (columns)
		choose(c, opt->schema, columns);
	else
		choose_all(c, opt->schema);
	return true;
}

static struct csv_sink *csv_sink(struct sink *s)
{
	return (struct csv_sink *)s;
}

/* In the buffer before the first event. */
static void put_header(struct csv_sink *c)
{
	struct strbuf *b = &c->base.out.buf;

	for (size_t i = 0; i < c->column_cnt; i++) {
		if (i)
			strbuf_putc(b, ',');
		csv_quoted(b, c->column[i].path, strlen(c->column[i].path));
	}
	strbuf_puts(b, "\r\n");
}

static int csv_handshake(struct sink *s, struct handshake_event *e)
{
	struct csv_sink *c = csv_sink(s);
	struct output *o = &s->out;
	size_t mark = o->buf.len;

	e->sequence = o->sequence++;
	for (size_t i = 0; i < c->column_cnt; i++) {
		if (i)
			strbuf_putc(&o->buf, ',');
		csv_cell(&o->buf, &c->scratch, &c->column[i], e);
	}
	strbuf_puts(&o->buf, "\r\n");
	return output_commit(o, mark);
}

static void csv_free(struct sink *s)
{
	struct csv_sink *c = csv_sink(s);

	free(c->column);
	strbuf_free(&c->scratch);
	output_free(&s->out);
	free(c);
}

static const struct sink_ops csv_ops = {
	.handshake = csv_handshake,
	.free = csv_free,
};

struct sink *sink_csv_new(const struct sink_options *opt)
{
	struct csv_sink *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->base.ops = &csv_ops;
	if (!choose_columns(c, opt) || output_init(&c->base.out, opt)) {
		csv_free(&c->base);
		return NULL;
	}
	put_header(c);
	return &c->base;
}
