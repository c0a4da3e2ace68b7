/* SPDX-License-Identifier: BSD-2-Clause */
#include "session.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "abi.h"
#include "assess.h"
#include "base/clock.h"
#include "base/exit.h"
#include "base/log.h"
#include "base/table.h"
#include "event/event.h"
#include "inventory.h"
#include "options.h"
#include "pipeline.h"
#include "report.h"
#include "secrets.h"
#include "sink/sink.h"
#include "sink/summary.h"
#include "state.h"
#include "x509/findings.h"

#define LINGER_NS (2 * NS_PER_S)
#define CERTS_MAX 16384
#define CERTS_MEMORY_MAX (64u << 20)
#define INVENTORY_MAX 100000
#define FLUSH_NS (10 * NS_PER_S)
#define INTERFACES_MAX 16384		/* names remembered: containers come and go */

struct interface_name {
	struct table_node node;
	uint32_t ifindex;
	char name[IF_NAMESIZE];
};

struct session {
	const struct options *opt;
	struct pipeline *pipeline;
	struct assessor *assessor;
	struct inventory *inventory;
	struct state *state;		/* NULL: none */
	struct secrets *secrets;	/* NULL: none */
	uint64_t flush_due_ns;		/* of the inventory to the state */
	struct sink *sink;
	struct summary *summary;
	struct table *interfaces;
	const char *(*namer)(const void *ctx, uint32_t ifindex);
	const void *namer_ctx;
	struct report_outcomes outcomes;
	struct utsname uts;
	uint64_t emitted;
	bool found;			/* something that --fail-on asks for */
	int write_error;		/* -errno of the first failed write */
};

static void note_error(struct session *s, int ret)
{
	if (ret < 0 && !s->write_error)
		s->write_error = ret;
}

static void on_certificate(void *ctx, struct certificate_event *e)
{
	struct session *s = ctx;

	if (!s->write_error)
		note_error(s, sink_certificate(s->sink, e));
}

static struct inventory *make_inventory(struct session *s)
{
	struct inventory_settings set = {
		.max = INVENTORY_MAX,
		.expiry_warn_days = (int)s->opt->expiry_warn_days,
		.change = on_certificate,
		.change_ctx = s,
	};

	return inventory_new(&set);
}

static void on_known(void *ctx, const struct state_row *row)
{
	inventory_load(((struct session *)ctx)->inventory, row);
}

static int open_state(struct session *s)
{
	int status = s->opt->state ? state_open(&s->state, s->opt->state, INVENTORY_MAX, on_known, s) : HS_EXIT_OK;

	if (!status)
		inventory_keep(s->inventory, s->state);
	return status;
}

int session_state_fd(const struct session *s)
{
	return s->state ? state_fd(s->state) : -1;
}

struct secrets *session_secrets(const struct session *s)
{
	return s->secrets;
}

/* What cannot be sent now is sent the next time. */
static void flush_inventory(struct session *s, uint64_t now_ns)
{
	if (!s->state || now_ns < s->flush_due_ns)
		return;
	s->flush_due_ns = now_ns + FLUSH_NS;
	(void)inventory_flush(s->inventory, false);
}

static int finish_state(struct session *s)
{
	if (!s->state)
		return HS_EXIT_OK;
	(void)inventory_flush(s->inventory, true);
	return state_finish(s->state);
}

static bool is_that_bad(const struct session *s, const struct event_verdict *v)
{
	enum severity worst;

	return s->opt->fail_on && v->severity.s && severity_by_word(v->severity.s, v->severity.len, &worst) &&
	       (int)worst + 1 >= s->opt->fail_on;
}

static void on_handshake(void *ctx, struct handshake_event *e)
{
	struct session *s = ctx;

	if (session_is_over(s))
		return;
	if (!strcmp(e->outcome.s, "success"))
		s->outcomes.success++;
	else if (!strcmp(e->outcome.s, "failure"))
		s->outcomes.failure++;
	else
		s->outcomes.unknown++;
	s->emitted++;
	s->found |= is_that_bad(s, &e->cert) || is_that_bad(s, &e->client_cert);
	summary_add(s->summary, e);
	note_error(s, sink_handshake(s->sink, e));
	inventory_add(s->inventory, e);
}

