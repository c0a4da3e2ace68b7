// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <time.h>

#include <cmocka.h>

#include "child.h"
#include "control.h"
#include "sandbox.h"

static int control[2];
static struct sandbox_state in_force;
static pid_t parent;

static void enter(void)
{
	const int keep[] = { control[CONTROL_READER], 2, 1 };
	const struct sandbox_settings settings = { .keep_fds = keep, .keep_cnt = 3 };

	sandbox_preload();
	CHILD_CHECK(sandbox_enter(&settings, &in_force) == 0);
}

/* Forbidden. Each returns as the call does, should it be let through. */
static long do_open(void) { return open("/etc/passwd", O_RDONLY); }
static long do_create(void) { return open("/tmp/hsmon-sandbox-test", O_CREAT | O_WRONLY, 0600); }
static long do_openat2(void) { return syscall(437, AT_FDCWD, "/etc/passwd", NULL, 0); }
static long do_unlink(void) { return unlink("/tmp/hsmon-sandbox-test"); }
static long do_socket(void) { return socket(AF_INET, SOCK_STREAM, 0); }
static long do_socketpair(void) { int f[2]; return socketpair(AF_UNIX, SOCK_STREAM, 0, f); }
static long do_execve(void) { char *const argv[] = { (char *)"/bin/true", NULL }; return execve(argv[0], argv, argv + 1); }
static long do_ptrace(void) { return ptrace(PTRACE_TRACEME, 0, NULL, NULL); }
static long do_fork(void) { return fork(); }
static long do_clone3(void) { return syscall(435, NULL, 0); }
static long do_kill(void) { return kill(parent, 0); }
static long do_signal_parent(void) { return syscall(SYS_tgkill, 1, 1, SIGTERM); }
static long do_exec_memory(void) { return (long)mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }
static long do_bpf(void) { union bpf_attr a = { 0 }; return syscall(SYS_bpf, BPF_PROG_GET_NEXT_ID, &a, sizeof(a)); }
static long do_setuid(void) { return setuid(0); }
static long do_prctl(void) { return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); }
static long do_unshare(void) { return unshare(0); }
static long do_mount(void) { return syscall(SYS_mount, NULL, "/", NULL, 0, NULL); }
static long do_io_uring(void) { return syscall(425, 1, NULL); }
static long do_memfd(void) { return memfd_create("x", 0); }
static long do_tiocsti(void) { return ioctl(1, TIOCSTI, "x"); }
static long do_dup_from_parent(void) { return syscall(438, 1, 1, 0); }
static long do_stat(void) { struct stat st; return stat("/etc/passwd", &st); }

static long do_make_executable(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(p, 4096, PROT_READ | PROT_EXEC);
}

static long do_read_memory(void)
{
	char buf[8];
	struct iovec here = { buf, sizeof(buf) }, there = { (void *)do_read_memory, sizeof(buf) };

	return process_vm_readv(getpid(), &here, 1, &there, 1, 0);
}

static long do_sendto(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = 9 };

	return sendto(control[CONTROL_READER], "x", 1, 0, (struct sockaddr *)&to, sizeof(to));
}

struct forbidden {
	const char *name;
	long (*call)(void);
};

static const struct forbidden forbidden[] = {
	{ "open", do_open }, { "create", do_create }, { "openat2", do_openat2 }, { "unlink", do_unlink },
	{ "stat", do_stat }, { "socket", do_socket }, { "socketpair", do_socketpair }, { "sendto", do_sendto },
	{ "execve", do_execve }, { "ptrace", do_ptrace }, { "fork", do_fork }, { "clone3", do_clone3 },
	{ "kill", do_kill }, { "tgkill", do_signal_parent }, { "process_vm_readv", do_read_memory },
	{ "pidfd_getfd", do_dup_from_parent }, { "mmap exec", do_exec_memory }, { "mprotect exec", do_make_executable },
	{ "bpf", do_bpf }, { "setuid", do_setuid }, { "prctl", do_prctl }, { "unshare", do_unshare },
	{ "mount", do_mount }, { "io_uring", do_io_uring }, { "memfd", do_memfd }, { "TIOCSTI", do_tiocsti },
};

