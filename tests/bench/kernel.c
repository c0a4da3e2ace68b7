// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a packet costs in the kernel: the programs through BPF_PROG_TEST_RUN, beside an empty program. All in one run,
 * the rounds of all cases taking turns, so that whatever else the machine does weighs on all of them alike.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi.h"
#include "packets.h"

#include "hsmon.skel.h"

#define ROUNDS 60
#define REPEAT 30000
#define COPY_REPEAT 3000		/* their records must fit the ring */
#define RING_BYTES (64 << 20)
#define SELECTED 443

/* Flags of include/gate_state.h: next_seq is known; when in doubt, copy. */
#define DIR_BASE 1u
#define DIR_DOUBT 4u
#define FLOW_DONE 1

struct bench {
	const char *name;
	void (*make)(struct packet *p);
	void (*prepare)(struct hsmon_bpf *skel);
	enum { GATE, EMPTY, LOOKUP } program;
	bool copies;
	double best;
};

static struct hs_tuple tuple_v4, tuple_v6, tuple_udp;

static void other_v4(struct packet *p)
{
	packet_tcp4(p, "10.0.0.1", 40000, "10.0.0.2", 8000, 1000, PACKET_ACK, NULL, 1400);
}

static void other_v6(struct packet *p)
{
	packet_tcp6(p, "2001:db8::1", 40000, "2001:db8::2", 8000, 1000, PACKET_ACK, NULL, 1400);
}

static void other_udp(struct packet *p)
{
	packet_udp4(p, "10.0.0.1", 40000, "10.0.0.2", 8000, NULL, 1200);
}

static void other_vlan(struct packet *p)
{
	other_v4(p);
	packet_insert_vlan(p, 0x8100, 7);
}

static void other_vxlan(struct packet *p)
{
	static const uint8_t vxlan[8] = { 8 };

	other_v4(p);
	packet_wrap_udp(p, 4789, vxlan, sizeof(vxlan));
}

static void quic_v4(struct packet *p)
{
	packet_udp4(p, "10.0.0.1", 40000, "10.0.0.2", SELECTED, "\x55", 1);
	packet_insert(p, p->len, 1199);
}

static void ack_v4(struct packet *p)
{
	packet_tcp4(p, "10.0.0.1", 40000, "10.0.0.2", SELECTED, 1000, PACKET_ACK, NULL, 0);
}

static void data_v4(struct packet *p)
{
	packet_tcp4(p, "10.0.0.1", 40000, "10.0.0.2", SELECTED, 1000, PACKET_ACK, NULL, 1400);
}

static void data_v6(struct packet *p)
{
	packet_tcp6(p, "2001:db8::1", 40000, "2001:db8::2", SELECTED, 1000, PACKET_ACK, NULL, 1400);
}

static void syn_v4(struct packet *p)
{
	packet_tcp4(p, "10.0.0.1", 41000, "10.0.0.2", SELECTED, 1000, PACKET_SYN, NULL, 0);
}

static void set_flow(struct hsmon_bpf *skel, const struct hs_tuple *tuple, uint8_t state, uint32_t flags)
{
	struct hs_flow flow = { .state = state };

	for (int i = 0; i < 2; i++) {
		flow.dir[i].flags = DIR_BASE | flags;
		flow.dir[i].state = HS_DIR_RECORDS;
		flow.dir[i].next_seq = flow.dir[i].next_record = 100000;
	}
	if (bpf_map__update_elem(skel->maps.flows, tuple, sizeof(*tuple), &flow, sizeof(flow), BPF_ANY)) {
		perror("flow");
		exit(1);
	}
}

static void flows_done(struct hsmon_bpf *skel)
{
	set_flow(skel, &tuple_v4, FLOW_DONE, 0);
	set_flow(skel, &tuple_v6, FLOW_DONE, 0);
	set_flow(skel, &tuple_udp, FLOW_DONE, 0);
}

static void flow_in_doubt(struct hsmon_bpf *skel)
{
	set_flow(skel, &tuple_v4, 0, DIR_DOUBT);
}

static void nothing(struct hsmon_bpf *skel)
{
	(void)skel;
}

static struct bench benches[] = {
	{ "empty program", other_v4, nothing, EMPTY, false, 0 },
	{ "a lookup in an LRU map, alone", other_v4, flows_done, LOOKUP, false, 0 },
	{ "TCP, other port", other_v4, nothing, GATE, false, 0 },
	{ "TCP over IPv6, other port", other_v6, nothing, GATE, false, 0 },
	{ "UDP, other port", other_udp, nothing, GATE, false, 0 },
	{ "TCP in VLAN, other port", other_vlan, nothing, GATE, false, 0 },
	{ "TCP in VXLAN, other port", other_vxlan, nothing, GATE, false, 0 },
	{ "selected port, pure ACK", ack_v4, nothing, GATE, false, 0 },
	{ "selected port, handshake over", data_v4, flows_done, GATE, false, 0 },
	{ "selected port, over, IPv6", data_v6, flows_done, GATE, false, 0 },
	{ "QUIC, over", quic_v4, flows_done, GATE, false, 0 },
	{ "SYN, selected port", syn_v4, nothing, GATE, false, 0 },
	{ "handshake segment of 1,400 bytes", data_v4, flow_in_doubt, GATE, true, 0 },
};
#define BENCH_CNT (sizeof(benches) / sizeof(benches[0]))

