/* SPDX-License-Identifier: BSD-2-Clause */
#include "filter.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "base/exit.h"
#include "base/log.h"
#include "event/event.h"
#include "options.h"
#include "privs.h"

#define ID_LEAST 4			/* digits of a container's id */

int filter_init(struct filter *f, const struct options *opt)
{
	struct privs_identity id;

	*f = (struct filter){ .opt = opt };
	if (!opt->user)
		return HS_EXIT_OK;
	if (privs_find_any(opt->user, &id)) {
		log_error("--user: '%.40s' is no user here", opt->user);
		return HS_EXIT_USAGE;
	}
	f->uid = id.uid;
	return HS_EXIT_OK;
}

/* Names are NUL-terminated in an event's arena. */
static bool matches(const struct event_str *s, const char *glob)
{
	return s->s && !fnmatch(glob, s->s, 0);
}

static bool is_user(const struct event_process *p, uint32_t uid)
{
	char text[12];

	snprintf(text, sizeof(text), "%u", (unsigned int)uid);
	return p->user_id.s && !strcmp(p->user_id.s, text);
}

static bool is_container(const struct event_process *p, const char *which)
{
	size_t len = strlen(which);

	return matches(&p->container_name, which) ||
	       (len >= ID_LEAST && len <= p->container_id.len && !memcmp(p->container_id.s, which, len));
}

static bool is_wanted(const struct filter *f, const struct event_process *p)
{
	const struct options *o = f->opt;

	return p->role && (!o->pid || p->pid == (int64_t)o->pid) && (!o->comm || matches(&p->name, o->comm)) &&
	       (!o->user || is_user(p, f->uid)) && (!o->container || is_container(p, o->container)) &&
	       (!o->command || p->tracked);
}

bool filter_match(const struct filter *f, const struct handshake_event *e)
{
	return !options_filter(f->opt) || is_wanted(f, &e->process) || is_wanted(f, &e->peer_process);
}