static void try_forbidden(const void *arg)
{
	const struct forbidden *f = arg;

	enter();
	(void)f->call();
}

static void kills(void **state)
{
	(void)state;
#ifdef HSMON_SANITIZED
	print_message("# skip: no seccomp in a build with sanitizers\n");
	skip();
#endif
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
		int status = child_run(try_forbidden, &forbidden[i]);

		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
			fail_msg("%s: status %#x", forbidden[i].name, status);
	}
}

#if defined(__x86_64__) && !defined(HSMON_SANITIZED)
/* The numbers of the 32-bit calls are others: let through, 5 would be open() and not fstat(). */
static void try_other_arch(const void *arg)
{
	long ret;

	(void)arg;
	enter();
	__asm__ volatile("int $0x80" : "=a"(ret) : "a"(20L) : "memory", "r8", "r9", "r10", "r11");
}

static void other_arch_bad(void **state)
{
	(void)state;
	/* SIGSEGV on a kernel that has no 32-bit calls. */
	assert_true(WIFSIGNALED(child_run(try_other_arch, NULL)));
}
#endif

/* What Landlock forbids where seccomp is not in force. */
static void try_landlock(const void *arg)
{
	struct sandbox_state none = { 0 };

	(void)arg;
	in_force = none;
	enter();
	if (!in_force.landlock_abi)
		_exit(77);
	if (in_force.seccomp)
		_exit(78);
	CHILD_CHECK(open("/etc/passwd", O_RDONLY) == -1 && errno == EACCES);
	CHILD_CHECK(open("/tmp/hsmon-sandbox-test", O_CREAT | O_WRONLY, 0600) == -1 && errno == EACCES);
}

static void landlock(void **state)
{
	int status = child_run(try_landlock, NULL);

	(void)state;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		print_message("# skip: this kernel has no Landlock\n");
		skip();
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 78)
		return;		/* enter() has told that it is in force; seccomp stands before it */
	assert_int_equal(status, 0);
}

/* What the reader does all day. */
static void use_memory(void)
{
	char *p[64];
	void *map;

	for (size_t i = 0; i < 64; i++) {
		p[i] = malloc((size_t)1 << (i % 24));
		CHILD_CHECK(p[i]);
		p[i] = realloc(p[i], (size_t)3 << (i % 24));
		CHILD_CHECK(p[i]);
		p[i][0] = 1;
	}
	for (size_t i = 0; i < 64; i++)
		free(p[i]);
	map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHILD_CHECK(map != MAP_FAILED && !mprotect(map, 4096, PROT_READ) && !munmap(map, 8192));
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, 8);
}

static void use_libc(void)
{
	char text[200], sorted[8 * 4096];
	time_t now = time(NULL);
	struct tm tm;
	struct rusage usage;
	struct stat st;
	struct winsize size;

	CHILD_CHECK(localtime(&now) && localtime_r(&now, &tm));
	CHILD_CHECK(strftime(text, sizeof(text), "%H:%M:%S %Z", &tm));
	CHILD_CHECK(snprintf(text, sizeof(text), "%f %s", (double)now / 3, strerror(ENOENT)) > 0);
	memset(sorted, 'x', sizeof(sorted));
	qsort(sorted, 4096, 8, compare);
	CHILD_CHECK(!getrusage(RUSAGE_SELF, &usage) && !fstat(1, &st));
	(void)ioctl(1, TIOCGWINSZ, &size);
	(void)isatty(1);
	CHILD_CHECK(!setvbuf(stderr, NULL, _IOFBF, 4096));
	fprintf(stderr, "%s", "");
	CHILD_CHECK(!fflush(stderr));
}

