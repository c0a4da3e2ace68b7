/* SPDX-License-Identifier: BSD-2-Clause */
#include "owner/owners.h"

#include <stdlib.h>
#include <string.h>

#define PLACES 2			/* network namespaces in which the same end is remembered */
/* The kernel forgets sooner which it told of, 8,192 processes: nobody is forgotten here who will not be told again. */
#define PROCESSES_MAX 16384
#define PROCESS_BYTES_MAX (16u << 20)

struct end_key {
	struct hs_tuple tuple;		/* of a socket: empty but for its number in the first address */
	uint32_t dir;
	uint32_t pad;
};

struct end {
	struct table_node node;
	struct end_key key;
	struct owner owner[PLACES];	/* the newest first; time_ns 0: none */
};

struct owners {
	struct table *ends, *processes;
	size_t ends_max, process_bytes;
	uint32_t netns;
};

static void process_put(struct owner_process *p)
{
	if (p && !--p->ref_cnt)
		free(p);
}

static void process_drop(struct owners *o, struct owner_process *p)
{
	table_remove(o->processes, &p->node);
	o->process_bytes -= p->size;
	process_put(p);
}

static void end_drop(struct owners *o, struct end *e)
{
	table_remove(o->ends, &e->node);
	for (int i = 0; i < PLACES; i++)
		process_put(e->owner[i].process);
	free(e);
}

static struct owner_process *process_of(struct table_node *n)
{
	return n ? container_of_node(n, struct owner_process, node) : NULL;
}

static struct end *end_of(struct table_node *n)
{
	return n ? container_of_node(n, struct end, node) : NULL;
}

struct owners *owners_new(size_t conns_max, uint32_t netns)
{
	struct owners *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->ends_max = 2 * conns_max;
	o->netns = netns;
	o->ends = table_new();
	o->processes = table_new();
	if (o->ends && o->processes)
		return o;
	owners_free(o);
	return NULL;
}

void owners_free(struct owners *o)
{
	if (!o)
		return;
	while (o->ends && table_oldest(o->ends))
		end_drop(o, end_of(table_oldest(o->ends)));
	while (o->processes && table_oldest(o->processes))
		process_drop(o, process_of(table_oldest(o->processes)));
	table_free(o->ends);
	table_free(o->processes);
	free(o);
}

/* Names with their NULs, the last one first, to a path; behind its NUL. to has room for len + 5. */
static char *put_path(char *to, const char *names, size_t len, bool cut)
{
	if (cut)
		to = (char *)memcpy(to, "...", 3) + 3;
	if (!len)
		*to++ = '/';
	while (len) {
		const char *end = memrchr(names, '\0', len - 1), *name = end ? end + 1 : names;
		size_t n = (size_t)(names + len - name) - !names[len - 1];

		*to++ = '/';
		to = (char *)memcpy(to, name, n) + n;
		len = (size_t)(name - names);
	}
	*to++ = '\0';
	return to;
}

static size_t args_len(const struct hs_process *rec)
{
	size_t len = rec->args_len;

	if (rec->flags & HS_PROCESS_ARGS_OPEN)
		return strnlen(rec->args, len);
	/* A title that is shorter than they were leaves blanks or NULs. */
	while (len && (!rec->args[len - 1] || rec->args[len - 1] == ' '))
		len--;
	return len;
}

static char *put_args(char *to, const struct hs_process *rec, size_t len)
{
	for (size_t i = 0; i < len; i++)
		*to++ = rec->args[i] ? rec->args[i] : ' ';
	if (rec->flags & HS_PROCESS_ARGS_CUT)
		to = (char *)memcpy(to, " ...", 4) + 4;
	*to++ = '\0';
	return to;
}

static struct owner_process *process_make(const struct hs_process *rec)
{
	size_t args = args_len(rec), size = sizeof(struct owner_process) + rec->exe_len + rec->cgroup_len + args + 16;
	struct owner_process *p = calloc(1, size);
	char *at = p ? p->text : NULL;

	if (!p)
		return NULL;
	p->id = rec->id;
	p->ref_cnt = 1;
	p->size = size;
	p->node.key = &p->id;
	p->node.key_len = sizeof(p->id);
	if (rec->exe_len) {
		p->executable = at;
		at = put_path(at, rec->exe, rec->exe_len, rec->flags & HS_PROCESS_EXE_CUT);
	}
	if (args) {
		p->command_line = at;
		at = put_args(at, rec, args);
	}
	p->cgroup = at;
	put_path(at, rec->cgroup, rec->cgroup_len, rec->flags & HS_PROCESS_CGROUP_CUT);
	place_parse(p->cgroup, &p->place);
	return p;
}

