/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which process has which end of a connection, as the kernel tells it (include/abi.h). Kept by tuple, or by socket for UDP,
 * whether a connection of that tuple has been seen or not: the kernel tells of a connect before its first packet, of who
 * accepted after the client's hello. Bounded; what was used least recently is forgotten.
 */
#ifndef HSMON_OWNER_OWNERS_H
#define HSMON_OWNER_OWNERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"
#include "base/table.h"
#include "owner/place.h"

/* Strings are NULL when they are not known. */
struct owner_process {
	struct table_node node;
	struct hs_process_id id;
	unsigned int ref_cnt;
	size_t size;			/* in bytes, of all of it */
	const char *executable;
	const char *command_line;	/* arguments with blanks between them */
	const char *cgroup;
	struct place place;		/* points into cgroup */
	char text[];
};

struct owner {				/* of one end */
	struct owner_process *process;	/* NULL: what is known of it was lost on the way */
	uint64_t time_ns;		/* CLOCK_REALTIME: when it was told */
	uint32_t pid, uid;
	uint32_t netns;			/* inode number; 0: not known */
	bool tracked;
	char name[HS_COMM_LEN];
};

struct owners;

/* conns_max: connections and sockets. netns: inode number of the network namespace whose interfaces are watched; 0: of all.
 * NULL: out of memory. */
struct owners *owners_new(size_t conns_max, uint32_t netns);
void owners_free(struct owners *o);

/* The kernel's records, checked for their lengths. What finds no memory is not known. */
void owners_process(struct owners *o, const struct hs_process *rec);
void owners_owner(struct owners *o, const struct hs_owner *rec, uint64_t time_ns);

/*
 * Who has the end tuple->addr[dir] of a connection that was there from the one time to the other; NULL: not known. The same
 * tuple can be in use in several network namespaces: the one that is watched counts, others only when the address is one
 * that goes across hosts. Valid until the next call but find.
 */
const struct owner *owners_find(struct owners *o, const struct hs_tuple *tuple, int dir, uint64_t from_ns, uint64_t until_ns);
/* By hs_segment.socket. */
const struct owner *owners_find_socket(struct owners *o, uint32_t socket);
/* The connection is over, and its tuple may be used again: what was told until then is forgotten. */
void owners_forget(struct owners *o, const struct hs_tuple *tuple, uint64_t until_ns);

#endif
