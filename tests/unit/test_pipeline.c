/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit/tls_flow.h"

#include <netinet/in.h>

#include "event/event.h"
#include "pipeline.h"

#define SECOND 1000000000ULL

/* What came out. */
struct seen {
	size_t cnt;
	char outcome[8][16], client[8][48];
	size_t interfaces[8], related[8], certificates[8];
};

static void on_event(void *ctx, struct handshake_event *e)
{
	struct seen *s = ctx;

	assert_true(s->cnt < 8);
	snprintf(s->outcome[s->cnt], sizeof(s->outcome[0]), "%s", e->outcome.s);
	snprintf(s->client[s->cnt], sizeof(s->client[0]), "%s", e->client.ip.s);
	s->interfaces[s->cnt] = e->interfaces.n;
	s->related[s->cnt] = e->related_ip.n;
	s->certificates[s->cnt] = e->server_chain.n;
	s->cnt++;
}

static const char *interface_name(void *ctx, uint32_t ifindex)
{
	static char names[10][8];

	(void)ctx;
	snprintf(names[ifindex], sizeof(names[0]), "if%u", ifindex);
	return names[ifindex];
}

static bool any_port;

static struct pipeline *begin(struct seen *seen, size_t max_flows)
{
	struct pipeline_settings set = {
		.max_flows = max_flows,
		.max_memory = 8 << 20,
		.max_certs = 100,
		.max_cert_memory = 1 << 20,
		.handshake_timeout_ns = 30 * SECOND,
		.linger_ns = 2 * SECOND,
		.any_port = any_port,
		.interface_name = interface_name,
		.emit = on_event,
		.emit_ctx = seen,
	};
	struct pipeline *p = pipeline_new(&set);

	memset(seen, 0, sizeof(*seen));
	assert_non_null(p);
	return p;
}

/* A connection from 10.0.0.HOST:PORT to 192.0.2.1:443, or to another server. */
struct peer {
	struct hs_tuple tuple;
	uint32_t seq[2], ifindex;
};

static struct peer peer_of(uint8_t host, uint16_t port, uint32_t ifindex)
{
	return (struct peer){
		.tuple = {
			.addr = { { [10] = 0xff, [11] = 0xff, 10, 0, 0, host }, { [10] = 0xff, [11] = 0xff, 192, 0, 2, 1 } },
			.port = { port, 443 },
			.proto = IPPROTO_TCP,
			.family = 4,
		},
		.seq = { 100, 200 },
		.ifindex = ifindex,
	};
}

static void open_at(struct pipeline *p, const struct peer *c, uint64_t time_ns)
{
	struct segment_sink sink = pipeline_sink(p);
	struct hs_open rec = {
		.tag = HS_REC_OPEN,
		.ifindex = c->ifindex,
		.tuple = c->tuple,
		.isn = { c->seq[0], c->seq[1] },
		.isn_known = { 1, 1 },
		.initiator = 0,
		.hook = HS_HOOK_EGRESS,
		.vlan = { HS_NO_VLAN, HS_NO_VLAN },
	};

	sink.open(sink.ctx, &rec, time_ns, 0);
}

static void send_at(struct pipeline *p, struct peer *c, int dir, const void *bytes, size_t len, uint8_t flags, uint64_t time_ns)
{
	struct segment_sink sink = pipeline_sink(p);
	struct hs_segment rec = {
		.tag = HS_REC_SEGMENT,
		.cap_len = (uint32_t)len,
		.wire_len = (uint32_t)len,
		.tuple = c->tuple,
		.ifindex = c->ifindex,
		.seq = c->seq[dir],
		.ack = c->seq[!dir],
		.dir = (uint8_t)dir,
		.tcp_flags = 0x10 | flags,
	};
	struct segment s = { &rec, bytes, time_ns };

	sink.segment(sink.ctx, &s);
	c->seq[dir] += (uint32_t)len;
}

