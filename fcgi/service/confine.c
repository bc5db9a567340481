/* The filter of system calls and the fence around files. See confine.h.
 *
 * The list is what strace saw under the test suites, and what glibc uses in other places for the
 * same. The arguments of clone3 cannot be looked at, so it seems not to exist, and glibc takes clone. */
#define _GNU_SOURCE /* CLONE_THREAD */
#include "service/confine.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CALL(name) SCMP_SYS(name)

static const int allowed[] = {
	/* files that are open */
	CALL(read), CALL(write), CALL(readv), CALL(writev), CALL(pread64), CALL(pwrite64),
	CALL(preadv), CALL(pwritev), CALL(lseek), CALL(close), CALL(dup), CALL(fcntl), CALL(fstat),
	CALL(fsync), CALL(fdatasync), CALL(sync_file_range), CALL(ftruncate), CALL(fallocate),
	CALL(fadvise64), CALL(flock), CALL(fchmod), CALL(fchown), CALL(getdents64), CALL(sendfile),
	CALL(copy_file_range),
	/* files by name; Landlock says which */
	CALL(open), CALL(openat), CALL(stat), CALL(lstat), CALL(newfstatat), CALL(statx),
	CALL(access), CALL(faccessat), CALL(faccessat2), CALL(readlink), CALL(readlinkat),
	CALL(getcwd), CALL(mkdir), CALL(mkdirat), CALL(rename), CALL(renameat), CALL(renameat2),
	CALL(unlink), CALL(unlinkat), CALL(umask),
	/* connections */
	CALL(accept), CALL(accept4), CALL(connect), CALL(shutdown), CALL(sendto), CALL(sendmsg),
	CALL(recvfrom), CALL(recvmsg), CALL(getsockopt), CALL(setsockopt), CALL(getsockname),
	CALL(getpeername), CALL(poll), CALL(ppoll), CALL(select), CALL(pselect6),
	CALL(epoll_create1), CALL(epoll_ctl), CALL(epoll_wait), CALL(epoll_pwait), CALL(eventfd2),
	CALL(pipe2), CALL(signalfd4),
	/* memory */
	CALL(brk), CALL(munmap), CALL(mremap), CALL(madvise), CALL(mlock), CALL(munlock),
	/* threads, time, signals */
	CALL(futex), CALL(set_robust_list), CALL(rseq), CALL(membarrier), CALL(sched_yield),
	CALL(sched_getaffinity), CALL(gettid), CALL(getpid), CALL(getppid), CALL(getuid),
	CALL(geteuid), CALL(getgid), CALL(getegid), CALL(exit), CALL(exit_group),
	CALL(clock_gettime), CALL(clock_getres), CALL(clock_nanosleep), CALL(nanosleep),
	CALL(gettimeofday), CALL(time), CALL(rt_sigaction), CALL(rt_sigprocmask),
	CALL(rt_sigreturn), CALL(rt_sigtimedwait), CALL(sigaltstack), CALL(restart_syscall),
	/* the machine */
	CALL(getrandom), CALL(uname), CALL(sysinfo), CALL(getrusage), CALL(getrlimit),
	CALL(setrlimit), CALL(getcpu)
};

/* What is allowed or refused by an argument. */
static const struct {
	int call;
	uint32_t action;
	struct scmp_arg_cmp argument;
} judged[] = {
	{ CALL(clone), SCMP_ACT_ALLOW, SCMP_A0_64(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD) },
	{ CALL(mmap), SCMP_ACT_ALLOW, SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0) },
	{ CALL(mprotect), SCMP_ACT_ALLOW, SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0) },
	{ CALL(socketpair), SCMP_ACT_ALLOW, SCMP_A0_64(SCMP_CMP_EQ, AF_UNIX, 0) },
	{ CALL(socket), SCMP_ACT_ALLOW, SCMP_A0_64(SCMP_CMP_EQ, AF_UNIX, 0) },
	{ CALL(socket), SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_A0_64(SCMP_CMP_NE, AF_UNIX, 0) },
	{ CALL(prlimit64), SCMP_ACT_ALLOW, SCMP_A0_64(SCMP_CMP_EQ, 0, 0) },
	{ CALL(ioctl), SCMP_ACT_ALLOW, SCMP_A1_64(SCMP_CMP_EQ, FIONBIO, 0) },
	{ CALL(ioctl), SCMP_ACT_ALLOW, SCMP_A1_64(SCMP_CMP_EQ, FIONREAD, 0) },
	{ CALL(ioctl), SCMP_ACT_ALLOW, SCMP_A1_64(SCMP_CMP_EQ, TCGETS, 0) },
};

