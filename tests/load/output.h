/* SPDX-License-Identifier: BSD-2-Clause */
/* Where frames go: onto an interface as they are, or into a capture file. Errors end the program. */
#ifndef HSMON_TESTS_LOAD_OUTPUT_H
#define HSMON_TESTS_LOAD_OUTPUT_H

#include <stddef.h>
#include <stdint.h>

#include "load/frames.h"

struct output;

/* Through the interface's egress hooks. */
struct output *output_interface(const char *name);
/* pcap; "-" is stdout. */
struct output *output_file(const char *path);
/* Where to write the next frame, at most FRAME_MAX bytes. */
uint8_t *output_room(struct output *o);
/* It has been written there. time_ns: for a file. */
void output_add(struct output *o, size_t len, uint64_t time_ns);
/* All frames so far have passed the hook, or are in the file. */
void output_flush(struct output *o);
void output_close(struct output *o);

#endif
