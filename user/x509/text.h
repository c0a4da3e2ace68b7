/* SPDX-License-Identifier: BSD-2-Clause */
/* ASN.1 character strings as UTF-8. */
#ifndef HSMON_X509_TEXT_H
#define HSMON_X509_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct strbuf;

/* Is a universal tag one of the character strings (X.680 section 41)? */
bool text_is_string(int tag);
/* Adds the string's characters. What is not valid in its type is added as the bytes that are there: nothing is lost, nothing
 * is made up, and who prints it escapes. */
void text_add(struct strbuf *b, int tag, const uint8_t *p, size_t len);

#endif
