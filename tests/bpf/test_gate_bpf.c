// SPDX-License-Identifier: BSD-2-Clause
/*
 * The packet table through the programs in this kernel (BPF_PROG_TEST_RUN): what it says must come, and byte for byte
 * the records that the gate in user space gives. Runs in a network namespace of its own.
 */
#include <net/if.h>
#include <sched.h>
#include <unistd.h>

#include "bpf_run.h"

static void run_step(struct hsmon_bpf *skel, const struct step *step)
{
	struct __sk_buff ctx = { .ifindex = step->ifindex, .gso_size = step->datagram };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = step->data, .data_size_in = step->len, .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx));
	struct bpf_program *prog = step->hook == HS_HOOK_EGRESS ?
		(step->l3 ? skel->progs.hsmon_egress_l3 : skel->progs.hsmon_egress) :
		(step->l3 ? skel->progs.hsmon_ingress_l3 : skel->progs.hsmon_ingress);

	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(prog), &opts), 0);
	/* TC_ACT_UNSPEC, whatever the packet. */
	assert_int_equal((int32_t)opts.retval, -1);
}

static void run_kernel(struct hsmon_bpf *skel, const struct script *s, struct list *out, uint64_t counted[HS_CNT_MAX])
{
	struct ring_buffer *ring = ring_buffer__new(bpf_map__fd(skel->maps.ring), list_add_record, out, NULL);

	assert_non_null(ring);
	bpf_clear(skel);
	for (size_t i = 0; i < s->cnt; i++)
		run_step(skel, &s->steps[i]);
	ring_buffer__consume(ring);
	ring_buffer__free(ring);
	bpf_count(skel, counted);
}

static bool check_case(struct hsmon_bpf *skel, const struct packet_case *c)
{
	static struct list kernel, user;
	uint64_t counted[HS_CNT_MAX];
	struct text got = { .len = 0 };
	struct script s;
	bool ok;

	script_init(&s);
	c->fill(&s);
	run_kernel(skel, &s, &kernel, counted);
	for (size_t i = 0; i < kernel.n; i++)
		text_record(&got, &s, kernel.v[i].p);
	text_counters(&got, counted);
	ok = !strcmp(got.s, c->expected);
	if (!ok)
		print_error("%s:\n  want%s\n  got %s\n", c->name, c->expected, got.s);
	gate_run(c, &s, list_add, &user);
	ok &= lists_equal(c->name, &kernel, &user);
	list_free(&kernel);
	list_free(&user);
	script_free(&s);
	return ok;
}

/* All cases of one configuration with one set of programs. */
static void run_config(void **state)
{
	const int config = *(const int *)*state;
	struct hsmon_bpf *skel = NULL;
	int wrong = 0, ran = 0;

	for (size_t t = 0; t < PACKET_TABLES; t++) {
		for (const struct packet_case *c = packet_tables[t]; c->name; c++) {
			if (c->config != config)
				continue;
			if (!skel)
				skel = bpf_load(c, 0);
			wrong += !check_case(skel, c);
			ran++;
		}
	}
	hsmon_bpf__destroy(skel);
	assert_true(ran > 0);
	assert_int_equal(wrong, 0);
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
	static const int plain = 0, upgrades = CASE_UPGRADES, any = CASE_ANY, both = CASE_ANY | CASE_UPGRADES,
			 encrypted = CASE_ENCRYPTED, budget = CASE_SMALL_BUDGET;
	const struct CMUnitTest tests[] = {
		{ "selected port", run_config, NULL, NULL, (void *)&plain },
		{ "upgrades", run_config, NULL, NULL, (void *)&upgrades },
		{ "any port", run_config, NULL, NULL, (void *)&any },
		{ "any port, upgrades", run_config, NULL, NULL, (void *)&both },
		{ "encrypted", run_config, NULL, NULL, (void *)&encrypted },
		{ "small budget", run_config, NULL, NULL, (void *)&budget },
	};

	if (geteuid()) {
		print_message("# skip: root is needed to load BPF programs\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, private_network, NULL);
}
