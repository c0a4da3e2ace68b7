/* SPDX-License-Identifier: BSD-2-Clause */
/* hsmon certs: asks the inventory's file. */
#ifndef HSMON_QUERY_H
#define HSMON_QUERY_H

/* argv[0] is "certs". An exit status. */
int certs_run(int argc, char **argv);

#endif
