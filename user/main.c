/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/exit.h"
#include "base/log.h"
#include "monitor.h"
#include "options.h"
#include "query.h"
#include "replay.h"
#include "session.h"

/* A closed standard file would be the next one that is opened, whatever that is. In its place comes one that fails in the
 * same way: /dev/null in the wrong direction. */
static void occupy_standard_files(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
			(void)open("/", O_PATH);
}

/* Of -h and --version. */
static int said_all(void)
{
	if (!fflush(stdout))
		return HS_EXIT_OK;
	log_error("stdout: %s", strerror(errno));
	return HS_EXIT_OUTPUT;
}

static int run(const struct options *opt)
{
	if (opt->check_only)
		return session_check(opt);
	return opt->read_file ? replay_run(opt) : monitor_run(opt);
}

int main(int argc, char **argv)
{
	static struct options opt;
	int status;

	occupy_standard_files();
	setlocale(LC_ALL, "");
	if (argc > 1 && !strcmp(argv[1], "certs"))
		return certs_run(argc - 1, argv + 1);
	switch (options_parse(argc, argv, &opt)) {
	case OPTIONS_DONE:
		status = said_all();
		break;
	case OPTIONS_BAD:
		status = HS_EXIT_USAGE;
		break;
	case OPTIONS_RUN:
		status = run(&opt);
		break;
	default:
		status = HS_EXIT_FAILURE;
		break;
	}
	options_free(&opt);
	return status;
}
