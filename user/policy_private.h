/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside the policy only: what a file comes to. */
#ifndef HSMON_POLICY_PRIVATE_H
#define HSMON_POLICY_PRIVATE_H

#include "policy.h"

struct policy_strs {
	char **v;
	size_t n;
};

struct policy_pins {
	uint8_t (*v)[32];
	size_t n;
};

/* What is demanded, of all names or of some. */
struct policy_rule {
	struct policy_strs names;	/* "host.example", "*.example", "*"; none: all */
	uint16_t minimum_version;	/* 0: any */
	struct policy_strs issuers;	/* none: any */
	struct policy_pins pins;	/* none: any */
};

struct policy_exception {
	struct policy_strs names;
	uint64_t findings;
	int64_t until;			/* the first second after it */
};

struct policy {
	uint64_t ignored;		/* findings that do not matter */
	struct policy_rule *rules;
	size_t rule_cnt;
	struct policy_exception *exceptions;
	size_t exception_cnt;
};

#endif