static const char *interface_name(void *ctx, uint32_t ifindex)
{
	struct session *s = ctx;
	struct table_node *n;

	if (s->namer)
		return s->namer(s->namer_ctx, ifindex);
	n = table_find(s->interfaces, &ifindex, sizeof(ifindex));
	return n ? container_of_node(n, struct interface_name, node)->name : NULL;
}

static void forget_oldest_interface(struct session *s)
{
	struct table_node *n = table_oldest(s->interfaces);

	table_remove(s->interfaces, n);
	free(container_of_node(n, struct interface_name, node));
}

static void remember_interface(struct session *s, uint32_t ifindex, const char *name)
{
	struct table_node *n = table_find(s->interfaces, &ifindex, sizeof(ifindex));
	struct interface_name *i = n ? container_of_node(n, struct interface_name, node) : NULL;

	if (!i) {
		if (table_count(s->interfaces) >= INTERFACES_MAX)
			forget_oldest_interface(s);
		i = calloc(1, sizeof(*i));
		if (!i)
			return;
		i->ifindex = ifindex;
		i->node.key = &i->ifindex;
		i->node.key_len = sizeof(i->ifindex);
		table_insert(s->interfaces, &i->node);
	}
	snprintf(i->name, sizeof(i->name), "%s", name);
}

void session_interface(struct session *s, uint32_t ifindex, const char *name, const char *action, const char *attach)
{
	struct interface_event e = {
		.time_ns = clock_real_ns(),
		.sequence = EVENT_ABSENT,
		.action = action,
		.name = event_str(name, strlen(name)),
		.index = ifindex,
		.attach = event_str(attach, attach ? strlen(attach) : 0),
	};

	remember_interface(s, ifindex, name);
	if (action)
		note_error(s, sink_interface(s->sink, &e));
}

void session_name_interfaces(struct session *s, const char *(*fn)(const void *ctx, uint32_t ifindex), const void *ctx)
{
	s->namer = fn;
	s->namer_ctx = ctx;
}

static struct pipeline *make_pipeline(struct session *s, bool live)
{
	struct pipeline_settings set = {
		.max_flows = s->opt->max_flows,
		.max_memory = s->opt->max_memory_mib << 20,
		.max_certs = CERTS_MAX,
		.max_cert_memory = CERTS_MEMORY_MAX,
		.handshake_timeout_ns = s->opt->handshake_timeout_s * NS_PER_S,
		.linger_ns = LINGER_NS,
		.any_port = s->opt->ports.any,
		.der = s->opt->der,
		.ja3_text = s->opt->schema == SCHEMA_EVE,
		.host_name = live ? s->uts.nodename : NULL,
		.secrets = secrets_store(s->secrets),
		.assessor = s->assessor,
		.interface_name = interface_name,
		.interface_ctx = s,
		.emit = on_handshake,
		.emit_ctx = s,
	};

	return pipeline_new(&set);
}

static struct sink *make_sink(const struct options *opt)
{
	bool tty = isatty(STDOUT_FILENO);
	struct sink_options so = {
		.fd = STDOUT_FILENO,
		.verbose = opt->verbose,
		.color = tty && !opt->no_color && !getenv("NO_COLOR"),
		.resolve_width = tty,
		.line_buffered = tty,	/* else what is in the buffer goes with session_tick(), soon after each event */
		.expiry_warn_days = (int)opt->expiry_warn_days,
		.schema = opt->schema,
		.columns = opt->columns,
	};

	return opt->format == OPTIONS_JSON ? sink_json_new(&so) : opt->format == OPTIONS_CSV ? sink_csv_new(&so) : sink_text_new(&so);
}

static int make_assessor(const struct options *opt, struct assessor **out)
{
	struct assess_settings set = {
		.ca_file = opt->ca_file,
		.ca_dir = opt->ca_dir,
		.ct_logs = opt->ct_logs,
		.bad_keys = opt->bad_keys,
		.policy = opt->policy,
		.expiry_warn_days = (int)opt->expiry_warn_days,
		.at = opt->at,
	};

	return assessor_new(out, &set);
}

