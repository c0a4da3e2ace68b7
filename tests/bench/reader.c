/* SPDX-License-Identifier: BSD-2-Clause */
/* hsmon -r without confinement, for profilers, which need files and system calls of their own: the options are hsmon's. */
#include "base/exit.h"
#include "confine.h"
#include "options.h"
#include "replay.h"

int confine(const char *user, bool may_stay, const int *keep_fds, size_t keep_cnt)
{
	(void)user;
	(void)may_stay;
	(void)keep_fds;
	(void)keep_cnt;
	return HS_EXIT_OK;
}

int main(int argc, char **argv)
{
	static struct options opt;

	if (options_parse(argc, argv, &opt) != OPTIONS_RUN || !opt.read_file)
		return HS_EXIT_USAGE;
	return replay_run(&opt);
}
