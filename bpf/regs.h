/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Arguments and results of a user function in the registers that its calling convention puts them in. What bpf_tracing.h
 * says, and what it leaves out: the sixth argument and those after it, and Go's own convention (its ABIInternal, the same
 * from Go 1.18 on), which counts each word of a string or slice as an argument.
 */
#ifndef HSMON_REGS_H
#define HSMON_REGS_H

#include "vmlinux.h"

#if defined(__TARGET_ARCH_x86)

/* As the kernel names them. */
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};

#define __VMLINUX_H__		/* makes bpf_tracing.h use those names */
#define HS_ARG6(ctx) ((ctx)->r9)
#define HS_ARG_STACKED(ctx, n) hs_stacked((ctx)->sp + 8 * ((n) - 6))	/* above the return address */
#define HS_GO_ARG2(ctx) ((ctx)->bx)
#define HS_GO_ARG3(ctx) ((ctx)->cx)
#define HS_GO_ARG4(ctx) ((ctx)->di)
#define HS_GO_ARG5(ctx) ((ctx)->si)
#define HS_GO_ARG7(ctx) ((ctx)->r9)
#define HS_GO_ARG8(ctx) ((ctx)->r10)

#elif defined(__TARGET_ARCH_arm64)

struct user_pt_regs {
	__u64 regs[31], sp, pc, pstate;
};
struct pt_regs {
	struct user_pt_regs user;
};

#define HS_REG(ctx, n) (((const struct user_pt_regs *)(ctx))->regs[n])
#define HS_ARG6(ctx) HS_REG(ctx, 5)
#define HS_ARG_STACKED(ctx, n) HS_REG(ctx, (n) - 1)
#define HS_GO_ARG2(ctx) HS_REG(ctx, 1)
#define HS_GO_ARG3(ctx) HS_REG(ctx, 2)
#define HS_GO_ARG4(ctx) HS_REG(ctx, 3)
#define HS_GO_ARG5(ctx) HS_REG(ctx, 4)
#define HS_GO_ARG7(ctx) HS_REG(ctx, 6)
#define HS_GO_ARG8(ctx) HS_REG(ctx, 7)

#else
#error "the registers of this architecture are not known: see bpf/regs.h"
#endif

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* A word on the stack of the process; 0 if it cannot be read, as a null pointer is. */
static __always_inline __u64 hs_stacked(__u64 at)
{
	__u64 word = 0;

	if (bpf_probe_read_user(&word, sizeof(word), (const void *)at))
		return 0;
	return word;
}

#endif
