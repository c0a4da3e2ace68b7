/* SPDX-License-Identifier: BSD-2-Clause */
/* Exit statuses, one per kind of failure; documented in hsmon(8). */
#ifndef HSMON_BASE_EXIT_H
#define HSMON_BASE_EXIT_H

enum exit_status {
	HS_EXIT_OK = 0,
	HS_EXIT_FAILURE = 1,		/* anything without a status of its own */
	HS_EXIT_USAGE = 2,		/* an option or its value */
	HS_EXIT_FINDINGS = 3,		/* --fail-on: something that bad was seen */
	HS_EXIT_PRIVILEGE = 4,		/* not root, or a capability is missing */
	HS_EXIT_KERNEL = 5,		/* the kernel lacks something, or refused a program */
	HS_EXIT_INTERFACE = 6,		/* no such interface, or none could be attached */
	HS_EXIT_INPUT = 7,		/* the capture file cannot be opened */
	HS_EXIT_FORMAT = 8,		/* the capture file is no capture, or is cut short */
	HS_EXIT_OUTPUT = 9,		/* a destination cannot be opened or written */
	HS_EXIT_MEMORY = 10,		/* out of memory, or a limit is too small */
	HS_EXIT_READER = 11,		/* the unprivileged process ended unexpectedly */
};

#endif
