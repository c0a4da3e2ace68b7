/* SPDX-License-Identifier: BSD-2-Clause */
#include "owner/users.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/table.h"

#define USERS_MAX 65536

struct user {
	struct table_node node;
	uint32_t uid;
	char name[];
};

struct users {
	struct table *table;
};

static struct user *user_of(struct table_node *n)
{
	return n ? container_of_node(n, struct user, node) : NULL;
}

/* The first one of an id counts, as for getpwuid(3). */
void users_add(struct users *u, uint32_t uid, const char *name)
{
	size_t len = strlen(name) + 1;
	struct user *user;

	if (table_count(u->table) >= USERS_MAX || table_find(u->table, &uid, sizeof(uid)))
		return;
	user = calloc(1, sizeof(*user) + len);
	if (!user)
		return;
	user->uid = uid;
	memcpy(user->name, name, len);
	user->node.key = &user->uid;
	user->node.key_len = sizeof(user->uid);
	table_insert(u->table, &user->node);
}

struct users *users_new(const char *path)
{
	struct users *u = calloc(1, sizeof(*u));
	struct passwd *pw;
	FILE *f;

	if (!u)
		return NULL;
	u->table = table_new();
	if (!u->table) {
		users_free(u);
		return NULL;
	}
	f = fopen(path, "re");
	while (f && (pw = fgetpwent(f)))
		users_add(u, pw->pw_uid, pw->pw_name);
	if (f)
		fclose(f);
	return u;
}

void users_free(struct users *u)
{
	struct table_node *n;

	if (!u)
		return;
	while (u->table && (n = table_oldest(u->table))) {
		table_remove(u->table, n);
		free(user_of(n));
	}
	table_free(u->table);
	free(u);
}

const char *users_name(const struct users *u, uint32_t uid)
{
	const struct user *user = user_of(table_find(u->table, &uid, sizeof(uid)));

	return user && user->name[0] ? user->name : NULL;
}
