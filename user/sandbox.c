// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox.h"

#include <asm/termbits.h>
#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int compare_bytes(const void *a, const void *b)
{
	return *(const unsigned char *)a - *(const unsigned char *)b;
}

void sandbox_preload(void)
{
	unsigned char buf[4096] = { 0 };
	unsigned int len;
	struct tm tm;
	time_t now = time(NULL);

	/* Without TZ, glibc looks at the file's time in every localtime() and strftime(). */
	(void)setenv("TZ", ":/etc/localtime", 0);
	tzset();
	localtime_r(&now, &tm);
	/* glibc asks for the size of memory when it first sorts more than a kilobyte. */
	qsort(buf, sizeof(buf), 1, compare_bytes);
	(void)strerror(EIO);
	OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG | OPENSSL_INIT_LOAD_CRYPTO_STRINGS | OPENSSL_INIT_ADD_ALL_CIPHERS |
			    OPENSSL_INIT_ADD_ALL_DIGESTS, NULL);
	(void)ERR_error_string(ERR_PACK(ERR_LIB_X509, 0, 1), NULL);
	(void)RAND_bytes(buf, 16);
	(void)EVP_Digest(buf, 16, buf, &len, EVP_sha256(), NULL);
}

static int compare_ints(const void *a, const void *b)
{
	const int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

#ifndef SYS_close_range
#define SYS_close_range 436	/* Linux 5.9 */
#endif

static int close_between(unsigned int first, unsigned int last)
{
	struct rlimit lim;

	if (first > last || !syscall(SYS_close_range, first, last, 0))
		return 0;
	if (errno != ENOSYS || getrlimit(RLIMIT_NOFILE, &lim))
		return -errno;
	for (unsigned int fd = first; fd <= last && fd < lim.rlim_cur; fd++)
		close((int)fd);
	return 0;
}

int sandbox_close_fds(const int *keep, size_t cnt)
{
	int *sorted = malloc((cnt + 1) * sizeof(*sorted)), ret = 0;
	unsigned int next = 0;

	if (!sorted)
		return -ENOMEM;
	if (cnt)
		memcpy(sorted, keep, cnt * sizeof(*sorted));
	qsort(sorted, cnt, sizeof(*sorted), compare_ints);
	for (size_t i = 0; !ret && i < cnt; i++) {
		if (sorted[i] < 0)
			continue;
		if ((unsigned int)sorted[i] > next)
			ret = close_between(next, (unsigned int)sorted[i] - 1);
		next = (unsigned int)sorted[i] + 1;
	}
	free(sorted);
	return ret ? ret : close_between(next, UINT32_MAX);
}

/* Numbers of Linux 6.12, unknown to older headers. */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_restrict_self 446
#endif
#define LANDLOCK_VERSION (1u << 0)

struct landlock_attr {
	uint64_t handled_access_fs;
	uint64_t handled_access_net;	/* from ABI 4 */
	uint64_t scoped;		/* from ABI 6 */
};

/* Denies everything that this kernel's Landlock knows. Returns its ABI, 0 if there is none, or -errno. */
static int enter_landlock(void)
{
	/* How many file system rights each ABI has (index: ABI). */
	static const unsigned char fs_rights[] = { 0, 13, 14, 15, 15, 16, 16 };
	const long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_VERSION);
	const size_t known = abi < 6 ? (size_t)abi : 6;
	struct landlock_attr attr = { 0 };
	int fd, err = 0;

	if (abi < 1)
		return abi < 0 && errno != ENOSYS && errno != EOPNOTSUPP ? -errno : 0;
	attr.handled_access_fs = (1ull << fs_rights[known]) - 1;
	if (abi >= 4)
		attr.handled_access_net = 3;	/* bind, connect */
	if (abi >= 6)
		attr.scoped = 3;		/* abstract Unix sockets, signals */
	fd = (int)syscall(SYS_landlock_create_ruleset, &attr,
			  abi >= 6 ? 24 : abi >= 4 ? 16 : 8, 0);
	if (fd < 0)
		return -errno;
	if (syscall(SYS_landlock_restrict_self, fd, 0))
		err = -errno;
	close(fd);
	return err ? err : (int)abi;
}

#ifdef HSMON_SANITIZED
static int enter_seccomp(bool *on)
{
	*on = false;
	return 0;
}
#else

