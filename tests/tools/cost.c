/* cost FILE SECONDS COMMAND…: runs a command for so many seconds at most and writes into FILE what it
 * took, of everything that it started and that outlived it: seconds, and of CPU user and system. The
 * services of a test are no children of it: they come to this process, which counts them when they end
 * (PR_SET_CHILD_SUBREAPER). What is left when the command has ended is told and ended too.
 * Ends as the command did, or with 124 when its time was over. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define GRACE 5 /* seconds in which what was told to end does so */

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static double seconds(struct timeval time)
{
	return (double)time.tv_sec + 1e-6 * (double)time.tv_usec;
}

static void signal_children(int signal)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
	FILE *file = fopen(path, "re");
	if (!file)
		return;
	for (int pid; fscanf(file, "%d", &pid) == 1;)
		kill(pid, signal);
	fclose(file);
}

/* Waits until no child is left, or the command has ended, or it is `until`. Returns whether there is
 * no child any more. */
static bool reap(pid_t command, int *status, bool *ended, bool all, double until)
{
	sigset_t child;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	for (;;) {
		int how;
		pid_t pid = waitpid(-1, &how, WNOHANG);
		if (pid < 0 && errno == ECHILD)
			return true;
		if (pid == command) {
			*status = how;
			*ended = true;
			if (!all)
				return false;
		}
		if (pid > 0)
			continue;
		if (now() >= until)
			return false;
		sigtimedwait(&child, NULL, &(struct timespec){ .tv_nsec = 200000000 });
	}
}

static int write_cost(const char *path, double began)
{
	struct rusage used;
	FILE *file = fopen(path, "we");
	getrusage(RUSAGE_CHILDREN, &used);
	if (!file)
		return 125;
	fprintf(file, "%.2f %.2f %.2f\n", now() - began, seconds(used.ru_utime),
	    seconds(used.ru_stime));
	return fclose(file) == 0 ? 0 : 125;
}

int main(int argc, char **argv)
{
	double began = now();
	int status = 0;
	bool ended = false;
	sigset_t child, before;
	if (argc < 4) {
		fputs("usage: cost FILE SECONDS COMMAND...\n", stderr);
		return 125;
	}
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, &before);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid_t command = fork();
	if (command == 0) {
		sigprocmask(SIG_SETMASK, &before, NULL);
		setpgid(0, 0);
		execvp(argv[3], argv + 3);
		perror(argv[3]);
		_exit(127);
	}
	if (command < 0)
		return 125;
	bool none = reap(command, &status, &ended, false, began + strtod(argv[2], NULL));
	bool late = !ended;
	if (late)
		kill(-command, SIGTERM);
	if (!none && !reap(command, &status, &ended, true, now() + GRACE)) {
		fprintf(stderr, "%s left processes running\n", argv[3]);
		for (int i = 0; i < 50 && !reap(command, &status, &ended, true, now() + 0.1); i++)
			signal_children(SIGKILL);
	}
	if (write_cost(argv[1], began) != 0)
		return 125;
	if (late || !ended)
		return 124;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
