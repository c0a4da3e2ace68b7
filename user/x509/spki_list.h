/* SPDX-License-Identifier: BSD-2-Clause */
/* A list of public keys, by the SHA-256 of their SubjectPublicKeyInfo. */
#ifndef HSMON_X509_SPKI_LIST_H
#define HSMON_X509_SPKI_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct spki_list;

/* A text file: on each line 64 hexadecimal digits, colons allowed; what follows a blank or '#' is a comment. 0, or -errno;
 * -EINVAL: *bad_line, counted from 1, is neither. */
int spki_list_load(struct spki_list **out, const char *path, unsigned int *bad_line);
void spki_list_free(struct spki_list *l);
bool spki_list_has(const struct spki_list *l, const uint8_t sha256[32]);
size_t spki_list_count(const struct spki_list *l);

#endif