/* Always allowed. */
static const int plain_calls[] = {
	SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(clock_gettime),
	SCMP_SYS(timerfd_settime), SCMP_SYS(recvmsg), SCMP_SYS(sendmsg), SCMP_SYS(futex),
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
	SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(pread64), SCMP_SYS(lseek), SCMP_SYS(fstat),
	SCMP_SYS(epoll_pwait2), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_create1), SCMP_SYS(poll), SCMP_SYS(ppoll),
	SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_gettime),
	SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time),
	SCMP_SYS(getrandom), SCMP_SYS(getrusage), SCMP_SYS(sysinfo), SCMP_SYS(sched_yield), SCMP_SYS(getpid),
	SCMP_SYS(gettid), SCMP_SYS(getcpu), SCMP_SYS(close), SCMP_SYS(fsync), SCMP_SYS(fdatasync),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask), SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group),
};

struct argument_rule {
	int call;
	struct scmp_arg_cmp arg;
};

/* Allowed with this argument only. */
static const struct argument_rule argument_rules[] = {
	{ SCMP_SYS(mmap), { 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0 } },
	{ SCMP_SYS(mmap2), { 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0 } },
	{ SCMP_SYS(mprotect), { 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0 } },
	{ SCMP_SYS(ioctl), { 1, SCMP_CMP_MASKED_EQ, UINT32_MAX, TIOCGWINSZ } },
	{ SCMP_SYS(ioctl), { 1, SCMP_CMP_MASKED_EQ, UINT32_MAX, TCGETS } },
#ifdef TCGETS2
	{ SCMP_SYS(ioctl), { 1, SCMP_CMP_MASKED_EQ, UINT32_MAX, TCGETS2 } },	/* isatty() in glibc 2.42 */
#endif
	/* fstat() in glibc 2.33 and later. A path could be given, and be looked at but not opened. */
	{ SCMP_SYS(newfstatat), { 3, SCMP_CMP_EQ, AT_EMPTY_PATH, 0 } },
	{ SCMP_SYS(fcntl), { 1, SCMP_CMP_EQ, F_GETFL, 0 } },
	{ SCMP_SYS(fcntl), { 1, SCMP_CMP_EQ, F_SETFL, 0 } },
	/* send() and recv() on a connected socket. */
	{ SCMP_SYS(sendto), { 4, SCMP_CMP_EQ, 0, 0 } },
	{ SCMP_SYS(recvfrom), { 4, SCMP_CMP_EQ, 0, 0 } },
	/* abort() shall show as SIGABRT, not as a forbidden call. */
	{ SCMP_SYS(tgkill), { 2, SCMP_CMP_EQ, SIGABRT, 0 } },
	{ SCMP_SYS(rt_sigaction), { 0, SCMP_CMP_EQ, SIGABRT, 0 } },
};

static int add_rules(scmp_filter_ctx ctx)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < sizeof(plain_calls) / sizeof(plain_calls[0]); i++)
		ret = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, plain_calls[i], 0);
	for (size_t i = 0; !ret && i < sizeof(argument_rules) / sizeof(argument_rules[0]); i++)
		ret = seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, argument_rules[i].call, 1, &argument_rules[i].arg);
	return ret;
}

static int enter_seccomp(bool *on)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int ret;

	if (!ctx)
		return -ENOMEM;
	ret = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (!ret)
		ret = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
	if (!ret)
		ret = add_rules(ctx);
	/* A binary tree instead of a list of comparisons; libseccomp 2.5. */
	(void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (!ret)
		ret = seccomp_load(ctx);
	seccomp_release(ctx);
	*on = !ret;
	return ret;
}
#endif

int sandbox_enter(const struct sandbox_settings *settings, struct sandbox_state *out)
{
	const struct rlimit none = { 0 };
	struct sandbox_state state = { 0 };
	int ret = sandbox_close_fds(settings->keep_fds, settings->keep_cnt);

	if (ret)
		return ret;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || setrlimit(RLIMIT_CORE, &none))
		return -errno;
	ret = enter_landlock();
	if (ret < 0)
		return ret;
	state.landlock_abi = ret;
	ret = enter_seccomp(&state.seccomp);
	if (!ret && out)
		*out = state;
	return ret;
}
