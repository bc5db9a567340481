/* The waiting lane's threads: every job is done once, none waits without end, a full queue says so. */
#include "http/pool.h"

#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static char why[256];
static atomic_int done, running, most;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void pause_ms(long ms)
{
	struct timespec time = { .tv_nsec = ms * 1000000 };
	nanosleep(&time, NULL);
}

/* Waits, for ten seconds at most, until value is reached. */
static void wait_for(atomic_int *counter, int value)
{
	for (int i = 0; i < 10000 && atomic_load(counter) != value; i++)
		pause_ms(1);
	assert_int_equal(atomic_load(counter), value);
}

static void pass_gate(void *job)
{
	(void)job;
	int now = atomic_fetch_add(&running, 1) + 1;
	int before = atomic_load(&most);
	while (now > before && !atomic_compare_exchange_weak(&most, &before, now))
		continue;
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
	atomic_fetch_sub(&running, 1);
	atomic_fetch_add(&done, 1);
}

static const char *brim;

static struct pool *start(size_t threads, size_t queue)
{
	atomic_store(&done, 0);
	atomic_store(&most, 0);
	struct pool *pool = pool_start(threads, queue, brim, pass_gate, why, sizeof why);
	assert_non_null(pool);
	return pool;
}

static void every_job_is_done_once(void **state)
{
	(void)state;
	struct pool *pool = start(8, 100);
	int put = 0;
	while (put < 20000)
		put += pool_put(pool, &done);
	pool_stop(pool);
	assert_int_equal(atomic_load(&done), 20000);
	assert_in_range(atomic_load(&most), 1, 8);
}

static void a_full_queue_refuses_until_there_is_room(void **state)
{
	(void)state;
	struct pool *pool = start(2, 3);
	pthread_mutex_lock(&gate);
	for (int put = 0; put < 5; put++)
		assert_true(pool_put(pool, &done));
	assert_false(pool_put(pool, &done));
	wait_for(&running, 2);
	assert_false(pool_put(pool, &done));
	pthread_mutex_unlock(&gate);
	wait_for(&done, 5);
	while (!pool_put(pool, &done)) /* the last job is done, and counted a moment later */
		pause_ms(1);
	pool_stop(pool);
	assert_int_equal(atomic_load(&done), 6);
}

static void stopping_does_what_is_queued(void **state)
{
	(void)state;
	struct pool *pool = start(1, 50);
	int put = 0;
	pthread_mutex_lock(&gate);
	while (pool_put(pool, &done))
		put++;
	pthread_mutex_unlock(&gate);
	pool_stop(pool);
	assert_int_equal(atomic_load(&done), put);
	pool_stop(NULL);
}

static void there_is_a_file_from_three_quarters_full_to_half_empty(void **state)
{
	(void)state;
	char folder[] = "/tmp/cinema-pool.XXXXXX", path[64];
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/full", folder);
	FILE *old = fopen(path, "w"); /* of one that was killed */
	assert_non_null(old);
	assert_int_equal(fclose(old), 0);
	brim = path;
	struct pool *pool = start(2, 6);
	brim = NULL;
	pthread_mutex_lock(&gate);
	for (int put = 1; put <= 8; put++) {
		assert_int_equal(access(path, F_OK), put <= 6 ? -1 : 0);
		assert_true(pool_put(pool, &done));
	}
	pthread_mutex_unlock(&gate);
	wait_for(&done, 8);
	for (int i = 0; i < 10000 && access(path, F_OK) == 0; i++)
		pause_ms(1);
	assert_int_equal(access(path, F_OK), -1);
	pool_stop(pool);
	assert_int_equal(rmdir(folder), 0);
}

/* What stands in its place, and cannot be removed, keeps nobody from working. */
static void a_file_that_cannot_be_taken_away_does_no_harm(void **state)
{
	(void)state;
	char folder[] = "/tmp/cinema-pool.XXXXXX";
	assert_non_null(mkdtemp(folder));
	brim = folder;
	struct pool *pool = start(1, 3);
	brim = NULL;
	assert_true(pool_put(pool, &done));
	pool_stop(pool);
	assert_int_equal(atomic_load(&done), 1);
	assert_int_equal(rmdir(folder), 0);
}

static sem_t turns;
static atomic_int begun;

static void take_turn(void *job)
{
	(void)job;
	atomic_fetch_add(&begun, 1);
	while (sem_wait(&turns) != 0)
		continue;
}

/* One of two threads ends a job; it has been counted when that thread has begun the next. */
static void let_one_end(void)
{
	int next = atomic_load(&begun) + 1;
	sem_post(&turns);
	wait_for(&begun, next);
}

static void what_was_full_is_so_until_half_of_it_is_free(void **state)
{
	(void)state;
	char folder[] = "/tmp/cinema-pool.XXXXXX", path[64];
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/full", folder);
	atomic_store(&begun, 0);
	assert_int_equal(sem_init(&turns, 0, 0), 0);
	struct pool *pool = pool_start(2, 6, path, take_turn, why, sizeof why);
	assert_non_null(pool);
	for (int put = 0; put < 7; put++)
		assert_true(pool_put(pool, &done));
	wait_for(&begun, 2);
	for (int load = 6; load >= 4; load--) {
		let_one_end();
		assert_int_equal(access(path, F_OK), 0);
	}
	let_one_end();
	assert_int_equal(access(path, F_OK), -1);
	for (int load = 4; load <= 6; load++) {
		assert_true(pool_put(pool, &done));
		assert_int_equal(access(path, F_OK), load < 6 ? -1 : 0);
	}
	for (int load = 6; load > 0; load--)
		sem_post(&turns);
	pool_stop(pool);
	assert_int_equal(atomic_load(&begun), 10);
	assert_int_equal(access(path, F_OK), -1);
	sem_destroy(&turns);
	assert_int_equal(rmdir(folder), 0);
}

/* A test that failed may have left it shut. */
static int open_gate(void **state)
{
	(void)state;
	pthread_mutex_trylock(&gate);
	return pthread_mutex_unlock(&gate);
}

#define TEST(name) cmocka_unit_test_setup(name, open_gate)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_job_is_done_once),
		TEST(a_full_queue_refuses_until_there_is_room),
		TEST(there_is_a_file_from_three_quarters_full_to_half_empty),
		TEST(what_was_full_is_so_until_half_of_it_is_free),
		TEST(a_file_that_cannot_be_taken_away_does_no_harm),
		TEST(stopping_does_what_is_queued),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
