/* SPDX-License-Identifier: BSD-2-Clause */
#include "banner.h"

#include <net/if.h>
#include <stdio.h>

#include "capture/live.h"
#include "options.h"

#define BANNER_INTERFACES 8

/* " (tcx, clsact)": the ways in which interfaces are watched. */
static void list_hooks(const struct live *l, char *out, size_t size)
{
	unsigned int ways = 0;
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < live_interface_cnt(l); i++)
		ways |= 1u << live_interface_at(l, i)->attach;
	for (enum live_attach way = LIVE_ATTACH_TCX; way < LIVE_ATTACH_CGROUP; way++)
		if (ways >> way & 1)
			at += (size_t)snprintf(out + at, size - at, "%s%s", at ? ", " : " (", live_attach_name(way));
	if (at)
		snprintf(out + at, size - at, ")");
}

void banner_text(const struct options *opt, const struct live *l, char *out, size_t size)
{
	size_t cnt = live_interface_cnt(l), at = 0;
	char names[BANNER_INTERFACES * (IF_NAMESIZE + 2) + 40] = "", hooks[60];

	if (*live_cgroup_path(l)) {
		snprintf(out, size, "tcp %s in cgroup %s", opt->ports.text, live_cgroup_path(l));
		return;
	}
	for (size_t i = 0; i < cnt && i < BANNER_INTERFACES; i++)
		at += (size_t)snprintf(names + at, sizeof(names) - at, "%s%s", i ? ", " : "",
				       live_interface_at(l, i)->name);
	if (cnt > BANNER_INTERFACES)
		snprintf(names + at, sizeof(names) - at, ", ... (%zu interfaces)", cnt);
	if (!cnt)
		snprintf(names, sizeof(names), "no interface yet");
	list_hooks(l, hooks, sizeof(hooks));
	snprintf(out, size, "tcp %s on %s%s", opt->ports.text, names, hooks);
}
