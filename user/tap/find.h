/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where in a file handshake secrets can be tapped. What a file is follows from what it defines, not from its name: so
 * libraries are found under any name, and programs that have one built in.
 */
#ifndef HSMON_TAP_FIND_H
#define HSMON_TAP_FIND_H

#include <stddef.h>
#include <stdint.h>

enum tap_point {
	TAP_KDF_DERIVE,			/* libcrypto 3: EVP_KDF_derive */
	TAP_PKEY_CTRL,			/* libcrypto 1.1.1: EVP_PKEY_CTX_ctrl */
	TAP_PKEY_DERIVE,		/* and EVP_PKEY_derive */
	TAP_NETTLE_EXPAND,		/* libnettle, for GnuTLS: nettle_hkdf_expand */
	TAP_GO_KEYLOG,			/* Go 1.18 or newer: crypto/tls.(*Config).writeKeyLog */
	TAP_POINT_END,
};

struct tap_target {
	enum tap_point point;
	uint64_t offset;		/* of the function's first instruction, in the file */
};

/* The targets in out, which has room for TAP_POINT_END: how many; -ENOEXEC: no program or library for this machine;
 * another -errno. */
int tap_find(int fd, struct tap_target *out);

#endif