void owners_process(struct owners *o, const struct hs_process *rec)
{
	struct owner_process *p = process_of(table_find(o->processes, &rec->id, sizeof(rec->id)));

	if (p)
		process_drop(o, p);
	p = process_make(rec);
	if (!p)
		return;
	while (table_count(o->processes) >= PROCESSES_MAX || (o->process_bytes && o->process_bytes + p->size > PROCESS_BYTES_MAX))
		process_drop(o, process_of(table_oldest(o->processes)));
	o->process_bytes += p->size;
	table_insert(o->processes, &p->node);
}

static struct end_key key_of_socket(uint32_t socket)
{
	struct end_key key = { .dir = 0 };

	memcpy(key.tuple.addr[0], &socket, sizeof(socket));
	return key;
}

static struct end_key key_of_end(const struct hs_tuple *tuple, int dir)
{
	return (struct end_key){ .tuple = *tuple, .dir = (uint32_t)dir };
}

static struct end *end_make(struct owners *o, const struct end_key *key)
{
	struct end *e = end_of(table_find(o->ends, key, sizeof(*key)));

	if (e) {
		table_touch(o->ends, &e->node);
		return e;
	}
	if (table_count(o->ends) >= o->ends_max)
		end_drop(o, end_of(table_oldest(o->ends)));
	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	e->key = *key;
	e->node.key = &e->key;
	e->node.key_len = sizeof(e->key);
	table_insert(o->ends, &e->node);
	return e;
}

/* The newest goes first, in place of what was known of the same namespace. */
static void end_add(struct end *e, const struct owner *owner)
{
	int at = 0;

	while (at < PLACES - 1 && e->owner[at].time_ns && e->owner[at].netns != owner->netns)
		at++;
	process_put(e->owner[at].process);
	memmove(&e->owner[1], &e->owner[0], (size_t)at * sizeof(e->owner[0]));
	e->owner[0] = *owner;
}

void owners_owner(struct owners *o, const struct hs_owner *rec, uint64_t time_ns)
{
	struct end_key key = rec->socket ? key_of_socket(rec->socket) : key_of_end(&rec->tuple, rec->dir);
	struct end *e = end_make(o, &key);
	struct owner owner = {
		.process = process_of(table_find(o->processes, &rec->process, sizeof(rec->process))),
		.time_ns = time_ns,
		.pid = rec->process.pid,
		.uid = rec->uid,
		.netns = rec->netns,
		.tracked = rec->flags & HS_OWNER_TRACKED,
	};

	if (!e)
		return;
	if (owner.process) {
		owner.process->ref_cnt++;
		table_touch(o->processes, &owner.process->node);
	}
	memcpy(owner.name, rec->comm, sizeof(owner.name));
	end_add(e, &owner);
}

/* Loopback: RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3. */
static bool is_of_one_host(const struct hs_tuple *t)
{
	static const uint8_t loopback6[HS_ADDR_LEN] = { [HS_ADDR_LEN - 1] = 1 };

	if (t->family == 4)
		return t->addr[0][12] == 127 || t->addr[1][12] == 127;
	return !memcmp(t->addr[0], loopback6, HS_ADDR_LEN) || !memcmp(t->addr[1], loopback6, HS_ADDR_LEN);
}

const struct owner *owners_find(struct owners *o, const struct hs_tuple *tuple, int dir, uint64_t from_ns, uint64_t until_ns)
{
	struct end_key key = key_of_end(tuple, dir);
	const struct end *e = end_of(table_find(o->ends, &key, sizeof(key)));
	const struct owner *elsewhere = NULL;

	for (int i = 0; e && i < PLACES; i++) {
		const struct owner *w = &e->owner[i];

		if (!w->time_ns || w->time_ns < from_ns || w->time_ns > until_ns)
			continue;
		if (!o->netns || !w->netns || w->netns == o->netns)
			return w;
		if (!elsewhere)
			elsewhere = w;
	}
	return elsewhere && !is_of_one_host(tuple) ? elsewhere : NULL;
}

const struct owner *owners_find_socket(struct owners *o, uint32_t socket)
{
	struct end_key key = key_of_socket(socket);
	struct end *e = end_of(table_find(o->ends, &key, sizeof(key)));

	if (!e || !e->owner[0].time_ns)
		return NULL;
	/* It may send for hours, and is told once. */
	table_touch(o->ends, &e->node);
	return &e->owner[0];
}

void owners_forget(struct owners *o, const struct hs_tuple *tuple, uint64_t until_ns)
{
	for (int dir = 0; dir < 2; dir++) {
		struct end_key key = key_of_end(tuple, dir);
		struct end *e = end_of(table_find(o->ends, &key, sizeof(key)));

		if (e && e->owner[0].time_ns <= until_ns)
			end_drop(o, e);
	}
}
