/* SPDX-License-Identifier: BSD-2-Clause */
/* Who has the local ends: process.*, user.*, container.*, hsmon.process, hsmon.peer_process. */
#include <stdio.h>

#include "event/make.h"
#include "owner/owners.h"

static struct event_str make_string(struct make *m, const char *s)
{
	return s ? make_bytes(m, s, strlen(s)) : event_str(NULL, 0);
}

static struct event_str make_part(struct make *m, const struct place_text *t)
{
	return t->s ? make_bytes(m, t->s, t->len) : event_str(NULL, 0);
}

static void make_user(struct make *m, struct event_process *p, uint32_t uid)
{
	const struct event_source *src = m->src;
	char buf[12];

	p->user_id = make_bytes(m, buf, (size_t)snprintf(buf, sizeof(buf), "%u", (unsigned int)uid));
	if (src->user_name)
		p->user_name = make_string(m, src->user_name(src->user_ctx, uid));
}

/* A service is named in the place of a container when it is in none. */
static void make_place(struct make *m, struct event_process *p, const struct place *place)
{
	p->unit = make_part(m, &place->unit);
	p->pod_uid = place->pod[0] ? make_string(m, place->pod) : event_str(NULL, 0);
	p->container_id = make_part(m, &place->id);
	p->container_runtime = make_static(place->runtime);
	p->container_name = make_part(m, &place->name);
	if (!p->container_id.s && !p->container_name.s && p->unit.s) {
		p->container_name = p->unit;
		p->container_runtime = make_static("systemd");
	}
}

static void make_one(struct make *m, struct event_process *p, const struct owner *o, const char *role)
{
	p->pid = o->pid;
	p->role = role;
	p->tracked = o->tracked;
	p->name = make_string(m, o->name);
	if (o->netns)
		p->netns = o->netns;
	make_user(m, p, o->uid);
	if (!o->process)
		return;
	p->executable = make_string(m, o->process->executable);
	p->command_line = make_string(m, o->process->command_line);
	p->cgroup = make_string(m, o->process->cgroup);
	make_place(m, p, &o->process->place);
}

void make_processes(struct make *m)
{
	const struct owner *client = m->src->owner[m->client_dir], *server = m->src->owner[!m->client_dir];

	if (client)
		make_one(m, &m->e->process, client, "client");
	if (server)
		make_one(m, client ? &m->e->peer_process : &m->e->process, server, "server");
}
