/* A steady stream of GETs, to see what a fault elsewhere does to them.
 *
 *   steady URL THREADS SECONDS PATH…
 *
 * Each thread asks for the paths at random over a kept connection until standard input ends. No
 * answer, or one of 5xx, is repeated for up to SECONDS (0: not at all), and is a failure after that.
 * Prints the first failures and a line of counts; exits 1 when there was a failure. */
#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define THREADS_MAX 64
#define SHOWN       5
#define PAUSE_MS    2  /* between two questions of a thread: others need the machine too */
#define AGAIN_MS    20 /* before a repeat */

struct asker {
	pthread_t thread;
	unsigned seed;
	long answered, failed, repeated, longest; /* longest: of a question, in milliseconds */
};

static const char *url;
static char **paths;
static int path_count;
static long patience; /* milliseconds */
static atomic_bool enough;
static atomic_int shown;

static long now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void nap(long milliseconds)
{
	nanosleep(&(struct timespec){ milliseconds / 1000, milliseconds % 1000 * 1000000 }, NULL);
}

static size_t drop(char *bytes, size_t size, size_t count, void *context)
{
	(void)bytes;
	(void)context;
	return size * count;
}

/* Asks until there is an answer or patience ends; false then. */
static bool ask(struct asker *asker, CURL *curl, const char *path)
{
	char where[1024];
	long began = now();
	snprintf(where, sizeof where, "%s%s", url, path);
	curl_easy_setopt(curl, CURLOPT_URL, where);
	for (;; nap(AGAIN_MS)) {
		long status = 0, took;
		CURLcode code = curl_easy_perform(curl);
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
		took = now() - began;
		if (took > asker->longest)
			asker->longest = took;
		if (code == CURLE_OK && status < 500)
			return true;
		if (took >= patience) {
			if (atomic_fetch_add(&shown, 1) < SHOWN)
				printf("GET %s: %ld, %s, after %ld ms\n", path, status,
				    curl_easy_strerror(code), took);
			return false;
		}
		asker->repeated++;
	}
}

static void *run(void *argument)
{
	struct asker *asker = argument;
	CURL *curl = curl_easy_init();
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 20000L);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop);
	while (!atomic_load(&enough)) {
		bool good = ask(asker, curl, paths[rand_r(&asker->seed) % path_count]);
		asker->answered += good;
		asker->failed += !good;
		nap(PAUSE_MS);
	}
	curl_easy_cleanup(curl);
	return NULL;
}

int main(int argc, char **argv)
{
	static struct asker askers[THREADS_MAX];
	struct asker sum = { 0 };
	char waste[256];
	int count = argc > 4 ? (int)strtol(argv[2], NULL, 10) : 0;
	if (count < 1 || count > THREADS_MAX || curl_global_init(CURL_GLOBAL_NOTHING) != 0) {
		fprintf(stderr, "usage: steady URL THREADS SECONDS PATH…\n");
		return 2;
	}
	url = argv[1];
	patience = 1000 * strtol(argv[3], NULL, 10);
	paths = argv + 4;
	path_count = argc - 4;
	for (int i = 0; i < count; i++) {
		askers[i].seed = (unsigned)i + 1;
		if (pthread_create(&askers[i].thread, NULL, run, &askers[i]) != 0)
			return 2;
	}
	while (read(STDIN_FILENO, waste, sizeof waste) > 0)
		continue;
	atomic_store(&enough, true);
	for (int i = 0; i < count; i++) {
		pthread_join(askers[i].thread, NULL);
		sum.answered += askers[i].answered;
		sum.failed += askers[i].failed;
		sum.repeated += askers[i].repeated;
		if (askers[i].longest > sum.longest)
			sum.longest = askers[i].longest;
	}
	printf("%ld answered, %ld failed, %ld repeated; the longest took %ld ms\n", sum.answered,
	    sum.failed, sum.repeated, sum.longest);
	curl_global_cleanup();
	return sum.failed > 0 || sum.answered == 0;
}
