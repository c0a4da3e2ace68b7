/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * What is to be known of the current process, read from the kernel at the moment: a process that lives for 5 ms is gone
 * before user space could look into /proc.
 */
#ifndef HSMON_PROCESS_H
#define HSMON_PROCESS_H

#include "kernel.h"

#include <bpf/bpf_core_read.h>

#define HS_DEPTH_MAX 32			/* names of a path */

struct hs_current {			/* a process, mostly the current one */
	struct task_struct *task;
	struct kernfs_node *cgroup;
	struct hs_process_id id;
	__u32 uid;
	char comm[HS_COMM_LEN];
};

static __always_inline struct kernfs_node *hs_parent(struct kernfs_node *kn)
{
	struct kernfs_node___old *old = (void *)kn;

	return bpf_core_field_exists(old->parent) ? BPF_CORE_READ(old, parent) : BPF_CORE_READ(kn, __parent);
}

static __always_inline struct kernfs_node *hs_cgroup_v1(struct css_set *set, __u32 subsys)
{
	struct cgroup_subsys_state *css = 0;

	bpf_probe_read_kernel(&css, sizeof(css), (void *)&set->subsys[0] + (subsys & 15) * sizeof(void *));
	return css ? BPF_CORE_READ(css, cgroup, kn) : 0;
}

/* Of version 2; where that is not used, in the hierarchy of a controller that whoever makes groups switches on. */
static __always_inline struct kernfs_node *hs_cgroup(struct task_struct *task)
{
	struct css_set *set = BPF_CORE_READ(task, cgroups);
	struct kernfs_node *root = BPF_CORE_READ(set, dfl_cgrp, kn), *kn = root;

	if (hs_parent(kn))
		return kn;
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, pids_cgrp_id))
		kn = hs_cgroup_v1(set, bpf_core_enum_value(enum cgroup_subsys_id, pids_cgrp_id));
	if (kn && hs_parent(kn))
		return kn;
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id))
		kn = hs_cgroup_v1(set, bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id));
	if (kn && hs_parent(kn))
		return kn;
	return root;
}

/* 0: it is one of the kernel's own threads, which say nothing of who wanted what. */
static __always_inline int hs_look_at(struct task_struct *task, struct hs_current *c)
{
	struct task_struct *leader;

	if (BPF_CORE_READ(task, flags) & PF_KTHREAD)
		return 0;
	leader = BPF_CORE_READ(task, group_leader);
	c->task = task;
	c->cgroup = hs_cgroup(task);
	c->id.start_ns = BPF_CORE_READ(leader, start_boottime);
	c->id.exec_id = (__u32)BPF_CORE_READ(task, self_exec_id);
	c->id.pid = (__u32)BPF_CORE_READ(task, tgid);
	c->uid = BPF_CORE_READ(task, cred, euid.val);
	bpf_core_read(c->comm, sizeof(c->comm), &leader->comm);
	return 1;
}

static __always_inline int hs_current(struct hs_current *c)
{
	return hs_look_at((void *)bpf_get_current_task(), c);
}

/* One more name at pos; the new pos, or one past HS_PATH_MAX when there is no room. */
static __always_inline __u32 hs_add_name(char *path, __u32 pos, const void *name)
{
	long len;

	if (pos > HS_PATH_MAX)
		return pos;
	len = bpf_probe_read_kernel_str(path + pos, HS_NAME_MAX, name);
	return len > 0 ? pos + (__u32)len : HS_PATH_MAX + 1;
}

static __always_inline __u32 hs_cgroup_path(struct kernfs_node *kn, char *path, __u32 *more)
{
	__u32 pos = 0, i;

	for (i = 0; i < HS_DEPTH_MAX; i++) {
		struct kernfs_node *parent = hs_parent(kn);

		if (!parent || pos > HS_PATH_MAX)
			break;
		pos = hs_add_name(path, pos, BPF_CORE_READ(kn, name));
		kn = parent;
	}
	*more = i == HS_DEPTH_MAX || pos > HS_PATH_MAX;
	return pos;
}

