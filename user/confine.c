/* SPDX-License-Identifier: BSD-2-Clause */
#include "confine.h"

#include <errno.h>
#include <string.h>

#include "base/exit.h"
#include "base/log.h"
#include "privs.h"
#include "sandbox.h"

int confine(const char *user, bool may_stay, const int *keep_fds, size_t keep_cnt)
{
	struct sandbox_settings settings = { .keep_fds = keep_fds, .keep_cnt = keep_cnt };
	struct privs_identity id;
	int ret;

	sandbox_preload();
	ret = privs_find(user, &id);
	if (ret) {
		log_error("--run-as: '%s' %s", user ? user : "", ret == -EINVAL ? "is root" : "is no user here");
		return HS_EXIT_USAGE;
	}
	ret = privs_drop(&id);
	if ((ret == -EPERM || ret == -EINVAL) && may_stay) {
		log_warn("root here may not become user %u: staying root, without capabilities", (unsigned int)id.uid);
		ret = privs_drop(NULL);
	}
	if (ret) {
		log_error("cannot become user %u: %s", (unsigned int)id.uid, strerror(-ret));
		return HS_EXIT_PRIVILEGE;
	}
	ret = sandbox_enter(&settings, NULL);
	if (ret) {
		log_error("cannot confine the reader: %s", strerror(-ret));
		return HS_EXIT_PRIVILEGE;
	}
	return HS_EXIT_OK;
}
