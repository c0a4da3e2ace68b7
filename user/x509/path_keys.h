/* SPDX-License-Identifier: BSD-2-Clause */
/* The public keys of a path that was verified: what pins are compared with (RFC 7469 section 2.6). */
#ifndef HSMON_X509_PATH_KEYS_H
#define HSMON_X509_PATH_KEYS_H

#include <stdint.h>

#include <openssl/x509.h>

#include "x509/verify.h"

/* built: from the end entity to the anchor. More than fit are left out. */
void path_keys_take(struct path_keys *out, const STACK_OF(X509) *built);

#endif
