/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of live share; nobody else includes it. */
#ifndef HSMON_CAPTURE_LIVE_PRIVATE_H
#define HSMON_CAPTURE_LIVE_PRIVATE_H

#include "capture/live.h"
#include "capture/netlink.h"

enum { LIVE_INGRESS, LIVE_EGRESS, LIVE_DIR_CNT };

/* Programs with our tag in the handle's top byte are hsmon's; the rest of the handle says whose. */
#define LIVE_HANDLE_TAG 0x68000000u
#define LIVE_HANDLE_TAG_MASK 0xff000000u
#define LIVE_HANDLE_QDISC_OURS 0x00400000u	/* the qdisc is there because of hsmon */
#define LIVE_HANDLE_ID_MASK 0x003fffffu		/* a pid always fits: at most 2^22 - 1 */

struct live_slot {
	struct live_interface pub;
	int link_fd[LIVE_DIR_CNT];		/* TCX, XDP (only the first); -1 */
	uint16_t priority[LIVE_DIR_CNT];	/* clsact; 0: no filter */
	uint32_t handle;
	bool qdisc_ours;
	uint8_t restored;			/* how often it was put back */
	uint32_t ahead[LIVE_DIR_CNT];		/* whose program was told to be ahead of ours; 0: nobody's */
};

struct bpf_map;

/* One loaded BPF object. */
struct live_object {
	void *skel;
	struct bpf_object_skeleton *skeleton;
	struct bpf_object *object;
	const char *const (*prog_names)[LIVE_DIR_CNT];	/* [l3]; NULL: there is none */
	struct hs_config *config;		/* to be set before it is loaded */
	__u64 (*ports)[HS_PORT_WORDS];		/* [udp], at any time */
};

struct live {
	struct live_object object;
	int prog_fd[2][LIVE_DIR_CNT];		/* [l3] */
	struct netlink *nl;
	live_change_fn fn;
	void *ctx;
	const char *const *ifnames;
	size_t ifname_cnt;
	enum live_attach wanted;
	bool has_tcx;
	size_t tcx_cnt;				/* slots that are attached through TCX */
	unsigned int cpu_cnt;
	uint32_t id;				/* ours, in handles */
	int id_fd;				/* holds it */
	struct live_slot *slots;		/* attached */
	size_t slot_cnt, slot_cap;
	const char *cgroup;
	bool cgroup_unit;
	int cgroup_fd[LIVE_DIR_CNT];		/* links; -1 */
	char cgroup_path[512];
	uint32_t *failed;			/* told once; tried again when they have been down or away */
	size_t failed_cnt, failed_cap;
};

/* live_error.c */
void live_log_capture(void);
struct live *live_fail(struct live_error *e, enum live_fault fault, int err, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Can this process load programs here? 0, or -errno with *e set. */
int live_probe(struct live_error *e);
/* Why live_object_load() failed with err. */
void live_explain_load(struct live_error *e, int err);

/* live_object.c: for what is attached that way. 0 or -errno; live_object_close() in any case. */
int live_object_open(struct live_object *o, enum live_attach attach);
int live_object_load(struct live_object *o);
void live_object_close(struct live_object *o);
struct bpf_map *live_object_map(const struct live_object *o, const char *name);
int live_object_prog(const struct live_object *o, bool l3, int dir);	/* fd, or -1 */

/* live_attach.c */
bool live_kernel_has_tcx(int prog_fd);
/* Ids are unique among the living of this network namespace. 0 or -errno. */
int live_claim_id(struct live *l);
/* pub.ifindex, name and l3 are set; fills in the rest. 0 or -errno, then nothing is left attached. */
int live_slot_attach(struct live *l, struct live_slot *s);
void live_slot_detach(struct live *l, struct live_slot *s);
bool live_slot_intact(const struct live_slot *s);
/* From clsact to TCX when somebody has begun to use that there: TCX programs run first, and may end the chain. */
void live_slot_upgrade(struct live *l, struct live_slot *s);

bool live_link_intact(int fd);

/* live_xdp.c: as live_slot_attach(); the first says in pub.note what the user should know. */
int live_xdp_attach(struct live *l, struct live_slot *s);
void live_xdp_detach(struct live_slot *s);

/* live_ahead.c: has somebody else's program come to run ahead of ours? Then true, with pub.note set, once for each.
 * filters: those of clsact are looked at, too. */
bool live_slot_look_ahead(struct live *l, struct live_slot *s, bool filters);

/* live_cgroup.c: 0 or -errno, with *e set. */
int live_cgroup_attach(struct live *l, struct live_error *e);
void live_cgroup_detach(struct live *l);
bool live_cgroup_intact(const struct live *l);

/* live_load.c */
void live_unload(struct live *l);

#endif
