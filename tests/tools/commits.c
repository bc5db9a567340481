/* Commits to a store, to be killed or starved while it does; for tests/durability.sh.
 *
 *   commits run ENGINE FOLDER THREADS   commits as fast as it can until it is killed, and writes a
 *                                       line "THREAD NUMBER" to its output for each commit that was
 *                                       answered, or found when it started
 *   commits verify ENGINE FOLDER        reads such lines; fails unless the store has what was
 *                                       answered, at most one commit a thread beyond it, and no
 *                                       commit in part
 *   commits fill ENGINE FOLDER          fills the disk until commits are refused; then room is made
 *                                       and they must succeed again, and all be there
 *
 * A thread's commit N puts a/T/N, b/T/N and c/T/N and deletes those of N - KEPT. */
#include "base/json.h"
#include "store/store.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THREADS_MAX 64
#define KEPT        20
#define KEY_SIZE    32

static struct store *open_store(const char *engine, const char *folder)
{
	char why[1024];
	struct store *store = store_open(engine, folder, "commits", why, sizeof why);
	if (!store)
		fprintf(stderr, "commits: %s\n", why);
	return store;
}

static void write_key(char key[KEY_SIZE], char kind, int thread, int number)
{
	snprintf(key, KEY_SIZE, "%c/%02d/%09d", kind, thread, number);
}

/* What a store has of one kind of a thread's keys. */
struct span {
	int first, last, count;
	bool bad; /* a document is not the one that was put */
};

static bool note(void *context, const struct store_record *record)
{
	struct span *span = context;
	char text[32];
	int number = (int)strtol(record->key + 5, NULL, 10);
	if (span->count++ == 0)
		span->first = number;
	span->last = number;
	snprintf(text, sizeof text, "{\"n\":%d,", number);
	if (strncmp(record->document, text, strlen(text)) != 0)
		span->bad = true;
	return true;
}

static struct span look(struct store *store, char kind, int thread)
{
	struct span span = { .last = -1 };
	char prefix[KEY_SIZE];
	snprintf(prefix, sizeof prefix, "%c/%02d/", kind, thread);
	if (store_scan(store, prefix, "", 0, note, &span) != STORE_OK)
		span.bad = true;
	return span;
}

/* run */

struct committer {
	struct store *store;
	int thread;
};

static enum store_result commit(struct store *store, int thread, int number, size_t padding)
{
	char keys[6][KEY_SIZE], text[4096];
	struct store_op ops[6];
	size_t length = (size_t)snprintf(
	    text, sizeof text, "{\"n\":%d,\"padding\":\"%0*d\"}", number, (int)padding, 0);
	for (int i = 0; i < 6; i++) {
		bool old = i >= 3;
		write_key(keys[i], "abc"[i % 3], thread, old ? number - KEPT : number);
		ops[i] = (struct store_op){ .action = old ? STORE_DELETE : STORE_PUT,
			.expect = old ? STORE_ANY : STORE_EXPECT_ABSENT,
			.key = keys[i],
			.document = text,
			.length = length };
	}
	return store_commit(store, ops, number >= KEPT ? 6 : 3, NULL);
}

static void answered(int thread, int number)
{
	char line[32];
	int length = snprintf(line, sizeof line, "%d %d\n", thread, number);
	if (write(STDOUT_FILENO, line, (size_t)length) != length)
		exit(EXIT_FAILURE);
}

static void *commit_for_ever(void *context)
{
	const struct committer *committer = context;
	int number = look(committer->store, 'a', committer->thread).last;
	if (number >= 0)
		answered(committer->thread, number); /* what was seen once must stay, too */
	for (;;) {
		number++;
		/* Documents of many sizes, so that checkpoints come at many places. */
		enum store_result result = commit(committer->store, committer->thread, number,
		    1 + (size_t)(number * 7919 + committer->thread * 104729) % 2000);
		if (result != STORE_OK) {
			fprintf(stderr, "commits: %d failed with %d\n", number, (int)result);
			exit(EXIT_FAILURE);
		}
		answered(committer->thread, number);
	}
	return NULL;
}

static int run(struct store *store, int threads)
{
	static struct committer committers[THREADS_MAX];
	pthread_t ids[THREADS_MAX];
	alarm(60); /* nobody forgets it */
	for (int i = 0; i < threads; i++) {
		committers[i] = (struct committer){ store, i };
		if (pthread_create(&ids[i], NULL, commit_for_ever, &committers[i]) != 0)
			return EXIT_FAILURE;
	}
	pthread_join(ids[0], NULL);
	return EXIT_FAILURE;
}

/* verify */

