/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of signature algorithms. */
#ifndef HSMON_X509_SIGALG_H
#define HSMON_X509_SIGALG_H

#include <openssl/x509.h>

struct pack;

/* Fills signature_algorithm, signature_hash and pss of the struct cert at the start of the block. */
void sigalg_pack(struct pack *k, const X509_ALGOR *a);

#endif
