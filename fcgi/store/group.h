/* Group commit: callers that commit at the same time are served together by one of them. */
#ifndef CINEMA_STORE_GROUP_H
#define CINEMA_STORE_GROUP_H

#include "store/store.h"

#include <pthread.h>
#include <semaphore.h>

#define GROUP_MAX 256 /* commits in one group */

struct group_commit {
	const struct store_op *ops;
	size_t count;
	enum store_result result; /* to be set by apply, as is done */
	struct store_done done;
	struct group_commit *next; /* NULL in the last of a group */
	sem_t wake;                /* this and below: group.c's own */
	bool leads;
};

struct group {
	void (*apply)(void *context, struct group_commit *first); /* commits a whole group */
	void (*tidy)(void *context); /* called when a group's callers have their answers */
	void *context;
	pthread_mutex_t lock;
	struct group_commit *first, **last; /* commits that wait for a group */
	bool busy;                          /* somebody leads */
};

/** Makes a group; apply and tidy are never called by two threads at once. */
void group_init(struct group *group, void (*apply)(void *context, struct group_commit *first),
    void (*tidy)(void *context), void *context);

/** Ends it. Nobody may be in group_run. */
void group_free(struct group *group);

/**
 * Commits a list of operations with those of the other threads that are here now, and returns what
 * apply gave this one.
 */
enum store_result group_run(
    struct group *group, const struct store_op ops[], size_t count, struct store_done *done);

#endif
