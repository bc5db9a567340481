/* What group commit brings: durable commits a second of the sqlite engine by 1 to 64 threads, in
 * groups and one at a time (a lock around the call keeps groups from forming), beside the disk's
 * own rate of writing 256 bytes and syncing them. A commit is a booking of
 * one seat. And reads a second from a store of that size, by four threads. Medians of the runs.
 *
 *   commit [FOLDER [SECONDS]]   a temporary store in FOLDER (/var/tmp); seconds a run (0.5)
 */
#define _GNU_SOURCE
#include "store/store.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define RUNS        5
#define THREADS_MAX 64

struct bench {
	char folder[200], file[256];
	struct store *store;
	double seconds;
	pthread_mutex_t alone;
	bool grouped, reads;
	atomic_bool stop, failed;
	atomic_uint next_thread, commits;
	atomic_ulong done;
};

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

#define SEATS 300 /* of a hall */
#define USERS 500

static void booking_key(char *key, size_t size, unsigned number)
{
	snprintf(key, size, "bookings/user%u/%08x", number % USERS, UINT32_MAX - number);
}

/* A booking of one seat, in the keys of fcgi/bookings, with its entry in the trail. */
static bool commit_one(struct bench *bench, unsigned number)
{
	static const char *const documents[] = { NULL, "{}",
		"{\"booking\":\"user1/0123456789ABCDEF\"}",
		"{\"booking\":\"user1/0123456789ABCDEF\"}",
		"{\"id\":\"0123456789ABCDEF\",\"code\":\"7QK2M9XA\",\"user\":\"user1\",\"date\":\"20180801\","
		"\"movie\":\"720d006c-3a57-4b6a-b18f-9b713b073f3c\",\"time\":\"18:00\",\"screen\":\"one\","
		"\"seats\":[\"F7\"],\"price\":{\"F7\":1200},\"total\":1200,\"currency\":\"EUR\","
		"\"together\":true,\"status\":\"confirmed\",\"created\":\"2018-08-01T12:00:00.000Z\","
		"\"history\":[{\"at\":\"2018-08-01T12:00:00.000Z\",\"status\":\"confirmed\"}]}",
		"{\"at\":\"2018-08-01T12:00:00.000Z\",\"by\":\"user1\",\"role\":\"user\","
		"\"request\":\"0123456789abcdef0123456789abcdef\",\"action\":\"book\","
		"\"what\":\"/bookings/user1/0123456789ABCDEF\"}" };
	enum { OPS = sizeof documents / sizeof *documents };
	unsigned showing = number / SEATS;
	char keys[OPS][80];
	struct store_op ops[OPS];

	snprintf(keys[0], sizeof keys[0], "closed/20180801/%u", showing);
	snprintf(keys[1], sizeof keys[1], "maps/20180801/%u", showing);
	snprintf(keys[2], sizeof keys[2], "seats/20180801/%u/%u", showing, number % SEATS);
	snprintf(keys[3], sizeof keys[3], "codes/%08x", number * 2654435761U);
	booking_key(keys[4], sizeof keys[4], number);
	snprintf(keys[5], sizeof keys[5], "trail/%08x", UINT32_MAX - number);
	for (int i = 0; i < OPS; i++)
		ops[i] = (struct store_op){ .action = documents[i] ? STORE_PUT : STORE_CHECK,
			.expect = i == 1 ? STORE_ANY : STORE_EXPECT_ABSENT,
			.key = keys[i],
			.document = documents[i],
			.length = documents[i] ? strlen(documents[i]) : 0 };
	if (!bench->grouped)
		pthread_mutex_lock(&bench->alone);
	bool good = store_commit(bench->store, ops, OPS, NULL) == STORE_OK;
	if (!bench->grouped)
		pthread_mutex_unlock(&bench->alone);
	return good;
}

static bool read_one(struct bench *bench, struct buffer *document, unsigned *seed)
{
	char key[64];
	uint64_t version;
	*seed = *seed * 1103515245U + 12345U;
	unsigned number = (*seed >> 8) % atomic_load(&bench->commits);
	booking_key(key, sizeof key, number);
	buffer_clear(document);
	return store_get(bench->store, key, document, &version) == STORE_OK;
}

static void *work(void *context)
{
	struct bench *bench = context;
	unsigned seed = atomic_fetch_add(&bench->next_thread, 1);
	unsigned long done = 0;
	struct buffer document;
	buffer_init(&document, 4096);
	while (!atomic_load(&bench->stop)) {
		if (bench->reads ? !read_one(bench, &document, &seed)
				 : !commit_one(bench, atomic_fetch_add(&bench->commits, 1)))
			atomic_store(&bench->failed, true);
		done++;
	}
	atomic_fetch_add(&bench->done, done);
	buffer_free(&document);
	return NULL;
}