static bool is_whole(struct store *store, int thread, int answered)
{
	struct span spans[3];
	for (int i = 0; i < 3; i++)
		spans[i] = look(store, "abc"[i], thread);
	const struct span *span = &spans[0];
	bool whole = !span->bad && span->last - span->first + 1 == span->count &&
	    (span->first == 0 || span->count == KEPT) && span->count <= KEPT;
	for (int i = 1; i < 3; i++)
		whole = whole && !spans[i].bad && spans[i].first == span->first &&
		    spans[i].last == span->last && spans[i].count == span->count;
	int last = span->last;
	if (!whole)
		printf("thread %d: a commit is there in part\n", thread);
	else if (last < answered)
		printf("thread %d: commit %d was answered, %d is the last there\n", thread,
		    answered, last);
	else if (last > answered + 1)
		printf("thread %d: commit %d is there, %d was the last answered\n", thread, last,
		    answered);
	return whole && last >= answered && last <= answered + 1;
}

static int verify(struct store *store)
{
	int answered[THREADS_MAX], thread, number;
	long commits = 0;
	bool good = true;
	char line[64];
	for (int i = 0; i < THREADS_MAX; i++)
		answered[i] = -1;
	while (fgets(line, sizeof line, stdin)) {
		char *rest;
		thread = (int)strtol(line, &rest, 10);
		number = (int)strtol(rest, NULL, 10);
		if (!strchr(line, '\n') || thread < 0 || thread >= THREADS_MAX) {
			printf("not a line of mine: %s\n", line);
			return EXIT_FAILURE;
		}
		if (number > answered[thread])
			answered[thread] = number;
		commits++;
	}
	for (int i = 0; i < THREADS_MAX; i++)
		good = is_whole(store, i, answered[i]) && good;
	printf("%ld commits\n", commits);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* fill */

#define BALLAST (1 << 20)

static bool make_ballast(const char *path)
{
	static char bytes[BALLAST];
	FILE *file = fopen(path, "w");
	if (!file)
		return false;
	bool good = fwrite(bytes, 1, sizeof bytes, file) == sizeof bytes;
	return fclose(file) == 0 && good;
}

/* Commits numbers from first on by thread 0, without deleting, until one fails or count are done;
 * *next is the number to go on with. */
static enum store_result add(struct store *store, int first, int count, int *next)
{
	char keys[3][KEY_SIZE], text[2048];
	struct store_op ops[3];
	enum store_result result = STORE_OK;
	for (*next = first; *next < first + count && result == STORE_OK;
	     *next += result == STORE_OK) {
		size_t length = (size_t)snprintf(
		    text, sizeof text, "{\"n\":%d,\"padding\":\"%01000d\"}", *next, 0);
		for (int i = 0; i < 3; i++) {
			write_key(keys[i], "abc"[i], 0, *next);
			ops[i] = (struct store_op){ STORE_PUT, STORE_EXPECT_ABSENT, 0, keys[i],
				text, length };
		}
		result = store_commit(store, ops, 3, NULL);
	}
	return result;
}

static bool has(struct store *store, int count)
{
	for (int i = 0; i < 3; i++) {
		struct span span = look(store, "abc"[i], 0);
		if (span.bad || span.count != count || span.last != count - 1) {
			printf("%d commits were answered, %d of kind %d are there\n", count,
			    span.count, i);
			return false;
		}
	}
	return true;
}

static int fill(struct store **store, const char *engine, const char *folder)
{
	char ballast[1024];
	int next, again = 0;
	snprintf(ballast, sizeof ballast, "%s/ballast", folder);
	if (!make_ballast(ballast)) {
		perror(ballast);
		return EXIT_FAILURE;
	}
	enum store_result result = add(*store, 0, 1000000, &next);
	printf("full after %d commits\n", next);
	for (int i = 0; i < 5 && result == STORE_FULL && has(*store, next); i++)
		result = add(*store, next, 1, &again);
	if (result != STORE_FULL) {
		printf("expected STORE_FULL, got %d\n", (int)result);
		return EXIT_FAILURE;
	}
	/* A start with a full disk finds everything too. */
	store_close(*store);
	*store = open_store(engine, folder);
	if (!*store || !has(*store, next))
		return EXIT_FAILURE;
	unlink(ballast);
	result = add(*store, next, 50, &next);
	if (result != STORE_OK || !has(*store, next)) {
		printf("there is room again, but a commit got %d\n", (int)result);
		return EXIT_FAILURE;
	}
	store_close(*store);
	*store = open_store(engine, folder);
	return *store && has(*store, next) ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int count, char **arguments)
{
	int code = EXIT_FAILURE, threads = count > 4 ? (int)strtol(arguments[4], NULL, 10) : 0;
	if (count < 4) {
		fprintf(stderr, "usage: commits run|verify|fill ENGINE FOLDER [THREADS]\n");
		return EXIT_FAILURE;
	}
	struct store *store = open_store(arguments[2], arguments[3]);
	if (!store)
		return EXIT_FAILURE;
	if (strcmp(arguments[1], "run") == 0 && threads > 0 && threads <= THREADS_MAX)
		code = run(store, threads);
	else if (strcmp(arguments[1], "verify") == 0)
		code = verify(store);
	else if (strcmp(arguments[1], "fill") == 0)
		code = fill(&store, arguments[2], arguments[3]);
	store_close(store);
	return code;
}
