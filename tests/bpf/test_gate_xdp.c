// SPDX-License-Identifier: BSD-2-Clause
/*
 * The packet table through the XDP programs in this kernel, with and without frames in several buffers: byte for byte the
 * records of the gate in user space, and where a conversation does not depend on the hook, what the table says. At
 * XDP there is one hook only, so all packets are taken for incoming ones. Runs in a network namespace of its own.
 */
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "cases.h"
#include "gate_run.h"

#include "hsmon_xdp.skel.h"

#define HAS_FRAGS (1u << 5)		/* BPF_F_XDP_HAS_FRAGS */
#define PASS 2				/* XDP_PASS */
#define ONE_BUFFER 3000			/* bytes that surely fit into one, beside what the kernel keeps there */

/* The records of one conversation, one after the other, without their times; and in words. */
struct records {
	uint8_t bytes[1 << 20];
	size_t len, cnt;
	struct text text;
};

static void add(void *ctx, const struct script *s, const void *rec, size_t len, const uint8_t *data, size_t data_len)
{
	struct records *r = ctx;
	uint8_t *to = r->bytes + r->len;
	struct hs_open *o = (void *)to;

	assert_true(r->len + len + data_len <= sizeof(r->bytes));
	memcpy(to, rec, len);
	if (data_len)
		memcpy(to + len, data, data_len);
	/* At the same place in all of them. */
	o->time_ns = 0;
	if (o->tag == HS_REC_OPEN) {
		o->syn_ns = !!o->syn_ns;
		o->syn_ack_ns = !!o->syn_ack_ns;
	}
	text_record(&r->text, s, to);
	r->len += (len + data_len + 7) & ~(size_t)7;
	r->cnt++;
}

struct run {
	struct hsmon_xdp_bpf *skel;
	const struct script *script;
	struct records *out;
};

static int on_record(void *ctx, void *data, size_t len)
{
	static const size_t header[] = { [HS_REC_OPEN] = sizeof(struct hs_open), [HS_REC_SEGMENT] = sizeof(struct hs_segment),
					 [HS_REC_FRAGMENT] = sizeof(struct hs_fragment),
					 [HS_REC_CROSSING] = sizeof(struct hs_crossing) };
	struct run *r = ctx;
	const struct hs_segment *seg = data;
	size_t n = header[seg->tag], bytes = seg->tag == HS_REC_SEGMENT || seg->tag == HS_REC_FRAGMENT ? seg->cap_len : 0;

	assert_true(len >= n + bytes);
	add(r->out, r->script, data, n, (uint8_t *)data + n, bytes);
	return 0;
}

/* NULL: this kernel has no frames in several buffers. */
static struct hsmon_xdp_bpf *load(const struct packet_case *c, bool frags, bool tap)
{
	struct hsmon_xdp_bpf *skel = hsmon_xdp_bpf__open();
	struct bpf_program *prog;
	struct hs_config config;

	assert_non_null(skel);
	if (frags && libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, (enum bpf_func_id)189, NULL) != 1) {
		hsmon_xdp_bpf__destroy(skel);
		return NULL;
	}
	bpf_object__for_each_program(prog, skel->obj)
		if (frags)
			bpf_program__set_flags(prog, HAS_FRAGS);
	assert_int_equal(bpf_map__set_max_entries(skel->maps.counters, (uint32_t)libbpf_num_possible_cpus()), 0);
	case_config(c, &config, (uint64_t *)skel->bss->hs_ports[0]);
	memcpy(skel->bss->hs_ports[1], skel->bss->hs_ports[0], sizeof(skel->bss->hs_ports[0]));
	config.tap = tap;
	skel->rodata->hs_config = config;
	skel->rodata->hs_frags = frags;
	assert_int_equal(hsmon_xdp_bpf__load(skel), 0);
	return skel;
}

static void clear(struct hsmon_xdp_bpf *skel)
{
	const struct hs_counters zero = { { 0 } };
	struct hs_tuple key;
	struct bpf_map *map;

	bpf_object__for_each_map(map, skel->obj)
		while (bpf_map__type(map) == BPF_MAP_TYPE_LRU_HASH && !bpf_map__get_next_key(map, NULL, &key, sizeof(key)))
			assert_int_equal(bpf_map__delete_elem(map, &key, sizeof(key), 0), 0);
	for (uint32_t cpu = 0; cpu < bpf_map__max_entries(skel->maps.counters); cpu++)
		bpf_map__update_elem(skel->maps.counters, &cpu, sizeof(cpu), &zero, sizeof(zero), BPF_ANY);
}

static void count(struct hsmon_xdp_bpf *skel, uint64_t out[HS_CNT_MAX])
{
	struct hs_counters c;

	memset(out, 0, HS_CNT_MAX * sizeof(*out));
	for (uint32_t cpu = 0; cpu < bpf_map__max_entries(skel->maps.counters); cpu++) {
		bpf_map__lookup_elem(skel->maps.counters, &cpu, sizeof(cpu), &c, sizeof(c), 0);
		for (int i = 0; i < HS_CNT_MAX; i++)
			out[i] += c.v[i];
	}
}