struct hs_walk {
	struct dentry *dentry;
	struct vfsmount *mnt;
};

/* From the root of a mounted file system to where it is mounted. 0: it is the first one. */
static __always_inline int hs_cross_mount(struct hs_walk *w)
{
	struct mount *m = (void *)w->mnt - bpf_core_field_offset(struct mount, mnt);
	struct mount *parent = BPF_CORE_READ(m, mnt_parent);

	if (!parent || parent == m)
		return 0;
	w->dentry = BPF_CORE_READ(m, mnt_mountpoint);
	w->mnt = (void *)parent + bpf_core_field_offset(struct mount, mnt);
	return 1;
}

static __always_inline __u32 hs_file_path(struct file *file, char *path, __u32 *more)
{
	struct hs_walk w = { BPF_CORE_READ(file, f_path.dentry), BPF_CORE_READ(file, f_path.mnt) };
	__u32 pos = 0, i;

	for (i = 0; i < HS_DEPTH_MAX && pos <= HS_PATH_MAX; i++) {
		struct dentry *dentry = w.dentry, *parent = BPF_CORE_READ(dentry, d_parent);
		struct vfsmount *mnt = w.mnt;

		if (dentry == BPF_CORE_READ(mnt, mnt_root) || dentry == parent) {
			if (!hs_cross_mount(&w))
				break;
			continue;
		}
		pos = hs_add_name(path, pos, BPF_CORE_READ(dentry, d_name.name));
		w.dentry = parent;
	}
	*more = i == HS_DEPTH_MAX || pos > HS_PATH_MAX;
	return pos;
}

/* As much as there is room for, in whole. */
static __always_inline __u32 hs_user_bytes(char *to, __u64 from, __u64 end)
{
	__u64 len = end > from ? end - from : 0;

	if (len > HS_ARGS_MAX - 1)
		len = HS_ARGS_MAX - 1;
	len &= HS_ARGS_MAX - 1;
	return bpf_probe_read_user(to, (__u32)len, (const void *)from) ? 0 : (__u32)len;
}

/* A program that shows a title in ps(1) writes it over its arguments; when it is longer, on over its environment, and the
 * last byte of the arguments is not NUL any more. */
static __always_inline void hs_args(struct mm_struct *mm, struct hs_process *p)
{
	__u64 start = BPF_CORE_READ(mm, arg_start), end = BPF_CORE_READ(mm, arg_end);
	char last = 0;

	if (end > start && !bpf_probe_read_user(&last, 1, (const void *)(end - 1)) && last) {
		p->flags |= HS_PROCESS_ARGS_OPEN;
		end = BPF_CORE_READ(mm, env_end);
	}
	p->args_len = (__u16)hs_user_bytes(p->args, start, end);
	if (end - start > HS_ARGS_MAX - 1)
		p->flags |= HS_PROCESS_ARGS_CUT;
}

/* All but the arguments. A process on its way out has no program any more. */
static __always_inline void hs_describe_task(const struct hs_current *c, struct hs_process *p)
{
	struct task_struct *task = c->task;	/* by itself: of BPF_CORE_READ()'s expression all is relocated */
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	struct file *exe = mm ? BPF_CORE_READ(mm, exe_file) : 0;
	__u32 more = 0;

	p->tag = HS_REC_PROCESS;
	p->pad = 0;
	p->flags = 0;
	p->id = c->id;
	p->exe_len = exe ? (__u16)hs_file_path(exe, p->exe, &more) : 0;
	if (more)
		p->flags |= HS_PROCESS_EXE_CUT;
	p->cgroup_len = (__u16)hs_cgroup_path(c->cgroup, p->cgroup, &more);
	if (more)
		p->flags |= HS_PROCESS_CGROUP_CUT;
	p->args_len = 0;
}

/* All of the current process. */
static __always_inline void hs_describe(const struct hs_current *c, struct hs_process *p)
{
	struct task_struct *task = c->task;
	struct mm_struct *mm = BPF_CORE_READ(task, mm);

	hs_describe_task(c, p);
	if (mm)
		hs_args(mm, p);
}

#endif