/* mov r0, -1; exit */
static int load_empty(void)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = -1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "empty", "GPL", insns, 2, NULL);
}

/* A look at the map of flows with the key of flow v4 on the stack, and nothing else. */
static int load_lookup(struct hsmon_bpf *skel)
{
	struct bpf_insn insns[32];
	uint64_t words[sizeof(tuple_v4) / 8];
	size_t n = 0;

	memcpy(words, &tuple_v4, sizeof(words));
	for (int i = 0; i < (int)(sizeof(words) / sizeof(words[0])); i++) {
		insns[n++] = (struct bpf_insn){ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = 1, .imm = (int32_t)words[i] };
		insns[n++] = (struct bpf_insn){ .imm = (int32_t)(words[i] >> 32) };
		insns[n++] = (struct bpf_insn){ .code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = 10, .src_reg = 1,
						.off = (int16_t)(8 * i - (int)sizeof(words)) };
	}
	insns[n++] = (struct bpf_insn){ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD,
					.imm = bpf_map__fd(skel->maps.flows) };
	insns[n++] = (struct bpf_insn){ 0 };
	insns[n++] = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 2, .src_reg = 10 };
	insns[n++] = (struct bpf_insn){ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 2, .imm = -(int32_t)sizeof(words) };
	insns[n++] = (struct bpf_insn){ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_map_lookup_elem };
	insns[n++] = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = -1 };
	insns[n++] = (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT };
	return bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "lookup", "GPL", insns, n, NULL);
}

static int ignore_record(void *ctx, void *data, size_t len)
{
	(void)ctx;
	(void)data;
	(void)len;
	return 0;
}

static struct hsmon_bpf *load(void)
{
	struct hsmon_bpf *skel = hsmon_bpf__open();

	if (!skel || bpf_map__set_max_entries(skel->maps.ring, RING_BYTES) ||
	    bpf_map__set_max_entries(skel->maps.counters, (uint32_t)libbpf_num_possible_cpus()))
		return NULL;
	skel->rodata->hs_config.budget = UINT32_MAX;
	skel->rodata->hs_config.wake_bytes = RING_BYTES / 4;
	skel->bss->hs_ports[0][SELECTED / 64] = 1ULL << SELECTED % 64;
	skel->bss->hs_ports[1][SELECTED / 64] = 1ULL << SELECTED % 64;
	return hsmon_bpf__load(skel) ? NULL : skel;
}

/* ns per run, or negative. */
static double run(int prog_fd, const struct packet *p, uint32_t repeat)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = p->data, .data_size_in = p->len, .repeat = (int)repeat);

	return bpf_prog_test_run_opts(prog_fd, &opts) ? -1.0 : opts.duration;
}

static int measure(struct hsmon_bpf *skel, struct ring_buffer *ring)
{
	const int fds[] = {
		[GATE] = bpf_program__fd(skel->progs.hsmon_ingress),
		[EMPTY] = load_empty(),
		[LOOKUP] = load_lookup(skel),
	};

	if (fds[EMPTY] < 0 || fds[LOOKUP] < 0)
		return -errno;
	for (int round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < BENCH_CNT; i++) {
			struct bench *b = &benches[i];
			struct packet p;
			double ns;

			b->make(&p);
			b->prepare(skel);
			ns = run(fds[b->program], &p, b->copies ? COPY_REPEAT : REPEAT);
			if (ns < 0)
				return -errno;
			if (!round || ns < b->best)
				b->best = ns;
			ring_buffer__consume(ring);
		}
	}
	return 0;
}

int main(void)
{
	struct hsmon_bpf *skel = load();
	struct ring_buffer *ring;
	struct packet p;

	if (!skel) {
		fprintf(stderr, "bench: the programs cannot be loaded: %s\n", strerror(errno));
		return 1;
	}
	ring = ring_buffer__new(bpf_map__fd(skel->maps.ring), ignore_record, NULL, NULL);
	data_v4(&p);
	packet_tuple(&p, &tuple_v4);
	data_v6(&p);
	packet_tuple(&p, &tuple_v6);
	quic_v4(&p);
	packet_tuple(&p, &tuple_udp);
	if (!ring || measure(skel, ring)) {
		fprintf(stderr, "bench: %s\n", strerror(errno));
		return 1;
	}
	printf("%-36s %8s %8s   (best of %d rounds)\n", "packet", "ns", "over", ROUNDS);
	for (size_t i = 0; i < BENCH_CNT; i++)
		printf("%-36s %8.0f %8.0f\n", benches[i].name, benches[i].best, benches[i].best - benches[0].best);
	ring_buffer__free(ring);
	hsmon_bpf__destroy(skel);
	return 0;
}
