/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/link.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

int link_open(struct link *l, struct output_spec *spec)
{
	void *p = mmap(NULL, sizeof(struct link_shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	*l = (struct link){
		.spec = *spec,
		.queue = queue_new(spec->queue_bytes),
		.window = queue_new(spec->queue_bytes / WINDOW_SHARE),
		.shared = p == MAP_FAILED ? NULL : p,
		.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.room_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
	};
	*spec = (struct output_spec){ 0 };
	if (l->queue && l->window && l->shared && l->wake_fd >= 0 && l->room_fd >= 0)
		return 0;
	link_close(l);
	return errno == EMFILE || errno == ENFILE ? -errno : -ENOMEM;
}

void link_close(struct link *l)
{
	queue_free(l->queue);
	queue_free(l->window);
	if (l->shared)
		munmap(l->shared, sizeof(*l->shared));
	if (l->wake_fd >= 0)
		close(l->wake_fd);
	if (l->room_fd >= 0)
		close(l->room_fd);
	output_spec_free(&l->spec);
	*l = (struct link){ .wake_fd = -1, .room_fd = -1 };
}

void link_ring(int bell_fd)
{
	const uint64_t one = 1;

	/* Full only when it has been rung 2^64 times. */
	(void)!write(bell_fd, &one, sizeof(one));
}

void link_hush(int bell_fd)
{
	uint64_t times;

	(void)!read(bell_fd, &times, sizeof(times));
}

enum link_state link_state(const struct link *l)
{
	return (enum link_state)atomic_load(&l->shared->state);
}

void link_set_state(struct link *l, enum link_state state)
{
	atomic_store(&l->shared->state, (uint32_t)state);
}
