/* The usual threaded FastCGI program, to measure against: each thread runs a loop of FCGX_Accept_r
 * and sends the same bytes. One kept connection takes a thread for good, which tests/kept.sh shows.
 * plain THREADS, on descriptor 0. */
#include <fcgiapp.h>
#include <pthread.h>
#include <stdlib.h>

#define BODY                                                                                       \
	"{\"id\":\"276c79ec-a26a-40a6-b3d3-fb242a5947b6\",\"title\":\"Avengers Infinity War\","    \
	"\"director\":\"Anthony Russo\",\"rating\":9.8}\n"

static void *run(void *unused)
{
	FCGX_Request request;
	FCGX_InitRequest(&request, 0, 0);
	while (FCGX_Accept_r(&request) == 0) {
		FCGX_FPrintF(request.out,
		    "Status: 200\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
		    (int)sizeof BODY - 1);
		FCGX_PutStr(BODY, (int)sizeof BODY - 1, request.out);
		FCGX_Finish_r(&request);
	}
	return unused;
}

int main(int argc, char **argv)
{
	long threads = argc > 1 ? strtol(argv[1], NULL, 10) : 4;
	if (FCGX_Init() != 0)
		return 1;
	for (long i = 1; i < threads; i++) {
		pthread_t thread;
		if (pthread_create(&thread, NULL, run, NULL) != 0)
			return 1;
	}
	run(NULL);
	return 0;
}
