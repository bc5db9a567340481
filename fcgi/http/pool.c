/* A pool of threads behind a queue. See pool.h. Threads are started as they are first needed: an idle
 * service keeps none of their stacks in memory. */
#include "http/pool.h"

#include "http/brim.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Handlers recurse no deeper than JSON may nest; only what is touched takes memory. */
#define STACK_SIZE (512 * 1024)

struct pool {
	pool_work work;
	pthread_mutex_t mutex;
	pthread_cond_t change;
	size_t size;         /* of jobs, a ring: what may wait and what may run */
	size_t first, count; /* jobs that no thread has taken yet */
	size_t load;         /* those, and the ones that run */
	size_t idle;         /* threads that wait for a job */
	bool stopping, full;
	const char *brim; /* the file that says so */
	void **jobs;
	size_t thread_count, thread_limit;
	pthread_t *threads;
};

/* Full is what leaves room for those that nginx has taken in before it knows, and no longer full what
 * has work for a while. The caller holds the mutex, so that the file is as the last to change it says. */
static void tell(struct pool *pool)
{
	bool full = pool->load >= pool->size - pool->size / 4 ||
	    (pool->full && pool->load >= pool->size / 2);
	if (full == pool->full)
		return;
	pool->full = full;
	brim_tell(pool->brim, full);
}

static void *run(void *argument)
{
	struct pool *pool = argument;
	pthread_mutex_lock(&pool->mutex);
	for (;;) {
		pool->idle++;
		while (pool->count == 0 && !pool->stopping)
			pthread_cond_wait(&pool->change, &pool->mutex);
		pool->idle--;
		if (pool->count == 0)
			break;
		void *job = pool->jobs[pool->first];
		pool->first = (pool->first + 1) % pool->size;
		pool->count--;
		pthread_mutex_unlock(&pool->mutex);
		pool->work(job);
		pthread_mutex_lock(&pool->mutex);
		pool->load--;
		tell(pool);
	}
	pthread_mutex_unlock(&pool->mutex);
	return NULL;
}

/* Starts one more thread; returns an errno. */
static int start_thread(struct pool *pool)
{
	pthread_attr_t attributes;
	int error = pthread_attr_init(&attributes);
	if (error)
		return error;
	error = pthread_attr_setstacksize(&attributes, STACK_SIZE);
	if (!error)
		error = pthread_create(&pool->threads[pool->thread_count], &attributes, run, pool);
	pool->thread_count += !error;
	pthread_attr_destroy(&attributes);
	return error;
}

bool pool_put(struct pool *pool, void *job)
{
	pthread_mutex_lock(&pool->mutex);
	bool room = pool->load < pool->size;
	if (room) {
		pool->jobs[(pool->first + pool->count++) % pool->size] = job;
		pool->load++;
		tell(pool);
		if (pool->count > pool->idle && pool->thread_count < pool->thread_limit)
			start_thread(pool); /* if not, those that there are do it */
		pthread_cond_signal(&pool->change);
	}
	pthread_mutex_unlock(&pool->mutex);
	return room;
}

struct pool *pool_start(
    size_t threads, size_t queue, const char *brim, pool_work work, char *why, size_t why_size)
{
	struct pool *pool = calloc(1, sizeof *pool);
	if (!pool)
		goto out;
	pthread_mutex_init(&pool->mutex, NULL);
	pthread_cond_init(&pool->change, NULL);
	pool->work = work;
	pool->brim = brim;
	brim_tell(brim, false); /* left behind by one that was killed */
	pool->size = queue + threads;
	pool->thread_limit = threads;
	pool->jobs = calloc(pool->size, sizeof *pool->jobs);
	pool->threads = calloc(threads, sizeof *pool->threads);
	if (!pool->jobs || !pool->threads)
		goto out;
	pthread_mutex_lock(&pool->mutex);
	int error = start_thread(pool);
	pthread_mutex_unlock(&pool->mutex);
	if (!error)
		return pool;
	snprintf(why, why_size, "cannot start a thread: %s", strerror(error));
	pool_stop(pool);
	return NULL;
out:
	snprintf(why, why_size, "no memory for the waiting lane");
	pool_stop(pool);
	return NULL;
}

void pool_stop(struct pool *pool)
{
	if (!pool)
		return;
	pthread_mutex_lock(&pool->mutex);
	pool->stopping = true;
	pthread_cond_broadcast(&pool->change);
	pthread_mutex_unlock(&pool->mutex);
	for (size_t i = 0; i < pool->thread_count; i++)
		pthread_join(pool->threads[i], NULL);
	pthread_cond_destroy(&pool->change);
	pthread_mutex_destroy(&pool->mutex);
	free(pool->threads);
	free(pool->jobs);
	free(pool);
}