/* Chunks from..to of the trace. */
static void play(struct pipeline *p, struct peer *c, const struct trace *t, size_t from, size_t to, uint64_t time_ns)
{
	for (size_t i = from; i < to && i < t->chunk_cnt; i++)
		send_at(p, c, t->chunk[i].dir, t->bytes + t->chunk[i].from, t->chunk[i].len, 0, time_ns + i * 1000);
}

static struct trace *full(void)
{
	struct trace *t = trace_new();

	trace_flow_12(t, 16384, true);
	return t;
}

static void test_one(void **state)
{
	struct seen seen;
	struct pipeline *p = begin(&seen, 100);
	struct trace *t = full();
	struct peer c = peer_of(1, 40000, 1);

	(void)state;
	open_at(p, &c, SECOND);
	play(p, &c, t, 0, t->chunk_cnt, SECOND);
	assert_int_equal(seen.cnt, 1);
	assert_string_equal(seen.outcome[0], "success");
	assert_int_equal(seen.interfaces[0], 1);
	pipeline_finish(p);
	assert_int_equal(seen.cnt, 1);
	pipeline_free(p);
	free(t);
}

/* 10.0.0.1 behind 10.0.0.99: the same bytes on two interfaces. */
static void test_translated(void **state)
{
	struct seen seen;
	struct pipeline *p = begin(&seen, 100);
	struct trace *t = full();
	struct peer inside = peer_of(1, 40000, 1), outside = peer_of(99, 61000, 2);

	(void)state;
	open_at(p, &inside, SECOND);
	open_at(p, &outside, SECOND + 1000);
	for (size_t i = 0; i < t->chunk_cnt; i++) {
		struct peer *first = t->chunk[i].dir ? &outside : &inside, *second = t->chunk[i].dir ? &inside : &outside;

		play(p, first, t, i, i + 1, SECOND);
		play(p, second, t, i, i + 1, SECOND + 500);
	}
	pipeline_finish(p);
	assert_int_equal(seen.cnt, 1);
	assert_string_equal(seen.client[0], "10.0.0.1");
	assert_int_equal(seen.interfaces[0], 2);
	assert_int_equal(seen.related[0], 3);
	assert_int_equal(pipeline_stats(p).joined, 1);
	pipeline_free(p);
	free(t);
}

/* Bad: the same random, but not the same connection. Nobody hides behind another one's hello. */
static void test_translated_bad(void **state)
{
	struct seen seen;
	struct trace *t = full();

	(void)state;
	for (int how = 0; how < 3; how++) {
		struct pipeline *p = begin(&seen, 100);
		struct peer a = peer_of(1, 40000, 1), b = peer_of(2, 50000, how == 0 ? 1 : 2);
		uint64_t later = how == 1 ? 5 * SECOND : 1000;

		if (how == 2)
			b.tuple.addr[1][15] = 7;	/* neither end is the same */
		open_at(p, &a, SECOND);
		play(p, &a, t, 0, t->chunk_cnt, SECOND);
		open_at(p, &b, SECOND + later);
		play(p, &b, t, 0, t->chunk_cnt, SECOND + later);
		pipeline_finish(p);
		assert_int_equal(seen.cnt, 2);
		pipeline_free(p);
	}
	free(t);
}

static void test_time_out_and_late(void **state)
{
	struct seen seen;
	struct pipeline *p = begin(&seen, 100);
	struct trace *t = full();
	struct peer c = peer_of(1, 40000, 1);

	(void)state;
	open_at(p, &c, SECOND);
	play(p, &c, t, 0, 1, SECOND);
	pipeline_tick(p, 20 * SECOND);
	assert_int_equal(seen.cnt, 0);
	pipeline_tick(p, 32 * SECOND);
	assert_int_equal(seen.cnt, 1);
	assert_string_equal(seen.outcome[0], "failure");
	play(p, &c, t, 1, t->chunk_cnt, 40 * SECOND);	/* belongs to what was reported */
	pipeline_finish(p);
	assert_int_equal(seen.cnt, 1);
	pipeline_free(p);
	free(t);
}