int session_check(const struct options *opt)
{
	struct assessor *a = NULL;
	int status = make_assessor(opt, &a);

	assessor_free(a);
	if (status == HS_EXIT_MEMORY)
		log_error("out of memory");
	else if (!status)
		log_info("the configuration is in order");
	return status;
}

int session_new(struct session **out, const struct options *opt, bool live)
{
	struct session *s = calloc(1, sizeof(*s));
	int status = HS_EXIT_MEMORY;

	*out = NULL;
	if (s) {
		s->opt = opt;
		uname(&s->uts);
		status = make_assessor(opt, &s->assessor);
	}
	if (!status)
		status = secrets_new(&s->secrets, opt, live);
	if (!status) {
		s->interfaces = table_new();
		s->summary = summary_new((int)opt->expiry_warn_days);
		s->sink = make_sink(opt);
		s->pipeline = make_pipeline(s, live);
		s->inventory = make_inventory(s);
		secrets_tell(s->secrets, s->pipeline);
		if (!s->inventory || !s->interfaces || !s->summary || !s->sink || !s->pipeline)
			status = HS_EXIT_MEMORY;
	}
	if (!status)
		status = open_state(s);
	if (!status) {
		*out = s;
		return HS_EXIT_OK;
	}
	if (status == HS_EXIT_MEMORY)
		log_error("out of memory");
	session_free(s);
	return status;
}

void session_free(struct session *s)
{
	if (!s)
		return;
	pipeline_free(s->pipeline);
	secrets_free(s->secrets);
	assessor_free(s->assessor);
	inventory_free(s->inventory);
	state_free(s->state);
	sink_free(s->sink);
	summary_free(s->summary);
	while (s->interfaces && table_oldest(s->interfaces))
		forget_oldest_interface(s);
	table_free(s->interfaces);
	free(s);
}

struct segment_sink session_sink(struct session *s)
{
	return pipeline_sink(s->pipeline);
}

void session_watch_losses(struct session *s, uint64_t (*fn)(void *ctx), void *ctx)
{
	pipeline_watch_losses(s->pipeline, fn, ctx);
}

void session_caught_up(struct session *s, uint64_t lost)
{
	pipeline_caught_up(s->pipeline, lost);
}

bool session_is_over(const struct session *s)
{
	return s->write_error || (s->opt->count && s->emitted >= s->opt->count);
}

uint64_t session_tick(struct session *s, uint64_t now_ns)
{
	uint64_t next;

	secrets_poll(s->secrets, now_ns);
	next = pipeline_tick(s->pipeline, now_ns);

	note_error(s, sink_flush(s->sink));
	flush_inventory(s, now_ns);
	return next;
}

static void stats(struct session *s, const struct hs_counters *counters, uint64_t now_ns, bool last, struct stats_event *e)
{
	struct pipeline_stats ps = pipeline_stats(s->pipeline);

	secrets_stats(s->secrets, &ps);
	report_fill(e, counters, &ps, &s->outcomes, now_ns, last);
	if (!s->write_error)
		note_error(s, sink_stats(s->sink, e));
}

void session_stats(struct session *s, const struct hs_counters *counters, uint64_t now_ns)
{
	struct stats_event e;

	stats(s, counters, now_ns, false, &e);
}

int session_finish(struct session *s, const struct hs_counters *counters, uint64_t now_ns)
{
	struct stats_event e;
	int status;

	pipeline_finish(s->pipeline);
	stats(s, counters, now_ns, true, &e);
	note_error(s, sink_flush(s->sink));
	summary_print(s->summary, &e, stderr);
	inventory_print(s->inventory, stderr);
	status = finish_state(s);
	if (!s->write_error)
		return status ? status : s->found ? HS_EXIT_FINDINGS : HS_EXIT_OK;
	log_error("stdout: %s", s->write_error == -EPIPE ? "nobody reads it any more" : strerror(-s->write_error));
	return HS_EXIT_OUTPUT;
}
