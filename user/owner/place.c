/* SPDX-License-Identifier: BSD-2-Clause */
#include "owner/place.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define POD_HASH_LEN 32

/* Before the id in the name of a group, or of the scope that systemd makes for it. */
static const struct {
	const char *prefix, *runtime;
} prefixes[] = {
	{ "docker-", "docker" },	{ "cri-containerd-", "containerd" }, { "nerdctl-", "containerd" },
	{ "crio-", "cri-o" },		{ "libpod-", "podman" },
};

/* The group above one that is nothing but an id. */
static const struct {
	const char *name, *runtime;
} parents[] = {
	{ "docker", "docker" }, { "moby", "docker" }, { "libpod_parent", "podman" }, { "k8s.io", "containerd" },
	{ "default", "containerd" },
};

/* Whole containers by name. */
static const struct {
	const char *prefix, *suffix, *runtime;
} named[] = {
	{ "lxc.payload.", "", "lxc" },
	{ "machine-", ".scope", "systemd-nspawn" },
};

static bool starts(struct place_text t, const char *with)
{
	size_t len = strlen(with);

	return t.len >= len && !memcmp(t.s, with, len);
}

static bool ends(struct place_text t, const char *with)
{
	size_t len = strlen(with);

	return t.len >= len && !memcmp(t.s + t.len - len, with, len);
}

static bool is(struct place_text t, const char *word)
{
	return t.len == strlen(word) && starts(t, word);
}

static struct place_text behind(struct place_text t, size_t len)
{
	return (struct place_text){ t.s + len, t.len - len };
}

static struct place_text without_end(struct place_text t, const char *end)
{
	return (struct place_text){ t.s, ends(t, end) ? t.len - strlen(end) : t.len };
}

static bool is_id(struct place_text t)
{
	for (size_t i = 0; i < t.len; i++)
		if (!isdigit((unsigned char)t.s[i]) && (t.s[i] < 'a' || t.s[i] > 'f'))
			return false;
	return t.len == PLACE_ID_LEN;
}

/* "pod" or "...-pod", then a uid of that length, in which systemd's slices have '_' for '-'. */
static bool is_pod(struct place_text t, size_t len)
{
	size_t from = t.len - len;

	if (t.len < len + 3 || memcmp(t.s + from - 3, "pod", 3) || (from > 3 && t.s[from - 4] != '-'))
		return false;
	for (size_t i = from; i < t.len; i++)
		if (!isxdigit((unsigned char)t.s[i]) && t.s[i] != '-' && t.s[i] != '_')
			return false;
	return true;
}

/* A pod that comes from a file has the file's hash for a uid. */
static void parse_pod(struct place_text t, char out[PLACE_POD_LEN + 1])
{
	size_t len;

	t = without_end(t, ".slice");
	len = is_pod(t, PLACE_POD_LEN) ? PLACE_POD_LEN : is_pod(t, POD_HASH_LEN) ? POD_HASH_LEN : 0;
	for (size_t i = 0; i < len; i++)
		out[i] = t.s[t.len - len + i] == '_' ? '-' : t.s[t.len - len + i];
	out[len] = '\0';
}

/* containerd with a service as cgroup parent: "kubepods-...pod....slice:cri-containerd:<id>". */
static bool parse_colons(struct place_text t, struct place *p)
{
	const char *colon = memrchr(t.s, ':', t.len);
	struct place_text head, tail;

	if (!colon)
		return false;
	tail = behind(t, (size_t)(colon - t.s) + 1);
	head = (struct place_text){ t.s, (size_t)(colon - t.s) };
	if (!is_id(tail) || !ends(head, ":cri-containerd"))
		return false;
	p->id = tail;
	p->runtime = "containerd";
	if (!p->pod[0])
		parse_pod(without_end(head, ":cri-containerd"), p->pod);
	return true;
}

static bool parse_prefixed(struct place_text t, struct place *p)
{
	struct place_text bare = without_end(t, ".scope");

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
		if (!starts(bare, prefixes[i].prefix) || !is_id(behind(bare, strlen(prefixes[i].prefix))))
			continue;
		p->id = behind(bare, strlen(prefixes[i].prefix));
		p->runtime = prefixes[i].runtime;
		return true;
	}
	return false;
}

static bool parse_bare(struct place_text t, struct place_text parent, struct place *p)
{
	if (!is_id(t))
		return false;
	p->id = t;
	for (size_t i = 0; i < sizeof(parents) / sizeof(*parents); i++)
		if (is(parent, parents[i].name))
			p->runtime = parents[i].runtime;
	return true;
}

static bool parse_named(struct place_text t, struct place_text parent, struct place *p)
{
	if (is(parent, "lxc") && t.len) {
		p->name = t;
		p->runtime = "lxc";
		return true;
	}
	for (size_t i = 0; i < sizeof(named) / sizeof(*named); i++) {
		struct place_text name = without_end(t, named[i].suffix);

		/* libvirt registers its virtual machines in the same way. */
		if (!starts(t, named[i].prefix) || !ends(t, named[i].suffix) || starts(t, "machine-qemu"))
			continue;
		p->name = behind(name, strlen(named[i].prefix));
		p->runtime = named[i].runtime;
		return true;
	}
	return false;
}

/* The last name of the path, which gets shorter by it. */
static struct place_text pop(struct place_text *path)
{
	const char *slash = path->len ? memrchr(path->s, '/', path->len) : NULL;
	size_t at = slash ? (size_t)(slash - path->s) : 0;
	struct place_text name = behind(*path, slash ? at + 1 : 0);

	path->len = at;
	return name;
}

void place_parse(const char *path, struct place *out)
{
	struct place_text left = { path, strlen(path) };

	*out = (struct place){ .runtime = NULL };
	while (left.len) {
		struct place_text name = pop(&left), rest = left, parent = pop(&rest);
		bool found = out->id.s || out->name.s;

		if (!found && (parse_colons(name, out) || parse_prefixed(name, out) || parse_bare(name, parent, out) ||
			       parse_named(name, parent, out)))
			continue;
		if (!out->pod[0])
			parse_pod(name, out->pod);
		if (!out->unit.s && (ends(name, ".service") || (ends(name, ".scope") && !found)))
			out->unit = name;
	}
}