static void use_openssl(void)
{
	unsigned char buf[64];
	unsigned int len;
	EVP_PKEY *key;
	X509 *cert = X509_new();
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();

	CHILD_CHECK(RAND_bytes(buf, sizeof(buf)) == 1);
	CHILD_CHECK(EVP_Digest(buf, sizeof(buf), buf, &len, EVP_md5(), NULL) == 1);
	key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	CHILD_CHECK(key && cert && store && ctx);
	CHILD_CHECK(X509_gmtime_adj(X509_getm_notBefore(cert), 0) && X509_gmtime_adj(X509_getm_notAfter(cert), 60));
	CHILD_CHECK(X509_set_pubkey(cert, key) && X509_sign(cert, key, EVP_sha256()) && X509_verify(cert, key) == 1);
	CHILD_CHECK(X509_STORE_CTX_init(ctx, store, cert, NULL));
	CHILD_CHECK(X509_verify_cert(ctx) != 1);
	CHILD_CHECK(X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	X509_free(cert);
	EVP_PKEY_free(key);
}

static void use_loop(void)
{
	const struct itimerspec soon = { .it_value.tv_nsec = 1000000 };
	struct epoll_event e = { .events = EPOLLIN };
	struct control_msg msg;
	uint64_t ticks;
	int epoll = epoll_create1(EPOLL_CLOEXEC), timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK), fd;

	CHILD_CHECK(epoll >= 0 && timer >= 0 && !epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &e));
	CHILD_CHECK(!timerfd_settime(timer, 0, &soon, NULL) && epoll_wait(epoll, &e, 1, -1) == 1);
	CHILD_CHECK(read(timer, &ticks, sizeof(ticks)) == sizeof(ticks));
	CHILD_CHECK(control_recv(control[CONTROL_READER], CONTROL_READER, &msg, &fd) == 1 && fd >= 0);
	CHILD_CHECK(write(fd, "new", 3) == 3 && !close(fd));
	CHILD_CHECK(!control_send(control[CONTROL_READER], &(struct control_msg){ .kind = CONTROL_DONE }, -1));
}

static void live_normally(const void *arg)
{
	(void)arg;
	enter();
	use_memory();
	use_libc();
	use_openssl();
	use_loop();
}

static void lets_live(void **state)
{
	struct control_msg msg;
	int pipe_fds[2];
	char got[4] = "";

	(void)state;
	assert_int_equal(pipe(pipe_fds), 0);
	assert_int_equal(control_send(control[CONTROL_MAIN], &(struct control_msg){ .kind = CONTROL_REOPEN }, pipe_fds[1]), 0);
	assert_int_equal(child_run(live_normally, NULL), 0);
	assert_int_equal(control_recv(control[CONTROL_MAIN], CONTROL_MAIN, &msg, NULL), 1);
	assert_int_equal(msg.kind, CONTROL_DONE);
	assert_int_equal(read(pipe_fds[0], got, 3), 3);
	assert_string_equal(got, "new");
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

static void try_abort(const void *arg)
{
	(void)arg;
	enter();
	abort();
}

static void abort_is_abort(void **state)
{
	int status = child_run(try_abort, NULL);

	(void)state;
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void check_closed(const void *arg)
{
	int keep[] = { 30, 2, 17, -1, 1, 0 }, fds[40];

	(void)arg;
	for (int i = 3; i < 40; i++)
		fds[i] = dup2(2, i);
	CHILD_CHECK(dup2(2, 1000) == 1000);
	CHILD_CHECK(sandbox_close_fds(keep, sizeof(keep) / sizeof(keep[0])) == 0);
	for (int i = 0; i < 40; i++)
		CHILD_CHECK((fcntl(i, F_GETFD) >= 0) == (i <= 2 || i == 17 || i == 30));
	CHILD_CHECK(fcntl(1000, F_GETFD) == -1 && fds[3] == 3);
	keep[1] = keep[0];
	CHILD_CHECK(sandbox_close_fds(keep, 2) == 0);
	CHILD_CHECK(fcntl(30, F_GETFD) >= 0 && fcntl(0, F_GETFD) == -1);
	CHILD_CHECK(sandbox_close_fds(NULL, 0) == 0);
	CHILD_CHECK(fcntl(30, F_GETFD) == -1);
}

static void closes_fds(void **state)
{
	(void)state;
	assert_int_equal(child_run(check_closed, NULL), 0);
}

static int setup(void **state)
{
	(void)state;
	parent = getpid();
	return control_pair(control);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lets_live),
		cmocka_unit_test(abort_is_abort),
		cmocka_unit_test(kills),
		cmocka_unit_test(landlock),
#if defined(__x86_64__) && !defined(HSMON_SANITIZED)
		cmocka_unit_test(other_arch_bad),
#endif
		cmocka_unit_test(closes_fds),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