static void run_kernel(struct run *r)
{
	struct ring_buffer *ring = ring_buffer__new(bpf_map__fd(r->skel->maps.ring), on_record, r, NULL);
	uint64_t counted[HS_CNT_MAX];

	assert_non_null(ring);
	clear(r->skel);
	for (size_t i = 0; i < r->script->cnt; i++) {
		const struct step *step = &r->script->steps[i];
		struct xdp_md ctx = { .data_end = step->len, .ingress_ifindex = step->ifindex };
		LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = step->data, .data_size_in = step->len, .ctx_in = &ctx,
			    .ctx_size_in = sizeof(ctx));

		assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(step->l3 ? r->skel->progs.hsmon_xdp_l3 :
									r->skel->progs.hsmon_xdp_eth), &opts), 0);
		assert_int_equal(opts.retval, PASS);
	}
	ring_buffer__consume(ring);
	ring_buffer__free(ring);
	count(r->skel, counted);
	text_counters(&r->out->text, counted);
}

/* Does what the table says depend on the hook? */
static bool all_ingress(const struct script *s)
{
	for (size_t i = 0; i < s->cnt; i++)
		if (s->steps[i].hook != HS_HOOK_INGRESS)
			return false;
	return true;
}

/* Can XDP have such packets? */
static bool possible(const struct script *s, bool frags)
{
	for (size_t i = 0; i < s->cnt; i++)
		if (s->steps[i].datagram || (!frags && s->steps[i].len > ONE_BUFFER))
			return false;
	return true;
}

static bool check_case(struct run *r, const struct packet_case *c, struct script *s, bool tap)
{
	static struct records kernel, user;
	bool as_table = all_ingress(s) && !tap, ok = true;

	kernel.len = kernel.cnt = kernel.text.len = user.len = user.cnt = user.text.len = 0;
	kernel.text.s[0] = '\0';
	memset(kernel.bytes, 0, sizeof(kernel.bytes));
	memset(user.bytes, 0, sizeof(user.bytes));
	for (size_t i = 0; i < s->cnt; i++)
		s->steps[i].hook = tap ? HS_HOOK_TAP : HS_HOOK_INGRESS;
	r->script = s;
	r->out = &kernel;
	run_kernel(r);
	gate_run(c, s, add, &user);
	if (kernel.len != user.len || memcmp(kernel.bytes, user.bytes, user.len)) {
		print_error("%s: %zu records in the kernel differ from %zu in user space\n", c->name, kernel.cnt, user.cnt);
		ok = false;
	}
	if (as_table && strcmp(kernel.text.s, c->expected)) {
		print_error("%s:\n  want%s\n  got %s\n", c->name, c->expected, kernel.text.s);
		ok = false;
	}
	return ok;
}

/* All cases of one configuration. */
static void run_config(int config, bool frags, bool tap, int *ran, int *wrong)
{
	struct run r = { NULL, NULL, NULL };

	for (size_t t = 0; t < PACKET_TABLES; t++) {
		for (const struct packet_case *c = packet_tables[t]; c->name; c++) {
			static struct script s;

			if (c->config != config)
				continue;
			if (!r.skel)
				r.skel = load(c, frags, tap);
			if (!r.skel) {
				print_message("# skip: this kernel has no XDP frames in several buffers\n");
				skip();
			}
			script_init(&s);
			c->fill(&s);
			if (possible(&s, frags)) {
				*wrong += !check_case(&r, c, &s, tap);
				++*ran;
			}
			script_free(&s);
		}
	}
	hsmon_xdp_bpf__destroy(r.skel);
}

static void run_table(bool frags, bool tap, int at_least)
{
	static const int configs[] = { 0, CASE_UPGRADES, CASE_ANY, CASE_ANY | CASE_UPGRADES, CASE_ENCRYPTED, CASE_SMALL_BUDGET };
	int ran = 0, wrong = 0;

	for (size_t i = 0; i < sizeof(configs) / sizeof(*configs); i++)
		run_config(configs[i], frags, tap, &ran, &wrong);
	print_message("# %d conversations\n", ran);
	assert_int_equal(wrong, 0);
	assert_true(ran >= at_least);
}

static void one_buffer(void **state)
{
	(void)state;
	run_table(false, false, 70);
}

static void several_buffers(void **state)
{
	(void)state;
	run_table(true, false, 70);
}

/* A certificate message in a frame of 9,000 bytes: most of it is not where a program can look directly. */
static void fill_jumbo(struct script *s)
{
	uint8_t data[8900];

	script_connect(s);
	script_client(s, 0, data, tls_record(data, 22, 1, 300));
	script_server(s, 0, data, tls_record(data, 22, 11, sizeof(data)));
}

static void jumbo_frame(void **state)
{
	static const struct packet_case jumbo = { "jumbo frame", fill_jumbo, 0, "" };
	static struct script s;
	struct run r = { load(&jumbo, true, true), &s, NULL };

	(void)state;
	if (!r.skel)
		skip();
	script_init(&s);
	fill_jumbo(&s);
	assert_true(check_case(&r, &jumbo, &s, true));
	assert_true(r.out->cnt >= 4 && r.out->len > 9200);
	script_free(&s);
	hsmon_xdp_bpf__destroy(r.skel);
}

static void mirror_port(void **state)
{
	(void)state;
	run_table(false, true, 70);
}

/* The table speaks of interfaces 1 and 2; some kernels give a new namespace more than loopback. */
static int private_network(void **state)
{
	char name[IF_NAMESIZE];

	(void)state;
	if (unshare(CLONE_NEWNET))
		return -1;
	if (if_indextoname(2, name))
		return 0;
	return system("ip link add test0 index 2 type veth peer name test1 index 3") ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_buffer),
		cmocka_unit_test(several_buffers),
		cmocka_unit_test(jumbo_frame),
		cmocka_unit_test(mirror_port),
	};

	if (geteuid()) {
		print_message("# skip: root is needed to load BPF programs\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, private_network, NULL);
}
