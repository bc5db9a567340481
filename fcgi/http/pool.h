/* The waiting lane: a bounded pool of threads behind a bounded queue, for requests that commit or ask
 * another service. */
#ifndef CINEMA_HTTP_POOL_H
#define CINEMA_HTTP_POOL_H

#include <stdbool.h>
#include <stddef.h>

struct pool;

/** Does one job; called on a thread of the lane. */
typedef void (*pool_work)(void *job);

/**
 * A pool that may grow to threads; queue jobs may wait while all work. The file brim is there from when
 * three quarters of the room are taken until half of it is free (brim.h); NULL: none. It lives as long
 * as the pool. NULL with a line in why.
 */
struct pool *pool_start(
    size_t threads, size_t queue, const char *brim, pool_work work, char *why, size_t why_size);

/** Hands a job over; false when the queue is full. Safe from any thread. */
bool pool_put(struct pool *pool, void *job);

/** Does what is queued, ends the threads and frees all. Harmless on NULL. */
void pool_stop(struct pool *pool);

#endif
