/* SPDX-License-Identifier: BSD-2-Clause */
/* A small BPF program that writes into a ring what it finds in the packets that it is run on. */
#ifndef HSMON_TESTS_RING_WRITER_H
#define HSMON_TESTS_RING_WRITER_H

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define RECORD_MAX 480			/* of 512 bytes of BPF stack */
#define RECORD_AT 16			/* in the packet; its length stands at 0 */

#define INSN(c, d, s, o, i) ((struct bpf_insn){ .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) })
#define MOV(d, s) INSN(BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define MOVI(d, i) INSN(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)
#define ADDI(d, i) INSN(BPF_ALU64 | BPF_ADD | BPF_K, d, 0, 0, i)
#define CALL(f) INSN(BPF_JMP | BPF_CALL, 0, 0, 0, f)
#define JUMP(op, d, i, o) INSN(BPF_JMP | (op) | BPF_K, d, 0, o, i)

/* skb_load_bytes(ctx, from, fp + to, length in register or immediate) */
static inline size_t emit_load(struct bpf_insn *p, int from, int to, struct bpf_insn length)
{
	const struct bpf_insn insns[] = { MOV(1, 6), MOVI(2, from), MOV(3, 10), ADDI(3, to), length,
					  CALL(BPF_FUNC_skb_load_bytes) };

	memcpy(p, insns, sizeof(insns));
	return sizeof(insns) / sizeof(insns[0]);
}

/* flags: of bpf_ringbuf_output(). A file descriptor or -errno. */
static inline int ring_writer_load(int ring_map, uint64_t flags)
{
	struct bpf_insn p[128];
	size_t n = 0;

	p[n++] = MOV(6, 1);
	for (int off = -RECORD_MAX; off < 0; off += 8)
		p[n++] = INSN(BPF_ST | BPF_MEM | BPF_DW, 10, 0, (int16_t)off, 0);
	n += emit_load(p + n, 0, -RECORD_MAX - 8, MOVI(4, 4));
	p[n++] = JUMP(BPF_JNE, 0, 0, 18);
	p[n++] = INSN(BPF_LDX | BPF_MEM | BPF_W, 7, 10, -RECORD_MAX - 8, 0);
	p[n++] = JUMP(BPF_JGT, 7, RECORD_MAX, 16);
	p[n++] = JUMP(BPF_JLT, 7, 1, 15);	/* not JEQ 0: Linux 5.10 would not conclude that it is positive */
	n += emit_load(p + n, RECORD_AT, -RECORD_MAX, MOV(4, 7));
	p[n++] = JUMP(BPF_JNE, 0, 0, 8);
	p[n++] = INSN(BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_FD, 0, ring_map);
	p[n++] = INSN(0, 0, 0, 0, 0);
	p[n++] = MOV(2, 10);
	p[n++] = ADDI(2, -RECORD_MAX);
	p[n++] = MOV(3, 7);
	p[n++] = MOVI(4, (int32_t)flags);
	p[n++] = CALL(BPF_FUNC_ringbuf_output);
	p[n++] = INSN(BPF_JMP | BPF_JA, 0, 0, 0, 0);
	p[n++] = INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	return bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "writer", "GPL", p, n, NULL);
}

/* 0 or -errno. */
static inline int ring_writer_write(int prog_fd, const void *record, size_t len)
{
	unsigned char packet[RECORD_AT + RECORD_MAX] = { 0 };
	uint32_t n = (uint32_t)len;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = (uint32_t)(RECORD_AT + len));

	if (len > RECORD_MAX)
		return -E2BIG;
	memcpy(packet, &n, sizeof(n));
	memcpy(packet + RECORD_AT, record, len);
	return bpf_prog_test_run_opts(prog_fd, &opts);
}

#endif
