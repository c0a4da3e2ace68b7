/* SPDX-License-Identifier: BSD-2-Clause */
/* The link types of capture files: where the network layer begins in a captured frame. */
#ifndef HSMON_CAPTURE_LINK_H
#define HSMON_CAPTURE_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/gate.h"

/* Cuts what is before off p->data and fills in the start, type, hook and ifindex that the header tells. False: the
 * frame carries nothing that could matter, or is too short. */
typedef bool (*link_fn)(struct gate_packet *p);

/* By LINKTYPE_ number (as in the file). NULL: not understood. */
link_fn link_by_type(int linktype);

#endif
