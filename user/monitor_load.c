/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's side is loaded, and what is said of it. */
#include <net/if.h>
#include <stdio.h>

#include "base/exit.h"
#include "base/log.h"
#include "capture/owner_hooks.h"
#include "control.h"
#include "monitor_private.h"
#include "options.h"

static void tell_interface(struct monitor *m, uint32_t ifindex, const char *name, enum live_change change,
			   enum live_attach attach)
{
	struct control_msg msg = { .kind = CONTROL_INTERFACE, .number = ifindex, .change = change, .attach = attach };

	snprintf(msg.name, sizeof(msg.name), "%s", name);
	control_send(m->control_fd, &msg, -1);
}

static void cgroup_changed(const struct monitor *m, enum live_change change)
{
	if (change == LIVE_LOST)
		log_warn("the cgroup is gone; waiting for it to come back");
	else
		log_info("watching cgroup %s", live_cgroup_path(m->live));
}

static void on_change(void *ctx, const struct live_interface *i, enum live_change change, int err)
{
	struct monitor *m = ctx;

	if (!i->ifindex)
		return cgroup_changed(m, change);
	if (change == LIVE_NOTED) {
		log_warn("%s: %s", i->name, i->note);
		return;
	}
	if (change == LIVE_FAILED)
		log_warn("%s cannot be watched: %s", i->name, live_failure_text(err));
	else if (change == LIVE_LOST)
		log_warn("%s: our program was removed by somebody else", i->name);
	if (m->control_fd >= 0)
		tell_interface(m, i->ifindex, i->name, change, i->attach);
}

int monitor_load_owner(struct monitor *m)
{
	const struct options *opt = m->opt;
	const struct hs_config config = options_gate_config(opt);
	struct owner_settings set = {
		.ring_fd = live_ring_fd(m->live),
		.counters_fd = live_counters_fd(m->live),
		.wake_bytes = config.wake_bytes,
		.any_port = config.any_port,
		.ports = { opt->ports.bits[0], opt->ports.bits[1] },
		.track = opt->command,
	};
	char why[OWNER_WHY_LEN];

	m->owner = owner_hooks_new(&set, why);
	if (!m->owner && options_filter(opt)) {
		log_error("which process a handshake is of cannot be told: %s", why);
		return HS_EXIT_KERNEL;
	}
	if (!m->owner)
		log_warn("handshakes without process, user and container: %s", why);
	else if (why[0])
		log_warn("QUIC and DTLS without process, user and container: %s", why);
	if (m->owner && opt->command)
		return owner_hooks_track(m->owner, m->command.pid) ? HS_EXIT_FAILURE : HS_EXIT_OK;
	return HS_EXIT_OK;
}

struct live *monitor_load(struct monitor *m, struct live_error *error)
{
	static const enum live_attach attaches[] = {
		[OPTIONS_ATTACH_AUTO] = LIVE_ATTACH_AUTO, [OPTIONS_ATTACH_TCX] = LIVE_ATTACH_TCX,
		[OPTIONS_ATTACH_CLSACT] = LIVE_ATTACH_CLSACT, [OPTIONS_ATTACH_XDP] = LIVE_ATTACH_XDP,
		[OPTIONS_ATTACH_XDP_GENERIC] = LIVE_ATTACH_XDP_GENERIC,
	};
	const struct options *opt = m->opt;
	struct live_settings set = {
		.config = options_gate_config(opt),
		.ports = { opt->ports.bits[0], opt->ports.bits[1] },
		.ring_bytes = (uint32_t)(opt->ring_kib * 1024),
		.ifnames = opt->interfaces,
		.ifname_cnt = opt->interface_cnt,
		.attach = attaches[opt->attach],
		.cgroup = opt->unit ? opt->unit : opt->cgroup,
		.cgroup_unit = opt->unit,
	};

	return live_load(&set, on_change, m, error);
}

void monitor_tell_names(struct monitor *m)
{
	struct if_nameindex *list = if_nameindex();

	for (struct if_nameindex *i = list; i && i->if_index; i++)
		tell_interface(m, i->if_index, i->if_name, LIVE_RENAMED, LIVE_ATTACH_AUTO);
	if (list)
		if_freenameindex(list);
}
