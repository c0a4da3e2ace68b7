// SPDX-License-Identifier: BSD-2-Clause
/* The BPF objects, one for each kind of hook, behind one face: they have the same maps and settings. */
#include "capture/live_private.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>

#include "hsmon.skel.h"
#include "hsmon_cgroup.skel.h"
#include "hsmon_xdp.skel.h"

#define PROG_HAS_FRAGS (1u << 5)	/* BPF_F_XDP_HAS_FRAGS, Linux 5.18 */
#define HELPER_XDP_LOAD_BYTES 189	/* came with it */

#define TAKE(o, s)                                                                                             \
	do {                                                                                                   \
		(o)->skel = (s);                                                                               \
		(o)->skeleton = (s)->skeleton;                                                                 \
		(o)->object = (s)->obj;                                                                        \
		(o)->config = (struct hs_config *)&(s)->rodata->hs_config;                                     \
		(o)->ports = (s)->bss->hs_ports;                                                               \
	} while (0)

static bool open_tc(struct live_object *o)
{
	static const char *const names[2][LIVE_DIR_CNT] = { { "hsmon_ingress", "hsmon_egress" },
							     { "hsmon_ingress_l3", "hsmon_egress_l3" } };
	struct hsmon_bpf *s = hsmon_bpf__open();

	if (s)
		TAKE(o, s);
	o->prog_names = names;
	return s;
}

static bool open_cgroup(struct live_object *o)
{
	static const char *const names[2][LIVE_DIR_CNT] = { { "hsmon_cg_in", "hsmon_cg_out" } };
	struct hsmon_cgroup_bpf *s = hsmon_cgroup_bpf__open();

	if (s)
		TAKE(o, s);
	o->prog_names = names;
	return s;
}

static bool open_xdp(struct live_object *o)
{
	static const char *const names[2][LIVE_DIR_CNT] = { { "hsmon_xdp_eth" }, { "hsmon_xdp_l3" } };
	struct hsmon_xdp_bpf *s = hsmon_xdp_bpf__open();
	struct bpf_program *prog;

	if (!s)
		return false;
	TAKE(o, s);
	o->prog_names = names;
	o->config->tap = 1;
	if (libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, (enum bpf_func_id)HELPER_XDP_LOAD_BYTES, NULL) != 1)
		return true;
	s->rodata->hs_frags = 1;
	bpf_object__for_each_program(prog, s->obj)
		bpf_program__set_flags(prog, PROG_HAS_FRAGS);
	return true;
}

int live_object_open(struct live_object *o, enum live_attach attach)
{
	static bool (*const open_fns[])(struct live_object *) = {
		[LIVE_ATTACH_AUTO] = open_tc, [LIVE_ATTACH_TCX] = open_tc, [LIVE_ATTACH_CLSACT] = open_tc,
		[LIVE_ATTACH_XDP] = open_xdp, [LIVE_ATTACH_XDP_GENERIC] = open_xdp, [LIVE_ATTACH_CGROUP] = open_cgroup,
	};

	*o = (struct live_object){ .skel = NULL };
	errno = 0;
	return open_fns[attach](o) ? 0 : errno ? -errno : -EINVAL;
}

int live_object_load(struct live_object *o)
{
	return bpf_object__load_skeleton(o->skeleton);
}

void live_object_close(struct live_object *o)
{
	if (o->skeleton)
		bpf_object__destroy_skeleton(o->skeleton);
	free(o->skel);
	*o = (struct live_object){ .skel = NULL };
}

struct bpf_map *live_object_map(const struct live_object *o, const char *name)
{
	return bpf_object__find_map_by_name(o->object, name);
}

int live_object_prog(const struct live_object *o, bool l3, int dir)
{
	const char *name = o->prog_names[l3][dir];
	struct bpf_program *prog = name ? bpf_object__find_program_by_name(o->object, name) : NULL;

	return prog ? bpf_program__fd(prog) : -1;
}