/* Calls a second by some threads. */
static double rate(struct bench *bench, unsigned threads)
{
	pthread_t ids[THREADS_MAX];
	atomic_store(&bench->stop, false);
	atomic_store(&bench->done, 0);
	double start = now();
	for (unsigned i = 0; i < threads; i++)
		if (pthread_create(&ids[i], NULL, work, bench) != 0) {
			perror("commit: a thread");
			exit(EXIT_FAILURE);
		}
	struct timespec length = { (time_t)bench->seconds,
		(long)((bench->seconds - (double)(time_t)bench->seconds) * 1e9) };
	nanosleep(&length, NULL);
	atomic_store(&bench->stop, true);
	for (unsigned i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	return (double)atomic_load(&bench->done) / (now() - start);
}

/* Writes and syncs of 256 bytes a second, one after the other. */
static double disk_rate(struct bench *bench)
{
	char bytes[256];
	unsigned long done = 0;
	memset(bytes, 'x', sizeof bytes);
	int fd = open(bench->file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	double start = now();
	while (now() - start < bench->seconds) {
		if (write(fd, bytes, sizeof bytes) != (ssize_t)sizeof bytes || fdatasync(fd) != 0) {
			perror(bench->file);
			exit(EXIT_FAILURE);
		}
		done++;
	}
	double took = now() - start;
	close(fd);
	return (double)done / took;
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;
	return (left > right) - (left < right);
}

static double median(double values[RUNS])
{
	qsort(values, RUNS, sizeof *values, compare);
	return values[RUNS / 2];
}

static void measure_commits(struct bench *bench)
{
	static const unsigned threads[] = { 1, 8, 32, 64 };
	enum { SIZES = sizeof threads / sizeof *threads };
	double disk[RUNS], grouped[SIZES][RUNS], alone[SIZES][RUNS];
	for (int run = 0; run < RUNS; run++) {
		disk[run] = disk_rate(bench);
		for (int i = 0; i < SIZES; i++) {
			bench->grouped = true;
			grouped[i][run] = rate(bench, threads[i]);
			bench->grouped = false;
			alone[i][run] = rate(bench, threads[i]);
		}
	}
	double own = median(disk);
	printf("commits/s   in groups    alone   groups/alone   groups/disk\n");
	for (int i = 0; i < SIZES; i++) {
		double with = median(grouped[i]), without = median(alone[i]);
		printf("%2u threads  %9.0f  %7.0f  %13.2f  %12.2f\n", threads[i], with, without,
		    with / without, with / own);
	}
	printf("disk        %9.0f   write and fdatasync of 256 bytes\n", own);
}

static void measure_reads(struct bench *bench)
{
	double rates[RUNS];
	bench->reads = true;
	for (int run = 0; run < RUNS; run++)
		rates[run] = rate(bench, 4);
	printf("reads/s     %9.0f   by 4 threads, from %u bookings\n", median(rates),
	    atomic_load(&bench->commits));
}

static void clean(const struct bench *bench)
{
	static const char *const names[] = { "bench.sqlite", "bench.sqlite-wal", "bench.lock",
		"disk" };
	char path[256];
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", bench->folder, names[i]);
		unlink(path);
	}
	rmdir(bench->folder);
}

int main(int count, char **arguments)
{
	struct bench bench = { .seconds = count > 2 ? strtod(arguments[2], NULL) : 0.5,
		.alone = PTHREAD_MUTEX_INITIALIZER };
	char why[512];

	snprintf(bench.folder, sizeof bench.folder, "%.150s/cinema-commit.XXXXXX",
	    count > 1 ? arguments[1] : "/var/tmp");
	if (!mkdtemp(bench.folder)) {
		perror(bench.folder);
		return EXIT_FAILURE;
	}
	snprintf(bench.file, sizeof bench.file, "%s/disk", bench.folder);
	bench.store = store_open("sqlite", bench.folder, "bench", why, sizeof why);
	if (bench.store) {
		measure_commits(&bench);
		measure_reads(&bench);
		store_close(bench.store);
	} else {
		fprintf(stderr, "commit: %s\n", why);
	}
	clean(&bench);
	if (bench.store && atomic_load(&bench.failed))
		fprintf(stderr, "commit: some calls failed\n");
	return bench.store && !atomic_load(&bench.failed) ? EXIT_SUCCESS : EXIT_FAILURE;
}
