/* SPDX-License-Identifier: BSD-2-Clause */
/* The key=value part of an output's specification. */
#ifndef HSMON_OUTPUT_SPEC_KEYS_H
#define HSMON_OUTPUT_SPEC_KEYS_H

#include <stddef.h>

#include "output/spec.h"

void spec_defaults(struct output_spec *s);
/* value stays in use. 0, or -EINVAL with err filled. */
int spec_set_key(struct output_spec *s, const char *name, const char *value, char *err, size_t size);
/* -EINVAL. */
int spec_bad(char *err, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