static bool add_rules(scmp_filter_ctx filter)
{
	int error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), CALL(clone3), 0);
	for (size_t i = 0; i < sizeof allowed / sizeof *allowed && !error; i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
	for (size_t i = 0; i < sizeof judged / sizeof *judged && !error; i++)
		error = seccomp_rule_add_array(
		    filter, judged[i].action, judged[i].call, 1, &judged[i].argument);
	if (!error) /* abort's */
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, CALL(tgkill), 1,
		    SCMP_A0_64(SCMP_CMP_EQ, (uint64_t)getpid(), 0));
	return error == 0;
}

static bool filter_calls(char *why, size_t why_size)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_TRAP);
	int error = ENOMEM;
	if (filter && seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0 &&
	    add_rules(filter))
		error = -seccomp_load(filter);
	if (filter)
		seccomp_release(filter);
	if (error)
		snprintf(why, why_size,
		    "system calls cannot be filtered: %s; CINEMA_CONFINE=off does without",
		    strerror(error));
	return error == 0;
}

/* A call was refused. The kernel has not made it, whatever happens here. */
static void end_with_a_line(int signal, siginfo_t *info, void *context)
{
	struct sigaction standard = { .sa_handler = SIG_DFL };
	(void)context;
	log_write(LOG_ERROR, NULL,
	    "system call %d is none that a service uses (fcgi/service/confine.c): it is ended",
	    info->si_syscall);
	sigaction(signal, &standard, NULL);
	raise(signal);
}

/* Rights of files that newer kernels know, by number: the headers may be older. Each is told only
 * what it knows, which is what its version says. */
struct fence {
	uint64_t files, net, scopes;
};

static const struct {
	long version;
	size_t size; /* of struct fence that this version takes */
	struct fence knows;
} kernels[] = {
	{ 1, 8, { (1 << 13) - 1, 0, 0 } }, { 2, 8, { LANDLOCK_ACCESS_FS_REFER, 0, 0 } },
	{ 3, 8, { 1 << 14, 0, 0 } },          /* truncate */
	{ 4, 16, { 0, 1 << 0 | 1 << 1, 0 } }, /* bind and connect of TCP */
	{ 5, 16, { 1 << 15, 0, 0 } },         /* ioctl of devices */
	{ 6, 24, { 0, 0, 1 << 0 | 1 << 1 } }, /* abstract sockets and signals of others */
};

#define IN_FOLDER                                                                                  \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |                            \
	    LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |                         \
	    LANDLOCK_ACCESS_FS_MAKE_REG | 1 << 14)

/* Leaves the folder alone of all files; false with an errno. */
static bool fence_files(const char *folder)
{
	struct fence fence = { 0, 0, 0 };
	size_t size = 0;
	long version =
	    syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (version < 1)
		return false;
	for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
		if (kernels[i].version > version)
			break;
		size = kernels[i].size;
		fence.files |= kernels[i].knows.files;
		fence.net |= kernels[i].knows.net;
		fence.scopes |= kernels[i].knows.scopes;
	}
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &fence, size, 0);
	struct landlock_path_beneath_attr rule = { .allowed_access = IN_FOLDER & fence.files,
		.parent_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC) };
	bool good = ruleset >= 0 && rule.parent_fd >= 0 &&
	    syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0 &&
	    syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
	int error = errno;
	if (ruleset >= 0)
		close(ruleset);
	if (rule.parent_fd >= 0)
		close(rule.parent_fd);
	errno = error;
	return good;
}

bool confine_self(const char *folder, char *why, size_t why_size)
{
	struct sigaction ending = { .sa_sigaction = end_with_a_line, .sa_flags = SA_SIGINFO };
	if (sigaction(SIGSYS, &ending, NULL) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
		snprintf(why, why_size, "no_new_privs: %s", strerror(errno));
		return false;
	}
	if (!fence_files(folder))
		log_write(LOG_WARNING, NULL,
		    "no Landlock in this kernel (%s): permissions alone guard what is not in %s",
		    strerror(errno), folder);
	return filter_calls(why, why_size);
}
