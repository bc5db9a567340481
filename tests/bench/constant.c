/* FastCGI programs that send the same bytes to every request: what a service could reach at most,
 * and what the usual way to write one reaches.
 *
 *   constant event THREADS FILE   connections parked in epoll between requests, as in
 *                                 fcgi/http/server.c, but with nothing around it
 *   constant plain THREADS FILE   the usual loop of FCGX_Accept_r; a kept connection takes a thread
 *                                 for good, so it needs more threads than nginx has connections
 *
 * FILE has the answer, header lines and all. The listening socket is descriptor 0. Ends by KILL. */
#include <fcgiapp.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

static char answer[256 * 1024];
static int answer_length, epoll;

static void *run_plain(void *unused)
{
	FCGX_Request request;
	FCGX_InitRequest(&request, 0, 0);
	while (FCGX_Accept_r(&request) == 0) {
		FCGX_PutStr(answer, answer_length, request.out);
		FCGX_Finish_r(&request);
	}
	return unused;
}

/* Serves one request on a connection, or the first on a new one, and parks it. */
static void serve(FCGX_Request *request)
{
	if (!request) {
		request = calloc(1, sizeof *request);
		if (!request)
			return;
		FCGX_InitRequest(request, 0, 0);
	}
	struct epoll_event event = { .events = EPOLLIN | EPOLLONESHOT, .data.ptr = request };
	int operation = request->ipcFd < 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
	if (FCGX_Accept_r(request) == 0) {
		FCGX_PutStr(answer, answer_length, request->out);
		FCGX_Finish_r(request);
	}
	if (request->ipcFd < 0 || epoll_ctl(epoll, operation, request->ipcFd, &event) < 0) {
		FCGX_Free(request, 1);
		free(request);
	}
}

static void *run_event(void *unused)
{
	struct epoll_event event;
	for (;;)
		if (epoll_wait(epoll, &event, 1, -1) == 1)
			serve(event.data.ptr);
	return unused;
}

int main(int argc, char **argv)
{
	void *(*run)(void *) = argc > 1 && strcmp(argv[1], "event") == 0 ? run_event : run_plain;
	struct epoll_event event = { .events = EPOLLIN | EPOLLEXCLUSIVE };
	FILE *file = argc == 4 ? fopen(argv[3], "re") : NULL;
	if (!file || FCGX_Init() != 0) {
		fprintf(stderr, "usage: constant event|plain THREADS FILE\n");
		return EXIT_FAILURE;
	}
	answer_length = (int)fread(answer, 1, sizeof answer, file);
	fclose(file);
	if (run == run_event) {
		epoll = epoll_create1(EPOLL_CLOEXEC);
		fcntl(0, F_SETFL, O_NONBLOCK);
		if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &event) < 0)
			return EXIT_FAILURE;
	}
	for (long i = strtol(argv[2], NULL, 10); i > 1; i--) {
		pthread_t thread;
		if (pthread_create(&thread, NULL, run, NULL) != 0)
			return EXIT_FAILURE;
	}
	run(NULL);
	return EXIT_FAILURE;
}