/* Bad: more connections than there is room for. The one that was silent longest goes, is reported and counted. */
static void test_eviction_bad(void **state)
{
	struct seen seen;
	struct pipeline *p = begin(&seen, 3);
	struct trace *t = full();

	(void)state;
	for (uint8_t i = 0; i < 5; i++) {
		struct peer c = peer_of(i, 40000, 1);

		t->bytes[t->chunk[0].from + 20] = i;	/* another random */
		open_at(p, &c, (i + 1) * SECOND);
		play(p, &c, t, 0, 1, (i + 1) * SECOND);
	}
	assert_int_equal(seen.cnt, 2);
	assert_string_equal(seen.outcome[0], "unknown");
	assert_string_equal(seen.client[0], "10.0.0.0");
	assert_int_equal(pipeline_stats(p).flows_evicted, 2);
	assert_int_equal(pipeline_stats(p).flows_now, 3);
	pipeline_finish(p);
	assert_int_equal(seen.cnt, 5);
	pipeline_free(p);
	free(t);
}

static void test_reused_ports(void **state)
{
	struct seen seen;
	struct pipeline *p = begin(&seen, 100);
	struct trace *t = full();

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct peer c = peer_of(1, 40000, 1);

		c.seq[0] = 100 + (uint32_t)i * 1000000;
		open_at(p, &c, (1 + (uint64_t)i * 5) * SECOND);
		play(p, &c, t, 0, 2, (1 + (uint64_t)i * 5) * SECOND);
	}
	assert_int_equal(seen.cnt, 1);		/* the first gave way */
	pipeline_finish(p);
	assert_int_equal(seen.cnt, 2);
	pipeline_free(p);
	free(t);
}

/* The client resets while the server's flight is under way: what arrives of it is still read. */
static void test_reset_in_flight(void **state)
{
	struct seen seen;
	struct trace *t = trace_new();

	(void)state;
	trace_flow_12(t, 400, false);
	for (int cut = 0; cut < 2; cut++) {
		struct pipeline *p = begin(&seen, 100);
		struct peer c = peer_of(1, 40000, 1);
		size_t i = 2;

		open_at(p, &c, SECOND);
		play(p, &c, t, 0, i, SECOND);
		send_at(p, &c, 0, NULL, 0, 0x04, SECOND);
		assert_int_equal(seen.cnt, 0);
		for (; t->chunk[i].dir == 1; i++)
			if (!cut || i < 5)
				play(p, &c, t, i, i + 1, SECOND);
		assert_int_equal(seen.cnt, cut ? 0 : 1);
		pipeline_tick(p, 4 * SECOND);
		assert_int_equal(seen.cnt, 1);
		assert_string_equal(seen.outcome[0], "failure");
		assert_int_equal(seen.certificates[0], cut ? 1 : 2);
		pipeline_free(p);
	}
	free(t);
}

/* Bytes are missing of what may have been TLS: worth an event where TLS is expected, not where any port is looked at. */
static void test_lost_beginning(void **state)
{
	struct seen seen;

	(void)state;
	for (int any = 0; any < 2; any++) {
		struct pipeline *p;
		struct peer c = peer_of(1, 40000, 1);

		any_port = any;
		p = begin(&seen, 100);
		open_at(p, &c, SECOND);
		c.seq[1] += 1400;
		send_at(p, &c, 1, "data in clear", 13, 0, SECOND);
		send_at(p, &c, 1, NULL, 0, 0x04, SECOND);
		pipeline_finish(p);
		assert_int_equal(seen.cnt, any ? 0 : 1);
		pipeline_free(p);
	}
	any_port = false;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_translated),
		cmocka_unit_test(test_translated_bad),
		cmocka_unit_test(test_time_out_and_late),
		cmocka_unit_test(test_eviction_bad),
		cmocka_unit_test(test_reused_ports),
		cmocka_unit_test(test_reset_in_flight),
		cmocka_unit_test(test_lost_beginning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
