/* Confines itself to a folder, as a service does, and then tries what it is told: for tests/house.sh.
 *
 *   confined FOLDER ATTEMPT [ARGUMENT]
 *
 * Prints what came of it, "done" or the error's text; an attempt that is none of a service's ends it
 * by SIGSYS. With FOLDER - it is not confined: then everything succeeds. */
#define _GNU_SOURCE /* unshare */
#include "service/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int try_exec(const char *argument)
{
	(void)argument;
	return execl("/bin/true", "true", (char *)NULL);
}

static int try_fork(const char *argument)
{
	(void)argument;
	pid_t child = fork();
	if (child == 0)
		_exit(0);
	return child < 0 ? -1 : waitpid(child, NULL, 0) == child ? 0 : -1;
}

static int try_read(const char *path)
{
	return open(path, O_RDONLY);
}

static int try_write(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	return fd >= 0 && write(fd, "x", 1) == 1 && ftruncate(fd, 0) == 0 && fsync(fd) == 0 ? 0
											    : -1;
}

static int try_rename(const char *path)
{
	char other[4096];
	snprintf(other, sizeof other, "%s.tmp", path);
	return try_write(other) == 0 && rename(other, path) == 0 ? unlink(path) : -1;
}

static int try_listen(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	return fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 ? listen(fd, 1)
										     : -1;
}

static int try_internet(const char *argument)
{
	(void)argument;
	return socket(AF_INET, SOCK_STREAM, 0);
}

static int try_ptrace(const char *argument)
{
	(void)argument;
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 ? 0 : -1;
}

static int try_code(const char *argument)
{
	(void)argument;
	void *page = mmap(
	    NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return page == MAP_FAILED ? -1 : 0;
}

static int try_unshare(const char *argument)
{
	(void)argument;
	return unshare(CLONE_FS);
}

static int try_chmod(const char *path)
{
	return chmod(path, 0777);
}

static void *run(void *done)
{
	*(int *)done = 1;
	return NULL;
}

static int try_thread(const char *argument)
{
	pthread_t thread;
	int done = 0;
	(void)argument;
	errno = pthread_create(&thread, NULL, run, &done);
	return errno == 0 && pthread_join(thread, NULL) == 0 && done ? 0 : -1;
}

static const struct {
	const char *name;
	int (*attempt)(const char *argument);
} attempts[] = {
	{ "exec", try_exec },
	{ "fork", try_fork },
	{ "read", try_read },
	{ "write", try_write },
	{ "rename", try_rename },
	{ "listen", try_listen },
	{ "internet", try_internet },
	{ "ptrace", try_ptrace },
	{ "code", try_code },
	{ "unshare", try_unshare },
	{ "chmod", try_chmod },
	{ "thread", try_thread },
};

int main(int argc, char **argv)
{
	char why[200];
	if (argc < 3)
		return 2;
	if (strcmp(argv[1], "-") != 0 && !confine_self(argv[1], why, sizeof why)) {
		fprintf(stderr, "confined: %s\n", why);
		return 2;
	}
	for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
		if (strcmp(attempts[i].name, argv[2]) != 0)
			continue;
		bool good = attempts[i].attempt(argc > 3 ? argv[3] : "") >= 0;
		puts(good ? "done" : strerror(errno));
		return !good;
	}
	return 2;
}
