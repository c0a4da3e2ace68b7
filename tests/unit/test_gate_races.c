// SPDX-License-Identifier: BSD-2-Clause
/* Two CPUs at one flow, as the kernel may have them: while one is at a packet, a packet of the other direction begins and ends
 * on the other one. Needs the gate's inside, to give the second packet a scratch of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../../user/capture/gate.c"

#include "cases.h"

struct race {
	struct gate *g;
	const struct script *s;
	size_t within;			/* the step during which the next one comes; then 0 */
	struct text got;
};

static void step(struct race *r, size_t i)
{
	const struct step *at = &r->s->steps[i];
	const struct gate_packet p = { .data = at->data, .cap_len = at->len, .wire_len = at->len, .time_ns = i + 1,
				       .ifindex = at->ifindex, .hook = at->hook };

	gate_packet(r->g, &p);
}

static void on_open(void *ctx, const struct hs_open *rec, uint64_t time_ns, int64_t offset_ns)
{
	(void)ctx;
	(void)rec;
	(void)time_ns;
	(void)offset_ns;
}

static void on_segment(void *ctx, const struct segment *seg)
{
	struct race *r = ctx;
	struct hs_scratch first;
	size_t within = r->within;

	text_record(&r->got, r->s, seg->rec);
	if (!within || r->g->scratch.now != within + 1)
		return;
	r->within = 0;
	first = r->g->scratch;
	step(r, within + 1);
	r->g->scratch = first;
}

static void check(const struct script *s, size_t within, const char *expected)
{
	static uint64_t ports[HS_PORT_WORDS];
	struct race r = { .s = s, .within = within };
	const struct segment_sink sink = { &r, on_open, on_segment, NULL };

	ports[SCRIPT_PORT / 64] |= 1ULL << SCRIPT_PORT % 64;
	r.g = gate_new(&(struct gate_settings){ .ports = { ports, ports } }, &sink);
	assert_non_null(r.g);
	for (size_t i = 0; i < s->cnt; i++)
		if (i != within + 1)
			step(&r, i);
	gate_free(r.g);
	assert_string_equal(r.got.s, expected);
}

/* The client's first application data, and meanwhile the server's next record: what comes after that one is still in order,
 * and of its application data no more than the header is copied. */
static void test_application_data(void **state)
{
	uint8_t b[1000];
	struct script s;

	(void)state;
	script_init(&s);
	script_connect(&s);
	script_client(&s, 0, b, tls_record(b, 22, 1, 200));
	script_server(&s, 0, b, tls_record(b, 22, 2, 1000));
	script_server(&s, 1000, b, tls_record(b, 23, 0x55, 1000));
	script_client(&s, 200, b, tls_record(b, 23, 0x55, 100));
	script_server(&s, 2000, b, tls_record(b, 22, 4, 300));
	script_server(&s, 2300, b, tls_record(b, 23, 0x55, 1000));
	check(&s, 6, " c0:200 s0:1000 s1000:5/1000T c200:5/100T s2000:300 s2300:5/1000T");
	script_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_application_data) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
